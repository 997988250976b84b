"""The timeline: what each leg heard, the NCCO actions beneath it, webhooks and requests above it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..calls.marks import Mark
from ..calls.record import Record
from ..calls.silences import silences, telling
from ..calls.story import Story
from ..calls.tracks import Tracks
from .svg import WIDTH, Picture

if TYPE_CHECKING:
    from .compare import Comparison
    from .timeline_picture import Timeline

MOST_LEGS = 6  # drawn and told; a larger conference leg by leg
FIRST, LAST, KEPT = 10, 6, 10  # lines of a long lane: from its beginning, its end, and what matters in between


class TimelineView(Picture):
    """A timeline. ``.svg()`` and ``.text`` hand it out, ``.save("call.svg")`` keeps it, ``.compare(call)`` compares.

    ``drawn`` knows what is where in the picture.
    """

    def __init__(self, call: Record, text: str, svg: str, drawn: Timeline) -> None:
        super().__init__(text, svg)
        self.call, self.drawn = call, drawn

    def compare(self, other: Record | TimelineView) -> Comparison:
        """This call and another one, both from the answer on. See :func:`helpers.views.compare.compare_calls`."""
        from .compare import compare_calls

        return compare_calls(self.call, other.call if isinstance(other, TimelineView) else other)


def timeline(call: Record, leg: str | None = None, *, width: float = 0) -> TimelineView:
    """A call over time, every leg or one of them, as a picture (SVG) and in words.

    Times are seconds since the start of the call. ``width`` is in pixels; usually as wide as a notebook is.
    """
    from .timeline_picture import Timeline

    legs = [leg] if leg else call.legs[:MOST_LEGS] or [call.leg]
    tracks = [Tracks(call, one) for one in legs]
    text = as_text(tracks, left_out=0 if leg else len(call.legs) - len(legs))
    named = [(Story(call).phone_name(t.leg) if len(call.legs) > 1 else "", t, 0.0) for t in tracks]
    drawn = Timeline(named, max(width, 320) if width else WIDTH)
    return TimelineView(call, text, drawn.draw(f"Timeline of {call!r}", _spoken(tracks)), drawn)


def as_text(tracks: list[Tracks], left_out: int = 0) -> str:
    """The same timeline in words."""
    call = tracks[0].call
    lines = [repr(call)]
    for one in tracks:
        if len(tracks) > 1:
            lines += ["", Story(call).phone_name(one.leg)]
        lines += of_leg(one)
    if left_out > 0:
        lines += ["", f"and {left_out} more legs: call.legs lists them, call.timeline(leg) shows one"]
    return "\n".join(line.rstrip() for line in lines)


def of_leg(tracks: Tracks) -> list[str]:
    """One leg in words."""
    lines = _block("ringing", [replace(tracks.ringing, label="")]) if tracks.ringing else []
    for title, marks in (("webhooks", tracks.webhooks), ("requests", tracks.requests), (tracks.did, tracks.keys)):
        lines += _block(title, marks)
    lines.append(f"heard     {tracks.sparkline()}")
    lines += _block("silence", telling(tracks))
    lines += _block("others", tracks.voices)
    lines += _block("NCCO", tracks.actions)
    return lines


def _block(title: str, marks: list[Mark]) -> list[str]:
    """The marks of a lane; of very many the first and the last ones, and what matters in between."""
    told: list[str] = []
    kept = set(range(len(marks)))
    if len(marks) > FIRST + LAST + KEPT:
        kept = {n for n in kept if n < FIRST or n >= len(marks) - LAST}
        kept |= set([n for n, mark in enumerate(marks) if mark.matters and n not in kept][:KEPT])
    missing = 0
    for place, mark in enumerate(marks):
        if place in kept:
            told += [f"{'…':>6}          {missing} more"] if missing else []
            told.append(f"{_span(mark)}  {mark.text}")
        missing = 0 if place in kept else missing + 1
    return [f"{title if number == 0 else '':8}  {line}" for number, line in enumerate(told)]


def _span(mark: Mark) -> str:
    return f"{mark.start:6.1f} s      " if mark.end == mark.start else f"{mark.start:6.1f}–{mark.end:.1f} s".ljust(14)


def _spoken(tracks: list[Tracks]) -> str:
    """What somebody who does not see the picture is told of it."""
    slow = [f"{m.end - m.start:.1f} s {m.label}" for one in tracks for m in silences(one) if m.kind == "request"]
    return f"Silences that a request caused: {'; '.join(slow)}." if slow else "No request caused a silence."
