"""Faults by name: each strikes when it should, says so in the record, and is followed by what the rules say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from helpers.simulator.legs.faults import FAULTS, KNOWN
from tests.simulator.world import PHONE, Json, World, about

NCCO = [{"action": "wait", "timeout": 2}]
ASK = {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 1}}


def struck(world: World, call: str, name: str) -> list[Json]:
    """The entries of a fault; each stands after its request and before the reply, where it has one."""
    return world.trace(call, "fault", name=name)


def with_fallback(world: World) -> str:
    """An application whose fallback gives an NCCO."""
    fallback = {"address": world.learner.on("/fallback", NCCO)}
    world.app = world.application(webhooks={"fallback_answer_url": fallback})
    return world.app


# Switching


def test_all_that_there_is_with_a_line_of_explanation(world: World) -> None:
    world.fault(answer_500={"times": 2})
    told = world.control("GET", "/faults").json()
    assert told["active"] == {"answer_500": {"times": 2, "call": ""}}
    assert set(told["available"]) == set(FAULTS)
    assert told["available"]["answer_slow"]["settings"] == {"seconds": 3, "times": 0, "call": ""}
    for fault in told["available"].values():
        assert 15 < len(fault["what"]) < 100


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"times": "1"}, "times"), ({"times": -1}, "times"), ({"times": True}, "times"), ({"seconds": 1}, "call is"),
     ({"call": 7}, "call is"), ({"call": "nobody"}, "GET /simulator/calls"), (True, "null is off")],
)  # fmt: skip
def test_settings_that_are_none(world: World, settings: Any, words: str) -> None:
    reply = world.control("PUT", "/faults", {"event_500": {}, "answer_500": settings})
    assert reply.status_code == 400
    assert words in reply.json()["cure"]
    assert world.control("GET", "/faults").json()["active"] == {}


@pytest.mark.fidelity("fault-times")
def test_a_fault_strikes_as_often_as_it_was_told(world: World) -> None:
    world.learner.on("/answer", NCCO)
    world.fault(answer_500={"times": 2})
    struck_at = []
    for _ in range(3):
        call = world.ended_call_with_answer_url()
        struck_at.append(len(struck(world, call, "answer_500")))
        assert ("wait", "finished") in world.actions(call) or struck_at[-1]
    assert struck_at == [1, 1, 0]
    assert world.control("GET", "/faults").json()["active"] == {}


@pytest.mark.fidelity("fault-times", "fault-call")
def test_a_fault_for_one_call_spares_the_others_until_it_is_switched_off(world: World) -> None:
    other = "447700900002"
    one, two = world.call(*NCCO * 2), world.call(*NCCO * 2, to=[{"type": "phone", "number": other}])
    room = world.one(two, "leg")["conversation"]
    world.fault(event_500={"call": one}, event_down={"call": room})
    world.until(one, "answered")
    assert len(struck(world, one, "event_500")) == 3
    assert not struck(world, one, "event_down")
    world.until(two, "answered")
    assert struck(world, two, "event_down")
    assert not struck(world, two, "event_500")
    world.fault(event_500=None, event_down=None)
    world.until(one)
    world.until(two)
    assert len(struck(world, one, "event_500")) == 3
    assert [e["error"] for e in world.trace(one, "reply")] == ["HTTP 500"] * 3 + [None]


# The answer URL


@pytest.mark.fidelity("fault-answer-slow", "answer-waits")
def test_a_slow_answer_is_silence(world: World) -> None:
    world.learner.on("/answer", [{"action": "talk", "text": "At last"}])
    world.fault(answer_slow={"seconds": 3.5, "times": 1})
    call = world.ended_call_with_answer_url()
    [fault] = struck(world, call, "answer_slow")
    assert fault["settings"] == {"seconds": 3.5, "times": 1, "call": ""}
    assert fault["at"] == world.at(call, "answered")
    assert fault["what"] == KNOWN["answer_slow"].what
    begun = world.one(call, "sound", state="started")
    assert begun["at"] - world.at(call, "answered") == pytest.approx(3.5)
    heard = world.heard(call)
    assert np.abs(heard[: int(3.5 * 8000)]).max() < 0.001 < np.abs(heard).max()
    asked = world.one(call, "webhook", type="answer")["request"]
    assert world.one(call, "reply", request=asked)["seconds"] == 3.5


@pytest.mark.fidelity("fault-answer-slow", "answer-retry", "fallback-when")
def test_an_answer_that_is_too_slow_is_asked_once_more_then_the_fallback(world: World) -> None:
    world.learner.on("/answer", NCCO)
    with_fallback(world)
    world.fault(answer_slow={"seconds": 5})
    call = world.ended_call_with_answer_url()
    assert world.attempts(call, "answer") == [(1, "read timeout"), (2, "read timeout")]
    assert world.attempts(call, "fallback") == [(1, None)]
    assert world.one(call, "ncco")["at"] - world.at(call, "answered") == pytest.approx(10)  # 5 s each
    assert len(world.learner.at("/answer")) == 2


@pytest.mark.fidelity("fault-answer-slow", "answer-waits")
def test_how_slow_is_too_slow_is_the_applications_own(world: World) -> None:
    hook = {"address": world.learner.on("/answer", NCCO), "socket_timeout": 2000}
    event = {"address": f"{world.learner.url}/event", "socket_timeout": 4000}
    world.app = world.application(webhooks={"answer_url": hook, "event_url": event})
    world.link()
    world.fault(answer_slow={"seconds": 2.5})
    call = world.ended_incoming_call()
    assert world.attempts(call, "answer") == [(1, "read timeout"), (2, "read timeout")]
    assert world.lasted(call) == pytest.approx(2 + 2 + 1)


FAILS: dict[str, tuple[str, str, int]] = {
    "answer_500": ("fault-answer-500", "HTTP 500", 1),
    "answer_html": ("fault-answer-html", "wrong content type text/html", 1),
    "answer_bad_json": ("fault-answer-bad-json", "not JSON", 1),
    "answer_reset": ("fault-answer-reset", "connection closed", 2),
}


@pytest.mark.fidelity(
    "fault-answer-500",
    "fault-answer-html",
    "fault-answer-bad-json",
    "fault-answer-reset",
    "answer-retry",
    "answer-none",
    "fallback-request",
)
@pytest.mark.parametrize("name", FAILS)
@pytest.mark.parametrize("fallback", [False, True], ids=["alone", "with a fallback"])
def test_an_answer_that_fails_every_time(world: World, name: str, fallback: bool) -> None:
    _, reason, asked = FAILS[name]
    world.learner.on("/answer", NCCO)
    if fallback:
        with_fallback(world)
    world.fault(**{name: {}})
    call = world.ended_call_with_answer_url()
    assert len(world.learner.at("/answer")) == asked == len(struck(world, call, name))
    assert reason in world.one(call, "error")["reason"]
    order = [e["kind"] for e in world.trace(call) if e["kind"] == "fault" or e.get("type") == "answer"]
    assert order == ["webhook", "fault"] * asked
    statuses = world.learner.statuses()
    if fallback:
        [told] = world.learner.at("/fallback")
        assert told.payload["reason"] == "Connection closed." if asked == 2 else reason in told.payload["reason"]
        assert statuses == ["started", "ringing", "answered", "completed"]
    else:
        assert statuses == ["started", "ringing", "answered", "error", "completed"]
        assert world.lasted(call) == about(1)


@pytest.mark.fidelity("fault-answer-500")
def test_a_fault_of_the_answer_url_also_strikes_a_transfer(world: World) -> None:
    call = world.answered_call({"action": "wait", "timeout": 9})
    world.fault(answer_500={"call": call, "times": 1})
    destination = {"type": "ncco", "url": [world.learner.on("/other", NCCO)]}
    world.voice("PUT", f"/{call}", {"action": "transfer", "destination": destination})
    world.until(call)
    assert struck(world, call, "answer_500")
    assert "HTTP 500" in world.one(call, "error")["reason"]
    assert world.actions(call) == [("wait", "started"), ("wait", "finished")]  # the old NCCO goes on


# The event URL


@pytest.mark.fidelity("fault-event-down", "event-nobody")
def test_an_event_url_that_is_down_loses_events_and_not_the_call(world: World) -> None:
    world.fault(event_down={})
    call = world.answered_call(*NCCO)
    assert world.learner.received == []
    world.fault(event_down=None)
    world.until(call)
    refused = [(1, "connection refused"), (2, "connection refused")]
    assert world.attempts(call, "event") == refused * 3 + [(1, None)]
    assert len(struck(world, call, "event_down")) == 6
    assert world.learner.statuses() == ["completed"]  # what was lost is not sent later


@pytest.mark.fidelity("fault-event-500", "event-retry")
def test_an_event_that_is_answered_500_is_not_sent_again(world: World) -> None:
    world.fault(event_500={"times": 2})
    call = world.ended_call(*NCCO)
    assert world.attempts(call, "event") == [(1, "HTTP 500"), (1, "HTTP 500"), (1, None), (1, None)]
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]  # the server saw them all


@pytest.mark.fidelity("fault-event-500", "fault-event-down", "mid-call-failure", "fallback-request")
@pytest.mark.parametrize(("name", "tried"), [("event_500", 1), ("event_down", 2)])
def test_an_input_event_that_fails_goes_to_the_fallback(world: World, name: str, tried: int) -> None:
    with_fallback(world)
    call = world.answered_call(ASK, {"action": "wait", "timeout": 50})
    world.fault(**{name: {}})
    world.until(call)
    assert len(world.attempts(call, "input")) == tried
    [told] = world.learner.at("/fallback")
    assert '"type":"event"' in told.payload["original_request"]
    assert [e["source"] for e in world.trace(call, "ncco")] == ["inline", "input"]
    assert world.actions(call)[-1] == ("wait", "finished")
    assert world.lasted(call) < 10


@pytest.mark.fidelity("fault-event-500", "mid-call-failure", "fallback-retry")
def test_without_a_fallback_that_works_the_old_ncco_goes_on(world: World) -> None:
    fallback = {"address": world.learner.on("/fallback", ("busy", 503))}
    world.app = world.application(webhooks={"fallback_answer_url": fallback})
    call = world.answered_call(ASK, {"action": "wait", "timeout": 5})
    world.fault(event_500={})
    world.until(call)
    assert len(world.learner.at("/fallback")) == 2
    assert world.actions(call)[-1] == ("wait", "finished")
    assert [e["source"] for e in world.trace(call, "ncco")] == ["inline"]


# Order and number of events


@pytest.mark.fidelity("fault-reorder-events", "event-order")
@pytest.mark.parametrize(
    ("behaviour", "sequence"),
    [
        ("answers", ["ringing", "started", "answered", "completed"]),
        ("busy", ["ringing", "started", "completed", "busy"]),
        ("declines", ["ringing", "started", "rejected"]),
        ("rings_out", ["ringing", "started", "completed", "unanswered"]),
    ],
)
def test_events_change_places(world: World, behaviour: str, sequence: list[str]) -> None:
    world.fault(reorder_events={})
    world.phone(behaviour=behaviour)
    call = world.call(*NCCO)
    world.until(call, sequence[-1] if behaviour == "declines" else "completed")
    world.advance(1)
    assert world.learner.statuses() == sequence
    assert len(struck(world, call, "reorder_events")) == (2 if "completed" in sequence[2:3] else 1)
    was = [one["status"] for one in world.trace(call, "status")]
    assert was[:2] == ["started", "ringing"]  # only their events have changed places
    stamps = {one["status"]: one["timestamp"] for one in world.learner.payloads()}
    assert stamps["started"] == stamps["ringing"]
    order = [one["payload"]["status"] for one in world.trace(call, "webhook")]
    assert order == sequence


@pytest.mark.fidelity("fault-reorder-events")
def test_events_of_an_incoming_call_change_places_too(world: World) -> None:
    world.link()
    world.fault(reorder_events={"times": 1})
    world.ended_incoming_call()
    assert world.learner.statuses()[:2] == ["started", "ringing"]
    again = world.ended_incoming_call()
    assert [one["payload"]["status"] for one in world.trace(again, "webhook", type="event")][:2] == [
        "ringing", "started"]  # fmt: skip


@pytest.mark.fidelity("fault-reorder-events", "fault-call")
def test_events_of_other_calls_stay_in_order(world: World) -> None:
    one = world.call(*NCCO)
    world.fault(reorder_events={"call": one})
    two = world.call(*NCCO, to=[{"type": "phone", "number": "447700900002"}])
    world.until(one)
    world.until(two)
    orders = [[e["payload"]["status"] for e in world.trace(call, "webhook")][:2] for call in (one, two)]
    assert orders == [["ringing", "started"], ["started", "ringing"]]
    assert not struck(world, two, "reorder_events")


@pytest.mark.fidelity("fault-reorder-events")
def test_an_event_whose_partner_never_comes_is_not_kept_back(world: World) -> None:
    world.fault(reorder_events={})
    call = world.call(**{"from": {"type": "phone", "number": "447700900999"}})
    world.until(call, "rejected")
    world.advance(1)
    assert world.learner.statuses() == ["started", "rejected"]
    assert not struck(world, call, "reorder_events")


@pytest.mark.fidelity("fault-duplicate-events")
def test_events_come_twice(world: World) -> None:
    world.fault(duplicate_events={"times": 2})
    call = world.ended_call(*NCCO)
    assert world.learner.statuses() == ["started", "started", "ringing", "ringing", "answered", "completed"]
    first, second, *_ = world.learner.at("/event")
    assert first.body == second.body
    assert len(struck(world, call, "duplicate_events")) == 2


# The sound file


def stream(world: World, sound: bytes, **headers: str) -> Json:
    return {"action": "stream", "streamUrl": [world.learner.serve("noise.wav", sound, **headers)]}


@pytest.mark.fidelity("fault-audio-404", "fault-audio-wrong-format", "stream-unplayable")
@pytest.mark.parametrize(
    ("name", "reason", "status"),
    [("audio_404", "HTTP 404", 404), ("audio_wrong_format", "Ogg", 200)],
)
def test_a_file_that_is_not_to_be_had_is_skipped(
    world: World, second: bytes, name: str, reason: str, status: int
) -> None:
    world.fault(**{name: {}})
    call = world.ended_call(stream(world, second), *NCCO)
    assert world.actions(call)[:2] == [("stream", "started"), ("stream", "skipped")]
    assert world.actions(call)[-1] == ("wait", "finished")
    fetched = world.one(call, "fetch")
    assert fetched["status"] == status
    assert reason in fetched["error"]
    assert reason in world.one(call, "error")["reason"]
    assert "error" in world.learner.statuses()
    assert struck(world, call, name)[0]["seq"] < fetched["seq"]


@pytest.mark.fidelity("fault-audio-slow")
def test_a_slow_file_is_silence_first(world: World, second: bytes) -> None:
    world.fault(audio_slow={"seconds": 2, "times": 1})
    call = world.ended_call(stream(world, second))
    assert world.one(call, "sound", state="started")["at"] - world.at(call, "answered") == pytest.approx(2)
    heard = world.heard(call)
    assert np.abs(heard[: 2 * 8000]).max() < 0.001
    assert len(heard) == 3 * 8000
    assert len(struck(world, call, "audio_slow")) == 1


@pytest.mark.fidelity("fault-audio-slow", "stream-limits")
def test_a_file_that_comes_too_late_is_not_played(world: World, second: bytes) -> None:
    world.fault(audio_slow={"seconds": 60})
    call = world.ended_call(stream(world, second))
    assert "did not answer in time" in world.one(call, "error")["reason"]
    assert world.lasted(call) == pytest.approx(10)


@pytest.mark.fidelity("fault-audio-truncated", "stream-cache")
def test_half_a_file_is_heard_as_far_as_it_goes_and_is_not_kept(world: World, second: bytes) -> None:
    world.fault(audio_truncated={"times": 1})
    action = stream(world, second, **{"Cache-Control": "max-age=900"})
    call = world.ended_call(action, action, action)
    seconds = [one["seconds"] for one in world.trace(call, "sound", state="started")]
    assert seconds == [pytest.approx(0.5, abs=0.01), 1.0, 1.0]
    assert [one["cache"] for one in world.trace(call, "fetch")] == ["miss", "miss", "hit"]
    assert any("cut off" in one["text"] for one in world.trace(call, "note"))


# The Voice API


@pytest.mark.fidelity("fault-api")
@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("api_401", 401, {"type": "UNAUTHORIZED", "error_title": "Unauthorized"}),
        ("api_429", 429, {"title": "Rate Limit Hit"}),
        ("api_500", 500, {"title": "Internal Server Error"}),
    ],
)
def test_the_api_refuses_once(world: World, name: str, status: int, body: Json) -> None:
    world.fault(**{name: {"times": 1}})
    refused = world.voice("POST", "", world.order(*NCCO))
    assert refused.status_code == status
    assert refused.json() | body == refused.json()
    assert name in refused.headers["x-simulator-why"]
    entries = world.network.trace.entries()
    assert [(e["name"], e["leg"]) for e in entries if e["kind"] == "fault"] == [(name, None)]
    assert world.control("GET", "/calls").json() == []
    world.ended_call(*NCCO)


@pytest.mark.fidelity("fault-api", "fault-call")
def test_the_api_refuses_requests_about_one_call(world: World) -> None:
    one, two = world.call(*NCCO * 3), world.call(to=[{"type": "phone", "number": "447700900002"}])
    world.fault(api_500={"call": one})
    assert world.voice("GET", f"/{one}").status_code == 500
    assert world.voice("GET", f"/{two}").status_code == 200
    assert world.voice("GET").status_code == 200
    assert len(struck(world, one, "api_500")) == 1


# The line


@pytest.mark.fidelity("fault-line-busy")
def test_the_line_is_busy_as_often_as_it_is_to_be(world: World) -> None:
    world.fault(line_busy={"times": 1})
    call = world.call({"action": "wait", "timeout": 1})
    world.advance(5)
    told = [one["status"] for one in world.learner.payloads() if one.get("uuid") == call]
    assert told == ["started", "ringing", "busy", "completed"]
    assert world.one(call, "status", status="busy")["why"] == "the line is busy" and struck(world, call, "line_busy")
    assert (
        world.ended_call({"action": "wait", "timeout": 1})
        and "line_busy" not in world.control("GET", "/faults").json()["active"]
    )


@pytest.mark.fidelity("fault-line-drop")
def test_the_line_breaks_a_while_after_the_answer(world: World) -> None:
    world.fault(line_drop={"after": 4, "times": 1})
    call = world.ended_call({"action": "wait", "timeout": 60})
    assert world.lasted(call) == pytest.approx(4)
    last = world.learner.payloads()[-1]
    assert (last["status"], last["duration"], last["disconnected_by"]) == ("completed", "4", "user")
    assert world.one(call, "status", status="completed")["why"] == "the line broke"
    assert struck(world, call, "line_drop")[0]["at"] == world.at(call, "completed")
    again = world.ended_call({"action": "wait", "timeout": 6})
    assert not struck(world, again, "line_drop")


@pytest.mark.fidelity("fault-line-drop", "fault-call")
def test_the_line_of_a_call_that_is_up_breaks_now(world: World, second: bytes) -> None:
    other = "447700900002"
    one = world.call(stream(world, second) | {"loop": 0})
    two = world.call({"action": "wait", "timeout": 20}, to=[{"type": "phone", "number": other}])
    world.until(one, "answered")
    world.advance(2.5)
    world.fault(line_drop={"call": one})
    world.until(one)
    assert world.lasted(one) == pytest.approx(2.5)
    assert world.actions(one)[-1] == ("stream", "stopped")
    world.until(two)
    assert world.actions(two)[-1] == ("wait", "finished")


@pytest.mark.fidelity("fault-line-drop")
def test_a_drop_that_is_switched_off_in_time_does_not_happen(world: World) -> None:
    call = world.answered_call({"action": "wait", "timeout": 10})
    world.fault(line_drop={"after": 5})
    world.advance(3)
    world.fault(line_drop=None)
    world.until(call)
    assert world.actions(call)[-1] == ("wait", "finished")
    assert not struck(world, call, "line_drop")


@pytest.mark.fidelity("fault-line-drop")
def test_when_one_line_breaks_the_other_goes_on(world: World) -> None:
    other = "447700900012"
    world.phone(other, after=1)
    connect = {"action": "connect", "from": world.number, "endpoint": [{"type": "phone", "number": other}]}
    call = world.call(connect, {"action": "wait", "timeout": 3})
    world.advance(8)
    callee = world.leg_to(other)
    world.fault(line_drop={"call": callee})
    world.until(call)
    assert world.trace(callee, "fault", leg=callee)
    assert not world.trace(call, "fault", leg=call)
    assert world.actions(call)[-1] == ("wait", "finished")


# The switches


@pytest.mark.fidelity("fault-named", "caller-id-foreign", "hang-up-early")
def test_what_is_allowed_by_a_switch_names_it(world: World) -> None:
    world.fault(early_hang_up_works={}, foreign_caller_id_connects={}, low_balance={})
    assert world.voice("POST", "", world.order(*NCCO)).status_code == 402
    world.fault(low_balance=None)
    call = world.call(*NCCO, **{"from": {"type": "phone", "number": "447700900999"}})
    world.advance(0.3)
    assert world.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    world.until(call)
    assert world.learner.statuses() == ["started", "ringing", "cancelled", "completed"]
    named = [e["name"] for e in world.network.trace.entries() if e["kind"] == "fault"]
    assert named == ["low_balance", "foreign_caller_id_connects", "early_hang_up_works"]


def test_a_switch_that_makes_no_difference_is_not_named(world: World) -> None:
    world.fault(early_hang_up_works={}, foreign_caller_id_connects={})
    call = world.answered_call({"action": "wait", "timeout": 9}, to=[{"type": "phone", "number": PHONE}])
    world.advance(2)
    assert world.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    assert not world.trace(call, "fault")
