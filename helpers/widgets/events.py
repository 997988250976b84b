"""The event panel: the events of your calls, live, as they arrive at your server."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from html import escape
from typing import Any, Protocol

from helpers.explain import explain
from helpers.views.base import columns, one_line

logger = logging.getLogger(__name__)

Event = dict[str, Any]
HEAD = ["s", "event", "direction", "from → to", "what it means"]
CELL = "padding:.15em .7em;text-align:left;vertical-align:top"
# Sign and colour of a badge; the word stands beside it, so that colour and sign are never alone.
GOOD, BAD, WAITING, PLAIN = ("✓", "#2f7d6d"), ("✗", "#b4531a"), ("…", "#5b6472"), ("•", "#44699c")
BADGES = {"started": WAITING, "ringing": WAITING, "answered": GOOD, "completed": GOOD, "human": GOOD} | dict.fromkeys(
    ("busy", "rejected", "unanswered", "timeout", "cancelled", "failed", "error", "disconnected"), BAD
)


class Events(Protocol):
    """Where events come from: a growing list of payloads that tells when it grows."""

    def __iter__(self) -> Iterator[Event]: ...

    def subscribe(self, callback: Callable[[Event], None], /) -> Callable[[], None]: ...


class EventPanel:
    """A table of events that grows by itself, newest last. Show it by naming it at the end of a cell.

    ``events`` are shown from the first; ``rows`` limits how many of the newest are on screen, none is forgotten.
    Times are seconds since the first event of the same call. ``close()`` ends the updates.
    """

    def __init__(self, events: Events, *, rows: int = 200) -> None:
        import ipywidgets

        self._events = events
        self._rows = rows
        self._lock = threading.Lock()
        self._began: dict[str, datetime] = {}
        self._lines: list[list[str]] = []
        self.widget = ipywidgets.HTML()
        self._unsubscribe: Callable[[], None] | None = events.subscribe(self._arrived)
        self._update()

    def __len__(self) -> int:
        return len(self._update())

    def __repr__(self) -> str:
        lines = self._update()
        return "\n".join(columns([HEAD, *lines], right=(0,))) if lines else "No events yet."

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        # The HTML is what a notebook shows that has no live widget behind it, the text what a code host shows.
        text = repr(self)
        bundle = dict(self.widget._repr_mimebundle_() or {})
        return {**bundle, "text/html": self.widget.value, "text/plain": text}

    def to_json(self, indent: int | None = 2) -> str:
        """All events, also those that have left the screen, as they arrived."""
        return json.dumps(list(self._events), indent=indent, ensure_ascii=False)

    def close(self) -> None:
        """End the updates. The table stays. Twice is once."""
        with self._lock:
            unsubscribe, self._unsubscribe = self._unsubscribe, None
        if unsubscribe:
            unsubscribe()

    def _arrived(self, event: Event) -> None:
        """A new event, in whatever thread it came."""
        self._update()

    def _update(self) -> list[list[str]]:
        """Catch up with the events, which are the truth; the lines are only what they look like."""
        with self._lock:
            events = list(self._events)
            if len(events) < len(self._lines):  # they were cleared
                self._lines, self._began = [], {}
            new = events[len(self._lines) :]
            self._lines += [self._line(event) for event in new]
            if new or not self.widget.value or not events:
                # One value set per change: the browser never sees half a table.
                self.widget.value = as_html(self._lines[-self._rows :], len(self._lines))
            return list(self._lines)

    def _line(self, event: Event) -> list[str]:
        try:
            return describe(event, self._seconds(event))
        except Exception as error:  # it comes from the network: one odd event must not stop the panel
            logger.warning("an event could not be shown", exc_info=True)
            return ["", "error", "", "", f"This event could not be shown: {type(error).__name__}."]

    def _seconds(self, event: Event) -> float | None:
        """Seconds since the first event of the same call, or None when the event has no time."""
        try:
            when = datetime.fromisoformat(str(event.get("timestamp")))
            began = self._began.setdefault(str(event.get("conversation_uuid")), when)
            return max(0.0, (when - began).total_seconds())
        except (TypeError, ValueError):
            return None


def name_of(event: Event) -> str:
    """The status, or what kind of event it is when it has none."""
    if event.get("status"):
        return one_line(event["status"], 30)
    kinds = {"conversation_uuid_from": "transfer", "speech": "input", "dtmf": "input", "recording_url": "record",
             "reason": "error", "payload": "notify"}  # fmt: skip
    return next((name for key, name in kinds.items() if key in event), "event")


def describe(event: Event, seconds: float | None) -> list[str]:
    """The cells of one event: seconds, event, direction, from → to, what it means."""
    numbers = " → ".join(one_line(event[k], 30) for k in ("from", "to") if event.get(k))
    meaning = explain(event).sentence
    dtmf = event.get("dtmf")
    if isinstance(dtmf, dict) and dtmf.get("digits"):
        meaning += f" Keys: {one_line(dtmf['digits'], 20)}."
    if event.get("reason"):
        meaning += f" {one_line(event['reason'], 120)}"
    time = "" if seconds is None else f"{seconds:.1f}"
    return [time, name_of(event), one_line(event.get("direction") or "", 12), numbers, one_line(meaning, 200)]


def as_html(lines: list[list[str]], count: int) -> str:
    """The table. It is a log to a screen reader: new lines are read out when it has time."""
    head = "".join(f'<th scope="col" style="{CELL};white-space:nowrap">{name}</th>' for name in ["time (s)", *HEAD[1:]])
    hidden = f"{count - len(lines)} earlier events are in panel.to_json(). " if count > len(lines) else ""
    title = f"{hidden}{count} event{'' if count == 1 else 's'}" if count else "No events yet."
    return (
        # The reversed column keeps the newest line in view, without a script.
        '<div role="log" aria-live="polite" aria-label="Events of your calls" '
        'style="max-height:24em;overflow:auto;display:flex;flex-direction:column-reverse">'
        '<table style="border-collapse:collapse;line-height:1.5">'
        f'<caption style="text-align:left;{CELL}">{title}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(map(_row, lines))}</tbody></table></div>"
    )


def _row(cells: list[str]) -> str:
    time, name, *rest = cells
    sign, colour = BADGES.get(name, PLAIN)
    badge = (
        f'<span style="background:{colour};color:#fff;border-radius:.7em;padding:.05em .6em;white-space:nowrap">'
        f"{sign} {escape(name)}</span>"
    )
    wrap = ["nowrap", "nowrap", "normal"]
    others = "".join(
        f'<td style="{CELL};white-space:{how}">{escape(cell)}</td>' for how, cell in zip(wrap, rest, strict=True)
    )
    return f'<tr><td style="{CELL};text-align:right">{escape(time)}</td><td style="{CELL}">{badge}</td>{others}</tr>'
