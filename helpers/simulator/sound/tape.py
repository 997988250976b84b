"""What goes onto a recording: whom it takes down and when, which channel each is in, and the file it becomes."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .mixing import STORED_RATE, CueSheet, LiveSound, Patch, Sound

if TYPE_CHECKING:
    from ..clock import Clock
    from ..legs.leg import Leg
    from .mixing import Samples

BLOCK = 10  # seconds that are mixed and encoded at a time: a call of hours must not fill the memory
LEAST = STORED_RATE // 50  # samples, one frame: without any sound an MP3 file is not a file
LARGEST = 500_000_000  # bytes of a recording; Vonage publishes no figure. Two hours of 16-bit stereo are 461 MB.
MOST_STEREO = 2  # channels that MP3 can have
FORMATS: dict[str, tuple[str, str, dict[str, Any]]] = {  # as libsndfile calls them
    # libsndfile has no setting for the bit rate: its compression level 0 to 1 runs from 160 down to 8 kbit/s.
    "mp3": ("MP3", "MPEG_LAYER_III", {"bitrate_mode": "CONSTANT", "compression_level": (160 - 32) / 152}),
    "wav": ("WAV", "PCM_16", {}),
    "ogg": ("OGG", "VORBIS", {}),
}
MEDIA_TYPE = "application/octet-stream"  # whatever the format: old SDKs read nothing else as bytes


@dataclass(frozen=True)
class Feed:
    """What sounds in one direction of a leg, as far as it goes into a channel: from ``begin`` to ``end``."""

    sheet: CueSheet
    begin: float = -math.inf
    end: float = math.inf

    @classmethod
    def of(cls, patch: Patch) -> Feed:
        return cls(patch.source.mouth, patch.begin, math.inf if patch.end is None else patch.end)

    def mix_into(self, mix: Samples, begin: float) -> None:
        """Add it to ``mix``, whose first sample is at ``begin``."""
        first, last = max(begin, self.begin), min(begin + len(mix) / STORED_RATE, self.end)
        if first < last:
            self.sheet.mix_into(mix, first, last, STORED_RATE, round((first - begin) * STORED_RATE))

    def kept(self, begin: float, end: float) -> Feed:
        """What of it lies between ``begin`` and ``end``, as a copy that no longer changes when the call goes on."""
        first, last = max(begin, self.begin), min(end, self.end)
        # On the grid of the recording's samples, so that each block rounds the same way: no click between two of them.
        first = begin + round((first - begin) * STORED_RATE) / STORED_RATE
        cues = [
            replace(
                cue,
                sound=Sound(cue.sound.at_rate(STORED_RATE)) if isinstance(cue.sound, LiveSound) else cue.sound,
                stopped_at=cue.until(last),
            )
            for cue in self.sheet.cues
            if cue.at < last and cue.until(last) > first
        ]
        return Feed(CueSheet(cues), first, last)


Channel = list[Feed]


class Tape:
    """Takes down what some legs say, each for as long as ``speakers`` names it.

    :meth:`follow` is called whenever that may have changed: somebody came or went, was muted or unmuted.
    """

    def __init__(self, clock: Clock, speakers: Callable[[], Iterable[Leg]]) -> None:
        self._clock, self._speakers = clock, speakers
        self.begin, self.end = clock.now, math.inf
        self.patches: list[Patch] = []
        self._open: dict[str, Patch] = {}

    def follow(self) -> None:
        """Look who is to be heard from now on."""
        if self.end < math.inf:
            return
        now, speakers = self._clock.now, {leg.uuid: leg for leg in self._speakers()}
        for uuid in [uuid for uuid in self._open if uuid not in speakers]:
            self._open.pop(uuid).end = now
        for uuid, leg in speakers.items():
            if uuid not in self._open:
                self._open[uuid] = Patch(leg, now)
                self.patches.append(self._open[uuid])

    def stop(self, at: float) -> None:
        """Nothing after ``at`` is recorded any more."""
        self.end = at

    def mono(self, leg: Leg | None = None) -> list[Channel]:
        """Everybody in one channel, and what the platform played to ``leg``."""
        return self._kept([[*([Feed(leg.ear)] if leg else []), *map(Feed.of, self.patches)]])

    def split(self, leg: Leg, channels: int) -> list[Channel]:
        """Two channels: what ``leg`` said, and what it heard. More: one for each who spoke, in the order they came.

        An earmuffed leg heard nobody: the second of its two channels holds nobody, and any other layout holds them all
        the same (record-earmuffed). Those for whom no channel is left go into the last one, with what the platform
        played to ``leg``.
        """
        own = [Feed.of(patch) for patch in self.patches if patch.source is leg]
        if channels == MOST_STEREO:
            return self._kept([own, [Feed(leg.ear), *map(Feed.of, leg.patches)]])
        layout: list[Channel] = [own, *([] for _ in range(channels - 1))]
        places: dict[str, int] = {leg.uuid: 0}
        for patch in self.patches:
            place = places.setdefault(patch.source.uuid, min(len(places), channels - 1))
            if patch.source is not leg:
                layout[place].append(Feed.of(patch))
        layout[-1].append(Feed(leg.ear))
        return self._kept(layout)

    def _kept(self, channels: list[Channel]) -> list[Channel]:
        return [[kept for feed in feeds if (kept := feed.kept(self.begin, self.end)).sheet.cues] for feeds in channels]


def of_leg(clock: Clock, leg: Leg) -> Tape:
    """A tape of one leg and of those it is with, whichever conversation that is in."""

    def speakers() -> Iterator[Leg]:
        if not is_muted(leg):
            yield leg
        if leg.room is not None and leg.room.started:
            yield from (one for one in leg.room.members.values() if one is not leg and not is_muted(one))

    return Tape(clock, speakers)


def is_muted(leg: Leg) -> bool:
    """True if nothing of what a leg says is heard, by request or by the terms of its conversation."""
    return leg.muted or (leg.room is not None and leg.room.terms[leg.uuid].muted)


def blocks(channels: list[Channel], begin: float, end: float) -> Iterator[Samples]:
    """The samples from ``begin`` to ``end``, :data:`BLOCK` seconds at a time: one column per channel."""
    import numpy as np

    total = max(LEAST, round((end - begin) * STORED_RATE))
    for first in range(0, total, BLOCK * STORED_RATE):
        mix = np.zeros((len(channels), min(BLOCK * STORED_RATE, total - first)), dtype=np.float32)
        for row, feeds in zip(mix, channels, strict=True):
            for feed in feeds:
                feed.mix_into(row, begin + first / STORED_RATE)
        yield np.clip(mix, -1, 1).T


def encode(sound: Iterable[Samples], form: str, channels: int, given_up: threading.Event) -> tuple[bytes, bool]:
    """The bytes of a sound file at 16 kHz: ``form`` is ``"mp3"``, ``"wav"`` or ``"ogg"`` (recording guide).

    False if it is not whole: what would make it larger than :data:`LARGEST` is left out. ``given_up`` ends it early:
    nobody wants it any more.
    """
    import soundfile

    name, subtype, options = FORMATS[form]
    data, whole = io.BytesIO(), True
    with soundfile.SoundFile(data, "w", STORED_RATE, channels, subtype, format=name, **options) as file:
        for block in sound:
            if data.tell() + block.size * 2 > LARGEST or given_up.is_set():
                whole = False
                break
            # One second at a time: the Vorbis encoder puts what it is given on the stack.
            for first in range(0, len(block), STORED_RATE):
                file.write(block[first : first + STORED_RATE])
    return data.getvalue(), whole
