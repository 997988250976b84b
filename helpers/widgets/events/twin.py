"""The event panel as text and as plain HTML: what a code host, a screen reader and a saved notebook show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...base.html import Html, join, tag
from ...base.text import columns, one_line
from ...views.svg import Picture
from ..pictures import panel_picture
from .book import Group
from .rows import BADGES, OTHERS, PLAIN, Row

HEAD = ["s", "event", "direction", "from → to", "what it means"]
CELL = "padding:.15em .7em;text-align:left;vertical-align:top"
COLOURS = {"good": "#2f7d6d", "bad": "#b4531a", "wait": "#5b6472", "plain": "#44699c"}


def _cells(row: Row) -> list[str]:
    origin = f" ({row.origin})" if row.origin else ""
    event = row.sentence if row.event and row.kind not in OTHERS else f"{row.sentence} {_wire(row)}"
    meaning = " ".join([event.strip(), *(f"[{flag}]" for flag in row.flags)])
    return [row.time, row.name + origin, one_line(row.event.get("direction") or "", 12), row.numbers, meaning]


def _wire(row: Row) -> str:
    return f"{row.target} → {row.outcome}" if row.outcome else row.target


def as_text(rows: Sequence[Row], groups: Sequence[Group], note: str = "") -> str:
    """The table in words; calls have a column of their own as soon as there are two."""
    missing = [f"{group.name}: {flag}" for group in groups for flag in group.flags()]
    if not rows:
        return "\n".join(["No events yet.", *missing, *filter(None, [note])])
    several = len({row.call for row in rows}) > 1
    lines = [HEAD, *map(_cells, rows)]
    if several:
        names = ["call", *(f"{row.call or ''}{row.leg if len(groups[row.call].legs) > 1 else ''}" for row in rows)]
        lines = [[name, *line] for name, line in zip(names, lines, strict=True)]
    return "\n".join([*columns(lines, right=(1,) if several else (0,)), *missing, *filter(None, [note])])


def as_html(rows: Sequence[Row], total: int, groups: Sequence[Group], note: str = "") -> Html:
    """The table where no live widget is. It is a log to a screen reader: new lines are read out when it has time."""
    nowrap = f"{CELL};white-space:nowrap"
    head = tag("tr", [tag("th", name, scope="col", style=nowrap) for name in ["time (s)", *HEAD[1:]]])
    hidden = f"{total - len(rows)} earlier events are in panel.to_jsonl(). " if total > len(rows) else ""
    title = f"{hidden}{total} event{'' if total == 1 else 's'}" if total else "No events yet."
    told = [f"{group.name}: {flag}" for group in groups for flag in group.flags()] + ([note] if note else [])
    table = tag(
        "table",
        tag("caption", title, style=f"text-align:left;{CELL}"),
        [tag("thead", head), tag("tbody", _bodies(rows, groups))],
        style="border-collapse:collapse;line-height:1.5",
    )
    # The reversed column keeps the newest line in view, without a script.
    style = "max-height:24em;overflow:auto;display:flex;flex-direction:column-reverse"
    log = tag("div", table, role="log", aria_live="polite", aria_label="Events of your calls", style=style)
    return join([log, [tag("p", line) for line in told]])


def as_picture(rows: Sequence[Row], counts: Mapping[str, int], words: str) -> Picture:
    """The newest rows, drawn."""
    facts = ", ".join(
        f"{counts[name]} {name if counts[name] != 1 else name[:-1]}" for name in ("events", "calls", "flags")
    )
    drawn = []
    for row in rows:
        sign, look = BADGES.get(row.name, PLAIN)
        time, name, _, numbers, meaning = _cells(row)
        drawn.append((time, f"{sign} {name}", look, numbers, meaning))
    return panel_picture(drawn, facts, words)


def _bodies(rows: Sequence[Row], groups: Sequence[Group]) -> list[Html]:
    """Call by call, each under its name as soon as there are two."""
    calls = dict.fromkeys(row.call for row in rows)
    parts = []
    for call in calls:
        group = groups[call]
        if len(calls) > 1:
            name = f"{group.name} {group.numbers}".strip()
            parts.append(tag("tr", tag("th", name, scope="rowgroup", colspan="5", style=CELL)))
        parts += [_row(row, len(group.legs) > 1) for row in rows if row.call == call]
    return parts


def _row(row: Row, lettered: bool) -> Html:
    sign, look = BADGES.get(row.name, PLAIN)
    time, name, *rest = _cells(row)
    leg = f" {row.leg}" if lettered and row.leg else ""
    style = f"background:{COLOURS[look]};color:#fff;border-radius:.7em;padding:.05em .6em;white-space:nowrap"
    badge = tag("span", f"{sign} {name}{leg}", style=style)
    wrap = ["nowrap", "nowrap", "normal"]
    others = [tag("td", cell, style=f"{CELL};white-space:{how}") for how, cell in zip(wrap, rest, strict=True)]
    return tag("tr", tag("td", time, style=f"{CELL};text-align:right"), tag("td", badge, style=CELL), others)
