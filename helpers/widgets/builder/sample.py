"""What fills the placeholders of an NCCO in while it is built: data that was given, was typed, or is made up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...base.errors import KitError
from ...base.html import Html, tag
from ...base.text import one_line
from ...ncco.data import texts_in
from ...ncco.jsontext import from_json
from ...ncco.templates.preview import sample_data
from ...ncco.texts.texts import as_json
from .pieces import field, section, to_copy
from .state import State


def give(state: State, data: Mapping[str, Any]) -> None:
    """Use this data from now on, such as the constants of a flow, until somebody edits it."""
    state.given, state.data = data, None
    state.values.pop("sample", None)


def fill(state: State) -> list[str]:
    """Give the draft the data that its checks need, and return the placeholders in it; none need none."""
    draft = state.draft
    if not any("{{" in text for text in texts_in(draft.items)):
        draft.variables = None
        return []
    from ...ncco.templates.templates import placeholders

    text = state.value("sample")
    if not text or state.data is None:
        state.data = state.given if state.given is not None else dict(sample_data(draft.to_list()))
        text = state.values["sample"] = as_json(dict(state.data))
    elif text != state.read:
        _take(text, state)
    state.read = text
    draft.variables = state.data
    return list(placeholders(draft.to_list()))


def _take(text: str, state: State) -> None:
    """Take over what was typed, if it can be read: until then the data stays as it was."""
    data, found = from_json(text)
    state.sample_problem = ""
    if isinstance(data, dict):
        state.data = data
    else:
        said = f"{found[0].message} {found[0].cure}" if found else 'Write an object, such as {"name": "Ada"}.'
        state.sample_problem = said


def panel(state: State, names: list[str]) -> Html:
    """The sample data, what each placeholder becomes with it, and the NCCO with all of them filled in."""
    from ...ncco.templates.templates import render_ncco

    variables = state.draft.variables
    rows = [
        tag("tr", tag("th", f"{{{{{one_line(name, 60)}}}}}", scope="row"), tag("td", _value_of(name, variables)))
        for name in names[:40]
    ]
    try:
        filled = as_json(render_ncco(state.draft.to_list(), variables or {}))
        preview = to_copy(filled, "The NCCO with the placeholders filled in")
    except KitError as problem:
        preview = tag("p", problem.message, " ", problem.cure, class_="ncco-message")
    head = tag("tr", tag("th", "in the NCCO", scope="col"), tag("th", "becomes", scope="col"))
    return section(
        "placeholders",
        "Placeholders",
        tag("table", tag("thead", head), tag("tbody", rows), class_="ncco-table"),
        field(state, "sample", "Sample data, as JSON", rows=5),
        tag("p", state.sample_problem, class_="ncco-message") if state.sample_problem else None,
        tag("details", tag("summary", "The NCCO with them filled in"), preview),
    )


def _value_of(name: str, variables: Any) -> str:
    value: Any = variables
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return "nothing: there is no such value"
    return one_line(value if isinstance(value, str) else as_json(value), 80)
