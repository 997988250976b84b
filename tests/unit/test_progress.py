"""Tasks that are done: kept, counted, and begun again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import helpers
from helpers.base.errors import KitError
from helpers.exercises import begin_again, exercise, progress
from helpers.settings import project
from tests.unit.test_exercises import BYE, JINGLE, WAIT

OUTPUT = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}
CELL = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [OUTPUT], "source": ["print(1)"]}


@pytest.fixture(autouse=True)
def folder(clean: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of its own, with two lessons in it."""
    (clean / "notebooks/heard").mkdir(parents=True)
    for lesson in ("06-play", "09-ncco-playground"):
        text = json.dumps({"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        (clean / f"notebooks/{lesson}.ipynb").write_text(text)
    for name in ("06-music.wav", "other.wav"):
        (clean / "notebooks/heard" / name).write_bytes(b"sound")
    monkeypatch.setenv("KIT_HOME", str(clean))
    monkeypatch.chdir(clean / "notebooks")
    project.project.cache_clear()
    yield clean
    project.project.cache_clear()


def outputs(folder: Path, lesson: str) -> list[object]:
    return list(json.loads((folder / f"notebooks/{lesson}.ipynb").read_text())["cells"][0]["outputs"])


def solve() -> None:
    assert exercise("wait", [BYE, WAIT, JINGLE]).score == "1 of 9 tasks of this lesson done"


def test_what_is_done_is_kept_once_and_counted(folder: Path) -> None:
    assert str(progress()).startswith("0 of 39 tasks done")
    exercise("wait", [WAIT])
    assert "0 of 39" in str(progress())
    solve()
    solve()
    assert "1 of 39" in str(progress())
    assert str(progress("09")) == "Lesson 10 of 11: 1 of 9 tasks done\n09  NCCO playground  ○○○○○○○●○  1 of 9"
    assert 'href="06-play.ipynb"' in progress().bundle["text/html"]


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"done": 1}', '{"done": [1, {}]}', "\x00"])
def test_a_file_that_is_damaged_counts_as_nothing(folder: Path, text: str) -> None:
    (folder / "progress.json").write_text(text)
    assert "0 of 39" in str(progress())
    solve()
    assert "1 of 39" in str(progress())


def test_one_lesson_is_begun_again_and_the_others_stay(folder: Path) -> None:
    solve()
    assert "Nothing is begun again" in str(begin_again(...))
    said = str(begin_again("06"))
    assert "Open again: 3 tasks. Deleted: 1 files in heard, the outputs of 1 notebooks." in said
    assert "1 of 39" in str(progress())
    assert (outputs(folder, "06-play"), outputs(folder, "09-ncco-playground")) == ([], [OUTPUT])
    assert [one.name for one in (folder / "notebooks/heard").iterdir() if one.name[:3] != "try"] == ["other.wav"]
    begin_again("09")
    assert "0 of 39" in str(progress())


def test_all_is_begun_again_with_the_account(folder: Path) -> None:
    kit = helpers.setup()
    try:
        kit.ready()
        solve()
        assert "Your simulated account is empty" in str(begin_again("all"))
        assert kit.vonage.list_numbers() == {} and kit.settings.number == ""
        assert "0 of 39" in str(progress())
        assert list((folder / "notebooks/heard").iterdir()) == [] == outputs(folder, "09-ncco-playground")
        assert "ready" in kit.ready()
    finally:
        kit.stop()


@pytest.mark.parametrize("lesson", ["6", 6, "42", "", None, ["06"]])
def test_what_is_not_a_lesson_is_said(lesson: object) -> None:
    with pytest.raises(KitError, match="is not a lesson"):
        begin_again(lesson)
