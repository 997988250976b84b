"""The book of the event panel: every row that came, sorted into calls and legs, with what is missing in each."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ...base.text import one_line
from ...calls.record import Entry
from ...calls.statuses import OVER
from ...wire.events import Event
from ...wire.exchanges import GOOD, MISSING, RoundTrip
from . import flags as marks
from .flags import Flag
from .rows import BADGES, MADE_UP, OTHERS, PLAIN, Row, name_of, read, sentence_of

logger = logging.getLogger(__name__)

GRACE = 1.0  # real seconds that the last event of a call may take after the call's end
ORDER = ("started", "ringing", "answered")
LEGS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass
class Group:
    """The rows of one conversation. ``g`` 0 is for requests that belong to no call."""

    g: int
    uuid: str
    numbers: str = ""
    direction: str = ""
    origin: str = ""
    began: datetime | None = None
    count: int = 0
    legs: dict[str, str] = field(default_factory=dict)  # uuid -> latest status
    seen: dict[str, tuple[datetime, int, str]] = field(default_factory=dict)  # leg -> newest time, rank, status
    bodies: dict[int, bool] = field(default_factory=dict)  # what came -> whether it was answered well
    statuses: set[tuple[str, str]] = field(default_factory=set)
    talked: set[str] = field(default_factory=set)  # legs whose completed tells of a talk
    over: dict[str, tuple[str, float]] = field(default_factory=dict)  # leg -> last status by the trace, and when
    patience: float | None = None  # real seconds of quiet after which an answered call is asked about
    last: float = 0.0  # when the newest came, by the monotonic clock
    why: Callable[[], str] = str  # why nothing came, where something should have long since

    @property
    def name(self) -> str:
        if not self.g:
            return "Outside of calls"
        return f"Call {self.g}" + (f" ({self.origin})" if self.origin else "")

    @property
    def quiet(self) -> float:
        """Real seconds since something came."""
        return time.monotonic() - self.last

    def letter(self, leg: str) -> str:
        """A, B … in order of appearance."""
        self.legs.setdefault(leg, "")
        place = list(self.legs).index(leg)
        return LEGS[place] if place < len(LEGS) else str(place + 1)

    def flags(self) -> list[Flag]:
        """What is missing in it, as far as that can be known now."""
        found = [marks.silent(why)] if (why := self.why()) else []
        for leg in self.legs:
            which = f" of leg {self.letter(leg)}" if len(self.legs) > 1 else ""
            has = {status for uuid, status in self.statuses if uuid == leg}
            goes_on = "answered" in has and has.isdisjoint(OVER)
            last, when = self.over.get(leg, ("", 0.0))
            if last and last not in has and time.monotonic() - when >= GRACE:
                found.append(marks.missing(last, f"The call is over, but {last}{which} did not come"))
            elif leg in self.talked and "answered" not in has:
                found.append(marks.missing("answered", f"They talked, but answered{which} did not come"))
            elif self.patience and self.quiet >= self.patience and goes_on and not last:
                found.append(marks.quiet(which, self.patience))
        return found

    def brief(self) -> dict[str, Any]:
        """What the browser needs to draw its heading."""
        state = next(reversed([status for status in self.legs.values() if status]), "")
        if len(self.legs) > 1 and any(status not in OVER for status in self.legs.values() if status):
            state = next(status for status in self.legs.values() if status and status not in OVER)
        sign, look = BADGES.get(state, PLAIN)
        legs = [[self.letter(leg), status, leg] for leg, status in self.legs.items()]
        return {"g": self.g, "name": self.name, "to": self.numbers, "d": self.direction, "b": state, "i": sign,
                "c": look, "legs": legs, "u": one_line(self.uuid, 60), "x": self.count, "f": marks.words(self.flags()),
                "o": self.origin}  # fmt: skip


class Book:
    """Every row in order of arrival. It knows nothing of browsers and threads: its owner keeps the lock."""

    def __init__(self, patience: float | None = None) -> None:
        self._patience = patience
        self.rows: list[Row] = []
        self.groups: list[Group] = [Group(0, "")]
        self._by_uuid: dict[str, Group] = {}
        self._paths: set[str] = set()
        self._events_at: set[str] = set()  # paths where events came
        self._signed = False
        self.flagged = 0
        self.kinds: Counter[str] = Counter()

    def add(self, exchange: RoundTrip) -> Row:
        """One more request."""
        try:
            event, kind = ({}, "request") if exchange.refused else read(exchange)
            made_up = any(name.lower() == MADE_UP.lower() for name in exchange.request_headers)
            row = self._row(exchange, event, kind, "made up" if made_up else "")
        except Exception as error:  # it comes from the network: one odd request must not stop the panel
            logger.warning("a request could not be shown", exc_info=True)
            words = f"This event could not be shown: {type(error).__name__}."
            row = Row(self._next, exchange, {}, "error", "error", 0, "", None, words)
        self.rows.append(row)
        self.groups[row.call].count += 1
        self.groups[row.call].last = time.monotonic()
        self.flagged += len(row.flags)
        self.kinds[row.kind] += 1
        return row

    def expect(self, leg: str, talk: str, numbers: str, why: Callable[[], str]) -> int:
        """A call was placed, and ``why()`` says why nothing comes of it. Returns the number of its group."""
        group, _ = self._place({"uuid": leg, "conversation_uuid": talk}, "")
        group.numbers, group.why = numbers, why
        return group.g

    @property
    def _next(self) -> int:
        return len(self.rows) + 1

    def _row(self, exchange: RoundTrip, event: Event, kind: str, origin: str) -> Row:
        webhook = kind not in ("audio", "request")
        flags = marks.flags_of(exchange, kind if webhook else "", self._paths)
        group, leg = self._place(event, origin) if webhook else (self.groups[0], "")
        seconds = None
        if webhook and kind != "answer":
            seconds = self._in_order(group, leg, event, exchange, flags)
            if exchange.status is not None:
                self._events_at.add(exchange.path)
        elif not webhook and exchange.path in self._events_at and exchange.method == "POST" and not event:
            flags.append(marks.UNREADABLE)
        if exchange.status is not None and exchange.status < 400:
            self._paths.add(exchange.path)
        self._signed = self._signed or exchange.signature == GOOD
        if webhook and not origin and exchange.signature == MISSING and self._signed:
            flags.append(marks.UNSIGNED)
        letter = group.letter(leg) if leg else ""
        return Row(self._next, exchange, event, kind, name_of(event, kind), group.g, letter, seconds,
                   sentence_of(exchange, event, kind), origin, tuple(flags))  # fmt: skip

    def _place(self, event: Event, origin: str) -> tuple[Group, str]:
        """The call and the leg of an event; a new call if it has not been heard of."""
        leg = next((event[k] for k in ("uuid", "call_uuid") if isinstance(event.get(k), str)), "")
        names = ("conversation_uuid", "conversation_uuid_from")
        talk = next((event[k] for k in names if isinstance(event.get(k), str)), "")
        found = [self._by_uuid[key] for key in (talk, leg) if key in self._by_uuid]
        if not found:
            group = Group(len(self.groups), talk or leg, origin=origin)
            group.patience = self._patience
            self.groups.append(group)
            found = [group]
        group = found[0]
        for key in (talk, leg, event.get("conversation_uuid_to")):
            if isinstance(key, str) and key:
                self._by_uuid.setdefault(key, group)
        if leg:
            group.letter(leg)
        if not group.numbers and event.get("from") and event.get("to"):
            group.numbers = " → ".join(one_line(event[key], 30) for key in ("from", "to"))
        group.direction = group.direction or one_line(event.get("direction") or "", 12)
        return group, leg

    def _in_order(self, group: Group, leg: str, event: Event, exchange: RoundTrip, flags: list[Flag]) -> float | None:
        """Seconds since the call's first event; flags what came twice or too late; keeps the leg's latest status."""
        status = event["status"] if isinstance(event.get("status"), str) else ""
        when = _time(event)
        if leg and status:
            group.statuses.add((leg, status))
            if status == "completed" and (event.get("start_time") or str(event.get("duration") or "0") != "0"):
                group.talked.add(leg)
        mark = hash((exchange.method, exchange.url, exchange.request_body))
        again = mark in group.bodies and when is not None
        if again and exchange.status is not None:
            flags.append(marks.repeated(retry=not group.bodies[mark]))
        group.bodies[mark] = exchange.status is not None and exchange.status < 300
        rank = ORDER.index(status) if status in ORDER else len(ORDER)
        if event.get("direction") == "inbound" and status in ("started", "ringing"):
            rank = 0  # of an inbound call these two come in the same millisecond, ringing first
        rank += status == "completed"
        newest = group.seen.get(leg)
        if when and newest and status and not again and (when, rank) < newest[:2]:
            flags.append(marks.late(newest[2]))
        elif status:
            group.legs[leg] = status if leg else ""
            if when:
                group.seen[leg] = (when, rank, status)
        if not leg:
            group.legs.pop("", None)
        if when is None:
            return None
        group.began = group.began or when
        return max(0.0, (when - group.began).total_seconds())

    def follow(self, entry: Entry) -> Group | None:
        """What the network's own record says: that a leg is over. Returns its call if the panel has it."""
        group = self._by_uuid.get(str(entry.get("leg"))) or self._by_uuid.get(str(entry.get("conversation")))
        if group and entry["kind"] == "status" and entry.get("leg") in group.legs:
            final = entry["status"] in OVER
            if final and (entry["leg"] not in group.over or entry["status"] == "completed"):
                group.over[entry["leg"]] = (str(entry["status"]), time.monotonic())
                return group
        return None

    @property
    def counts(self) -> dict[str, int]:
        """``rows``, ``events``, ``requests`` (all others), ``calls``, ``flags``."""
        others = sum(self.kinds[kind] for kind in OTHERS)
        flags = self.flagged + sum(len(group.flags()) for group in self.groups)
        return {"rows": len(self.rows), "events": len(self.rows) - others, "requests": others,
                "calls": len(self.groups) - 1, "flags": flags}  # fmt: skip


def _time(event: Event) -> datetime | None:
    """An event's timestamp with a zone: UTC where it says none."""
    try:
        when = datetime.fromisoformat(str(event.get("timestamp")))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def matches(row: Row, group: Group, looking: Mapping[str, Any]) -> bool:
    """Whether a row passes the filter: its ``text``, ``kind`` and ``call``."""
    if not any(looking.values()):
        return True
    kind, call = str(looking.get("kind") or ""), str(looking.get("call") or "")
    if call and call != str(row.call):
        return False
    of_kind = {"": True, "event": row.kind not in OTHERS, "flagged": bool(row.flags), row.origin: True}
    if not of_kind.get(kind, kind == row.kind):
        return False
    flags = [f"{flag.word} {flag.advice}" for flag in row.flags]
    call_facts = [group.name, group.numbers, group.uuid, *group.legs]
    hay = " ".join([row.name, row.sentence, row.target, row.outcome, *flags, *call_facts]).lower()
    return all(word in hay for word in str(looking.get("text") or "").lower().split())
