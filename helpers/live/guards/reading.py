"""Reads what Vonage will carry out, in whatever form it may come: endpoints, addresses, actions, loops."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from .asked import Refused

# What is handed on unread, by the platform too: whatever is called endpoint or url in there is a learner's own data.
OPAQUE = frozenset({"payload", "headers", "standardheaders", "context", "provideroptions", "customdata"})
SOUNDS = frozenset({"streamurl", "musiconholdurl", "ringbacktone", "ringback"})  # played, not carried out
CONTROLS = frozenset({"hangup", "mute", "unmute", "earmuff", "unearmuff", "transfer"})  # PUT /v1/calls/{uuid}
CHARGED = {"premium": "premium voices", "transcription": "transcription", "speech": "speech recognition",
           "advancedmachinedetection": "advanced machine detection"}  # fmt: skip
LARGEST = 5 * 1024 * 1024  # bytes of a body that is read
BLANK = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # may stand before JSON, also as the mark of a byte order
CODECS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1")


def parts_of(value: Any) -> Iterator[tuple[str, Any]]:
    """Each name in JSON data with its value, at any depth; ``event_url`` and ``eventUrl`` are one name."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            found = [(re.sub(r"[^a-z]", "", name.lower()), part) for name, part in one.items()]
            found = [(name, part) for name, part in found if name not in OPAQUE]
            yield from found
            waiting += [part for _, part in found]
        elif isinstance(one, list):
            waiting += one


def as_list(value: Any) -> list[Any]:
    """What stands where the API wants a list: also one thing alone; null is as absent."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if one is not None]


def endpoints_in(value: Any) -> list[Any]:
    """What ``connect``, or an action that nobody knows, would dial."""
    return [one for name, part in parts_of(value) if name in ("endpoint", "endpoints") for one in as_list(part)]


def urls_in(value: Any) -> list[Any]:
    """Addresses that tell a call what to do, or get its events; not those of sounds."""
    named = [part for name, part in parts_of(value) if name.endswith(("url", "urls")) and name not in SOUNDS]
    return [one for part in named for one in as_list(part)]


def webhooks_in(value: Any) -> list[str]:
    """Addresses to which Vonage sends something: those of calls and NCCOs, and an application's."""
    named = [*urls_in(value), *(part for name, part in parts_of(value) if name == "address")]
    return [one for one in named if isinstance(one, str)]


def actions_in(value: Any) -> list[Any]:
    """The names of the actions."""
    return [part for name, part in parts_of(value) if name == "action"]


def charged_beside_in(value: Any) -> set[str]:
    """What is charged beside the minutes: chargeable, say Voice API 1.10, NCCO reference and ASR guide."""
    found = {CHARGED[name] for name, part in parts_of(value) if name in CHARGED and part not in (None, False)}
    spoken = any(name == "type" and "speech" in as_list(part) for name, part in parts_of(value))
    return found | ({CHARGED["speech"]} if spoken else set())


def is_endless(value: Any) -> bool:
    """Whether a sound in it is played for ever: ``loop`` 0, or what cannot be read as a number above it."""

    def above_zero(loop: Any) -> bool:
        try:
            return Decimal(str(loop)) > 0
        except InvalidOperation:
            return False

    return any(not above_zero(part) for name, part in parts_of(value) if name == "loop" and part is not None)


def may_be_ncco(value: Any) -> bool:
    """Whether JSON data could be taken for an NCCO: it has an action or an endpoint, or is given as one."""
    return any(name in ("action", "endpoint", "endpoints", "ncco") for name, _ in parts_of(value))


def json_of(text: str | bytes) -> Any:
    """JSON data, read strictly: a name that stands twice in an object could be read either way, and is a ValueError."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in it")
    return found


def may_be_read_as_json(start: bytes, media: str, encoding: str) -> bool:
    """Whether somebody might take a body for JSON, by its first bytes and headers."""
    return "json" in media.lower() or bool(encoding) or start.lstrip(BLANK)[:1] in (b"[", b"{")


def nccos_in(data: bytes, media: str, encoding: str) -> list[Any]:
    """All that a reply's body could be as an NCCO, whichever charset it is read in. Raises :class:`Refused`."""
    data = _unpacked(data, encoding)
    charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", media, re.IGNORECASE)
    found: list[Any] = []
    odd = False
    for codec in (*([charset[1]] if charset else []), *CODECS):
        try:
            text = data.decode(codec).strip("\ufeff \t\r\n\0")
        except LookupError:
            odd = "json" in media.lower()  # in a charset that only the other side may know
            continue
        except ValueError:
            continue
        try:
            value = json_of(text)
        except ValueError:
            # Others read more than JSON: comments, a comma at the end, a name twice.
            odd = odd or bool(text[:1] in ("[", "{", "/") and re.search(r"action|endpoint", text, re.IGNORECASE))
            continue
        if may_be_ncco(value) and value not in found:
            found.append(value)
    if odd and not found:
        raise Refused("This reply looks like an NCCO, and cannot be read as JSON.", "Return JSON in UTF-8.")
    return found


def _unpacked(data: bytes, encoding: str) -> bytes:
    encoding = encoding.strip().lower()
    try:
        if encoding in ("", "identity"):
            return data
        if encoding in ("gzip", "x-gzip", "deflate"):
            reader = zlib.decompressobj(47)  # either form, by its first bytes
            unpacked = reader.decompress(data, LARGEST)
            if reader.eof and not reader.unused_data:
                return unpacked
    except zlib.error:
        pass
    raise Refused(f"A reply packed with {encoding} cannot be read.", "Send it as it is.")
