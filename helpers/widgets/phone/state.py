"""What a phone shows, read from the trace: who calls, since when, what is said, how the last calls went."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import phonenumbers

from ...base.addresses import plain
from ...base.text import one_line
from ...calls.record import Entry
from ...calls.statuses import OVER
from ...calls.wording import sound_name

LINES = 40  # captions kept of a call
CALLS = 6  # calls kept
# A phone with one of these does not ring: whoever calls it is told something by the network.
SILENT = ("busy", "out_of_service", "unreachable", "no_such_number", "blocked")
ENDS = {
    "busy": "engaged", "rejected": "declined", "unanswered": "not answered", "timeout": "not answered",
    "cancelled": "the caller gave up", "failed": "failed",
}  # fmt: skip
BEHAVIOURS = {
    "answers": "answers by itself after {after:g} s",
    "declines": "declines by itself after {after:g} s",
    "rings_out": "is not answered",
    "voicemail": "is an answering machine, which answers after {after:g} s",
    "scripted": "follows its script",
    "manual": "waits for somebody to answer",
    "busy": "is engaged",
    "out_of_service": "is out of service",
    "unreachable": "is switched off",
    "no_such_number": "is a number that nobody has",
    "blocked": "is where no call gets through",
}
CONTROLS = {
    "mute": "Muted by the API: nobody hears you",
    "unmute": "No longer muted by the API",
    "earmuff": "Earmuffed by the API: you do not hear the others",
    "unearmuff": "No longer earmuffed by the API",
}


@dataclass
class Line:
    """One caption: ``who`` is ``you``, ``line`` (what the platform plays), ``other``, ``note`` or ``error``."""

    number: int
    at: float  # call time
    who: str
    text: str


@dataclass
class Done:
    """One call of the past."""

    who: str
    out: bool  # this phone dialled
    how: str
    seconds: float | None  # of talk; None: nobody answered

    @property
    def ended(self) -> str:
        """How it ended; of a talk how long it was."""
        return self.how if self.seconds is None else f"{self.seconds:g} s"


@dataclass
class PhoneState:
    """The phone with one address. Feed it every entry of the trace with :meth:`take`; those of others pass it by.

    ``state`` is ``idle``, ``calling`` (it has dialled), ``ringing`` or ``in call``; ``note`` is the last thing worth
    knowing. Times are call time in seconds.
    """

    address: str
    silent: bool = False
    state: str = "idle"
    leg: str = ""
    other: str = ""  # who calls, or is called
    out: bool = False
    zero: float = 0.0  # from here the call's captions count: its answer, before that its beginning
    answered_at: float | None = None
    note: str = ""
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES))
    done: deque[Done] = field(default_factory=lambda: deque(maxlen=CALLS))
    latest: float = 0.0
    _count: int = 0
    _conversation: str = ""
    _legs: dict[str, tuple[str, bool]] = field(default_factory=dict)  # own legs that run: other party, dialled
    _parties: dict[str, str] = field(default_factory=dict)  # other legs: their address
    _hushed: set[str] = field(default_factory=set)  # legs that the API has muted
    _earmuffed: bool = False
    _sounds: dict[int, float | None] = field(default_factory=dict)  # what plays: until when, if nobody stops it
    _seen: set[tuple[int, float]] = field(default_factory=set)

    @property
    def expected(self) -> bool:
        """True if a call is under way to this phone, or from it, even if it does not ring yet."""
        return bool(self._legs)

    def take(self, entry: Entry) -> bool:
        """Take note of an entry. True if the phone looks different now. The same entry twice is once."""
        if (key := (entry["seq"], entry["at"])) in self._seen:
            return False
        self._seen.add(key)
        self.latest = max(self.latest, float(entry["at"]))
        kind, leg = entry["kind"], entry["leg"]
        if kind == "leg":
            return self._begin(entry)
        if leg in self._legs:
            return self._own(entry)
        if kind == "control":
            self._muting(entry)
        elif kind == "said" and self._hears(entry):
            return self._caption(entry, "other", f"{self._parties.get(leg, 'The other')}: {_words(entry)}")
        elif kind == "key" and self._hears(entry):
            return self._caption(entry, "note", f"{self._parties.get(leg, 'The other')} presses {entry['digit']}")
        elif kind == "status" and entry["status"] in OVER:
            self._parties.pop(leg, None)
        return False

    def forget(self) -> None:
        """Start from nothing: the network was reset."""
        count = self._count  # the page knows its captions by their numbers
        self.__init__(self.address, self.silent)  # type: ignore[misc]
        self._count = count

    def _begin(self, entry: Entry) -> bool:
        """A leg begins: is it this phone's?"""
        out: bool = entry["direction"] == "inbound"  # as the platform sees it
        own, other = (entry["from"], entry["to"]) if out else (entry["to"], entry["from"])
        kind = entry.get("type") or "phone"
        address = f"{kind}:{own}" if kind in ("app", "vbc") else plain(str(own))
        if address != self.address:
            self._parties[entry["leg"]] = one_line(entry.get("name") or own, 40)
            return False
        self._legs[entry["leg"]] = one_line(other, 40), out
        if out and self.state == "idle":
            self._call(entry, "calling")
        return True

    def _own(self, entry: Entry) -> bool:
        """An entry of one of this phone's own legs."""
        kind, leg = entry["kind"], entry["leg"]
        if kind == "status":
            return self._status(entry)
        if leg != self.leg:
            return False
        self._conversation = entry["conversation"] or self._conversation
        if kind == "sound":
            return self._sound(entry)
        if kind == "said":
            return self._caption(entry, "you", _words(entry))
        if kind == "key":
            return self._caption(entry, "you", f"presses {entry['digit']}")
        if kind == "control":
            self._muting(entry)
            return self._caption(entry, "note", CONTROLS.get(str(entry["action"]), ""))
        if kind in ("error", "note"):
            said = [entry.get("reason") or entry.get("text"), entry.get("advice")]
            text = one_line(" ".join(map(str, filter(None, said))), 300)
            if self.state != "calling":
                return self._caption(entry, "error", text)
            self.note = text  # why a call that this phone makes does not get through is said at its end
            return True
        return False

    def _sound(self, entry: Entry) -> bool:
        """The platform plays something, or stops it. What ends by itself needs no words."""
        cue, text = entry["cue"], entry.get("text")
        if entry["state"] == "started":
            self._sounds[cue] = entry["ends"]
            if entry["source"] == "dtmf":
                return self._caption(entry, "line", f"key tones {text}")
            return self._caption(entry, "line", f"{_words(entry)}{_times(entry)}")
        ends = self._sounds.pop(cue, None)
        if ends is not None and entry["at"] > ends - 0.05:
            return False
        return self._caption(entry, "note", f"{sound_name(entry)} stops")

    def _status(self, entry: Entry) -> bool:
        leg, status = entry["leg"], entry["status"]
        if status == "ringing" and self.state == "idle" and not self.silent and not self._legs[leg][1]:
            return self._call(entry, "ringing")
        if status == "answered":
            if leg != self.leg:
                self._call(entry, "in call")
            self.state, self.answered_at, self.note = "in call", float(entry["at"]), ""
            self.zero = self.answered_at
            return True
        if status not in OVER:
            return False
        if (known := self._legs.pop(leg, None)) is None:
            return False
        other, out = known
        mine = leg == self.leg
        talked = mine and self.answered_at is not None
        seconds = round(entry["at"] - self.answered_at, 1) if talked and self.answered_at is not None else None
        how = "" if talked else "engaged" if status == "busy" else self._how(entry, out)
        self.done.appendleft(Done(other, out, how, seconds))
        if mine:
            self.note = self._farewell(entry, other, out, seconds, how)
            self.state, self.leg, self.answered_at = "idle", "", None
            self._hushed.clear()
            self._sounds.clear()
            self._earmuffed = False
        return True

    def _call(self, entry: Entry, state: str) -> bool:
        self.leg, self.state = entry["leg"], state
        self.other, self.out = self._legs[entry["leg"]]
        self.zero, self.answered_at, self.note = float(entry["at"]), None, ""
        self._conversation = entry["conversation"] or ""
        self.lines.clear()
        return True

    @staticmethod
    def _how(entry: Entry, out: bool) -> str:
        status = str(entry["status"])
        if entry.get("detail") == "declined":
            return "declined"
        if out:
            return "ended before an answer" if status == "cancelled" else one_line(entry["why"], 120)
        return ENDS.get(status, status) if status != "rejected" else one_line(entry["why"], 120)

    def _farewell(self, entry: Entry, other: str, out: bool, seconds: float | None, how: str) -> str:
        if seconds is not None:
            return f"The call is over: {one_line(entry['why'], 120)}."
        if how == "declined":
            return f"You declined the call from {other}."
        if out:
            return self.note or f"The call to {other} did not get through: {how}."
        return f"Missed call from {other}: {how}."

    def _caption(self, entry: Entry, who: str, text: str) -> bool:
        self._count += 1
        self.lines.append(Line(self._count, float(entry["at"]), who, text))
        return True

    def _hears(self, entry: Entry) -> bool:
        """Whether what another leg says comes out of this phone."""
        together = bool(self._conversation) and entry["conversation"] == self._conversation
        return self.state == "in call" and together and entry["leg"] not in self._hushed and not self._earmuffed

    def _muting(self, entry: Entry) -> None:
        action, leg = entry["action"], entry["leg"]
        if action in ("earmuff", "unearmuff") and leg == self.leg:
            self._earmuffed = action == "earmuff"
        elif action == "mute":
            self._hushed.add(leg)
        elif action == "unmute":
            self._hushed.discard(leg)


def _words(entry: Entry) -> str:
    return one_line(entry["text"], 400) if entry.get("text") else f"♪ {sound_name(entry)}"


def _times(entry: Entry) -> str:
    if entry.get("loop") == 0:
        return " (again and again)"
    return f" ({entry['loop']} times)" if (entry.get("loop") or 1) > 1 else ""


def behaviour_in_words(settings: dict[str, Any]) -> str:
    """What a phone does when it is called: ``answers by itself after 2 s``."""
    return BEHAVIOURS.get(settings["behaviour"], "acts by itself").format(after=settings.get("after", 0))


def shown_number(address: str) -> str:
    """``+44 7700 900001`` for ``447700900001``; anything else as it is."""
    if not address.isdecimal():
        return one_line(address, 60)
    try:
        number = phonenumbers.parse(f"+{address}")
    except phonenumbers.NumberParseException:
        return address
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
