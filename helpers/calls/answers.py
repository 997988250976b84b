"""Answers to questions about a call: each is true or false, and says why: when, how long, how sure, what instead."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError

if TYPE_CHECKING:
    from .record import Record

ROOM = 0.5  # seconds by which "it lasted 10 s" may be off


class QuestionError(KitError):
    """A question that cannot be asked like this."""


@dataclass(frozen=True)
class Answer:
    """The answer to a question about a call: ``if answer:`` asks it, ``print(answer)`` gives the evidence.

    ``at``: seconds since the phone was answered; ``seconds``: how long; both None where they mean nothing. ``known`` is
    False when the kit cannot tell, as in a live call, of which it hears nothing. Then it counts as yes
    (``yes`` is False), so that a lesson runs in live mode, too; its words say what to do instead.
    """

    yes: bool
    text: str
    evidence: tuple[str, ...] = ()
    at: float | None = None
    seconds: float | None = None
    known: bool = True

    def __bool__(self) -> bool:
        return self.yes or not self.known

    def __float__(self) -> float:
        return math.nan if self.seconds is None else self.seconds

    def __repr__(self) -> str:
        return "\n".join([self.text, *(f"  {line}" for line in self.evidence)])


class Digits(str):
    """The digits that a call collected: a text like any other, that knows when they were pressed.

    ``pressed``: each key and when, in seconds since the answer, whether or not anything asked for it; ``at`` and
    ``seconds``: when the first one was pressed, and how long it took to the last. ``evidence`` says it in words.
    """

    pressed: tuple[tuple[str, float], ...]
    evidence: str

    @property
    def at(self) -> float | None:
        """When the first key was pressed, in seconds since the answer."""
        return self.pressed[0][1] if self.pressed else None

    @property
    def seconds(self) -> float | None:
        """From the first key to the last."""
        return round(self.pressed[-1][1] - self.pressed[0][1], 3) if self.pressed else None

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.evidence)


class Told(list[dict[str, Any]]):
    """What the event URLs were told: a list of payloads that a notebook shows as one line each."""

    times: tuple[float, ...] = ()

    @property
    def at(self) -> float | None:
        """When the first one was sent, in seconds since the call began."""
        return self.times[0] if self.times else None

    @property
    def seconds(self) -> float | None:
        """From the first to the last."""
        return round(self.times[-1] - self.times[0], 3) if self.times else None

    @property
    def evidence(self) -> str:
        """One line for each event: when, and what it told."""
        from ..base.text import one_line
        from .wording import telling

        lines = []
        for at, payload in zip(self.times, self, strict=True):
            what, facts = telling({"payload": payload, "type": "event"})
            words = f"{what.removeprefix(' · ')}  {facts}".strip()
            lines.append(f"{at:6.1f} s  {one_line(words, 90)}")
        return "\n".join(lines) or "no events"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.evidence)


def since_answer(call: Record, leg: str, at: float) -> float:
    """A call time as seconds since a leg was answered; since the call began, if it never was."""
    answered = call.picked_up(leg)
    return float(round(at - (call.start if answered is None else answered), 3))


def not_answered(call: Record, leg: str) -> str:
    """Why nothing was heard on a leg that was not answered; empty if it was."""
    if call.picked_up(leg) is not None:
        return ""
    states = ", ".join(str(e["status"]) for e in call.entries("status", leg=leg)) or "not started"
    return f"nobody answered ({states})"


def digits(call: Record) -> Digits:
    """See :attr:`helpers.call.Call.digits`."""
    found = Digits("".join(e["digits"] or "" for e in call.entries("input")))
    keys = [(str(e["digit"]), since_answer(call, e["leg"], e["at"])) for e in call.entries("key")]
    found.pressed = tuple(keys)
    pressed = ", ".join(f"{key} at {at:.1f} s" for key, at in keys)
    if found:
        found.evidence = f"{found} (pressed: {pressed})" if keys else str(found)
    elif keys:
        found.evidence = f"none: no input action took them (pressed: {pressed})"
    else:
        found.evidence = "none: no key was pressed"
    return found


def events(call: Record) -> Told:
    """See :attr:`helpers.call.Call.events`."""
    from .record import TOLD

    sent = [e for e in call.entries("webhook", attempt=1) if e["type"] in TOLD]
    told = Told(e["payload"] for e in sent)
    told.times = tuple(call.since_start(e["at"]) for e in sent)
    return told


def lasted(
    call: Record, seconds: float | None = None, *, at_least: float | None = None, at_most: float | None = None
) -> Answer:
    """See :meth:`helpers.call.Call.lasted`."""
    for number in (seconds, at_least, at_most):
        if number is not None and (isinstance(number, bool) or not isinstance(number, int | float) or not number >= 0):
            raise QuestionError(f"{number!r} is not a number of seconds.", "Use 0 or more: call.lasted(at_least=5).")
    if seconds is not None and (at_least is not None or at_most is not None):
        raise QuestionError(
            "Seconds, and limits too: which of them counts?", "Use call.lasted(10), or at_least=… and at_most=…."
        )
    low = max(0.0, seconds - ROOM) if seconds is not None else at_least or 0.0
    high = seconds + ROOM if seconds is not None else math.inf if at_most is None else at_most
    if low > high:
        raise QuestionError(f"Nothing lasts at least {low:g} s and at most {high:g} s.", "Swap the two.")
    if why := not_answered(call, call.leg):
        return Answer(False, f"lasted 0 s: {why}", seconds=0.0)
    if call.duration is None:
        sofar = since_answer(call, call.leg, call.entries()[-1]["at"])
        text = f"goes on: {sofar:.1f} s so far"
        # What has already lasted long enough, has; that it will not last too long, nobody knows yet.
        return Answer(low <= sofar and high == math.inf, text, ("kit.wait_for(call) waits for its end",), 0.0, sofar)
    wanted = _wanted(seconds, at_least, at_most)
    yes, length = low <= call.duration <= high, call.duration
    text = f"lasted {length:.1f} s" + (
        f", as asked ({wanted})" if yes and wanted else f", not {wanted}" if wanted else ""
    )
    return Answer(yes, text, tuple(_end(call)), 0.0, length)


def _wanted(seconds: float | None, at_least: float | None, at_most: float | None) -> str:
    if seconds is not None:
        return f"about {seconds:g} s"
    limits = [
        f"{word} {limit:g} s" for word, limit in (("at least", at_least), ("at most", at_most)) if limit is not None
    ]
    return " and ".join(limits)


def _end(call: Record) -> Iterable[str]:
    last = call.entries("status", leg=call.leg)[-1]
    by = {"user": "the person hung up", "platform": "Vonage ended it"}.get(str(last.get("disconnected_by")))
    if by or last.get("why"):
        yield "the end: " + ", ".join(dict.fromkeys(str(one) for one in (by, last.get("why")) if one))


def longest_silence(call: Record, *, leg: str | None = None, minimum: float = 0.5) -> Answer:
    """See :meth:`helpers.call.Call.longest_silence`."""
    leg = call.known(leg)
    if why := not_answered(call, leg):
        return Answer(False, f"no silence: {why}")
    if not call.has_sound:
        instead = "Listen on your phone with a watch, or record the call and inspect the recording."
        return Answer(False, "silence: not known, the kit does not hear a live call", (instead,), known=False)
    found = call.silences(minimum=minimum, leg=leg)
    if not found:
        return Answer(False, f"no silence of {minimum:g} s or more", at=None, seconds=0.0)
    a, b = max(found, key=lambda span: (round(span[1] - span[0], 2), -span[0]))
    others = len(found) - 1
    lines = [
        *_cause(call, leg, a, b),
        *([f"and {others} shorter" if others > 1 else "and a shorter one"] if others else []),
    ]
    text = f"longest silence: {b - a:.1f} s, from {a:.1f} to {b:.1f} s after the answer"
    return Answer(True, text, tuple(lines), a, round(b - a, 3))


def _cause(call: Record, leg: str, begin: float, end: float) -> Iterable[str]:
    """Who caused a silence, as far as the record tells."""
    from .silences import silences
    from .tracks import Tracks

    tracks = Tracks(call, leg)
    first = tracks.answered or 0.0
    for mark in silences(tracks):
        a, b = max(begin, mark.start - first), min(end, mark.end - first)
        if b - a > 0.1:
            yield f"{a:.1f}–{b:.1f} s: {mark.text}"
