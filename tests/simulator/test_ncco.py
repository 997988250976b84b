"""NCCOs carried out: talk, wait, notify, order, replacement, and what is skipped."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Response

from tests.simulator.world import Json, World

WAIT = {"action": "wait", "timeout": 2}


def notify(world: World, *replies: Any, **options: Any) -> Json:
    return {"action": "notify", "payload": {"step": 1}, "eventUrl": [world.learner.on("/notify", *replies)], **options}


@pytest.mark.fidelity("ncco-order")
def test_actions_run_in_order_and_then_the_call_ends(world: World) -> None:
    call = world.ended_call(WAIT, {"action": "talk", "text": "Hello"}, {"action": "wait", "timeout": 0.5})
    assert world.actions(call) == [("wait", "started"), ("wait", "finished"), ("talk", "started"),
                                   ("talk", "finished"), ("wait", "started"), ("wait", "finished")]  # fmt: skip
    indices = [(e["ncco"], e["index"]) for e in world.trace(call, "action")]
    assert indices == [(1, 0)] * 2 + [(1, 1)] * 2 + [(1, 2)] * 2
    assert world.trace(call, "status")[-1]["why"] == "every action is complete"


@pytest.mark.fidelity("wait-clamped")
@pytest.mark.parametrize(
    ("options", "seconds"),
    [({}, 10), ({"timeout": 0.1}, 0.1), ({"timeout": 3.7}, 3.7), ({"timeout": 0.01}, 0.1), ({"timeout": 9000}, 7200)],
)
def test_wait(world: World, options: Json, seconds: float) -> None:
    call = world.ended_call({"action": "wait", **options}, length_timer=86_400)
    assert world.lasted(call) == pytest.approx(seconds)


@pytest.mark.fidelity("talk-loop")
def test_talk_lasts_as_long_as_its_words_and_loops(world: World) -> None:
    once = world.ended_call({"action": "talk", "text": "One two three"})
    sound = world.one(once, "sound", state="started")
    assert (sound["source"], sound["text"], sound["loop"]) == ("talk", "One two three", 1)
    assert world.lasted(once) == pytest.approx(sound["seconds"], abs=0.001)
    twice = world.ended_call({"action": "talk", "text": "One two three", "loop": 2})
    assert world.lasted(twice) == pytest.approx(2 * world.lasted(once), abs=0.002)


@pytest.mark.fidelity("notify-event")
def test_notify_sends_the_payload_and_goes_on(world: World) -> None:
    call = world.ended_call(notify(world, ("", 200)), WAIT)
    [told] = world.learner.payloads("/notify")
    assert list(told) == ["payload", "conversation_uuid", "timestamp"]
    assert told["payload"] == {"step": 1}
    assert told["conversation_uuid"] == world.one(call, "leg")["conversation"]
    assert world.one(call, "notify")["payload"] == {"step": 1}
    assert world.lasted(call) == pytest.approx(2)


@pytest.mark.fidelity("notify-reply")
def test_a_reply_with_an_ncco_replaces_the_rest(world: World) -> None:
    call = world.ended_call(notify(world, [{"action": "wait", "timeout": 5}]), WAIT)
    assert world.lasted(call) == pytest.approx(5)
    assert [e["source"] for e in world.trace(call, "ncco")] == ["inline", "notify"]
    assert [(e["ncco"], e["index"], e["action"]) for e in world.trace(call, "action", state="started")] == [
        (1, 0, "notify"), (2, 0, "wait")]  # fmt: skip


def test_a_notify_that_replaces_itself_for_ever_is_stopped_by_the_length_timer(world: World) -> None:
    again = [{"action": "wait", "timeout": 1}, notify(world, ("", 200))]
    call = world.ended_call(notify(world, again), length_timer=4)
    assert world.lasted(call) == pytest.approx(4)
    assert len(world.trace(call, "ncco")) == 5


@pytest.mark.fidelity("reply-goes-on")
@pytest.mark.parametrize("reply", ["", "{}", "[]", "thanks", '{"ok": true}', "null"])
def test_a_reply_that_is_no_ncco_means_go_on(world: World, reply: str) -> None:
    call = world.ended_call(notify(world, lambda: Response(reply, mimetype="application/json")), WAIT)
    assert world.lasted(call) == pytest.approx(2)
    assert world.trace(call, "error") == []


@pytest.mark.fidelity("mid-call-failure", "ncco-syntax-error")
def test_a_reply_with_a_wrong_ncco_is_an_error_and_goes_on(world: World) -> None:
    call = world.ended_call(notify(world, [{"action": "sing"}]), WAIT)
    assert world.one(call, "error")["reason"] == "Syntax error in NCCO. Invalid value type or action."
    assert "sing" in world.one(call, "error")["advice"]
    assert world.lasted(call) == pytest.approx(2)


@pytest.mark.fidelity("mid-call-failure")
def test_a_notify_that_fails_asks_the_fallback(world: World) -> None:
    fallback = {"address": world.learner.on("/fallback", [{"action": "wait", "timeout": 7}]), "http_method": "POST"}
    world.app = world.application(webhooks={"fallback_answer_url": fallback})
    call = world.ended_call(notify(world, ("no", 500)), WAIT)
    [asked] = world.learner.payloads("/fallback")
    assert asked["payload"] == {"step": 1}
    assert asked["original_request"] == {"url": f"{world.learner.url}/notify", "type": "event"}
    assert world.lasted(call) == pytest.approx(7)


@pytest.mark.fidelity("ncco-unknown-option")
def test_an_option_that_is_none_is_ignored_and_kept(world: World) -> None:
    ncco = [{"action": "talk", "text": "Hello", "colour": {"shade": None}}]
    world.learner.on("/answer", ncco)
    call = world.ended_call_with_answer_url()
    assert world.trace(call, "error") == []
    assert world.one(call, "ncco")["actions"] == ncco
    assert world.actions(call) == [("talk", "started"), ("talk", "finished")]
    assert 'has no option "colour"' in world.one(call, "note")["text"]


@pytest.mark.fidelity("ncco-unknown-option")
def test_the_channel_of_an_old_palette_is_ignored(world: World) -> None:
    call = world.ended_call({"action": "record", "channel": "1"}, WAIT)
    assert "Did you mean channels?" in world.one(call, "note")["text"]
    assert world.trace(call, "recording")


@pytest.mark.fidelity("ncco-unknown-option")
@pytest.mark.parametrize("name", ["barge_in", "BargeIn", "barge-in"])
def test_an_option_that_is_misspelt_is_a_syntax_error(world: World, name: str) -> None:
    world.learner.on("/answer", [{"action": "talk", "text": "Hello", name: False}])
    call = world.ended_call_with_answer_url()
    assert world.one(call, "error")["reason"] == "Syntax error in NCCO. Invalid value type or action."
    assert "bargeIn" in world.one(call, "error")["advice"]
    assert world.actions(call) == []


@pytest.mark.fidelity("ncco-numbers-as-text")
def test_numbers_may_be_written_as_text(world: World) -> None:
    call = world.ended_call(
        {"action": "talk", "text": "Hello", "level": "0.5", "loop": "2"},
        {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": "2.5"}},
    )
    sound = world.one(call, "sound", state="started")
    assert (sound["level"], sound["loop"]) == (0.5, 2)
    assert world.trace(call, "action")[2]["options"]["dtmf"] == {"timeOut": 2.5}


ROOM = {"action": "conversation", "name": "room", "musicOnHoldUrl": ["https://example.com/hold.mp3"]}
CONNECT = {"action": "connect", "endpoint": [{"type": "app", "user": "jamie"}]}
# What is sent, what is carried out, what the record says.
TAKEN: dict[str, tuple[Json, Json, str]] = {
    "flag": (ROOM | {"startOnEnter": "False"}, ROOM | {"startOnEnter": False}, "read as false"),
    "method": (ROOM | {"eventUrl": ["https://example.com/e"], "eventMethod": "post"},
               ROOM | {"eventUrl": ["https://example.com/e"], "eventMethod": "POST"}, "read as POST"),
    "null": (ROOM | {"record": None, "canHear": None}, ROOM, "record of conversation is null"),
    "music alone": (ROOM | {"musicOnHoldUrl": "https://example.com/hold.mp3"}, ROOM, "an address alone"),
    "music nowhere": (ROOM | {"musicOnHoldUrl": [""]}, {"action": "conversation", "name": "room"}, "is empty"),
    "caller": (CONNECT | {"from": "Vonage"}, CONNECT | {"from": "Vonage"}, "only a phone insists on one"),
}  # fmt: skip


@pytest.mark.fidelity("ncco-flags-as-text", "ncco-method-case", "null-is-absent", "connect-from-name", "one-or-list")
@pytest.mark.parametrize("way", ["inline", "answer", "transfer"])
@pytest.mark.parametrize("case", TAKEN)
def test_what_old_clients_write_is_taken_and_the_record_says_so(world: World, case: str, way: str) -> None:
    sent, taken, said = TAKEN[case]
    url = world.learner.on("/answer", [sent])
    call = world.call(*({"inline": [sent], "transfer": [WAIT]}.get(way) or []),
                      **({"ncco": None, "answer_url": [url]} if way == "answer" else {}))  # fmt: skip
    world.advance(3)
    if way == "transfer":
        order = {"action": "transfer", "destination": {"type": "ncco", "ncco": [sent], "url": None}}
        assert world.voice("PUT", f"/{call}", order).status_code == 204
    assert world.trace(call, "ncco")[-1]["actions"] == [taken]
    assert any(said in one["text"] for one in world.trace(call, "note"))
    assert world.actions(call)[-1] == (taken["action"], "started")


@pytest.mark.fidelity("call-timers", "call-length")
def test_two_hours_is_the_usual_length(world: World) -> None:
    call = world.ended_call({"action": "talk", "text": "Hello", "loop": 0})
    assert world.lasted(call) == pytest.approx(7200)
