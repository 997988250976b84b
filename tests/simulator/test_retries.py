"""Which failures of a webhook are tried once more, and which replies count: over real, broken connections."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from flask import Response

from tests.simulator.world import PATIENCE, Keys, World

NCCO = [{"action": "wait", "timeout": 2}]


class Rude:
    """A web server that resets its first connections, after the request, and answers the later ones with an NCCO."""

    def __init__(self, resets: int, tls: ssl.SSLContext | None = None) -> None:
        self._resets, self._tls, self._taken = resets, tls, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}/hook"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def taken(self) -> int:
        """Connections so far."""
        return self._taken

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._taken += 1
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        if self._tls:
            try:
                self._tls.wrap_socket(connection, server_side=True).close()
            except OSError:
                return  # the other side does not like the certificate
        while b"\r\n\r\n" not in connection.recv(65_536):
            pass
        if self._taken <= self._resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an end
            return
        body = json.dumps(NCCO).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)


@pytest.fixture
def rude() -> Iterator[Callable[..., Rude]]:
    servers: list[Rude] = []

    def start(resets: int, tls: ssl.SSLContext | None = None) -> Rude:
        servers.append(Rude(resets, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def attempts(world: World, call: str, kind: str) -> list[tuple[int, str | None]]:
    """Attempt and error of every request of a kind, in the order in which they were sent."""
    replies = {one["request"]: one["error"] for one in world.trace(call, "reply")}
    return [(one["attempt"], replies[one["request"]]) for one in world.trace(call, "webhook", type=kind)]


@pytest.mark.fidelity("answer-retry")
def test_a_reset_is_tried_once_more(world: World, rude: Callable[..., Rude]) -> None:
    server = rude(1)
    call = world.call(ncco=None, answer_url=[server.url])
    world.until(call)
    assert attempts(world, call, "answer") == [(1, "connection closed"), (2, None)]
    assert server.taken == 2
    assert world.actions(call) == [("wait", "started"), ("wait", "finished")]


@pytest.mark.fidelity("answer-retry", "answer-none")
def test_two_resets_are_enough(world: World, rude: Callable[..., Rude]) -> None:
    server = rude(9)
    call = world.call(ncco=None, answer_url=[server.url])
    world.until(call)
    assert attempts(world, call, "answer") == [(1, "connection closed"), (2, "connection closed")]
    assert server.taken == 2
    assert "connection closed" in world.one(call, "error")["reason"]


@pytest.mark.fidelity("event-retry")
def test_an_event_is_sent_again_after_a_reset(world: World, rude: Callable[..., Rude]) -> None:
    call = world.call(event_url=[rude(1).url])
    world.until(call)
    assert attempts(world, call, "event") == [(1, "connection closed"), (2, None), (1, None), (1, None), (1, None)]


@pytest.mark.fidelity("event-retry", "answer-waits")
def test_an_event_is_sent_again_after_a_timeout(world: World) -> None:
    done, slow = threading.Event(), iter([PATIENCE])
    world.learner.on("/event", lambda: (done.wait(next(slow, 0)), ("", 200))[1])
    hook = {"address": f"{world.learner.url}/event", "socket_timeout": 1000}
    world.app = world.application(webhooks={"event_url": hook})
    call = world.call()
    world.until(call)
    done.set()
    assert attempts(world, call, "event") == [(1, "read timeout"), (2, None), (1, None), (1, None), (1, None)]


@pytest.fixture(scope="module")
def certificate(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """What a server needs that signed its own certificate."""
    key, name = keys[0], x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.fidelity("answer-tls")
def test_a_certificate_nobody_signed_is_not_tried_again(
    world: World, rude: Callable[..., Rude], certificate: ssl.SSLContext
) -> None:
    server = rude(0, certificate)
    call = world.call(ncco=None, answer_url=[server.url])
    world.until(call)
    [(attempt, error)] = attempts(world, call, "answer")
    assert attempt == 1
    assert error is not None and "certificate" in error
    assert server.taken == 1


@pytest.mark.fidelity("answer-success")
@pytest.mark.parametrize(("status", "taken"), [(200, True), (201, True), (202, True), (203, True), (206, False)])
def test_which_statuses_count(world: World, status: int, taken: bool) -> None:
    reply: Any = lambda: Response(json.dumps(NCCO), status, mimetype="application/json")  # noqa: E731
    world.learner.on("/answer", reply)
    call = world.call_with_answer_url()
    world.until(call)
    assert (("wait", "finished") in world.actions(call)) is taken
    assert [one["error"] for one in world.trace(call, "reply") if one["error"]] == ([] if taken else [f"HTTP {status}"])


@pytest.mark.fidelity("event-user-agent")
def test_webhooks_say_who_calls(world: World) -> None:
    world.learner.on("/answer", NCCO)
    world.until(world.call_with_answer_url())
    assert {one.headers["User-Agent"] for one in world.learner.received} == {"voice-call-simulator"}
