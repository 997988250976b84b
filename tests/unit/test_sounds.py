"""The kit's own sounds: fit for a phone, small, and the same whenever they are made."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from helpers.audio import files as audio
from tests.matching import match

FOLDER = Path(__file__).resolve().parents[2] / "audio"
LENGTHS = {"greeting": (3, 5.2), "music": (20, 30), "jingle": (2, 3), "hold": (12, 20)}
FILES = [f"{name}.{kind}" for name in LENGTHS for kind in ("mp3", "wav")]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sounds", FOLDER / "make_sounds.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", FILES)
def test_sound_is_ready_for_a_phone(name: str) -> None:
    info = audio.inspect(FOLDER / name)
    shortest, longest = LENGTHS[name.partition(".")[0]]
    assert info.problems == ()
    assert shortest <= info.seconds <= longest
    samples = audio.decode((FOLDER / name).read_bytes())
    peak = 20 * np.log10(np.abs(samples).max())
    assert -14 < peak < -11, "loud enough, and room for level 1"


@pytest.mark.parametrize("name", LENGTHS)
def test_sound_survives_the_telephone(name: str) -> None:
    samples = audio.decode((FOLDER / f"{name}.mp3").read_bytes())
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / 16000)
    assert spectrum[(frequency > 300) & (frequency < 3400)].sum() > 0.6 * spectrum.sum()


@pytest.mark.parametrize("name", LENGTHS)
def test_mp3_and_wav_are_one_sound(name: str) -> None:
    mp3, wav = (audio.decode((FOLDER / f"{name}.{kind}").read_bytes(), 8000) for kind in ("mp3", "wav"))
    found = match(mp3, wav, 8000)
    assert found.score > 0.97
    assert found.offset == pytest.approx(0.069, abs=0.002), "the encoder's silence"


def test_music_is_found_in_one_place_only() -> None:
    samples = audio.decode((FOLDER / "music.wav").read_bytes(), 8000)
    spectrum = np.abs(np.fft.rfft(samples, 2 * len(samples))) ** 2
    likeness = np.fft.irfft(spectrum)[: len(samples)]
    assert likeness[4000:].max() < 0.5 * likeness[0]


def test_hold_music_loops_without_a_click() -> None:
    samples = audio.decode((FOLDER / "hold.wav").read_bytes(), 8000)
    assert abs(samples[0] - samples[-1]) <= np.abs(np.diff(samples)).max()


def test_unfit_file_is_unfit() -> None:
    info = audio.inspect(FOLDER / "unfit.wav")
    assert (info.channels, info.rate, info.subtype, len(info.problems)) == (2, 44100, "24-bit PCM", 3)
    assert "convert" in info.cure


def test_folder_is_small_and_described() -> None:
    sounds = [path for path in FOLDER.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in sounds) < 2_000_000
    text = (FOLDER / "README.md").read_text("utf-8")
    assert [path.name for path in sounds if path.suffix in (".mp3", ".wav") and f"`{path.name}`" not in text] == []
    assert "CC0" in text


@pytest.mark.slow
def test_two_runs_make_the_same_bytes_and_those_are_the_sounds(script: ModuleType, tmp_path: Path) -> None:
    runs = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        runs.append({path.name: path.read_bytes() for path in script.make(tmp_path / name)})
    assert runs[0] == runs[1]
    scores = [
        name for name in LENGTHS if importlib.util.find_spec("hibari") or name != "greeting"
    ]  # its voice is a tool
    assert set(runs[0]) == {f"{name}.{kind}" for name in scores for kind in ("mp3", "wav")} | {"unfit.wav"}
    for name in scores:  # another processor may round the last bit differently
        made, kept = (
            audio.decode(data, 8000) for data in (runs[0][f"{name}.wav"], (FOLDER / f"{name}.wav").read_bytes())
        )
        assert len(made) == len(kept)
        assert match(made, kept, 8000).score > 0.999, f"{name} is not what the script makes: run it again"
