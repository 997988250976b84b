"""Sounds to hear and to see: a player for a file or for samples."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..base.errors import KitError
from ..base.view import View
from ..settings.project import place_for

if TYPE_CHECKING:
    from ..audio.files import Samples


def listen(
    source: str | Path | bytes | Samples, title: str = "", *, rate: int = 0, folder: str | Path = "heard"
) -> View:
    """A player for a sound file, or for samples (then with their ``rate``), with what is in it and how loud it is.

    A file is played from where it is, so its path must be relative to the notebook. The bytes of a file, such as a
    recording that was downloaded, and samples are written to ``folder/<title>`` first. The notebook keeps a link, not
    the sound.
    """
    from ..audio.files import decode, inspect, waveform
    from .player import safe_name

    if isinstance(source, str | Path):
        file = Path(source)
    else:
        file = _written(source, rate, place_for(folder) / safe_name(title or "sound").lower())
    info = inspect(file)
    title = title or file.name
    facts = f"{info}, {info.seconds:.1f} s"
    samples = decode(file.read_bytes(), 8000)
    link = escape(quote(file.as_posix()))
    html = (
        f'<figure style="margin:.4em 0"><figcaption><strong>{escape(title)}</strong> ({escape(facts)})</figcaption>'
        f'<audio controls preload="metadata" aria-label="{escape(title)}" src="{link}"></audio>'
        f"{_outline(samples)}</figure>"
    )
    return View(f"{title}: {facts}\n{waveform(samples, 48)}", {"text/html": html})


def _outline(samples: Samples) -> str:
    """How loud it is over time, as a small drawing: 100 peaks, mirrored."""
    import numpy as np

    edges = np.linspace(0, len(samples), 101).astype(int)
    peaks = [float(np.abs(samples[a : max(b, a + 1)]).max()) for a, b in pairwise(edges)]
    highest = max(*peaks, 0.25)  # a soft sound looks soft
    path = "".join(
        f"M{3 * x + 1} {20 - h}v{2 * h}" for x, p in enumerate(peaks) if (h := max(1, round(18 * p / highest)))
    )
    return (
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
