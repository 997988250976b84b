"""Judges the tasks of lesson 11: opening hours, a menu by keys and by speech, and who is put through or recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..call import Call
from ..kit import Kit
from .judging import OTHER, NotYet, Step, dialled, quoted, says, spoken, task, unless, value_of

CALLERS = ("447700900041", "447700900052")
PATIENCE = 10.0  # seconds that the agent's phone may ring
MESSAGE = "Please keep the atlas for me. "
ROOM = 0.6  # seconds by which that may be off
# Monday is the 7th of January 2030.
MOMENTS = (
    ("Monday at 9:00", datetime(2030, 1, 7, 9), True),
    ("Monday at 8:59", datetime(2030, 1, 7, 8, 59), False),
    ("Friday at 16:59", datetime(2030, 1, 11, 16, 59), True),
    ("Friday at 17:00", datetime(2030, 1, 11, 17), False),
    ("Saturday at 12:30", datetime(2030, 1, 12, 12, 30), True),
    ("Saturday at 13:00", datetime(2030, 1, 12, 13), False),
    ("Saturday at 9:30", datetime(2030, 1, 12, 9, 30), False),
    ("Sunday at 12:00", datetime(2030, 1, 13, 12), False),
)


def _pressing(digits: str) -> tuple[dict[str, Any], ...]:
    return {"do": "wait", "seconds": 2}, {"do": "press", "digits": digits}


def _saying(words: str) -> tuple[dict[str, Any], ...]:
    return {"do": "wait", "seconds": 2}, {"do": "say", "text": words}


def _no_failure(kit: Kit, before: int) -> Step:
    raised = [str(error) for error in kit.server.errors[before:]]
    return "No event makes your function raise an error.", unless(not raised, raised[0] if raised else "")


@task(
    "11-1", "your function",
    hints=(
        "`moment.isoweekday()` is 1 on a Monday and 7 on a Sunday. `moment.hour` is 16 at 16:59.",
        "From nine to five is `9 <= moment.hour < 17`.",
        "Saturday first: `if moment.isoweekday() == 6: return 10 <= moment.hour < 13`.",
    ),
)  # fmt: skip
def opening_hours(kit: Kit, function: Any) -> Iterator[Step]:
    for when, moment, wanted in MOMENTS:
        got = value_of(function, moment)
        yield f"{when}: {'open' if wanted else 'closed'}.", unless(got is wanted, f"Your function says {got!r}.")


@task(
    "11-2", "your function",
    hints=(
        "Most events are not about your menu. `wish(event)` gives `None` for a status, but also for a key that leads "
        "nowhere: only an event with `dtmf` or `speech` in it wants a reply.",
        "`if wish(event) == \"hours\": return HOURS`, and the same for the person.",
        "At the end: `if \"dtmf\" in event or \"speech\" in event: return` a list that says *Sorry*.",
    ),
)  # fmt: skip
def keys_and_words(kit: Kit, function: Any) -> Iterator[Step]:
    value_of(function, {"status": "started", "uuid": "a", "conversation_uuid": "CON-a"})
    before = len(kit.server.errors)
    for what, steps, words in (
        ("presses 1", _pressing("1"), "from nine to five"),
        ("says “what are your hours”", _saying("what are your hours"), "from nine to five"),
        ("presses 2", _pressing("2"), "one moment"),
        ("says “a person please”", _saying("a person please"), "one moment"),
        ("presses 7", _pressing("7"), "sorry"),
        ("says “bananas”", _saying("bananas"), "sorry"),
    ):
        call = dialled(kit, CALLERS[0], *steps)
        yield f"Who {what} hears “{words}”.", unless(call.said(words), quoted(spoken(call)))
    yield _no_failure(kit, before)


def _agent_of(call: Call) -> str:
    agents = [leg for leg in call.legs if call.fact("to", leg) == OTHER]
    if len(agents) != 1:
        raise NotYet(f"Key 2 rings {OTHER} once. It was rung {len(agents)} times.")
    return agents[0]


@task(
    "11-3", "your function",
    hints=(
        "Three kinds of events want something: the key, the end of the attempt to connect, and the recording.",
        "`connect` needs `\"timeout\": 10` and `\"eventType\": \"synchronous\"`. Then the reply to its events goes on.",
        "Not reached means: `event.get(\"status\")` is `busy`, `timeout`, `unanswered` or `rejected`. Reply with a "
        "talk, and a `record` that ends on silence.",
        "`if \"recording_url\" in event: kit.vonage.download_recording(event[\"recording_url\"])`, and no reply.",
    ),
)  # fmt: skip
def desk(kit: Kit, function: Any) -> Iterator[Step]:
    value_of(function, {"status": "started", "uuid": "a", "conversation_uuid": "CON-a"})
    before, agent = len(kit.server.errors), kit.phone(OTHER)
    agent.answers().script({"do": "say", "text": "Bookshop, Ada speaking"}, {"do": "hang_up"})
    try:
        through = _asking_for_a_person(kit, CALLERS[0])
        _agent_of(through)
        yield (
            "Key 2 puts a caller through, who hears the person.",
            unless(through.said("Ada speaking"), quoted(spoken(through))),
        )
        yield "Nobody is recorded while people talk.", unless(not through.entries("recording"), "This call was.")
        agent.script([]).rings_out()
        yield from _recorded(kit, CALLERS[0], "Nobody answers", rings=True)
        agent.busy()
        yield from _recorded(kit, CALLERS[1], "The phone is engaged")
    finally:
        agent.script([]).answers()
    yield _no_failure(kit, before)


def _asking_for_a_person(kit: Kit, caller: str) -> Call:
    """They speak for a while, so that some of it comes after the tone."""
    sorry = {"do": "wait_for", "text": "sorry", "timeout": 30}
    leg = dialled(kit, caller, *_pressing("2"), sorry, {"do": "say", "text": MESSAGE * 6})
    return kit.call(str(leg.conversation))


def _recorded(kit: Kit, caller: str, why: str, *, rings: bool = False) -> Iterator[Step]:
    wire = len(kit.vonage.wire)
    call = _asking_for_a_person(kit, caller)
    agent = _agent_of(call)
    if rings:
        ended = call.entries("status", leg=agent)[-1]["at"]
        rang = ended - call.entries("status", leg=agent, status="ringing")[0]["at"]
        yield f"{why}: it rings for ten seconds.", unless(abs(rang - PATIENCE) < ROOM, f"It rang for {rang:.1f} s.")
    yield says(call, "Sorry")
    ends = [one for one in call.entries("recording") if one["state"] == "finished"]
    yield f"{why}: the caller's message is recorded.", unless(ends, "Nothing was recorded.")
    fetched = [one for one in kit.vonage.wire[wire:] if "/v1/files/" in one.url and one.status == 200]
    yield f"{why}: you fetch the recording.", unless(fetched, "Nobody asked for it: `kit.vonage.download_recording`.")
