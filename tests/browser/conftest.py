"""One JupyterLab for all browser tests, one browser after the other, and a tab in which JupyterLab stays open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browsers import CHROMIUM, FIREFOX, NAMES, PATIENCE, Launch, launching
from tests.browser.builder_form import Form
from tests.browser.ear import TAP
from tests.browser.lab import Desk, Lab, NotebookPage
from tests.browser.phone_page import PHONE, SETUP, SILENT_AT_FIRST, Open, PhonePage
from tests.browser.speaker_page import OpenSpeaker, serving, speaking

expect.set_options(timeout=PATIENCE)
DIVIDED = os.environ.get("BROWSERS") != "all" and all(any(map(shutil.which, one)) for one in (CHROMIUM, FIREFOX))
# Each click in JupyterLab costs seconds, so every time a call and its sound run in both browsers, and all else in one:
# the panel and the builder in Firefox, the rest in Chromium. BROWSERS=all: everything in both. Where one is missing the
# other runs everything.
IN_FIREFOX = ("test_event_panel", "test_builder")
IN_BOTH = ("test_phone", "test_no_loudspeaker", "its_call_can_be_heard", "from_the_call_to", "06-play-audio",
           "test_four_actions")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what runs in the other browser."""
    for item in items:
        name = next((name for name in NAMES if name in item.name), None)
        home = "firefox" if any(part in item.nodeid for part in IN_FIREFOX) else "chromium"
        if name and name != home and DIVIDED and not any(part in item.nodeid for part in IN_BOTH):
            item.add_marker(pytest.mark.skip(reason=f"runs in {home}; with BROWSERS=all in both"))


# For the package, not the session: Playwright keeps an event loop in the main thread, which later tests must not find.
@pytest.fixture(scope="package", params=NAMES)
def launch(request: pytest.FixtureRequest, downloads: Path) -> Iterator[Launch]:
    """Start one more browser of a kind: every test with Chromium comes first, then every test with Firefox."""
    with launching(request.param, downloads) as launch:
        yield launch


@pytest.fixture(scope="package")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where browsers store what is downloaded."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="package")
def browser(launch: Launch) -> Iterator[Browser]:
    """The browser of most tests. It plays sound before a click."""
    browser = launch(True)
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


@pytest.fixture(scope="package")
def tab(browser: Browser, lab: Lab) -> Iterator[Desk]:
    """A tab in which JupyterLab stays open. What is played there is recorded."""
    desk = Desk(browser, lab, f"{TAP};{SILENT_AT_FIRST}")
    yield desk
    desk.clear()


@pytest.fixture
def desk(tab: Desk, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """That tab, for one test. After one that failed all is opened anew."""
    failed = request.session.testsfailed
    yield tab
    if request.session.testsfailed == failed:
        tab.tidy()
    else:
        tab.clear()


@pytest.fixture
def open_notebook(desk: Desk) -> Callable[[str | Path], NotebookPage]:
    """Open a lesson by its name, or a notebook file of the test's own, and wait until its kernel is ready."""
    return desk.open


@pytest.fixture
def staged(desk: Desk) -> NotebookPage:
    """A notebook for cells of the test's own; its kernel goes on from test to test."""
    return desk.stage()


@pytest.fixture
def open_phone(staged: NotebookPage) -> Iterator[Open]:
    """Show a phone in that notebook; ``script`` runs in the page before."""
    page, usual = staged.page, staged.page.viewport_size

    def open_it(show: str = PHONE, *cells: str, script: str = "", width: int = 1280) -> PhonePage:
        page.set_viewport_size({"width": width, "height": 1000})
        staged.hold(SETUP, show, *cells)
        page.evaluate(f"() => {{ window.tap.blocks.length = 0; {script} }}")
        return PhonePage(staged)

    yield open_it
    page.evaluate("() => { sessionStorage.clear(); window.AudioContext = window.tap.AudioContext; }")
    if usual:
        page.set_viewport_size(usual)


@pytest.fixture
def form(staged: NotebookPage) -> Iterator[Form]:
    """That notebook, to show builders in. Nothing may fail in the page meanwhile."""
    form = Form(staged)
    yield form
    form.leave()
    assert form.faults == []


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenSpeaker]:
    """Open the Speaker's page. With a ``script`` of the test's own, which runs before, it does not play yet."""
    with serving() as url:
        context = browser.new_context()
        context.set_default_timeout(PATIENCE)

        def open_it(rate: int | None = None, script: str = "", clock: bool = False) -> Page:
            if not script:
                return speaking(context, url, rate)
            page = context.new_page()
            page.add_init_script(script)
            if clock:
                page.clock.install(time=0)
            page.goto(url)
            page.wait_for_function("window.ready")
            return page

        yield open_it
        context.close()
