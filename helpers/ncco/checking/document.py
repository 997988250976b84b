"""``Ncco``: a checked list of actions; ``parse`` makes one, ``check`` says what is wrong with what is not one yet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload
from urllib.parse import urlsplit

from ...base.hosts import is_private
from ...base.text import as_seen, nearest
from ...base.web import fault_of
from ..data import Path, as_data, copy_of, field_of
from ..jsontext import in_place, read, shape_problems, unwrapped, wrapped
from ..models.actions import ACTIONS, ELSEWHERE, MEANT
from ..models.model import Action
from ..problems.fixes import Fix, on_list, put, rename
from ..problems.problems import MOST_PROBLEMS, NccoError, Problem, advice, error, kind_of, shown
from ..schema import Named, Option, named_options
from ..templates.filling import fill_in
from .lint import Step, between

# Sounds that are fetched.
_AUDIO = ("streamUrl", "musicOnHoldUrl", "ringbackTone", "ringback")


class Ncco(Sequence[Action]):
    """A call control object: actions in the order in which a call carries them out. It cannot be changed.

    ``ncco[0].streamUrl`` reads an option. Made by :func:`parse`, or of models: ``Ncco([Talk(text="Hello")])``. Raises
    :class:`NccoError` if it has an error; ``.advice`` holds the remarks about one that has none.
    """

    def __init__(self, actions: Iterable[Action | dict[str, Any]]) -> None:
        if isinstance(actions, (str, Action, dict)):
            raise NccoError([no_list(as_data(actions))])
        models, problems = _read(as_data(list(actions)))
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
        """The NCCO as JSON has it: only what was set, ``action`` first in each, then as it was written."""
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


def check(data: Any, *, live: bool = False, variables: Mapping[str, Any] | None = None) -> list[Problem]:
    """Everything that is wrong or doubtful about ``data``, in order; an empty list if nothing is. Never raises.

    ``data`` is what :func:`parse` takes. ``live=True`` adds what matters when the real Vonage carries it out: addresses
    of this machine or of a home network are errors, sound over http is advice. With ``variables`` templates are filled
    in first, and what is then sent is checked; without them a placeholder is an error.

    >>> [problem.rule for problem in check([{"action": "talk", "text": "Hello", "loop": "2"}])]
    ['number-as-text']
    """
    items, problems = _as_list(data)
    if any(p.severity == "error" for p in problems):
        return problems
    return problems + _read(items, live=live, variables=variables)[1]


def as_list(ncco: Any) -> list[Any]:
    """The actions of an NCCO in any form, as JSON would have them: mistakes and all, and nothing is checked.

    Raises :class:`NccoError` for text that is not JSON, and for what is not a list.
    """
    items, problems = _as_list(ncco)
    if wrong := [p for p in problems if p.severity == "error" and p.rule != "empty-ncco"]:
        raise NccoError(wrong)
    return items


def _as_list(ncco: Any) -> tuple[list[Any], list[Problem]]:
    data, found = read(ncco)
    if any(p.severity == "error" for p in found):
        return [], found
    if isinstance(data, list):
        return data, found if data else [*found, _empty()]
    return [], [*found, no_list(data)]


def _empty() -> Problem:
    said, cure = "The NCCO is empty: the call would end at once.", "Add an action such as talk or stream."
    fix = on_list("Add a talk", lambda items: [{"action": "talk", "text": "Hello."}])
    return error("", said, cure, rule="empty-ncco", fix=fix)


def no_list(data: Any) -> Problem:
    """The problem of data that is not a list: why, and the list that was certainly meant."""
    how, meant = wrapped(data), unwrapped(data)
    if isinstance(meant, dict) and isinstance(inner := unwrapped(meant.get("ncco")), (list, tuple)):
        meant, label, cure = inner, "Take the list in it", "The NCCO is the list in it, under the name ncco."
    elif isinstance(meant, dict) and "action" in meant:
        meant, label, cure = [meant], "Put it in a list", "Put square brackets around it: [ … ]."
    else:
        label, cure = "Take the list in it", 'Write for example [{"action": "talk", "text": "Hello"}].'
    said = f"An NCCO is a list of actions, but this is {how.said if how else kind_of(data)}."
    cure = how.cure if how else cure
    if not isinstance(meant, (list, tuple)):
        if isinstance(data, dict):
            names = ", ".join(shown(name, 20) for name in list(data)[:4])
            said = f"An NCCO is a list of actions, but this is an object{f' with {names}' if names else ''}."
            cure = 'Look for the list in it that begins with [{"action": …: or is it a file of another tool?'
        return error("", said, cure, rule="not-a-list")
    if isinstance(data, dict) and "action" in data:
        said = "An NCCO is a list, but this is a single action."
    return error("", said, cure, rule="not-a-list", fix=in_place(label, list(meant)))


def _read(
    given: list[Any], *, live: bool = False, variables: Mapping[str, Any] | None = None
) -> tuple[list[Action], list[Problem]]:
    """Models of all items that are right, and the problems of all items, in order."""
    broken = shape_problems(given)
    filled, untold = (given, {}) if variables is None else fill_in(given, variables, broken)
    models: list[Action] = []
    problems: list[Problem] = [] if given else [_empty()]
    steps: list[Step] = []
    wrong = 0
    for index, item in enumerate(filled):
        one = _Item(broken[index]) if index in broken else _read_one(item, alone=len(filled) == 1)
        found = one.problems
        if item is not given[index]:
            # A fix would write over the template.
            found = [replace(p, fix=None) for p in found]
        if index in untold:
            # Told better by the template's own problems.
            found = [*untold[index], *(p for p in found if p.rule != "placeholder-left")]
        if live and one.name:
            found = [*found, *_live_problems(one.name, named_options(ACTIONS[one.name]), one.options)]
        if one.model is not None:
            models.append(one.model)
        problems += [p.at(index) for p in found]
        # What is wrong in itself can still be in the wrong place, so every step takes part.
        steps.append((index, one.name, one.options))
        wrong += any(p.severity == "error" for p in found)
        if wrong >= MOST_PROBLEMS:
            said, cure = "What follows has not been looked at.", "Correct these errors first."
            problems.append(error("", said, cure, rule="too-many-problems").at(index))
            return models, problems
    problems += between(steps)
    problems.sort(key=lambda p: -1 if p.action is None else p.action)
    return models, problems


@dataclass
class _Item:
    """One item of the list: its problems; its model if it is right; its name and options as far as they are known."""

    problems: list[Problem]
    model: Action | None = None
    name: str = ""
    options: dict[str, Any] = field(default_factory=dict)


def _read_one(item: Any, *, alone: bool) -> _Item:
    if not isinstance(item, dict):
        return _Item([_not_an_action(item, alone)])
    name = item.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        problem = _no_action(item, alone)
        meant = problem.fix.change(copy_of(item)) if problem.fix else None
        if not isinstance(meant, dict):
            return _Item([problem])
        return replace(_read_one(meant, alone=alone), problems=[problem], model=None)
    options = {k: v for k, v in item.items() if k != "action"}
    model, found, tidied = ACTIONS[name].look_at(options)
    if found:
        found = ACTIONS[name].only_good_fixes(options, found[:MOST_PROBLEMS])
        model = None if any(p.severity == "error" for p in found) else model
    return _Item(found, model, name, tidied.data)


def _not_an_action(item: Any, alone: bool) -> Problem:
    how, meant = wrapped(item), unwrapped(item)
    said = f"An action is an object, but this is {how.said if how else kind_of(item)} ({shown(item)})."
    cure = how.cure if how else 'Write for example {"action": "talk", "text": "Hello"}.'
    inner = meant if alone and isinstance(meant, (list, tuple)) else [meant]
    fix = None
    if all(isinstance(one, dict) for one in inner) and not any(p.severity == "error" for p in _read(list(inner))[1]):
        fix = Fix("Take the inner list" if inner is meant else "Take the object in it", lambda _: copy_of(inner))
    return error("", said, cure, rule="not-an-action", fix=fix)


def _no_action(item: dict[str, Any], alone: bool) -> Problem:
    """The problem of an item whose ``action`` is missing or unknown; ``alone`` says that it is the only one."""
    if "action" in item:
        key = _key(item["action"])
        meant = MEANT.get(key, "") if key in ELSEWHERE else nearest(key, ACTIONS)
        cure = f'Did you mean "{meant}"?' if meant else f"The actions are: {', '.join(ACTIONS)}."
        fix = _fits(item, meant) if meant else None
        if key in ("hangup", "hang_up") and not alone:
            fix = Fix("Leave it out", lambda item: [])
        said, rule = f"There is no action {shown(item['action'])}.", "unknown-action"
        return error("action", said, ELSEWHERE.get(key, cure), rule=rule, fix=fix)
    said, rule = 'The "action" is missing.', "missing-action"
    other = next((key for key in item if _key(key) in ("action", "actions")), None)
    if other is not None and isinstance(item[other], str):
        meant = _key(item[other])
        fix = _fits(item, meant, other) if meant in ACTIONS else None
        return error("action", said, f'Write "action" in place of {shown(other)}.', rule=rule, fix=fix)
    best = max(ACTIONS, key=lambda name: len(named_options(ACTIONS[name]).keys() & item.keys()))
    fits = named_options(ACTIONS[best]).keys() & item.keys()
    fix = _fits(item, best) if fits else None
    return error("action", said, f'Add "action": "{best if fits else "talk"}".', rule=rule, fix=fix)


def _key(name: Any) -> str:
    return as_seen(name).strip().lower() if isinstance(name, str) and len(name) <= 100 else ""


def _fits(item: dict[str, Any], name: str, instead: str = "action") -> Fix | None:
    """The same options under that action's name, if it takes them; it takes the place of ``instead``."""
    options = {key: value for key, value in item.items() if key not in ("action", instead) and isinstance(key, str)}
    if any(problem.severity == "error" for problem in ACTIONS[name].look_at(options)[1]):
        return None
    label = f'Write "action": "{name}"'
    return put(label, ("action",), name) if instead == "action" else rename(label, (instead,), "action", name)


