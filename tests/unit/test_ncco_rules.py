"""The table of rules, what every problem and every option says about itself, and rules that need more than one NCCO."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

import helpers.ncco
from helpers.ncco import ACTIONS, RULES, Action, NccoError, Problem, Stream, Talk, Transfer, check, parse
from helpers.ncco.editing.paths import with_value
from helpers.ncco.problems.problems import advice, error
from helpers.ncco.schema import Option, options_of, walk
from tests.unit.effort import deep_object

from .test_ncco_models import FULL

URL = "https://example.com/a.mp3"
TALK = {"action": "talk", "text": "Hello"}
SOURCES = Path(helpers.ncco.__file__).parent
OPTIONS = [
    pytest.param(option, id=f"{name}.{path}")
    for name, model in ACTIONS.items()
    for path, option in walk(options_of(model))
]


# --- the table -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_a_name_a_severity_and_one_sentence(name: str) -> None:
    rule = RULES[name]
    assert rule.name == name and re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert rule.severity in ("error", "advice")
    assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", rule.why) and ". " not in rule.why


def test_every_rule_is_used_and_every_rule_that_is_used_exists() -> None:
    text = "".join(path.read_text("utf-8") for path in sorted(SOURCES.rglob("*.py")) if path.name != "rules.py")
    quoted = set(re.findall(r'"([a-z]+(?:-[a-z0-9]+)*)"', text))
    assert set(RULES) <= quoted
    assert set(re.findall(r'\brule="([^"]+)"', text)) <= set(RULES)


def test_there_is_no_problem_without_a_rule_or_with_the_severity_of_another() -> None:
    for make in (
        lambda: Problem("error", None, "", "Something."),
        lambda: error("", "Something.", rule="no-such-rule"),
        lambda: error("", "Something.", rule="unreachable"),
        lambda: advice("", "Something.", rule="not-json"),
    ):
        with pytest.raises(ValueError, match=r"no (error|advice) rule"):
            make()


def test_a_problem_says_why_and_can_say_it_better() -> None:
    assert error("", "Something.", rule="not-json").why == RULES["not-json"].why
    assert error("", "Something.", rule="not-json", why="Because.").why == "Because."
    assert str(error("x", "Something.", "Do this.", rule="not-json").at(2)) == "[2] Something. Do this."
    with pytest.raises(FrozenInstanceError):
        error("", "Something.", rule="not-json").rule = "x"  # type: ignore[misc]


# --- what options say about themselves -------------------------------------------------------------------------------


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_names_its_source_and_its_unit(option: Option) -> None:
    assert option.source
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", option.date)
    assert (option.unit != "") <= option.is_number
    if option.is_number:
        assert option.unit or option.name in ("level", "style", "sensitivity")


def test_what_the_reference_does_not_have_names_another_source() -> None:
    found = {path: option for model in ACTIONS.values() for path, option in walk(options_of(model))}
    other = {path for path, option in found.items() if option.source != "NCCO reference"}
    assert other == {
        "voiceName", "provider", "providerOptions", "speech.provider", "speech.providerOptions",
        "endpoint.phone.onAnswer.ringback", "endpoint.websocket.content-type", "advancedMachineDetection.beep_timeout",
    }  # fmt: skip
    assert found["dtmf.timeOut"].unit == found["endOnSilence"].unit == found["timeout"].unit == "s"
    assert "SDK" in found["speech.provider"].source


# --- unknown options, other spellings, numbers as text ---------------------------------------------------------------

KEPT = [
    {**TALK, "colour": {"shade": None, "list": [None, {"x": 1.5}]}},
    {"colour": None, **TALK, "x-y": 1, "self": True, "class": "a", "_written": 3, "model_fields": [0]},
    {"action": "input", "dtmf": {"beep": None, "maxDigits": 1}, "type": ["dtmf"], "speed": 2},
    {"action": "connect", "endpoint": [{"tone": "high", "type": "app", "user": "jamie", "more": {"a": []}}]},
    {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900002",
                                        "onAnswer": {"url": URL, "volume": [1]}}], "from": "447700900000"},
    {"action": "notify", "eventUrl": [URL], "payload": {"a": None, "b": {"c": [None]}, "d": 1.0}},
    {"action": "talk", "text": "a", "provider": "google", "providerOptions": {"voice": None}},
    {"action": "transfer", "conversation_id": "CON-1"},
    {"action": "record", "timeOut": 5, "transcription": {"speakers": 2}},
]  # fmt: skip


@pytest.mark.parametrize("item", KEPT, ids=lambda item: str(item)[:50])
def test_what_nobody_knows_stays_where_it_is(item: dict[str, Any]) -> None:
    data = [TALK, item]
    assert not [p for p in check(data) if p.severity == "error"]
    ncco = parse(data)
    assert ncco.to_list() == data
    assert list(ncco.to_list()[1]) == ["action", *(name for name in item if name != "action")]
    assert parse(ncco.to_json()).to_list() == data
    again = ACTIONS[item["action"]](**{name: value for name, value in item.items() if name not in ("action", "from")})
    assert isinstance(again, Action)
    assert again.to_dict() == {name: value for name, value in item.items() if name != "from"}


def test_every_unknown_option_is_told_at_its_place() -> None:
    found = check([TALK, *KEPT[2:5], KEPT[8]])
    assert [(p.action, p.field) for p in found if p.rule == "unknown-option"] == [
        (1, "speed"), (1, "dtmf.beep"), (2, "endpoint.tone"), (2, "endpoint.more"), (3, "endpoint.onAnswer.volume"),
        (4, "transcription.speakers"),
    ]  # fmt: skip
    assert all("not documented" in p.why for p in found)


def test_data_that_was_handed_over_is_not_shared_with_the_model() -> None:
    item = {"action": "notify", "eventUrl": [URL], "payload": {"a": [1]}, "more": [1]}
    ncco = parse([item])
    ncco.to_list()[0]["payload"]["a"].append(2)
    ncco.to_list()[0]["more"].append(2)
    assert ncco.to_list() == [{"action": "notify", "eventUrl": [URL], "payload": {"a": [1]}, "more": [1]}]


@pytest.mark.parametrize("option", [p for p in OPTIONS if p.values[0].is_number])
def test_a_number_may_be_text_at_any_depth(option: Option, request: pytest.FixtureRequest) -> None:
    name, _, path = request.node.callspec.id.partition(".")
    item = with_value(next(item for item in FULL if item["action"] == name), path, str(option.example))
    found = [p for p in check([TALK, item]) if p.field == path]
    assert [(p.rule, p.severity) for p in found] == [("number-as-text", "advice")]
    assert found[0].fix is not None
    fixed = found[0].fix.apply([TALK, item])
    assert not [p for p in check(fixed) if p.field == path]
    assert parse([TALK, {**item, "bargeIn": False} if "bargeIn" in item else item])


@pytest.mark.parametrize("text", ["", "two", "1,5", "0x10", "1_0", "٣", "NaN", "1e3", "9" * 400])
def test_text_that_is_no_number_is_an_error(text: str) -> None:
    assert [p.rule for p in check([{**TALK, "level": text}]) if p.severity == "error"]


def test_models_are_the_same_if_they_say_the_same() -> None:
    assert Talk(text="a", loop=2) == Talk(loop=2, text="a") != Talk(text="a", loop=3)
    assert Talk(text="a", colour="red") != Talk(text="a")  # type: ignore[call-arg]
    assert Transfer(conversationId="CON-1").to_dict() == {"action": "transfer", "conversationId": "CON-1"}
    assert repr(Talk(text="a", colour="red")) == "Talk(text='a', colour='red')"  # type: ignore[call-arg]


def test_an_attribute_that_nobody_set_is_not_made_by_a_slip() -> None:
    talk = Talk(text="a", colour="red")  # type: ignore[call-arg]
    talk.colour = "blue"  # type: ignore[attr-defined]
    assert talk.to_dict()["colour"] == "blue"
    with pytest.raises(NccoError, match="talk has no option colr"):
        talk.colr = "green"  # type: ignore[attr-defined]


# --- live mode -------------------------------------------------------------------------------------------------------


def _rules(item: dict[str, Any], live: bool = True) -> list[str]:
    return [p.rule for p in check([item, TALK], live=live)]


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.1.2.3:80", "10.0.0.1", "172.16.3.4", "192.168.1.2", "169.254.1.1",
     "0.0.0.0", "[::1]", "[fe80::1]", "[fd00::1]:80", "myserver", "printer.local", "box.lan", "jupyter.localhost",
     "100.64.0.1", "localhost."],
)  # fmt: skip
def test_what_the_internet_cannot_reach_is_an_error_in_live_mode_only(host: str) -> None:
    item = {"action": "stream", "streamUrl": [f"http://{host}/a.mp3"]}
    assert _rules(item, live=False) == []
    assert _rules(item) == ["private-address"]


@pytest.mark.parametrize("host", ["example.com", "audio.example.com:8443", "8.8.8.8", "[2606:4700::1111]"])
def test_what_the_internet_can_reach_is_fine(host: str) -> None:
    assert _rules({"action": "stream", "streamUrl": [f"https://{host}/a.mp3"]}) == []
    assert _rules({"action": "notify", "payload": {}, "eventUrl": [f"http://{host}/e"]}) == []


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"action": "notify", "payload": {}, "eventUrl": ["http://localhost/e"]}, "eventUrl"),
        ({"action": "record", "transcription": {"eventUrl": ["http://localhost/e"]}}, "transcription.eventUrl"),
        ({"action": "conversation", "name": "a", "musicOnHoldUrl": ["http://localhost/a"]}, "musicOnHoldUrl"),
        ({"action": "connect", "endpoint": [{"type": "sip", "uri": "sip:a@192.168.1.2:5060"}]}, "endpoint.uri"),
        ({"action": "connect", "ringbackTone": "http://localhost/a", "endpoint": [{"type": "app", "user": "a"}]},
         "ringbackTone"),
        ({"action": "connect", "from": "447700900000", "endpoint": [
            {"type": "phone", "number": "447700900002", "onAnswer": {"url": "http://localhost/a"}}]},
         "endpoint.onAnswer.url"),
    ],
)  # fmt: skip
def test_every_address_of_an_ncco_is_looked_at(item: dict[str, Any], field: str) -> None:
    assert check([item, TALK]) == []
    (problem,) = check([item, TALK], live=True)
    assert (problem.rule, problem.action, problem.field) == ("private-address", 0, field)


def test_free_data_is_never_taken_for_an_address() -> None:
    free = {"streamUrl": ["http://localhost/a"], "stream_url": "x", "loop": "2", "text": "{{a}}\x07"}
    assert _rules({"action": "notify", "payload": free, "eventUrl": [URL]}) == []


# --- the whole, and much of it ---------------------------------------------------------------------------------------


def test_only_the_first_hundred_wrong_actions_are_looked_at() -> None:
    found = check([{"action": "sing"}] * 500)
    assert [p.rule for p in found] == ["unknown-action"] * 100 + ["too-many-problems"]
    assert found[-1].action == 99


def test_a_text_that_is_far_too_long_is_not_read() -> None:
    (problem,) = check("[" + " " * 1_000_000 + "]")
    assert (problem.rule, problem.severity) == ("too-large", "error") and "1,000,000" in problem.message
    assert check(" " * 999_000 + '[{"action": "talk", "text": "Hello"}]') == []


@pytest.mark.parametrize(("levels", "rules"), [(190, []), (300, ["too-deep"])])
def test_free_data_may_be_deep_but_not_endless(levels: int, rules: list[str]) -> None:
    data = [{"action": "notify", "payload": deep_object(levels), "eventUrl": [URL]}, TALK]
    assert [p.rule for p in check(data)] == rules
    if not rules:
        assert parse(parse(data).to_json()).to_list() == data


def test_a_stream_knows_the_name_that_the_api_uses() -> None:
    stream = Stream(streamUrl=[URL], level="0.5")  # type: ignore[arg-type]
    assert stream.to_dict() == {"action": "stream", "streamUrl": [URL], "level": 0.5}
