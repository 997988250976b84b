"""Sound files: what is in one, whether a telephone can use it, and how to make a copy that it can.

Files are recognised by content, never by name. Vonage plays MP3 and WAV (NCCO reference, action stream); recommended
are MP3 of MPEG-2 layer III, 16 kHz, mono, constant bit rate, and WAV of 8 or 16 bits, A-law, mu-law or GSM, mono.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from soundfile import SoundFile

from . import mp3, wav
from .quiet import decoder_kept_quiet
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
# Sound that is neither MP3 nor WAV: how it begins, its name.
OTHERS = tuple((re.compile(mark, re.DOTALL), name) for mark, name in (
    (rb"OggS.{24}OpusHead", "Ogg (Opus)"), (rb"OggS.{24}.vorbis", "Ogg (Vorbis)"), (rb"OggS.{24}Speex", "Ogg (Speex)"),
    (rb"OggS", "Ogg"), (rb"fLaC", "FLAC"), (rb"FORM", "AIFF"), (rb"\.snd", "AU"), (rb"caff", "CAF"),
    (rb".{4}ftyp3g", "3GP (AMR or AAC)"), (rb".{4}ftypM4", "M4A (AAC)"), (rb".{4}ftyp", "MP4 (AAC)"),
    (rb"\xff[\xf0\xf1\xf8\xf9]|ADIF", "AAC"), (rb"\x1aE\xdf\xa3.{,60}webm", "WebM"),
    (rb"\x1aE\xdf\xa3", "Matroska"), (rb"0&\xb2u", "WMA"), (rb"#!AMR", "AMR"),
))  # fmt: skip
MAKE_A_COPY = 'Make a phone-ready copy with convert(source, "name.mp3"), or export it as MP3 from an audio editor.'
FFMPEG = (
    "convert() cannot read it; the program ffmpeg can: ffmpeg -i YOUR_FILE -ar 16000 -ac 1 -b:a 32k name.mp3 "
    "(if that fails too, the file is damaged)."
)
CUT_OFF = "The file is cut off: part of what its header promises is missing. Copy or download it again."
UNFINISHED = "The header was never finished: it does not say how long the sound is. Here it is read to the end."
JOINED = "Several MP3 files are joined end to end in it: some players stop after the first."
AGAIN = "Copy or download the file again."


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
            return AGAIN
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
    parts, info = _open(data)
    if info.format not in ("MP3", "WAV"):
        raise AudioError(info.problems[0], info.cure, format=info.format)
    return _samples(parts, rate)


def channels(source: str | Path | bytes, seconds: float | None = None) -> tuple[Samples, int, AudioInfo]:
    """The samples of a sound file as they are, a column for each channel; how many a second; what is in the file.

    Any format that libsndfile reads. ``seconds``: no more than the first so many of it, as an hour takes a gigabyte.
    """
    parts, info = _open(_read(source))
    return *_frames(parts, seconds), info


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

Parts = tuple[bytes, ...]  # what is decoded by itself, one behind the other


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
    if str(name).startswith(("http://", "https://")):
        raise AudioError(
            f"{name} is an address, not a file.", "Fetch it first, and give its bytes: requests.get(…).content."
        )
    return Path(name)


def _open(data: bytes) -> tuple[Parts, AudioInfo]:
    """Bytes that decode one behind the other, and what they hold."""
    if not data:
        raise AudioError("The file is empty.", "Copy or download it again; 0 bytes arrived.")
    if wav.is_wav(data):
        found = wav.parse(data)
        info = _info((found.data,), "WAV", len(data))
        return (found.data,), _with_problems(info, [CUT_OFF] * found.cut_off + [UNFINISHED] * found.unfinished)
    start = mp3.start(data)  # other formats may have the tags of an MP3 in front, too
    other = next((name for mark, name in OTHERS if mark.match(data, start)), None)
    if other is not None:
        return (data,), _info((data,), other, len(data), (f"Vonage plays MP3 and WAV, and this is {other}.",))
    return _open_mp3(data)


def _info(parts: Parts, name: str, size: int, problems: tuple[str, ...] = ()) -> AudioInfo:
    try:
        with _opened(parts[0]) as file:
            subtype, frames = SUBTYPES.get(file.subtype, file.subtype), file.frames
            info = AudioInfo(name, subtype, file.channels, file.samplerate, frames, size, problems)
    except AudioError as error:
        if problems:
            raise AudioError(problems[0], FFMPEG, format=name) from error
        cure = "Copy or download it again, or export it anew."
        raise AudioError(f"This {name} file cannot be decoded: it is cut off, damaged or unusual.", cure) from error
    for part in parts[1:]:
        more = _info((part,), name, size)
        info = replace(info, frames=info.frames + more.frames * info.rate // more.rate)
    if info.frames <= 0:
        raise AudioError(f"This {name} file holds no sound, only a header.", "Copy or download it again.")
    return info


def _samples(parts: Parts, rate: int) -> Samples:
    sound, rate_in = _frames(parts)
    return resample(sound, rate_in, rate)


def _frames(parts: Parts, seconds: float | None = None) -> tuple[Samples, int]:
    """The samples as they are, a column for each channel, and how many there are in a second.

    What has other channels or another rate than the first part is made like it.
    """
    sound, rate = _decoded(parts[0], seconds)
    for part in parts[1:]:
        more, own = _decoded(part, seconds)
        if (own, more.shape[1]) != (rate, sound.shape[1]):
            more = np.repeat(resample(more, own, rate)[:, np.newaxis], sound.shape[1], axis=1)
        sound = np.concatenate([sound, more])
    return sound if seconds is None else sound[: round(seconds * rate)], rate


def _decoded(part: bytes, seconds: float | None) -> tuple[Samples, int]:
    with _opened(part) as file:
        # GSM cannot be read without a number, because libsndfile does not seek in it.
        count = file.frames if seconds is None else min(file.frames, round(seconds * file.samplerate))
        sound = file.read(count, dtype="float32", always_2d=True)
        return np.clip(np.nan_to_num(sound), -1, 1), file.samplerate


@contextmanager
def _opened(data: bytes) -> Iterator[SoundFile]:
    """The decoder at work. Raises AudioError, also for what is done with it inside."""
    import soundfile

    try:
        with decoder_kept_quiet(), soundfile.SoundFile(io.BytesIO(data)) as file:
            yield file
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


# --- MP3 ---


def _open_mp3(data: bytes) -> tuple[Parts, AudioInfo]:
    found = mp3.parse(data)
    if found is None:
        raise _not_sound(data)
    info = _info(found.parts, "MP3", len(data))
    average = round(sum(found.bit_rates) / max(1, len(found.bit_rates)), 1)
    mode = "varying" if found.variable else "constant"
    info = replace(info, subtype=f"{info.subtype}, {mode} {average:g} kbit/s", bit_rate=average)
    return found.parts, _with_problems(info, _mp3_problems(info, found))


def _mp3_problems(info: AudioInfo, found: mp3.Mp3) -> list[str]:
    problems = [CUT_OFF] * found.cut_off + [JOINED] * found.joined
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
    if data.startswith(b"MThd"):
        cure = "Open it in a music program, and export it as WAV."
        return AudioError("This is MIDI: it holds notes, not sound.", cure)
    if data.startswith(b"ID3"):
        return AudioError("This MP3 file ends before its first sound.", "Copy or download it again.")
    if b"\0" not in data and "".join(data[:512].decode("utf-8", errors="ignore").split()).isprintable():
        return AudioError("This is text, not sound.", "Check that the name or URL is that of the sound file.")
    return AudioError(
        "This is not a sound file that anyone here knows: it is neither MP3 nor WAV, or it is badly cut off.",
        "Play it on this computer; if that works, export it as MP3 from an audio editor.",
    )
