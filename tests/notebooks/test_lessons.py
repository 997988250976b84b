"""The lessons that are stored, the README and the pages of docs/ are fit to be read."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from helpers.exercises import TASKS
from helpers.exercises.lesson_tasks import LESSON_TASKS
from tests.notebooks import links
from tests.notebooks.checker import check_notebook
from tests.notebooks.figures import figures_of, stated_minutes
from tests.notebooks.lesson_env import lessons
from tests.notebooks.sanitising import PROJECT

PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])
# A file that is named in a page: below one of these folders, or below a folder of the package.
FOLDERS = {path.name for where in (PROJECT, PROJECT / "helpers") for path in where.iterdir() if path.is_dir()}
NAMED = re.compile(r"`([\w-]+)(/[\w./-]+\.(?:py|md|ipynb|js|css|toml|json|cfg))`")


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_lesson_is_fit(path: Path) -> None:
    assert check_notebook(path) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_what_a_page_links_and_names_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    assert list(links.problems(text, path)) == []
    named = [folder + rest for folder, rest in NAMED.findall(text) if folder in FOLDERS and "/NN-" not in rest]
    places = (PROJECT, PROJECT / "helpers", PROJECT / "helpers/simulator")
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


def test_the_teachers_book_has_a_page_for_every_lesson_and_names_every_task() -> None:
    book = PROJECT / "docs/teaching"
    pages = {path.name[:2]: (book / f"lesson-{path.name[:2]}.md").read_text("utf-8") for path in lessons()}
    tasks = {name: name[:2] for name in LESSON_TASKS} | dict.fromkeys(TASKS, "09")
    assert [
        name for name, lesson in tasks.items() if name not in re.findall(r"\d\d-\d|(?<=\(\")\w+", pages[lesson])
    ] == []
    assert [
        number for number in pages if f"[{number}](lesson-{number}.md)" not in (book / "README.md").read_text()
    ] == []


def test_a_call_is_heard_after_three_cells_and_a_few_words() -> None:
    words, cells = figures_of(lessons()[0]).first_sound
    assert (words < 150, cells) == (True, 3)


def test_the_reader_writes_in_a_third_of_the_cells() -> None:
    figures = {path.name[:2]: figures_of(path) for path in lessons() if path.name < "10"}
    assert [name for name, one in figures.items() if one.share < 0.33] == []


@pytest.mark.parametrize("path", lessons(), ids=lambda path: path.stem)
def test_a_lesson_says_honestly_how_long_it_takes(path: Path) -> None:
    assert abs(stated_minutes(path) - figures_of(path).minutes) <= 5


def test_diagrams_look_alike_and_as_the_ladder_does() -> None:
    sources = [cell.source for path in lessons() for cell in nbformat.read(path, as_version=4).cells]
    [looks] = {look for source in sources for look in re.findall(r"```mermaid\n(.*)", source)}
    assert looks.startswith("%%{init: ") and "#4a7cb3" in looks
