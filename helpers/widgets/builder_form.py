"""What the browser shows of the builder: a card for each action, the JSON, and the problems in words.

Everything in it comes from the models; no action and no option is named here.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from helpers.ncco.actions import ACTIONS
from helpers.ncco.draft import Draft, value_at
from helpers.ncco.problems import Problem
from helpers.ncco.schema import Option, options_of
from helpers.widgets.option_controls import Row, line_of

if TYPE_CHECKING:
    from helpers.widgets.builder import Builder


class Form:
    """What the browser shows of a builder. It holds no facts of its own but which options are unfolded."""

    def __init__(self, builder: Builder, draft: Draft) -> None:
        self.builder, self.draft = builder, draft
        self.cards: list[Card] = []
        self.list = widgets.VBox()
        self.result = widgets.HTML()
        names = [(f"{name}: {model.summary}", name) for name, model in ACTIONS.items()]
        self.choice = widgets.Dropdown(
            options=names, description="New action", layout={"width": "auto", "flex": "1 1 auto"}
        )
        button = _button(
            "Add", "Add this action at the end", lambda: builder.add(self.choice.value), builder, "primary"
        )
        left = widgets.VBox([self.list, widgets.HBox([self.choice, button])])
        right = widgets.VBox([self.result])
        columns = widgets.Box([left, right])
        head = (
            '<span class="ncco-title"><b>NCCO builder</b></span> '
            '<span class="ncco-quiet">What the call does, from top to bottom.</span>'
        )
        self.box = widgets.VBox(
            [widgets.HTML(f"<style>{Path(__file__).with_name('builder.css').read_text()}</style>{head}"), columns]
        )
        named = {"builder": self.box, "columns": columns, "left": left, "right": right, "cards": self.list}
        for name, part in named.items():
            part.add_class(f"ncco-{name}")
        self.refresh()

    def refresh(self, failure: str = "") -> None:
        """Show the list as it is now. A card keeps its controls, so that the cursor keeps its place."""
        known = {id(card.item): card for card in self.cards}
        self.cards = [known.get(id(item)) or Card(self.builder, self.draft, item) for item in self.draft.items]
        problems = self.draft.problems()
        for index, card in enumerate(self.cards):
            card.show(index, len(self.cards), [p for p in problems if p.action == index])
        boxes = tuple(card.box for card in self.cards)
        if self.list.children != boxes:
            self.list.children = boxes
        self.result.value = _result(self.draft, problems, failure)


class Card:
    """One action: its heading, and a row for each option that is required, set, or unfolded."""

    def __init__(self, builder: Builder, draft: Draft, item: dict[str, Any]) -> None:
        self.builder, self.draft, self.item = builder, draft, item
        self.options = options_of(ACTIONS[item["action"]])
        self.index, self.open = 0, False
        self.rows: dict[tuple[str, int], Row] = {}
        self.nests: dict[str, Any] = {}
        self.shown: set[str] = set()
        self.title = widgets.HTML()
        self.up = _button("Up", "Move one place up", lambda: builder.move(self.index, self.index - 1), builder)
        self.down = _button("Down", "Move one place down", lambda: builder.move(self.index, self.index + 1), builder)
        remove = _button("Remove", "Remove this action", lambda: builder.remove(self.index), builder)
        self.more = _button("", "Show or hide the options that are not set", self._unfold, builder)
        moves = widgets.HBox([self.up, self.down, remove])
        head = widgets.HBox([self.title, moves])
        self.body = widgets.VBox()
        self.box = widgets.VBox([head, self.body, self.more])
        self.box.add_class("ncco-card")
        head.add_class("ncco-head")
        moves.add_class("ncco-moves")
        self.more.add_class("ncco-more")

    def _unfold(self) -> None:
        self.open = not self.open
        self.shown = set()

    def show(self, index: int, count: int, problems: list[Problem]) -> None:
        """Show the action as it is now."""
        self.index = index
        self.up.disabled, self.down.disabled = index == 0, index == count - 1
        # An option that is spoken of is shown, set or not.
        self.shown |= {p.field.partition(".")[0] for p in problems} & {option.name for option in self.options}
        on_screen: dict[str, tuple[Row, Any]] = {}
        children = tuple(self._level(self.options, "", on_screen))
        if self.body.children != children:
            self.body.children = children
        for path, (row, value) in on_screen.items():
            row.show(value, [p for p in problems if _home(p.field, on_screen) == path])
        self._head([p for p in problems if not _home(p.field, on_screen)])

    def _head(self, problems: list[Problem]) -> None:
        name = self.item["action"]
        said = "".join(f"<div>{line_of(p, place=False)}</div>" for p in problems)
        quiet = f'<span class="ncco-quiet">{escape(ACTIONS[name].summary)}</span>'
        self.title.value = f"<b>[{self.index}] {escape(name)}</b> {quiet}{said}"
        hidden = [option for option in self.options if option.name not in self.shown]
        self.more.description = "Fewer options" if self.open else f"More options ({len(hidden)})"
        self.more.layout.display = "" if self.open or hidden else "none"

    def _visible(self, option: Option) -> bool:
        if option.required or self.open or value_at(self.item, option.name) is not None:
            # What has been shown stays, or a row would vanish under the cursor when it is emptied.
            self.shown.add(option.name)
        return option.name in self.shown

    def _level(self, options: tuple[Option, ...], above: str, on_screen: dict[str, tuple[Row, Any]]) -> list[Any]:
        """The rows of these options; below each group that is switched on, the rows of its own options."""
        boxes = []
        for option in options:
            if not above and not self._visible(option):
                continue
            path = f"{above}{option.name}"
            value = value_at(self.item, path)
            row = self._row(path, option)
            on_screen[path] = (row, value)
            boxes.append(row.box)
            inner = _inside(option, value)
            if inner:
                boxes.append(self._nest(path, self._level(inner, f"{path}.", on_screen)))
        return boxes

    def _row(self, path: str, option: Option) -> Row:
        # Two types of endpoint may have an option of the same name that means something else.
        key = (path, id(option))
        if key not in self.rows:
            self.rows[key] = Row(path, option, self._typed)
        return self.rows[key]

    def _nest(self, path: str, boxes: list[Any]) -> Any:
        if path not in self.nests:
            self.nests[path] = widgets.VBox()
            self.nests[path].add_class("ncco-inside")
        if self.nests[path].children != tuple(boxes):
            self.nests[path].children = tuple(boxes)
        return self.nests[path]

    def _typed(self, path: str, value: Any) -> None:
        self.builder.attempt(lambda: self.builder.set(self.index, path, value))


def _inside(option: Option, value: Any) -> tuple[Option, ...]:
    """The options of a group that is switched on; of an endpoint, those of its type."""
    if option.parts:
        return option.parts if isinstance(value, dict) else ()
    kind = (
        value[0].get("type")
        if option.variants and isinstance(value, list) and value and isinstance(value[0], dict)
        else None
    )
    return tuple(one for one in option.variants.get(kind, ()) if one.name != "type") if isinstance(kind, str) else ()


def _home(field: str, on_screen: dict[str, Any]) -> str:
    """The row that a problem is shown at: its own, or the nearest one above it."""
    while field and field not in on_screen:
        field = field.rpartition(".")[0]
    return field


def _button(text: str, tip: str, pressed: Callable[[], Any], builder: Builder, style: str = "") -> Any:
    button = widgets.Button(description=text, tooltip=tip, button_style=style, layout={"width": "auto"})
    button.on_click(lambda _: builder.attempt(pressed))
    return button


def _result(draft: Draft, problems: list[Problem], failure: str) -> str:
    """The JSON, and below it what is wrong with it."""
    lines = [f"<li>{line_of(p)}</li>" for p in problems]
    errors = sum(p.severity == "error" for p in problems)
    if not draft.items:
        said = '<div class="ncco-quiet">Add a first action below.</div>'
        lines = []
    elif errors:
        said = f"<b>Not ready:</b> {errors} error{'s' if errors > 1 else ''} to put right."
    else:
        said = f"<b>Ready.</b> {'It runs, but look at this:' if lines else 'Nothing to put right.'}"
    broken = f'<div><span class="ncco-error">This did not work:</span> {escape(failure)}</div>' if failure else ""
    listed = f'<ul class="ncco-list">{"".join(lines)}</ul>' if lines else ""
    return (
        f'<b>JSON</b><div class="ncco-json">{escape(draft.to_json())}</div>'
        f'<div role="status" aria-live="polite">{broken}{said}{listed}</div>'
    )
