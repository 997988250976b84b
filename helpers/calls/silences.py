"""Why a leg heard nothing: for each silence the request, the file or the action that it was waiting for.

A request is named only where the call waited for its reply: the answer URL before there is an NCCO, the webhook of an
``input`` or ``notify`` while that action runs, a sound file until it is there. A slow event URL holds nobody up, unless
the next request of the leg has to queue behind it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ..base.text import one_line
from .marks import Mark
from .record import Entry, Span
from .statuses import FAILURES
from .story import Story, awaited
from .wording import sound_name

if TYPE_CHECKING:
    from .tracks import Tracks

SLOW = 0.25  # seconds from which a request is blamed
NOTED = 0.5  # seconds from which a silence is told that no request has caused
HAIR = 0.05  # seconds that make no difference
PAUSES = ("begins with silence", "ends with silence", " pauses", "where it begins again")
# Of two reasons the one that comes first here holds.
SOUND, REQUEST, HUSHED, DETECTION, ACTION, PEOPLE = range(6)


@dataclass(frozen=True)
class Reason:
    """What may have caused a silence, in seconds since the start. ``say(a, b)`` puts the part from a to b in words."""

    start: float
    end: float
    rank: int
    say: Callable[[float, float], str]
    trouble: bool = False


def silences(tracks: Tracks) -> list[Mark]:
    """The silences of a leg, cut where their reason changes. ``kind`` is ``request`` where a request is to blame, and
    ``pause`` where a sound has it in itself.
    """
    reasons, marks = Reasons(tracks), []
    for begin, end in tracks.quiet:
        there = [r for r in reasons.all if r.start < end and r.end > begin]
        for a, b, reason in _parts(begin, end, there):
            asked = reason is not None and reason.rank == REQUEST
            if b - a < SLOW or (end - begin < NOTED and not asked):
                continue
            words = reason.say(a, b) if reason else "nothing is played"
            gone = "" if asked else reasons.failed_before(a)
            trouble = bool(gone) or (reason is not None and reason.trouble)
            kind = "request" if asked else "pause" if words.endswith(PAUSES) else "quiet"
            marks.append(Mark(a, b, words, gone, kind, trouble, slow=asked))
    return marks


def telling(tracks: Tracks) -> list[Mark]:
    """The silences that say something about the call: without the pauses that a sound itself has."""
    return [mark for mark in silences(tracks) if mark.kind != "pause" or mark.trouble]


def waits(tracks: Tracks) -> list[Mark]:
    """The silences that a slow reply, or a sound file that was slow to come, caused; as captions tell of them."""
    return [Mark(m.start, m.end, f"(silence: {m.label})") for m in silences(tracks) if m.kind == "request"]


def captions(tracks: Tracks) -> list[Mark]:
    """What sounds when, and what a request kept silent, in seconds since the answer: there the sound begins."""
    zero = tracks.answered or 0.0
    marks = sorted([*tracks.sounds, *tracks.voices, *waits(tracks)], key=lambda m: m.start)
    return [replace(mark, start=mark.start - zero, end=mark.end - zero) for mark in marks]


def _parts(begin: float, end: float, reasons: list[Reason]) -> list[tuple[float, float, Reason | None]]:
    """A silence, cut into stretches with one reason each; what is too short to matter goes with its neighbour."""
    cuts = sorted({begin, end, *(t for r in reasons for t in (r.start, r.end) if begin < t < end)})
    parts: list[tuple[float, float, Reason | None]] = []
    for a, b in pairwise(cuts):
        middle = (a + b) / 2
        reason = min((r for r in reasons if r.start <= middle < r.end), key=lambda r: r.rank, default=None)
        if parts and (parts[-1][2] is reason or b - a < 2 * HAIR):
            parts[-1] = (parts[-1][0], b, parts[-1][2])
        elif parts and parts[-1][1] - parts[-1][0] < 2 * HAIR:
            parts[-1] = (parts[-1][0], b, reason)
        else:
            parts.append((a, b, reason))
    return parts


class Reasons:
    """What one leg was waiting for, and when."""

    def __init__(self, tracks: Tracks) -> None:
        self.tracks, self.call, self.leg = tracks, tracks.call, tracks.leg
        self._since = self.call.since_start
        self._replies = {e["request"]: e for e in self.call.entries("reply")}
        self._spans = [span for span in self.call.actions if span.leg == self.leg]
        self._failed = [e for e in self.call.entries("fetch", leg=self.leg) if e.get("error")]
        self._own = self.call.entries("webhook", leg=self.leg)
        self._told = {kind: self.call.entries(kind, leg=self.leg) for kind in ("input", "notify")}
        self.all = [*self._sounds(), *self.requests(), *self._hushed(), *self._detection(), *self._actions(),
                    *self._people()]  # fmt: skip

    def failed_before(self, at: float) -> str:
        """The sound file that should have been heard from ``at`` on and could not be had."""
        for e in self._failed:
            if abs(self._since(e["at"]) - at) < HAIR:
                return f"{sound_name(e)} was not to be had: {one_line(e['error'], 60)}"
        return ""

    # Sounds that are silent themselves

    def _sounds(self) -> Iterator[Reason]:
        for e in self.call.entries("sound", leg=self.leg, state="started"):
            start, stop = self._since(e["at"]), self.tracks.end_of(e)
            yield Reason(start, stop, SOUND, _silent_sound(e, start, stop))

    # Requests that the call waited for

    def requests(self) -> Iterator[Reason]:
        """Slow webhooks and sound files that this leg waited for."""
        for hook in self.call.entries("webhook"):
            if hook["url"] and (hook["leg"] == self.leg or self._waits_for(hook)):
                yield from self._hook(hook)
        for e in self.call.entries("fetch", leg=self.leg):
            end, took = self._since(e["at"]), float(e.get("waited") or 0)
            if took >= SLOW:
                wrong = f", then ✗ {one_line(e['error'], 60)}" if e.get("error") else ""
                yield _request(end - took, end, f"GET {_path(e['url'])}", wrong)
        for span in self._spans:
            if span.action == "connect":
                yield from self._before_they_are_together(span)

    def _hook(self, hook: Entry) -> Iterator[Reason]:
        start, end, told = self._took(hook)
        if end - start >= SLOW and (self._waits_for(hook) or self._is_awaited(hook, start, end)):
            yield _request(start, end, f"{hook['method']} {_path(hook['url'])}", told)
        if hook["type"] in ("input", "notify"):
            yield from self._queue(hook)

    def _took(self, hook: Entry) -> tuple[float, float, str]:
        """From when to when a webhook's reply was waited for, and what was wrong with it."""
        start, reply = self._since(hook["at"]), self._replies.get(hook["request"])
        if reply is None:
            return start, self.tracks.length, ", no reply yet"
        wrong = one_line(reply.get("error") or "", 60)
        return start, self._since(reply["at"]), f", then ✗ {wrong}" if wrong else ""

    def _is_awaited(self, hook: Entry, start: float, end: float) -> bool:
        """True if nothing else could happen on this leg before the reply was there."""
        running = [s for s in self._spans if self._since(s.start) <= start + HAIR and self._end(s) >= end - HAIR]
        if hook["type"] in ("input", "notify", "fallback") and any(s.action in ("input", "notify") for s in running):
            return True
        if hook["type"] == "transfer":  # also the name of an event, which holds nobody up
            return awaited(hook) and any(e["source"] == "transfer" and abs(self._since(e["at"]) - end) < HAIR
                       for e in self.call.entries("ncco", leg=self.leg))  # fmt: skip
        # Until there is an NCCO.
        begun = any(self._since(s.start) < end - HAIR for s in self._spans)
        return hook["type"] in ("answer", "fallback") and not begun

    def _waits_for(self, hook: Entry) -> bool:
        """True for another leg's event whose reply a synchronous ``connect`` of this leg waits for."""
        failed = hook["leg"] != self.leg and (hook.get("payload") or {}).get("status") in FAILURES
        at = self._since(hook["at"])
        return failed and any(
            s.action == "connect" and s.options.get("eventType") == "synchronous"
            and self._since(s.start) <= at <= self._end(s) for s in self._spans
        )  # fmt: skip

    def _queue(self, hook: Entry) -> Iterator[Reason]:
        """Requests of a leg are sent one after the other: this one may have waited for the reply to an event."""
        told = self._told[hook["type"]]
        place = bisect_right(told, hook["at"], key=lambda e: float(e["at"]))
        if not place or hook["at"] - told[place - 1]["at"] < SLOW or hook.get("attempt") == 2:
            return
        due, sent = self._since(told[place - 1]["at"]), self._since(hook["at"])
        for other in self._own:
            start, end, wrong = self._took(other)
            if other["url"] and other["type"] in ("event", "error") and start < sent and end > due + HAIR:
                name = (other.get("payload") or {}).get("status") or other["type"]
                what = f"{other['method']} {_path(other['url'])} ({one_line(name, 20)})"
                yield _request(max(due, start), min(end, sent), what, wrong, end - start)

    def _before_they_are_together(self, connect: Span) -> Iterator[Reason]:
        """What the other side waits for before it joins keeps this side waiting, too."""
        from .tracks import Tracks

        first, last = self._since(connect.start), self._end(connect)
        for leg in self.call.legs:
            tracks = Tracks(self.call, leg)
            answered = tracks.answered
            if leg == self.leg or answered is None or not first <= answered <= last:
                continue
            joined = [self._since(e["at"]) for e in self.call.entries("conversation", leg=leg, state="joined")]
            together = min((at for at in joined if at >= answered), default=last)
            for reason in Reasons(tracks).requests():
                if reason.start < min(together, last):
                    yield Reason(reason.start, min(reason.end, together, last), REQUEST, reason.say, reason.trouble)

    # What else keeps a line silent

    def _hushed(self) -> Iterator[Reason]:
        """Somebody spoke, but was muted, or this leg was earmuffed."""
        for e in self.call.entries("said"):
            start = self._since(e["at"])
            if e["leg"] == self.leg:
                continue
            cuts = sorted({start, start + float(e.get("seconds") or 0),
                           *(self._since(c["at"]) for c in self.call.entries("control"))})  # fmt: skip
            for a, b in pairwise(cuts):
                if a < start or b > start + float(e.get("seconds") or 0):
                    continue
                now = self.call.start + a
                if self.call.is_on("earmuff", self.leg, now):
                    yield Reason(a, b, HUSHED, _words("earmuffed: does not hear the others"))
                elif self.call.is_on("mute", e["leg"], now):
                    yield Reason(a, b, HUSHED, _words(f"muted: {Story(self.call).phone(e['leg'])}"))

    def _detection(self) -> Iterator[Reason]:
        """In a synchronous mode nothing begins before it is clear who answered."""
        begun = min((self._since(s.start) for s in self._spans), default=None)
        for e in self.call.entries("detection", leg=self.leg)[:1]:
            if self.tracks.answered is not None and (begun is None or begun >= self._since(e["at"]) - HAIR):
                words = _words("machine detection listens first")
                yield Reason(self.tracks.answered, self._since(e["at"]), DETECTION, words)

    def _actions(self) -> Iterator[Reason]:
        for span in self._spans:
            start, end = self._since(span.start), self._end(span)
            if span.action == "connect":
                if len(self.call.legs) == 1:  # the record of one leg does not know the other one
                    yield Reason(start, end, ACTION, _words("connect: nothing is heard of the other side"))
                    continue
                both = min((t for t in map(self._answered, self.call.legs) if t and start < t < end), default=end)
                yield Reason(start, both, ACTION, _words("connect: the other side has not answered"))
                yield Reason(both, end, ACTION, _words("nobody speaks"))
            elif span.action == "conversation":
                yield from self._conversation(start, end)
            else:
                yield Reason(start, end, ACTION, _words(WAITS.get(span.action, _waiting)(span)))

    def _conversation(self, start: float, end: float) -> Iterator[Reason]:
        """Alone, or together with people who say nothing."""
        room = [e for e in self.call.entries("conversation") if e.get("members") is not None]
        cuts = sorted({start, end, *(t for e in room if start < (t := self._since(e["at"])) < end)})
        for a, b in pairwise(cuts):
            members = next((e["members"] for e in reversed(room) if self._since(e["at"]) <= a), 1)
            yield Reason(a, b, ACTION, _words("alone in the conversation" if members == 1 else "nobody speaks"))

    def _people(self) -> Iterator[Reason]:
        """A leg without an NCCO of its own, and one whose NCCO could not be had."""
        for e in self.call.entries("error", leg=self.leg):
            at = self._since(e["at"])
            if not any(self._since(s.start) >= at - HAIR for s in self._spans):
                yield Reason(at, self.tracks.ended, PEOPLE, _words(f"error: {one_line(e['reason'], 70)}"), trouble=True)
        if len(self.call.legs) > 1 and not self._spans and self.tracks.answered is not None:
            yield Reason(self.tracks.answered, self.tracks.ended, PEOPLE, _words("nobody speaks"))

    def _answered(self, leg: str) -> float | None:
        at = None if leg == self.leg else self.call.when("answered", leg)
        return None if at is None else self._since(at)

    def _end(self, span: Span) -> float:
        return self.tracks.length if span.end is None else self._since(span.end)


