"""The answer webhook: what it is told, when it is asked again, the fallback, and what happens when there is no NCCO."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from flask import Response

from helpers.ncco import check
from helpers.simulator.routes import bodies
from tests.simulator.world import PATIENCE, PHONE, World, about

NCCO = [{"action": "wait", "timeout": 2}]
SYNTAX = "Syntax error in NCCO. Invalid value type or action."
KEYS = ["to", "from", "conversation_uuid", "uuid", "endpoint_type", "region_url"]


def html() -> Response:
    return Response("<h1>It works!</h1>", mimetype="text/html")


def json_text(text: str) -> Any:
    return lambda: Response(text, mimetype="application/json")


@pytest.mark.fidelity("answer-at-pick-up", "answer-parameters")
def test_get_sends_the_parameters_and_keeps_the_query(world: World) -> None:
    world.learner.on("/answer", NCCO)
    call = world.ended_call_with_answer_url("/answer?name=Ann&name=Bob&empty=")
    [asked] = world.learner.at("/answer")
    leg = world.one(call, "leg")
    assert asked.method == "GET"
    assert asked.query == [
        ("name", "Ann"), ("name", "Bob"), ("empty", ""), ("to", PHONE), ("from", world.number),
        ("conversation_uuid", leg["conversation"]), ("uuid", call), ("endpoint_type", "phone"),
        ("region_url", world.network.url),
    ]  # fmt: skip
    assert world.one(call, "ncco")["source"] == "answer_url"
    assert world.actions(call) == [("wait", "started"), ("wait", "finished")]


@pytest.mark.fidelity("answer-parameters")
def test_post_sends_a_json_body(world: World) -> None:
    world.learner.on("/answer", NCCO)
    call = world.ended_call_with_answer_url("/answer?name=Ann", answer_method="POST")
    [asked] = world.learner.at("/answer")
    assert (asked.method, asked.query) == ("POST", [("name", "Ann")])
    assert list(asked.json) == KEYS
    assert asked.json["uuid"] == call


@pytest.mark.fidelity("media-types")
@pytest.mark.parametrize("kind", ["Application/JSON", "application/json ; Charset=UTF-8", "application/hal+json"])
def test_its_media_type_is_compared_without_case_and_parameters(world: World, kind: str) -> None:
    world.learner.on("/answer", lambda: Response(json.dumps(NCCO), content_type=kind))
    call = world.ended_call_with_answer_url()
    assert world.one(call, "ncco")["source"] == "answer_url"


@pytest.mark.fidelity("answer-at-pick-up", "event-answered")
def test_it_is_asked_at_pick_up_and_before_the_answered_event(world: World) -> None:
    world.learner.on("/answer", NCCO)
    call = world.call_with_answer_url()
    world.advance(2)
    assert world.learner.at("/answer") == []
    world.until(call)
    assert [one.path for one in world.learner.received] == ["/event", "/event", "/answer", "/event", "/event"]
    assert world.one(call, "webhook", type="answer")["at"] == world.at(call, "answered")


FAILURES: dict[str, tuple[Any, str]] = {
    "HTML": (html, "wrong content type text/html"),
    "text/json": (lambda: Response("[]", mimetype="text/json"), "wrong content type text/json"),
    "404": (("no", 404), "HTTP 404"),
    "500": (("no", 500), "HTTP 500"),
    "302": (("", 302, {"Location": "/elsewhere"}), "HTTP 302"),
    "empty": (("", 200), "empty reply"),
    "empty JSON": (json_text(" "), "empty reply"),
    "not JSON": (json_text('[{"action": "talk"'), "not JSON"),
    "object": (json_text('{"action": "wait"}'), SYNTAX),
    "no actions": (json_text("[]"), SYNTAX),
    "unknown action": (json_text('[{"action": "sing"}]'), SYNTAX),
    "wrong type": (json_text('[{"action": "stream", "streamUrl": "http://127.0.0.1/a"}]'), SYNTAX),
    "null": (json_text("null"), SYNTAX),
    "deep": (json_text("[" * 9000), "not JSON"),
}


@pytest.mark.fidelity(
    "answer-success",
    "media-types",
    "answer-redirect",
    "answer-none",
    "ncco-syntax-error",
    "ncco-empty",
    "answer-retry",
    "error-event-words",
    "event-error",
)
@pytest.mark.parametrize("case", FAILURES)
def test_a_bad_reply_ends_the_call_a_second_later_and_is_not_asked_again(world: World, case: str) -> None:
    reply, expected = FAILURES[case]
    world.learner.on("/answer", reply)
    call = world.ended_call_with_answer_url()
    assert len(world.learner.at("/answer")) == 1
    assert world.learner.statuses() == ["started", "ringing", "answered", "error", "completed"]
    error = world.learner.payloads()[3]
    assert list(error) == ["reason", "conversation_uuid", "timestamp"]
    assert expected in error["reason"]
    noted = world.one(call, "error")
    assert noted["reason"] == error["reason"]
    assert len(noted["advice"]) > 20
    assert world.lasted(call) == about(1)
    assert world.trace(call, "status")[-1]["why"] == "there was no NCCO to carry out"


ACTIONS = '[{"action": "wait", "timeout": 1}]'
# What PHP, JavaScript and Python make of a list of actions by mistake, and what is said about it.
WRAPPED: dict[str, tuple[str, str]] = {
    "byte order mark": (f"\ufeff{ACTIONS}", "byte order mark"),
    "odd space": (f"\u00a0{ACTIONS}", "U+00A0 (no-break space)"),
    "twice": (json.dumps(ACTIONS), "encoded as JSON twice"),
    "PHP": ('{"0": {"action": "wait"}, "2": {"action": "wait"}}', "array_values("),
    "one action": ('{"action": "wait"}', "square brackets"),
    "inside": ('{"ncco": [{"action": "wait"}]}', "under the name ncco"),
    "texts": (json.dumps(['{"action": "wait"}']), "encoded as JSON twice"),
}


@pytest.mark.fidelity("ncco-wrapped")
@pytest.mark.parametrize("case", WRAPPED)
def test_what_was_meant_as_an_ncco_is_told_why_it_is_none_by_all_alike(world: World, case: str) -> None:
    text, cause = WRAPPED[case]
    (problem,) = check(text)
    assert cause in str(problem) and problem.fix
    world.learner.on("/answer", json_text(text))
    answered = world.ended_call_with_answer_url()
    assert str(problem) in world.one(answered, "error")["advice"]
    hook = world.learner.on("/hook", json_text(text))
    notify = {"action": "notify", "payload": {}, "eventUrl": [hook]}
    midway = world.ended_call(notify, {"action": "wait", "timeout": 3})
    assert str(problem) in world.one(midway, "error")["advice"]
    assert world.lasted(midway) == about(3)
    if case not in ("byte order mark", "odd space"):  # those make the body of a request no JSON at all
        refused = world.voice("POST", "", world.order(ncco=json.loads(text)))
        assert refused.status_code == 400
        assert cause in str(refused.json()["invalid_parameters"])


@pytest.mark.fidelity("ncco-wrapped")
def test_other_lists_of_a_request_are_told_the_same(world: World) -> None:
    to = {"1": world.order()["to"][0]}
    for fields in ({"to": to}, {"ncco": None, "answer_url": {"0": "https://example.com/"}}):
        refused = world.voice("POST", "", world.order(**fields))
        assert "as PHP writes a list with gaps" in refused.json()["invalid_parameters"][0]["reason"]


@pytest.mark.fidelity("answer-retry")
@pytest.mark.parametrize("status", [429, 503, 504])
@pytest.mark.parametrize("passes", [True, False])
def test_what_may_pass_is_asked_once_more_and_no_more(world: World, status: int, passes: bool) -> None:
    world.learner.on("/answer", *[("busy", status)] * (1 if passes else 3), NCCO)
    call = world.ended_call_with_answer_url()
    error = f"HTTP {status}"
    assert world.attempts(call, "answer") == [(1, error), (2, None if passes else error)]
    assert [error in one["reason"] for one in world.trace(call, "error")] == ([] if passes else [True])


@pytest.mark.fidelity("answer-refused-connection")
def test_nobody_listens(world: World) -> None:
    call = world.ended_call(ncco=None, answer_url=["http://127.0.0.1:9/answer"])
    assert [e["attempt"] for e in world.trace(call, "webhook", type="answer")] == [1, 2]
    assert "connection refused" in world.one(call, "error")["reason"]


@pytest.mark.slow
@pytest.mark.fidelity("answer-retry", "answer-waits")
def test_too_late_is_a_read_timeout_that_the_person_hears_as_silence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "ANSWER_TIMEOUT", 0.5)
    done = threading.Event()
    world.learner.on("/answer", lambda: (done.wait(PATIENCE), "late")[1])
    call = world.ended_call_with_answer_url()
    done.set()
    assert "read timeout" in world.one(call, "error")["reason"]
    asked = [e["request"] for e in world.trace(call, "webhook", type="answer")]
    replies = [e for e in world.trace(call, "reply") if e["request"] in asked]
    assert [(e["seconds"], e["retried"]) for e in replies] == [(0.5, False), (0.5, True)]
    assert world.lasted(call) == pytest.approx(2)  # twice, and a second more


def test_no_answer_url_at_all(world: World) -> None:
    world.link()
    call = world.ended_incoming_call()
    assert world.one(call, "error")["reason"] == "There is no answer URL."
    assert "answer_url" in world.one(call, "error")["advice"]


@pytest.mark.fidelity("fallback-when", "fallback-request")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("case", ["404", "HTML", "unknown action"])
def test_the_fallback_gets_the_same_and_the_reason(world: World, case: str, method: str) -> None:
    world.learner.on("/answer", FAILURES[case][0])
    fallback = {"address": world.learner.on("/fallback", NCCO), "http_method": method}
    world.app = world.application(webhooks={"fallback_answer_url": fallback})
    call = world.ended_call_with_answer_url()
    [asked] = world.learner.at("/fallback")
    assert asked.method == method
    assert list(asked.payload) == [*KEYS, "reason", "original_request"]
    assert FAILURES[case][1] in asked.payload["reason"]
    original = {"url": f"{world.learner.url}/answer", "type": "answer"}
    if method == "POST":
        assert asked.payload["original_request"] == original
    else:
        assert asked.payload["original_request"] == f'{{"url":"{original["url"]}","type":"answer"}}'
    assert world.one(call, "ncco")["source"] == "fallback_answer_url"
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]


@pytest.mark.fidelity("fallback-retry", "answer-none")
def test_a_fallback_that_fails_too_ends_the_call(world: World) -> None:
    world.learner.on("/answer", ("no", 500))
    fallback = {"address": world.learner.on("/fallback", ("no", 503))}
    world.app = world.application(webhooks={"fallback_answer_url": fallback})
    call = world.ended_call_with_answer_url()
    assert len(world.learner.at("/fallback")) == 2
    assert world.learner.statuses() == ["started", "ringing", "answered", "error", "completed"]
    assert world.lasted(call) == about(1)


def test_a_call_hung_up_while_the_answer_is_awaited_was_answered(world: World) -> None:
    """The reply never comes to anything, and every request in the record has its reply all the same."""

    def answer() -> list[dict[str, Any]]:
        world.use("hang_up")
        return NCCO

    world.learner.on("/answer", answer)
    call = world.ended_call_with_answer_url()
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]
    assert world.trace(call, "ncco") == []
    assert len(world.trace(call, "webhook")) == len(world.trace(call, "reply"))
    [cut] = [e for e in world.trace(call, "reply") if e["error"]]
    assert cut["error"] == "the call was over before the reply came"
