"""The event table: everything that happened in a call, line by line."""

from __future__ import annotations

from ..base.html import Html, tag
from ..base.text import columns
from ..base.view import View
from ..calls.record import Record
from ..calls.story import Step, Story

HEAD = ["s", "what", "who → whom", "details"]
HEADS = [("time (s)", 5), ("what", 17), ("who → whom", 10), ("details", 10)]
CELL = "text-align:left"  # JupyterLab aligns cells to the right


def table(call: Record) -> View:
    """Every step of a call: seconds since its start, what happened, who told whom, details."""
    story = Story(call)
    steps = [step for step in story.steps if not (step.reply and step.quiet)]
    rows = [_cells(step, story.lanes) for step in steps]
    text = "\n".join(columns([HEAD, *rows], right=(0,)))
    return View(text, {"text/html": as_html(repr(call), steps, rows)})


def _cells(step: Step, lanes: dict[str, str]) -> list[str]:
    a, b = lanes[step.source], lanes[step.target]
    who = a if a == b else f"{a} → {b}"
    return [f"{step.at:.2f}", f"✗ {step.text}" if step.trouble else step.text, who, step.detail]


def as_html(caption: str, steps: list[Step], rows: list[list[str]]) -> Html:
    """The rows as an HTML table; trouble carries a sign as well as a colour."""
    head = [tag("th", name, scope="col", style=f"{CELL};min-width:{least}em") for name, least in HEADS]
    lines = []
    for step, (at, what, who, detail) in zip(steps, rows, strict=True):
        colour = ";color:#b4531a;font-weight:600" if step.trouble else ""
        styles = (f"{CELL}{colour}", f"{CELL};white-space:nowrap", CELL)
        cells = [tag("td", cell, style=style) for cell, style in zip((what, who, detail), styles, strict=True)]
        lines.append(tag("tr", tag("td", at), cells))
    title = tag("caption", caption, style=CELL)
    body = [tag("thead", tag("tr", head)), tag("tbody", lines)]
    return tag("table", title, body, style="border-collapse:collapse")
