"""Play: the NCCO against a caller who presses keys and says words; its sound, captions, timeline and webhooks.

The page has no file beside it, so a sound travels in its address.
"""

from __future__ import annotations

import base64
import io
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ...base.errors import KitError
from ...base.html import Html, button, join, tag, trusted
from ...base.text import one_line
from .controls import as_number
from .pieces import choice, field, icon
from .state import Job, Message, State

if TYPE_CHECKING:
    from ...rehearsal import Rehearsal

#: The longest call that is played, in seconds.
MOST_SECONDS = 600
DIRECTIONS = {"outbound": "Vonage calls the person", "inbound": "the person calls"}
#: Longer ones are sent as MP3, a sixth of the size; in bytes.
MOST_WAV = 400_000
_SOURCE = re.compile(r'src="([^"]+\.wav)"')


def panel(state: State) -> Html:
    """What the caller does, and the button."""
    scripted = None
    if state.script and not state.value("keys") and not state.value("words"):
        steps = ", ".join(" ".join(str(value) for value in step.values()) for step in state.script)
        scripted = tag("p", f"As in the example, the person does this: {one_line(steps, 200)}.", class_="ncco-quiet")
    return join([
        tag("div",
            choice(state, "direction", "Call", DIRECTIONS),
            field(state, "keys", "Keys to press", hint="such as 1#"),
            field(state, "longest", "Hang up after, in seconds"),
            field(state, "words", "Words to say, one line each", hint="such as yes please", rows=1),
            button([icon("play"), "Play it"], "play", off="play" in state.busy or not state.draft.items,
                   class_="ncco-button ncco-primary"),
            class_="ncco-fields"),
        scripted,
        tag("p", "Nothing is dialled: a network of its own plays the call, in live mode too.", class_="ncco-quiet"),
    ])  # fmt: skip


def play(state: State, _: Message) -> Job:
    """Play the call; the form stays usable."""
    from ...ncco import NccoError

    items, variables = state.draft.to_list(), state.draft.variables
    if not items:
        raise KitError("There is nothing to play yet.", "Add an action first.")
    plan: dict[str, Any] = {"keys": state.value("keys").strip(), "says": state.lines("words")}
    if state.script and not any(plan.values()):
        plan = {"script": list(state.script)}
    direction = state.value("direction") or "outbound"
    seconds = as_number(state.value("longest"))
    if not isinstance(seconds, (int, float)) or not 1 <= seconds <= MOST_SECONDS:
        raise KitError(f"The person hangs up after 1 to {MOST_SECONDS} seconds.", "Write for example 60.")

    def job() -> Html:
        from ...rehearsal import play as rehearse

        try:
            return result(rehearse(items, variables=variables, direction=direction, seconds=seconds, **plan))
        except NccoError as problem:
            raise KitError("It cannot be played while there are errors.", str(problem)) from None

    return Job("play", job)


def result(call: Rehearsal) -> Html:
    """All there is to hear, see and read of a call."""
    from ...rehearsal.view import as_html

    source = sound_url(call.wav()) if call.seconds else ""
    silent = None if source else tag("p", "Nothing was heard.", class_="ncco-quiet")
    words = tag("pre", call.timeline().text, class_="ncco-code ncco-export")
    told = tag("details", tag("summary", "The timeline in words"), words)
    return tag("div", silent, as_html(call, source), told, class_="ncco-heard")


def sound_url(wav: bytes) -> str:
    """A WAV file as the address of an ``audio`` element."""
    data, kind = (wav, "wav") if len(wav) <= MOST_WAV else (_smaller(wav), "mpeg")
    return f"data:audio/{kind};base64,{base64.b64encode(data).decode()}"


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


COMMANDS = {"play": play}
