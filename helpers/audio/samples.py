"""What can be done to samples: resample, send down a telephone line, draw as text.

Samples are float32 arrays, mono, full scale ±1.
"""

from __future__ import annotations

import io
import math
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..base.errors import KitError

Samples = NDArray[np.float32]

TELEPHONE_RATE = 8000
TELEPHONE_BAND = (300.0, 3400.0)  # Hz
LEVEL_DB = 12.0
BARS = "▁▂▃▄▅▆▇█"
SILENT = 0.01  # the level, 0 to 1, below which there is nothing to hear
FAINT = 0.003  # the RMS level (-50 dB) of 20 ms, below which they are neither speech nor part of a loudness
WINDOW = 0.02  # seconds that are looked at in one


class AudioError(KitError):
    """Sound that cannot be used: what it is instead, and what to do."""


def mono(samples: ArrayLike) -> Samples:
    """A one-dimensional float32 array; the columns of a two-dimensional one are channels and are averaged."""
    array = np.asarray(samples, dtype=np.float32)
    if array.ndim > 1:
        array = array.mean(axis=1, dtype=np.float32)
    return np.atleast_1d(array)


def resample(samples: ArrayLike, rate_in: int, rate_out: int) -> Samples:
    """The same sound at another sample rate (Hz). What the new rate cannot carry is filtered out."""
    sound = mono(samples)
    if rate_in == rate_out or len(sound) == 0:
        return sound.copy()
    import soxr

    return np.asarray(soxr.resample(sound, rate_in, rate_out), dtype=np.float32)


def telephone(samples: ArrayLike, rate: int, *, law: str = "a", band_pass: bool = False) -> Samples:
    """What a telephone makes of a sound: 8000 samples a second, 8 bits each on a logarithmic scale (ITU-T G.711).

    ``law`` is "a" (Europe) or "mu" (North America, Japan). ``band_pass`` also cuts what lies outside 300-3400 Hz, as
    the filters and loudspeaker of an ordinary telephone do. Returns float32 at 8000 Hz.
    """
    import soundfile

    codecs = {"a": "ALAW", "mu": "ULAW"}
    if law not in codecs:
        raise AudioError(f"There is no telephone law {law!r}.", 'Use "a" (Europe) or "mu" (North America, Japan).')
    sound = resample(samples, rate, TELEPHONE_RATE)
    if band_pass and len(sound):
        sound = band_limited(sound, TELEPHONE_RATE)
    coded = io.BytesIO()
    soundfile.write(coded, sound, TELEPHONE_RATE, subtype=codecs[law], format="WAV")
    coded.seek(0)
    heard, _ = soundfile.read(coded, dtype="float32")
    return np.asarray(heard, dtype=np.float32)


def band_limited(sound: Samples, rate: int) -> Samples:
    """Only what a telephone lets pass: 300 to 3400 Hz."""
    low, high = TELEPHONE_BAND
    frequencies = np.fft.rfftfreq(len(sound) * 2, 1 / rate)  # twice the length: the end must not ring into the start
    rise = np.clip((frequencies - low * 0.8) / (low * 0.2), 0, 1)
    fall = np.clip((high * 1.08 - frequencies) / (high * 0.08), 0, 1)
    return np.fft.irfft(np.fft.rfft(sound, len(sound) * 2) * rise * fall)[: len(sound)].astype(np.float32)


def level_gain(level: float) -> float:
    """The factor for the option ``level`` of stream and talk: -1 a quarter, 0 unchanged, 1 four times.

    Vonage documents the range -1 to 1 but not what it means in decibels. That 1 is +12 dB is this kit's assumption.
    """
    if not -1 <= level <= 1:
        raise AudioError(f"The level {level} is outside -1 to 1.", "Use -1 (softest), 0 (as recorded) to 1 (loudest).")
    return math.pow(10, LEVEL_DB * level / 20)


def levels(samples: ArrayLike, rate: int) -> NDArray[np.float64]:
    """The RMS level of each 20 ms. What is left over at the end is shorter and does not count."""
    sound, window = np.asarray(samples), round(rate * WINDOW)
    whole = sound[: len(sound) // window * window].reshape(-1, window)
    return np.asarray(np.sqrt((whole.astype(np.float64) ** 2).mean(axis=1)))


def silences(samples: NDArray[np.int16], rate: int, level: float = SILENT) -> list[tuple[float, float]]:
    """Where there is nothing to hear, in seconds: stretches of 20 ms whose RMS level, 0 to 1, is below ``level``.

    Hours of sound are gone through by minutes.
    """
    block = rate * 60
    parts = (samples[begin : begin + block] for begin in range(0, len(samples), block))
    still = [levels(part, rate) < level * 32768 for part in parts]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], *still, [0]]).astype(np.int8)))
    return [(round(int(a) * WINDOW, 3), round(int(b) * WINDOW, 3)) for a, b in edges.reshape(-1, 2)]


def peaks(samples: ArrayLike, parts: int) -> list[float]:
    """The loudest sample, 0 to 1, in each of so many parts; of a sound with fewer samples than parts each shows."""
    sound = np.abs(mono(samples))
    edges = np.linspace(0, len(sound), parts + 1).astype(int)
    return [float(sound[a : max(b, a + 1)].max(initial=0.0)) for a, b in pairwise(edges)]


def waveform(samples: ArrayLike, columns: int = 60) -> str:
    """The loudness of a sound as one line of text, ``columns`` characters wide.

    Each bar is the peak of its stretch of time, 6 dB a step: █ is -6 dBFS and more, ▁ is -48 to -42, · is silence. The
    scale is fixed, so two lines can be compared.
    """
    return "".join(map(_bar, peaks(samples, columns))) if len(mono(samples)) and columns > 0 else ""


def _bar(peak: float) -> str:
    step = math.floor((20 * math.log10(max(peak, 1e-9)) + 48) / 6)
    return "·" if step < 0 else BARS[min(step, len(BARS) - 1)]
