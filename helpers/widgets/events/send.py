"""Made-up events, sent by hand to the learner's own server: real requests, marked as made up."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from ...base.errors import KitError
from ...vonage.transport import as_json
from ...wire.exchanges import RoundTrip, exchange_of
from .rows import MADE_UP

PATIENCE = 10.0  # seconds: as long as Vonage waits for the reply to an event
CALLER, CALLED = "447700900001", "447700900500"  # reserved for fiction (Ofcom)

# name -> what the form calls it, and what is in it besides the usual fields
READY: dict[str, tuple[str, dict[str, Any]]] = {
    "ringing": ("ringing", {"status": "ringing"}),
    "answered": ("answered", {"status": "answered"}),
    "completed": (
        "completed",
        {
            "status": "completed",
            "duration": "12",
            "price": "0.00300000",
            "rate": "0.01500000",
            "network": "23410",
            "disconnected_by": "user",
        },
    ),
    "busy": ("busy", {"status": "busy", "detail": "busy", "sip_code": 486}),
    "input": ("input: keys 1 and #", {"dtmf": {"digits": "1", "timed_out": False}, "speech": {"results": []}}),
    "nothing": ("input: no key pressed", {"dtmf": {"digits": None, "timed_out": True}, "speech": {"results": []}}),
    "record": (
        "record: a recording is ready",
        {"recording_url": "https://api.nexmo.com/v1/files/made-up", "size": 12000, "recording_uuid": "made-up"},
    ),
    "error": ("error: no NCCO", {"reason": "Failed to retrieve the NCCO: HTTP 404."}),
    "answer": ("answer webhook (GET)", {"endpoint_type": "phone"}),
}


class SendError(KitError):
    """A made-up event could not be sent."""


def draft(name: str, leg: str = "", conversation: str = "") -> tuple[str, str, dict[str, Any]]:
    """Method, path and payload of a ready-made event; of an existing leg, or of a new call with a new uuid."""
    if name not in READY:
        raise SendError(f"There is no ready-made event {name[:40]!r}.", f"There are: {', '.join(READY)}.")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    payload = {"from": CALLER, "to": CALLED, "uuid": leg or str(uuid.uuid4()),
               "conversation_uuid": conversation or f"CON-{uuid.uuid4()}", **READY[name][1]}  # fmt: skip
    if name == "answer":
        return "GET", "/answer", payload
    return "POST", "/event", payload | {"direction": "inbound", "timestamp": now}


def send(
    server_url: str, method: str, path: str, payload: Mapping[str, Any],
    signed: Callable[..., dict[str, str]] = lambda **_: {},
) -> RoundTrip:  # fmt: skip
    """Send it to the server of this notebook and no other. Raises :class:`SendError` when there is no reply."""
    if not server_url:
        raise SendError("Your server does not run.", "Start it with kit.serve(app), then send again.")
    if method not in ("POST", "GET"):
        raise SendError(f"{method[:20]!r} is not a way to send an event.", "Use POST or GET.")
    if not path.startswith("/") or path.startswith("//") or any(c.isspace() for c in path):
        raise SendError(f"{path[:60]!r} is not a path on your server.", "It begins with one slash: /event.")
    if method == "GET":
        how: dict[str, Any] = {"params": {k: v if isinstance(v, str) else json.dumps(v) for k, v in payload.items()}}
    else:
        how = {"data": as_json(dict(payload))}
    headers = {MADE_UP: "event panel"} | ({} if method == "GET" else {"Content-Type": "application/json"})
    headers |= signed(**how)
    with requests.Session() as session:
        session.trust_env = False  # a proxy must never see calls to this machine
        try:
            reply = session.request(method, server_url + path, headers=headers, timeout=PATIENCE,
                                    allow_redirects=False, **how)  # fmt: skip
        except requests.Timeout:
            raise SendError(
                f"Your server did not reply within {PATIENCE:g} s.", "Look for a loop or sleep() in the route."
            ) from None
        except requests.RequestException as error:
            raise SendError(
                f"Your server did not reply ({type(error).__name__}).", "Is it running? kit.serve(app) starts it."
            ) from None
    return exchange_of(reply.request, reply, reply.elapsed.total_seconds() * 1000)


def parsed(text: str) -> dict[str, Any]:
    """What somebody typed into the form, as a payload."""
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise SendError(f"The body is not JSON{where}.", "Check quotation marks, commas and brackets.") from None
    if not isinstance(payload, dict):
        raise SendError("The body is JSON, but not an object.", "An event is written in curly brackets: {…}.")
    return payload
