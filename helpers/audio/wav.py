"""The header of a WAV file: how long it says that its sound is, and whether that is true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

# Programs that cannot know the length yet write 0, or about 2 or 4 GiB; a sound of 2 GiB lasts for 18 hours.
HUGE = 0x7FFF0000


@dataclass(frozen=True)
class Wav:
    """``data``: the file, with its true length in the header if that was ``unfinished``."""

    data: bytes
    cut_off: bool = False
    unfinished: bool = False


def is_wav(data: bytes) -> bool:
    """Whether these are the bytes of a WAV file, by their beginning."""
    return data[:4] in (b"RIFF", b"RIFX", b"RF64") and data[8:12] == b"WAVE"


def parse(data: bytes) -> Wav:
    """What the header says, held against what is there."""
    found, at = Wav(data), 12
    while at + 8 <= len(data):
        size, left = _number(data, at + 4), len(data) - at - 8
        if data[at : at + 4] == b"data":
            if data[:4] == b"RF64":  # all bits set: the length stands elsewhere
                return replace(found, cut_off=left < size < 0xFFFFFFFF)
            if size >= HUGE > left or (size == 0 < left and not _is_chunk(data, at + 8)):
                return Wav(_with_length(data, at), unfinished=True)
            return replace(found, cut_off=left < size)
        at += 8 + size + size % 2
    return found


def _is_chunk(data: bytes, at: int) -> bool:
    """Whether a chunk of the file begins here, and not sound."""
    name = data[at : at + 4]
    return name.isascii() and name.decode().isprintable() and at + 8 + _number(data, at + 4) <= len(data)


def _with_length(data: bytes, at: int) -> bytes:
    """The file with the length that it has; ``at``: where the chunk with the samples begins."""
    length, whole = (size.to_bytes(4, _order(data)) for size in (len(data) - at - 8, len(data) - 8))
    return b"".join([data[:4], whole, data[8 : at + 4], length, data[at + 8 :]])


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], _order(data))


def _order(data: bytes) -> Literal["big", "little"]:
    return "big" if data[:4] == b"RIFX" else "little"
