"""The phone in a real JupyterLab: it rings, is answered, heard, pressed and hung up; with the mouse and without."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import soundfile
import soxr
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, expect

from tests.browser.ear import TAP, Heard, Samples
from tests.browser.lab import CURRENT, Lab, NotebookPage
from tests.matching import match
from tests.notebooks.sanitising import PROJECT

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("PHONE_SHOTS", "")  # a folder for pictures to look at; none by default
OTHER = "447700900002"
SETUP = """import time
from helpers import setup
kit = setup(); kit.ready()
def place(*ncco, to=None):
    return kit.vonage.create_call(to=to or kit.my_number, from_=kit.number, ncco=list(ncco))
def music(loop=1, **more):
    return {"action": "stream", "streamUrl": [kit.server.url + "/audio/music.mp3"], "loop": loop, **more}
KEY = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}"""
ASK = f"""async (code) => {{ {CURRENT}
  const future = panel.sessionContext.session.kernel.requestExecute({{ code }});
  let told = "";
  future.onIOPub = ({{ header, content }}) => {{
    if (header.msg_type === "stream") told += content.text;
    if (header.msg_type === "error") told += content.traceback.join("\\n");
  }};
  await future.done;
  return told; }}"""
# A browser plays nothing before a click. Playwright's own questions count as clicks, so the rule is made again here.
SILENT_AT_FIRST = """(() => {
  let clicked = false;
  window.addEventListener("click", () => (clicked = true), true);
  window.AudioContext = class extends window.AudioContext {
    constructor(options) { super(options); super.suspend(); }
    get state() { return clicked ? super.state : "suspended"; }
    resume() { return clicked ? super.resume() : new Promise(() => {}); }
  };
})()"""
# JavaScript: a shortcut of JupyterLab that was triggered would show one of these.
DAMAGE = f"""() => {{ {CURRENT}
  return [document.querySelectorAll(".jp-Dialog").length, panel.content.widgets.length]; }}"""


class PhonePage:
    """A notebook with one phone in it or more."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook, self.page = notebook, notebook.page
        self.run(0)
        self.run(1)
        self.phone.wait_for(timeout=30_000)

    @property
    def phone(self) -> Locator:
        return self.page.locator(".kit-phone").first

    def run(self, cell: int) -> None:
        """Run a cell, and do not wait for it."""
        self.page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def ask(self, code: str) -> Any:
        """What an expression is in Python, after every cell that runs."""
        return ast.literal_eval(self.page.evaluate(ASK, f"print(repr({code}))").strip())

    def do(self, code: str) -> None:
        told = self.page.evaluate(ASK, code)
        assert not told, told

    def button(self, name: str, phone: Locator | None = None) -> Locator:
        return (phone or self.phone).get_by_role("button", name=name, exact=True).locator("visible=true")

    def is_(self, state: str, phone: Locator | None = None) -> None:
        expect(phone or self.phone).to_have_attribute("data-state", state, timeout=45_000)

    def shoot(self, name: str) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.phone.evaluate("(phone) => phone.scrollIntoView({ block: 'start' })")
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png")


Open = Callable[..., PhonePage]


@pytest.fixture
def open_phone(browser: Browser, lab: Lab, tmp_path: Path) -> Iterator[Open]:
    """Open a notebook that shows a phone; ``script`` runs in the page before anything else does."""
    contexts = []

    def open_it(
        show: str = "phone = kit.phone().show(manual=True)\nphone", *cells: str, script: str = TAP, width: int = 1280
    ) -> PhonePage:  # fmt: skip
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        made = [new_code_cell(source) for source in (SETUP, show, *cells)]
        nbformat.write(new_notebook(cells=made, metadata=kernel), lab.folder / "notebooks" / "97-phone.ipynb")
        contexts.append(browser.new_context(viewport={"width": width, "height": 1000}))
        contexts[-1].add_init_script(script)
        return PhonePage(NotebookPage(contexts[-1].new_page(), lab, "notebooks/97-phone.ipynb"))

    yield open_it
    for context in contexts:
        context.close()
    lab.shut_kernels()


