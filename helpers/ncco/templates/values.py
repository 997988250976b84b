"""The variables of a template: looked up one name at a time, and only the names that the template has.

A variable may be anything: a mapping, a list (``results.0.text``), an object (its public attributes), a function
without arguments (it is called when it is named). What a template must not do: walk into the inside of Python objects.
So names that start with ``_`` are keys of mappings only; modules, classes and functions have no names in them, and a
method is no value: ``{{kit.stop}}`` would stop something.
"""

from __future__ import annotations

import inspect
import json
import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from ...base.errors import KitError
from ...base.text import nearest
from ..problems.problems import kind_of
from .reading import written

#: How far names are collected for "Did you mean …?".
MOST_NAMES = 200
DEEPEST_NAME = 6
#: Levels and parts of a list or dict that goes in as a whole.
DEEPEST_VALUE = 50
MOST_PARTS = 100_000


class _Nothing:
    """There is no such name; ``None`` is a value."""


_NOTHING: Any = _Nothing()


class CannotFill(KitError):
    """One placeholder that has no value.

    ``message`` goes on from the name of the text it stands in; ``rule`` names the rule, and ``better`` is the name that
    was probably meant.
    """

    rule: str
    better: str

    def __init__(self, message: str, cure: str, rule: str = "unknown-variable", better: str = "") -> None:
        super().__init__(message, cure, rule=rule, better=better)


def look_up(name: str, contexts: Sequence[Any], *, brief: bool = False) -> Any:
    """The value of a dotted name. ``contexts``: the variables, then what each section around the tag has put on top.

    The first part is looked for from the inside out, the others in what was found. Raises :class:`CannotFill`;
    ``brief`` leaves out the search for the name that was meant.
    """
    if name == ".":
        return _called(contexts[-1], name)
    first, *others = name.split(".")
    try:
        value = next((found for one in reversed(contexts) if (found := _member(one, first)) is not _NOTHING), _NOTHING)
        holder: Any = contexts[0]
        value = _called(value, name)
        for part in others:
            if value is _NOTHING:
                break
            holder = value
            value = _called(_member(holder, part), name)
    except CannotFill:
        raise
    except Exception as problem:  # the reader's own objects may raise anything
        said = f"names {written(name)}, which cannot be looked up: {type(problem).__name__}{_why(problem)}"
        raise CannotFill(said, "Look at where this variable comes from.") from None
    if value is _NOTHING:
        raise CannotFill("", "") if brief else _unknown(name, contexts, holder)
    return value


def is_list(value: Any) -> bool:
    """True for what a section repeats itself for: lists, tuples, sets and iterators, but no text and no mapping."""
    return isinstance(value, (Collection, Iterator)) and not isinstance(value, (str, bytes, bytearray, Mapping))


