"""The telephone ear: a sound file as uploaded beside the file as a phone delivers it, and what to do about it."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from ..audio.fitness import LOUDNESS, Advice, Fitness, advice, make_phone_ready, measure
from ..base.errors import KitError
from ..base.html import Html, tag
from ..base.text import columns
from ..base.view import View

if TYPE_CHECKING:
    from ..audio.files import Samples

EXCERPT = 60.0  # seconds of a long file that are to be heard and seen
PHONE = 8000
WIDE, HIGH = 380, 64  # of a waveform
LINES = (100, 300, 1000, 3400, 8000, 20000)  # Hz, marked in the spectrum
LOW, TOP, FLOOR = 50, 22050, -70  # of the spectrum: Hz, Hz, dB
BANDS = 44
OURS, PHONES = "#c2621b", "#3b7dc4"  # told apart on white and on black
DASHED = ' stroke-dasharray="6 3"'


class TelephoneEar(View):
    """What :func:`telephone_ear` shows. ``fitness`` has the measures, ``advice`` what to do; both can be asked.

    ``as_uploaded`` and ``on_the_phone`` are the samples (mono; the phone's are 8000 a second).
    """

    def __init__(
        self, source: Path, sides: tuple[_Side, _Side], fitness: Fitness, done: list[str], folder: Path, law: str
    ) -> None:
        self.source, self.fitness, self.advice = source, fitness, advice(fitness)
        self.as_uploaded, self.on_the_phone = sides[0].samples, sides[1].samples
        self._folder, self._law = folder, law
        text = _words(source.name, sides, self.advice, done)
        super().__init__(text, {"text/html": _page(source.name, sides, self.advice, done)})

    @property
    def ready(self) -> bool:
        """True if there is nothing to do."""
        return all(one.fine for one in self.advice)

    def phone_ready(self, target: str | Path, *, rate: int = 16000, loudness: float = LOUDNESS) -> TelephoneEar:
        """Write a copy that fits a telephone, and show that one: ``ear.phone_ready("heard/welcome.mp3")``.

        ``target`` ends in .mp3 or .wav. Mono, 16 kHz (WAV also 8), silence at the ends cut, as loud as a voice
        (``loudness``, dBFS) or as far as its peaks allow; nothing is clipped. Raises AudioError if it cannot be
        written.
        """
        _, told = make_phone_ready(self.source, target, rate=rate, loudness=loudness)
        return _ear(Path(target), self._folder, self._law, told or ["nothing had to be changed"])


@dataclass(frozen=True)
class _Side:
    """One of the two sounds that are compared."""

    title: str
    facts: str
    link: str
    samples: Samples
    rate: int
    colour: str
    dashed: bool


def telephone_ear(source: str | Path, *, law: str = "a", folder: str | Path = "heard") -> TelephoneEar:
    """A sound file as uploaded beside the file as a phone delivers it: to hear, to see, and with plain advice.

    ``source``: a path, or a name in the kit's folder ``audio``. What the phone delivers goes the simulator's own way:
    mixed at 16 kHz, then 8 kHz and G.711 (``law`` "a": Europe, "mu": North America). It is written to ``folder``; the
    notebook keeps links. Of a long file the first minute is played. Raises AudioError for what is not sound.
    """
    from ..audio.names import sound_file
    from ..settings.project import place_for

    if law not in ("a", "mu"):
        raise KitError(f"There is no telephone law {law!r}.", 'Use "a" (Europe) or "mu" (North America, Japan).')
    return _ear(sound_file(source), place_for(folder), law, [])


def _ear(file: Path, folder: Path, law: str, done: list[str]) -> TelephoneEar:
    from ..audio.files import encode_wav
    from .player import safe_name

    fitness, sound, rate = measure(file)
    sound = sound[: round(EXCERPT * rate)]
    phone = _delivered(sound, rate, law)
    cut = f", the first {EXCERPT:.0f} s" if fitness.info.seconds > EXCERPT else ""
    info = fitness.info
    facts = f"{info}, {info.subtype}, {info.seconds:.1f} s, {max(1, info.bytes // 1000)} KB"
    sides = (
        _Side("As uploaded", facts, _link(file, folder), sound, rate, OURS, False),
        _Side("As a phone delivers it", f"8000 Hz, G.711 {'A' if law == 'a' else 'mu'}-law{cut}",
              _kept(folder / f"{safe_name(file.stem)}-on-the-phone.wav", encode_wav(phone, PHONE)),
              phone, PHONE, PHONES, True),
    )  # fmt: skip
    return TelephoneEar(file, sides, fitness, done, folder, law)


def _delivered(sound: Samples, rate: int, law: str) -> Samples:
    """What the simulator lets a phone hear of a sound that is streamed to it."""
    from ..audio.files import resample
    from ..simulator.sound.mixing import STORED_RATE, CueSheet, Sound, heard

    ear = CueSheet()
    cue = ear.start(0.0, Sound(resample(sound, rate, STORED_RATE)))
    line = SimpleNamespace(ear=ear, patches=[], law=law)
    return heard(cast(Any, line), 0.0, cue.sound.seconds, PHONE)


def _kept(file: Path, data: bytes) -> str:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        raise KitError(
            f"{file} cannot be written: {error.strerror}.", 'Name a folder of yours: telephone_ear(…, folder="heard").'
        ) from error
    return file.as_posix()


def _link(file: Path, folder: Path) -> str:
    """Where the page finds a file: only what is below the kit's folder can be played; of another, a copy is."""
    from ..settings.project import project

    here, home = Path.cwd().resolve(), project().resolve()
    if any(file.resolve().is_relative_to(one) for one in (here, home)) and here.is_relative_to(home):
        return Path(os.path.relpath(file, here)).as_posix()
    return _kept(folder / file.name, file.read_bytes())


# In words -----------------------------------------------------------------------------------------------------------


def _words(name: str, sides: tuple[_Side, _Side], found: list[Advice], done: list[str]) -> str:
    from ..audio.files import waveform

    lines = [f"{name}, and what a phone makes of it"]
    lines += [f"made: {', '.join(done)}"] if done else []
    for side in sides:
        lines += [f"{side.title}: {side.facts}", f"  {waveform(side.samples, 60)}"]
    levels = [_levels(side) for side in sides]
    head = ["", "0–300 Hz", "300–3400 Hz", "above"]
    rows = [[side.title.lower(), *(f"{one:.0f} dB" if one > FLOOR else "nothing" for one in row)]
            for side, row in zip(sides, _shares(levels), strict=True)]  # fmt: skip
    lines += columns([head, *rows], right=(1, 2, 3))
    lines += columns([["✓" if one.fine else "!", one.about, one.found] for one in found if one.fine])
    for one in found:
        if not one.fine:
            lines += [f"!  {one.about}: {one.found}", f"   → {one.todo}"]
    return "\n".join(lines)


def _levels(side: _Side) -> tuple[Any, Any]:
    """Frequencies and the power at each: a share of full scale, the same at any rate."""
    import numpy as np

    power = np.abs(np.fft.rfft(side.samples)) ** 2 / max(len(side.samples), 1) ** 2
    power[:1] = 0
    return np.fft.rfftfreq(len(side.samples), 1 / side.rate), power


def _shares(levels: list[tuple[Any, Any]]) -> list[list[float]]:
    """For each sound its level in three bands, in dB below the whole of the first."""
    import numpy as np

    whole = max(float(levels[0][1].sum()), 1e-20)
    bands = ((0, 300), (300, 3400), (3400, 1e9))
    return [
        [10 * float(np.log10(max(float(power[(hertz >= a) & (hertz < b)].sum()) / whole, 1e-12))) for a, b in bands]
        for hertz, power in levels
    ]


# As a page ----------------------------------------------------------------------------------------------------------


def _page(name: str, sides: tuple[_Side, _Side], found: list[Advice], done: list[str]) -> Html:
    """The same as HTML. Colours are the page's own, so that it is readable on white and on black."""
    head = tag("figcaption", f"{name}, and what a phone makes of it", style="font-weight:600;margin-bottom:.3em")
    made = tag("p", f"Made: {', '.join(done)}.", style="margin:.2em 0") if done else None
    boxes = tag("div", [_box(side) for side in sides], style="display:flex;flex-wrap:wrap;gap:1em")
    return tag("figure", head, made, boxes, _spectra(sides), _table(found), style="margin:.4em 0;max-width:800px")


def _box(side: _Side) -> Html:
    line = f"3px {'dashed' if side.dashed else 'solid'} {side.colour}"
    return tag(
        "div",
        tag("div", side.title, style="font-weight:600"),
        tag("div", side.facts, style="font-size:.9em;opacity:.8"),
        tag("audio", controls=True, preload="metadata", aria_label=side.title, src=quote(side.link),
            style="width:100%;height:38px;margin:.3em 0"),
        _wave(side),
        style=f"flex:1 1 300px;padding-top:.4em;border-top:{line}",
    )  # fmt: skip


def _wave(side: _Side) -> Html:
    """How loud it is over time: the peak of each stretch, mirrored; the lines are full scale."""
    from ..audio.samples import peaks

    middle = HIGH // 2
    # Loudness as the ear counts it, 1 px a dB: a straight scale would show a soft file as nothing.
    decibels = (20 * math.log10(max(peak, 1e-6)) for peak in peaks(side.samples, WIDE // 2))
    heights = [max(0, round((middle - 2) * (1 + one / 48))) for one in decibels]
    path = "".join(f"M{2 * x + 1} {middle - h}v{2 * h}" for x, h in enumerate(heights) if h)
    return Html(
        f'<svg role="img" aria-label="waveform, 48 dB high" viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" '
        f'style="display:block;width:100%;height:{HIGH}px">'
        f'<path d="M0 1h{WIDE}M0 {HIGH - 1}h{WIDE}M0 {middle}h{WIDE}" stroke="currentColor" stroke-opacity=".25"/>'
        f'<path d="{path}" stroke="{side.colour}" stroke-width="1.4"/></svg>'
    )


def _spectra(sides: tuple[_Side, _Side]) -> Html:
    """Both from bass to treble: one line each, full and dashed; what a telephone carries is shaded."""
    import numpy as np

    wide, high, left, foot, top = 780, 204, 48, 34, 26

    def x(hertz: float) -> int:
        return round(left + (wide - left - 24) * float(np.log(hertz / LOW) / np.log(TOP / LOW)))

    def y(decibels: float) -> int:
        return round(top + (high - foot - top) * min(max(-decibels, 0), -FLOOR) / -FLOOR)

    edges = np.geomspace(LOW, TOP, BANDS + 1)
    levels = [_levels(side) for side in sides]
    sums = [np.histogram(hertz, edges, weights=power)[0] for hertz, power in levels]
    most = max(float(max(each.max() for each in sums)), 1e-20)

    def text(at: float, line: float, words: str, more: str = ' text-anchor="middle"') -> str:
        return f'<text x="{at}" y="{line}"{more}>{escape(words)}</text>'

    pale = ' text-anchor="middle" opacity=".75"'
    parts = [
        f'<rect x="{x(300)}" y="4" width="{x(3400) - x(300)}" height="{high - foot - 4}" '
        'fill="currentColor" opacity=".08"/>',
        text((x(300) + x(3400)) // 2, 17, "what a telephone carries", pale),
    ]
    for mark in (0, -20, -40, -60):
        parts.append(f'<path d="M{left} {y(mark)}H{wide - 24}" stroke="currentColor" opacity=".15"/>')
        parts.append(text(left - 6, y(mark) + 4, f"{mark} dB", ' text-anchor="end"'))
    parts += [text(x(mark), high - foot + 15, f"{mark:,}".replace(",", " ")) for mark in LINES]
    parts.append(text((left + wide) // 2, high - 3, "frequency (Hz)", pale))
    for side, each in zip(sides, sums, strict=True):
        tops = [y(10 * float(np.log10(max(float(one) / most, 1e-12)))) for one in each]
        # Above half its rate a sound has nothing: the line falls there instead of running along the bottom.
        shown = [(x(a), x(b), top) for (a, b), top in zip(pairwise(edges), tops, strict=True) if a < side.rate / 2]
        path = f"M{shown[0][0]} {y(FLOOR)}" + "".join(f"V{top}H{b}" for _, b, top in shown) + f"V{y(FLOOR)}"
        parts.append(f'<path d="{path}" fill="none" {_stroke(side)}/>')
    for side, at in zip(sides, (76, 570), strict=True):
        parts.append(f'<path d="M{at} 13h24" {_stroke(side)}/>{text(at + 30, 17, side.title, "")}')
    return Html(
        f'<svg role="img" aria-label="spectrum of both, from bass to treble" viewBox="0 0 {wide} {high}" '
        'style="display:block;width:100%;margin-top:.6em;font-size:12px" fill="currentColor">'
        f"{''.join(parts)}</svg>"
    )


def _stroke(side: _Side) -> str:
    return f'stroke="{side.colour}" stroke-width="2"{DASHED if side.dashed else ""}'


def _table(found: list[Advice]) -> Html:
    """What was looked at, and what to do. A sign says fine or not, and a word, never the colour alone."""
    cell = "text-align:left;vertical-align:top;padding:.25em .8em .25em 0;white-space:normal"
    rows = []
    for one in sorted(found, key=lambda one: one.fine):
        todo = None if one.fine else [tag("br"), tag("span", f"→ {one.todo}", style="opacity:.85")]
        sign, weight = ("✓ fine", "400") if one.fine else ("! look", "600")
        verdict = tag("td", sign, style=f"{cell};white-space:nowrap;font-weight:{weight}")
        about = tag("th", one.about, scope="row", style=f"{cell};font-weight:{weight}")
        rows.append(tag("tr", verdict, about, tag("td", one.found, todo, style=cell)))
    heads = tag("tr", [tag("th", name, scope="col") for name in ("verdict", "about", "found")])
    head = tag("thead", heads, style="position:absolute;left:-9999px")
    return tag("table", head, tag("tbody", rows), style="border-collapse:collapse;margin:.5em 0;line-height:1.45")
