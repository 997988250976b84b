"""The sound of one leg while it happens: sent ahead in pieces, and taken back when the call goes otherwise.

The exchange knows its cue sheets, and so what will be heard unless something happens. That is sent up to a second
ahead, so that it plays without a gap however busy everybody is. What was sent is compared with what would be sent now:
where they differ everything from there on is taken back (``cut``) and sent anew. Only the sound itself is compared, so
nothing that changes it, now or in future, has to tell.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from ..sound.mixing import heard
from .trace_stream import BEAT, CONNECTED, HEARTBEAT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..legs.leg import Leg
    from ..legs.network import Network

    Pcm = NDArray[np.int16]

AHEAD = 1.0  # seconds of call time
NEAR = 0.4  # seconds ahead right after a change; then it grows, so that many changes do not send all that many times
PIECE = 0.2  # seconds of sound in a message
LOOK = 0.05  # real seconds between two looks
BACK = 0.1  # seconds before the last look in which something may still have changed
LATE = 0.5  # real seconds; who begins to listen no later than that after the answer misses nothing
STALE = 5.0  # real seconds; what a slow listener has missed by more than that is not sent any more
LIVE = 0.04  # seconds; a WebSocket server's sound is known only when it comes, 20 ms at a time
HUSH = 8  # of 32768; the smallest sample that A-law has. What is no louder is silence, and not sent


class Earpiece:
    """What comes out of one phone, for one listener, at ``rate`` samples a second. The first sample is the answer's."""

    def __init__(self, network: Network, leg: Leg, rate: int) -> None:
        import numpy as np

        self._clock, self._leg, self._rate = network.clock, leg, rate
        self._upto: int | None = None  # samples sent, silence included
        self._sent: Pcm = np.zeros(0, dtype=np.int16)  # the last of them
        self._changed = network.clock.now
        self.done = False

    @property
    def leg(self) -> Leg:
        return self._leg

    def look(self) -> Iterator[dict[str, Any]]:
        """The messages that are due now, as the README of the simulator lists them."""
        leg, now, over = self._leg, self._clock.now, self._leg.over  # it may end before the last message is taken
        if leg.answered_at is None:
            self._upto = 0
        else:
            here = self._number(now)
            end = None if leg.ended_at is None else self._number(leg.ended_at)
            if self._upto is None:
                self._upto = 0 if now - leg.answered_at < LATE * self._clock.pace else here
            first = self._upto - len(self._sent)
            expected = self._pcm(first, self._upto, end)
            if (changed := _first_difference(self._sent, expected)) is not None:
                taken_back = self._sent[changed:]
                self._upto, self._sent, self._changed = first + changed, self._sent[:changed], now
                if _is_loud(taken_back):
                    yield {"cut": self._at(self._upto), "now": now}
            yield from self._pieces(now, here, end)
        if over:
            self.done = True
            yield {"end": now if leg.ended_at is None else leg.ended_at, "now": now}

    def _pieces(self, now: float, here: int, end: int | None) -> Iterator[dict[str, Any]]:
        """What has not been sent yet, as far as it goes now."""
        import numpy as np

        assert self._upto is not None
        if self._clock.flows and here - self._upto > STALE * self._clock.pace * self._rate:
            self._upto, self._sent = here, self._sent[:0]
        live = any(patch.source.endpoint == "websocket" for patch in self._leg.open_patches.values())
        ahead = -LIVE if live else min(AHEAD, NEAR + now - self._changed)
        goal = here + round(ahead * self._rate) if end is None else end
        size = round(PIECE * self._rate)
        while self._upto < goal:
            if goal - self._upto < size and end is None and self._upto > here:
                return  # there is time for a whole one
            first, self._upto = self._upto, min(self._upto + size, goal)
            pcm = self._pcm(first, self._upto, end)
            known = np.concatenate((self._sent, pcm))
            settled = max(0, here - round(BACK * self._rate) - (self._upto - len(known)))  # it cannot change any more
            self._sent = known[settled:]
            if _is_loud(pcm):
                coded = base64.b64encode(pcm.astype("<i2").tobytes()).decode()
                yield {"at": self._at(first), "now": now, "rate": self._rate, "pcm": coded}

    def _pcm(self, first: int, last: int, end: int | None) -> Pcm:
        """The samples from ``first`` to ``last`` as they are known now; after the call's end there is nothing."""
        import numpy as np

        from ...audio.files import wav_samples

        stop = last if end is None else max(first, min(last, end))
        made = np.zeros(last - first, dtype=np.int16)
        if stop > first:
            samples = heard(self._leg, self._at(first), self._at(stop), self._rate)
            made[: stop - first] = np.frombuffer(wav_samples(samples), dtype="<i2")
        return made

    def _at(self, number: int) -> float:
        """Call time of a sample."""
        assert self._leg.answered_at is not None
        return self._leg.answered_at + number / self._rate

    def _number(self, at: float) -> int:
        """Which sample is heard at a moment of call time."""
        assert self._leg.answered_at is not None
        return round((at - self._leg.answered_at) * self._rate)


async def sounding(earpiece: Earpiece, closing: asyncio.Event) -> AsyncIterator[str]:
    """The messages of an earpiece as server-sent events, until the call or ``closing``."""
    yield f"{CONNECTED}\n"
    quiet = 0.0
    while not (earpiece.done or closing.is_set()):
        for message in earpiece.look():
            yield f"data: {json.dumps(message)}\n\n"
            await asyncio.sleep(0)  # sending need not wait, and others have their turn
            quiet = 0.0
        if earpiece.done:
            return
        # In few steps: while a cell keeps Python busy each turn of the event loop has to wait for its own.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK):
                await earpiece.leg.hears.next()
        quiet += LOOK
        if quiet >= HEARTBEAT:
            yield BEAT
            quiet = 0.0


def _first_difference(one: Pcm, other: Pcm) -> int | None:
    import numpy as np

    different = np.flatnonzero(one != other)
    return int(different[0]) if len(different) else None


def _is_loud(pcm: Pcm) -> bool:
    return bool(len(pcm)) and int(abs(pcm.astype(int)).max()) > HUSH
