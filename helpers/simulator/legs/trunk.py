"""The line between two legs: a call to a number that is rented and linked reaches its application.

On an exchange of many accounts the other leg may be of another account's network. Neither's record then holds anything
of the other's but what was heard and pressed.

What one leg hears, the other one says: each sound is put on the other's sheet, and ends there when it ends here.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..phones.handsets import KEY_PAUSE, Ending
from ..phones.scripts import file_name
from ..sound.mixing import Cue
from ..waiting import first_of, until
from .leg import Leg, Utterance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .network import Network

REFUSED = ("busy", "rejected", "unanswered", "timeout")  # how a phone does not take a call


class PassedKey(str):
    """A key that has come through lines; ``via`` are the legs on which it came out, so that it does not go round."""

    via: tuple[str, ...] = ()


class Trunk:
    """The end of the line at one leg."""

    is_machine = False  # an application answers, which nobody takes for an answering machine

    def __init__(self, network: Network, leg: Leg) -> None:
        self._network, self._leg = network, leg
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        leg.on_key = self._keys.put_nowait
        self._passed: dict[int, tuple[Cue, Cue]] = {}  # by its identity: a sound, and what was made of it

    async def connect(self, to: Network) -> Ending | None:
        """Call the number, which is in the network ``to``. None: the call was taken; otherwise how it ends."""
        leg, network = self._leg, self._network
        far = Leg(to.ids.hex(), to.ids.conversation(), "inbound", leg.from_, leg.to, "", to.clock.now,
                  ringing_timer=leg.ringing_timer)  # fmt: skip
        leg.far, leg.far_home, far.far, far.far_home = far, to, leg, network
        leg.at_end.append(partial(far.hang_up, "the caller hung up", "user"))
        other = "the application" if to is network else "the other side"
        far.at_end.append(partial(leg.hang_up_answered, f"{other} hung up", "user"))
        to.receive(far)
        await until(lambda: far.over or far.answered_at is not None, far.moved.next)
        if far.answered_at is not None:
            return None
        if far.ending is not None and far.ending.status in REFUSED:
            return far.ending
        return Ending("failed", f"{other} did not take the call", "cannot_route", 404, "platform")

    async def carry(self) -> None:
        """Pass on what the leg hears, and the keys, until it is over."""
        await first_of(self._pass_keys(), until(lambda: self._leg.over, self._pass_more))

    async def _pass_more(self) -> None:
        self._pass_sounds()
        await self._leg.hears.next()

    async def _pass_keys(self) -> None:
        """A key is known when its tone has been heard."""
        clock, far, home = self._network.clock, self._leg.far, self._leg.far_home
        while far is not None and home is not None:
            digit = await self._keys.get()
            via = digit.via if isinstance(digit, PassedKey) else ()
            if far.uuid in via:
                continue
            await clock.sleep(KEY_PAUSE)
            home.note(far, "key", digit=digit, by="line")
            far.keypad.press(clock.now, digit)
            onward = PassedKey(digit)
            onward.via = (*via, far.uuid)
            home.conversations.pass_key(far, onward)

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
                self._note_foreign(far, copy)
                self._passed[key] = cue, copy
                far.mouth.cues.append(copy)
                if cue.text and not cue.is_tone:
                    far.utterances.append(Utterance(cue.at, cue.at + cue.sound.seconds, cue.text))
        if changed:
            far.speaks()

    def _note_foreign(self, far: Leg, cue: Cue) -> None:
        """Within one account the record has it already; another's has what is heard, and not where it came from."""
        home = self._leg.far_home
        if home is None or home is self._network:
            return
        cue.url = file_name(cue.url) if cue.url else None
        if not cue.is_tone:
            where = {} if cue.url is None else {"url": cue.url}
            home.note(far, "said", text=cue.text, by="line", seconds=round(cue.sound.seconds, 3), **where)

    def _heard(self) -> Iterator[Cue]:
        """What sounds on the leg, some of it long past."""
        yield from self._leg.ear.cues
        for patch in self._leg.open_patches.values():
            yield from patch.source.mouth.cues
