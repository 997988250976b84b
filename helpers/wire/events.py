"""The events of calls, found among the requests a server has received."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, overload
from urllib.parse import parse_qsl

from ..base.errors import KitError
from .exchanges import GOOD, MOST_KEPT, RoundTrip, WireLog
from .kinds import kind

Event = dict[str, Any]


class Receiver(Protocol):
    """Whatever keeps the requests it received: a :class:`helpers.server.server.BackgroundServer`."""

    @property
    def requests(self) -> WireLog:
        """The requests, oldest first."""


class Events(Sequence[Event]):
    """The call events a server has received, in order of arrival, whatever the learner's routes did with them.

    Items are the payloads as sent (dicts). Answer webhooks are not among them: see ``server.requests``. Where
    ``good_only()`` says so, only those that are signed count; those that the guard turned away never do. When they
    become too many, the older half goes.
    """

    def __init__(self, server: Receiver, good_only: Callable[[], bool] = lambda: False) -> None:
        self._log, self._good_only = server.requests, good_only
        self._events: list[Event] = []
        self._held = 0  # bytes
        self._seen = self._began = self._log.total
        self._lock = threading.Lock()

    def by(self, uuid: str | None = None, **fields: Any) -> list[Event]:
        """Those of one leg or conversation (``uuid``), or with certain values: ``by(status="completed")``."""
        if uuid is not None and not isinstance(uuid, str):
            raise KitError(f"{uuid!r} is not a uuid.", "Give that of the call: kit.events.by(call.uuid).")
        return [
            event
            for event in self
            if (uuid is None or uuid in uuids_in(event)) and all(event.get(name) == fields[name] for name in fields)
        ]

    def statuses(self, uuid: str | None = None) -> list[str]:
        """``["started", "ringing", "answered", …]``, in order of arrival."""
        return [event["status"] for event in self.by(uuid) if "status" in event]

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``callback(event)`` as each one arrives, in the server's thread. Returns a function that ends it."""

        def pick(exchange: RoundTrip) -> None:
            event = self._good_event(exchange)
            if event is not None:
                callback(event)

        return self._log.subscribe(pick)

    def clear(self) -> None:
        """Forget the events so far; the wire log keeps its requests."""
        with self._lock:
            self._seen = self._began = self._log.total
            self._events.clear()
            self._held = 0

    @property
    def began(self) -> int:
        """How many requests the server had received when these events began: at first, or at the last ``clear()``."""
        return self._began

    @property
    def log(self) -> WireLog:
        """The requests in which the events came, and all the others."""
        return self._log

    def _all(self) -> list[Event]:
        """Only what is new in the log is looked at, so asking often costs little."""
        with self._lock:
            self._seen, latest = self._log.latest(self._seen)
            for exchange in latest:
                if (event := self._good_event(exchange)) is not None:
                    self._events.append(event)
                    self._held += exchange.size
            if self._held > MOST_KEPT:
                del self._events[: len(self._events) // 2]
                self._held //= 2
            return list(self._events)

    def _good_event(self, exchange: RoundTrip) -> Event | None:
        in_doubt = exchange.refused or (exchange.signature != GOOD and self._good_only())
        return None if in_doubt else event_of(exchange)

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Event]:
        return iter(self._all())

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> list[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | list[Event]:
        return self._all()[place]

    def __repr__(self) -> str:
        return f"<Events: {len(self)} received>"


def event_of(exchange: RoundTrip) -> Event | None:
    """The event that a request carries, in its body or its query; None if it is something else."""
    payload = payload_of(exchange)
    return payload if uuids_in(payload) and kind(payload) not in ("answer", "") else None


def payload_of(exchange: RoundTrip) -> Event:
    """What a request carries, in its body or its query; empty if that is not an object."""
    query = parse_qsl(exchange.query, keep_blank_values=True)
    return parameters_of(query, exchange.request_body or "") or {}


def uuids_in(payload: Event) -> set[str]:
    """The legs and conversations that a webhook is about."""
    names = ("uuid", "call_uuid", "conversation_uuid", "conversation_uuid_from", "conversation_uuid_to")
    return {payload[name] for name in names if isinstance(payload.get(name), str)}


def parameters_of(query: Iterable[tuple[str, str]], body: str) -> Event | None:
    """Query parameters and JSON body as one dict; None if there is a body that is not a JSON object.

    With GET, nested objects come as JSON text inside one parameter: ``dtmf={"digits":"3"}``.
    """
    found: Event = {name: _nested(value) for name, value in query}
    if body:
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(payload, dict):
            return None
        found.update(payload)
    return found


def _nested(value: str) -> Any:
    if value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            pass  # an ordinary text that happens to start with a bracket
    return value
