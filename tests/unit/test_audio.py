"""Sound files and samples: what is accepted, what is refused and why, and what a telephone makes of it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from helpers.audio import files as audio
from helpers.audio.files import AudioError
from tests.matching import Match, match

FOLDER = Path(__file__).resolve().parents[2] / "audio"
RATE = 16000


def tone(seconds: float = 1.0, rate: int = RATE, pitch: float = 440.0) -> np.ndarray[Any, np.dtype[np.float32]]:
    time = np.arange(int(seconds * rate)) / rate
    return (0.25 * np.sin(2 * np.pi * pitch * time) * np.sin(3 * time)).astype(np.float32)


def noise(seconds: float, seed: int = 1, rate: int = RATE) -> np.ndarray[Any, np.dtype[np.float32]]:
    return (np.random.default_rng(seed).standard_normal(int(seconds * rate)) * 0.1).astype(np.float32)


def written(subtype: str, *, rate: int = RATE, channels: int = 1, format: str = "WAV", **more: Any) -> bytes:
    data = io.BytesIO()
    with soundfile.SoundFile(data, "w", rate, channels, subtype, format=format, **more) as file:
        file.write(np.stack([tone(rate=rate)] * channels, axis=1))
    return data.getvalue()


# --- what is accepted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "ALAW", "ULAW", "GSM610"])
@pytest.mark.parametrize("rate", [8000, 16000])
def test_wav_that_vonage_lists_is_phone_ready_and_decodes(subtype: str, rate: int) -> None:
    data = written(subtype, rate=rate)
    info = audio.inspect(data)
    assert (info.format, info.channels, info.rate, info.problems, info.cure) == ("WAV", 1, rate, (), "")
    assert str(info) == f"WAV mono {rate} Hz"
    assert info.seconds == pytest.approx(1, abs=0.05), "GSM fills its last block"
    assert match(audio.decode(data), tone(), RATE).score > 0.97


def test_mp3_is_known_by_its_content_even_after_a_tag() -> None:
    data = b"ID3\x04\0\0\0\0\x02\x01" + bytes(257) + audio.encode_mp3(tone()) + b"TAG" + bytes(125)
    info = audio.inspect(data)
    assert (str(info), info.bit_rate, info.phone_ready) == ("MP3 mono 16000 Hz", 32, True)
    assert info.subtype == "layer III, constant 32 kbit/s"
    assert info.bytes == len(data)
    assert match(audio.decode(data), tone(), RATE).score > 0.98


@pytest.mark.parametrize("bit_rate", [16, 32, 64])
def test_mp3_has_the_bit_rate_asked_for(bit_rate: int) -> None:
    data = audio.encode_mp3(tone(2), bit_rate=bit_rate)
    assert audio.inspect(data).bit_rate == bit_rate
    assert len(data) == pytest.approx(bit_rate * 1000 / 8 * 2.1, rel=0.05)


def test_wav_bytes_come_back_as_they_were() -> None:
    samples = np.round(tone() * 32768) / 32768
    assert np.array_equal(audio.decode(audio.encode_wav(samples, RATE), RATE), samples.astype(np.float32))
    loud = audio.decode(audio.encode_wav(np.array([2.0, -2.0, np.nan]), RATE))
    assert loud == pytest.approx([1, -1, 0], abs=1e-4)


def test_wav_of_unknown_length_is_read_to_its_end() -> None:
    data = bytearray(written("PCM_16"))
    data[4:8] = data[40:44] = b"\xff" * 4
    assert audio.inspect(bytes(data)).problems == ()
    assert len(audio.decode(bytes(data))) == RATE


# --- what a telephone cannot use -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (written("PCM_16", channels=2), "2 channels"),
        (written("PCM_24"), "24-bit PCM"),
        (written("FLOAT"), "32-bit float"),
        (written("PCM_16", rate=44100), "44100"),
        (written("MPEG_LAYER_III", format="MP3", bitrate_mode="VARIABLE", compression_level=0.2), "varies"),
        (written("MPEG_LAYER_III", format="MP3", bitrate_mode="CONSTANT", compression_level=0.5), "80 kbit/s"),
        (written("MPEG_LAYER_III", format="MP3", rate=44100, bitrate_mode="CONSTANT", compression_level=0.9), "44100"),
    ],
)
def test_problem_is_named_in_plain_words_and_sound_is_still_heard(data: bytes, words: str) -> None:
    info = audio.inspect(data)
    assert not info.phone_ready
    assert any(words in problem for problem in info.problems)
    assert "convert" in info.cure
    assert match(audio.decode(data), tone(), RATE).score > 0.95


@pytest.mark.parametrize(("format", "subtype"), [("OGG", "VORBIS"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16")])
def test_other_formats_are_refused_but_can_be_converted(format: str, subtype: str, tmp_path: Path) -> None:
    data = written(subtype, format=format)
    info = audio.inspect(data)
    assert "Vonage plays MP3 and WAV" in info.problems[0]
    with pytest.raises(AudioError, match=r"Vonage plays MP3 and WAV.*convert"):
        audio.decode(data)
    assert audio.convert(data, tmp_path / "copy.mp3").phone_ready


@pytest.mark.parametrize("name", ["copy.mp3", "copy.wav", "COPY.MP3"])
def test_unfit_file_becomes_fit(name: str, tmp_path: Path) -> None:
    info = audio.convert(FOLDER / "unfit.wav", tmp_path / name)
    assert info.phone_ready
    assert info.rate == 16000
    assert info.seconds == pytest.approx(2.6, abs=0.2)


def test_convert_says_what_it_cannot_write(tmp_path: Path) -> None:
    source = FOLDER / "jingle.wav"
    with pytest.raises(AudioError, match=r"end in \.mp3 or \.wav"):
        audio.convert(source, tmp_path / "copy.ogg")
    with pytest.raises(AudioError, match="rate=16000 or rate=8000"):
        audio.convert(source, tmp_path / "copy.wav", rate=44100)
    with pytest.raises(AudioError, match="rate=16000 or rate=8000"):
        audio.convert(source, tmp_path / "copy.mp3", rate=0)
    with pytest.raises(AudioError, match="Use 16000 Hz"):
        audio.convert(source, tmp_path / "copy.mp3", bit_rate=320)
    with pytest.raises(AudioError, match="None is not the name of a sound file"):
        audio.convert(source, None)  # type: ignore[arg-type]
    with pytest.raises(AudioError, match="folder that exists"):
        audio.convert(source, tmp_path / "nowhere" / "copy.mp3")


# --- what is not sound -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes arrived"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page.*browser"),
        (b'{"error": "not found"}', "JSON.*Check the URL"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git lfs pull"),
        ("Grüße, das ist kein Ton.\n".encode() * 40, "text.*Check"),
        (b"\xff\xfe" + "text".encode("utf-16-le") * 50, "not a sound file"),
        (np.random.default_rng(0).bytes(4000), "not a sound file.*export"),
        (b"\0\0\0\x20ftypM4A " + bytes(100), "M4A.*convert|M4A.*export"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "cannot be decoded.*again"),
        (written("PCM_16")[:44], "only a header.*again"),
        (b"RIFF\x24\0\0\0AVI LIST", "not a sound file"),
        (b"ID3\x04\0\0\0\0\x02\x01" + bytes(100), "ends before.*again"),
        (audio.encode_mp3(tone())[:100], "not a sound file"),
    ],
)
def test_what_is_no_sound_is_told_with_what_to_do(data: bytes, words: str, capfd: pytest.CaptureFixture[str]) -> None:
    for use in (audio.inspect, audio.decode):
        with pytest.raises(AudioError, match=words) as caught:
            use(data)
        assert caught.value.cure
    assert capfd.readouterr() == ("", "")


def test_missing_file_and_folder_are_told_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"There is no file .*there are: .*greeting\.mp3"):
        audio.inspect(FOLDER / "greting.mp3")
    with pytest.raises(AudioError, match="Check the name"):
        audio.inspect(str(tmp_path / "x.mp3"))
    with pytest.raises(AudioError, match="is a folder"):
        audio.inspect(tmp_path)


@pytest.mark.parametrize("cut", [1, 2, 50])
@pytest.mark.parametrize("data", [written("PCM_16"), audio.encode_mp3(tone())], ids=["wav", "mp3"])
def test_file_that_is_cut_off_says_so_and_plays_what_there_is(
    data: bytes, cut: int, capfd: pytest.CaptureFixture[str]
) -> None:
    half = data[: len(data) // 2 + cut]
    info = audio.inspect(half)
    assert "cut off" in info.problems[0]
    assert "again" in info.cure
    assert info.seconds == pytest.approx(0.5, abs=0.1)
    assert len(audio.decode(half)) / RATE == pytest.approx(info.seconds, abs=0.01)
    assert capfd.readouterr() == ("", "")


def test_mp3_with_an_index_knows_that_frames_are_missing() -> None:
    data = written("MPEG_LAYER_III", format="MP3", bitrate_mode="VARIABLE", compression_level=0.2)
    assert not any("cut off" in problem for problem in audio.inspect(data).problems)
    assert "cut off" in audio.inspect(data[: len(data) // 2]).problems[0]


def test_damaged_mp3_says_so_and_the_decoder_keeps_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    data = audio.encode_mp3(tone(2))
    damaged = data[:3000] + b"junk" * 100 + data[3000:]
    assert any("damaged" in problem for problem in audio.inspect(damaged).problems)
    assert len(audio.decode(damaged)) > 1.8 * RATE
    assert capfd.readouterr() == ("", "")


# --- samples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("law", ["a", "mu"])
def test_telephone_keeps_about_38_decibels(law: str) -> None:
    sound = tone(rate=8000)
    heard = audio.telephone(sound, 8000, law=law)
    snr = 10 * np.log10((sound**2).sum() / ((heard - sound) ** 2).sum())
    assert 34 < snr < 42


def test_telephone_has_8000_samples_and_a_narrow_band() -> None:
    low, middle, high = (tone(pitch=pitch) for pitch in (100, 1000, 6000))
    loudness = [float(np.abs(audio.telephone(sound, RATE, band_pass=True)).max()) for sound in (low, middle, high)]
    assert loudness[0] < 0.01
    assert loudness[1] > 0.2
    assert loudness[2] < 0.01
    assert float(np.abs(audio.telephone(low, RATE)).max()) > 0.2, "only band_pass cuts the bass"
    assert len(audio.telephone(middle, RATE)) == 8000
    assert len(audio.telephone(np.zeros(0), RATE, band_pass=True)) == 0


def test_unknown_law_is_refused() -> None:
    with pytest.raises(AudioError, match="Europe"):
        audio.telephone(tone(), RATE, law="b")


def test_resample_keeps_time_and_pitch() -> None:
    assert len(audio.resample(tone(2), RATE, 8000)) == 16000
    back = audio.resample(audio.resample(tone(), RATE, 44100), 44100, RATE)
    assert match(back, tone(), RATE).score > 0.999


def test_level_is_monotone_and_bounded() -> None:
    gains = [audio.level_gain(level / 10) for level in range(-10, 11)]
    assert gains == sorted(set(gains))
    assert gains[10] == 1
    assert gains[20] == pytest.approx(1 / gains[0]) == pytest.approx(3.98, abs=0.01)
    for level in (1.1, -2, float("nan")):
        with pytest.raises(AudioError, match="-1"):
            audio.level_gain(level)


@pytest.mark.parametrize("start", [0.0, 1.2345, 4.0])
def test_match_finds_a_telephone_copy_among_other_sound(start: float) -> None:
    source = audio.decode((FOLDER / "greeting.mp3").read_bytes(), 8000)
    before, after = noise(start, rate=8000), noise(3, 2, rate=8000)
    heard = audio.telephone(np.concatenate([before, source * audio.level_gain(-1), after]), 8000)
    found = match(heard, source, 8000)
    assert found.score > 0.99
    assert found.offset == pytest.approx(start, abs=0.005)


def test_match_finds_what_begins_or_ends_too_early() -> None:
    source = noise(4)
    late, early = (
        match(source[RATE:], source, RATE),
        match(np.append(noise(1, 5), source[:-RATE]), source, RATE),
    )
    assert (late.score, late.offset) == pytest.approx((1, -1))
    assert (early.score, early.offset) == pytest.approx((1, 1), abs=0.001)


def test_match_sees_half_a_sample() -> None:
    source = noise(1, rate=8000)
    spectrum = np.fft.rfft(np.pad(source, 800))
    shifted = np.fft.irfft(spectrum * np.exp(-2j * np.pi * np.arange(len(spectrum)) * 0.5 / (len(source) + 1600)))
    found = match(shifted, source, 8000)
    assert found.score > 0.97
    assert found.offset == pytest.approx(800.5 / 8000, abs=1e-5)


def test_match_tells_other_sounds_and_silence_apart() -> None:
    assert match(noise(5), noise(2, 9), RATE).score < 0.1
    for nothing in (np.zeros(0), np.zeros(RATE)):
        assert match(nothing, tone(), RATE) == match(tone(), nothing, RATE) == Match(0.0, 0.0)


def test_waveform_shows_loudness_on_a_fixed_scale() -> None:
    sound = np.concatenate([np.zeros(100), np.full(100, 0.01), np.full(100, 0.1), np.full(100, 0.9)])
    assert audio.waveform(sound, 4) == "·▂▅█"
    assert len(audio.waveform(tone(), 72)) == 72
    assert len(audio.waveform(np.ones(3), 10)) == 10
    assert audio.waveform(np.zeros(0)) == ""


@pytest.mark.parametrize("name", [None, 5, ["jingle.mp3"], "a\0b.mp3"])
def test_a_file_needs_a_name(name: object) -> None:
    with pytest.raises(AudioError, match=r"is not the name of a sound file|its name is not a path") as error:
        audio.inspect(name)  # type: ignore[arg-type]
    assert error.value.cure


def test_decode_takes_bytes_and_says_how_to_get_them() -> None:
    with pytest.raises(AudioError, match=r"takes the bytes of a file, not a .*Path\. Read it first"):
        audio.decode(FOLDER / "jingle.mp3")  # type: ignore[arg-type]
