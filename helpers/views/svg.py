"""A small SVG writer: pictures that a page shows without any help, in its light or its dark colours.

A page shows them as images: no script in them runs, nothing is fetched, and they are told the colour scheme of the
page. Every text is escaped, and cut so that it cannot leave its place.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..base.errors import KitError
from ..base.html import Html, tag
from ..base.text import one_line
from ..base.view import View

WIDTH = 720  # pixels of a picture: between what a notebook has room for in windows of 800 and of 1280
WIDEST = 1000  # pixels; as far as it grows with the notebook
FONT = 11.5  # pixels
# How wide a character is, in parts of the font size: those of DejaVu Sans and Verdana, the widest of the usual fonts.
WIDTHS = {
    0.29: "'ijlIJ",
    0.37: " ,./:;\\|f-",
    0.41: "()[]tr!",
    0.55: '"*_`sz?c',
    0.6: "LFkvxyPTYao",
    0.66: "eESbdghnpquK$",
    0.64: "0123456789{}",
    0.75: "AVBRXZCUHN",
    0.8: "DG&OQ",
    0.86: "w#+<=>^~M",
    1.0: "%mW@",
}
ADVANCE = {character: width for width, group in WIDTHS.items() for character in group}
# Names of colours, on a light page and on a dark one. Contrast of words on their ground is at least 4.5 to 1.
COLOURS = {
    "bg": ("#ffffff", "#111111"),
    "ink": ("#1f2937", "#e6e9ee"),
    "pale": ("#5f6875", "#a3adba"),
    "grid": ("#e9ecf0", "#262b33"),
    "edge": ("#c4cad3", "#434b57"),
    "blue": ("#2f6197", "#7db2ea"),
    "wave": ("#4a7cb3", "#5b93cf"),
    "red": ("#b3261e", "#ff9a8c"),
    "green": ("#1b7a3d", "#2f9e58"),
    "amber": ("#d9942a", "#d9a04a"),
    "slow": ("#fdf0d0", "#443414"),
    "quiet": ("#f1f3f5", "#1f232a"),
    "stream": ("#cfe0f4", "#23415f"),
    "talk": ("#f6e3bd", "#554019"),
    "input": ("#cfeadb", "#1e4a36"),
    "wait": ("#e5e8ec", "#333a44"),
    "other": ("#e5daf0", "#433357"),
}

ALWAYS = ("bg", "ink", "pale", "red")  # those of words


def _style(drawn: str) -> str:
    """Letters, and the colours that are in use."""
    used = {name: pair for name, pair in COLOURS.items() if name in ALWAYS or f"--{name})" in drawn}
    light, dark = (";".join(f"--{name}:{pair[place]}" for name, pair in used.items()) for place in (0, 1))
    return (
        f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"text{{font:{FONT}px system-ui,'DejaVu Sans',sans-serif;fill:var(--ink);white-space:pre}}"
        ".h{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}.r{text-anchor:end}.m{text-anchor:middle}.p{fill:var(--pale)}.x{fill:var(--red)}.b{font-weight:600}"
    )


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = FONT) -> float:
    """Pixels that a text takes at the most, whichever usual font shows it."""
    return sum(_advance(character) for character in text) * size


def _advance(character: str) -> float:
    if character in ADVANCE:
        return ADVANCE[character]
    if unicodedata.combining(character):
        return 0.0
    # Fullwidth letters, ideographs and emoji are square.
    return 1.1 if unicodedata.east_asian_width(character) in "WF" else 0.85


def fit(text: str, room: float) -> str:
    """As much of a text as there is room for, with an ellipsis if that is not all."""
    text = one_line(text, 400)
    if text_width(text) <= room:
        return text
    while text and text_width(f"{text}…") > room:
        text = text[:-1].rstrip()
    return f"{text}…" if text else ""


def number(value: float) -> str:
    """A number with at most one decimal place, in as few characters as it takes."""
    told = f"{value:.1f}".removesuffix(".0")
    return "0" if told == "-0" else told


class Svg:
    """A picture of ``width`` pixels; its height is told at the end. Colours are names of :data:`COLOURS`."""

    def __init__(self, width: float) -> None:
        self.width, self.height = width, 0.0
        self._parts: list[str] = []

    def add(self, tag: str, inside: str = "", **attributes: Any) -> None:
        """An element. ``inside`` is shown as it is: it must be escaped. A name's ``_`` stands for ``-``."""
        told = []
        for name, value in attributes.items():
            if isinstance(value, float | int):
                value = number(value)
            elif name in ("fill", "stroke") and value in COLOURS:
                value = f"var(--{value})"
            told.append(f' {name.rstrip("_").replace("_", "-")}="{escape(str(value))}"')
        self._parts.append(f"<{tag}{''.join(told)}" + (f">{inside}</{tag}>" if inside else "/>"))

    def text(self, x: float, y: float, text: str, look: str = "") -> None:
        """One line of text whose middle is at ``y``. ``look``: r(ight), m(iddle), p(ale), x (trouble), b(old)."""
        words = escape(one_line(text, 400), quote=False)
        if words:
            self.add("text", words, x=x, y=y + 4, **({"class": look} if look else {}))

    def rect(self, x: float, y: float, width: float, height: float, fill: str, **more: Any) -> None:
        """A box."""
        self.add("rect", x=x, y=y, width=max(width, 0.5), height=height, fill=fill, **more)

    def line(self, x: float, y: float, to_x: float, to_y: float, stroke: str = "edge", **more: Any) -> None:
        """A straight line."""
        self.add("path", d=f"M{number(x)} {number(y)}L{number(to_x)} {number(to_y)}", stroke=stroke, **more)

    def path(self, d: str, fill: str = "none", **more: Any) -> None:
        """A shape."""
        self.add("path", d=d, fill=fill, **more)

    def whole(self, height: float, title: str, words: str = "") -> str:
        """The picture as SVG. ``title`` names it to who does not see it, ``words`` say more."""
        self.height = height
        w, h = number(self.width), number(height)
        told = f"<title>{escape(one_line(title, 300), quote=False)}</title>"
        told += f"<desc>{escape(one_line(words, 600), quote=False)}</desc>" if words else ""
        drawn = "".join(self._parts)
        ground = f'<rect width="{w}" height="{h}" fill="var(--bg)"/>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img">'
            f"{told}<style>{_style(drawn)}</style>{ground}{drawn}</svg>"
        )


