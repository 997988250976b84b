"""``Ncco``: a checked list of actions; ``parse`` makes one, ``check`` says what is wrong with what is not one yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, overload

from helpers.ncco.actions import ACTIONS, ELSEWHERE
from helpers.ncco.jsontext import from_json
from helpers.ncco.lint import Step, between
from helpers.ncco.model import Action
from helpers.ncco.problems import MOST_PROBLEMS, NccoError, Problem, error, kind_of, shown
from helpers.ncco.schema import options_of
from helpers.ncco.words import did_you_mean


class Ncco(Sequence[Action]):
    """A call control object: actions in the order in which a call carries them out. It cannot be changed.

    ``ncco[0].streamUrl`` reads an option. Made by :func:`parse`, or of models: ``Ncco([Talk(text="Hello")])``. Raises
    :class:`NccoError` if it has an error; ``.advice`` holds the remarks about one that has none.
    """

    def __init__(self, actions: Iterable[Action | dict[str, Any]]) -> None:
        models, problems = _read(list(actions))
        if any(p.severity == "error" for p in problems):
            raise NccoError(problems)
        self._actions = tuple(models)
        self.advice: list[Problem] = problems

    @overload
    def __getitem__(self, index: int) -> Action: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Action]: ...
    def __getitem__(self, index: int | slice) -> Action | Sequence[Action]:
        return self._actions[index]

    def __len__(self) -> int:
        return len(self._actions)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ncco) and self.to_list() == other.to_list()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return f"<NCCO: {' → '.join(action.action for action in self)}>"

    def to_list(self) -> list[dict[str, Any]]:
        """The NCCO as JSON has it: only what was set, ``action`` first in each."""
        return [action.to_dict() for action in self]

    def to_json(self, indent: int | None = 4) -> str:
        """The NCCO as JSON text; ``indent=None`` puts it on one line."""
        return json.dumps(self.to_list(), indent=indent, ensure_ascii=False)


def parse(data: Any) -> Ncco:
    """The NCCO in ``data``: JSON text or bytes, or a list of dicts, models or both.

    Raises :class:`NccoError`, whose ``.problems`` says everything that is wrong at once.

    >>> parse('[{"action": "stream", "streamUrl": ["https://example.com/music.mp3"]}]')
    <NCCO: stream>
    """
    if isinstance(data, Ncco):
        return data
    items, problems = _as_list(data)
    if problems and any(p.severity == "error" for p in problems):
        raise NccoError(problems)
    ncco = Ncco(items)
    ncco.advice = problems + ncco.advice
    return ncco


def check(data: Any) -> list[Problem]:
    """Everything that is wrong or doubtful about ``data``, in order; an empty list if nothing is. Never raises."""
    items, problems = _as_list(data)
    return problems if any(p.severity == "error" for p in problems) else problems + _read(items)[1]


def _as_list(data: Any) -> tuple[list[Any], list[Problem]]:
    found: list[Problem] = []
    if isinstance(data, (str, bytes, bytearray)):
        data, found = from_json(data)
        if any(p.severity == "error" for p in found):
            return [], found
    if isinstance(data, (dict, Action)):
        return [], [
            *found,
            error("", "An NCCO is a list, but this is a single action.", "Put square brackets around it: [ … ]."),
        ]
    if not isinstance(data, (list, tuple, Ncco)):
        return [], [
            *found,
            error(
                "",
                f"An NCCO is a list of actions, but this is {kind_of(data)}.",
                'Write for example [{"action": "talk", "text": "Hello"}].',
            ),
        ]
    if not data:
        return [], [
            *found,
            error("", "The NCCO is empty: the call would end at once.", "Add an action such as talk or stream."),
        ]
    return list(data), found


def _read(items: Sequence[Any]) -> tuple[list[Action], list[Problem]]:
    """Models of all items that are right, and the problems of all items, in order."""
    models: list[Action] = []
    problems: list[Problem] = [] if items else _as_list([])[1]
    steps: list[Step] = []
    wrong = 0
    for index, item in enumerate(items):
        if isinstance(item, Action):
            item = item.to_dict()
        model, found = _read_one(item)
        if model is not None:
            models.append(model)
        problems += [p.at(index) for p in found]
        name = item.get("action") if isinstance(item, dict) else None
        known = ACTIONS.get(name) if isinstance(name, str) else None
        # What is wrong in itself can still be in the wrong place, so every step takes part.
        steps.append((index, str(name), known.tidy(_texts_only(item))[0] if known else {}))
        wrong += any(p.severity == "error" for p in found)
        if wrong >= MOST_PROBLEMS:
            problems.append(error("", "What follows has not been looked at.", "Correct these errors first.").at(index))
            return models, problems
    problems += between(steps)
    problems.sort(key=lambda p: -1 if p.action is None else p.action)
    return models, problems


def _read_one(item: Any) -> tuple[Action | None, list[Problem]]:
    if not isinstance(item, dict):
        return None, [
            error(
                "",
                f"An action is an object, but this is {kind_of(item)} ({shown(item)}).",
                'Write for example {"action": "talk", "text": "Hello"}.',
            )
        ]
    if "action" not in item:
        best = max(ACTIONS, key=lambda n: len({o.name for o in options_of(ACTIONS[n])} & item.keys()))
        fits = {o.name for o in options_of(ACTIONS[best])} & item.keys()
        return None, [error("action", 'The "action" is missing.', f'Add "action": "{best if fits else "talk"}".')]
    name = item["action"]
    if not isinstance(name, str) or name not in ACTIONS:
        return None, [error("action", f"There is no action {shown(name)}.", _other_action(name))]
    nulls = [
        error(str(k), f"{k} of {name} is null.", "Leave it out if it is not set.") for k, v in item.items() if v is None
    ]
    options = {k: v for k, v in _texts_only(item).items() if k != "action"}
    odd = [
        error("", f"{name}: {k!r} is not a name: names are text.", "Put quotes around it.")
        for k in item
        if not isinstance(k, str)
    ]
    model, found = ACTIONS[name].read(options)
    nulls_at = {p.field for p in nulls}
    found = [*odd, *nulls, *(p for p in found if p.field not in nulls_at)]
    return (None if any(p.severity == "error" for p in found) else model), found


def _other_action(name: Any) -> str:
    key = str(name).strip().lower()
    if key in ELSEWHERE:
        return ELSEWHERE[key]
    meant = did_you_mean(key, ACTIONS)
    return f'Did you mean "{meant}"?' if meant else f"The actions are: {', '.join(ACTIONS)}."


def _texts_only(item: dict[Any, Any]) -> dict[str, Any]:
    return {k: v for k, v in item.items() if isinstance(k, str)}
