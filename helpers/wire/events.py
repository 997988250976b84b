"""The events of calls, found among the requests a server has received."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, overload
from urllib.parse import parse_qsl

from .exchanges import Exchange, WireLog
from .kinds import kind

Event = dict[str, Any]


class Receiver(Protocol):
    """Whatever keeps the requests it received: a :class:`helpers.server.server.BackgroundServer`."""

    @property
    def requests(self) -> WireLog:
        """The requests, oldest first."""


class Events(Sequence[Event]):
    """The call events a server has received, in order of arrival, whatever the learner's routes did with them.

    Items are the payloads as sent (dicts). Answer webhooks are not among them: see ``server.requests``.
    """

    def __init__(self, server: Receiver) -> None:
        self._log = server.requests
        self._events: list[Event] = []
        self._seen = self._began = self._log.total
        self._lock = threading.Lock()

    def by(self, uuid: str | None = None, **fields: Any) -> list[Event]:
        """Those of one leg or conversation (``uuid``), or with certain values: ``by(status="completed")``."""
        return [
            event
            for event in self
            if (uuid is None or uuid in _uuids(event)) and all(event.get(name) == fields[name] for name in fields)
        ]

    def statuses(self, uuid: str | None = None) -> list[str]:
        """``["started", "ringing", "answered", …]``, in order of arrival."""
        return [event["status"] for event in self.by(uuid) if "status" in event]

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``callback(event)`` as each one arrives, in the server's thread. Returns a function that ends it."""

        def pick(exchange: Exchange) -> None:
            event = event_of(exchange)
            if event is not None:
                callback(event)

        return self._log.subscribe(pick)

    def clear(self) -> None:
        """Forget the events so far; the wire log keeps its requests."""
        with self._lock:
            self._seen = self._began = self._log.total
            self._events.clear()

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
            total, latest = self._log.latest(self._seen)
            self._events.extend(event for event in map(event_of, latest) if event is not None)
            self._seen = total
            return list(self._events)

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


def event_of(exchange: Exchange) -> Event | None:
    """The event that a request carries, in its body or its query; None if it is something else."""
    query = parse_qsl(exchange.query, keep_blank_values=True)
    payload = parameters_of(query, exchange.request_body or "")
    if not payload or not _uuids(payload):
        return None
    return payload if kind(payload) not in ("answer", "") else None


def _uuids(event: Event) -> set[Any]:
    names = ("uuid", "call_uuid", "conversation_uuid", "conversation_uuid_from", "conversation_uuid_to")
    return {event[name] for name in names if isinstance(event.get(name), str)}


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
