"""What the bytes of a text file say, whichever program wrote them."""

from __future__ import annotations

import codecs
import re


def text_of(data: bytes) -> str:
    """The text in the bytes of a file: UTF-8, UTF-16, or UTF-8 with lines in UTF-16, as Windows PowerShell adds them.

    Marks of byte order are left out. Raises UnicodeDecodeError if it is none of these.
    """
    if data.startswith((codecs.BOM_UTF16_BE, b"\0")):
        return data.removeprefix(codecs.BOM_UTF16_BE).decode("utf-16-be")
    marked = data.startswith(codecs.BOM_UTF16_LE)
    return "".join(_line_of(line, marked) for line in re.findall(rb"[^\n]*(?:\n\0?|\Z)", data))


def _line_of(line: bytes, marked: bool) -> str:
    """A line by itself: text in UTF-8 and the names in a ``.env`` file hold no zeros, and in UTF-16 they do.

    What was added behind a last line without an end, in the other encoding, is a line of its own.
    """
    if b"\0" not in line:
        return line.removeprefix(codecs.BOM_UTF16_LE).decode("utf-8-sig")
    at = 0 if marked or line.startswith(codecs.BOM_UTF16_LE) else line.index(b"\0") - 1
    before = line[:at].removesuffix(codecs.BOM_UTF16_LE).decode("utf-8-sig")
    return before + "\n" * (at > 0) + line[at:].decode("utf-16-le").removeprefix("\ufeff")
