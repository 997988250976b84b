"""Lesson 09: every action has a section with a sound, a trap and a task; no trap is the solution, every solution is."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from helpers.exercises import TASKS, exercise
from helpers.ncco import ACTIONS, check
from tests.forks import Forks
from tests.notebooks.lesson_env import NOTEBOOKS
from tests.notebooks.test_lesson_07_live import PACE, SIMULATED_NUMBER, Run, both_runs, sent

LESSON = NOTEBOOKS / "09-ncco-playground.ipynb"
CELLS = nbformat.read(LESSON, as_version=4).cells


def names_of(source: str, names: dict[str, Any]) -> None:
    """Carry out the assignments of a cell to names in capitals, and nothing else of it."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).isupper():
            exec(compile(ast.Module([statement], []), str(LESSON), "exec"), names)


def sections() -> Iterator[tuple[str, list[Any], dict[str, Any]]]:
    """Each exercise, with the cells from the heading of its section on, and the names that are known there."""
    names: dict[str, Any] = {"kit": SimpleNamespace(number=SIMULATED_NUMBER)}
    section: list[Any] = []
    for cell in CELLS:
        if cell.source.startswith("## Try a template"):
            return  # the sections of the actions end here
        if cell.cell_type == "markdown" and re.search("(?m)^## ", cell.source):
            section = []
        section.append(cell)
        if cell.cell_type == "code":
            names_of(cell.source, names)
            if found := re.search(r'^exercise\("(\w+)", TRY\)$', cell.source, re.MULTILINE):
                yield found[1], list(section), dict(names)


SECTIONS = {name: (cells, names) for name, cells, names in sections()}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(clean: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clean)


def test_there_is_a_section_for_each_action() -> None:
    assert SECTIONS.keys() == ACTIONS.keys() == TASKS.keys()


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_has_a_sound_a_trap_and_a_task(name: str) -> None:
    cells, _ = SECTIONS[name]
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    heard = "".join(str(output) for cell in cells[:-1] for output in cell.get("outputs", []))
    assert f"## {name.capitalize()}: " in prose
    assert f"{name}" in heard and "<audio controls" in heard
    for what in ("**Trap.**", "**Task.**", "<summary>Hint</summary>", "<summary>Solution</summary>"):
        assert prose.count(what) == 1


@pytest.mark.parametrize("name", SECTIONS)
def test_the_trap_is_found_and_says_why(name: str) -> None:
    cells, names = SECTIONS[name]
    found = check(names["TRY"], variables=TASKS[name].variables)
    assert found and all(problem.why for problem in found)
    assert exercise(name, names["TRY"]).state == "not attempted"
    shown = cells[-1].outputs[0]["data"]["text/plain"]
    assert "Why: " in shown and "✗ not yet" in shown


@pytest.mark.parametrize("name", SECTIONS)
def test_the_solution_is_right_and_has_no_problem(name: str) -> None:
    cells, names = SECTIONS[name]
    solution = re.search(r"<summary>Solution</summary>\s+```python\n(.+?)```", cells[-2].source, re.DOTALL)
    assert solution
    names_of(solution[1], names)
    mark = exercise(name, names["TRY"])
    assert mark.right, mark
    assert not mark.problems


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, readers: Forks) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("playground")
    for name in ("live", "simulated"):
        shutil.copytree(NOTEBOOKS / "flows", folder / name / "flows")
    return both_runs(readers, folder, LESSON, {}, PACE)


@pytest.mark.slow
def test_only_the_last_call_is_placed_in_live_mode_too(runs: dict[str, Run]) -> None:
    assert "Live: calls go through Vonage" in runs["live"].printed
    assert sent(runs["live"]) == sent(runs["simulated"])
    for run in runs.values():
        calls = [body for method, path, body in sent(run) if (method, path) == ("POST", "/v1/calls")]
        assert len(calls) == 1
        assert set(run.connected) <= {"127.0.0.1", "localhost", "::1"}
