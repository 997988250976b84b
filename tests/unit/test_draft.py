"""The list behind the builder: whatever is put in is kept, and every change can be taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.base.errors import KitError
from helpers.ncco import ACTIONS, NccoError, parse
from helpers.ncco.editing.draft import MOST_STEPS, Draft
from helpers.ncco.editing.paths import option_at, value_at, with_value
from helpers.ncco.editing.summary import summary
from helpers.ncco.texts.texts import as_json
from tests.unit.effort import soon
from tests.unit.ncco_strategies import json_values

URL = "https://example.com/a.mp3"
TALK = {"action": "talk", "text": "Hello"}
STREAM = {"action": "stream", "streamUrl": [URL]}

plain = json_values(8)


# --- what is kept ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "items",
    [
        [{"action": "whistle", "pitch": 440}],
        [{"action": "talk", "text": "a", "brandNew": {"x": [1, None]}}],
        ["not an action", 5, None, [], {}],
        [{"text": "no action"}],
        [{"action": 7}],
        [{"action": "stream", "streamUrl": URL, "level": "loud"}],
    ],
)
def test_whatever_a_list_holds_is_kept(items: list[Any]) -> None:
    for data in (items, json.dumps(items)):
        draft = Draft(data)
        assert draft.to_list() == items
        assert json.loads(draft.to_json()) == items
        assert draft.problems()
        assert str(draft)


@given(st.lists(st.dictionaries(st.text(max_size=8), plain, max_size=4) | plain, max_size=4))
def test_the_json_text_is_the_list(items: list[Any]) -> None:
    again = Draft([TALK])
    assert again.set_text(Draft(items).text) == []
    assert json.dumps(again.to_list()) == json.dumps(items)


@given(plain)
def test_lists_on_one_line_are_the_same_json(value: Any) -> None:
    assert json.dumps(json.loads(as_json([value, [value]]))) == json.dumps([value, [value]])


def test_short_lists_stand_on_one_line() -> None:
    assert as_json([{"a": ["x", 1, True], "b": [URL], "c": ["y" * 40, "z" * 40]}]) == (
        '[\n  {\n    "a": ["x", 1, true],\n    "b": ["https://example.com/a.mp3"],\n    "c": [\n'
        f'      "{"y" * 40}",\n      "{"z" * 40}"\n    ]\n  }}\n]'
    )


def test_what_is_handed_over_cannot_change_the_draft() -> None:
    mine: list[Any] = [{"action": "talk", "text": "Hello"}]
    draft = Draft(mine)
    mine[0]["text"] = "changed"
    draft.to_list()[0]["text"] = "changed"
    assert draft.to_list() == [TALK]


def test_an_empty_list_is_only_not_begun() -> None:
    draft = Draft()
    assert draft.problems() == [] and str(draft) == "(no action yet)"
    with pytest.raises(NccoError):
        draft.ncco()
    draft.load([])
    assert draft.to_list() == []


# --- options by their path -------------------------------------------------------------------------------------------


def test_options_are_set_by_path() -> None:
    draft = Draft([{"action": "input", "type": ["dtmf"]}, {"action": "connect"}])
    draft.set(0, "dtmf.timeOut", 5)
    draft.set(1, "endpoint.number", "447700900001")
    draft.set(1, "from_", "447700900000")
    assert draft.get(0, "dtmf.timeOut") == 5 and draft.get(1, "endpoint.number") == "447700900001"
    assert draft.to_list() == [
        {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 5}},
        {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900001"}], "from": "447700900000"},
    ]


def test_another_type_of_endpoint_keeps_what_fits_and_what_nobody_knows() -> None:
    draft = Draft([{"action": "connect", "endpoint": [{"type": "phone", "number": "447700900001", "mine": 1}]}])
    draft.set(0, "endpoint.type", "sip")
    assert draft.to_list()[0]["endpoint"] == [{"type": "sip", "mine": 1}]
    draft.undo()
    assert draft.to_list()[0]["endpoint"] == [{"type": "phone", "number": "447700900001", "mine": 1}]


def test_an_option_that_nobody_knows_can_be_changed_but_not_made() -> None:
    draft = Draft([{**TALK, "brandNew": {"a": 1}}])
    draft.set(0, "brandNew.a", 2)
    draft.set(0, "brandNew", {"b": 3})
    assert draft.to_list() == [{**TALK, "brandNew": {"b": 3}}]
    with pytest.raises(KitError, match='no option "other"'):
        draft.set(0, "other", 1)
    draft.set(0, "brandNew", None)
    assert draft.to_list() == [TALK]


@pytest.mark.parametrize("path", ["nonsense", "endpoint.uri", "timeout.x", "endpoint.onAnswer.x"])
def test_what_the_models_do_not_know_has_no_option(path: str) -> None:
    assert option_at({"action": "connect", "endpoint": [{"type": "phone"}]}, path) is None
    assert option_at({"action": "whistle"}, path) is None


def test_a_value_is_not_found_where_there_is_none() -> None:
    assert value_at({"a": [{"b": 1}]}, "a.b") == 1
    assert [value_at(item, "a.b") for item in ({}, {"a": []}, {"a": "text"}, "text", None)] == [None] * 5
    with pytest.raises(KitError, match="not an action"):
        with_value({"action": "whistle"}, "pitch", 1)


# --- moves -----------------------------------------------------------------------------------------------------------


def test_add_remove_move_duplicate_and_put() -> None:
    draft = Draft()
    assert draft.add("talk", text="a") == 0
    assert draft.add("wait", at=0) == 0
    assert draft.add("wait", at=99, timeout=3) == 2
    assert draft.duplicate(1) == 2
    draft.move(3, 0)
    draft.remove(-1)
    draft.put(1, {"action": "whistle"})
    assert draft.to_list() == [{"action": "wait", "timeout": 3}, {"action": "whistle"}, {"action": "talk", "text": "a"}]
    draft.clear()
    assert draft.to_list() == []


def test_an_action_keeps_its_number() -> None:
    draft = Draft([TALK, STREAM, {"action": "wait"}])
    talk, stream, wait = draft.ids
    draft.move(0, 2)
    draft.set(0, "loop", 2)
    assert list(draft.ids) == [stream, wait, talk]
    draft.set_text(json.dumps([{**STREAM, "loop": 3}, {"action": "record"}, {"action": "wait"}, TALK]))
    assert [draft.ids[2], draft.ids[3]] == [wait, talk] and len(set(draft.ids)) == 4
    draft.undo()
    assert list(draft.ids) == [stream, wait, talk]


@pytest.mark.parametrize("wrong", [-4, 3, "0", None, 1.5])
def test_a_position_that_is_not_there_changes_nothing(wrong: Any) -> None:
    draft = Draft([TALK, STREAM, {"action": "wait"}])
    for change in (draft.remove, draft.duplicate, lambda at: draft.move(0, at), lambda at: draft.set(at, "loop", 2)):
        with pytest.raises(KitError, match="Count from 0 to 2"):
            change(wrong)
    assert not draft.can_undo


def test_a_fix_is_one_step() -> None:
    draft = Draft([{**STREAM, "streamUrl": URL}])
    fix = draft.problems()[0].fix
    assert fix is not None
    draft.apply(fix)
    assert draft.to_list() == [STREAM] and draft.problems() == []
    draft.undo()
    assert draft.to_list() == [{**STREAM, "streamUrl": URL}]


# --- undo ------------------------------------------------------------------------------------------------------------


def test_every_change_is_one_step_back_and_forth() -> None:
    draft = Draft([TALK])
    changes = [
        lambda: draft.add("stream"),
        lambda: draft.set(1, "streamUrl", [URL]),
        lambda: draft.move(0, 1),
        lambda: draft.duplicate(0),
        lambda: draft.remove(2),
        lambda: draft.set_text('[{"action": "wait"}]'),
        lambda: draft.set_text("broken"),
        lambda: draft.load([STREAM]),
        lambda: draft.clear(),
    ]
    seen = [(draft.to_list(), draft.text)]
    for change in changes:
        change()
        seen.append((draft.to_list(), draft.text))
    for state in seen[-2::-1]:
        assert draft.undo() and (draft.to_list(), draft.text) == state
    assert not draft.undo() and not draft.can_undo
    for state in seen[1:]:
        assert draft.redo() and (draft.to_list(), draft.text) == state
    assert not draft.redo() and not draft.can_redo


def test_what_changes_nothing_is_no_step() -> None:
    draft = Draft([TALK])
    draft.set(0, "text", "Hello")
    draft.set(0, "loop", None)
    draft.move(0, 0)
    draft.replace([TALK])
    draft.set_text(draft.to_json())
    draft.put(0, dict(TALK))
    draft.forget_text()
    assert not draft.can_undo


def test_true_and_one_are_not_the_same() -> None:
    draft = Draft([{**TALK, "loop": True}])
    draft.set(0, "loop", 1)
    assert draft.to_json().endswith('"loop": 1\n  }\n]')
    assert draft.problems() == [] and draft.can_undo


def test_keys_typed_in_one_field_are_one_step() -> None:
    draft = Draft([TALK])
    for text in ("B", "By", "Bye"):
        draft.set(0, "text", text, edit="text")
    draft.end_edit()
    for text in ("Bye!", "Bye!!"):
        draft.set(0, "text", text, edit="text")
    draft.undo()
    assert draft.get(0, "text") == "Bye"
    draft.undo()
    assert draft.get(0, "text") == "Hello" and not draft.can_undo


def test_what_was_typed_and_taken_back_is_no_step() -> None:
    draft = Draft([TALK])
    for text in ("Hello!", "Hello"):
        draft.set(0, "text", text, edit="text")
    assert not draft.can_undo


def test_a_new_change_ends_what_could_be_done_again() -> None:
    draft = Draft([TALK])
    draft.add("wait")
    draft.undo()
    draft.add("stream")
    assert not draft.can_redo and [one["action"] for one in draft.to_list()] == ["talk", "stream"]


def test_the_history_is_bounded() -> None:
    draft = Draft()
    for _ in range(MOST_STEPS + 50):
        draft.add("wait")
    steps = 0
    while draft.undo():
        steps += 1
    assert steps == MOST_STEPS and len(draft) == 50


# --- texts -----------------------------------------------------------------------------------------------------------


def test_a_broken_text_is_kept_and_so_is_the_list() -> None:
    draft = Draft([TALK])
    broken = '[{"action": "wait",}]'
    found = draft.set_text(broken)
    assert "line 1, column" in found[0].message and found[0].cure
    assert draft.to_list() == [TALK]
    assert draft.text == broken and draft.text_problems == found
    draft.set(0, "loop", 2)
    assert draft.text == broken
    draft.undo()
    draft.undo()
    assert draft.text == draft.to_json() and draft.text_problems == []


def test_a_text_that_was_mended_is_taken() -> None:
    draft = Draft([TALK])
    draft.set_text("[{")
    assert draft.set_text('[{"action": "wait"}]') == []
    assert draft.to_list() == [{"action": "wait"}] and draft.text == draft.to_json()


def test_a_broken_text_can_be_dropped_and_fetched_back() -> None:
    draft = Draft([TALK])
    draft.set_text("[{")
    draft.forget_text()
    assert draft.text == draft.to_json()
    draft.undo()
    assert draft.text == "[{"


def test_a_name_that_stands_twice_is_spoken_of() -> None:
    draft = Draft([STREAM])
    assert draft.set_text('[{"action": "talk", "text": "a", "text": "b"}]') == []
    assert [(p.rule, p.severity) for p in draft.problems()] == [("duplicate-name", "advice")]
    draft.set(0, "text", "c")
    assert draft.problems() == []
    assert Draft('[{"action": "talk", "text": "a", "text": "b"}]').problems()[0].rule == "duplicate-name"


def test_five_megabytes_are_one_undo_away() -> None:
    draft = Draft([TALK])
    text = json.dumps([{"action": "talk", "text": "x" * 1000}] * 4800)
    for _ in range(2):
        assert [p.rule for p in soon(lambda: draft.set_text(text))] == ["too-large"]
    assert draft.text == text and draft.to_list() == [TALK]
    with pytest.raises(NccoError, match="characters"):
        soon(lambda: draft.load(text))
    draft.undo()
    assert draft.text == draft.to_json()


@pytest.mark.slow
def test_as_much_as_is_taken_is_handled_soon() -> None:
    draft = Draft([TALK])
    text = json.dumps([{"action": "talk", "text": "x"}] * 25_000)
    assert soon(lambda: draft.set_text(text)) == [] and len(draft) == 25_000
    draft.undo()
    assert draft.to_list() == [TALK]


# --- in and out ------------------------------------------------------------------------------------------------------


def test_a_file_is_written_and_read(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    draft = Draft([TALK])
    assert draft.save(file) == file
    with pytest.raises(KitError, match="is there already"):
        draft.save(file)
    draft.add("wait")
    draft.save(file, replace=True)
    assert Draft(file).to_list() == draft.to_list()
    with pytest.raises(KitError, match="cannot be written"):
        draft.save(tmp_path / "no" / "folder.json")


def test_differences_count_from_the_last_load_or_save(tmp_path: Path) -> None:
    draft = Draft([TALK])
    assert draft.differences == []
    draft.set(0, "loop", 2)
    assert len(draft.differences) == 1 and "loop" in draft.differences[0]
    draft.save(tmp_path / "a.json")
    assert draft.differences == []
    draft.load([STREAM])
    assert draft.differences == []


def test_the_checked_ncco_comes_out() -> None:
    draft = Draft(parse([TALK]))
    assert draft.ncco() == parse([TALK])
    draft.set(0, "loop", "often")
    with pytest.raises(NccoError, match="loop"):
        draft.ncco()


def test_variables_fill_templates_in_for_the_checks() -> None:
    draft = Draft([{"action": "talk", "text": "Hello {{name}}"}])
    assert [p.rule for p in draft.problems()] == ["placeholder-left"]
    draft.variables = {"name": "Ada"}
    assert draft.problems() == []
    draft.variables = {"nam": "Ada"}
    assert [p.rule for p in draft.problems()] == ["unknown-variable"]


# --- in words --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"action": "talk", "text": "Hello", "loop": 2}, "“Hello”, loop 2"),
        ({"loop": 2, "action": "talk", "text": "Hello"}, "“Hello”, loop 2"),
        (STREAM, URL),
        ({**STREAM, "bargeIn": True, "level": 0.5}, f"{URL}, bargeIn, level 0.5"),
        ({"action": "talk", "premium": False}, "premium off"),
        ({"action": "input", "type": ["dtmf", "speech"], "mode": "x"}, "dtmf and speech, mode “x”"),
        ({"action": "input", "dtmf": {"maxDigits": 1}}, "dtmf (maxDigits 1)"),
        ({"action": "input", "dtmf": {}}, "dtmf (nothing set)"),
        ({"action": "connect", "endpoint": [{"type": "phone", "number": "447700900001"}]}, "phone 447700900001"),
        ({"action": "wait"}, ""),
        ({"action": "whistle"}, '{"action": "whistle"}'),
        (None, "null"),
    ],
)  # fmt: skip
def test_an_action_in_one_line(item: Any, words: str) -> None:
    assert summary(item) == words


@pytest.mark.parametrize("name", ACTIONS)
@given(options=st.dictionaries(st.text(max_size=6), plain, max_size=4))
@settings(max_examples=20)
def test_a_line_is_one_short_line_whatever_it_holds(name: str, options: dict[str, Any]) -> None:
    line = summary({**options, "action": name, "text": "x" * 5000})
    assert len(line) <= 110 and "\n" not in line
