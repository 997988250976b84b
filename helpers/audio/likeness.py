"""Finding one sound in another by ear alone: through a telephone, softer, cut off, looped, under other voices.

Both sounds are brought to one spectrum first, in which no frequency is louder than another, so that every part of the
band counts and not only the bass. Pieces of the sound that is sought are then laid over all places of the other one
(cross-correlation by FFT). At each place where a piece fits, the whole sound is laid on, and the stretch is sought that
it explains best. It counts when the two swing together there far more than chance would have it, and nothing is absent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .samples import Samples, mono

RATE = 8000  # what a telephone has, and all that this module works at
BIN = 80  # samples, 10 ms: as finely as the beginning and the end of what was heard are told
PIECE = 8000  # samples, 1 s
BLOCK = 16 * RATE
TAPS = 1024  # of the filter that levels the spectrum
FLOOR = 10**-3.6  # what G.711 adds: its noise lies about 38 dB below the sound
WORK, PIECES = 20_000, 240  # seconds of call times pieces of sound that are laid over it, and pieces, at most
TRIES = 8  # places that are looked at closely without success before the search ends
DECADES, MIDDLE = 5.0, 8.0  # chance must have less than one in 10**5 to bring about such a likeness; 8: from the middle
LEAST = 0.35  # likeness that is needed in any case
PLAIN, BRIEF = 0.9, 0.5  # what needs more than this, or is shorter (seconds), is like much that is not it,
COPY = 0.85  # so it must be nearly a copy
SHORTEST = 1.0  # seconds of a longer sound that must be heard; twice as many if its beginning is not there
ABSENT = 0.1  # part of a sound that may be absent where it should be heard: others may drown it, but not delete it
LONGEST = 30 * RATE  # samples that are compared closely
PARTS = (-0.5, -0.25, 0.0, 0.25, 0.5)  # of a sample
SHIFTS = tuple(int(sign * ms * RATE / 1000) for ms in (17, 31, 53, 79, 113, 151, 197, 251) for sign in (-1, 1))
HAIR = 240  # samples, 30 ms: what is missing of a beginning or an end without being missed
GAINS = 10.0 ** (np.arange(-27, 22, 6) / 20)  # from -27 to +21 dB

Wave = NDArray[np.float32]
Sums = NDArray[np.float64]


@dataclass(frozen=True)
class Laid:
    """One sound laid on the other: the first sample of it, and the stretch that it explains, at which ``gain``."""

    score: float
    place: int
    begin: int
    end: int
    gain: float


@dataclass(frozen=True)
class Hit:
    """A stretch in which the sound was found. Times in seconds.

    ``at``: where it is in what was heard; ``begin``: which moment of the sound that is (0: its beginning). ``match``:
    how alike the two are there, 0 to 1; ``needed``: how alike they must be. ``level``: louder (below 0: softer) by so
    many decibels. ``plain``: a tone, or very short, so that only a whole and clean copy counts.
    """

    at: float
    seconds: float
    begin: float
    match: float
    needed: float
    level: float
    whole: bool
    counts: bool
    plain: bool


def find(heard: ArrayLike, sound: ArrayLike) -> list[Hit]:
    """Where ``sound`` is in ``heard``, both mono at 8000 Hz: those that count, in order of time.

    If none counts the list has the one that comes nearest, with ``counts`` False; it is empty if one of the two is
    silent.
    """
    x, s = mono(heard), mono(sound)
    first, last = _audible(s)
    if last - first < BIN or not (np.abs(x) > 1e-4).any():
        return []
    x, s = _levelled(x, s[first:last])
    search = _Search(x, s, first)
    return search.hits()


def _audible(sound: Samples) -> tuple[int, int]:
    """From where to where a sound can be heard: what is 50 dB softer than its peak, or softer than -66 dBFS, cannot."""
    loud = np.flatnonzero(np.abs(sound) > max(5e-4, 0.003 * float(np.abs(sound).max(initial=0.0))))
    return (int(loud[0]), int(loud[-1]) + 1) if len(loud) else (0, 0)


def _levelled(x: Samples, s: Samples) -> tuple[Wave, Wave]:
    """Both through the filter that makes ``x`` equally loud at all frequencies which ``s`` has."""
    px, ps = _spectrum(x), _spectrum(s)
    px = np.convolve(np.pad(px, 2, mode="edge"), np.ones(5) / 5, "valid")
    useful = ps / (ps + ps.mean() * FLOOR)
    gains = np.sqrt(useful / (px + px.mean() * FLOOR))
    taps = np.roll(np.fft.irfft(gains), TAPS // 2) * np.hanning(TAPS)
    return _filtered(x, taps), _filtered(s, taps)


def _spectrum(sound: Samples) -> Sums:
    """Power at :data:`TAPS` / 2 + 1 frequencies, over all of the sound that is not silent."""
    padded = np.pad(sound, (0, -len(sound) % TAPS))
    frames = padded.reshape(-1, TAPS)
    frames = frames[(frames**2).mean(axis=1) > 1e-8]
    if not len(frames):
        return np.ones(TAPS // 2 + 1)
    frames = frames[:: max(1, len(frames) // 4000)]
    return np.asarray((np.abs(np.fft.rfft(frames * np.hanning(TAPS))) ** 2).mean(axis=0), dtype=np.float64)


def _filtered(sound: Samples, taps: Sums) -> Wave:
    """A sound through a filter, as long as before and at the same time."""
    size, half = 1 << 15, TAPS // 2
    shape = np.fft.rfft(taps, size).astype(np.complex64)
    result = np.zeros(len(sound) + TAPS, dtype=np.float32)
    for begin in range(0, len(sound), size - TAPS):
        part = np.fft.irfft(np.fft.rfft(sound[begin : begin + size - TAPS], size) * shape, size)
        end = min(begin + size, len(result))
        result[begin:end] += part[: end - begin]
    return result[half : half + len(sound)]


class _Search:
    """One search. ``lead``: samples of silence that were cut off before ``s``."""

    def __init__(self, x: Wave, s: Wave, lead: int) -> None:
        self.x, self.s, self.lead = x, s, lead
        power = np.convolve(_binned(x * x), np.ones(5) / 5, "same") / BIN
        self.weights = 1 / (power + 1e-4 * max(float(power[power > 0].mean()), 1e-12))
        self.taken = np.zeros(len(power), dtype=bool)

    def hits(self) -> list[Hit]:
        """See :func:`find`. The place that explains most comes first; what it explains is then taken."""
        found: list[Hit] = []
        nearest: Hit | None = None
        laid = [one for place in self._places() if (one := self._laid(place))]
        tries = TRIES
        while laid and tries:
            laid.sort(key=lambda one: -one.score)
            # What repeats itself fits at several places nearly as well: the first of them is meant.
            alike = [one for one in laid if one.score >= 0.97 * laid[0].score]
            best = min(alike, key=lambda one: (one.begin // RATE, -one.place))
            laid.remove(best)
            bins = slice(best.begin // BIN, -(-best.end // BIN))
            if self.taken[bins].any():
                laid += [again] if (again := self._laid(best.place)) else []
                continue
            hit = self._hit(best)
            if hit.counts:
                found.append(hit)
                self.taken[bins] = True
                self.taken[int(hit.at * 100) : math.ceil((hit.at + hit.seconds) * 100)] = True
                tries = TRIES
                laid += [again] if (again := self._laid(best.place)) else []  # it may go on after a gap
            else:
                tries -= 1
                nearest = max(nearest or hit, hit, key=lambda one: (one.seconds >= BRIEF, one.match / one.needed))
        return sorted(found, key=lambda hit: hit.at) or ([nearest] if nearest else [])

    # Where to look ----------------------------------------------------------------------------------------------

    def _places(self) -> list[int]:
        """Samples of ``x`` at which ``s`` may begin; negative if it began before."""
        even = self.x * np.sqrt(np.repeat(self.weights, BIN)[: len(self.x)])
        begins = self._pieces()
        size = min(len(self.s), PIECE)
        pieces = np.stack([self.s[begin : begin + size] for begin in begins])
        pieces /= np.sqrt((pieces**2).sum(axis=1, keepdims=True)) + 1e-9
        keep = min(60, 6 + 2 * len(self.x) // len(self.s))
        peaks: list[list[tuple[float, int]]] = [[] for _ in begins]
        for start, scores in self._correlated(even, pieces):
            for number, row in enumerate(scores):
                for at in _peaks(row, keep):
                    peaks[number].append((float(row[at]), start + at - begins[number]))
        every = {place for each in peaks for _, place in sorted(each)[-keep:]}
        return sorted(every)

    def _pieces(self) -> list[int]:
        """Where the pieces of ``s`` begin that are laid over ``x``."""
        last = max(0, len(self.s) - PIECE)
        begins = sorted({*range(0, last + 1, PIECE), last})
        most = min(max(16, round(WORK / max(len(self.x) / RATE, 1))), PIECES)
        loud = [float((self.s[begin : begin + PIECE] ** 2).sum()) for begin in begins]
        begins = [begin for begin, power in zip(begins, loud, strict=True) if power > 0.01 * max(loud)]
        return begins[:: math.ceil(len(begins) / most)]

    def _correlated(self, x: Wave, pieces: Wave) -> Iterator[tuple[int, Wave]]:
        """For stretch after stretch of ``x``: its first place, and how well each piece fits at each place in it."""
        size = pieces.shape[1]
        block = min(BLOCK, -(-(len(x) + 2 * size) // RATE) * RATE)  # a length that is quickly transformed
        step = block - size
        shapes = np.conj(np.fft.rfft(pieces, block)).astype(np.complex64)
        for start in range(-size + 1, len(x), step):
            part = x[max(start, 0) : start + block]
            padded = np.zeros(block, dtype=np.float32)
            padded[max(-start, 0) : max(-start, 0) + len(part)] = part
            spectrum = np.fft.rfft(padded).astype(np.complex64)
            rows = np.stack([np.fft.irfft(spectrum * shape, block)[:step] for shape in shapes]).astype(np.float32)
            yield start, rows

    # What is there ----------------------------------------------------------------------------------------------

    def _laid(self, place: int) -> Laid | None:
        """``s`` laid on ``x`` at a place: how much it explains, and the stretch that it explains best."""
        begin, end = max(0, place) // BIN * BIN, min(len(self.x), place + len(self.s))
        if end - begin < BIN:
            return None
        x, s = self.x[begin:end], _part(self.s, begin - place, end - place)
        xs, ss = _binned(x * s), _binned(s * s)
        bins = slice(begin // BIN, begin // BIN + len(xs))
        w, never = self.weights[bins] * ~self.taken[bins], -1e9 * self.taken[bins]
        totals = np.cumsum(w * (GAINS[:, None] * xs - GAINS[:, None] ** 2 / 2 * ss) + never, axis=1)
        lowest = np.minimum.accumulate(np.minimum(totals, 0), axis=1)
        g = float(GAINS[int((totals - lowest).max(axis=1).argmax())])
        for _ in range(2):
            score, a, b = _stretch(w * (g * xs - g * g / 2 * ss) + never)
            if score <= 0:
                return None
            g = float((w * xs)[a:b].sum() / max(float((w * ss)[a:b].sum()), 1e-30))
        return Laid(score, place, begin + a * BIN, min(begin + b * BIN, end), g)

    def _hit(self, laid: Laid) -> Hit:
        """What is to be said of a stretch in which ``s`` was found."""
        place, gain, end = laid.place, laid.gain, laid.place + len(self.s)
        from_start = place >= -HAIR and not self._missed(laid, place, laid.begin)
        to_end = end <= len(self.x) + HAIR and not self._missed(laid, laid.end, end)
        start, stop = (place if from_start else laid.begin), (end if to_end else laid.end)
        a, b = max(start, 0), min(stop, len(self.x))
        whole, heard = from_start and to_end, (b - a) / RATE
        shortest = SHORTEST if from_start else 2 * SHORTEST
        enough = whole or heard >= min(shortest, 0.8 * len(self.s) / RATE)
        match, chance, absent = self._likeness(place, a, b, gain) if enough else (0.0, 1.0, 0.0)
        # The distribution of a correlation coefficient of as many independent values as would spread so widely.
        decades = DECADES if from_start else MIDDLE
        needed = max(LEAST, math.sqrt(1 - 10 ** (-2 * decades * chance**2)))
        enough = enough and absent <= ABSENT
        if plain := needed > PLAIN or heard < BRIEF:
            # Such a tone resembles every other one of its pitch: it must be there whole, and nothing of it outside.
            room = min(RATE // 4, len(self.s))
            wide = max(a - room * from_start, 0), min(b + room * to_end, len(self.x))
            match = min(self._copy(place, a, b), self._copy(place, *wide))
            needed, enough = COPY, whole or (from_start and heard >= SHORTEST)
        at = max(place - self.lead if from_start else start, 0)
        return Hit(
            at=at / RATE,
            seconds=(b - at) / RATE,
            begin=0.0 if from_start else (self.lead + start - place) / RATE,
            match=match,
            needed=needed,
            level=20 * math.log10(max(gain, 1e-6)),
            whole=whole,
            counts=bool(enough and match >= needed and GAINS[0] / 1.3 < gain < GAINS[-1] * 1.3),
            plain=plain,
        )

    def _missed(self, laid: Laid, begin: int, end: int) -> bool:
        """True if ``s`` from ``begin`` to ``end`` (samples of ``x``) would have been noticed, and is not there."""
        begin, end = max(begin, 0), min(end, len(self.x))
        if end - begin <= HAIR:
            return False
        s = _part(self.s, begin - laid.place, end - laid.place)
        power = float((s * s * np.repeat(self.weights, BIN)[begin:end]).sum()) * laid.gain**2 / 2
        return power > 0.01 * laid.score + 20

    def _likeness(self, place: int, start: int, stop: int, gain: float) -> tuple[float, float, float]:
        """How alike the two are from ``start`` to ``stop``, how alike they are by chance, and how much is absent.

        In each short moment, at each frequency at which they are about equally loud: do they swing together? Other
        voices are louder in some of these cells, not in all. Chance is what comes out with the one moved a little.
        Absent is what should be louder than all that is there.
        """
        stop = min(stop, start + LONGEST)
        x = _cells(self.x[start:stop])
        loud_x = np.abs(x) + 1e-9
        values, absent = [], 0.0
        for shift in (0, *SHIFTS):
            s = _cells(_part(self.s, start - place + shift, stop - place + shift)) * np.float32(gain)
            loud_s = np.abs(s) + 1e-9
            alike = np.exp(-(np.log(loud_s / loud_x) ** 2)) * np.sqrt(loud_s) * (loud_s > 0.03 * loud_s.max())
            turns = (alike * x * np.conj(s) / (loud_x * loud_s)).sum(axis=0) / max(float(alike.sum()), 1e-9)
            if shift == 0:
                weighty = np.sqrt(loud_s) * (loud_s > 0.1 * loud_s.max())
                absent = float((weighty * (loud_x < loud_s / 2)).sum() / weighty.sum())
            # A file and a copy of it in another format may lie a part of a sample apart.
            parts = PARTS if shift == 0 else (0.0,)
            bent = [turns * np.exp(1j * np.pi * part * np.linspace(0, 1, len(turns))) for part in parts]
            values.append(max(float(one.real.sum()) for one in bent))
        return max(values[0], 0.0), float(np.sqrt(np.mean(np.square(values[1:])))), absent

    def _copy(self, place: int, start: int, stop: int) -> float:
        """How much of all that sounds from ``start`` to ``stop``, near the pitch of ``s``, is ``s``: 0 to 1."""
        x, s = self.x[start:stop], _part(self.s, start - place, stop - place)
        norm = math.sqrt(float((x * x).sum()) * float((s * s).sum()))
        return max(float((x * s).sum()) / norm, 0.0) if norm else 0.0


def _cells(sound: Wave) -> NDArray[np.complex64]:
    """A sound in moments of 64 ms, each overlapping the one before by half, and its frequencies."""
    size = 512
    padded = np.pad(sound, (0, max(0, size - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[:: size // 2]
    return np.fft.rfft(frames * np.hanning(size).astype(np.float32)).astype(np.complex64)


def _part(sound: Wave, begin: int, end: int) -> Wave:
    """``sound[begin:end]``, with silence where there is nothing of it."""
    part = np.zeros(end - begin, dtype=np.float32)
    inside = sound[max(begin, 0) : max(end, 0)]
    part[max(-begin, 0) :][: len(inside)] = inside
    return part


def _binned(values: Wave) -> Sums:
    """Sums over :data:`BIN` values each; the last one may hold fewer."""
    return np.asarray(np.add.reduceat(values, np.arange(0, len(values), BIN), dtype=np.float64))


def _stretch(gains: Sums) -> tuple[float, int, int]:
    """The stretch with the largest sum: its sum, where it begins and ends."""
    total = np.concatenate([[0.0], np.cumsum(gains)])
    lowest = np.minimum.accumulate(total)
    end = int(np.argmax(total - lowest))
    begin = int(np.argmin(total[: end + 1]))
    return float(total[end] - total[begin]), begin, end


def _peaks(row: Wave, keep: int) -> list[int]:
    """Where a row has its highest peaks, ``keep`` at most and none closer than 2 ms to a higher one."""
    size = RATE // 500
    padded = np.pad(row, (0, -len(row) % size), constant_values=-np.inf).reshape(-1, size)
    tops = padded.max(axis=1)
    best = np.argpartition(tops, -min(keep, len(tops)))[-min(keep, len(tops)) :]
    return [int(one) * size + int(padded[one].argmax()) for one in best if np.isfinite(tops[one])]
