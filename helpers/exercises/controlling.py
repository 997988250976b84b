"""Judges the tasks of lesson 08: what was done to calls while they ran."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..call import Call
from ..kit import Kit
from .judging import OTHER, NotYet, Sounding, Step, placed, says, sounds, task, unless

ROOM = 0.4  # seconds by which a time may be off


def _put_in(call: Call, file: str) -> Sounding:
    """The sound that a request put into a call."""
    found = [one for one in sounds(call) if one.source == "rest_stream" and one.url.endswith(f"/{file}")]
    if len(found) != 1:
        raise NotYet(f"{file} is put into the running call by one request: there were {len(found)}.")
    return found[0]


def _lasts(one: Sounding, seconds: float) -> Step:
    length = one.end - one.start
    return f"It plays for {seconds:g} seconds.", unless(abs(length - seconds) < ROOM, f"It played for {length:.1f} s.")


def _stopped_by_you(call: Call, one: Sounding) -> Step:
    sent = [e["at"] for e in call.entries("request", leg=call.leg, method="DELETE") if e["path"].endswith("/stream")]
    return "Your request stops it.", unless(
        any(abs(at - one.end) < 0.1 for at in sent), "It ended by itself, or with the call."
    )


@task(
    "08-1", "your call",
    hints=(
        "The call has to last and to be answered: `place(PARKED)`, then `kit.wait_for(…, \"answered\")`.",
        "`kit.vonage.stream(…)` starts the music, `kit.vonage.stop_stream(…)` ends it. Between them `kit.wait(5)`.",
        "`kit.vonage.hang_up(…)` ends the call. Then wait until it is over.",
    ),
)  # fmt: skip
def five_seconds(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    music = _put_in(call, "music.mp3")
    yield "Music is put into the running call.", ""
    yield _lasts(music, 5)
    yield _stopped_by_you(call, music)
    hung_up = any(
        (e["body"] or {}).get("action") == "hangup" for e in call.entries("request", leg=call.leg, method="PUT")
    )
    yield "Then you hang up.", unless(hung_up, "The call ended by itself, or the person hung up.")


@task(
    "08-2", "your call",
    hints=(
        "Two legs, two uuids. The one of the agent is in the events: `legs[OTHER]` in the section above.",
        "`kit.vonage.mute(…)`, three seconds, `kit.vonage.unmute(…)`. Both name the leg of the agent.",
        "It counts only while the two are connected: wait until the agent has answered.",
        "Let the call run to its end. Hand over what you placed.",
    ),
)  # fmt: skip
def mute(kit: Kit, given: Any) -> Iterator[Step]:
    first = placed(kit, given)
    call = kit.call(str(first.conversation))
    agent = next((leg for leg in call.legs if call.fact("to", leg) == OTHER and leg != first.leg), None)
    if agent is None:
        raise NotYet(f"The agent is not in this call. Connect it with {OTHER}.")
    answered = call.picked_up(agent)
    yield "You and the agent are connected.", unless(answered is not None, "The agent did not answer.")
    turned = [(e["action"], e["at"]) for e in call.entries("control", leg=agent) if e["action"] in ("mute", "unmute")]
    others = [e["action"] for e in call.entries("control") if e["action"] in ("mute", "earmuff") and e["leg"] != agent]
    yield (
        "The agent is muted.",
        unless(
            turned and turned[0][0] == "mute" and turned[0][1] >= (answered or 0),
            f"Done instead: {', '.join(others) or 'nothing'}.",
        ),
    )
    ends = [at for what, at in turned if what == "unmute"]
    length = ends[0] - turned[0][1] if ends and turned else 0.0
    yield (
        "Three seconds later the agent is heard again.",
        unless(
            abs(length - 3) < ROOM and len(turned) == 2, f"After {length:.1f} s." if ends else "The agent stays mute."
        ),
    )
    yield "Nobody else is touched.", unless(not others, f"There is also: {', '.join(others)}.")


@task(
    "08-3", "your call",
    hints=(
        "Park the call, put in the music, wait four seconds, stop it. That was the first task.",
        "`kit.vonage.transfer(call[\"uuid\"], ncco=[…])` gives the call a new list.",
        "The new list says one sentence. With its end the call ends: nobody hangs up.",
    ),
)  # fmt: skip
def waiting_room(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    music = _put_in(call, "hold.mp3")
    yield "Music is put into the running call.", ""
    yield _lasts(music, 4)
    yield _stopped_by_you(call, music)
    moved = call.entries("transfer", leg=call.leg) or len(call.entries("ncco", leg=call.leg)) > 1
    yield "Then the call gets a new list of actions.", unless(moved, "It kept its first one.")
    yield says(call, "Thank you for waiting")
    voice = [one for one in sounds(call) if one.text]
    yield "Not before the music is over.", unless(voice and voice[0].start >= music.end - 0.01, "The voice came first.")
    ended = call.entries("status", leg=call.leg)[-1].get("disconnected_by")
    hung_up = any(
        (e["body"] or {}).get("action") == "hangup" for e in call.entries("request", leg=call.leg, method="PUT")
    )
    yield "The end of the list ends the call.", unless(ended == "platform" and not hung_up, "Somebody hung up.")
