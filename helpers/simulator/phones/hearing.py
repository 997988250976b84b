"""What a person listens for in a call: when certain words, or a certain file, have been heard on a leg."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...calls.wording import places_of
from ..waiting import first_of, forever
from .scripts import file_name

if TYPE_CHECKING:
    from ..legs.leg import Leg
    from ..legs.network import Network
    from ..sound.mixing import Cue, CueSheet

REACTION = 0.2  # seconds from hearing what one waited for to doing something about it
HAIR = 1e-6  # seconds; two moments that are closer are the same


class Moment(NamedTuple):
    """When something is heard to its end, and in which sound."""

    at: float
    cue: Cue


class Wanted(NamedTuple):
    """What is listened for: words, or a file that starts or is over."""

    text: str | None = None
    sound: str | None = None
    state: str = "finished"

    def __str__(self) -> str:
        return f"“{self.text}”" if self.text is not None else f"{self.sound}, {self.state}"


class Hearing:
    """A person's attention in one call.

    What counts is heard after the person last pressed, spoke or played, and after what was waited for before. Words
    are taken to be spread evenly over the time a text takes to speak; they must stand in one text.
    """

    def __init__(self, network: Network, leg: Leg) -> None:
        self._network, self._leg = network, leg
        self._since = -math.inf
        self._met: set[tuple[int, float]] = set()

    def begin_anew(self) -> None:
        """What has been heard so far does not count any more."""
        self._since = self._network.clock.now

    async def wait_for(self, wanted: Wanted, timeout: float | None) -> bool:
        """Wait until it has been heard, and a moment to react; False when ``timeout`` seconds were not enough."""
        clock, over = self._network.clock, dict[int, int]()
        deadline = math.inf if timeout is None else clock.now + timeout
        while (found := self._next(wanted, over)) is None or found.at > clock.now:
            if clock.now >= deadline:
                return False
            due = min(deadline, math.inf if found is None else found.at)
            await first_of(self._changes(wanted, found, over), forever() if due == math.inf else clock.sleep_until(due))
        self._since = found.at
        self._met.add((id(found.cue), found.at))
        await clock.sleep_until(found.at + REACTION)
        return True

    async def _changes(self, wanted: Wanted, found: Moment | None, over: dict[int, int]) -> None:
        """Wait until something else, or sooner, will be heard. Looks first: it may have begun in between."""
        while self._next(wanted, over) == found:
            await self._leg.hears.next()

    def _next(self, wanted: Wanted, over: dict[int, int]) -> Moment | None:
        """The first moment that counts, past or to come, as far as it is known now.

        ``over`` remembers for each source how many of its sounds are over and done with: a call may have thousands.
        """
        moments = []
        for source, sheet, begin, end in self._sources():
            done = over.setdefault(source, 0)
            for place in range(done, len(sheet.cues)):
                cue = sheet.cues[place]
                moment = self._first(cue, wanted, begin, end)
                if moment is not None:
                    moments.append(Moment(moment, cue))
                elif place == over[source] and cue.until(math.inf) < self._network.clock.now:
                    over[source] += 1
        return min(moments, key=lambda moment: moment.at, default=None)

    def _sources(self) -> Iterator[tuple[int, CueSheet, float, float]]:
        """Whose sounds this leg hears, from when to when."""
        yield 0, self._leg.ear, -math.inf, math.inf
        for patch in self._leg.patches:
            yield id(patch), patch.source.mouth, patch.begin, math.inf if patch.end is None else patch.end

    def _first(self, cue: Cue, wanted: Wanted, begin: float, end: float) -> float | None:
        """When the person hears what is wanted in this sound, between ``begin`` and ``end``."""
        if wanted.text is None:
            return self._file(cue, wanted, begin, end)
        length = cue.sound.seconds
        moments = []
        places = places_of(wanted.text, cue.text) if cue.text and length and not cue.is_tone else []
        for start, stop in places:
            # The first play of the sound in which these words are heard whole; one more if those were met before.
            since = max(self._since - stop * length, begin - start * length)
            first = max(0, math.ceil((since - cue.at - HAIR) / length)) if since > -math.inf else 0
            for play in (first, first + 1):
                moment = cue.at + (play + stop) * length
                if (play < cue.loop or not cue.loop) and moment <= min(end, cue.until(end)) + HAIR:
                    moments += [moment] if (id(cue), moment) not in self._met else []
        return min(moments, default=None)

    def _file(self, cue: Cue, wanted: Wanted, begin: float, end: float) -> float | None:
        if cue.url is None or cue.at < begin or file_name(cue.url) != file_name(wanted.sound or ""):
            return None
        moment = cue.at if wanted.state == "started" else cue.until(math.inf)
        counts = self._since - HAIR <= moment <= end and moment < math.inf
        return moment if counts and (id(cue), moment) not in self._met else None
