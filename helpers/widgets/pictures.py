"""Phone, builder and event panel as still pictures: for a code host, nbconvert, and a notebook that was not run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ..base.text import one_line
from ..simulator.sound.tones import KEYS
from ..views.ladder_picture import wrapped
from ..views.svg import WIDTH, Picture, Svg, fit, text_width

LINE = 15  # from a line of words to the next
HANDSET = (
    "M6.6 3.5l2.7 1 .9 4-2 1.7a13 13 0 0 0 5.6 5.6l1.7-2 4 .9 1 2.7c0 1.7-1.3 3.1-3 3.1A14.5 14.5 0 0 1 3.5 6.5c0-1.7"
    " 1.4-3 3.1-3z"
)
BADGES = {"good": "input", "bad": "slow", "wait": "wait", "plain": "stream"}  # how a badge looks: its colour
MOST_ROWS, MOST_LINES = 14, 24


def phone_picture(shown: dict[str, Any], words: str) -> Picture:
    """A phone as ``phone.js`` draws it from the same facts; ``words`` are its twin."""
    svg = Svg(WIDTH)
    svg.rect(0.5, 0.5, 440, 293, "quiet", stroke="edge", rx=22)
    svg.text(18, 24, fit(shown["name"], 250), "b")
    svg.text(422, 24, shown["number"] or shown["sound_word"], "r p")
    _screen(svg, shown)
    for row, keys in enumerate(KEYS):
        for column, key in enumerate(keys):
            svg.rect(276 + 50 * column, 44 + 46 * row, 46, 40, "bg", stroke="edge", rx=10)
            svg.text(299 + 50 * column, 64 + 46 * row, key, "m b")
    buttons = {"idle": [("Dial", "green")], "ringing": [("Decline", "red"), ("Answer", "green")], "off": []}
    for place, (name, colour) in enumerate(buttons.get(shown["state"], [("Hang up", "red")])):
        _round(svg, 50 + 66 * place, 250, 15, colour, "bg")
        svg.text(50 + 66 * place, 275, name, "m")
    _switch(svg, 176, 246, bool(shown["manual"]))
    svg.text(218, 247, "I'll answer this phone", "b")
    svg.text(218, 263, fit(shown["switch"], 214), "p")
    _heard(svg, shown)
    return Picture(words, svg.whole(294, f"{shown['label']}: {shown['title']} {shown['other']}"))


def _screen(svg: Svg, shown: dict[str, Any]) -> None:
    """Who calls and what is going on, as on the phone's screen."""
    svg.rect(14, 44, 250, 178, "slow" if shown["state"] == "off" else "bg", stroke="edge", rx=14)
    busy = shown["state"] in ("ringing", "in call")
    _round(svg, 139, 80, 18, "green" if busy else "stream", "bg" if busy else "blue")
    top = 116
    said = [(shown["title"], "m p"), (shown["other"], "m b"), (shown["latest"], "m"), (shown["note"], "m")]
    for text, look in said:
        for line in wrapped(text, 230) if text else ():
            if top < 216:
                svg.text(139, top, line, look)
            top += LINE


def _round(svg: Svg, x: float, y: float, radius: float, colour: str, ink: str) -> None:
    """A round button with a handset in it."""
    svg.add("circle", cx=x, cy=y, r=radius, fill=colour)
    scale = radius / 20
    svg.path(HANDSET, ink, transform=f"translate({x - 12 * scale:.1f} {y - 12 * scale:.1f})scale({scale:g})")


def _switch(svg: Svg, x: float, y: float, on: bool) -> None:
    svg.rect(x, y, 32, 18, "blue" if on else "bg", stroke="edge", rx=9)
    svg.add("circle", cx=x + (23 if on else 9), cy=y + 9, r=6, fill="bg" if on else "pale")


def _heard(svg: Svg, shown: dict[str, Any]) -> None:
    """The captions, as many as there is room for, the newest last; and the last calls."""
    svg.rect(455, 0.5, 264, 293, "bg", stroke="edge", rx=14)
    svg.text(470, 22, "What is heard", "b")
    lines: list[tuple[str, str, str]] = []
    for one in shown["lines"]:
        text = f"You: {one['text']}" if one["who"] == "you" else one["text"]
        first, *more = wrapped(text, 190)
        look = {"error": "x", "note": "p"}.get(one["who"], "")
        lines += [(f"{one['at']:.1f} s" if one["at"] >= 0 else "", first, look), *(("", line, look) for line in more)]
    for row, (at, text, look) in enumerate(lines[-11:] or [("", "Captions appear here during a call.", "p")]):
        svg.text(510, 44 + LINE * row, at, "r p")
        svg.text(518 if lines else 470, 44 + LINE * row, text, look)
    svg.text(470, 224, "Last calls", "b")
    for row, call in enumerate(shown["calls"][:4]):
        svg.text(
            470,
            244 + LINE * row,
            fit(f"{'↗' if call['out'] else '↙'} {call['who']}", 140),
            "x" if call["missed"] else "",
        )
        svg.text(708, 244 + LINE * row, fit(call["how"], 90), "r p")
    if not shown["calls"]:
        svg.text(470, 244, "No calls yet.", "p")


