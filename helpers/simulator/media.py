"""From a cue sheet to the samples a person heard."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

STORED_RATE = 16_000  # Vonage mixes and records at 16 kHz (recording guide); a telephone gets 8 kHz of it


MOST_LOOPS = 1_000_000_000  # more than a call can last; a moment in time has to be a number


class Sound:
    """A piece of audio at 16 kHz, mono, -1..1, that can be had at the telephone's rate too."""

    def __init__(self, samples: Samples, problems: tuple[str, ...] = ()) -> None:
        self._samples = samples
        self.problems = problems  # what makes the file it came from unfit for a phone
        self.seconds = len(samples) / STORED_RATE
        self.at_rate = lru_cache(maxsize=4)(self._at_rate)

    def _at_rate(self, rate: int) -> Samples:
        from helpers.audio import resample

        return self._samples if rate == STORED_RATE else resample(self._samples, STORED_RATE, rate)


@dataclass
class Cue:
    """One sound on a leg: from ``at``, ``loop`` times (0: endlessly), until ``stopped_at`` if it was cut short."""

    number: int
    at: float
    sound: Sound
    level: float = 0.0
    loop: int = 1
    stopped_at: float | None = None

    @property
    def ends(self) -> float | None:
        """When it ends by itself; None: never."""
        return self.at + self.sound.seconds * min(self.loop, MOST_LOOPS) if self.loop else None

    def until(self, limit: float) -> float:
        """When it falls silent, looking no further than ``limit``."""
        return min(t for t in (self.ends, self.stopped_at, limit) if t is not None)


@dataclass
class CueSheet:
    """What was played on a leg: what starts when, how loud, how often, until when."""

    cues: list[Cue] = field(default_factory=list)

    def start(self, at: float, sound: Sound, *, level: float = 0.0, loop: int = 1) -> Cue:
        """Put a sound on the sheet."""
        cue = Cue(len(self.cues) + 1, at, sound, level, loop)
        self.cues.append(cue)
        return cue

    def render(self, begin: float, end: float, rate: int) -> Samples:
        """The mix from ``begin`` to ``end`` (call time) as float32 samples at ``rate`` Hz."""
        import numpy as np

        from helpers.audio import level_gain

        mix = np.zeros(max(0, round((end - begin) * rate)), dtype=np.float32)
        for cue in self.cues:
            first = round((cue.at - begin) * rate)
            last = min(len(mix), round((cue.until(end) - begin) * rate))
            if last <= max(first, 0) or not cue.sound.seconds:
                continue
            samples = np.float32(level_gain(cue.level)) * cue.sound.at_rate(rate)
            # One play after the other: a list of all positions would take gigabytes for an endless loop.
            for begins in range(first, last, len(samples)):
                skip = max(0, -begins)
                part = samples[skip : last - begins]
                mix[begins + skip : begins + skip + len(part)] += part
        return mix


def heard(sheet: CueSheet, begin: float, end: float, rate: int, law: str) -> Samples:
    """What came out of the earpiece: at 8000 Hz after a G.711 round trip, at 16000 Hz as Vonage mixed it.

    ``law`` is ``"a"`` (Europe) or ``"mu"`` (North America, Japan).
    """
    from helpers.audio import telephone

    mix = sheet.render(begin, end, rate)
    return telephone(mix, rate, law=law) if rate == 8000 else mix


def law_of(number: str) -> str:
    """Which G.711 law a phone network uses, by country code: mu-law for +1 and +81, A-law elsewhere (ITU-T G.711)."""
    return "mu" if number.startswith(("1", "81")) else "a"
