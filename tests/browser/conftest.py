"""One JupyterLab and one browser for all browser tests; a fresh tab and fresh kernels for each, or for each file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.builder_form import CELLS, Form
from tests.browser.lab import CHROMIUM_OPTIONS, Lab, NotebookPage, find_chromium, write_notebook

# A busy machine may take its time: nothing waits that long where all is well.
expect.set_options(timeout=20_000)


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


@contextmanager
def _notebooks(browser: Browser, lab: Lab) -> Iterator[Callable[[str | Path], NotebookPage]]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})

    def open_it(notebook: str | Path) -> NotebookPage:
        name = f"notebooks/{Path(notebook).stem}.ipynb"
        if isinstance(notebook, Path):
            (lab.folder / name).write_bytes(notebook.read_bytes())
        return NotebookPage(context.new_page(), lab, name)

    yield open_it
    context.close()
    lab.shut_kernels()


@pytest.fixture
def open_notebook(browser: Browser, lab: Lab) -> Iterator[Callable[[str | Path], NotebookPage]]:
    """Open a lesson by its name, or a notebook file of the test's own, and wait until its kernel is ready."""
    with _notebooks(browser, lab) as open_it:
        yield open_it


@pytest.fixture(scope="module")
def bench(browser: Browser, lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Form]:
    """One notebook page for a whole file of tests about the builder."""
    with _notebooks(browser, lab) as open_it:
        yield Form(open_it(write_notebook(tmp_path_factory.mktemp("builder") / "97-builder.ipynb", *CELLS)))


@pytest.fixture
def form(bench: Form) -> Iterator[Form]:
    """That page, for one test: it shows a builder of its own. Nothing may fail in the page meanwhile."""
    bench.faults.clear()
    yield bench
    assert bench.faults == []
