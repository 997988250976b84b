"""How the NCCO builder looks and sounds: every control has a name, all text can be read, nothing sticks out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from helpers.ncco.models.actions import ACTIONS
from helpers.ncco.models.endpoints import ENDPOINTS
from helpers.ncco.schema import options_of
from helpers.widgets.builder.edit import starter
from tests.browser.builder_form import Form, write
from tests.browser.lab import until

pytestmark = pytest.mark.browser

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
CONTRAST = 4.5  # WCAG 2.2, 1.4.3, for text of ordinary size
LONG = "https://example.com/" + "a-rather-long-name-without-a-space/" * 6 + "music.mp3"
#: One of every action, with mistakes, advice, an unknown action, a placeholder, and texts that are hard to break.
ALL: list[Any] = [
    *(starter(name) for name in ACTIONS),
    {"action": "stream", "streamUrl": LONG, "level": 7, "Loop": 2, "note": "x" * 200},
    {"action": "talk", "text": "Hello {{msg.payload}} {{naem}}"},
    {
        "action": "connect",
        "endpoint": [{"type": "websocket", "uri": "wss://example.com/" + "s" * 90, "headers": {"a": 1}}],
    },
    {"action": "whistle", "tune": [1, 2]},
]
#: Every panel, each with another text beside it.
STATES = {"Load…": "Python", "Save…": "curl", "Compare": "curl", "Option lab": "Flask app", "Play": "JSON"}
CONTROLS = ("button", "textbox", "combobox", "checkbox", "switch", "slider", "tab", "listbox", "link", "spinbutton")
YES = {"type": "booleanOrUndefined", "value": True}
#: A line of Playwright's view of a page for a screen reader: a control, and the name after it.
SAID = re.compile(rf"""^\s*- '?({"|".join(CONTROLS)})\b(?: "(.*?)")?""", re.MULTILINE)
FIELDS = """(root) => [...root.querySelectorAll('input, select, textarea, button')]
  .filter((one) => one.checkVisibility()).length"""

# Texts in the builder, each with its contrast to what is behind it; what is switched off may be fainter (WCAG 1.4.3).
TEXTS = """(root) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const ink = canvas.getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const rgba = (colour) => {
    if (!known.has(colour)) {
      ink.clearRect(0, 0, 1, 1);
      ink.fillStyle = colour;
      ink.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = ink.getImageData(0, 0, 1, 1).data;
      known.set(colour, [r, g, b, a / 255]);
    }
    return known.get(colour);
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((one, i) => one * a + under[i] * (1 - a));
  const shades = new Map([[null, { back: [255, 255, 255], faint: 1 }]]);
  const shade = (element) => {
    if (!shades.has(element)) {
      const under = shade(element.parentElement);
      const { backgroundColor, opacity } = getComputedStyle(element);
      shades.set(element, { back: over(rgba(backgroundColor), under.back), faint: under.faint * opacity });
    }
    return shades.get(element);
  };
  const light = (rgb) => {
    const line = (one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map((one) => line(one / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (element, style, own = 1) => {
    const { back, faint } = shade(element);
    const [r, g, b, a] = rgba(style.color);
    const front = over([r, g, b, a * faint * own], back);
    const [low, high] = [light(front), light(back)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const found = [];
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && element.getBoundingClientRect().width > 1 && !element.closest('[aria-disabled=true], [disabled]');
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    const words = walk.currentNode.data.trim();
    if (words && seen(element) && !element.closest('option, datalist')) {
      found.push([words.slice(0, 60), contrast(element, getComputedStyle(element))]);
    }
  }
  for (const field of root.querySelectorAll('input, textarea, select')) {
    if (!seen(field) || ['checkbox', 'range'].includes(field.type)) continue;
    found.push([`in ${field.id}`, contrast(field, getComputedStyle(field))]);
    const hint = getComputedStyle(field, '::placeholder');
    if (field.placeholder) found.push([`hint ${field.placeholder}`, contrast(field, hint, hint.opacity)]);
  }
  return found; }"""
# What sticks out of the builder to the right or to the left, unless it can be scrolled there.
OUTSIDE = """(root) => {
  const { left, right } = root.getBoundingClientRect();
  const out = [...root.querySelectorAll('*')].filter((one) => {
    const box = one.getBoundingClientRect();
    if (box.width < 2 || !one.checkVisibility() || (box.right <= right + 1 && box.left >= left - 1)) return false;
    for (let up = one.parentElement; up !== root; up = up.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(up).overflowX)) return false;
    }
    return true;
  });
  const wide = [root, ...root.querySelectorAll('*')].filter((one) => one.checkVisibility() && one.clientWidth
    && one.scrollWidth > one.clientWidth + 1 && ['visible', 'clip', 'hidden'].includes(getComputedStyle(one).overflowX)
    && !['OPTION', 'SELECT', 'INPUT'].includes(one.tagName) && one.getBoundingClientRect().width > 2);
  return [...out, ...wide].map((one) => one.outerHTML.slice(0, 160)); }"""


@pytest.fixture
def full(form: Form) -> Iterator[Form]:
    """A builder with all there is, every card open."""
    form.show(*ALL)
    form.open_all(len(ALL))
    yield form
    put_into(form, "light", 1280)


