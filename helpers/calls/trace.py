"""The record of a call: one append-only list that every picture, sound and check is read from."""

from __future__ import annotations

import threading
import uuid as uuids
from collections import defaultdict
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from .record import Entry


class Trace:
    """An append-only list of what happened, safe to write and read from any thread.

    An entry is ``{"seq", "at", "kind", "leg", "conversation", …facts}``; ``at`` is call time in seconds on the
    exchange's clock, ``seq`` counts up by one. Facts must be JSON-able.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._by_uuid: defaultdict[str, list[Entry]] = defaultdict(list)  # of a leg or a conversation
        self._listeners: list[Callable[[Entry], None]] = []
        self._lock = threading.Lock()
        self.generation = uuids.uuid4().hex[:8]  # another one after clear(): ``seq`` counts from 1 again

    def append(
        self, kind: str, *, at: float, leg: str | None = None, conversation: str | None = None, **facts: Any
    ) -> Entry:
        """Add one entry and tell the listeners. Returns the entry."""
        with self._lock:
            entry: Entry = {
                "seq": len(self._entries) + 1,
                "at": round(at, 6),
                "kind": kind,
                "leg": leg,
                "conversation": conversation,
                **facts,
            }
            self._entries.append(entry)
            for uuid in {leg, conversation}:
                if uuid is not None:
                    self._by_uuid[uuid].append(entry)
            listeners = list(self._listeners)
        for listener in listeners:
            listener(entry)
        return entry

    def entries(self, uuid: str | None = None) -> list[Entry]:
        """All entries, or those of one leg or conversation, in order of call time.

        With a conversation come the first entry of each leg in it, which says whose it is, and its answer, since when
        it hears: wherever that was.
        """
        with self._lock:
            found = list(self._entries if uuid is None else self._by_uuid.get(uuid, ()))
            legs = {e["leg"] for e in found if e["leg"]} if uuid is not None else ()
            besides = [e for leg in legs for e in (self._by_uuid[leg][0], self._answer(leg)) if e]
        found += [e for e in besides if e["kind"] in ("leg", "status") and uuid not in (e["leg"], e["conversation"])]
        return sorted(found, key=itemgetter("at", "seq"))

    def _answer(self, leg: str) -> Entry | None:
        return next((e for e in self._by_uuid[leg] if e["kind"] == "status" and e["status"] == "answered"), None)

    def after(self, seq: int, most: int = 100) -> tuple[str, list[Entry]]:
        """The generation, and up to ``most`` entries that came after the one with this ``seq``, as they came."""
        with self._lock:
            return self.generation, self._entries[seq : seq + most]

    def subscribe(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call ``listener(entry)`` for each new entry, in the appending thread. Returns a function that ends it."""
        with self._lock:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return unsubscribe

    def clear(self) -> None:
        """Forget everything (the exchange was reset)."""
        with self._lock:
            self._entries.clear()
            self._by_uuid.clear()
            self.generation = uuids.uuid4().hex[:8]
