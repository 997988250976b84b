"""Where a value lands, and how it is written there: one table for plain text, the parts of an address, and SSML.

Whatever the value is, what stands around it stays what it was. An address at its start, and what stands in three
braces, goes in as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

# What XML 1.0 has no way to write: most control characters, halves of characters, and two that are none.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#13;",
                      "\t": "&#9;", "\n": "&#10;"})  # fmt: skip


def _percent(safe: str) -> Callable[[str], str]:
    # Half of a character has no UTF-8, and so no percent-encoding.
    return lambda text: quote(text, safe=safe, errors="replace")


def _path(text: str) -> str:
    """``/`` stays, but ``.`` and ``..`` do not lead up."""
    parts = [part.replace(".", "%2E") if part in (".", "..") else part for part in text.split("/")]
    return "/".join(part if "%2E" in part else _percent("/:@!$&'()*+,;=~")(part) for part in parts)


#: Where a value lands -> what is done to it there, for the preview; and what does it.
ESCAPES: dict[str, tuple[str, Callable[[str], str]]] = {
    "text": ("plain text: as it is", str),
    "start": ("the start of an address: as it is", str),
    "host": ("the host of an address: percent-encoded", _percent(":")),
    "user": ("the user of an address: percent-encoded", _percent("+")),
    "path": ("the path of an address: percent-encoded, but for /", _path),
    "query": ("the query of an address: percent-encoded", _percent("")),
    "ssml": ("SSML: & < > and quotes written as entities", lambda text: _NOT_XML.sub("", text).translate(_XML)),
}
#: Where a value as it is can break what stands around it -> the rule that says so.
RISKS = {"path": "raw-in-address", "query": "raw-in-address", "ssml": "raw-in-ssml"}


class Landing:
    """Where the next value lands: told of what is written, it knows the part of an address. The rest never changes."""

    def __init__(self, zone: str, template: str = "") -> None:
        self.zone = zone
        self._before: str | None = "" if zone == "start" else None
        self._at_follows = "@" in template

    def zone_of(self, value: str) -> str:
        """Where this value lands: behind a host one that starts with ``/`` is a path."""
        is_path = self.zone == "host" and value.startswith("/") and not str(self._before).endswith("/")
        return "path" if is_path else self.zone

    def wrote(self, text: str) -> None:
        """This part of the template, or this value, is written."""
        if self._before is not None and text and self.zone != "query":
            self._before += text
            self.zone = self._part(self._before)
            if self.zone == "path" and "/" in self._before.rstrip("/"):
                self._before = "/"  # how it got there does not matter any more

    def _part(self, before: str) -> str:
        if sip := re.match(r"sips?:([^@]*@)?", before):
            user = "user" if self._at_follows else "start"
            return user if not sip[1] else "query" if re.search("[;?]", before) else "host"
        if re.search("[?#]", before):
            return "query"
        host = re.fullmatch(r"[^/]*://[^/]*", before)
        return "host" if host else "path"
