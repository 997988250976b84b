"""An NCCO as Python source: a list of dicts."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from ..checking.document import as_list
from ..problems.problems import NccoError, error

WIDTH = 100  # characters in a line, where there is a choice
INDENT = "    "
LONG_NUMBER = 10_000  # bits; Python refuses to write longer ones in decimal


def to_python(ncco: Any) -> str:
    """Python source that makes this NCCO, under the name ``ncco``.

    ``ncco`` is a list, JSON text or an ``Ncco``. The source is a list of dicts, with whatever mistakes the list has.

    >>> print(to_python([{"action": "wait", "timeout": 2}]))
    ncco = [
        {"action": "wait", "timeout": 2},
    ]
    """
    try:
        return f"ncco = {_rows('[', map(_value, as_list(ncco)), ']', '')}\n"
    except RecursionError:
        raise NccoError([error("", "It is nested too deeply.", "An NCCO has five levels.", rule="too-deep")]) from None


def literal(value: Any, indent: str = "", room: int = WIDTH) -> str:
    """Python source of JSON data, broken into lines where one is not enough."""
    return _laid_out(_value(value), indent, room)


# What is to be written, as a tree: a text, or (beginning, what is between, end). A line break may go at each comma.
_Tree = str | tuple[str, list[Any], str]


def _after(beginning: str, value: Any) -> _Tree:
    tree = _value(value)
    return beginning + tree if isinstance(tree, str) else (beginning + tree[0], *tree[1:])


def _value(value: Any) -> _Tree:
    if isinstance(value, dict):
        return "{", [_after(f"{_flat(_value(name))}: ", one) for name, one in value.items()], "}"
    if isinstance(value, (list, tuple)):
        return "[", [_value(one) for one in value], "]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, int) and value.bit_length() > LONG_NUMBER:
        return hex(value)
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    return _text(repr(value))  # no JSON: its description, as JSON text of a draft has it


def _text(text: str) -> str:
    """A text in double quotes, as in JSON, unless it has some in it."""
    # repr() takes double quotes if there is a single one and no double one.
    return repr(text) if '"' in text else '"' + repr("'" + text)[2:]


def _laid_out(tree: _Tree, indent: str, room: int) -> str:
    if isinstance(tree, str):
        return tree
    flat = _flat(tree)
    if len(flat) <= room or not tree[1]:
        return flat
    return _rows(tree[0], tree[1], tree[2], indent)


def _rows(begin: str, parts: Iterable[_Tree], end: str, indent: str) -> str:
    inside = indent + INDENT
    rows = "".join(f"{inside}{_laid_out(part, inside, WIDTH - len(inside) - 1)},\n" for part in parts)
    return f"{begin}\n{rows}{indent}{end}" if rows else begin + end


def _flat(tree: _Tree) -> str:
    return tree if isinstance(tree, str) else tree[0] + ", ".join(map(_flat, tree[1])) + tree[2]
