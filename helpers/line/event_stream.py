"""A thread that reads server-sent events, and connects again when the connection breaks."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.1  # seconds until the first attempt to connect again
LONGEST_PAUSE = 2.0  # seconds between two attempts to connect again
LARGEST_READ = 65_536  # bytes


@dataclass(frozen=True)
class Message:
    """One server-sent event: its type (``"message"`` unless told), and its data, which is JSON."""

    type: str
    data: Any


class EventStream:
    """Calls ``take(message)`` for each event, in a thread of its own, until :meth:`stop`.

    ``connect(last_id)`` sends the request and returns the reply, not read yet; ``last_id`` is the id of the last event,
    ``""`` before the first. What ``take`` raises is logged. It returns True when no more is wanted.
    """

    def __init__(self, connect: Callable[[str], requests.Response], take: Callable[[Message], object]) -> None:
        self._connect, self._take = connect, take
        self._last_id = ""
        self._reply: requests.Response | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Connect, and begin to listen. Raises what ``connect`` raises."""
        self._reply = self._connect(self._last_id)
        # A daemon: a kernel that is shut down without kit.stop() must not be kept alive by it.
        self._thread = threading.Thread(target=self._run, name="event stream", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """Take no more, close the connection, end the thread. Stopping twice is fine, from any thread."""
        self.hang_up()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def hang_up(self) -> None:
        """Like :meth:`stop`, without waiting for the thread."""
        with self._lock:
            self._stopped.set()
            if self._reply is not None:
                # Wakes the thread that reads. RuntimeError: the reply has come to its end.
                with contextlib.suppress(RuntimeError, ValueError, OSError):
                    self._reply.raw.shutdown()

    def _run(self) -> None:
        pause, reply = FIRST_PAUSE, self._reply
        while not self._stopped.is_set():
            if reply is not None:
                wanted, pause = True, FIRST_PAUSE
                with contextlib.closing(reply):
                    wanted = self._read(reply)
                if not wanted:
                    return
            if self._stopped.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                reply = self._connect(self._last_id)
            except KitError as error:
                if 400 <= getattr(error, "status", 0) < 500:  # asking again would change nothing
                    logger.info("no longer listening: %s", error.message)
                    return
                reply = None
            with self._lock:
                self._reply = reply
        if reply is not None:
            reply.close()

    def _read(self, reply: requests.Response) -> bool:
        """Take every event of one reply. False when no more is wanted; True when the connection broke."""
        import requests

        try:
            for message in self._messages(reply):
                if self._stopped.is_set():
                    return False
                try:
                    if self._take(message) is True:
                        return False
                except Exception:
                    logger.exception("an event of the phone network could not be dealt with")
        except (requests.RequestException, OSError, AttributeError):  # AttributeError: closed while it was read
            pass
        return not self._stopped.is_set()

    def _messages(self, reply: requests.Response) -> Iterator[Message]:
        """The events of one reply (WHATWG HTML, 9.2.6, as far as the simulator uses it)."""
        kind, data = "", ""
        for line in reply.iter_lines(chunk_size=LARGEST_READ, decode_unicode=False):
            name, _, value = line.decode().partition(": ")
            if name == "id":
                self._last_id = value
            elif name == "event":
                kind = value
            elif name == "data":
                data = value
            elif not line:
                if data:
                    yield Message(kind or "message", json.loads(data))
                kind, data = "", ""
