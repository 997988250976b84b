"""``sweep``: the same call with one option, or two, at several values, all at once; to hear and see what they do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .paths import Place, place_of
from .playing import RehearsalError, scene_of

if TYPE_CHECKING:
    from ..base.view import View
    from .rehearsal import Rehearsal
    from .stage import Scene

MOST_CELLS = 25  # more players than that nobody compares

Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Cell:
    """One call of an option lab: the values, and how the call went, or why there was none."""

    values: tuple[Any, ...]
    rehearsal: Rehearsal | None = None
    problem: str = ""


def sweep(
    ncco: Any,
    path: str,
    values: Iterable[Any],
    path2: str | None = None,
    values2: Iterable[Any] | None = None,
    *,
    keys: str = "",
    says: str | Sequence[str] = (),
    script: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    direction: str = "outbound",
    seconds: float = 30,
    folder: str | Path = "heard",
    name: str = "",
) -> View:
    """An option lab: the NCCO with one option at several values, side by side, each to be heard and seen.

    ``path`` is the position of the action, from 0, then the option: ``"0.level"``, ``"1.dtmf.maxDigits"``,
    ``"0.endpoint.number"``. ``values``: what to try; None leaves the option out. With ``path2`` and ``values2`` every
    value meets every other in a table. 25 calls at most. The rest is as in :func:`helpers.rehearsal.play`; the person
    hangs up after ``seconds``. A value that is wrong has its problem in words where others have their sound.

    Raises :class:`RehearsalError` for a path that leads nowhere, naming the near one.

    >>> sweep([{"action": "stream", "streamUrl": ["https://example.com/jingle.mp3"]}], "0.level", [-1, 0, 1])
    """
    from .lab_view import option_lab

    items = items_of(ncco, variables)
    places = [place_of(items, path)] + ([] if path2 is None else [place_of(items, path2)])
    tried = [_listed(values, "values")] + ([] if path2 is None else [_listed(values2, "values2")])
    if path2 is None and values2 is not None:
        raise RehearsalError("There is no path2 for values2.", 'Name the second option, such as "0.loop".')
    if path2 is not None and places[0] == places[1]:
        raise RehearsalError(f"{path} and {path2} are the same option.", "Name another one as path2.")
    combined = [(one, *others) for one in tried[0] for others in ([(two,) for two in tried[1]] if path2 else [()])]
    if len(combined) > MOST_CELLS:
        raise RehearsalError(
            f"That makes {len(combined)} calls, and {MOST_CELLS} are the most to be compared at once.",
            "Try fewer values.",
        )
    plan = {"keys": keys, "says": says, "script": script, "direction": direction, "seconds": seconds}
    scenes = [_scene(items, places, values, plan) for values in combined]
    stem = name or f"lab-{_digest(items, [p.path for p in places], combined, plan)}"
    return option_lab(places, tried, _cells(combined, scenes, Path(folder), stem))


def items_of(ncco: Any, variables: Mapping[str, Any] | None) -> Items:
    """The actions as they were given, mistakes included: a value may be what puts them right."""
    from ..ncco import NccoError, parse, render_ncco
    from ..ncco.jsontext import from_json

    data = ncco.to_list() if hasattr(ncco, "to_list") else ncco
    if variables is not None:
        data = render_ncco(data, variables)
    elif isinstance(data, str | bytes):
        data, problems = from_json(data)
        if any(p.severity == "error" for p in problems):
            raise NccoError(problems)
    items = [one.to_dict() if hasattr(one, "to_dict") else one for one in data] if _is_list(data) else data
    if not _is_list(items) or not items or not all(isinstance(one, dict) for one in items):
        parse(items)  # raises an error that says what it is instead
    return list(items)


def _is_list(data: Any) -> bool:
    return isinstance(data, list | tuple)


def _listed(values: Iterable[Any] | None, name: str) -> list[Any]:
    if values is None or isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise RehearsalError(f"{name} is not a list.", "Put the values in square brackets: [-1, 0, 1].")
    listed = list(values)
    if not listed:
        raise RehearsalError(f"{name} is empty.", "Give at least one value: [-1, 0, 1].")
    return listed


def _scene(items: Items, places: list[Place], values: tuple[Any, ...], plan: dict[str, Any]) -> Scene | str:
    """The call with these values, or what is wrong with them."""
    from ..ncco import NccoError, parse

    changed = deepcopy(items)
    for place, value in zip(places, values, strict=True):
        place.set(changed, value)
    try:
        return scene_of(parse(changed), **plan)
    except NccoError as error:
        here = {place.index for place in places}
        wrong = [p for p in error.problems if p.severity == "error"]
        return " ".join(f"{p.message} {p.cure}".strip() if p.action in here else str(p) for p in wrong)


def _cells(values: list[tuple[Any, ...]], scenes: list[Scene | str], folder: Path, stem: str) -> list[Cell]:
    """All calls that can be made, made together."""
    from .rehearsal import Rehearsal
    from .stage import Scene, perform

    right = [scene for scene in scenes if isinstance(scene, Scene)]
    takes = iter(perform(right) if right else [])
    cells = []
    for number, (one, scene) in enumerate(zip(values, scenes, strict=True), 1):
        if isinstance(scene, Scene):
            cells.append(Cell(one, Rehearsal(scene, next(takes), folder, f"{stem}-{number}")))
        else:
            cells.append(Cell(one, problem=scene))
    return cells


def _digest(*told: Any) -> str:
    """The same name for the same lab, and another one for another."""
    from .requests import same_always

    return hashlib.sha256(same_always(json.dumps(told, default=repr)).encode()).hexdigest()[:6]
