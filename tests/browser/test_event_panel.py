"""The event panel in real JupyterLab: real requests come in, are read, opened, filtered, sent and exported."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import NotebookPage, write_notebook

pytestmark = pytest.mark.browser

SETUP = """from flask import Flask
from helpers import setup
kit = setup()
app = Flask("events")
app.add_url_rule("/event", "event", lambda: ("", 200), methods=["POST"])
kit.serve(app)
print("at", kit.server.url)"""
PANEL = "panel = kit.panel()\npanel"
ASK = "print('python has', panel.counts['rows'])"
EVIL = '<img src=x onerror="window.hurt = 1">'
# JavaScript: the keys that the page took, and the most lines that it drew in one go. A key is counted as it goes up,
# because the panel keeps its going down to itself.
WATCH = """() => { window.keys = window.most = 0;
  window.addEventListener('keyup', () => window.keys++, true);
  new MutationObserver((all) => {
    const lines = all.flatMap(({ addedNodes }) => [...addedNodes]).filter((one) => one.matches?.('.evp-line'));
    window.most = Math.max(window.most, lines.length);
  }).observe(document.querySelector('.evp table'), { childList: true, subtree: true }); }"""


def status(name: str, call: int = 1, **facts: object) -> dict[str, object]:
    return {"uuid": f"leg-{call}", "conversation_uuid": f"CON-{call}", "status": name, "direction": "outbound",
            "from": "447700900500", "to": "447700900001", "timestamp": "2026-02-02T10:00:00.000Z", **facts}  # fmt: skip


class Panel:
    """A notebook with a panel, and the address of its server."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook, self.page = notebook, notebook.page
        self.url = json.loads(notebook.text())[0][0]["text"].rsplit("at ", 1)[1].strip()
        self.root = self.page.locator(".evp")
        expect(self.root).to_have_count(1)

    def post(self, payload: object, path: str = "/event") -> None:
        requests.post(self.url + path, json=payload, timeout=10)

    def reload(self) -> None:
        """Save the notebook, and load the page again."""
        self.page.evaluate("window.jupyterapp.shell.currentWidget.context.save()")
        self.page.reload()
        expect(self.root).to_have_count(1, timeout=60_000)

    @property
    def lines(self) -> Locator:
        return self.root.locator(".evp-line")


@pytest.fixture
def panel(open_notebook: Callable[[str | Path], NotebookPage], tmp_path: Path) -> Iterator[Panel]:
    notebook = open_notebook(write_notebook(tmp_path / "96-events.ipynb", SETUP, PANEL, ASK))
    notebook.run_all()
    assert notebook.errors() == []
    yield Panel(notebook)


def run(page: Page, cell: int) -> Locator:
    """Run a cell again. Returns its output."""
    page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    return page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea-output")


def test_what_comes_is_shown_in_words_and_opened(panel: Panel) -> None:
    expect(panel.root).to_contain_text("No events yet")
    panel.post(status("started"))
    panel.post(status("answered", timestamp="2026-02-02T10:00:02.000Z"))
    panel.post(status("busy", 2), "/evnt")
    expect(panel.lines).to_have_count(3)
    expect(panel.lines.nth(1)).to_contain_text("✓ answered")
    expect(panel.lines.nth(1)).to_contain_text("Somebody picked up.")
    expect(panel.lines.nth(1)).to_contain_text("2.0 s")
    expect(panel.lines.nth(2)).to_contain_text("✗ 404")
    expect(panel.lines.nth(2)).to_contain_text("Did you mean /event?")
    expect(panel.root.locator(".evp-group")).to_have_count(2)
    expect(panel.root.locator(".evp-counts")).to_contain_text("3 events")
    panel.lines.nth(0).click()
    more = panel.root.locator(".evp-more")
    expect(more).to_contain_text("POST /event HTTP/1.1")
    expect(more).to_contain_text('"conversation_uuid": "CON-1"')
    expect(more).to_contain_text("HTTP/1.1 200 OK (")
    # A reader of the screen hears the newest in words.
    expect(panel.root.locator("[role=status].kit-unseen")).not_to_be_empty()


def test_hostile_texts_are_texts(panel: Panel) -> None:
    facts = {"uuid": EVIL, "conversation_uuid": EVIL, "from": EVIL, "to": EVIL, "direction": EVIL, "reason": EVIL}
    panel.post(status(EVIL, **facts))
    panel.post({"uuid": EVIL, "reason": EVIL}, f"/{EVIL}")
    expect(panel.lines).to_have_count(2)
    for line in panel.lines.all():
        line.click()
    expect(panel.root.locator(".evp-more").first).to_contain_text("onerror=")
    panel.page.get_by_role("button", name="Send an event…").click()
    panel.root.get_by_label("Of call").select_option(index=1)
    expect(panel.root.locator("textarea")).to_have_value(re.compile(r'"uuid": "<img src=x'))
    assert panel.page.evaluate("window.hurt") is None
    assert panel.root.locator("img, script").count() == 0