def _request(start: float, end: float, what: str, wrong: str, took: float | None = None) -> Reason:
    ms = round((end - start if took is None else took) * 1000)
    return Reason(start, end, REQUEST, _words(f"waiting for {what}, {ms} ms{wrong}"), "✗" in wrong)


def _words(text: str) -> Callable[[float, float], str]:
    return lambda a, b: text


def _path(url: Any) -> str:
    """The path of a URL, as it is read."""
    return one_line(unquote(urlsplit(str(url)).path) or "/", 40)


def _silent_sound(e: Entry, start: float, stop: float) -> Callable[[float, float], str]:
    """Where in a sound a silence is."""
    name, once = sound_name(e), float(e.get("seconds") or 0) or stop - start

    def say(a: float, b: float) -> str:
        first, last = (a - start) % once if once else 0.0, (b - start) % once if once else 0.0
        begins, ends = min(first, once - first) < 2 * HAIR, min(last, once - last) < 2 * HAIR
        if begins and ends and b - a > once - 4 * HAIR:
            soft = f" at level {e['level']:g}" if (e.get("level") or 0) < 0 else ""
            return f"{name} is silent{soft}"
        if once and not (begins or ends) and int((a - start) / once) != int((b - start) / once):
            return f"{name} is silent where it begins again"
        if begins:
            return f"{name} begins with silence"
        if ends or abs(b - stop) < 2 * HAIR:
            return f"{name} ends with silence"
        return f"{name} pauses"

    return say


def _input(span: Span) -> str:
    """What an input waits for."""
    kinds = span.options.get("type") or []
    words = [word for kind, word in (("dtmf", "a key"), ("speech", "words")) if kind in kinds]
    return f"input waits for {' or '.join(words) or 'a key'}"


def _waiting(span: Span) -> str:
    return f"{one_line(span.action, 20)} has nothing to play yet"


WAITS: dict[str, Callable[[Span], str]] = {
    "wait": lambda _: "wait",
    "input": _input,
    "record": lambda _: "record listens",
    "notify": lambda _: "notify",
}
