"""Web servers that no framework would be, which never end or never answer; and a call that must not notice them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from helpers.audio.files import Samples, resample
from tests.matching import match
from tests.simulator.world import World

BESIDE = "447700900009"
Behaviour = Callable[[socket.socket, threading.Event], None]


@contextmanager
def raw_server(behaviour: Behaviour) -> Iterator[str]:
    """A server that does this with each connection, after the request's head; the event says when to stop."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            head = b""
            while b"\r\n\r\n" not in head and (part := connection.recv(65_536)):
                head += part
            behaviour(connection, over)

    def accept() -> None:
        with suppress(OSError):
            while True:
                thread = threading.Thread(target=serve, args=(listener.accept()[0],))
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        listener.close()
        accepting.join()
        for thread in threads:
            thread.join()


def says(*parts: bytes, every: float = 0.0, again: bool = False) -> Behaviour:
    """Send these bytes, ``every`` so many seconds; ``again`` and again, the last of them."""

    def behave(connection: socket.socket, over: threading.Event) -> None:
        for part in parts:
            connection.sendall(part)
        while again and not over.wait(every):
            connection.sendall(parts[-1])

    return behave


def silence(connection: socket.socket, over: threading.Event) -> None:
    """Take the request and never answer, until the other side goes."""
    connection.settimeout(30)
    connection.recv(1)


def head(kind: str, *lines: str) -> bytes:
    """The beginning of a 200 reply, with these header lines."""
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {kind}", *lines, "", ""]).encode()


class Undisturbed:
    """A normal call beside whatever a test does: it must have its events and its sound all the same."""

    def __init__(self, world: World, noise: Samples, second: bytes) -> None:
        self._world, self._noise = world, noise
        url = world.learner.serve("beside.wav", second)
        self._event = world.learner.on("/beside", ("", 200))
        world.phone(BESIDE, after=1)
        self.call = world.call(
            {"action": "wait", "timeout": 1},
            {"action": "stream", "streamUrl": [url]},
            {"action": "wait", "timeout": 3},
            to=[{"type": "phone", "number": BESIDE}],
            event_url=[self._event],
        )

    def check(self) -> None:
        """It is over, and was as it should be."""
        world = self._world
        world.until(self.call)
        told = [one["status"] for one in world.learner.payloads("/beside")]
        assert told == ["started", "ringing", "answered", "completed"]
        heard = world.heard(self.call)
        found = match(heard, resample(self._noise, 16_000, 8000), 8000)
        assert found.score > 0.9
        assert found.offset == pytest.approx(1.0, abs=0.02)
        assert len(heard) == 5 * 8000


@pytest.fixture
def undisturbed(world: World, noise: Samples, second: bytes) -> Iterator[Undisturbed]:
    """The call beside; checked when the test has passed."""
    call = Undisturbed(world, noise, second)
    yield call
    call.check()
