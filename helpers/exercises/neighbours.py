"""Judges the tasks of lesson 10: calls between accounts, as the record of your own account on the exchange has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..accounts.classroom import Classroom, Member
from ..base.errors import KitError
from ..base.text import one_line
from ..call import Call
from ..calls.arguments import uuid_of
from ..kit import Kit
from .judging import NotYet, Step, quoted, sounds, spoken, task, unless

MESSAGE = 2.0  # seconds


def _class(kit: Kit) -> Classroom:
    try:
        return kit.classroom
    except KitError:
        raise NotYet("You are in no class. Run the first cells of the lesson.") from None


def call_in_class(kit: Kit, given: Any) -> tuple[Call, Classroom]:
    """A call in your account on the exchange that is over, and the class."""
    room, shown = _class(kit), one_line(repr(given), 60)
    try:
        call = room.call(uuid_of(given))
    except KitError:
        raise NotYet(f"{shown} is not a call in your account on the exchange.") from None
    if call.ended_at is None:
        raise NotYet("The call still goes on. Let time pass until it is over: classroom.wait_for(…).")
    return call, room


def from_another(kit: Kit, given: Any) -> tuple[Call, Member]:
    """A call to your number that is over, and who dialled."""
    call, room = call_in_class(kit, given)
    callers = [one for one in room.members if one.phone == call.from_ and one.name != room.name]
    if call.direction != "inbound" or call.to != room.number or not callers:
        raise NotYet(f"It went from {call.from_} to {call.to}. Let a neighbour dial your number, {room.number}.")
    return call, callers[0]


def legs_to(call: Call, people: dict[str, Member]) -> list[tuple[str, Member]]:
    """The legs to somebody of the class, in order."""
    return [(leg, people[str(call.fact("to", leg))]) for leg in call.legs[1:] if call.fact("to", leg) in people]


@task(
    "10-1", "the first call", "the second call",
    hints=(
        "Who calls is in `parameters[\"from\"]`: the number of a public phone. `classroom.members` knows whose.",
        "`{one.phone: one.name for one in classroom.members}` is a dictionary of names.",
        "`kit.serve(create_app(answer=…))` first. Then let two of them dial: "
        "`classroom.wait_for(ben.dial(classroom.number))`.",
    ),
)  # fmt: skip
def by_name(kit: Kit, first: Any, second: Any) -> Iterator[Step]:
    calls = [from_another(kit, first), from_another(kit, second)]
    own = _class(kit).name
    names = [one.name for _, one in calls]
    yield "Two neighbours have dialled your number.", unless(names[0] != names[1], f"Both times it was {names[0]}.")
    for call, caller in calls:
        heard = quoted(spoken(call))
        yield f"{caller.name} is greeted by name.", unless(call.said(caller.name), heard)
        yield f"{caller.name} hears whose number it is: {own}.", unless(call.said(own), heard)
        others = [name for name in names if name != caller.name and call.said(name)]
        yield "And no name of somebody else.", unless(not others, heard)


@task(
    "10-2", "the call",
    hints=(
        "A `talk` before the `connect`, in the same list: `[{\"action\": \"talk\", …}, *ring(…)]`.",
        "What your reply to the event *busy* says is carried out next: a `talk` and a `connect`, again.",
        "`ben.busy()` before the call, and `ben.answers()` after it. "
        "`dan.dial(…)`, some seconds, `dan.hang_up()`.",
    ),
)  # fmt: skip
def announced(kit: Kit, given: Any) -> Iterator[Step]:
    call, _ = from_another(kit, given)
    tried = legs_to(call, {one.phone: one for one in _class(kit).members})
    yield "Two neighbours are rung, one after the other.", unless(len(tried) == 2, f"There were {len(tried)}.")
    if len(tried) != 2:
        return
    answered = [call.picked_up(leg) is not None for leg, _ in tried]
    yield (
        f"{tried[0][1].name} is not reached, and {tried[1][1].name} answers.",
        unless(answered == [False, True], "The first of them answered." if answered[0] else "Nobody answered."),
    )
    said = [(one.start, one.text) for one in sounds(call, call.leg) if one.text]
    for leg, one in tried:
        rung = call.entries(leg=leg)[0]["at"]
        before = [text for at, text in said if at < rung and one.name.lower() in text.lower()]
        yield f"The caller hears “{one.name}” before that phone rings.", unless(before, quoted(spoken(call, call.leg)))


@task(
    "10-3", "the call with key 1", "the call with key 2",
    hints=(
        "A menu is `talk` and `input`. Its event has the key: `event.get(\"dtmf\", {}).get(\"digits\")`.",
        "For 1 the reply is a `connect` to `classroom.member(BEN).numbers[0]`. For 2 it is `LEAVE_A_MESSAGE`.",
        "After the key give the menu some seconds, then `dan.hang_up()`. The message ends with `chloe.press(\"#\")`.",
    ),
)  # fmt: skip
def front_desk(kit: Kit, first: Any, second: Any) -> Iterator[Step]:
    (through, _), (message, caller) = from_another(kit, first), from_another(kit, second)
    for call, key in ((through, "1"), (message, "2")):
        pressed = [str(one["digits"]) for one in call.entries("input", leg=call.leg)]
        yield (
            f"The caller presses {key}, and your menu hears it.",
            unless(key in pressed, f"It heard {', '.join(filter(None, pressed)) or 'no key'}."),
        )
    own = _class(kit).name
    numbers = {number: one for one in _class(kit).members for number in one.numbers if one.name != own}
    reached = [leg for leg, _ in legs_to(through, numbers) if through.picked_up(leg) is not None]
    yield (
        "Key 1 leads to the number of a neighbour, who takes the call.",
        unless(reached, "No such number was reached."),
    )
    heard = [one["text"] for leg in reached for one in through.entries("said", leg=leg) if one.get("text")]
    yield "The caller hears the menu there.", unless(heard, "Nothing was heard from there.")
    kept = sum(float(one.get("seconds") or 0) for one in message.entries("recording", leg=message.leg))
    yield (
        f"Key 2 takes a message of {caller.name}: {MESSAGE:g} seconds or more.",
        unless(kept >= MESSAGE, f"It has {kept:.1f} s." if kept else "Nothing was recorded."),
    )
