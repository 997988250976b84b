"""REST stream and talk: sound into a running call, beside its NCCO."""

from __future__ import annotations

from typing import Any

import pytest
from flask import redirect

from helpers.audio.files import Samples
from tests.matching import match
from tests.simulator.world import World

WAIT = {"action": "wait", "timeout": 60}


def answered(world: World) -> str:
    return world.answered_call(WAIT)


def sounds(world: World, call: str, **match: Any) -> list[tuple[str, str]]:
    return [(one["source"], one["state"]) for one in world.trace(call, "sound", **match)]


@pytest.mark.fidelity("rest-messages")
def test_stream_starts_and_stops(world: World, second: bytes) -> None:
    url, call = world.learner.serve("song.wav", second), answered(world)
    reply = world.voice("PUT", f"/{call}/stream", {"stream_url": [url], "loop": 0, "level": "0.4"})
    assert (reply.status_code, reply.json()) == (200, {"message": "Stream started", "uuid": call})
    world.advance(5.5)
    started = world.one(call, "sound")
    assert (started["state"], started["url"], started["level"], started["loop"]) == ("started", url, 0.4, 0)
    assert (started["seconds"], started["ends"]) == (1.0, None)
    reply = world.voice("DELETE", f"/{call}/stream")
    assert (reply.status_code, reply.json()) == (200, {"message": "Stream stopped", "uuid": call})
    world.advance(1)
    start, stop = world.trace(call, "sound")
    assert stop["at"] - start["at"] == pytest.approx(5.5)
    assert len(world.learner.at("/song.wav")) == 1
    assert world.voice("GET", f"/{call}").json()["status"] == "answered"


@pytest.mark.fidelity("rest-messages")
def test_talk_starts_and_stops(world: World) -> None:
    call = answered(world)
    reply = world.voice("PUT", f"/{call}/talk", {"text": "Hello there", "language": "en-GB", "style": 1, "loop": 3})
    assert (reply.status_code, reply.json()) == (200, {"message": "Talk started", "uuid": call})
    world.advance(0)
    assert world.one(call, "sound", state="started")["text"] == "Hello there"
    reply = world.voice("DELETE", f"/{call}/talk")
    assert (reply.status_code, reply.json()) == (200, {"message": "Talk stopped", "uuid": call})
    assert sounds(world, call) == [("rest_talk", "started"), ("rest_talk", "stopped")]


@pytest.mark.fidelity("rest-replaces")
def test_stopping_what_does_not_play_is_fine(world: World) -> None:
    call = answered(world)
    for what in ("stream", "talk"):
        assert world.voice("DELETE", f"/{call}/{what}").json()["message"] == f"{what.title()} stopped"
    assert sounds(world, call) == []


def test_it_ends_by_itself_after_its_loops(world: World, second: bytes) -> None:
    url, call = world.learner.serve("song.wav", second), answered(world)
    world.voice("PUT", f"/{call}/stream", {"stream_url": [url], "loop": 2})
    world.advance(10)
    start, stop = world.trace(call, "sound")
    assert stop["at"] - start["at"] == pytest.approx(2.0)
    assert world.voice("DELETE", f"/{call}/stream").status_code == 200


@pytest.mark.fidelity("rest-replaces")
def test_a_second_stream_replaces_the_first_and_talk_goes_beside(world: World, second: bytes) -> None:
    url, call = world.learner.serve("song.wav", second), answered(world)
    for _ in range(2):
        world.voice("PUT", f"/{call}/stream", {"stream_url": [url], "loop": 0})
        world.advance(1)
    world.voice("PUT", f"/{call}/talk", {"text": "Hello", "loop": 0})
    world.advance(1)
    assert sounds(world, call) == [("rest_stream", "started"), ("rest_stream", "stopped"),
                                   ("rest_stream", "started"), ("rest_talk", "started")]  # fmt: skip


