"""The form: a card for each action, in the order of the call. Made from the models; no option is named here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...base.html import Html, button, join, tag
from ...ncco.editing.paths import value_at
from ...ncco.editing.summary import summary
from ...ncco.models.actions import ACTIONS, known_action
from ...ncco.problems.problems import Problem
from ...ncco.schema import Option, options_of
from ...ncco.texts.texts import as_json
from .controls import Place, control, safe_id
from .pieces import icon
from .problems import badge, line, numbers_of

Row = tuple[str, Option | None, Any, int]  # path, option, value, depth


@dataclass
class Card:
    """What is drawn of one action: where it stands, and whether it is open; ``shown`` are options that stay in sight
    though they are not set. A card is drawn again only when something of this has changed."""

    number: int
    index: int
    count: int
    item: Any
    open: bool
    shown: frozenset[str]
    problems: tuple[Problem, ...] = field(default=())

    def html(self) -> Html:
        """The card."""
        body = tag("div", self._body(), id=f"body-{self.number}", class_="ncco-body") if self.open else None
        style = "ncco-card ncco-open" if self.open else "ncco-card"
        return tag("li", self._head(), body, class_=style, id=f"card-{self.number}", data_card=str(self.number))

    @property
    def name(self) -> str:
        """The name of the action, also if it is none of Vonage's."""
        name = self.item.get("action") if isinstance(self.item, dict) else None
        return name if isinstance(name, str) and name else "no action"

    def _head(self) -> Html:
        known = known_action(self.item)
        model = ACTIONS.get(known) if known else None
        errors, pieces = numbers_of(self.problems)
        said = model.summary if self.open and model else summary(self.item)
        words = [
            tag("span", str(self.index), class_="ncco-number-badge"),
            tag("span", f"{self.name[:60]} ", class_="ncco-name"),
            tag("span", "runs in the background ", class_="ncco-mark") if model and not model.synchronous else None,
            tag("span", said, class_="ncco-said"),
        ]
        title = button(
            [words, " ", badge("error", errors), badge("advice", pieces)],
            "toggle",
            args={"id": self.number},
            id=f"title-{self.number}",
            class_="ncco-toggle",
            aria_expanded="true" if self.open else "false",
            aria_controls=f"body-{self.number}" if self.open else None,
        )
        return tag("div", tag("h4", title, class_="ncco-heading"), self._moves(), class_="ncco-head")

    def _moves(self) -> Html:
        what = f"action {self.index}, {self.name[:60]}"
        args = {"id": self.number}

        def small(do: str, hint: str, off: bool = False) -> Html:
            return button(icon(do), do, hint=hint, off=off, args=args, id=f"{do}-{self.number}", class_="ncco-icon")

        buttons = [
            small("up", f"Move up {what}", self.index == 0),
            small("down", f"Move down {what}", self.index == self.count - 1),
            small("duplicate", f"Duplicate {what}"),
            small("remove", f"Delete {what}"),
        ]
        return tag("div", buttons, class_="ncco-moves", role="group", aria_label=f"Move, duplicate, delete {what}")

    def _body(self) -> Html:
        name = known_action(self.item)
        if name is None:
            return self._raw()
        options = options_of(ACTIONS[name])
        rows = list(self._rows(options, "", self.item))
        paths = {path for path, *_ in rows}
        homes: dict[str, list[Problem]] = {}
        for problem in self.problems:
            homes.setdefault(_home(problem.field, paths), []).append(problem)
        top = [line(problem, self.number) for problem in homes.get("", ())]
        drawn = [self._row(path, option, value, depth, homes.get(path, ())) for path, option, value, depth in rows]
        hidden = [option for option in options if option.name not in paths]
        return join([top, drawn, self._chips(hidden)])

    def _rows(self, options: tuple[Option, ...], above: str, held: Any) -> Iterator[Row]:
        """All that is in sight; below a group that is switched on, what is in it."""
        depth = above.count(".")
        for option in options:
            value = value_at(held, option.name)
            path = f"{above}{option.name}"
            if above or option.required or value is not None or option.name in self.shown:
                yield path, option, value, depth
                inner = _inside(option, value)
                if inner is not None:
                    yield from self._rows(inner, f"{path}.", value[0] if isinstance(value, list) else value)
        known = {option.name for option in options} | ({"type"} if above else {"action"})
        for name, value in held.items() if isinstance(held, dict) else ():
            # A name with a dot in it is not a path; what it holds is in the JSON.
            if isinstance(name, str) and name not in known and "." not in name:
                yield f"{above}{name}", None, value, depth

    def _row(self, path: str, option: Option | None, value: Any, depth: int, problems: Sequence[Problem]) -> Html:
        place = Place(self.number, path)
        name = path.rpartition(".")[2]
        wrong = "true" if any(problem.severity == "error" for problem in problems) else None
        drawn = control(option, place, value, aria_describedby=f"{place.id}-help", aria_invalid=wrong)
        marks = [("required", option.required), ("old", option.deprecated)] if option else [("not documented", True)]
        several = option is not None and option.kind == "choices" and 'role="group"' in drawn[:300]
        help_ = option.help if option else "Vonage does not document this option. It is kept as it is."
        clear = None
        if value is not None and not (option and (option.required or option.kind in ("flag", "parts"))):
            clear = button(icon("close"), "unset", args={"id": self.number, "path": path},
                           hint=f"Leave out {name}", class_="ncco-icon ncco-clear", id=f"{place.id}-clear")  # fmt: skip
        title = tag("span" if several else "label", name, class_="ncco-option", for_=None if several else place.id)
        under = [tag("div", help_, class_="ncco-help"), [line(problem, self.number) for problem in problems]]
        return tag(
            "div",
            tag("div", title, [tag("span", mark, class_="ncco-mark") for mark, on in marks if on], class_="ncco-label"),
            tag("div", drawn, clear, class_="ncco-control"),
            tag("div", under, id=f"{place.id}-help", class_="ncco-under"),
            class_=f"ncco-row ncco-depth-{min(depth, 3)}",
            id=f"row-{place.id}",
        )

    def _chips(self, hidden: Sequence[Option]) -> Html | None:
        if not hidden:
            return None
        chips = [
            button(
                [icon("plus"), option.name],
                "show",
                args={"id": self.number, "option": option.name},
                hint=f"Set {option.name}: {option.help}",
                class_="ncco-chip",
                id=f"chip-{self.number}-{safe_id(option.name)}",
            )
            for option in hidden
        ]
        return tag("div", chips, class_="ncco-chips", role="group", aria_label=f"Options of {self.name} not set")

    def _raw(self) -> Html:
        place, text = f"{self.number}-raw", as_json(self.item)
        told = [line(problem, self.number) for problem in self.problems]
        title = tag("label", "Its JSON, kept as it is", for_=place, class_="ncco-option")
        rows = min(12, text.count("\n") + 1)
        box = tag("textarea", text, id=place, rows=rows, class_="ncco-code ncco-wide", spellcheck="false",
                  data_do="put", data_args=json.dumps({"id": self.number}))  # fmt: skip
        return join([told, title, box])


