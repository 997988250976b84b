"""Event webhooks: order, exact fields in their order, and JSON types, for every way a call can go."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from helpers.simulator.legs.life import PICK_UP, SET_UP
from tests.simulator.world import PHONE, Json, World, about, hangs_up

PARTIES = ["from", "to", "uuid", "conversation_uuid"]
PLAIN = ["headers", *PARTIES, "status", "direction", "timestamp"]
FIELDS: dict[str, list[str]] = {
    "started": PLAIN,
    "ringing": PLAIN,
    "timeout": PLAIN,
    "cancelled": PLAIN,
    "answered": ["start_time", "headers", "rate", *PARTIES, "status", "direction", "network", "timestamp"],
    "busy": ["headers", *PARTIES, "status", "direction", "sip_code", "timestamp"],
    "unanswered": ["headers", *PARTIES, "status", "detail", "direction", "sip_code", "timestamp"],
    "rejected": ["headers", *PARTIES, "status", "detail", "direction", "sip_code", "timestamp"],
    "failed": ["headers", *PARTIES, "status", "detail", "direction", "sip_code", "timestamp"],
    "completed": ["headers", "end_time", "uuid", "network", "duration", "start_time", "rate", "price", "from", "to",
                  "conversation_uuid", "status", "direction", "disconnected_by", "sip_code", "timestamp"],
}  # fmt: skip
STAMP = re.compile(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def told(world: World, call: str) -> list[Json]:
    """The events of a call, each checked for its fields and their types."""
    events = world.learner.payloads()
    leg = world.one(call, "leg")
    for event in events:
        status = event["status"]
        assert list(event) == FIELDS[status], status
        assert event["headers"] == {}
        assert {k: event[k] for k in PARTIES} == {
            "from": leg["from"], "to": leg["to"], "uuid": call, "conversation_uuid": leg["conversation"]}  # fmt: skip
        assert event["direction"] == leg["direction"]
        assert STAMP.fullmatch(event["timestamp"])
        if status == "answered":
            assert (event["start_time"], event["rate"], event["network"]) == (None, None, None)
        if "sip_code" in event:
            assert isinstance(event["sip_code"], int)
        if status == "completed":
            _check_bill(event)
    assert [e["timestamp"] for e in events] == sorted(e["timestamp"] for e in events)
    return events


def _check_bill(event: Json) -> None:
    for name in ("end_time", "start_time"):
        assert STAMP.fullmatch(event[name])
        assert event[name].endswith(".000Z")
    assert re.fullmatch(r"\d+", event["duration"])
    assert re.fullmatch(r"\d+\.\d{8}", event["rate"])
    assert event["price"] == f"{float(event['rate']) * int(event['duration']) / 60:.8f}"
    assert isinstance(event["network"], str)
    assert event["disconnected_by"] in ("platform", "user")


def statuses(events: list[Json]) -> list[str]:
    return [event["status"] for event in events]


@pytest.mark.fidelity("event-fields", "event-sip-code", "event-started-ringing", "event-timestamps", "call-price")
def test_answered(world: World) -> None:
    call = world.ended_call({"action": "wait", "timeout": 13})
    events = told(world, call)
    assert statuses(events) == ["started", "ringing", "answered", "completed"]
    assert {k: events[-1][k] for k in ("duration", "rate", "price", "network", "disconnected_by", "sip_code")} == {
        "duration": "13", "rate": "0.01500000", "price": "0.00325000", "network": "23410",
        "disconnected_by": "platform", "sip_code": 200}  # fmt: skip
    assert events[0]["timestamp"] == events[1]["timestamp"]  # "created practically together"


@pytest.mark.fidelity("event-sip-code")
def test_answered_and_hung_up_by_the_person(world: World) -> None:
    world.phone(script=hangs_up(3))
    call = world.ended_call({"action": "wait", "timeout": 60})
    last = told(world, call)[-1]
    assert (last["duration"], last["disconnected_by"], last["sip_code"]) == ("3", "user", 200)


@pytest.mark.fidelity(
    "event-fields",
    "event-sip-code",
    "event-completed-last",
    "phone-busy",
    "phone-declines",
    "phone-rings-out",
    "phone-out-of-service",
    "phone-unreachable",
    "phone-no-such-number",
    "phone-blocked",
    "event-never-answered",
)
@pytest.mark.parametrize(
    ("behaviour", "sequence", "detail", "sip_code"),
    [
        ("busy", ["started", "ringing", "busy", "completed"], None, 486),
        ("declines", ["started", "ringing", "rejected"], "declined", 486),
        ("rings_out", ["started", "ringing", "unanswered", "completed"], "carrier_timeout", 480),
        ("out_of_service", ["started", "ringing", "failed", "completed"], "number_out_of_service", 404),
        ("unreachable", ["started", "ringing", "unanswered", "completed"], "unavailable", 480),
        ("no_such_number", ["started", "ringing", "rejected"], "invalid_number", 404),
        ("blocked", ["started", "ringing", "failed", "completed"], "cannot_route", 403),
    ],
)
def test_not_answered(world: World, behaviour: str, sequence: list[str], detail: Any, sip_code: int) -> None:
    world.phone(behaviour=behaviour)
    call = world.call()
    world.until(call, sequence[-1])
    world.advance(100)
    events = told(world, call)
    assert statuses(events) == sequence
    assert events[2].get("detail") == detail
    assert events[2]["sip_code"] == sip_code
    if sequence[-1] == "completed":
        assert {k: events[-1][k] for k in ("duration", "price", "disconnected_by", "sip_code")} == {
            "duration": "0", "price": "0.00000000", "sip_code": sip_code,
            "disconnected_by": "platform" if behaviour == "blocked" else "user"}  # fmt: skip
        assert events[-1]["start_time"] == events[-1]["end_time"]
        assert events[-1]["end_time"][:19] == events[-1]["timestamp"][:19]


@pytest.mark.fidelity("event-fields", "event-completed-last", "call-ringing")
def test_the_ringing_timer_runs_out(world: World) -> None:
    world.phone(behaviour="rings_out")
    call = world.ended_call(ringing_timer=5)
    assert statuses(told(world, call)) == ["started", "ringing", "timeout", "completed"]
    assert world.at(call, "timeout") - world.at(call, "ringing") == pytest.approx(5)


@pytest.mark.fidelity("call-timers")
def test_the_usual_ringing_timer_is_a_minute(world: World) -> None:
    world.phone(behaviour="manual")
    call = world.ended_call()
    assert world.at(call, "timeout") - world.at(call, "ringing") == pytest.approx(60)


@pytest.mark.fidelity("caller-id-foreign")
def test_a_foreign_caller_id_does_not_connect(world: World) -> None:
    call = world.call(**{"from": {"type": "phone", "number": "447700900999"}})
    world.until(call, "rejected")
    events = told(world, call)
    assert statuses(events) == ["started", "rejected"]
    assert (events[1]["detail"], events[1]["sip_code"]) == ("restricted", 403)
    assert "not a number you rent" in world.one(call, "note")["text"]


@pytest.mark.fidelity("websocket-refused")
def test_no_route(world: World) -> None:
    endpoint = {"type": "websocket", "uri": "wss://192.0.2.1/x", "content-type": "audio/l16;rate=8000"}
    call = world.ended_call(to=[endpoint])
    events = told(world, call)
    assert statuses(events) == ["started", "ringing", "failed", "completed"]
    assert (events[2]["detail"], events[3]["disconnected_by"]) == ("cannot_route", "platform")
    assert "this machine only" in world.one(call, "websocket")["why"]


@pytest.mark.fidelity("event-started-ringing", "uuid-forms", "event-fields")
def test_inbound(world: World) -> None:
    world.take_calls({"action": "wait", "timeout": 2})
    call = world.ended_incoming_call()
    assert re.fullmatch(r"[0-9a-f]{32}", call)
    events = told(world, call)
    assert statuses(events) == ["ringing", "started", "answered", "completed"]
    assert events[0]["timestamp"] == events[1]["timestamp"]
    assert (events[0]["from"], events[0]["to"], events[0]["direction"]) == (PHONE, world.number, "inbound")
    paths = [one.path for one in world.learner.received]
    assert paths == ["/event", "/event", "/answer", "/event", "/event"]


def test_inbound_given_up_before_the_answer(world: World) -> None:
    world.take_calls()
    call = world.dial()
    world.advance(0.3)
    world.use("hang_up")
    world.until(call)
    events = told(world, call)
    assert statuses(events) == ["ringing", "started", "cancelled", "completed"]
    assert events[-1]["disconnected_by"] == "user"


@pytest.mark.fidelity("call-set-up")
def test_setting_up_and_picking_up_take_their_time(world: World) -> None:
    world.take_calls({"action": "wait", "timeout": 2})
    inbound, outbound = world.dial(), world.call(to=[{"type": "phone", "number": "447700900002"}])
    world.until(inbound)
    world.until(outbound)
    assert world.at(inbound, "started") - world.one(inbound, "leg")["at"] == about(SET_UP)
    assert world.at(inbound, "answered") - world.at(inbound, "started") == about(PICK_UP)
    assert world.at(outbound, "started") - world.one(outbound, "leg")["at"] == about(SET_UP)


@pytest.mark.fidelity("event-answered")
def test_the_answered_event_comes_late_and_tells_the_time_of_the_pick_up(world: World) -> None:
    world.learner.on("/answer", lambda: (world.watch.dawdle(0.62), [{"action": "wait", "timeout": 2}])[1])
    call = world.ended_call_with_answer_url()
    answered = world.learner.payloads()[2]
    since_ringing = world.at(call, "answered") - world.at(call, "ringing")
    ringing = datetime.fromisoformat(world.learner.payloads()[1]["timestamp"])
    assert datetime.fromisoformat(answered["timestamp"]) - ringing == timedelta(seconds=round(since_ringing, 3))
    sent = [one["at"] for one in world.trace(call, "webhook", type="event")][2]
    assert sent - world.at(call, "answered") == about(0.5)  # the answer webhook came first, and took its time


@pytest.mark.fidelity("event-get")
def test_events_by_get_carry_json_text(world: World) -> None:
    world.ended_call(event_url=[f"{world.learner.url}/event?own=1"], event_method="GET")
    first, *_, last = world.learner.at("/event")
    assert first.method == "GET"
    assert [name for name, _ in first.query] == ["own", *PLAIN]
    assert dict(first.query)["headers"] == "{}"
    assert dict(world.learner.at("/event")[2].query)["start_time"] == "null"
    assert dict(last.query)["sip_code"] == "200"


@pytest.mark.fidelity("event-url-choice")
def test_an_event_url_of_the_call_beats_the_applications(world: World) -> None:
    world.ended_call(event_url=[world.learner.on("/other", ("", 200))])
    assert len(world.learner.at("/other")) == 4
    assert world.learner.at("/event") == []


@pytest.mark.fidelity("event-transport")
def test_post_requests_look_as_they_should(world: World) -> None:
    world.until(world.call())
    one = world.learner.at("/event")[0]
    assert one.method == "POST"
    assert one.headers["Content-Type"] == "application/json"
    assert b": " not in one.body  # compact


@pytest.mark.fidelity("event-retry")
@pytest.mark.parametrize(
    ("status", "attempts"), [(429, 2), (502, 2), (503, 2), (504, 2), (500, 1), (404, 1), (302, 1), (205, 1), (200, 1)]
)
def test_an_event_is_tried_again_only_after_what_passes(world: World, status: int, attempts: int) -> None:
    world.learner.on("/event", ("", status, {"Location": "/other"}))
    call = world.ended_call({"action": "wait", "timeout": 1})
    assert len(world.learner.at("/event")) == len(world.learner.received) == 4 * attempts
    assert [e["attempt"] for e in world.trace(call, "webhook")] == [1, 2][:attempts] * 4
    errors = {e["error"] for e in world.trace(call, "reply")}
    assert errors == ({None} if status < 300 else {f"HTTP {status}"})
    assert world.lasted(call) == about(1)


@pytest.mark.fidelity("event-nobody")
def test_a_call_without_a_listening_event_url_goes_on(world: World) -> None:
    call = world.ended_call(event_url=["http://127.0.0.1:9/event"])
    assert {e["error"] for e in world.trace(call, "reply")} == {"connection refused"}
    assert [e["status"] for e in world.trace(call, "status")][-1] == "completed"
    assert len(world.trace(call, "webhook")) == len(world.trace(call, "reply")) == 8


@pytest.mark.fidelity("call-length")
def test_the_length_timer_ends_a_call(world: World) -> None:
    call = world.ended_call({"action": "wait", "timeout": 100}, length_timer=7)
    last = told(world, call)[-1]
    assert (last["duration"], last["disconnected_by"]) == ("7", "platform")
    assert "length_timer" in world.trace(call, "status")[-1]["why"]
