"""Sound files and samples: what is accepted, what is refused and why, and what a telephone makes of it."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from helpers.audio import files as audio
from helpers.audio.files import AudioError
from helpers.audio.fitness import advice, measure
from helpers.audio.mp3 import header
from helpers.audio.quiet import decoder_kept_quiet
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


def mp3(sound: np.ndarray[Any, Any], *, rate: int = RATE, channels: int = 1, varying: bool = False) -> bytes:
    """An MP3 file; of ``varying`` bit rate with an index, else without one."""
    data, mode = io.BytesIO(), "VARIABLE" if varying else "CONSTANT"
    quality = {"bitrate_mode": mode, "compression_level": 0.2 if varying else 0.84 if rate == RATE else 0.95}
    with soundfile.SoundFile(data, "w", rate, channels, "MPEG_LAYER_III", format="MP3", **quality) as file:
        file.write(np.stack([sound] * channels, axis=1))
    return data.getvalue()


def without_index(data: bytes) -> bytes:
    first = header(data[:4])
    assert first is not None
    assert b"Xing" in data[: first.size]
    return data[first.size :]


def with_length(data: bytes, length: int) -> bytes:
    """A WAV file that says this of the length of its samples, and of its own."""
    order: Any = "big" if data[:4] == b"RIFX" else "little"
    at = data.index(b"data")
    size = length.to_bytes(4, order)
    return b"".join([data[:4], size, data[8 : at + 4], size, data[at + 8 :]])


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


@pytest.mark.parametrize("subtype", ["PCM_16", "ULAW", "GSM610"])
@pytest.mark.parametrize("length", [0, 0x7FFF0000, 0x7FFFFFFF - 36, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_wav_whose_header_was_never_finished_is_read_to_its_end(length: int, subtype: str, tmp_path: Path) -> None:
    data = with_length(written(subtype), length)
    info = audio.inspect(data)
    assert info.problems == (audio.UNFINISHED,)
    assert info.seconds == pytest.approx(1, abs=0.05), "GSM fills its last block"
    assert np.array_equal(audio.decode(data), audio.decode(written(subtype)))
    assert "convert" in info.cure
    assert audio.convert(data, tmp_path / "copy.wav").problems == ()


def test_wav_of_no_samples_with_a_chunk_behind_them_is_finished() -> None:
    with pytest.raises(AudioError, match="no sound, only a header"):
        audio.inspect(with_length(written("PCM_16")[:44], 0) + b"LIST\x04\0\0\0INFO")


def test_wav_of_unknown_length_may_be_big_endian_or_have_its_length_elsewhere() -> None:
    big = with_length(written("PCM_16", endian="BIG"), 0xFFFFFFFF)
    assert (big[:4], audio.inspect(big).problems) == (b"RIFX", (audio.UNFINISHED,))
    assert np.array_equal(audio.decode(big), audio.decode(written("PCM_16")))
    assert audio.inspect(written("PCM_16", format="RF64")).problems == ()


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


@pytest.mark.parametrize(
    ("format", "subtype", "name"),
    [
        ("OGG", "VORBIS", "Ogg (Vorbis)"),
        ("OGG", "OPUS", "Ogg (Opus)"),
        ("FLAC", "PCM_16", "FLAC"),
        ("AIFF", "PCM_16", "AIFF"),
        ("AU", "ULAW", "AU"),
        ("CAF", "PCM_16", "CAF"),
    ],
)
def test_other_formats_are_refused_but_can_be_converted(format: str, subtype: str, name: str, tmp_path: Path) -> None:
    data = written(subtype, format=format)
    info = audio.inspect(data)
    assert f"Vonage plays MP3 and WAV, and this is {name}." == info.problems[0]
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
        (b"MThd\0\0\0\x06" + bytes(100), "notes.*music program"),
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


# --- what several programs had in hand -------------------------------------------------------------------------------

TAG = b"ID3\x04\0\0\0\0\x02\x01" + bytes(257)
APE = b"APETAGEX" + bytes([0xD0, 7, 0, 0, 64, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xA0]) + bytes(8)
LOW, HIGH = tone(2), tone(3, pitch=660)


@pytest.mark.parametrize(
    "between",
    [b"", TAG, b"TAG" + bytes(125), b"TAG" + bytes(125) + TAG, APE + b"\xff\xfb" * 32, b"LYRICSBEGIN...LYRICS200"],
    ids=["nothing", "ID3v2", "ID3v1", "both", "APE", "Lyrics3"],
)
@pytest.mark.parametrize(("one", "two"), [(False, False), (True, True), (True, False), (False, True)])
def test_mp3_files_joined_end_to_end_are_heard_whole(
    one: bool, two: bool, between: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = mp3(LOW, varying=one) + between + mp3(HIGH, varying=two)
    info, sound = audio.inspect(data), audio.decode(data)
    assert info.seconds == pytest.approx(5, abs=0.25)
    assert len(sound) / RATE == pytest.approx(info.seconds, abs=0.001)
    assert match(sound[: int(2.1 * RATE)], LOW, RATE).score > 0.95
    assert match(sound[int(2.1 * RATE) :], HIGH, RATE).score > 0.95
    # Without tag and index the frames are those of one file.
    assert (audio.JOINED in info.problems) is bool(between or one or two)
    assert not any("damaged" in problem or "cut off" in problem for problem in info.problems)
    copy = audio.convert(data, tmp_path / "copy.mp3")
    assert (copy.problems, copy.seconds) == ((), pytest.approx(info.seconds, abs=0.15))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("rate", "channels"), [(24000, 1), (RATE, 2), (44100, 2)])
@pytest.mark.parametrize("swap", [False, True])
def test_mp3_files_of_two_kinds_joined_are_heard_whole(
    rate: int, channels: int, swap: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    other = mp3(tone(3, rate, 660), rate=rate, channels=channels)
    data = other + mp3(LOW) if swap else mp3(LOW) + other
    info, sound = audio.inspect(data), audio.decode(data)
    assert info.problems[0] == audio.JOINED
    assert len(sound) / RATE == pytest.approx(info.seconds, abs=0.001)
    assert match(sound, LOW, RATE).score > 0.6
    assert match(sound, HIGH, RATE).score > 0.7
    samples, own, _ = audio.channels(data, 1.5)
    assert samples.shape == (round(1.5 * own), info.channels)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("rate", [16000, 24000, 44100])
def test_mp3_of_varying_bit_rate_without_an_index_has_its_true_length(rate: int, backwards: bool) -> None:
    sound = np.concatenate([np.zeros(3 * rate, np.float32), noise(3, rate=rate)])
    data = without_index(mp3(sound[::-1] if backwards else sound, rate=rate, varying=True))
    info = audio.inspect(data)
    assert info.seconds == pytest.approx(6.05, abs=0.08)
    assert len(audio.decode(data, rate)) == info.frames
    half = data[: len(data) // 2]
    assert len(audio.decode(half, rate)) == pytest.approx(audio.inspect(half).frames, abs=1)


@pytest.mark.parametrize("rate", [11025, 22050, 44100])
def test_mp3_of_constant_bit_rate_has_its_length_to_the_sample(rate: int) -> None:
    data = mp3(tone(7.3, rate), rate=rate)
    assert audio.inspect(data).frames == len(audio.decode(data, rate))


def test_half_an_mp3_has_the_length_of_what_is_there() -> None:
    data = mp3(noise(6), varying=True)
    half = data[: len(data) // 2]
    info = audio.inspect(half)
    assert (info.problems[0], info.seconds) == (audio.CUT_OFF, pytest.approx(3, abs=0.2))
    assert len(audio.decode(half)) == info.frames
    assert all("again" in one.todo for one in advice(measure(half)[0]) if one.about == "format")


def test_index_that_was_never_filled_in_is_not_believed() -> None:
    data = mp3(LOW, varying=True)
    at = data.index(b"Xing") + 8
    info = audio.inspect(data[:at] + bytes(8) + data[at + 8 :])
    assert (info.seconds, info.cure) == (audio.inspect(data).seconds, audio.MAKE_A_COPY)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x20ftypM4A " + bytes(100), "M4A (AAC)"),
        (b"\0\0\0\x18ftypmp42" + bytes(100), "MP4 (AAC)"),
        (b"\0\0\0\x18ftyp3gp4" + bytes(100), "3GP (AMR or AAC)"),
        (b"\xff\xf1\x50\x80" + bytes(100), "AAC"),
        (TAG + b"\xff\xf1\x50\x80" + bytes(100), "AAC"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + bytes(100), "WebM"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska" + bytes(100), "Matroska"),
        (b"OggS" + bytes(24) + b"Speex   " + bytes(100), "Ogg (Speex)"),
        (b"#!AMR\n" + bytes(100), "AMR"),
        (b"0&\xb2u\x8ef\xcf\x11" + bytes(100), "WMA"),
    ],
)
def test_what_convert_cannot_read_is_named_with_the_program_that_can(data: bytes, name: str, tmp_path: Path) -> None:
    for use in (audio.inspect, audio.decode, lambda source: audio.convert(source, tmp_path / "copy.mp3")):
        with pytest.raises(AudioError, match=re.escape(f"and this is {name}.")) as caught:
            use(data)
        assert "ffmpeg -i" in caught.value.cure


def test_decoder_keeps_quiet_about_what_is_spoilt_inside_its_frames(capfd: pytest.CaptureFixture[str]) -> None:
    data = bytearray(mp3(noise(2), varying=True))
    for at in np.random.default_rng(3).integers(600, len(data), 60):
        data[at] ^= 0x55
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        file.read(file.frames)
    assert "mpg123" in capfd.readouterr().err, "the decoder has something to say of this file"
    audio.inspect(bytes(data))
    audio.decode(bytes(data))
    assert capfd.readouterr() == ("", "")


def test_what_others_write_while_the_decoder_works_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    with decoder_kept_quiet():
        os.write(2, b"of another thread\n\n[src/libmpg123/layer3.c:do_layer3():1] error: bad frame\nand more\n")
        assert capfd.readouterr().err == ""
    assert capfd.readouterr().err == "of another thread\nand more\n"


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
