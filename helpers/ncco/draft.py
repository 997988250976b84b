"""An NCCO in the making: a plain list that may hold mistakes, and the moves an editor makes on it."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from helpers.errors import KitError
from helpers.ncco.actions import ACTIONS
from helpers.ncco.document import Ncco, check, parse
from helpers.ncco.jsontext import from_json
from helpers.ncco.problems import NccoError, Problem
from helpers.ncco.schema import Option, options_of
from helpers.ncco.words import did_you_mean


class Draft:
    """A list of actions as dicts, with any value in them. Positions count from 0.

    An option is named by its path: ``"loop"``, ``"dtmf.timeOut"``, ``"endpoint.number"`` (the list around the endpoint
    is understood). An unknown name raises :class:`KitError`; a wrong value is kept, and :meth:`problems` speaks of it.
    """

    def __init__(self, ncco: Any = None) -> None:
        self.items: list[dict[str, Any]] = []
        if ncco is not None:
            self.load(ncco)

    def load(self, ncco: Any) -> None:
        """Take over a whole NCCO: a list, JSON text or ``Ncco``. Unknown actions are refused, wrong values are kept."""
        data = from_json(ncco)[0] if isinstance(ncco, (str, bytes)) else ncco
        found = check(ncco)
        if data != [] and any(p.severity == "error" and (p.action is None or p.field == "action") for p in found):
            raise NccoError(found)
        items = data.to_list() if isinstance(data, Ncco) else [i if isinstance(i, dict) else i.to_dict() for i in data]
        self.items = copy.deepcopy(list(items))

    def add(self, action: str, at: int | None = None, **options: Any) -> int:
        """Put in an action, at the end or at a position. Returns its position."""
        if action not in ACTIONS:
            meant = did_you_mean(action, ACTIONS)
            raise KitError(
                f"There is no action {action!r}.",
                f"Did you mean {meant}?" if meant else f"The actions are: {', '.join(ACTIONS)}.",
            )
        item: dict[str, Any] = {"action": action}
        for name, value in options.items():
            _put(item, name, value)
        place = len(self.items) if at is None else max(0, min(at, len(self.items)))
        self.items.insert(place, item)
        return place

    def remove(self, index: int) -> None:
        """Take out the action at that position."""
        del self.items[self._place(index)]

    def move(self, index: int, to: int) -> None:
        """Put the action at ``index`` to the position ``to``."""
        index, to = self._place(index), self._place(to)
        self.items.insert(to, self.items.pop(index))

    def set(self, index: int, option: str, value: Any) -> None:
        """Give an option a value; ``None`` or empty text takes it out, so that the default holds."""
        _put(self.items[self._place(index)], option, value)

    def get(self, index: int, option: str) -> Any:
        """What the option holds; ``None`` if it is not set."""
        return value_at(self.items[self._place(index)], option)

    def to_list(self) -> list[dict[str, Any]]:
        """A copy of the list, as JSON would have it."""
        return copy.deepcopy(self.items)

    def to_json(self) -> str:
        """The list as JSON text, mistakes included."""
        text = json.dumps(self.items, indent=2, ensure_ascii=False, default=repr)
        # A list of one text reads better on one line; JSON texts hold no line breaks, so this finds lists only.
        return re.sub(r'\[\n\s+("[^\n]*")\n\s+\]', r"[\1]", text)

    def problems(self) -> list[Problem]:
        """All that is wrong or doubtful about it now."""
        return check(self.items)

    def ncco(self) -> Ncco:
        """The checked NCCO; raises :class:`NccoError` while there is an error."""
        return parse(self.to_list())

    def __str__(self) -> str:
        if not self.items:
            return "(no action yet)"
        lines = []
        for index, item in enumerate(self.items):
            lines.append(f"[{index}] {item['action']}")
            names = [name for name in item if name != "action"]
            width = max(map(len, names), default=0)
            lines += [
                f"    {name:<{width}}  {json.dumps(item[name], ensure_ascii=False, default=repr)}" for name in names
            ]
        found = self.problems()
        lines += [f"{problem.severity}: {problem}" for problem in found] or ["No problems."]
        return "\n".join(lines)

    def _place(self, index: int) -> int:
        count = len(self.items)
        if not isinstance(index, int) or not -count <= index < count:
            raise KitError(
                f"There is no action {index!r}: there are {count}.",
                f"Count from 0 to {count - 1}." if count else 'Add one first: add("talk").',
            )
        return index % count


def value_at(item: dict[str, Any], path: str) -> Any:
    """The value at an option's path in one action; ``None`` if there is none."""
    value: Any = item
    for name in path.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _put(item: dict[str, Any], path: str, value: Any) -> None:
    steps = path.removesuffix("_").split(".")
    known: tuple[Option, ...] = options_of(ACTIONS[item["action"]])
    holder = item
    for depth, name in enumerate(steps):
        option = next((one for one in known if one.name == name), None)
        if option is None:
            raise _no_option(item["action"], path, name, known)
        if depth == len(steps) - 1:
            _store(holder, option, value)
            if option.name == "type" and depth:
                _keep_what_fits(item, steps[:-1], holder)
            return
        if value_is_empty(value) and name not in holder:
            return
        holder, known = _inside(holder, option)


def _inside(holder: dict[str, Any], option: Option) -> tuple[dict[str, Any], tuple[Option, ...]]:
    """The object that an option holds, made if need be, and the options it knows."""
    held = holder.get(option.name)
    if option.variants:
        if not (isinstance(held, list) and held and isinstance(held[0], dict)):
            held = holder[option.name] = [{"type": next(iter(option.variants))}]
        variant = held[0].get("type")
        types = {o.name: o for o in option.variants.get(variant, ())}
        # Changing the type is possible from any type.
        types.setdefault("type", next(o for o in next(iter(option.variants.values())) if o.name == "type"))
        return held[0], tuple(types.values())
    if not isinstance(held, dict):
        held = holder[option.name] = {}
    return held, option.parts


def _store(holder: dict[str, Any], option: Option, value: Any) -> None:
    if value_is_empty(value):
        holder.pop(option.name, None)
    else:
        holder[option.name] = copy.deepcopy(value)


def _keep_what_fits(item: dict[str, Any], above: list[str], holder: dict[str, Any]) -> None:
    """After a change of type: options that the new type does not have go."""
    options = options_of(ACTIONS[item["action"]])
    group = next((option for option in options if option.name == above[0]), None)
    names = {option.name for option in group.variants.get(holder.get("type", ""), ())} if group else set()
    for name in [name for name in holder if names and name not in names]:
        del holder[name]


def value_is_empty(value: Any) -> bool:
    """True for what means "not set": ``None``, empty text, a list of empty texts. ``[]`` and ``{}`` say something."""
    return value is None or value == "" or (isinstance(value, list) and bool(value) and all(one == "" for one in value))


def _no_option(action: str, path: str, name: str, known: tuple[Option, ...]) -> KitError:
    names = [option.name for option in known]
    meant = did_you_mean(name, names)
    cure = f"Did you mean {meant}?" if meant else f"The options here are: {', '.join(names)}."
    return KitError(f"{action} has no option {path!r}.", cure)
