"""Play: the NCCO against a caller who presses keys and says words; its sound, captions, timeline and webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...base.errors import KitError
from ...base.html import Html, button, join, tag, trusted
from ...base.text import one_line
from .controls import as_number
from .icons import icon
from .sound import player

if TYPE_CHECKING:
    from ...rehearsal import Rehearsal
    from .page import Page

#: The longest call that is played, in seconds; its sound travels into the page.
MOST_SECONDS = 600
DIRECTIONS = {"outbound": "Vonage calls the person", "inbound": "the person calls"}


def panel(page: Page) -> Html:
    """What the caller does, and the button."""
    state = page.state
    busy = "play" in state.busy
    scripted = None
    if state.script and not state.value("keys") and not state.value("words"):
        steps = ", ".join(" ".join(str(value) for value in step.values()) for step in state.script)
        scripted = tag("p", f"As in the example, the person does this: {one_line(steps, 200)}.", class_="ncco-quiet")
    return join([
        tag("div",
            state.choice("direction", "Call", DIRECTIONS),
            state.field("keys", "Keys to press", hint="such as 1#"),
            state.field("longest", "Hang up after, in seconds"),
            state.field("words", "Words to say, one line each", hint="such as yes please", rows=1),
            button([icon("play"), "Play it"], "play", off=busy or not page.draft.items,
                   class_="ncco-button ncco-primary"),
            class_="ncco-fields"),
        scripted,
        tag("p", "Nothing is dialled: a network of its own plays the call, in live mode too.", class_="ncco-quiet"),
    ])  # fmt: skip


def play(page: Page, _: dict[str, Any]) -> None:
    """Play the call in a thread of its own; the form stays usable."""
    from ...ncco import NccoError

    state, items = page.state, page.draft.to_list()
    if not items:
        raise KitError("There is nothing to play yet.", "Add an action first.")
    keys = state.value("keys").strip()
    words = [line.strip() for line in state.value("words").splitlines() if line.strip()]
    plan: dict[str, Any] = {"keys": keys, "says": words}
    if state.script and not keys and not words:
        plan = {"script": list(state.script)}
    variables = page.draft.variables
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

    page.work("play", job)


def result(call: Rehearsal) -> Html:
    """All there is to hear, see and read of a call."""
    from ...rehearsal.view import as_html

    heard = tag("p", "Nothing was heard.", class_="ncco-quiet")
    if call.seconds:
        lines = call.captions or ["nothing was played"]
        heard = tag(
            "div",
            player(call.wav(), f"What the person heard, {call.seconds:.1f} seconds"),
            tag("ul", [tag("li", line) for line in lines], class_="ncco-captions", aria_label="Captions"),
        )
    return tag("div", tag("div", heard, _timeline(call)), trusted(as_html(call, "")), class_="ncco-heard")


def _timeline(call: Rehearsal) -> Html:
    view = call.timeline()
    picture = view.bundle.get("image/svg+xml")
    words = tag("pre", view.text, class_="ncco-code ncco-export")
    told = tag("details", tag("summary", "The timeline in words"), words)
    if not picture:
        return told
    first = view.text.splitlines()[0] if view.text else ""
    image = tag("img", src=f"data:image/svg+xml,{quote(picture)}", class_="ncco-picture",
                alt=f"Timeline of the call: {one_line(first, 140)}. In words below.")  # fmt: skip
    return tag("div", image, told)


COMMANDS = {"play": play}
