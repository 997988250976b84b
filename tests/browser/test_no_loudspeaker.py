"""The phone where a browser finds no loudspeaker: it says so, and what to do instead, until there is one after all."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.ear import Heard
from tests.browser.phone_page import PHONE, WAKE, Open, is_the_music, wait_until_heard
from tests.browser.speaker_page import OpenSpeaker

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


def test_the_phone_offers_captions_and_player_in_place_of_the_button(open_phone: Open) -> None:
    it = open_phone(PHONE, "call = place(music(0))", script=NO_LOUDSPEAKER)
    wake = it.button(WAKE)
    it.run(2)
    it.is_("ringing")
    expect(wake).to_be_visible()
    expect(it.phone).not_to_contain_text("no loudspeaker")
    it.button("Answer").click()
    it.is_("in call")
    expect(it.phone.get_by_role("status").first).to_have_text(NOT_FOUND)
    expect(wake).to_be_hidden()
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3")
    it.page.evaluate("window.plugIn()")
    expect(it.phone).not_to_contain_text("no loudspeaker")
    expect(wake).to_be_hidden()
    wait_until_heard(it, 1)
    is_the_music(Heard(it.page))
    it.hang_up()


def test_the_loudspeaker_says_so_two_seconds_after_the_click(open_page: OpenSpeaker) -> None:
    told = "() => [lab.speaker.trouble, lab.speaker.hopeless]"
    click = ["The browser plays sound only after a click: press Sound on.", False]
    page = open_page(script=NO_LOUDSPEAKER, clock=True)
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
