"""Somebody who listens to one leg: takes what LiveSound sends and puts it together again."""

from __future__ import annotations

import io
import threading
import wave
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helpers.simulator import Simulator
from helpers.simulator.routes.sound_stream import HUSH

Pcm = NDArray[np.int64]


@dataclass
class Sent:
    """One message, and when it was sent, in call time."""

    at: float
    message: dict[str, Any]
    pcm: bytes


@dataclass
class Listener:
    """``take`` is what LiveSound sends to."""

    network: Simulator
    sent: list[Sent] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def take(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        assert self.network._network is not None
        self.sent.append(Sent(self.network._network.clock.now, message, b"".join(buffers)))
        if "end" in message:
            self.over.set()

    def all(self, what: str) -> list[Sent]:
        """The messages that have a field: ``"at"``, ``"cut"``, ``"end"``."""
        return [one for one in self.sent if what in one.message]

    def together(self, answered_at: float, length: int, rate: int) -> Pcm:
        """What a page would have played: pieces laid out, and what was cut taken away."""
        end = max([round((one.message["at"] - answered_at) * rate) + len(one.pcm) // 2 for one in self.all("at")])
        whole = np.zeros(max(end, length), dtype=np.int64)
        for one in self.sent:
            if "cut" in one.message:
                whole[max(0, round((one.message["cut"] - answered_at) * rate)) :] = 0
            elif "at" in one.message:
                first, pcm = round((one.message["at"] - answered_at) * rate), np.frombuffer(one.pcm, dtype="<i2")
                whole[first : first + len(pcm)] = pcm
        return whole


def assert_same(listener: Listener, wav: bytes, call: str, rate: int) -> None:
    """What was sent is what was heard, sample by sample; silence may differ by HUSH."""
    assert listener.network._network is not None
    # Not from the record, where the status is noted some microseconds later: here a sample counts.
    answered_at = listener.network._network.legs[call].answered_at
    assert answered_at is not None
    with wave.open(io.BytesIO(wav)) as file:
        heard = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int64)
    whole = listener.together(answered_at, len(heard), rate)
    assert abs(heard).max() > 1000, "nothing was heard"
    wrong = np.flatnonzero(abs(whole[: len(heard)] - heard) > HUSH)
    assert not len(wrong), f"{len(wrong)} samples differ, from {wrong[0] / rate:.4f} s to {wrong[-1] / rate:.4f} s"
    assert not whole[len(heard) :].any() or abs(whole[len(heard) :]).max() <= HUSH
