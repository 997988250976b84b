"""The record as it grows, for whoever follows it: server-sent events (WHATWG HTML, 9.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ..waiting import first_of

if TYPE_CHECKING:
    from ...calls.record import Entry
    from ...calls.trace import Trace

EVENT_STREAM = "text/event-stream"
CONNECTED = ": connected\n"
HEARTBEAT = 1.0  # real seconds; a line that says nothing but that the connection still stands
BEAT = ":\n\n"


async def growing(trace: Trace, generation: str, seq: int, closing: asyncio.Event) -> AsyncIterator[str]:
    """What came after the entry ``seq``, then what comes, until ``closing``.

    Each entry's id is ``generation-seq``. When the record was emptied (reset) there is an event of the type ``reset``,
    and it begins anew. Nothing is kept for a follower but its place: a slow one costs no memory.
    """
    news = asyncio.Event()
    unsubscribe = trace.subscribe(lambda _: news.set())
    try:
        generation = generation or trace.generation
        yield f"{CONNECTED}id: {generation}-{seq}\n\n"
        while True:
            news.clear()
            now, entries = trace.after(seq)
            if now != generation:
                generation, seq = now, 0
                yield f"event: reset\nid: {generation}-0\ndata: {{}}\n\n"
            elif entries:
                seq = entries[-1]["seq"]
                yield "".join(_event(generation, entry) for entry in entries)
                await asyncio.sleep(0)  # sending need not wait, and others have their turn
            elif closing.is_set():
                return
            elif await first_of(news.wait(), closing.wait(), asyncio.sleep(HEARTBEAT)) == 2:
                yield BEAT
    finally:
        unsubscribe()


def _event(generation: str, entry: Entry) -> str:
    return f"id: {generation}-{entry['seq']}\ndata: {json.dumps(entry)}\n\n"
