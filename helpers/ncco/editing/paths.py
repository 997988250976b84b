"""Options by their path: ``"dtmf.timeOut"``, ``"endpoint.number"`` (the list around the endpoint is understood)."""

from __future__ import annotations

import copy
from typing import Any

from ...base.errors import KitError
from ...base.text import nearest
from ..models.actions import ACTIONS
from ..schema import Option, options_of


def known_action(item: Any) -> str | None:
    """The name of the action if it is one of Vonage's; ``None`` for anything else that stands in a list."""
    name = item.get("action") if isinstance(item, dict) else None
    return name if isinstance(name, str) and name in ACTIONS else None


def value_at(item: Any, path: str) -> Any:
    """The value at an option's path in one action; ``None`` if there is none."""
    value: Any = item
    for name in path.split("."):
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
    return value


def value_is_empty(value: Any) -> bool:
    """True for what means "not set": ``None``, empty text, a list of empty texts. ``[]`` and ``{}`` say something."""
    return value is None or value == "" or (isinstance(value, list) and bool(value) and all(one == "" for one in value))


def with_value(item: Any, path: str, value: Any) -> dict[str, Any]:
    """A copy of an action in which the option has that value; an empty one takes the option out.

    An option that Vonage does not document can be changed where it is, but not made: a new name raises
    :class:`KitError`, as every name does in what is no action.
    """
    name = known_action(item)
    if name is None:
        raise KitError("This is no action that Vonage knows.", "Change its JSON as a whole.")
    made: dict[str, Any] = copy.deepcopy(item)
    _put(made, name, path.removesuffix("_"), value)
    return made


def _put(item: dict[str, Any], action: str, path: str, value: Any) -> None:
    steps = path.split(".")
    known: tuple[Option, ...] = options_of(ACTIONS[action])
    holder = item
    for depth, name in enumerate(steps):
        last = depth == len(steps) - 1
        option = next((one for one in known if one.name == name), None)
        if option is None and name not in holder:
            raise _no_option(action, path, name, known)
        if last:
            _store(holder, name, value)
            if option is not None and name == "type" and depth:
                _keep_what_fits(action, steps[0], holder)
            return
        if value_is_empty(value) and name not in holder:
            return
        holder, known = _inside(holder, name, option)


def _inside(holder: dict[str, Any], name: str, option: Option | None) -> tuple[dict[str, Any], tuple[Option, ...]]:
    """The object that an option holds, made if need be, and the options it knows."""
    held = holder.get(name)
    if option is not None and option.variants:
        if not (isinstance(held, list) and held and isinstance(held[0], dict)):
            held = holder[name] = [{"type": next(iter(option.variants))}]
        kind = held[0].get("type")
        types = {o.name: o for o in option.variants.get(kind if isinstance(kind, str) else "", ())}
        # Changing the type is possible from any type.
        types.setdefault("type", next(o for o in next(iter(option.variants.values())) if o.name == "type"))
        return held[0], tuple(types.values())
    if not isinstance(held, dict):
        held = holder[name] = {}
    return held, option.parts if option is not None else ()


def _store(holder: dict[str, Any], name: str, value: Any) -> None:
    if value_is_empty(value):
        holder.pop(name, None)
    else:
        holder[name] = copy.deepcopy(value)


def _keep_what_fits(action: str, above: str, holder: dict[str, Any]) -> None:
    """After a change of type: options that only other types have go; those that nobody knows stay."""
    group = next((option for option in options_of(ACTIONS[action]) if option.name == above), None)
    if group is None or holder.get("type") not in group.variants:
        return
    mine = {option.name for option in group.variants[holder["type"]]}
    others = {option.name for variant in group.variants.values() for option in variant} - mine
    for name in [name for name in holder if name in others]:
        del holder[name]


def _no_option(action: str, path: str, name: str, known: tuple[Option, ...]) -> KitError:
    names = [option.name for option in known]
    meant = nearest(name, names)
    cure = f"Did you mean {meant}?" if meant else f"The options here are: {', '.join(names)}."
    return KitError(f"{action} has no option {path!r}.", cure)


def option_at(item: Any, path: str) -> Option | None:
    """What the models say about the option at a path of this action; ``None`` if they do not know it."""
    name = known_action(item)
    known = options_of(ACTIONS[name]) if name else ()
    found: Option | None = None
    for step in path.split("."):
        found = next((option for option in known if option.name == step), None)
        if found is None:
            return None
        item = value_at(item, step)
        kind = item[0].get("type") if isinstance(item, list) and item and isinstance(item[0], dict) else None
        known = found.parts or found.variants.get(kind if isinstance(kind, str) else "", ())
        if found.variants and not known:
            known = tuple(option for option in next(iter(found.variants.values())) if option.name == "type")
    return found
