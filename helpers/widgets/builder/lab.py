"""The option lab: choose an option and some values, and hear and see the call with each of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...base.errors import KitError
from ...base.html import Html, button, join, tag
from ...base.text import one_line
from ...ncco.editing.paths import known_action, value_at
from ...ncco.models.actions import ACTIONS
from ...ncco.schema import Option, options_of
from .controls import as_data
from .icons import icon
from .sound import with_sounds

if TYPE_CHECKING:
    from .page import Page

#: Of these a few values can be told apart by ear.
KINDS = ("flag", "choice", "number", "whole number", "text")
SEVERAL = 5
#: The menus list no more options than these.
MOST_OPTIONS = 300


def panel(page: Page) -> Html:
    """Which option, which values, and the button; a second option makes a table."""
    options = dict(islice(choices(page), MOST_OPTIONS))
    if not options:
        return tag("p", "Add an action that has options first.", class_="ncco-quiet")
    state, busy = page.state, "lab" in page.state.busy
    now = state.value("lab1") if state.value("lab1") in options else _first(options)
    state.values["lab1"] = now
    if not state.value("values1"):
        state.values["values1"] = ", ".join(_values(options[now]))
    second = state.value("lab2")
    if second not in options or second == now:
        second = state.values["lab2"] = ""
    if second and not state.value("values2"):
        state.values["values2"] = ", ".join(_values(options[second]))
    words = {path: _words(page, path) for path in options}
    others = {"": "none", **{path: said for path, said in words.items() if path != now}}
    return join([
        tag("div",
            state.choice("lab1", "Option", words, do="lab"),
            state.field("values1", "Values, with commas between", wide=True),
            state.choice("lab2", "Second option", others, do="lab"),
            state.field("values2", "Its values", wide=True) if second else None,
            button([icon("lab"), "Compare them"], "sweep", off=busy,
                   class_="ncco-button ncco-primary"),
            class_="ncco-fields"),
        tag("p", "Write none to leave the option out. ", _person(page), class_="ncco-quiet"),
    ])  # fmt: skip


def _person(page: Page) -> str:
    """What the person of the calls does, if anything."""
    done = [page.state.value("keys").strip(), *page.state.value("words").split("\n")]
    said = one_line(", ".join(one.strip() for one in done if one.strip()), 100)
    return f"The person does as in Play: {said}." if said else "What the person does is written under Play."


def choices(page: Page) -> Iterator[tuple[str, Option]]:
    """The options that can be tried out: path in the NCCO, such as ``0.level``, and what the models say."""
    for index, item in enumerate(page.draft.items):
        name = known_action(item)
        for option in options_of(ACTIONS[name]) if name else ():
            if option.kind in KINDS:
                yield f"{index}.{option.name}", option
            if option.parts and isinstance(value_at(item, option.name), Mapping):
                yield from ((f"{index}.{option.name}.{one.name}", one) for one in option.parts if one.kind in KINDS)


def chosen(page: Page, message: dict[str, Any]) -> None:
    """Another option was chosen: its own values are proposed."""
    name = str(message["name"])
    page.state.values[name] = str(message["value"])
    page.state.values.pop(f"values{name[-1]}", None)


def sweep(page: Page, _: dict[str, Any]) -> None:
    """Play the calls in a thread of its own."""
    state = page.state
    items, variables = page.draft.to_list(), page.draft.variables
    wanted: list[Any] = []
    for number in ("1", "2"):
        if path := state.value(f"lab{number}"):
            wanted += [path, _read(state.value(f"values{number}"))]
    if not wanted or not wanted[1]:
        raise KitError("There are no values to compare.", "Write some, with commas between.")
    keys, words = state.value("keys").strip(), [one for one in state.value("words").splitlines() if one.strip()]

    def job() -> Html:
        from ...rehearsal import sweep as compare

        with tempfile.TemporaryDirectory() as folder:
            view = compare(items, *wanted, variables=variables, keys=keys, says=words, folder=folder)
            return tag("div", with_sounds(view.bundle["text/html"], Path(folder)), class_="ncco-lab")

    page.work("lab", job)


def _first(options: Mapping[str, Option]) -> str:
    """The option to begin with: one with a range and a step, such as a level, can be heard best."""
    return next((path for path, one in options.items() if one.step), next(iter(options)))


def _words(page: Page, path: str) -> str:
    index, _, option = path.partition(".")
    return f"[{index}] {known_action(page.draft.items[int(index)])}: {option}"


def _values(option: Option) -> list[str]:
    """Values worth comparing."""
    if option.kind == "flag":
        return ["false", "true"]
    if option.choices:
        return [str(choice) for choice in option.choices[:SEVERAL]]
    low, high = option.minimum, option.maximum
    if option.is_number and low is not None and high is not None:
        found = [low + (high - low) * step / (SEVERAL - 1) for step in range(SEVERAL)]
        whole = option.kind == "whole number"
        return list(dict.fromkeys(f"{round(one) if whole else round(one, 2):g}" for one in found))
    if option.is_number:
        return [f"{(low or 0) + step:g}" for step in (1, 2, 3)]
    return list(option.suggest[:3]) or ([str(option.example)] if option.example is not None else [])


def _read(text: str) -> list[Any]:
    """The values in a line: ``-1, 0, "a, b", none``."""
    try:
        held = json.loads(f"[{text}]")
        return held if isinstance(held, list) else []
    except ValueError:
        pieces = (piece.strip() for piece in text.split(","))
        return [None if piece.lower() in ("none", "null") else as_data(piece) for piece in pieces if piece]


COMMANDS = {"sweep": sweep, "lab": chosen}
