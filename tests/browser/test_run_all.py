"""*Run All* in real JupyterLab: every lesson, twice in a row, nothing waits for a click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.lab import NotebookPage
from tests.notebooks.lesson_env import lessons

pytestmark = pytest.mark.browser
Open = Callable[[str | Path], NotebookPage]


@pytest.mark.parametrize("lesson", [path.stem for path in lessons()])
def test_lesson_runs_twice(open_notebook: Open, lesson: str) -> None:
    notebook = open_notebook(lesson)
    for _ in range(2):
        notebook.run_all()
        assert notebook.errors() == []


# What the harness itself must notice.


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    def write(*sources: str, **metadata: object) -> Path:
        cells = [new_code_cell(source) for source in sources]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "98-tiny.ipynb")
        return tmp_path / "98-tiny.ipynb"

    return write


def test_outputs_and_errors_are_seen(open_notebook: Open, tiny: Callable[..., Path], tmp_path: Path) -> None:
    notebook = open_notebook(tiny("import helpers, os; print(os.getcwd(), os.environ['SIMULATOR_PACE'])", "1 / 0"))
    notebook.run_all()
    assert f"{notebook.lab.folder}/notebooks stepped" in notebook.text()
    assert notebook.errors() == ["cell 1: ZeroDivisionError: division by zero"]
    notebook.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_a_cell_that_waits_is_noticed(open_notebook: Open, tiny: Callable[..., Path]) -> None:
    notebook = open_notebook(tiny("input('Who are you? ')"))
    with pytest.raises(AssertionError, match=r"cells \[0\] have not run"):
        notebook.run_all(seconds=2)
