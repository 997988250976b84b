"""An NCCO as Python source and back: a list of dicts, or an ``Ncco`` of models. Nothing is executed to read it."""

from __future__ import annotations

import ast
import keyword
import math
import textwrap
import warnings
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from ..checking.document import as_list, parse
from ..jsontext import LONGEST
from ..models.model import Action
from ..problems.problems import NccoError, error
from .python_reader import PythonError, Reader

WIDTH = 100  # characters in a line, where there is a choice
INDENT = "    "
LONG_NUMBER = 10_000  # bits; Python refuses to write longer ones in decimal


def to_python(ncco: Any, *, models: bool = False) -> str:
    """Python source that makes this NCCO, under the name ``ncco``.

    ``ncco`` is a list, JSON text or an ``Ncco``. Without ``models`` the source is a list of dicts, and has whatever
    mistakes the list has. With ``models=True`` it is ``Ncco([Talk(…), …])``, which takes no mistakes: then
    :class:`NccoError` is raised for them.

    >>> print(to_python([{"action": "wait", "timeout": 2}]))
    ncco = [
        {"action": "wait", "timeout": 2},
    ]
    >>> print(to_python([{"action": "wait", "timeout": 2}], models=True))
    from helpers.ncco import Ncco, Wait
    <BLANKLINE>
    ncco = Ncco([
        Wait(timeout=2),
    ])
    """
    try:
        return _with_models(ncco) if models else f"ncco = {_rows('[', map(_value, as_list(ncco)), ']', '')}\n"
    except RecursionError:
        raise NccoError([error("", "It is nested too deeply.", "An NCCO has five levels.", rule="too-deep")]) from None


def literal(value: Any, indent: str = "", room: int = WIDTH) -> str:
    """Python source of JSON data, broken into lines where one is not enough."""
    return _laid_out(_value(value), indent, room)


# What is to be written, as a tree: a text, or (beginning, what is between, end). A line break may go at each comma.
_Tree = str | tuple[str, list[Any], str]


def _with_models(ncco: Any) -> str:
    checked = parse(ncco)
    names = ", ".join(sorted({"Ncco", *(type(action).__name__ for action in checked)}))
    return f"from helpers.ncco import {names}\n\nncco = Ncco({_rows('[', map(_call, checked), ']', '')})\n"


def _call(action: Action) -> _Tree:
    """``Talk(text="Hello")``: Python's names (``from_``); parts stay dicts, which the models take too."""
    names = {field.alias or name: name for name, field in type(action).model_fields.items()}
    data = {name: value for name, value in action.to_dict().items() if name != "action"}
    if None in data.values():  # a model takes None for "not set"
        return _value(action.to_dict())
    parts: list[_Tree] = []
    for odd, group in groupby(data.items(), key=lambda one: one[0] not in names and not _is_keyword(one[0])):
        some = dict(group)
        # A name that Python cannot write in front of `=` goes into a dict.
        parts += [_after("**", some)] if odd else [_after(f"{names.get(n, n)}=", v) for n, v in some.items()]
    return f"{type(action).__name__}(", parts, ")"


def _is_keyword(name: str) -> bool:
    # Other letters are allowed, but Python takes some of them for others.
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


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


def from_python(source: str) -> list[Any]:
    """The list of actions that this Python source makes, as JSON would have it. Nothing in it is executed.

    It may be a bare list, or assign one (``ncco = [...]``, ``ncco = Ncco([Talk(text="Hello")])``), with imports,
    comments and names for values before it. JSON's ``true``, ``false`` and ``null`` are understood. Mistakes in the
    NCCO itself are kept: ``check`` finds them. Raises :class:`PythonError`, an ``NccoError`` with ``line``, ``column``.

    >>> from_python('ncco = Ncco([Wait(timeout=2)])')
    [{'action': 'wait', 'timeout': 2}]
    """
    if not source.strip():
        raise PythonError("The text is empty.", 'Write for example ncco = [{"action": "talk", "text": "Hello"}].')
    if len(source) > LONGEST:
        said = f"The text has {len(source):,} characters; {LONGEST:,} are the most that are read."
        raise PythonError(said, "Paste the NCCO alone.", "too-large")
    text, shift = _dedented(source.removeprefix("\ufeff"))
    try:
        return Reader(text, shift).ncco(_parsed(text, shift))
    except (RecursionError, MemoryError):
        raise _too_deep() from None


def _dedented(source: str) -> tuple[str, int]:
    """A piece out of the middle of a program starts further to the right; by how much."""
    first = next(line for line in source.splitlines() if line.strip())
    if first[0] not in " \t":
        return source, 0
    text = textwrap.dedent(source)
    return text, len(first) - len(next(line for line in text.splitlines() if line.strip()))


def _parsed(text: str, shift: int) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of "\d" and the like: what is meant is clear
            return ast.parse(text)
    except SyntaxError as problem:
        raise _not_python(text, problem, shift) from None
    except UnicodeEncodeError:
        said = "There is half of a character in it: a \\ud800 to \\udfff that stands alone."
        raise PythonError(said, "Write the character itself.", "half-character") from None
    except ValueError:
        raise PythonError("There is a character with the number 0 in it.", "Take it out.") from None


def _not_python(text: str, problem: SyntaxError, shift: int) -> PythonError:
    line, column = problem.lineno or 1, (problem.offset or 1) + shift
    said = problem.msg.partition(". ")[0].rstrip(".?")
    if "too many nested" in said:
        return _too_deep()
    if "integer string conversion" in said:
        return PythonError("This number is too long.", "Write an ordinary one.", line=line, column=column)
    said = f"This is not Python: {said[:1].lower()}{said[1:]}."
    return PythonError(said, _slip(text, problem), line=line, column=column)


def _slip(text: str, problem: SyntaxError) -> str:
    said = problem.msg.lower()
    if "never closed" in said or "unexpected eof" in said:
        return "Write the bracket that closes it."
    if "unterminated" in said:
        return "Write the quote that closes the text."
    if "forgot a comma" in said:
        return "Write the comma that is missing."
    if "does not match" in said or "unmatched" in said:
        return "Write the brackets in pairs: [ … ] around the list, { … } around each action."
    if "invalid character" in said:
        return 'Write straight double quotes: "…".'
    if "{{" in text.replace(" ", ""):
        return 'Write a placeholder in quotes: "{{name}}".'
    return 'Write it like [{"action": "talk", "text": "Hello"}].'


def _too_deep() -> PythonError:
    return PythonError("It is nested too deeply.", "An NCCO has five levels.", "too-deep")
