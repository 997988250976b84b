"""What goes wrong while a builder is used: it is said where and why, nothing is lost, and one undo brings it back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from helpers.widgets.builder.builder import Builder
from helpers.widgets.builder.lab import MOST_OPTIONS
from tests.unit.builder_page import Hands

TALK = {"action": "talk", "text": "Hello"}
STREAM = {"action": "stream", "streamUrl": ["https://example.com/a.mp3"]}
LONG = "[" + "x" * 5_000_000


@pytest.fixture
def hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hands:
    monkeypatch.chdir(tmp_path)
    return Hands(Builder([TALK]))


def load_file(hands: Hands, data: bytes, name: str = "call.json", **more: Any) -> str:
    """Hand a file over; returns what the page says of it."""
    hands.page.handle({"do": "panel", "panel": "load"})
    hands.send(hands.field("File of this computer"), files=[data], name=name, **more)
    return hands.page.state.failure


# --- texts and files that hold no NCCO -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ('[\u00a0{"action": "wait"}]', "U+00A0 (no-break space) is there"),
        ('// music\n[{"action": "wait"}]', "JSON has no comments"),
        ('[{"action": "talk", "text": "a\x07b", "bargeIn": true}]', "remove it, or write \\u0007"),
        ('[{"action": "talk", "text": "a\nb"}]', "A quote is not closed on this line"),
        ('[{"action": "wait", "timeout": ' + "9" * 5000 + "}]", "a number in it has thousands of digits"),
        ('[{"action" "wait"}]', 'at “"wait"}]”'),
        ('{"nodes": [], "connections": {}}', 'an object with "nodes", "connections"'),
        (LONG, "1,000,000 are the most that are read"),
        ("[" * 100_000, "nested too deeply"),
        ('[{"action": "wait", "timeout": NaN}]', "NaN is not a number in JSON"),
    ],
)
def test_a_json_that_cannot_be_read_says_why_and_keeps_the_form(hands: Hands, typed: str, says: str) -> None:
    hands.page.handle({"do": "text", "value": typed})
    assert says in hands.text("views") and hands.builder.to_list() == [TALK]
    assert "JSON not read" in hands.text("top") and "Ready" not in hands.text("top")
    hands.press("Undo")
    assert "JSON not read" not in hands.text("top") and "Ready" in hands.text("top")


def test_a_json_that_cannot_be_read_is_read_once_not_at_each_key(hands: Hands) -> None:
    hands.page.handle({"do": "text", "value": "[" + "1," * 200_000})
    first = hands.builder._draft.text_problems[0]
    hands.page.handle({"do": "set", "id": 1, "path": "text", "value": "Bye", "live": True})
    assert hands.builder._draft.text_problems[0] is first


def test_the_sign_of_an_unread_text_leads_to_it(hands: Hands) -> None:
    hands.page.handle({"do": "text", "value": "[{"})
    hands.press("curl")
    hands.press("JSON not read")
    assert hands.value("JSON of the NCCO") == "[{"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ('[{"action": "talk", "text": "Grüße"}]'.encode("latin-1"), "is not UTF-8"),
        ('[{"action": "talk"'.encode("utf-16-le"), "This is UTF-16, not UTF-8"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00", "sounds, pictures and archives"),
        (b"", "There is nothing in it"),
        (b"<Response><Say>Hi</Say></Response>", "web page or XML"),
        (json.dumps({"states": [], "initial_state": "Trigger"}).encode(), 'an object with "states"'),
        (json.dumps({"cells": [], "nbformat": 4}).encode(), "a file of another tool"),
        (json.dumps([{"id": "1", "type": "inject", "wires": [[]]}]).encode(), "a Node-RED flow without an NCCO"),
        (b"import os\nos.system('x')", "This is not JSON"),
    ],
)
def test_a_file_without_an_ncco_says_what_it_is(hands: Hands, data: bytes, says: str) -> None:
    assert says in load_file(hands, data)
    assert hands.builder.to_list() == [TALK]


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (b'{"to": [], "ncco": [{"action": "wait"}]}', "Take the list in it"),
        (b'{"action": "wait"}', "Put it in a list"),
        (b'\xef\xbb\xbf[{"action": "wait"}]', "It begins with a byte order mark"),
        ('[{"action": "wait"}]'.encode("utf-16"), "Save or send it as UTF-8"),
        (b'"[{\\"action\\": \\"wait\\"}]"', "Encode it only once"),
        (b'{"1": {"action": "wait"}}', "array_values($list)"),
    ],
)
def test_a_file_that_one_click_would_mend_is_mended_when_it_is_loaded(hands: Hands, data: bytes, label: str) -> None:
    assert load_file(hands, data) == ""
    assert hands.builder.to_list() == [{"action": "wait"}] and label in hands.text("panel")
    hands.press("Undo")
    assert hands.builder.to_list() == [TALK]


def test_a_file_too_large_for_the_line_to_the_kernel_is_refused_by_its_size(hands: Hands) -> None:
    hands.page.handle({"do": "load_file", "name": "<b>film.mp4", "size": 700_000_000})
    assert "<b>film.mp4 has 700,000,000 bytes" in hands.text("top")
    assert hands.builder.to_list() == [TALK] and hands.soup("top").find("b") is None


def test_a_paste_that_is_too_long_is_not_carried_to_and_fro(hands: Hands) -> None:
    hands.press("Load…")
    hands.fill("JSON, or a Node-RED flow", LONG)
    assert "5,000,001 characters" in hands.text("top")
    assert sum(map(len, hands.page.parts.values())) < 100_000


def test_a_paste_that_was_loaded_leaves_its_field(hands: Hands) -> None:
    hands.press("Load…")
    hands.fill("JSON, or a Node-RED flow", json.dumps([STREAM]))
    hands.press("Load the paste")
    assert hands.builder.to_list() == [STREAM] and hands.value("JSON, or a Node-RED flow") == ""


@pytest.mark.slow
def test_thousands_of_actions_stay_light(hands: Hands) -> None:
    hands.builder.load([dict(TALK, text="x" * 60) for _ in range(4000)])
    hands.press("Option lab")
    assert len(hands.field("Option").find_all("option")) == MOST_OPTIONS
    hands.press("curl")
    assert "too long to be shown here" in hands.text("views")
    assert sum(map(len, hands.page.parts.values())) < 400_000


# --- names of files and addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "../x", "/etc/passwd", "a\0b", "a" * 5000, "link/passwd"])
def test_only_files_below_the_folder_are_loaded_and_saved(hands: Hands, name: str) -> None:
    Path("link").symlink_to("/etc")
    for panel, field, press in (
        ("Load…", "Or one below the notebook's folder", "Load the file"),
        ("Save…", "File name, in the notebook's folder", "Save"),
    ):
        hands.press(panel)
        hands.fill(field, name)
        hands.press(press, nth=0)
        said = hands.page.state.failure
        assert "Write for example call.json." in said and "Error" not in said and len(said) < 200, said
    assert [one.name for one in Path().iterdir()] == ["link"]


def test_a_file_that_cannot_be_written_is_told_without_a_path_of_this_machine(hands: Hands, tmp_path: Path) -> None:
    hands.press("Save…")
    hands.fill("File name, in the notebook's folder", "no/such/folder.json")
    hands.press("Save", nth=0)
    assert "cannot be written" in hands.text("top") and str(tmp_path) not in hands.text("top")


# --- Python and a person at the same time ----------------------------------------------------------------------------


def test_what_is_typed_stays_while_python_changes_something_else() -> None:
    hands = Hands(Builder([TALK, STREAM]))
    hands.open(0)
    resets: list[bool] = []
    hands.page.drawn = lambda page, reset: resets.append(reset)
    hands.fill("text", "Good mor", live=True)
    hands.builder.set(1, "loop", 2)
    hands.builder.add("wait")
    assert resets[-2:] == [False, False]
    hands.builder.set(0, "text", "Bye")
    assert resets[-1] is True, "the field itself has changed: it shows what Python has"
    hands.fill("text", "Bye b", live=True)
    hands.builder.undo()
    assert resets[-1] is True


# --- play ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "0", "601", "long", "-5", "NaN"])
def test_a_call_has_an_end(hands: Hands, typed: str) -> None:
    hands.press("Play")
    hands.fill("Hang up after, in seconds", typed)
    hands.press("Play it")
    assert "after 1 to 600 seconds" in hands.text("top") and not hands.page.state.busy


def test_an_endless_stream_is_played_for_as_long_as_is_said(hands: Hands) -> None:
    hands.builder.load([{**STREAM, "loop": 0}])
    hands.press("Play")
    assert hands.value("Hang up after, in seconds") == "60"
    hands.fill("Hang up after, in seconds", "3")
    hands.press("Play it")
    hands.wait()
    assert "What the person heard (3.0 s)" in hands.text("panel")
    assert "has changed since" not in hands.text("panel")
    hands.builder.set(0, "loop", 2)
    assert "The NCCO has changed since this was made" in hands.text("panel")
    hands.press("Undo")
    assert "has changed since" not in hands.text("panel"), "it is of this NCCO again"


def test_the_menu_answers_the_key_that_is_pressed(hands: Hands) -> None:
    hands.press("Load…")
    hands.fill("Example", "A menu with voicemail")
    hands.press("Load the example")
    hands.press("Play")
    assert hands.value("What follows a key or a word") == "one of the replies below"
    for key, heard in (("1", "from nine to five"), ("2", "speak after the beep"), ("3", "I have not understood")):
        hands.fill("Keys to press", key)
        hands.press("Play it")
        hands.wait()
        assert heard in hands.text("panel"), key
    hands.press("Flask app")
    assert '"2, message": [' in hands.text("views")
    hands.fill("Replies, as JSON: a key or a word, then what follows", '{"3": [')
    hands.press("Play it")
    assert "The replies cannot be read" in hands.text("top") and "There is no Flask app yet" in hands.text("views")
    hands.fill("What follows a key or a word", "the next action")
    hands.press("Play it")
    hands.wait()
    assert "I have not understood" in hands.text("panel") and '"2, message": [' not in hands.text("views")


def test_a_new_builder_says_what_each_action_does() -> None:
    hands = Hands(Builder())
    cards = hands.text("cards")
    assert "What happens first in the call?" in cards and "Speak a text with a synthetic voice." in cards
    hands.press("load an example")
    assert "Load an NCCO" in hands.text("panel")
    hands.press("Add talk")
    assert "What happens first" not in hands.text("cards") and "The call begins" in hands.text("cards")


def test_the_badges_lead_to_the_problems() -> None:
    hands = Hands(Builder([{**STREAM, "level": 7}]))
    seen: list[tuple[str, ...]] = []
    hands.page.drawn = lambda page, reset: seen.append(page.state.aims)
    hands.press("1 error")
    assert seen[-1] == ("problems",) and hands.soup("notes").select("#problems[tabindex='-1']")
