"""The player: what one leg heard, with captions."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..base.text import one_line
from ..base.view import View
from ..calls.record import Record, TraceError
from ..calls.silences import waits
from ..calls.tracks import Tracks
from ..settings.project import place_for

MOST = 20  # captions shown; a call has seldom more, and a stored notebook must stay small


def player(
    call: Record, leg: str | None = None, *, name: str = "", folder: str | Path = "heard", rate: int = 8000
) -> View:
    """What one leg heard from answer to end, to listen to, with captions that say what sounds when.

    The sound is written to ``folder/name.wav``. A relative folder counts from the current one, which in JupyterLab is
    the notebook's own, and only a relative one can be played there. The notebook keeps a link, not the sound. Without
    a ``name`` the file is named after the phone and the call time at which the call began, so that each call of a
    lesson has its own, and the same one when the lesson runs again. ``rate`` is 8000 (a telephone) or 16000 (the mix).
    """
    tracks = Tracks(call, leg or call.leg)
    title = f"What {_who(call, tracks.leg)} heard"
    try:
        wav = call.heard_wav(rate, tracks.leg)
    except TraceError as error:
        why = "Nobody answered, so nothing was heard." if tracks.answered is None else str(error)
        return View(f"{title}: {why}", {"text/html": f"<p>{escape(title)}: {escape(why)}</p>"})
    file = place_for(folder) / f"{safe_name(name or f'{_who(call, tracks.leg)}-at-{call.start:.1f}s')}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(wav)
    seconds = tracks.ended - (tracks.answered or 0)
    lines = captions(tracks)
    text = "\n".join([f"{title}: {seconds:.1f} s of sound in {file.as_posix()}", *lines])
    return View(text, {"text/html": as_html(title, file.as_posix(), seconds, lines)})


def safe_name(name: str) -> str:
    """A file name with nothing in it that leads elsewhere."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "call"


def captions(tracks: Tracks) -> list[str]:
    """What sounds when, in seconds since the answer, which is where the sound begins."""
    begin = tracks.answered or 0.0
    marks = sorted([*tracks.sounds, *tracks.voices, *waits(tracks)], key=lambda m: m.start)
    lines = [f"{m.start - begin:5.1f}–{m.end - begin:.1f} s  {m.label}" for m in marks[:MOST]]
    more = [f"and {len(marks) - MOST} more"] if len(marks) > MOST else []
    return [*lines, *more] or ["nothing was played"]


def as_html(title: str, source: str, seconds: float, lines: list[str]) -> str:
    """An audio element that waits for a click, and its captions."""
    items = "".join(f"<li>{escape(line.strip())}</li>" for line in lines)
    return (
        f'<figure style="margin:.4em 0"><figcaption><strong>{escape(title)}</strong> ({seconds:.1f} s)</figcaption>'
        f'<audio controls preload="metadata" aria-label="{escape(title)}" src="{escape(quote(source))}"></audio>'
        f'<ul style="margin:.2em 0;font-size:.9em">{items}</ul></figure>'
    )


def _who(call: Record, leg: str) -> str:
    inbound = call.fact("direction", leg) == "inbound"
    return one_line(call.fact("from" if inbound else "to", leg) or "the phone", 30)
