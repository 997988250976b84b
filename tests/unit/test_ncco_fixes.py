"""A fix cures its problem, brings no new error, and leaves what it was given as it was."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest

from helpers.base.errors import KitError
from helpers.ncco import ACTIONS, RULES, Ncco, NccoError, Problem, check, parse
from helpers.ncco.jsontext import from_json
from helpers.ncco.schema import Option, options_of
from helpers.widgets.builder.edit import starter

from .test_ncco_check import ADVICE, INPUT, PHONE, SINGLE, SOCKET, STREAM, TALK, WHOLE, phone

URL = "https://example.com/a.mp3"
HOOK = "https://example.com/event"


def errors_of(problems: list[Problem]) -> Counter[str]:
    return Counter(p.rule for p in problems if p.severity == "error")


def same(problems: list[Problem], one: Problem) -> int:
    return sum((p.rule, p.field, p.message) == (one.rule, one.field, one.message) for p in problems)


def read(data: Any) -> Any:
    """What a fix is applied to: a text is read before."""
    return from_json(data)[0] if isinstance(data, (str, bytes)) else data


def holds(data: Any, *, live: bool = False) -> int:
    """Try every fix that is offered; how many there are."""
    before, found, count = as_json(data), check(data, live=live), 0
    for problem in found:
        assert problem.severity == RULES[problem.rule].severity
        assert problem.message.endswith(".") and problem.why.endswith(".") and problem.cure
        assert not any(word in str(problem) for word in ("pydantic", " at 0x"))
        if problem.fix is None:
            continue
        count += 1
        fixed = problem.fix.apply(read(data))
        assert as_json(data) == before, f"{problem.rule} changed what it was given"
        assert isinstance(fixed, list)
        after = check(fixed, live=live)
        assert same(after, problem) < same(found, problem), (problem, fixed)
        if any(p.severity == "error" and p.action is None for p in found):
            continue  # what is in it can be looked at only now
        assert not errors_of(after) - errors_of(found), (problem, fixed, after)
        assert 0 < len(problem.fix.label) <= 80
    return count


def every_check_holds(data: Any) -> int:
    """Check it in each way, and try every fix that is offered; how many there are."""
    before = as_json(data)
    errors, live = (sum(errors_of(check(data, live=mode)).values()) for mode in (False, True))
    assert live >= errors, "live mode says the same, and more"
    check(data, variables={"a": "b"})
    count = holds(data) + holds(data, live=True)
    if errors:
        with pytest.raises(NccoError):
            parse(data)
    else:
        assert len(parse(data)) == len(data)
    assert as_json(data) == before, "what was handed in has been changed"
    return count


def as_json(data: Any) -> str:
    return json.dumps(data, allow_nan=True, sort_keys=True, default=repr)


WRONG = [*([TALK, w[0]] for w in SINGLE), *(w[0] for w in ADVICE), *(w[0] for w in WHOLE)]
# Python data that no other test takes for JSON.
JSON = [data for data in WRONG if not any(bad in repr(data) for bad in ("nan", "{1}", "3: 2"))]


@pytest.mark.parametrize("data", JSON, ids=lambda data: str(data)[-50:])
def test_a_fix_cures_its_problem_and_brings_no_new_error(data: Any) -> None:
    holds(data)


# What a fix makes of an NCCO, beside the examples of each rule (test_ncco_rule_examples). The palette of Node-RED wrote
# the first ones.
FIXED: list[tuple[str, Any, Any]] = [
    ("unknown-option", [{"action": "record", "split": "conversation", "channel": "2"}, TALK],
     [{"action": "record", "split": "conversation", "channels": 2}, TALK]),
    ("empty-sound", [{"action": "conversation", "name": "a", "musicOnHoldUrl": [""]}],
     [{"action": "conversation", "name": "a"}]),
    ("input-settings-place", [TALK, {"action": "input", "timeOut": 5, "maxDigits": 1, "eventUrl": [HOOK]}],
     [TALK, {"action": "input", "eventUrl": [HOOK], "type": ["dtmf"], "dtmf": {"timeOut": 5, "maxDigits": 1}}]),
    ("input-settings-place", [TALK, {**INPUT, "type": ["speech"], "context": ["yes"], "speech": {"language": "en-GB"}}],
     [TALK, {**INPUT, "type": ["speech"], "speech": {"context": ["yes"], "language": "en-GB"}}]),
    ("wrong-type", [phone(endpoint=[{**SOCKET, "content-type": "audio/l16;rate=8000", "headers": ""}])],
     [phone(endpoint=[{**SOCKET, "content-type": "audio/l16;rate=8000", "headers": {}}])]),
    ("out-of-range", [TALK, {**INPUT, "dtmf": {"timeOut": "99"}}], [TALK, {**INPUT, "dtmf": {"timeOut": 10}}]),
    ("misspelt-option", [{**TALK, "voicename": "Amy"}], [{**TALK, "voiceName": "Amy"}]),
    ("retired-voice", [{**TALK, "voiceName": "Amy"}], [{**TALK, "language": "en-GB", "style": 0}]),
    ("retired-voice", [{**TALK, "voiceName": "Amy", "style": 1}], [{**TALK, "style": 1}]),
    ("list-expected", [TALK, {**INPUT, "type": "dtmf, speech"}], [TALK, {**INPUT, "type": ["dtmf", "speech"]}]),
    ("list-expected", [{"action": "conversation", "name": "a", "canHear": "one, two"}],
     [{"action": "conversation", "name": "a", "canHear": ["one", "two"]}]),
    # Lists and texts.
    ("list-expected", [{**STREAM, "streamUrl": "example.com/a.mp3"}], [STREAM]),
    ("list-expected", [phone(endpoint="447700900002")], [phone()]),
    ("two-endpoints", [phone(endpoint=[PHONE, {"type": "app", "user": "a"}], timeout=9)],
     [phone(timeout=9), phone(endpoint=[{"type": "app", "user": "a"}], timeout=9)]),
    ("one-entry-only", [{**STREAM, "streamUrl": [URL, HOOK], "level": 1}],
     [{**STREAM, "level": 1}, {**STREAM, "streamUrl": [HOOK], "level": 1}]),
    ("endpoint-type", [phone(endpoint=[{"type": "Phone", "number": "447700900002"}])], [phone()]),
    ("not-a-list", '{"action": "talk", "text": "Hello"}', [TALK]),
    ("not-a-list", {"ncco": [TALK]}, [TALK]),
    ("not-an-action", [[TALK, TALK]], [TALK, TALK]),
    # Names.
    ("unknown-action", [{"action": "say", "text": "Hello"}], [TALK]),
    ("missing-action", [{"Action": "Talk", "text": "Hello"}], [TALK]),
    ("misspelt-option", [{"action": "stream", "StreamURL": URL}], [STREAM]),
    ("misspelt-option", [{**STREAM, "bargeIn": False, "bargein": True}], [{**STREAM, "bargeIn": False}]),
    ("unknown-option", [{**STREAM, "lop": "2"}], [{**STREAM, "loop": 2}]),
    # What stands beside the part it belongs into is moved there, and not taken out.
    ("unknown-option", [phone(dtmfAnswer="1p2")], [phone(endpoint=[{**PHONE, "dtmfAnswer": "1p2"}])]),
    ("unknown-option", [phone(dtmfanswer=12)], [phone(endpoint=[{**PHONE, "dtmfAnswer": "12"}])]),
    ("unknown-option", [phone(onAnswer={"url": URL})], [phone(endpoint=[{**PHONE, "onAnswer": {"url": URL}}])]),
    ("unknown-option", [phone(advancedMachineDetection={"behavior": "continue"}, beep_timeout=50)],
     [phone(advancedMachineDetection={"behavior": "continue", "beep_timeout": 50})]),
    ("unknown-option", [phone(dtmfAnswer="1", endpoint=[{**PHONE, "dtmfAnswer": "2"}])],
     [phone(endpoint=[{**PHONE, "dtmfAnswer": "2"}])]),
    ("unknown-option", [phone(dtmfAnswer="1", endpoint=[{"type": "sip", "uri": "sip:a@example.com"}])],
     [phone(endpoint=[{"type": "sip", "uri": "sip:a@example.com"}])]),
    # Values.
    ("phone-number", [phone(endpoint=[{"type": "phone", "number": "+44 (0)7700 900002"}])], [phone()]),
    ("too-fine", [{**STREAM, "level": "0.55"}], [{**STREAM, "level": 0.6}]),
    ("unknown-language", [{**TALK, "language": "en_gb"}], [{**TALK, "language": "en-GB"}]),
    ("ssml-without-speak", [{**TALK, "text": "Tom & <break time='1s'/> Jo"}],
     [{**TALK, "text": "<speak>Tom &amp; <break time='1s'/> Jo</speak>"}]),
    ("ssml-not-well-formed", [{**TALK, "text": "<speak>Tom & Jo &lt; 3 < 4</speak>"}],
     [{**TALK, "text": "<speak>Tom &amp; Jo &lt; 3 &lt; 4</speak>"}]),
    # Options together, and actions together.
    ("asynchronous-speech", [{**INPUT, "type": ["dtmf", "speech"], "speech": {}, "mode": "asynchronous"}, TALK],
     [{**INPUT, "mode": "asynchronous"}, TALK]),
    ("unreachable", [{"action": "transfer", "conversationId": "CON-1"}, TALK, TALK],
     [{"action": "transfer", "conversationId": "CON-1"}]),
    ("background-at-end", [TALK, {"action": "record"}, {**INPUT, "mode": "asynchronous"}],
     [{"action": "record"}, {**INPUT, "mode": "asynchronous"}, TALK]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "wrong", "right"), FIXED, ids=[f"{n}-{one[0]}" for n, one in enumerate(FIXED)])
def test_what_a_fix_makes(rule: str, wrong: Any, right: list[Any]) -> None:
    (problem,) = [p for p in check(wrong) if p.rule == rule]
    assert problem.fix is not None
    assert problem.fix.apply(read(wrong)) == right
    assert parse(right).to_list() == right
    holds(wrong)


# No fix where nobody can know what was meant: beside those of test_ncco_rule_examples.
UNFIXED = [
    [phone(endpoint=[{"type": "phone", "number": "44TEST00001"}])],
    [{**STREAM, "loop": "twice"}],
    [{**TALK, "text": "Well <b>done</b> <break/> & so on"}],
    [{**TALK, "text": "<speak>" + "long " * 400 + "</speak>"}],
    [{"action": "hangup"}],
]


@pytest.mark.parametrize("data", UNFIXED, ids=lambda data: str(data)[-50:])
def test_what_nobody_can_know_has_no_fix(data: list[Any]) -> None:
    (problem,) = check(data)
    assert problem.fix is None and problem.cure


# --- a text that is too long -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["A sentence of some length. " * 100, "word " * 700, "x" * 4000, "Ja! " * 1000])
def test_a_long_text_is_split_where_a_sentence_ends(text: str) -> None:
    wrong = [{**TALK, "text": text, "style": 3}, TALK]
    (problem,) = check(wrong)
    assert problem.rule == "text-too-long" and problem.fix is not None
    fixed = problem.fix.apply(wrong)
    assert check(fixed) == [] and fixed[-1] == TALK
    parts = [item["text"] for item in fixed[:-1]]
    assert all(item["style"] == 3 for item in fixed[:-1])
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")
    if "." in text:
        assert all(part.endswith(".") for part in parts)
    assert len(parts) <= len(text) // 1000 + 1


@pytest.mark.parametrize("loop", [0, 2])
def test_a_long_text_that_is_repeated_is_not_split(loop: int) -> None:
    assert check([{**TALK, "text": "Hello. " * 300, "loop": loop}])[0].fix is None


# --- fixes as such ---------------------------------------------------------------------------------------------------


def test_a_fix_takes_whatever_list_was_checked() -> None:
    right = [{"action": "stream", "streamUrl": [URL], "loop": 2}]
    for data in (parse([{**STREAM, "lop": 2}]), list(parse([{**STREAM, "lop": 2}]))):
        (problem,) = check(data)
        assert problem.fix is not None and problem.fix.apply(data) == right
        with pytest.raises(KitError, match=r"this is its text.*json\.loads"):
            problem.fix.apply(json.dumps(right))
    assert isinstance(parse([STREAM]), Ncco)


@pytest.mark.parametrize("now", [[], [3], [TALK], None])
def test_a_fix_for_an_ncco_that_has_changed_says_so(now: Any) -> None:
    (problem,) = check([TALK, TALK, phone(endpoint=[PHONE | {"dtmfAnswer": 12}])])
    assert problem.fix is not None
    with pytest.raises(KitError, match="changed since it was checked"):
        problem.fix.apply(now)


# --- anything at all -------------------------------------------------------------------------------------------------

ODD: list[Any] = [
    "", None, True, False, 0, -1, 1, 2, 99, 1e9, 0.05, "0", "1", "99", "0.55", "true", "false", "x", "POST", "post",
    [], [""], [None], ["a"], ["a", "b"], {}, {"a": 1}, {"type": "phone"}, [{"type": "Phone", "number": "1"}],
    "+447700900002",
    PHONE, "example.com/a b", ["example.com/x"], [URL, URL], URL, "/a", "http://192.168.0.1/a.mp3", "+44 7700 900001",
    "07700900001", "00447700900001", 447700900002, "<speak>a & b</speak>", "a <break/> b", "a" * 1600 + ". b", "##",
    "#", "hello {{name}}", "en-UK", "en_gb", "Amy", "synchronous", "asynchronous", ["dtmf"], ["speech"], "dtmf, speech",
    "ctl\x07", '{"a":1}', "wss://example.com/s", [URL + " x"],
]  # fmt: skip
SLIPS = ["from_", "channel", "maxDigits", "timeOut", "language", "conversation_id", "advanced_machine_detection"]


class Slips:
    """Makes NCCOs with several mistakes each, some of them of these values; the same ones for the same dice."""

    def __init__(self, dice: random.Random, odd: list[Any]) -> None:
        self.dice, self.odd = dice, odd

    def ncco(self) -> list[Any]:
        return [self.item() for _ in range(self.dice.choice([1, 1, 2, 3]))]

    def item(self) -> dict[str, Any]:
        name = self.dice.choice(list(ACTIONS))
        made = starter(name)
        for _ in range(self.dice.choice([0, 1, 1, 2, 3])):
            option = self.dice.choice(options_of(ACTIONS[name]))
            made[self.name(option)] = self.value(option)
        if self.dice.random() < 0.1:
            made["action"] = self.dice.choice(["Talk", "play", "say", "hangup", "strem"])
        return made

    def name(self, option: Option) -> str:
        name = option.name
        if self.dice.random() < 0.7:
            return name
        return self.dice.choice([name.lower(), name.upper(), name.replace("U", "_u"), name[:-1], f"{name}x", *SLIPS])

    def value(self, option: Option) -> Any:
        if option.parts and self.dice.random() < 0.7:
            return {self.name(self.dice.choice(option.parts)): self.dice.choice(self.odd) for _ in range(2)}
        if option.variants and self.dice.random() < 0.8:
            kind = self.dice.choice(list(option.variants))
            some = [one for one in option.variants[kind] if one.required or self.dice.random() < 0.3]
            end = {
                self.name(one): one.example if self.dice.random() < 0.5 else self.dice.choice(self.odd) for one in some
            }
            end["type"] = self.dice.choice([kind, kind, kind.upper(), "fax"])
            return self.dice.choice([[end], end, [end, end]])
        return self.dice.choice(self.odd) if self.dice.random() < 0.8 else option.example


@pytest.mark.hostile
@pytest.mark.parametrize("seed", range(10))
def test_fixes_hold_whatever_else_is_wrong(seed: int) -> None:
    slips = Slips(random.Random(seed), ODD)
    assert sum(every_check_holds(slips.ncco()) for _ in range(80)) > 100


NOT_YET_ADDRESSES = ('["http://192.168.1.5/x"]', "http:/192.168.1.5/x", "http//192.168.1.5", [["http://192.168.1.5/x"]])


@pytest.mark.parametrize("value", NOT_YET_ADDRESSES, ids=str)
@pytest.mark.parametrize("kind", [{"action": "stream"}, {"action": "record"}])
def test_a_private_address_is_seen_before_it_is_put_right(value: Any, kind: dict[str, str]) -> None:
    name = "streamUrl" if kind["action"] == "stream" else "eventUrl"
    data = [{**kind, name: value}]
    assert every_check_holds(data)
    assert "private-address" in {problem.rule for problem in check(data, live=True)}
