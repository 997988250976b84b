"""The line of a websocket leg: Vonage calls your WebSocket server and passes sound both ways.

Source: the WebSocket guide, Voice API 1.10.0 (content-type, authorization), AsyncAPI 2026.05 (clear, notify). One
binary message holds 20 ms of 16-bit mono samples, little endian: 320, 640 or 960 bytes at 8000, 16000 or 24000 samples
a second.
"""

from __future__ import annotations

import asyncio
import json
import math
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...base.text import one_line
from ...base.web import speaks_http
from ..account.auth import webhook_token
from ..phones.handsets import Ending
from ..sound.mixing import STORED_RATE, Cue, LiveSound, mixed
from ..timeouts import GOODBYE_TIMEOUT, SOCKET_TIMEOUT
from ..waiting import first_of, forever
from ..webhooks import payloads
from .leg import Leg

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from .network import Network

FRAME = 0.02  # seconds of sound in a message
BUFFER = 3072  # messages that wait to be heard; an older guide says 1024
KEY_DURATION = 260  # milliseconds, as in the guide's example
LARGEST = 1_000_000  # bytes of a message; Vonage publishes no figure


class SocketLine:
    """One connection to a WebSocket server, for one leg."""

    def __init__(self, network: Network, leg: Leg) -> None:
        self._network, self._leg = network, leg
        self._socket: ClientConnection | None = None
        self._rate = int(str(leg.options.get("content-type", "audio/l16;rate=16000")).partition("rate=")[2] or 16000)
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._cue: Cue | None = None
        self._sent = self._received = self._refused = 0
        self._odd = False
        self._why, self._by = "the server closed the connection", "user"  # how it ended

    async def connect(self) -> Ending | None:
        """Call the server. None: it took the call; otherwise how the call ends."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidURI

        network, leg = self._network, self._leg
        if not network.reach.allows(leg.to):
            return self._failed(network.reach.refusal, "cannot_route", 404)
        try:
            async with network.clock.in_flight():
                self._socket = await connect(
                    leg.to, additional_headers=self._authorization(), open_timeout=SOCKET_TIMEOUT,
                    close_timeout=GOODBYE_TIMEOUT, proxy=None,
                    compression=None, ping_interval=None, max_size=LARGEST, user_agent_header="voice-call-simulator",
                )  # fmt: skip
                first = {"event": "websocket:connected", "content-type": f"audio/l16;rate={self._rate}", **leg.headers}
                await self._socket.send(json.dumps(first))
        except TimeoutError:
            await network.clock.spend(SOCKET_TIMEOUT)
            why = f"the server did not accept the connection within {SOCKET_TIMEOUT:g} s"
            return Ending("unanswered", why, detail="timeout", sip_code=408, disconnected_by="platform")
        except (OSError, InvalidHandshake, InvalidURI, ValueError) as error:
            if speaks_http(error):
                return self._failed("the server speaks ws there: write ws:// in place of wss://", "cannot_route", 503)
            return self._failed(f"the server does not take the connection: {error}", "cannot_route", 503)
        self._note_state("connected", rate=self._rate)
        leg.on_key = self._keys.put_nowait
        return None

    def _failed(self, why: str, detail: str, sip_code: int) -> Ending:
        self._note_state("failed", why=why)
        return Ending("failed", why, detail=detail, sip_code=sip_code, disconnected_by="platform")

    def _authorization(self) -> dict[str, str]:
        """As ``authorization`` says: the same token as in a signed webhook (usual), or a header as it is."""
        given = self._leg.options.get("authorization") or {}
        if given.get("type") == "custom":
            return {"Authorization": str(given.get("value") or "")}
        token = webhook_token(self._network.account, self._leg.application_id, b"", str(uuid.uuid4()))
        return {"Authorization": f"Bearer {token}"}

    async def carry(self) -> None:
        """Pass sound and keys both ways until either side ends it."""
        assert self._socket is not None
        try:
            await first_of(self._receive(), self._send(), self._send_keys())
        finally:
            self._leg.on_key = None
            self._network.spawn(self._leg, self._close(self._socket))
            self._note_state("disconnected", sent=self._sent, received=self._received)
        await self._disconnected()

    async def _close(self, socket: ClientConnection) -> None:
        """Say goodbye; stepped time waits for it."""
        async with self._network.clock.in_flight():
            await socket.close()

    async def _send(self) -> None:
        """What the leg hears, 20 ms after 20 ms."""
        import numpy as np

        clock = self._network.clock
        begin = clock.now
        while True:
            at = begin + self._sent * FRAME
            await clock.sleep_until(at + FRAME)
            frame = mixed(self._leg, at, at + FRAME, self._rate)
            await self._pass((frame * 32767).astype(np.dtype("<i2")).tobytes())
            self._sent += 1

    async def _pass(self, message: bytes | str) -> None:
        """Send something, and let the server deal with it. That the connection has ended, `_receive` will notice."""
        from websockets.exceptions import ConnectionClosed

        assert self._socket is not None
        with suppress(ConnectionClosed, TimeoutError):
            async with self._network.clock.in_flight():
                await self._socket.send(message)
                if self._network.clock.stepped:
                    await self._settle()

    async def _settle(self) -> None:
        """Let the server deal with what it was sent: call time stands still, so its answer belongs to this moment.

        The server's library replies to a ping when it has read what came before; by the second reply the server's own
        code has run. Only a stepped clock needs this.
        """
        assert self._socket is not None
        for _ in range(2):
            async with asyncio.timeout(SOCKET_TIMEOUT):
                await (await self._socket.ping())

    async def _send_keys(self) -> None:
        while True:
            digit = await self._keys.get()
            await self._pass(json.dumps({"event": "websocket:dtmf", "digit": digit, "duration": KEY_DURATION}))

    async def _receive(self) -> None:
        """What the server says: sound, heard one after the other, and commands. Returns when the socket is to end."""
        from websockets.exceptions import ConnectionClosed

        assert self._socket is not None
        try:
            async for message in self._socket:
                if isinstance(message, str):
                    await self._obey(message)
                elif len(message) == self._size:
                    self._hear(message)
                else:
                    # As Vonage does: it stops listening, and the server sees the code 1006 (vocode-core issue 727).
                    self._why = f"a message of {len(message)} bytes came, and {self._size} are due"
                    self._by = "platform"
                    self._socket.transport.abort()
                    return
        except ConnectionClosed:
            pass

    @property
    def _size(self) -> int:
        """Bytes of a message."""
        return round(self._rate * FRAME) * 2

    async def _obey(self, message: str) -> None:
        """A command: ``clear`` throws away what waits to be heard, ``notify`` is answered when it has been heard."""
        try:
            command = json.loads(message)
            json.dumps(command, allow_nan=False)  # what cannot be sent back
        except (ValueError, RecursionError):
            command = None
        action = command.get("action") if isinstance(command, dict) else None
        cue, clock = self._cue, self._network.clock
        assert self._socket is not None
        if action == "notify":
            due = clock.now if cue is None else cue.until(math.inf)
            self._network.beside(self._leg, self._notify(command.get("payload", {}), cue, due))
        elif action == "clear":
            if cue is not None:
                cue.stopped_at, self._cue = cue.until(clock.now), None
                self._leg.speaks()
            self._note_state("cleared")
            await self._socket.send(json.dumps({"event": "websocket:cleared"}))
        elif not self._odd:  # said once: a server may send thousands
            self._odd = True
            text = f"The server's message is no command (clear, notify), and is ignored: {one_line(message)}"
            self._network.note(self._leg, "note", text=text)

    async def _notify(self, payload: Any, cue: Cue | None, due: float) -> None:
        """Tell that the sound has been played up to ``due``; not when it has been thrown away before."""
        await self._network.clock.sleep_until(due)
        if cue is not None and cue.stopped_at is not None and cue.stopped_at < due:
            return
        self._note_state("notified", payload=payload)
        await self._pass(json.dumps({"event": "websocket:notify", "payload": payload}))

    def _note_state(self, state: str, **facts: Any) -> None:
        self._network.note(self._leg, "websocket", state=state, url=self._leg.to, **facts)

    def _hear(self, message: bytes) -> None:
        import numpy as np

        from ...audio.files import resample

        now, leg, network = self._network.clock.now, self._leg, self._network
        waiting = -1.0 if self._cue is None else self._cue.until(math.inf) - now
        if waiting >= BUFFER * FRAME:
            if not self._refused:
                network.note(leg, "note", text=f"The server's sound is dropped: {BUFFER} messages wait.")
            self._refused += 1
            return
        self._received += 1
        samples = resample(np.frombuffer(message, dtype="<i2") / np.float32(32768), self._rate, STORED_RATE)
        if self._cue is not None and waiting > -FRAME and isinstance(self._cue.sound, LiveSound):
            self._cue.sound.append(samples)
            return
        sound = LiveSound()
        sound.append(samples)
        self._cue = leg.mouth.start(now, sound)
        leg.speaks()

    async def _disconnected(self) -> None:
        """The socket ended: a ``disconnected`` event, whose reply may be an NCCO for the caller of a connect."""
        network, leg = self._network, self._leg
        leg.history.append("disconnected")
        network.note(leg, "status", status="disconnected", why=self._why, detail=None,
                     sip_code=None, disconnected_by=self._by)  # fmt: skip
        reply = await network.callbacks.ask(leg, "event", payloads.disconnected_event(leg, network.clock), leg.event)
        if leg.parent is not None:
            leg.reply = leg.reply or asyncio.get_running_loop().create_future()
            if not leg.reply.done():
                leg.reply.set_result(reply)
        leg.hang_up(self._why, by=self._by)
        await forever()
