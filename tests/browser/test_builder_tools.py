"""The panels of the NCCO builder in a real notebook: load, save, compare, play and the option lab."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, expect

from helpers.ncco.editing.examples import EXAMPLES
from helpers.node_red import import_flow
from tests.browser.builder_form import Form, write
from tests.notebooks.sanitising import PROJECT

pytestmark = pytest.mark.browser

TALK = {"action": "talk", "text": "Hello"}
WAIT = {"action": "wait", "timeout": 1}
KEYS = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
BELOW = re.compile("below the notebook's folder")
# What a browser hears of a player: its seconds, and its loudest sample from 0 to 1.
HEARD = """async (audio) => {
  const bytes = await (await fetch(audio.src)).arrayBuffer();
  const sound = await new OfflineAudioContext(1, 1, 16000).decodeAudioData(bytes);
  const samples = sound.getChannelData(0);
  return [sound.duration, samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0)]; }"""


def panel(form: Form, name: str) -> Locator:
    """Open a panel of the toolbar; the part of the page that it is."""
    form.button(name).click()
    expect(form.button(name)).to_have_attribute("aria-expanded", "true")
    found = form.box.get_by_role("region").first
    expect(found).to_be_visible()
    return found


def test_an_example_a_paste_and_a_flow_are_loaded(form: Form) -> None:
    form.show(TALK)
    load = panel(form, "Load…")
    voicemail = EXAMPLES["voicemail"]
    load.get_by_label("Example", exact=True).select_option(label=voicemail.title)
    load.get_by_role("button", name="Load the example").click()
    form.in_step(*voicemail.ncco)
    paste = load.get_by_label("JSON, or a Node-RED flow")
    write(paste, "[{'action': 'wait', 'timeout': 1}]")
    load.get_by_role("button", name="Load the paste").click()
    form.in_step(WAIT)
    write(paste, '[{"action": "talk" "text": "Hello"}]')
    load.get_by_role("button", name="Load the paste").click()
    expect(form.box.get_by_role("alert")).to_contain_text("line 1, column 20")
    form.in_step(WAIT)
    flow = (PROJECT / "notebooks/flows/play-to-a-caller.json").read_text("utf-8")
    write(paste, flow)
    load.get_by_role("button", name="Load the paste").click()
    expect(load).to_contain_text("Loaded from the Node-RED flow")
    form.in_step(*import_flow(flow).nccos[0].ncco)
    for expected in ([WAIT], voicemail.ncco, [TALK]):
        form.button("Undo").click()
        form.in_step(*expected)
    form.keys("Control+Shift+z")
    form.in_step(*voicemail.ncco)


def test_a_file_is_uploaded_and_a_wrong_one_is_explained(form: Form) -> None:
    form.show(TALK)
    load = panel(form, "Load…")
    upload = load.get_by_label(re.compile("file of this computer", re.IGNORECASE))

    def hand_over(content: bytes) -> None:
        upload.set_input_files({"name": "call.json", "mimeType": "application/json", "buffer": content})

    hand_over(json.dumps([WAIT, TALK]).encode())
    form.in_step(WAIT, TALK)
    hand_over('[{"action": "talk", "text": "Grüße"}]'.encode("latin-1"))
    expect(form.box.get_by_role("alert")).to_contain_text("UTF-8")
    hand_over(b"\x89PNG\r\n\x1a\n\x00\x00")
    expect(form.box.get_by_role("alert")).to_contain_text(re.compile("call.json|UTF-8"))
    hand_over(b"")
    expect(form.box.get_by_role("alert")).to_contain_text("There is nothing in it.")
    form.in_step(WAIT, TALK)
    # The same file once more: it may have been corrected.
    hand_over(json.dumps([WAIT]).encode())
    form.in_step(WAIT)
    expect(form.box.get_by_role("alert")).to_have_count(0)


def test_it_is_saved_compared_and_loaded_again(form: Form) -> None:
    form.show(TALK)
    save = panel(form, "Save…")
    file = form.notebook.lab.folder / "notebooks" / "saved-by-hand.json"
    file.unlink(missing_ok=True)  # the browser before this one has saved it, too
    write(save.get_by_label("File name, in the notebook's folder"), "saved-by-hand")
    save.get_by_role("button", name="Save", exact=True).click()
    expect(save).to_contain_text("Saved 1 action to saved-by-hand.json.")
    assert json.loads(file.read_text("utf-8")) == [TALK]
    form.adder("wait").click()
    form.title(0).click()
    write(form.field("text", 0), "Bye")
    changes = panel(form, "Compare").get_by_role("listitem")
    expect(changes).to_have_text([re.compile(r'^\[0\] talk: text .*"Hello".*"Bye"'), re.compile(r"^\[1\] wait")])
    panel(form, "Save…").get_by_role("button", name="Save", exact=True).click()
    expect(save.get_by_role("alert")).to_contain_text("saved-by-hand.json is there already")
    assert json.loads(file.read_text("utf-8")) == [TALK]
    save.get_by_role("button", name="Replace it").click()
    expect(save).to_contain_text("Saved 2 actions to saved-by-hand.json.")
    expect(panel(form, "Compare")).to_contain_text("Nothing has changed since it was loaded or saved.")
    form.button("New").click()
    load = panel(form, "Load…")
    write(load.get_by_label(BELOW), "saved-by-hand.json")
    load.get_by_role("button", name="Load the file").click()
    form.in_step({**TALK, "text": "Bye"}, {"action": "wait"})
    write(load.get_by_label(BELOW), "../pyproject.toml")
    load.get_by_role("button", name="Load the file").click()
    expect(form.box.get_by_role("alert")).to_contain_text("is not a file below the notebook's folder")


def test_play_gives_a_sound_captions_a_timeline_and_the_webhooks(form: Form) -> None:
    form.show({**TALK, "text": "Press a key."}, KEYS, {**TALK, "text": "Thank you."})
    play = panel(form, "Play")
    write(play.get_by_label("Keys to press"), "7")
    play.get_by_role("button", name="Play it").click()
    sound = play.locator("audio")
    expect(sound).to_have_count(1)
    expect(sound).to_have_attribute("aria-label", "What the person heard")
    seconds, loudest = sound.evaluate(HEARD)
    said = float(re.findall(r"\(([\d.]+) s\)", play.locator("figcaption").inner_text())[0])
    assert abs(seconds - said) < 0.2 and 2 < seconds < 30
    assert 0.05 < loudest <= 1.0
    captions = play.get_by_role("list", name="Captions").get_by_role("listitem")
    expect(captions).to_contain_text(["Press a key.", "Thank you."])
    picture = play.get_by_role("img", name=re.compile("^Timeline of"))
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.complete && image.naturalWidth > 300")
    play.get_by_title(re.compile("^input 7: hear it")).click()  # the moment at which the key was pressed
    expect(captions.filter(has_text="Thank you.")).to_have_css("font-weight", "600")
    sound.evaluate("(sound) => sound.pause()")
    webhooks = play.get_by_role("table", name=re.compile("^Webhooks"))
    expect(webhooks).to_contain_text("Somebody picked up.")
    expect(webhooks.get_by_role("row").filter(has_text="input: 7")).to_contain_text("https://example.com/event")
    # A mistake is said, and the form stays usable.
    form.adder("stream").click()
    write(form.field("streamUrl", 3), "nowhere")
    play.get_by_role("button", name="Play it").click()
    expect(play.get_by_role("alert")).to_contain_text("It cannot be played while there are errors.")
    form.button("Undo").click()


def test_five_values_of_a_level_are_five_players_and_two_options_a_table(form: Form) -> None:
    form.show({"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]})
    lab = panel(form, "Option lab")
    lab.get_by_label("Option", exact=True).select_option("0.level")
    values = lab.get_by_label("Values, with commas between")
    write(values, "-1, -0.5, 0, 0.5, 1")
    compare = lab.get_by_role("button", name="Compare them")
    compare.click()
    players = lab.locator("audio")
    expect(players).to_have_count(5)
    loudest = [one.evaluate(HEARD)[1] for one in players.all()]
    assert loudest == sorted(loudest) and loudest[0] < 0.5 * loudest[-1], loudest
    names = [one.get_attribute("aria-label") or one.get_attribute("title") for one in players.all()]
    assert all(names) and len(set(names)) == 5
    lab.get_by_label("Second option").select_option("0.loop")
    write(lab.get_by_label("Its values"), "1, 2")
    write(values, "0, 0.5")
    compare.click()
    expect(lab.locator("audio")).to_have_count(4)
    expect(lab.get_by_role("table").first).to_be_visible()
