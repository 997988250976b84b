"""Options by their path: ``"dtmf.timeOut"``, ``"endpoint.number"`` (the list around the endpoint is understood)."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

from ...base.errors import KitError
from ...base.text import nearest
from ..models.actions import ACTIONS, known_action
from ..schema import Option, Place, find, named_options, options_of


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
    :class:`KitError`, as every name does in what is not an action.
    """
    place = place_of(item, path.removesuffix("_"))
    made: dict[str, Any] = copy.deepcopy(item)
    put_in(made, place, None if value_is_empty(value) else copy.deepcopy(value))
    if place.steps[-1] == "type" and len(place.steps) > 1:
        _keep_what_fits(made, str(place.steps[0]))
    return made


def place_of(item: Any, path: str, above: str = "") -> Place:
    """Where an option of an action is, and what the models say about it; ``above`` stands before it in messages.

    Raises :class:`KitError`, which names the near option, if there is none at that path.
    """
    name = known_action(item)
    if name is None:
        raise KitError("This is not an action that Vonage knows.", "Change its JSON as a whole.")
    place = find(options_of(ACTIONS[name]), path.split("."), item)
    if place.option is None and not place.is_free:
        raise _no_option(name, place, above)
    return place


def option_at(item: Any, path: str) -> Option | None:
    """What the models say about the option at a path of this action; ``None`` if they do not know it."""
    name = known_action(item)
    return find(options_of(ACTIONS[name]), path.split("."), item).option if name else None


def put_in(item: dict[str, Any], place: Place, value: Any) -> None:
    """Write a value there, in place; ``None`` takes away what is there. Groups on the way are made."""
    holder: Any = item
    made = {"type": place.kind} if place.kind else {}
    for step, following in pairwise(place.steps):
        held = holder.get(step) if isinstance(holder, dict) else holder[step]
        if not isinstance(held, (dict, list)) or held == []:
            if value is None:
                return
            held = holder[step] = [dict(made)] if isinstance(following, int) else dict(made)
        holder = held
    if value is not None:
        holder[place.steps[-1]] = value
    elif isinstance(holder, dict):
        holder.pop(place.steps[-1], None)


def _keep_what_fits(item: dict[str, Any], name: str) -> None:
    """After a change of type: options that only other types have go; those that nobody knows stay."""
    group = named_options(ACTIONS[item["action"]])[name]
    holder = value_at(item, name)
    holder = holder[0] if isinstance(holder, list) else holder
    if holder.get("type") not in group.variants:
        return
    known = {option.name for kind in group.variants for option in group.variants[kind]}
    for gone in known - group.inside(holder["type"]).keys():
        holder.pop(gone, None)


def _no_option(action: str, place: Place, above: str) -> KitError:
    where = above + "".join(f"{step}." for step in place.steps if isinstance(step, str))
    names = [option.name for option in place.beside]
    if not names:
        return KitError(f"There is no option inside {where.rstrip('.')}.", "The path ends there.")
    if names == ["type"]:
        given = place.held.get("type") if isinstance(place.held, dict) else None
        types = ", ".join(named_options(ACTIONS[action])[str(place.steps[0])].variants)
        said = f"The {place.steps[0]} of {action} has the type {given!r}, which there is not."
        return KitError(said, f"The types are {types}.")
    near = nearest(place.name, names)
    cure = f'Did you mean "{where}{near}"?' if near else f"There are {', '.join(names)}."
    return KitError(f'The {action} has no option "{where}{place.name}".', cure)
