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

Step = tuple[int, str, dict[str, Any]]


def between(steps: Sequence[Step]) -> Iterator[Problem]:
    """Problems between actions; a step is its position, the action's name, and its options as given."""
    if not steps:
        return
    yield from _barge_in(steps)
    yield from _unreachable(steps)
    yield from _late_recording(steps)
    yield from _silent_start(steps)
    if all(_in_background(name, options) for _, name, options in steps):
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
            continue
        if on is not None and options.get("bargeIn") is False:
            yield advice(
                "bargeIn",
                f"{name}: bargeIn false has no effect here: [{on}] switched it on, and it stays on until an input.",
                "Leave it out, or put an input before it.",
                rule="barge-in-stays-on",
                fix=drop("Leave bargeIn out", ("bargeIn",)),
            ).at(index)
        if options.get("bargeIn") is not True or on is not None:
            continue
        on, place = index, after_sounds(names, index)
        if names[place:][:1] != ["input"]:
            what = f"but {names[place]} follows" if place < len(names) else "but none follows"
            yield error(
                "bargeIn",
                f"{name}: bargeIn needs an input action next, to take the key that was pressed, {what}.",
                'Add after it: {"action": "input", "type": ["dtmf"]}.',
                rule="barge-in-needs-input",
                fix=_insert("Add an input after it", place, {"action": "input", "type": ["dtmf"]}),
            ).at(index)
        elif any(other != name for other in names[index:place]):
            yield advice(
                "bargeIn",
                f"{name}: between bargeIn and its input stand actions of another kind.",
                f"Let the input follow the {name} actions.",
                rule="barge-in-mixed",
            ).at(index)


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
            fix = _cut("Remove what follows", following)
        else:
            continue
        yield advice("", f"This is never reached: {why}.", cure, rule="unreachable", fix=fix).at(following)
        return


def _late_recording(steps: Sequence[Step]) -> Iterator[Problem]:
    """A recording in the background that begins after the conversation it was meant for."""
    joined: int | None = None
    last_join = max((index for index, name, _ in steps if name in JOINS), default=-1)
    for index, name, options in steps:
        if name in JOINS and joined is None:
            joined = index
        if name == "record" and joined is not None and index > last_join and _in_background(name, options):
            what = next(name for index, name, _ in steps if index == joined)
            late = [
                at for at, other, given in steps if at >= index and other == "record" and _in_background(other, given)
            ]
            yield advice(
                "",
                f"record comes after {what}: it starts when that is over.",
                f"Put it before the {what}.",
                rule="record-after-connect",
                fix=_move(f"Put it before the {what}", late, joined),
            ).at(index)
            return


def _silent_start(steps: Sequence[Step]) -> Iterator[Problem]:
    """A pause, or an input without a question, before anything has been heard."""
    silent = 0.0
    for index, name, options in steps:
        if name == "wait":
            seconds = options.get("timeout", 10)
            silent += seconds if isinstance(seconds, (int, float)) and 0 <= seconds < 1e6 else 0
            if silent >= SILENCE:
                yield advice(
                    "",
                    f"The call begins with {silent:g} seconds of silence.",
                    "Let a talk or a stream come first.",
                    rule="silent-start",
                    fix=None if silent != seconds else put('Write "timeout": 0.5', ("timeout",), 0.5),
                ).at(index)
                return
        elif name == "input" and options.get("mode") != "asynchronous":
            yield advice(
                "",
                "The call begins with an input and nobody has said what to press or say.",
                "Put a talk before it that asks for it.",
                rule="silent-start",
                why="The caller hears nothing, does not know what is wanted, and may hang up.",
                fix=_insert("Put a talk before it", index, {"action": "talk", "text": _question(options)}),
            ).at(index)
            return
        elif not _in_background(name, options):
            return


def _question(options: dict[str, Any]) -> str:
    kinds = options.get("type")
    return "Please say what you need." if kinds == ["speech"] else "Please press a key."


def _in_background(name: str, options: dict[str, Any]) -> bool:
    """True for an action that is done at once, or runs beside the ones after it."""
    if name == "record":
        return not {"endOnSilence", "endOnKey", "timeOut"} & options.keys()
    return name == "notify" or (name == "input" and options.get("mode") == "asynchronous")


def _nothing_keeps_the_call(steps: Sequence[Step]) -> Problem:
    names = " and ".join(dict.fromkeys(name for _, name, _ in steps))
    records = any(name == "record" for _, name, _ in steps)
    end = ', or an end such as "endOnKey": "#"' if records else ""
    return advice(
        "",
        f"Nothing keeps the call up: {names} {'runs' if len(steps) == 1 else 'run'} in the background or at once.",
        f"Add an action that takes time, such as talk{end}.",
        rule="nothing-keeps-the-call",
        fix=_insert("Add a talk after it", steps[-1][0] + 1, {"action": "talk", "text": "Hello."}),
    )


def _background_at_end(steps: Sequence[Step]) -> Iterator[Problem]:
    """A recording, or an input for single keys, that nothing follows: it is over before it begins."""
    index, name, options = steps[-1]
    if name == "notify" or not _in_background(name, options):
        return
    if name == "record" and any(earlier in JOINS for _, earlier, _ in steps):
        return  # told as a recording that comes too late
    last = [index]
    while (before := steps[last[0] - 1])[1] != "notify" and _in_background(before[1], before[2]):
        last.insert(0, before[0])
    end = ', or give it an end such as "endOnKey": "#"' if name == "record" else ""
    yield advice(
        "",
        f"{name} runs in the background, and nothing follows it: the call ends at once.",
        f"Put it before the actions that it is meant for{end}.",
        rule="background-at-end",
        fix=_move("Put it first", last, 0),
    ).at(index)


def _insert(label: str, place: int, action: dict[str, Any]) -> Fix:
    return on_list(label, lambda items: [*items[:place], action, *items[place:]])


def _move(label: str, places: list[int], to: int) -> Fix:
    def change(items: Json) -> Json:
        moved = [items[place] for place in places]
        others = [item for place, item in enumerate(items) if place not in places]
        return [*others[:to], *moved, *others[to:]]

    return on_list(label, change)


def _set(label: str, place: int, option: str, value: Any) -> Fix:
    def change(items: Json) -> Json:
        items[place][option] = value
        return items

    return on_list(label, change)


def _cut(label: str, place: int) -> Fix:
    return on_list(label, lambda items: items[:place])
