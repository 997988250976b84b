"""One control for each kind of option: made from what the models say, and knowing nothing else about NCCOs.

A control shows a value and hands back what was typed, as JSON data if it can be read so and as the bare text if not:
the checks then speak about it, and nothing that was typed is lost. A value that the control of its option cannot show,
such as a list where a tick belongs, is shown as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ...base.html import Html, join, tag
from ...ncco.schema import Option

# Longer texts get a box of several lines.
_LONG = 200
_TEXT_BOX = {"data_do": "set", "autocomplete": "off", "spellcheck": "false"}


class Place:
    """Where a control stands: the number of its action, and the option's path."""

    def __init__(self, number: int, path: str) -> None:
        self.number, self.path = number, path
        self.id = f"{number}-{safe_id(path)}"

    def args(self, **more: Any) -> str:
        """What the control says about itself when it is used."""
        return json.dumps({"id": self.number, "path": self.path, **more})


def safe_id(text: str) -> str:
    """A text as part of an element's id: no spaces, and another one for another text."""
    return re.sub(r"[^A-Za-z0-9.-]", lambda found: f"_{ord(found[0]):x}", text)


def control(option: Option | None, place: Place, value: Any, **more: Any) -> Html:
    """The control for an option with that value; ``more`` are attributes of it."""
    more |= {"id": place.id}
    if option is None or not _fits(option, value):
        return _raw(place, value, more)
    return _MAKERS.get(option.kind, _text)(option, place, value, more)


def read(option: Option | None, typed: Any) -> Any:
    """The value that was meant by what was typed, ticked or chosen; ``None`` for "not set"."""
    if isinstance(typed, bool):
        if option is not None and option.parts:
            return {} if typed else None
        # The default is left out of the JSON: what is not said cannot be wrong.
        return None if option is not None and typed is bool(option.default) else typed
    text = str(typed)
    if option is None or option.kind in ("list", "object", "flag", "parts", "choices"):
        return as_data(text)
    if option.kind == "choice":
        return json.loads(text) if text else None
    if option.is_number:
        return as_number(text)
    if option.kind == "urls":
        text = text.strip()
        return as_data(text) if text.startswith("[") else [text] if text else None
    if option.variants:
        return as_data(text) if text.startswith(("[", "{")) else [{"type": text}] if text else None
    # A text keeps its spaces: they may be meant. In an address they never are.
    return (text.strip() if option.kind == "url" else text) or None


def as_number(text: str) -> Any:
    """The number in a text; the text itself if it is none; ``None`` for an empty one."""
    text = text.strip()
    if re.fullmatch(r"[+-]?\d{1,9}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[+-]?\d{0,9}\.\d{1,9}", text) else text or None


def as_data(text: str) -> Any:
    """The JSON in a text; the text itself if it is none; ``None`` for an empty one."""
    try:
        return json.loads(text, parse_constant=lambda _: text.strip())
    except (ValueError, RecursionError):
        return text.strip() or None


def as_typed(option: Option | None, value: Any) -> str:
    """A value as a person would type it into the control."""
    if value is None:
        return ""
    if isinstance(value, list) and option is not None and option.kind == "urls":
        value = value[0] if len(value) == 1 and isinstance(value[0], str) and value[0][:1] != "[" else value
    if isinstance(value, str) and (option is None or option.kind not in ("list", "object")):
        # A text that would be read back as something else stands in quotes.
        return value if option is not None or as_data(value) == value else json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)


def limits(option: Option) -> str:
    """The range of a number in a few words: ``-1 to 1``, ``0 or more``."""
    low, high = option.minimum, option.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"{low:g} or more" if low is not None else f"{high:g} at most" if high is not None else "a number"


def _fits(option: Option, value: Any) -> bool:
    """Can the control of this option show that value?"""
    if value is None:
        return True
    if option.kind == "flag":
        return isinstance(value, bool)
    if option.parts:
        return isinstance(value, dict)
    if option.kind == "choices":
        return isinstance(value, list) and all(one in option.choices for one in value)
    if not option.variants:
        return True
    first = value[0] if isinstance(value, list) and value else None
    return isinstance(first, dict) and first.get("type") in (None, *option.variants)


def _flag(option: Option, place: Place, value: Any, more: dict[str, Any]) -> Html:
    on = bool(option.default if value is None else value)
    return tag("input", type="checkbox", class_="ncco-switch", role="switch", checked=on, data_do="set",
               data_args=place.args(), **more)  # fmt: skip


