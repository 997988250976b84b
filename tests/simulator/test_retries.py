"""Which failures of a webhook are tried once more, and which replies count: over real, broken connections."""

from __future__ import annotations

import datetime
import json
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from flask import Response

from tests.simulator.servers import RawServer, head, resets, silence
from tests.simulator.world import PATIENCE, Keys, World

NCCO = [{"action": "wait", "timeout": 2}]
REPLY = head("application/json", "Connection: close") + json.dumps(NCCO).encode()


@pytest.mark.fidelity("answer-retry")
def test_a_reset_is_tried_once_more(world: World) -> None:
    with RawServer(resets(1, REPLY)) as server:
        call = world.ended_call(ncco=None, answer_url=[server.url])
    assert world.attempts(call, "answer") == [(1, "connection closed"), (2, None)]
    assert server.connections == 2
    assert world.actions(call) == [("wait", "started"), ("wait", "finished")]


@pytest.mark.fidelity("answer-retry", "answer-none")
def test_two_resets_are_enough(world: World) -> None:
    with RawServer(resets(9, REPLY)) as server:
        call = world.ended_call(ncco=None, answer_url=[server.url])
    assert world.attempts(call, "answer") == [(1, "connection closed"), (2, "connection closed")]
    assert server.connections == 2
    assert "connection closed" in world.one(call, "error")["reason"]


@pytest.mark.fidelity("event-retry")
def test_an_event_is_sent_again_after_a_reset(world: World) -> None:
    with RawServer(resets(1, REPLY)) as server:
        call = world.ended_call(event_url=[server.url])
    assert world.attempts(call, "event") == [(1, "connection closed"), (2, None), (1, None), (1, None), (1, None)]


@pytest.mark.fidelity("event-retry", "answer-waits")
def test_an_event_is_sent_again_after_a_timeout(world: World) -> None:
    done, slow = threading.Event(), iter([PATIENCE])
    world.learner.on("/event", lambda: (done.wait(next(slow, 0)), ("", 200))[1])
    hook = {"address": f"{world.learner.url}/event", "socket_timeout": 1000}
    world.app = world.application(webhooks={"event_url": hook})
    call = world.ended_call()
    done.set()
    assert world.attempts(call, "event") == [(1, "read timeout"), (2, None), (1, None), (1, None), (1, None)]


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
def test_a_certificate_nobody_signed_is_not_tried_again(world: World, certificate: ssl.SSLContext) -> None:
    with RawServer(silence, tls=certificate) as server:
        call = world.ended_call(ncco=None, answer_url=[server.url])
    [(attempt, error)] = world.attempts(call, "answer")
    assert attempt == 1
    assert error is not None and "certificate" in error
    assert server.connections == 1


@pytest.mark.fidelity("answer-success")
@pytest.mark.parametrize(("status", "taken"), [(200, True), (201, True), (202, True), (203, True), (206, False)])
def test_which_statuses_count(world: World, status: int, taken: bool) -> None:
    reply: Any = lambda: Response(json.dumps(NCCO), status, mimetype="application/json")  # noqa: E731
    world.learner.on("/answer", reply)
    call = world.ended_call_with_answer_url()
    assert (("wait", "finished") in world.actions(call)) is taken
    assert [one["error"] for one in world.trace(call, "reply") if one["error"]] == ([] if taken else [f"HTTP {status}"])
