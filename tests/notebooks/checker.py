"""Refuse a lesson that is not fit to be stored: ``python -m tests.notebooks.checker [notebook …]``."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tests.notebooks import links
from tests.notebooks.leaks import leaks
from tests.notebooks.lesson_env import lessons
from tests.notebooks.place import place_of

MAX_OUTPUT = 32 * 1024  # a player: timeline, ladder, and what moves them
MAX_LINES = 10
MAX_WIDTH = 88  # what fits into a cell beside JupyterLab's file list
CELLS = range(20, 66)  # with the tasks
HEADINGS = ("What you'll do", "What you'll learn", "What you'll need", "Check yourself", "Summary", "Try next")
# What blocks a cell, or what strict nbval cannot compare, and what to use instead.
REFUSED = {
    r"(?<![\w.])input\(": "input() waits for a person: use an upper-case constant or a widget",
    r"\bgetpass\(": "getpass() waits for a person: read the value from .env",
    r"\bclear_output\(": "clear_output() cannot be compared: set the value of a widget instead",
    r";\s*$": "a closing semicolon hides nothing from nbval: give the value a name instead",
    r"\bwith\s+(?:\w+\.)?Output\(": "`with Output():` cannot be compared: use Output.append_stdout",
    r"\bkit\.stop\(": "kit.stop() takes the phone from the reader: end with kit.put_back()",
    r"(?m)^\s*assert\b|\bhas_sound\b": "a lesson is not a test: hold it by one in tests/notebooks",
    r"\bfft\b|\blog10\b": "a formula that a beginner cannot read aloud: let it be heard",
}


def check_notebook(path: Path) -> list[str]:
    """Everything that is wrong with a lesson, one line each; an empty list when it is fit."""
    notebook = nbformat.read(path, as_version=4)
    found = [*_whole(notebook, path), *_words(notebook)]
    for number, cell in enumerate(notebook.cells):
        checks = _code(cell) if cell.cell_type == "code" else _markdown(cell, path, notebook)
        found += [f"cell {number}: {problem}" for problem in (*checks, *leaks(cell.source, output=False))]
        found += [f"cell {number}: {problem}" for output in cell.get("outputs", ()) for problem in _output(output)]
    return found


def _whole(notebook: NotebookNode, path: Path) -> Iterator[str]:
    if not re.fullmatch(r"\d\d-[a-z0-9-]+\.ipynb", path.name):
        yield "is not named like 04-serve-the-audio.ipynb"
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "metadata names no kernel python3: JupyterLab would ask for one; run `make notebooks`"
    if "widgets" in notebook.metadata:
        yield "metadata holds the state of widgets: run `make notebooks`"
    if len(notebook.cells) not in CELLS:
        yield f"has {len(notebook.cells)} cells: {CELLS.start} to {CELLS.stop - 1} make a lesson"
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if None in counts:
        yield f"{counts.count(None)} code cells were not run, so nothing would be compared: run `make notebooks`"
    elif counts != list(range(1, len(counts) + 1)):
        yield "was not run once from top to bottom: run `make notebooks`"
    if not [cell for cell in notebook.cells if cell.cell_type == "code"][-1].source.endswith("kit.put_back()"):
        yield "does not end with kit.put_back(): its last cell leaves a phone that works, and a real account as it was"
    if place_of(path) not in notebook.cells[0].source:
        yield "does not say which of the lessons it is: run `make notebooks`"


def _words(notebook: NotebookNode) -> Iterator[str]:
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = links.headings(text)
    if (count := sum(heading.startswith("# ") for heading in headings)) != 1:
        yield f"has {count} headings of the first level: exactly one is the title"
    present = [heading.lstrip("#").strip().replace("’", "'").rstrip("?:") for heading in headings]
    for wanted in HEADINGS:
        if wanted not in present:
            yield f"has no heading “{wanted}”"
    if (found := [name for name in present if name in HEADINGS]) != sorted(found, key=HEADINGS.index):
        yield f"has its headings in another order than {', '.join(HEADINGS)}"


def _code(cell: NotebookNode) -> Iterator[str]:
    if not cell.source.strip():
        yield "is empty"
    lines = sum(bool(line.strip()) for line in cell.source.splitlines())
    if lines > MAX_LINES:
        yield f"has {lines} lines of code: what is longer than {MAX_LINES} belongs in helpers/"
    if (width := max(map(len, cell.source.splitlines()), default=0)) > MAX_WIDTH:
        yield f"has a line of {width} characters: {MAX_WIDTH} fit beside the list of files"
    for pattern, instead in REFUSED.items():
        if re.search(pattern, cell.source):
            yield instead


def _markdown(cell: NotebookNode, path: Path, notebook: NotebookNode) -> Iterator[str]:
    own = "\n\n".join(other.source for other in notebook.cells if other.cell_type == "markdown")
    yield from links.problems(cell.source, path, own)


def _output(output: NotebookNode) -> Iterator[str]:
    size = len(json.dumps(output, ensure_ascii=False).encode())
    if size > MAX_OUTPUT:
        yield f"output of {size // 1024} KB: at most {MAX_OUTPUT // 1024} KB; make the plot smaller or print less"
    data = output.get("data", {})
    if any(kind.startswith("image/") for kind in data):
        words = "".join(data.get("text/plain", ""))
        if not words or re.fullmatch(r"<[\w.]*(?:Figure|Image)\b.*>", words.strip()):
            yield "picture without words: its text/plain must say what it shows"
    yield from leaks(_text(output), output=True)


def _text(output: NotebookNode) -> str:
    """All text of an output, without colours; pictures and sound left out."""
    data = output.get("data", {})
    pieces = [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ())]
    texts = [value for kind, value in data.items() if not kind.startswith(("image/png", "image/jpeg", "audio/"))]
    pieces += [value if isinstance(value, str) else json.dumps(value) for value in texts]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(pieces))


def main(names: list[str]) -> int:
    bad = 0
    for path in [Path(name).resolve() for name in names] or lessons():
        found = check_notebook(path)
        bad += bool(found)
        print(f"{path.name}: {'fit' if not found else f'{len(found)} problems'}")
        for problem in found:
            print(f"  {problem}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
