"""Everything a lesson needs: ``from helpers import setup``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .kit import Kit


def setup(**options: Any) -> Kit:
    """Get the lesson's kit, ready to use. Running the cell again gives the same kit. See :func:`helpers.kit.setup`."""
    # Imported here so that `import helpers` stays quick.
    from . import kit

    return kit.setup(**options)


__all__ = ["setup"]
