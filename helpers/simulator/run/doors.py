"""The way of an unmodified client into the network: a proxy, and an https endpoint that says it is Vonage.

Clients that know proxies come by CONNECT; those that a preload file leads come straight to the endpoint. What comes out
of the encryption goes to the simulator as the client sent it: request line, Host header, body. Any other host is
refused, so that nothing a program does leaves this machine.
"""

from __future__ import annotations

import asyncio
import collections
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

from ...base.text import one_line
from ..account.regions import REGIONS
from ..waiting import cut

logger = logging.getLogger(__name__)

# The hosts of the Voice API and of the account, those of regions and of recordings; the second row is of old.
HOSTS = ("api.nexmo.com", "rest.nexmo.com", "api-us.nexmo.com", "api-eu.nexmo.com", *REGIONS.values(),
         "api-us-1.nexmo.com", "api-us-2.nexmo.com", "api-eu-1.nexmo.com", "api-eu-2.nexmo.com", "api-sg-1.nexmo.com",
         "rest-us-1.nexmo.com", "rest-sg-1.nexmo.com")  # fmt: skip
LARGEST_HEAD = 65_536  # bytes
LAST_WORDS = 1.0  # seconds to take in what a client still sends that has been refused
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
HOP = (b"connection:", b"proxy-")  # headers that are about the connection to a proxy

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Doors:
    """Both doors, on loopback ports of their own. ``simulator`` is its address, ``tls`` what the endpoint shows.

    With ``outside`` other hosts are tunnelled untouched. ``on_refused`` is called with the name of each that was not.
    """

    def __init__(
        self, simulator: str, tls: ssl.SSLContext, *, outside: bool = False,
        on_refused: Callable[[str], object] = lambda host: None,
    ) -> None:  # fmt: skip
        self._simulator, self._tls, self._outside = urlsplit(simulator), tls, outside
        self._on_refused = on_refused
        self.hosts: list[str] = []  # of Vonage's, those that clients asked the proxy for, one for each connection
        # Those that left once they saw the certificate.
        self.mistrusted: collections.Counter[str] = collections.Counter()
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._failed: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="run-doors", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._up.wait()
        if self._failed is not None:
            self._thread.join()
            raise self._failed
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    @property
    def proxy(self) -> str:
        """The proxy's address, ``http://127.0.0.1:port``."""
        return f"http://127.0.0.1:{self._ports[0]}"

    @property
    def endpoint(self) -> int:
        """The port of the https endpoint on 127.0.0.1."""
        return self._ports[1]

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:  # such as no file left to open
            self._failed = error
        finally:
            self._up.set()
            self._loop.close()

    async def _serve(self) -> None:
        self._done = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        # Not by asyncio, which does not say that there is none.
        first, second = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
        servers = [
            await asyncio.start_server(self._client(self._ask), sock=first, limit=LARGEST_HEAD),
            await asyncio.start_server(self._client(self._pass_on), sock=second, ssl=self._tls),
        ]
        self._ports: list[int] = [server.sockets[0].getsockname()[1] for server in servers]
        self._up.set()
        await self._done.wait()
        for server in servers:
            server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _client(self, answer: Answer) -> Answer:
        """A handler of connections. A client that goes away is not a fault, and stopping ends what is still open."""

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._open.add(task)
            try:
                await answer(reader, writer)
            except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                logger.debug("a connection broke", exc_info=True)
            except asyncio.CancelledError:
                pass
            finally:
                self._open.discard(task)
                cut(writer)  # both sides have said all they had to say

        return handle

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The proxy: ``CONNECT api.nexmo.com:443``; or ``GET http://…``, for plain HTTP, and of some clients for https.

        In a request of the second form the address becomes what a server wants to read.
        """
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        host = parts.hostname or ""
        if host in HOSTS and tunnel:
            self.hosts.append(host)
            writer.write(ESTABLISHED)
            await self._secured(reader, writer, host)
        elif host in HOSTS:
            await self._pass_on(reader, writer, _origin_form(head, parts))
        elif self._outside and host and (tunnel or parts.scheme == "http"):
            there = await asyncio.open_connection(host, parts.port or (443 if tunnel else 80))
            writer.write(ESTABLISHED if tunnel else b"")
            there[1].write(b"" if tunnel else _origin_form(head, parts))
            await _join((reader, writer), there)
        else:
            self._on_refused(host or one_line(target))
            await _refuse(reader, writer, host or one_line(target))

    async def _secured(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        """What is said to ``host`` under encryption goes to the simulator."""
        try:
            await writer.start_tls(self._tls)
            first = await reader.read(65_536)
        except (ssl.SSLError, ConnectionError):
            first = b""
        if first:
            await self._pass_on(reader, writer, first)
        else:  # some say that they do not trust the certificate, some only go away
            self.mistrusted[host] += 1

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes = b"") -> None:
        there = await asyncio.open_connection(self._simulator.hostname, self._simulator.port)
        there[1].write(head)
        await _join((reader, writer), there)


async def _join(one: Client, other: Client) -> None:
    """All that each side says, to the other; the end of both is the end."""
    try:
        await asyncio.gather(_copy(one[0], other[1]), _copy(other[0], one[1]))
    finally:
        cut(other[1])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    with suppress(OSError, RuntimeError):
        writer.close()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
    """A 403 whose first line names the host: many clients show nothing else of what a proxy says."""
    name = one_line(host).encode("ascii", "replace").decode()
    text = f"{name} is not a host of Vonage's Voice API, and --allow-outside is not given.\n"
    head = f"HTTP/1.1 403 Forbidden: {name} is outside\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(text)}\r\n\r\n{text}".encode())
    writer.write_eof()
    with suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS):  # with a body unread, closing would take the reply back
            while await reader.read(65_536):
                pass


def _origin_form(head: bytes, address: SplitResult) -> bytes:
    """The head of a request to a proxy as a server wants it; one request, because the next one may be to others."""
    first, *headers = head.rstrip(b"\r\n").split(b"\r\n")
    method, _, version = first.split(b" ", 2)
    path = f"{address.path or '/'}?{address.query}".rstrip("?").encode("latin-1")
    kept = [line for line in headers if not line.lower().startswith(HOP)]
    return b"\r\n".join([b" ".join([method, path, version]), b"Connection: close", *kept, b"", b""])
