"""The input action: digits from the keypad, barge-in, and what the event URL says to them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.world import Json, World

WAIT = {"action": "wait", "timeout": 1}


def keys(world: World, **dtmf: Any) -> Json:
    options = {"dtmf": dtmf} if dtmf else {}
    return {"action": "input", "type": ["dtmf"], "eventUrl": [f"{world.learner.url}/input"], **options}


def started(world: World, *ncco: Json) -> str:
    """A call whose last action so far is waiting for keys."""
    if "/input" not in world.learner._replies:
        world.learner.on("/input", ("", 200))
    return world.answered_call(*ncco)


def told(world: World) -> Json:
    [payload] = world.learner.payloads("/input")
    return payload


@pytest.mark.fidelity("input-ends", "input-timed-out", "event-url-choice", "input-event")
def test_max_digits_end_it_at_once(world: World) -> None:
    call = started(world, keys(world, maxDigits=2), WAIT)
    world.use("press", digits="42")
    world.advance(0.3)
    event = told(world)
    assert list(event) == ["speech", "dtmf", "from", "to", "uuid", "conversation_uuid", "timestamp"]
    assert event["speech"] == {"error": "Speech was not enabled"}
    assert event["dtmf"] == {"digits": "42", "timed_out": False}
    assert event["uuid"] == call
    assert world.one(call, "input") | {"digits": "42", "timed_out": False, "why": "max_digits"} == world.one(
        call, "input"
    )
    world.until(call)


@pytest.mark.fidelity("input-ends", "input-defaults")
@pytest.mark.parametrize(
    ("dtmf", "pressed", "digits", "why"),
    [({}, "12345", "1234", "max_digits"), ({"maxDigits": 10, "submitOnHash": True}, "12#", "12", "submit_on_hash"),
     ({"maxDigits": 3}, "1#*", "1#*", "max_digits")],
)  # fmt: skip
def test_four_digits_or_a_hash_that_may(world: World, dtmf: Json, pressed: str, digits: str, why: str) -> None:
    call = started(world, keys(world, **dtmf))
    world.use("press", digits=pressed)
    world.advance(2)
    assert told(world)["dtmf"] == {"digits": digits, "timed_out": False}
    assert world.one(call, "input")["why"] == why


@pytest.mark.fidelity("input-ends", "input-timed-out")
def test_the_time_out_counts_from_the_last_key(world: World) -> None:
    call = started(world, keys(world, timeOut=5), WAIT)
    world.advance(4)
    world.use("press", digits="7")
    world.advance(4.9)
    assert world.trace(call, "input") == []
    world.advance(0.2)
    assert told(world)["dtmf"] == {"digits": "7", "timed_out": True}
    assert world.one(call, "input")["at"] - world.at(call, "answered") == pytest.approx(9)


@pytest.mark.fidelity("input-nothing", "input-defaults")
def test_nothing_pressed_is_an_empty_text_after_three_seconds(world: World) -> None:
    call = started(world, keys(world))
    world.until(call)
    assert told(world)["dtmf"] == {"digits": "", "timed_out": True}
    assert world.lasted(call) == pytest.approx(3)


@pytest.mark.fidelity("input-earlier-keys")
def test_keys_pressed_before_do_not_count(world: World) -> None:
    started(world, {"action": "wait", "timeout": 5}, keys(world))
    world.use("press", digits="99")
    world.advance(20)
    assert told(world)["dtmf"]["digits"] == ""


@pytest.mark.fidelity("input-reply")
def test_a_reply_replaces_the_rest(world: World) -> None:
    world.learner.on("/input", [{"action": "wait", "timeout": 9}])
    call = started(world, keys(world, maxDigits=1), WAIT)
    world.use("press", digits="1")
    world.until(call)
    assert [e["source"] for e in world.trace(call, "ncco")] == ["inline", "input"]
    assert world.lasted(call) == pytest.approx(9)


@pytest.mark.fidelity("input-reply")
def test_a_menu_that_asks_again(world: World) -> None:
    again = [keys(world, maxDigits=1)]
    world.learner.on("/input", again, again, [WAIT])
    call = started(world, *again)
    for digit in "123":
        world.use("press", digits=digit)
        world.advance(0.1)
    world.until(call)
    assert [p["dtmf"]["digits"] for p in world.learner.payloads("/input")] == ["1", "2", "3"]


@pytest.mark.fidelity("event-url-choice")
def test_without_an_event_url_the_calls_own_is_told(world: World) -> None:
    call = started(world, {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}})
    world.use("press", digits="5")
    world.until(call)
    assert [p["dtmf"]["digits"] for p in world.learner.payloads("/event") if "dtmf" in p] == ["5"]


@pytest.mark.fidelity("input-hang-up", "action-cut-short")
def test_hanging_up_during_input(world: World) -> None:
    call = started(world, keys(world))
    world.advance(1)
    world.use("hang_up")
    world.until(call)
    assert world.actions(call) == [("input", "started"), ("input", "stopped")]
    assert world.learner.payloads("/input") == []


def song(world: World, second: bytes, **options: Any) -> Json:
    return {"action": "stream", "streamUrl": [world.learner.serve("noise.wav", second)], "bargeIn": True, **options}


@pytest.mark.fidelity("barge-in-sticky", "barge-in")
@pytest.mark.parametrize("loop", [0, 10])
def test_a_key_stops_the_stream_and_is_the_first_digit(world: World, second: bytes, loop: int) -> None:
    call = started(world, song(world, second, loop=loop), keys(world, maxDigits=2))
    world.advance(2.5)
    world.use("press", digits="17")
    world.advance(1)
    key = world.trace(call, "key")[0]["at"]
    stopped = world.one(call, "sound", state="stopped")["at"]
    assert key - world.at(call, "answered") == pytest.approx(2.5)
    assert 0 <= stopped - key <= 0.1
    assert told(world)["dtmf"] == {"digits": "17", "timed_out": False}
    assert world.actions(call)[:3] == [("stream", "started"), ("stream", "stopped"), ("input", "started")]
    assert world.trace(call, "action")[1]["why"] == "key press"
    heard = world.heard(call)
    at = round((stopped - world.at(call, "answered")) * 8000)
    assert abs(heard[at - 800 : at]).max() > 0.05
    assert abs(heard[at + 80 :]).max() < 0.01


def test_without_barge_in_a_key_stops_nothing(world: World, second: bytes) -> None:
    call = started(world, song(world, second, bargeIn=False, loop=3), WAIT)
    world.use("press", digits="1")
    world.until(call)
    assert ("stream", "finished") in world.actions(call)


@pytest.mark.fidelity("barge-in-unused")
def test_unpressed_a_barge_in_stream_plays_to_its_end_and_then_input_waits(world: World, second: bytes) -> None:
    call = started(world, song(world, second, loop=2), keys(world))
    world.until(call)
    assert world.one(call, "action", action="input", state="started")["at"] - world.at(
        call, "answered"
    ) == pytest.approx(2)
    assert world.lasted(call) == pytest.approx(5)


@pytest.mark.fidelity("barge-in-sticky")
def test_barge_in_is_sticky_until_an_input(world: World, second: bytes) -> None:
    plain = song(world, second, bargeIn=False, loop=3)
    call = started(world, song(world, second), plain, plain, keys(world, maxDigits=1), plain)
    world.advance(1.5)  # in the second prompt, which says false
    world.use("press", digits="4")
    world.until(call)
    assert world.actions(call) == [
        ("stream", "started"), ("stream", "finished"), ("stream", "started"), ("stream", "stopped"),
        ("stream", "started"), ("stream", "skipped"), ("input", "started"), ("input", "finished"),
        ("stream", "started"), ("stream", "finished"),
    ]  # fmt: skip
    assert told(world)["dtmf"]["digits"] == "4"


@pytest.mark.fidelity("barge-in-sticky", "reply-goes-on")
def test_after_the_input_barge_in_is_off_again(world: World, second: bytes) -> None:
    plain = song(world, second, bargeIn=False, loop=3)
    call = started(world, song(world, second), keys(world, maxDigits=1), plain)
    world.use("press", digits="4")
    world.advance(0.5)
    world.use("press", digits="5")
    world.until(call)
    assert world.trace(call, "action")[-1]["state"] == "finished"


@pytest.mark.fidelity("barge-in")
def test_talk_can_be_barged_into_too(world: World) -> None:
    call = started(world, {"action": "talk", "text": "Press one", "bargeIn": True, "loop": 0}, keys(world, maxDigits=1))
    world.use("press", digits="1")
    world.until(call)
    assert world.actions(call)[:2] == [("talk", "started"), ("talk", "stopped")]
    assert told(world)["dtmf"]["digits"] == "1"
