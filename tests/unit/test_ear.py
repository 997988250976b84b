"""The telephone ear: what it measures and says, what it makes, and how it takes files that are no good."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from helpers.audio.files import AudioError, Samples, decode, encode_wav, inspect, telephone
from helpers.audio.fitness import PEAK, measure
from helpers.base.errors import KitError
from helpers.views.ear import telephone_ear

AUDIO = Path(__file__).resolve().parents[2] / "audio"
RATE = 44100
pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")


def tone(seconds: float = 2.0, pitch: float = 1000, loud: float = 0.1, rate: int = RATE) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    return (loud * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def file(name: str, samples: Any, rate: int = RATE, subtype: str = "PCM_16") -> Path:
    soundfile.write(name, samples, rate, subtype=subtype)
    return Path(name)


def said(path: Path, about: str) -> tuple[str, bool]:
    return next((one.found, one.fine) for one in telephone_ear(path).advice if one.about == about)


@pytest.mark.parametrize("name", ["greeting.mp3", "hold.wav", "jingle.mp3", "music.mp3"])
def test_the_sounds_of_the_kit_are_ready(name: str) -> None:
    ear = telephone_ear(name)
    assert ear.ready, ear.text
    assert len(ear.bundle["text/html"].encode()) < 20_000
    assert repr(telephone_ear(name)) == repr(ear)
    assert telephone_ear(name).bundle == ear.bundle, "strict nbval compares the page, too"


def test_the_phone_side_is_what_a_simulated_call_delivers() -> None:
    ear = telephone_ear("jingle.wav", law="mu")
    wanted = telephone(decode((AUDIO / "jingle.wav").read_bytes(), 16000), 16000, law="mu")
    assert np.array_equal(ear.on_the_phone, wanted)
    kept = decode(Path("heard/jingle-on-the-phone.wav").read_bytes(), 8000)
    assert np.abs(kept - wanted).max() < 1e-4
    assert "mu-law" in ear.text


def test_unfit_file_is_told_and_mended() -> None:
    ear = telephone_ear("unfit.wav")
    assert not ear.ready
    assert [one.found[:11] for one in ear.advice if not one.fine] == ["It has 2 ch", "It is 24-bi", "It has 4410"]
    mended = ear.phone_ready("heard/mended.mp3")
    assert mended.ready and inspect("heard/mended.mp3").phone_ready
    assert "2 channels became one" in mended.text
    with pytest.raises(AudioError, match=r"would replace itself.*another name"):
        mended.phone_ready("heard/mended.mp3")


def test_loudness_clipping_silence_offset_and_phase_are_measured() -> None:
    assert said(file("soft.wav", tone(loud=0.005), 16000), "loudness") == ("-49 dBFS, 23 dB softer than a voice", False)
    assert said(file("loud.wav", tone(loud=0.9), 16000), "loudness") == ("-4 dBFS, 22 dB louder than a voice", False)
    clipped = np.clip(tone(1, 100, 3.0), -1, 1)
    assert said(file("clipped.wav", clipped), "clipping") == (
        "200 places where the wave is cut off at full scale",
        False,
    )
    late = np.concatenate([np.zeros(2 * RATE), tone(), np.zeros(3 * RATE)])
    assert said(file("late.wav", late), "start") == ("2.0 s of silence", False)
    assert said(Path("late.wav"), "end") == ("3.0 s of silence", False)
    assert said(file("offset.wav", tone() + 0.05), "offset") == ("the wave lies +5.0% off the middle", False)
    assert said(file("phase.wav", np.stack([tone(), -0.9 * tone()], axis=1)), "stereo")[0].startswith("left and right")
    assert said(file("bass.wav", tone(pitch=80)), "band")[1] is False


@pytest.mark.parametrize(("name", "rate"), [("out.mp3", 16000), ("out.wav", 8000)])
def test_a_bad_file_becomes_phone_ready(name: str, rate: int) -> None:
    one = np.concatenate([np.zeros(2 * RATE), np.clip(tone(3, 500, 0.9), -0.8, 0.8), np.zeros(2 * RATE)]) + 0.03
    ear = telephone_ear(file("bad.wav", np.stack([one, 0.5 * one], axis=1), subtype="PCM_24"))
    made = ear.phone_ready(name, rate=rate)
    assert made.ready, made.text
    fitness = made.fitness
    assert (fitness.info.channels, fitness.info.rate, fitness.clipped) == (1, rate, 0)
    assert -30 < fitness.loudness < -22
    assert fitness.peak < PEAK + 0.6, "an MP3 swings a little higher than what went into it"
    assert fitness.info.seconds == pytest.approx(3 + 0.15 + 0.2, abs=0.15)
    assert abs(fitness.offset) < 0.002
    for words in ("2 channels became one", "softer", "offset taken out", "silence cut at the start", "at the end"):
        assert words in made.text


def test_stated_loudness_is_met_as_far_as_peaks_allow() -> None:
    ear = telephone_ear(file("tone.wav", tone(loud=0.5), 16000))
    assert ear.phone_ready("soft.wav", loudness=-35).fitness.loudness == pytest.approx(-35, abs=0.2)
    limited = ear.phone_ready("loud.wav", loudness=-10).fitness
    assert limited.peak == pytest.approx(PEAK, abs=0.1) and limited.loudness < -14
    with pytest.raises(AudioError, match="Use -40 to -10"):
        ear.phone_ready("x.wav", loudness=0)


def test_silence_says_so() -> None:
    ear = telephone_ear(file("silent.wav", np.zeros(16000), 16000))
    assert [one.found for one in ear.advice] == ["there is only silence in it"]
    with pytest.raises(AudioError, match="only silence"):
        ear.phone_ready("x.mp3")


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(AudioError, match=r"no sound file greting\.mp3\. Did you mean greeting\.mp3\?"):
        telephone_ear("greting.mp3")
    with pytest.raises(AudioError, match=r"There are: .*music\.mp3"):
        telephone_ear("completely-different.ogg")
    for name in ("", None, 5, "a\0b"):
        with pytest.raises(AudioError):
            telephone_ear(name)  # type: ignore[arg-type]
    with pytest.raises(KitError, match="law"):
        telephone_ear("music.mp3", law="z")
    Path("welcome.mp3").write_bytes(b"<!doctype html><title>404</title>")
    with pytest.raises(AudioError, match="web page"):
        telephone_ear("welcome.mp3")


def test_a_file_that_is_cut_off_is_shown_and_says_so() -> None:
    whole = encode_wav(tone(rate=16000), 16000)
    Path("half.wav").write_bytes(whole[: len(whole) // 2])
    ear = telephone_ear("half.wav")
    assert "cut off" in ear.advice[0].found


@pytest.mark.slow
def test_an_hour_is_measured_in_part_and_not_written_whole() -> None:
    # As long as an hour, and small: 8 bits, 8000 samples a second.
    hour = np.tile(tone(1, rate=8000), 3600)
    ear = telephone_ear(file("hour.wav", hour, 8000, "PCM_U8"))
    assert "60 minutes; the first 10 were measured" in ear.text
    assert ear.fitness.measured == 600
    assert len(ear.on_the_phone) == 60 * 8000
    with pytest.raises(AudioError, match=r"60 minutes.*Cut it"):
        ear.phone_ready("x.mp3")


@pytest.mark.skipif(os.name == "nt", reason="folders are files nowhere else")
def test_targets_that_cannot_be_written() -> None:
    ear = telephone_ear("jingle.mp3")
    Path("taken").write_text("a file")
    for target, words in (
        ("nowhere/x.mp3", "folder that exists"),
        ("taken/x.mp3", "cannot be written"),
        ("x.ogg", "end in"),
    ):
        with pytest.raises(AudioError, match=words):
            ear.phone_ready(target)
    with pytest.raises(KitError, match=r"cannot be written.*folder="):
        telephone_ear("jingle.mp3", folder="taken")
    with pytest.raises(AudioError, match="not the name"):
        ear.phone_ready(None)  # type: ignore[arg-type]


def test_hostile_names_are_text() -> None:
    name = '<img src=x onerror="alert(1)">.wav'
    page = telephone_ear(file(name, tone(rate=16000), 16000)).bundle["text/html"]
    assert "<img" not in page
    assert "&lt;img" in page


def test_measures_are_those_of_the_whole_file() -> None:
    fitness, samples, rate = measure(file("tone.wav", tone(loud=0.1), 16000))
    assert (rate, len(samples)) == (16000, len(tone()))
    assert fitness.loudness == pytest.approx(-23, abs=0.1)
    assert fitness.peak == pytest.approx(-20, abs=0.1)
