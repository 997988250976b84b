"""Exercises: an attempt is marked part by part, whatever it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from helpers.base.errors import KitError
from helpers.exercises import TASKS, Mark, exercise

pytestmark = pytest.mark.usefixtures("clean", "in_a_folder_of_its_own")
JINGLE = {"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}
BYE = {"action": "talk", "text": "Good-bye."}
FIRST = {
    "action": "connect",
    "from": "447700900500",
    "timeout": 10,
    "endpoint": [{"type": "phone", "number": "447700900002"}],
}
SECOND = {**FIRST, "endpoint": [{"type": "phone", "number": "447700900003"}]}
RECORD = {"action": "record", "split": "conversation", "channels": 2}
ROOM = {"action": "conversation", "name": "weekly", "endOnExit": True}
TOLD = {"action": "notify", "payload": {"who": "{{from}}"}, "eventUrl": ["https://example.com/event"]}
AWAY = {"action": "transfer", "conversationId": "CON-aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"}
ASK = {"action": "talk", "text": "How many people are you? Press a key from one to nine.", "bargeIn": True}
KEYS = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
CODE = "Your code is <break time='1s'/> <say-as interpret-as='digits'>42</say-as>."
WAIT = {"action": "wait", "timeout": 3}


def text(words: str) -> list[dict[str, Any]]:
    return [{"action": "talk", "text": words}]


# Task -> attempts, each with the parts that are done in it.
ATTEMPTS: dict[str, list[tuple[list[dict[str, Any]], str]]] = {
    "stream": [
        ([{**JINGLE, "loop": 2, "level": -0.5}, BYE], "111"),
        ([{**JINGLE, "level": -0.1}, {**JINGLE, "level": -1}, BYE], "111"),
        ([{**JINGLE, "loop": 2, "level": -0.5}], "110"),
        ([{**JINGLE, "loop": 2}, BYE], "101"),
        ([{**JINGLE, "loop": 3, "level": -0.5}, BYE], "011"),
        ([BYE, {**JINGLE, "loop": 2, "level": -0.5}], "110"),
        ([BYE], "000"),
    ],
    "talk": [
        (text(f"<speak>{CODE}</speak>"), "111"),
        (text(CODE), "011"),
        (text(f"<speak>{CODE}"), "011"),
        (text("<speak>Your code is <break time='1s'/> 42.</speak>"), "110"),
        (text("<speak><say-as interpret-as='digits'>42</say-as></speak>"), "101"),
    ],
    "input": [
        ([ASK, KEYS], "111"),
        ([{**ASK, "bargeIn": False}, KEYS], "101"),
        ([{**ASK, "text": "Press."}, KEYS], "101"),
        ([KEYS], "001"),
        ([ASK, {**KEYS, "type": ["speech"], "dtmf": {}, "speech": {}}], "100"),
    ],
    "record": [
        ([BYE, RECORD, FIRST], "111"),
        ([RECORD, FIRST], "011"),
        ([BYE, {"action": "record"}, FIRST], "110"),
        ([BYE, FIRST, RECORD], "101"),
    ],
    "conversation": [
        ([ROOM], "1111"),
        ([{**ROOM, "name": "daily"}], "0111"),
        ([{**ROOM, "mute": True}], "1011"),
        ([{**ROOM, "canSpeak": []}], "1011"),
        ([{**ROOM, "startOnEnter": False}], "1101"),
        ([{**ROOM, "endOnExit": False}], "1110"),
        ([BYE], "0000"),
    ],
    "connect": [
        ([FIRST, SECOND, BYE], "111"),
        ([FIRST, BYE], "011"),
        ([SECOND, FIRST, BYE], "011"),
        ([FIRST, {**SECOND, "timeout": 20}, BYE], "101"),
        ([BYE, FIRST, SECOND], "110"),
    ],
    "notify": [
        ([TOLD, JINGLE], "111"),
        ([JINGLE, TOLD, BYE], "111"),
        ([JINGLE, TOLD], "110"),
        ([{**TOLD, "payload": {"who": "nobody"}}, JINGLE], "101"),
        ([JINGLE], "000"),
    ],
    "wait": [
        ([BYE, WAIT, JINGLE], "111"),
        ([WAIT, BYE, JINGLE], "001"),
        ([{**WAIT, "timeout": 1}, BYE], "000"),
        ([BYE, {**WAIT, "timeout": 2}, JINGLE], "101"),
        ([BYE, WAIT], "110"),
    ],
    "transfer": [
        ([BYE, AWAY], "111"),
        ([AWAY], "011"),
        ([AWAY, BYE], "010"),
        ([BYE, {**AWAY, "conversationId": "CON-other"}], "101"),
    ],
}  # fmt: skip


def done(mark: Mark) -> str:
    return "".join(str(int(part.done)) for part in mark.parts)


def test_every_task_has_attempts_that_are_right_and_wrong() -> None:
    assert ATTEMPTS.keys() == TASKS.keys()
    for name, attempts in ATTEMPTS.items():
        for number, (words, _) in enumerate(TASKS[name].parts):
            assert {found[number] for _, found in attempts} == {"0", "1"}, words


@pytest.mark.parametrize("name", ATTEMPTS)
def test_each_part_is_marked_by_itself(name: str) -> None:
    for ncco, parts in ATTEMPTS[name]:
        mark = exercise(name, ncco)
        assert done(mark) == parts, ncco
        assert mark.right == ("0" not in parts)
        assert str(mark).count("✗ not yet") == parts.count("0")


def test_an_error_is_explained_and_nothing_is_played() -> None:
    mark = exercise("notify", [{"action": "notify", "payload": {"heard": "jingle"}}])
    assert mark.rehearsal is None
    assert done(mark) == "000"
    assert "Error: [0] notify needs eventUrl. Write" in str(mark)
    assert "    Why: Vonage refuses" in str(mark)


def test_advice_is_explained_and_the_call_is_heard(tmp_path: Path) -> None:
    mark = exercise("wait", [{"action": "wait", "timeout": 5}, JINGLE])
    assert "One click in the builder: " in str(mark)
    assert "heard: 7.7 s of sound in heard/try-wait.wav" in str(mark)
    assert (tmp_path / "heard/try-wait.wav").stat().st_size > 100_000


def test_a_builder_can_be_marked() -> None:
    from helpers.widgets.builder.builder import Builder

    builder = Builder([BYE])
    assert not exercise("transfer", builder).right
    builder.add("transfer", conversationId=AWAY["conversationId"])
    assert exercise("transfer", builder).right


@pytest.mark.parametrize("ncco", [[], "", "[", "not JSON", {}, None, 42, [42], [{"action": "sing"}], b"\xff", [[]]])
def test_anything_can_be_marked(ncco: Any) -> None:
    mark = exercise("stream", ncco)
    assert mark.problems
    assert done(mark) == "000"


def test_a_placeholder_that_nothing_fills_in_is_a_problem() -> None:
    mark = exercise("notify", [{**TOLD, "payload": {"who": "{{form}}"}}, JINGLE])
    assert done(mark) == "000"
    assert "Did you mean {{from}}?" in str(mark)


def test_hostile_text_is_shown_as_text() -> None:
    mark = exercise("talk", [{"action": "<img src=x onerror=alert(1)>"}, *text("<script>alert(1)</script>")])
    html = mark.view.bundle["text/html"]
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;img" in html


def test_an_unknown_exercise_is_named() -> None:
    with pytest.raises(KitError, match=r"no exercise 'transfr'.*Did you mean transfer\?"):
        exercise("transfr", [BYE])
    with pytest.raises(KitError, match="There are: stream, talk"):
        exercise("", [BYE])
