"""What the parts of the builder's page are made of: small drawings, headed sections, labelled fields, texts to copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...base.html import Html, tag
from .state import State

#: Name -> the lines of a drawing of 16 by 16.
LINES = {
    "undo": "M3 6h7a3.5 3.5 0 0 1 0 7H6M3 6l3-3M3 6l3 3",
    "redo": "M13 6H6a3.5 3.5 0 0 0 0 7h4M13 6l-3-3M13 6l-3 3",
    "new": "M4 2h5l3 3v9H4zM8 7v5M5.5 9.5h5",
    "load": "M2 13V3h4l1.5 2H14v8zM8 11V7.5M6.3 9L8 7.3 9.7 9",
    "save": "M8 2v7.5M5 6.8l3 3 3-3M2.5 10v3.5h11V10",
    "compare": "M6.5 2.5H2.5v11h4M9.5 2.5h4v11h-4M8 1v14",
    "lab": "M6 2h4M7 2v4L3 13.5h10L9 6V2M5 10h6",
    "play": "M5 3l8 5-8 5z",
    "ring": "M4.5 2l2 1 .5 3-1.5 1a8 8 0 0 0 3.5 3.5l1-1.5 3 .5 1 2c0 1-1 2-2 2A10 10 0 0 1 2.5 4c0-1 1-2 2-2z",
    "plus": "M8 3.5v9M3.5 8h9",
    "up": "M8 13V3.5M4 7.5l4-4 4 4",
    "down": "M8 3v9.5M4 8.5l4 4 4-4",
    "duplicate": "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
    "remove": "M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 9h5.8l.6-9M7 7v4M9 7v4",
    "close": "M4 4l8 8M12 4l-8 8",
    "fix": "M3 13l1-3.5L11 2.5l2.5 2.5-7 7z",
}
_PLAIN = {"spellcheck": "false", "autocomplete": "off"}


def icon(name: str) -> Html:
    """One of :data:`LINES`, in the colour of the text beside it; a screen reader passes over it."""
    path = tag("path", d=LINES[name])
    return tag("svg", path, class_="ncco-svg", viewBox="0 0 16 16", aria_hidden="true", focusable="false")


def section(name: str, heading: Any, *inside: Any, **more: Any) -> Html:
    """A part of the page with the heading that names it; ``more`` are attributes of the heading."""
    title = tag("h4", heading, class_="ncco-title", id=name, **more)
    return tag("section", title, *inside, aria_labelledby=name)


def to_copy(text: str, label: str, name: str | None = None) -> Html:
    """A text that can be read and copied, not edited."""
    return tag("pre", text, id=name, class_="ncco-code ncco-export", tabindex="0", role="region", aria_label=label)


def field(
    state: State, name: str, label: str, *, rows: int = 0, hint: str = "", wide: bool = False, **more: Any
) -> Html:
    """A labelled text field of a panel; with ``rows`` one of several lines."""
    same = {"id": f"field-{name}", "data_do": "field", "data_args": json.dumps({"name": name}), **_PLAIN,
            "placeholder": hint or None, **more}  # fmt: skip
    box = (
        tag("textarea", state.value(name), rows=rows, class_="ncco-code", **same)
        if rows
        else tag("input", type="text", value=state.value(name), **same)
    )
    return _labelled(name, label, box, wide or bool(rows))


def choice(
    state: State, name: str, label: str, options: Mapping[str, str], *, wide: bool = False, do: str = "field"
) -> Html:
    """A labelled menu of a panel: value -> words."""
    now = state.value(name)
    inside = [tag("option", words, value=key, selected=key == now) for key, words in options.items()]
    box = tag("select", inside, id=f"field-{name}", data_do=do, data_args=json.dumps({"name": name}))
    return _labelled(name, label, box, wide)


def _labelled(name: str, label: str, box: Html, wide: bool) -> Html:
    style = "ncco-field ncco-wide" if wide else "ncco-field"
    return tag("div", tag("label", label, for_=f"field-{name}"), box, class_=style)
