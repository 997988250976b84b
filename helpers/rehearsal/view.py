"""A rehearsal to look at: how it ended, player, captions, webhooks, notes; and the same in words."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ..base.html import Html, tag
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
    file = sound_path(rehearsal)
    return View(as_text(rehearsal, file), {"text/html": as_html(rehearsal, quote(file))})


def sound_path(rehearsal: Rehearsal) -> str:
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


def as_html(rehearsal: Rehearsal, source: str) -> Html:
    """The rehearsal as HTML, its sound from an address. Colours are JupyterLab's own, for its dark theme too."""
    from ..views.player import on_timeline

    title, told = title_of(rehearsal), f"{rehearsal.seconds:.1f} s"
    heard = on_timeline(rehearsal.call, None, "What the person heard", told, source) if source else None
    notes = tag("ul", [tag("li", note) for note in rehearsal.notes], style="margin:.2em 0")
    return tag("div",
        tag("p", tag("strong", title), tag("br"), rehearsal.ended, style="margin:.2em 0"),
        heard,
        _table(rehearsal.webhooks) if rehearsal.webhooks else None,
        [tag("p", tag("strong", "Notes"), style="margin:.8em 0 0"), notes] if rehearsal.notes else None,
        style="line-height:1.5")  # fmt: skip


def _table(webhooks: list[Sent]) -> Html:
    """The webhooks, narrow enough for half a window: what one tells and what that means share a cell."""
    rows = [tag("tr", [tag("th", name, scope="col", style=CELL) for name in ("s", "request", "reply", "tells")])]
    for at, request, told, reply, words in map(_cells, webhooks):
        rows.append(tag("tr",
            tag("td", at, style=f"{CELL};text-align:right"),
            tag("td", request, style=f"{CELL};min-width:11em;overflow-wrap:anywhere"),
            tag("td", reply, style=CELL),
            tag("td", told, tag("br"), tag("span", words, style=QUIET), style=f"{CELL};min-width:8em")))  # fmt: skip
    title = tag("caption", tag("strong", "Webhooks"), f" ({NOTHING_LEAVES})", style="text-align:left;padding:.2em 0")
    table = tag("table", title, tag("thead", rows[0]), tag("tbody", rows[1:]), style="border-collapse:collapse")
    return tag("div", table, style="overflow-x:auto", tabindex="0", role="region", aria_label="Webhooks")
