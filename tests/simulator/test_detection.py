"""Answering machine detection, plain and advanced, of calls and of connect."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.world import PHONE, Json, World

GREETING = "Hello. I am not at home. Please leave a message after the tone."


def verdicts(world: World) -> list[tuple[str, str | None]]:
    return [
        (one["status"], one.get("sub_state"))
        for one in world.learner.payloads()
        if one.get("status") in ("human", "machine")
    ]


def ended(world: World, behaviour: str, *ncco: Json, **fields: Any) -> str:
    """A call to a phone that behaves so, at its end."""
    settings: Json = {"greeting": GREETING} if behaviour == "voicemail" else {}
    world.phone(PHONE, behaviour=behaviour, after=1, **settings)
    return world.ended_call(*(ncco or ({"action": "wait", "timeout": 20},)), **fields)


@pytest.mark.parametrize(("behaviour", "verdict"), [("answers", "human"), ("voicemail", "machine")])
@pytest.mark.fidelity("amd-continue", "amd-event")
def test_continue_tells_and_goes_on(world: World, behaviour: str, verdict: str) -> None:
    call = ended(world, behaviour, machine_detection="continue")
    assert verdicts(world) == [(verdict, None)]
    event = next(one for one in world.learner.payloads() if one.get("status") == verdict)
    assert list(event) == ["call_uuid", "from", "to", "status", "conversation_uuid", "timestamp"]
    assert event["call_uuid"] == call
    assert world.actions(call)[-1] == ("wait", "finished")


@pytest.mark.fidelity("amd-hangup")
def test_hangup_ends_the_call_with_a_machine_only(world: World) -> None:
    call = ended(world, "voicemail", machine_detection="hangup")
    assert world.learner.statuses() == ["started", "ringing", "answered", "machine", "completed"]
    assert world.one(call, "status", status="completed")["disconnected_by"] == "platform"
    assert world.actions(call)[-1] == ("wait", "stopped")
    world.learner.received.clear()
    call = ended(world, "answers", machine_detection="hangup")
    assert world.learner.statuses() == ["started", "ringing", "answered", "human", "completed"]
    assert world.actions(call)[-1] == ("wait", "finished")


@pytest.mark.fidelity("amd-advanced-detect")
def test_detect_waits_for_the_verdict_before_anything_is_played(world: World) -> None:
    call = ended(
        world, "voicemail", {"action": "talk", "text": "Hello."}, advanced_machine_detection={"mode": "detect"}
    )
    assert world.learner.statuses() == ["started", "ringing", "answered", "machine", "completed"]
    silence = world.one(call, "sound", state="started")["at"] - world.at(call, "answered")
    assert 4 <= silence <= 5


@pytest.mark.fidelity("amd-advanced-beep")
def test_detect_beep_waits_for_the_beep(world: World) -> None:
    call = ended(world, "voicemail", {"action": "talk", "text": "Hello."},
                 advanced_machine_detection={"mode": "detect_beep"})  # fmt: skip
    assert verdicts(world) == [("machine", "beep_start")]
    beep = world.one(call, "detection", sub_state="beep_start")["at"]
    assert world.one(call, "sound", state="started")["at"] == pytest.approx(beep, abs=0.01)
    assert world.one(call, "said", text=GREETING)["at"] + world.one(call, "said", text=GREETING)["seconds"] <= beep


@pytest.mark.fidelity("amd-advanced-beep")
def test_detect_beep_with_a_person_goes_on_after_the_verdict(world: World) -> None:
    ended(world, "answers", advanced_machine_detection={"mode": "detect_beep"})
    assert verdicts(world) == [("human", None)]


@pytest.mark.fidelity("amd-beep-timeout")
def test_a_beep_that_does_not_come(world: World) -> None:
    world.phone(PHONE, behaviour="voicemail", after=1, greeting=GREETING, beep=False)
    call = world.ended_call({"action": "wait", "timeout": 5},
                            advanced_machine_detection={"mode": "detect_beep", "beep_timeout": 30})  # fmt: skip
    assert verdicts(world) == [("machine", "beep_timeout")]
    late = world.one(call, "detection", sub_state="beep_timeout")["at"] - world.at(call, "answered")
    assert late == pytest.approx(30)


@pytest.mark.fidelity("amd-advanced-default")
def test_default_tells_both_in_passing_and_takes_an_ncco(world: World) -> None:
    replies = {"machine": [], "beep_start": [{"action": "talk", "text": "This is a message for you."}]}

    def reply() -> Any:
        from flask import Response, json

        last = world.learner.payloads()[-1]
        ncco = replies.get(last.get("sub_state") or last.get("status"), [])
        return Response(json.dumps(ncco) if ncco else "", mimetype="application/json")

    world.learner.on("/event", reply)
    call = ended(world, "voicemail", {"action": "stream", "streamUrl": ["http://127.0.0.1:1/none.mp3"]},
                 {"action": "wait", "timeout": 30}, advanced_machine_detection={"mode": "default"})  # fmt: skip
    assert verdicts(world) == [("machine", None), ("machine", "beep_start")]
    assert world.trace(call, "sound", state="started")[-1]["text"] == "This is a message for you."
    assert not [one for one in world.learner.payloads() if one.get("type") == "transfer"]


@pytest.mark.fidelity("amd-advanced-hangup")
def test_behavior_hangup(world: World) -> None:
    call = ended(world, "voicemail", machine_detection="continue",
                 advanced_machine_detection={"mode": "detect", "behavior": "hangup"})  # fmt: skip
    assert world.learner.statuses() == ["started", "ringing", "answered", "machine", "completed"]
    assert world.actions(call) == []


@pytest.mark.fidelity("connect-machine-detection")
def test_connect_detects_machines_too(world: World) -> None:
    other = "447700900041"
    world.phone(other, behaviour="voicemail", after=1, greeting=GREETING)
    call = world.ended_call(
        {"action": "connect", "endpoint": [{"type": "phone", "number": other}], "from": world.number,
         "machineDetection": "hangup"},
        {"action": "talk", "text": "Nobody is there."},
    )  # fmt: skip
    assert verdicts(world) == [("machine", None)]
    assert world.actions(call)[-1] == ("talk", "finished")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("yes", "advanced_machine_detection"),
        ({"mode": "fast"}, "advanced_machine_detection.mode"),
        ({"behavior": "sing"}, "advanced_machine_detection.behavior"),
        ({"beep_timeout": 29}, "advanced_machine_detection.beep_timeout"),
        ({"beep_timeout": 121}, "advanced_machine_detection.beep_timeout"),
    ],
)
@pytest.mark.fidelity("amd-body")
def test_a_wrong_setting_is_named(world: World, value: Any, name: str) -> None:
    reply = world.voice("POST", "", world.order(advanced_machine_detection=value))
    assert reply.status_code == 400
    assert name in {one["name"] for one in reply.json()["invalid_parameters"]}


@pytest.mark.fidelity("amd-too-short")
@pytest.mark.parametrize(
    ("fields", "seconds", "said"),
    [({"machine_detection": "continue"}, 1, "a person or a machine"),
     ({"advanced_machine_detection": {"mode": "default"}}, 3, "the machine beeped")],
)  # fmt: skip
def test_a_call_that_is_over_first_says_so(world: World, fields: Json, seconds: float, said: str) -> None:
    call = ended(world, "voicemail", {"action": "wait", "timeout": seconds}, **fields)
    assert said in world.one(call, "note")["text"]
    assert ("machine", "beep_start") not in verdicts(world)


@pytest.mark.fidelity("amd-too-short")
def test_a_verdict_that_came_leaves_no_remark(world: World) -> None:
    for behaviour in ("answers", "voicemail"):
        call = ended(world, behaviour, machine_detection="hangup")
        assert world.trace(call, "note") == []
