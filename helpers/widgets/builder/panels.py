"""The panels that the toolbar opens: one at a time, below it, each with a heading and a way to close it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...base.html import Html, button, tag
from . import compare as builder_compare
from . import lab as builder_lab
from . import listen as builder_listen
from . import load as builder_load
from .icons import icon

if TYPE_CHECKING:
    from .page import Page

#: Panel -> heading, and what is in it.
PANELS: dict[str, tuple[str, Callable[[Page], Html]]] = {
    "load": ("Load an NCCO", builder_load.panel),
    "save": ("Save the NCCO", builder_compare.save_panel),
    "compare": ("What has changed", builder_compare.panel),
    "play": ("Hear it before you dial", builder_listen.panel),
    "lab": ("Option lab: one option at several values", builder_lab.panel),
}

COMMANDS = {
    **builder_load.COMMANDS,
    **builder_compare.COMMANDS,
    **builder_listen.COMMANDS,
    **builder_lab.COMMANDS,
}


def tool_panel(page: Page) -> Html:
    """The panel that is open; nothing if none is."""
    name = page.state.panel
    if name not in PANELS:
        return Html()
    heading, body = PANELS[name]
    busy = name in page.state.busy
    result = page.state.results.get(name)
    return tag(
        "section",
        tag(
            "div",
            tag("h4", heading, class_="ncco-title", id=f"panel-{name}", tabindex="-1"),
            button(icon("close"), "panel", hint="Close this panel", args={"panel": name},
                   class_="ncco-icon"),
            class_="ncco-panel-head",
        ),
        body(page),
        tag("p", tag("span", "", class_="ncco-spinner", aria_hidden="true"), "Working on it …", class_="ncco-busy")
        if busy
        else None,
        tag("div", _late(page, name), result, class_="ncco-result", id=f"result-{name}")
        if result and not busy
        else None,
        class_="ncco-panel",
        aria_labelledby=f"panel-{name}",
    )  # fmt: skip


def _late(page: Page, name: str) -> Html | None:
    """Sounds do not follow the form: they are of the NCCO as it was when the button was pressed."""
    if name not in ("play", "lab") or page.state.made_of.get(name) is page.draft.items:
        return None
    said = "The NCCO has changed since this was made: press the button again to hear it."
    return tag("p", tag("span", "! ", aria_hidden="true"), said, class_="ncco-late")


def first_values(kit: Any) -> dict[str, str]:
    """What stands in the text fields of the panels at first."""
    running = getattr(kit, "running", False)
    number, mine = (kit.settings.number, kit.settings.my_number) if running else ("", "")
    return {
        "to": mine or "447700900001",
        "from": number or "447700900500",
        "route": "/answer",
        "file": "call.ncco.json",
        "address": f"{kit.server.url}/answer" if running else "http://127.0.0.1:3000/answer",
        "direction": "outbound",
        "longest": "60",
    }
