"""The phone in a real JupyterLab: it rings, is answered, heard, pressed and hung up; with the mouse and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.sync_api import expect

from tests.browser.ear import Heard
from tests.browser.lab import CURRENT, until
from tests.browser.phone_page import OTHER, PHONE, WAKE, Open, is_the_music, seconds_heard, source, wait_until_heard
from tests.matching import Match, match

pytestmark = pytest.mark.browser

# JavaScript: the phone has been in a call for longer than the page is there.
LONGER = """() => { const [minutes, seconds] = document.querySelector("[data-clock]").textContent.split(":");
  return minutes * 60 + Number(seconds) > performance.now() / 1000; }"""
# JavaScript: a shortcut of JupyterLab that was triggered would show one of these.
DAMAGE = f"""() => {{ {CURRENT}
  return [document.querySelectorAll(".jp-Dialog").length, panel.content.widgets.length]; }}"""


def test_ring_answer_music_a_key_and_hang_up(open_phone: Open, tmp_path: Path) -> None:
    it = open_phone(
        PHONE,
        'words = [{"action": "talk", "text": text} for text in ("Thank you. We call you back.", "Goodbye.")]\n'
        'call = place(music(0, bargeIn=True), KEY, *words, {"action": "conversation", "name": "x"})',
        'kit.wait_for(call, "completed", timeout=60)',
    )
    it.is_("idle")
    it.run(2)
    it.is_("ringing")
    told = "rings: +44 7700 900500 calls. Enter answers, Escape declines."
    expect(it.phone.get_by_role("alert")).to_contain_text(told)
    wait_until_heard(it, 0.3)
    ring = Heard(it.page)
    assert 0.05 < np.abs(ring.samples).max() < 0.5
    it.run(3)  # from now on the kernel is busy
    it.button("Answer").click()
    it.is_("in call")
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3")
    wait_until_heard(it, seconds_heard(it) + 2.5)
    it.page.keyboard.press("1")
    expect(it.phone.get_by_role("log")).to_contain_text("music.mp3 stops")
    expect(it.phone.get_by_role("log")).to_contain_text("Thank you.")
    expect(it.phone.get_by_role("log")).to_contain_text("Goodbye.")
    it.hang_up()
    expect(it.phone.locator(".kp-calls")).to_contain_text("+44 7700 900500")
    heard = Heard(it.page)
    it.do(f"with open({str(tmp_path / 'sent.wav')!r}, 'wb') as file: _ = file.write(kit.call(call).heard_wav(16000))")
    sent, rate = soundfile.read(tmp_path / "sent.wav", dtype="float32")
    assert rate == heard.rate
    answered = it.ask("kit.call(call).answered_at")
    began, *_ = it.ask("[e['at'] for e in kit.call(call).entries('sound', state='started') if e['url']]")
    stopped, *_ = it.ask("[e['at'] for e in kit.call(call).entries('sound', state='stopped') if e['url']]")
    ended, *_ = it.ask("[e['ends'] for e in kit.call(call).entries('sound', state='started') if e['text']]")

    def found(first: float, last: float) -> Match:
        """Where in what the page played this part of the call is, from one moment of call time to another."""
        return match(heard.samples, sent[round((first - answered) * rate) : round((last - answered) * rate)], rate)

    # A page that is late may lose the beginning of a sound; what follows it has a second before it is heard.
    tune, words = found(began + 1, began + 2.5), found(ended - 1.2, ended)
    music = source("music.mp3", rate)
    assert tune.score > 0.95 and match(heard.samples, music[rate : 5 * rate // 2], rate).score > 0.95, tune
    assert words.score > 0.95, words
    # In their order, no sooner than in the call, and beside the words nothing more of the music.
    zero = it.ask('min(time.time() - kit.network.clock()["now"] for _ in range(9))')
    late = heard.when(tune.offset) - (zero + began + 1)
    assert late > -0.02, late
    assert words.offset > tune.offset + 1.5
    rest = music[round((stopped - began) * rate) :][: 2 * rate]
    assert match(heard.samples[round(words.offset * rate) :], rest, rate).score < 0.5
    assert it.ask("kit.call(call).digits") == "1"
    assert [e["dtmf"]["digits"] for e in it.ask("[e for e in kit.call(call).events if 'dtmf' in e]")] == ["1"]
    assert it.ask("kit.call(call).entries('status')[-1]['disconnected_by']") == "user"
    print(f"correlation {tune.score:.4f} and {words.score:.4f}, heard {late * 1000:.0f} ms after the cue")


def test_panel_timeline_and_ladder_tell_of_the_same_call(open_phone: Open) -> None:
    it = open_phone(
        'from helpers.server.webhooks import create_app\nkit.serve(create_app())\nHOOK = kit.server.url + "/event"\n'
        + PHONE,
        "kit.panel()",
        'ncco = [music(0, bargeIn=True), KEY, {"action": "wait", "timeout": 60}]\n'
        "call = kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco, event_url=HOOK)",
        "told = kit.wait_for(call)\ndisplay(told.timeline(), told.ladder())",
    )
    panel, pictures = it.page.locator(".evp"), it.page.locator(".jp-CodeCell").nth(4).locator(".jp-OutputArea img")
    it.run(2)
    expect(panel).to_be_visible()
    it.run(3)
    it.is_("ringing")
    expect(panel).to_contain_text("ringing")
    it.run(4)  # from now on the kernel is busy
    it.button("Answer").click()
    it.is_("in call")
    expect(panel).to_contain_text("answered")
    it.page.keyboard.press("1")
    expect(panel).to_contain_text("Keys: 1.")
    it.hang_up()
    expect(panel).to_contain_text("completed")
    expect(pictures).to_have_count(2)
    for words in ("stream music.mp3", "input"):
        assert words in it.ask("told.timeline().text")
    assert "1" in it.ask("told.digits") and "447700900001" in it.ask("told.ladder().text")


def test_decline(open_phone: Open) -> None:
    it = open_phone(PHONE, "call = place(music())")
    it.run(2)
    it.is_("ringing")
    it.button("Decline").click()
    it.is_("idle")
    expect(it.phone).to_contain_text("You declined the call from 447700900500.")
    assert it.ask('kit.wait_for(call, "over").status') == "rejected"


def test_with_the_keyboard_alone(open_phone: Open) -> None:
    it = open_phone(PHONE, "call = place(music(0))")  # without an end: that a machine takes its time hangs nobody up
    it.run(2)
    it.is_("ringing")
    it.phone.focus()
    it.page.keyboard.press("Enter")
    it.is_("in call")
    for key in "0", "0", "*", "#":
        it.page.keyboard.press(key)
    expect(it.phone.get_by_role("log")).to_contain_text("presses #")
    expect(it.button(WAKE)).to_be_hidden()  # Firefox takes a moment to begin with sound
    order = []
    for _ in range(8):
        it.page.keyboard.press("Tab")
        order.append(it.page.evaluate("document.activeElement.dataset.do ?? document.activeElement.dataset.key"))
    assert order[:4] == ["sound", "mute", "hang_up", "1"], order
    it.phone.get_by_label("Say…").focus()
    it.page.keyboard.type("xx dd 00")
    it.page.keyboard.press("Enter")
    expect(it.phone.get_by_role("log")).to_contain_text("You: xx dd 00")
    it.page.keyboard.press("Escape")
    it.page.keyboard.press("Escape")
    it.is_("idle")
    assert it.page.evaluate(DAMAGE) == [0, 3]


def test_no_key_reaches_jupyterlab(open_phone: Open) -> None:
    it = open_phone()
    cells = it.page.evaluate(DAMAGE)
    for where in (it.phone, it.phone.locator("[data-key='5']"), it.phone.get_by_role("switch"), it.button("Dial"),
                  it.phone.get_by_label("Volume")):  # fmt: skip
        where.focus()
        for key in "00", "dd", "x", "ab", "mz", "c", "v":
            it.page.keyboard.type(key)
    for _ in range(2):
        it.phone.locator("[data-key='0']").click()
    for key in "i", "i", "Shift+Enter", "Alt+Enter", "Control+Enter", "ArrowDown", "ArrowUp":
        it.phone.focus()
        it.page.keyboard.press(key)
    it.ask("1")  # by now a key that JupyterLab has taken would show
    assert it.page.evaluate(DAMAGE) == cells == [0, 2]
    assert it.phone.get_by_label("Dial a number").input_value().count("0") == 12


def test_dial_from_the_phone(open_phone: Open) -> None:
    it = open_phone("""from helpers.server.webhooks import create_app
