"""Every event, error and status has a sentence, a cause and a next step."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from helpers.base.errors import KitError
from helpers.calls.explain import Explanation, explain
from helpers.calls.explanations import TABLE
from tests.unit import calls

# Statuses and details of the Voice API webhook reference.
STATUSES = [
    "started", "ringing", "answered", "busy", "cancelled", "unanswered", "rejected", "failed", "timeout", "human",
    "machine", "disconnected", "completed", "transcribed",
]  # fmt: skip
DETAILS = [
    ("unanswered", "unavailable"), ("unanswered", "timeout"), ("unanswered", "carrier_timeout"),
    ("rejected", "invalid_number"), ("rejected", "restricted"), ("rejected", "declined"), ("failed", "cannot_route"),
    ("failed", "number_out_of_service"), ("failed", "internal_error"),
]  # fmt: skip
HTTP = [200, 201, 204, 400, 401, 403, 404, 405, 406, 415, 420, 429, 500, 502, 503, 504]
UNKNOWN = Explanation(*TABLE["event:unknown"])


def test_the_table_is_plain_and_complete() -> None:
    for key, row in TABLE.items():
        for text in row:
            assert text.endswith("."), (key, text)
        assert len(row[0]) <= 100, key


@pytest.mark.parametrize(("status", "detail"), DETAILS)
def test_every_detail_adds_to_its_status(status: str, detail: str) -> None:
    told = explain({"status": status, "detail": detail, "sip_code": 480})
    assert TABLE[f"status:{status}"][0] in told.sentence
    assert TABLE[f"detail:{detail}"][0] in told.sentence
    assert told.next_step == TABLE[f"detail:{detail}"][2]


@pytest.mark.parametrize("code", [403, 404, 408, 480, 486, 487])
def test_a_sip_code_speaks_where_there_is_no_detail(code: int) -> None:
    assert f"SIP {code}" in explain({"status": "unanswered", "detail": None, "sip_code": code}).sentence
    assert "SIP" not in explain({"status": "completed", "sip_code": code}).sentence


def reply(status: int | None, error: str | None = None, **facts: Any) -> dict[str, Any]:
    return {"kind": "reply", "request": 1, "status": status, "error": error, **facts}


def fetch(status: int | None, error: str | None = None) -> dict[str, Any]:
    return {"kind": "fetch", "url": "x", "status": status, "error": error}


def bad_request(wrong: Any) -> dict[str, Any]:
    return {"type": 400, "title": "Bad Request", "invalid_parameters": wrong}


@pytest.mark.parametrize(
    ("what", "key"),
    [
        *[({"status": status}, f"status:{status}") for status in STATUSES],
        *[(status, f"http:{status}") for status in HTTP],
        # Events without a status.
        ({"conversation_uuid_from": "CON-a", "type": "transfer"}, "event:transfer"),
        ({"dtmf": {"digits": "1", "timed_out": False}, "speech": {"error": "x"}}, "event:input"),
        ({"dtmf": {"digits": "", "timed_out": True}, "speech": {"results": []}}, "event:input_nothing"),
        ({"dtmf": {"digits": None}, "speech": {"results": [{"text": "jazz"}]}}, "event:input"),
        ({"dtmf": '{"digits":"3","timed_out":false}'}, "event:input"),
        ({"dtmf": '{"digits":"","timed_out":true}'}, "event:input_nothing"),
        ({"recording_url": "https://api.nexmo.com/v1/files/x"}, "event:record"),
        ({"payload": {"step": 1}}, "event:notify"),
        ({"reason": "Syntax error in NCCO. Invalid value type or action."}, "reason:ncco"),
        ({"reason": "Connection closed."}, "reason:closed"),
        ({"reason": "failed to retrieve the ncco"}, "reason:retrieve"),
        ({"reason": "There is no answer URL."}, "reason:no_answer_url"),
        ({"reason": "The input webhook failed: read timeout."}, "reason:webhook"),
        ({"reason": "Audio of stream cannot be played: the server cannot be reached."}, "reason:audio"),
        ({"reason": "Rate limit exceeded"}, "reason:rate"),
        ({"something": "new"}, "event:unknown"),
        ({"status": "brand-new"}, "event:unknown"),
        # What a server replied.
        (reply(200, content_type="application/json"), "webhook:ok"),
        (reply(204), "webhook:ok"),
        (reply(200, content_type="text/html; charset=utf-8"), "webhook:html"),
        (reply(200, "wrong content type text/plain", content_type="text/plain"), "webhook:type"),
        (reply(200, "not JSON"), "webhook:json"),
        (reply(200, "empty reply"), "webhook:empty"),
        (reply(404, "HTTP 404"), "webhook:404"),
        (reply(405, "HTTP 405"), "webhook:405"),
        (reply(500, content_type="text/html"), "webhook:500"),
        (reply(503), "webhook:503"),
        (reply(418), "webhook:other"),
        (reply(None, "connect timeout"), "webhook:connect_timeout"),
        (reply(None, "read timeout"), "webhook:read_timeout"),
        (reply(None, "connection refused"), "webhook:refused"),
        (reply(None, "connection closed"), "webhook:reset"),
        (reply(None, "invalid request: no scheme"), "webhook:url"),
        (reply(None, "no route: the simulated network reaches this machine only"), "webhook:reach"),
        # What became of the audio.
        (fetch(200), "fetch:ok"),
        (fetch(404, "the server answered HTTP 404"), "fetch:status"),
        (fetch(None, "the server cannot be reached"), "fetch:unreachable"),
        (fetch(None, "the server did not answer in time"), "fetch:unreachable"),
        (fetch(None, "no route: the simulated network reaches this machine only"), "fetch:reach"),
        (fetch(200, "This is not audio."), "fetch:audio"),
        (fetch(200, "The file is truncated."), "fetch:truncated"),
        # Error bodies of the API.
        ({"type": "UNAUTHORIZED", "error_title": "Unauthorized"}, "http:401"),
        (bad_request({"event_url": "x"}) | {"type": "BAD_REQUEST"}, "field:event_url"),
        (bad_request([{"name": "stream_url", "reason": "x"}]), "field:stream_url"),
        (bad_request([{"name": "odd", "reason": "x"}]), "http:400"),
        ({"type": "https://developer.vonage.com/api-errors#x", "title": "Unauthorized"}, "http:401"),
        ({"error-code": "420", "error-code-label": "method failed"}, "http:420"),
        ({"title": "Something"}, "http:other"),
        # Steps of calls with several people.
        ({"kind": "detection", "verdict": "human", "sub_state": None}, "status:human"),
        ({"kind": "detection", "verdict": "machine", "sub_state": "beep_start"}, "status:machine"),
        ({"kind": "recording", "state": "started"}, "entry:recording"),
        ({"kind": "recording", "state": "finished", "url": "x"}, "event:record"),
        ({"kind": "transfer", "from_conversation": "CON-a", "to_conversation": "CON-b"}, "event:transfer"),
        ({"kind": "input", "digits": "", "speech": "yes"}, "event:input"),
        ({"kind": "input", "digits": "12"}, "event:input"),
        ({"kind": "input", "digits": "", "speech": None}, "event:input_nothing"),
        ({"kind": "control", "action": "mute"}, "control:mute"),
        ({"kind": "control", "action": "unmute"}, "control:unmute"),
        ({"kind": "control", "action": "earmuff"}, "control:earmuff"),
        ({"kind": "control", "action": "unearmuff"}, "control:unearmuff"),
        ({"kind": "dtmf", "digits": "1p2", "by": "api"}, "entry:other"),
        ({"kind": "conversation", "state": "joined", "name": "lobby"}, "entry:other"),
        ({"kind": "websocket", "state": "connected"}, "entry:other"),
    ],
)
def test_each_thing_has_its_row_of_the_table(what: Any, key: str) -> None:
    assert explain(what) == Explanation(*TABLE[key])


def test_an_unknown_reason_is_quoted_and_advice_is_kept() -> None:
    entry = {"kind": "error", "reason": "The moon is full.", "advice": "Wait a month."}
    assert explain(entry) == Explanation(TABLE["reason:other"][0], "The moon is full.", "Wait a month.")


def test_exceptions() -> None:
    told = explain(KitError("It broke.", "Mend it.", status=404))
    assert (told.sentence, told.next_step) == ("It broke.", "Mend it.")
    assert told.cause == TABLE["http:404"][1]
    assert explain(requests.ConnectionError()) == Explanation(*TABLE["client:unreachable"])
    assert explain(requests.ReadTimeout()) == Explanation(*TABLE["client:timeout"])
    assert explain(ValueError("odd")).sentence == "ValueError: odd"


def test_every_entry_of_a_call_can_be_explained() -> None:
    for script in (calls.menu(3.0), calls.inbound(body="x"), calls.unsuccessful("failed"), calls.voicemail_music()):
        for entry in script.call().entries():
            told = explain(entry)
            assert told.sentence
            assert told != UNKNOWN


def test_a_fault_names_itself() -> None:
    told = explain({"kind": "fault", "name": "line_drop", "settings": {"after": 3}, "what": "the line breaks"})
    assert told.cause == "The fault line_drop is switched on: the line breaks."
    assert "/simulator/faults" in told.next_step
    assert not told.fine


def test_what_cannot_be_explained_says_what_can() -> None:
    with pytest.raises(KitError, match=r"list cannot be explained.*HTTP status"):
        explain([])


def test_display_is_escaped_and_has_words() -> None:
    told = explain({"reason": "<script>alert(1)</script>"})
    assert "<script>" not in told._repr_html_()
    assert "&lt;script&gt;" in told._repr_html_()
    assert str(told).splitlines()[1].startswith("  Likely cause: <script>")
