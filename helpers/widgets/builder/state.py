"""What the parts of the builder's page share: the NCCO, and what is remembered beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...base.errors import KitError
from ...base.html import Html
from ...ncco.editing.draft import Draft
from ...ncco.editing.paths import value_at
from .controls import safe_id

#: The most cards at a time. An NCCO of a call has a dozen actions; a paste can have thousands.
PAGE = 60
Message = dict[str, Any]


class Job(NamedTuple):
    """What takes a while: ``do`` runs in a thread of its own, and makes what the panel ``name`` then shows."""

    name: str
    do: Callable[[], Html]


@dataclass
class State:
    """The ``draft``; nothing else in here is part of the NCCO: all of it can be forgotten.

    ``results`` is what a panel shows below its fields, ``made_of`` the actions that it was made of; ``busy`` names the
    panels that wait for something. ``aims`` and ``said`` are for the next time the page is drawn: the first of these
    elements that is there gets the focus, and a screen reader says the words. ``editing`` is the field in which someone
    types, ``told`` what was said of it before. ``given`` is sample data from Python, ``data`` that in use, and ``read``
    the text from which it was read. ``put_below`` shows another widget below the builder.
    """

    draft: Draft
    kit: Any = None
    open: set[int] = field(default_factory=set)
    shown: dict[int, set[str]] = field(default_factory=dict)
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
    given: Mapping[str, Any] | None = None
    data: Mapping[str, Any] | None = None
    read: str | None = None
    sample_problem: str = ""
    script: tuple[dict[str, Any], ...] = ()
    aims: tuple[str, ...] = ()
    said: str = ""
    put_below: Callable[[Any], object] = lambda widget: None

    def value(self, name: str) -> str:
        """What stands in a text field."""
        return self.values.get(name, "")

    def lines(self, name: str) -> list[str]:
        """The lines in a text field that are not empty."""
        return [line.strip() for line in self.value(name).splitlines() if line.strip()]

    def place(self, number: Any) -> int:
        """The position of the action with that number."""
        ids = list(self.draft.ids)
        if number not in ids:
            raise KitError("This action is gone already.", "Look at the list again.")
        return ids.index(number)

    def focus(self, *names: str) -> None:
        """The first of these elements that is there gets the focus."""
        self.aims = names

    def say(self, words: str) -> None:
        """What a screen reader says next."""
        self.said = words

    def turn_to(self, place: int) -> None:
        """Turn to the cards among which this position is."""
        self.first = max(0, place) // PAGE * PAGE

    def keep_in_sight(self, number: int, path: str) -> None:
        """The option stays in sight, also when it is not set."""
        self.shown.setdefault(number, set()).add(path.partition(".")[0])

    def ways_to(self, number: Any, path: str) -> list[str]:
        """The elements that an option can be reached by, the nearest first."""
        found = []
        while path:
            found += [f"{number}-{safe_id(path)}", f"{number}-{safe_id(path)}-0"]
            path = path.rpartition(".")[0]
        return [*found, f"title-{number}"]

    def type_in(self, number: int, path: str, live: bool) -> None:
        """Somebody types in this field: what is new about it is said when the field is left, not at each key."""
        if not live:
            self.editing = None
        elif self.editing != (number, path):
            self.editing = (number, path)
            self.told = frozenset(map(str, self.draft.problems()))

    def typed(self) -> str | None:
        """What Python has in the field in which somebody types, as JSON; ``None`` if nobody does, or it is gone."""
        if self.editing is None or self.editing[0] not in self.draft.ids:
            return None
        number, path = self.editing
        return json.dumps(value_at(self.draft.items[self.place(number)], path), default=repr)

    def forget_cards(self) -> None:
        """Another NCCO is here: nothing of the old one stays open."""
        self.open.clear()
        self.shown.clear()
        self.first = 0
