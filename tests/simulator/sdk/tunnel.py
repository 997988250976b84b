"""How a client that speaks only https to api.nexmo.com gets to the simulator, without a change to the client.

Every HTTP client takes two settings from its environment: a proxy for https, and a file of certificates it trusts. The
proxy here answers each CONNECT itself, with a certificate for the hosts of the API, and passes what comes out of the
encryption on to the simulator: request line, Host header and body as the client sent them. Any other host is refused,
so that nothing a test does can leave this machine.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from urllib.parse import urlsplit

from helpers.simulator.account.regions import REGIONS
from tests.simulator.servers import PUBLIC, self_signed

HOSTS = ("api.nexmo.com", "rest.nexmo.com", "api-us.nexmo.com", *REGIONS.values())


class Tunnel:
    """The proxy, on a loopback port of its own, from ``start`` to ``stop``."""

    def __init__(self, simulator: str, folder: Path) -> None:
        self._simulator = urlsplit(simulator)
        self.certificates = folder / PUBLIC
        self._tls = self_signed(folder, *HOSTS)
        self.hosts: list[str] = []  # those that clients asked for, one for each connection
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tunnel")

    def start(self) -> None:
        self._thread.start()
        self._up.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """What leads Python's requests and curl through the tunnel."""
        file = str(self.certificates)
        return {"HTTPS_PROXY": self.url, "https_proxy": self.url, "REQUESTS_CA_BUNDLE": file, "CURL_CA_BUNDLE": file}

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._done = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._up.set()
        await self._done.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await server.wait_closed()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._tunnel(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # a client that goes away is not a fault, and stopping ends what is still open
        finally:
            self._open.discard(task)
            writer.transport.abort()  # both sides have said all they had to say

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        host = target.rpartition(":")[0]
        if method != "CONNECT" or host not in HOSTS:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        self.hosts.append(host)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.start_tls(self._tls)
        to, into = await asyncio.open_connection(self._simulator.hostname, self._simulator.port)
        try:
            await asyncio.gather(_pass_on(reader, into), _pass_on(to, writer))
        finally:
            into.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """All bytes of one side to the other; the end of one is the end of both."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()
