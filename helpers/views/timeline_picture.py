"""Draws the timeline: what each leg heard, above it webhooks, requests and keys, below it silences and actions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby, pairwise

from ..audio.samples import SILENT
from ..calls.marks import Mark
from ..calls.silences import telling
from ..calls.tracks import FULL, Tracks
from .lanes import Placed, Scale, bars, keys, moments, rows
from .svg import WIDTH, Svg, fit, number, text_width

LEFT, RIGHT = 76, 12  # margins
# Heights: a row of labels, the waveform, between lanes, titles, the axis.
ROW, WAVE, GAP, HEAD, AXIS = 19, 60, 7, 26, 36
FILLS = ("stream", "talk", "input", "wait")  # actions with a colour of their own
MOST_KEYS = 30  # marked in the waveform; more would hide it
STEP = 2  # pixels of a column of the waveform
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 86_400)


@dataclass(frozen=True)
class Spot:
    """Where something is in the picture, in pixels, and when it happened: that moment can be heard."""

    x: float
    y: float
    width: float
    height: float
    at: float
    label: str


class Timeline:
    """A picture of legs below one another, on one axis. ``zero`` of each leg is where its axis says 0."""

    def __init__(self, legs: list[tuple[str, Tracks, float]], width: float = WIDTH, axis: str = "") -> None:
        self.legs = legs
        self.axis = axis or "seconds since the call began"
        begin = min((-zero for _, _, zero in legs), default=0.0)
        end = max((tracks.length - zero for _, tracks, zero in legs), default=1.0)
        self.scale = Scale(begin, max((end - begin) * 1.01, 0.1), width - LEFT - RIGHT)
        self.svg = Svg(width)
        self.y = float(GAP)
        self.spots: list[Spot] = []

    def place_of(self, at: float) -> float:
        """Where a second of the axis is, in pixels from the left edge of the picture."""
        return LEFT + self.scale.x(at)

    def draw(self, title: str, words: str) -> str:
        """The whole picture as SVG."""
        grid = len(self.svg._parts)  # the lines of the axis go beneath everything, and their length is known last
        for name, tracks, zero in self.legs:
            if name:
                self.svg.text(8, self.y + HEAD / 2 - 4, fit(name, 0.9 * (self.svg.width - 16)), "b")
                self.y += HEAD - 4
            Panel(self, tracks, zero).draw()
            self.y += GAP
        above = self.svg._parts[grid:]
        del self.svg._parts[grid:]
        self._axis()
        self.svg._parts += above
        return self.svg.whole(self.y + AXIS, title, words)

    def _axis(self) -> None:
        svg, scale = self.svg, self.scale
        step = next((s for s in STEPS if scale.width / (scale.length / s) >= 46), STEPS[-1])
        at = float(-(-scale.begin // step) * step)
        while at <= scale.begin + scale.length:
            x = self.place_of(at)
            svg.line(x, GAP, x, self.y, "grid")
            told = clock(at, scale.length)
            over = x + text_width(told) / 2 > svg.width - 2
            svg.text(svg.width - 2 if over else x, self.y + 9, told, "r p" if over else "m p")
            at = round(at + step, 6)
        svg.line(LEFT, self.y, LEFT + scale.width, self.y, "edge")
        unit = self.axis if scale.length < 120 else self.axis.replace("seconds", "minutes", 1)
        unit = unit.replace("minutes", "hours, minutes", 1) if scale.length >= 3600 else unit
        svg.text(LEFT + scale.width / 2, self.y + 26, unit, "m p")


def clock(seconds: float, length: float) -> str:
    """A place on the axis: ``7.5``, in a long call ``12:30`` or ``1:12:30``."""
    if length < 120:
        return f"{seconds + 0.0:g}"
    sign, whole = "-" if seconds < 0 else "", round(abs(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{sign}{hours}:{minutes:02}:{whole % 60:02}" if length >= 3600 else f"{sign}{whole // 60}:{whole % 60:02}"


class Panel:
    """One leg of the picture."""

    def __init__(self, picture: Timeline, tracks: Tracks, zero: float) -> None:
        self.picture, self.svg, self.tracks = picture, picture.svg, tracks
        self.silences = telling(tracks)
        old = picture.scale
        self.scale = Scale(old.begin + zero, old.length, old.width)

    def draw(self) -> None:
        """Lane by lane, from the top."""
        t = self.tracks
        self._lane("webhooks", moments(t.webhooks, self.scale), self._webhook)
        self._lane("requests", moments(t.requests, self.scale), self._request)
        self._lane(t.did, keys(t.keys, self.scale), self._key)
        self._heard()
        self._lane("silence", bars(self.silences, self.scale), self._silence)
        self._lane("others", bars(t.voices, self.scale), self._bar)
        self._lane("NCCO", bars(t.actions, self.scale), self._bar)

    def x(self, seconds: float) -> float:
        return LEFT + self.scale.x(seconds)

    def _lane(self, name: str, placed: list[Placed], paint: Callable[[Placed, float], None]) -> None:
        if not placed:
            return
        picture = self.picture
        self.svg.text(LEFT - 10, picture.y + ROW / 2, name, "r p")
        for one in placed:
            y = picture.y + one.row * ROW + ROW / 2
            paint(one, y)
            # A label at the left ends at its mark, however wide the font is in which it is shown.
            x, look = (one.x - one.gap, "r") if one.label_x < one.x else (one.label_x, "")
            self.svg.text(LEFT + x, y, one.label, f"{look} x".strip() if one.mark.trouble else look)
            left, right = min(one.x - 5, one.label_x), max(one.end, one.x + 5, one.label_x + text_width(one.label))
            picture.spots.append(Spot(LEFT + left, y - 8, right - left, 16, one.mark.start, one.mark.text))
        picture.y += rows(placed) * ROW + GAP

    def _webhook(self, one: Placed, y: float) -> None:
        """A triangle downwards, a bar if it took long, a cross if it went wrong."""
        if one.end > one.x:
            self.svg.rect(LEFT + one.x, y - 4, one.end - one.x, 8, "amber", rx=2)
        self._sign(one, y, -1)

    def _request(self, one: Placed, y: float) -> None:
        """What the API was asked: a triangle upwards, a cross if it was refused."""
        self._sign(one, y, 1)

    def _sign(self, one: Placed, y: float, way: int) -> None:
        x = number(LEFT + one.x)
        if one.mark.trouble:
            self.svg.path(f"M{x} {number(y)}m-4-4l8 8m0-8l-8 8", stroke="red", stroke_width=2.2)
        else:
            self.svg.path(f"M{x} {number(y - 4.5 * way)}l5 {9 * way}h-10z", "blue")

    def _key(self, one: Placed, y: float) -> None:
        x = number(LEFT + one.x)
        self.svg.path(f"M{x} {number(y - 4.5)}l4.5 4.5l-4.5 4.5l-4.5-4.5z", "ink")

    def _bar(self, one: Placed, y: float) -> None:
        mark = one.mark
        fill = mark.kind if mark.kind in FILLS else "other"
        self._box(one, y, fill, "red" if mark.trouble else "edge")
        if mark.note.startswith("stopped"):  # a thick end says: cut off here
            self.svg.line(LEFT + one.end, y - 8, LEFT + one.end, y + 8, "ink", stroke_width=2)

    def _silence(self, one: Placed, y: float) -> None:
        self._box(one, y, *(("slow", "amber") if one.mark.kind == "request" else ("quiet", "edge")))

    def _box(self, one: Placed, y: float, fill: str, edge: str) -> None:
        self.svg.rect(LEFT + one.x, y - 8, max(one.end - one.x, 2), 16, fill, stroke=edge, rx=2)

    def _heard(self) -> None:
        """The waveform, mirrored about its middle; ringing before it, silences in it, keys and words across it."""
        tracks, top = self.tracks, self.picture.y
        middle = top + WAVE / 2
        self.svg.text(LEFT - 10, middle, "heard", "r p")
        if tracks.ringing:
            self._shade(tracks.ringing, "quiet", "rings")
        for mark in self.silences:
            if not mark.slow and self.x(mark.end) - self.x(mark.start) < 2:
                continue
            fill, edge = ("slow", "amber") if mark.kind == "request" else ("quiet", "")
            self._shade(mark, fill, f"{mark.end - mark.start:.1f} s", edge)
        self._wave(middle)
        pressed = dict.fromkeys(round(self.x(mark.start)) for mark in tracks.keys)
        for x in pressed if len(pressed) <= MOST_KEYS else ():
            self.svg.line(x, top - GAP, x, top + WAVE, "ink", stroke_dasharray="2 3")
        self.picture.y += WAVE + GAP

    def _shade(self, mark: Mark, fill: str, name: str, edge: str = "") -> None:
        x, end, y = self.x(mark.start), self.x(mark.end), self.picture.y
        self.svg.rect(x, y, end - x, WAVE, fill)
        if edge:
            self.svg.path(f"M{number(x)} {number(y)}v{WAVE}M{number(end)} {number(y)}v{WAVE}", stroke=edge)
        if text_width(name) + 6 <= end - x:
            self.svg.text((x + end) / 2, y + WAVE - 9, name, "m p")

    def _wave(self, middle: float) -> None:
        tracks = self.tracks
        begin, end = tracks.begin, tracks.ended
        columns = max(1, round((self.x(tracks.length) - self.x(0)) / STEP))
        levels = tracks.envelope(columns)
        if levels is None or levels.max() < SILENT:
            why = fit(tracks.silent or "nothing was played", self.scale.width - 8)
            fits = levels is not None and text_width(why) < self.x(end) - self.x(begin)
            place = (self.x(begin) + self.x(end)) / 2 if fits else LEFT + self.scale.width / 2
            self.svg.text(place, middle - 10, why, "m p")
            if levels is None:
                return
        # Rounded to whole pixels: the picture is the same wherever the lesson runs.
        half = [round(float(level)) for level in levels / max(FULL, float(levels.max())) * (WAVE / 2 - 3)]
        first, last = (max(0, min(columns, round((self.x(at) - self.x(0)) / STEP))) for at in (begin, end))
        self.svg.line(self.x(begin), middle, max(self.x(end), self.x(begin) + 1), middle, "wave")
        if any(half[first:last]):
            self.svg.path(_mirrored(half[first:last], self.x(0) + first * STEP, middle), "wave")


def _mirrored(half: list[int], x: float, middle: float) -> str:
    """The outline of a waveform: its upper edge to the right, its lower edge back; silent stretches are left out."""
    shapes, place = [], 0
    for loud, run in groupby(half, key=bool):
        part = list(run)
        if loud:
            there, back = _steps(part, STEP), _steps(part[::-1], -STEP)
            shapes.append(f"M{number(x + place * STEP)} {number(middle - part[0])}{there}v{2 * part[-1]}{back}z")
        place += len(part)
    return _shorter("".join(shapes))


def _steps(heights: list[int], step: int) -> str:
    """An edge, column by column: up or down to each height, and on by a ``step``."""
    ways = ((a - b) * step // STEP for a, b in pairwise([heights[0], *heights]))
    return "".join(f"v{way}h{step}" if way else f"h{step}" for way in ways)


def _shorter(d: str) -> str:
    """Steps in one direction as one: ``h2h2`` is ``h4``."""
    return re.sub(rf"(?P<way>h-?){STEP}(?:(?P=way){STEP})+", lambda m: f"{m['way']}{m[0].count('h') * STEP}", d)
