"""What every view is: something to look at, with a text twin that carries the same facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .text import visible


class View:
    """A picture with its words. A notebook shows the picture; ``str(view)``, a code host and a test see the words.

    ``bundle`` maps a MIME type to what is shown (``text/html``, ``text/vnd.mermaid``, ``image/png`` as base64).
    """

    def __init__(self, text: str, bundle: Mapping[str, str] | None = None) -> None:
        self.text = visible(text)
        self.bundle = {**(bundle or {}), "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return self.bundle, {}
