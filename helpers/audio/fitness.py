"""How fit a sound file is for a telephone, in numbers and in plain words, and how to make it fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .files import AGAIN, AudioError, AudioInfo, channels, convert, encode_wav, inspect, mono, resample
from .samples import FAINT

if TYPE_CHECKING:
    from .files import Samples

# dBFS, mean of what sounds. RFC 7874 section 4 wants -22, give or take 6; this lies in it and leaves room for `level`.
LOUDNESS = -26.0
PEAK = -12.0  # dBFS, the highest sample: the option `level` adds as much as 12 dB
NEAR = 4.0  # dB by which the loudness may be off without a word
EARLY, LATE = 0.5, 1.0  # seconds of silence at the start, at the end, that are worth a word
LEAD, TAIL = 0.15, 0.2  # seconds of silence that are left: the first syllable can be lost while the line opens
DC = 0.005  # of full scale: an offset that clicks at the start and the end
LONGEST = 600.0  # seconds that are measured


@dataclass(frozen=True)
class Advice:
    """One thing that was looked at. ``fine``, or what to do about it."""

    about: str
    found: str
    fine: bool
    todo: str = ""


@dataclass(frozen=True)
class Fitness:
    """The measures of a file. Levels in dBFS, -inf for silence; times in seconds; shares 0 to 1."""

    info: AudioInfo
    loudness: float
    peak: float
    clipped: int
    lead: float
    tail: float
    offset: float
    lost_in_mono: float
    bass: float
    treble: float
    measured: float

    @property
    def silent(self) -> bool:
        """True if nothing in it can be heard."""
        return not np.isfinite(self.loudness)


def measure(source: str | Path | bytes) -> tuple[Fitness, Samples, int]:
    """Measure a sound file: the measures, its samples in mono, and how many of them a second.

    Of a file longer than ten minutes the first ten are measured. Raises AudioError for what is not sound.
    """
    sound, rate, info = channels(source, LONGEST)
    one = mono(sound)
    loud = _loud(one, rate)
    active = one[np.repeat(loud, rate // 50)[: len(one)]] if loud.any() else one[:0]
    places = np.flatnonzero(loud)
    power = np.abs(np.fft.rfft(one)) ** 2
    hertz = np.fft.rfftfreq(len(one), 1 / rate)
    whole = max(float(power[1:].sum()), 1e-20)
    each = max(_decibels(sound[:, column]) for column in range(sound.shape[1]))
    fitness = Fitness(
        info=info,
        loudness=_decibels(active),
        peak=20 * np.log10(max(float(np.abs(sound).max(initial=0.0)), 1e-10)),
        clipped=_clipped(sound),
        lead=int(places[0]) * 0.02 if len(places) else len(one) / rate,
        tail=len(one) / rate - (int(places[-1]) + 1) * 0.02 if len(places) else 0.0,
        offset=float(one.mean()) if len(one) else 0.0,
        lost_in_mono=max(0.0, each - _decibels(one)) if sound.shape[1] > 1 and np.isfinite(each) else 0.0,
        bass=float(power[(hertz < 300) & (hertz > 0)].sum()) / whole,
        treble=float(power[hertz > 3400].sum()) / whole,
        measured=len(one) / rate,
    )
    return fitness, one, rate


def _loud(sound: Samples, rate: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which stretches of 20 ms can be heard; an offset does not count."""
    window = rate // 50
    whole = np.pad(sound, (0, -len(sound) % window)).reshape(-1, window)
    return np.asarray(whole.std(axis=1) > FAINT)


def _decibels(sound: Samples) -> float:
    """The mean level, dBFS."""
    power = float((sound.astype(np.float64) ** 2).mean()) if len(sound) else 0.0
    return 10 * float(np.log10(power)) if power > 1e-12 else -np.inf


def _clipped(sound: Samples) -> int:
    """How often three samples or more in a row stand at full scale."""
    full = np.abs(sound) >= 0.999
    runs = full[2:] & full[1:-1] & full[:-2]
    return int((runs[1:] & ~runs[:-1]).sum() + runs[:1].sum()) if len(runs) else 0


