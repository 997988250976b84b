"""Was this sound heard in the call? By ear: what the leg heard is searched for what is in the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .answers import Answer, QuestionError, not_answered, since_answer

if TYPE_CHECKING:
    from ..audio.likeness import Hit
    from .record import Record

MOST = 3  # times, or sounds, that are named
SOFTER = 1.5  # dB from which a difference in level is worth a word


@dataclass(frozen=True, repr=False)
class Heard(Answer):
    """Whether a sound was heard. ``times``: each time, a :class:`helpers.audio.likeness.Hit`.

    ``at`` and ``seconds`` are those of the first time, ``match`` is the best of all, 0 to 1; ``sure`` is a word. If it
    was not heard, ``match`` is that of what comes nearest, and ``evidence`` says why not.
    """

    name: str = ""
    times: tuple[Hit, ...] = ()
    match: float = 0.0
    whole: bool = False
    sure: str = ""


def heard(call: Record, sound: str | Path | bytes, leg: str | None = None) -> Heard:
    """See :meth:`helpers.call.Call.heard`."""
    from ..audio.files import decode
    from ..audio.likeness import RATE, find
    from ..audio.names import sound_file

    if not isinstance(sound, str | Path | bytes):
        raise QuestionError(
            f"{sound!r} is not a sound file.",
            'Name one: call.heard("music.mp3"). The samples that were heard: call.heard_samples(rate).',
        )
    leg = call.known(leg)
    file = None if isinstance(sound, bytes) else sound_file(sound)
    name = "the sound" if file is None else file.name
    samples = decode(sound if isinstance(sound, bytes) else sound_file(sound).read_bytes(), RATE)
    if why := not_answered(call, leg):
        return Heard(False, f"{name}: not heard, {why}", name=name, sure="certain")
    if not call.has_sound:
        instead = "Listen on your phone, or record the call and compare the recording."
        return Heard(False, f"{name}: not known, the kit does not hear a live call", (instead,), known=False, name=name)
    found = find(call.heard_samples(RATE, leg), samples)
    times = tuple(hit for hit in found if hit.counts)
    if times:
        return _yes(call, leg, name, times, len(samples) / RATE)
    return _no(call, leg, name, found, bool((abs(samples) > 5e-4).any()))


def _yes(call: Record, leg: str, name: str, times: tuple[Hit, ...], length: float) -> Heard:
    first, best = times[0], max(times, key=lambda hit: hit.match)
    sure = "certain" if best.match - best.needed > (1 - best.needed) / 3 else "fairly sure"
    lines = [
        f"found by its sound: {sure}",
        *(f"again at {hit.at:.1f} s, {_extent(hit, length)}" for hit in times[1:MOST]),
        *([f"and {len(times) - MOST} more times"] if len(times) > MOST else []),
        *_record(call, leg, name),
    ]
    return Heard(
        True,
        f"{name}: heard {first.at:.1f} s after the answer, {_extent(first, length)}",
        tuple(lines),
        round(first.at, 3),
        round(first.seconds, 3),
        name=name,
        times=times,
        match=round(best.match, 3),
        whole=any(hit.whole for hit in times),
        sure=sure,
    )


def _extent(hit: Hit, length: float) -> str:
    """How much of it was heard, and how loud."""
    if hit.whole:
        words = f"whole ({length:.1f} s)"
    elif hit.begin:
        words = f"{hit.seconds:.1f} s of its {length:.1f} s, from its second {hit.begin:.1f} on"
    else:
        words = f"the first {hit.seconds:.1f} s of its {length:.1f} s"
    if abs(hit.level) >= SOFTER:
        words += f", {abs(hit.level):.0f} dB {'softer' if hit.level < 0 else 'louder'} than the file"
    return words


def _no(call: Record, leg: str, name: str, found: list[Hit], audible: bool) -> Heard:
    if not audible:
        return Heard(False, f"{name}: not heard, there is only silence in the file", name=name, sure="certain")
    lines, near = [], found[0] if found else None
    if near is None:
        lines.append("the phone heard only silence")
    elif near.seconds >= 0.1:
        like = "something like it" if near.match > 0.8 * near.needed else "nothing like it"
        lines.append(f"{like}; the nearest is {near.at:.1f} s after the answer")
        if near.plain and near.match > 0.5:
            lines.append("a plain tone resembles others: it counts only whole, and with nothing of its pitch around it")
    told = _record(call, leg, name)
    lines += told or _instead(call, leg)
    match = near.match if near else 0.0
    sure = "certain" if near is None or match < 0.8 * near.needed else "fairly sure"
    return Heard(False, f"{name}: not heard", tuple(lines), name=name, match=round(match, 3), sure=sure)


def _record(call: Record, leg: str, name: str) -> list[str]:
    """What the record says about a file of this name."""
    from .wording import sound_name

    lines = []
    for e in call.entries("fetch", leg=leg):
        if e.get("error") and sound_name(e) == name:
            lines.append(
                f"the record: it could not be fetched at {since_answer(call, leg, e['at']):.1f} s: {e['error']}"
            )
    for e in call.entries("sound", leg=leg, state="started"):
        if e.get("url") and sound_name(e) == name:
            lines.append(f"the record: played from {since_answer(call, leg, e['at']):.1f} s on")
    return lines[:MOST]


def _instead(call: Record, leg: str) -> list[str]:
    """What was played, if not this."""
    from .wording import sound_name

    names = [sound_name(e) for e in call.entries("sound", leg=leg, state="started")]
    names = list(dict.fromkeys(names))
    if not names:
        return ["the record: nothing was played to this phone"]
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return [f"the record: what was played is {', '.join(names[:MOST])}{more}"]
