"""Findings: what a check found, in one line, and what to do where it is not as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .errors import KitError

Check = Callable[[], str]  # gives what it found, or raises


class CheckFailed(KitError):
    """A check that failed: what was found, and what to do about it."""


class Unknown(KitError):
    """What a check cannot tell from here, or what is missing and not needed."""


@dataclass(frozen=True)
class Finding:
    """One line of the report. ``ready`` is None where nobody knows, or where something optional is missing."""

    name: str
    ready: bool | None
    found: str
    cure: str = ""

    def __str__(self) -> str:
        word = {True: "ok", False: "NO", None: "--"}[self.ready]
        line = f"{word}  {self.name:<9} {self.found}"
        return f"{line}\n    {'':<9} -> {self.cure}" if self.cure else line


def look(checks: Mapping[str, Check], broken: str = "") -> Iterator[Finding]:
    """Each check's finding as soon as it is known. ``broken`` is the cure of a check that breaks itself."""
    for name, check in checks.items():
        try:
            yield Finding(name, True, check())
        except KitError as problem:
            yield Finding(name, None if isinstance(problem, Unknown) else False, problem.message, problem.cure)
        except Exception as error:  # a check must never end the report
            found = KitError(f"{type(error).__name__}: {error}").message  # without secrets
            yield Finding(name, False, found, broken)