def advice(fitness: Fitness) -> list[Advice]:
    """What to say of a file, in the order in which it matters."""
    info = fitness.info
    if fitness.silent:
        return [Advice("sound", "there is only silence in it", False, "Choose another file.")]
    todo = AGAIN if info.cure == AGAIN else "phone_ready() makes a copy that fits"
    found = [Advice("format", problem, False, todo) for problem in info.problems]
    if not found:
        found = [Advice("format", f"{info}, {info.subtype}: Vonage plays it", True)]
    found.append(_loudness(fitness))
    if fitness.clipped:
        times = f"{fitness.clipped} place{'s' * (fitness.clipped > 1)}"
        todo = "Export it again 6 dB softer: what is cut off cannot be brought back."
        found.append(Advice("clipping", f"{times} where the wave is cut off at full scale", False, todo))
    else:
        found.append(Advice("clipping", f"none, the highest peak is {fitness.peak:.0f} dBFS", True))
    todo = f"phone_ready() cuts it to {LEAD:g} s: callers think that nobody is there"
    found.append(Advice("start", f"{fitness.lead:.1f} s of silence", fitness.lead <= EARLY, todo))
    if fitness.tail > LATE:
        found.append(
            Advice("end", f"{fitness.tail:.1f} s of silence", False, "phone_ready() cuts it: it is paid for, too")
        )
    if abs(fitness.offset) > DC:
        found.append(Advice("offset", f"the wave lies {fitness.offset:+.1%} off the middle", False,
                            "phone_ready() moves it back; as it is, it clicks"))  # fmt: skip
    if fitness.lost_in_mono > 3:
        found.append(Advice("stereo", f"left and right cancel out: mono is {fitness.lost_in_mono:.0f} dB softer", False,
                            "Turn one channel round (invert its phase) before you mix them."))  # fmt: skip
    lost = fitness.bass + fitness.treble
    band = f"{lost:.0%} of its power lies outside 300–3400 Hz ({fitness.bass:.0%} bass, {fitness.treble:.0%} treble)"
    found.append(
        Advice("band", band, lost <= 0.5, "A small loudspeaker lets little of it pass: choose a brighter sound.")
    )
    if info.seconds > LONGEST:
        minutes = f"{info.seconds / 60:.0f} minutes; the first {LONGEST / 60:.0f} were measured"
        found.append(Advice("length", minutes, False,
                            "It is fetched whole before it starts: cut it, or stream several."))  # fmt: skip
    return found


def _loudness(fitness: Fitness) -> Advice:
    off = fitness.loudness - LOUDNESS
    words = f"{fitness.loudness:.0f} dBFS"
    if abs(off) <= NEAR:
        return Advice("loudness", f"{words}, about as loud as a voice", True)
    todo = f"phone_ready() brings it to {LOUDNESS:.0f}; in a call, level does the same"
    return Advice(
        "loudness", f"{words}, {abs(off):.0f} dB {'louder' if off > 0 else 'softer'} than a voice", False, todo
    )


def make_phone_ready(
    source: str | Path | bytes, target: str | Path, *, rate: int = 16000, loudness: float = LOUDNESS
) -> tuple[AudioInfo, list[str]]:
    """Write a copy that fits a telephone to ``target`` (.mp3 or .wav), and tell what was changed.

    Mono, at ``rate`` (16000, for WAV also 8000); silence at both ends cut; the offset taken out; as loud as
    ``loudness`` (dBFS, mean of what sounds), or as far as the highest peak stays at -12 dBFS. Nothing is clipped.
    """
    if isinstance(loudness, bool) or not isinstance(loudness, int | float) or not -40 <= loudness <= -10:
        raise AudioError(f"A loudness of {loudness!r} dBFS is not for telephones.", "Use -40 to -10; -26 is a voice.")
    if isinstance(target, str | Path) and isinstance(source, str | Path) and _same(Path(source), Path(target)):
        raise AudioError(f"{Path(target).name} would replace itself.", "Give the copy another name.")
    info = inspect(source)
    if info.seconds > LONGEST:
        raise AudioError(f"It lasts {info.seconds / 60:.0f} minutes.", f"Cut it to {LONGEST / 60:.0f} or less first.")
    fitness, sound, rate_in = measure(source)
    if fitness.silent:
        raise AudioError("There is only silence in the file.", "Choose another one.")
    told = []
    begin = max(0, round((fitness.lead - LEAD) * rate_in)) if fitness.lead > LEAD + 0.05 else 0
    end = len(sound) - max(0, round((fitness.tail - TAIL) * rate_in)) if fitness.tail > TAIL + 0.05 else len(sound)
    if abs(fitness.offset) > DC:
        told.append("offset taken out")
    sound = resample(sound[begin:end] - np.float32(fitness.offset), rate_in, rate)
    if info.channels > 1:
        told.append(f"{info.channels} channels became one")
    if info.rate != rate:
        told.append(f"{info.rate} became {rate} Hz")
    gain = min(loudness - fitness.loudness, PEAK - 20 * float(np.log10(max(float(np.abs(sound).max()), 1e-6))))
    if abs(gain) >= 0.5:
        told.append(f"{abs(gain):.1f} dB {'louder' if gain > 0 else 'softer'}")
    if cut := begin / rate_in:
        told.append(f"{cut:.1f} s of silence cut at the start")
    if (after := (fitness.tail - TAIL) if fitness.tail > TAIL + 0.05 else 0.0) >= 0.05:
        told.append(f"{after:.1f} s of silence cut at the end")
    data = encode_wav(sound * np.float32(10 ** (gain / 20)), rate)
    return convert(data, target, rate=rate), told


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False
