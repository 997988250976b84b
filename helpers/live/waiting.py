"""Waits for what becomes of a live call: by its events, and where they leave a doubt by asking Vonage."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..base.errors import KitError
from ..calls.statuses import BESIDE, FAILURES, LAST, LIVE, OVER
from ..vonage.client import Vonage
from ..wire.events import Event, Events

logger = logging.getLogger(__name__)

POLL = 0.1  # seconds between two looks at the events that came in: they are in memory here, no request is sent
ASK = 10.0  # seconds without news after which Vonage is asked
GAP = 1.0  # seconds that one look may count at the most: a laptop that slept has not waited


class Waiting:
    """``sure()``: the events are signed, and believed. Where they are not, Vonage has to say the same.

    ``vonage`` makes a client that passes by the gate, and whose requests stand in no log of the reader's.
    """

    def __init__(self, events: Events, vonage: Callable[[], Vonage], sure: Callable[[], bool]) -> None:
        self._events, self._vonage, self._sure = events, vonage, sure
        self._told: dict[str, list[Event]] = {}

    def answers_of(self, uuid: str) -> list[Event]:
        """What Vonage said of a call when it was asked, in the form of events, as far as no event has said it."""
        came = self._events.statuses(uuid)
        return [one for one in self._told.get(uuid, []) if one["status"] not in came]

    def until(self, uuid: str, status: str, timeout: float) -> bool | None:
        """Look at a call until it has the status (true), is over (false), or the time is up (None)."""
        news = last = time.monotonic()
        asked, over, many, left = -math.inf, math.inf, 0, timeout
        while True:
            came, now = self._events.statuses(uuid), time.monotonic()
            news, many = (now, len(came)) if len(came) != many else (news, many)
            left, last = left - min(now - last, GAP), now
            decided = status in came or any(one in LAST for one in came[-1:])
            if decided and self._sure():
                return status in came
            if left <= 0 or (now >= asked + 1 if decided else now >= max(asked, news) + ASK):
                said, asked = self._ask(uuid), now
                ended = bool(said) and said[-1] in OVER
                over = min(over, now) if ended else over
                # Of a call that failed Vonage says in the end that it is completed; an event says how it failed.
                failed = ended and status in FAILURES and "answered" not in said
                if status in said or (said and status in came and (status in BESIDE or failed)):
                    return True
                if ended and not (failed and now < over + ASK):
                    return False
            if left <= 0:  # it may have come while Vonage was asked
                return (self._sure() and status in self._events.statuses(uuid)) or None
            time.sleep(POLL)

    def _ask(self, uuid: str) -> list[str]:
        """The statuses of a call, by Vonage; none if it does not say."""
        try:
            with self._vonage() as vonage:
                events = _events_of(vonage.get_call(uuid))
        except KitError:
            logger.info("Vonage does not say what became of %s", uuid, exc_info=True)
            return []
        self._told[uuid] = events
        return [event["status"] for event in events]


def _events_of(call: dict[str, Any]) -> list[Event]:
    """The events that a call must have had, by what the API says of it (Voice API 1.10, GET /v1/calls/{uuid})."""
    now, last = datetime.now(UTC).isoformat(), call["status"]
    talked = str(call.get("duration") or "0") != "0"
    statuses = [*LIVE[: LIVE.index(last) + 1]] if last in LIVE else [*(LIVE if talked else ()), last]
    if last in FAILURES and last not in LAST:
        statuses.append("completed")
    numbers = {name: (call.get(name) or {}).get("number") for name in ("from", "to")}
    common = {name: call.get(name) for name in ("uuid", "conversation_uuid", "direction")} | numbers
    times = [call.get("end_time" if status in OVER else "start_time") or now for status in statuses]
    return [{**common, "status": status, "timestamp": when} for status, when in zip(statuses, times, strict=True)]
