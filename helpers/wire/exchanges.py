"""Show the wire: what was really sent and received, as HTTP, with every secret taken out.

The client keeps a :class:`WireLog` of the requests it sends, the background server one of those it receives.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, overload

from ..base.errors import KitError
from ..base.hosts import parts_of
from ..base.html import Html, join, tag, words
from ..base.masking import mask, mask_headers
from ..base.text import media_type, visible

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)

LONGEST_BODY = 4000  # characters of a body that are shown; the exchange itself keeps all of it
MOST_KEPT = 32 * 1024 * 1024  # bytes that a log keeps: anybody may send something to a public address
GOOD, MISSING = "good", "missing"  # what a server may say of a webhook's signature
# Date changes with every run and says nothing a learner needs; the time is in RoundTrip.at.
UNSHOWN_HEADERS = frozenset({"date"})


def body_text(data: bytes | str | None, content_type: str | None = "") -> str | None:
    """A body as text: what it says, ``<12345 bytes of audio/mpeg>`` if it is not text, ``None`` if there is none."""
    if not data:
        return None
    if isinstance(data, str):
        return data
    kind = media_type(content_type)
    if not kind or kind.startswith("text/") or kind.endswith(("json", "xml", "x-www-form-urlencoded")):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode()
    return f"<{len(data)} bytes of {kind or 'binary data'}>"


@dataclass(frozen=True, repr=False, eq=False)
class RoundTrip:
    """One request and what came back. It never holds a secret: everything is masked as it is made.

    ``status`` is None and ``error`` says why (``connection refused``, ``read timeout`` …) when no reply came.
    ``ms`` are real milliseconds from the first byte sent (or received) to the last. ``signature`` is what the server
    found about a webhook's: ``good``, ``missing``, or what is wrong with it; None when nobody looked. ``refused``
    is why live mode's guard turned it away; None when it did not.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str | None
    status: int | None
    response_headers: Mapping[str, str]
    response_body: str | None
    ms: float
    error: str | None = None
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    signature: str | None = None
    refused: str | None = None

    def __post_init__(self) -> None:
        for name in ("url", "request_body", "response_body", "error"):
            value = getattr(self, name)
            if value:
                object.__setattr__(self, name, mask(value))
        for name in ("request_headers", "response_headers"):
            object.__setattr__(self, name, mask_headers(getattr(self, name)))

    @property
    def path(self) -> str:
        """The URL without host and query, as a route sees it."""
        return parts_of(self.url)[1] or "/"

    @property
    def host(self) -> str:
        """Host and port that the URL names."""
        return parts_of(self.url)[0]

    @property
    def query(self) -> str:
        """What stands behind the question mark of the URL."""
        return parts_of(self.url)[2]

    @property
    def target(self) -> str:
        """Path and query, as they stand in the request line."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        headers = [*self.request_headers.items(), *self.response_headers.items()]
        texts = [self.url, self.request_body, self.response_body, *(text for pair in headers for text in pair)]
        return sum(map(sys.getsizeof, texts))

    @property
    def outcome(self) -> str:
        """``200 OK (12 ms)``, or why there was no reply."""
        took = f"{max(1, round(self.ms))} ms"
        return f"no reply: {self.error} ({took})" if self.status is None else f"{_status(self.status)} ({took})"

    def request_lines(self) -> tuple[str, list[str], str]:
        """Request line, header lines, body, as text to show."""
        headers = _header_lines(self.request_headers)
        if not any(line.lower().startswith("host:") for line in headers) and self.host:
            headers.insert(0, f"Host: {self.host}")
        return f"{self.method} {self.target} HTTP/1.1", headers, pretty(self.request_body)

    def response_lines(self) -> tuple[str, list[str], str]:
        """Status line, header lines, body, as text to show."""
        first = self.outcome if self.status is None else f"HTTP/1.1 {self.outcome}"
        return first, _header_lines(self.response_headers), pretty(self.response_body)

    def show(self) -> str:
        """The whole exchange as text, the way it looks on the wire."""
        return "\n\n".join(_block(*part) for part in (self.request_lines(), self.response_lines()))

    def __repr__(self) -> str:
        return visible(f"<{self.method} {self.target} → {self.outcome}>")


def exchange_of(
    sent: requests.PreparedRequest, reply: requests.Response | None, ms: float, error: str | None = None, url: str = ""
) -> RoundTrip:
    """A request of the ``requests`` library with its reply (or the ``error`` that took its place), as it was sent.

    ``url``: where it went in the end, if a gate passed it on.
    """
    return RoundTrip(
        method=sent.method or "",
        url=url or sent.url or "",
        request_headers=dict(sent.headers),
        request_body=body_text(sent.body, sent.headers.get("Content-Type")),
        status=None if reply is None else reply.status_code,
        response_headers={} if reply is None else dict(reply.headers),
        response_body=None if reply is None else body_text(reply.content, reply.headers.get("Content-Type")),
        ms=ms,
        error=error,
    )


def pretty(body: str | None) -> str:
    """A body made readable: JSON indented, public keys shortened, anything else as it is; cut when it is very long."""
    text = body or ""
    if text.lstrip()[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):  # not JSON after all: then that is what one wants to see
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    # No secret, but eight lines of it that nobody reads.
    text = re.sub(r"(-----BEGIN PUBLIC KEY-----)[^-]*(-----END PUBLIC KEY-----)", r"\1…\2", text)
    if len(text) > LONGEST_BODY:
        text = f"{text[:LONGEST_BODY]}\n… and {len(text) - LONGEST_BODY} characters more"
    return text


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _header_lines(headers: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers.items() if name.lower() not in UNSHOWN_HEADERS]


def _block(first: str, headers: list[str], body: str) -> str:
    return visible("\n".join([first, *headers]) + (f"\n\n{body}" if body else ""))


def _folded(exchange: RoundTrip) -> Html:
    """One line that opens: verb, path, status and milliseconds; in it request and reply. Inline looks, because a
    notebook keeps no style sheet.
    """
    status, _, took = exchange.outcome.rpartition(" (")
    fine = exchange.status is not None and exchange.status < 400
    colour = "light-dark(#1b6e3c,#7fd6a1)" if fine else "light-dark(#b3261e,#ff8f87)"
    line = [tag("b", exchange.method), f" {exchange.target} ", tag("b", "→ ", status, style=f"color:{colour}"),
            f" {took.rstrip(')')}"]  # fmt: skip
    head = tag("summary", line, style="cursor:pointer;overflow-wrap:anywhere")
    return tag("details", head, _html_block(*exchange.request_lines()), _html_block(*exchange.response_lines()),
               style="margin:.3em 0")  # fmt: skip


def _html_block(first: str, headers: list[str], body: str) -> Html:
    count = f"{len(headers)} header{'s' if len(headers) != 1 else ''}"
    listed = tag("details", tag("summary", count), words("\n".join(headers))) if headers else None
    # A line at the side holds request and reply apart.
    style = "margin:.5em 0;padding-left:.7em;border-left:3px solid #90a0b7;overflow-wrap:anywhere"
    return tag("div", tag("b", first), listed, words(body) if body else None, style=style)


class WireView:
    """Some exchanges, ready to be the last line of a cell: text, and the same as HTML, a line each that opens."""

    def __init__(self, exchanges: Sequence[RoundTrip], nothing: str = "Nothing yet.") -> None:
        self.exchanges = list(exchanges)
        self.nothing = nothing

    def __repr__(self) -> str:
        return f"\n\n{'─' * 40}\n\n".join(exchange.show() for exchange in self.exchanges) or self.nothing

    def _repr_html_(self) -> str:
        if not self.exchanges:
            return tag("p", self.nothing)
        return join(map(_folded, self.exchanges))


class WireLog(Sequence[RoundTrip]):
    """The latest exchanges, oldest first; a list that forgets its beginning. Safe from any thread.

    It holds ``limit`` of them at the most, and :data:`MOST_KEPT` bytes in all.

    ``log.append(exchange)`` also takes a function that makes the exchange: it is called when somebody looks, so that
    a busy server does not spend its time on formatting.
    """

    def __init__(self, limit: int = 1000) -> None:
        self._limit, self._bytes = limit, 0
        self._items: deque[RoundTrip | Callable[[], RoundTrip]] = deque()
        self._sizes: deque[int] = deque()
        self._listeners: tuple[Callable[[RoundTrip], None], ...] = ()
        self._lock = threading.RLock()
        self.total = 0  # ever added, also those forgotten since

    def append(self, exchange: RoundTrip | Callable[[], RoundTrip], size: int = 0) -> None:
        """Add one exchange (or what will make it, and then has ``size``) and tell those who subscribed."""
        listeners = self._listeners
        if listeners and callable(exchange):
            exchange = _made_of(exchange)
        with self._lock:
            self._items.append(exchange)
            self._sizes.append(exchange.size if isinstance(exchange, RoundTrip) else size)
            self._bytes += self._sizes[-1]
            self.total += 1
            while len(self._items) > self._limit or self._bytes > MOST_KEPT:
                self._items.popleft()
                self._bytes -= self._sizes.popleft()
        for listener in listeners:
            try:
                listener(exchange)  # type: ignore[arg-type]  # made above, as there are listeners
            except Exception:  # whoever listens must not disturb the exchange itself
                logger.exception("a callback given to subscribe() raised")

    def subscribe(self, listener: Callable[[RoundTrip], None]) -> Callable[[], None]:
        """Call ``listener(exchange)`` for each new one, in the thread that adds it. Returns a function that ends it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = tuple(other for other in self._listeners if other is not listener)

        return unsubscribe

    def clear(self) -> None:
        """Forget all exchanges; those who subscribed stay."""
        with self._lock:
            self._items.clear()
            self._sizes.clear()
            self._bytes = 0

    def latest(self, seen: int) -> tuple[int, list[RoundTrip]]:
        """How many were ever added, and those that came after the first ``seen`` of them (as far as they are kept)."""
        with self._lock:
            if seen >= self.total:
                return self.total, []
            made = self._made()
            new = min(self.total - seen, len(made))
            return self.total, made[len(made) - new :]

    def show(self, last: int = 1, match: str | Callable[[RoundTrip], bool] | None = None) -> WireView:
        """The last exchanges, to look at. ``match``: a part of ``POST /v1/calls`` or a function that picks."""
        if not isinstance(last, int) or not (match is None or isinstance(match, str) or callable(match)):
            raise KitError(
                "show() takes a number of exchanges, and which ones.", 'For example: show(3, match="POST /v1/calls").'
            )
        found = [exchange for exchange in self if _matches(exchange, match)]
        return WireView(found[-last:] if last > 0 else [], "Nothing yet." if not len(self) else "Nothing like that.")

    def _made(self) -> list[RoundTrip]:
        with self._lock:
            made = [item if isinstance(item, RoundTrip) else _made_of(item) for item in self._items]
            self._items = deque(made)
            return made

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[RoundTrip]:
        return iter(self._made())

    @overload
    def __getitem__(self, place: int) -> RoundTrip: ...
    @overload
    def __getitem__(self, place: slice) -> list[RoundTrip]: ...
    def __getitem__(self, place: int | slice) -> RoundTrip | list[RoundTrip]:
        return self._made()[place]

    def __repr__(self) -> str:
        return f"<WireLog: {len(self)} exchange{'s' if len(self) != 1 else ''}>"


def _made_of(item: Callable[[], RoundTrip]) -> RoundTrip:
    """What the function makes; where it cannot, an entry that says so: one odd request never hides another."""
    try:
        return item()
    except Exception as error:
        logger.exception("a request could not be read")
        return RoundTrip("?", "/", {}, None, None, {}, None, 0, error=f"it could not be read ({type(error).__name__})")


def _matches(exchange: RoundTrip, match: str | Callable[[RoundTrip], bool] | None) -> bool:
    if match is None:
        return True
    return match(exchange) if callable(match) else match in f"{exchange.method} {exchange.url}"
