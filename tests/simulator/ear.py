"""What a test hears: words as the platform or a person says them, a stretch of what a leg heard, how loud it is."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from helpers.audio.files import Samples
from helpers.call import Call
from helpers.simulator.sound.mixing import Sound
from helpers.simulator.sound.speech import speak
from tests.simulator.world import World

RATE = 16_000


def voice(text: str, language: str = "en-US", style: int = 0) -> Samples:
    """A text as the platform says it."""
    return speak(text, language=language, style=style, rate=RATE)


def spoken(text: str) -> Samples:
    """A text as a person says it into a telephone."""
    return Sound(voice(text)).through_phone("a").samples


def heard(world: World, leg: str, begin: float = 0, end: float | None = None) -> Samples:
    """What a leg heard in a stretch of seconds since its answer, at 16 kHz, as the platform mixed it."""
    samples: Samples = world.heard(leg, RATE)
    return samples[round(begin * RATE) : None if end is None else round(end * RATE)]


def sound_of(data: bytes) -> Samples:
    """A file of that rate: a row per channel."""
    samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    assert rate == RATE
    return np.ascontiguousarray(samples.T, dtype=np.float32)


def record(world: World, uuid: str) -> Call:
    """The record of a call, with its sound."""

    def sound(leg: str, rate: int) -> bytes:
        reply = world.control("GET", f"/calls/{leg}/heard.wav?rate={rate}")
        assert reply.status_code == 200, reply.text
        return reply.content

    return Call(world.trace(uuid), uuid=uuid, heard=sound)


def loudness(samples: Samples) -> float:
    """RMS, full scale 1."""
    return float(np.sqrt((samples.astype(np.float64) ** 2).mean())) if len(samples) else 0.0