def builder_picture(items: Sequence[Any], problems: Iterable[tuple[str, str]], words: str) -> Picture:
    """An NCCO as the builder shows it: a card for each action, the JSON, and what is wrong (severity and sentence)."""
    svg, top = Svg(WIDTH), 8.0
    for index, item in enumerate(items[:MOST_ROWS]):
        top = _card(svg, index, item, top)
    if len(items) > MOST_ROWS:
        svg.text(12, top + 8, f"and {len(items) - MOST_ROWS} more", "p")
        top += 22
    if not items:
        svg.text(12, 22, "No action yet.", "p")
    right = 22.0
    svg.text(420, right, "JSON", "b")
    svg.rect(412, right + 12, 300, 2, "blue")
    text = json.dumps(list(items), indent=1, ensure_ascii=False, default=str).splitlines()
    lines = (
        text if len(text) <= MOST_LINES else [*text[: MOST_LINES - 1], f"… and {len(text) - MOST_LINES + 1} lines more"]
    )
    for row, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        svg.text(420 + 12 * depth, right + 28 + LINE * row, fit(line, 280 - 12 * depth))
    right += 28 + LINE * len(lines) + 8
    found = list(problems)
    svg.text(420, right, "Problems" if found else "No problems.", "b" if found else "p")
    for severity, sentence in found[:6]:
        for line in wrapped(f"{severity}: {sentence}", 290):
            right += LINE
            svg.text(420, right, line, "x" if severity == "error" else "")
    svg.rect(404, 8, 1, max(top, right) - 8, "edge")
    return Picture(words, svg.whole(max(top, right) + 14, f"NCCO builder with {len(items)} actions"))


def _card(svg: Svg, index: int, item: Any, top: float) -> float:
    """One action: its number, its name and its options. Returns where the next one goes."""
    options = {key: value for key, value in item.items() if key != "action"} if isinstance(item, dict) else {"": item}
    shown = list(options.items())[:8]
    svg.rect(4, top, 392, 32 + 18 * len(shown), "bg", stroke="edge", rx=8)
    svg.rect(12, top + 6, 18, 16, "stream", rx=8)
    svg.text(21, top + 14, str(index), "m")
    name = item.get("action") if isinstance(item, dict) else None
    svg.text(38, top + 14, one_line(name or "no action", 60), "b")
    for row, (key, value) in enumerate(shown):
        y = top + 36 + 18 * row
        svg.text(38, y, fit(str(key), 100), "p")
        told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        svg.rect(142, y - 8, 246, 16, "quiet", rx=4)
        svg.text(148, y, fit(told, 234))
    return top + 40 + 18 * len(shown)


def panel_picture(rows: Sequence[tuple[str, str, str, str, str]], facts: str, words: str) -> Picture:
    """The newest requests of an event panel: seconds, sign and name, how it looks, the numbers, what it means."""
    svg, top = Svg(WIDTH), 46.0
    svg.rect(0.5, 0.5, WIDTH - 1, 34, "quiet", stroke="edge", rx=8)
    svg.text(14, 18, "Events of your server", "b")
    svg.text(WIDTH - 14, 18, facts, "r p")
    for time, name, look, numbers, meaning in rows[-MOST_ROWS:]:
        svg.text(46, top + 4, time, "r p")
        name = fit(name, 92)
        svg.rect(56, top - 6, text_width(name) + 16, 18, BADGES[look], rx=9)
        svg.text(64, top + 3, name)
        lines = wrapped(meaning, WIDTH - 180)
        for row, line in enumerate(lines):
            svg.text(168, top + 3 + LINE * row, line)
        if numbers:
            svg.text(168, top + 3 + LINE * len(lines), fit(numbers, WIDTH - 180), "p")
        top += LINE * (len(lines) + bool(numbers)) + 8
        svg.rect(8, top - 9, WIDTH - 16, 1, "grid")
    if not rows:
        svg.text(14, top + 6, "No events yet.", "p")
        top += 14
    return Picture(words, svg.whole(top + 6, f"Event panel: {facts}"))
