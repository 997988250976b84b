"""The same NCCO as text: JSON to be edited; Python, curl and the Flask app to be copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...base.errors import KitError
from ...base.html import Html, button, tag
from ...ncco.editing.draft import Draft
from ...ncco.texts.export import to_curl, to_flask
from ...ncco.texts.python_text import to_python
from .listen import named_replies
from .pieces import field, to_copy
from .problems import text_banner
from .state import State

NAMES = {"json": "JSON", "python": "Python", "curl": "curl", "flask": "Flask app"}
#: Longer texts are not sent to the page: a browser that has to draw them stands still.
LONGEST_TEXT = 400_000
ROWS = (8, 22)


def views(state: State, *, small: bool) -> Html:
    """The tabs, and the text of the one in front. Only that one is made."""
    names = {"json": "JSON"} if small else NAMES
    front = state.tab if state.tab in names else "json"
    tabs = [
        button(
            words,
            "tab",
            args={"tab": kind},
            role="tab",
            id=f"tab-{kind}",
            aria_selected="true" if kind == front else "false",
            aria_controls="tabpanel",
            tabindex="0" if kind == front else "-1",
            class_="ncco-tab",
        )
        for kind, words in names.items()
    ]
    body = _editor(state.draft) if front == "json" else _export(state, front)
    return tag(
        "section",
        tag("div", tabs, role="tablist", aria_label="The same NCCO as text", class_="ncco-tabs"),
        tag("div", body, role="tabpanel", id="tabpanel", aria_labelledby=f"tab-{front}", class_="ncco-tabpanel"),
    )


def _editor(draft: Draft) -> Html:
    text, banner = draft.text, text_banner(draft.text_problems)
    if len(text) > LONGEST_TEXT:
        return tag("div", banner, _beginning(text, "JSON", "edited"))
    rows = min(max(text.count("\n") + 2, ROWS[0]), ROWS[1])
    box = tag(
        "textarea",
        text,
        id="editor-json",
        aria_label="JSON of the NCCO",
        aria_invalid="true" if banner else None,
        rows=rows,
        spellcheck="false",
        autocomplete="off",
        class_="ncco-code ncco-editor",
        data_do="text",
        data_editor=True,
    )
    apply = button("Apply", "apply", hint="Apply the JSON to the form (Ctrl+Enter)", class_="ncco-small")
    hint = tag("span", "Edit it: the form follows when you leave it or press Ctrl+Enter.", class_="ncco-quiet")
    below = tag("div", apply, _copy("editor-json", "JSON"), hint, class_="ncco-buttons")
    return tag("div", banner, box, below)


def _beginning(text: str, name: str, done: str) -> Html:
    """What is shown of a text that is too long."""
    said = f"This {name} has {len(text):,} characters, which is too long to be {done} here. This is its beginning:"
    return tag("div", tag("p", said, class_="ncco-quiet"), to_copy(f"{text[:2000]}\n…", f"The beginning of the {name}"))


def _export(state: State, kind: str) -> Html:
    from ...ncco.templates.templates import placeholders, render_ncco

    draft, items, note = state.draft, state.draft.to_list(), None
    try:
        if kind != "python" and draft.variables is not None and placeholders(items):
            items = render_ncco(items, draft.variables)
            note = tag("p", "The placeholders are filled in with the sample data.", class_="ncco-quiet")
        text = _EXPORTS[kind](items, state)
    except KitError as problem:
        return tag("div", _fields(state, kind), _refused(f"There is no {NAMES[kind]} yet.", problem))
    if len(text) > LONGEST_TEXT:
        return tag("div", _fields(state, kind), _beginning(text, NAMES[kind], "shown"))
    shown = to_copy(text, f"{NAMES[kind]}, to be copied", f"export-{kind}")
    copy = tag("div", _copy(f"export-{kind}", NAMES[kind]), class_="ncco-buttons")
    return tag("div", _fields(state, kind), note, shown, copy)


_EXPORTS: dict[str, Callable[[Any, Any], str]] = {
    "python": lambda items, state: to_python(items),
    "curl": lambda items, state: to_curl(items, state.value("to"), state.value("from")),
    "flask": lambda items, state: to_flask(items, state.value("route"), named_replies(state)),
}


def _fields(state: State, kind: str) -> Html:
    names = {"python": {}, "curl": {"to": "To", "from": "From"}, "flask": {"route": "Route"}}[kind]
    return tag("div", [field(state, name, words) for name, words in names.items()], class_="ncco-fields")


def _copy(target: str, name: str) -> Html:
    return tag("button", "Copy", type="button", data_copy=target, aria_label=f"Copy the {name}", class_="ncco-small")


def _refused(said: str, problem: KitError) -> Html:
    return tag("div", tag("strong", said), " ", tag("span", problem.message, " ", problem.cure, class_="ncco-message"),
               class_="ncco-empty")  # fmt: skip
