"""The record of a live call: made from the webhooks that Vonage sent to your server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ..wire.kinds import kind
from .record import Entry


def live_entries(events: Iterable[Mapping[str, Any]], told: Iterable[Mapping[str, Any]] = ()) -> list[Entry]:
    """Entries like those of the simulator's trace, as far as webhooks tell them. ``at`` is seconds since 1970.

    ``told`` has the form of events, and did not come as one: the API said it.
    """
    entries: list[Entry] = []
    for event, came in (*((event, True) for event in events), *((event, False) for event in told)):
        leg = event.get("uuid") or event.get("call_uuid")
        common: Entry = {"at": _seconds(event), "leg": leg, "conversation": event.get("conversation_uuid")}
        if leg and not any(e["kind"] == "leg" and e["leg"] == leg for e in entries):
            facts = {name: event.get(name) for name in ("direction", "from", "to")}
            entries.append({**common, "kind": "leg", "type": "phone", **facts})
        if came:
            entries.append({**common, "kind": "webhook", "type": _type(event), "method": "POST", "url": "",
                            "payload": dict(event), "attempt": 1, "request": len(entries)})  # fmt: skip
        entries.extend({**common, **told} for told in _meaning(event))
    return [{"seq": number, **entry} for number, entry in enumerate(entries, 1)]


def _type(event: Mapping[str, Any]) -> str:
    found = kind(event)
    return found if found in ("input", "notify", "error", "answer") else "event"


def _meaning(event: Mapping[str, Any]) -> list[Entry]:
    """What an event says about the call, besides having been sent."""
    what = kind(event)
    if what == "status":
        names = ("detail", "sip_code", "disconnected_by")
        return [{"kind": "status", "status": event["status"], "why": "", **{name: event.get(name) for name in names}}]
    if what == "input":
        pressed = event.get("dtmf") or {}
        digits, late = pressed.get("digits") or "", bool(pressed.get("timed_out"))
        return [{"kind": "input", "digits": digits, "timed_out": late, "why": ""}]
    if what == "error":
        return [{"kind": "error", "reason": event.get("reason", ""), "advice": "See the call's events."}]
    return []


def _seconds(event: Mapping[str, Any]) -> float:
    """When it happened; 0 for an event without a readable timestamp."""
    try:
        return datetime.fromisoformat(str(event.get("timestamp", "")).replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
