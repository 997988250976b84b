"""The timeline: what a leg heard, the NCCO actions beneath it, the webhooks above it."""

from __future__ import annotations

from dataclasses import replace

from helpers.record import Call
from helpers.views.base import View
from helpers.views.tracks import Mark, Tracks


def timeline(call: Call, leg: str | None = None) -> View:
    """One leg of a call over time, as a picture (PNG) and in words. Times are seconds since the start of the call."""
    import base64

    from helpers.views.drawing import WIDTH, draw

    tracks = Tracks(call, leg or call.leg)
    png, height = draw(tracks)
    size = {"image/png": {"width": WIDTH, "height": height}}
    return View(as_text(tracks), {"image/png": base64.b64encode(png).decode()}, size)


def as_text(tracks: Tracks) -> str:
    """The same timeline in words."""
    lines = [repr(tracks.call)]
    if tracks.ringing:
        lines += _block("ringing", [replace(tracks.ringing, label="")])
    for title, marks in (("webhooks", tracks.webhooks), ("requests", tracks.requests), (tracks.did, tracks.keys)):
        lines += _block(title, marks)
    lines.append(f"heard     {tracks.sparkline()}")
    lines += _block("", [Mark(m.start, m.end, m.label) for m in tracks.waits])
    lines += _block("others", tracks.voices)
    lines += _block("NCCO", tracks.actions)
    return "\n".join(line.rstrip() for line in lines)


def _block(title: str, marks: list[Mark]) -> list[str]:
    return [f"{title if number == 0 else '':8}  {_span(mark)}  {mark.text}" for number, mark in enumerate(marks)]


def _span(mark: Mark) -> str:
    return f"{mark.start:6.1f} s      " if mark.end == mark.start else f"{mark.start:6.1f}–{mark.end:.1f} s".ljust(14)
