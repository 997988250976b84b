"""A small HTTP/1.1 client: one request, one bounded reply, no redirects, no proxies, connections used again.

A thousand calls have five thousand webhooks, so a request must cost little. Nothing is asked for in compressed form.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import h11

from ...base.web import fault_of, speaks_http
from ..waiting import cut

if TYPE_CHECKING:
    import ssl

IDLE = 2.0  # seconds an open connection is kept for the next request: less than usual servers keep it
PART = 65_536  # bytes read at once
SAFE = "!#$%&'()*+,/:;=?@[]~"  # what stays as it is in the path and the query of an address

CLOSED, REFUSED = "connection closed", "connection refused"

Headers = Iterable[tuple[str, str]]


class WebError(Exception):
    """There is no reply. The text says why; ``short`` does so in two words, if there are two for it.

    ``retry``: it may be different the next time. ``waited``: after so many seconds of waiting in vain.
    """

    def __init__(self, text: str, short: str = "", *, retry: bool = True, waited: float | None = None) -> None:
        super().__init__(text)
        self.short, self.retry, self.waited = short or text, retry, waited


class ReadTimeout(WebError):
    """The connection was taken, but the reply was not there in time."""


@dataclass(frozen=True)
class Place:
    """Where a URL leads. ``path`` and ``query`` are ready to be sent."""

    tls: bool
    host: str
    port: int
    name: str  # for the Host header
    path: str
    query: str


@dataclass(frozen=True)
class Answer:
    """A reply. ``body`` is None when it is larger than was asked for; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes | None


@lru_cache(maxsize=4096)
def place_of(url: str) -> Place:
    """Where a URL leads. Raises ValueError when it is not an http address."""
    if fault := fault_of(url):
        raise ValueError(f"{url!r} {fault.said}")
    parts = urlsplit(url)
    tls, host = parts.scheme == "https", str(parts.hostname)
    usual = 443 if tls else 80
    name = f"[{host}]" if ":" in host else host
    port = parts.port or usual
    return Place(
        tls, host, port, name if port == usual else f"{name}:{port}",
        quote(parts.path or "/", safe=SAFE), quote(parts.query, safe=SAFE),
    )  # fmt: skip


class Connection:
    """One connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.CLIENT)
        self._since = 0.0

    @property
    def fresh(self) -> bool:
        """True when it can take another request: neither idle for long nor closed by the server."""
        return not (time.monotonic() - self._since > IDLE or self._reader.at_eof() or self._writer.is_closing())

    async def exchange(self, request: h11.Request, body: bytes, largest: int) -> Answer:
        """Send a request and read its reply, ``largest`` bytes at most."""
        http = self._http
        try:
            self._writer.write(http.send(request) + (http.send(h11.Data(body)) if body else b"")
                               + http.send(h11.EndOfMessage()))  # fmt: skip
            if len(body) > PART:
                await self._writer.drain()
            answer = await self._head()
            received = bytearray()
            while isinstance(event := await self._event(), h11.Data):
                received += event.data
                if len(received) > largest:
                    return Answer(answer.status_code, _texts(answer), None)
            return Answer(answer.status_code, _texts(answer), bytes(received))
        except (OSError, EOFError):
            raise WebError("the connection was closed before the reply was complete", CLOSED) from None
        except h11.RemoteProtocolError as error:
            if self._reader.at_eof():
                raise WebError("the connection was closed before the reply was complete", CLOSED) from None
            raise WebError(f"the reply is not HTTP: {error}", retry=False) from None

    async def _head(self) -> h11.Response:
        while not isinstance(event := await self._event(), h11.Response):
            pass  # 100 Continue and its like
        return event

    async def _event(self) -> h11.Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(PART))
        if isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise EOFError
        assert isinstance(event, h11.Event)
        return event

    def done(self) -> bool:
        """Make ready for another request; False when that is not possible."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self._since = time.monotonic()
        return True

    def close(self) -> None:
        """End it at once."""
        cut(self._writer)


class WebClient:
    """Sends requests. Each connection carries one at a time; one that is free is used again."""

    def __init__(self) -> None:
        self._free: defaultdict[tuple[bool, str, int], list[Connection]] = defaultdict(list)

    async def send(
        self, method: str, place: Place, query: str, headers: Headers, body: bytes, *,
        connect_timeout: float, socket_timeout: float, largest: int,
    ) -> Answer:  # fmt: skip
        """Send a request and read the reply. Timeouts in seconds: to be connected, and from then on for everything.

        Raises WebError when there is no reply, ValueError when a header cannot be sent.
        """
        key = (place.tls, place.host, place.port)
        sent = [("Host", place.name), *headers, *([("Content-Length", str(len(body)))] if method == "POST" else ())]
        try:
            request = h11.Request(method=method, target=f"{place.path}?{query}" if query else place.path, headers=sent)
        except h11.LocalProtocolError as error:
            raise ValueError(str(error)) from None
        connection = await self._take(key) or await self._connect(place, connect_timeout)
        kept = False
        try:
            async with asyncio.timeout(socket_timeout):
                answer = await connection.exchange(request, body, largest)
            kept = connection.done()
        except TimeoutError:
            raise ReadTimeout("the reply was not there in time", "read timeout", waited=socket_timeout) from None
        finally:
            if kept:
                self._free[key].append(connection)
            else:
                connection.close()
        return answer

    def close(self) -> None:
        """Close every connection."""
        for connections in self._free.values():
            for connection in connections:
                connection.close()
        self._free.clear()

    async def _take(self, key: tuple[bool, str, int]) -> Connection | None:
        free = self._free[key]
        await asyncio.sleep(0)  # lets the event loop see which of them the server has closed meanwhile
        while free:
            connection = free.pop()
            if connection.fresh:
                return connection
            connection.close()
        return None

    async def _connect(self, place: Place, timeout: float) -> Connection:
        import ssl

        writer = made = None
        try:
            async with asyncio.timeout(timeout):
                # Every name below localhost is this machine (RFC 6761), whether or not the system's resolver knows.
                host = "localhost" if place.host.endswith(".localhost") else place.host
                reader, writer = await asyncio.open_connection(host, place.port)
                if place.tls:
                    await writer.start_tls(_certificates(), server_hostname=place.host)
            made = Connection(reader, writer)
            return made
        except TimeoutError:
            # Many a server that speaks http waits for the rest of what it takes for a request.
            silent = writer and f"no https there in time: write http://{place.name} if it speaks http"
            raise WebError("nobody took the connection in time", silent or "connect timeout", waited=timeout) from None
        except ssl.SSLError as error:
            plain = speaks_http(error) and f"no https there: write http://{place.name}"
            raise WebError(plain or f"bad TLS certificate: {error}", retry=False) from None
        except (ConnectionResetError, EOFError):
            raise WebError("the connection was closed", CLOSED) from None
        except OSError:
            raise WebError("nobody listens there", REFUSED) from None
        finally:
            if writer and made is None:
                cut(writer)


def _texts(response: h11.Response) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Which TLS certificates are trusted. Reading them takes 30 ms, so it is done once."""
    import ssl

    import certifi

    return ssl.create_default_context(cafile=certifi.where())
