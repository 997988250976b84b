"""Draws the timeline. Everything is placed in pixels from the top, on one set of axes whose x is seconds."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cached_property
from typing import Any

from helpers.views.tracks import FULL, Mark, Tracks

WIDTH, LEFT, RIGHT = 820, 84, 22  # pixels of the picture and its margins
ROW, WAVE, GAP, AXIS = 20, 92, 12, 44  # heights: a row of labels, the waveform, between lanes, the axis
SHARP = 1.5  # drawn larger than shown, to be crisp on a fine screen …
LIMIT = 13_500  # … as long as the file has no more bytes than this
INK, PALE, BLUE, AMBER, RED = "#1f2937", "#6b7280", "#44699c", "#e0a030", "#a8431a"
FILL = {"stream": "#c4d7ee", "talk": "#f3dcb4", "input": "#cde6d8", "wait": "#e3e5e8"}
OTHER = "#dfd3ea"
Rows = list[tuple[int, float, Mark]]  # the row of a mark, where its label begins, the mark


def draw(tracks: Tracks) -> tuple[bytes, int]:
    """The timeline as PNG bytes, the same bytes each time, and its height in pixels as shown."""
    return Drawing(tracks).png()


class Drawing:
    """One timeline while it is drawn."""

    def __init__(self, tracks: Tracks) -> None:
        self.tracks = tracks
        self._widths: dict[str, float] = {}
        self.end = tracks.length * 1.01
        self.scale = (WIDTH - LEFT - RIGHT) / self.end  # pixels per second
        self.hooks = self._rows(self._grouped(tracks.webhooks), 13)
        self.requests = self._rows(self._grouped(tracks.requests), 13)
        self.keys = self._rows(self._together(tracks.keys), 13)
        self.voices = self._rows(tracks.voices, 0)
        self.actions = self._rows(tracks.actions, 0)
        self.y = GAP

    @cached_property
    def _font(self) -> Any:
        from matplotlib.font_manager import FontProperties

        return FontProperties(family="DejaVu Sans", size=8.5)  # comes with matplotlib: the same everywhere

    @cached_property
    def _glyphs(self) -> Any:
        from matplotlib.font_manager import findfont, get_font

        return get_font(findfont(self._font)).get_charmap()

    def _drawable(self, text: str) -> str:
        """Characters that the font lacks become a box: matplotlib would warn about each."""
        return "".join(c if c == "\n" or ord(c) in self._glyphs else "□" for c in text)

    def _width(self, text: str) -> float:
        """Pixels that a text takes."""
        from matplotlib.textpath import TextPath

        if text not in self._widths:
            ends = TextPath((0, 0), self._drawable(text) or " ", prop=self._font).vertices[:, 0]
            self._widths[text] = float(ends.max(initial=0.0)) * 100 / 72
        return self._widths[text]

    @staticmethod
    def _grouped(marks: list[Mark]) -> list[Mark]:
        """Moments that share an instant become one mark with several names."""
        grouped: list[Mark] = []
        for mark in marks:
            last = grouped[-1] if grouped else None
            moments = last and last.end == last.start and mark.end == mark.start
            if last and moments and mark.start - last.start < 0.02 and not last.trouble | mark.trouble:
                grouped[-1] = Mark(last.start, last.end, f"{last.text}, {mark.text}", kind=mark.kind)
            else:
                grouped.append(mark)
        return grouped

    def _together(self, marks: list[Mark]) -> list[Mark]:
        """Keys too close to be told apart become one mark."""
        grouped: list[Mark] = []
        for mark in marks:
            last = grouped[-1] if grouped else None
            if last and (mark.start - last.start) * self.scale < 24 + self._width(last.label):
                grouped[-1] = Mark(last.start, last.end, f"{last.label} {mark.label}")
            else:
                grouped.append(mark)
        return grouped

    def _rows(self, marks: list[Mark], lead: int) -> Rows:
        """A row and a place for the label (pixels from the left) for each mark, so that no two overlap."""
        taken: list[list[tuple[float, float]]] = []
        placed = []
        for mark in marks:
            label, mark = self._labelled(mark, lead)
            a, b, size = mark.start * self.scale, mark.end * self.scale, self._width(mark.text) + 8
            low, high = min(a, label) - 4, max(b, label + size) + 4
            row = next((i for i, row in enumerate(taken) if all(high <= x or low >= y for x, y in row)), len(taken))
            if row == len(taken):
                taken.append([])
            taken[row].append((low, high))
            placed.append((row, label, mark))
        return placed

    def _labelled(self, mark: Mark, lead: int) -> tuple[float, Mark]:
        """Where the label of a mark begins, and the mark, its label shortened if there is room for it nowhere."""
        a, b = mark.start * self.scale, mark.end * self.scale
        size, edge, right = self._width(mark.text) + 8, WIDTH - LEFT, b + max(lead, 5)
        # Inside a bar, else at its right, else (near the edge of the picture) at its left.
        if lead == 0 and size <= b - a:
            return a + 5, mark
        if right + size <= edge:
            return right, mark
        if (left := a - size + 2 - lead / 2) >= 0:
            return left, mark
        room, label = max((b - a if lead == 0 else 0, a + 5), (edge - right, right))
        text = mark.text
        while text and self._width(f"{text}…") + 8 > room:
            text = text[:-1].rstrip()
        return label, replace(mark, label=f"{text}…" if text else "", note="")

    def png(self) -> tuple[bytes, int]:
        """Draw it, as sharp as fits into a small file."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        above: list[tuple[str, Rows, Any]] = [
            ("webhooks", self.hooks, self._moment),
            ("requests", self.requests, self._request),
            (self.tracks.did, self.keys, self._key),
        ]
        below: list[tuple[str, Rows, Any]] = [("others", self.voices, self._bar), ("NCCO", self.actions, self._bar)]
        counts = [_count(rows) for _, rows, _ in above + below if rows]
        height = GAP + sum(n * ROW + GAP for n in counts) + WAVE + GAP + AXIS
        figure = Figure(figsize=(WIDTH / 100, height / 100), dpi=100, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        box = (LEFT / WIDTH, AXIS / height, (WIDTH - LEFT - RIGHT) / WIDTH, 1 - AXIS / height)
        self.axes = figure.add_axes(box, xlim=(0, self.end), ylim=(height - AXIS, 0))
        self._frame()
        for lane in above:
            self._lane(*lane)
        self._heard()
        for lane in below:
            self._lane(*lane)
        sharp, png = SHARP, b""
        while not png or (len(png) > LIMIT and sharp > 0.5):
            # A picture's file shrinks a little faster than its scale, so that the second try fits.
            sharp = sharp * LIMIT / len(png) if png else sharp
            figure.set_dpi(100 * sharp)
            canvas.draw()  # type: ignore[no-untyped-call]
            png = compress(canvas)
        return png, height

    def _frame(self) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = self.axes
        axes.set_yticks([])
        axes.xaxis.set_major_locator(MaxNLocator(nbins=12, steps=[1, 2, 5, 10]))
        axes.tick_params(axis="x", colors=PALE, labelsize=8.5, length=3)
        axes.set_xlabel("seconds since the call began", color=PALE, fontsize=8.5, labelpad=3)
        axes.grid(axis="x", color="#eceef1", linewidth=0.8)
        axes.set_axisbelow(True)
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color("#c8ccd2")

    def _text(self, x: float, y: float, text: str, colour: str = INK, align: str = "left", **more: Any) -> None:
        self.axes.text(x, y, self._drawable(text), color=colour, ha=align, va="center_baseline",
                       fontproperties=self._font, parse_math=False, **more)  # fmt: skip

    def _lane(self, name: str, rows: Rows, paint: Any) -> None:
        if not rows:
            return
        self._text(-12 / self.scale, self.y + ROW / 2, name, PALE, "right")
        for row, label, mark in rows:
            y = self.y + row * ROW + ROW / 2
            paint(mark, y)
            self._text(label / self.scale, y, mark.text, RED if mark.trouble else INK)
        self.y += _count(rows) * ROW + GAP

    def _moment(self, mark: Mark, y: float) -> None:
        """A webhook: a triangle, a bar if it took long, a cross if it went wrong."""
        if mark.end > mark.start:
            self.axes.barh(y, mark.end - mark.start, left=mark.start, height=9, color=AMBER, edgecolor=INK,
                           linewidth=0.6, zorder=3)  # fmt: skip
        shape, colour = ("X", RED) if mark.trouble else ("v", BLUE)
        self.axes.plot([mark.start], [y], shape, color=colour, markersize=6, clip_on=False, zorder=4)

    def _request(self, mark: Mark, y: float) -> None:
        """What the API was asked: a triangle upwards, a cross if it was refused."""
        shape, colour = ("X", RED) if mark.trouble else ("^", BLUE)
        self.axes.plot([mark.start], [y], shape, color=colour, markersize=6, clip_on=False, zorder=4)

    def _key(self, mark: Mark, y: float) -> None:
        self.axes.plot([mark.start], [y], "D", color=INK, markersize=4.5, clip_on=False, zorder=4)

    def _bar(self, mark: Mark, y: float) -> None:
        edge = RED if mark.trouble else PALE
        self.axes.barh(y, max(mark.end - mark.start, 2 / self.scale), left=mark.start, height=ROW - 4, linewidth=0.7,
                       color=FILL.get(mark.kind, OTHER), edgecolor=edge, zorder=3)  # fmt: skip
        if mark.note.startswith("stopped"):  # a thick end says: cut off here
            self.axes.plot([mark.end] * 2, [y - ROW / 2 + 2, y + ROW / 2 - 2], color=INK, linewidth=2, zorder=4)

    def _heard(self) -> None:
        """The waveform, mirrored about its middle; ringing before it, silences that a slow reply caused in it."""
        tracks, top, middle = self.tracks, self.y, self.y + WAVE / 2
        self._text(-12 / self.scale, middle, "heard", PALE, "right")
        if tracks.ringing:
            self._shade(tracks.ringing, ["ringing"], "#eceef1", "#eceef1", None)
        for wait in tracks.waits:
            seconds = f"{wait.end - wait.start:.1f} s"
            what, _, cause = wait.label.partition(": ")
            names = [f"{what} {seconds}:\n{cause}", f"{what} {seconds}:\n{cause.replace(' /', chr(10) + '/')}"]
            self._shade(wait, [*names, f"{what}\n{seconds}", seconds], "#fbefd5", AMBER, "||")
        levels = tracks.envelope((WIDTH - LEFT - RIGHT) * 2)
        if levels is not None:
            self._wave(levels, middle)
        if levels is None or levels.max() < 0.01:
            start = tracks.ringing.end if tracks.ringing else 0
            place = (start + self.end) / 2 if (self.end - start) * self.scale > 200 else self.end / 2
            y = middle if place > start else top + WAVE - 9
            self._text(place, y, tracks.silent or "nothing was played", PALE, "center", bbox=_label("white"))
        self.y += WAVE + GAP

    def _wave(self, levels: Any, middle: float) -> None:
        import numpy as np

        x = np.linspace(0, self.tracks.length, len(levels))
        heard = (x >= (self.tracks.answered or 0)) & (x <= self.tracks.ended)
        half = levels / max(FULL, float(levels.max())) * (WAVE / 2 - 2)
        self.axes.plot([self.tracks.answered or 0, self.tracks.ended], [middle] * 2, color=BLUE, linewidth=0.8)
        self.axes.fill_between(x, middle - half, middle + half, where=heard, color=BLUE, linewidth=0, antialiased=False)

    def _shade(self, mark: Mark, names: list[str], face: str, line: str, hatch: str | None) -> None:
        """A named stretch of the waveform: the longest of the names that fits, or the last one upright."""
        self.axes.fill_between([mark.start, mark.end], self.y, self.y + WAVE, facecolor=face, edgecolor=line,
                               hatch=hatch, linewidth=0, zorder=1)  # fmt: skip
        room = (mark.end - mark.start) * self.scale
        name = next((n for n in names if max(map(self._width, n.split("\n"))) + 10 <= room), None)
        if name or room >= 13:
            self._text((mark.start + mark.end) / 2, self.y + WAVE / 2, name or names[-1], align="center", zorder=5,
                       rotation=0 if name else 90, bbox=_label(face))  # fmt: skip


def _count(rows: Rows) -> int:
    """How many rows a lane has."""
    return 1 + max((row for row, _, _ in rows), default=-1)


def _label(colour: str) -> dict[str, Any]:
    return {"facecolor": colour, "edgecolor": "none", "pad": 2}


def palette() -> bytes:
    """The colours of the picture, and the shades between them that smooth letters and edges."""
    lights = ["#ffffff", *FILL.values(), OTHER, "#fbefd5", "#eceef1"]
    pairs = [(dark, "#ffffff", 4) for dark in (INK, PALE, BLUE, RED, AMBER)] + [(INK, light, 3) for light in lights]
    rgb = [_mix(dark, light, step / steps) for dark, light, steps in pairs for step in range(steps + 1)]
    rgb += [_mix(c, c, 0) for c in (*lights, "#c8ccd2")] + [_mix(AMBER, "#fbefd5", 0.5)]
    return b"".join(dict.fromkeys(rgb))


def _mix(a: str, b: str, share: float) -> bytes:
    one, two = bytes.fromhex(a[1:]), bytes.fromhex(b[1:])
    return bytes(round(x + (y - x) * share) for x, y in zip(one, two, strict=True))


def compress(canvas: Any) -> bytes:
    """A canvas as a small PNG: few colours, no date, no version."""
    from PIL import Image

    picture = Image.frombytes("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba())).convert("RGB")
    colours = Image.new("P", (1, 1))
    colours.putpalette(palette())
    few = picture.quantize(palette=colours, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.save(file, "PNG", optimize=True)
    return file.getvalue()
