"""Tones of a telephone: the two frequencies of each key (DTMF), and the beep before a recording."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .mixing import STORED_RATE, Sound

if TYPE_CHECKING:
    from .mixing import Samples

# ITU-T Q.23: one frequency for the row of the key, one for its column (Hz).
ROWS = (697, 770, 852, 941)
COLUMNS = (1209, 1336, 1477)
KEYS = ("123", "456", "789", "*0#")

# How long and how loud. ITU-T Q.24 asks for 40 ms or more of each; the figures are the kit's assumption.
TONE = 0.1  # seconds
GAP = 0.1  # seconds of silence after a tone
PAUSE = 0.5  # seconds that a ``p`` stands for (DTMF guide)
LOUDNESS = 0.2  # of each of the two frequencies, full scale 1
BEEP = 0.5  # seconds
BEEP_HERTZ = 1000
EDGE = 0.005  # seconds in which a tone swells and fades: a sudden edge would be heard as a click


@lru_cache(maxsize=len(KEYS) * 3)
def dtmf(digit: str) -> Sound:
    """The tone of one key, 0-9, ``*`` or ``#``: :data:`TONE` seconds, without the gap that follows it."""
    row = next((row for row, keys in enumerate(KEYS) if digit in keys), None)
    if row is None or len(digit) != 1:
        raise ValueError(f"{digit!r} is not a key of a telephone: 0-9, * and # are")
    return Sound(_tone(TONE, ROWS[row], COLUMNS[KEYS[row].index(digit)]))


@lru_cache(maxsize=64)
def dtmf_string(digits: str) -> Sound:
    """The tones of several keys, each with its gap; ``p`` is a pause: ``"1p2#"`` lasts 1.1 s."""
    import numpy as np

    gap, pause = (np.zeros(round(seconds * STORED_RATE), dtype=np.float32) for seconds in (GAP, PAUSE))
    parts = [part for digit in digits for part in ([pause] if digit == "p" else [dtmf(digit).samples, gap])]
    return Sound(np.concatenate([*parts, np.zeros(0, dtype=np.float32)]))


@lru_cache(maxsize=4)
def beep(seconds: float = BEEP) -> Sound:
    """The beep of an answering machine, and of a recording that starts."""
    return Sound(_tone(seconds, BEEP_HERTZ))


def _tone(seconds: float, *hertz: float) -> Samples:
    """Pure tones together, each :data:`LOUDNESS` loud."""
    import numpy as np

    time = np.arange(round(seconds * STORED_RATE)) / STORED_RATE
    swell = np.clip(np.minimum(time, time[::-1]) / EDGE, 0, 1)
    return (LOUDNESS * swell * sum(np.sin(2 * np.pi * one * time) for one in hertz)).astype(np.float32)
