"""Data for trying a template out, in the shape that Node-RED gives it.

``msg.payload`` is the phone number of the person, as the tutorial's ``inject`` node sends it; ``msg.call`` is what the
call's webhooks were told, as the palette's ``voice webhook`` node gives it; ``msg.req`` is the last request that an
NCCO can answer, ``msg.event`` the last event. ``flow`` and ``global`` are empty: what they hold is the flow's own.
"""

from __future__ import annotations

import copy
from typing import Any

from .templates import placeholders

PERSON, NUMBER = "447700900001", "447700900000"  # reserved for fiction
LEG = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
TALK = "CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab"


def sample_data(data: Any = None) -> dict[str, Any]:
    """Made-up data as the answer webhook of an inbound call brings it, for the templates of an NCCO.

    ``data`` is the NCCO, the call parameters or the template that the data is for: if it asks for ``dtmf`` or
    ``speech``, they are there as an ``input`` brings them. Other names that no webhook brings are not made up: they are
    unknown. Each time it is a new dict. Source: Voice webhook reference (answer, input and event webhooks).

    >>> sample_data()["msg"]["call"]["from"]
    '447700900001'
    """
    parties = {"from": PERSON, "to": NUMBER, "uuid": LEG, "conversation_uuid": TALK}
    query = {**parties, "endpoint_type": "phone", "region_url": "https://api.example.com"}
    event = {
        **parties,
        "status": "answered",
        "direction": "inbound",
        "start_time": None,
        "rate": None,
        "network": None,
        "timestamp": "2026-02-02T10:00:00.600Z",
    }
    asked = {part for name in placeholders(data) for part in name.split(".")}
    heard = {
        "dtmf": {"digits": "42", "timed_out": False},
        "speech": {
            "timeout_reason": "end_on_silence_timeout",
            "results": [{"confidence": "0.91", "text": "yes please"}],
        },
    }
    call = {**query, **{name: value for name, value in heard.items() if name in asked}}
    return message_of(PERSON, call, {"method": "GET", "query": query, "body": {}}, event)


def message_of(payload: str, call: Any, request: Any, event: Any) -> dict[str, Any]:
    """The shape of all such data; a copy of what it is given."""
    message = {"payload": payload, "call": call, "req": request, "event": event}
    return {"msg": copy.deepcopy(message), "flow": {}, "global": {}}