def _title(svg: str) -> str:
    """What a picture is called by who does not see it."""
    return unescape(svg.partition("<title>")[2].partition("</title>")[0])


def image(svg: str, alt: str) -> Html:
    """A picture as HTML, as wide as there is room. JupyterLab shows it in a notebook that is not trusted, too, where it
    refuses ``image/svg+xml``."""
    source = f"data:image/svg+xml,{quote(svg, safe=' /:;=,.()[]{}@*+-!?')}"
    return tag("img", src=source, alt=one_line(alt, 300), style=f"display:block;width:100%;max-width:{WIDEST}px")


class Picture(View):
    """A view that is an SVG: hand it out, keep it in a file."""

    def __init__(self, text: str, svg: str) -> None:
        super().__init__(text, {"text/html": image(svg, _title(svg))})
        self._svg = svg

    def svg(self) -> str:
        """The picture as SVG: a page, a word processor and a browser show it as it is."""
        return self._svg

    def forms(self) -> dict[str, str]:
        """What can be kept, by the ending of the file's name."""
        return {".svg": self.svg(), ".txt": self.text}

    def save(self, path: str | Path) -> str:
        """Keep it in a file; the ending of its name says as what. Returns the path. Raises KitError."""
        file, forms = Path(path), self.forms()
        found = forms.get(file.suffix.lower())
        if found is None:
            raise KitError(
                f"{one_line(file.name)!r} does not say what to save as.", f"End it with {' or '.join(forms)}."
            )
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(found + "\n", "utf-8")
        except OSError as error:
            raise KitError(
                f"{one_line(file)} cannot be written: {error.strerror}.", "Name a folder that is yours."
            ) from None
        return str(file)
