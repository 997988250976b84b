"""*Run All* in real JupyterLab: lessons with something of a browser in them, and nothing waits for a click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import NotebookPage, write_notebook
from tests.browser.test_sound import PLAY
from tests.notebooks.lesson_env import lessons

pytestmark = pytest.mark.browser
Open = Callable[[str | Path], NotebookPage]


SCROLL_TO = """(part) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = panel.content.widgets;
  const number = cells.findIndex((cell) => cell.model.sharedModel.getSource().includes(part));
  panel.content.activeCellIndex = number;
  return panel.content.scrollToItem(number, 'start').then(() => number); }"""
# Without those in which nothing is a browser's: their cells run in kernels, where nbval compares them.
SHOWN = [path.stem for path in lessons() if not path.stem.startswith(("00", "01", "02", "05", "07"))]


def test_the_first_lesson_runs_twice_and_its_call_can_be_heard(open_notebook: Open) -> None:
    """What it lets the reader hear really plays in the browser, from the file that was heard in the call."""
    notebook = open_notebook("00-start-here")
    for _ in range(2):
        notebook.run_all()
        assert notebook.errors() == []
    assert notebook.page.evaluate(SCROLL_TO, ".player(") > 0
    audio = notebook.page.locator("audio[src*='first-call']").first
    audio.wait_for(state="attached")
    assert audio.get_attribute("aria-label")
    seconds, error = audio.evaluate(PLAY)
    assert error is None
    assert 7 < seconds < 9
    # JupyterLab breaks what is printed anywhere, even inside a word.
    printed = notebook.page.locator(".jp-OutputArea-output pre").first
    assert printed.evaluate("(line) => getComputedStyle(line).wordBreak") == "normal"


@pytest.mark.parametrize("lesson", SHOWN)
def test_lesson_runs(open_notebook: Open, lesson: str) -> None:
    notebook = open_notebook(lesson)
    # Twice in one kernel: the one with phone and panel. Each run takes seconds here.
    for _ in range(2 if lesson.startswith("06") else 1):
        notebook.run_all()
        assert notebook.errors() == []


# What the harness itself must notice.


def test_outputs_and_errors_are_seen(staged: NotebookPage) -> None:
    staged.hold("import helpers, os; print(os.getcwd(), os.environ['SIMULATOR_PACE'])", "1 / 0")
    staged.run_all()
    assert f"{staged.lab.folder}/notebooks stepped" in staged.text()
    assert staged.errors() == ["cell 1: ZeroDivisionError: division by zero"]


def test_a_cell_that_waits_is_noticed(open_notebook: Open, tmp_path: Path) -> None:
    notebook = open_notebook(write_notebook(tmp_path / "98-tiny.ipynb", "input('Who are you? ')"))
    with pytest.raises(AssertionError, match=r"cells \[0\] have not run"):
        notebook.run_all(seconds=2)
