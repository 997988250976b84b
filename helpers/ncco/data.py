"""JSON data: an NCCO, in whatever form it comes, as lists and dicts; copies of it, and places in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = Any
#: Names in objects, and positions in lists.
Path = tuple[str | int, ...]


def as_data(ncco: Any) -> Any:
    """An ``Ncco``, a draft, an action, or a list of such as lists and dicts; anything else as it is.

    >>> as_data([{"action": "wait"}])
    [{'action': 'wait'}]
    """
    made = bare(ncco)
    return [bare(one) for one in made] if isinstance(made, (list, tuple)) else made


def bare(value: Any) -> Any:
    """An ``Ncco`` as a list, an action or a part of one as a dict; what is in them is data already."""
    for name in ("to_list", "to_dict"):
        # Asked of the type: a class itself is not an NCCO, and a stranger's object may answer to any name.
        if callable(to := getattr(type(value), name, None)):
            return to(value)
    return value


def copy_of(value: Json) -> Json:
    """JSON data copied through and through; anything else is handed on as it is."""
    if isinstance(value, dict):
        return {name: copy_of(one) for name, one in value.items()}
    return [copy_of(one) for one in value] if isinstance(value, (list, tuple)) else value


def texts_in(value: Json) -> Iterator[str]:
    """Every text in it, in order; names are none."""
    value = bare(value)
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for one in value.values() for text in texts_in(one))
    elif isinstance(value, (list, tuple)):
        yield from (text for one in value for text in texts_in(one))


def holder_of(value: Json, path: Path) -> Json:
    """The object or list in which the last step of ``path`` lies; objects that are missing on the way are made."""
    for step in path[:-1]:
        value = value.setdefault(step, {}) if isinstance(value, dict) else value[step]
    return value


def value_in(value: Json, path: Path) -> Json:
    """What stands there; ``None`` if nothing does."""
    try:
        for step in path:
            value = value[step]
    except (KeyError, TypeError, IndexError):
        return None
    return value


def field_of(path: Path) -> str:
    """A path as a problem names it: ``endpoint.number``."""
    return ".".join(str(step) for step in path if not isinstance(step, int))
