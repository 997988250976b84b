"""The builder from Python: a list edited by its methods, and shown as text, as HTML and as a widget."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field

from helpers.base.errors import KitError
from helpers.ncco import ACTIONS, NccoError
from helpers.ncco.models.model import Action
from helpers.widgets.builder.builder import Builder
from tests.unit.builder_page import Hands

URL = "https://example.com/a.mp3"
pytestmark = pytest.mark.usefixtures("no_widget_left")


def test_what_old_clients_send_is_advice_that_its_fixes_cure() -> None:
    sent = {"action": "conversation", "name": "room", "startOnEnter": "false", "record": None, "musicOnHoldUrl": URL,
            "eventUrl": [URL], "eventMethod": "post"}  # fmt: skip
    builder = Builder([sent])
    rules = {"flag-as-text", "null-option", "list-or-address", "method-in-small-letters"}
    assert {(p.rule, p.severity) for p in builder.problems} == {(rule, "advice") for rule in rules}
    before = builder.ncco.to_list()
    while builder.problems and builder.problems[0].fix is not None:
        builder.apply(builder.problems[0].fix)
    assert builder.problems == []
    assert builder.to_list() == before


def test_the_list_is_built_from_python() -> None:
    builder = Builder()
    builder.add("talk", text="Hello")
    builder.add("stream", at=0, streamUrl=[URL])
    builder.add("input", type=["dtmf"])
    builder.set(2, "dtmf.timeOut", 5)
    builder.set(0, "bargeIn", True)
    builder.move(1, 0)
    builder.duplicate(0)
    assert [a["action"] for a in builder.to_list()] == ["talk", "talk", "stream", "input"]
    builder.remove(0)
    builder.remove(0)
    assert builder.ncco.to_list() == [
        {"action": "stream", "streamUrl": [URL], "bargeIn": True},
        {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 5}},
    ]
    assert Builder(builder.ncco).to_list() == Builder(builder.ncco.to_json()).to_list() == builder.to_list()
    assert builder.undo() and len(builder.to_list()) == 3 and builder.redo() and not builder.redo()


def test_empty_values_are_left_out() -> None:
    builder = Builder()
    builder.add("stream", streamUrl=[""], loop=None, level="")
    builder.set(0, "bargeIn", True)
    builder.set(0, "bargeIn", None)
    assert builder.to_list() == [{"action": "stream"}]
    builder.add("conversation", musicOnHoldUrl=[""], canSpeak=[], transcription={})
    assert builder.to_list()[1] == {"action": "conversation", "canSpeak": [], "transcription": {}}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda b: b.add("strem"), "Did you mean stream"),
        (lambda b: b.add("xyzzy"), "The actions are"),
        (lambda b: b.set(0, "lop", 1), "Did you mean .loop"),
        (lambda b: b.add("stream", lop=1), "Did you mean .loop"),
        (lambda b: b.remove(-2), "There is no action -2"),
        (lambda b: b.load({"action": "talk"}), "square brackets"),
        (lambda b: b.load(Path("no-such-file.json")), "cannot be read"),
    ],
)
def test_a_wrong_name_or_place_is_refused_and_changes_nothing(wrong: Any, message: str) -> None:
    builder = Builder([{"action": "stream", "streamUrl": [URL]}])
    with pytest.raises(KitError, match=message):
        wrong(builder)
    assert builder.to_list() == [{"action": "stream", "streamUrl": [URL]}]


def test_a_wrong_value_is_kept_and_spoken_of_and_fixed() -> None:
    builder = Builder()
    builder.add("stream", streamUrl=URL, level=3)
    assert builder.to_list() == [{"action": "stream", "streamUrl": URL, "level": 3}]
    assert [p.field for p in builder.problems] == ["streamUrl", "level"]
    with pytest.raises(NccoError, match="has 2 errors"):
        _ = builder.ncco
    while builder.problems:
        assert builder.problems[0].fix is not None
        builder.apply(builder.problems[0].fix)
    assert builder.ncco.to_list() == [{"action": "stream", "streamUrl": [URL], "level": 1}]
    assert len(builder.differences) == 1 and "added" in builder.differences[0]


def test_the_text_twin_says_everything() -> None:
    builder = Builder([{"action": "talk", "text": "<b>&"}, {"action": "stream", "streamUrl": [URL], "loop": -1}])
    text = repr(builder)
    assert text.startswith(
        '[0] talk\n    text  "<b>&"\n[1] stream\n    streamUrl  ["https://example.com/a.mp3"]\n    loop       -1\n'
        "error: [1] loop of stream is -1, but must be a whole number, 0 or more."
    )
    shown = builder._repr_mimebundle_()
    assert shown["text/plain"] == text
    assert "&lt;b&gt;&amp;" in shown["text/html"] and "<b>" not in shown["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert " at 0x" not in text + shown["text/html"] + repr(builder.widget)
    assert repr(Builder()) == "(no action yet)"


def test_a_new_action_in_the_models_is_in_the_form_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Whistle(Action):
        summary: ClassVar[str] = "Whistle a tune."
        action: Literal["whistle"] = "whistle"
        pitch: int = Field(440, ge=20, le=4000, description="How high, in hertz.", examples=[880])

    monkeypatch.setitem(ACTIONS, "whistle", Whistle)
    builder = Builder()
    hands = Hands(builder)
    hands.press("Add whistle: Whistle a tune.")
    hands.press("Set pitch: How high, in hertz.")
    hands.fill("pitch", "5000")
    assert "from 20 to 4000" in hands.text("cards")
    hands.fill("pitch", "880")
    assert builder.ncco.to_list() == [{"action": "whistle", "pitch": 880}]


def test_the_widget_carries_the_page_and_takes_what_is_sent_back() -> None:
    builder = Builder([{"action": "talk", "text": "Hello"}])
    widget = builder.widget
    assert widget is builder.widget
    widget._handle_custom_msg({"do": "add", "action": "wait", "view": "v1"}, [])
    assert [one["action"] for one in builder.to_list()] == ["talk", "wait"]
    for part in ("top", "cards", "views", "notes"):
        assert getattr(widget, part) == builder.page.parts[part] != ""
    news = widget.news
    assert news["view"] == "v1" and "added" in news["said"] and news["focus"]
    builder.set(0, "text", "Bye")
    assert "Bye" in widget.views and widget.news == news, "nobody types: nothing is to be told"


@pytest.mark.slow
def test_clicks_and_python_may_come_from_two_threads() -> None:
    builder = Builder([{"action": "wait"}])
    page = builder.page

    def click() -> None:
        for number in range(50):
            page.handle({"do": "add", "action": "wait"})
            page.handle({"do": "set", "id": 1, "path": "timeout", "value": str(number + 1)})

    thread = threading.Thread(target=click)
    thread.start()
    for _ in range(50):
        builder.add("talk", text="a")
    thread.join()
    assert len(builder.to_list()) == 101 and builder.to_list()[0] == {"action": "wait", "timeout": 50}
    assert page.state.failure == ""


def test_python_alone_needs_no_widgets() -> None:
    code = (
        "import helpers, sys; assert 'pydantic' not in sys.modules\n"
        "from helpers.widgets.builder.builder import Builder\n"
        "b = Builder(); b.add('talk', text='a'); b.ncco; repr(b); b.page\n"
        "assert not {'ipywidgets', 'anywidget', 'matplotlib', 'flask', 'numpy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
