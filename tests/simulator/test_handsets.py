"""What the person holding a phone does: behaviours, scripts, keys, words, and what makes no sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from helpers.simulator.phones.person import BEEP_PAUSE
from tests.matching import match
from tests.simulator.ear import spoken
from tests.simulator.world import PHONE, World, hangs_up, presses, says

MACHINE = "447700900044"
LONG = {"action": "wait", "timeout": 60}
RATE = 16_000


def statuses(world: World, call: str) -> list[str]:
    return [one["status"] for one in world.trace(call, "status")]


def rang_for(world: World, call: str) -> float:
    first, second = (one["at"] for one in world.trace(call, "status")[1:3])
    return float(second - first)


def refused(world: World, what: str, number: str = PHONE, **body: Any) -> dict[str, Any]:
    reply = world.control("POST", f"/phones/{number}/{what}", body)
    assert reply.status_code == 400
    assert set(reply.json()) == {"error", "cure"}
    assert all(reply.json().values())
    return dict(reply.json())


@pytest.mark.fidelity("phone-busy", "phone-declines", "phone-rings-out", "phone-out-of-service")
@pytest.mark.parametrize(
    ("behaviour", "after", "status", "usual"),
    [("answers", 7, "answered", 2), ("busy", 1, "busy", 0.5), ("declines", 4, "rejected", 2),
     ("rings_out", 20, "unanswered", 45), ("out_of_service", 0, "failed", 0.5), ("voicemail", 9, "answered", 5)],
)  # fmt: skip
def test_each_behaviour_shows_when_it_should(
    world: World, behaviour: str, after: float, status: str, usual: float
) -> None:
    for seconds in (None, after):
        world.phone(behaviour=behaviour, **({} if seconds is None else {"after": seconds}))
        call = world.call()
        world.until(call, status)
        assert statuses(world, call)[2] == status
        assert rang_for(world, call) == pytest.approx(usual if seconds is None else seconds)
        world.advance(100)


@pytest.mark.fidelity("phone-usual")
def test_a_phone_nobody_set_up_answers_after_two_seconds(world: World) -> None:
    call = world.ended_call(to=[{"type": "phone", "number": "447700900777"}])
    assert rang_for(world, call) == pytest.approx(2)


def reached(world: World, **settings: Any) -> tuple[str, str, float]:
    """Connect somebody who answers at once to a voicemail: both legs, and when the machine answered."""
    world.phone(after=0)
    world.phone(MACHINE, behaviour="voicemail", after=1, **settings)
    call = world.call({"action": "connect", "from": world.number, "endpoint": [{"type": "phone", "number": MACHINE}]})
    world.advance(20)
    machine = world.leg_to(MACHINE)
    return call, machine, world.at(machine, "answered")


@pytest.mark.fidelity("voicemail")
def test_a_voicemail_is_heard_to_say_its_greeting_and_to_beep_and_then_is_silent(world: World) -> None:
    call, machine, answered = reached(world, greeting="Nobody is at home.")
    greeting, tone = world.trace(machine, "said")
    assert (greeting["text"], greeting["at"], greeting["by"]) == ("Nobody is at home.", answered, "machine")
    assert tone["at"] == pytest.approx(answered + greeting["seconds"] + BEEP_PAUSE, abs=0.001)
    heard, since = world.heard(call, RATE), world.at(call, "answered")
    found = match(heard, spoken("Nobody is at home."), RATE)
    assert found.score > 0.99
    assert found.offset == pytest.approx(answered - since, abs=0.02)

    def stretch(begin: float, seconds: float) -> Any:
        first = round((begin - since) * RATE)
        return heard[first : first + round(seconds * RATE)]

    inside = stretch(tone["at"] + 0.1, 0.3)
    assert np.abs(np.fft.rfft(inside)).argmax() / 0.3 == pytest.approx(1000, abs=5)
    assert np.abs(inside).max() == pytest.approx(0.2, abs=0.02)
    assert not np.abs(stretch(answered + greeting["seconds"] + 0.02, BEEP_PAUSE - 0.04)).max() > 0.001
    assert tone["seconds"] == 0.5
    assert not np.abs(stretch(tone["at"] + 0.52, 5)).max() > 0.001
    assert "completed" not in statuses(world, machine)  # it records until the caller hangs up
    world.use("hang_up")
    world.until(machine)
    assert world.trace(machine, "status")[-1]["disconnected_by"] == "platform"


@pytest.mark.fidelity("voicemail")
def test_a_voicemail_may_have_no_beep_and_may_hang_up(world: World) -> None:
    call, machine, answered = reached(world, beep=False, script=hangs_up(3))
    greeting = world.one(machine, "said")
    assert greeting["text"] == "Please leave a message after the tone."
    world.until(call)
    over = answered + greeting["seconds"] + 3
    assert world.at(machine, "completed") == pytest.approx(over, abs=0.001)
    assert not np.abs(world.heard(call)[round((over - 2.9 - world.at(call, "answered")) * 8000) :]).max() > 0.001


@pytest.mark.fidelity("voicemail")
def test_the_moment_of_the_beep_is_known_to_machine_detection(world: World) -> None:
    world.phone(behaviour="voicemail", greeting="A long greeting, so that the verdict comes first, well before it.")
    call = world.ended_call(LONG, advanced_machine_detection={"behavior": "continue", "mode": "default"})
    beep = world.trace(call, "said")[1]
    assert world.one(call, "detection", sub_state="beep_start")["at"] == beep["at"]


def test_a_greeting_and_a_beep_are_checked(world: World) -> None:
    for settings in ({"greeting": 5}, {"greeting": "  "}, {"beep": "no"}, {"beep": None}):
        reply = world.control("PUT", f"/phones/{PHONE}", settings)
        assert reply.status_code == 400, reply.text
        assert set(reply.json()) == {"error", "cure"}


@pytest.mark.fidelity("script-manual")
def test_manual_waits_for_answer(world: World) -> None:
    world.phone(behaviour="manual")
    call = world.call()
    world.advance(20)
    assert statuses(world, call) == ["started", "ringing"]
    assert world.use("answer")["status"] == "ringing"
    world.until(call)
    assert rang_for(world, call) == pytest.approx(19.9)


@pytest.mark.fidelity("script-manual")
def test_manual_waits_for_decline(world: World) -> None:
    world.phone(behaviour="manual")
    call = world.call()
    world.advance(3)
    world.use("decline")
    world.until(call, "rejected")
    assert statuses(world, call) == ["started", "ringing", "rejected"]
    assert "not waiting" in refused(world, "answer")["error"]


def test_a_script_waits_presses_says_and_hangs_up(world: World) -> None:
    world.phone(script=[*presses("1#", 1), *says("yes", 0.5), {"do": "hang_up"}])  # fmt: skip
    call = world.ended_call(LONG)
    answered = world.at(call, "answered")
    assert [(e["digit"], round(e["at"] - answered, 3)) for e in world.trace(call, "key")] == [("1", 1.0), ("#", 1.2)]
    said = world.one(call, "said")
    assert (said["text"], said["by"], round(said["at"] - answered, 3)) == ("yes", "handset", 1.7)
    last = world.trace(call, "status")[-1]
    assert (last["status"], last["disconnected_by"], last["why"]) == ("completed", "user", "the person hung up")


@pytest.mark.fidelity("phone-in-call")
def test_a_phone_in_a_call_is_busy_for_another(world: World) -> None:
    first = world.answered_call(LONG)
    second = world.ended_call()
    assert statuses(world, second) == ["started", "ringing", "busy", "completed"]
    world.until(first)
    third = world.ended_call()
    assert "answered" in statuses(world, third)


def test_two_calls_to_one_phone_at_the_same_instant(world: World) -> None:
    first, second = world.call(), world.call()
    world.until(first)
    assert "answered" in statuses(world, first)
    assert "busy" in statuses(world, second)


@pytest.mark.fidelity("keys-apart")
def test_pressing_and_speaking_and_hanging_up(world: World) -> None:
    call = world.answered_call(LONG)
    world.use("press", digits="12")
    assert [e["digit"] for e in world.trace(call, "key")] == ["1"]  # the first at once
    world.advance(0.2)
    assert [e["digit"] for e in world.trace(call, "key")] == ["1", "2"]
    world.use("say", text="hello")
    assert world.one(call, "said")["text"] == "hello"
    assert world.use("hang_up")["number"] == PHONE
    world.until(call)
    assert world.trace(call, "status")[-1]["disconnected_by"] == "user"


def test_keys_still_to_come_end_with_the_call(world: World) -> None:
    call = world.answered_call(LONG)
    world.use("press", digits="123456789")
    world.advance(0.5)
    world.use("hang_up")
    world.advance(10)
    assert len(world.trace(call, "key")) == 3


def test_what_makes_no_sense_says_what_does(world: World) -> None:
    assert "not in a call" in refused(world, "press", digits="1")["error"]
    assert "not in a call" in refused(world, "say", text="x")["error"]
    assert "not in a call" in refused(world, "hang_up")["error"]
    assert "not waiting" in refused(world, "answer")["error"]
    assert "cannot sing" in refused(world, "sing")["error"]
    assert "not a number" in refused(world, "dial", to="+44")["error"]
    assert "not a number" in refused(world, "dial")["error"]
    assert "not a number" in refused(world, "dial", "x" * 5, to=PHONE)["error"]
    call = world.call(LONG)
    world.advance(0.5)
    assert "is ringing" in refused(world, "hang_up")["error"]
    world.until(call, "answered")
    assert "already in a call" in refused(world, "dial", to=world.number)["error"]
    for digits in ("", "a", "1p", 1, None, ["1"]):
        assert "keypad" in refused(world, "press", digits=digits)["error"]


@pytest.mark.parametrize(
    "settings",
    [{"behaviour": "sleeps"}, {"behaviour": ["busy"]}, {"behaviour": None}, {"colour": "red"}, {"after": -1},
     {"after": "2"}, {"after": True}, {"after": 10**12}, {"script": "press"}, {"script": {"do": "wait"}},
     {"script": [5]}, {"script": [{}]}, {"script": [{"do": ["wait"]}]}, {"script": [{"do": "wait"}]},
     {"script": [{"do": "wait", "seconds": -1}]}, {"script": [{"do": "wait", "seconds": "1"}]},
     {"script": [{"do": "press", "digits": 1}]}, {"script": [{"do": "press", "digits": "a"}]},
     {"script": [{"do": "say"}]}, {"script": [{"do": "hang_up", "now": True}]}],
    ids=str,
)  # fmt: skip
def test_settings_that_make_no_sense_change_nothing(world: World, settings: dict[str, Any]) -> None:
    world.phone(behaviour="busy", after=3)
    reply = world.control("PUT", f"/phones/{PHONE}", settings)
    assert reply.status_code == 400, reply.text
    assert set(reply.json()) == {"error", "cure"}
    [phone] = world.control("GET", "/phones").json()
    assert (phone["behaviour"], phone["after"], phone["script"]) == ("busy", 3.0, [])


def test_settings_are_listed(world: World) -> None:
    assert world.control("GET", "/phones").json() == []
    world.phone(behaviour="declines", script=[{"do": "hang_up"}])
    assert world.control("GET", "/phones").json() == [{
        "number": PHONE, "behaviour": "declines", "after": 2.0, "greeting": "Please leave a message after the tone.",
        "beep": True, "script": [{"do": "hang_up"}], "name": "", "call": None, "status": "idle",
    }]  # fmt: skip
    world.phone(script=None)
    assert world.control("GET", "/phones").json()[0]["script"] == []
