"""Waiting for the first of several things: a key, a word, a moment in time, the end of another leg."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any


async def first_of(*waits: Awaitable[Any]) -> int:
    """Which of the waits is over first; on a tie the earlier one. The others are cancelled and have ended on return."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        done = next(position for position, task in enumerate(tasks) if task.done())
        tasks[done].result()  # raises what went wrong there
        return done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def cut(writer: asyncio.StreamWriter) -> None:
    """End a connection at once. Python 3.11.2 stumbles over one with TLS that was closed twice; 3.11.7 does not."""
    with suppress(AttributeError):
        writer.transport.abort()


async def forever() -> None:
    """Until cancelled."""
    await asyncio.get_running_loop().create_future()


async def until(is_so: Callable[[], bool], changed: Callable[[], Awaitable[None]]) -> None:
    """Wait until ``is_so()``; looked at now and whenever ``changed()`` returns."""
    while not is_so():
        await changed()
