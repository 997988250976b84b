"""A list of actions as text for people, and out of text that people have edited, pasted or saved: JSON or Python."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...base.errors import KitError
from ..checking.document import check
from ..jsontext import from_json
from ..problems.problems import NccoError, Problem
from .python_text import from_python

#: The texts in which a list can be edited, beside the form.
TEXTS = ("json", "python")
#: Python source is read up to this length, in characters.
LONGEST_SOURCE = 500_000
#: The longest list that is written on one line, in characters; a list of one address always is.
ONE_LINE = 64
# JSON texts hold no line breaks, so these find lists only: one text, or several texts, numbers and words.
_PLAIN = r'(?:"(?:[^"\\\n]|\\.)*"|[-\w.+]+)'
_PLAIN_LIST = re.compile(rf"\[\n\s+({_PLAIN}(?:,\n\s+{_PLAIN})*)\n\s+\]")
_BREAK = re.compile(r"\n\s+")


def as_json(value: Any) -> str:
    """JSON data as text for people. What is not JSON is shown as Python shows it."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=repr)
    return _PLAIN_LIST.sub(_on_one_line, text)


def _on_one_line(found: re.Match[str]) -> str:
    """A short list of plain values reads better on one line."""
    line = f"[{_BREAK.sub(' ', found[1])}]"
    return line if len(line) <= ONE_LINE or "\n" not in found[1] else found[0]


def same_json(one: Any, other: Any) -> bool:
    """Are these the same JSON, names in the same order? In Python ``1 == True``, in JSON not."""
    return json.dumps(one, default=repr) == json.dumps(other, default=repr)


def own_copy(items: Sequence[Any]) -> list[Any]:
    """A copy of a list that nobody else can change. Raises :class:`KitError` if it can never become JSON."""
    try:
        made = copy.deepcopy(list(items))
        json.dumps(made, default=repr)
    except Exception as problem:  # the repr of a foreign object may raise anything
        raise KitError(f"This cannot be written as JSON: {problem}.", "An NCCO is a list of plain objects.") from None
    return made


def read_text(kind: str, text: str | bytes | bytearray) -> tuple[list[Any] | None, list[Problem]]:
    """The list in a JSON or Python text, and advice about it; or ``None``, and the errors: where, and what to do."""
    if kind == "python":
        try:
            return from_python(str(text)), []
        except NccoError as problem:
            return None, [p for p in problem.problems if p.severity == "error"]
    data, found = from_json(text)
    wrong = [p for p in found if p.severity == "error"]
    if not wrong and isinstance(data, list):
        return data, found
    return None, wrong or [p for p in check(text) if p.severity == "error"]


def read_any(text: str | bytes | bytearray) -> tuple[list[Any] | None, list[Problem]]:
    """The list in a text that may be JSON or Python; else ``None``, and the errors of the likelier one."""
    items, found = read_text("json", text)
    if items is not None or len(text) > LONGEST_SOURCE:
        return items, found
    try:
        source = text if isinstance(text, str) else bytes(text).decode()
    except UnicodeDecodeError:
        return None, found
    # Of JSON behind a byte order mark Python would make nothing of the mark.
    if "\0" in source or (source[:1] == "\ufeff" and found[0].fix):
        return None, found
    items, other = read_text("python", source)
    if items is not None:
        return items, []
    return None, found if source.lstrip()[:1] in ("", "[", "{", "<", "/", '"') else other


def read_file(path: Path) -> bytes:
    """What is in a file. Raises :class:`KitError` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise KitError(f"{path.name} cannot be read: {problem.strerror}.", "Look at its name and folder.") from None
