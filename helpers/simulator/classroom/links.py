"""The way down to a learner's web server: a websocket that their kernel keeps open, through which webhooks come.

The other end, and what the messages are, is :mod:`helpers.line.link`.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import h11
from starlette.websockets import WebSocketDisconnect

from ...line.link import GONE, REPLACED, packed, unpacked
from ..waiting import first_of
from ..webhooks.reach import Reach
from ..webhooks.web_client import REFUSED, Answer, Headers, Place, ReadTimeout, WebClient, WebError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from starlette.websockets import WebSocket

AWAY = 90.0  # seconds that what is told by POST waits for a laptop that is gone: a lid is closed, Wi-Fi is lost
MOST_WAITING = 500  # requests that wait for one laptop
MOST_BYTES = 64_000_000  # of these requests and of their replies, at once: the largest sound, and more
ON_THE_WAY = 8  # of them that a kernel has not confirmed: what it does not take must not pile up below us
DOOR = re.compile(r"/t/([0-9a-f]{32})(?=[/?]|$)")


@dataclass(eq=False)
class Asked:
    """A request that has no reply yet."""

    message: bytes
    largest: int
    reply: asyncio.Future[Answer]
    had: asyncio.Event = field(default_factory=asyncio.Event)
    head: dict[str, Any] | None = None
    body: bytearray = field(default_factory=bytearray)
    whole: int = 0  # bytes of the reply, once it is complete

    @property
    def size(self) -> int:
        """The bytes of it that are held, of the reply too, which is in use."""
        return len(self.message) + len(self.body) + self.whole

    def refuse(self, why: str) -> None:
        """Let who asked know that there will be no reply."""
        if not self.reply.done():
            self.reply.set_exception(WebError(why, REFUSED, retry=False))

    def take(self, head: dict[str, Any], piece: bytes) -> bool:
        """Take a piece of the reply; True when it is complete."""
        if "status" in head:
            self.head, self.body = head, bytearray()
        if self.head is None:
            return False
        if len(self.body) <= self.largest:
            self.body += piece
        if head.get("more"):
            return False
        if not self.reply.done():
            try:
                self.reply.set_result(self._answer(self.head))
            except (ValueError, TypeError, OverflowError, h11.LocalProtocolError):
                self.reply.set_exception(WebError("the reply is not HTTP", retry=False))
        self.whole, self.body = len(self.body), bytearray()
        return True

    def _answer(self, head: dict[str, Any]) -> Answer:
        """Raises one of several errors for what no web server could pass on."""
        if not 200 <= (status := int(head["status"])) < 600:
            raise ValueError
        headers = {str(name).lower(): str(value) for name, value in dict(head.get("headers") or []).items()}
        sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        h11.Response(status_code=status, headers=sent)
        return Answer(status, headers, bytes(self.body) if len(self.body) <= self.largest else None)


class Link:
    """The connection to one learner's kernel, and what waits for it."""

    def __init__(self) -> None:
        self._socket: WebSocket | None = None
        self._asked: dict[str, Asked] = {}
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._down.set()
        self._way = asyncio.Semaphore(ON_THE_WAY)

    @property
    def up(self) -> bool:
        """Whether a kernel is there."""
        return self._socket is not None

    @asynccontextmanager
    async def asked(
        self, method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes, *,
        patience: float, seconds: float, largest: int,
    ) -> AsyncIterator[Answer]:  # fmt: skip
        """Send a request down and wait for its reply, which counts for as long as it is in use.

        ``patience``: seconds to wait for a kernel; ``seconds``: for its reply. Raises WebError.
        """
        number = uuid.uuid4().hex
        head = {"id": number, "method": method, "target": target, "headers": list(headers)}
        one = Asked(packed(head, body), largest, asyncio.get_running_loop().create_future())
        if len(self._asked) >= MOST_WAITING or self._held + one.size > MOST_BYTES:
            raise WebError("too much waits for this laptop", REFUSED, retry=False)
        self._asked[number] = one
        try:
            yield await self._answer(one, patience, seconds)
        finally:
            del self._asked[number]

    @property
    def _held(self) -> int:
        return sum(one.size for one in self._asked.values())

    async def _answer(self, one: Asked, patience: float, seconds: float) -> Answer:
        while not one.reply.done():
            await self._wait_up(patience)
            async with self._way:
                is_there = await self._deliver(one, seconds)
            if is_there:
                await self._wait(one, seconds)
        return one.reply.result()

    async def _deliver(self, one: Asked, seconds: float) -> bool:
        """Send it; True once a kernel has it, which it says at once: one that does not is not there any more."""
        socket = self._socket
        one.had.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._send(one.message)
                await first_of(one.had.wait(), self._down.wait())
        except TimeoutError:
            if self._socket is socket:
                await self.drop()
        return one.had.is_set()

    async def _wait_up(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                await self._up.wait()
        except TimeoutError:
            raise WebError("the laptop is away", "connect timeout", waited=patience) from None

    async def _wait(self, one: Asked, seconds: float) -> None:
        """Wait for the reply, or until the connection breaks. Raises ReadTimeout."""
        socket, down = self._socket, asyncio.ensure_future(self._down.wait())
        try:
            await asyncio.wait((one.reply, down), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            down.cancel()
        if not one.reply.done() and not self._down.is_set() and self._socket is socket:
            raise ReadTimeout("the reply was not there in time", "read timeout", waited=seconds)

    async def serve(self, socket: WebSocket) -> None:
        """Keep a connection until it ends; a newer one takes the place of an older one."""
        await socket.accept()
        older, self._socket = self._socket, socket
        self._down.set()  # who waits for the older one begins again with this one
        self._down.clear()
        self._up.set()
        try:
            await _close(older, REPLACED)
            while True:
                await self._take(*unpacked(await socket.receive_bytes()))
        except (WebSocketDisconnect, KeyError, ValueError, TypeError, AttributeError, RuntimeError):
            pass  # it is gone, or does not speak as a kernel does
        finally:
            if self._socket is socket:
                await self.drop()

    async def drop(self, code: int = 1000) -> None:
        """Let go of the connection."""
        socket, self._socket = self._socket, None
        self._up.clear()
        self._down.set()
        await _close(socket, code)

    async def close(self) -> None:
        """Let go of the connection for good, and of what waits."""
        for one in self._asked.values():
            one.refuse("the account is closed")
        await self.drop(GONE)

    async def _take(self, head: dict[str, Any], piece: bytes) -> None:
        if "had" in head:
            if one := self._asked.get(str(head["had"])):
                one.had.set()
            return
        number = str(head["id"])
        one = self._asked.get(number)
        if one is not None and self._held + len(piece) > MOST_BYTES:
            one.refuse("too much has come from this laptop at once")
            one = None
        is_whole = one.take(head, piece) if one is not None else not head.get("more")  # nobody waits for it any more
        if is_whole:
            await self._send(packed({"done": number}))

    async def _send(self, message: bytes) -> None:
        if self._socket is not None:
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.send_bytes(message)


async def _close(socket: WebSocket | None, code: int) -> None:
    if socket is not None:
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(1):
                await socket.close(code)


class OwnDoor(Reach):
    """An account reaches one place only: its own web server, by the address that the exchange gave it."""

    refusal = "no route: the exchange calls only the address of kit.tunnel.on()"

    def __init__(self, door: str) -> None:
        super().__init__()
        self._door = door

    def allows(self, url: str) -> bool:
        found = DOOR.search(url)
        return url.startswith(("http://", "https://")) and found is not None and found[1] == self._door


class DoorClient(WebClient):
    """Sends an account's webhooks down its link. Nothing is connected to, whatever host an address names."""

    def __init__(self, link: Link, door: str) -> None:
        super().__init__()
        self._link, self._door = link, door

    async def send(
        self, method: str, place: Place, query: str, headers: Headers, body: bytes, *,
        connect_timeout: float, socket_timeout: float, largest: int,
    ) -> Answer:  # fmt: skip
        """A request that gets its NCCO by GET does not wait for a laptop that is away; what is told does."""
        _, own, path = place.path.partition(f"/t/{self._door}")
        if not own:
            raise ValueError("it is not the address of kit.tunnel.on()")
        sent = [("Host", place.name), *headers, *([("Content-Length", str(len(body)))] if method == "POST" else ())]
        target = f"{path or '/'}?{query}" if query else path or "/"
        async with self._link.asked(
            method, target, sent, body, patience=AWAY if method == "POST" else connect_timeout,
            seconds=socket_timeout, largest=largest,
        ) as answer:  # fmt: skip
            return answer
