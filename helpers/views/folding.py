"""A long call in fewer steps: what repeats is told once, and of the rest the beginning, the end and what went wrong."""

from __future__ import annotations

import re

from ..calls.story import Step

MOST = 80  # steps that are shown whole
HEAD, TAIL, WRONG = 40, 20, 12  # of what is still too long: from its beginning, from its end, troubles in between
LONGEST = 16  # steps of a pattern that repeats


def fold(steps: list[Step], lanes: list[str]) -> list[Step]:
    """The steps, shortened if there are more than :data:`MOST`. A step that is marked ``fold`` says what is missing."""
    if len(steps) <= MOST:
        return steps
    told = _once(steps, lanes)
    if len(told) <= MOST:
        return told
    middle = told[HEAD:-TAIL]
    wrong = [step for step in middle if step.trouble][:WRONG]
    kept: list[Step] = []
    missing: list[Step] = []
    for step in middle:
        if step in wrong:
            kept += [_instead(missing, lanes), step] if missing else [step]
            missing = []
        else:
            missing.append(step)
    kept += [_instead(missing, lanes)] if missing else []
    return [*told[:HEAD], *kept, *told[-TAIL:]]


def _once(steps: list[Step], lanes: list[str]) -> list[Step]:
    """A run of steps that comes again and again is told the first time, then how often more."""
    kinds = [_kind(step) for step in steps]
    told: list[Step] = []
    place = 0
    while place < len(steps):
        size, times = _pattern(kinds, place)
        told += steps[place : place + size]
        if times > 1:
            again = steps[place + size : place + size * times]
            words = f"these {size} steps come {times - 1} times more" if size > 1 else f"{times - 1} times more"
            told.append(_note(again, lanes, f"{words}, until {again[-1].at:.1f} s"))
        place += size * times
    return told


def _pattern(kinds: list[tuple[str, str, str]], place: int) -> tuple[int, int]:
    """The length of the pattern that begins at a place, and how often it comes; 1 and 1 if there is none."""
    best = (1, 1)
    for size in range(1, LONGEST + 1):
        pattern, times = kinds[place : place + size], 1
        while len(pattern) == size and kinds[place + size * times : place + size * (times + 1)] == pattern:
            times += 1
        if times > 2 and size * times > best[0] * best[1]:
            best = (size, times)
    return best


def _kind(step: Step) -> tuple[str, str, str]:
    """What a step is, whatever its numbers."""
    return step.source, step.target, re.sub(r"\d+(\.\d+)?", "#", step.text)


def _instead(missing: list[Step], lanes: list[str]) -> Step:
    """One step that stands for those that are left out."""
    count = f"{len(missing)} more steps" if len(missing) > 1 else "1 more step"
    return _note(missing, lanes, f"{count}, until {missing[-1].at:.1f} s: ladder(full=True) shows all")


def _note(missing: list[Step], lanes: list[str], words: str) -> Step:
    return Step(missing[0].at, lanes[0], lanes[-1], f"… {words}", fold=True)
