"""An NCCO as Python and as curl; and the reference of all options, made from the models."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from html import escape
from typing import Any

from pydantic import TypeAdapter, ValidationError

from helpers.errors import KitError
from helpers.ncco.actions import ACTIONS
from helpers.ncco.document import Ncco, parse
from helpers.ncco.fields import PhoneNumber
from helpers.ncco.model import Action
from helpers.ncco.schema import Option, options_of, walk
from helpers.ncco.words import did_you_mean

CALLS_URL = "https://api.nexmo.com/v1/calls"


def to_python(ncco: Any, *, models: bool = False) -> str:
    """Python source that makes this NCCO: a list of dicts, or with ``models=True`` an ``Ncco`` of models."""
    checked = parse(ncco)
    if not models:
        return f"ncco = {_literal(checked.to_list(), 0)}\n"
    names = ", ".join(sorted({"Ncco", *(type(action).__name__ for action in checked)}))
    lines = "".join(f"    {_call(action)},\n" for action in checked)
    return f"from helpers.ncco import {names}\n\nncco = Ncco([\n{lines}])\n"


def to_curl(ncco: Any, to: str, from_: str, url: str = CALLS_URL) -> str:
    """The request that places a call with this NCCO, as a shell command: POST /v1/calls.

    ``to`` and ``from_`` are phone numbers of 7 to 15 digits. ``$JWT`` stands for the application's token, filled in
    by the shell: a token is a secret and does not belong into a command that is shown.
    """
    body = {
        "to": [{"type": "phone", "number": _phone(to, "to")}],
        "from": {"type": "phone", "number": _phone(from_, "from_")},
        "ncco": parse(ncco).to_list(),
    }
    return (
        f"curl -X POST {shlex.quote(url)} \\\n"
        '  -H "Authorization: Bearer $JWT" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(json.dumps(body, indent=2, ensure_ascii=False))}\n"
    )


class Reference:
    """A table of options: ``.markdown`` and ``.html``; a notebook shows it drawn, ``print`` as plain text."""

    def __init__(self, rows: Sequence[tuple[str, ...]], head: tuple[str, ...], title: str = "") -> None:
        self.title, self.head, self.rows = title, head, list(rows)

    @property
    def markdown(self) -> str:
        """The table in Markdown."""
        lines = [self.head, tuple("---" for _ in self.head), *self.rows]
        table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        return f"{self.title}\n\n{table}" if self.title else table

    @property
    def html(self) -> str:
        """The table in HTML, every cell escaped."""
        cell = "text-align:left;vertical-align:top;padding:4px 12px 4px 0"
        head = "".join(f'<th scope="col" style="{cell}">{escape(name)}</th>' for name in self.head)
        rows = "".join(
            "<tr>" + "".join(f'<td style="{cell}">{escape(text)}</td>' for text in row) + "</tr>" for row in self.rows
        )
        caption = f'<caption style="text-align:left;padding:4px 0">{escape(self.title)}</caption>' if self.title else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def __str__(self) -> str:
        # One block for each row: a wide table is unreadable without a grid, and when read aloud.
        blocks = [f"{' · '.join(c for c in row[:-1] if c)}\n    {row[-1]}" for row in self.rows]
        return "\n".join([self.title, *blocks] if self.title else blocks)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html}

    __repr__ = __str__


def reference(action: str | None = None) -> Reference:
    """Every option of every action, or of one: what it may hold, its default, what it does."""
    names = [_known_action(action)] if action else list(ACTIONS)
    rows = [
        (name, path, option.expected, _default(option), option.help + (" Deprecated." if option.deprecated else ""))
        for name in names
        for path, option in walk(options_of(ACTIONS[name]))
    ]
    return Reference(rows, ("action", "option", "holds", "default", "what it does"))


def describe(action: str, option: str | None = None) -> Reference:
    """Help for one action, or for one of its options: ``describe("stream")``, ``describe("input", "dtmf.timeOut")``."""
    name = _known_action(action)
    model = ACTIONS[name]
    options = dict(walk(options_of(model)))
    head = ("option", "holds", "default", "what it does")
    if option is None:
        wait = "the next action waits for it" if model.synchronous else "it runs in the background"
        title = f"{name}: {model.summary} As a rule {wait}."
        return Reference([_row(path, one) for path, one in options.items() if "." not in path], head, title)
    # `endpoint.number` will do for `endpoint.phone.number`.
    found = {
        p: o
        for p, o in options.items()
        if p == option or (p.split(".")[0], p.split(".")[-1]) == tuple(option.split("."))
    }
    if not found:
        meant = did_you_mean(option, options)
        cure = (
            f"Did you mean {meant}?" if meant else f"Its options are: {', '.join(p for p in options if '.' not in p)}."
        )
        raise KitError(f"{name} has no option {option!r}.", cure)
    rows: list[tuple[str, ...]] = [_row(path, one) for path, one in found.items()]
    for path, one in found.items():
        rows += [_row(below, part) for below, part in options.items() if below.startswith(f"{path}.")]
        if one.example is not None:
            rows[0] = (
                *rows[0][:-1],
                f'{rows[0][-1]} Example: "{one.name}": {json.dumps(one.example, ensure_ascii=False)}',
            )
    return Reference(rows, head, f"{name}: {option}")


def _row(path: str, option: Option) -> tuple[str, ...]:
    return (path, option.expected, _default(option), option.help + (" Deprecated." if option.deprecated else ""))


def _default(option: Option) -> str:
    if option.required:
        return "required"
    return "not set" if option.default is None else f"default {json.dumps(option.default, ensure_ascii=False)}"


def _known_action(name: str) -> str:
    if name in ACTIONS:
        return name
    meant = did_you_mean(name, ACTIONS)
    raise KitError(
        f"There is no action {name!r}.",
        f"Did you mean {meant}?" if meant else f"The actions are: {', '.join(ACTIONS)}.",
    )


def _phone(number: str, name: str) -> str:
    try:
        return str(TypeAdapter(PhoneNumber).validate_python(number, strict=True))
    except ValidationError as problem:
        said = problem.errors()[0].get("ctx") or {
            "said": "is no phone number in quotes",
            "cure": 'Write "447700900001".',
        }
        raise KitError(f"{name} {said['said']} ({number!r}).", said["cure"]) from None


def _call(action: Action) -> str:
    # Python's names (`from_`), with the parts as plain dicts, which models take too.
    data = action.to_dict()
    fields = {field.alias or name: name for name, field in type(action).model_fields.items()}
    options = ", ".join(f"{fields[name]}={value!r}" for name, value in data.items() if name != "action")
    return f"{type(action).__name__}({options})"


def _literal(value: Any, depth: int) -> str:
    """Python source of JSON data, one option a line, short lists and objects on one line."""
    flat = repr(value)
    if not isinstance(value, (dict, list)) or (depth > 1 and len(flat) < 80):
        return flat
    inside, end = "    " * (depth + 1), "    " * depth
    if isinstance(value, dict):
        lines = [f"{inside}{key!r}: {_literal(one, depth + 1)},\n" for key, one in value.items()]
        return "{\n" + "".join(lines) + end + "}"
    return "[\n" + "".join(f"{inside}{_literal(one, depth + 1)},\n" for one in value) + end + "]"


__all__ = ["Ncco", "Reference", "describe", "reference", "to_curl", "to_python"]
