"""The test vectors: what every simulator of this API must do, one test for each row of the list, over real HTTP.

Other files test the same behaviours with all their cases; here they stand together as the list to compare with.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import numpy as np
import pytest
import requests

from helpers.audio.files import Samples, encode_wav
from tests.matching import match
from tests.simulator.world import Keys, World

RATE = 16_000
Json = dict[str, Any]
WAIT = {"action": "wait", "timeout": 60}
BAD_REQUEST = {"type": "BAD_REQUEST", "error_title": "Bad Request"}
NOT_FOUND = {"type": "NOT_FOUND", "error_title": "Not Found"}
UNAUTHORIZED = {"type": "UNAUTHORIZED", "error_title": "Unauthorized"}
HTML = ("<p>Hello</p>", 200, {"Content-Type": "text/html"})
GOOD = [{"action": "talk", "text": "Here is your music."}]


def is_family_c(reply: requests.Response, name: str) -> None:
    """400 of the voice backend: an integer ``type``, and a list that names the one field that is wrong."""
    assert reply.status_code == 400
    body = reply.json()
    assert list(body) == ["type", "title", "invalid_parameters"]
    assert (body["type"], body["title"]) == (400, "Bad Request")
    assert [sorted(one) for one in body["invalid_parameters"]] == [["name", "reason"]]
    assert [one["name"] for one in body["invalid_parameters"]] == [name]


def answered(world: World) -> str:
    call = world.call(WAIT)
    world.until(call, "answered")
    return call


@pytest.mark.fidelity("error-wrong-fields", "call-one-target")
def test_01_post_with_to_as_an_object_instead_of_an_array(world: World) -> None:
    is_family_c(world.voice("POST", "", world.order(to={"type": "phone", "number": "447700900001"})), "to")


@pytest.mark.fidelity("call-required")
def test_02_post_with_ncco_and_answer_url(world: World) -> None:
    is_family_c(world.voice("POST", "", world.order(WAIT, answer_url=[f"{world.learner.url}/answer"])), "ncco")


@pytest.mark.fidelity("call-number")
def test_03_post_with_a_number_with_plus_and_spaces(world: World) -> None:
    to = [{"type": "phone", "number": "+44 7700 900001"}]
    is_family_c(world.voice("POST", "", world.order(to=to)), "number")


@pytest.mark.fidelity("call-created", "uuid-forms")
def test_04_post_good(world: World) -> None:
    reply = world.voice("POST", "", world.order())
    assert reply.status_code == 201
    made = reply.json()
    assert sorted(made) == ["conversation_uuid", "direction", "status", "uuid"]
    assert (made["status"], made["direction"]) == ("started", "outbound")
    assert made["conversation_uuid"].startswith("CON-")


@pytest.mark.fidelity("rest-when")
def test_05_put_stream_before_the_answer(world: World, second: bytes) -> None:
    url = world.learner.serve("song.wav", second)
    call = world.call(WAIT)
    for seconds, status in ((0.0, "started"), (1.0, "ringing")):
        world.advance(seconds)
        assert world.voice("GET", f"/{call}").json()["status"] == status
        reply = world.voice("PUT", f"/{call}/stream", {"stream_url": [url]})
        assert (reply.status_code, reply.json()) == (400, BAD_REQUEST)
    world.until(call)
    assert world.learner.at("/song.wav") == []


@pytest.mark.fidelity("rest-stream-url")
def test_06_put_stream_with_stream_url_as_a_string(world: World, second: bytes) -> None:
    url, call = world.learner.serve("song.wav", second), answered(world)
    reply = world.voice("PUT", f"/{call}/stream", {"stream_url": url})
    is_family_c(reply, "stream_url")
    assert reply.json()["invalid_parameters"][0]["reason"].startswith("Invalid type parameter provided")


@pytest.mark.fidelity("rest-messages")
def test_07_put_stream_good_and_delete(world: World, noise: Samples, second: bytes) -> None:
    url, call = world.learner.serve("song.wav", second), answered(world)
    reply = world.voice("PUT", f"/{call}/stream", {"stream_url": [url], "loop": 0})
    assert (reply.status_code, reply.json()) == (200, {"message": "Stream started", "uuid": call})
    world.advance(2.5)
    reply = world.voice("DELETE", f"/{call}/stream")
    assert (reply.status_code, reply.json()) == (200, {"message": "Stream stopped", "uuid": call})
    world.advance(2)
    heard = world.heard(call, RATE)
    assert match(heard, noise, RATE).score > 0.99
    assert abs(heard[int(2.52 * RATE) :]).max() < 0.001


@pytest.mark.fidelity("hang-up-early", "hang-up", "foreign-call")
def test_08_put_hangup_at_half_a_second_at_three_and_after_the_end(world: World) -> None:
    call = world.call(WAIT)
    world.advance(0.5)
    reply = world.voice("PUT", f"/{call}", {"action": "hangup"})
    assert (reply.status_code, reply.json()) == (400, BAD_REQUEST)
    world.advance(2.5)
    assert world.voice("GET", f"/{call}").json()["status"] == "answered"
    reply = world.voice("PUT", f"/{call}", {"action": "hangup"})
    assert (reply.status_code, reply.content) == (204, b"")
    world.until(call)
    reply = world.voice("PUT", f"/{call}", {"action": "hangup"})
    assert (reply.status_code, reply.json()) == (404, NOT_FOUND)


@pytest.mark.fidelity("answer-success", "answer-none")
def test_09_answer_url_returns_html_and_there_is_no_fallback(world: World) -> None:
    world.learner.on("/answer", HTML, GOOD)
    call = world.call_with_answer_url()
    world.until(call)
    assert len(world.learner.at("/answer")) == 1
    [error] = [one for one in world.learner.payloads() if "reason" in one]
    assert sorted(error) == ["conversation_uuid", "reason", "timestamp"]
    assert world.actions(call) == []


@pytest.mark.fidelity("answer-success", "fallback-when")
def test_09_answer_url_returns_html_and_there_is_a_fallback(world: World) -> None:
    world.learner.on("/answer", HTML, GOOD)
    fallback = world.learner.on("/fallback", GOOD)
    world.app = world.application(webhooks={"fallback_answer_url": {"address": fallback}})
    call = world.call_with_answer_url()
    world.until(call)
    assert [len(world.learner.at(path)) for path in ("/answer", "/fallback")] == [1, 1]
    assert world.actions(call) == [("talk", "started"), ("talk", "finished")]
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]


@pytest.mark.fidelity("answer-retry")
def test_10_answer_url_503_then_200(world: World) -> None:
    world.learner.on("/answer", ("busy", 503), GOOD)
    call = world.call_with_answer_url()
    world.until(call)
    assert len(world.learner.at("/answer")) == 2
    assert world.actions(call) == [("talk", "started"), ("talk", "finished")]
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]


@pytest.mark.fidelity("answer-none")
def test_11_answer_url_404_without_a_fallback(world: World) -> None:
    world.learner.on("/answer", ("nothing here", 404))
    call = world.call_with_answer_url()
    world.until(call)
    assert len(world.learner.at("/answer")) == 1
    assert world.learner.statuses().count("error") == 1
    assert world.at(call, "completed") - world.at(call, "answered") == pytest.approx(1, abs=0.2)


@pytest.mark.fidelity("ncco-order", "stream-loop")
def test_12_stream_loop_2_of_a_file_of_3_seconds_then_nothing(world: World, noise: Samples) -> None:
    sound = np.concatenate([noise, noise[::-1], 0.5 * noise])
    url = world.learner.serve("song.wav", encode_wav(sound, RATE))
    call = world.call({"action": "stream", "streamUrl": [url], "loop": 2})
    world.until(call)
    over = world.learner.payloads()[-1]
    assert (over["status"], over["duration"], over["disconnected_by"]) == ("completed", "6", "platform")
    heard = world.heard(call, RATE)
    assert len(heard) / RATE == pytest.approx(6, abs=0.02)
    for half in (heard[: 3 * RATE], heard[3 * RATE :]):
        assert match(half, sound, RATE).score > 0.99


def statuses(world: World, behaviour: str, **fields: Any) -> tuple[str, list[str]]:
    """A call to a phone that behaves so, to its very end; the statuses that were told."""
    world.phone(behaviour=behaviour)
    call = world.call(**fields)
    world.advance(120)
    return call, world.learner.statuses()


@pytest.mark.fidelity("phone-busy", "event-completed-last")
def test_13_busy_callee(world: World) -> None:
    assert statuses(world, "busy")[1] == ["started", "ringing", "busy", "completed"]


@pytest.mark.fidelity("phone-declines", "event-completed-last")
def test_14_declining_callee(world: World) -> None:
    assert statuses(world, "declines")[1] == ["started", "ringing", "rejected"]


@pytest.mark.fidelity("call-ringing")
def test_15_ringing_timer_5_and_nobody_answers(world: World) -> None:
    call, told = statuses(world, "rings_out", ringing_timer=5)
    assert told == ["started", "ringing", "timeout", "completed"]
    assert world.at(call, "timeout") - world.at(call, "ringing") == pytest.approx(5)


@pytest.mark.fidelity("rate-limits")
def test_16_four_posts_within_one_second(world: World) -> None:
    world.fault(rate_limits={})
    replies = [world.voice("POST", "", world.order()) for _ in range(4)]
    assert [reply.status_code for reply in replies] == [201, 201, 201, 429]
    world.advance(120)
    assert world.learner.statuses().count("started") == 3  # nothing was queued


TOKENS: dict[str, Callable[[World, Keys], str]] = {
    "expired": lambda world, _: "Bearer " + world.token(iat=int(time.time()) - 1000, exp=int(time.time()) - 100),
    "foreign-key": lambda world, keys: "Bearer " + world.token(keys[0]),
    "unknown-application": lambda world, _: (
        "Bearer " + world.token(application_id="00000000-0000-4000-8000-000000000000")
    ),
    "none": lambda world, _: "",
}


@pytest.mark.fidelity("token-one-answer", "token-expiry")
@pytest.mark.parametrize("what", TOKENS)
def test_17_a_token_that_is_expired_foreign_of_nobody_or_missing(world: World, what: str, foreign_keys: Keys) -> None:
    authorization = TOKENS[what](world, foreign_keys)
    headers = {"Authorization": authorization} if authorization else {}
    reply = world.http.post(f"{world.network.url}/v1/calls", json=world.order(), headers=headers)
    assert (reply.status_code, reply.json()) == (401, UNAUTHORIZED)
    assert world.control("GET", "/calls").json() == []


@pytest.mark.fidelity("signed-claims")
def test_18_the_signature_of_a_webhook_whose_body_was_changed(world: World) -> None:
    world.until(world.call())
    [received] = [one for one in world.learner.received if one.json["status"] == "completed"]
    token = received.headers["Authorization"].removeprefix("Bearer ")
    told = jwt.decode(token, world.network.account.signature_secret, algorithms=["HS256"])["payload_hash"]
    changed = json.dumps(received.json | {"price": "0.00000000"}, separators=(",", ":")).encode()
    assert told == hashlib.sha256(received.body).hexdigest()
    assert told != hashlib.sha256(changed).hexdigest()
