"""The option lab: choose an option and some values, and hear and see the call with each of them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from ...base.errors import KitError
from ...base.html import Html, button, join, tag
from ...base.text import one_line
from ...ncco.editing.paths import value_at
from ...ncco.models.actions import ACTIONS, known_action
from ...ncco.schema import Option, options_of
from .controls import as_data
from .listen import with_sounds
from .pieces import choice, field, icon
from .state import Job, Message, State

#: Of these a few values can be told apart by ear.
KINDS = ("flag", "choice", "number", "whole number", "text")
SEVERAL = 5
#: The menus list no more options than these.
MOST_OPTIONS = 300


def panel(state: State) -> Html:
    """Which option, which values, and the button; a second option makes a table."""
    options = dict(islice(choices(state), MOST_OPTIONS))
    if not options:
        return tag("p", "Add an action that has options first.", class_="ncco-quiet")
    values = state.values
    now = values["lab1"] = state.value("lab1") if state.value("lab1") in options else _first(options)
    second = values["lab2"] = state.value("lab2") if state.value("lab2") in options.keys() - {now} else ""
    for number, path in (("1", now), ("2", second)):
        if path and not state.value(f"values{number}"):
            values[f"values{number}"] = ", ".join(_values(options[path]))
    words = {path: _words(state, path) for path in options}
    others = {"": "none", **{path: said for path, said in words.items() if path != now}}
    return join([
        tag("div",
            choice(state, "lab1", "Option", words, do="lab"),
            field(state, "values1", "Values, with commas between", wide=True),
            choice(state, "lab2", "Second option", others, do="lab"),
            field(state, "values2", "Its values", wide=True) if second else None,
            button([icon("lab"), "Compare them"], "sweep", off="lab" in state.busy,
                   class_="ncco-button ncco-primary"),
            class_="ncco-fields"),
        tag("p", "Write none to leave the option out. ", _person(state), class_="ncco-quiet"),
    ])  # fmt: skip


def _person(state: State) -> str:
    """What the person of the calls does, if anything."""
    done = [*state.lines("keys"), *state.lines("words")]
    said = one_line(", ".join(done), 100)
    return f"The person does as in Play: {said}." if said else "What the person does is written under Play."


def choices(state: State) -> Iterator[tuple[str, Option]]:
    """The options that can be tried out: path in the NCCO, such as ``0.level``, and what the models say."""
    for index, item in enumerate(state.draft.items):
        name = known_action(item)
        for option in options_of(ACTIONS[name]) if name else ():
            if option.kind in KINDS:
                yield f"{index}.{option.name}", option
            if option.parts and isinstance(value_at(item, option.name), Mapping):
                yield from ((f"{index}.{option.name}.{one.name}", one) for one in option.parts if one.kind in KINDS)


def chosen(state: State, message: Message) -> None:
    """Another option was chosen: its own values are proposed."""
    name = str(message["name"])
    state.values[name] = str(message["value"])
    state.values.pop(f"values{name[-1]}", None)


def sweep(state: State, _: Message) -> Job:
    """Play the calls."""
    items, variables = state.draft.to_list(), state.draft.variables
    wanted: list[Any] = []
    for number in ("1", "2"):
        if path := state.value(f"lab{number}"):
            wanted += [path, _read(state.value(f"values{number}"))]
    if not wanted or not wanted[1]:
        raise KitError("There are no values to compare.", "Write some, with commas between.")
    keys, words = state.value("keys").strip(), state.lines("words")

    def job() -> Html:
        from ...rehearsal import sweep as compare

        with tempfile.TemporaryDirectory() as folder:
            view = compare(items, *wanted, variables=variables, keys=keys, says=words, folder=folder)
            return tag("div", with_sounds(view.bundle["text/html"], Path(folder)), class_="ncco-lab")

    return Job("lab", job)


def _first(options: Mapping[str, Option]) -> str:
    """The option to begin with: one with a range and a step, such as a level, can be heard best."""
    return next((path for path, one in options.items() if one.step), next(iter(options)))


def _words(state: State, path: str) -> str:
    index, _, option = path.partition(".")
    return f"[{index}] {known_action(state.draft.items[int(index)])}: {option}"


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
