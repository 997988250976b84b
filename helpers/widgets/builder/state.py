"""What the builder remembers beside the NCCO: which cards are open, what stands in its text fields, what came back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...base.html import Html, tag

_PLAIN = {"spellcheck": "false", "autocomplete": "off"}


@dataclass
class State:
    """Nothing in here is part of the NCCO: all of it can be forgotten.

    ``results`` is what a panel shows below its fields, ``made_of`` the actions that it was made of; ``busy`` names the
    panels that wait for something. ``focus`` and
    ``said`` are for the next time the page is drawn: the first of these elements that is there gets the focus, and a
    screen reader says the words. ``editing`` is the field in which someone types, ``told`` what was said of it before.
    """

    open: set[int] = field(default_factory=set)
    shown: dict[int, set[str]] = field(default_factory=dict)
    chosen: int | None = None
    look: tuple[int, str] | None = None
    tab: str = "json"
    panel: str = ""
    first: int = 0
    values: dict[str, str] = field(default_factory=dict)
    results: dict[str, Html] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    made_of: dict[str, Any] = field(default_factory=dict)
    failure: str = ""
    editing: tuple[int, str] | None = None
    told: frozenset[str] = frozenset()
    sample_problem: str = ""
    script: tuple[dict[str, Any], ...] = ()
    focus: tuple[str, ...] = ()
    said: str = ""

    def value(self, name: str) -> str:
        """What stands in a text field."""
        return self.values.get(name, "")

    def field(self, name: str, label: str, *, rows: int = 0, hint: str = "", wide: bool = False, **more: Any) -> Html:
        """A labelled text field of a panel; with ``rows`` one of several lines."""
        same = {"id": f"field-{name}", "data_do": "field", "data_args": json.dumps({"name": name}), **_PLAIN,
                "placeholder": hint or None, **more}  # fmt: skip
        box = (
            tag("textarea", self.value(name), rows=rows, class_="ncco-code", **same)
            if rows
            else tag("input", type="text", value=self.value(name), **same)
        )
        return _labelled(name, label, box, wide or bool(rows))

    def choice(
        self, name: str, label: str, options: Mapping[str, str], *, wide: bool = False, do: str = "field"
    ) -> Html:
        """A labelled menu of a panel: value -> words."""
        now = self.value(name)
        box = tag(
            "select",
            [tag("option", words, value=key, selected=key == now) for key, words in options.items()],
            id=f"field-{name}",
            data_do=do,
            data_args=json.dumps({"name": name}),
        )
        return _labelled(name, label, box, wide)


def _labelled(name: str, label: str, box: Html, wide: bool) -> Html:
    style = "ncco-field ncco-wide" if wide else "ncco-field"
    return tag("div", tag("label", label, for_=f"field-{name}"), box, class_=style)
