"""Rules between the actions of one NCCO: what must follow what, and what can never be reached.

Source: NCCO reference (barge-in, loop, record, transfer).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from helpers.ncco.problems import Problem, advice, error

# What a key press can interrupt.
SOUNDS = ("stream", "talk")

Step = tuple[int, str, dict[str, Any]]


def between(steps: Sequence[Step]) -> Iterator[Problem]:
    """Problems between actions; a step is its position, the action's name, and its options as given."""
    yield from _barge_in(steps)
    yield from _unreachable(steps)
    yield from _nothing_to_record(steps)


def _barge_in(steps: Sequence[Step]) -> Iterator[Problem]:
    """After bargeIn comes input; and bargeIn stays on until that input, whatever the actions between say."""
    on: int | None = None
    coming = _next_action(steps)
    for position, (index, name, options) in enumerate(steps):
        if name not in SOUNDS:
            on = None
            continue
        if on is not None and options.get("bargeIn") is False:
            yield advice(
                "bargeIn",
                f"{name}: bargeIn false has no effect here: [{on}] switched it on, and it stays on until an input.",
                "Leave it out, or put an input before it.",
            ).at(index)
        if options.get("bargeIn") is not True:
            continue
        following = coming[position]
        if on is None and following != "input":
            what = f"but {following} follows" if following else "but none follows"
            yield error(
                "bargeIn",
                f"{name}: bargeIn needs an input action next, to take the key that was pressed, {what}.",
                'Add after it: {"action": "input", "type": ["dtmf"]}.',
            ).at(index)
        on = index if on is None else on


def _next_action(steps: Sequence[Step]) -> list[str | None]:
    """For each step the first action after it that is no sound."""
    found: list[str | None] = []
    following: str | None = None
    for _, name, _ in reversed(steps):
        found.append(following)
        following = following if name in SOUNDS else name
    return found[::-1]


def _unreachable(steps: Sequence[Step]) -> Iterator[Problem]:
    """One remark where an NCCO goes on after a point that a call never passes."""
    barge_in = False
    for (_, name, options), (following, _, _) in pairwise(steps):
        barge_in = name in SOUNDS and (barge_in or options.get("bargeIn") is True)
        if name in SOUNDS and options.get("loop") == 0 and not barge_in:
            why = f"the {name} before it has loop 0 and never ends"
            cure = "Give loop a number, or set bargeIn and let an input follow."
        elif name == "transfer":
            why, cure = "transfer is the last thing a call does here", "Remove what follows it."
        else:
            continue
        yield advice("", f"This is never reached: {why}.", cure).at(following)
        return


def _nothing_to_record(steps: Sequence[Step]) -> Iterator[Problem]:
    index, name, options = steps[-1] if steps else (0, "", {})
    if name == "record" and not {"endOnSilence", "endOnKey", "timeOut"} & options.keys():
        yield advice(
            "",
            "record runs in the background, and nothing follows it: the call ends at once.",
            'Add an action after it, or an end such as "endOnKey": "#".',
        ).at(index)
