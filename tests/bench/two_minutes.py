"""Two-minute calls on the stepped clock, as a lesson places them; prints the real seconds that each took."""

from __future__ import annotations

import time

from helpers import setup
from helpers.kit import Kit

MINUTES = 2


def main() -> None:
    """Rent a number, create an application, then stream music into six calls, with every webhook and the hang-up."""
    kit = setup()
    try:
        kit.ready()
        times = [seconds_of_a_call(kit) for _ in range(6)]
    finally:
        kit.stop()
    print(*times)


def seconds_of_a_call(kit: Kit) -> float:
    """Music in an endless loop, and a limit of two minutes on the call."""
    music = [{"action": "stream", "streamUrl": [f"{kit.server.url}/audio/music.mp3"], "loop": 0}]
    events = [f"{kit.server.url}/event"]
    start = time.perf_counter()
    reply = kit.vonage.create_call(
        to=kit.my_number, from_=kit.number, ncco=music, event_url=events, length_timer=60 * MINUTES
    )
    call = kit.wait_for(reply, "completed", timeout=60 * MINUTES + 30)
    took = time.perf_counter() - start
    assert call.duration and abs(call.duration - 60 * MINUTES) < 2, f"the call lasted {call.duration} s"
    return took


if __name__ == "__main__":
    main()
