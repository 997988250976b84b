"""Which failures of a webhook are tried once more, and which replies count: over real, broken connections."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from typing import Any

import pytest
from flask import Response

from tests.simulator.servers import RawServer, head, resets, self_signed, silence
from tests.simulator.world import PATIENCE, World

NCCO = [{"action": "wait", "timeout": 2}]
REPLY = head("application/json", "Connection: close") + json.dumps(NCCO).encode()


@pytest.mark.fidelity("answer-retry", "answer-none")
@pytest.mark.parametrize(("count", "second"), [(1, None), (9, "connection closed")])
def test_a_reset_is_tried_once_more_and_two_are_enough(world: World, count: int, second: str | None) -> None:
    with RawServer(resets(count, REPLY)) as server:
        call = world.ended_call(ncco=None, answer_url=[server.url])
    assert world.attempts(call, "answer") == [(1, "connection closed"), (2, second)]
    # Not the connections: on a busy machine somebody else's may come, to whom this port belonged before.
    assert sum(call.encode() in request for request in server.requests) == 2
    assert (("wait", "finished") in world.actions(call)) is (second is None)
    assert ["connection closed" in one["reason"] for one in world.trace(call, "error")] == ([True] if second else [])


@pytest.mark.fidelity("event-retry")
def test_an_event_is_sent_again_after_a_reset(world: World) -> None:
    with RawServer(resets(1, REPLY)) as server:
        call = world.ended_call(event_url=[server.url])
    assert world.attempts(call, "event") == [(1, "connection closed"), (2, None), (1, None), (1, None), (1, None)]


@pytest.mark.slow
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
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """What a server needs that signed its own certificate."""
    return self_signed(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.mark.fidelity("answer-tls")
def test_a_certificate_nobody_signed_is_not_tried_again(world: World, certificate: ssl.SSLContext) -> None:
    with RawServer(silence, tls=certificate) as server:
        call = world.ended_call(ncco=None, answer_url=[server.url])
    [(attempt, error)] = world.attempts(call, "answer")
    assert attempt == 1
    assert error is not None and "certificate" in error
    assert server.connections == 1


@pytest.mark.fidelity("answer-not-https")
@pytest.mark.parametrize("answers", [True, False])
def test_https_in_front_of_a_server_that_speaks_http_is_named_as_that(world: World, answers: bool) -> None:
    """Some servers say in plain http what they think of TLS, others wait for the rest of it."""

    def behave(server: RawServer, connection: socket.socket) -> None:
        if answers:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        silence(server, connection)

    with RawServer(behave, whole=False) as server:
        url = server.url.replace("http://", "https://")
        call = world.ended_call(ncco=None, answer_url=[url])
        attempts = world.attempts(call, "answer")
        assert len(attempts) == (1 if answers else 2)  # a timeout is tried again
        for _, error in attempts:
            assert error is not None and error.startswith("no https there") and f"write {server.url}" in error
            assert error in world.one(call, "error")["reason"]
        if answers:
            call = world.ended_call({"action": "stream", "streamUrl": [url + "/a.mp3"]})
            assert f"no https there: write {server.url}" in world.one(call, "fetch")["error"]
        assert "certificate" not in str(world.trace(call))


@pytest.mark.fidelity("answer-success")
@pytest.mark.parametrize(("status", "taken"), [(200, True), (201, True), (202, True), (203, True), (206, False)])
def test_which_statuses_count(world: World, status: int, taken: bool) -> None:
    reply: Any = lambda: Response(json.dumps(NCCO), status, mimetype="application/json")  # noqa: E731
    world.learner.on("/answer", reply)
    call = world.ended_call_with_answer_url()
    assert (("wait", "finished") in world.actions(call)) is taken
    assert [one["error"] for one in world.trace(call, "reply") if one["error"]] == ([] if taken else [f"HTTP {status}"])
