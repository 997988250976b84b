"""What a wrong value was most likely meant to be, if there is an answer that the model then takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from ...base.text import nearest
from ..data import Path, copy_of, holder_of, value_in
from ..jsontext import unwrapped
from ..schema import Option
from .tidying import number_in

#: Says that nothing certain can be put in place of a value.
NOTHING = object()

# Parts of a value that are put right one after the other: the list around an address, then the address.
_ROUNDS = 3


def mended(model: type[BaseModel], data: Any, path: Path, option: Option | None) -> Any:
    """What to write at ``path`` of ``data`` (options of ``model``) so that the model takes it, or ``NOTHING``."""
    value = value_in(data, path)
    item = bool(path) and isinstance(path[-1], int)
    for candidate in (value, *(_candidates(option, value, item) if option else ())):
        better = _accepted(model, data, path, candidate)
        if better is not NOTHING:
            return better
    return NOTHING


def without_tags(path: Path, data: Any) -> Path:
    """pydantic's path names the variant too (``endpoint, 0, phone, number``); JSON's does not."""
    if len(path) > 2 and isinstance(path[1], int) and isinstance(path[2], str):
        item = value_in(data, path[:2])
        if isinstance(item, dict) and item.get("type") == path[2]:
            return (*path[:2], *path[3:])
    return path


def _accepted(model: type[BaseModel], data: Any, path: Path, candidate: Any) -> Any:
    """The candidate, its parts put right where it is certain how, if the model then takes it."""
    trial = copy_of(data)
    holder = holder_of(trial, path)
    holder[path[-1]] = copy_of(candidate)
    for _ in range(_ROUNDS):
        try:
            model.model_validate(trial, by_alias=True, by_name=False)
            return holder[path[-1]]
        except ValidationError as problem:
            found = [(without_tags(one["loc"], trial), one) for one in problem.errors(include_url=False)[:100]]
        below = [(where, one) for where, one in found if where[: len(path)] == path]
        if not below:
            return holder[path[-1]]
        for where, one in below:
            better = one.get("ctx", {}).get("better") if one["type"] == "ncco" else None
            if better is None:
                return NOTHING
            holder_of(trial, where)[where[-1]] = better
    return NOTHING


def _candidates(option: Option, value: Any, item: bool) -> Iterator[Any]:
    """Likely meanings, the likeliest first; ``item`` says that the value is one entry of a list option."""
    if option.is_number:
        yield from _numbers(option, value)
    elif option.kind == "object":
        yield from _objects(value)
    elif option.kind == "parts":
        if value in (True, "", []):
            yield {}
        if isinstance(value, list) and len(value) == 1:
            yield value[0]
        yield unwrapped(value)
    elif option.kind == "variants":
        yield from _endpoints(option, value)
    elif option.holds_list and not item:
        yield from _lists(option, value)
    else:
        yield from _texts(option, value)


def _numbers(option: Option, value: Any) -> Iterator[Any]:
    number = number_in(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) < 1e300:
        return
    low = number if option.minimum is None else max(number, option.minimum)
    nearest = low if option.maximum is None else min(low, option.maximum)
    yield round(nearest) if option.kind == "whole number" or float(nearest).is_integer() else nearest


def _objects(value: Any) -> Iterator[Any]:
    if value in ("", []):
        yield {}
    yield unwrapped(value)


def _lists(option: Option, value: Any) -> Iterator[Any]:
    value = unwrapped(value)
    if isinstance(value, str):
        entries = [entry.strip() for entry in value.split(",") if entry.strip()]
        # An address may hold a comma; a list of names or words is often written with them.
        yield [value] if option.kind == "urls" else [_choice(option, entry) for entry in entries[:100]]
    elif isinstance(value, list) and value and len(value) <= 100:
        yield [_choice(option, entry) for entry in value]
        yield [str(entry) if isinstance(entry, int) and abs(entry) < 1e18 else entry for entry in value]
        yield value[:1]
        yield [entry for entry in value if entry not in ("", None)][:1]


def _texts(option: Option, value: Any) -> Iterator[Any]:
    if option.choices:
        yield _choice(option, value)
        if value is True and len(option.choices) == 1:
            yield option.choices[0]
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
        yield value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1e18:
        value = str(value)
        yield value
    if option.kind == "text" and isinstance(value, str) and value and len(value) <= 1000:
        yield re.sub(r"[\s.()-]", "", value)
        if len(set(value)) == 1 and len(value) <= 5:
            yield value[0]


def _choice(option: Option, value: Any) -> Any:
    named = [str(choice) for choice in option.choices]
    meant = nearest(value, named) if isinstance(value, str) and named else ""
    # mp4 is not certainly mp3, nor 44100 samples 24000.
    return meant if meant and _digits(meant) == _digits(value) else value


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _endpoints(option: Option, value: Any) -> Iterator[Any]:
    value = unwrapped(value)
    if isinstance(value, str):
        value = {"type": "phone", "number": value}
    entry = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(entry, dict):
        kind = entry.get("type")
        meant = nearest(kind, option.variants) if isinstance(kind, str) else _type_of(entry)
        yield [entry]
        if meant:
            yield [{"type": meant, **{name: one for name, one in entry.items() if name != "type"}}]


def _type_of(endpoint: dict[str, Any]) -> str:
    """The type of an endpoint that does not say it, told by what it holds."""
    uri = str(endpoint.get("uri", ""))[:10]
    if uri:
        return "sip" if uri.startswith("sip") else "websocket" if uri.startswith("ws") else ""
    for name, kind in (("number", "phone"), ("extension", "vbc"), ("domain", "sip"), ("user", "app")):
        if name in endpoint:
            return kind
    return ""
