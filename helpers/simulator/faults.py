"""What a lesson or a test may make different from the usual: ``{"rate_limits": {"calls": 3}}``, or None for off."""

from __future__ import annotations

from collections import deque
from typing import Any

from helpers.errors import KitError
from helpers.simulator.errors import problem

# Every fault with its settings and their usual values. All are off until somebody switches them on.
FAULTS: dict[str, dict[str, float]] = {
    # Until 2021 a foreign caller ID became "unknown"; the NCCO reference of 2026 says that the call does not connect.
    "foreign_caller_id_connects": {},
    # Usually a 400 in the first second or two (support article 10359615124380).
    "early_hang_up_works": {},
    # Requests per second (support article 207100288). Vonage always has them. They are off here because stepped time
    # stands still between two cells, so that a lesson would trip over them without doing anything in haste.
    "rate_limits": {"calls": 3, "others": 15},
}


class FaultError(KitError):
    """There is no such fault, or no such setting of it."""


class Faults:
    """The faults that are switched on, each with its settings."""

    def __init__(self) -> None:
        self.active: dict[str, dict[str, float]] = {}
        self._recent: dict[str, deque[float]] = {"calls": deque(), "others": deque()}

    def __contains__(self, name: str) -> bool:
        return name in self.active

    def change(self, wanted: dict[str, Any]) -> dict[str, dict[str, float]]:
        """Switch on with settings (``{}``: the usual ones), off with None. All is checked before anything changes."""
        checked = {name: _checked(name, settings) for name, settings in wanted.items()}
        for name, settings in checked.items():
            self.active.pop(name, None)
            if settings is not None:
                self.active[name] = settings
        return self.active

    def clear(self) -> None:
        """Everything as usual."""
        self.active.clear()
        for moments in self._recent.values():
            moments.clear()

    def count_request(self, kind: str, now: float) -> None:
        """Note a request of ``kind``, ``"calls"`` or ``"others"``; a 429 if the last second had too many of them."""
        if "rate_limits" not in self.active:
            return
        recent = self._recent[kind]
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= self.active["rate_limits"][kind]:
            raise problem(429)  # refused and not queued
        recent.append(now)


def _checked(name: str, settings: Any) -> dict[str, float] | None:
    if name not in FAULTS:
        raise FaultError(f"There is no fault {name}.", f"There are {', '.join(FAULTS)}: settings, or null for off.")
    if settings is None:
        return None
    usual = FAULTS[name]
    fits = isinstance(settings, dict) and set(settings) <= set(usual)
    if not fits or not all(type(value) in (int, float) and 0 <= value < 1e9 for value in settings.values()):
        named = ", ".join(usual) or "none"
        raise FaultError(f"{settings!r} is no setting of {name}.", f"Its settings are numbers: {named}. null is off.")
    return {**usual, **settings}
