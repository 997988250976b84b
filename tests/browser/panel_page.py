"""A notebook with an event panel, and what sends events to it."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import requests
from playwright.sync_api import Locator, expect
from urllib3 import connection_from_url

from tests.browser.lab import NotebookPage

SETUP = """from flask import Flask
from helpers import setup
kit = setup()
app = Flask("events")
app.add_url_rule("/event", "event", lambda: ("", 200), methods=["POST"])
kit.serve(app)
print("at", kit.server.url)"""
PANEL = "panel = kit.panel()\npanel"
# JavaScript: how many milliseconds each key waited, and the most lines that the page drew in one go. A key counts
# as it goes up, because the panel keeps its going down to itself.
WATCH = """() => { window.most = 0; window.keys = [];
  window.addEventListener('keyup', ({ timeStamp }) => window.keys.push(performance.now() - timeStamp), true);
  new MutationObserver((all) => {
    const lines = all.flatMap(({ addedNodes }) => [...addedNodes]).filter((one) => one.matches?.('.evp-line'));
    window.most = Math.max(window.most, lines.length);
  }).observe(document.querySelector('.evp table'), { childList: true, subtree: true }); }"""
ASK = "print('python has', panel.counts['rows'])"


class Panel:
    """A notebook with a panel, and the address of its server."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook, self.page = notebook, notebook.page
        notebook.hold(SETUP, PANEL, ASK)
        notebook.run_all()
        assert notebook.errors() == []
        self.url = json.loads(notebook.text())[0][-1]["text"].rsplit("at ", 1)[1].strip()
        self.root = self.page.locator(".evp")
        expect(self.root).to_have_count(1)

    def post(self, payload: object, path: str = "/event") -> None:
        requests.post(self.url + path, json=payload, timeout=60)

    def reload(self) -> None:
        """Save the notebook, and load the page again."""
        self.notebook.reload()
        expect(self.root).to_have_count(1)

    def flood(self, events: int, rate: float) -> int:
        """Send so many events, so many a second if the machine can. Returns how many keys the filter was given then."""
        begin, keys = time.monotonic(), 0

        def post(number: int) -> None:
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            name = ("started", "ringing", "answered", "completed", "busy")[number % 5]
            event = status(name, number // 5, number=number)
            assert server.request("POST", "/event", json=event, timeout=60).status == 200

        self.page.evaluate(WATCH)
        self.root.get_by_label("Filter by text").click()
        with connection_from_url(self.url, maxsize=4) as server, ThreadPoolExecutor(4) as clients:
            done = [clients.submit(post, number) for number in range(events)]
            while not all(one.done() for one in done):
                for key in ("a", "Backspace"):
                    self.page.keyboard.press(key)
                    keys += 1
                self.page.wait_for_timeout(100)
        for one in done:
            one.result()
        return keys

    @property
    def lines(self) -> Locator:
        return self.root.locator(".evp-line")


def status(name: str, call: int = 1, **facts: object) -> dict[str, object]:
    return {"uuid": f"leg-{call}", "conversation_uuid": f"CON-{call}", "status": name, "direction": "outbound",
            "from": "447700900500", "to": "447700900001", "timestamp": "2026-02-02T10:00:00.000Z", **facts}  # fmt: skip
