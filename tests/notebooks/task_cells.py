"""The tasks and steps of a lesson as cells, and what puts them in: ``python -m tests.notebooks.task_cells LESSON…``.

Until they are in the lesson, text, solution and starter cell are in ``tasks/NN.md``; afterwards that file is gone, and
they are in the notebook only. A task goes where a Markdown cell says ``TASK 06-2``, else before the heading that the
file names, else before *Check yourself*.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from tests.notebooks.lesson_env import lessons

FOLDER = Path(__file__).with_name("tasks")
IN_FILE = re.compile(r'^# (\d\d-\d), before "([^"\n]+)"\n\n(.+?)\n\n~~~python\n(.+?)\n~~~\n', re.MULTILINE | re.DOTALL)
MARKED = re.compile(r'^exercise\("(\d\d-\w)"', re.MULTILINE)
SOLUTION = re.compile(r"<summary>Solution</summary>\s+```python\n(.+?)```", re.DOTALL)


@dataclass(frozen=True)
class TaskCells:
    """One task: its text with the folded solution, and the cell the reader begins with."""

    name: str
    prose: str
    starter: str
    before: str = ""

    @property
    def solution(self) -> str:
        """The code of the folded solution."""
        found = SOLUTION.search(self.prose)
        assert found, f"{self.name} has no solution"
        return found[1]

    @property
    def marking(self) -> str:
        """The last line of the starter, which marks the task."""
        return self.starter.splitlines()[-1]


def waiting(lesson: Path) -> list[TaskCells]:
    """The tasks that are not in the lesson yet."""
    file = FOLDER / f"{lesson.name[:2]}.md"
    found = IN_FILE.findall(file.read_text("utf-8")) if file.exists() else []
    return [TaskCells(name, prose, starter, before) for name, before, prose, starter in found]


def in_lesson(lesson: Path) -> Iterator[TaskCells]:
    """The tasks that are in the lesson."""
    cells = nbformat.read(lesson, as_version=4).cells
    for text, cell in pairwise(cells):
        if cell.cell_type == "code" and (found := MARKED.search(cell.source)):
            yield TaskCells(found[1], text.source, cell.source)


def all_tasks() -> list[TaskCells]:
    """Every task of every lesson, wherever it is."""
    return [task for lesson in lessons() for task in [*in_lesson(lesson), *waiting(lesson)]]


def put_in(lesson: Path) -> list[str]:
    """Put the waiting tasks into a lesson, and take them out of their file. Returns their names."""
    notebook, tasks = nbformat.read(lesson, as_version=4), waiting(lesson)
    for task in tasks:
        new = [new_markdown_cell(task.prose), new_code_cell(task.starter)]
        at, line = _place(notebook.cells, task)
        lines = notebook.cells[at].source.splitlines()
        above, below = "\n".join(lines[:line]).strip(), "\n".join(lines[line:])
        if below == f"TASK {task.name}":
            below = ""
        around = [new_markdown_cell(above)] if above else []
        notebook.cells[at : at + 1] = [*around, *new, *([new_markdown_cell(below)] if below else [])]
    nbformat.write(notebook, lesson)
    (FOLDER / f"{lesson.name[:2]}.md").unlink(missing_ok=True)
    return [task.name for task in tasks]


def _place(cells: list[Any], task: TaskCells) -> tuple[int, int]:
    """The cell, and the line in it, before which a task goes: it may be in the middle of a text."""
    for wanted in (f"TASK {task.name}", task.before, "## Check yourself"):
        for at, cell in enumerate(cells):
            for line, text in enumerate(cell.source.splitlines() if cell.cell_type == "markdown" else []):
                if text.startswith(wanted):
                    return at, line
    raise LookupError(f"{task.name} has no place: write TASK {task.name} into a Markdown cell.")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, *put_in(Path(name)))
