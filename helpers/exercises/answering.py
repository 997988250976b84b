"""Judges the tasks of lesson 06: what callers hear who dial the number of the lessons."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ..kit import Kit
from .judging import OTHER, NotYet, Step, dialled, over, quoted, says, sounds, spoken, task, unless, value_of

STRANGERS = ("447700900041", "447700900052")
SAMPLE = {"from": STRANGERS[0], "to": "447700900500", "uuid": "a", "conversation_uuid": "CON-a"}
SHORT = 10.0  # seconds


def _attempted(function: Any) -> None:
    """Whether there is more in an answer function than dots; what it does is heard in a call."""
    if not callable(function):
        raise NotYet("Hand over your function, without brackets.")
    with suppress(NotYet):
        value_of(function, dict(SAMPLE))


@task(
    "06-1", "the first call", "the second call",
    hints=(
        "Both dial the same number, from two phones: `kit.phone()` and `kit.phone(\"447700900002\")`.",
        "Who calls is in `parameters[\"from\"]`. Make the greeting depend on it.",
        "A dictionary is enough: `{kit.my_number: \"Good morning, boss.\"}.get(caller, \"Welcome.\")`.",
        "`kit.serve(create_app(answer=…))` first. Then dial: `kit.wait_for(kit.phone().dial(kit.number))`.",
    ),
)  # fmt: skip
def two_callers(kit: Kit, first: Any, second: Any) -> Iterator[Step]:
    calls = [over(kit, first), over(kit, second)]
    yield (
        "Two people have dialled your number.",
        unless(
            all(call.direction == "inbound" and call.to == kit.number for call in calls),
            "One of these calls was not dialled.",
        ),
    )
    numbers = {call.from_ for call in calls}
    yield (
        f"One of them from {kit.my_number}, the other from {OTHER}.",
        unless(numbers == {kit.my_number, OTHER}, f"From {' and '.join(sorted(numbers))}."),
    )
    said = [spoken(call) for call in calls]
    yield "Each of them is greeted.", unless(all(said), "One of them heard no voice.")
    yield "And not with the same words.", unless(said[0] != said[1], f"Both of them: {quoted(said[0])}")
    yield (
        "Your server was asked for each.",
        unless(all(call.entries("webhook", type="answer") for call in calls), "It was not."),
    )


@task(
    "06-2", "your function",
    hints=(
        "The number of the caller is a string: `parameters[\"from\"]`. `[-4:]` are its last four digits.",
        "A voice reads 0041 as forty-one. With spaces between them it reads four digits: `\" \".join(\"0041\")`.",
        "Return a list with one action: `[{\"action\": \"talk\", \"text\": f\"You call from {…}.\"}]`.",
    ),
)  # fmt: skip
def digits(kit: Kit, function: Any) -> Iterator[Step]:
    _attempted(function)
    for caller in STRANGERS:
        call = dialled(kit, caller)
        wanted = " ".join(caller[-4:])
        yield f"A caller from {caller} hears “{wanted}”.", unless(call.said(wanted), quoted(spoken(call)))


@task(
    "06-3", "your function",
    hints=(
        "An `if` decides: the caller is `kit.my_number`, or somebody else.",
        "For yourself the list has two actions: `talk`, and `stream` with the jingle. For others it has one.",
        "A call ends with its list. So a short text makes a short call.",
    ),
)  # fmt: skip
def hotline(kit: Kit, function: Any) -> Iterator[Step]:
    _attempted(function)
    mine = dialled(kit, kit.my_number)
    yield says(mine, "Welcome back")
    played = [one for one in sounds(mine) if one.url.endswith("/jingle.mp3")]
    yield (
        "Then you hear the jingle, once, to its end.",
        unless(
            len(played) == 1
            and played[0].end - played[0].start >= played[0].seconds - 0.05
            and not sounds(mine)[-1].text,
            "It was not played, or something else came last.",
        ),
    )
    for caller in STRANGERS:
        call = dialled(kit, caller)
        yield says(call, "Sorry")
        yield (
            f"{caller} hears no sound, and is out within {SHORT:g} seconds.",
            unless(
                not any(one.url for one in sounds(call)) and (call.duration or 0) < SHORT,
                f"It took {call.duration:.1f} s.",
            ),
        )
