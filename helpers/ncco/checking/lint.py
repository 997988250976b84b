"""Rules between the actions of one NCCO: what must follow what, what can never be reached, what nobody hears.

Source: NCCO reference (barge-in, loop, record, transfer; the call ends after the last action).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from ..data import Json
from ..problems.fixes import Fix, drop, on_list, put
from ..problems.problems import Problem, advice, error

# What a key press can interrupt.
SOUNDS = ("stream", "talk")
# What goes on until somebody hangs up, so that what follows it runs much later.
JOINS = ("connect", "conversation")
# A pause of so many seconds before the first sound is noticed; a shorter one saves the first word from being cut.
SILENCE = 1.0

_END = '"endOnKey": "#"'

Step = tuple[int, str, dict[str, Any]]


def between(steps: Sequence[Step]) -> Iterator[Problem]:
    """Problems between actions; a step is its position, the action's name, and its options as given."""
    if not steps:
        return
    yield from _barge_in(steps)
    yield from _unreachable(steps)
    yield from _late_recording(steps)
    yield from _silent_start(steps)
    if all(in_background(name, options) for _, name, options in steps):
        yield _nothing_keeps_the_call(steps)
    else:
        yield from _background_at_end(steps)


def after_sounds(names: Sequence[str], index: int) -> int:
    """The position of the action behind the sounds that go on from ``index``; ``len(names)`` if none is.

    That is where barge-in leads. NCCO reference: once an action sets bargeIn, it holds for the following ones until an
    ``input``, and that must be the next action that is not a sound.
    """
    return next((place for place in range(index, len(names)) if names[place] not in SOUNDS), len(names))


def _barge_in(steps: Sequence[Step]) -> Iterator[Problem]:
    """After bargeIn comes input; and bargeIn stays on until that input, whatever the actions between say."""
    on: int | None = None
    names = [name for _, name, _ in steps]
    for index, name, options in steps:
        if name not in SOUNDS:
            on = None
        elif on is not None and options.get("bargeIn") is False:
            said = f"{name}: bargeIn false has no effect here: [{on}] switched it on, and it stays on until an input."
            cure, fix = "Leave it out, or put an input before it.", drop("Leave bargeIn out", ("bargeIn",))
            yield advice("bargeIn", said, cure, rule="barge-in-stays-on", fix=fix).at(index)
        elif on is None and options.get("bargeIn") is True:
            on, place = index, after_sounds(names, index)
            yield from (problem.at(index) for problem in _input_missing(name, names[index:place], names[place:], place))


def _input_missing(name: str, sounds: list[str], others: list[str], place: int) -> Iterator[Problem]:
    if others[:1] != ["input"]:
        what = f"but {others[0]} follows" if others else "but none follows"
        said = f"{name}: bargeIn needs an input action next, to take the key that was pressed, {what}."
        cure = 'Add after it: {"action": "input", "type": ["dtmf"]}.'
        fix = _insert("Add an input after it", place, {"action": "input", "type": ["dtmf"]})
        yield error("bargeIn", said, cure, rule="barge-in-needs-input", fix=fix)
    elif set(sounds) != {name}:
        said, cure = f"{name}: between bargeIn and its input stand actions of another kind.", "Let the input follow"
        yield advice("bargeIn", said, f"{cure} the {name} actions.", rule="barge-in-mixed")


def _unreachable(steps: Sequence[Step]) -> Iterator[Problem]:
    """One remark where an NCCO goes on after a point that a call never passes."""
    barge_in = False
    for (before, name, options), (following, _, _) in pairwise(steps):
        barge_in = name in SOUNDS and (barge_in or options.get("bargeIn") is True)
        if name in SOUNDS and options.get("loop") == 0 and not barge_in:
            why = f"the {name} before it has loop 0 and never ends"
            cure = "Give loop a number, or set bargeIn and let an input follow."
            fix = _set(f'Write "loop": 1 in [{before}]', before, "loop", 1)
        elif name == "transfer":
            why, cure = "transfer is the last thing a call does here", "Remove what follows it."
            fix = on_list("Remove what follows", lambda items, end=following: items[:end])  # type: ignore[misc]
        else:
            continue
        yield advice("", f"This is never reached: {why}.", cure, rule="unreachable", fix=fix).at(following)
        return


