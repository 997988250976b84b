"""Where a value lands, and what is done to it there: plain text, an address, SSML, JSON.

A place is told what has been written so far, so it knows whether a value lands in the path of an address or in its
query, in a tag of SSML or between two tags, inside the quotes of a JSON text or outside. Whatever the value is, what
stands around it stays what it was.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any
from urllib.parse import quote

from .values import as_json, as_text, plain

_XML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\r": "&#13;"}
_IN_TAG = _XML | {"\t": "&#9;", "\n": "&#10;"}
# What XML 1.0 has no way to write: most control characters, halves of characters, and two that are none.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HALF = re.compile("[\ud800-\udfff]")
_PATH = "/:@!$&'()*+,;=~"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,300})(\.[0-9]{1,300})?")


class Place:
    """Plain text: a value goes in as it is. The base of the other places.

    ``said`` tells of the last value what was done to it, and ``risk`` which rule an unescaped value breaks there.
    """

    said = "plain text: as it is"
    risk = ""

    def literal(self, text: str) -> None:
        """This part of the template is written."""

    def value(self, value: Any, name: str, following: str) -> str:
        """What is written for a value; ``following`` is the character of the template behind it, or ``""``."""
        return as_text(value, name)

    def raw(self, value: Any, name: str) -> str:
        """What is written for a value that goes in as it is."""
        text = as_text(value, name)
        self.literal(text)
        return text


class Query(Place):
    """One value of a query: everything but letters, digits and ``-._~`` is percent-encoded."""

    said = "the query of an address: percent-encoded"

    def value(self, value: Any, name: str, following: str) -> str:
        return _percent(as_text(value, name))


class Address(Place):
    """A whole address. At its start a value goes in as it is: a scheme, or all of the address.

    Behind ``https://`` it is a part of the host: what no host name can hold is percent-encoded. In the path ``/``
    stays, and ``.`` and ``..`` do not lead up. Behind ``?`` or ``#`` all but letters and digits is percent-encoded.
    """

    def __init__(self, template: str = "") -> None:
        self.zone = "start"
        self._last = ""
        self._is_sip = False
        self._at_follows = "@" in template

    def literal(self, text: str) -> None:
        if not text or self.zone == "query":
            return
        joined = self._last + text
        if self.zone in ("start", "scheme"):
            self.zone = "scheme"
            self._is_sip = self._is_sip or bool(re.match(r"sips?:", joined))
            found = re.search(r"://|(?<!:)/|[?#]", joined)
            if self._is_sip:
                self.zone = "host" if "@" in joined else "user"
            elif found:
                self.zone = {"://": "host", "/": "path"}.get(found.group(), "query")
                joined = joined[found.end() :]
        if self.zone == "user" and "@" in joined:
            self.zone = "host"
        ends = re.search(r"[;?]", joined) if self._is_sip else re.search(r"[/?#]", joined)
        if self.zone == "host" and ends:
            self.zone, joined = ("path" if ends.group() == "/" else "query"), joined[ends.end() :]
        if self.zone == "path" and re.search("[?#]", joined):
            self.zone = "query"
        self._last = joined[-8:]

    @property
    def risk(self) -> str:  # type: ignore[override]
        return "raw-in-address" if self.zone in ("path", "query") else ""

    def value(self, value: Any, name: str, following: str) -> str:
        text = as_text(value, name)
        if self.zone == "start" or (self.zone == "user" and not self._at_follows):
            self.said = "the start of an address: as it is"
            self.literal(text)
            return text
        if self.zone == "query":
            self.said = Query.said
            return _percent(text)
        if self.zone == "path":
            self.said = "the path of an address: percent-encoded, but for /"
            return _path(text)
        if self.zone == "user":
            self.said = "the user of an address: percent-encoded"
            return _percent(text, "+")
        self.said = "the host of an address: percent-encoded"
        done = _host(text, following)
        self.literal(done)
        return done


class Xml(Place):
    """Between tags and in the quotes of an attribute: ``& < > " '`` become entities, what XML cannot hold is left out.

    In a tag but outside its quotes only what a name can hold is kept; in a comment nothing.
    """

    said = "SSML: & < > and quotes written as entities"
    risk = "raw-in-ssml"
    _NEXT = {  # noqa: RUF012 - read only
        "text": re.compile(r"<!--|<!\[CDATA\[|<"),
        "tag": re.compile("[\"'>]"),
        '"': re.compile('"'),
        "'": re.compile("'"),
        "comment": re.compile("-->"),
        "cdata": re.compile("]]>"),
    }

    def __init__(self) -> None:
        self.zone = "text"

    def literal(self, text: str) -> None:
        at = 0
        while found := self._NEXT[self.zone].search(text, at):
            at, mark = found.end(), found.group()
            opened = {"<!--": "comment", "<![CDATA[": "cdata", "<": "tag"}
            if self.zone == "text":
                self.zone = opened[mark]
            elif self.zone == "tag" and mark != ">":
                self.zone = mark
            else:
                self.zone = "tag" if self.zone in "\"'" else "text"

    def value(self, value: Any, name: str, following: str) -> str:
        text = _NOT_XML.sub("", as_text(value, name))
        if self.zone == "comment":
            return ""
        if self.zone == "tag":
            return re.sub(r"[^\w:.-]", "", text)
        names = _XML if self.zone in ("text", "cdata") else _IN_TAG
        return re.sub("[&<>\"'\r\t\n]", lambda found: names.get(found.group(), found.group()), text)


class Spoken(Xml):
    """The text of ``talk``: plain text, and SSML as soon as the template starts with ``<speak``."""

    def __init__(self) -> None:
        super().__init__()
        self.is_ssml: bool | None = None  # None: it has not started yet
        self._head = ""

    def literal(self, text: str) -> None:
        if self.is_ssml is None:
            self._head = (self._head + text).lstrip()
            if len(self._head) < len("<speak>") and "<speak".startswith(self._head):
                return
            self.is_ssml = bool(re.match(r"<speak[\s>/]", self._head))
            text = self._head
        if self.is_ssml:
            super().literal(text)

    @property
    def risk(self) -> str:  # type: ignore[override]
        return Xml.risk if self.is_ssml else ""

    def value(self, value: Any, name: str, following: str) -> str:
        if self.is_ssml:
            self.said = Xml.said
            return super().value(value, name, following)
        self.said = Place.said
        text = as_text(value, name)
        # Text in front of <speak> makes it plain text. What a value holds never makes SSML of the rest.
        self.is_ssml = False if text.strip() else self.is_ssml
        return text


class Json(Place):
    """JSON text: inside quotes a value is escaped, outside it is written as JSON, a text that spells a number as one.

    A template that does not start with ``{``, ``[`` or a quote is what will stand between two quotes.
    """

    said = "JSON: quotes and \\ escaped"

    def __init__(self, template: str = "") -> None:
        self.quoted = not re.match(r'\s*(["\[]|\{(?!\{))', template)
        self._is_part = self.quoted

    def literal(self, text: str) -> None:
        # Every second quote closes; one behind a \ is none.
        if not self._is_part and re.sub(r"\\.", "", text, flags=re.DOTALL).count('"') % 2:
            self.quoted = not self.quoted

    def value(self, value: Any, name: str, following: str) -> str:
        if self.quoted:
            self.said = Json.said
            return as_json(as_text(value, name), name)[1:-1]
        self.said = "JSON: written as a JSON value"
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            return value.strip()
        return as_json(value if _is_json(plain(value, name)) else as_text(value, name), name)


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


def _percent(text: str, safe: str = "") -> str:
    # Half of a character has no UTF-8, and so no percent-encoding.
    return quote(_HALF.sub("\ufffd", text), safe=safe)


def _path(text: str) -> str:
    parts = [part.replace(".", "%2E") if part in (".", "..") else _percent(part, _PATH) for part in text.split("/")]
    return "/".join(parts)


def _host(text: str, following: str) -> str:
    """A host, or a part of one; with what follows it, if the template does not go on with the host: ``:80/path``."""
    if re.fullmatch(r"\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?", text):
        return text
    goes_on = following not in ("", "/", "?", "#")
    host, slash, path = (text, "", "") if goes_on else text.partition("/")
    port = re.search(r":[0-9]{1,5}$", host) if following != ":" else None
    name = host[: port.start()] if port else host
    kept = "".join(c if _fits_host(c) else _percent(c) for c in name)
    return kept + (port.group() if port else "") + slash + (_path(path) if path else "")


def _fits_host(char: str) -> bool:
    if char.isascii():
        return char.isalnum() or char in "-._~"
    # Some letters mean / or ? or a dot once a program has normalised the name.
    return char.isalnum() and unicodedata.normalize("NFKC", char).isalnum()
