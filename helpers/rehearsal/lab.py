"""``sweep``: the same call with one option, or two, at several values, all at once; to hear and see what they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .paths import Place, place_of
from .requests import digest_of
from .scene import RehearsalError, Scene

if TYPE_CHECKING:
    from ..base.view import View

MOST_CELLS = 25  # more players than that nobody compares

Items = list[dict[str, Any]]


def sweep(
    ncco: Any,
    path: str,
    values: Iterable[Any],
    path2: str | None = None,
    values2: Iterable[Any] | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    folder: str | Path = "heard",
    name: str = "",
    **person: Any,
) -> View:
    """An option lab: the NCCO with one option at several values, side by side, each to be heard and seen.

    ``path`` is the position of the action, from 0, then the option: ``"0.level"``, ``"1.dtmf.maxDigits"``,
    ``"0.endpoint.number"``. ``values``: what to try; None leaves the option out. With ``path2`` and ``values2`` every
    value meets every other in a table. 25 calls at most. The rest is as in :func:`helpers.rehearsal.play`, and so is
    ``person``: ``keys``, ``says``, ``script``, ``direction``, and ``seconds``, which are 30 unless given. A value that
    is wrong has its problem in words where others have their sound.

    Raises :class:`RehearsalError` for a path that leads nowhere, naming the near one.

    >>> sweep([{"action": "stream", "streamUrl": ["https://example.com/jingle.mp3"]}], "0.level", [-1, 0, 1])
    """
    from .lab_view import option_lab
    from .rehearsal import Rehearsal
    from .stage import perform

    items = items_of(ncco, variables)
    asked = [(path, values, "values")] + ([] if path2 is None else [(path2, values2, "values2")])
    places = [place_of(items, one) for one, _, _ in asked]
    tried = [_as_list(some, name) for _, some, name in asked]
    if path2 is None and values2 is not None:
        raise RehearsalError("There is no path2 for values2.", 'Name the second option, such as "0.loop".')
    if path2 is not None and places[0] == places[1]:
        raise RehearsalError(f"{path} and {path2} are the same option.", "Name another one as path2.")
    combined = list(product(*tried))
    if len(combined) > MOST_CELLS:
        words = f"That makes {len(combined)} calls, and {MOST_CELLS} are the most to be compared at once."
        raise RehearsalError(words, "Try fewer values.")
    person = {"seconds": 30, **person}
    scenes = [_scene(items, places, values, person) for values in combined]
    takes = iter(perform([scene for scene in scenes if isinstance(scene, Scene)]))
    stem = name or f"lab-{digest_of(items, [p.path for p in places], combined, person)}"
    calls = [
        scene if isinstance(scene, str) else Rehearsal(scene, next(takes), folder, f"{stem}-{number}")
        for number, scene in enumerate(scenes, 1)
    ]
    return option_lab(places, list(zip(combined, calls, strict=True)), len(tried[-1]))


def items_of(ncco: Any, variables: Mapping[str, Any] | None) -> Items:
    """The actions as they were given, mistakes included: a value may be what puts them right."""
    from ..ncco import parse, render_ncco
    from ..ncco.checking.document import as_list

    items = as_list(ncco if variables is None else render_ncco(ncco, variables))
    if not items or not all(isinstance(one, dict) for one in items):
        parse(items)  # raises an error that says what it is instead
    return items


def _as_list(values: Iterable[Any] | None, name: str) -> list[Any]:
    if values is None or isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise RehearsalError(f"{name} is not a list.", "Put the values in square brackets: [-1, 0, 1].")
    if not (some := list(values)):
        raise RehearsalError(f"{name} is empty.", "Give at least one value: [-1, 0, 1].")
    return some


def _scene(items: Items, places: list[Place], values: tuple[Any, ...], person: dict[str, Any]) -> Scene | str:
    """The call with these values, or what is wrong with them."""
    from ..ncco import NccoError, parse

    changed = deepcopy(items)
    for place, value in zip(places, values, strict=True):
        place.set(changed, value)
    try:
        return Scene(parse(changed), **person)
    except NccoError as error:
        here = {place.index for place in places}
        wrong = [p for p in error.problems if p.severity == "error"]
        return " ".join(f"{p.message} {p.cure}".strip() if p.action in here else str(p) for p in wrong)
