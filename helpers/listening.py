"""Was it really this sound? What a person heard, compared with the file that should have been played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.errors import KitError

if TYPE_CHECKING:
    from helpers.record import Call

RATE = 8000
SAME = 0.9  # a G.711 telephone leaves far more than this of any sound that fits it


@dataclass(frozen=True)
class Comparison:
    """How well a sound was heard in a call. ``match``: 1 is a perfect copy, 0 is nothing of it.

    ``starts``: seconds from the answer to its first sample; ``announced``: the same according to the call's trace, None
    when the trace has no sound with that name.
    """

    name: str
    match: float
    starts: float
    announced: float | None

    @property
    def same(self) -> bool:
        """True when this is the sound that was heard."""
        return self.match >= SAME

    def __repr__(self) -> str:
        verdict = "heard" if self.same else "not heard"
        when = f", from {self.starts:.1f} s after the answer" if self.same else ""
        return f"{self.name}: {verdict} (match {self.match:.2f}){when}"


@dataclass(frozen=True)
class ByEar:
    """The stand-in for a comparison when the kit has no ears in the call: a real phone."""

    name: str
    same: bool = True

    def __repr__(self) -> str:
        return f"{self.name}: compare by ear, on your phone"


def compare(call: Call, source: Path | str, leg: str | None = None) -> Comparison | ByEar:
    """Look for a sound file in what a leg heard, by normalised cross-correlation at the telephone's 8000 Hz.

    Raises TraceError when the call was not answered, AudioError when the file cannot be read.
    """
    from helpers.audio import decode, match

    if not isinstance(source, Path | str):
        raise KitError(f"{source!r} is not the name of a sound file.", "The kit's sounds are in the folder audio.")
    path = Path(source)
    if not call.has_sound:
        return ByEar(path.name)
    if not path.is_file():
        raise KitError(f"There is no sound file {path}.", "The kit's sounds are in the folder audio.")
    heard = call.heard(RATE, leg)
    found = match(heard, decode(path.read_bytes(), RATE), RATE)
    return Comparison(path.name, round(found.score, 3), round(found.offset, 3), _announced(call, path.name))


def _announced(call: Call, name: str) -> float | None:
    for sound in call.entries("sound", state="started"):
        if str(sound.get("url")).rsplit("/", 1)[-1] == name and call.answered_at is not None:
            return float(round(sound["at"] - call.answered_at, 3))
    return None
