"""Players: what one leg heard, with the timeline on which it runs; and any sound, with its outline."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..base.errors import KitError
from ..base.html import Html, Inside, tag
from ..base.view import View
from ..calls.record import Record, TraceError
from ..calls.silences import captions
from ..calls.story import Story
from ..calls.tracks import Tracks
from ..settings.project import place_for
from .ladder import ladder
from .svg import WIDEST, number
from .timeline import timeline

if TYPE_CHECKING:
    from ..audio.files import Samples

MOST = 20  # captions shown; a call has seldom more, and a stored notebook must stay small


def player(
    call: Record, leg: str | None = None, *, name: str = "", folder: str | Path = "heard", rate: int = 8000
) -> View:
    """What one leg heard from answer to end, on its timeline: press play and a line runs over it, click a webhook and
    hear that moment. The ladder below follows, and so do the captions.

    The sound is written to ``folder/name.wav``. A relative folder counts from the current one, which in JupyterLab is
    the notebook's own, and only a relative one can be played there. The notebook keeps a link, not the sound. Without
    a ``name`` the file is named after the phone and the call time at which the call began, so that each call of a
    lesson has its own, and the same one when the lesson runs again. ``rate`` is 8000 (a telephone) or 16000 (the mix).
    Where there is no sound it says why, and the pictures are there all the same.
    """
    tracks = Tracks(call, leg or call.leg)
    title = f"What {who(call, tracks.leg)} heard"
    try:
        wav = call.heard_wav(rate, tracks.leg)
    except TraceError as error:
        why = "Nobody answered, so nothing was heard." if tracks.answered is None else str(error)
        return _without_sound(f"{title}: {why}", timeline(call, leg), ladder(call))
    file = place_for(folder) / f"{safe_name(name or f'{who(call, tracks.leg)}-at-{call.start:.1f}s')}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(wav)
    seconds = f"{tracks.ended - (tracks.answered or 0):.1f} s"
    text = "\n".join([f"{title}: {seconds} of sound in {file.as_posix()}", *caption_lines(tracks)])
    html = on_timeline(call, leg, title, f"{seconds}, {file.as_posix()}", quote(file.as_posix()))
    return View(f"{text}\n\n{timeline(call, leg).text}", {"text/html": html})


def _without_sound(why: str, *pictures: View) -> View:
    """Why there is nothing to play, and what can be looked at all the same: so it is with a real call."""
    shown = [tag("p", why), *(Html(picture.bundle["text/html"]) for picture in pictures)]
    return View("\n\n".join([why, *(picture.text for picture in pictures)]), {"text/html": tag("div", shown)})


def on_timeline(call: Record, leg: str | None, title: str, facts: str, source: str) -> Html:
    """A sound that waits for a click, and the pictures and captions that it runs along: those of one leg, or of all.

    Without the script, as in a notebook that is not trusted, all of it is there and stands still.
    """
    view, steps, tracks = timeline(call, leg), ladder(call), Tracks(call, leg or call.leg)
    wide, high = view.drawn.svg.width, view.drawn.svg.height
    left, second = (view.drawn.place_of(at) / wide for at in (0, 1))
    spots = [
        [*(float(number(100 * part)) for part in (s.x / wide, s.y / high, s.width / wide, s.height / high)),
         round(s.at, 2), s.label]
        for s in view.drawn.spots
    ]  # fmt: skip
    facts_of_call = {"zero": round(tracks.answered or 0.0, 3), "left": round(left, 4),
                     "second": round(second - left, 5), "spots": spots, "steps": steps.places}  # fmt: skip
    told = json.dumps(facts_of_call, ensure_ascii=False, separators=(",", ":"))
    lines = [
        tag("li", line.strip(), data_from=number(m.start), data_to=number(m.end), style="padding-left:.6em")
        for m, line in zip(captions(tracks), caption_lines(tracks), strict=False)
    ]
    box = tag("div", _live(steps.bundle["text/html"]), style="max-height:30em;overflow:auto")
    below = [
        _live(view.bundle["text/html"]),
        tag(
            "ul",
            lines or [tag("li", "nothing was played")],
            aria_label="Captions",
            style="margin:.3em 0;padding:0;list-style:none",
        ),
        tag("details", tag("summary", "Ladder: who told whom what", style="cursor:pointer"), box),
    ]
    return figure(title, facts, source, below, onloadedmetadata=_script(), data_call=told)


def _live(picture: str) -> Html:
    """A picture over which something can be laid."""
    return tag("div", Html(picture), data_picture=True, style=f"position:relative;max-width:{WIDEST}px;cursor:pointer")


@cache
def _script() -> str:
    """What runs in the page, without comments: it is stored with each player."""
    lines = map(str.strip, Path(__file__).with_suffix(".js").read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if not line.startswith("//"))


def safe_name(name: str) -> str:
    """A file name with nothing in it that leads elsewhere."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", str(name)).strip("-.") or "call"


def caption_lines(tracks: Tracks) -> list[str]:
    """The captions, as lines."""
    marks = captions(tracks)
    lines = [f"{m.start:5.1f}–{m.end:.1f} s  {m.label}" for m in marks[:MOST]]
    more = [f"and {len(marks) - MOST} more"] if len(marks) > MOST else []
    return [*lines, *more] or ["nothing was played"]


def figure(title: str, facts: str, source: str, below: Inside, **more: str) -> Html:
    """A sound that waits for a click, and what is below it."""
    head = tag("figcaption", tag("strong", title), f" ({facts})")
    return tag("figure", head, audio(source, title, **more), below, style="margin:.4em 0")


def audio(source: str, label: str, style: str = "", **more: str) -> Html:
    """A player as all of the kit look. ``source`` is the address of the sound."""
    look = f"display:block;width:100%;max-width:{WIDEST}px;height:40px;margin:.3em 0;{style}".rstrip(";")
    return tag("audio", controls=True, preload="metadata", aria_label=label, src=source, style=look, **more)


def who(call: Record, leg: str) -> str:
    """Whose phone a leg leads to, as it stands inside a sentence: ``Anna``, ``447700900001``, ``you``."""
    name = Story(call).phone(leg)
    return "you" if name == "You" else name


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
    html = figure(title, facts, quote(file.as_posix()), _outline(samples))
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
