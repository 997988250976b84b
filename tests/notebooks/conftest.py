"""Small notebooks for the tests of the tools that keep the lessons in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

OPENING = "# Make a test\n\n## What you'll do\n\n## What you'll learn\n\n## What you'll need\n\nTwo minutes."
NAME = "04-make-a-test.ipynb"
CLOSING = "## Check yourself\n\n## Summary\n\n## Try next\n\nBack to [the start](#Make-a-test)."


@pytest.fixture
def lesson(tmp_path: Path) -> Callable[..., Path]:
    """Write a fit lesson of twenty cells and give its path; a function passed as ``spoil`` changes it first."""

    def write(spoil: Callable[[NotebookNode], None] = lambda notebook: None, name: str = NAME) -> Path:
        cells = [new_markdown_cell(OPENING)]
        for count, source in enumerate([*(f"print({n})" for n in range(1, 9)), "kit.put_back()"], start=1):
            printed = new_output("stream", name="stdout", text=f"{count}\n")
            cells.append(new_markdown_cell("Say it."))
            cells.append(new_code_cell(source, execution_count=count, outputs=[printed]))
        cells.append(new_markdown_cell(CLOSING))
        notebook = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
        spoil(notebook)
        nbformat.write(notebook, tmp_path / name)
        return tmp_path / name

    return write
