"""The builder's page: what it shows is what the list holds, and what is done there is done to the list."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.base.html import Html, join, tag
from helpers.ncco import ACTIONS
from helpers.ncco.models.endpoints import ENDPOINTS
from helpers.ncco.schema import options_of, walk
from helpers.widgets.builder.builder import Builder
from helpers.widgets.builder.controls import as_data, as_typed, read, safe_id
from helpers.widgets.builder.edit import starter
from helpers.widgets.builder.page import COMMANDS, PANELS
from helpers.widgets.builder.state import PAGE
from tests.unit.builder_page import Hands

# Each draws a page again and again.
pytestmark = pytest.mark.slow

URL = "https://example.com/a.mp3"
TALK = {"action": "talk", "text": "Hello"}
STREAM = {"action": "stream", "streamUrl": [URL]}
MARKUP = "<img src=x onerror=alert(1)>\"'</textarea><script>alert(1)</script>"


def hands_on(*actions: Any, opened: bool = True, **options: Any) -> Hands:
    hands = Hands(Builder(list(actions), **options))
    if opened:
        for index in range(len(actions)):
            hands.open(index)
    return hands


# --- the form --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIONS)
def test_one_click_adds_an_action_that_runs(name: str) -> None:
    hands = hands_on()
    hands.press(f"Add {name}: {ACTIONS[name].summary}")
    assert hands.builder.to_list() == [starter(name)]
    assert not [p for p in hands.builder.problems if p.severity == "error"]
    assert hands.soup("cards").find(class_="ncco-open") is not None


def test_cards_are_closed_at_first_and_say_what_they_hold() -> None:
    hands = hands_on({**TALK, "loop": 2}, STREAM, opened=False)
    titles = [hands.name_of(one) for one in hands.soup("cards").find_all(class_="ncco-toggle")]
    assert titles == ["0 talk “Hello”, loop 2", f"1 stream {URL}"]
    assert not hands.soup("cards").find_all(["input", "textarea", "select"])
    hands.press("1 stream")
    assert hands.value("streamUrl") == URL
    assert [one["aria-expanded"] for one in hands.soup("cards").find_all(class_="ncco-toggle")] == ["false", "true"]
    hands.press("1 stream")
    assert not hands.soup("cards").find_all(["input", "textarea", "select"])


def test_the_buttons_move_duplicate_and_delete() -> None:
    hands = hands_on(TALK, STREAM, {"action": "wait"}, opened=False)
    hands.press("Move up action 2, wait")
    hands.press("Move down action 0, talk")
    hands.press("Duplicate action 0, wait")
    hands.press("Delete action 2, talk")
    assert [one["action"] for one in hands.builder.to_list()] == ["wait", "wait", "stream"]
    assert hands.named("Move up action 0, wait", "button")["aria-disabled"] == "true"
    assert hands.named("Move down action 2, stream", "button")["aria-disabled"] == "true"


def test_each_kind_of_control_edits_the_list() -> None:
    hands = hands_on({"action": "input"})
    hands.fill("dtmf", True)
    hands.press("Set dtmf")
    hands.fill("dtmf", True, nth=1)
    hands.fill("maxDigits", "1")
    hands.fill("submitOnHash", True)
    hands.press("Set eventMethod")
    hands.fill("eventMethod", "GET")
    assert hands.builder.to_list() == [
        {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "submitOnHash": True}, "eventMethod": "GET"}
    ]
    hands.fill("submitOnHash", False)
    hands.press("Leave out eventMethod")
    hands.fill("speech", True)
    assert hands.builder.to_list() == [{"action": "input", "type": ["dtmf", "speech"], "dtmf": {"maxDigits": 1}}]
    hands.fill("dtmf", False, nth=1)
    assert hands.builder.to_list() == [{"action": "input", "type": ["dtmf", "speech"]}]


def test_an_endpoint_is_chosen_by_its_type() -> None:
    hands = hands_on({"action": "connect"})
    hands.fill("endpoint", "phone")
    hands.fill("number", "447700900001")
    assert hands.builder.to_list()[0]["endpoint"] == [{"type": "phone", "number": "447700900001"}]
    hands.fill("endpoint", "websocket")
    hands.fill("uri", "wss://example.com/socket")
    assert hands.builder.to_list()[0]["endpoint"] == [{"type": "websocket", "uri": "wss://example.com/socket"}]
    hands.fill("endpoint", "choose a type")
    assert hands.builder.to_list() == [{"action": "connect"}]


def test_a_number_with_a_range_has_a_slider_too() -> None:
    hands = hands_on({**STREAM, "level": 0})
    hands.fill("level, slider", "0.5", live=True)
    assert hands.builder.to_list()[0]["level"] == 0.5
    assert hands.value("level") == "0.5" and hands.value("level, slider") == "0.5"


@pytest.mark.parametrize(
    ("name", "typed", "held", "shown"),
    [
        ("timeout", "999", 999, "999"),
        ("timeout", "soon", "soon", "soon"),
        ("timeout", "1e3", "1e3", "1e3"),
        ("limit", "0.5", 0.5, "0.5"),
        ("from", "+44 7700 900001", "+44 7700 900001", "+44 7700 900001"),
        ("headers", '{"a": ', '{"a":', '{"a":'),
        ("headers", '{"a": 1}', {"a": 1}, '{"a": 1}'),
        ("headers", "NaN", "NaN", "NaN"),
        ("eventUrl", "nowhere", ["nowhere"], "nowhere"),
        ("eventUrl", '["a", "b"]', ["a", "b"], '["a", "b"]'),
        ("eventUrl", "", None, ""),
    ],
)
def test_what_is_typed_is_never_lost(name: str, typed: str, held: Any, shown: str) -> None:
    hands = hands_on({"action": "connect", "endpoint": [{"type": "websocket"}]})
    for option in ("timeout", "limit", "from", "eventUrl"):
        hands.press(f"Set {option}")
    hands.fill(name, typed)
    item = hands.builder.to_list()[0]
    assert (item["endpoint"][0] if name == "headers" else item).get(name) == held
    assert hands.value(name) == shown


@pytest.mark.parametrize(
    "item",
    [
        {**TALK, "bargeIn": "true"},
        {"action": "input", "type": "dtmf"},
        {"action": "input", "type": ["dtmf", "smell"]},
        {"action": "input", "type": ["dtmf"], "dtmf": 5},
        {"action": "connect", "endpoint": {"type": "phone"}},
        {"action": "connect", "endpoint": [{"type": "pigeon"}]},
        {**TALK, "brandNew": [1, 2]},
        {**TALK, "brandNew": "5"},
    ],
)
def test_what_a_control_cannot_show_is_shown_as_json(item: dict[str, Any]) -> None:
    hands = hands_on(item)
    name, value = list(item.items())[-1]
    field = hands.named(name, "textarea")
    shown = field.get_text()[1:]
    assert as_data(shown) == value
    hands.send(field, value=shown)
    assert hands.builder.to_list() == [item]
    hands.send(hands.named(name, "textarea"), value="[1]")
    assert hands.builder.to_list()[0][name] == [1]


def test_a_choice_that_is_not_allowed_stays_in_sight() -> None:
    hands = hands_on({"action": "record", "format": "mp4"})
    assert hands.value("format") == "mp4 (not allowed)"
    hands.fill("format", "wav")
    assert hands.builder.to_list() == [{"action": "record", "format": "wav"}]


@pytest.mark.parametrize("item", [{"action": "whistle", "pitch": 440}, "text", None, {"no": "action"}, {"action": 5}])
def test_an_unknown_action_is_a_card_of_json(item: Any) -> None:
    hands = hands_on(item, TALK)
    assert json.loads(hands.value("Its JSON, kept as it is")) == item
    assert "Error" in hands.text("cards")
    hands.fill("Its JSON, kept as it is", '{"action": "wait"}')
    assert hands.builder.to_list() == [{"action": "wait"}, TALK]
    hands.press("Undo")
    assert hands.builder.to_list() == [item, TALK]


@pytest.mark.parametrize("name", ACTIONS)
def test_every_option_of_the_models_has_a_labelled_control_with_help(name: str) -> None:
    seen: set[str] = set()
    for kind in ENDPOINTS if name == "connect" else [""]:
        builder = Builder([{"action": name}])
        hands = Hands(builder)
        hands.open()
        for chip in hands.soup("cards").select(".ncco-chip"):
            hands.send(chip)
        if kind:
            hands.fill("endpoint", kind)
        # Groups are switched on, and the groups in them.
        for _ in range(2):
            for switch in hands.soup("cards").select(".ncco-switch"):
                args = json.loads(switch["data-args"])
                option = next((o for p, o in walk(options_of(ACTIONS[name])) if p == _known(args["path"], kind)), None)
                if option and option.parts and not switch.has_attr("checked"):
                    hands.send(switch, value=True)
        soup = hands.soup("cards")
        for row in soup.select(".ncco-row"):
            control = row.select_one(".ncco-control [data-args]")
            assert control is not None
            path = json.loads(control["data-args"])["path"]
            option = dict(walk(options_of(ACTIONS[name])))[_known(path, kind)]
            seen.add(_known(path, kind))
            assert option.help in row.get_text()
            group = row.select_one("[role=group]")
            assert (group or control).get("aria-label") == option.name or hands.name_of(control) == option.name
            described = str((group or control)["aria-describedby"])
            assert soup.find(id=described) is not None
    wanted = {path for path, _ in walk(options_of(ACTIONS[name]))}
    wanted -= {f"endpoint.{kind}.type" for kind in ENDPOINTS}
    assert wanted <= seen


def _known(path: str, kind: str) -> str:
    return path.replace("endpoint.", f"endpoint.{kind}.") if path.startswith("endpoint.") else path


def test_an_option_that_was_shown_stays_when_it_is_emptied() -> None:
    hands = hands_on({**STREAM, "loop": 2})
    hands.fill("loop", "")
    assert hands.value("loop") == "" and hands.builder.to_list() == [STREAM]


@pytest.mark.slow
def test_a_long_list_is_shown_in_pages() -> None:
    hands = hands_on(*[{"action": "wait", "timeout": n} for n in range(1, PAGE * 2 + 11)], opened=False)
    assert len(hands.soup("cards").select(".ncco-card")) == PAGE
    hands.press("Later")
    hands.press("Later")
    assert len(hands.soup("cards").select(".ncco-card")) == 10
    assert hands.named("Later", "button")["aria-disabled"] == "true"
    hands.press("Add talk")
    assert "talk" in hands.soup("cards").select(".ncco-card")[-1].get_text()
    hands.press("New")
    hands.press("Undo")
    hands.press("Move up action 5, wait")


# --- undo, and typing ------------------------------------------------------------------------------------------------


def test_undo_and_redo_are_off_while_there_is_nothing() -> None:
    hands = hands_on()
    assert [hands.named(name, "button").get("aria-disabled") for name in ("Undo", "Redo", "New")] == ["true"] * 3
    hands.press("Add talk")
    hands.press("Undo")
    assert hands.builder.to_list() == []
    hands.press("Redo")
    assert len(hands.builder.to_list()) == 1
    hands.press("New")
    assert hands.builder.to_list() == []
    hands.press("Undo")
    assert len(hands.builder.to_list()) == 1


def test_each_key_reaches_the_other_views_and_all_are_one_step() -> None:
    hands = hands_on(TALK)
    for text in ("H", "Hi", "Hi!"):
        hands.fill("text", text, live=True)
        assert f'"text": "{text}"' in hands.value("JSON of the NCCO")
    hands.fill("text", "Hi!")
    hands.press("Undo")
    assert hands.builder.to_list() == [TALK]


def test_nobody_complains_before_the_field_is_left() -> None:
    hands = hands_on({**STREAM, "level": 0.5})
    hands.fill("level", "7", live=True)
    assert "must be" not in hands.text() and "Ready" in hands.text("top")
    hands.fill("level", "7")
    assert "must be a number from -1 to 1" in hands.text("cards") and "1 error" in hands.text("top")
    hands.fill("level", "0.7", live=True)
    assert "must be" not in hands.text(), "what is right again is right at once"


def test_what_was_wrong_before_stays_said_while_someone_types() -> None:
    hands = hands_on({"action": "stream", "streamUrl": "nowhere"}, TALK)
    before = hands.text("notes")
    hands.fill("text", "Bye", live=True)
    assert hands.text("notes") == before and "Error" in before


def test_changes_from_python_are_on_the_page() -> None:
    hands = hands_on(STREAM)
    hands.builder.set(0, "streamUrl", ["https://example.com/b.mp3"])
    assert hands.value("streamUrl") == "https://example.com/b.mp3"
    hands.builder.set(0, "loop", 2)
    assert hands.value("loop") == "2"


def test_only_what_has_changed_is_drawn_again() -> None:
    hands = hands_on(*[dict(TALK) for _ in range(20)], opened=False)
    before = dict(hands.page._cards)
    hands.open(3)
    changed = [number for number, kept in hands.page._cards.items() if kept is not before[number]]
    assert changed == [hands.page.draft.ids[3]]


# --- problems --------------------------------------------------------------------------------------------------------


def test_errors_stand_apart_from_advice_each_with_its_place() -> None:
    hands = hands_on({**STREAM, "level": 7}, {**TALK, "text": "Press <break/> 1"}, opened=False)
    notes = hands.text("notes")
    errors, pieces = notes.index("Errors: Vonage would refuse"), notes.index("Advice (")
    assert errors < notes.index("[0] level") < pieces < notes.index("[1] text")
    problem = next(p for p in hands.builder.problems if p.severity == "error")
    assert problem.message in notes and problem.cure in notes and problem.why in notes
    assert "1 error" in hands.text("top") and "advice" in hands.text("top")
    hands.press("[0] level")
    assert hands.value("level") == "7"
    assert hands.page.state.failure == ""


def test_going_to_a_problem_moves_the_focus_there() -> None:
    hands = hands_on({"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 99}}, opened=False)
    seen: list[tuple[str, ...]] = []
    hands.page.drawn = lambda page, reset: seen.append(page.state.aims)
    hands.press("[0] dtmf.maxDigits")
    ids = {one["id"] for one in hands.soup("cards").select("[id]")}
    assert next(one for one in seen[-1] if one in ids) == hands.field("maxDigits")["id"]


def test_one_click_puts_a_problem_right() -> None:
    hands = hands_on({"action": "stream", "streamUrl": URL, "stream_url": [URL]}, opened=False)
    clicks = 0
    while fixes := hands.soup("notes").select(".ncco-fix"):
        hands.send(fixes[0])
        clicks += 1
        assert clicks < 10 and hands.page.state.failure == ""
    assert hands.builder.to_list() == [STREAM] and clicks
    for _ in range(clicks):
        hands.press("Undo")
    assert hands.builder.to_list() == [{"action": "stream", "streamUrl": URL, "stream_url": [URL]}]


def test_a_fix_that_comes_too_late_changes_nothing() -> None:
    hands = hands_on({"action": "stream", "streamUrl": URL})
    fix = hands.soup("notes").select(".ncco-fix")[0]
    hands.send(fix)
    hands.send(fix)
    assert "gone already" in hands.text("top") and hands.builder.to_list() == [STREAM]


# --- the other views -------------------------------------------------------------------------------------------------


JSON = "JSON of the NCCO"


def test_the_json_can_be_edited() -> None:
    hands = hands_on(TALK)
    hands.fill(JSON, hands.value(JSON).replace("Hello", "Bye"))
    assert hands.builder.to_list() == [{**TALK, "text": "Bye"}] and hands.value("text") == "Bye"
    hands.press("Undo")
    assert hands.builder.to_list() == [TALK]


def test_a_broken_text_keeps_the_form_and_says_where() -> None:
    hands, broken = hands_on(TALK), '[\n  {"action": "talk"\n'
    hands.fill(JSON, broken)
    assert hands.builder.to_list() == [TALK] and hands.value("text") == "Hello"
    assert hands.value(JSON) == broken and hands.field(JSON)["aria-invalid"] == "true"
    views = hands.text("views")
    assert "Error" in views and "line" in views.lower() and "column" in views
    assert hands.soup("views").select("[data-goto]")
    hands.press("Undo")
    assert hands.value(JSON) != broken and "Error" not in hands.text("views")
    hands.press("Redo")
    hands.press("Drop my text and show the JSON")
    assert hands.value(JSON) != broken


def test_a_text_can_be_mended_with_one_click() -> None:
    hands = hands_on(TALK)
    hands.fill("JSON of the NCCO", '[{"action": "wait",}]')
    hands.send(hands.soup("views").select(".ncco-fix")[0])
    assert hands.builder.to_list() == [{"action": "wait"}] and "Error" not in hands.text("views")


@pytest.mark.parametrize(
    ("tab", "says"),
    [("Python", "ncco = ["), ("curl", "curl -X POST"), ("Flask app", '@app.route("/answer"')],
)
def test_exports_follow_the_list_and_are_made_when_they_are_looked_at(tab: str, says: str) -> None:
    hands = hands_on(TALK)
    assert says not in hands.text("views")
    hands.press(tab)
    shown = hands.text("views")
    assert (says in shown or says.replace(".route", ".get") in shown) and "Hello" in shown
    hands.builder.set(0, "text", "Bye")
    assert "Bye" in hands.text("views")
    hands.builder.set(0, "text", None)
    shown = hands.text("views")
    assert '{"action": "talk"}' in shown if tab == "Python" else "yet" in shown and "text" in shown


def test_an_export_takes_other_numbers_and_says_what_is_wrong_with_them() -> None:
    hands = hands_on(TALK)
    hands.press("curl")
    hands.fill("To", "447700900042")
    assert "447700900042" in hands.text("views")
    hands.fill("To", "call me")
    assert "letters" in hands.text("views")
    hands.press("Flask app")
    hands.fill("Route", "/ivr/start")
    assert "/ivr/start" in hands.text("views")


def test_a_text_that_is_too_long_for_a_page_is_not_sent_to_it() -> None:
    hands = hands_on(*[{"action": "talk", "text": "x" * 1000} for _ in range(500)], opened=False)
    assert "too long to be edited here" in hands.text("views")
    assert sum(map(len, hands.page.parts.values())) < 400_000
    hands.page.handle({"do": "text", "value": "[" + "x" * 5_000_000})
    assert "Error" in hands.text("views") and sum(map(len, hands.page.parts.values())) < 400_000
    hands.press("Undo")
    assert "Error" not in hands.text("views")


# --- templates, reference --------------------------------------------------------------------------------------------


def test_placeholders_have_sample_data_and_a_preview() -> None:
    hands = hands_on({"action": "stream", "streamUrl": ["https://example.com/{{msg.payload}}.mp3"]})
    assert [p for p in hands.builder.problems if p.severity == "error"] == []
    assert "{{msg.payload}}" in hands.text("notes")
    hands.fill("Sample data, as JSON", '{"msg": {"payload": "waltz"}}')
    assert "https://example.com/waltz.mp3" in hands.text("notes") and hands.builder.problems == []
    hands.fill("Sample data, as JSON", '{"msg": {"payloud": "waltz"}}')
    assert [p.rule for p in hands.builder.problems] == ["unknown-variable"]
    hands.fill("Sample data, as JSON", '{"msg": ')
    assert "line 1" in hands.text("notes") and [p.rule for p in hands.builder.problems] == ["unknown-variable"]
    hands.press("curl")
    assert "no curl yet" in hands.text("views")


def test_given_data_fills_templates_in() -> None:
    hands = hands_on({**TALK, "text": "Hello {{name}}"})
    hands.fill("Sample data, as JSON", '{"name": "Ada"}')
    assert "Hello Ada" in hands.text("notes") and hands.builder.problems == []
    hands.press("Flask app")
    assert "Hello Ada" in hands.text("views")
    hands.builder.set(0, "text", "Hello")
    assert "Placeholders" not in hands.text("notes")


# --- small, safe, sound ----------------------------------------------------------------------------------------------


def test_small_shows_the_form_the_json_the_problems_and_undo_only() -> None:
    hands = hands_on({**STREAM, "level": 7}, small=True)
    names = {hands.name_of(one) for one in hands.soup().find_all("button")}
    assert {"Undo", "Redo", "JSON", "[0] level", "Add talk: Speak a text with a synthetic voice."} <= names
    assert not names & {"Play", "Load…", "Save…", "Python", "Option lab", "Compare", "New"}
    hands.fill("level", "1")
    assert hands.builder.ncco.to_list() == [{**STREAM, "level": 1}]


texts = st.text(st.characters(exclude_categories=()), max_size=20)


@pytest.mark.slow
@given(
    st.lists(
        st.dictionaries(texts, texts | st.lists(texts, max_size=2) | st.integers(), max_size=4)
        | st.builds(
            lambda a, rest: {**rest, "action": a}, st.sampled_from(list(ACTIONS)), st.dictionaries(texts, texts)
        ),
        max_size=3,
    )
)
@settings(max_examples=60)
def test_the_page_is_drawn_whatever_the_list_holds(items: list[Any]) -> None:
    hands = hands_on(*items)
    for part in hands.page.parts.values():
        part.encode()
    assert hands.page.state.failure == ""


@pytest.mark.parametrize("name", ACTIONS)
def test_markup_is_shown_as_text_everywhere(name: str) -> None:
    item = {"action": name, MARKUP: MARKUP, **{option.name: MARKUP for option in options_of(ACTIONS[name])}}
    hands = hands_on(item, {"action": MARKUP, MARKUP: MARKUP}, MARKUP)
    for field in ("to", "route", "file", "paste", "path", "keys", "words", "sample"):
        hands.page.handle({"do": "field", "name": field, "value": MARKUP})
    # Panels and texts take turns: none of them changes what the other shows.
    for panel, tab in zip(PANELS, ("json", "python", "curl", "json", "flask"), strict=True):
        hands.page.handle({"do": "panel", "panel": panel})
        hands.page.handle({"do": "tab", "tab": tab})
        stored = BeautifulSoup(hands.builder._repr_mimebundle_()["text/html"], "html.parser")
        [picture] = stored.find_all("img")
        assert picture.extract()["src"].startswith("data:image/svg+xml")
        for soup in (hands.soup(), stored):
            assert not soup.find_all(["script", "img"])
            assert not [one for one in soup.find_all(True) for key in one.attrs if key.startswith("on")]
    assert "alert(1)" in hands.text()


@pytest.mark.slow
def test_every_control_has_a_name_and_every_id_is_there_once() -> None:
    hands = hands_on(*[starter(name) for name in ACTIONS], {"action": "whistle"})
    for chip in hands.soup("cards").select(".ncco-chip"):
        hands.send(chip)
    for panel in PANELS:
        hands.page.handle({"do": "panel", "panel": panel})
        soup = hands.soup()
        for one in soup.find_all(["button", "input", "select", "textarea"]):
            assert hands.name_of(one), one
        ids = [one["id"] for one in soup.select("[id]")]
        assert len(ids) == len(set(ids))
        for key in ("for", "list", "aria-labelledby", "aria-describedby", "aria-controls"):
            for one in soup.select(f"[{key}]"):
                assert set(str(one[key]).split()) <= set(ids), one


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "no such thing"},
        {"do": 5},
        {"do": "set"},
        {"do": "set", "id": 99, "path": "loop", "value": "1"},
        {"do": "set", "id": 1, "path": "no.such.option", "value": "1"},
        {"do": "tick", "id": 1, "path": "type", "choice": [], "value": True},
        {"do": "add", "action": "strem"},
        {"do": "fix", "id": 1, "rule": "x", "field": "y"},
        {"do": "load_file", "files": []},
        {"do": "remove", "id": None},
        {"do": "fix_text"},
    ],
)
def test_a_message_that_makes_no_sense_changes_nothing(message: dict[str, Any]) -> None:
    hands = hands_on(TALK)
    hands.page.handle(message)
    assert "This did not work" in hands.text("top") and hands.builder.to_list() == [TALK]
    assert hands.builder._draft.text_problems == []
    hands.press("Close this message")
    assert "This did not work" not in hands.text("top")


def test_html_is_made_of_escaped_pieces() -> None:
    assert tag("p", "<b>", [tag("b", '"'), None, False, 0], class_='"x"', hidden=True, id=None) == (
        '<p class="&quot;x&quot;" hidden>&lt;b&gt;<b>&quot;</b>0</p>'
    )
    assert tag("input", value="a & b") == '<input value="a &amp; b">'
    assert tag("textarea", "\nx") == "<textarea>\n\nx</textarea>"
    assert join([Html("<i>"), "<i>"]) == "<i>&lt;i&gt;"
    assert tag("p", "\ud800 é").encode() == "<p>\\ud800 é</p>".encode()


@given(texts, texts)
def test_ids_hold_no_spaces_and_differ(one: str, other: str) -> None:
    assert " " not in safe_id(one)
    assert (safe_id(one) == safe_id(other)) == (one == other)


@given(st.recursive(st.none() | st.booleans() | st.integers(-99, 99) | texts, lambda x: st.lists(x, max_size=2)))
def test_json_that_is_shown_is_read_back(value: Any) -> None:
    shown = as_typed(None, value)
    if value not in (None, "") and not (isinstance(value, str) and value != value.strip()):
        assert read(None, shown) == value


@pytest.mark.slow
def test_all_buttons_do_something_that_is_known() -> None:
    hands = hands_on(*[starter(name) for name in ACTIONS], {"action": "whistle"}, {**STREAM, "level": 7})
    for panel in PANELS:
        hands.page.handle({"do": "panel", "panel": panel})
        used = {one["data-do"] for one in BeautifulSoup(str(hands.soup()), "html.parser").select("[data-do]")}
        assert used <= {*COMMANDS, "apply"}, "apply is the browser's own: it sends the text of the editor"
    assert isinstance(hands.named("Play", "button"), Tag)


# --- what the browser is told ----------------------------------------------------------------------------------------

FOCUSABLE = "button, input, select, textarea, [tabindex]"


def targets(hands: Hands, do: Callable[[], Any]) -> list[Tag]:
    """The elements that may get the focus after that, those first that come first."""
    named: list[str] = []
    hands.page.drawn = lambda page, reset: named.extend(page.state.aims)
    do()
    soup = hands.soup()
    there = {str(one["id"]) for one in soup.select(FOCUSABLE) if one.has_attr("id")}
    return [tag for name in named if name in there and isinstance(tag := soup.find(id=name), Tag)]


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_that_is_added_gets_the_focus(name: str) -> None:
    hands = hands_on(TALK)
    first = targets(hands, lambda: hands.press(f"Add {name}:"))[0]
    assert first.find_parent(class_="ncco-open") is not None


def test_after_a_fix_a_delete_and_new_the_focus_has_a_place() -> None:
    for press in ("Delete action 0, talk", "New"):
        hands = hands_on(TALK)
        assert targets(hands, partial(hands.press, press)), press
    for item in ({**STREAM, "streamUrl": URL}, {**STREAM, "StreamURL": URL}, {"action": "connect"}):
        hands = hands_on(TALK, item)
        for label in [one.fix.label for one in hands.builder.problems if one.fix]:
            assert targets(hands, partial(hands.press, label)), label
            hands.press("Undo")


def test_parts_and_news_reach_the_browser_in_one_update(monkeypatch: pytest.MonkeyPatch) -> None:
    hands = hands_on(TALK)
    shell, sent = hands.builder.widget, []
    monkeypatch.setattr(shell, "send_state", lambda key=None: sent.append(set(key)))
    with_number = shell.news["number"]
    shell._received(shell, {"do": "add", "action": "wait", "view": "v1"}, [])
    assert len(sent) == 1 and {"cards", "views", "news"} <= sent[0]
    assert shell.news["number"] == with_number + 1 and shell.news["view"] == "v1" and shell.news["focus"]
    shell._received(shell, {"do": "look", "id": 1, "path": "text", "view": "v1"}, [])
    assert shell.news["number"] == with_number + 1, "there was nothing to tell"
