"""Placing calls with the SDK's own classes."""

from __future__ import annotations

from typing import Any

import vonage
from vonage_voice import CreateCallRequest, NccoAction, Phone, Sip, ToPhone, Vbc, Websocket

from tests.simulator.world import PHONE, World

To = ToPhone | Sip | Websocket | Vbc


def place(sdk: vonage.Vonage, world: World, *ncco: NccoAction, to: str | To = PHONE, **fields: Any) -> str:
    """Place a call from the world's number; returns the leg's uuid. Without an NCCO, ``fields`` has an answer_url."""
    callee = ToPhone(number=to) if isinstance(to, str) else to
    if ncco:
        fields["ncco"] = list(ncco)
    if "random_from_number" not in fields:
        fields["from_"] = Phone(number=world.number)
    made = sdk.voice.create_call(CreateCallRequest(to=[callee], **fields))
    assert (made.status, made.direction) == ("started", "outbound")
    assert made.conversation_uuid.startswith("CON-")
    return made.uuid


def ended_call(sdk: vonage.Vonage, world: World, *ncco: NccoAction, to: str | To = PHONE, **fields: Any) -> str:
    """The same, and let it come to its end."""
    call = place(sdk, world, *ncco, to=to, **fields)
    world.until(call)
    return call