def test_stopping_before_the_file_is_there_means_that_it_never_begins(world: World, second: bytes) -> None:
    url, call = world.learner.serve("song.wav", second), answered(world)

    def stop_at_once() -> tuple[str, int]:
        world.voice("PUT", f"/{call}/stream", {"stream_url": [url]})
        world.voice("DELETE", f"/{call}/stream")
        return "", 200

    # From inside a webhook: the exchange waits for the reply, so the file cannot have come in between.
    world.ended_call({"action": "notify", "payload": {}, "eventUrl": [world.learner.on("/notify", stop_at_once)]},
                     to=[{"type": "phone", "number": "447700900002"}])  # fmt: skip
    assert sounds(world, call) == []


@pytest.mark.fidelity("rest-keeps-nothing-alive", "action-cut-short")
def test_it_does_not_keep_the_call_alive(world: World, second: bytes) -> None:
    url = world.learner.serve("song.wav", second)
    call = world.answered_call({"action": "wait", "timeout": 3})
    world.voice("PUT", f"/{call}/stream", {"stream_url": [url], "loop": 0})
    world.until(call)
    assert world.lasted(call) == pytest.approx(3)
    assert sounds(world, call) == [("rest_stream", "started"), ("rest_stream", "stopped")]
    assert world.trace(call, "sound")[-1]["seq"] < world.trace(call, "status")[-1]["seq"]


@pytest.mark.fidelity("rest-no-event")
def test_nobody_is_told_that_a_stream_or_a_talk_is_over(world: World, second: bytes) -> None:
    url, call = world.learner.serve("song.wav", second), answered(world)
    world.voice("PUT", f"/{call}/stream", {"stream_url": [url]})
    world.voice("PUT", f"/{call}/talk", {"text": "Hello"})
    world.advance(10)
    assert sorted(sounds(world, call, state="stopped")) == [("rest_stream", "stopped"), ("rest_talk", "stopped")]
    assert world.learner.statuses() == ["started", "ringing", "answered"]


@pytest.mark.fidelity("rest-one-leg")
def test_a_stream_is_heard_by_its_leg_only(world: World, second: bytes, noise: Samples) -> None:
    url, other = world.learner.serve("song.wav", second), "447700900022"
    call = world.call({"action": "connect", "from": world.number, "endpoint": [{"type": "phone", "number": other}]})
    world.advance(8)
    callee = world.leg_to(other)
    assert world.voice("PUT", f"/{call}/stream", {"stream_url": [url]}).status_code == 200
    world.advance(3)
    assert match(world.heard(call, 16_000), noise, 16_000).score > 0.9
    assert not abs(world.heard(callee, 16_000)).max() > 0.001


@pytest.mark.fidelity("rest-when")
@pytest.mark.parametrize(
    ("what", "body"), [("stream", {"stream_url": ["http://127.0.0.1:9/a"]}), ("talk", {"text": "x"})]
)
def test_too_early_is_400_and_too_late_is_404(world: World, what: str, body: dict[str, Any]) -> None:
    call = world.call({"action": "wait", "timeout": 1})
    assert world.voice("PUT", f"/{call}/{what}", body).json() == {"type": "BAD_REQUEST", "error_title": "Bad Request"}
    world.advance(0.5)
    assert world.voice("PUT", f"/{call}/{what}", body).status_code == 400  # it rings
    assert world.voice("DELETE", f"/{call}/{what}").status_code == 400
    world.until(call)
    for method in ("PUT", "DELETE"):
        assert world.voice(method, f"/{call}/{what}", body).status_code == 404


