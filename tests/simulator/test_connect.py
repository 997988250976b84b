"""The action connect: a second leg, its events, ringing, answering, limits, failures, and what both sides hear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from helpers.audio.files import Samples
from helpers.simulator.sound.tones import dtmf_string
from tests.matching import match
from tests.simulator.ear import RATE, spoken
from tests.simulator.world import PHONE, Json, World, hangs_up, says

OTHER = "447700900022"
THIRD = "447700900023"
AFTER = {"action": "talk", "text": "We are back."}


def connect(world: World, **options: Any) -> Json:
    """A connect action to the other phone, with our own number as the caller."""
    options.setdefault("endpoint", [{"type": "phone", "number": OTHER}])
    if "randomFromNumber" not in options:
        options.setdefault("from", world.number)
    return {"action": "connect", **{name: value for name, value in options.items() if value is not None}}


def of_leg(world: World, leg: str, path: str = "/event") -> list[Json]:
    return [one for one in world.learner.payloads(path) if one.get("uuid") == leg]


@pytest.mark.fidelity("connect-second-leg", "connect-conversation")
def test_two_handsets_talk_through_connect(world: World) -> None:
    world.phone(PHONE, after=1, script=says("Hello, who is there?", 4))
    world.phone(OTHER, after=2, script=says("It is me, the other one.", 5))
    call = world.call(connect(world))
    world.advance(12)
    callee = world.leg_to(OTHER)
    assert match(world.heard(callee, RATE), spoken("Hello, who is there?"), RATE).score > 0.99
    assert match(world.heard(call, RATE), spoken("It is me, the other one."), RATE).score > 0.99
    assert match(world.heard(call, RATE), spoken("Hello, who is there?"), RATE).score < 0.3
    shown = world.voice("GET", f"/{callee}").json()
    assert (shown["direction"], shown["status"]) == ("outbound", "answered")
    assert shown["from"]["number"] == world.number
    assert [one["status"] for one in of_leg(world, callee)] == ["started", "ringing", "answered"]


@pytest.mark.fidelity("connect-next-action", "connect-events")
def test_when_the_other_hangs_up_the_next_action_runs(world: World) -> None:
    world.phone(OTHER, after=1, script=hangs_up(2))
    call = world.ended_call(connect(world), AFTER)
    callee = world.leg_to(OTHER)
    assert world.actions(call) == [("connect", "started"), ("connect", "finished"), ("talk", "started"),
                                   ("talk", "finished")]  # fmt: skip
    assert of_leg(world, callee)[-1]["disconnected_by"] == "user"
    assert match(world.heard(call, RATE), spoken("We are back."), RATE).score > 0.9


@pytest.mark.fidelity("connect-caller-leaves")
def test_when_the_caller_hangs_up_the_other_leg_ends_first(world: World) -> None:
    world.phone(PHONE, after=1, script=hangs_up(6))
    call = world.ended_call(connect(world))
    callee = world.leg_to(OTHER)
    done = [one["uuid"] for one in world.learner.payloads() if one.get("status") == "completed"]
    assert done == [callee, call]
    assert world.at(callee, "completed") == world.at(call, "completed")
    assert of_leg(world, callee)[-1]["disconnected_by"] == "platform"


@pytest.mark.fidelity("connect-caller-leaves")
def test_when_the_caller_hangs_up_while_it_rings_the_other_leg_is_cancelled(world: World) -> None:
    world.phone(PHONE, after=1, script=hangs_up(2))
    world.phone(OTHER, behaviour="rings_out")
    world.ended_call(connect(world))
    callee = world.leg_to(OTHER)
    assert [one["status"] for one in of_leg(world, callee)] == ["started", "ringing", "cancelled", "completed"]


FAILS = [
    ("busy", {"behaviour": "busy"}, ["started", "ringing", "busy", "completed"]),
    ("declines", {"behaviour": "declines"}, ["started", "ringing", "rejected"]),
    ("timeout", {"behaviour": "rings_out"}, ["started", "ringing", "timeout", "completed"]),
    ("unanswered", {"behaviour": "rings_out", "after": 5}, ["started", "ringing", "unanswered", "completed"]),
    ("failed", {"behaviour": "out_of_service"}, ["started", "ringing", "failed", "completed"]),
]


@pytest.mark.parametrize(("what", "phone", "statuses"), FAILS, ids=[case[0] for case in FAILS])
@pytest.mark.fidelity("connect-fails", "connect-timeout")
def test_a_target_that_cannot_be_had(world: World, what: str, phone: Json, statuses: list[str]) -> None:
    world.phone(OTHER, **phone)
    call = world.ended_call(connect(world, timeout=10), AFTER)
    callee = world.leg_to(OTHER)
    assert [one["status"] for one in of_leg(world, callee)] == statuses
    assert world.actions(call)[-1] == ("talk", "finished")
    if what == "timeout":
        assert world.at(callee, "timeout") - world.at(callee, "ringing") == pytest.approx(10)


@pytest.mark.parametrize(("what", "phone", "statuses"), FAILS, ids=[case[0] for case in FAILS])
@pytest.mark.fidelity("connect-synchronous", "connect-events")
def test_synchronous_events_may_answer_a_failure_with_an_ncco(
    world: World, what: str, phone: Json, statuses: list[str]
) -> None:
    instead = world.learner.on("/connect", ("", 204))
    world.learner._replies["/connect"] = [lambda: reply_to_failure(world)]
    world.phone(OTHER, **phone)
    call = world.ended_call(connect(world, timeout=10, eventType="synchronous", eventUrl=[instead]), AFTER)
    assert world.actions(call)[-1] == ("talk", "finished")
    assert world.trace(call, "sound", state="started")[-1]["text"] == "Nobody is there."
    assert [one["status"] for one in world.learner.payloads("/connect")] == statuses


def reply_to_failure(world: World) -> Any:
    from flask import Response, json

    failed = world.learner.payloads("/connect")[-1]["status"] not in ("started", "ringing", "answered", "completed")
    ncco = [{"action": "talk", "text": "Nobody is there."}] if failed else []
    return Response(json.dumps(ncco) if failed else "", mimetype="application/json")


@pytest.mark.fidelity("connect-synchronous", "event-reply")
def test_without_synchronous_the_reply_is_no_ncco(world: World) -> None:
    events = world.learner.on("/connect", [{"action": "talk", "text": "Nobody is there."}])
    world.phone(OTHER, behaviour="busy")
    call = world.ended_call(connect(world, eventUrl=[events]), AFTER)
    assert world.trace(call, "sound", state="started")[-1]["text"] == "We are back."


@pytest.mark.fidelity("connect-limit")
def test_limit_ends_the_other_leg(world: World) -> None:
    world.phone(OTHER, after=1)
    call = world.ended_call(connect(world, limit=5), AFTER)
    callee = world.leg_to(OTHER)
    assert world.lasted(callee) == pytest.approx(5)
    assert world.actions(call)[-1] == ("talk", "finished")


@pytest.mark.fidelity("connect-ringback")
def test_the_ringback_tone_is_heard_until_the_answer_and_no_longer(world: World, second: bytes, noise: Samples) -> None:
    world.phone(OTHER, after=5)
    tone = world.learner.serve("ringing.wav", second)
    call = world.call(connect(world, ringbackTone=tone))
    world.advance(12)
    callee = world.leg_to(OTHER)
    waits = world.at(callee, "answered") - world.at(call, "answered")
    samples = world.heard(call, RATE)
    before, after = samples[: round(waits * RATE)], samples[round((waits + 0.02) * RATE) :]
    assert match(before, np.tile(noise, 5)[: len(before)], RATE).score > 0.99  # again and again, without a gap
    assert abs(after).max() == 0


@pytest.mark.fidelity("connect-ringback")
def test_without_one_the_caller_hears_nothing(world: World) -> None:
    world.phone(OTHER, after=5)
    call = world.call(connect(world))
    world.advance(6)
    assert abs(world.heard(call, RATE)).max() == 0


@pytest.mark.fidelity("connect-on-answer")
def test_on_answer_is_heard_by_the_called_person_only_and_before_the_two_are_together(world: World) -> None:
    whisper = world.learner.on("/whisper", [{"action": "talk", "text": "A call from your website."}])
    world.phone(PHONE, after=1, script=says("Can you hear me already?", 3))
    world.phone(OTHER, after=1)
    call = world.call(connect(world, endpoint=[{"type": "phone", "number": OTHER, "onAnswer": {"url": whisper}}]))
    world.advance(12)
    callee = world.leg_to(OTHER)
    assert match(world.heard(callee, RATE), spoken("A call from your website."), RATE).score > 0.9
    assert match(world.heard(call, RATE), spoken("A call from your website."), RATE).score < 0.3
    assert world.learner.at("/whisper")[0].method == "GET"
    assert dict(world.learner.at("/whisper")[0].query)["uuid"] == callee


@pytest.mark.fidelity("dtmf-answer")
def test_dtmf_answer_is_heard_by_the_called_side(world: World) -> None:
    world.phone(OTHER, after=1)
    call = world.call(connect(world, endpoint=[{"type": "phone", "number": OTHER, "dtmfAnswer": "12p3"}]))
    world.advance(8)
    callee = world.leg_to(OTHER)
    assert world.one(callee, "dtmf")["digits"] == "12p3"
    assert match(world.heard(callee, RATE), dtmf_string("12p3").samples, RATE).score > 0.99
    assert match(world.heard(call, RATE), dtmf_string("12p3").samples, RATE).score < 0.2


@pytest.mark.fidelity("connect-caller-id")
def test_a_foreign_caller_id_does_not_connect(world: World) -> None:
    call = world.ended_call(connect(world, **{"from": THIRD}), AFTER)
    callee = world.leg_to(OTHER)
    assert [(one["status"], one.get("detail")) for one in of_leg(world, callee)][-1] == ("rejected", "restricted")
    assert world.actions(call)[-1] == ("talk", "finished")


@pytest.mark.fidelity("connect-from-name")
def test_a_name_is_a_caller_for_what_is_not_a_phone(world: World) -> None:
    for address in (OTHER, "app:jamie", "sip:desk@sip.example.com", "vbc:12"):
        kind, _, name = address.rpartition(":")
        field = {"": "number", "app": "user", "sip": "uri", "vbc": "extension"}[kind]
        endpoint = {"type": kind or "phone", field: address if kind == "sip" else name}
        reply = world.voice("POST", "", world.order(connect(world, endpoint=[endpoint], **{"from": "Vonage"})))
        if address == OTHER:
            assert reply.json()["invalid_parameters"][0]["name"] == "ncco[0].from"
            continue
        world.advance(8)
        callee = world.leg_to(endpoint[field])
        assert of_leg(world, callee)[0]["from"] == "Vonage"
        assert world.trace(callee, "status")[-1]["status"] == "answered"
        world.voice("PUT", f"/{reply.json()['uuid']}", {"action": "hangup"})
        world.advance(1)


@pytest.mark.fidelity("connect-caller-id", "connect-random-from")
def test_random_from_number_takes_a_linked_number(world: World) -> None:
    world.link()
    world.call(connect(world, randomFromNumber=True))
    world.advance(8)
    callee = world.leg_to(OTHER)
    assert of_leg(world, callee)[0]["from"] == world.number


@pytest.mark.fidelity("connect-several")
def test_several_connects_ring_one_after_another(world: World) -> None:
    world.phone(OTHER, behaviour="busy")
    world.phone(THIRD, after=1)
    world.call(connect(world), connect(world, endpoint=[{"type": "phone", "number": THIRD}]))
    world.advance(12)
    second, third = world.leg_to(OTHER), world.leg_to(THIRD)
    assert world.trace(second, "status")[-1]["status"] == "completed"
    assert world.trace(third, "status")[-1]["status"] == "answered"


@pytest.mark.fidelity("call-transfer", "connect-transfer")
def test_transferring_the_called_leg_lets_the_caller_go_on(world: World) -> None:
    world.phone(OTHER, after=1)
    call = world.call(connect(world), AFTER, {"action": "wait", "timeout": 30})
    world.advance(8)
    callee = world.leg_to(OTHER)
    ncco = [{"action": "talk", "text": "You are somewhere else now."}, {"action": "wait", "timeout": 20}]
    reply = world.voice("PUT", f"/{callee}", {"action": "transfer", "destination": {"type": "ncco", "ncco": ncco}})
    assert (reply.status_code, reply.text) == (204, "")
    world.advance(5)
    assert world.actions(call)[:4] == [("connect", "started"), ("connect", "finished"), ("talk", "started"),
                                       ("talk", "finished")]  # fmt: skip
    assert match(world.heard(callee, RATE), spoken("You are somewhere else now."), RATE).score > 0.9
    moved = [one for one in world.learner.payloads() if one.get("type") == "transfer"]
    assert [one["uuid"] for one in moved] == [callee]


@pytest.mark.fidelity("call-transfer", "connect-transfer")
def test_transferring_both_legs_to_a_conversation_keeps_them_together(world: World) -> None:
    world.phone(OTHER, after=1, script=says("We are still together.", 12))
    call = world.call(connect(world))
    world.advance(8)
    callee = world.leg_to(OTHER)
    there = {"type": "ncco", "ncco": [{"action": "conversation", "name": "afterwards"}]}
    for leg in (call, callee):
        assert world.voice("PUT", f"/{leg}", {"action": "transfer", "destination": there}).status_code == 204
    world.advance(14)
    assert match(world.heard(call, RATE), spoken("We are still together."), RATE).score > 0.99
    assert world.trace(call, "status")[-1]["status"] == world.trace(callee, "status")[-1]["status"] == "answered"


@pytest.mark.fidelity("call-transfer")
def test_a_transfer_by_url_fetches_first_and_a_bad_reply_changes_nothing(world: World) -> None:
    broken = world.learner.on("/broken", "no NCCO")
    good = world.learner.on("/good", [{"action": "talk", "text": "This is the new one."}])
    call = world.call({"action": "wait", "timeout": 20}, AFTER)
    world.advance(5)
    for url, state in ((broken, "started"), (good, "stopped")):
        there = {"type": "ncco", "url": [url]}
        assert world.voice("PUT", f"/{call}", {"action": "transfer", "destination": there}).status_code == 204
        world.advance(0.5)
        assert world.actions(call)[:2][-1] == ("wait", state) or state == "started"
    world.until(call)
    assert world.learner.at("/good")[0].method == "GET"
    assert len(world.learner.at("/broken")) == 1
    assert world.one(call, "action", action="wait", state="stopped")["why"] == "the call was transferred"
    assert world.trace(call, "sound", state="started")[-1]["text"] == "This is the new one."
    assert any("reason" in one for one in world.learner.payloads())


@pytest.mark.parametrize(
    ("destination", "name"),
    [
        (None, "destination"),
        ("x", "destination"),
        ({"type": "ncco"}, "destination"),
        ({"type": "ncco", "ncco": [], "url": ["http://127.0.0.1/"]}, "destination"),
        ({"type": "other", "url": ["http://127.0.0.1/"]}, "destination.type"),
        ({"type": "ncco", "url": "http://127.0.0.1/"}, "destination.url"),
        ({"type": "ncco", "ncco": [{"action": "sing"}]}, "destination.ncco[0].action"),
    ],
)
@pytest.mark.fidelity("call-transfer-body")
def test_a_wrong_destination_is_named(world: World, destination: Any, name: str) -> None:
    call = world.call()
    world.advance(3)
    body = {"action": "transfer"} | ({} if destination is None else {"destination": destination})
    reply = world.voice("PUT", f"/{call}", body)
    assert reply.status_code == 400
    assert name in {one["name"] for one in reply.json()["invalid_parameters"]}
