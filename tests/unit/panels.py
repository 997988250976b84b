"""Requests as a server keeps them, for the tests of the event panel."""

from __future__ import annotations

import json
from typing import Any

from helpers.widgets.events.panel import EventPanel
from helpers.wire.events import Events
from helpers.wire.exchanges import RoundTrip, WireLog
from tests.unit import calls

SERVER = "http://127.0.0.1:8000"


def status(name: str, at: float = 0.0, **facts: Any) -> dict[str, Any]:
    return {"from": calls.VIRTUAL, "to": calls.PHONE, "uuid": calls.LEG, "conversation_uuid": calls.TALK,
            "status": name, "direction": "outbound", "timestamp": f"2026-02-02T10:00:{at:06.3f}Z", **facts}  # fmt: skip


def request(
    payload: Any = None, *, method: str = "POST", path: str = "/event", status: int | None = 200, **facts: Any
) -> RoundTrip:
    body = payload if isinstance(payload, str) or payload is None else json.dumps(payload)
    known = {"request_headers": {"Content-Type": "application/json"}, "response_headers": {}, "response_body": None,
             "ms": 3.0, **facts}  # fmt: skip
    return RoundTrip(method, SERVER + path, request_body=body, status=status, **known)


class Inbox:
    """A server that is told what it has received."""

    def __init__(self, *payloads: Any) -> None:
        self.requests = WireLog(limit=5000)
        self.url = ""
        self.events = Events(self)
        for payload in payloads:
            self.arrive(payload)

    def arrive(self, payload: Any, **facts: Any) -> None:
        self.requests.append(payload if isinstance(payload, RoundTrip) else request(payload, **facts))


def panel_of(*payloads: Any, **options: Any) -> EventPanel:
    """A panel on these, closed when nobody holds it any more."""
    return EventPanel(Inbox(*payloads).events, **options)
