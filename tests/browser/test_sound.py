"""What was heard in a call can be played for as long as its notebook is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.lab import CURRENT, NotebookPage, write_notebook

pytestmark = pytest.mark.browser

PLAY = """(audio) => new Promise((resolve) => {
  audio.ontimeupdate = () => audio.currentTime > 0 && resolve([audio.duration, audio.error]);
  audio.onerror = () => resolve([0, audio.error?.message ?? 'error']);
  audio.play().catch((error) => resolve([0, String(error)])); })"""
RESTART = f"async () => {{ {CURRENT} await panel.sessionContext.session.kernel.restart(); }}"
CALL = """ncco = [{"action": "talk", "text": "Hello."}]
call = kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco)
kit.wait_for(call).player(name="98-kept")"""


def test_a_player_outlives_the_kit_its_kernel_and_the_page(
    open_notebook: Callable[[str | Path], NotebookPage], tmp_path: Path
) -> None:
    """Pictures and sound of a call that was made, and in place of a phone that is gone what it has shown."""
    first = "from helpers import setup\nkit = setup(); kit.ready()"
    file = write_notebook(tmp_path / "98-kept.ipynb", first, CALL, "kit.phone().show()", "kit.stop()")
    notebook = open_notebook(file)
    page = notebook.page

    def is_heard() -> None:
        audio = page.locator("audio[src*='98-kept']").first
        seconds, error = audio.evaluate(PLAY)
        assert error is None and 0.5 < seconds < 5
        expect(page.locator("[data-picture] img").first).to_be_visible()
        expect(page.get_by_role("button", name="hear it").first).to_be_attached()

    notebook.run_all()
    is_heard()
    expect(page.locator(".kit-words img")).to_be_hidden()
    page.evaluate(RESTART)
    is_heard()
    expect(page.locator(".kit-phone")).to_contain_text("This phone is dead")
    notebook.save()
    notebook.close()
    file.write_bytes((notebook.lab.folder / notebook.path).read_bytes())
    open_notebook(file)
    is_heard()
    expect(page.locator(".kit-words img")).to_be_visible()
    expect(page.get_by_text("Error displaying widget")).to_be_hidden()
