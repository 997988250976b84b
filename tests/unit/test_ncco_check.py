"""Every message that a wrong NCCO can provoke, and that it says what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.base.errors import KitError
from helpers.ncco import NccoError, check, parse

URL = "https://example.com/a.mp3"
TALK = {"action": "talk", "text": "Hello"}
STREAM = {"action": "stream", "streamUrl": [URL]}
INPUT = {"action": "input", "type": ["dtmf"]}
ROOM = {"action": "conversation", "name": "x"}
PHONE = {"type": "phone", "number": "447700900002"}
SOCKET = {"type": "websocket", "uri": "ws://x"}


def phone(**options: Any) -> dict[str, Any]:
    return {
        "action": "connect",
        "from": "447700900000",
        "endpoint": [PHONE],
        **options,
    }


WHOLE: list[tuple[Any, str, str]] = [
    ("", "empty", "Write for example"),
    ("   \n", "empty", "Write for example"),
    ("<html></html>", "web page", "address"),
    (b"\xff\xfe", "UTF-16", "UTF-8"),
    (b"\xff", "byte 0", "UTF-8"),
    ('[{"action": "talk",\n "text": "a",}]', "line 2", "Remove the comma"),
    ("[{'action': 'talk'}]", "line 1, column 3", 'It is Python: write [{"action": "talk"}]'),
    ('[{"action": "stream", "bargeIn": True}]', "column 34", '"bargeIn": true'),
    ('[{“action”: "talk"}]', "column 3", "straight double quotes"),
    ('[{"action": "talk", "text": "a"}', "not JSON", "ends too early"),
    ('[{"action": "talk" "text": "a"}]', "column 20", "comma is missing"),
    ('[{"action": "talk", "text": "a\nb"}]', "line 1", "quote is not closed"),
    ('[{"action": "talk"}], [{"action": "talk"}]', "column 21", "one pair of square brackets"),
    ("[{action: 1}]", "column 3", "double quotes"),
    ('[{"action": "stream", "loop": {{n}}}]', "not JSON", "render_ncco"),
    ('[{"action": "stream", "level": NaN}]', "NaN is not a number", "ordinary number"),
    ("[" * 100_000, "nested too deeply", "levels"),
    ('[{"loop": ' + "9" * 5000 + "}]", "not JSON", "ordinary number"),
    ({"action": "talk", "text": "Hello"}, "single action", "[ … ]"),
    ('{"action": "talk", "text": "Hello"}', "single action", "[ … ]"),
    ('\ufeff[{"action": "talk"}]', "line 1, column 1", "begins with a byte order mark"),
    ('[\u200b{"action": "talk"}]', "line 1, column 2, at “\\u200b", "U+200B (zero width space) is there"),
    ('[{"action": "talk"}]\u00a0', "column 21", "U+00A0 (no-break space) is there"),
    ('"[{\\"action\\": \\"talk\\"}]"', "encoded as JSON twice", "Encode it only once"),
    ('{"0": {"action": "talk"}, "2": {"action": "wait"}}', "as PHP writes a list with gaps", "array_values("),
    ([], "empty", "Add an action"),
    ("[]", "empty", "Add an action"),
    (None, "this is null", "Write for example"),
    (3, "this is a number", "Write for example"),
    ('"talk"', "this is text", "Write for example"),
]


@pytest.mark.parametrize(("data", "message", "cure"), WHOLE, ids=[str(w[0])[:30] for w in WHOLE])
def test_what_is_not_a_list_of_actions_is_said(data: Any, message: str, cure: str) -> None:
    (problem,) = check(data)
    assert (problem.severity, problem.action) == ("error", None)
    assert message in problem.message
    assert cure in problem.cure
    with pytest.raises(NccoError) as caught:
        parse(data)
    assert caught.value.problems == [problem]
    assert message in str(caught.value) and cure in str(caught.value)
    assert isinstance(caught.value, KitError)


SINGLE: list[tuple[Any, str, str, str]] = [
    (3, "", "An action is an object", "Write for example"),
    ("talk", "", "An action is an object", "Write for example"),
    ({"text": "Hello"}, "action", '"action" is missing', '"action": "talk"'),
    ({"streamUrl": [URL]}, "action", '"action" is missing', '"action": "stream"'),
    ({"action": "strem"}, "action", 'no action "strem"', 'Did you mean "stream"?'),
    ({"action": "Talk"}, "action", 'no action "Talk"', 'Did you mean "talk"?'),
    ({"action": "hangup"}, "action", "no action", "leave it out"),
    ({"action": "play"}, "action", "no action", "stream"),
    ({"action": "xyzzy"}, "action", "no action", "The actions are: stream, talk"),
    ({"action": 3}, "action", "no action 3", "The actions are"),
    ({"action": ["talk"]}, "action", "no action", "talk"),
    ({**STREAM, "bargein": False}, "bargein", "no option", "Did you mean bargeIn?"),
    ({**STREAM, "barge_in": False}, "barge_in", "no option", "Did you mean bargeIn?"),
    ({**STREAM, "bargeIn": False, "BargeIn": True}, "BargeIn", "only bargeIn counts", "Remove BargeIn"),
    ({**STREAM, "streamUrl": ["https:&#x2F;&#x2F;example.com&#x2F;a"]}, "streamUrl", "web page", "https://example.com/a"),
    ({**STREAM, "streamUrl": ["{{url}}"]}, "streamUrl", "placeholder", "render_ncco"),
    ({**STREAM, "loop": "{{n}}"}, "loop", "placeholder", "render_ncco"),
    ({**TALK, "text": "Hello {{name}}"}, "text", "placeholder", "render_ncco"),
    ({**STREAM, 3: 2}, "", "3 is not a name", "quotes"),
    ({"action": "stream"}, "streamUrl", "needs streamUrl", '"streamUrl": ["https://example.com/music.mp3"]'),
    ({"action": "stream", "streamUrl": URL}, "streamUrl", "list with exactly one", f'"streamUrl": ["{URL}"]'),
    ({"action": "stream", "streamUrl": []}, "streamUrl", "list of 0", "Write for example"),
    ({"action": "stream", "streamUrl": [URL, URL]}, "streamUrl", "list of 2", "Write for example"),
    ({"action": "stream", "streamUrl": [3]}, "streamUrl", "holds 3", "Write for example"),
    ({**INPUT, "eventUrl": URL}, "eventUrl", "list with exactly one", f'"eventUrl": ["{URL}"]'),
    ({**STREAM, "bargeIn": "no"}, "bargeIn", "true or false", '"bargeIn": false, without quotes'),
    ({**STREAM, "bargeIn": 0}, "bargeIn", "true or false", '"bargeIn": false'),
    ({**STREAM, "loop": 1.5}, "loop", "whole number", "Write for example"),
    ({**STREAM, "loop": "twice"}, "loop", "whole number", "Write for example"),
    ({**STREAM, "loop": True}, "loop", "whole number", "Write for example"),
    ({**STREAM, "level": float("nan")}, "level", "nan, which JSON does not know", "ordinary number"),
    ({**TALK, "text": ""}, "text", "is empty", "Hello"),
    ({**TALK, "text": 3}, "text", "a number (3)", '"text": "3"'),
    ({**TALK, "text": "a" * 1501}, "text", "1501 characters", "two talk actions"),
    ({**TALK, "text": "<speak>" + "a" * 1501 + "</speak>"}, "text", "1501 characters", "two talk actions"),
    ({**TALK, "provider": "google"}, "providerOptions", "no providerOptions", "{}"),
    ({"action": "input"}, "type", "needs type", '"type": ["dtmf"]'),
    ({"action": "input", "type": "dtmf"}, "type", "is text", '"type": ["dtmf"]'),
    ({"action": "input", "type": ["keys"]}, "type", 'holds "keys"', '"type": ["dtmf"]'),
    ({"action": "input", "maxDigits": 1}, "dtmf", "before 2020", '"type": ["dtmf"], "dtmf": {"maxDigits": 1}'),
    ({**INPUT, "timeOut": 9, "dtmf": {}}, "dtmf", "before 2020", "inside dtmf"),
    ({**INPUT, "dtmf": {"timeOut": "99"}}, "dtmf.timeOut", "is 99", "Write for example"),
    ({**INPUT, "dtmf": {"maxdigits": 4}}, "dtmf.maxdigits", "no option", "Did you mean maxDigits?"),
    ({**INPUT, "dtmf": 4}, "dtmf", "an object with timeOut", "Write for example"),
    ({**INPUT, "mode": "asynchronous", "dtmf": {"timeOut": 3}}, "dtmf", "no dtmf settings", "Leave dtmf out"),
    ({**INPUT, "type": ["speech"], "mode": "asynchronous"}, "mode", "keys only", '["dtmf"]'),
    ({**INPUT, "eventMethod": "pots"}, "eventMethod", '"GET" or "POST"', 'Did you mean "POST"?'),
    ({"action": "record", "channels": 2, "endOnKey": "#"}, "channels", "needs split", '"split": "conversation"'),
    ({"action": "record", "endOnKey": "##"}, "endOnKey", "one key", '"endOnKey": "#"'),
    ({"action": "conversation"}, "name", "needs name", '"name": "weekly-meeting"'),
    ({**ROOM, "mute": True, "canSpeak": []}, "mute", "both mute and canSpeak", "Keep one"),
    ({**ROOM, "transcription": {}}, "transcription", "needs a recording", '"record": true'),
    ({**ROOM, "canHear": "a"}, "canHear", "list of leg uuids", '"canHear": ["a"]'),
    ({"action": "transfer", "conversationId": "CON-1", "mute": True, "canSpeak": []}, "mute", "both", "Keep one"),
    (phone(randomFromNumber=True), "randomFromNumber", "both from", "Keep one"),
    (phone(ringbackTone=[URL, URL]), "ringbackTone", "must be a web address", "https://example.com"),
    (phone(endpoint=PHONE), "endpoint", "list with one object", "square brackets"),
    (phone(endpoint=[]), "endpoint", "list of 0", "Write for example"),
    (phone(endpoint=[{"number": "447700900002"}]), "endpoint.type", 'needs a "type"', '"phone", "app"'),
    (phone(endpoint=[{"type": "fax"}]), "endpoint.type", '"fax" is not known', '"phone", "app"'),
    (phone(endpoint=[{"type": "phone"}]), "endpoint.number", "needs endpoint.number", '"447700900001"'),
    (phone(endpoint=[{"type": "phone", "number": 447700900002}]), "endpoint.number", "a number", '"447700900002"'),
    (phone(endpoint=[{**PHONE, "DTMFAnswer": "1"}]), "endpoint.DTMFAnswer", "no option", "Did you mean dtmfAnswer?"),
    (phone(endpoint=[PHONE, PHONE]), "endpoint", "list of 2", "one connect for each"),
    (phone(endpoint=[{**PHONE, "dtmfAnswer": "1 2"}]), "endpoint.dtmfAnswer", "keys to press", "1p2#"),
    (phone(endpoint=[{"type": "sip"}]), "endpoint.uri", "needs uri, or user and domain", "sip:"),
    (phone(endpoint=[{"type": "sip", "uri": "sip:a@b", "user": "c"}]), "endpoint.uri", "both", "Keep uri"),
    (phone(endpoint=[{"type": "sip", "uri": "http://x"}]), "endpoint.uri", "does not start with", "sip:"),
    (phone(endpoint=[SOCKET]), "endpoint.content-type", "needs", "audio/l16;rate=16000"),
    (
        phone(endpoint=[{**SOCKET, "content-type": "audio/l16;rate=8000", "headers": {"a": "b" * 600}}]),
        "endpoint.headers", "512 is the limit", "Send less",
    ),
    ({**phone(), "from_": "447700900000"}, "from_", "beside from", "Remove from_"),
    ({"action": "notify", "payload": [1], "eventUrl": [URL]}, "payload", "must be", "Write for example"),
    ({"action": "notify", "payload": {"a": {1}}, "eventUrl": [URL]}, "payload.a", "a Python set", "text, numbers"),
    ({"action": "wait", "timeout": "long"}, "timeout", "is text", "Write for example"),
]  # fmt: skip


@pytest.mark.parametrize(("item", "field", "message", "cure"), SINGLE, ids=[f"{w[1]}-{w[2][:20]}" for w in SINGLE])
def test_what_is_wrong_in_one_action_is_said(item: Any, field: str, message: str, cure: str) -> None:
    (problem,) = [p for p in check([TALK, item]) if p.severity == "error"]
    assert (problem.action, problem.field) == (1, field)
    assert message in problem.message
    assert cure in problem.cure
    assert str(problem).startswith("[1] ")


ADVICE: list[tuple[list[Any], int | None, str, str]] = [
    ([{**STREAM, "loop": "2"}], 0, "loop", "without quotes"),
    ([{**STREAM, "level": "0.5"}], 0, "level", "without quotes"),
    ([{**STREAM, "level": 0.55}], 0, "level", "0.6"),
    ([TALK, {"action": "wait", "timeout": 9000}], 1, "timeout", "7200"),
    ([TALK, {**INPUT, "dtmf": {"timeOut": "4"}}], 1, "dtmf.timeOut", 'without quotes: "timeOut": 4'),
    ([{**STREAM, "lop": 2}], 0, "lop", "Did you mean loop?"),
    ([{**STREAM, "xyzzy": 2}], 0, "xyzzy", "The options here are: streamUrl"),
    ([phone(endpoint=[{**PHONE, "x": 1}])], 0, "endpoint.x", "The options here are: type, number"),
    ([{"action": "wait", "timeout": 2}, TALK], 0, "", "Let a talk or a stream come first"),
    ([INPUT], 0, "", "Put a talk before it"),
    ([phone(), {"action": "record"}, TALK], 1, "", "Put it before the connect"),
    ([TALK, {"action": "record"}], 1, "", "Put it before the actions"),
    ([TALK, {**INPUT, "mode": "asynchronous"}], 1, "", "Put it before the actions"),
    ([TALK, {**INPUT, "eventMethod": "GET"}], 1, "eventMethod", "Add eventUrl"),
    ([phone(eventType="synchronous")], 0, "eventType", "Add eventUrl"),
    ([{**STREAM, "bargeIn": True}, TALK, INPUT], 0, "bargeIn", "Let the input follow the stream actions"),
    ([{"action": "wait", "timeout": 0}], 0, "timeout", "0.1"),
    ([{**STREAM, "loop": 0}, TALK, TALK], 1, "", "Give loop a number"),
    ([{"action": "transfer", "conversationId": "CON-1"}, TALK], 1, "", "Remove what follows"),
    ([{"action": "record"}], None, "", "endOnKey"),
    ([{"action": "notify", "payload": {}, "eventUrl": [URL]}], None, "", "such as talk"),
    ([{**STREAM, "bargeIn": True}, {**STREAM, "bargeIn": False}, INPUT], 1, "bargeIn", "Leave it out"),
    ([{"action": "connect", "endpoint": [PHONE]}], 0, "from", "your own number"),
    ([phone(advanced_machine_detection={"behavior": "continue"})], 0, "advancedMachineDetection", "Write"),
    ([phone(ringbackTone=[URL])], 0, "ringbackTone", "square brackets"),
    ([TALK, {**INPUT, "speech": {"language": "en-GB"}}], 1, "speech", 'Add "speech" to type'),
    ([{**TALK, "voiceName": "amy"}], 0, "voiceName", '"language": "en-GB", "style": 0'),
    ([{**TALK, "voiceName": "nobody"}], 0, "voiceName", "language and style"),
    ([{**TALK, "language": "en-UK"}], 0, "language", "en-GB"),
    ([{**TALK, "language": "en-GB", "style": 8}], 0, "style", "0 to 7"),
    ([{**TALK, "text": "Wait <break time='1s'/> here"}], 0, "text", "<speak>…</speak>"),
    ([{**TALK, "text": "<speak>Tom & Jo</speak>"}], 0, "text", "&amp;"),
    ([{**TALK, "text": "<speak><p>Hello</speak>"}], 0, "text", "Close each tag"),
    ([{**TALK, "text": "<speak><blink>Hello</blink></speak>"}], 0, "text", "Those are: speak"),
    ([{**TALK, "text": "<speak><!DOCTYPE x>Hello</speak>"}], 0, "text", "Those are: speak"),
    ([{**TALK, "text": "<speak>Hello</speak>", "language": "es-ES", "style": 3}], 0, "style", "another style"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "action", "field", "cure"), ADVICE, ids=[f"{w[2]}-{w[3][:20]}" for w in ADVICE])
def test_what_runs_but_perhaps_not_as_meant_is_advice(
    data: list[Any], action: int | None, field: str, cure: str
) -> None:
    (problem,) = check(data)
    assert (problem.severity, problem.action, problem.field) == ("advice", action, field)
    assert cure in problem.cure
    assert parse(data).advice == [problem]


@pytest.mark.parametrize(
    "data",
    [
        [{**STREAM, "bargeIn": True, "loop": 0}, INPUT, TALK],
        [{**STREAM, "bargeIn": True}, {**STREAM, "bargeIn": True}, STREAM, INPUT],
        [{"action": "transfer", "conversation_id": "CON-1"}],
        [{"action": "wait", "timeout": 0.5}, TALK],
        [{**STREAM, "bargeIn": True}, {**STREAM, "loop": 0}, INPUT],
        [{**TALK, "text": "<speak>A <break time='1s'/> b</speak>"}],
        [{**TALK, "text": "3 < 4 & 5 > 4"}],
        [{"action": "record"}, TALK],
        [{"action": "record", "timeOut": 3}],
    ],
)
def test_what_is_right_is_left_alone(data: list[Any]) -> None:
    assert check(data) == []


@pytest.mark.fidelity("barge-in-next")
@pytest.mark.parametrize(
    "following", [[], [{"action": "wait"}], [{**TALK}, {"action": "notify", "payload": {}, "eventUrl": [URL]}, INPUT]]
)
def test_barge_in_needs_an_input_next(following: list[Any]) -> None:
    (problem,) = check([{**STREAM, "bargeIn": True}, *following])
    assert (problem.severity, problem.action, problem.field) == ("error", 0, "bargeIn")
    assert '{"action": "input", "type": ["dtmf"]}' in problem.cure


def test_everything_is_said_at_once_and_in_order() -> None:
    data = [
        {**STREAM, "loop": -1, "level": "loud"},
        {"action": "tlak"},
        {**TALK, "loop": -1},
        {"action": "wait", "timeout": 9999},
    ]
    found = check(data)
    assert [(p.action, p.severity) for p in found] == [(0, "error")] * 2 + [(1, "error"), (2, "error"), (3, "advice")]
    with pytest.raises(NccoError) as caught:
        parse(data)
    assert caught.value.problems == found
    assert "has 4 errors" in str(caught.value)
    assert all(p.message in str(caught.value) and p.cure in str(caught.value) for p in found if p.severity == "error")


def test_the_likely_missing_brace_between_two_actions_is_pointed_out() -> None:
    text = '[{"action": "talk", "text": "a", "action": "talk", "text": "b"}]'
    assert [p.field for p in check(text)] == ["action", "text"]
    assert "}, {" in parse(text).advice[0].cure


@pytest.mark.fidelity("ncco-numbers-as-text")
def test_numbers_as_text_are_read_as_numbers() -> None:
    assert parse([{**STREAM, "loop": "0", "level": "-0.5"}]).to_list() == [{**STREAM, "level": -0.5, "loop": 0}]


def test_wait_is_clamped_as_the_platform_does() -> None:
    assert [parse([TALK, {"action": "wait", "timeout": t}]).to_list()[1]["timeout"] for t in (0, 9000, 2.5)] == [
        0.1,
        7200,
        2.5,
    ]
