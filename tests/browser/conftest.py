"""One JupyterLab and one browser for all browser tests; a fresh tab and fresh kernels for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.lab import CHROMIUM_OPTIONS, Lab, NotebookPage, find_chromium


# For the package, not the session: Playwright keeps an event loop in the main thread, which later tests must not find.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless. Where there is none the test is skipped, but in CI it fails."""
    path = find_chromium()
    if path is None:
        missing = "Chromium is not installed (Debian: apt-get install chromium)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running JupyterLab on a copy of the lessons."""
    lab = Lab(tmp_path_factory.mktemp("lab"))
    try:
        yield lab.start()
    finally:
        lab.stop()


@pytest.fixture
def open_notebook(browser: Browser, lab: Lab) -> Iterator[Callable[[str | Path], NotebookPage]]:
    """Open a lesson by its name, or a notebook file of the test's own, and wait until its kernel is ready."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})

    def open_it(notebook: str | Path) -> NotebookPage:
        name = f"notebooks/{Path(notebook).stem}.ipynb"
        if isinstance(notebook, Path):
            (lab.folder / name).write_bytes(notebook.read_bytes())
        return NotebookPage(context.new_page(), lab, name)

    yield open_it
    context.close()
    lab.shut_kernels()
