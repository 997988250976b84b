"""What a lesson lets the reader hear really plays in the browser, from the file that was heard in the call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import NotebookPage

pytestmark = pytest.mark.browser

SCROLL_TO = """(part) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const cells = panel.content.widgets;
  const number = cells.findIndex((cell) => cell.model.sharedModel.getSource().includes(part));
  panel.content.activeCellIndex = number;
  return panel.content.scrollToItem(number, 'start').then(() => number); }"""
PLAY = """(audio) => new Promise((resolve) => {
  audio.ontimeupdate = () => audio.currentTime > 0 && resolve([audio.duration, audio.error]);
  audio.onerror = () => resolve([0, audio.error?.message ?? 'error']);
  audio.play().catch((error) => resolve([0, String(error)])); })"""


def test_the_first_call_can_be_heard(open_notebook: Callable[[str | Path], NotebookPage]) -> None:
    notebook = open_notebook("00-start-here")
    notebook.run_all()
    assert notebook.page.evaluate(SCROLL_TO, ".player(") > 0
    audio = notebook.page.locator("audio[src*='first-call']").first
    audio.wait_for(state="attached")
    assert audio.get_attribute("aria-label")
    seconds, error = audio.evaluate(PLAY)
    assert error is None
    assert 7 < seconds < 9
