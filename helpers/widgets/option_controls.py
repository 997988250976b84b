"""One control for each kind of option: made from what the models say, and knowing nothing else about NCCOs.

A control shows a value and hands back what was typed, as JSON data if it can be read so and as the bare text if not:
the checks then speak about it, and nothing that was typed is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets

from helpers.ncco.problems import Problem
from helpers.ncco.schema import Option

Hand = Callable[[Any], None]
_NARROW = {"description_width": "132px"}
# Longer texts get a box of several lines.
_LONG = 200


class Row:
    """One option on the screen: its control, what it means, and what is wrong with it."""

    def __init__(self, path: str, option: Option, changed: Callable[[str, Any], None]) -> None:
        self.path, self.option = path, option
        self._silent = False
        self._changed = changed
        self.control, self._read, self._write = _control(option, self._typed)
        self.control.add_class("ncco-control")
        self.note = widgets.HTML()
        self.note.add_class("ncco-note")
        self.box = widgets.Box([self.control, self.note])
        self.box.add_class("ncco-row")

    def _typed(self, _: Any = None) -> None:
        if self._silent:
            return
        value = self._read()
        if self.option.variants and value:
            # Another type keeps what both types have.
            self._changed(f"{self.path}.type", value[0]["type"])
        else:
            self._changed(self.path, value)

    def show(self, value: Any, problems: list[Problem]) -> None:
        """Show a value, and the problems with it in words."""
        self._silent = True
        try:
            # What a person typed stays as typed as long as it means the same.
            if self._read() != value:
                self._write(value)
        finally:
            self._silent = False
        said = "".join(f"<div>{line_of(p, place=False)}</div>" for p in problems)
        note = f"{escape(self.option.help)}{_tail(self.option)}{said}"
        if self.note.value != note:
            self.note.value = note


def line_of(problem: Problem, *, place: bool = True) -> str:
    """A problem as HTML: its severity in words, then what is wrong and what to write."""
    text = str(problem if place else problem.at(None))
    return f'<span class="ncco-{problem.severity}">{problem.severity.capitalize()}:</span> {escape(text)}'


def _tail(option: Option) -> str:
    marks = ["required" if option.required else "", "deprecated" if option.deprecated else ""]
    return "".join(f' <span class="ncco-mark">{mark}</span>' for mark in marks if mark)


def _control(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    """A widget for that kind of option, a function that reads it, and one that fills it."""
    makers = {
        "flag": _flag,
        "parts": _group,
        "variants": _variants,
        "choice": _choice,
        "choices": _choices,
        "whole number": _number,
        "number": _number,
        "list": _json,
        "object": _json,
    }
    return makers.get(option.kind, _text)(option, typed)


def _flag(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    box = widgets.Checkbox(value=bool(option.default), description=option.name, style=_NARROW)
    box.observe(typed, "value")
    # The default is left out of the JSON: what is not said cannot be wrong.
    return (
        box,
        lambda: None if box.value == bool(option.default) else box.value,
        lambda value: _tick(box, option, value),
    )


def _tick(box: Any, option: Option, value: Any) -> None:
    box.value = value if isinstance(value, bool) else bool(option.default)


def _group(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    box = widgets.Checkbox(value=False, description=f"{option.name} …", style=_NARROW)
    box.observe(typed, "value")

    def fill(value: Any) -> None:
        box.value = value is not None

    return box, lambda: {} if box.value else None, fill


def _variants(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    box = widgets.Dropdown(
        options=[("choose a type", None), *((name, name) for name in option.variants)],
        description=option.name,
        style=_NARROW,
    )
    box.observe(typed, "value")

    def fill(value: Any) -> None:
        kind = value[0].get("type") if isinstance(value, list) and value and isinstance(value[0], dict) else None
        box.value = kind if isinstance(kind, str) and kind in option.variants else None

    return box, lambda: [{"type": box.value}] if box.value else None, fill


def _choice(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    unset = "not set" if option.default is None else f"not set ({option.default})"
    regular = [("choose" if option.required else unset, None), *((str(choice), choice) for choice in option.choices)]
    box = widgets.Dropdown(options=regular, description=option.name, style=_NARROW)
    box.observe(typed, "value")

    def fill(value: Any) -> None:
        known = value is None or value in option.choices
        box.options = regular if known else [*regular, (f"{value} (not allowed)", value)]
        box.value = value

    return box, lambda: box.value, fill


def _choices(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    boxes = {
        choice: widgets.Checkbox(
            description=str(choice), indent=False, layout={"width": "auto", "margin": "0 14px 0 0"}
        )
        for choice in option.choices
    }
    for box in boxes.values():
        box.observe(typed, "value")
    label = widgets.HTML(f'<span class="ncco-label">{escape(option.name)}</span>')
    held: list[Any] = [None]

    def read() -> Any:
        ticked = [choice for choice, box in boxes.items() if box.value]
        # What no box can show (a wrong value set from Python) is kept until a box is used.
        return held[0] if held[0] is not None and ticked == _among(held[0], boxes) else ticked or None

    def fill(value: Any) -> None:
        held[0] = value
        for choice, box in boxes.items():
            box.value = choice in _among(value, boxes)

    return widgets.HBox([label, *boxes.values()]), read, fill


def _among(value: Any, known: Any) -> list[Any]:
    return [choice for choice in known if isinstance(value, list) and choice in value]


def _number(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    # Not a BoundedFloatText: that one silently turns a 99 into the maximum, and can never be empty.
    low, high = option.minimum, option.maximum
    limits = f"{low:g} to {high:g}" if low is not None and high is not None else f"{low or 0:g} or more"
    start = f" (not set: {option.default:g})" if option.default is not None else ""
    box = _field(widgets.Text, option, f"{limits}{start}", typed)
    return box, lambda: _as_number(box.value), lambda value: _fill(box, value)


def _as_number(text: str) -> Any:
    text = text.strip()
    if re.fullmatch(r"[+-]?\d{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[+-]?\d{0,9}\.\d{1,9}", text) else text or None


def _json(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    box = _field(widgets.Textarea, option, json.dumps(option.example), typed, rows=2)
    return box, lambda: _as_json(box.value), lambda value: _fill(box, value, as_json=not isinstance(value, str))


def _as_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip() or None


def _text(option: Option, typed: Hand) -> tuple[Any, Callable[[], Any], Hand]:
    in_list = option.kind == "urls"
    example = option.example[0] if in_list and option.example else option.example
    hint = f"not set: {option.default}" if option.default is not None else f"such as {example}" if example else ""
    long = option.longest is not None and option.longest > _LONG
    kind = widgets.Combobox if option.suggest else widgets.Textarea if long else widgets.Text
    extra = {"options": option.suggest} if option.suggest else {"rows": 3} if long else {}
    box = _field(kind, option, hint, typed, **extra)

    def read() -> Any:
        text = box.value if long else box.value.strip()
        if in_list and text.startswith("["):
            return _as_json(text)
        return ([text] if in_list else text) if text else None

    def fill(value: Any) -> None:
        single = in_list and isinstance(value, list) and len(value) == 1 and isinstance(value[0], str)
        _fill(box, value[0] if single else value)

    return box, read, fill


def _field(kind: Any, option: Option, hint: str, typed: Hand, **extra: Any) -> Any:
    # A change counts when the field is left: checking each key would complain about every half-typed address.
    box = kind(description=option.name, placeholder=hint, continuous_update=False, style=_NARROW, **extra)
    box.observe(typed, "value")
    return box


def _fill(box: Any, value: Any, *, as_json: bool = False) -> None:
    plain = isinstance(value, str) and not as_json
    box.value = "" if value is None else value if plain else json.dumps(value, ensure_ascii=False, default=repr)