kit.serve(create_app(answer=lambda told: [{"action": "talk", "text": "Hello " + told["from"]}, music()]))
application = kit.vonage.get_application(kit.settings.application_id)
hooks = application["capabilities"]["voice"]["webhooks"]
hooks["answer_url"].update(address=kit.server.url + "/answer", http_method="GET")
hooks["event_url"].update(address=kit.server.url + "/event", http_method="POST")
_ = kit.vonage.replace_application(application["id"], application)
_ = kit.vonage.update_number("GB", kit.number, app_id=application["id"])
phone = kit.phone().show(manual=True)
phone""")
    for key in "447700900500":
        it.phone.locator(f"[data-key='{key}']").click()
    it.button("Dial").click()
    it.is_("in call")
    expect(it.phone.get_by_role("log")).to_contain_text("Hello 447700900001")
    wait_until_heard(it, 1)
    it.hang_up()
    box = it.phone.get_by_label("Dial a number")
    box.fill("447700900999")
    box.press("Enter")
    expect(it.phone).to_contain_text("447700900999 is not a number of this account. Rent 447700900999 first")
    box.fill("my mum")
    box.press("Enter")
    expect(it.phone).to_contain_text("is not a number a phone can have. Use digits only")


def test_two_phones_in_one_conversation(open_phone: Open) -> None:
    it = open_phone(
        f'both = kit.phone().show(manual=True).beside(kit.phone("{OTHER}").show(manual=True))\nboth',
        f'for to in (kit.my_number, "{OTHER}"): place({{"action": "conversation", "name": "room"}}, to=to)',
    )
    other = it.page.locator(".kit-phone").nth(1)
    left, right = it.phone.bounding_box(), other.bounding_box()
    assert left and right
    assert abs(left["y"] - right["y"]) < 2
    assert left["x"] + left["width"] <= right["x"]
    it.run(2)
    for phone in (it.phone, other):
        it.is_("ringing", phone)
        it.button("Answer", phone).click()
        it.is_("in call", phone)
    before = seconds_heard(it)
    say = it.phone.get_by_label("Say…")
    say.fill("Hello, can you hear me?")
    say.press("Enter")
    expect(other.get_by_role("log")).to_contain_text("447700900001: Hello, can you hear me?")
    expect(it.phone.get_by_role("log")).to_contain_text("You: Hello, can you hear me?")
    wait_until_heard(it, before + 0.5)
    sizes = it.page.locator(".kp-said").evaluate_all("(all) => all.map((one) => getComputedStyle(one).fontSize)")
    assert len(sizes) == 2 and len(set(sizes)) == 1, f"words are of one size, whoever says them: {sizes}"
    it.button("Mute", it.phone).click()
    say.fill("And now?")
    say.press("Enter")
    expect(it.phone).to_contain_text("You are muted, so nobody heard that.")
    expect(other.get_by_role("log")).not_to_contain_text("And now?")
    it.button("Hang up", other).click()
    it.is_("idle", other)
    it.is_("in call", it.phone)


def test_a_reload_in_mid_call(open_phone: Open) -> None:
    it = open_phone(PHONE, "call = place(music(0))")
    it.answer(2)
    wait_until_heard(it, 1)
    it.notebook.reload()
    it.is_("in call")
    expect(it.phone).to_contain_text("+44 7700 900500")
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3 (again and again)")
    wait_until_heard(it, 2)
    is_the_music(Heard(it.page))
    # A clock that began anew would never show more than the time of this page.
    until(it.page, LONGER)
    shown = it.phone.locator("[data-clock]").inner_text().split(":")
    talk = 'kit.network.clock()["now"] - kit.call(call).answered_at'
    assert int(shown[0]) * 60 + int(shown[1]) < it.ask(talk) + 0.5
    it.hang_up()


def test_the_first_click_turns_the_sound_on(open_phone: Open) -> None:
    it = open_phone(PHONE, "call = place(music(0))", script="sessionStorage.silentAtFirst = 1;")
    it.answer(2)
    it.notebook.reload()
    it.is_("in call")
    wake = it.button(WAKE)
    expect(wake).to_be_visible()
    assert not Heard(it.page)
    wake.click()
    expect(wake).to_be_hidden()
    wait_until_heard(it, 2)
    is_the_music(Heard(it.page))
    it.button("Sound").click()
    expect(it.button("Sound")).to_have_attribute("aria-pressed", "false")
    it.quiet(0.5)


def test_a_kernel_restart_leaves_a_phone_that_says_so(open_phone: Open) -> None:
    it = open_phone(PHONE, "call = place(music())")
    it.run(2)
    it.is_("ringing")
    it.page.evaluate(f"() => {{ {CURRENT} return panel.sessionContext.session.kernel.restart(); }}")
    it.is_("off")
    expect(it.phone).to_contain_text("This phone is dead")
    expect(it.phone).to_contain_text("Run the cells again, the first one first.")
    it.quiet(2.5)  # longer than the pause between two rings
    it.notebook.reload()  # what was saved, with a kernel that knows no phone: its words are there
    expect(it.page.locator(".kit-words")).to_contain_text("Phone 447700900001: waits for somebody to answer.")
    expect(it.page.get_by_text("Error displaying widget")).to_be_hidden()
    it.run(0)
    it.run(1)
    it.is_("idle")


def test_after_stop_the_phone_says_what_to_do(open_phone: Open) -> None:
    it = open_phone()
    it.do("kit.stop()")
    it.is_("off")
    expect(it.phone).to_contain_text("Run kit = setup(), then kit.phone(…).show().")
    it.button("Start again").click()
    it.is_("idle")
    expect(it.phone).to_contain_text("Started again.")


def test_a_busy_kernel_without_subshells_is_told(open_phone: Open) -> None:
    it = open_phone(
        "phone = kit.phone().show(manual=True)\n"
        "# as in older Jupyter: every message waits for the cell\n"
        "phone.widget.comm._reply_subshell_for = lambda data, sent_to: None\nphone",
        "call = place(music())",
        "import os\nwhile not os.path.exists('go-on'): time.sleep(0.05)\nos.remove('go-on')",
    )
    it.run(2)
    it.is_("ringing")
    it.run(3)
    it.button("Answer").click()
    expect(it.phone).to_contain_text("The notebook is busy: your click waits for the running cell.")
    wait_until_heard(it, seconds_heard(it) + 0.3)  # it goes on ringing
    (it.notebook.lab.folder / "notebooks" / "go-on").touch()
    it.is_("in call")
    expect(it.phone).not_to_contain_text("The notebook is busy")


def test_in_run_all_it_acts_by_itself(open_phone: Open) -> None:
    it = open_phone(
        "phone = kit.phone().answers().show()\nphone",
        "call = place(music(bargeIn=True), KEY)\ndone = kit.wait_for(call)\nprint(done.statuses)",
        "phone",
    )
    it.notebook.run_all()
    assert it.notebook.errors() == []
    assert "'completed'" in it.notebook.text()
    expect(it.page.locator(".kit-phone")).to_have_count(2)
    for place in (0, 1):
        expect(it.page.locator(".kit-phone").nth(place).locator(".kp-calls")).to_contain_text("+44 7700 900500")


def test_hostile_words_are_shown_as_text(open_phone: Open) -> None:
    hostile = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 2</script>'
    it = open_phone("phone = kit.phone().answers().show()\nphone")
    it.do(f"_ = kit.wait_for(place({{'action': 'talk', 'text': {hostile!r}}}))")
    expect(it.phone.get_by_role("log")).to_contain_text("<img src=x onerror=")
    assert it.page.evaluate("window.hacked") is None
    assert it.phone.locator("img, script").count() == 0


def test_a_browser_without_web_audio(open_phone: Open) -> None:
    it = open_phone(PHONE, "call = place(music())", script="delete window.AudioContext;")
    expect(it.phone).to_contain_text("This browser has no Web Audio: read the captions here")
    it.answer(2)
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3")
    it.hang_up()


@pytest.mark.parametrize(("theme", "width"), [("Dark", 1280), ("Light", 800), ("Dark", 800)])
def test_it_fits_in_every_theme_and_width(open_phone: Open, theme: str, width: int) -> None:
    it = open_phone(
        f'both = kit.phone().show(manual=True).beside(kit.phone("{OTHER}").show())\nboth', "call = place(music(0))",
        width=width,
    )  # fmt: skip
    it.page.evaluate(
        "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", f"JupyterLab {theme}"
    )
    light = "false" if theme == "Dark" else "true"
    expect(it.page.locator("body")).to_have_attribute("data-jp-theme-light", light)
    it.run(2)
    it.is_("ringing")
    it.phone.scroll_into_view_if_needed()
    it.button("Answer").click()
    it.is_("in call")
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3")
    for phone in it.page.locator(".kit-phone").all():
        box, wide = phone.bounding_box(), phone.evaluate("(e) => e.scrollWidth - e.clientWidth")
        assert wide <= 1
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
