"""Judges the tasks of lesson 00: a name, a voice and a sound, heard in a call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..call import Call
from ..kit import Kit
from .judging import OTHER, NotYet, Step, placed, says, sounds, task, unless

JINGLE = "jingle.mp3"


def _name(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise NotYet(f"{given!r} is not a name. Write it in quotes.")
    return given.strip()


def _jingle(call: Call) -> Step:
    """By ear, so it costs a second: only when the record says that something was played."""
    if not any(one.url for one in sounds(call)):
        return "The phone hears the jingle to its end.", "No sound was played."
    found = call.heard(JINGLE)
    return "The phone hears the jingle to its end.", unless(found and found.whole, f"{found.text}.")


def _in_order(call: Call, *kinds: str) -> bool:
    """Whether voices and sounds came in just this order."""
    return ["voice" if one.text else "sound" for one in sounds(call)] == list(kinds)


@task(
    "00-1", "your name", "your call",
    hints=(
        "It is the action `talk` that speaks. Its `text` is yours to choose.",
        "The text is `Hello` and then your name, just as you wrote it in `NAME`.",
        "`kit.wait_for(…)` around `kit.vonage.create_call(…)` lets the call run to its end.",
    ),
)  # fmt: skip
def name(kit: Kit, name: Any, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    yield says(call, f"Hello {_name(name)}")


@task(
    "00-2", "your call",
    hints=(
        "An NCCO is a list. Its actions run in the order in which they stand there.",
        "First `talk`, then `stream`. The address of the sound is `YOUR_URL + \"/audio/jingle.mp3\"`, in a list.",
    ),
)  # fmt: skip
def voice_then_sound(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    yield (
        "There are two actions: a voice, and a sound after it.",
        unless(_in_order(call, "voice", "sound"), "Something else was played, or in another order."),
    )
    yield _jingle(call)


@task(
    "00-3", "your name", "your call",
    hints=(
        "You have both halves already: the voice of the first task, the order of the second. The list gets three "
        "actions.",
        'The other phone is `to="447700900002"`.',
        "The last action is another `talk`. Its text is `Goodbye` and your name.",
    ),
)  # fmt: skip
def three_actions(kit: Kit, name: Any, given: Any) -> Iterator[Step]:
    call = placed(kit, given, OTHER)
    yield says(call, f"Hello {_name(name)}")
    yield (
        "There are three actions: a voice, a sound, a voice.",
        unless(_in_order(call, "voice", "sound", "voice"), "Something else was played, or in another order."),
    )
    yield _jingle(call)
    yield says(call, f"Goodbye {_name(name)}")
