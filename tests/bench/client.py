"""Keep-alive clients that ask one route again and again: ``python -m tests.bench.client PORT CLIENTS PATH``.

A bare socket each, so that the clients take as little as possible of the processor that the server needs.
"""

from __future__ import annotations

import itertools
import selectors
import socket
import sys
import time
from collections.abc import Iterable

SECONDS = 1.5


class Client:
    """One connection: sends a request, reads the whole reply, sends the next."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.body = b""  # of the last reply
        self._read = b""

    def ask(self, request: bytes) -> None:
        self.socket.sendall(request)

    def finished(self) -> bool:
        """Read what is there; True when that completes a reply."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed a keep-alive connection")
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(b"HTTP/1.1 20"):
            raise ConnectionError(f"{head.decode('latin-1')} {body.decode('latin-1')}")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        if len(body) < length:
            return False
        self.body, self._read = body, b""
        return True


def requests_per_second(port: int, clients: int, path: str) -> float:
    """Replies a second, counted over a second and a half after a warm-up of a third."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n".encode()
    chooser = selectors.DefaultSelector()
    for _ in range(clients):
        client = Client(port)
        chooser.register(client.socket, selectors.EVENT_READ, client)
        client.ask(request)
    count, start = 0, time.perf_counter() + SECONDS / 3
    while (now := time.perf_counter()) < start + SECONDS:
        for key, _ in chooser.select(1):
            if key.data.finished():
                count += now >= start
                key.data.ask(request)
    _close(chooser)
    return count / SECONDS


def replies(port: int, clients: int, requests: Iterable[bytes]) -> list[bytes]:
    """The bodies of the replies to ``requests``, each sent once, ``clients`` at a time; in the order they come."""
    chooser, left, bodies = selectors.DefaultSelector(), iter(requests), list[bytes]()
    asking = 0
    for request in itertools.islice(left, clients):
        client = Client(port)
        chooser.register(client.socket, selectors.EVENT_READ, client)
        client.ask(request)
        asking += 1
    while asking:
        for key, _ in chooser.select(1):
            if key.data.finished():
                bodies.append(key.data.body)
                following = next(left, None)
                if following is None:
                    asking -= 1
                else:
                    key.data.ask(following)
    _close(chooser)
    return bodies


def _close(chooser: selectors.BaseSelector) -> None:
    for key in list(chooser.get_map().values()):
        key.data.socket.close()
    chooser.close()


if __name__ == "__main__":
    print(requests_per_second(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
