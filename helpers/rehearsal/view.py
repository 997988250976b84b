"""A rehearsal to look at: how it ended, player, captions, webhooks, notes; and the same in words."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..base.text import columns, one_line
from ..base.view import View

if TYPE_CHECKING:
    from . import Rehearsal, Sent

HEAD = ["s", "request", "tells", "reply", "in words"]
NOTHING_LEAVES = "none of them leaves this machine"
LINE = "border-bottom:1px solid var(--jp-border-color2,#bdbdbd)"
CELL = f"text-align:left;vertical-align:top;padding:.3em .8em .3em 0;white-space:normal;{LINE}"
QUIET = "color:var(--jp-ui-font-color2,#616161)"


def view(rehearsal: Rehearsal) -> View:
    """Everything about a rehearsal, in HTML and in words."""
    file = stored(rehearsal)
    return View(as_text(rehearsal, file), {"text/html": as_html(rehearsal, file)})


def stored(rehearsal: Rehearsal) -> str:
    """Where the sound is, relative to the notebook; empty when there is none."""
    from ..settings.project import place_for
    from ..views.player import safe_name

    if not rehearsal.seconds:
        return ""
    file = place_for(rehearsal.folder) / f"{safe_name(rehearsal.name)}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(rehearsal.wav())
    return file.as_posix()


def title_of(rehearsal: Rehearsal) -> str:
    """What was played: ``Rehearsal: stream → input, outbound``."""
    names = [action.action for action in rehearsal.scene.ncco]
    more = [f"{len(names) - 6} more"] if len(names) > 6 else []
    return f"Rehearsal: {' → '.join([*names[:6], *more])}, {rehearsal.scene.direction}"


def as_text(rehearsal: Rehearsal, file: str) -> str:
    """The rehearsal in words."""
    lines = [title_of(rehearsal), rehearsal.ended]
    if file:
        lines += [f"Heard: {rehearsal.seconds:.1f} s of sound in {file}"]
        lines += [f"  {line}" for line in rehearsal.captions or ["nothing was played"]]
    if rehearsal.webhooks:
        table = columns([HEAD, *map(_cells, rehearsal.webhooks)], right=(0,))
        lines += [f"Webhooks ({NOTHING_LEAVES}):", *(f"  {line}" for line in table)]
    if rehearsal.notes:
        lines += ["Notes:", *(f"  {note}" for note in rehearsal.notes)]
    return "\n".join(lines)


def _cells(sent: Sent) -> list[str]:
    reply = f"✗ {sent.answer}" if sent.trouble else sent.answer
    return [f"{sent.at:.1f}", f"{sent.method} {sent.place}", sent.told, reply, one_line(sent.trouble or sent.meaning)]


def as_html(rehearsal: Rehearsal, file: str) -> str:
    """The rehearsal as HTML. Every value is escaped; colours are JupyterLab's own, for its dark theme too."""
    title = title_of(rehearsal)
    parts = [f'<p style="margin:.2em 0"><strong>{escape(title)}</strong><br>{escape(rehearsal.ended)}</p>']
    if file:
        heard = "".join(f"<li>{escape(line)}</li>" for line in rehearsal.captions or ["nothing was played"])
        parts.append(
            f'<audio controls preload="metadata" aria-label="{escape(title)}" src="{escape(quote(file))}"></audio>'
            f'<ul style="margin:.2em 0 .8em;font-size:.9em">{heard}</ul>'
        )
    if rehearsal.webhooks:
        parts.append(_table(rehearsal.webhooks))
    if rehearsal.notes:
        notes = "".join(f"<li>{escape(note)}</li>" for note in rehearsal.notes)
        parts.append(f'<p style="margin:.8em 0 0"><strong>Notes</strong></p><ul style="margin:.2em 0">{notes}</ul>')
    return f'<div style="max-width:68em;line-height:1.5">{"".join(parts)}</div>'


def _table(webhooks: list[Sent]) -> str:
    """The webhooks, narrow enough for half a window: what one tells and what that means share a cell."""
    head = "".join(f'<th scope="col" style="{CELL}">{name}</th>' for name in ("s", "request", "reply", "tells"))
    rows = []
    for sent in webhooks:
        at, request, told, reply, words = map(escape, _cells(sent))
        rows.append(
            f'<tr><td style="{CELL};text-align:right">{at}</td>'
            f'<td style="{CELL};min-width:11em;overflow-wrap:anywhere">{request}</td><td style="{CELL}">{reply}</td>'
            f'<td style="{CELL};min-width:8em">{told}<br><span style="{QUIET}">{words}</span></td></tr>'
        )
    title = f'<caption style="text-align:left;padding:.2em 0"><strong>Webhooks</strong> ({NOTHING_LEAVES})</caption>'
    return (
        '<div style="overflow-x:auto" tabindex="0" role="region" aria-label="Webhooks">'
        f'<table style="border-collapse:collapse">{title}<thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
