"""The box of a lesson says what the lesson sends."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from helpers.live.asked import Asked
from helpers.live.box import CHANGES, LESSONS, box, lesson_here
from tests.notebooks.lesson_env import lessons
from tests.notebooks.sanitising import PROJECT
from tests.notebooks.test_lesson_07_live import start


@pytest.mark.slow
def test_the_boxes_are_made_from_the_lessons_own_requests(tmp_path: Path) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (tmp_path / "audio").symlink_to(PROJECT / "audio")
    (folder / "flows").symlink_to(PROJECT / "notebooks" / "flows")
    # In simulated mode kit.ready() makes what is missing, and tidies up after lesson 06: nothing is, in this order.
    order = sorted(lessons(), key=lambda file: (file.name[:2] not in ("01", "05"), file.name[:2] == "06", file.name))
    assert {lesson.name[:2]: sent(lesson, folder) for lesson in order} == LESSONS


def sent(lesson: Path, folder: Path) -> dict[str, int]:
    start(folder, {}, [], lesson).communicate(timeout=150)
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert not report["wrong"]
    asked = [Asked(one["method"], one["path"].partition("?")[0], "", {}, b"") for one in report["requests"]]
    kinds = Counter(one.kind for one in asked if one.kind in (*CHANGES, "create_call"))
    return dict(kinds) | ({"dial": report["dialled"]} if report["dialled"] else {})


def test_the_box_in_words() -> None:
    assert box("06-play-audio-to-a-caller.ipynb") == (
        "This lesson, in your account:\n"
        "- links your number to your application; changes webhooks of an application that it made\n"
        "- asks you to call your number 8 times, for half a minute or so: see your plan for what that costs\n"
        "- at its end puts back the link and the webhooks; what it made or rented itself stays yours\n"
        "- asks for a line ALLOW = … before it changes what this kit did not make"
    )
    assert "calls your phone 18 times, for half a minute or so: about 0.18 euros" in box(
        "07-x.ipynb", lambda: Decimal("0.02")
    )
    assert "- places no call\n" in box("05-x.ipynb")
    assert "calls your phone once," in box("09-x.ipynb")
    assert box("my own.ipynb") == box("") == ""


def test_which_lesson_it_is_jupyter_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert lesson_here() == ""
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/notebooks/07-stream-audio-into-a-call.ipynb")
    assert lesson_here() == "07-stream-audio-into-a-call.ipynb"
