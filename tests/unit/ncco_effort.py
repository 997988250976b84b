"""How much work something is, measured in checks of a thousand good actions: the same on every machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from helpers.ncco import check

Made = TypeVar("Made")
GOOD = [{"action": "talk", "text": "Hello"}] * 1000
#: As much work as a person hardly notices.
LITTLE = 100.0


def soon(what: Callable[[], Made], most: float = LITTLE) -> Made:
    """What it answers, or raises; it must not be more work than so many checks of a thousand actions."""
    unit, start = _unit(), time.thread_time()  # of this thread: other work on the machine does not count
    try:
        return what()
    finally:
        assert time.thread_time() - start < most * unit


@lru_cache(maxsize=1)
def _unit() -> float:
    def seconds() -> float:
        start = time.thread_time()
        check(GOOD)
        return time.thread_time() - start

    return min(seconds() for _ in range(3))
