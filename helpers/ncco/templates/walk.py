"""Every text of an NCCO or of a call that holds a template, with the option it is the value of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..data import bare
from ..models.actions import ACTIONS
from ..schema import Named, Option, named_options
from .reading import has_tags

Path = tuple[str | int, ...]

#: Lists, objects and texts that are looked at; far more than an NCCO of a few megabytes has.
MOST_PARTS = 1_000_000


@dataclass(frozen=True)
class Spot:
    """Where a text stands: its path in the action, and the option it belongs to (``None`` for free JSON).

    ``in_list``: it is an entry of the option's list. ``beside``: it is the name of a value, and these objects hold the
    names beside it.
    """

    path: Path
    option: Option | None
    in_list: bool = False
    beside: tuple[Mapping[Any, Any], ...] = ()


OnText = Callable[[str, Spot], Any]


@dataclass
class _Frame:
    made: Any
    parts: Iterator[tuple[Any, Any]]
    key: Any
    source: Any
    inside: Named | None = None  # of an object: its options
    option: Option | None = None  # of a list: the option that it is the value of


def rebuilt(item: Any, options: Named, on_text: OnText) -> tuple[Any, bool]:
    """A copy of ``item`` in which ``on_text`` has had every text with a tag, names in free JSON included.

    ``options`` are those of the object ``item``. It may be nested as deeply as it likes, and hold itself: that is left
    as it is. The second result is ``False`` if it was too large to be gone through.
    """
    if not isinstance(item, (dict, list, tuple)):
        return (on_text(item, Spot((), None)) if isinstance(item, str) and has_tags(item) else item), True
    frames = [_frame(item, (), options)]
    on_path = {id(item)}
    result, left = frames[0].made, MOST_PARTS
    while frames:
        frame = frames[-1]
        key, value = next(frame.parts, (_END, None))
        if key is _END:
            on_path.discard(id(frames.pop().source))
            continue
        left -= 1
        value = bare(value)
        option, in_list = (frame.option, True) if frame.inside is None else (frame.inside.get(key), False)
        if isinstance(key, str) and has_tags(key):
            key = on_text(key, Spot((*_path(frames), key), None, beside=(frame.source, frame.made)))
        if isinstance(value, str):
            made = on_text(value, Spot((*_path(frames), key), option, in_list)) if has_tags(value) else value
        elif isinstance(value, (dict, list, tuple)) and id(value) not in on_path and left > 0:
            frames.append(_frame(value, key, _inside(option, value), option))
            on_path.add(id(value))
            made = frames[-1].made
        else:
            made = value
        if isinstance(frame.made, list):
            frame.made.append(made)
        else:
            frame.made[key] = made
    return result, left > 0


_END: Any = object()


def _frame(source: Any, key: Any, inside: Named, option: Option | None = None) -> _Frame:
    if isinstance(source, dict):
        return _Frame({}, iter(source.items()), key, source, inside)
    return _Frame([], enumerate(source), key, source, None, option)


def _path(frames: list[_Frame]) -> Path:
    return tuple(frame.key for frame in frames[1:])


def _inside(option: Option | None, value: Any) -> Named:
    """The options of the object that an option holds."""
    if option is None or not isinstance(value, dict):
        return {}
    if option.kind == "actions":
        return options_of_action(value)
    if option.variants:
        return option.inside(value.get("type")) or _of_any_type(option)
    return option.inside()


def options_of_action(item: Any) -> Named:
    """The options of an action by name; none if there is no such action."""
    name = item.get("action") if isinstance(item, dict) else None
    return named_options(ACTIONS[name]) if isinstance(name, str) and name in ACTIONS else {}


def _of_any_type(option: Option) -> Named:
    return {name: one for kind in option.variants for name, one in option.inside(kind).items()}


@lru_cache(maxsize=1)
def options_of_a_call() -> Named:
    """What ``POST /v1/calls`` and ``create_call`` take. Source: Voice API OpenAPI 1.10."""
    endpoint = named_options(ACTIONS["connect"])["endpoint"]
    phone = endpoint.variants["phone"]
    detection = (_plain("behavior"), _plain("mode"), _plain("beep_timeout", "whole number"))
    fields = [
        _plain("to", "variants", variants=endpoint.variants),
        _plain("from", "parts", parts=phone),
        _plain("from_", "parts", parts=phone),
        _plain("ncco", "actions"),
        *(_plain(name, "urls") for name in ("answer_url", "event_url")),
        *(_plain(name) for name in ("answer_method", "event_method", "machine_detection")),
        *(_plain(name, "whole number") for name in ("ringing_timer", "length_timer")),
        _plain("random_from_number", "flag"),
        _plain("advanced_machine_detection", "parts", parts=detection),
    ]
    body = _plain("body", "parts", parts=tuple(fields))
    return {option.name: option for option in (*fields, body)}


def _plain(name: str, kind: str = "text", **more: Any) -> Option:
    return Option(name=name, kind=kind, expected="", help="", **more)
