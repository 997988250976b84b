"""What it takes to render what was heard in a minute of call: ``python -m tests.bench.minute`` prints seconds.

The first figure is for a sound that nobody has listened to before; the others are for the same call again.
"""

from __future__ import annotations

import io
import time
import wave

import requests

from helpers.simulator import Simulator
from tests.bench.learner import Process
from tests.bench.scale import Bench

MINUTE = 60
ROUNDS = 9


def main() -> None:
    """A call that is spoken to and played to at once, fetched as a file over HTTP."""
    text = "This is a sentence that a telephone says to somebody who has time to listen to it. " * 6
    with Simulator(pace="stepped", seed=1) as network, Process() as learner, requests.Session() as session:
        bench = Bench(network, learner)
        session.headers["Authorization"] = f"Bearer {network.token}"
        ncco = [
            {"action": "talk", "text": text},
            {"action": "stream", "streamUrl": [bench.sound], "loop": 0},
        ]
        times = []
        for _ in range(2):  # what is loaded and compiled once is not what a call takes
            call = bench.place(ncco, length_timer=MINUTE)
            network.advance(MINUTE + 30)
            times = [seconds(session, f"{network.url}/simulator/calls/{call}/heard.wav") for _ in range(ROUNDS)]
    print(*times)


def seconds(session: requests.Session, url: str) -> float:
    begin = time.perf_counter()
    reply = session.get(url)
    took = time.perf_counter() - begin
    with wave.open(io.BytesIO(reply.content)) as sound:
        length, rate = sound.getnframes() / sound.getframerate(), sound.getframerate()
    assert (round(length), rate) == (MINUTE, 8000), f"{length} s at {rate} Hz"
    return took


if __name__ == "__main__":
    main()
