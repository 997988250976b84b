"""The kernel's end of the way down from an exchange: webhooks come through a websocket and go to the own web server.

A message is 4 bytes with the length of a JSON object, that object, and bytes. Down comes ``{"id", "method", "target",
"headers"}`` and the body; up goes ``{"had": id}`` at once, then the reply ``{"id", "status", "headers", "more"}`` and
its body in pieces, ``more`` as long as another one follows; then ``{"done": id}`` comes down. What has no reply yet
when the connection breaks comes again on the next one: a kernel knows by its id what it has had.
"""

from __future__ import annotations

import http.client
import json
import logging
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.secret import reveal

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

logger = logging.getLogger(__name__)
quiet = logging.getLogger(f"{__name__}.socket")  # a network that is gone for a while is no traceback in a notebook
quiet.setLevel(logging.CRITICAL)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds until the first attempt to connect again, and between two
OPENING = 10.0  # seconds for a connection: thirty may begin at once, on a machine that has other work
BUSY = 30.0  # seconds more to wait for the first one, of an exchange that can be reached
PING = 5.0  # seconds between two looks at whether the exchange is still there, and to wait for its answer
PIECE = 65_536  # bytes of a reply in a message, so that a long sound does not keep the others waiting
KEPT = 200  # requests whose replies are remembered until the exchange has them
AT_ONCE = 8  # as many as the web server answers at once
OWN_SECONDS = 60.0  # the exchange gives up long before
REPLACED, GONE = 4001, 4002  # close codes: another kernel has the door now; the account is no more


def packed(head: dict[str, Any], body: bytes = b"") -> bytes:
    """A message."""
    text = json.dumps(head).encode()
    return len(text).to_bytes(4, "big") + text + body


def unpacked(message: bytes) -> tuple[dict[str, Any], bytes]:
    """What is in a message. Raises ValueError."""
    end = 4 + int.from_bytes(message[:4], "big")
    head = json.loads(message[4:end])
    if not isinstance(head, dict):
        raise ValueError("not an object")
    return head, message[end:]


class Link:
    """Keeps the connection to ``url`` until :meth:`stop`; what comes down is asked of the server at ``server()``.

    It connects again by itself. Each request is asked once, however often it comes down, and its reply is sent until
    the exchange says that it has it.
    """

    def __init__(self, url: str, token: str, server: Callable[[], str]) -> None:
        self._url = f"ws{url.removeprefix('http')}/class/link"
        self._headers = {"Authorization": f"Bearer {reveal(token)}"}
        self._server = server
        self._socket: ClientConnection | None = None
        self._had: OrderedDict[str, list[bytes] | None] = OrderedDict()  # the reply's messages, once it is there
        self._lock, self._at_once = threading.Lock(), threading.Semaphore(AT_ONCE)
        self._stopped, self._up = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.why = ""  # it ended by itself

    @property
    def up(self) -> bool:
        """Whether it is connected now."""
        return self._up.is_set()

    @property
    def running(self) -> bool:
        """Whether it is connected, or tries to be."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, patience: float = 5.0) -> None:
        """Connect, and wait for it: longer where the exchange is there. Raises KitError when there is no connection."""
        if not self.running:
            self._stopped.clear()
            self.why = ""
            self._thread = threading.Thread(target=self._run, name="class link", daemon=True)
            self._thread.start()
        if not self._up.wait(patience) and (self.why or not self._reachable() or not self._up.wait(BUSY)):
            why = self.why or "the exchange does not answer"
            raise KitError(f"There is no connection to the class: {why}.", "Is this machine in the same network?")

    def stop(self) -> None:
        """Close it, and end its threads."""
        self._stopped.set()
        with suppress(Exception):
            if self._socket is not None:
                self._socket.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(10)

    def _reachable(self) -> bool:
        place = urlsplit(self._url)
        usual = 443 if place.scheme == "wss" else 80
        with suppress(OSError), socket.create_connection((place.hostname, place.port or usual), FIRST_PAUSE * 10):
            return True
        return False

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopped.is_set():
            if self._connected():
                pause = FIRST_PAUSE
            if self.why or self._stopped.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)

    def _connected(self) -> bool:
        """One connection, from its beginning to its end. False when there was none."""
        from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        try:
            with connect(
                self._url, additional_headers=self._headers, open_timeout=OPENING, close_timeout=1, ping_interval=PING,
                ping_timeout=PING, compression=None, max_size=None, proxy=None, logger=quiet,
            ) as opened:  # fmt: skip
                self._socket = opened
                self._up.set()
                while not self._stopped.is_set():
                    self._take(opened, *unpacked(bytes(opened.recv())))  # type: ignore[arg-type]
        except InvalidStatus as error:
            if error.response.status_code in (401, 403):
                self.why = "the exchange does not know you any more"
            return False
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 0
            self.why = {REPLACED: "another notebook of yours has it now", GONE: "the class is over"}.get(code, "")
            return True
        except (OSError, WebSocketException, ValueError):
            return False
        finally:
            self._up.clear()
            self._socket = None
        return True

    def _take(self, opened: ClientConnection, head: dict[str, Any], body: bytes) -> None:
        if "done" in head:
            self._had.pop(head["done"], None)
            return
        number = str(head["id"])
        opened.send(packed({"had": number}))
        with self._lock:
            known, reply = number in self._had, self._had.get(number)
            if not known:
                self._had[number] = None
                while len(self._had) > KEPT:
                    self._had.popitem(last=False)
        if not known:
            threading.Thread(target=self._answer, args=(number, head, body), name="class webhook", daemon=True).start()
        elif reply is not None:
            self._send(reply)

    def _answer(self, number: str, head: dict[str, Any], body: bytes) -> None:
        try:
            with self._at_once:
                reply = _messages(number, *self._ask(head, body))
        except Exception as error:
            logger.info("the own server did not answer: %s", error)
            reply = _messages(number, 502, [("content-type", "text/plain")], b"The notebook's web server is stopped.\n")
        with self._lock:
            if number in self._had:
                self._had[number] = reply
        self._send(reply)

    def _ask(self, head: dict[str, Any], body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """The reply of the own server, and of nothing else: the exchange chooses the path only."""
        place = urlsplit(self._server())
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=OWN_SECONDS)
        try:
            connection.putrequest(
                head["method"], "/" + str(head["target"]).removeprefix("/"), skip_host=True, skip_accept_encoding=True
            )
            for name, value in head["headers"]:
                connection.putheader(name, value)
            connection.endheaders(body or None)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def _send(self, messages: list[bytes]) -> None:
        """Send a reply; without a connection it is asked for again on the next one."""
        with suppress(Exception):
            for message in messages:
                if self._socket is not None:
                    self._socket.send(message)


def _messages(number: str, status: int, headers: list[tuple[str, str]], body: bytes) -> list[bytes]:
    """A reply in pieces."""
    pieces = [body[at : at + PIECE] for at in range(0, len(body), PIECE)] or [b""]
    first: dict[str, Any] = {"status": status, "headers": headers}
    return [
        packed({"id": number, "more": place < len(pieces) - 1, **({} if place else first)}, piece)
        for place, piece in enumerate(pieces)
    ]
