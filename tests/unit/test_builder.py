"""The builder: a list edited from Python or by its controls, which are made from the models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import ipywidgets
import pytest
from pydantic import Field

from helpers.errors import KitError
from helpers.ncco import ACTIONS, NccoError
from helpers.ncco.endpoints import ENDPOINTS
from helpers.ncco.model import Action
from helpers.ncco.schema import options_of, walk
from helpers.widgets.builder import Builder
from helpers.widgets.builder_form import Card
from helpers.widgets.option_controls import Row

URL = "https://example.com/a.mp3"


@pytest.fixture(autouse=True)
def no_widget_left() -> Iterator[None]:
    yield
    ipywidgets.Widget.close_all()


def card(builder: Builder, index: int = 0) -> Card:
    assert builder.widget is not None and builder._form is not None
    return builder._form.cards[index]


def row(builder: Builder, path: str, index: int = 0) -> Row:
    return next(r for (p, _), r in card(builder, index).rows.items() if p == path)


def result(builder: Builder) -> str:
    assert builder.widget is not None and builder._form is not None
    return str(builder._form.result.value)


def test_the_list_is_built_from_python() -> None:
    builder = Builder()
    builder.add("talk", text="Hello")
    builder.add("stream", at=0, streamUrl=[URL])
    builder.add("input", type=["dtmf"])
    builder.set(2, "dtmf.timeOut", 5)
    builder.set(0, "bargeIn", True)
    builder.move(1, 0)
    assert [a["action"] for a in builder.to_list()] == ["talk", "stream", "input"]
    builder.remove(0)
    assert builder.ncco.to_list() == [
        {"action": "stream", "streamUrl": [URL], "bargeIn": True},
        {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 5}},
    ]
    assert Builder(builder.ncco).to_list() == Builder(builder.ncco.to_json()).to_list() == builder.to_list()


def test_empty_values_are_left_out() -> None:
    builder = Builder()
    builder.add("stream", streamUrl=[""], loop=None, level="")
    builder.set(0, "bargeIn", True)
    builder.set(0, "bargeIn", None)
    assert builder.to_list() == [{"action": "stream"}]
    builder.add("conversation", musicOnHoldUrl=[""], canSpeak=[], transcription={})
    assert builder.to_list()[1] == {"action": "conversation", "canSpeak": [], "transcription": {}}


def test_an_endpoint_is_named_without_its_list_and_keeps_what_fits_another_type() -> None:
    builder = Builder()
    builder.add("connect", from_="447700900000")
    builder.set(0, "endpoint.number", "447700900001")
    assert builder.to_list()[0] == {
        "action": "connect",
        "from": "447700900000",
        "endpoint": [{"type": "phone", "number": "447700900001"}],
    }
    builder.set(0, "endpoint.type", "sip")
    assert builder.to_list()[0]["endpoint"] == [{"type": "sip"}]
    builder.set(0, "endpoint.headers", {"a": "b"})
    builder.set(0, "endpoint.type", "websocket")
    assert builder.to_list()[0]["endpoint"] == [{"type": "websocket", "headers": {"a": "b"}}]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda b: b.add("strem"), "Did you mean stream"),
        (lambda b: b.add("xyzzy"), "The actions are"),
        (lambda b: b.set(0, "lop", 1), "Did you mean loop"),
        (lambda b: b.add("stream", lop=1), "Did you mean loop"),
        (lambda b: b.set(1, "loop", 1), "Count from 0 to 0"),
        (lambda b: b.remove(-2), "There is no action -2"),
        (lambda b: b.move(0, 3), "There is no action 3"),
        (lambda b: b.load("[{"), "not JSON"),
        (lambda b: b.load([{"action": "strem"}]), "Did you mean"),
        (lambda b: b.load({"action": "talk"}), "square brackets"),
    ],
)
def test_a_wrong_name_or_place_is_refused_and_changes_nothing(wrong: Any, message: str) -> None:
    builder = Builder([{"action": "stream", "streamUrl": [URL]}])
    with pytest.raises(KitError, match=message):
        wrong(builder)
    assert builder.to_list() == [{"action": "stream", "streamUrl": [URL]}]


def test_a_wrong_value_is_kept_and_spoken_of() -> None:
    builder = Builder()
    builder.add("stream", streamUrl=URL, level=3)
    assert builder.to_list() == [{"action": "stream", "streamUrl": URL, "level": 3}]
    assert [p.field for p in builder.problems] == ["streamUrl", "level"]
    with pytest.raises(NccoError, match="has 2 errors"):
        _ = builder.ncco
    assert "must be a number from -1 to 1" in row(builder, "level").note.value
    assert "Error:" in row(builder, "level").note.value
    assert row(builder, "level").control.value == "3"
    assert "2 errors" in result(builder)


def test_what_is_typed_is_never_lost() -> None:
    builder = Builder([{"action": "connect", "endpoint": [{"type": "websocket"}]}])
    card(builder).more.click()
    for path, typed, held in [
        ("timeout", "999", 999),
        ("timeout", "soon", "soon"),
        ("timeout", "1e3", "1e3"),
        ("limit", "0.5", 0.5),
        ("from", "+44 7700 900001", "+44 7700 900001"),
        ("endpoint.headers", '{"a": ', '{"a":'),
        ("endpoint.headers", '{"a": 1}', {"a": 1}),
        ("eventUrl", "nowhere", ["nowhere"]),
        ("eventUrl", '["a", "b"]', ["a", "b"]),
        ("eventUrl", "", None),
    ]:
        row(builder, path).control.value = typed
        assert row(builder, path).control.value == typed
        assert builder._draft.get(0, path) == held
        errors = [p for p in builder.problems if p.field == path and p.severity == "error"]
        assert all(p.message.split("&")[0][:20] in row(builder, path).note.value for p in errors)


def test_each_kind_of_control_edits_the_list() -> None:
    builder = Builder([{"action": "input"}])
    card(builder).more.click()
    row(builder, "type").control.children[1].value = True
    row(builder, "dtmf").control.value = True
    row(builder, "dtmf.maxDigits").control.value = "1"
    row(builder, "dtmf.submitOnHash").control.value = True
    row(builder, "eventMethod").control.value = "GET"
    assert builder.to_list() == [
        {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "submitOnHash": True}, "eventMethod": "GET"}
    ]
    row(builder, "dtmf.submitOnHash").control.value = False
    row(builder, "eventMethod").control.value = None
    row(builder, "type").control.children[2].value = True
    assert builder.to_list() == [{"action": "input", "type": ["dtmf", "speech"], "dtmf": {"maxDigits": 1}}]
    row(builder, "dtmf").control.value = False
    assert builder.to_list() == [{"action": "input", "type": ["dtmf", "speech"]}]


def test_the_buttons_and_the_menu_edit_the_list() -> None:
    builder = Builder()
    assert builder.widget is not None and builder._form is not None
    form = builder._form
    add = form.box.children[1].children[0].children[1].children[1]
    for name in ("stream", "talk", "wait"):
        form.choice.value = name
        add.click()
    card(builder, 2).up.click()
    card(builder, 0).down.click()
    assert [a["action"] for a in builder.to_list()] == ["wait", "stream", "talk"]
    assert card(builder, 0).up.disabled and card(builder, 2).down.disabled and not card(builder, 1).up.disabled
    card(builder, 1).box.children[0].children[1].children[2].click()
    assert [a["action"] for a in builder.to_list()] == ["wait", "talk"]


def test_changes_from_python_show_in_the_controls() -> None:
    builder = Builder([{"action": "stream", "streamUrl": [URL]}])
    before = row(builder, "streamUrl").control
    builder.set(0, "streamUrl", ["https://example.com/b.mp3"])
    assert row(builder, "streamUrl").control is before, "the cursor would lose its place"
    assert before.value == "https://example.com/b.mp3"
    builder.set(0, "loop", 2)
    assert row(builder, "loop").control.value == "2"
    builder.set(0, "loop", None)
    assert row(builder, "loop").control.value == ""


def test_a_choice_that_is_not_allowed_stays_in_sight() -> None:
    builder = Builder([{"action": "record", "format": "mp4"}])
    assert row(builder, "format").control.label == "mp4 (not allowed)"
    assert builder.to_list() == [{"action": "record", "format": "mp4"}]


def test_an_exception_in_a_handler_is_shown_in_the_form() -> None:
    def fail(_: Builder) -> None:
        raise ValueError("<no> such luck")

    builder = Builder([{"action": "wait"}], on_change=fail)
    card(builder).more.click()
    row(builder, "timeout").control.value = "3"
    assert "This did not work:" in result(builder) and "ValueError: &lt;no&gt; such luck" in result(builder)
    assert builder.to_list() == [{"action": "wait", "timeout": 3}]


def test_each_change_is_reported_once() -> None:
    seen: list[Any] = []
    builder = Builder(on_change=lambda b: seen.append(b.to_list()))
    builder.add("wait")
    card(builder).more.click()
    row(builder, "timeout").control.value = "3"
    assert seen == [[{"action": "wait"}], [{"action": "wait", "timeout": 3}]]


def test_the_text_twin_says_everything() -> None:
    builder = Builder([{"action": "talk", "text": "<b>&"}, {"action": "stream", "streamUrl": [URL], "loop": -1}])
    text = repr(builder)
    assert text == (
        '[0] talk\n    text  "<b>&"\n[1] stream\n    streamUrl  ["https://example.com/a.mp3"]\n    loop       -1\n'
        'error: [1] loop of stream is -1, but must be a whole number, 0 or more. Write for example "loop": 2.'
    )
    shown = builder._repr_mimebundle_()
    assert shown["text/plain"] == text
    assert "&lt;b&gt;&amp;" in shown["text/html"] and "<b>" not in shown["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert " at 0x" not in text + shown["text/html"]
    assert repr(Builder()) == "(no action yet)"


def test_what_goes_into_the_page_is_escaped() -> None:
    builder = Builder([{"action": "talk", "text": "<script>", "<img>": 1}])
    page = result(builder) + card(builder).title.value + row(builder, "text").note.value
    assert "<script>" not in page and "<img>" not in page and "&lt;img&gt;" in page


@pytest.mark.parametrize("name", ACTIONS)
def test_every_option_of_the_models_has_a_labelled_control_with_help(name: str) -> None:
    builder = Builder([{"action": name}])
    card(builder).more.click()
    shown: dict[str, Row] = {}
    groups = [option for option in options_of(ACTIONS[name]) if option.parts]
    for option in groups:
        builder.set(0, option.name, {})
    for kind in ENDPOINTS if name == "connect" else [""]:
        if kind:
            builder.set(0, "endpoint.type", kind)
            builder.set(0, "endpoint.onAnswer", {}) if kind == "phone" else None
            builder.set(0, "endpoint.authorization", {}) if kind == "websocket" else None
            builder.set(0, "endpoint.standardHeaders", {}) if kind == "sip" else None
        for (path, _), one in card(builder).rows.items():
            shown[path.replace("endpoint.", f"endpoint.{kind}.")] = one
    wanted = {
        p: o
        for p, o in walk(options_of(ACTIONS[name]))
        if not (p.startswith("endpoint.") and p.count(".") == 2 and p.endswith(".type"))
    }
    assert wanted.keys() <= shown.keys()
    for path, option in wanted.items():
        control = shown[path].control
        labels = control.children[0].value if isinstance(control, ipywidgets.HBox) else control.description
        assert option.name in labels
        assert shown[path].note.value


def test_a_new_action_in_the_models_is_in_the_form_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Whistle(Action):
        summary: ClassVar[str] = "Whistle a tune."
        action: Literal["whistle"] = "whistle"
        pitch: int = Field(440, ge=20, le=4000, description="How high, in hertz.", examples=[880])

    monkeypatch.setitem(ACTIONS, "whistle", Whistle)
    builder = Builder()
    assert builder.widget is not None and builder._form is not None
    assert ("whistle: Whistle a tune.", "whistle") in builder._form.choice.options
    builder.add("whistle")
    card(builder).more.click()
    row(builder, "pitch").control.value = "5000"
    assert "from 20 to 4000" in row(builder, "pitch").note.value
    builder.set(0, "pitch", 880)
    assert builder.ncco.to_list() == [{"action": "whistle", "pitch": 880}]


def test_python_alone_needs_no_widgets() -> None:
    code = (
        "import helpers, sys; assert 'pydantic' not in sys.modules\n"
        "from helpers.widgets.builder import Builder\n"
        "b = Builder(); b.add('talk', text='a'); b.ncco; repr(b)\n"
        "assert 'ipywidgets' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
