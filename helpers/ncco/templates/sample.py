"""Data for trying a template out: made up, or what a recorded call brought. Both have the shape that Node-RED gives it.

``msg.payload`` is the phone number of the person, as the tutorial's ``inject`` node sends it; ``msg.call`` is what the
call's webhooks were told, as the palette's ``voice webhook`` node gives it; ``msg.req`` is the last request that an
NCCO can answer, ``msg.event`` the last event. ``flow`` and ``global`` are empty: what they hold is the flow's own.
"""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ...base.errors import KitError
from ...calls.record import Call, Entry
from ..problems.problems import kind_of
from .templates import placeholders

PERSON, NUMBER = "447700900001", "447700900000"  # reserved for fiction
LEG = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
TALK = "CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab"

#: Webhooks that tell of the call itself, and whose reply is an NCCO.
_ASKS = ("answer", "fallback", "input")


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
    return _message(PERSON, call, {"method": "GET", "query": query, "body": {}}, event)


def data_of(call: Call) -> dict[str, Any]:
    """What a recorded call brought, in the shape of :func:`sample_data`. ``call``: what ``kit.wait_for`` returns.

    ``msg.call`` joins what the answer webhook was told with the last ``input`` event (``dtmf.digits``,
    ``speech.results.0.text``) and with the queries of the two addresses. A call that was placed with an NCCO has no
    answer webhook: then it is what is known of the leg. Each time it is a new dict. Raises :class:`KitError` for what
    is no call.
    """
    if not isinstance(call, Call):
        cure = "Give what kit.wait_for or kit.call returns; of a rehearsal, its .call."
        raise KitError(f"This is {kind_of(call)}, and no recorded call.", cure)
    known = {"to": call.to, "from": call.from_, "conversation_uuid": call.conversation, "uuid": call.leg}
    told: dict[str, Any] = {**known, "endpoint_type": str(call.fact("type") or "phone")}
    request: dict[str, Any] = {"method": "", "query": {}, "body": {}}
    for sent in call.entries("webhook", leg=call.leg):
        if sent["type"] in _ASKS:
            request = _request(sent)
            told |= request["query"] | request["body"]
    person = call.from_ if call.direction == "inbound" else call.to
    return _message(person, told, request, call.events[-1] if call.events else {})


def _request(sent: Entry) -> dict[str, Any]:
    """A webhook as a server sees it: the payload is the body, and with GET it is a part of the query."""
    query = dict(parse_qsl(urlsplit(sent["url"]).query, keep_blank_values=True))
    if sent["method"] == "GET":
        return {"method": "GET", "query": query | sent["payload"], "body": {}}
    return {"method": sent["method"], "query": query, "body": sent["payload"]}


def _message(payload: str, call: Any, request: Any, event: Any) -> dict[str, Any]:
    message = {"payload": payload, "call": call, "req": request, "event": event}
    return {"msg": copy.deepcopy(message), "flow": {}, "global": {}}
