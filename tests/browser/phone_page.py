"""A notebook with one phone in it or more, and what is heard of them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import soundfile
import soxr
from playwright.sync_api import Locator, expect

from tests.browser.ear import Heard, Samples
from tests.browser.lab import NotebookPage, until
from tests.matching import match
from tests.notebooks.sanitising import PROJECT

OTHER = "447700900002"
WAKE = "Click once to turn the sound on"
SETUP = """import time
from helpers import setup
kit = setup(); kit.ready()
def place(*ncco, to=None):
    return kit.vonage.create_call(to=to or kit.my_number, from_=kit.number, ncco=list(ncco))
def music(loop=1, **more):
    return {"action": "stream", "streamUrl": [kit.server.url + "/audio/music.mp3"], "loop": loop, **more}
KEY = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}"""
# A browser plays nothing before a click. Playwright's own questions count as clicks, so the rule is made again here,
# for a test that asks for it.
SILENT_AT_FIRST = """(() => {
  if (!sessionStorage.silentAtFirst) return;
  let clicked = false;
  window.addEventListener("click", () => (clicked = true), true);
  window.AudioContext = class extends window.AudioContext {
    constructor(options) { super(options); super.suspend(); }
    get state() { return clicked ? super.state : "suspended"; }
    resume() { return clicked ? super.resume() : new Promise(() => {}); }
  };
})()"""


class PhonePage:
    """A notebook with one phone in it or more."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook, self.page = notebook, notebook.page
        self.run = notebook.start
        self.run(0)
        self.run(1)
        self.phone.wait_for()

    @property
    def phone(self) -> Locator:
        return self.page.locator(".kit-phone").first

    def ask(self, code: str) -> Any:
        """What an expression is in Python, after every cell that runs."""
        return ast.literal_eval(self.notebook.ask(f"print(repr({code}))"))

    def do(self, code: str) -> None:
        told = self.notebook.ask(code)
        assert not told, told

    def quiet(self, seconds: float) -> None:
        """Wait until nothing has been heard for so long, by the loudspeaker's own clock."""
        script = "(seconds) => window.tap.now - (window.tap.blocks.at(-1)?.[0] ?? 0) > seconds"
        until(self.page, script, seconds)

    def button(self, name: str, phone: Locator | None = None) -> Locator:
        return (phone or self.phone).get_by_role("button", name=name, exact=True).locator("visible=true")

    def answer(self, cell: int) -> None:
        """Run the cell that calls this phone, and answer."""
        self.run(cell)
        self.is_("ringing")
        self.button("Answer").click()
        self.is_("in call")

    def hang_up(self) -> None:
        self.button("Hang up").click()
        self.is_("idle")

    def is_(self, state: str, phone: Locator | None = None) -> None:
        expect(phone or self.phone).to_have_attribute("data-state", state)


Open = Callable[..., PhonePage]
PHONE = "phone = kit.phone().show(manual=True)\nphone"


def source(name: str, rate: int) -> Samples:
    samples, own = soundfile.read(PROJECT / "audio" / name, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), own, rate), dtype=np.float32)


def seconds_heard(page: PhonePage) -> float:
    """How much sound that is not silence has been played since the phone was shown."""
    return float(page.page.evaluate("window.tap.blocks.length / 125"))


def wait_until_heard(page: PhonePage, seconds: float) -> None:
    """Wait until so many seconds of sound that is not silence have been played since the phone was shown."""
    until(page.page, "(seconds) => window.tap.blocks.length / 125 > seconds", seconds)


def is_the_music(heard: Heard) -> None:
    """What has been played is music.mp3, from wherever in it."""
    whole = source("music.mp3", heard.rate)
    found = match(np.concatenate([whole, whole]), heard.samples[heard.rate // 2 : heard.rate * 3 // 2], heard.rate)
    assert found.score > 0.95, found
