"""Run lessons top to bottom and store what they print: ``python -m tests.notebooks.execute [notebook …]``.

They run as a learner does them: from 00 on, in one account. What comes before a named one, and changes the account, is
run first. Whatever differs from run to run is stored as `sanitising` says, so that a second run changes no byte.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbval.plugin import coalesce_streams

from helpers.live.box import CHANGES, SENDS
from tests.notebooks.checker import check_notebook
from tests.notebooks.lesson_env import CELL_TIMEOUT, before, lesson_environment, lessons
from tests.notebooks.place import with_place
from tests.notebooks.sanitising import sanitise
from tests.notebooks.sending import sent_in, watch

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CELL_METADATA = ("tags", "jupyter", "editable", "deletable")


def _sanitised(value: Any) -> Any:
    """Text, lists and dicts made of text sanitised; pictures and sound as they are."""
    if isinstance(value, str):
        return sanitise(value)
    if isinstance(value, list):
        return [_sanitised(item) for item in value]
    if isinstance(value, dict):
        keep = ("image/png", "image/jpeg", "audio/", "video/", "application/pdf")
        return type(value)({k: v if k.startswith(keep) else _sanitised(v) for k, v in value.items()})
    return value


def tidy(path: Path, notebook: NotebookNode, sent: dict[str, int]) -> NotebookNode:
    """The notebook in the form it is stored in: outputs sanitised, cells numbered, nothing volatile in the metadata.

    The metadata hold how often it ``sent`` what; the line under the title says which of how many lessons it is.
    """
    notebook.cells[0].source = with_place(notebook.cells[0].source, path)
    notebook.metadata = NotebookNode(kernelspec=NotebookNode(KERNEL), language_info=NotebookNode(name="python"))
    if sent:
        notebook.metadata[SENDS] = NotebookNode(sent)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in CELL_METADATA})
        if cell.cell_type == "code":
            cell.outputs = [_sanitised(output) for output in coalesce_streams(cell.outputs)]
    return notebook


def run(path: Path, worlds: Path) -> tuple[NotebookNode, dict[str, int]]:
    """A lesson after one run in the account of ``worlds``, and what it sent. Raises if a cell without its tag does."""
    notebook, folder = nbformat.read(path, as_version=4), worlds / path.stem
    watch(folder)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        allow_errors=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    client.execute(cwd=str(path.parent), env=world_of(path, worlds))
    return notebook, sent_in(folder)


def world_of(path: Path, worlds: Path, outside: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a lesson. Each has ids of its own, in the account that all of ``worlds`` share."""
    return lesson_environment(worlds / path.stem, outside, account=worlds / "account", seed=path.stem[:2])


def do_before(path: Path, worlds: Path) -> None:
    """Run the earlier lessons that make or change something in the account, as far as they have not been run."""
    for earlier in before(path):
        sends = nbformat.read(earlier, as_version=4).metadata.get(SENDS, {})
        if not (worlds / earlier.stem).exists() and (earlier == lessons()[0] or sends.keys() & CHANGES.keys()):
            run(earlier, worlds)


def execute(path: Path, worlds: Path) -> bool:
    """Run one lesson and store it; True when the file changed. A cell that raises without its tag raises here."""
    do_before(path, worlds)
    before = path.read_text("utf-8")
    after = nbformat.writes(tidy(path, *run(path, worlds))) + "\n"
    if after != before:
        path.write_text(after, "utf-8")
    return after != before


def main(names: list[str]) -> int:
    problems = 0
    with tempfile.TemporaryDirectory(prefix="lessons-") as worlds:
        for path in sorted(Path(name).resolve() for name in names) or lessons():
            start = time.perf_counter()
            changed = execute(path, Path(worlds))
            print(f"{path.name}: {'stored anew' if changed else 'unchanged'}, {time.perf_counter() - start:.1f} s")
            for problem in check_notebook(path):
                problems += 1
                print(f"  {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
