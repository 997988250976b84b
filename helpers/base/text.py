"""Texts: one short line of anything, columns of a table, what nobody sees in them, and the name that was meant."""

from __future__ import annotations

import difflib
import re
import sys
import unicodedata
from collections.abc import Iterable
from typing import Any

# What a terminal or a notebook obeys: controls, marks that turn the writing direction, and half characters.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# Unicode's categories: format characters, and spaces and separators of lines and paragraphs.
_UNSEEN = ("Cf", "Zs", "Zl", "Zp")


def visible(text: str) -> str:
    """The same text with controls shown and not obeyed: as Python and JSON write them, like ``\\u001b``."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r\n", "\n"))


def one_line(value: Any, limit: int = 90) -> str:
    """A value as one short line: no line breaks or control characters, not longer than ``limit``."""
    # Categories C*: what is not seen.
    printable = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in visible(str(value)))
    text = " ".join(printable.split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def print_anything() -> None:
    """From now on printing never fails: what the console has no sign for, as ``×`` on some of Windows', is a ``?``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def unseen_in(text: str) -> str:
    """The first character that nobody sees, or takes for an ordinary space: ``U+200B (zero width space)``; or ``""``.

    Web pages, chats and the dialogs of Windows put such characters around what is copied from them.
    """
    found = "" if text.isascii() else next((c for c in text if c != " " and unicodedata.category(c) in _UNSEEN), "")
    return found and f"U+{ord(found):04X} ({unicodedata.name(found, 'without a name').lower()})"


def as_seen(text: str) -> str:
    """The text as it looks: without characters that are not drawn, and with ordinary spaces in place of odd ones."""
    if text.isascii():
        return text
    kinds = ((c, unicodedata.category(c)) for c in text)
    return "".join("" if kind == "Cf" else " " if kind in _UNSEEN else c for c, kind in kinds)


def columns(rows: list[list[str]], right: tuple[int, ...] = ()) -> list[str]:
    """Rows of cells as lines of a table for a monospaced font; the columns numbered in ``right`` are right-aligned."""
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(len(rows[0]) if rows else 0)]

    def line(row: list[str]) -> str:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        return "  ".join(cells).rstrip()

    return [line(row) for row in rows]


def media_type(content_type: str | None) -> str:
    """A Content-Type header without what does not tell types apart: its parameters, and the case (RFC 9110, 8.3.1)."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    """True for application/json and its kin; Vonage refuses text/json (nexmo-developer 435)."""
    kind = media_type(content_type)
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def nearest(wrong: object, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The known name that ``wrong`` was probably meant to be, whatever its case; ``""`` if there is none like it.

    ``cutoff``: from 0 to 1, how much alike the two have to be at least.
    """
    word = str(wrong).strip().lower()
    if len(word) > 100:  # comparing takes longer the longer it is, and no name is
        return ""
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word, names, n=1, cutoff=cutoff)
    return names[close[0]] if close else ""


def did_you_mean(wrong: object, known: Iterable[str]) -> str:
    """`` Did you mean "mute"?``, to go behind a sentence; ``""`` if no known name is like it."""
    near = nearest(wrong, known) if isinstance(wrong, str) else ""
    return f' Did you mean "{near}"?' if near else ""
