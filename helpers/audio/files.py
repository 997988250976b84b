"""Sound files: what is in one, whether a telephone can use it, and how to make a copy that it can.

Files are recognised by content, never by name. Vonage plays MP3 and WAV (NCCO reference, action stream); recommended
are MP3 of MPEG-2 layer III, 16 kHz, mono, constant bit rate, and WAV of 8 or 16 bits, A-law, mu-law or GSM, mono.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from . import mp3
from .samples import AudioError, Samples, band_limited, level_gain, mono, resample, telephone, waveform

__all__ = [
    "AudioError",
    "AudioInfo",
    "Samples",
    "band_limited",
    "channels",
    "convert",
    "decode",
    "encode_mp3",
    "encode_wav",
    "inspect",
    "level_gain",
    "mono",
    "resample",
    "telephone",
    "waveform",
]  # fmt: skip

PHONE_RATES = (8000, 16000)
PHONE_BIT_RATES = (8, 16, 32, 64)  # kbit/s
PHONE_SUBTYPES = ("8-bit PCM", "16-bit PCM", "A-law", "mu-law", "GSM 6.10")
SUBTYPES = {
    "PCM_U8": "8-bit PCM", "PCM_16": "16-bit PCM", "PCM_24": "24-bit PCM", "PCM_32": "32-bit PCM",
    "FLOAT": "32-bit float", "DOUBLE": "64-bit float", "ALAW": "A-law", "ULAW": "mu-law", "GSM610": "GSM 6.10",
    "MPEG_LAYER_III": "layer III", "MPEG_LAYER_II": "layer II", "MPEG_LAYER_I": "layer I",
}  # fmt: skip
# Sound that is neither MP3 nor WAV: where its mark is, the mark, its name.
OTHERS = (
    (0, b"OggS", "Ogg"), (0, b"fLaC", "FLAC"), (0, b"FORM", "AIFF"), (0, b".snd", "AU"), (0, b"caff", "CAF"),
    (4, b"ftyp", "M4A (AAC)"), (0, b"\xff\xf1", "AAC"), (0, b"\xff\xf9", "AAC"), (0, b"\x1aE\xdf\xa3", "WebM"),
    (0, b"0&\xb2u", "WMA"), (0, b"#!AMR", "AMR"), (0, b"MThd", "MIDI"),
)  # fmt: skip
MAKE_A_COPY = 'Make a phone-ready copy with convert(source, "name.mp3"), or export it as MP3 from an audio editor.'
CUT_OFF = "The file is cut off: part of what its header promises is missing. Copy or download it again."


@dataclass(frozen=True)
class AudioInfo:
    """What is in a sound file. ``problems`` says in plain words what a telephone or Vonage cannot use, and why.

    ``frames`` counts samples per channel, ``bit_rate`` is in kbit/s (MP3 only, the average if it varies).
    """

    format: str
    subtype: str
    channels: int
    rate: int
    frames: int
    bytes: int
    problems: tuple[str, ...] = ()
    bit_rate: float | None = None

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    @property
    def phone_ready(self) -> bool:
        return not self.problems

    @property
    def cure(self) -> str:
        """What to do about the problems; empty if there are none."""
        if CUT_OFF in self.problems:
            return "Copy or download the file again."
        return MAKE_A_COPY if self.problems else ""

    def __str__(self) -> str:
        channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.format} {channels} {self.rate} Hz"


def inspect(source: str | Path | bytes) -> AudioInfo:
    """What is in a sound file (a path or its bytes), with everything that makes it unfit for a phone.

    Raises AudioError if there is no file, if it is not sound, or if nothing of it can be decoded. A file that is cut
    off in the middle is not an error: ``problems`` says so. An MP3 without an index that is cut off exactly
    between two frames cannot be told from a whole one.
    """
    return _open(_read(source))[1]


def decode(data: bytes, rate: int = 16000) -> Samples:
    """The sound in the bytes of an MP3 or WAV file as mono float32 samples at ``rate``; channels are averaged.

    Raises AudioError for everything that Vonage does not play: other formats, other content, nothing at all. Of a file
    that is cut off or damaged it returns what there is.
    """
    if not isinstance(data, bytes):
        raise AudioError(
            f"decode() takes the bytes of a file, not a {type(data).__name__}.", "Read it first: path.read_bytes()."
        )
    clean, info = _open(data)
    if info.format not in ("MP3", "WAV"):
        raise AudioError(info.problems[0], info.cure, format=info.format)
    return _samples(clean, rate)


def channels(source: str | Path | bytes, seconds: float | None = None) -> tuple[Samples, int, AudioInfo]:
    """The samples of a sound file as they are, a column for each channel; how many a second; what is in the file.

    Any format that libsndfile reads. ``seconds``: no more than the first so many of it, as an hour takes a gigabyte.
    """
    data, info = _open(_read(source))
    return *_frames(data, seconds), info


def convert(source: str | Path | bytes, target: str | Path, *, rate: int = 16000, bit_rate: int = 32) -> AudioInfo:
    """Write a phone-ready copy of ``source`` to ``target`` (.mp3 or .wav) and tell what is in it.

    ``rate`` is 16000, for WAV also 8000; ``bit_rate`` (MP3) is 16, 32 or 64 kbit/s. The source may be anything that
    libsndfile reads: also Ogg, FLAC, AIFF. Loudness is left as it is.
    """
    target = _path(target)
    if target.suffix.lower() not in (".mp3", ".wav"):
        raise AudioError(f"A file named {target.name} cannot be written.", "Let its name end in .mp3 or .wav.")
    wav = target.suffix.lower() == ".wav"
    if rate not in PHONE_RATES:
        raise AudioError(f"{rate} Hz is not for telephones.", "Use rate=16000 or rate=8000.")
    sound = _samples(_open(_read(source))[0], rate)
    data = encode_wav(sound, rate) if wav else encode_mp3(sound, rate, bit_rate=bit_rate)
    try:
        target.write_bytes(data)
    except OSError as error:
        raise AudioError(f"{target} cannot be written: {error.strerror}.", "Name a folder that exists.") from error
    return inspect(target)


def encode_wav(samples: ArrayLike, rate: int) -> bytes:
    """The bytes of a WAV file, mono, 16 bits. What is beyond full scale is clipped."""
    return wav_header(len(mono(samples)), rate) + wav_samples(samples)


def wav_header(length: int, rate: int) -> bytes:
    """How a WAV file of ``length`` samples begins, mono, 16 bits."""
    size = length * 2
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16,
                       b"data", size)  # fmt: skip


def wav_samples(samples: ArrayLike) -> bytes:
    """Samples as they stand in a WAV file of 16 bits. What is beyond full scale is clipped."""
    scaled = np.nan_to_num(mono(samples).astype(np.float64)) * 32768
    return np.clip(np.round(scaled), -32768, 32767).astype("<i2").tobytes()


def encode_mp3(samples: ArrayLike, rate: int = 16000, *, bit_rate: int = 32) -> bytes:
    """The bytes of an MP3 file, mono, 16 kHz, of a constant 16, 32 or 64 kbit/s.

    The encoder puts about 0.07 s of silence before the sound, as every MP3 encoder does.
    """
    if rate != 16000 or bit_rate not in PHONE_BIT_RATES[1:]:
        raise AudioError(f"No MP3 of {rate} Hz and {bit_rate} kbit/s for telephones.", "Use 16000 Hz and 16, 32 or 64.")
    import soundfile

    data = io.BytesIO()
    # libsndfile has no setting for the bit rate: its compression level 0 to 1 runs from 160 down to 8 kbit/s.
    quality = {"bitrate_mode": "CONSTANT", "compression_level": (160 - bit_rate) / 152}
    with soundfile.SoundFile(data, "w", rate, 1, "MPEG_LAYER_III", format="MP3", **quality) as file:
        file.write(np.clip(np.nan_to_num(mono(samples)), -1, 1))
    return data.getvalue()


# --- reading ---


def _read(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    path = _path(source)
    if path.is_dir():
        raise AudioError(f"{path} is a folder, not a sound file.", "Name one of the files in it.", path=path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        there = sorted(p.name for p in path.parent.glob("*") if p.suffix.lower() in (".mp3", ".wav"))
        cure = f"In that folder there are: {', '.join(there[:10])}." if there else "Check the name and the folder."
        raise AudioError(f"There is no file {path}.", cure, path=path) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is not a path"
        raise AudioError(f"{path} cannot be read: {why}.", "Check its name and permissions.", path=path) from error


def _path(name: str | Path) -> Path:
    if not isinstance(name, str | Path):
        raise AudioError(f"{name!r} is not the name of a sound file.", 'Give its path, such as "music.mp3".')
    return Path(name)


def _open(data: bytes) -> tuple[bytes, AudioInfo]:
    """Bytes that decode without complaint, and what they hold."""
    if not data:
        raise AudioError("The file is empty.", "Copy or download it again; 0 bytes arrived.")
    if data[:4] in (b"RIFF", b"RIFX", b"RF64") and data[8:12] == b"WAVE":
        info = _info(data, "WAV", len(data))
        return data, _with_problems(info, [CUT_OFF] * _wav_cut_off(data))
    other = next((name for at, mark, name in OTHERS if data[at:].startswith(mark)), None)
    if other is not None:
        return data, _info(data, other, len(data), (f"Vonage plays MP3 and WAV, and this is {other}.",))
    return _open_mp3(data)


def _info(data: bytes, name: str, size: int, problems: tuple[str, ...] = ()) -> AudioInfo:
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            info = AudioInfo(
                name,
                SUBTYPES.get(file.subtype, file.subtype),
                file.channels,
                file.samplerate,
                file.frames,
                size,
                problems,
            )
    except (soundfile.LibsndfileError, OSError) as error:
        cure = MAKE_A_COPY if problems else "Copy or download it again, or export it anew."
        raise AudioError(f"This {name} file cannot be decoded: it is cut off, damaged or unusual.", cure) from error
    if info.frames <= 0:
        raise AudioError(f"This {name} file holds no sound, only a header.", "Copy or download it again.")
    return info


def _samples(data: bytes, rate: int) -> Samples:
    sound, rate_in = _frames(data)
    return resample(sound, rate_in, rate)


def _frames(data: bytes, seconds: float | None = None) -> tuple[Samples, int]:
    """The samples as they are, a column for each channel, and how many there are in a second."""
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            # GSM cannot be read without a number, because libsndfile does not seek in it.
            count = file.frames if seconds is None else min(file.frames, round(seconds * file.samplerate))
            sound = file.read(count, dtype="float32", always_2d=True)
            return np.clip(np.nan_to_num(sound), -1, 1), file.samplerate
    except (soundfile.LibsndfileError, OSError) as error:
        raise AudioError("The sound cannot be decoded: it is damaged.", "Copy or download it again.") from error


def _with_problems(info: AudioInfo, found: list[str]) -> AudioInfo:
    problems = list(found)
    if info.channels != 1:
        problems.append(f"It has {info.channels} channels; a telephone has one ear: mono.")
    if info.format == "WAV" and info.subtype not in PHONE_SUBTYPES:
        problems.append(f"It is {info.subtype}; Vonage takes WAV of 8 or 16 bits, A-law, mu-law or GSM.")
    rates = PHONE_RATES if info.format == "WAV" else (16000,)
    if info.rate not in rates:
        wanted = " or ".join(str(rate) for rate in rates)
        problems.append(
            f"It has {info.rate} samples a second; use {wanted}: a telephone carries nothing above 3.4 kHz."
        )
    return replace(info, problems=tuple(problems))


def _wav_cut_off(data: bytes) -> bool:
    """True if the chunk with the samples is longer than what is left of the file."""
    order = "big" if data[:4] == b"RIFX" else "little"
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], order)  # type: ignore[arg-type]
        if data[at : at + 4] == b"data":
            # A header written before the length was known says so with all bits set.
            return size != 0xFFFFFFFF and at + 8 + size > len(data)
        at += 8 + size + size % 2
    return False


# --- MP3 ---


def _open_mp3(data: bytes) -> tuple[bytes, AudioInfo]:
    found = mp3.parse(data)
    if found is None:
        raise _not_sound(data)
    # Only whole frames go to the decoder: it comments on everything else on stderr.
    info = _info(found.data, "MP3", len(data))
    average = round(sum(found.bit_rates) / max(1, len(found.bit_rates)), 1)
    mode = "varying" if found.variable else "constant"
    info = replace(info, subtype=f"{info.subtype}, {mode} {average:g} kbit/s", bit_rate=average)
    return found.data, _with_problems(info, _mp3_problems(info, found))


def _mp3_problems(info: AudioInfo, found: mp3.Mp3) -> list[str]:
    problems = [CUT_OFF] * found.cut_off
    if found.damaged:
        problems.append("There are bytes between the frames that are not sound: the file is damaged.")
    if not info.subtype.startswith("layer III"):
        problems.append("It is not MP3 (layer III) but an older MPEG layer.")
    if found.variable:
        problems.append("Its bit rate varies; Vonage recommends a constant one.")
    elif info.bit_rate not in PHONE_BIT_RATES:
        problems.append(
            f"It has {info.bit_rate:g} kbit/s; recommended are 16, or 8, 32 or 64: larger files start later."
        )
    return problems


def _not_sound(data: bytes) -> AudioError:
    """The error for what is not sound at all, and a guess at what it is."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.lower().startswith((b"<!doctype", b"<html", b"<head", b"<?xml")):
        return AudioError(
            "This is a web page (HTML), not sound.",
            "Open its URL in a browser: the server answers with a page, perhaps an error or a log-in, for the file.",
        )
    if start.startswith(b"version https://git-lfs"):
        return AudioError("This is a pointer of Git LFS, not the sound itself.", "Run `git lfs pull`.")
    if start.startswith((b"{", b"[")):
        return AudioError("This is JSON, not sound.", "Check the URL: it leads to an API or an error message.")
    if data.startswith(b"ID3"):
        return AudioError("This MP3 file ends before its first sound.", "Copy or download it again.")
    if b"\0" not in data and "".join(data[:512].decode("utf-8", errors="ignore").split()).isprintable():
        return AudioError("This is text, not sound.", "Check that the name or URL is that of the sound file.")
    return AudioError(
        "This is not a sound file that anyone here knows: it is neither MP3 nor WAV, or it is badly cut off.",
        "Play it on this computer; if that works, export it as MP3 from an audio editor.",
    )
