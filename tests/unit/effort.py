"""Guards tests against work that never ends, and against data that is deeper than anybody means."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

Made = TypeVar("Made")
MOST = 10.0  # seconds of one thread's own work: four times what the slowest took beside others; a freeze takes more
MINUTE = 60.0


def soon(what: Callable[[], Made]) -> Made:
    """What it answers, or raises, and the page around it did not freeze; how quick it is, ``make bench`` measures."""
    start = time.thread_time()  # of this thread: other work on the machine does not count
    try:
        return what()
    finally:
        assert time.thread_time() - start < MOST


def until(true: Callable[[], Made]) -> Made:
    """Wait for what comes by itself, and return it."""
    end = time.monotonic() + MINUTE
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)
    return found


def deep_list(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


def deep_object(levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(levels):
        found = {"a": found}
    return found
