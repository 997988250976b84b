"""Templates filled in before an NCCO is checked, action by action; what cannot be filled in stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...base.errors import KitError
from ..problems.problems import Problem, error


def fill_in(
    items: list[Any], variables: Mapping[str, Any], skip: Collection[int] = ()
) -> tuple[list[Any], dict[int, list[Problem]]]:
    """The items with their templates filled in, and the problems of those where it cannot be done, by position."""
    from .templates import fill

    made: list[Any] = []
    found: dict[int, list[Problem]] = {}
    for index, item in enumerate(items):
        made.append(item)
        if index in skip or not _has_template(item):
            continue
        try:
            (made[index],), told = fill([item], variables)
            problems = [problem.at(None) for problem in told]
        except KitError as problem:
            problems = [error("", problem.message, problem.cure, rule="malformed-template")]
        except Exception as problem:  # the variables are the reader's own objects, and may raise anything
            said = f"The variables cannot be read: {type(problem).__name__}."
            problems = [error("", said, "Use a dict of texts, numbers, lists and dicts.", rule="unknown-variable")]
        if problems:
            found[index] = problems
    return made, found


def _has_template(value: Any) -> bool:
    """True if a text anywhere in it, or a name, holds ``{{``. It is no deeper than :data:`shape.DEEPEST`."""
    if isinstance(value, str):
        return "{{" in value
    if isinstance(value, dict):
        return any(_has_template(name) or _has_template(one) for name, one in value.items())
    return isinstance(value, (list, tuple)) and any(map(_has_template, value))
