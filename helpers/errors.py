"""The one root of every error the kit raises on purpose."""

from __future__ import annotations

from typing import Any


class KitError(Exception):
    """What went wrong, and what to do next, in plain words.

    ``message`` says what happened, ``cure`` says what to do about it. Everything else that helps to understand the
    error (a request, a status, a file name) is kept as an attribute of the same name.
    """

    def __init__(self, message: str, cure: str = "", **evidence: Any) -> None:
        super().__init__(f"{message} {cure}".strip())
        self.message = message
        self.cure = cure
        for name, value in evidence.items():
            setattr(self, name, value)
