"""What every view is: something to look at, with a text twin that carries the same facts."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any


class View:
    """A picture with its words. A notebook shows the picture; ``str(view)``, a code host and a test see the words.

    ``bundle`` maps a MIME type to what is shown (``text/html``, ``text/vnd.mermaid``, ``image/png`` as base64).
    """

    def __init__(
        self, text: str, bundle: Mapping[str, str] | None = None, metadata: Mapping[str, Any] | None = None
    ) -> None:
        self.text = text
        self.bundle = {**(bundle or {}), "text/plain": text}
        self.metadata = dict(metadata or {})

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return self.bundle, self.metadata


def one_line(value: Any, limit: int = 90) -> str:
    """A value as one short line: no line breaks or control characters, not longer than ``limit``."""
    # Categories C*: controls, and marks that turn the writing direction, which would garble a line of other people's.
    printable = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in str(value))
    text = " ".join(printable.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def columns(rows: list[list[str]], right: tuple[int, ...] = ()) -> list[str]:
    """Rows of cells as lines of a table for a monospaced font; the columns numbered in ``right`` are right-aligned."""
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(len(rows[0]) if rows else 0)]

    def line(row: list[str]) -> str:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        return "  ".join(cells).rstrip()

    return [line(row) for row in rows]
