"""How soon a page in Chromium plays what it is sent and takes keys in a flood: ``python -m tests.bench.pages``.

Printed as JSON: after how many seconds sounds ``start`` and are ``cut`` at the latest, and of 5,000 events in 10 s the
``keys``, of which 95 of 100 wait so many seconds at most, and the ``bytes`` that the page gets in a second.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.browsers import launching
from tests.browser.lab import Desk, Lab
from tests.browser.panel_page import Panel
from tests.browser.speaker_page import serving, speaking, starts_and_cuts


def main() -> None:
    """A browser, and a JupyterLab of its own."""
    with tempfile.TemporaryDirectory() as name, launching("chromium", Path(name)) as launch:
        browser = launch(True)
        print(json.dumps(sounds(browser) | events(browser, Path(name))))
        browser.close()


def sounds(browser: Browser) -> dict[str, float]:
    """A tone that is sent and cut off five times."""
    with serving() as url, browser.new_context() as context:
        starts, cuts, _ = starts_and_cuts(speaking(context, url), 5)
    return {"start": max(starts), "cut": max(cuts)}


def events(browser: Browser, folder: Path) -> dict[str, float]:
    """A flood of events in the event panel."""
    lab = Lab(folder)
    try:
        panel = Panel(Desk(browser, lab.start()).stage())
        sizes: list[int] = []
        panel.page.on("websocket", lambda socket: socket.on("framereceived", lambda data: sizes.append(len(data))))
        panel.reload()
        panel.page.wait_for_timeout(3000)  # JupyterLab itself is busy after it was loaded
        sizes.clear()
        begin = time.monotonic()
        panel.flood(5000, 500)
        rate = sum(sizes) / (time.monotonic() - begin)
        keys = sorted(panel.page.evaluate("window.keys"))
    finally:
        lab.stop()
    return {"keys": keys[int(len(keys) * 0.95)] / 1000, "bytes": rate}


if __name__ == "__main__":
    main()
