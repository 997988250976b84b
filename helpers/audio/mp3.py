"""The frames of an MP3 file: is it one, is it whole, is its bit rate constant (ISO/IEC 11172-3 and 13818-3)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

# kbit/s by the four bits in the header; 0 and 15 are not used. First MPEG-1 (layers I, II, III), then MPEG-2 and 2.5.
_BIT_RATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)  # MPEG-1; half of it in MPEG-2, a quarter in MPEG-2.5


Kind = tuple[float, int, int, int]  # MPEG version, layer, samples a second, channels
_DELAY = 529  # samples that a decoder is behind
_LYRICS = re.compile(rb"LYRICSBEGIN.*?LYRICS(?:200|END)", re.DOTALL)


@dataclass(frozen=True)
class Header:
    """The first four bytes of a frame: ``kind`` never changes within a file; ``size`` is in bytes."""

    kind: Kind
    bit_rate: int
    size: int


@dataclass(frozen=True)
class Mp3:
    """``parts``: the whole frames, without tags, rubbish and a last frame that is cut off, as a decoder takes them.

    There are several where the kind of the frames changes, as it may in files that were ``joined`` end to end.
    """

    parts: tuple[bytes, ...]
    bit_rates: tuple[int, ...]
    variable: bool
    joined: bool
    cut_off: bool
    damaged: bool


@dataclass(frozen=True)
class _Index:
    """What an encoder puts first: its mark (Xing means variable), how many frames it promises.

    ``trim``: three bytes that say how many samples at both ends are not of the sound.
    """

    mark: bytes = b""
    frames: int = 0
    trim: bytes = bytes(3)


@dataclass
class _File:
    """One of the files in a file."""

    kind: Kind
    index: _Index
    frames: list[bytes] = field(default_factory=list)


@lru_cache(maxsize=512)
def header(four: bytes) -> Header | None:
    """What the four bytes say if a frame may start with them, else None."""
    if len(four) < 4 or four[0] != 0xFF or four[1] & 0xE0 != 0xE0:
        return None
    version = {0: 2.5, 2: 2.0, 3: 1.0}.get(four[1] >> 3 & 3)
    layer, index, rate_index = 4 - (four[1] >> 1 & 3), four[2] >> 4, four[2] >> 2 & 3
    if version is None or layer == 4 or index in (0, 15) or rate_index == 3:
        return None
    rate = _RATES[rate_index] // {1.0: 1, 2.0: 2, 2.5: 4}[version]
    bit_rate = _BIT_RATES[1 if version == 1 else 2, layer][index - 1]
    padding = four[2] >> 1 & 1
    if layer == 1:
        size = (12000 * bit_rate // rate + padding) * 4
    else:
        size = (72000 if layer == 3 and version != 1 else 144000) * bit_rate // rate + padding
    return Header((version, layer, rate, 1 if four[3] >> 6 == 3 else 2), bit_rate, size)


class _Reader:
    """Goes through the bytes of a file, from frame to frame."""

    def __init__(self, data: bytes, at: int) -> None:
        self.files: list[_File] = []
        self.bit_rates: list[int] = []
        self.cut_off = self.damaged = False
        self._data = data
        self._begins: _Index | None = _Index()  # what the next file begins with, if one begins
        while at < len(data):
            at = self._next(at)

    def _next(self, at: int) -> int:
        """Where it goes on behind what stands here."""
        if size := _tag_size(self._data, at):
            self._begins = self._begins or _Index()
            return at + size
        found, left = header(self._data[at : at + 4]), len(self._data) - at
        if found is not None and self._is_stray(found, at):
            found = None
        if left < (found.size if found else 4 * (self._data[at] == 0xFF)):
            self.cut_off = True
            return len(self._data)
        if found is None:
            after = _chain(self._data, at + 1, len(self._data)) or len(self._data)
            self.damaged = self.damaged or any(self._data[at:after])  # zeros are padding
            return after
        self._keep(found, self._data[at : at + found.size])
        return at + found.size

    def _is_stray(self, found: Header, at: int) -> bool:
        """Another kind than before, and alone with it."""
        return bool(self.files) and found.kind != self.files[-1].kind and _chain(self._data, at, at + 1) is None

    def _keep(self, found: Header, frame: bytes) -> None:
        if index := _index(found, frame):
            self._begins = index  # its own bit rate does not count
            return
        if self._begins or found.kind != self.files[-1].kind:
            self.files.append(_File(found.kind, self._begins or _Index()))
            self._begins = None
        self.files[-1].frames.append(frame)
        self.bit_rates.append(found.bit_rate)


def parse(data: bytes) -> Mp3 | None:
    """The frames in ``data``; None if there are not at least two in a row."""
    begin = start(data)
    at = _chain(data, begin, begin + 4096)  # a little of anything else may stand before it
    read = _Reader(data, len(data) if at is None else at)
    if not read.files:
        return None
    # An encoder may count its index, too: one frame more than promised is not yet another file.
    more = any(one.index.frames and len(one.frames) > one.index.frames + 1 for one in read.files)
    joined = more or len(read.files) > 1
    cut_off = read.cut_off or any(len(one.frames) < one.index.frames for one in read.files)
    trim = bytes(3) if joined or cut_off else read.files[0].index.trim
    return Mp3(
        parts=tuple(_part(files, trim) for _, files in groupby(read.files, key=lambda one: one.kind)),
        bit_rates=tuple(read.bit_rates),
        variable=len(set(read.bit_rates)) > 1 or any(one.index.mark == b"Xing" for one in read.files),
        joined=joined,
        cut_off=cut_off,
        damaged=read.damaged,
    )


def start(data: bytes) -> int:
    """Where the tags end that stand in front."""
    at = 0
    while size := _tag_size(data, at):
        at += size
    return at


def _tag_size(data: bytes, at: int) -> int:
    """How long the tag is that stands here (ID3, APE, Lyrics3); 0 if there is none."""
    if data.startswith(b"ID3", at) and at + 10 <= len(data):
        size = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(reversed(data[at + 6 : at + 10])))
        return 10 + size + data[at + 5] // 16 % 2 * 10  # a footer repeats the header
    if data.startswith(b"APETAGEX", at) and at + 32 <= len(data):
        first = data[at + 23] >> 5 & 1  # the same stands behind the items, too
        return 32 + first * int.from_bytes(data[at + 12 : at + 16], "little")
    lyrics = _LYRICS.match(data, at)
    return len(lyrics[0]) if lyrics else 128 * data.startswith(b"TAG", at)


def _chain(data: bytes, at: int, end: int) -> int | None:
    """The first place from ``at`` where two frames of one kind follow each other."""
    while (at := data.find(b"\xff", at, end)) >= 0:
        one = header(data[at : at + 4])
        two = header(data[at + one.size : at + one.size + 4]) if one else None
        if one and two and one.kind == two.kind:
            return at
        at += 1
    return None


def _index(found: Header, frame: bytes) -> _Index | None:
    """What stands in the frame if it is an index and not sound."""
    at = _index_at(found.kind)
    mark = frame[at : at + 4]
    if mark not in (b"Xing", b"Info") or len(frame) < at + 12 or found.kind[1] != 3:
        return None
    has = frame[at + 7]
    encoder = at + 8 + 4 * (has & 1) + 4 * (has >> 1 & 1) + 100 * (has >> 2 & 1) + 4 * (has >> 3 & 1)
    known = len(frame) >= encoder + 24 and frame[encoder] != 0
    frames = int.from_bytes(frame[at + 8 : at + 12]) if has & 1 else 0
    return _Index(mark, frames, frame[encoder + 21 : encoder + 24] if known else bytes(3))


def _index_at(kind: Kind) -> int:
    """Where in a frame an index begins."""
    version, _, _, channels = kind
    return 4 + {(False, 1): 9, (False, 2): 17, (True, 1): 17, (True, 2): 32}[version == 1, channels]


def _part(files: Iterable[_File], trim: bytes) -> bytes:
    """Frames of one kind behind an index of their own.

    Without one the decoder guesses the length from the first frame; with a wrong one it stops too early, or says so.
    """
    frames = [frame for one in files for frame in one.frames]
    first = frames[0][:4]
    found = header(first)
    if found is None or found.kind[1] != 3:  # layers I and II have no index
        return b"".join(frames)
    if not any(trim):
        # Behind an index 529 samples and `trim` are dropped: a silent frame is put in front, for them to be taken from.
        samples = 1152 if found.kind[0] == 1 else 576
        frames.insert(0, next(_empty_frames(first)))
        trim = (samples - _DELAY << 12 | _DELAY).to_bytes(3)
    at = _index_at(found.kind)
    room = next(frame for frame in _empty_frames(first) if len(frame) >= at + 40)
    length = len(room) + sum(map(len, frames))
    index = struct.pack(">4sIII21s3s", b"Info", 3, len(frames), length, b"encoder", trim)
    return b"".join([room[:at], index, room[at + len(index) :], *frames])


def _empty_frames(four: bytes) -> Iterator[bytes]:
    """A frame of the kind that begins like this with nothing in it, for each bit rate."""
    for rate in range(1, 15):
        head = bytes([four[0], four[1] | 1, rate << 4 | four[2] & 0x0C, four[3]])  # without checksum and padding
        if found := header(head):
            yield head.ljust(found.size, b"\0")
