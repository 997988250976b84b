"""Guards tests against work that never ends, and against data that is deeper than anybody means."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import reduce
from typing import Any, TypeVar

Made = TypeVar("Made")
MOST = 10.0  # seconds of one thread's own work: four times what the slowest took beside others; a freeze takes more


def soon(what: Callable[[], Made]) -> Made:
    """What it answers, or raises, and the page around it did not freeze; how quick it is, ``make bench`` measures."""
    start = time.thread_time()  # of this thread: other work on the machine does not count
    try:
        return what()
    finally:
        assert time.thread_time() - start < MOST


def deep_list(levels: int) -> list[Any]:
    return reduce(lambda inner, _: [inner], range(levels), [])


def deep_object(levels: int) -> dict[str, Any]:
    return reduce(lambda inner, _: {"a": inner}, range(levels), {})