# JavaScript: buttons take a moment from one colour to the next.
SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one instanceof CSSTransition).map((one) => one.finished))"""


def put_into(form: Form, theme: str, width: int) -> None:
    """Change JupyterLab's theme and the width of the window, and wait until it is so."""
    form.page.set_viewport_size({"width": width, "height": 1000})
    change = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
    form.page.evaluate(change, THEMES[theme])
    until(form.page, "(name) => document.body.dataset.jpThemeName === name", THEMES[theme])


def states(form: Form) -> Iterator[str]:
    """Every panel and every text, one after the other; a broken text too."""
    for panel, text in STATES.items():
        form.button(panel).click()
        form.tab(text).click()
        expect(form.button(panel)).to_have_attribute("aria-expanded", "true")
        expect(form.tab(text)).to_have_attribute("aria-selected", "true")
        yield panel
    form.button("Close this panel").click()
    write(form.editor(), '[{"action" "talk"}]')
    form.keys("Control+Enter")
    fault = form.box.get_by_role("group", name="What is wrong with the JSON")
    expect(fault).to_be_visible()
    yield "broken JSON"
    form.button(re.compile("^Drop my text")).click()
    expect(fault).to_have_count(0)
    expect(form.editor()).to_be_focused()
    # Nothing is selected: the next key would delete it all.
    assert form.editor().evaluate("(box) => box.selectionEnd - box.selectionStart") == 0


def nameless(form: Form, *parts: str) -> list[str]:
    """Controls that a screen reader would say no name of, in all or in parts; all are looked at that can be seen."""
    found = []
    for part in [form.box.locator(f"[data-part={part}]") for part in parts] or [form.box]:
        said = SAID.findall(part.aria_snapshot())
        assert len(said) >= part.evaluate(FIELDS)
        found += said
    assert len(found) > 5
    return [role for role, name in found if not name.strip()]


def nameless_in_chromium(form: Form) -> list[str]:
    """What can have the focus and has no name in the browser's own view. Firefox tells nobody outside of its view."""
    session = form.page.context.new_cdp_session(form.page)
    root = session.send("Runtime.evaluate", {"expression": "document.querySelector('[aria-label=\"NCCO builder\"]')"})
    tree = session.send("Accessibility.queryAXTree", {"objectId": root["result"]["objectId"]})["nodes"]
    focusable = [node for node in tree if {"name": "focusable", "value": YES} in node.get("properties", ())]
    assert len(focusable) >= form.box.evaluate(FIELDS)
    return [node["role"] for node in focusable if not node.get("name", {}).get("value", "").strip()]


def hard_to_read(form: Form) -> list[tuple[str, float]]:
    """Texts with too little contrast, once no colour changes any more."""
    form.page.evaluate(SETTLED)
    found = form.box.evaluate(TEXTS)
    assert len(found) > 20
    return [(words, contrast) for words, contrast in found if contrast < CONTRAST]


def sticking_out(form: Form) -> list[str]:
    """What cannot be seen without scrolling sideways."""
    return list(form.box.evaluate(OUTSIDE))


def test_every_control_of_every_option_has_a_name(form: Form) -> None:
    every = [
        {"action": name, **{one.name: one.example for one in options_of(model)}} for name, model in ACTIONS.items()
    ]
    endpoints = [
        {"type": name, **{one.name: one.example for one in options_of(model)}} for name, model in ENDPOINTS.items()
    ]
    form.show(*every, *({"action": "connect", "endpoint": [one]} for one in endpoints), *ALL[-4:])
    form.open_all(len(every) + len(endpoints) + 4)
    expect(form.box.get_by_role("button", expanded=True)).to_have_count(len(every) + len(endpoints) + 4)
    assert nameless(form) == []
    for state in states(form):  # none of which changes a card
        assert nameless(form, "top", "panel", "views", "notes") == [], state
    if form.page.context.browser and form.page.context.browser.browser_type.name == "chromium":
        assert nameless_in_chromium(form) == []


def test_all_text_can_be_read_and_nothing_sticks_out(full: Form) -> None:
    for theme, width in (("light", 1280), ("dark", 800)):
        put_into(full, theme, width)
        for state in states(full):
            assert (theme, state, hard_to_read(full)) == (theme, state, [])
            assert (width, state, sticking_out(full)) == (width, state, [])


def test_what_was_played_and_compared_can_be_read_too(form: Form) -> None:
    form.show(starter("talk"), {"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]})
    for panel, press, sounds in (("Play", "Play it", 1), ("Option lab", "Compare them", 5)):
        form.button(panel).click()
        form.button(press).click()
        expect(form.box.locator("audio")).to_have_count(sounds)
        assert nameless(form) == []
        for theme, width in (("light", 1280), ("dark", 800)):
            put_into(form, theme, width)
            assert (theme, panel, hard_to_read(form)) == (theme, panel, [])
            assert (width, panel, sticking_out(form)) == (width, panel, [])
    put_into(form, "light", 1280)


def test_the_measures_find_what_is_wrong(form: Form) -> None:
    form.show(starter("talk"))
    wrong = """<button></button><b style="color: #888">pale</b><i style="opacity: .4">faint</i>
      <p style="width: 3000px">wide</p>"""
    form.box.evaluate("(root, html) => root.insertAdjacentHTML('beforeend', html)", wrong)
    assert nameless(form) == ["button"]
    assert [words for words, _ in hard_to_read(form)] == ["pale", "faint"]
    assert any("wide" in one for one in sticking_out(form))
