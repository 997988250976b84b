"""A learner in a process of his own, so on a processor core of his own: his web server, and his calls to the API.

``python -m tests.bench.learner`` reads orders from stdin, a JSON object a line, and answers each with one. A line is
``{"do": "sound", "seconds": 30}``, ``{"do": "call", ...}`` or ``{"do": "count"}``; see :class:`Learner`.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from typing import IO, Any

import jwt
import numpy as np
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from helpers.audio.files import encode_mp3
from tests.bench.client import replies
from tests.notebooks.sanitising import PROJECT

EVENTS = ["started", "ringing", "answered", "input", "completed"]
KEY = "7"
RATE = 16_000
Json = dict[str, Any]


def phones(count: int) -> list[str]:
    """So many different numbers, all from the ranges that Ofcom and the NANPA keep free for fiction."""
    numbers = [f"447700900{n:03}" for n in range(1000) if not 500 <= n < 600] + [f"120255501{n:02}" for n in range(100)]
    assert count <= len(numbers)
    return numbers[:count]


class Learner:
    """Serves a sound file and takes events. Nothing is looked at before it is asked for: the server must not lag."""

    def __init__(self) -> None:
        self.port = 0
        self.events: list[bytes] = []
        self.sound = b""
        self._calls: set[str] = set()
        up = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(up)), daemon=True).start()
        up.wait()

    async def _serve(self, up: threading.Event) -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Connection(self), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        up.set()
        await server.serve_forever()

    def do(self, order: Json) -> Json:
        """Carry out one order."""
        return {"sound": self._make_sound, "call": self._call, "count": self._count}[order.pop("do")](**order)

    def _make_sound(self, seconds: float) -> Json:
        """Record a sound of so many seconds, as a phone-ready MP3. It is sent without leave to keep it."""
        samples = 0.1 * np.random.default_rng(1).normal(size=round(seconds * RATE))
        self.sound = encode_mp3(samples.astype(np.float32), RATE)
        return {"url": f"http://127.0.0.1:{self.port}/sound.mp3", "bytes": len(self.sound)}

    def _call(self, port: int, application: str, key: str, number: str, orders: list[Json], clients: int) -> Json:
        """Create calls, each with a token of its own, signed beforehand: it is the simulator that is measured.

        ``seconds`` counts from the first request to the last reply.
        """
        private = load_pem_private_key(key.encode(), None)
        requests = [_request(order, application, private, number, self.port) for order in orders]
        begin = time.perf_counter()
        created = replies(port, clients, requests)
        seconds = time.perf_counter() - begin
        self._calls = {json.loads(body)["uuid"] for body in created}
        assert len(self._calls) == len(orders)
        return {"seconds": seconds, "calls": sorted(self._calls)}

    def _count(self) -> Json:
        """How many calls had every event once and in order, and what was wrong with the others."""
        told: dict[str, list[str]] = {call: [] for call in self._calls}
        for body in self.events:
            event = json.loads(body)
            if event.get("uuid") in told:
                pressed = event.get("dtmf", {}).get("digits") == KEY
                told[event["uuid"]].append(event.get("status") or ("input" if pressed else body.decode()))
        wrong = Counter(str(events) for events in told.values() if events != EVENTS)
        return {"complete": len(told) - wrong.total(), "wrong": wrong.most_common(3), "events": len(self.events)}


class Connection(asyncio.Protocol):
    """As little of an HTTP server as will do."""

    def __init__(self, learner: Learner) -> None:
        self._learner, self._read = learner, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while True:
            head, end, rest = self._read.partition(b"\r\n\r\n")
            if not end:
                return
            _, found, length = head.lower().partition(b"content-length:")
            size = int(length.split(b"\r\n")[0]) if found else 0
            if len(rest) < size:
                return
            body, self._read = rest[:size], rest[size:]
            if head.startswith(b"POST"):
                self._learner.events.append(body)
                self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            else:
                sound = self._learner.sound
                kind = b"Content-Type: audio/mpeg\r\nContent-Length: %d\r\n\r\n" % len(sound)
                self._transport.write(b"HTTP/1.1 200 OK\r\n" + kind + sound)


def _request(order: Json, application: str, private: Any, number: str, port: int) -> bytes:
    claims = {"application_id": application, "iat": int(time.time()), "jti": str(uuid.uuid4())}
    token = jwt.encode(claims, private, algorithm="RS256")
    body = json.dumps({"from": {"type": "phone", "number": number}, **order}).encode()
    head = (
        f"POST /v1/calls HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Process:
    """The learner's process, seen from the simulator's. Use it in a ``with`` block."""

    def __enter__(self) -> Process:
        command = [sys.executable, "-m", "tests.bench.learner"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe(self._process.stdin).close()  # the end of its orders is the end of the process
        self._process.wait(10)
        self._pipe(self._process.stdout).close()

    def do(self, what: str, **order: Any) -> Json:
        """Give an order and wait for the answer."""
        print(json.dumps({"do": what, **order}), file=self._pipe(self._process.stdin), flush=True)
        answer = self._pipe(self._process.stdout).readline()
        if not answer:
            raise RuntimeError("the learner's process has ended")
        return dict(json.loads(answer))

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


def main() -> None:
    learner = Learner()
    for line in sys.stdin:
        print(json.dumps(learner.do(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