@pytest.mark.fidelity("rest-stream-url", "error-families", "rest-level-and-loop", "talk-length")
@pytest.mark.parametrize(
    ("what", "body", "name"),
    [("stream", {}, "stream_url"), ("stream", {"stream_url": "http://127.0.0.1/a.mp3"}, "stream_url"),
     ("stream", {"stream_url": []}, "stream_url"), ("stream", {"stream_url": [5]}, "stream_url"),
     ("stream", {"stream_url": ["file:///etc/hosts"]}, "stream_url"),
     ("stream", {"stream_url": ["http://a/b", "http://a/c"]}, "stream_url"), ("stream", {"level": 1.1}, "level"),
     ("stream", {"level": "loud"}, "level"), ("stream", {"level": True}, "level"), ("stream", {"level": []}, "level"),
     ("stream", {"level": 10**400}, "level"), ("stream", {"loop": -1}, "loop"), ("stream", {"loop": "often"}, "loop"),
     ("stream", {"loop": {}}, "loop"), ("talk", {}, "text"), ("talk", {"text": None}, "text"),
     ("talk", {"text": ""}, "text"), ("talk", {"text": 5}, "text"), ("talk", {"text": "x" * 1501}, "text"),
     ("talk", {"language": 5}, "language"), ("talk", {"style": -1}, "style"), ("talk", {"style": "x"}, "style"),
     ("talk", {"level": 2}, "level"), ("talk", {"loop": -1}, "loop")],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_cannot_be_played_is_family_c(world: World, what: str, body: dict[str, Any], name: str) -> None:
    usual = {"stream_url": ["http://127.0.0.1:9/a"]} if what == "stream" else {"text": "x"}
    reply = world.voice("PUT", f"/{answered(world)}/{what}", usual | body if body else {})
    assert (reply.status_code, reply.json()["invalid_parameters"][0]["name"]) == (400, name)
    assert reply.json()["type"] == 400


@pytest.mark.fidelity("rest-unplayable")
def test_a_file_that_cannot_be_played_is_told_later(world: World) -> None:
    call = answered(world)
    for url in (f"{world.learner.url}/missing.mp3", "http://203.0.113.7/a.mp3",
                world.learner.on("/away.mp3", lambda: redirect("http://203.0.113.7/a.mp3"))):  # fmt: skip
        assert world.voice("PUT", f"/{call}/stream", {"stream_url": [url]}).status_code == 200
        world.advance(0.1)
    reasons = [one["reason"] for one in world.trace(call, "error")]
    assert len(reasons) == 3
    assert "HTTP 404" in reasons[0]
    assert "no route" in reasons[1]
    assert "redirects to a place" in reasons[2]
    assert world.voice("GET", f"/{call}").json()["status"] == "answered"


@pytest.mark.fidelity("api-in-webhook")
def test_a_webhook_may_call_the_api_itself(world: World, second: bytes) -> None:
    """Vonage's own tutorial starts the stream in the answered event: nobody waits for anybody."""
    url = world.learner.serve("song.wav", second)
    replies: list[int] = []

    def event() -> tuple[str, int]:
        told = world.learner.received[-1].json
        if told.get("status") == "answered":
            path = f"/{told['uuid']}"
            replies.extend([
                world.voice("PUT", f"{path}/stream", {"stream_url": [url]}).status_code,
                world.voice("PUT", f"{path}/talk", {"text": "Hello"}).status_code,
                world.voice("GET", path).status_code,
            ])  # fmt: skip
        return "", 200

    world.learner.on("/event", event)
    call = world.ended_call({"action": "wait", "timeout": 4})
    assert replies == [200, 200, 200]
    assert ("rest_stream", "started") in sounds(world, call)
    assert ("rest_talk", "started") in sounds(world, call)


@pytest.mark.fidelity("api-in-webhook")
def test_a_webhook_may_hang_up(world: World) -> None:
    def event() -> tuple[str, int]:
        told = world.learner.received[-1].json
        if told.get("status") == "answered":
            world.voice("PUT", f"/{told['uuid']}", {"action": "hangup"})
        return "", 200

    world.learner.on("/event", event)
    call = world.ended_call({"action": "wait", "timeout": 40})
    assert world.at(call, "completed") == world.at(call, "answered")
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]
