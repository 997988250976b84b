"""A capture of the wire that may be given away: what is the API's own stays, what belongs to somebody is replaced.

Kept are the words that are known to be the API's. Everything else is replaced, whatever it is: equal by equal, an id by
an id, a number by a number, so that what belongs together can still be seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..base.errors import KitError
from ..settings.checks import VONAGE_DOMAINS
from .exchanges import RoundTrip

# Fields whose words are the API's: whose values are no name, no text and no address of anybody.
KEPT = frozenset({
    "action", "answer_method", "answered_by", "bargeIn", "connect_timeout", "conversations_ttl", "count", "country",
    "currency", "detail", "direction", "disconnected_by", "dtmf", "duration", "end_time", "endpoint_type",
    "error-code", "error-code-label", "error_title", "event_method", "features", "href", "http_method",
    "input_error", "language", "leg_persistence_time", "length_timer", "level", "loop", "machine_detection",
    "maxDigits", "message", "method", "page_size", "premium", "price", "rate", "reason", "record_index", "region",
    "signed_callbacks", "sip_code", "socket_timeout", "start_time", "status", "style", "sub_state", "submitOnHash",
    "timed_out", "timeOut", "timestamp", "title", "total_items", "total_pages", "type", "voiceCallbackType",
})  # fmt: skip
HEADERS = frozenset({
    "accept", "accept-encoding", "allow", "cache-control", "connection", "content-length", "content-type", "date",
    "retry-after", "server", "strict-transport-security", "transfer-encoding", "user-agent", "vary",
    "x-content-type-options", "x-frame-options",
})  # fmt: skip
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*(?:Z|[+-]\d\d:?\d\d)?")
_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
# What may be anybody's in words that are kept; the first that fits says what takes its place.
_SHAPES = re.compile(
    r"(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|(?P<url>\b(?:https?|wss?)://[^\s\"'<>]+)"
    r"|(?P<text>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<address>\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{0,4}\b)"
    r"|(?P<hex>\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b)"
    r"|(?P<number>(?<![.\d])\d(?:[ ()/-]{0,2}\d){6,}(?!\.?\d))",
    re.IGNORECASE,
)
SHORTEST = 6  # characters of what is looked for at the end: shorter ones are found in ordinary words


class CaptureError(KitError):
    """A capture still holds what it should not."""


class Capture:
    """Replaces what belongs to somebody. ``hosts`` names servers, by host and port, that get a name of their own;
    ``known`` are secrets and names that are taken out wherever they stand."""

    def __init__(self, hosts: Mapping[str, str], known: Iterable[str] = ()) -> None:
        self._hosts = dict(hosts)
        self._known = sorted(filter(None, known), key=len, reverse=True)
        self._instead: dict[tuple[str, str], str] = {}

    def of(self, exchange: RoundTrip) -> dict[str, Any]:
        """One request and its reply."""
        sent, got = exchange.request_headers, exchange.response_headers
        return {
            "at": exchange.at.isoformat(timespec="milliseconds"), "ms": round(exchange.ms), "method": exchange.method,
            "url": self._url(exchange.url), "signature": exchange.signature,
            "request_headers": self._headers(sent), "request": self._body(exchange.request_body, sent),
            "status": exchange.status, "error": exchange.error and self._words(exchange.error),
            "response_headers": self._headers(got), "response": self._body(exchange.response_body, got),
        }  # fmt: skip

    def checked(self, text: str, *known: str) -> str:
        """The same text. Raises :class:`CaptureError` if an id, a number, a host or a known word is still in it."""
        found = {value for kind, value in self._instead if kind != "text"}
        found |= {host for host, name in self._hosts.items() if name != host}
        if any(len(one) >= SHORTEST and one in text for one in found.union(self._known, known)):
            raise CaptureError(
                "The capture is not kept: a number, a name, an id or a secret of yours would still be in it.",
                "Please tell the authors of the kit at which step that was, and nothing of what it is.",
            )
        return text

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name: self._header(name.lower(), value) for name, value in headers.items()}

    def _header(self, name: str, value: str) -> str:
        if name == "host":
            return self._host(value)
        return self._words(value) if name in HEADERS else "…"

    def _body(self, body: str | None, headers: Mapping[str, str]) -> Any:
        if body is None:
            return None
        media = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        if "urlencoded" in media:
            return dict(self._pairs(body))
        try:
            return self._value("", json.loads(body))
        except (ValueError, RecursionError):
            return f"<{len(body)} characters>"

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            # What is wrong is told with the name of a field, not of somebody.
            inside = name == "invalid_parameters"
            return {self._words(key): self._value("reason" if inside else key, one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._value(name, one) for one in value]
        if isinstance(value, str):
            return self._text(name, value)
        known = isinstance(value, bool) or value is None or name in KEPT
        return value if known and len(str(value)) < SHORTEST + 6 else 0

    def _text(self, name: str, value: str) -> str:
        if name in KEPT or not value:
            return self._words(value)
        whole = _SHAPES.fullmatch(value.removeprefix("CON-").removeprefix("+"))
        return self._words(value) if whole else self._for("text", value)

    def _words(self, text: str) -> str:
        """Words that are kept, but for what has the shape of an id, a number or an address."""
        if _TIME.fullmatch(text) or _DATE.fullmatch(text):
            return text
        for word in self._known:
            whole = rf"(?i)(?<!\w){re.escape(word)}(?!\w)"
            text = re.sub(whole, lambda found: self._for("text", found[0]), text)
        text = _SHAPES.sub(lambda found: self._for(str(found.lastgroup), found[0]), text)
        for host, name in self._hosts.items():
            text = text.replace(host, name)
        return text

    def _for(self, kind: str, value: str) -> str:
        if kind == "url":
            return self._url(value)
        key = kind, value.lower() if kind in ("uuid", "hex") else value
        if key not in self._instead:
            count = sum(other == kind for other, _ in self._instead) + 1
            self._instead[key] = {
                "uuid": f"00000000-0000-4000-8000-{count:012}", "hex": f"{count:0{len(value)}x}",
                "number": f"120255501{count:02}", "address": f"192.0.2.{count}",
            }.get(kind, f"{kind}-{count}")  # fmt: skip
        return self._instead[key]

    def _host(self, host: str) -> str:
        name = host.rpartition("@")[2].rpartition(":")[0] or host
        if host in self._hosts:
            return self._hosts[host]
        if f".{name}".endswith(VONAGE_DOMAINS) or name == "example.com":
            return name
        return f"{self._for('host', host)}.example"

    def _url(self, url: str) -> str:
        try:
            parts = urlsplit(url)
        except ValueError:  # whoever finds the public address may ask it for anything
            return self._for("text", url)
        host = self._host(parts.netloc)
        path = "/…" if host.startswith("host-") else self._words(parts.path)
        query = urlencode(self._pairs(parts.query))
        return f"{parts.scheme}://{host}{path}{'?' if query else ''}{query}"

    def _pairs(self, text: str) -> list[tuple[str, str]]:
        return [(self._words(name), self._text(name, value)) for name, value in parse_qsl(text, keep_blank_values=True)]
