"""Keeps the measure: so many calls at once, so many a minute, and none without an end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ...settings.settings import Settings
from .asked import Asked, Refused, Replied
from .budget import LONGEST, Budget
from .reading import is_endless, json_of

LENGTH = 300  # seconds that a call lasts at the longest when it does not say how long


class Measure:
    """A guard of calls, for all kernels of a folder together. Its minute is 60 s of a clock that nobody can set."""

    def __init__(self, settings: Settings, budget: Budget) -> None:
        self._settings, self._budget = settings, budget
        budget.room = self.room

    def before(self, asked: Asked) -> Asked:
        """The request of a call, with a longest time; refuses one too many."""
        if asked.kind == "change_call":
            self.ends({asked.id}, json_of(asked.body))
        if asked.kind != "create_call":
            return asked
        self.room(asks=True)
        return replace(asked, body=json.dumps(_with_end(json_of(asked.body))).encode())

    def after(self, asked: Asked, replied: Replied) -> None:
        """The budget has counted it."""

    def ends(self, ids: set[str], ncco: Any) -> None:
        """Raises :class:`Refused` for a sound without an end in a call that came in: nothing would ever end it."""
        if is_endless(ncco) and not self._budget.started_here(ids):
            raise Refused(
                "A loop of 0 never ends, and this call has no length_timer: it was not placed from here.",
                "Give loop a number, such as 3.",
            )

    def room(self, asks: bool = False) -> None:
        """Raises :class:`Refused` if one more call would be one too many. ``asks``: Vonage, if it looks like that."""
        placed, most = self._budget.placed_lately(), self._settings.live_calls_a_minute
        if placed >= most:
            raise _too_many(f"{placed} calls were placed in the last minute", "LIVE_CALLS_A_MINUTE", most)
        most = self._settings.live_calls_at_once
        if asks and self._budget.running() >= most:
            self._budget.ask_all()  # events may have been lost
        if (running := self._budget.running()) >= most:
            raise _too_many(f"{running} calls run", "LIVE_CALLS_AT_ONCE", most)


def _too_many(what: str, name: str, most: int) -> Refused:
    line = f"{name}={2 * most}"
    return Refused(f"{what}, and {most} are the most.", f"Wait, or write this line into .env: {line}", line=line)


def _with_end(body: Any) -> Any:
    """The body with a ``length_timer`` in seconds, counted from the answer (Voice API 1.10)."""
    length = body.get("length_timer") if isinstance(body, dict) else None
    if not isinstance(body, dict) or length is None:
        return {**body, "length_timer": LENGTH} if isinstance(body, dict) else body
    if not str(length).isdecimal() or not 0 < int(length) <= LONGEST:
        raise Refused(f"length_timer is {length!r}.", f"Give seconds: at least 1, and {LONGEST} at the most.")
    return body
