"""Beside the form: what is wrong, what the placeholders become, and the reference of the option in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...base.errors import KitError
from ...base.html import Html, tag
from ...base.text import one_line
from ...ncco.editing.draft import Draft
from ...ncco.editing.paths import known_action
from ...ncco.texts.texts import as_json

if TYPE_CHECKING:
    from .state import State


def template_panel(draft: Draft, state: State, names: list[str]) -> Html:
    """The sample data, what each placeholder becomes with it, and the NCCO with all of them filled in."""
    from ...ncco.templates.templates import render_ncco

    rows = [
        tag("tr", tag("th", f"{{{{{one_line(name, 60)}}}}}", scope="row"), tag("td", _value_of(name, draft.variables)))
        for name in names[:40]
    ]
    try:
        filled = as_json(render_ncco(draft.to_list(), draft.variables or {}))
        preview = tag("pre", filled, class_="ncco-code ncco-export", tabindex="0", role="region",
                      aria_label="The NCCO with the placeholders filled in")  # fmt: skip
    except KitError as problem:
        preview = tag("p", problem.message, " ", problem.cure, class_="ncco-message")
    return tag(
        "section",
        tag("h4", "Placeholders", class_="ncco-title", id="placeholders"),
        tag("table", tag("thead", tag("tr", tag("th", "in the NCCO", scope="col"), tag("th", "becomes", scope="col"))),
            tag("tbody", rows), class_="ncco-table"),
        state.field("sample", "Sample data, as JSON", rows=5),
        tag("p", state.sample_problem, class_="ncco-message") if state.sample_problem else None,
        tag("details", tag("summary", "The NCCO with them filled in"), preview),
        aria_labelledby="placeholders",
    )  # fmt: skip


def reference_panel(draft: Draft, look: tuple[int, str] | None) -> Html | None:
    """What the models say about the option, or about the action, in front."""
    from ...ncco.editing.reference import describe

    if look is None or look[0] not in draft.ids:
        return None
    item = draft.items[list(draft.ids).index(look[0])]
    name = known_action(item)
    if name is None:
        return None
    try:
        found = describe(name, look[1]) if look[1] else describe(name)
    except KitError:
        return None  # an option that the models do not know
    row = found.rows[0] if look[1] else ()
    facts = [(tag("dt", head), tag("dd", text)) for head, text in zip(found.head, row, strict=False) if text]
    return tag(
        "section",
        tag("h4", "Reference: ", tag("code", f"{name}.{look[1]}" if look[1] else name), class_="ncco-title",
            id="reference"),
        tag("dl", facts, class_="ncco-facts") if facts else tag("p", found.title),
        aria_labelledby="reference",
    )  # fmt: skip


def _value_of(name: str, variables: Any) -> str:
    value: Any = variables
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return (
        "nothing: there is no such value"
        if value is None
        else one_line(value if isinstance(value, str) else as_json(value), 80)
    )
