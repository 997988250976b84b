"""The phone where a browser finds no loudspeaker: it says so, and what to do instead, until there is one after all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.ear import TAP, Heard
from tests.browser.lab import CLOSE, Lab, NotebookPage, write_notebook
from tests.browser.speaker_page import serving
from tests.browser.test_phone import SETUP, PhonePage, is_the_music, wait_until_heard

pytestmark = pytest.mark.browser

# As in Firefox without a sound device: a context stays suspended, and keeps no promise, until one is plugged in.
NO_LOUDSPEAKER = """(() => {
  let plugged = false;
  window.AudioContext = class extends window.AudioContext {
    constructor(options) {
      super(options);
      super.suspend();
      window.plugIn = () => { plugged = true; super.resume(); };
    }
    get state() { return plugged ? super.state : "suspended"; }
    resume() { return plugged ? super.resume() : new Promise(() => {}); }
  };
})()"""
NOT_FOUND = "This browser found no loudspeaker: read the captions here, or listen afterwards with kit.call(…).player()."


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Chromium that finds no loudspeaker, and records what is played."""
    if browser.browser_type.name != "chromium":
        pytest.skip("what is made up here is Firefox's own: a second time it would say nothing")
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.add_init_script(f"{TAP};{NO_LOUDSPEAKER}")
    yield context
    context.close()


def test_the_phone_offers_captions_and_player_in_place_of_the_button(context: BrowserContext, lab: Lab) -> None:
    cells = SETUP, "phone = kit.phone().show(manual=True)\nphone", "call = place(music(0))"
    write_notebook(lab.folder / "notebooks" / "97-silent.ipynb", *cells)
    it = PhonePage(NotebookPage(context.new_page(), lab, "notebooks/97-silent.ipynb"))
    wake = it.button("Click once to turn the sound on")
    it.run(2)
    it.is_("ringing")
    expect(wake).to_be_visible()
    expect(it.phone).not_to_contain_text("no loudspeaker")
    it.button("Answer").click()
    it.is_("in call")
    expect(it.phone.get_by_role("status").first).to_have_text(NOT_FOUND)
    expect(wake).to_be_hidden()
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3")
    it.shoot("no-loudspeaker")
    it.page.evaluate("window.plugIn()")
    expect(it.phone).not_to_contain_text("no loudspeaker")
    expect(wake).to_be_hidden()
    wait_until_heard(it, 1)
    is_the_music(Heard(it.page))
    it.button("Hang up").click()
    it.is_("idle")
    it.page.evaluate(CLOSE)


def test_the_loudspeaker_says_so_two_seconds_after_the_click(context: BrowserContext) -> None:
    told = "() => [lab.speaker.trouble, lab.speaker.hopeless]"
    click = ["The browser plays sound only after a click: press Sound on.", False]
    with serving() as url:
        page = context.new_page()
        page.clock.install(time=0)
        page.goto(url)
        page.wait_for_function("window.ready")
        page.clock.pause_at(60_000)
        page.evaluate("() => { lab.speaker = new lab.Speaker(lab.Speaker.context(), () => lab.changes++); }")
        page.clock.run_for(10_000)
        assert page.evaluate(told) == click, "nobody has clicked"
        page.evaluate("() => { lab.speaker.resume(); lab.speaker.resume(); lab.changes = 0; }")
        page.clock.run_for(1_999)
        assert page.evaluate(told) == click
        page.clock.run_for(1)
        assert page.evaluate(told) == [NOT_FOUND, True] and page.evaluate("lab.changes") == 1
        page.evaluate(
            """() => new Promise((done) => {
              lab.speaker.context.addEventListener("statechange", done, { once: true });
              window.plugIn(); })"""
        )
        assert page.evaluate(told) == ["", False]
        page.evaluate("() => { lab.speaker.resume(); lab.changes = 0; }")
        page.clock.run_for(10_000)
        assert page.evaluate(told) == ["", False] and page.evaluate("lab.changes") == 0
