"""What can be wrong with an NCCO, in plain words: ``Problem``, and the error that carries all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from helpers.errors import KitError

Severity = Literal["error", "advice"]

# Errors that are named. Nobody reads more, and finding words for each takes time in which a server does nothing else.
MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Problem:
    """One thing to put right.

    ``severity`` is ``"error"`` (the NCCO is refused) or ``"advice"`` (it runs, but perhaps not as meant); ``action`` is
    the position in the list, counted from 0 as Python does, or ``None`` for the NCCO as a whole; ``field`` is the
    option's path, such as ``"dtmf.timeOut"``, or ``""``; ``message`` says what is wrong and ``cure`` what to write.
    """

    severity: Severity
    action: int | None
    field: str
    message: str
    cure: str = ""

    def __str__(self) -> str:
        place = "" if self.action is None else f"[{self.action}] "
        return f"{place}{self.message} {self.cure}".strip()

    def at(self, action: int | None) -> Problem:
        """The same problem, at that position of the list."""
        return replace(self, action=action)


def error(field: str, message: str, cure: str = "") -> Problem:
    """A problem because of which the NCCO is refused; its position is filled in by whoever knows it."""
    return Problem("error", None, field, message, cure)


def advice(field: str, message: str, cure: str = "") -> Problem:
    """A problem with which the NCCO still runs; its position is filled in by whoever knows it."""
    return Problem("advice", None, field, message, cure)


class NccoError(KitError):
    """The NCCO, or one action of it, cannot be used. ``.problems`` holds everything that was found, advice included."""

    problems: list[Problem]

    def __init__(self, problems: Sequence[Problem], what: str = "This NCCO") -> None:
        errors = [p for p in problems if p.severity == "error"]
        if len(errors) == 1:
            super().__init__(
                f"{what} has 1 error: {str(errors[0]).removesuffix(errors[0].cure).strip()}", errors[0].cure
            )
        else:
            lines = [f"\n  {number}. {problem}" for number, problem in enumerate(errors, 1)]
            super().__init__(f"{what} has {len(errors)} errors:{''.join(lines)}")
        self.problems = list(problems)


def shown(value: Any, limit: int = 60) -> str:
    """A value as JSON would write it, cut to ``limit`` characters, for use in a sentence."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"a Python {type(value).__name__}"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def kind_of(value: Any) -> str:
    """What a value is, in JSON's terms: ``text``, ``a number``, ``a list`` …"""
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "true or false"),
        (str, "text"),
        ((int, float), "a number"),
        (dict, "an object"),
        ((list, tuple), "a list"),
    ]
    if value is None:
        return "null"
    return next((name for types, name in names if isinstance(value, types)), f"a Python {type(value).__name__}")