def _live_problems(name: str, options: Named, given: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the addresses of one action when Vonage is to reach them."""
    addresses = _addresses(options, given, ())
    return [problem for path, option, address in addresses for problem in _judged(name, path, option, address)]


def _addresses(options: Named, given: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Option, str]]:
    for name, value in given.items():
        option, where = options.get(name) if isinstance(name, str) else None, (*path, name)
        if option is None:
            continue
        if option.kind in ("url", "urls") or name == "uri":
            held = value if isinstance(value, list) else _list_in(value)
            for step, one in enumerate(held):
                while isinstance(one, list) and len(one) == 1:
                    one = one[0]
                if isinstance(one, str):
                    yield (*where, step) if held is value else where, option, one if name == "uri" else _meant(one)
        elif option.parts and isinstance(value, dict):
            yield from _addresses(option.inside(), value, where)
        elif option.variants and isinstance(value, list):
            for place, one in enumerate(value):
                if isinstance(one, dict):
                    yield from _addresses(option.inside(one.get("type")), one, (*where, place))


def _list_in(value: Any) -> list[Any]:
    """One address in place of a list of them, or a list that was written as text."""
    inner = unwrapped(value)
    return inner if isinstance(inner, list) else [value]


def _meant(address: str) -> str:
    """The address as its fix would write it, if it has one, so that a fix brings no new problem to light."""
    fault = fault_of(address)
    return fault.better if fault and fault.better else address


def _judged(name: str, path: Path, option: Option, address: str) -> Iterator[Problem]:
    field = field_of(path)
    scheme, host = _scheme_and_host(address)
    if host and is_private(host):
        said = f"{field} of {name} leads to {shown(host)}, which only machines near it can reach ({shown(address)})."
        yield error(
            field, said, "Use a public address: that of your tunnel or of your web server.", rule="private-address"
        )
        return
    if scheme == "http" and option.name in _AUDIO:
        better = f"https{address[4:]}"
        fix = put(f"Write {better[:60]}", path, better)
        message = f"{field} of {name} is an http address ({shown(address)})."
        yield advice(field, message, "Use https: it is fetched everywhere.", rule="http-audio", fix=fix)
    if scheme == "ws":
        better = f"wss{address[2:]}"
        fix = put(f"Write {better[:60]}", path, better)
        message = f"{field} of {name} is a ws address ({shown(address)})."
        yield advice(field, message, "Use wss.", rule="not-encrypted", fix=fix)


def _scheme_and_host(address: str) -> tuple[str, str]:
    """Both in lower case; empty texts for what is not a whole address, which is an error already."""
    if sip := re.match(r"(?i)sips?:(?:[^@\s]*@)?([^\s:;?]+)", address):
        return "sip", sip.group(1)
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""
