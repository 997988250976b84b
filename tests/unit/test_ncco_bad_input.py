"""Whatever is handed over as an NCCO: ``check`` answers soon and never raises, nothing is lost, nothing is run.

``check`` must not raise for anything at all; ``parse`` and the readers beside it raise the kit's own errors only; a
draft keeps what it held. Nothing that came in as text comes out as HTML.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpers.base.errors import KitError
from helpers.ncco import ACTIONS, NccoError, check, parse
from helpers.ncco.editing.draft import Draft
from helpers.ncco.editing.paths import with_value
from helpers.ncco.problems.problems import Problem
from helpers.ncco.problems.rules import RULES
from helpers.ncco.schema import options_of, walk
from helpers.node_red import import_flow
from helpers.widgets.builder.edit import starter
from tests.unit.effort import deep_list, deep_object, soon
from tests.unit.ncco_strategies import json_values

from .test_ncco_fixes import ODD, Slips, every_check_holds
from .test_node_red_bad_input import STUDIO

MB5 = 5_000_000
pytestmark = pytest.mark.usefixtures("no_widget_left")
TALK = {"action": "talk", "text": "Hello"}
URL = "https://example.com/a.mp3"


def _cyclic_list() -> list[Any]:
    found: list[Any] = [dict(TALK)]
    found.append(found)
    return found


def _cyclic_payload() -> list[Any]:
    payload: dict[str, Any] = {"a": 1}
    payload["self"] = [payload]
    return _notify(payload)


def _cyclic_options() -> list[Any]:
    action: dict[str, Any] = {"action": "input", "type": ["dtmf"]}
    action["dtmf"] = action
    action["speech"] = {"context": [action], "uuid": action}
    return [action]


class _Quiet:
    """An object that cannot be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    __str__ = __repr__