def _late_recording(steps: Sequence[Step]) -> Iterator[Problem]:
    """A recording in the background that begins after the conversation it was meant for."""
    joins = [(index, name) for index, name, _ in steps if name in JOINS]
    behind = steps[joins[-1][0] + 1 :] if joins else []
    if late := [index for index, name, options in behind if name == "record" and in_background(name, options)]:
        cure = f"Put it before the {joins[0][1]}"
        said, fix = f"record comes after {joins[0][1]}: it starts when that is over.", _move(cure, late, joins[0][0])
        yield advice("", said, f"{cure}.", rule="record-after-connect", fix=fix).at(late[0])


def _silent_start(steps: Sequence[Step]) -> Iterator[Problem]:
    """A pause, or an input without a question, before anything has been heard."""
    silent = 0.0
    for index, name, options in steps:
        if name == "wait":
            seconds = options.get("timeout", 10)
            silent += seconds if isinstance(seconds, (int, float)) and 0 <= seconds < 1e6 else 0
            if silent >= SILENCE:
                said, cure = (
                    f"The call begins with {silent:g} seconds of silence.",
                    "Let a talk or a stream come first.",
                )
                fix = None if silent != seconds else put('Write "timeout": 0.5', ("timeout",), 0.5)
                yield advice("", said, cure, rule="silent-start", fix=fix).at(index)
                return
        elif name == "input" and options.get("mode") != "asynchronous":
            said = "The call begins with an input and nobody has said what to press or say."
            cure, why = (
                "Put a talk before it",
                "The caller hears nothing, does not know what is wanted, and may hang up.",
            )
            words = "Please say what you need." if options.get("type") == ["speech"] else "Please press a key."
            fix = _insert(cure, index, {"action": "talk", "text": words})
            yield advice("", said, f"{cure} that asks for it.", rule="silent-start", why=why, fix=fix).at(index)
            return
        elif not in_background(name, options):
            return


def in_background(name: str, options: dict[str, Any]) -> bool:
    """True for an action that is done at once, or runs beside the ones after it."""
    if name == "record":
        return not {"endOnSilence", "endOnKey", "timeOut"} & options.keys()
    return name == "notify" or (name == "input" and options.get("mode") == "asynchronous")


def _nothing_keeps_the_call(steps: Sequence[Step]) -> Problem:
    names = list(dict.fromkeys(name for _, name, _ in steps))
    runs = f"{' and '.join(names)} {'runs' if len(steps) == 1 else 'run'}"
    end = f", or an end such as {_END}" if "record" in names else ""
    cure = f"Add an action that takes time, such as talk{end}."
    fix = _insert("Add a talk after it", steps[-1][0] + 1, {"action": "talk", "text": "Hello."})
    said = f"Nothing keeps the call up: {runs} in the background or at once."
    return advice("", said, cure, rule="nothing-keeps-the-call", fix=fix)


def _background_at_end(steps: Sequence[Step]) -> Iterator[Problem]:
    """A recording, or an input for single keys, that nothing follows: it is over before it begins."""
    index, name, options = steps[-1]
    if name == "notify" or not in_background(name, options):
        return
    if name == "record" and any(earlier in JOINS for _, earlier, _ in steps):
        return  # told as a recording that comes too late
    last = [index]
    while (before := steps[last[0] - 1])[1] != "notify" and in_background(before[1], before[2]):
        last.insert(0, before[0])
    end = f", or give it an end such as {_END}" if name == "record" else ""
    cure = f"Put it before the actions that it is meant for{end}."
    said = f"{name} runs in the background, and nothing follows it: the call ends at once."
    yield advice("", said, cure, rule="background-at-end", fix=_move("Put it first", last, 0)).at(index)


def _insert(label: str, place: int, action: dict[str, Any]) -> Fix:
    return on_list(label, lambda items: [*items[:place], action, *items[place:]])


def _move(label: str, places: list[int], to: int) -> Fix:
    def change(items: Json) -> Json:
        moved = [items[place] for place in places]
        others = [item for place, item in enumerate(items) if place not in places]
        return [*others[:to], *moved, *others[to:]]

    return on_list(label, change)


def _set(label: str, place: int, option: str, value: Any) -> Fix:
    return on_list(label, lambda items: [*items[:place], {**items[place], option: value}, *items[place + 1 :]])