def palette(*, words: bool = False) -> Html:
    """A button for each action; with ``words`` it says too what the action does."""
    chips = [
        button(
            [icon("plus"), name, tag("span", model.summary, class_="ncco-does") if words else None],
            "add",
            args={"action": name},
            hint=f"Add {name}: {model.summary}",
            class_="ncco-add",
            id="palette-first" if place == 0 else f"palette-{name}",
        )
        for place, (name, model) in enumerate(ACTIONS.items())
    ]
    head = tag("span", "What happens first in the call?" if words else "Add", class_="ncco-ask", aria_hidden="true")
    return tag("div", head, chips, class_="ncco-palette ncco-begin" if words else "ncco-palette", role="group",
               aria_label="Add an action at the end")  # fmt: skip


def _inside(option: Option, value: Any) -> tuple[Option, ...] | None:
    """The options of a group that is switched on; of an endpoint, those of its type."""
    if option.parts:
        return option.parts if isinstance(value, dict) else None
    if not option.variants or not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return None
    kind = value[0].get("type")
    variant = option.variants.get(kind) if isinstance(kind, str) else None
    return None if variant is None else tuple(one for one in variant if one.name != "type")


def _home(place: str, paths: set[str]) -> str:
    """The row that a problem is shown at: its own, or the nearest one above it."""
    while place and place not in paths:
        place = place.rpartition(".")[0]
    return place
