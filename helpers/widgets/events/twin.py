"""The event panel as text and as plain HTML: what a code host, a screen reader and a saved notebook show."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ...base.text import columns, one_line
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
    if not rows:
        return "\n".join(filter(None, ["No events yet.", note]))
    several = len({row.call for row in rows}) > 1
    lines = [HEAD, *map(_cells, rows)]
    if several:
        names = ["call", *(f"{row.call or ''}{row.leg if len(groups[row.call].legs) > 1 else ''}" for row in rows)]
        lines = [[name, *line] for name, line in zip(names, lines, strict=True)]
    missing = [f"{group.name}: {flag}" for group in groups for flag in group.flags()]
    return "\n".join([*columns(lines, right=(1,) if several else (0,)), *missing, *filter(None, [note])])


def as_html(rows: Sequence[Row], total: int, groups: Sequence[Group], note: str = "") -> str:
    """The table where no live widget is. It is a log to a screen reader: new lines are read out when it has time."""
    head = "".join(f'<th scope="col" style="{CELL};white-space:nowrap">{name}</th>' for name in ["time (s)", *HEAD[1:]])
    hidden = f"{total - len(rows)} earlier events are in panel.to_jsonl(). " if total > len(rows) else ""
    title = f"{hidden}{total} event{'' if total == 1 else 's'}" if total else "No events yet."
    told = [f"{group.name}: {flag}" for group in groups for flag in group.flags()] + ([note] if note else [])
    below = "".join(f"<p>{escape(line)}</p>" for line in told)
    return (
        # The reversed column keeps the newest line in view, without a script.
        '<div role="log" aria-live="polite" aria-label="Events of your calls" '
        'style="max-height:24em;overflow:auto;display:flex;flex-direction:column-reverse">'
        '<table style="border-collapse:collapse;line-height:1.5">'
        f'<caption style="text-align:left;{CELL}">{title}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{_bodies(rows, groups)}</tbody></table></div>{below}"
    )


def _bodies(rows: Sequence[Row], groups: Sequence[Group]) -> str:
    """Call by call, each under its name as soon as there are two."""
    several = len({row.call for row in rows}) > 1
    parts = []
    for call in dict.fromkeys(row.call for row in rows):
        if several:
            group = groups[call]
            name = escape(f"{group.name} {group.numbers}".strip())
            parts.append(f'<tr><th scope="rowgroup" colspan="5" style="{CELL}">{name}</th></tr>')
        parts += [_row(row, len(groups[call].legs) > 1) for row in rows if row.call == call]
    return "".join(parts)


def _row(row: Row, lettered: bool) -> str:
    sign, look = BADGES.get(row.name, PLAIN)
    time, name, *rest = _cells(row)
    leg = f" {row.leg}" if lettered and row.leg else ""
    badge = (
        f'<span style="background:{COLOURS[look]};color:#fff;border-radius:.7em;padding:.05em .6em;white-space:nowrap">'
        f"{sign} {escape(name)}{leg}</span>"
    )
    wrap = ["nowrap", "nowrap", "normal"]
    others = "".join(
        f'<td style="{CELL};white-space:{how}">{escape(cell)}</td>' for how, cell in zip(wrap, rest, strict=True)
    )
    return f'<tr><td style="{CELL};text-align:right">{escape(time)}</td><td style="{CELL}">{badge}</td>{others}</tr>'
