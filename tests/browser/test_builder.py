"""The NCCO builder, clicked and typed into: what the form shows is what Python has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

from tests.browser.lab import NotebookPage

pytestmark = pytest.mark.browser

BUILD = """from helpers.widgets.builder import Builder
builder = Builder([{"action": "stream", "streamUrl": ["http://127.0.0.1/a.mp3"]}])
builder"""
TELL = "print([action['action'] for action in builder.to_list()], builder.to_list())"


@pytest.fixture
def form(open_notebook: Callable[[str | Path], NotebookPage], tmp_path: Path) -> NotebookPage:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    cells = [new_code_cell(BUILD), new_code_cell(TELL)]
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "97-builder.ipynb")
    notebook = open_notebook(tmp_path / "97-builder.ipynb")
    notebook.run_all()
    return notebook


def python_has(notebook: NotebookPage, expected: str) -> None:
    """Run the cell that prints what the builder holds, and compare."""
    notebook.page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    notebook.page.keyboard.press("Control+Enter")
    expect(notebook.page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")).to_contain_text(expected)


def test_add_fill_move_and_remove(form: NotebookPage) -> None:
    page = form.page
    menu = page.get_by_label("New action")
    menu.select_option(label=next(line for line in menu.locator("option").all_inner_texts() if line.startswith("talk")))
    page.get_by_role("button", name="Add", exact=True).click()
    text = page.get_by_label("text", exact=True)
    text.fill("Hello & good-bye")
    text.press("Tab")
    python_has(form, "['stream', 'talk']")
    python_has(form, "'text': 'Hello & good-bye'")
    page.get_by_role("button", name="Up", exact=True).nth(1).click()
    python_has(form, "['talk', 'stream']")
    page.get_by_role("button", name="Remove", exact=True).first.click()
    python_has(form, "['stream'] [{")


def test_a_wrong_value_stays_and_is_explained(form: NotebookPage) -> None:
    page = form.page
    page.get_by_role("button", name="More options").click()
    level = page.get_by_label("level", exact=True)
    level.fill("7")
    level.press("Tab")
    expect(page.locator(".jp-CodeCell").first).to_contain_text("level of stream is 7")
    expect(level).to_have_value("7")
