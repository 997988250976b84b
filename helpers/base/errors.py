"""The one root of every error the kit raises on purpose."""

from __future__ import annotations

import traceback
from typing import Any

from .masking import mask_values
from .text import visible


class KitError(Exception):
    """What went wrong, and what to do next, in plain words.

    ``message`` says what happened, ``cure`` says what to do about it. Everything else that helps to understand the
    error (a request, a status, a file name) is kept as an attribute of the same name. No secret that this process
    holds stands in its words.
    """

    def __init__(self, message: str, cure: str = "", **evidence: Any) -> None:
        message, cure = _words(message), _words(cure)
        super().__init__(f"{message} {cure}".strip())
        self.message = message
        self.cure = cure
        for name, value in evidence.items():
            setattr(self, name, _words(value))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows (IPython asks for it): the reader's own lines and the message, not the kit's inside."""
        own = [f for f in traceback.extract_tb(self.__traceback__) if is_cell(f.filename)]
        where = [f"line {f.lineno}{'' if f.name == '<module>' else f', in {f.name}'}:  {f.line}" for f in own]
        cure = [f"→ {self.cure}"] if self.cure else []
        # The colour is the one IPython uses for the name of an error.
        return [*where, "", f"\x1b[31m{type(self).__name__}\x1b[39m: {self.message}", *cure]


def _words(value: Any) -> Any:
    """A text, or several, as an error may hold them; anything else as it is."""
    if type(value) is tuple:
        return tuple(map(_words, value))
    return visible(mask_values(value)) if isinstance(value, str) else value


def is_cell(filename: str) -> bool:
    """Whether this is the name under which IPython compiled a cell."""
    return "ipykernel_" in filename or filename.startswith("<ipython")
