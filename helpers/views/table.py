"""The event table: everything that happened in a call, line by line."""

from __future__ import annotations

from html import escape

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


def as_html(caption: str, steps: list[Step], rows: list[list[str]]) -> str:
    """The rows as an HTML table; every value is escaped, and trouble carries a sign as well as a colour."""
    head = "".join(f'<th scope="col" style="{CELL};min-width:{least}em">{name}</th>' for name, least in HEADS)
    lines = []
    for step, (at, what, who, detail) in zip(steps, rows, strict=True):
        colour = ";color:#b4531a;font-weight:600" if step.trouble else ""
        lines.append(
            f'<tr><td>{at}</td><td style="{CELL}{colour}">{escape(what)}</td>'
            f'<td style="{CELL};white-space:nowrap">{escape(who)}</td><td style="{CELL}">{escape(detail)}</td></tr>'
        )
    return (
        f'<table style="border-collapse:collapse"><caption style="{CELL}">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    )