def test_keyboard_only_and_no_key_reaches_jupyterlab(panel: Panel) -> None:
    for name in ("started", "ringing", "answered"):
        panel.post(status(name))
    expect(panel.lines).to_have_count(3)
    page = panel.page
    panel.root.get_by_label("Filter by text").focus()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-open]')"):
            break
    assert page.evaluate("document.activeElement.closest('.evp-line').dataset.n") == "3", "the newest line"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(panel.root.locator(".evp-more")).to_have_count(1)
    expect(panel.lines.nth(1).get_by_role("button")).to_have_attribute("aria-expanded", "true")
    for key in "00ddiihjkm":
        page.keyboard.press(key)
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(panel.root.locator(".evp-more")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('.evp-line').dataset.n") == "2"
    assert len(panel.notebook.cells()) == 3
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(panel.lines.first).to_be_hidden()


def test_filter_pause_and_reload(panel: Panel) -> None:
    for number in range(3):
        panel.post(status("started", number))
        panel.post(status("busy", number))
    expect(panel.lines).to_have_count(6)
    panel.root.get_by_label("Filter by text").fill("engaged")
    expect(panel.lines).to_have_count(3)
    panel.root.get_by_label("Filter by call").select_option("2")
    expect(panel.lines).to_have_count(1)
    panel.root.get_by_role("button", name="Clear").click()
    expect(panel.lines).to_have_count(6)
    panel.root.get_by_role("button", name="Pause").click()
    expect(panel.root).to_contain_text("paused")
    panel.post(status("completed", 0))
    expect(panel.root).to_contain_text("1 new, not shown while paused")
    expect(panel.lines).to_have_count(6)
    panel.root.get_by_role("button", name="Continue").click()
    expect(panel.lines).to_have_count(7)
    panel.reload()
    panel.post(status("completed", 1))
    expect(panel.lines).to_have_count(8, timeout=30_000)


def test_send_and_export(panel: Panel) -> None:
    page, root = panel.page, panel.root
    root.get_by_role("button", name="Send an event…").click()
    root.get_by_label("Ready-made").select_option("input")
    expect(root.get_by_label("What is in it (JSON)")).to_have_value(re.compile('"dtmf"'))
    root.get_by_role("button", name="Send", exact=True).click()
    expect(root.locator(".evp-said")).to_contain_text("Sent POST /event: 200 OK")
    expect(panel.lines).to_have_count(1)
    expect(root).to_contain_text("made up")
    root.get_by_label("What is in it (JSON)").fill("{")
    root.get_by_role("button", name="Send", exact=True).click()
    expect(root.locator(".evp-said")).to_contain_text("The body is not JSON (line 1).")
    with page.expect_download() as download:
        root.get_by_role("button", name="Export").click()
    [line] = Path(download.value.path()).read_text("utf-8").splitlines()
    assert json.loads(line)["origin"] == "made up"
    assert download.value.suggested_filename == "events.jsonl"


def test_kernel_restart_says_what_to_do(panel: Panel) -> None:
    panel.post(status("busy"))
    expect(panel.lines).to_have_count(1)
    panel.page.evaluate("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(panel.root).to_contain_text("run the cell again")
    expect(panel.lines).to_have_count(1)


def test_kit_stop_says_what_to_do(panel: Panel) -> None:
    panel.page.locator(".jp-CodeCell").nth(2).locator(".cm-content").click()
    panel.page.keyboard.press("Control+A")
    panel.page.keyboard.type("kit.stop()")
    panel.page.keyboard.press("Control+Enter")
    expect(panel.root).to_contain_text("The kit is stopped. To go on: kit = setup()")
    expect(panel.root).to_contain_text("■ closed")


def test_flood(panel: Panel) -> None:
    """5,000 events in 10 s, if the machine can: none is lost, little is sent, and keys are taken between the lines."""
    page = panel.page
    sizes: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: sizes.append(len(data))))
    panel.reload()
    page.wait_for_timeout(3000)  # JupyterLab itself is busy after it was loaded
    page.evaluate(WATCH)
    local = threading.local()
    begin = time.monotonic()

    def post(number: int) -> None:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        wait = begin + number / 500 - time.monotonic()
        if wait > 0:
            threading.Event().wait(wait)
        name = ("started", "ringing", "answered", "completed", "busy")[number % 5]
        local.session.post(f"{panel.url}/event", json=status(name, number // 5, number=number), timeout=60)

    panel.root.get_by_label("Filter by text").click()
    pressed = 0
    with ThreadPoolExecutor(4) as clients:
        done = [clients.submit(post, number) for number in range(5000)]
        sizes.clear()
        while not all(one.done() for one in done):
            page.keyboard.press("a")
            page.keyboard.press("Backspace")
            pressed += 2
            page.wait_for_timeout(100)
    seconds = time.monotonic() - begin
    received = sum(sizes)
    expect(panel.root.locator(".evp-counts")).to_contain_text("5,000 events", timeout=20_000)
    expect(panel.lines).to_have_count(200)
    expect(panel.root).to_contain_text("The last 200 of 5,000")
    keys, most = page.evaluate("[window.keys, window.most]")
    print(f"{seconds:.1f} s, {received / seconds / 1000:.0f} KB/s, {keys} keys, at most {most} lines in one go")
    assert keys == pressed
    assert 0 < most <= 24, "a page that draws all 200 at once takes no key for a while"
    assert received / seconds < 200_000
    expect(run(page, 2)).to_contain_text("python has 5000")
