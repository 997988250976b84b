"""Players: what one leg heard, with captions; and any sound, with its outline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..base.errors import KitError
from ..base.html import Html, tag
from ..base.text import one_line
from ..base.view import View
from ..calls.record import Record, TraceError
from ..calls.silences import captions
from ..calls.tracks import Tracks
from ..settings.project import place_for

if TYPE_CHECKING:
    from ..audio.files import Samples

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
    title = f"What {who(call, tracks.leg)} heard"
    try:
        wav = call.heard_wav(rate, tracks.leg)
    except TraceError as error:
        why = "Nobody answered, so nothing was heard." if tracks.answered is None else str(error)
        return View(f"{title}: {why}", {"text/html": tag("p", f"{title}: {why}")})
    file = place_for(folder) / f"{safe_name(name or f'{who(call, tracks.leg)}-at-{call.start:.1f}s')}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(wav)
    seconds = f"{tracks.ended - (tracks.answered or 0):.1f} s"
    lines = caption_lines(tracks)
    text = "\n".join([f"{title}: {seconds} of sound in {file.as_posix()}", *lines])
    below = tag("ul", [tag("li", line.strip()) for line in lines], style="margin:.2em 0;font-size:.9em")
    return View(text, {"text/html": figure(title, seconds, file.as_posix(), below)})


def safe_name(name: str) -> str:
    """A file name with nothing in it that leads elsewhere."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "call"


def caption_lines(tracks: Tracks) -> list[str]:
    """The captions, as lines."""
    marks = captions(tracks)
    lines = [f"{m.start:5.1f}–{m.end:.1f} s  {m.label}" for m in marks[:MOST]]
    more = [f"and {len(marks) - MOST} more"] if len(marks) > MOST else []
    return [*lines, *more] or ["nothing was played"]


def figure(title: str, facts: str, source: str, below: Html) -> Html:
    """A sound of the notebook's folder that waits for a click, and what is below it."""
    head = tag("figcaption", tag("strong", title), f" ({facts})")
    sound = tag("audio", controls=True, preload="metadata", aria_label=title, src=quote(source))
    return tag("figure", head, sound, below, style="margin:.4em 0")


def who(call: Record, leg: str) -> str:
    """Whose phone a leg leads to."""
    inbound = call.fact("direction", leg) == "inbound"
    return one_line(call.fact("from" if inbound else "to", leg) or "the phone", 30)


def listen(
    source: str | Path | bytes | Samples, title: str = "", *, rate: int = 0, folder: str | Path = "heard"
) -> View:
    """A player for a sound file, or for samples (then with their ``rate``), with what is in it and how loud it is.

    A file is played from where it is, so its path must be relative to the notebook. The bytes of a file, such as a
    recording that was downloaded, and samples are written to ``folder/<title>`` first. The notebook keeps a link, not
    the sound.
    """
    from ..audio.files import decode, inspect, waveform

    if isinstance(source, str | Path):
        file = Path(source)
    else:
        file = _written(source, rate, place_for(folder) / safe_name(title or "sound").lower())
    info = inspect(file)
    title = title or file.name
    facts = f"{info}, {info.seconds:.1f} s"
    samples = decode(file.read_bytes(), 8000)
    html = figure(title, facts, file.as_posix(), _outline(samples))
    return View(f"{title}: {facts}\n{waveform(samples, 48)}", {"text/html": html})


def _outline(samples: Samples) -> Html:
    """How loud it is over time, as a small drawing: 100 peaks, mirrored."""
    from ..audio.samples import peaks

    heights = peaks(samples, 100)
    highest = max(*heights, 0.25)  # a soft sound looks soft
    path = "".join(
        f"M{3 * x + 1} {20 - h}v{2 * h}" for x, p in enumerate(heights) if (h := max(1, round(18 * p / highest)))
    )
    return Html(
        '<svg aria-hidden="true" width="300" height="40" viewBox="0 0 300 40" style="display:block">'
        f'<path d="{path}" stroke="#44699c" stroke-width="2"/></svg>'
    )


def _written(sound: bytes | Samples, rate: int, name: Path) -> Path:
    from ..audio.files import encode_wav, inspect

    if isinstance(sound, bytes):
        data, kind = sound, inspect(sound).format.lower()
    elif rate <= 0:
        raise KitError("How many samples a second are these?", "Say it: listen(samples, title, rate=8000).")
    else:
        data, kind = encode_wav(sound, rate), "wav"
    file = name.with_name(f"{name.name}.{kind}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file
