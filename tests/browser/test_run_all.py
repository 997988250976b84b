"""*Run All* in real JupyterLab: lessons with something of a browser in them, and nothing waits for a click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import NotebookPage, write_notebook
from tests.notebooks.lesson_env import lessons

pytestmark = pytest.mark.browser
Open = Callable[[str | Path], NotebookPage]


# Without those in which nothing is a browser's: their cells run in kernels, where nbval compares them.
SHOWN = [path.stem for path in lessons() if not path.stem.startswith(("01", "02", "05", "07"))]


@pytest.mark.parametrize("lesson", SHOWN)
def test_lesson_runs(open_notebook: Open, lesson: str) -> None:
    notebook = open_notebook(lesson)
    # Twice in one kernel: the first lesson, and the one with phone and panel. Each run takes seconds here.
    for _ in range(2 if lesson.startswith(("00", "06")) else 1):
        notebook.run_all()
        assert notebook.errors() == []


# What the harness itself must notice.


def test_outputs_and_errors_are_seen(open_notebook: Open, tmp_path: Path) -> None:
    place = "import helpers, os; print(os.getcwd(), os.environ['SIMULATOR_PACE'])"
    notebook = open_notebook(write_notebook(tmp_path / "98-tiny.ipynb", place, "1 / 0"))
    notebook.run_all()
    assert f"{notebook.lab.folder}/notebooks stepped" in notebook.text()
    assert notebook.errors() == ["cell 1: ZeroDivisionError: division by zero"]


def test_a_cell_that_waits_is_noticed(open_notebook: Open, tmp_path: Path) -> None:
    notebook = open_notebook(write_notebook(tmp_path / "98-tiny.ipynb", "input('Who are you? ')"))
    with pytest.raises(AssertionError, match=r"cells \[0\] have not run"):
        notebook.run_all(seconds=2)
