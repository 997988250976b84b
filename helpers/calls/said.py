"""Were these words heard in the call? From the texts of ``talk`` and of people, as far as they came to be spoken."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..base.text import one_line
from .answers import Answer, QuestionError, not_answered, since_answer
from .wording import places_of, words_of

if TYPE_CHECKING:
    from .record import Record

MOST = 3  # texts that are named
HAIR = 0.02  # seconds
LONGEST = 2000  # characters of a text, more than can be spoken at once


@dataclass(frozen=True, repr=False)
class Said(Answer):
    """Whether words were heard: ``heard_in`` is the text they stand in, ``by`` who said it. See :class:`Answer`."""

    heard_in: str = ""
    by: str = ""


@dataclass(frozen=True)
class Speech:
    """A text that a leg heard, from ``start`` to ``end`` (call time); all of it takes ``length`` seconds."""

    text: str
    by: str
    start: float
    length: float
    end: float
    why: str = ""


def said(call: Record, words: str, leg: str | None = None) -> Said:
    """See :meth:`helpers.call.Call.said`."""
    if not isinstance(words, str) or not words_of(words):
        raise QuestionError(f"{words!r} holds no words.", 'Ask for some: call.said("press one").')
    leg = call.known(leg)
    shown = f"“{words}”"
    if why := not_answered(call, leg):
        return Said(False, f"{shown}: not heard, {why}")
    if not call.has_sound:
        instead = "Listen on your phone, or record the call with a transcription."
        return Said(False, f"{shown}: not known, the kit does not hear a live call", (instead,), known=False)
    speeches = sorted(_speeches(call, leg), key=lambda one: one.start)
    begun = ""
    for speech in speeches:
        for first, last in places_of(words, speech.text):
            start, stop = speech.start + first * speech.length, speech.start + last * speech.length
            if stop <= speech.end + HAIR:
                at, seconds = since_answer(call, leg, start), round(stop - start, 3)
                text = f"{shown}: heard about {at:.1f} s after the answer, said by {speech.by}"
                return Said(True, text, (f"in: “{speech.text}”",), at, seconds, heard_in=speech.text, by=speech.by)
            at = since_answer(call, leg, speech.end)
            begun = (
                begun or f"{speech.by} would have said it, but was cut off at {at:.1f} s{speech.why}: “{speech.text}”"
            )
    return Said(False, f"{shown}: not heard", tuple(_why_not(call, leg, words, speeches, begun)))


def _why_not(call: Record, leg: str, words: str, speeches: list[Speech], begun: str) -> Iterator[str]:
    if begun:
        yield begun
    own = [e for e in call.entries("said", leg=leg) if e.get("text") and places_of(words, e["text"])]
    if own:
        yield f"it was said by the person on this phone, {since_answer(call, leg, own[0]['at']):.1f} s after the answer"
    if call.uuid == leg and call.entries("conversation", state="joined"):
        yield f"this is the record of one leg; what others said is in that of the conversation, {call.talks[-1]}"
    texts = list(dict.fromkeys(speech.text for speech in speeches))
    more = f" and {len(texts) - MOST} more" if len(texts) > MOST else ""
    yield f"what was said: {', '.join(f'“{text}”' for text in texts[:MOST])}{more}" if texts else "nobody said anything"


def _speeches(call: Record, leg: str) -> Iterator[Speech]:
    """Every text that a leg heard."""
    over = call.when("completed", leg)
    end = math.inf if over is None else over
    stops = {e["cue"]: e for e in call.entries("sound", leg=leg, state="stopped")}
    for e in call.entries("sound", leg=leg, state="started"):
        if e.get("text") and e.get("seconds"):
            stop = stops.get(e["cue"])
            until = min(end, stop["at"] if stop else math.inf if e["ends"] is None else e["ends"])
            yield Speech(one_line(e["text"], LONGEST), "talk", e["at"], e["seconds"], until, _key_at(call, leg, until))
    for e in call.entries("said"):
        if e["leg"] != leg and e.get("text") and e.get("seconds"):
            who = call.party(e["leg"]) or "a person"
            for a, b in call.audible(leg, e, min(end, e["at"] + e["seconds"])):
                # What was said before this stretch was not heard: the text begins anew, and its start is not in it.
                if a == e["at"]:
                    yield Speech(one_line(e["text"], LONGEST), one_line(who, 30), e["at"], e["seconds"], b)


def _key_at(call: Record, leg: str, at: float) -> str:
    """The key that cut a text off, if one did."""
    keys = [e["digit"] for e in call.entries("key", leg=leg) if abs(e["at"] - at) < HAIR]
    return f" by the key {keys[0]}" if keys else ""
