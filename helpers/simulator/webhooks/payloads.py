"""What Vonage tells your webhooks: the exact fields and types.

Field sets, order and types follow request captures kept in Vonage's PHP SDK and the webhook reference: duration, rate
and price are strings; an answered event carries three nulls; record, input, notify and error events have no status.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..account.money import tariff
from ..clock import Clock

if TYPE_CHECKING:
    from ..legs.leg import Leg

# Which field names the address of an endpoint.
ENDPOINTS = {"phone": "number", "sip": "uri", "websocket": "uri", "vbc": "extension", "app": "user"}
WITH_SIP_CODE = ("completed", "busy", "unanswered", "rejected", "failed")  # Java SDK 8.17


def iso(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def now(clock: Clock) -> str:
    """When an event is sent."""
    return iso(clock.date(clock.now))


def _parties(leg: Leg) -> dict[str, Any]:
    return {"from": leg.from_, "to": leg.to, "uuid": leg.uuid, "conversation_uuid": leg.conversation}


def answer_parameters(leg: Leg, region_url: str) -> dict[str, Any]:
    """What an answer webhook is told (Voice webhook reference)."""
    caller = {"from_user": leg.from_} if leg.direction == "inbound" and leg.endpoint == "app" else {"from": leg.from_}
    custom = {} if leg.custom_data is None else {"custom_data": leg.custom_data}
    headers = {f"SipHeader_{name}": value for name, value in leg.sip_headers.items()}
    return {
        "to": leg.to,
        **caller,
        "conversation_uuid": leg.conversation,
        "uuid": leg.uuid,
        "endpoint_type": leg.endpoint,
        "region_url": region_url,
        **custom,
        **headers,
    }


def bill(leg: Leg, clock: Clock) -> dict[str, str]:
    """Times and money of a finished leg, all strings.

    Start and end have whole seconds, so the end can lie just after the event's own timestamp, as in the captures. The
    duration is rounded to the nearest second (the kit's assumption).
    """
    if leg.answered_at is None or leg.ended_at is None:
        seconds, begin = 0, clock.date(leg.ended_at if leg.ended_at is not None else leg.created_at)
    else:
        seconds, begin = round(leg.ended_at - leg.answered_at), clock.date(leg.answered_at)
    rate, network = tariff(leg)
    begin = begin.replace(microsecond=0)
    return {
        "end_time": iso(begin + timedelta(seconds=seconds)),
        "network": network,
        "duration": str(seconds),
        "start_time": iso(begin),
        "rate": rate,
        "price": f"{float(rate) * seconds / 60:.8f}",
    }


def status_event(leg: Leg, status: str, clock: Clock, *, detail: str | None, sip_code: int | None) -> dict[str, Any]:
    """A status event as of now."""
    parties = _parties(leg)
    state: dict[str, Any] = {"status": status} | ({"detail": detail} if detail else {}) | {"direction": leg.direction}
    timestamp = {"timestamp": now(clock)}
    if status == "answered":
        nulls: dict[str, Any] = {"start_time": None, "headers": leg.headers, "rate": None}
        return nulls | parties | state | {"network": None} | timestamp
    event: dict[str, Any] = {"headers": leg.headers}
    if status == "completed":
        event |= {"end_time": leg.bill["end_time"], "uuid": leg.uuid} | leg.bill
        state |= {"disconnected_by": leg.ending.disconnected_by} if leg.ending and leg.ending.disconnected_by else {}
    if sip_code and status in WITH_SIP_CODE:
        state["sip_code"] = sip_code
    return event | parties | state | timestamp


def input_event(leg: Leg, speech: dict[str, Any], dtmf: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """What the person said and pressed."""
    return {
        "speech": speech,
        "dtmf": dtmf,
        **_parties(leg),
        "timestamp": now(clock),
    }


def disconnected_event(leg: Leg, clock: Clock) -> dict[str, Any]:
    """Your WebSocket server dropped the connection: no direction here (WebSocket guide)."""
    return {
        **_parties(leg),
        "status": "disconnected",
        "timestamp": now(clock),
        "headers": leg.headers,
    }


def machine_event(leg: Leg, status: str, sub_state: str | None, clock: Clock) -> dict[str, Any]:
    """``human`` or ``machine``: the leg is ``call_uuid`` here, not ``uuid`` (webhook reference)."""
    return {
        "call_uuid": leg.uuid,
        "from": leg.from_,
        "to": leg.to,
        "status": status,
        **({"sub_state": sub_state} if sub_state else {}),
        "conversation_uuid": leg.conversation,
        "timestamp": now(clock),
    }


def transfer_event(leg: Leg, before: str, clock: Clock) -> dict[str, Any]:
    """The leg has gone to another conversation (captures in the PHP SDK)."""
    return {
        "conversation_uuid_from": before,
        "type": "transfer",
        "uuid": leg.uuid,
        "conversation_uuid_to": leg.conversation,
        "timestamp": now(clock),
    }


def notify_event(leg: Leg, payload: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """The learner's own payload, on its way."""
    return {
        "payload": payload,
        "conversation_uuid": leg.conversation,
        "timestamp": now(clock),
    }


def recording_event(
    clock: Clock, conversation: str, recording_uuid: str, url: str, size: int, begin: float, end: float
) -> dict[str, Any]:
    """A recording is ready: no status, no leg; whole seconds (captures in the PHP SDK). ``size`` is in bytes."""
    return {
        "start_time": _whole_seconds(clock.date(begin)),
        "recording_url": url,
        "size": size,
        "recording_uuid": recording_uuid,
        "end_time": _whole_seconds(clock.date(end)),
        "conversation_uuid": conversation,
        "timestamp": now(clock),
    }


def transcription_event(conversation: str, recording_uuid: str, url: str) -> dict[str, Any]:
    """A recording has been written down (.NET SDK)."""
    return {
        "conversation_uuid": conversation,
        "recording_uuid": recording_uuid,
        "status": "transcribed",
        "type": "record",
        "transcription_url": url,
    }


def _whole_seconds(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def error_event(leg: Leg, reason: str, clock: Clock) -> dict[str, Any]:
    """Something in the call went wrong."""
    return {"reason": reason, "conversation_uuid": leg.conversation, "timestamp": now(clock)}


def call_resource(leg: Leg) -> dict[str, Any]:
    """A call as ``GET /v1/calls/{uuid}`` shows it. Money and times appear when it is over."""
    shown: dict[str, Any] = {
        "_links": {"self": {"href": f"/v1/calls/{leg.uuid}"}},
        "uuid": leg.uuid,
        "conversation_uuid": leg.conversation,
        "status": leg.status,
        "direction": leg.direction,
    }
    if leg.status == "completed":
        shown |= {name: leg.bill[name] for name in ("rate", "price", "duration", "network", "start_time", "end_time")}
    sound = {"content-type": leg.options["content-type"]} if leg.endpoint == "websocket" else {}
    return shown | {
        "to": party(leg.endpoint if leg.direction == "outbound" else "phone", leg.to) | sound,
        "from": party(leg.endpoint if leg.direction == "inbound" else "phone", leg.from_),
    }


def party(endpoint: str, address: str) -> dict[str, str]:
    """One side of a call as the Voice API names it."""
    return {"type": endpoint, ENDPOINTS[endpoint]: address}
