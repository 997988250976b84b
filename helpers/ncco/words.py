"""pydantic's findings in plain words: what is wrong, and the line to write instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from helpers.ncco.problems import MOST_PROBLEMS, Problem, error, kind_of, shown
from helpers.ncco.schema import Option, find, options_of

Path = tuple[str | int, ...]


def in_words(model: type[BaseModel], problem: ValidationError, data: Any) -> list[Problem]:
    """One :class:`Problem` for each thing pydantic found wrong with ``data``, the options of ``model``."""
    found = [_say(model, dict(one), data) for one in problem.errors(include_url=False)[:MOST_PROBLEMS]]
    # A value that fits no JSON type is reported once for each type: say it once.
    return list(dict.fromkeys(found))


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """The known name that ``wrong`` was probably meant to be, or ``""``."""
    names = {name.lower(): name for name in known}
    close = difflib.get_close_matches(str(wrong).lower(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else ""


def _say(model: type[BaseModel], one: dict[str, Any], data: Any) -> Problem:
    kind, value = one["type"], one["input"]
    path = _without_tags(one["loc"], data)
    name, options = _name(model), options_of(model)
    field = ".".join(str(step) for step in path if not isinstance(step, int))
    option = find(options, path, data)
    if kind == "missing":
        wanted = option.example if option else None
        return error(field, f"{name} needs {field}.", f"Write {_line(path, wanted)}.")
    if kind in ("extra_forbidden", "no_such_attribute"):
        return _unknown(name, field, path, _siblings(options, path, data))
    if kind.startswith("union_tag") and option:
        types = ", ".join(f'"{variant}"' for variant in option.variants)
        given = value.get("type") if isinstance(value, dict) else None
        said = f"type {shown(given)} is not known" if given is not None else 'needs a "type"'
        return error(f"{field}.type", f"{field} of {name}: {said}.", f"The types are {types}.")
    if kind == "ncco":
        said = one["ctx"]
        return error(field, f"{field} of {name} {said['said']} ({shown(value)}).", said["cure"])
    if kind == "invalid-json-value":
        return error(
            field,
            f"{field} of {name} is {kind_of(value)}, which JSON does not know.",
            "Use text, numbers, lists and dicts.",
        )
    expected = option.expected if option else "something else"
    if path and isinstance(path[-1], int) and option and option.kind in ("urls", "list", "choices"):
        return error(
            field, f"{field} of {name} holds {shown(value)}, but must be {expected}.", _cure(option, path, value)
        )
    return error(field, f"{field} of {name} {_is(kind, value)}, but must be {expected}.", _cure(option, path, value))


def _is(kind: str, value: Any) -> str:
    if kind == "string_too_long":
        return f"has {len(value)} characters"
    if kind in ("too_short", "too_long"):
        return f"is a list of {len(value)}"
    if kind.endswith("_type") and value is not None and not isinstance(value, (list, dict)):
        return f"is {kind_of(value)} ({shown(value)})"
    return f"is {shown(value)}"


def _cure(option: Option | None, path: Path, value: Any) -> str:
    if option is None:
        return ""
    if option.kind in ("urls", "list", "choices") and isinstance(value, str) and not isinstance(path[-1], int):
        return f"Write it in square brackets: {_line(path, [value])}."
    if option.kind == "variants" and isinstance(value, dict):
        return "Put square brackets around it: it is a list, even with one endpoint."
    if option.kind in ("whole number", "number") and isinstance(value, str):
        number = value.strip()
        if number.replace(".", "", 1).removeprefix("-").isdigit():
            return f'Write the number without quotes: "{option.name}": {number}.'
    if option.kind == "flag" and str(value).lower() in ("true", "false", "1", "0"):
        meant = "true" if str(value).lower() in ("true", "1") else "false"
        return f'Write "{option.name}": {meant}, without quotes (Python: {meant.capitalize()}).'
    if option.kind in ("text", "url") and isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return f"Here it is not a list: {_line(path, value[0])}."
    if option.kind == "text" and isinstance(value, int) and not isinstance(value, bool):
        return f'Write it in quotes: "{option.name}": "{value}".'
    if option.kind == "choice" and isinstance(value, str):
        meant = did_you_mean(value, [str(choice) for choice in option.choices])
        if meant:
            return f'Did you mean "{meant}"?'
    return f"Write for example {_line(path, option.example)}." if option.example is not None else ""


def _unknown(name: str, field: str, path: Path, options: tuple[Option, ...]) -> Problem:
    wrong = str(path[-1]) if path else field
    names = [option.name for option in options]
    meant = did_you_mean(wrong, names)
    cure = f"Did you mean {meant}?" if meant else f"The options here are: {', '.join(names)}."
    place = f"{name} {field.rpartition('.')[0]}".strip()
    return error(field, f"{place} has no option {shown(wrong)}.", cure)


def _siblings(options: tuple[Option, ...], path: Path, data: Any) -> tuple[Option, ...]:
    """The options that stand beside the one at ``path``."""
    above = find(options, path[:-1], data) if len(path) > 1 else None
    if above is None:
        return options
    if above.variants:
        try:
            return above.variants[data[above.name][0]["type"]]
        except (KeyError, TypeError, IndexError):
            return ()
    return above.parts


def _without_tags(path: Path, data: Any) -> Path:
    """pydantic's path names the variant too (``endpoint, 0, phone, number``); JSON's does not."""
    if len(path) > 2 and isinstance(path[1], int) and isinstance(path[2], str):
        try:
            item = data[path[0]][path[1]]
        except (KeyError, TypeError, IndexError):
            return path
        if isinstance(item, dict) and item.get("type") == path[2]:
            return (*path[:2], *path[3:])
    return path


def _line(path: Path, value: Any) -> str:
    names = [step for step in path if isinstance(step, str)]
    return f'"{names[-1] if names else ""}": {json.dumps(value, ensure_ascii=False)}'


def _name(model: type[BaseModel]) -> str:
    """The action's or the part's own name in JSON: ``stream``, not ``Stream``."""
    for tag in ("action", "type"):
        facts = model.model_fields.get(tag)
        if facts is not None and isinstance(facts.default, str):
            return facts.default
    return model.__name__[:1].lower() + model.__name__[1:]
