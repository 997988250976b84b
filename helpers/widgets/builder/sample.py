"""What fills the placeholders of an NCCO in while it is built: data that was given, was typed, or is made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...base.html import Html, tag, trusted
from ...ncco.data import texts_in
from ...ncco.jsontext import from_json
from ...ncco.templates.preview import sample_data
from ...ncco.texts.texts import as_json
from .pieces import field, section
from .state import State


def give(state: State, data: Mapping[str, Any]) -> None:
    """Use this data from now on, such as the constants of a flow, until somebody edits it."""
    state.given, state.data = data, None
    state.values.pop("sample", None)


def fill(state: State) -> None:
    """Give the draft the data that its checks need: none without placeholders."""
    draft = state.draft
    if not any("{{" in text for text in texts_in(draft.items)):
        draft.variables = None
        return
    text = state.value("sample")
    if not text or state.data is None:
        state.data = state.given if state.given is not None else dict(sample_data(draft.to_list()))
        text = state.values["sample"] = as_json(dict(state.data))
    elif text != state.read:
        _take(text, state)
    state.read = text
    draft.variables = state.data


def _take(text: str, state: State) -> None:
    """Take over what was typed, if it can be read: until then the data stays as it was."""
    data, found = from_json(text)
    state.sample_problem = ""
    if isinstance(data, dict):
        state.data = data
    else:
        said = f"{found[0].message} {found[0].cure}" if found else 'Write an object, such as {"name": "Ada"}.'
        state.sample_problem = said


def panel(state: State) -> Html:
    """The sample data, and what each placeholder becomes with it."""
    from ...ncco.templates.preview import preview

    view = preview(state.draft.to_list(), state.draft.variables)
    return section(
        "placeholders",
        "Placeholders",
        field(state, "sample", "Sample data, as JSON", rows=5),
        tag("p", state.sample_problem, class_="ncco-message") if state.sample_problem else None,
        tag("div", trusted(view.bundle["text/html"]), class_="ncco-result"),
    )
