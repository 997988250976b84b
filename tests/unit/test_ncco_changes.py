"""What has changed between two versions of an NCCO, in words."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.ncco import NccoError, differences, parse
from tests.unit.ncco_strategies import json_values, nccos

TALK = {"action": "talk", "text": "Hello"}
STREAM = {"action": "stream", "streamUrl": ["https://example.com/audio/music.mp3"], "level": 0}
INPUT = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 4}}
PHONE = {"type": "phone", "number": "447700900001"}
CONNECT = {"action": "connect", "endpoint": [PHONE]}
ALL = [TALK, STREAM, INPUT, CONNECT]

CASES: dict[str, tuple[list[Any], list[Any], list[str]]] = {
    "nothing": (ALL, ALL, []),
    "the order of options": ([STREAM], [dict(reversed(STREAM.items()))], []),
    "another way to write a number": ([{"action": "wait", "timeout": 2}], [{"action": "wait", "timeout": 2.0}], []),
    "changed": ([TALK, STREAM], [TALK, {**STREAM, "level": 0.5}], ["[1] stream: level changed from 0 to 0.5"]),
    "set": ([INPUT], [{**INPUT, "dtmf": {"maxDigits": 4, "timeOut": 5}}], ["[0] input: dtmf.timeOut set to 5"]),
    "set with its group": (
        [{"action": "input", "type": ["dtmf"]}], [INPUT], ["[0] input: dtmf.maxDigits set to 4"]),
    "an empty group": ([TALK], [{**TALK, "x": {}}], ["[0] talk: x set to {}"]),
    "removed": (
        [INPUT], [{**INPUT, "dtmf": {}}], ["[0] input: dtmf.maxDigits removed (it was 4)"]),
    "number and text": ([{**TALK, "loop": 2}], [{**TALK, "loop": "2"}], ['[0] talk: loop changed from 2 to "2"']),
    "number and flag": ([{**TALK, "loop": 1}], [{**TALK, "loop": True}], ["[0] talk: loop changed from 1 to true"]),
    "in a list": ([CONNECT], [{"action": "connect", "endpoint": [{**PHONE, "number": "447700900002"}]}],
                  ['[0] connect: endpoint.number changed from "447700900001" to "447700900002"']),
    "endpoint of another type": (
        [CONNECT], [{"action": "connect", "endpoint": [{"type": "app", "user": "jamie"}]}],
        ['[0] connect: endpoint.type changed from "phone" to "app"',
         '[0] connect: endpoint.number removed (it was "447700900001")',
         '[0] connect: endpoint.user set to "jamie"']),
    "added": ([TALK], [TALK, STREAM],
              ['[1] stream added: https://example.com/audio/music.mp3, level 0']),
    "added in front": ([TALK, STREAM], [INPUT, TALK, STREAM],
                       ['[0] input added: dtmf, dtmf (maxDigits 4)']),
    "added without options": ([TALK], [TALK, {"action": "wait"}], ["[1] wait added: no options"]),
    "taken out": (ALL, [TALK, *ALL[2:]],
                  ['[1] stream removed: https://example.com/audio/music.mp3, level 0']),
    "moved up": (ALL, [INPUT, TALK, STREAM, CONNECT], ["[2] input moved to [0]"]),
    "moved down": (ALL, [STREAM, INPUT, CONNECT, TALK], ["[0] talk moved to [3]"]),
    "moved and changed": (
        ALL, [{**CONNECT, "limit": 60}, TALK, STREAM, INPUT],
        ["[3] connect moved to [0]", "[0] connect: limit set to 60"]),
    "doubled": ([TALK, STREAM], [TALK, STREAM, TALK], ['[2] talk added: “Hello”']),
    "doubled and changed": ([TALK], [TALK, {**TALK, "loop": 2}], ['[1] talk added: “Hello”, loop 2']),
    "replaced": ([TALK, STREAM, INPUT], [TALK, {"action": "wait", "timeout": 2}, INPUT],
                 ['[1] stream removed: https://example.com/audio/music.mp3, level 0',
                  "[1] wait added: timeout 2"]),
    "one of two alike": (
        [TALK, {**TALK, "text": "Bye"}], [TALK, {**TALK, "text": "Goodbye"}],
        ['[1] talk: text changed from "Bye" to "Goodbye"']),
    "first of two alike": (
        [TALK, {**TALK, "text": "Bye"}], [{**TALK, "text": "Bye"}], ['[0] talk removed: “Hello”']),
    "all": ([TALK], [], ['[0] talk removed: “Hello”']),
    "odd name": ([TALK], [{**TALK, "x\n": 1}], ['[0] talk: "x\\n" set to 1']),
    "no action": ([5], [True], ["[0] something that is not an action replaced: true"]),
    "no name": ([{}], [{"a": 1}], ["[0] something that is not an action: a set to 1"]),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "told"), CASES.values(), ids=CASES.keys())
def test_what_is_told(old: list[Any], new: list[Any], told: list[str]) -> None:
    before = copy.deepcopy((old, new))
    assert differences(old, new) == told
    assert (old, new) == before


def test_text_and_models_are_compared_too() -> None:
    assert differences(json.dumps(ALL), ALL) == differences([TALK], parse([TALK])) == []
    with pytest.raises(NccoError):
        differences("[", ALL)
    with pytest.raises(NccoError):
        differences(ALL, None)


def test_a_long_value_is_shown_where_it_differs() -> None:
    old, new = "a" * 500 + "b" * 500, "a" * 500 + "c" + "b" * 500
    [told] = differences([{**TALK, "text": old}], [{**TALK, "text": new}])
    assert len(told) < 200
    first, _, second = told.partition(" to ")
    assert "b" in first and "c" in second and "…" in first and "…" in second


def test_a_long_new_value_is_cut() -> None:
    assert differences([TALK], [{**TALK, "x": "a" * 500}]) == [f'[0] talk: x set to "{"a" * 58}…']


def test_what_cannot_be_printed_is_not() -> None:
    for told in differences([TALK], [{**TALK, "text": "\ud800\u0007", "\ud800": 1}]):
        assert told.encode() and "\u0007" not in told


def test_a_long_list_takes_no_time() -> None:
    many = [{**TALK, "text": str(number)} for number in range(1_000)]
    assert len(differences(many, [{**one, "level": 1} for one in reversed(many)])) >= 1_000
    assert differences(many, many) == []


ANY = st.lists(
    st.one_of(st.sampled_from([*ALL, {**TALK, "text": "Bye"}, {**STREAM, "level": 1}]), json_values()), max_size=5
)
QUIETLY = settings(derandomize=True, database=None)


def same(old: Any, new: Any) -> bool:
    """Equal as JSON: true is not 1, and the order of names does not count."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    return isinstance(old, bool) == isinstance(new, bool) and type(old) in _like(type(new)) and bool(old == new)


