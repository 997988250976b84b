"""The option lab: one call beside the other, each with a player, a waveform, its loudness, and what differs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..base.html import Html, join, tag
from ..base.text import columns, one_line
from ..base.view import View
from ..views.player import audio
from .view import QUIET, sound_path

if TYPE_CHECKING:
    from ..audio.files import Samples
    from .paths import Place
    from .rehearsal import Rehearsal

RATE = 8000
BARS, HEIGHT = 72, 40  # of the longest waveform
LOWEST = 0.05  # the least that fills the height of a waveform: softer sounds look soft
SIGNS = ("s", "dB", "Hz", "%")  # units that stand behind a number; "times" and "keys" do not
LINE = "1px solid var(--jp-border-color2,#bdbdbd)"
INK = "var(--jp-brand-color1,#1565c0)"
FRAME = f"margin:0;padding:.6em .8em;border:{LINE};border-radius:4px"
NAME = "font-weight:600;margin-bottom:.3em;overflow-wrap:anywhere"
TROUBLE = "color:var(--jp-error-color1,#b4261a)"


@dataclass
class Cell:
    """A call as it is shown, or why there is none. ``loudness``: the level of what sounds, in dB below full scale."""

    values: tuple[Any, ...]
    labels: tuple[str, ...]
    problem: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    file: str = ""
    seconds: float = 0.0
    loudness: float | None = None  # silence
    peaks: tuple[float, ...] = ()


def option_lab(places: list[Place], calls: list[tuple[tuple[Any, ...], Rehearsal | str]], width: int) -> View:
    """The calls of a sweep, or what is wrong with their values: as a grid of cells, or as a table, ``width`` in a row,
    if two options were varied; and in words."""
    longest = max((call.seconds for _, call in calls if not isinstance(call, str)), default=0.0)
    cells = [_cell(places, values, call, longest) for values, call in calls]
    lab = _Lab(places, cells, width, _common(cells), _reference(places, cells))
    return View(lab.text(), {"text/html": lab.html()})


@dataclass(frozen=True)
class _Lab:
    places: list[Place]
    cells: list[Cell]
    width: int
    same: dict[str, str]  # what is the same in all cells
    reference: Cell | None  # the cell that loudness is compared with

    @property
    def title(self) -> str:
        what = " and ".join(f"{place.path} ({place.action})" for place in self.places)
        return f"Option lab: {what}"

    def loudness(self, cell: Cell) -> str:
        """The level of what sounds, compared with the reference."""
        if cell.loudness is None:
            return "silent"
        base = self.reference.loudness if self.reference else None
        if cell is self.reference or base is None:
            return f"{cell.loudness:.1f} dB"
        difference = round(cell.loudness - base, 1) + 0.0
        return f"{cell.loudness:.1f} dB ({difference:+.1f})" if difference else f"{cell.loudness:.1f} dB (same)"

    @property
    def legend(self) -> str:
        """What the numbers mean."""
        base = f"; in brackets, compared with {' and '.join(self.reference.labels)}" if self.reference else ""
        return f"Loudness: the level of what sounds, below full scale{base}."

    def text(self) -> str:
        """The lab in words."""
        head = [*(place.path for place in self.places), "length", "loudness", "what differs", "sound"]
        rows = []
        for cell in self.cells:
            facts = one_line("; ".join(f"{name}: {fact}" for name, fact in cell.facts.items()), 160)
            told = [f"{cell.seconds:.1f} s", self.loudness(cell), facts, cell.file]
            rows.append([*cell.labels, *(["", "", f"✗ {one_line(cell.problem, 160)}", ""] if cell.problem else told)])
        lines = [self.title, *columns([head, *rows], right=(len(self.places),)), self.legend]
        return "\n".join([*lines, *(f"The same in all: {name}: {fact}" for name, fact in self.same.items())])

    def html(self) -> Html:
        """The lab to hear and to see."""
        return tag("div",
            tag("p", tag("strong", self.title), style="margin:.2em 0 .6em"),
            self._grid() if len(self.places) == 1 else self._table(),
            tag("p", self.legend, [(tag("br"), f"The same in all: {name}: {fact}") for name, fact in self.same.items()],
                style=f"margin:.6em 0;font-size:.9em;{QUIET}"),
            style="line-height:1.45")  # fmt: skip

    def _grid(self) -> Html:
        cells = [
            tag("figure", tag("figcaption", cell.labels[0], style=NAME), self._inside(cell), style=FRAME)
            for cell in self.cells
        ]
        return tag("div", cells, style="display:grid;grid-template-columns:repeat(auto-fill,minmax(14em,1fr));gap:.7em")

    def _table(self) -> Html:
        style = f"text-align:left;vertical-align:top;padding:.5em .7em;border:{LINE};white-space:normal"
        corner = Html(f"{self.places[0].path} ↓ &nbsp; {self.places[1].path} →")
        head = [tag("th", cell.labels[1], scope="col", style=style) for cell in self.cells[: self.width]]
        rows = [tag("tr", tag("th", corner, style=f"{style};white-space:nowrap;font-weight:400"), head)]
        for first in range(0, len(self.cells), self.width):
            row = self.cells[first : first + self.width]
            inside = [tag("td", self._inside(cell), style=f"{style};min-width:11em") for cell in row]
            rows.append(tag("tr", tag("th", row[0].labels[0], scope="row", style=style), inside))
        table = tag("table", tag("thead", rows[0]), tag("tbody", rows[1:]), style="border-collapse:collapse")
        return tag("div", table, style="overflow-x:auto", tabindex="0", role="region", aria_label=self.title)

    def _inside(self, cell: Cell) -> Html:
        if cell.problem:
            return tag("p", f"✗ {cell.problem}", style=f"margin:0;overflow-wrap:anywhere;{TROUBLE}")
        label = ", ".join(f"{p.path} {one}" for p, one in zip(self.places, cell.labels, strict=True))
        facts = [
            tag("div", tag("span", f"{name}:", style=QUIET), f" {fact}", style="overflow-wrap:anywhere")
            for name, fact in cell.facts.items()
        ]
        sound = cell.file and audio(quote(cell.file), label, "min-width:9em")
        highest = max(LOWEST, *(max(one.peaks, default=0.0) for one in self.cells))
        told = tag("div", f"{cell.seconds:.1f} s, {self.loudness(cell)}")
        return join([sound, _waveform(cell.peaks, highest), told, facts])


def _cell(places: list[Place], values: tuple[Any, ...], call: Rehearsal | str, longest: float) -> Cell:
    from ..audio.samples import peaks

    labels = tuple(_label(place, value) for place, value in zip(places, values, strict=True))
    if isinstance(call, str):
        return Cell(values, labels, problem=call)
    if not call.seconds:
        return Cell(values, labels, facts=call.facts)
    samples = call.call.heard_samples(RATE)
    heights = tuple(round(peak, 4) for peak in peaks(samples, max(1, round(BARS * call.seconds / longest))))
    return Cell(values, labels, "", call.facts, sound_path(call), call.seconds, _loudness(samples), heights)


def _label(place: Place, value: Any) -> str:
    if value is None:
        return "left out"
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and place.option is not None and place.option.unit in SIGNS:
        text += f" {place.option.unit}"
    default = place.option is not None and type(value) in (int, float, bool, str) and value == place.option.default
    return one_line(text, 60) + (" (default)" if default else "")


def _loudness(samples: Samples) -> float | None:
    """The RMS level of the parts that are not silent, in dB below full scale; None if all of it is silent."""
    import numpy as np

    from ..audio.samples import FAINT, levels

    found = levels(samples, RATE)
    loud = found[found > FAINT]
    return round(float(10 * np.log10((loud**2).mean())), 1) if len(loud) else None


def _waveform(peaks: tuple[float, ...], highest: float) -> Html:
    """Peaks, mirrored. All waveforms of a lab have one scale, so that a level can be seen, and a length too."""
    middle = HEIGHT // 2
    heights = [max(0.5, round((middle - 2) * peak / highest, 1)) for peak in peaks]
    path = "".join(f"M{3 * x + 1} {middle - h:g}v{2 * h:g}" for x, h in enumerate(heights))
    return Html(
        f'<svg aria-hidden="true" viewBox="0 0 {3 * BARS} {HEIGHT}" preserveAspectRatio="none" '
        f'style="display:block;width:100%;height:2.8em;margin:.3em 0"><path d="{path}" '
        f'style="stroke:{INK}" stroke="#1565c0" stroke-width="2"/></svg>'
    )


def _common(cells: list[Cell]) -> dict[str, str]:
    """The facts that all calls share, taken out of each."""
    played = [cell.facts for cell in cells if not cell.problem]
    names = dict.fromkeys(name for facts in played for name in facts) if len(played) > 1 else ()
    same = {name: played[0][name] for name in names if len({facts.get(name) for facts in played}) == 1}
    for facts in played:
        for name in same:
            del facts[name]
    return same


def _reference(places: list[Place], cells: list[Cell]) -> Cell | None:
    """What loudness is compared with: the cell of the defaults, else the first that sounds."""
    sounding = [cell for cell in cells if cell.loudness is not None]
    usual = (tuple(place.option.default if place.option else None for place in places), (None,) * len(places))
    found = [*(cell for cell in sounding if cell.values in usual), *sounding]
    return found[0] if len(sounding) > 1 else None
