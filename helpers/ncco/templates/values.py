"""The variables of a template: looked up one name at a time, and only the names that the template has.

A variable is data: a mapping, a list (``results.0.text``), a text, a number, true, false or ``None``. A template never
walks into the inside of Python objects, and never calls one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ...base.text import nearest
from ..jsontext import LONGEST
from ..problems.problems import kind_of
from .reading import CannotFill, written

#: How far names are collected for "Did you mean …?".
MOST_NAMES = 200
DEEPEST_NAME = 6
#: There is no such name; ``None`` is a value.
NOTHING: Any = object()


def look_up(name: str, variables: Any) -> Any:
    """The value of a dotted name, or ``NOTHING``."""
    found = variables
    for part in name.split("."):
        found = _member(found, part)
    return found


def _member(holder: Any, part: str) -> Any:
    if isinstance(holder, Mapping):
        return holder.get(part, NOTHING)
    if isinstance(holder, (list, tuple)) and part.isascii() and part.isdigit() and len(part) < 9:
        return holder[int(part)] if int(part) < len(holder) else NOTHING
    return NOTHING


def as_text(value: Any, name: str = "") -> str:
    """A value as it stands in a text: nothing for ``None``, ``true``, 5 and not 5.0, JSON for a list or an object."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # a number has no .0 in JSON and in Node-RED
    return "" if value is None else as_json(value, name)


def as_json(value: Any, name: str) -> str:
    """A value as JSON text, of a length that can still be handled."""
    pieces, length = [], 0
    try:
        # Written piece by piece: a list may hold the same list twice on every level.
        for piece in json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_mapping).iterencode(value):
            pieces.append(piece)
            length += len(piece)
            if length > LONGEST:
                raise CannotFill(f"names {written(name)}, which is too large", "Pass on a part of it.", "too-large")
    except (TypeError, ValueError, RecursionError):
        said = f"names {written(name)}, which is {kind_of(value)} and cannot be written down"
        raise CannotFill(said, "Pass on a text, a number, or a list or dict of those.", "no-json-value") from None
    return "".join(pieces)


def _mapping(value: Any) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def unknown(name: str, variables: Any) -> CannotFill:
    """What there is to say of a name that is not there: the nearest one, or all."""
    said = f"names {written(name)}, which is not among the variables"
    names = dict(islice(_names(variables), MOST_NAMES))
    if better := meant(name, list(names)):
        return CannotFill(said, f"Did you mean {written(better)}?", better=better)
    ends = [one for one, is_end in names.items() if is_end]
    known = ", ".join(ends[:20]) + (", …" if len(ends) > 20 else "")
    return CannotFill(said, f"Known are: {known or 'none'}.")


def meant(wrong: str, names: list[str]) -> str:
    """The dotted name that was meant: one that ends so, or one much like it, as a whole or in its last part."""
    end = f".{wrong.lower()}"
    ends = {name.rpartition(".")[2]: name for name in reversed(names)}
    alike = nearest(wrong, reversed(names)) or ends.get(nearest(wrong.rpartition(".")[2], ends), "")
    return next((name for name in sorted(names, key=len) if f".{name.lower()}".endswith(end)), alike)


def _names(holder: Any, above: str = "", level: int = 0) -> Iterator[tuple[str, bool]]:
    """The dotted names in the variables, and whether there are none in them."""
    if isinstance(holder, Mapping):
        members = [(key, holder[key]) for key in holder if isinstance(key, str) and key and "{" not in key]
    else:
        members = [("0", holder[0])] if isinstance(holder, list) and holder and level else []
    for key, value in members if level < DEEPEST_NAME else ():
        holds = bool(value) and isinstance(value, (Mapping, list))
        yield f"{above}{key}", not holds
        if holds:
            yield from _names(value, f"{above}{key}.", level + 1)
