"""Placing calls with the SDK's own classes, and what was heard in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import vonage
from vonage_voice import CreateCallRequest, NccoAction, Phone, Sip, ToPhone, Vbc, Websocket

from helpers.audio.files import Samples
from tests.simulator.world import PHONE, World

RATE = 16_000
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


def voice(text: str, language: str = "en-US", style: int = 0) -> Samples:
    """A text as the platform says it."""
    from helpers.simulator.sound.speech import speak

    return speak(text, language=language, style=style, rate=RATE)


def spoken(text: str) -> Samples:
    """A text as a person says it into a telephone."""
    from helpers.simulator.sound.mixing import Sound

    return Sound(voice(text)).through_phone("a").samples


def heard(world: World, leg: str, begin: float = 0, end: float | None = None) -> Samples:
    """What a leg heard in a stretch of seconds since its answer, at 16 kHz, as the platform mixed it."""
    samples: Samples = world.heard(leg, RATE)
    return samples[round(begin * RATE) : None if end is None else round(end * RATE)]


def loudness(samples: Samples) -> float:
    """RMS, full scale 1."""
    return float(np.sqrt((samples.astype(np.float64) ** 2).mean())) if len(samples) else 0.0