def _like(kind: type) -> tuple[type, ...]:
    return (int, float) if kind in (int, float) else (kind,)


@QUIETLY
@given(ANY, ANY)
def test_nothing_is_told_exactly_if_nothing_has_changed(old: list[Any], new: list[Any]) -> None:
    assert (differences(old, new) == []) is same(old, new)
    assert differences(old, copy.deepcopy(old)) == []


@pytest.mark.slow
@QUIETLY
@given(nccos(most=4), st.data())
def test_one_change_to_one_option_is_told_as_such(ncco: list[dict[str, Any]], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(ncco) - 1))
    new = copy.deepcopy(ncco)
    new[place]["x-changed"] = 7
    assert differences(ncco, new) == [f'[{place}] {ncco[place]["action"]}: "x-changed" set to 7']


@QUIETLY
@given(st.permutations(range(6)))
def test_what_is_only_moved_is_only_told_to_have_moved(order: list[int]) -> None:
    old = [{"action": "wait", "timeout": 1 + number} for number in range(6)]
    told = differences(old, [old[k] for k in order])
    assert (told == []) is (order == sorted(order))
    assert all(" moved to [" in sentence for sentence in told)
    for sentence in told:
        first, _, second = sentence.partition(" wait moved to ")
        assert order[int(second.strip("[]"))] == int(first.strip("[]"))
