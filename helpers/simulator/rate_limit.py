"""The rate limit: so many requests in a second are answered, the others get 429 (support article 207100288)."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from .clock import Clock
from .errors import problem

# In a second: new calls, those of connect among them, and other requests to the Voice API.
MOST: dict[str, float | str] = {"calls": 3, "others": 15}


class RateLimit:
    """Counts the requests of the last second. ``note`` is told of a refusal, once in a second.

    What counts are the client's own seconds, however fast call time runs; only stepped time has none but its own.
    """

    def __init__(self, clock: Clock, note: Callable[[str], object]) -> None:
        self._clock, self._note = clock, note
        self.clear()

    def clear(self) -> None:
        """Forget what has been counted."""
        self._recent: dict[str, deque[float]] = {kind: deque() for kind in MOST}
        self._refused = -math.inf  # when a 429 was last noted

    def count(self, kind: str, most: float) -> None:
        """Count a request, ``"calls"`` or ``"others"``, of which ``most`` are allowed. Raises a 429."""
        clock, recent = self._clock, self._recent[kind]
        now = clock.now if clock.stepped else clock.now / clock.pace
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) < most:
            recent.append(now)
            return
        what = f"more than {most:g} {'new calls' if kind == 'calls' else 'requests'} in a second"
        if self._refused <= now - 1:  # a client in haste must not fill the record
            self._refused = now
            self._note(f"{what}: 429, and nothing is queued")
        raise problem(429, why=f"There were {what}. Wait, then try again: nothing is queued.")
