"""Play: the NCCO against a caller who presses keys and says words; its sound, captions, timeline and webhooks.

The page has no file beside it, so a sound travels in its address.
"""

from __future__ import annotations

import base64
import json
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ...base.errors import KitError
from ...base.html import Html, button, join, tag, trusted
from ...base.text import one_line
from ...ncco.checking.document import parse
from ...ncco.jsontext import from_json
from ...ncco.templates.templates import render_ncco
from ...ncco.texts.export import flask_app
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
REPLIES = '{"1": [{"action": "talk", "text": "You pressed one."}]}'
_SOURCE = re.compile(r'src="([^"]+\.wav)"')


def panel(state: State) -> Html:
    """What the caller does, what follows, and the buttons."""
    off = "play" in state.busy or not state.draft.items
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
            choice(state, "answers", "What follows a key or a word", _answers(state)),
            class_="ncco-fields"),
        field(state, "replies", "Replies, as JSON: a key or a word, then what follows", rows=8, hint=REPLIES)
        if state.value("answers") == "named" else None,
        scripted,
        tag("div",
            button([icon("play"), "Play it"], "play", off=off, class_="ncco-button ncco-primary"),
            button([icon("ring"), "Ring my phone with this"], "ring", off=off, class_="ncco-button")
            if state.kit is not None else None,
            class_="ncco-buttons"),
        tag("p", "Play dials nothing: a network of its own plays the call, in live mode too.", class_="ncco-quiet"),
    ])  # fmt: skip


def _answers(state: State) -> dict[str, str]:
    """Who is asked what comes next, as far as there is somebody."""
    served = {"app": "what my Flask app replies"} if _app_of(state) else {}
    return {"": "the next action", "named": "one of the replies below", **served}


def _app_of(state: State) -> Any:
    return getattr(getattr(state.kit, "server", None), "app", None)


def named_replies(state: State) -> dict[str, Any]:
    """The replies that are written in the panel; none unless they are chosen. Raises KitError for what is not JSON."""
    if state.value("answers") != "named":
        return {}
    data, found = from_json(state.value("replies") or "{}")
    if not isinstance(data, dict):
        said = f"{found[0].message} {found[0].cure}" if found else "They are not an object."
        raise KitError(f"The replies cannot be read: {said}", f"Write them like {REPLIES}.")
    return data


def play(state: State, _: Message) -> Job:
    """Play the call; the form stays usable."""
    from ...ncco import NccoError

    items, variables = state.draft.to_list(), state.draft.variables
    if not items:
        raise KitError("There is nothing to play yet.", "Add an action first.")
    plan: dict[str, Any] = {"keys": state.value("keys").strip(), "says": state.lines("words")}
    if state.script and not any(plan.values()):
        plan = {"script": list(state.script)}
    replies = _app_of(state) if state.value("answers") == "app" else named_replies(state)
    direction = state.value("direction") or "outbound"
    seconds = as_number(state.value("longest"))
    if not isinstance(seconds, (int, float)) or not 1 <= seconds <= MOST_SECONDS:
        raise KitError(f"The person hangs up after 1 to {MOST_SECONDS} seconds.", "Write for example 60.")

    def job() -> Html:
        from ...rehearsal import play as rehearse

        try:
            made = rehearse(items, replies=replies, variables=variables, direction=direction, seconds=seconds, **plan)
            return result(made)
        except NccoError as problem:
            raise KitError("It cannot be played while there are errors.", str(problem)) from None

    return Job("play", job)


def ring(state: State, _: Message) -> Job:
    """Call the reader's phone with it: the simulated one, which appears below the builder, or a real one."""
    kit, items, variables, replies = state.kit, state.draft.to_list(), state.draft.variables, named_replies(state)
    if not kit.running:
        raise KitError("The kit is stopped.", "Run kit = setup(), then show the builder again.")
    if kit.settings.live and not kit.tunnel.url:
        raise KitError("Vonage cannot reach your server: it has no public address.", "Run kit.tunnel.on() first.")
    own = kit.tunnel.url or kit.server.url

    def at_home(data: Any) -> Any:
        filled = render_ncco(data, variables) if variables is not None else data
        return json.loads(json.dumps(filled).replace("https://example.com", own))

    def job() -> Html:
        ncco, follows = parse(at_home(items)), {name: at_home(one) for name, one in replies.items()}
        if follows or kit.server.app is None:
            kit.serve(flask_app(ncco, follows))
        if not kit.settings.live:
            state.put_below(kit.phone().show(manual=True))
        kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco, event_url=f"{own}/event")
        where = "Your phone rings" if kit.settings.live else "Your phone rings, below: answer it there"
        served = " Your server now runs the app of the Flask tab." if follows else ""
        return tag("p", f"{where}.{served}", class_="ncco-done")

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
    from ...audio.files import decode, encode_mp3

    data, kind = (wav, "wav") if len(wav) <= MOST_WAV else (encode_mp3(decode(wav)), "mpeg")
    return f"data:audio/{kind};base64,{base64.b64encode(data).decode()}"


def with_sounds(html: str, folder: Path) -> Html:
    """HTML of a view whose players lead to files in ``folder``, with the sounds of these files in it."""

    def put_in(found: re.Match[str]) -> str:
        file = Path(unquote(unescape(found[1])))
        return f'src="{sound_url(file.read_bytes())}"' if file.parent == folder and file.is_file() else found[0]

    return trusted(_SOURCE.sub(put_in, html))


COMMANDS = {"play": play, "ring": ring}
