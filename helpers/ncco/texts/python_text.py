"""An NCCO as Python source and back: a list of dicts. Nothing is executed to read it."""

from __future__ import annotations

import ast
import math
import re
import textwrap
import warnings
from collections.abc import Iterable
from typing import Any

from ..checking.document import as_list
from ..jsontext import LONGEST, from_json
from ..problems.problems import NccoError, error

WIDTH = 100  # characters in a line, where there is a choice
INDENT = "    "
LONG_NUMBER = 10_000  # bits; Python refuses to write longer ones in decimal
# The names of JSON, which a person writes by habit.
_JSON_NAMES = {"true": True, "false": False, "null": None}


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


class PythonError(NccoError):
    """The text cannot be read as Python data. ``line`` and ``column`` count from 1, and are 0 if there is no place."""

    def __init__(self, message: str, cure: str, rule: str = "not-json", line: int = 0, column: int = 0) -> None:
        place = f"Line {line}, column {column}: " if line else ""
        why = "Python is read here without being executed, so it must be plain data." if rule == "not-json" else ""
        super().__init__([error("", place + message, cure, rule=rule, why=why)], what="This Python text")
        self.line, self.column = line, column


def from_python(source: str) -> list[Any]:
    """The list of actions that stands in this Python source, as JSON would have it. Nothing in it is executed.

    It may be a bare list, or assign one (``ncco = [...]``), with imports, functions and other values around it: the
    list that is called ``ncco`` counts, or else the last one. JSON's ``true``, ``false`` and ``null`` are understood.
    Mistakes in the NCCO itself are kept: ``check`` finds them. Raises :class:`PythonError`, an ``NccoError`` with
    ``line``, ``column``.

    >>> from_python('ncco = [{"action": "wait", "timeout": 2}]')
    [{'action': 'wait', 'timeout': 2}]
    """
    if not source.strip():
        raise PythonError("The text is empty.", 'Write for example ncco = [{"action": "talk", "text": "Hello"}].')
    if len(source) > LONGEST:
        (problem,) = from_json(source)[1]  # which says the same of any text
        raise PythonError(problem.message, problem.cure, problem.rule)
    # A piece out of the middle of a program starts further to the right.
    text = textwrap.dedent(source.removeprefix("\ufeff"))
    try:
        return _read(_list_in(_parsed(text), text), text)  # type: ignore[no-any-return]
    except (RecursionError, MemoryError):
        raise PythonError("It is nested too deeply.", "An NCCO has five levels.", "too-deep") from None


def _parsed(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of "\d" and the like: what is meant is clear
            return ast.parse(text)
    except SyntaxError as problem:
        said = problem.msg.partition(". ")[0].rstrip(".?")
        if "too many nested" in said:
            raise RecursionError from None
        usual = 'Write a placeholder in quotes: "{{name}}".' if "{{" in text.replace(" ", "") else _USUAL
        cure = next((cure for words, cure in _SLIPS.items() if re.search(words, problem.msg.lower())), usual)
        said = f"This is not Python: {said[:1].lower()}{said[1:]}."
        raise PythonError(said, cure, line=problem.lineno or 1, column=problem.offset or 1) from None
    except ValueError:  # a NUL, or half of a character
        raise PythonError("There is a character in it that no text can hold.", "Take it out.") from None


_USUAL = 'Write it like [{"action": "talk", "text": "Hello"}].'
# What Python says of a slip, and what to do.
_SLIPS = {
    "never closed|unexpected eof": "Write the bracket that closes it.",
    "unterminated": "Write the quote that closes the text.",
    "forgot a comma": "Write the comma that is missing.",
    "does not match|unmatched": "Write the brackets in pairs: [ … ] around the list, { … } around each action.",
    "invalid character": 'Write straight double quotes: "…".',
    "integer string conversion": "Write an ordinary number.",
}


def _list_in(module: ast.Module, text: str) -> ast.expr:
    """The list that is called ``ncco``, or else the last one; what could change it afterwards is refused."""
    found: dict[str, ast.expr] = {}
    for statement in module.body:
        name = ""
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=node):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as node):
                pass
            case ast.Expr(value=ast.Constant(value=str()) | ast.Name(id="ncco")):
                continue
            case ast.Expr(value=node):
                pass
            case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
                continue
            case _:
                told = "Only imports, values and the list itself are read, and nothing is executed."
                raise _no(statement, text, told, "Write the list out, without this line.")
        if isinstance(node, (ast.List, ast.Tuple)):
            found["ncco" if name == "ncco" else ""] = node
        elif name in ("", "ncco"):  # any other need not be understood: app = Flask(__name__)
            said = f"{_source(node)} is not a list that is written out, and nothing is executed."
            raise _no(node, text, said, "Write the list in brackets: [ … ].")
    if not found:
        raise PythonError("There is no list in it.", 'Write ncco = [{"action": "talk", "text": "Hello"}].')
    return found.get("ncco") or found[""]


def _read(node: ast.expr, text: str) -> Any:
    match node:
        case ast.Constant(value=str() | int() | None as plain):
            return plain
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return [_read(part, text) for part in parts]
        case ast.Dict(keys=keys, values=values):
            names = [key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            if len(names) == len(keys):
                return dict(zip(names, (_read(one, text) for one in values), strict=True))
            said = f"{_source(node)} has a name that is not a text in quotes."
            raise _no(node, text, said, 'Write it like {"action": "talk"}.')
        case ast.Name(id=name) if name in _JSON_NAMES:
            return _JSON_NAMES[name]
    try:
        made = ast.literal_eval(node)
    except (ValueError, TypeError):
        made = ...
    if made is None or (isinstance(made, (str, int, float)) and made not in (math.inf, -math.inf)):
        return made
    cure = 'Write the value itself, or a placeholder in quotes: "{{name}}".'
    raise _no(node, text, f"{_source(node)} is not a plain value, and nothing is executed.", cure)


def _no(node: ast.AST, text: str, message: str, cure: str) -> PythonError:
    line, before = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    # Python counts bytes here, a person counts characters.
    written = re.split(r"\r\n|\r|\n", text)[line - 1].encode()
    return PythonError(message, cure, "not-json", line, len(written[:before].decode(errors="ignore")) + 1)


def _source(node: ast.AST) -> str:
    """A piece of the source, for use in a sentence."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
