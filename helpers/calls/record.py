"""The record of one call: a snapshot of its entries, and the facts, times and sound in it."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError
from ..base.text import visible
from .statuses import IN_ANOTHER_CALL, OVER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Entry = dict[str, Any]
Heard = Callable[[str, int], bytes]

TOLD = frozenset({"event", "input", "notify", "error"})


class TraceError(KitError):
    """A question that the record of a call cannot answer."""


@dataclass(frozen=True)
class Span:
    """One NCCO action of one leg as it ran. ``start`` and ``end`` are call time; ``end`` is None while it runs."""

    leg: str
    ncco: int
    index: int
    action: str
    options: dict[str, Any]
    start: float
    end: float | None = None
    state: str = "started"
    why: str | None = None


class Record:
    """The record of one call, by leg or by conversation uuid: a snapshot that does not change any more.

    ``entries`` may be those of one call or of many; only this call's are kept. ``heard(leg, rate)`` gives what the
    person on that leg heard as a WAV file, from answer to end. Times are seconds of call time, like ``at``.
    """

    def __init__(self, entries: Iterable[Entry], *, uuid: str, heard: Heard | None = None) -> None:
        entries = list(entries)
        mine = [e for e in entries if uuid in (e["leg"], e["conversation"])]
        if not mine:
            raise TraceError(
                f"There is no call {uuid!r} in the record.",
                "Use the uuid or conversation_uuid of the reply that created the call, or of one of its events.",
                uuid=uuid,
            )
        talks = {e["conversation"] for e in mine if e["conversation"]} - {uuid}
        mine += [e for e in entries if e["leg"] is None and e["conversation"] in talks]
        self.uuid = uuid
        self._entries = _last_meeting(uuid, sorted(mine, key=lambda e: (e["at"], e["seq"])))
        # Of a leg that came into the conversation from another one, only this is told besides.
        self._begun = {e["leg"]: e for e in reversed(entries) if e["kind"] == "leg"}
        self._answered = {e["leg"]: float(e["at"]) for e in reversed(entries) if e.get("status") == "answered"}
        self._heard = heard

    def __repr__(self) -> str:
        length = "" if self.duration is None else f" · {self.duration:.1f} s of talk"
        return visible(f"Call {self.from_} → {self.to}, {self.direction}: {', '.join(self.statuses)}{length}")

    def entries(self, kind: str | None = None, **match: Any) -> list[Entry]:
        """The entries of one kind whose facts equal ``match``: ``call.entries("status", status="busy")``."""
        of_kind = self._entries if kind is None else self._kinds.get(kind, [])
        return [e for e in of_kind if all(e.get(k) == v for k, v in match.items())]

    @cached_property
    def _kinds(self) -> dict[str, list[Entry]]:
        """The entries by kind: a call of two hours has thousands."""
        kinds: dict[str, list[Entry]] = {}
        for entry in self._entries:
            kinds.setdefault(entry["kind"], []).append(entry)
        return kinds

    # Who and when -----------------------------------------------------------------------------------------------

    @property
    def legs(self) -> list[str]:
        """The uuid of each leg, in the order in which they began."""
        return list(dict.fromkeys(e["leg"] for e in self._entries if e["leg"]))

    @property
    def leg(self) -> str:
        """The uuid of the first leg."""
        return self.uuid if not self.legs else self.legs[0]

    @property
    def conversation(self) -> str | None:
        """The conversation's uuid, ``CON-…``."""
        return next((str(e["conversation"]) for e in self._entries if e["conversation"]), None)

    @property
    def talks(self) -> list[str]:
        """The uuid of each conversation the call was in, in order: a leg that joins a named one leaves its own."""
        return list(dict.fromkeys(str(e["conversation"]) for e in self._entries if e["conversation"]))

    def fact(self, name: str, leg: str | None = None) -> Any:
        """One fact of a leg's first entry: ``direction``, ``from``, ``to`` or ``type``."""
        return self._begun.get(leg or self.leg, {}).get(name)

    def party(self, leg: str | None = None) -> str:
        """Who is at the far end of a leg: the name of the phone, or its number; empty if neither is known."""
        far = "from" if self.fact("direction", leg) == "inbound" else "to"
        return str(self.fact("name", leg) or self.fact(far, leg) or "")

    @property
    def direction(self) -> str:
        """``outbound`` or ``inbound``."""
        return str(self.fact("direction") or "")

    @property
    def from_(self) -> str:
        """The number that calls."""
        return str(self.fact("from") or "")

    @property
    def to(self) -> str:
        """The number that is called."""
        return str(self.fact("to") or "")

    @property
    def statuses(self) -> list[str]:
        """The states of the first leg, in order: ``["started", "ringing", "answered", "completed"]``."""
        return [str(e["status"]) for e in self.entries("status", leg=self.leg)]

    @property
    def in_another_call(self) -> bool:
        """Whether the phone that was called was busy because another call to it still went on."""
        return bool(self.entries("status", leg=self.leg, why=IN_ANOTHER_CALL))

    @property
    def status(self) -> str:
        """The latest state of the first leg."""
        return self.statuses[-1] if self.statuses else ""

    @property
    def start(self) -> float:
        """Call time of the first entry. Every view counts from here."""
        return float(self._entries[0]["at"])

    @property
    def answered_at(self) -> float | None:
        """When the first leg was answered, or None."""
        return self.when("answered")

    @property
    def ended_at(self) -> float | None:
        """When the first leg was over, or None while it goes on."""
        last = self.entries("status", leg=self.leg)[-1:]
        return float(last[0]["at"]) if last and last[0]["status"] in OVER else None

    @property
    def duration(self) -> float | None:
        """Seconds from answer to end, or None when there was no answer or is no end."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return round(self.ended_at - self.answered_at, 6)

    def when(self, status: str, leg: str | None = None) -> float | None:
        """Call time at which a leg (the first, if none is named) reached a status, or None."""
        found = self.entries("status", leg=leg or self.leg, status=status)
        return float(found[0]["at"]) if found else None

    def picked_up(self, leg: str | None = None) -> float | None:
        """Call time from which a leg could hear: its answer, even if the conversation is one that it joined later."""
        leg = leg or self.leg
        return self._answered.get(leg, self._joined(leg))

    def _joined(self, leg: str) -> float | None:
        joined = self.entries("conversation", leg=leg, state="joined")
        return float(joined[0]["at"]) if joined else None

    def since_start(self, at: float) -> float:
        """Seconds since the start of the call, which is what every view prints."""
        return float(round(at - self.start, 6))

    # What happened ----------------------------------------------------------------------------------------------

    @property
    def errors(self) -> list[Entry]:
        """The error entries: ``reason`` and ``advice``."""
        return self.entries("error")

    @property
    def actions(self) -> list[Span]:
        """The NCCO actions that were reached, in the order in which they started."""
        spans: dict[tuple[Any, ...], Span] = {}
        for e in self.entries("action"):
            key = (e["leg"], e["ncco"], e["index"])
            first = spans.get(key)
            # What led into this conversation began in the one before.
            came = None if first or e["state"] == "started" else self._joined(e["leg"])
            start = first.start if first else e["at"] if came is None else came
            end = None if e["state"] == "started" else e["at"]
            options = e.get("options") or (first.options if first else {})
            spans[key] = Span(*key, e["action"], options, start, end, e["state"], e.get("why"))
        return list(spans.values())

    # What was heard ---------------------------------------------------------------------------------------------

    def heard_wav(self, rate: int = 8000, leg: str | None = None) -> bytes:
        """What a leg's person heard from answer to end, as a WAV file. Raises :class:`TraceError` if there is none."""
        leg = self.known(leg)
        if self.picked_up(leg) is None:
            states = ", ".join(str(e["status"]) for e in self.entries("status", leg=leg)) or "not started"
            raise TraceError(
                f"Nothing was heard on leg {leg!r}, because it was not answered ({states}).",
                "Wait for the answer first: kit.wait_for(call, 'answered').",
                leg=leg,
            )
        if self._heard is None:
            raise TraceError(
                "There is no sound in this record.",
                "Only the simulator keeps what was heard; in a live call listen on your phone, or record the call.",
                leg=leg,
            )
        return self._heard(leg, rate)

    def samples(self, rate: int = 8000, leg: str | None = None) -> NDArray[np.int16]:
        """What a leg's person heard as it is in the file: 16-bit samples of one channel, ``rate`` a second."""
        import numpy as np

        with wave.open(io.BytesIO(self.heard_wav(rate, leg))) as sound:
            return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")[:: sound.getnchannels()]

    def heard_samples(self, rate: int = 8000, leg: str | None = None) -> NDArray[np.float32]:
        """What a leg's person heard: mono samples between -1 and 1, ``rate`` a second, from answer to end."""
        import numpy as np

        return self.samples(rate, leg).astype(np.float32) / np.float32(32768)

    def silences(
        self, threshold: float | None = None, minimum: float = 0.5, leg: str | None = None
    ) -> list[tuple[float, float]]:
        """Where the leg heard (almost) nothing: ``(start, end)`` in seconds since the answer.

        ``threshold`` is the RMS level, 0 to 1, below which 20 ms count as silent (usual: 0.01); ``minimum`` is in
        seconds.
        """
        from ..audio.samples import SILENT, silences

        found = silences(self.samples(8000, leg), 8000, SILENT if threshold is None else threshold)
        return [(a, b) for a, b in found if b - a >= minimum]

    def is_on(self, action: str, leg: str, at: float) -> bool:
        """Is a leg muted (``mute``), or deaf to the others (``earmuff``), at a moment of call time?"""
        done = [e["action"] for e in self.entries("control", leg=leg) if e["at"] <= at]
        return next((one == action for one in reversed(done) if one in (action, f"un{action}")), False)

    def conversation_of(self, leg: str, at: float) -> str | None:
        """The conversation a leg was in at a moment of call time, as far as the record goes; None if it had left."""
        last = next((e for e in reversed(self.entries(leg=leg)) if e["at"] <= at), None)
        gone = last is None or (last["kind"] == "conversation" and last["state"] == "left")
        return None if last is None or gone else str(last["conversation"])

    def audible(self, leg: str, spoken: Entry, end: float) -> list[tuple[float, float]]:
        """When a leg heard what somebody else said (a ``said`` entry), until ``end``; all in call time.

        It has to be answered, in one conversation with the speaker, not earmuffed, and the speaker not muted.
        """
        begin, answered = spoken["at"], self.picked_up(leg)
        begin = max(begin, math.inf if answered is None else answered)
        changes = {e["at"] for kind in ("control", "conversation") for e in self.entries(kind) if begin < e["at"] < end}
        parts: list[tuple[float, float]] = []
        for a, b in pairwise(sorted({begin, end, *changes}) if begin < end else ()):
            together = self.conversation_of(leg, a) == spoken["conversation"]
            if together and not self.is_on("mute", spoken["leg"], a) and not self.is_on("earmuff", leg, a):
                parts[-1:] = [(parts[-1][0], b)] if parts and parts[-1][1] == a else [*parts[-1:], (a, b)]
        return parts

    def known(self, leg: str | None) -> str:
        """The leg that is meant: the first, if none is named. Raises :class:`TraceError` if there is no such leg."""
        leg = self.leg if leg is None else leg
        if self.legs and leg not in self.legs:
            raise TraceError(f"This call has no leg {leg!r}.", "call.legs lists them.", leg=leg)
        return leg

    @property
    def has_sound(self) -> bool:
        """True if what was heard can be had: the simulator keeps it, a real phone does not."""
        return self._heard is not None


def _last_meeting(uuid: str, entries: list[Entry]) -> list[Entry]:
    """Of a named conversation, which lives on when all have left, what happened since it was last empty."""
    inside: set[str] = set()
    begin = 0
    for number, entry in enumerate(entries):
        if entry["conversation"] != uuid:
            continue
        if entry["kind"] == "leg" or entry.get("state") == "joined":
            begin = begin if inside else number
            inside.add(entry["leg"])
        elif entry.get("state") == "left" or entry.get("status") in OVER:
            inside.discard(entry["leg"])
    earlier = {entry["leg"] for entry in entries[:begin]} - {entry["leg"] for entry in entries[begin:]}
    return [entry for entry in entries[begin:] if entry["leg"] not in earlier]
