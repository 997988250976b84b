"""Sounds inside a widget: the page has no file beside it, so the sound travels in its address."""

from __future__ import annotations

import base64
import io
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from ...base.html import Html, tag, trusted

#: Longer ones are sent as MP3, a sixth of the size; in bytes.
MOST_WAV = 400_000
_SOURCE = re.compile(r'src="([^"]+\.wav)"')


def sound_url(wav: bytes) -> str:
    """A WAV file as the address of an ``audio`` element."""
    data, kind = (wav, "wav") if len(wav) <= MOST_WAV else (_smaller(wav), "mpeg")
    return f"data:audio/{kind};base64,{base64.b64encode(data).decode()}"


def player(wav: bytes, label: str) -> Html:
    """A player that waits for a click."""
    return tag("audio", controls=True, preload="metadata", src=sound_url(wav), aria_label=label, title=label)


def with_sounds(html: str, folder: Path) -> Html:
    """HTML of a view whose players lead to files in ``folder``, with the sounds of these files in it."""

    def put_in(found: re.Match[str]) -> str:
        file = Path(unquote(unescape(found[1])))
        return f'src="{sound_url(file.read_bytes())}"' if file.parent == folder and file.is_file() else found[0]

    return trusted(_SOURCE.sub(put_in, html))


def _smaller(wav: bytes) -> bytes:
    import soundfile

    samples, rate = soundfile.read(io.BytesIO(wav))
    made = io.BytesIO()
    soundfile.write(made, samples, rate, format="MP3", subtype="MPEG_LAYER_III")
    return made.getvalue()
