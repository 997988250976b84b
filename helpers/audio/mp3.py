"""The frames of an MP3 file: is it one, is it whole, is its bit rate constant (ISO/IEC 11172-3 and 13818-3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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


@dataclass(frozen=True)
class Header:
    """The first four bytes of a frame: ``kind`` never changes within a file; ``size`` is in bytes."""

    kind: tuple[float, int, int]  # MPEG version, layer, samples a second
    bit_rate: int
    size: int


@dataclass(frozen=True)
class Mp3:
    """``data`` is the file reduced to its whole frames: without tags, rubbish and a last frame that is cut off."""

    data: bytes
    bit_rates: tuple[int, ...]
    variable: bool
    cut_off: bool
    damaged: bool


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
    return Header((version, layer, rate), bit_rate, size)


def parse(data: bytes) -> Mp3 | None:
    """The frames in ``data``; None if there are not at least two in a row."""
    at = _start(data)
    if at is None:
        return None
    first = header(data[at : at + 4])
    frames: list[bytes] = []
    bit_rates: list[int] = []
    cut_off = damaged = False
    while at < len(data) and not data.startswith((b"TAG", b"APETAGEX", b"LYRICS"), at):
        found = header(data[at : at + 4])
        if len(data) - at < 4 and data[at] == 0xFF:
            cut_off = True
            break
        if found is None or first is None or found.kind != first.kind:
            after = _chain(data, at + 1, len(data))
            damaged = damaged or any(data[at:after])  # zeros are padding
            if after is None:
                break
            at = after
            continue
        if at + found.size > len(data):
            cut_off = True
            break
        frames.append(data[at : at + found.size])
        bit_rates.append(found.bit_rate)
        at += found.size
    index = _index(frames[0])
    if index is not None:
        bit_rates = bit_rates[1:]  # the frame of the index has a bit rate of its own
        cut_off = cut_off or (index[1] is not None and len(frames) - 1 < index[1])
    variable = len(set(bit_rates)) > 1 or (index is not None and index[0] == b"Xing")
    return Mp3(b"".join(frames), tuple(bit_rates), variable, cut_off, damaged)


def _start(data: bytes) -> int | None:
    """Where the first frame is: after ID3 tags and a little of anything else."""
    at = 0
    while data[at : at + 3] == b"ID3" and at + 10 <= len(data):
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte & 0x7F
        at += 10 + size
    return _chain(data, at, at + 4096)


def _chain(data: bytes, at: int, end: int) -> int | None:
    """The first place from ``at`` where two frames of one kind follow each other."""
    while (at := data.find(b"\xff", at, end)) >= 0:
        one = header(data[at : at + 4])
        two = header(data[at + one.size : at + one.size + 4]) if one else None
        if one and two and one.kind == two.kind:
            return at
        at += 1
    return None


def _index(frame: bytes) -> tuple[bytes, int | None] | None:
    """The index frame that encoders put first: its mark (Xing means variable) and the number of frames it promises."""
    at = max(frame.find(b"Xing", 0, 64), frame.find(b"Info", 0, 64))
    if at < 0:
        return None
    known = frame[at + 7] & 1 if len(frame) >= at + 12 else 0
    return frame[at : at + 4], int.from_bytes(frame[at + 8 : at + 12]) if known else None
