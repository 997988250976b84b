"""Calls to numbers that are rented and linked: they reach the application behind the number, not a phone."""

from __future__ import annotations

import pytest

from helpers.audio.files import Samples
from tests.matching import match
from tests.simulator.world import PHONE, Json, World, says

pytestmark = pytest.mark.fidelity("call-own-number")
HOTLINE = "447700900510"
RATE = 16_000


@pytest.fixture
def hotline(world: World) -> World:
    """A second number, linked to the application; its answer webhook is /answer."""
    world.take_calls()
    world.rent(HOTLINE)
    world.numbers("update", country="GB", msisdn=HOTLINE, app_id=world.app)
    return world


def connect(world: World) -> Json:
    return {"action": "connect", "endpoint": [{"type": "phone", "number": HOTLINE}], "from": world.number}


def inbound(world: World) -> str:
    """The leg at the application's side."""
    [asked] = world.learner.at("/answer")
    return dict(asked.query)["uuid"]


def test_its_application_is_asked_and_each_leg_has_its_events(hotline: World) -> None:
    hotline.learner.on("/answer", [{"action": "talk", "text": "Welcome to the hotline."}])
    call = hotline.ended_call({"action": "wait", "timeout": 60}, to=[{"type": "phone", "number": HOTLINE}])
    hotline.advance(1)
    far = inbound(hotline)
    asked = dict(hotline.learner.at("/answer")[0].query)
    assert (asked["from"], asked["to"], len(far)) == (hotline.number, HOTLINE, 32)
    told = {leg: [one["status"] for one in hotline.learner.payloads() if one.get("uuid") == leg] for leg in (call, far)}
    assert told[call] == ["started", "ringing", "answered", "completed"]
    assert told[far] == ["ringing", "started", "answered", "completed"]
    assert hotline.one(call, "status", status="completed")["why"] == "the application hung up"
    assert HOTLINE not in hotline.control("GET", "/phones").text


def test_the_caller_of_a_connect_hears_it_and_goes_on_when_it_is_over(
    hotline: World, second: bytes, noise: Samples
) -> None:
    hotline.phone(PHONE, after=1)
    sound = hotline.learner.serve("second.wav", second)
    hotline.learner.on("/answer", [{"action": "wait", "timeout": 1}, {"action": "stream", "streamUrl": [sound]}])
    call = hotline.ended_call(connect(hotline), {"action": "talk", "text": "We are back."})
    assert match(hotline.heard(call, RATE), noise, RATE).score > 0.99
    assert hotline.trace(call, "sound", state="started")[-1]["text"] == "We are back."


def test_words_and_keys_get_through(hotline: World) -> None:
    hotline.phone(PHONE, after=1, script=[*says("I need help", 3), {"do": "wait", "seconds": 5},
                                          {"do": "press", "digits": "17"}])  # fmt: skip
    hotline.learner.on("/answer", [
        {"action": "input", "type": ["speech"], "speech": {"endOnSilence": 1}},
        {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2, "timeOut": 10}},
    ])  # fmt: skip
    hotline.ended_call(connect(hotline))
    spoken, pressed = [one for one in hotline.learner.payloads() if "speech" in one]
    assert spoken["speech"]["results"][0]["text"] == "I need help"
    assert pressed["dtmf"]["digits"] == "17"


def test_a_person_hears_what_the_application_says(hotline: World) -> None:
    hotline.phone(PHONE, after=1, script=[{"do": "wait_for", "text": "press one"}, {"do": "press", "digits": "1"}])
    menu = [{"action": "talk", "text": "For sales press one", "bargeIn": True},
            {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}]  # fmt: skip
    hotline.learner.on("/answer", menu)
    hotline.ended_call(connect(hotline))
    [pressed] = [one for one in hotline.learner.payloads() if "dtmf" in one]
    assert pressed["dtmf"]["digits"] == "1"


def test_the_answer_keys_reach_it(hotline: World) -> None:
    hotline.learner.on("/answer", [{"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2}}])
    hotline.ended_call({"action": "wait", "timeout": 9}, to=[{"type": "phone", "number": HOTLINE, "dtmfAnswer": "42"}])
    [pressed] = [one for one in hotline.learner.payloads() if "dtmf" in one]
    assert pressed["dtmf"]["digits"] == "42"


def test_who_hangs_up_ends_both_also_while_it_rings(hotline: World) -> None:
    hotline.learner.on("/answer", [{"action": "wait", "timeout": 60}])
    call = hotline.call({"action": "wait", "timeout": 60}, to=[{"type": "phone", "number": HOTLINE}])
    hotline.advance(5)
    assert hotline.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    hotline.until(call)
    assert hotline.trace(inbound(hotline), "status")[-1]["why"] == "the caller hung up"
    hotline.learner.received.clear()
    hotline.phone(PHONE, after=1, script=[{"do": "wait", "seconds": 0.4}, {"do": "hang_up"}])
    hotline.ended_call(connect(hotline))
    hotline.advance(1)
    assert hotline.learner.at("/answer") == []
    to_it = [one["status"] for one in hotline.learner.payloads() if one["to"] == HOTLINE]
    assert (to_it.count("cancelled"), to_it.count("completed")) == (2, 2)


def test_a_number_that_calls_itself_comes_to_an_end(hotline: World) -> None:
    hotline.learner.on("/answer", [connect(hotline)])
    hotline.call(connect(hotline))
    hotline.advance(120)
    assert len(hotline.learner.at("/answer")) == 20
    assert any("connect actions" in one.get("reason", "") for one in hotline.learner.payloads())


def test_both_ends_in_one_conversation_do_not_go_round_for_ever(hotline: World) -> None:
    room, to = {"action": "conversation", "name": "room"}, [{"type": "phone", "number": HOTLINE}]
    hotline.learner.on("/answer", [{"action": "wait", "timeout": 1}, room])
    call = hotline.call({"action": "talk", "text": "Is there an echo?"}, room, to=to)
    hotline.advance(20)
    hotline.voice("PUT", f"/{call}/talk", {"text": "Or here?"})
    hotline.advance(5)
    assert hotline.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    hotline.until(call)


@pytest.mark.fidelity("amd-continue")
def test_nobody_takes_an_application_for_a_machine(hotline: World) -> None:
    hotline.learner.on("/answer", [{"action": "wait", "timeout": 5}])
    hotline.ended_call({"action": "wait", "timeout": 9}, to=[{"type": "phone", "number": HOTLINE}],
                       machine_detection="hangup")  # fmt: skip
    assert "human" in hotline.learner.statuses()


def test_a_number_that_is_rented_and_not_linked_is_a_phone(world: World) -> None:
    world.rent(HOTLINE)
    call = world.ended_call(to=[{"type": "phone", "number": HOTLINE}])
    assert world.trace(call, "status", status="answered")[0]["why"] == "the person picked up"
