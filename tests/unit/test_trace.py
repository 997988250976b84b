"""The record of a call answers a lesson's questions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from helpers.base.errors import KitError
from helpers.call import Call
from helpers.calls.record import TraceError
from helpers.calls.trace import Trace
from tests.unit import calls
from tests.unit.effort import soon


@pytest.fixture
def menu() -> Call:
    return calls.menu(took=3.0).call()


def test_entries_are_numbered_and_sorted_by_call_time() -> None:
    trace = Trace()
    trace.append("note", at=2.0, leg="a", text="late")
    trace.append("note", at=1.0, leg="a", text="early")
    trace.append("note", at=1.5, leg="b", text="other")
    assert [e["text"] for e in trace.entries("a")] == ["early", "late"]
    assert [e["seq"] for e in trace.entries()] == [2, 3, 1]


def test_entries_of_a_conversation_are_those_of_all_its_legs() -> None:
    trace = Trace()
    for leg, conversation in (("a", "one"), ("b", "two"), ("a", "two"), (None, "one"), ("x", "x")):
        trace.append("note", at=0, leg=leg, conversation=conversation)
    found = {uuid: [e["seq"] for e in trace.entries(uuid)] for uuid in ("a", "b", "one", "two", "x", "nobody")}
    assert found == {"a": [1, 3], "b": [2], "one": [1, 4], "two": [2, 3], "x": [5], "nobody": []}
    trace.entries("a").clear()  # a list of one's own
    assert len(trace.entries("a")) == 2
    trace.clear()
    assert trace.entries("a") == trace.entries() == []


def test_who_came_into_a_conversation_later_is_known_there() -> None:
    trace = Trace()
    trace.append("leg", at=1, leg="a", conversation="own", **{"from": "447700900103"}, direction="inbound")
    trace.append("note", at=2, leg="a", conversation="room")
    assert [[e["seq"] for e in trace.entries(uuid)] for uuid in ("room", "own", "a")] == [[1, 2], [1], [1, 2]]
    room = Call(trace.entries("room"), uuid="room")
    assert (room.from_, room.direction, room.talks) == ("447700900103", "inbound", ["room"])


def test_the_entries_of_one_call_do_not_take_longer_because_there_are_others() -> None:
    trace = Trace()
    for number in range(20_000):
        trace.append("note", at=0, leg=f"leg{number}", conversation=f"talk{number}")
    # Looking through all of them, for each of them, takes minutes.
    assert all(len(found) == 1 for found in soon(lambda: [trace.entries(f"leg{n}") for n in range(20_000)]))


def test_listeners_hear_each_entry_until_they_unsubscribe() -> None:
    trace, heard = Trace(), []
    stop = trace.subscribe(lambda entry: heard.append(entry["at"]))
    trace.append("note", at=1.0)
    stop()
    stop()
    trace.append("note", at=2.0)
    assert heard == [1.0]


def test_appending_from_many_threads_loses_nothing() -> None:
    trace = Trace()
    with ThreadPoolExecutor(4) as writers:
        list(writers.map(lambda _: [trace.append("note", at=0) for _ in range(200)], range(4)))
    assert [e["seq"] for e in trace.entries()] == list(range(1, 801))


def test_who_and_when(menu: Call) -> None:
    assert (menu.from_, menu.to, menu.direction) == (calls.VIRTUAL, calls.PHONE, "outbound")
    assert (menu.leg, menu.legs, menu.conversation) == (calls.LEG, [calls.LEG], calls.TALK)
    assert menu.statuses == ["started", "ringing", "answered", "completed"]
    assert menu.status == "completed"
    assert menu.answered_at == pytest.approx(102.1)
    assert menu.ended_at == pytest.approx(113.7)
    assert menu.duration == pytest.approx(11.6)
    assert menu.since_start(102.1) == pytest.approx(2.1)


def test_a_call_is_found_by_conversation_too(menu: Call) -> None:
    assert Call(menu.entries(), uuid=calls.TALK).statuses == menu.statuses


def test_other_calls_entries_are_left_out(menu: Call) -> None:
    foreign = {"seq": 999, "at": 0.0, "kind": "note", "leg": "other", "conversation": "CON-other", "text": "x"}
    assert Call([*menu.entries(), foreign], uuid=calls.LEG).entries() == menu.entries()


def test_entries_by_kind_and_facts(menu: Call) -> None:
    assert [e["at"] for e in menu.entries("status", status="ringing")] == [pytest.approx(100.1)]
    assert menu.entries("status", status="busy") == []


def test_events_are_the_payloads_on_the_wire(menu: Call) -> None:
    assert [e.get("status", "input") for e in menu.events] == ["started", "ringing", "answered", "input", "completed"]
    assert menu.events[3]["dtmf"] == {"digits": "14", "timed_out": False}


def test_a_repeated_webhook_counts_once() -> None:
    script = calls.inbound()
    for attempt in (1, 2):
        script.hook(3.2, "event", "POST", "/event", {"status": "x"}, status=None, error="read timeout", attempt=attempt)
    assert [e["status"] for e in script.call().events].count("x") == 1


def test_digits_and_actions(menu: Call) -> None:
    assert menu.digits == "14"
    assert [(a.action, a.state, a.why) for a in menu.actions] == [
        ("stream", "stopped", "key press"),
        ("input", "finished", None),
        ("talk", "finished", None),
    ]
    assert menu.actions[0].end - menu.actions[0].start == pytest.approx(4.2)  # type: ignore[operator]


def test_heard_is_float_samples_from_answer_to_end(menu: Call) -> None:
    samples = menu.heard_samples()
    assert samples.dtype == np.float32
    assert len(samples) == round(11.6 * 8000)
    assert 0.5 < np.abs(samples).max() <= 1
    assert np.abs(menu.heard_samples(16000)[:40000]).max() == 0


def test_silences_are_seconds_since_the_answer(menu: Call) -> None:
    assert menu.silences() == [(0.0, 3.0), (7.2, 9.2)]
    assert menu.silences(minimum=2.5) == [(0.0, 3.0)]


def test_unsuccessful_call() -> None:
    busy = calls.unsuccessful("busy", sip_code=486).call()
    assert busy.statuses == ["started", "ringing", "busy", "completed"]
    assert (busy.answered_at, busy.duration) == (None, None)
    assert calls.unsuccessful("rejected", "declined").call().ended_at == pytest.approx(103.1)


def test_a_call_that_goes_on_has_no_end() -> None:
    script = calls.Script()
    script.status(0.1, "started")
    call = script.call()
    assert (call.status, call.ended_at, call.duration) == ("started", None, None)


def test_unknown_uuid_says_what_to_use(menu: Call) -> None:
    with pytest.raises(TraceError, match=r"no call 'nobody'.*conversation_uuid") as caught:
        Call(menu.entries(), uuid="nobody")
    assert isinstance(caught.value, KitError)
    assert caught.value.uuid == "nobody"  # type: ignore[attr-defined]


def test_sound_before_the_answer_is_an_error_that_says_so() -> None:
    with pytest.raises(TraceError, match=r"not answered \(started, ringing, busy, completed\).*wait_for"):
        calls.unsuccessful("busy").call().heard_samples()


def test_sound_of_a_live_call_or_an_unknown_leg() -> None:
    with pytest.raises(TraceError, match=r"no sound in this record.*live"):
        calls.menu().call(sound=False).heard_samples()
    with pytest.raises(TraceError, match=r"no leg 'x'.*call.legs"):
        calls.menu().call().heard_samples(leg="x")


def test_repr_is_one_line_without_ids(menu: Call) -> None:
    assert repr(menu) == (
        "Call 447700900000 → 447700900001, outbound: started, ringing, answered, completed · 11.6 s of talk"
    )