def source(name: str, rate: int) -> Samples:
    samples, own = soundfile.read(PROJECT / "audio" / name, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), own, rate), dtype=np.float32)


def wait_until_heard(page: PhonePage, seconds: float) -> None:
    """Wait until so many seconds of sound that is not silence have been played since the page was opened."""
    page.page.wait_for_function("(blocks) => window.tap.blocks.length > blocks", arg=seconds * 125, timeout=15_000)


def test_ring_answer_music_a_key_and_hang_up(open_phone: Open) -> None:
    it = open_phone(
        "phone = kit.phone().show(manual=True)\nphone",
        'thanks = {"action": "talk", "text": "Thank you."}\n'
        'call = place(music(0, bargeIn=True), KEY, thanks, {"action": "conversation", "name": "x"})',
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
    it.shoot("ringing")
    it.run(3)  # from now on the kernel is busy
    it.button("Answer").click()
    it.is_("in call")
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3")
    before = len(it.page.evaluate("window.tap.blocks"))
    wait_until_heard(it, before / 125 + 3)
    it.shoot("in-call")
    it.page.keyboard.press("1")
    expect(it.phone.get_by_role("log")).to_contain_text("music.mp3 stops")
    expect(it.phone.get_by_role("log")).to_contain_text("Thank you.")
    it.page.wait_for_timeout(2000)
    it.button("Hang up").click()
    it.is_("idle")
    expect(it.phone.locator(".kp-calls")).to_contain_text("+44 7700 900500")
    it.shoot("over")
    # In step with the call: the same clock, once as call time and once as the page's.
    heard = Heard(it.page)
    zero = it.ask('time.time() - kit.network.clock()["now"]')
    [started, *_] = [e["at"] for e in it.ask("kit.call(call).entries('sound', state='started')") if e["url"]]
    [stopped, *_] = [e["at"] for e in it.ask("kit.call(call).entries('sound', state='stopped')") if e["url"]]
    found = match(heard.samples, source("music.mp3", heard.rate)[: 2 * heard.rate], heard.rate)
    assert found.score > 0.95, found
    late = heard.began + found.offset - (zero + started)
    assert 0 <= late < 0.3, late
    # After the stop: the tone of the key ends, and there is silence until the next words.
    at = int((zero + stopped - heard.began + 0.3) * heard.rate)
    words = [e["at"] for e in it.ask("kit.call(call).entries('sound', state='started')") if e["text"]]
    assert np.abs(heard.samples[at : int((zero + words[0] - heard.began) * heard.rate)]).max(initial=0) < 0.01
    assert it.ask("kit.call(call).digits") == "1"
    assert [e["dtmf"]["digits"] for e in it.ask("[e for e in kit.call(call).events if 'dtmf' in e]")] == ["1"]
    assert it.ask("kit.call(call).entries('status')[-1]['disconnected_by']") == "user"
    print(f"correlation {found.score:.4f}, heard {late * 1000:.0f} ms after the cue")


def test_panel_timeline_and_ladder_tell_of_the_same_call(open_phone: Open) -> None:
    it = open_phone(
        'from helpers.server.webhooks import create_app\nkit.serve(create_app())\nHOOK = kit.server.url + "/event"\n'
        "phone = kit.phone().show(manual=True)\nphone",
        "kit.panel()",
        'ncco = [music(0, bargeIn=True), KEY, {"action": "wait", "timeout": 60}]\n'
        "call = kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco, event_url=HOOK)",
        "told = kit.wait_for(call)\ndisplay(told.timeline(), told.ladder())",
    )
    panel, pictures = it.page.locator(".evp"), it.page.locator(".jp-CodeCell").nth(4).locator(".jp-RenderedSVG")
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
    it.button("Hang up").click()
    it.is_("idle")
    expect(panel).to_contain_text("completed")
    expect(pictures).to_have_count(2)
    for words in ("stream music.mp3", "input"):
        assert words in it.ask("told.timeline().text")
    assert "1" in it.ask("told.digits") and "447700900001" in it.ask("told.ladder().text")


def test_decline(open_phone: Open) -> None:
    it = open_phone("phone = kit.phone().show(manual=True)\nphone", "call = place(music())")
    it.run(2)
    it.is_("ringing")
    it.button("Decline").click()
    it.is_("idle")
    expect(it.phone).to_contain_text("You declined the call from 447700900500.")
    assert it.ask('kit.wait_for(call, "over").status') == "rejected"


def test_with_the_keyboard_alone(open_phone: Open) -> None:
    it = open_phone("phone = kit.phone().show(manual=True)\nphone", "call = place(music())")
    it.run(2)
    it.is_("ringing")
    it.phone.focus()
    it.page.keyboard.press("Enter")
    it.is_("in call")
    for key in "0", "0", "*", "#":
        it.page.keyboard.press(key)
    expect(it.phone.get_by_role("log")).to_contain_text("presses #")
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
    it.page.wait_for_timeout(300)
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
    it.button("Hang up").click()
    it.is_("idle")
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
    blocks = len(it.page.evaluate("window.tap.blocks"))
    say = it.phone.get_by_label("Say…")
    say.fill("Hello, can you hear me?")
    say.press("Enter")
    expect(other.get_by_role("log")).to_contain_text("447700900001: Hello, can you hear me?")
    expect(it.phone.get_by_role("log")).to_contain_text("You: Hello, can you hear me?")
    wait_until_heard(it, blocks / 125 + 0.5)
    sizes = it.page.locator(".kp-said").evaluate_all("(all) => all.map((one) => getComputedStyle(one).fontSize)")
    assert len(sizes) == 2 and len(set(sizes)) == 1, f"words are of one size, whoever says them: {sizes}"
    it.shoot("two-phones")
    it.button("Mute", it.phone).click()
    say.fill("And now?")
    say.press("Enter")
    expect(it.phone).to_contain_text("You are muted, so nobody heard that.")
    expect(other.get_by_role("log")).not_to_contain_text("And now?")
    it.button("Hang up", other).click()
    it.is_("idle", other)
    it.is_("in call", it.phone)


def test_a_reload_in_mid_call(open_phone: Open) -> None:
    it = open_phone("phone = kit.phone().show(manual=True)\nphone", "call = place(music(0))")
    it.run(2)
    it.is_("ringing")
    it.button("Answer").click()
    it.is_("in call")
    wait_until_heard(it, 1)
    it.page.keyboard.press("Control+s")
    expect(it.page.locator(".jp-mod-current.jp-mod-dirty")).to_have_count(0)
    it.page.goto(it.page.url.partition("?")[0])
    it.is_("in call")
    expect(it.phone).to_contain_text("+44 7700 900500")
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3 (again and again)")
    wait_until_heard(it, 2)
    is_the_music(Heard(it.page))
    shown = it.phone.locator("[data-clock]").inner_text().split(":")
    talk = it.ask('kit.network.clock()["now"] - kit.call(call).answered_at')
    assert abs(int(shown[0]) * 60 + int(shown[1]) - talk) < 3
    it.button("Hang up").click()
    it.is_("idle")


def test_the_first_click_turns_the_sound_on(open_phone: Open) -> None:
    it = open_phone(
        "phone = kit.phone().show(manual=True)\nphone", "call = place(music(0))", script=TAP + ";" + SILENT_AT_FIRST
    )
    it.run(2)
    it.is_("ringing")
    it.button("Answer").click()
    it.is_("in call")
    it.page.keyboard.press("Control+s")
    expect(it.page.locator(".jp-mod-current.jp-mod-dirty")).to_have_count(0)
    it.page.goto(it.page.url.partition("?")[0])
    it.is_("in call")
    wake = it.button("Click once to turn the sound on")
    expect(wake).to_be_visible()
    it.shoot("first-click")
    assert not Heard(it.page)
    wake.click()
    expect(wake).to_be_hidden()
    wait_until_heard(it, 2)
    is_the_music(Heard(it.page))
    it.button("Sound").click()
    expect(it.button("Sound")).to_have_attribute("aria-pressed", "false")
    it.page.wait_for_timeout(500)
    blocks = len(it.page.evaluate("window.tap.blocks"))
    it.page.wait_for_timeout(500)
    assert len(it.page.evaluate("window.tap.blocks")) == blocks


def is_the_music(heard: Heard) -> None:
    """What has been played is music.mp3, from wherever in it."""
    whole = source("music.mp3", heard.rate)
    found = match(np.concatenate([whole, whole]), heard.samples[heard.rate // 2 : heard.rate * 3 // 2], heard.rate)
    assert found.score > 0.95, found


def test_a_kernel_restart_leaves_a_phone_that_says_so(open_phone: Open) -> None:
    it = open_phone("phone = kit.phone().show(manual=True)\nphone", "call = place(music())")
    it.run(2)
    it.is_("ringing")
    it.page.evaluate(f"() => {{ {CURRENT} return panel.sessionContext.session.kernel.restart(); }}")
    it.is_("off")
    expect(it.phone).to_contain_text("This phone is dead")
    expect(it.phone).to_contain_text("Run the cells again, the first one first.")
    it.page.wait_for_timeout(500)
    blocks = len(it.page.evaluate("window.tap.blocks"))
    it.page.wait_for_timeout(3500)  # longer than a ring and its pause
    assert len(it.page.evaluate("window.tap.blocks")) == blocks
    it.shoot("dead")
    it.run(0)
    it.run(1)
    it.is_("idle")


def test_after_stop_the_phone_says_what_to_do(open_phone: Open) -> None:
    it = open_phone()
    it.do("kit.stop()")
    it.is_("off")
    expect(it.phone).to_contain_text("Run kit = setup(), then kit.phone(…).show().")


def test_a_busy_kernel_without_subshells_is_told(open_phone: Open) -> None:
    it = open_phone(
        "phone = kit.phone().show(manual=True)\n"
        "# as in older Jupyter: every message waits for the cell\n"
        "phone.widget.comm._reply_subshell_for = lambda data, sent_to: None\nphone",
        "call = place(music())",
        "time.sleep(5)",
    )
    it.run(2)
    it.is_("ringing")
    it.run(3)
    it.button("Answer").click()
    expect(it.phone).to_contain_text("The notebook is busy: your click waits for the running cell.")
    wait_until_heard(it, 1)  # it goes on ringing
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
    it = open_phone(
        "phone = kit.phone().show(manual=True)\nphone", "call = place(music())",
        script="delete window.AudioContext; delete window.webkitAudioContext;",
    )  # fmt: skip
    expect(it.phone).to_contain_text("This browser has no Web Audio: read the captions here")
    it.run(2)
    it.is_("ringing")
    it.button("Answer").click()
    it.is_("in call")
    expect(it.phone.get_by_role("log")).to_contain_text("♪ music.mp3")
    it.button("Hang up").click()
    it.is_("idle")


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
    it.shoot(f"{theme.lower()}-{width}-ringing")
    it.button("Answer").click()
    it.is_("in call")
    it.page.wait_for_timeout(1500)
    it.shoot(f"{theme.lower()}-{width}")
    for phone in it.page.locator(".kit-phone").all():
        box, wide = phone.bounding_box(), phone.evaluate("(e) => e.scrollWidth - e.clientWidth")
        assert wide <= 1
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= width
