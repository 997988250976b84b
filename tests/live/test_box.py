"""The box of a lesson says what the lesson sends."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from helpers.live.box import SENDS, box, sent_here
from tests.notebooks.lesson_env import lessons


def stored(number: str) -> dict[str, int]:
    """What is counted when the lesson runs; tests.notebooks.validate compares it each time."""
    lesson = next(lesson for lesson in lessons() if lesson.name.startswith(number))
    sent: dict[str, int] = json.loads(lesson.read_text("utf-8"))["metadata"].get(SENDS, {})
    return sent


def test_the_box_in_words() -> None:
    assert box(stored("06")) == (
        "This lesson, in your account:\n"
        "- links your number to your application; changes webhooks of an application that it made\n"
        "- asks you to call your number 6 times, for half a minute or so: see your plan for what that costs\n"
        "- at its end puts back the link and the webhooks; what it made or rented itself stays yours\n"
        "- asks for a line ALLOW = … before it changes what this kit did not make"
    )
    cost = box(stored("07"), lambda: Decimal("0.02"))
    assert "calls your phone 12 times, for half a minute or so: about 0.12 euros" in cost
    assert "- places no call\n" in box(stored("05"))
    assert "calls your phone once," in box(stored("09"))
    assert box({}) == ""


def test_which_notebook_it_is_jupyter_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert sent_here() == {}
    for lesson in lessons():
        monkeypatch.setenv("JPY_SESSION_NAME", str(lesson))
        assert sent_here() == stored(lesson.name[:2])
        assert bool(sent_here()) != lesson.name.startswith("10")  # whose class is played in live mode, too
    mine = tmp_path / "mine.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(mine))
    for text in ("{}", "[]", '{"metadata": {}}', f'{{"metadata": {{"{SENDS}": [3]}}}}', "\N{SNOWMAN}"):
        mine.write_bytes(text.encode("latin-1", "ignore") + b"\xff" * (text == "\N{SNOWMAN}"))
        assert sent_here() == {}
