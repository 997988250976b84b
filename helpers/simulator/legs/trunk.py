"""The line between two legs of this network: a call to a number that is rented and linked reaches its application.

What one leg hears, the other one says: each sound is put on the other's sheet, and ends there when it ends here.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..phones.handsets import KEY_PAUSE, Ending
from ..sound.mixing import Cue
from ..waiting import first_of, until
from .leg import Leg, Utterance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .network import Network


class Trunk:
    """The end of the line at one leg."""

    is_machine = False  # an application answers, which nobody takes for an answering machine

    def __init__(self, network: Network, leg: Leg) -> None:
        self._network, self._leg = network, leg
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        leg.on_key = self._keys.put_nowait
        self._passed: dict[int, tuple[Cue, Cue]] = {}  # by its identity: a sound, and what was made of it

    async def connect(self) -> Ending | None:
        """Call the number. None: its application took the call; otherwise how the call ends."""
        leg, network = self._leg, self._network
        far = Leg(network.ids.hex(), network.ids.conversation(), "inbound", leg.from_, leg.to, "", network.clock.now)
        leg.far, far.far = far, leg
        leg.at_end.append(partial(far.hang_up, "the caller hung up", "user"))
        far.at_end.append(partial(leg.hang_up, "the application hung up", "user"))
        network.receive(far)
        await until(lambda: far.over or far.room is not None, far.moved.next)
        if far.over:
            return Ending("failed", "the application did not take the call", "cannot_route", 404, "platform")
        return None

    async def carry(self) -> None:
        """Pass on what the leg hears, and the keys, until it is over."""
        await first_of(self._pass_keys(), until(lambda: self._leg.over, self._pass_more))

    async def _pass_more(self) -> None:
        self._pass_sounds()
        await self._leg.hears.next()

    async def _pass_keys(self) -> None:
        """A key is known when its tone has been heard."""
        clock, far = self._network.clock, self._leg.far
        while far is not None:
            digit = await self._keys.get()
            await clock.sleep(KEY_PAUSE)
            self._network.note(far, "key", digit=digit, by="line")
            far.keypad.press(clock.now, digit)

    def _pass_sounds(self) -> None:
        """Bring the other leg's sheet up to date."""
        far, now = self._leg.far, self._network.clock.now
        if far is None or far.over:
            return
        heard, changed = {id(cue): cue for cue in self._heard()}, False
        for key, (cue, copy) in self._passed.items():
            if copy.stopped_at is None and (cue.stopped_at is not None or key not in heard):
                copy.stopped_at, changed = cue.until(now), True
        for key, cue in heard.items():
            # Where both legs are in one conversation a sound would go round for ever.
            if key not in self._passed and cue.until(math.inf) > now and far.uuid not in cue.via:
                copy, changed = replace(cue, via=(*cue.via, far.uuid)), True
                self._passed[key] = cue, copy
                far.mouth.cues.append(copy)
                if cue.text and not cue.is_tone:
                    far.utterances.append(Utterance(cue.at, cue.at + cue.sound.seconds, cue.text))
        if changed:
            far.speaks()

    def _heard(self) -> Iterator[Cue]:
        """What sounds on the leg, some of it long past."""
        yield from self._leg.ear.cues
        for patch in self._leg.open_patches.values():
            yield from patch.source.mouth.cues
