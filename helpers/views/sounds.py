"""Sounds to hear and to see: a player for a file or for samples, and what is in a sound from bass to treble."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from helpers.errors import KitError
from helpers.views.base import View, columns

if TYPE_CHECKING:
    from helpers.audio import Samples

BANDS = ((0, 300), (300, 3400), (3400, 8000), (8000, 22050))  # Hz; the second is the telephone's
QUIETEST = -80  # dB: what is softer is drawn and told as nothing
WIDTH, HEIGHT = 820, 300
COLOURS = ("#b4531a", "#44699c", "#2f7d6d", "#5b6472")
DASHES = ("-", "--", ":", "-.")  # a line is told by its dashes too, never by colour alone


def listen(
    source: str | Path | bytes | Samples, title: str = "", *, rate: int = 0, folder: str | Path = "heard"
) -> View:
    """A player for a sound file, or for samples (then with their ``rate``), with what is in it and how loud it is.

    A file is played from where it is, so its path must be relative to the notebook. The bytes of a file, such as a
    recording that was downloaded, and samples are written to ``folder/<title>`` first. The notebook keeps a link, not
    the sound.
    """
    from helpers.audio import decode, inspect, waveform
    from helpers.views.player import safe_name

    if isinstance(source, str | Path):
        file = Path(source)
    else:
        file = _written(source, rate, Path(folder) / safe_name(title or "sound").lower())
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
    from helpers.audio import encode_wav, inspect

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


def spectrum(sounds: Mapping[str, tuple[Samples, int]]) -> View:
    """What is in sounds from bass to treble: a picture, and in words how loud each has which frequencies.

    ``sounds``: name -> (samples, samples a second). Levels are in decibels below the whole of the first sound.
    """
    import numpy as np

    powers = {name: _power(*sound) for name, sound in sounds.items()}
    whole = max(float(next(iter(powers.values()))[1].sum()), 1e-20)
    rows = [["", *(f"{low}–{high} Hz" for low, high in BANDS)]]
    for name, (frequencies, power) in powers.items():
        shares = [power[(frequencies >= low) & (frequencies < high)].sum() / whole for low, high in BANDS]
        levels = [10 * np.log10(max(float(share), 1e-12)) for share in shares]
        rows.append([name, *(f"{level:.0f} dB" if level > QUIETEST else "nothing" for level in levels)])
    text = "\n".join(columns(rows, right=(1, 2, 3, 4)))
    return View(text, {"image/png": _drawn(powers, whole)}, {"image/png": {"width": WIDTH, "height": HEIGHT}})


def _power(samples: Samples, rate: int) -> tuple[Any, Any]:
    """Frequencies in Hz and the power at each, as a share of full scale; the same sum at any rate."""
    import numpy as np

    power = np.abs(np.fft.rfft(samples)) ** 2 / max(len(samples), 1) ** 2
    return np.fft.rfftfreq(len(samples), 1 / rate), power


def _drawn(powers: Mapping[str, tuple[Any, Any]], whole: float) -> str:
    import base64

    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from helpers.views.drawing import INK, LIMIT, SHARP, compress

    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), facecolor="white", layout="constrained")
    canvas, axes = FigureCanvasAgg(figure), figure.add_subplot()
    low, high = BANDS[1]
    axes.axvspan(low, high, color="#eceef1", zorder=0)
    axes.text((low * high) ** 0.5, 6, "what a telephone carries", ha="center", va="center", fontsize=8.5, color=INK)
    edges = np.geomspace(50, 22050, 36)  # a quarter of an octave each: about as finely as an ear tells noises apart
    for number, (name, (frequencies, power)) in enumerate(powers.items()):
        sums, _ = np.histogram(frequencies, edges, weights=power)
        levels = 10 * np.log10(np.maximum(sums / whole, 1e-12))
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        axes.stairs(levels, edges, baseline=QUIETEST, label=name, color=colour, linestyle=dash, linewidth=1.8)
    axes.set(xscale="log", xlim=(50, 22050), ylim=(QUIETEST, 12), ylabel="level (dB)", xlabel="frequency (Hz)")
    axes.set_xticks([100, 300, 1000, 3400, 8000, 20000], ["100", "300", "1000", "3400", "8000", "20 000"])
    axes.tick_params(which="both", labelsize=8.5, colors="#5b6472")
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8.5, loc="upper right")
    png, sharp = b"", SHARP
    while not png or (len(png) > LIMIT and sharp > 0.5):
        sharp = sharp * LIMIT / len(png) if png else sharp
        figure.set_dpi(100 * sharp)
        canvas.draw()  # type: ignore[no-untyped-call]
        png = compress(canvas)
    return base64.b64encode(png).decode()
