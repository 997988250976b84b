"""The microphone in a real notebook: from the browser's samples to what a phone hears, and where there is none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from helpers.settings.project import audio
from tests.browser.lab import NotebookPage
from tests.browser.phone_page import OTHER, PHONE, Open

pytestmark = pytest.mark.browser
CHROMIUM_ONLY = "only Chromium has a microphone that hears a file"

SHOW = "from helpers.widgets.microphone import Microphone\nmicrophone = Microphone()\nmicrophone"
MEND = """from pathlib import Path
from helpers.audio import inspect
from helpers.server import create_app
ready = microphone.ear().phone_ready(f"heard/{microphone.name}.mp3")
kit.serve(create_app(audio=Path("heard").resolve()))
kit.phone().answers()
ncco = [{"action": "stream", "streamUrl": [f"{kit.tunnel.on()}/{microphone.name}.mp3"]}]
call = kit.wait_for(kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco))
print(inspect(microphone.file), inspect(ready.source).phone_ready)
print(bool(call.heard(ready.source)), bool(call.heard("greeting.wav")))"""


@pytest.fixture
def show(staged: NotebookPage) -> Callable[..., Locator]:
    """Show a microphone; ``before`` is run in the page first."""

    def show(before: str = "") -> Locator:
        staged.hold("pass", "pass")
        if before:
            staged.page.evaluate(before)
        staged.run_cell(0, SHOW)
        return staged.page.get_by_role("region", name="Microphone")

    return show


def test_your_voice_goes_from_the_browser_into_a_call(staged: NotebookPage, show: Callable[..., Locator]) -> None:
    if "Firefox" in staged.page.evaluate("navigator.userAgent"):
        pytest.skip(CHROMIUM_ONLY)
    microphone = show()
    expect(microphone.get_by_role("status")).to_contain_text("greeting.wav stands in")
    microphone.get_by_role("button", name="Record").click()
    expect(microphone.get_by_role("timer")).to_have_text("0:07")  # the greeting takes 5.1 s, and comes again
    microphone.get_by_role("button", name="Stop").click()
    told = re.compile(r"^[789]\.\d s in heard/my-voice-1-recorded.wav: WAV")
    expect(microphone.get_by_role("status")).to_contain_text(told)
    length = "(audio) => Math.round(audio.duration)"
    assert microphone.locator("audio").evaluate(length) in (7, 8, 9), "it can be heard at once"
    staged.ask("from helpers import setup; kit = setup(); kit.ready()")
    said = staged.ask(MEND)
    assert re.fullmatch(r"WAV mono (44100|48000) Hz True\nTrue True", said), said


def test_without_a_microphone_it_says_why_and_takes_a_file(staged: NotebookPage, show: Callable[..., Locator]) -> None:
    hide = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined, configurable: true })"
    microphone = show(f"() => {{ {hide}; }}")
    try:
        expect(microphone.get_by_role("status")).to_contain_text("only to pages from this computer or over https")
        expect(microphone.get_by_role("button", name="Record")).to_have_count(0)
        choose = microphone.get_by_label("Choose a file")
        choose.set_input_files(audio() / "jingle.mp3")
        expect(microphone.get_by_role("status")).to_contain_text(
            re.compile(r"^2\.7 s in heard/my-voice-\d-recorded\.mp3")
        )
        choose.set_input_files({"name": "page.wav", "mimeType": "audio/wav", "buffer": b"<html>"})
        expect(microphone.get_by_role("status")).to_contain_text("This is a web page")
    finally:
        staged.page.evaluate("() => { delete navigator.mediaDevices; }")
    refuse = "async () => { throw new DOMException('no', 'NotAllowedError'); }"
    refused = show(f"() => {{ navigator.mediaDevices.getUserMedia = {refuse}; }}")
    try:
        refused.get_by_role("button", name="Record").click()
        expect(refused.get_by_role("status")).to_contain_text("was not allowed to use the microphone")
    finally:
        staged.page.evaluate("() => { delete navigator.mediaDevices.getUserMedia; }")


def test_push_to_talk(open_phone: Open, staged: NotebookPage) -> None:
    """What is spoken while the button is held is heard by the other one, after it was let go."""
    if "Firefox" in staged.page.evaluate("navigator.userAgent"):
        pytest.skip(CHROMIUM_ONLY)
    room = '{"action": "conversation", "name": "room"}'
    it = open_phone(PHONE, f'other = place({room}, to="{OTHER}"); mine = place({room})')
    it.answer(2)
    talk, told = it.button("Hold to talk"), it.phone.get_by_text("Speak now, then let go.")
    talk.hover()
    it.page.mouse.down()
    expect(told).to_be_visible()
    expect(talk).to_have_attribute("aria-pressed", "true")
    it.page.wait_for_timeout(6000)  # the greeting takes 5.1 s
    it.page.mouse.up()
    expect(told).to_be_hidden()
    expect(it.phone.get_by_role("log")).to_contain_text("You: ♪ a voice")
    it.do("kit.wait(7)")
    assert it.ask('bool(kit.call(other).heard("greeting.mp3", leg=other["uuid"]))')

    talk.press("Enter")
    expect(it.phone).to_contain_text("Hold it down while you speak.")
    it.button("Mute").click()
    talk.focus()
    it.page.keyboard.down(" ")
    muted = it.phone.get_by_text("You are muted: press Unmute first.")
    expect(muted).to_be_visible()
    it.page.keyboard.up(" ")
    it.button("Mute").click()
    expect(it.button("Mute")).to_have_attribute("aria-pressed", "false")

    by_click = "(talk) => talk.click()"  # as what reads a page aloud does it
    talk.evaluate(by_click)
    expect(it.phone.get_by_text("Speak now, then press again.")).to_be_visible()
    it.hang_up()
    expect(it.phone.locator("[data-do=talk]")).to_have_attribute("aria-pressed", "false")
    assert it.ask('len(kit.call(mine).entries("said"))') == 1, "what was begun in a call that is over is not sent"
