"""Everything a lesson needs: ``from helpers import setup``."""

from __future__ import annotations

import sys
from importlib.util import spec_from_file_location
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

    from .kit import Kit


def setup(**options: Any) -> Kit:
    """Get the lesson's kit, ready to use. Running the cell again gives the same kit. See :func:`helpers.kit.setup`."""
    # Imported here so that `import helpers` stays quick.
    from . import kit

    return kit.setup(**options)


class _Lessons:
    """Finds ``helpers`` where the kit was installed under its own name, unless somebody else has a module ``helpers``.

    It is then a package of its own: a notebook that imports both names has everything twice.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != "helpers":
            return None
        return spec_from_file_location(name, __file__, submodule_search_locations=__path__)


def load_ipython_extension(shell: object) -> None:
    """Let lessons write ``from helpers import …``. A wheel has every kernel do this: see its ``etc/ipython``."""
    sys.meta_path.append(_Lessons)


__all__ = ["setup"]