def _times(text: str, size: int = MB5) -> str:
    return text * (size // len(text))


def _notify(payload: Any) -> list[Any]:
    return [{"action": "notify", "payload": payload, "eventUrl": [URL]}]


def _stream(options: str) -> str:
    """As JSON that no dict can make."""
    return f'[{{"action": "stream", "streamUrl": ["{URL}"], {options}}}]'


def _every_option(value: Any) -> list[Any]:
    """Each action with this value in all its options."""
    return [{**{o.name: value for o in options_of(model)}, "action": name} for name, model in ACTIONS.items()]


WRONG_ENDS: tuple[Any, ...] = (
    None,
    1,
    "phone",
    [],
    {},
    {"type": []},
    {"type": {}},
    {"type": "fax"},
    [{"type": "phone"}],
)
# Made only when its test runs: some are megabytes, some are not trees.
BAD: dict[str, Callable[[], Any]] = {
    # size
    "5 MB of actions": lambda: json.dumps([{**TALK, "text": "Hello " * 200}] * (MB5 // 1200)),
    "5 MB of small actions": lambda: json.dumps([TALK] * (MB5 // 40)),
    "5 MB of wrong actions": lambda: json.dumps([{"action": "tolk", "txt": "x"}] * (MB5 // 35)),
    "5 MB in one text": lambda: [{**TALK, "text": "a " * (MB5 // 2)}],
    "5 MB of tags": lambda: [{**TALK, "text": f"<speak>{_times('<s>a</s>')}</speak>"}],
    "5 MB of opened tags": lambda: [{**TALK, "text": f"<speak>{_times('<a ')}</speak>"}],
    "5 MB of <": lambda: [{**TALK, "text": "<speak>" + "<" * MB5}],
    "5 MB of &": lambda: [{**TALK, "text": f"<speak>{'&' * MB5}</speak>"}],
    "5 MB of open braces in a text": lambda: [{**TALK, "text": "{{" * (MB5 // 2)}],
    "5 MB of placeholders": lambda: [{**TALK, "text": _times("{{a.b}} ")}],
    "5 MB of sections": lambda: [{**TALK, "text": _times("{{#a}}{{/a}}")}],
    "5 MB of letters, not JSON": lambda: "x" * MB5,
    "5 MB of quotes": lambda: '"' * MB5,
    "5 MB of backslashes": lambda: "[" + '"\\' * (MB5 // 2),
    "5 MB of open brackets": lambda: "[" * MB5,
    "5 MB of open braces": lambda: '{"a":' * (MB5 // 5),
    "5 MB of spaces": lambda: " " * MB5,
    "5 MB of commas": lambda: "[1" + "," * MB5,
    "5 MB of lines, cut off": lambda: json.dumps([TALK] * (MB5 // 60), indent=1)[:-3],
    "5 MB of Python": lambda: repr([TALK] * (MB5 // 40)),
    "5 MB of HTML": lambda: "<html>" + "<p>x</p>" * (MB5 // 8),
    "5 MB of digits": lambda: "9" * MB5,
    "5 MB of digits in a number field": lambda: _stream(f'"loop": {"9" * MB5}'),
    "5 MB of digits as text in a number field": lambda: [
        {"action": "stream", "streamUrl": [URL], "loop": "9" * MB5, "level": "0." + "9" * MB5}
    ],
    "5 MB in one name": lambda: [{**TALK, "a" * MB5: 1}],
    "5 MB in one address": lambda: [{"action": "stream", "streamUrl": ["https://example.com/" + "a" * MB5]}],
    "5 MB in one host name": lambda: [{"action": "stream", "streamUrl": ["https://" + "a." * (MB5 // 2)]}],
    "5 MB in one phone number": lambda: [
        {"action": "connect", "endpoint": [{"type": "phone", "number": "+44 7700 " * (MB5 // 9)}]}
    ],
    "30,000 options": lambda: [{**TALK, **{f"option{n}": n for n in range(30_000)}}],
    "30,000 addresses": lambda: [{"action": "stream", "streamUrl": [URL] * 30_000}],
    "30,000 endpoints": lambda: [{"action": "connect", "endpoint": [{"type": "phone", "number": "44"}] * 30_000}],
    "30,000 hints": lambda: [{"action": "input", "type": ["speech"], "speech": {"context": [1] * 30_000}}],
    "100,000 double names": lambda: "[{" + ",".join(['"action": "talk"'] * 100_000) + "}]",
    "3,000 actions": lambda: [dict(TALK) for _ in range(3_000)],
    "3,000 actions that may be interrupted": lambda: [{**TALK, "bargeIn": True} for _ in range(3_000)],
    "3,000 endless actions": lambda: [{**TALK, "loop": 0} for _ in range(3_000)],
    "3,000 connects": lambda: (
        [{"action": "connect", "endpoint": [{"type": "phone", "number": "447700900002"}], "from": "447700900000"}]
        * 3_000
    ),
    "3,000 recordings": lambda: [{"action": "record"} for _ in range(3_000)],
    "3,000 inputs": lambda: [{"action": "input", "type": ["dtmf"]} for _ in range(3_000)],
    "3,000 wrong actions": lambda: [{"action": "stream", "streamUrl": "x", "loop": "a"} for _ in range(3_000)],
    "3,000 numbers": lambda: list(range(3_000)),
    # depth
    "lists 100,000 deep": lambda: "[" * 100_000 + "]" * 100_000,
    "objects 100,000 deep": lambda: '{"a":' * 100_000 + "1" + "}" * 100_000,
    "a payload 100,000 deep, as text": lambda: (
        f'[{{"action": "notify", "eventUrl": ["{URL}"], "payload": {{"a": {"[" * 100_000}{"]" * 100_000}}}}}]'
    ),
    "Python lists 100,000 deep": lambda: deep_list(100_000),
    "a text 100,000 lists deep": lambda: [{**TALK, "text": deep_list(100_000)}],
    "an unknown option 100,000 deep": lambda: [{**TALK, "extra": deep_object(100_000)}],
    "an action name 100,000 deep": lambda: [{"action": deep_list(100_000)}],
    "a header 100,000 deep": lambda: [
        {
            "action": "connect",
            "endpoint": [{"type": "sip", "uri": "sip:a@example.com", "headers": deep_object(100_000)}],
        }
    ],
    **{
        f"a payload {depth} deep": lambda depth=depth: _notify(deep_object(depth))  # type: ignore[misc]
        for depth in (50, 150, 250, 400, 900, 1000, 2000, 100_000)
    },
    "tags 100,000 deep": lambda: [{**TALK, "text": "<speak>" + "<s>" * 100_000 + "</s>" * 100_000 + "</speak>"}],
    # numbers
    "NaN": lambda: _stream('"level": NaN'),
    "Infinity": lambda: _stream('"level": -Infinity'),
    "1e400": lambda: _stream('"loop": 1e400'),
    "1e400 in a payload": lambda: f'[{{"action": "notify", "eventUrl": ["{URL}"], "payload": {{"a": 1e400}}}}]',
    "NaN of Python": lambda: [{"action": "wait", "timeout": math.nan}, {**TALK, "level": math.inf, "loop": -math.inf}],
    "NaN of Python in a payload": lambda: _notify({"a": [math.nan]}),
    "NaN as text": lambda: [{"action": "wait", "timeout": "NaN"}, {**TALK, "level": "Infinity", "loop": "-inf"}],
    "an int of 5,000 digits": lambda: [{**TALK, "loop": 10**5000, "style": -(10**5000)}],
    "an int of 5,000 digits as a level": lambda: [{**TALK, "level": 10**5000}, {"action": "wait", "timeout": 10**400}],
    "an int of 5,000 digits in a payload": lambda: _notify({"a": 10**5000}),
    "an int of 5,000 digits as the text": lambda: [{**TALK, "text": 10**5000}, {"action": 10**5000}],
    "5,000 digits as text": lambda: [{**TALK, "loop": "9" * 5000, "level": "9" * 5000}],
    "a number with underlines": lambda: [{**TALK, "loop": "1_0", "level": "٣"}],
    # encodings and characters
    "UTF-16": lambda: json.dumps([TALK]).encode("utf-16"),
    "UTF-16 without a mark": lambda: json.dumps([TALK]).encode("utf-16-le"),
    "UTF-32": lambda: json.dumps([TALK]).encode("utf-32"),
    "latin-1": lambda: json.dumps([{**TALK, "text": "Grüße"}], ensure_ascii=False).encode("latin-1"),
    "a NUL in the JSON": lambda: '[{"action": "talk",\0 "text": "a"}]',
    "a NUL in a text": lambda: [{**TALK, "text": "a\0b"}],
    "only a NUL": lambda: "\0",
    "control characters": lambda: [{**TALK, "text": "".join(map(chr, range(32))), "language": "en\x1b[31m"}],
    "control characters in every place": lambda: [
        {"action": "stream\x00", "x\x07": "\x1b"},
        {"action": "stream", "streamUrl": ["https://example.com/\r\nX: 1"], "\r\n": 1},
        {"action": "connect", "from": "44\n", "endpoint": [{"type": "phone\0", "number": "44\x00"}]},
    ],
    "text that runs backwards": lambda: [{**TALK, "text": "\u202eolleH\u2066 \ufeff\u200b"}],
    "half a character": lambda: [{**TALK, "text": "\ud83d"}],
    "half a character in a name": lambda: [{**TALK, "\udc00": 1}],
    "half a character everywhere": lambda: [
        {"action": "\ud83d"},
        {"action": "stream", "streamUrl": ["https://example.com/\ud83d"], "eventMethod": "\ud83d"},
        {"action": "notify", "payload": {"\ud83d": "\ud83d"}, "eventUrl": ["\ud83d"]},
    ],
    "half a character, escaped": lambda: '[{"action": "talk", "text": "\\ud83d"}]',
    "half a character as JSON text": lambda: '[{"action": "talk", "text": "\ud83d"}]',
    # kinds
    "nothing": lambda: None,
    "an object": lambda: dict(TALK),
    "a number": lambda: 3.5,
    "true": lambda: True,
    "a set": lambda: {1, 2},
    "bytes": lambda: b"\x00\x01\xff",
    "no bytes": lambda: b"",
    "a bytearray": lambda: bytearray(b"[{]"),
    "a view of bytes": lambda: memoryview(b"[]"),
    "a generator": lambda: (action for action in [TALK]),
    "an iterator": lambda: iter([TALK]),
    "a class": lambda: Draft,
    "a plain object": object,
    "an object that cannot be shown": _Quiet,
    "a list of all kinds": lambda: [None, 1, 1.5, True, "talk", b"talk", {1}, object(), (), [], {}, Draft, len],
    "a list of an object that cannot be shown": lambda: [_Quiet(), {"action": _Quiet()}, {**TALK, "text": _Quiet()}],
    "values that JSON does not have": lambda: [
        {
            **TALK,
            "text": b"Hello",
            "loop": Decimal(1),
            "level": 1j,
            "bargeIn": {1},
            "language": object(),
            "style": range(2),
        },
        *_notify({"a": {1, 2}, "b": b"x"}),
        {"action": "notify", "payload": object(), "eventUrl": (URL,)},
    ],
    "names that are not text": lambda: [
        {1: 2, None: 3, ("a", "b"): 4, 1.5: 5, b"action": "talk", **TALK},
        {"action": "notify", "payload": {1: 2, None: [{(): 0}]}, "eventUrl": [URL]},
        {"action": "input", "type": ["dtmf"], "dtmf": {1: 2}},
        {"action": "connect", "endpoint": [{1: 2, "type": 3}]},
    ],
    "only names that are not text": lambda: [{1: 2}],
    "an object of such names": lambda: {1: 2},
    "an empty object": lambda: [{}],
    "an empty list": list,
    "lists instead of names": lambda: [
        {"action": ["talk"]},
        {"action": {"talk": 1}},
        {"action": None},
        {"action": True},
    ],
    "everything null": lambda: [{**one, "action": None} for one in _every_option(None)],
    "every option null": lambda: _every_option(None),
    "every option a list of lists": lambda: _every_option([[[]]]),
    "every option an object": lambda: _every_option({"": {}}),
    "an endpoint of every wrong kind": lambda: [{"action": "connect", "endpoint": [end]} for end in WRONG_ENDS],
    "a cyclic list": _cyclic_list,
    "a cyclic payload": _cyclic_payload,
    "cyclic options": _cyclic_options,
    # texts of other kinds
    "an empty text": lambda: "",
    "HTML": lambda: "<!DOCTYPE html><html><script>alert(1)</script></html>",
    "XML": lambda: "<Response><Say>Hello</Say></Response>",
    "YAML": lambda: "- action: talk\n  text: Hello\n",
    "double names": lambda: '[{"action": "talk", "text": "a", "text": "b", "action": "stream"}]',
    "two lists": lambda: f"{json.dumps([TALK])}{json.dumps([TALK])}",
    "a name twice in a payload": lambda: (
        f'[{{"action": "notify", "eventUrl": ["{URL}"], "payload": {{"a": 1, "a": 2}}}}]'
    ),
    "a comment": lambda: '[{"action": "talk", "text": "a"} // greeting\n]',
    "code": lambda: "__import__('os').getcwd()",
    "an unclosed tag": lambda: [{**TALK, "text": "{{name"}, {**TALK, "text": "{{#list}}x"}, {**TALK, "text": "{{{a}}"}],
    "placeholders of every kind": lambda: [
        {**TALK, "text": "{{&a}}{{{b}}}{{>c}}{{!d}}{{=<% %>=}}<%e%>{{^f}}{{/f}}{{}}"}
    ],
}
# Written by other tools; a flow of Node-RED is not an NCCO either.
FOREIGN: dict[str, Any] = {
    "a workflow of n8n": {
        "name": "Call",
        "nodes": [
            {"parameters": {"path": "answer"}, "name": "Webhook", "type": "n8n-nodes-base.webhook", "position": [1, 2]}
        ],
        "connections": {"Webhook": {"main": [[{"node": "Set", "type": "main", "index": 0}]]}},
    },
    "a flow of a telephone studio": STUDIO,
    "a collection of requests": {
        "info": {"name": "Voice", "schema": "https://example.com/v2.1.0/collection.json"},
        "item": [{"name": "call", "request": {"method": "POST", "url": {"raw": "https://example.com/v1/calls"}}}],
    },
    "a drawing": [{"id": "1", "shape": "rect", "x": 1, "y": 2}, {"id": "2", "shape": "line", "from": "1"}],
    "an automation": {"alias": "Ring", "trigger": [{"platform": "time"}], "action": [{"service": "notify.phone"}]},
    "a flow of Node-RED": [
        {"id": "a1", "type": "tab", "label": "Flow 1"},
        {"id": "b2", "type": "inject", "z": "a1", "wires": [["c3"]]},
        {"id": "c3", "type": "debug", "z": "a1", "wires": []},
    ],
}
BAD |= {name: lambda flow=flow: flow for name, flow in FOREIGN.items()}  # type: ignore[misc]
BAD |= {f"{name}, as text": lambda flow=flow: json.dumps(flow) for name, flow in FOREIGN.items()}  # type: ignore[misc]
# Odd, but an NCCO that runs.
GOOD_AFTER_ALL = {
    "3,000 actions",
    "3,000 endless actions",
    "3,000 connects",
    "3,000 recordings",
    "3,000 inputs",
    "text that runs backwards",
    "a name twice in a payload",
    "30,000 options",
    "5 MB in one name",
    "5 MB in one address",
    *(f"a payload {depth} deep" for depth in (50, 150)),
}


# Megabytes, or a hundred thousand of something.
FLOOD = re.compile("5 MB|,?000 ").search


def well_formed(problems: list[Problem], actions: int | None = None) -> None:
    """Each problem names a rule and says something, at a place that exists."""
    assert isinstance(problems, list)
    for problem in problems:
        assert problem.severity in ("error", "advice")
        assert problem.rule in RULES
        assert problem.message and problem.why
        assert problem.severity == "advice" or problem.cure
        assert isinstance(problem.field, str)
        assert problem.action is None or actions is None or 0 <= problem.action < actions
        # Nobody reads more: a value is cut, not printed in full.
        assert len(str(problem)) < 2000
        json.dumps(str(problem)).encode()
        assert " at 0x" not in str(problem)


def _one_error_of_the_kit(what: Callable[[], Any]) -> Any:
    """What it answers; ``None`` where it raised an error of the kit's, which is not longer than anybody reads."""
    try:
        return soon(what)
    except KitError as problem:
        assert len(str(problem)) < 100_000
        return None


def _is_checked(data: Callable[[], Any], good: bool) -> None:
    problems = soon(lambda: check(data()))
    made = data()
    well_formed(problems, len(made) if isinstance(made, list) else None)
    assert good is not any(p.severity == "error" for p in problems)
    assert len(problems) < 30_100
    well_formed(soon(lambda: check(data(), live=True)))
    well_formed(soon(lambda: check(data(), variables={"a": {"b": 1}})))


def _is_parsed(data: Callable[[], Any], good: bool) -> None:
    if good:
        assert len(soon(lambda: parse(data())))
        return
    with pytest.raises(NccoError) as caught:
        soon(lambda: parse(data()))
    assert any(p.severity == "error" for p in caught.value.problems)
    assert len(str(caught.value)) < 100_000


def _leaves_a_draft_whole(data: Callable[[], Any]) -> None:
    draft = Draft([TALK])
    draft.set(0, "loop", 2)
    before = draft.to_list()
    try:
        soon(lambda: draft.load(data()))
    except KitError:
        assert draft.to_list() == before
    else:
        draft.undo()
    assert draft.to_list() == before
    draft.undo()
    assert draft.to_list() == [TALK]


def _marks(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.hostile] if FLOOD(name) else []


@pytest.mark.parametrize("name", [pytest.param(name, marks=_marks(name)) for name in BAD])
def test_every_reader_answers_and_raises_the_kits_own_errors_only(name: str) -> None:
    made, good = BAD[name](), name in GOOD_AFTER_ALL

    def data() -> Any:
        return BAD[name]() if isinstance(made, Iterator) else made  # it can be gone through once

    _is_checked(data, good)
    _is_parsed(data, good)
    _leaves_a_draft_whole(data)
    imported = _one_error_of_the_kit(lambda: import_flow(data()))
    if imported is not None:
        # Nothing of it was an action of the palette: no call comes of it, and the import says so.
        assert not [one for one in imported.nccos if one.ncco]
        assert imported.not_translated or imported.notes


# --- HTML stays text -------------------------------------------------------------------------------------------------

END = re.compile(r"endpoint\.(\w+)\.(.+)")  # the type of an endpoint, and what is in it
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><b>bold</b>"


def _with(name: str, path: str, value: Any) -> dict[str, Any]:
    """An action that holds the value at the path, and an endpoint of the type that the path names."""
    end = END.match(path)
    if end is None:
        return with_value(starter(name), path, value)
    action = {**starter(name), "endpoint": [{"type": value if end[2] == "type" else end[1]}]}
    return action if end[2] == "type" else with_value(action, f"endpoint.{end[2]}", value)


@pytest.mark.parametrize("name", ACTIONS)
def test_html_in_any_option_is_kept_as_it_is(name: str) -> None:
    """How a builder shows it: test_builder_page."""
    for path, _ in walk(options_of(ACTIONS[name])):
        for value in (MARKUP, [MARKUP], {MARKUP: MARKUP}):
            action = _with(name, path, value)
            well_formed(check([action]))
            draft = Draft([action])
            assert draft.to_list() == [action]
            assert json.loads(draft.to_json()) == [action]


@pytest.mark.parametrize("wrong", [[{"action": MARKUP}], MARKUP, f'[{{"action": "talk", "text": {MARKUP}}}]'])
def test_html_in_the_place_of_something_else_is_spoken_of(wrong: Any) -> None:
    well_formed(check(wrong))


# --- templates -------------------------------------------------------------------------------------------------------


class _Hostile(Mapping[str, Any]):
    """Variables that fail when they are looked at."""

    def __getitem__(self, name: str) -> Any:
        raise RuntimeError("no")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no")

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    "variables",
    [{}, {"name": None}, {"name": MARKUP}, {"name": "{{name}}"}, {"name": _Quiet()}, {1: 2}, _Hostile()],
    ids=["none", "null", "markup", "a placeholder", "cannot be shown", "names are numbers", "fails"],
)
def test_check_never_raises_because_of_variables(variables: Any) -> None:
    ncco = [
        {**TALK, "text": "Hello {{name}}, <b>{{{name}}}</b>"},
        {**TALK, "text": "<speak>Hello {{name}}</speak>"},
        {"action": "stream", "streamUrl": ["https://example.com/{{name}}?a={{name}}"], "loop": "{{name}}"},
        {"action": "notify", "payload": {"{{name}}": ["{{name}}"]}, "eventUrl": ["{{name}}"]},
    ]
    well_formed(check(ncco, variables=variables), 4)


# --- anything at all -------------------------------------------------------------------------------------------------

ODD_TEXTS = ["", "0", "1", "true", "{{a}}", "{{", "<speak>", "<speak>a</speak>", "<", URL, "/a", "447700900001"]
anything = json_values(20, st.floats(), st.integers(), st.text(max_size=30), st.sampled_from(ODD_TEXTS))


@pytest.mark.hostile
@example([[{}]])
@given(anything)
def test_any_json_value_can_be_checked(data: Any) -> None:
    every_check_holds(data)


@pytest.mark.hostile
@given(st.randoms(use_true_random=False), st.lists(anything, max_size=5))
def test_anything_in_any_option_can_be_checked_and_put_right(dice: random.Random, values: list[Any]) -> None:
    every_check_holds(Slips(dice, [*ODD, *values]).ncco())


@pytest.mark.hostile
@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_and_any_bytes_can_be_checked(data: Any) -> None:
    problems = check(data)
    well_formed(problems)
    if any(p.severity == "error" for p in problems):
        with pytest.raises(NccoError):
            parse(data)
