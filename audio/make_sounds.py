"""Makes every sound in this folder: `python audio/make_sounds.py [folder]`.

Everything is computed with numpy. The greeting is spoken by Hibari, a small synthetic voice that no learner needs to
install: `pip install hibari-tts`, or the greeting stays as it is. Nothing is recorded, nothing is random: two runs with
the same versions of the libraries give the same bytes. The scores are the tables below; change a note and run it.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from helpers.audio.files import encode_mp3, encode_wav, resample

logger = logging.getLogger("make_sounds")

Wave = NDArray[np.float64]
Instrument = Callable[[float, float], Wave]
# When in beats, pitch as a MIDI number (60 is middle C), length in beats, loudness 0 to 1.
Note = tuple[float, int, float, float]

RATE = 32000  # everything is computed at twice the highest rate that is written
PEAK = 10 ** (-12.5 / 20)  # `level` 1 adds 12 dB, and an MP3 may swing a little higher than what went into it


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for path in make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent):
        logger.info("%-14s %7d bytes", path.name, path.stat().st_size)


def make(folder: Path) -> list[Path]:
    """Write all sounds to ``folder`` and return their paths."""
    scores = [("music", music(), 8000), ("jingle", jingle()[0], 16000), ("hold", hold(), 8000)]
    if importlib.util.find_spec("hibari"):
        scores.append(("greeting", greeting(), 16000))
    else:
        logger.info("The greeting stays as it is; its voice is not installed: pip install hibari-tts")
    written = []
    for name, sound, wav_rate in scores:
        wav, mp3 = folder / f"{name}.wav", folder / f"{name}.mp3"
        wav.write_bytes(encode_wav(resample(sound, RATE, wav_rate), wav_rate))
        mp3.write_bytes(encode_mp3(resample(sound, RATE, 16000), bit_rate=32))
        written += [mp3, wav]
    return [*written, unfit(folder / "unfit.wav")]


# --- the sounds ------------------------------------------------------------------------------------------------------


def greeting() -> Wave:
    """Two bell notes, then a voice."""
    length, voice = 159_030, np.zeros(0)  # samples: what is heard of it in the lessons lasts 5.1 s
    for pause, words in ((1.0, "Hello, and welcome."), (0.6, "This is Python, on the telephone.")):
        voice = np.concatenate([voice, np.zeros(int(pause * RATE)), spoken(words)])
    voice = np.tanh(
        2.5 * np.pad(voice, (0, length - len(voice))) / np.abs(voice).max()
    )  # as loud as a voice is on a line
    chime = play([(0.15, 79, 1, 0.5), (0.38, 84, 1.4, 0.45)], 1.0, length, bell)
    return finish(voice * 0.85 + 0.3 * chime, wet=0.04, fade=0.05)


def spoken(words: str) -> Wave:
    """One sentence, without the silence around it; the bass that no telephone carries is taken back."""
    from hibari import SAMPLE_RATE, Hibari

    voice = resample(Hibari()(words, speed=0.95, seed=1), SAMPLE_RATE, RATE).astype(np.float64)
    spectrum, pitch = np.fft.rfft(voice), np.fft.rfftfreq(len(voice), 1 / RATE)
    voice = np.fft.irfft(spectrum * np.clip(pitch / 400, 0.2, 1), len(voice))
    sounds = np.flatnonzero(np.abs(voice) > 0.01 * np.abs(voice).max())
    return voice[sounds[0] : sounds[-1] + 1]


# Eight bars in F, four beats each: bass, chord, and a melody that never comes back the same.
MUSIC_CHORDS = [
    (41, (57, 60, 64, 67)), (38, (57, 60, 65, 69)), (46, (58, 62, 65, 69)), (36, (58, 62, 65, 67)),
    (45, (55, 60, 64, 67)), (38, (57, 60, 64, 69)), (43, (58, 62, 65, 69)), (36, (58, 62, 64, 69)),
    (41, (57, 60, 64, 67)),
]  # fmt: skip
MUSIC_MELODY: list[Note] = [
    (0.5, 72, 0.5, 0.6), (1, 76, 1, 0.7), (2, 79, 1.5, 0.8), (3.5, 77, 0.5, 0.6),
    (4, 76, 1, 0.7), (5, 72, 0.5, 0.6), (5.5, 74, 2, 0.7),
    (8, 77, 0.75, 0.7), (8.75, 79, 0.75, 0.7), (9.5, 81, 1.5, 0.85), (11, 79, 0.5, 0.6), (11.5, 77, 0.5, 0.6),
    (12, 79, 1.5, 0.75), (13.5, 74, 1, 0.6), (14.5, 70, 0.5, 0.55), (15, 72, 1, 0.6),
    (16.5, 84, 1, 0.8), (17.5, 83, 0.5, 0.65), (18, 79, 1, 0.7), (19, 76, 1, 0.65),
    (20, 77, 0.5, 0.7), (20.5, 76, 0.5, 0.65), (21, 74, 0.5, 0.65), (21.5, 72, 1.5, 0.7), (23.25, 69, 0.75, 0.55),
    (24, 70, 0.75, 0.65), (24.75, 74, 0.75, 0.7), (25.5, 77, 1.5, 0.75), (27, 81, 1, 0.8),
    (28, 79, 1, 0.75), (29, 76, 0.5, 0.65), (29.5, 74, 0.5, 0.65), (30, 76, 0.5, 0.65), (30.5, 79, 1.5, 0.75),
    (32, 77, 0.5, 0.6), (32.5, 72, 0.5, 0.55), (33, 69, 0.5, 0.5), (33.5, 72, 0.5, 0.45), (34, 77, 3, 0.5),
]  # fmt: skip


def music() -> Wave:
    """27 seconds at 84 beats a minute: electric piano, plucked melody, a soft pad and a round bass."""
    beat, length, lead = 60 / 84, 27 * RATE, 0.35
    chords: list[Note] = []
    pad: list[Note] = []
    bass: list[Note] = []
    for bar, (root, chord) in enumerate(MUSIC_CHORDS):
        start = bar * 4.0
        last = bar == len(MUSIC_CHORDS) - 1
        # The strum is never quite even, and the second half of each bar has a rhythm of its own.
        second = (2.5, 2.0, 1.5, 2.75)[bar % 4]
        for nth, pitch in enumerate(chord):
            chords.append((start + nth * (0.03 + 0.01 * (bar % 3)), pitch, 3.5, 0.55))
            if not last:
                chords.append((start + second + nth * 0.02, pitch, 1.2, 0.35 + 0.03 * (bar % 3)))
            pad.append((start, pitch + 12 if pitch < 60 else pitch, 4.2, 0.5))
        bass += [(start, root, 2.2, 0.8)] if last else [(start, root, 2.2, 0.8), (start + second, root + 12, 1.2, 0.5)]
    mix = sum_up(
        (play(chords, beat, length, electric_piano, lead), 0.5),
        (play(MUSIC_MELODY, beat, length, pluck, lead), 0.9),
        (play(pad, beat, length, soft_pad, lead), 0.16),
        (play(bass, beat, length, round_bass, lead), 0.5),
    )
    return finish(mix, wet=0.2, fade=2.2)


def jingle() -> tuple[Wave, Wave]:
    """Four bells up and a chord, left and right; the left one alone is the mono jingle."""
    length = int(2.6 * RATE)
    run: list[Note] = [(0.5, 74, 1, 0.6), (1, 78, 1, 0.65), (1.5, 81, 1, 0.7), (2.25, 86, 4, 0.9)]
    chord: list[Note] = [(2.25, 62, 4, 0.5), (2.25, 69, 4, 0.45), (2.25, 74, 4, 0.45), (2.25, 78, 4, 0.4)]
    bells, keys = play(run, 0.24, length, bell), play(chord, 0.24, length, electric_piano)
    return finish(bells + keys, wet=0.15, fade=0.9), finish(0.5 * bells + 1.3 * keys, wet=0.25, fade=0.9, seed=8)


# A waltz in D, eight bars of three beats; one chord a bar, broken upwards and down again.
HOLD_CHORDS = [
    (38, (66, 69, 74)), (35, (66, 71, 74)), (40, (67, 71, 76)), (45, (67, 73, 76)),
    (42, (69, 73, 78)), (43, (67, 71, 74)), (40, (64, 67, 71)), (45, (64, 69, 73)),
]  # fmt: skip


def hold() -> Wave:
    """A music box that waits: 15 seconds, and its end flows into its beginning."""
    beat, orders = 15 / 24, ((0, 1, 2, 1, 2, 0), (0, 2, 1, 2, 1, 2), (2, 1, 0, 1, 2, 1))
    box: list[Note] = []
    bass: list[Note] = []
    for bar, (root, chord) in enumerate(HOLD_CHORDS):
        order = orders[bar % 3]
        box += [(bar * 3 + nth / 2, chord[which] + 12 * (nth == 3), 1.5, 0.6 if nth else 0.8)
                for nth, which in enumerate(order)]  # fmt: skip
        bass += [(bar * 3.0, root, 2.5, 0.7), (bar * 3 + 1.5, root + 12, 1, 0.3)]
    length = 15 * RATE
    mix = sum_up((play(box, beat, 2 * length, bell), 0.6), (play(bass, beat, 2 * length, round_bass), 0.6))
    mix = reverb(mix, 0.18)
    return loudness(mix[:length] + mix[length:])  # what rings on after the end is heard at the beginning


def unfit(path: Path) -> Path:
    """The jingle as a studio would keep it, which no telephone can use: stereo, 44.1 kHz, 24 bits."""
    import soundfile

    stereo = np.stack([resample(side, RATE, 44100) for side in jingle()], axis=1)
    soundfile.write(path, stereo, 44100, subtype="PCM_24", format="WAV")
    return path


# --- instruments: pitch in Hz and seconds in, a wave out -------------------------------------------------------------


def pluck(pitch: float, seconds: float) -> Wave:
    """A harp: harmonics that die away the faster the higher they are."""
    time = clock(seconds + 0.9)
    tones = (np.sin(2 * np.pi * pitch * n * time) * np.exp(-time * (1.6 + 1.1 * n)) / n**1.3 for n in range(1, 8))
    return attack(np.asarray(sum(tones)), 0.004)


def electric_piano(pitch: float, seconds: float) -> Wave:
    """Two operators, as in the first digital pianos: one tone bends the phase of the other, less and less."""
    time = clock(seconds + 0.5)
    body = np.sin(2 * np.pi * pitch * time + 1.1 * np.exp(-time * 3) * np.sin(2 * np.pi * pitch * time))
    tine = 0.12 * np.exp(-time * 12) * np.sin(2 * np.pi * pitch * 5 * time)
    return attack((body + tine) * np.exp(-time * 1.5), 0.006)


def bell(pitch: float, seconds: float) -> Wave:
    """A music box: a few partials that are not quite harmonic."""
    time = clock(seconds + 1.2)
    partials = ((1, 1.0, 2.2), (2.0, 0.35, 3.5), (3.01, 0.18, 6.0), (5.4, 0.06, 11.0))
    return attack(
        np.asarray(sum(a * np.exp(-time * d) * np.sin(2 * np.pi * pitch * n * time) for n, a, d in partials)), 0.003
    )


def soft_pad(pitch: float, seconds: float) -> Wave:
    """Three voices a little apart, swelling and fading."""
    time = clock(seconds + 1)
    voices = sum(np.sin(2 * np.pi * pitch * detune * time) for detune in (0.997, 1.0, 1.003))
    return np.asarray(voices * np.sin(np.pi * np.clip(time / time[-1], 0, 1)) ** 0.8)


def round_bass(pitch: float, seconds: float) -> Wave:
    """The fundamental is below what a telephone carries, so the harmonics must tell the ear where it is."""
    time = clock(seconds + 0.3)
    strengths = enumerate((1.0, 0.6, 0.4, 0.3, 0.18, 0.1), start=1)
    tones = (a * np.sin(2 * np.pi * pitch * n * time) * np.exp(-time * (1.2 + 0.5 * n)) for n, a in strengths)
    return attack(np.asarray(sum(tones)), 0.01)


# --- putting it together ---------------------------------------------------------------------------------------------


def clock(seconds: float) -> Wave:
    return np.arange(int(seconds * RATE)) / RATE


def attack(wave: Wave, seconds: float) -> Wave:
    """The wave without a click: it rises at the start and is faded at its end."""
    rise, fall = int(seconds * RATE), int(0.08 * RATE)
    wave[:rise] *= np.linspace(0, 1, rise)
    wave[-fall:] *= np.linspace(1, 0, fall)
    return wave


def play(notes: Iterable[Note], beat: float, length: int, instrument: Instrument, lead: float = 0.0) -> Wave:
    """The notes on one instrument: ``beat`` and ``lead`` (the silence before) in seconds, ``length`` in samples."""
    mix = np.zeros(length)
    for start, pitch, beats, loud in notes:
        wave = instrument(440 * 2 ** ((pitch - 69) / 12), beats * beat) * loud
        at = int((lead + start * beat) * RATE)
        wave = wave[: max(0, length - at)]
        mix[at : at + len(wave)] += wave
    return mix


def sum_up(*tracks: tuple[Wave, float]) -> Wave:
    return np.asarray(sum(wave * gain for wave, gain in tracks))


def reverb(wave: Wave, wet: float, seed: int = 7) -> Wave:
    """A small room: the sound convolved with noise that dies away within a second."""
    time = clock(1.1)
    room = np.random.default_rng(seed).standard_normal(len(time)) * np.exp(-time * 5.5)
    room = np.convolve(room, np.ones(6) / 6, "same")  # the walls swallow the treble
    room[: int(0.012 * RATE)] = 0
    room /= np.sqrt(np.sum(room**2))
    size = 1 << (len(wave) + len(room)).bit_length()
    echo = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(room, size), size)[: len(wave)]
    return np.asarray(wave + wet * echo)


def finish(wave: Wave, *, wet: float, fade: float, seed: int = 7) -> Wave:
    wave = reverb(wave, wet, seed)
    count = int(fade * RATE)
    wave[-count:] *= np.cos(np.linspace(0, np.pi / 2, count)) ** 2
    return loudness(wave)


def loudness(wave: Wave) -> Wave:
    """Round off the highest peaks and leave the headroom that every sound here has."""
    wave = wave / np.abs(wave).max()
    wave = np.tanh(0.9 * wave)
    return np.asarray(wave / np.abs(wave).max() * PEAK)


if __name__ == "__main__":
    main()
