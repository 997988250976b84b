"""Guards tests against work that never ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")
#: Nothing here takes more than a few seconds, on a busy machine neither; what is quadratic takes hours.
MINUTE = 60.0


def soon(what: Callable[[], Made]) -> Made:
    """What it answers, or raises; how quick it is, ``make bench`` measures."""
    start = time.thread_time()  # of this thread: other work on the machine does not count
    try:
        return what()
    finally:
        assert time.thread_time() - start < MINUTE
