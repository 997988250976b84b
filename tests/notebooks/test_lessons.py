"""The lessons that are stored, and the README, are fit to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.notebooks import links
from tests.notebooks.checker import check_notebook
from tests.notebooks.lesson_env import lessons
from tests.notebooks.sanitising import PROJECT


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_lesson_is_fit(path: Path) -> None:
    assert check_notebook(path) == []


@pytest.mark.parametrize("path", sorted(PROJECT.glob("*.md")), ids=lambda path: path.name)
def test_page_has_no_broken_link(path: Path) -> None:
    assert list(links.problems(path.read_text("utf-8"), path)) == []
