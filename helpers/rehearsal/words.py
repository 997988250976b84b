"""A rehearsed call in words: captions, why it ended, what is to be noted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..base.text import one_line
from ..call import Call
from ..calls.explain import explain
from ..calls.silences import captions
from ..calls.tracks import Tracks
from ..simulator.phones.scripts import file_name
from .stand_ins import GREETING, NUMBER, PERSON, STAYS

if TYPE_CHECKING:
    from .requests import Sent
    from .stage import Take

MOST = 20  # captions
CUTS = ("key press", "speech")  # why a sound stopped early


def captions_of(call: Call) -> list[str]:
    """What sounds when, in seconds since the answer."""
    tracks = Tracks(call, call.leg)
    if tracks.answered is None:
        return []
    marks = captions(tracks)
    notes = [e for e in call.entries("note") if "stand_in" in e]
    stood_in = {one_line(file_name(e["url"]), 40): e["stand_in"] for e in notes}
    lines = []
    for mark in marks[:MOST]:
        label = mark.label.removeprefix("stream ").removeprefix("talk ")
        label += f" ({stood_in[label]} stands in for it)" if label in stood_in else ""
        lines.append(f"{mark.start:.1f}–{mark.end:.1f} s {label}")
    return [*lines, *([f"and {len(marks) - MOST} more"] if len(marks) > MOST else [])]


def ended_of(call: Call) -> str:
    """Why it ended, in one sentence."""
    who, why = _end(call)
    if call.duration is None:
        return f"{who}: {why}."
    return f"{who} after {call.duration:.1f} s{f': {why}' if why else ''}."


def _end(call: Call) -> tuple[str, str]:
    """Who ended it, and why."""
    if call.answered_at is None:
        return "Nobody answered", _failure(call, call.leg)
    if call.duration is None:
        return "The call did not end", "the rehearsal was over before"
    over = call.entries("status", leg=call.leg, status="completed")[-1]
    who = "The person hung up" if over["disconnected_by"] == "user" else "Vonage ended the call"
    return who, str(over["why"]).removeprefix("the person hung up").lstrip(": ")


def _failure(call: Call, leg: str) -> str:
    """Why a leg was not answered."""
    last = next((e for e in reversed(call.entries("status", leg=leg)) if e["status"] != "completed"), None)
    return f"{one_line(last['why'], 200)} ({last['status']})" if last else "it never rang"


def facts_of(call: Call, webhooks: Iterable[Sent]) -> dict[str, str]:
    """What happened, fact by fact, as far as it can differ between two runs: name -> fact."""
    spans = [span for span in call.actions if span.leg == call.leg]
    inputs = call.entries("input", leg=call.leg)
    facts = {
        "heard": captions_of(call),
        "digits": [str(call.digits)],
        "words": [f"“{one_line(e['speech'], 40)}”" for e in inputs if e.get("speech")],
        "input ended by": [str(e["why"]).replace("_", " ") for e in inputs],
        "cut short": [f"{span.action}, {span.why}" for span in spans if span.why in CUTS],
        "skipped": [f"{span.action}: {span.why}" for span in spans if span.state == "skipped"],
        # Of the others the facts above tell already.
        "webhooks": [s.told for s in webhooks if "status" not in s.body and s.kind not in ("answer", "input")],
        "ended": [", ".join(filter(None, _end(call)))],
    }
    return {name: text for name, found in facts.items() if (text := "; ".join(filter(None, found)))}


def notes_of(call: Call, take: Take) -> list[str]:
    """Remarks of the record, errors with their advice, and what the person could not do."""
    keys = [f"Nothing listened for the keys {take.keys_left}, so they were not pressed."] if take.keys_left else []
    texts = [f"Nothing listened for “{one_line(text, 60)}”, so it was not said." for text in take.says_left]
    raised = [f"Your app: {one_line(error, 300)}" for error in take.raised]
    return list(dict.fromkeys([*_remarks(call), *_others(call), *keys, *texts, *raised]))


def _remarks(call: Call) -> Iterator[str]:
    for e in call.entries():
        if e["kind"] == "note":
            yield one_line(e["text"], 300)
        elif e["kind"] == "error":
            yield one_line(f"{e['reason']} {e.get('advice') or explain(e).next_step}", 400)


def _others(call: Call) -> Iterator[str]:
    """Whom the call was connected to, and what became of it; or that nobody else was there."""
    for leg in call.legs[1:]:
        to, kind, caller = call.fact("to", leg), call.fact("type", leg), call.fact("from", leg)
        if kind == "phone" and caller not in (NUMBER, "unknown"):
            yield f"{caller} is taken as a number that you rent: with a foreign one the call would not connect."
        if call.when("answered", leg) is None:
            yield f"{one_line(to, 100)} was not reached: {_failure(call, leg)}."
        elif kind != "websocket":
            yield f"{to} is a phone of the rehearsal: it answers, says “{GREETING}” and hangs up {STAYS} s later."
    for e in call.entries("conversation", leg=call.leg, state="joined"):
        if e.get("name") and e["members"] == 1:
            yield f"{PERSON} is alone in the conversation “{one_line(e['name'], 60)}”: others join it by the same name."
