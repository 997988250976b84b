"""Phones that dial our numbers."""

from __future__ import annotations

import pytest
from flask import Response

from helpers.audio.files import Samples
from tests.matching import match
from tests.simulator.world import PHONE, World


@pytest.fixture
def linked(world: World) -> World:
    world.take_calls()
    return world


def test_a_caller_hears_what_the_answer_url_says(linked: World, second: bytes, noise: Samples) -> None:
    song = linked.learner.serve("noise.wav", second)
    linked.learner.on("/answer", [{"action": "stream", "streamUrl": [song]}])
    call = linked.ended_incoming_call()
    assert match(linked.heard(call, 16_000), noise, 16_000).score >= 0.9
    [asked] = linked.learner.at("/answer")
    assert asked.method == "GET"
    assert dict(asked.query)["to"] == linked.number
    assert dict(asked.query)["from"] == PHONE
    assert len(dict(asked.query)["uuid"]) == 32
    leg = linked.one(call, "leg")
    assert (leg["direction"], leg["from"], leg["to"]) == ("inbound", PHONE, linked.number)


def test_the_api_manages_an_inbound_call_too(linked: World) -> None:
    linked.learner.on("/answer", [{"action": "wait", "timeout": 60}])
    call = linked.dial()
    linked.until(call, "answered")
    shown = linked.voice("GET", f"/{call}").json()
    assert (shown["direction"], shown["from"]["number"]) == ("inbound", PHONE)
    assert linked.voice("PUT", f"/{call}/talk", {"text": "Hello"}).status_code == 200
    linked.advance(1)
    assert linked.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    linked.until(call)
    assert linked.voice("GET", f"/{call}").json()["rate"] == "0.00450000"


@pytest.mark.fidelity("dial-unrouted")
def test_a_number_nobody_rents(world: World) -> None:
    call = world.ended_incoming_call("447700900599")
    assert [e["status"] for e in world.trace(call, "status")] == ["ringing", "started", "failed", "completed"]
    error = world.one(call, "error")
    assert "not a number of this account" in error["reason"]
    assert "Rent" in error["advice"]
    assert world.learner.received == []


@pytest.mark.fidelity("dial-unrouted")
def test_a_number_that_is_not_linked(world: World) -> None:
    call = world.ended_incoming_call()
    error = world.one(call, "error")
    assert "not linked" in error["reason"]
    assert "app_id" in error["advice"]
    assert world.learner.received == []


def test_a_number_whose_application_was_deleted(linked: World) -> None:
    linked.http.delete(f"{linked.network.url}/v2/applications/{linked.app}", auth=linked.basic)
    call = linked.ended_incoming_call()
    assert "not linked" in linked.one(call, "error")["reason"]


def test_the_caller_hangs_up(linked: World) -> None:
    linked.learner.on("/answer", [{"action": "wait", "timeout": 60}])
    call = linked.dial()
    linked.until(call, "answered")
    linked.advance(5)
    linked.use("hang_up")
    linked.until(call)
    last = linked.learner.payloads()[-1]
    assert (last["status"], last["duration"], last["disconnected_by"]) == ("completed", "5", "user")


def test_a_phone_may_dial_again(linked: World) -> None:
    linked.learner.on("/answer", lambda: Response("[]", mimetype="application/json"))
    first = linked.ended_incoming_call()
    assert linked.dial() != first
