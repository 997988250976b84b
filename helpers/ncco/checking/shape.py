"""Is it JSON at all? Data from Python can hold sets, NaN, circles and half characters, which nobody can send.

It is looked through without recursion, so that what is nested endlessly cannot break the look itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..data import Path, field_of
from ..problems.problems import MOST_PROBLEMS, Problem, error, kind_of, shown

#: Levels of lists and objects; an NCCO has five of its own, the rest is for free data such as a payload.
DEEPEST = 200
# Python writes no longer whole numbers out unless it is told to.
_MOST_BITS = 14_000


def shape_problems(items: Sequence[Any]) -> dict[int, list[Problem]]:
    """What in each action cannot be written as JSON, by the position of the action."""
    found: dict[int, list[Problem]] = {}
    for index, item in enumerate(items):
        problems = _look_through(item)
        if problems:
            found[index] = problems
    return found


def _look_through(item: Any) -> list[Problem]:
    name = item.get("action") if isinstance(item, dict) else None
    owner = name if isinstance(name, str) and len(name) < 30 and name.isidentifier() else "the action"
    found: list[Problem] = []
    waiting: list[tuple[Any, Path]] = [(item, ())]
    while waiting and len(found) < MOST_PROBLEMS:
        value, path = waiting.pop()
        if isinstance(value, dict):
            children = list(value.items())
        elif isinstance(value, (list, tuple)):
            children = list(enumerate(value))
        else:
            children = []
        if len(path) >= DEEPEST and children:
            message = f"It is nested more than {DEEPEST} levels deep."
            return [error(field_of(path[:1]), message, "An NCCO itself has five levels at most.", rule="too-deep")]
        for key, one in children:
            if isinstance(value, dict) and not _is_name(key):
                found.append(_no_name(owner, key))
                continue
            if isinstance(one, (dict, list, tuple)):
                waiting.append((one, (*path, key)))
            elif (said := _fault(one)) is not None:
                found.append(_no_value(owner, (*path, key), one, said))
    return found


def _is_name(key: Any) -> bool:
    return isinstance(key, str) and (key.isascii() or _is_whole(key))


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fault(value: Any) -> str | None:
    """Why this single value is no JSON; ``None`` if it is."""
    if isinstance(value, str):
        return None if value.isascii() or _is_whole(value) else "holds half of a character"
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if value.bit_length() < _MOST_BITS else "is a number of thousands of digits"
    if isinstance(value, float):
        return None if math.isfinite(value) else f"is {value}, which JSON does not know"
    # A model inside a list is data in another form.
    return None if hasattr(type(value), "model_fields") else f"is {kind_of(value)}, which JSON does not know"


def _no_value(owner: str, path: Path, value: Any, said: str) -> Problem:
    if isinstance(value, str):
        cure = "Write the character itself, or both of its halves: \\ud83d\\ude00."
        return error(field_of(path), f"{field_of(path)} of {owner} {said}.", cure, rule="half-character")
    cure = "Use an ordinary number." if isinstance(value, (int, float)) else "Use text, numbers, lists and dicts."
    return error(field_of(path), f"{field_of(path)} of {owner} {said}.", cure, rule="no-json-value")


def _no_name(owner: str, key: Any) -> Problem:
    if isinstance(key, str):
        message = f"{owner}: the name {shown(key)} holds half of a character."
        return error("", message, "Write the character itself, or both of its halves.", rule="half-character")
    message = f"{owner}: {shown(key)} is not a name: names are text."
    return error("", message, "Put quotes around it.", rule="no-json-value")