def _group(option: Option, place: Place, value: Any, more: dict[str, Any]) -> Html:
    return _flag(option, place, value is not None, more)


def _variants(option: Option, place: Place, value: Any, more: dict[str, Any]) -> Html:
    kind = value[0].get("type") if value else None
    choices = [("", "choose a type"), *((name, name) for name in option.variants)]
    return _select(choices, kind or "", place, more)


def _choice(option: Option, place: Place, value: Any, more: dict[str, Any]) -> Html:
    unset = "choose" if option.required else "not set" if option.default is None else f"not set ({option.default})"
    choices = [("", unset), *((json.dumps(choice), str(choice)) for choice in option.choices)]
    if value is not None and value not in option.choices:
        choices.append((json.dumps(value, default=repr), f"{value} (not allowed)"))
    return _select(choices, "" if value is None else json.dumps(value, default=repr), place, more)


def _select(choices: list[tuple[str, str]], chosen: str, place: Place, more: dict[str, Any]) -> Html:
    options = [tag("option", words, value=key, selected=key == chosen) for key, words in choices]
    return tag("select", options, data_do="set", data_args=place.args(), **more)


def _choices(option: Option, place: Place, value: Any, more: dict[str, Any]) -> Html:
    boxes = []
    for number, choice in enumerate(option.choices):
        box = tag("input", type="checkbox", checked=choice in (value or ()), data_do="tick",
                  data_args=place.args(choice=choice), id=f"{place.id}-{number}")  # fmt: skip
        boxes.append(tag("label", box, " ", str(choice), class_="ncco-tick"))
    described = more.get("aria_describedby")
    return tag("div", boxes, class_="ncco-ticks", role="group", id=place.id, aria_label=option.name,
               aria_describedby=described)  # fmt: skip


def _number(option: Option, place: Place, value: Any, more: dict[str, Any]) -> Html:
    start = f", {option.default:g} if not set" if isinstance(option.default, (int, float)) else ""
    hint = f"{limits(option)}{start}"
    box = tag("input", type="text", inputmode="decimal", class_="ncco-number", value=as_typed(option, value),
              placeholder=hint, data_args=place.args(), data_live=True, **_TEXT_BOX, **more)  # fmt: skip
    unit = tag("span", option.unit, class_="ncco-unit") if option.unit else None
    low, high, step = option.minimum, option.maximum, option.step
    if low is None or high is None or step is None:
        return join([box, unit])
    at = value if isinstance(value, (int, float)) and not isinstance(value, bool) else option.default
    slider = tag("input", type="range", min=f"{low:g}", max=f"{high:g}", step=f"{step:g}", value=at or 0,
                 aria_label=f"{option.name}, slider", id=f"{place.id}-slider", data_do="set", data_args=place.args(),
                 data_live=True)  # fmt: skip
    return join([box, unit, slider])


def _json(option: Option, place: Place, value: Any, more: dict[str, Any]) -> Html:
    hint = json.dumps(option.example, ensure_ascii=False) if option.example is not None else ""
    return tag("textarea", as_typed(option, value), rows=2, class_="ncco-code", placeholder=hint,
               data_args=place.args(), **_TEXT_BOX, **more)  # fmt: skip


def _raw(place: Place, value: Any, more: dict[str, Any]) -> Html:
    return tag("textarea", as_typed(None, value), rows=1, class_="ncco-code", data_args=place.args(raw=True),
               **_TEXT_BOX, **more)  # fmt: skip


def _text(option: Option, place: Place, value: Any, more: dict[str, Any]) -> Html:
    example = option.example
    if option.kind == "urls" and isinstance(example, list) and example:
        example = example[0]
    hint = f"not set: {option.default}" if option.default is not None else f"such as {example}" if example else ""
    same = {"placeholder": hint, "data_args": place.args(), "data_live": True, **_TEXT_BOX, **more}
    shown = as_typed(option, value)
    if option.longest is not None and option.longest > _LONG:
        return tag("textarea", shown, rows=2, **{**same, "spellcheck": "true"})
    if not option.suggest:
        return tag("input", type="text", value=shown, **same)
    known = tag("datalist", [tag("option", value=one) for one in option.suggest], id=f"{place.id}-list")
    return join([tag("input", type="text", value=shown, list=f"{place.id}-list", **same), known])


_MAKERS: dict[str, Callable[[Option, Place, Any, dict[str, Any]], Html]] = {
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