def as_text(value: Any, name: str = ".") -> str:
    """A value as it stands in a text: nothing for ``None``, ``true``, 5 and not 5.0, JSON for a list or an object."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (bool, Mapping)) or is_list(value):
        return as_json(value, name)
    try:
        if isinstance(value, float):
            return _number(value, name)
        if isinstance(value, (bytes, bytearray)):
            return bytes(value).decode()
        kind, bare = type(value), cast(Any, object)
        if kind.__str__ is bare.__str__ and kind.__repr__ is bare.__repr__:
            raise _no_text(value, name)
        return str(value)
    except CannotFill:
        raise
    except Exception:  # the reader's own objects may raise anything
        raise _no_text(value, name) from None


def as_json(value: Any, name: str = ".") -> str:
    """A value as JSON text."""
    try:
        text = json.dumps(plain(value, name), ensure_ascii=False, allow_nan=False)
    except CannotFill:
        raise
    except Exception:  # TypeError, ValueError, and what the reader's own objects may raise
        raise _no_text(value, name) from None
    # Half of a character cannot be written as UTF-8, but JSON has a way to write it with other characters.
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)


def plain(value: Any, name: str = ".") -> Any:
    """A value with all mappings and lists in it copied to dicts and lists, as JSON has them."""
    left = [MOST_PARTS]  # a list may hold itself, or the same list twice on every level

    def copy_of(one: Any, level: int) -> Any:
        left[0] -= 1
        if level > DEEPEST_VALUE or left[0] < 0:
            said = f"names {written(name)}, which is nested too deeply, or too large"
            raise CannotFill(said, "Pass on the part that is needed.", "no-json-value")
        if isinstance(one, Mapping):
            return {key: copy_of(one[key], level + 1) for key in one}
        return [copy_of(part, level + 1) for part in one] if is_list(one) else one

    return copy_of(value, 0)


def _member(holder: Any, part: str) -> Any:
    if isinstance(holder, Mapping):
        if isinstance(holder, defaultdict) and part not in holder:
            return _NOTHING  # looking it up would put it in
        try:
            return holder[part]
        except KeyError:
            return _NOTHING
    if isinstance(holder, (list, tuple)):
        number = int(part) if part.isascii() and part.isdigit() and len(part) < 9 else len(holder)
        return holder[number] if number < len(holder) else _NOTHING
    if not has_names(holder) or part.startswith("_"):
        return _NOTHING
    try:
        value = getattr(holder, part)
    except AttributeError:
        return _NOTHING
    return _NOTHING if callable(value) else value


def has_names(holder: Any) -> bool:
    """True for an object with attributes of its own: no number or text, no function, class or module."""
    return type(holder).__module__ != "builtins" and not callable(holder) and holder is not _NOTHING


def _called(value: Any, name: str) -> Any:
    if not callable(value) or isinstance(value, Mapping) or value is _NOTHING:
        return value
    try:
        plain_function = not isinstance(value, type) and not inspect.iscoroutinefunction(value)
        fits = plain_function and inspect.signature(value).bind() is not None
    except (TypeError, ValueError):
        fits = False
    made = value() if fits else value
    if callable(made) and not isinstance(made, Mapping):
        said = f"names {written(name)}, a function that cannot just be called, or a class"
        raise CannotFill(said, "Put what it returns among the variables.", "no-json-value")
    return made


def _unknown(name: str, contexts: Sequence[Any], holder: Any) -> CannotFill:
    said = f"names {written(name)}, which is not among the variables"
    names = list(_known(contexts))
    better = meant(name, [one for one, _ in names])
    if better:
        return CannotFill(said, f"Did you mean {written(better)}?", better=better)
    if any(part.startswith("_") for part in name.split(".")) and has_names(holder):
        return CannotFill(said, "Names with _ in front are the inside of an object; use its public names.")
    leaves = [one for one, leaf in names if leaf]
    known = ", ".join(leaves[:20]) + (", …" if len(leaves) > 20 else "")
    return CannotFill(said, f"Known are: {known or 'none'}.")


def meant(wrong: str, names: Sequence[str]) -> str:
    """The dotted name that was meant: one that ends so, or one much like it, as a whole or in its last part."""
    end = f".{wrong.lower()}"
    ends = {name.rpartition(".")[2]: name for name in reversed(names)}
    alike = nearest(wrong, reversed(names)) or ends.get(nearest(wrong.rpartition(".")[2], ends), "")
    return next((name for name in sorted(names, key=len) if f".{name.lower()}".endswith(end)), alike)


def _known(contexts: Sequence[Any]) -> Iterator[tuple[str, bool]]:
    """The names that could have been meant, the nearest first, and whether there are none in them."""
    found: dict[str, bool] = {}
    try:
        for context in reversed(contexts):
            for name, leaf in _names(context):
                found.setdefault(name, leaf)
                if len(found) >= MOST_NAMES:
                    return iter(found.items())
    except Exception:  # the reader's own objects may raise anything; what was found so far will do
        return iter(found.items())
    return iter(found.items())


def _names(holder: Any, above: str = "", level: int = 0) -> Iterator[tuple[str, bool]]:
    if level >= DEEPEST_NAME:
        return
    members: Iterator[tuple[str, Any]]
    if isinstance(holder, Mapping):
        members = ((key, holder[key]) for key in holder if isinstance(key, str) and key and "{" not in key)
    elif isinstance(holder, list) and holder and level:
        members = iter([("0", holder[0])])
    elif has_names(holder) and not is_list(holder):
        # What an attribute holds is not asked for: a property may do anything.
        members = ((name, None) for name in _attributes(holder))
    else:
        return
    for key, value in members:
        inside = bool(value) and (isinstance(value, (Mapping, list)) or (value is not None and has_names(value)))
        yield f"{above}{key}", not inside
        if inside:
            yield from _names(value, f"{above}{key}.", level + 1)


def _attributes(holder: Any) -> list[str]:
    kind = type(holder)
    return [name for name in dir(holder) if not name.startswith("_") and not callable(getattr(kind, name, None))]


def _number(value: float, name: str) -> str:
    if not math.isfinite(value):
        said = f"names {written(name)}, which is {value} and no ordinary number"
        raise CannotFill(said, "Pass on an ordinary number.", "no-json-value")
    # A number has no .0 in JSON and in Node-RED.
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)


def _no_text(value: Any, name: str) -> CannotFill:
    said = f"names {written(name)}, which is {kind_of(value)} and cannot be written down"
    return CannotFill(said, "Pass on a text, a number, or a list or dict of those.", "no-json-value")


def _why(problem: Exception) -> str:
    try:
        said = " ".join(str(problem).split())[:100]
    except Exception:  # it is the reader's own
        said = ""
    return f": {said}" if said else ""
