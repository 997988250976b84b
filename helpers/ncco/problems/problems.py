"""What is wrong with an NCCO, in plain words, with the place and the cure."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...base.errors import KitError
from ...base.text import unseen_in, visible
from .fixes import Fix
from .rules import RULES, Severity

#: The most problems that are collected for one NCCO and for one action; nobody reads more.
MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Problem:
    """One thing to put right.

    ``severity`` is ``"error"`` (Vonage would refuse or ignore it) or ``"advice"`` (it runs, but perhaps not as meant);
    ``action`` is the position in the list, counted from 0 as Python does, or ``None`` for the NCCO as a whole;
    ``field`` is the option's path, such as ``"dtmf.timeOut"``, or ``""``. ``message`` says what is wrong, ``why`` what
    Vonage does or the caller hears because of it, ``cure`` what to write, and ``fix`` writes it. ``rule`` is a name in
    :data:`helpers.ncco.problems.rules.RULES`; a problem of no rule, or of the wrong severity, is a ``ValueError``.
    """

    severity: Severity
    action: int | None
    field: str
    message: str
    cure: str = ""
    why: str = ""
    rule: str = ""
    fix: Fix | None = dataclasses.field(default=None, compare=False)

    def __post_init__(self) -> None:
        rule = RULES.get(self.rule)
        if rule is None or rule.severity != self.severity:
            raise ValueError(f"There is no {self.severity} rule {self.rule!r} in helpers.ncco.problems.rules.")
        if not self.why:
            object.__setattr__(self, "why", rule.why)

    def __str__(self) -> str:
        place = "" if self.action is None else f"[{self.action}] "
        return visible(f"{place}{self.message} {self.cure}".strip())

    def at(self, action: int | None) -> Problem:
        """The same problem, and its fix, at that position of the list."""
        fix = self.fix.at(action) if self.fix and action is not None else self.fix
        return replace(self, action=action, fix=fix)


def error(field: str, message: str, cure: str = "", *, rule: str, why: str = "", fix: Fix | None = None) -> Problem:
    """A problem because of which the NCCO is refused; its position is filled in by whoever knows it."""
    return Problem("error", None, field, message, cure, why, rule, fix)


def advice(field: str, message: str, cure: str = "", *, rule: str, why: str = "", fix: Fix | None = None) -> Problem:
    """A problem with which the NCCO still runs; its position is filled in by whoever knows it."""
    return Problem("advice", None, field, message, cure, why, rule, fix)


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
        text = json.dumps(value[:limit] if isinstance(value, str) else value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"a Python {type(value).__name__}"
    # Half of a character can stand in a Python text, but cannot be printed.
    text = text.encode("utf-8", "backslashreplace").decode()
    text = text if len(text) <= limit else f"{text[: limit - 1]}…"
    # What nobody sees is written out: \u200b.
    return "".join(c.encode("unicode_escape").decode() if unseen_in(c) else c for c in text)


def named(name: str) -> str:
    """The name of an option for use in a sentence: as it is, or in quotes and cut if it is not an ordinary name."""
    return name if name.isidentifier() and name.isascii() and len(name) <= 40 else shown(name)


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
