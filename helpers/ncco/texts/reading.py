"""A list of actions out of a text that people have edited, pasted or saved: JSON or Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...base.errors import KitError
from ..checking.document import check
from ..jsontext import from_json
from ..problems.problems import NccoError, Problem
from .python_text import from_python

#: Python source is read up to this length, in characters.
LONGEST_SOURCE = 500_000


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
        source = text if isinstance(text, str) else bytes(text).decode("utf-8-sig")
    except UnicodeDecodeError:
        return None, found
    if "\0" in source:
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
