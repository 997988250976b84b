"""A list of actions as JSON for people, and out of JSON that people have edited, pasted or saved."""

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
from ..problems.problems import Problem

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


def read_text(text: str | bytes | bytearray) -> tuple[list[Any] | None, list[Problem]]:
    """The list in a JSON text, and advice about it; or ``None``, and the errors: where, and what to do."""
    data, found = from_json(text)
    wrong = [p for p in found if p.severity == "error"]
    if not wrong and isinstance(data, list):
        return data, found
    return None, wrong or [p for p in check(text) if p.severity == "error"]


def read_file(path: Path) -> bytes:
    """What is in a file. Raises :class:`KitError` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise KitError(f"{path.name} cannot be read: {problem.strerror}.", "Look at its name and folder.") from None
