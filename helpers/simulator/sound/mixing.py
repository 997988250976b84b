"""From cue sheets to samples: what a leg is played, what it says, and what it hears of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..legs.leg import Leg

    Samples = NDArray[np.float32]

STORED_RATE = 16_000  # Vonage mixes and records at 16 kHz (recording guide); a telephone gets 8 kHz of it
MOST_LOOPS = 1_000_000_000  # more than a call can last; a moment in time has to be a number
PAUSE = 0.25  # a shorter gap is part of the speech
MINUTE = 60  # seconds that are mixed at a time


class Sound:
    """A piece of audio at 16 kHz, mono, -1..1, that can be had at other rates too."""

    def __init__(self, samples: Samples, problems: tuple[str, ...] = ()) -> None:
        self.samples = samples
        self.problems = problems  # what makes the file it came from unfit for a phone
        # Kept with the sound, and gone with it: a cache of functools would keep a sound alive until the next clean-up.
        self._rates: dict[int, Samples] = {STORED_RATE: samples}
        self._phones: dict[str, Sound] = {}

    @property
    def seconds(self) -> float:
        return len(self.samples) / STORED_RATE

    @cached_property
    def loud(self) -> list[tuple[float, float]]:
        """Where it is not silent: (start, end) in seconds."""
        from ...audio.samples import FAINT, WINDOW, levels

        spans: list[tuple[float, float]] = []
        for position in (levels(self.samples, STORED_RATE) > FAINT).nonzero()[0].tolist():
            start = position * WINDOW
            if spans and start - spans[-1][1] < PAUSE:
                spans[-1] = (spans[-1][0], start + WINDOW)
            else:
                spans.append((start, start + WINDOW))
        return spans

    def at_rate(self, rate: int) -> Samples:
        """Its samples at ``rate``, Hz."""
        from ...audio.files import resample

        if rate not in self._rates:
            self._rates[rate] = resample(self.samples, STORED_RATE, rate)
        return self._rates[rate]

    def through_phone(self, law: str) -> Sound:
        """What a telephone makes of it: 8 kHz, G.711."""
        from ...audio.files import resample, telephone

        if law not in self._phones:
            narrow = telephone(self.samples, STORED_RATE, law=law)
            self._phones[law] = Sound(resample(narrow, 8000, STORED_RATE)[: len(self.samples)], self.problems)
        return self._phones[law]


class LiveSound(Sound):
    """A sound that still grows: what a WebSocket server sends, piece by piece."""

    def __init__(self) -> None:
        import numpy as np

        super().__init__(np.zeros(0, dtype=np.float32))
        self._pieces: list[Samples] = []
        self._length = 0

    def append(self, samples: Samples) -> None:
        """It goes on."""
        self._pieces.append(samples)
        self._length += len(samples)

    @property
    def seconds(self) -> float:
        return self._length / STORED_RATE

    @property
    def loud(self) -> list[tuple[float, float]]:
        return Sound(self._whole()).loud

    def _whole(self) -> Samples:
        import numpy as np

        if len(self._pieces) > 1:
            self._pieces = [np.concatenate(self._pieces)]
        return self._pieces[0] if self._pieces else self.samples

    def at_rate(self, rate: int) -> Samples:
        """So far; nothing is kept of what still changes."""
        return Sound(self._whole()).at_rate(rate)


@dataclass
class Cue:
    """One sound: from ``at``, ``loop`` times (0: endlessly), until ``stopped_at`` if it was cut short."""

    number: int
    at: float
    sound: Sound
    level: float = 0.0
    loop: int = 1
    stopped_at: float | None = None
    text: str | None = None  # the words in it
    url: str | None = None  # the file it came from
    is_tone: bool = False  # a key of a phone, and no voice
    via: tuple[str, ...] = ()  # the legs it was passed on to on its way here

    @property
    def ends(self) -> float | None:
        """When it ends by itself; None: never."""
        return self.at + self.sound.seconds * min(self.loop, MOST_LOOPS) if self.loop else None

    def until(self, limit: float) -> float:
        """When it falls silent, looking no further than ``limit``."""
        return min(t for t in (self.ends, self.stopped_at, limit) if t is not None)


@dataclass
class CueSheet:
    """What sounds in one direction of a leg: what starts when, how loud, how often, until when."""

    cues: list[Cue] = field(default_factory=list)

    def start(self, at: float, sound: Sound, *, level: float = 0.0, loop: int = 1) -> Cue:
        """Put a sound on the sheet."""
        cue = Cue(len(self.cues) + 1, at, sound, level, loop)
        self.cues.append(cue)
        return cue

    def mix_into(self, mix: Samples, begin: float, end: float, rate: int, offset: int = 0) -> None:
        """Add what sounds from ``begin`` to ``end`` (call time) to ``mix``, whose sample ``offset`` is ``begin``."""
        import numpy as np

        from ...audio.files import level_gain

        length = min(len(mix) - offset, round((end - begin) * rate))
        for cue in self.cues:
            if cue.at >= end or cue.until(end) <= begin:
                continue
            first = round((cue.at - begin) * rate)
            last = min(length, round((cue.until(end) - begin) * rate))
            if last <= max(first, 0) or not cue.sound.seconds:
                continue
            samples = cue.sound.at_rate(rate)
            gain = np.float32(level_gain(cue.level))
            # One play after the other: a list of all positions would take gigabytes for an endless loop. What lies
            # before the stretch is stepped over, so that a short stretch late in an endless loop is cheap.
            missed = max(0, -first) // len(samples) * len(samples)
            for begins in range(first + missed, last, len(samples)):
                skip = max(0, -begins)
                part = samples[skip : last - begins]
                mix[offset + begins + skip : offset + begins + skip + len(part)] += gain * part

    def loud(self, begin: float, end: float, *, speech: bool = False) -> list[tuple[float, float]]:
        """Where this direction is not silent between ``begin`` and ``end`` (call time), in order; spans may overlap.

        What still plays counts as if it went on: nobody has stopped it yet. ``speech`` leaves out key tones and beeps.
        """
        spans = []
        for cue in self.cues:
            if not cue.sound.seconds or (speech and cue.is_tone):
                continue
            plays = max(0, int((begin - cue.at) / cue.sound.seconds))
            while (at := cue.at + plays * cue.sound.seconds) < min(end, cue.until(end)):
                for start, stop in cue.sound.loud:
                    span = max(begin, at + start), min(at + stop, cue.until(end))
                    if span[0] < span[1]:
                        spans.append(span)
                plays += 1
        return sorted(spans)


@dataclass(eq=False)
class Patch:
    """A cord on the switchboard: from ``begin`` to ``end`` (None: still) a leg hears what ``source`` says."""

    source: Leg
    begin: float
    end: float | None = None


def mixed(leg: Leg, begin: float, end: float, rate: int) -> Samples:
    """What a leg hears from ``begin`` to ``end`` (call time): what is played to it, and whom it is patched to."""
    import numpy as np

    mix = np.zeros(max(0, round((end - begin) * rate)), dtype=np.float32)
    leg.ear.mix_into(mix, begin, end, rate)
    for patch in leg.patches:
        first, last = max(begin, patch.begin), end if patch.end is None else min(end, patch.end)
        if first < last:
            offset = round((first - begin) * rate)
            # On the grid of the samples, so that each stretch rounds the same way: no click between two of them.
            patch.source.mouth.mix_into(mix, begin + offset / rate, last, rate, offset)
    return np.clip(mix, -1, 1)


def heard(leg: Leg, begin: float, end: float, rate: int, *, narrow: bool = False) -> Samples:
    """What came out of the earpiece: a phone at 8000 Hz hears it after a G.711 round trip.

    At 16000 Hz it is what Vonage mixed. An app, SIP or websocket leg is wideband: no G.711 at any rate. ``narrow``
    also cuts what an old telephone's filters and loudspeaker do not let pass: all but 300 to 3400 Hz.
    """
    from ...audio.files import band_limited, telephone

    mix = mixed(leg, begin, end, rate)
    if rate == 8000 and leg.law:
        return telephone(mix, rate, law=leg.law, band_pass=narrow)
    return band_limited(mix, rate) if narrow else mix


def heard_wav(leg: Leg, begin: float, end: float, rate: int, *, narrow: bool = False) -> Iterator[bytes]:
    """The same as a WAV file, a minute at a time: a call of hours must not fill the memory."""
    from ...audio.files import wav_header, wav_samples

    total = max(0, round((end - begin) * rate))
    yield wav_header(total, rate)
    for first in range(0, total, MINUTE * rate):
        last = min(first + MINUTE * rate, total)
        yield wav_samples(heard(leg, begin + first / rate, begin + last / rate, rate, narrow=narrow))


def law_of(number: str) -> str:
    """Which G.711 law a phone network uses, by country code: mu-law for +1 and +81, A-law elsewhere (ITU-T G.711)."""
    return "mu" if number.startswith(("1", "81")) else "a"
