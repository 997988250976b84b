"""How alike two sounds are, sample by sample: for tests that know exactly what must be heard.

The kit's own ``call.heard`` (helpers/audio/likeness.py) goes by ear, and so forgives what a test must not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from helpers.audio.samples import mono

# What the values between two samples are made of: the samples near by, windowed.
NEAR, FRACTIONS = np.arange(-32, 33), np.linspace(-0.5, 0.5, 21)
BETWEEN = np.sinc(FRACTIONS[:, None] - NEAR) * np.cos(np.pi * (FRACTIONS[:, None] - NEAR) / 66) ** 2


@dataclass(frozen=True)
class Match:
    """How well one sound was found in another: ``score`` 0 to 1, ``offset`` in seconds (where it starts)."""

    score: float
    offset: float


def match(heard: ArrayLike, source: ArrayLike, rate: int) -> Match:
    """Where ``source`` is found in ``heard`` (both mono at ``rate``), and how well.

    The score is the normalised cross-correlation at the best offset: 1 for a perfect copy, however loud and whatever is
    before or after it, about 0 for another sound. The offset is the time in ``heard`` at which ``source`` starts; it is
    negative if ``heard`` begins in the middle of it. At least half of the shorter sound must overlap. Silence and
    empty sounds match nothing: score 0.
    """
    a, b = mono(heard).astype(np.float64), mono(source).astype(np.float64)
    if not a.any() or not b.any():
        return Match(0.0, 0.0)
    size = 1 << (len(a) + len(b) - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    least = -(-min(len(a), len(b)) // 2)
    offsets = np.arange(least - len(b), len(a) - least + 1)
    energy_a = _energy(a, offsets, offsets + len(b))
    energy_b = _energy(b, -offsets, len(a) - offsets)
    # Where almost nothing sounds, rounding errors would be compared with each other.
    sounding = (energy_a > 1e-6 * energy_a.max()) & (energy_b > 1e-3 * energy_b.max())
    norm = np.sqrt(np.where(sounding, energy_a * energy_b, np.inf))
    scores = product[offsets % size] / norm
    found = [_between_samples(product, int(offsets[peak]), float(norm[peak])) for peak in _peaks(scores)]
    score, offset = max(found)
    return Match(float(np.clip(score, 0, 1)), offset / rate)


def _peaks(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where the scores have their highest 32 peaks."""
    around = np.pad(scores, 1, constant_values=-np.inf)
    peaks = np.flatnonzero((scores >= around[:-2]) & (scores >= around[2:]))
    return peaks[np.argsort(scores[peaks])[-32:]]


def _between_samples(product: NDArray[np.float64], at: int, norm: float) -> tuple[float, float]:
    """The highest score within half a sample of ``at``, and where it is.

    Two copies that are half a sample apart would otherwise score 0.92 at 8000 Hz, where speech is full of treble.
    """
    values = BETWEEN @ product[(at + NEAR) % len(product)] / norm
    highest = int(np.argmax(values))
    return float(values[highest]), float(at + FRACTIONS[highest])


def _energy(sound: NDArray[np.float64], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """The energy of ``sound[start:end]`` for each pair, limits outside the sound cut to it."""
    total = np.concatenate([[0.0], np.cumsum(sound**2)])
    inside = (np.clip(ends, 0, len(sound)), np.clip(starts, 0, len(sound)))
    return np.asarray(total[inside[0]] - total[inside[1]], dtype=np.float64)
