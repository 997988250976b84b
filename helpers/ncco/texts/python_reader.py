"""The values in a syntax tree of Python, found without running it. :mod:`.python_text` makes the tree."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from typing import Any

from ...base.text import nearest
from ..jsontext import LONGEST, from_json
from ..models import actions, endpoints, joining, listening
from ..models.model import Action, Part
from ..problems.problems import NccoError, error

DEEPEST = 100  # values within values; an NCCO has five levels

#: What may be called: the actions and their parts.
MODELS: dict[str, type[Part]] = {
    name: model
    for module in (actions, endpoints, joining, listening)
    for name, model in vars(module).items()
    if isinstance(model, type) and issubclass(model, Part) and model not in (Part, Action) and name[0] != "_"
}
LISTS = ("Ncco", "parse", "list")  # what may be called with a list
# The names of JSON, which a person writes by habit, and those of numbers that it does not have.
JSON_NAMES = {"true": True, "false": False, "null": None}
NO_NUMBERS = ("NaN", "Infinity", "nan", "inf")


class PythonError(NccoError):
    """The text cannot be read as Python data. ``line`` and ``column`` count from 1, and are 0 if there is no place."""

    def __init__(self, message: str, cure: str, rule: str = "not-json", line: int = 0, column: int = 0) -> None:
        place = f"Line {line}, column {column}: " if line else ""
        why = "Python is read here without being executed, so it must be plain data." if rule == "not-json" else ""
        super().__init__([error("", place + message, cure, rule=rule, why=why)], what="This Python text")
        self.line, self.column = line, column


class Reader:
    """Reads the values of one module, statement by statement. ``shift`` is added to every column."""

    def __init__(self, text: str, shift: int) -> None:
        self._lines, self._shift = re.split(r"\r\n|\r|\n", text), shift
        self._names: dict[str, Any] = {}  # what was assigned, or the PythonError that says why it cannot be known
        self._called: dict[str, str] = {}  # import … as …
        self._depth = 0
        self._copied = 0

    def ncco(self, module: ast.Module) -> list[Any]:
        """The list that is assigned to ``ncco``; if there is none, the last one. Raises :class:`PythonError`."""
        found: tuple[ast.AST, Any] | None = None
        for statement in module.body:
            found = self._statement(statement) or found
        if found is None:
            raise PythonError("There is no list in it.", 'Write ncco = [{"action": "talk", "text": "Hello"}].')
        node, made = found
        made = self._names.get("ncco", made)
        if isinstance(made, PythonError):
            raise made
        if isinstance(made, dict):
            raise self._no(node, "An NCCO is a list, but this is a single action.", "Write it in brackets: [ … ].")
        if not isinstance(made, list):
            raise self._no(node, "An NCCO is a list, but this is a single value.", "Write a list: [{…}, {…}].")
        return made

    def _statement(self, statement: ast.stmt) -> tuple[ast.AST, Any] | None:
        """What may be the NCCO, and where it stands."""
        match statement:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                self._called |= {one.asname: one.name for one in names if one.asname}
                return None
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                return None
            case ast.Expr(value=node):
                return node, self._value(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=node):
                return self._assign(name, node)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as node):
                return self._assign(name, node)
        told = "Only imports, values and the list itself are read, and nothing is executed."
        raise self._no(statement, told, "Write the list out, without this line.")

    def _assign(self, name: str, node: ast.expr) -> tuple[ast.AST, Any] | None:
        # What is not used need not be understood: app = Flask(__name__)
        try:
            made = self._value(node)
        except PythonError as problem:
            made = problem
        self._names[name] = made
        call = isinstance(node, ast.Call) and self._called_name(node.func) in LISTS
        return (node, made) if name == "ncco" or call or isinstance(node, (ast.List, ast.BinOp)) else None

    def _value(self, node: ast.expr) -> Any:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._no(node, "It is nested too deeply.", "An NCCO has five levels.", "too-deep")
        try:
            return self._read(node)
        finally:
            self._depth -= 1

    def _read(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return self._constant(node, value)
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return [one for part in parts for one in self._items(part)]
            case ast.Dict(keys=keys, values=values):
                return dict(self._pairs(keys, values))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=int() | float() as number)) if (
                not isinstance(number, bool)
            ):
                self._constant(node, number)
                return -number if isinstance(node.op, ast.USub) else number
            case ast.BinOp(op=ast.Add()):
                return self._sum(node)
            case ast.JoinedStr(values=parts) if all(isinstance(part, ast.Constant) for part in parts):
                return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
            case ast.JoinedStr():
                cure = 'Write the text itself, or a placeholder for render_ncco: "Hello {{name}}".'
                raise self._no(node, "What an f-string holds is only known when it runs.", cure)
            case ast.Name(id=name):
                return self._named(node, name)
            case ast.Call():
                return self._call(node)
            case ast.Set():
                cure = 'Write "name": value in it, or a placeholder in quotes: "{{name}}".'
                raise self._no(node, "These braces hold values without names.", cure)
        told = f"{_source(node)} is not a plain value, and nothing is executed."
        raise self._no(node, told, "Write the value itself.")

    def _constant(self, node: ast.expr, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            raise self._no(node, "This number is too large for JSON.", "Write an ordinary number.")
        if isinstance(value, bytes):
            raise self._no(node, "Bytes are no JSON.", "Write the text without the b in front of it.")
        if value is ...:
            raise self._no(node, "Three dots stand where a value should be.", "Write the value itself.")
        raise self._no(node, f"{_source(node)} is no number of JSON.", "Write an ordinary number.")

    def _items(self, node: ast.expr) -> list[Any]:
        if not isinstance(node, ast.Starred):
            return [self._value(node)]
        parts = self._value(node.value)
        if isinstance(parts, list):
            return parts
        raise self._no(node, "A star stands before what is no list.", "Write the actions themselves.")

    def _pairs(self, keys: list[ast.expr | None], values: list[ast.expr]) -> Iterator[tuple[str, Any]]:
        for key, node in zip(keys, values, strict=True):
            if key is None:
                yield from self._inside(node).items()
                continue
            name = self._value(key)
            if not isinstance(name, str):
                raise self._no(key, f"{_source(key)} is not a name: names are text.", f'Write "{_source(key)}".')
            yield name, self._value(node)

    def _inside(self, node: ast.expr) -> dict[str, Any]:
        """What two stars spread out."""
        inside = self._value(node)
        if isinstance(inside, dict):
            return inside
        raise self._no(node, "Two stars stand before what is no dict.", 'Write for example **{"x-option": 1}.')

    def _sum(self, node: ast.BinOp) -> Any:
        parts: list[Any] = []
        rest: ast.expr = node
        while isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add):
            parts.append(self._value(rest.right))
            rest = rest.left
        parts.append(self._value(rest))
        parts.reverse()
        if all(isinstance(part, str) for part in parts):
            return "".join(parts)
        if all(isinstance(part, list) for part in parts):
            return [one for part in parts for one in part]
        raise self._no(node, "Only texts and lists are put together here.", "Write the result itself.")

    def _named(self, node: ast.expr, name: str) -> Any:
        if name in self._names:
            made = self._names[name]
            if isinstance(made, PythonError):
                raise made
            return self._copy(node, made)
        if name in JSON_NAMES:
            return JSON_NAMES[name]
        if name in NO_NUMBERS:
            raise self._no(node, f"{name} is no number of JSON.", "Write an ordinary number.")
        cure = f'Write the value itself, or "{name}" if it is text.'
        raise self._no(node, f"The text does not say what {name} is.", cure)

    def _copy(self, node: ast.expr, value: Any) -> Any:
        """A value under its name again. A few lines that double each other would fill the memory, so it is counted."""
        self._copied += 1 + (len(value) if isinstance(value, str) else 0)
        if self._copied > LONGEST:
            told = "Written out, the list is too long."
            raise self._no(node, told, "Write an NCCO of some pages at most.", "too-large")
        if isinstance(value, dict):
            return {name: self._copy(node, one) for name, one in value.items()}
        return [self._copy(node, one) for one in value] if isinstance(value, list) else value

    def _call(self, node: ast.Call) -> Any:
        name = self._called_name(node.func)
        if name in LISTS and len(node.args) == 1 and not node.keywords:
            return self._list_in(node.args[0])
        if name == "Ncco" and not node.args and [one.arg for one in node.keywords] == ["actions"]:
            return self._list_in(node.keywords[0].value)
        if name != "dict" and name not in MODELS:
            raise self._no_call(node, name)
        if node.args:
            raise self._no(node, f"{name} takes options by their names.", f'Write {name}(name="value").')
        given: dict[str, Any] = {}
        for word in node.keywords:
            more = self._inside(word.value) if word.arg is None else {word.arg: self._value(word.value)}
            if twice := given.keys() & more.keys():
                raise self._no(word.value, f"{min(twice)} stands twice in {name}.", "Write it once.")
            given |= more
        return given if name == "dict" else _as_json(MODELS[name], given)

    def _list_in(self, node: ast.expr) -> Any:
        """What is in Ncco(…) or parse(…): a list, or JSON text."""
        made = self._value(node)
        if not isinstance(made, str):
            return made
        data, found = from_json(made)
        for problem in found:
            if problem.severity == "error":
                raise self._no(node, problem.message, problem.cure, problem.rule)
        return data

    def _called_name(self, func: ast.expr) -> str:
        """``Talk`` for Talk, ncco.Talk, helpers.ncco.Talk, and what was imported as another name."""
        match func:
            case ast.Name(id=name):
                return self._called.get(name, name)
            case ast.Attribute(attr=name, value=ast.Name(id="ncco") | ast.Attribute(attr="ncco")):
                return name
        return ""

    def _no_call(self, node: ast.Call, name: str) -> PythonError:
        called = _source(node.func)
        meant = nearest(name, [*MODELS, "Ncco"]) if name[:1].isupper() else ""
        if meant:
            return self._no(node, f"There is no action {called}.", f"Did you mean {meant}? Write {meant}(…).")
        told = f"{called}(…) would have to be executed, and nothing is."
        return self._no(node, told, 'Write the value itself, or an action such as Talk(text="Hello").')

    def _no(self, node: ast.AST, message: str, cure: str, rule: str = "not-json") -> PythonError:
        line, before = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        # Python counts bytes here, a person counts characters.
        text = self._lines[line - 1].encode() if line <= len(self._lines) else b""
        column = len(text[:before].decode(errors="ignore")) + 1 + self._shift
        return PythonError(message, cure, rule, line, column)


def _as_json(model: type[Part], given: dict[str, Any]) -> dict[str, Any]:
    """The options of a model as JSON has them: ``from``, not ``from_``; the type first; ``None`` is "not set"."""
    api = {name: field.alias for name, field in model.model_fields.items() if field.alias}
    options = {api.get(name, name): value for name, value in given.items() if value is not None}
    tags = {name: model.model_fields[name].default for name in ("action", "type") if name in model.model_fields}
    return {name: value for name, value in tags.items() if isinstance(value, str)} | options


def _source(node: ast.AST) -> str:
    """A piece of the source, for use in a sentence."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
