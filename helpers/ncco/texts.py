"""A list of actions as text and back: JSON and Python that people edit, and data that others hand over."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.errors import KitError
from helpers.ncco.document import check
from helpers.ncco.jsontext import from_json
from helpers.ncco.problems import NccoError, Problem

#: The texts in which a list can be edited, beside the form.
TEXTS = ("json", "python")


def as_json(value: Any) -> str:
    """JSON data as text for people. What is no JSON is shown as Python shows it."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=repr)
    # A list of one text reads better on one line; JSON texts hold no line breaks, so this finds lists only.
    return re.sub(r'\[\n\s+("[^\n]*")\n\s+\]', r"[\1]", text)


def read_text(kind: str, text: str | bytes | bytearray) -> tuple[list[Any] | None, list[Problem]]:
    """The list in a JSON or Python text; or ``None``, and the errors that say where it is wrong and what to do."""
    if kind == "python":
        from helpers.ncco.python_text import from_python

        try:
            return listed(from_python(str(text))), []
        except NccoError as problem:
            return None, [p for p in problem.problems if p.severity == "error"]
    data, found = from_json(text)
    found = [p for p in found if p.severity == "error"]
    if not found and isinstance(data, list):
        return data, []
    return None, found or [p for p in check(text) if p.severity == "error"]


def read_file(path: Path) -> bytes:
    """What is in a file. Raises :class:`KitError` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise KitError(f"{path.name} cannot be read: {problem.strerror}.", "Look at its name and folder.") from None


def listed(ncco: Any) -> list[Any]:
    """The actions in a list, an ``Ncco`` or a draft, models as dicts. Raises :class:`NccoError` for anything else."""
    if hasattr(ncco, "to_list") and not isinstance(ncco, type):
        return list(ncco.to_list())
    if not isinstance(ncco, (list, tuple)):
        raise NccoError([p for p in check(ncco) if p.severity == "error"])
    return [one.to_dict() if hasattr(one, "to_dict") and not isinstance(one, type) else one for one in ncco]


def same_json(one: Any, other: Any) -> bool:
    """Are these the same JSON, names in the same order? In Python ``1 == True``, in JSON not."""
    return json.dumps(one, default=repr) == json.dumps(other, default=repr)


def taken(items: Sequence[Any]) -> list[Any]:
    """A copy of a list that nobody else can change. Raises :class:`KitError` if it can never become JSON."""
    try:
        made = copy.deepcopy(list(items))
        json.dumps(made, default=repr)
    except Exception as problem:  # the repr of a foreign object may raise anything
        raise KitError(f"This cannot be written as JSON: {problem}.", "An NCCO is a list of plain objects.") from None
    return made
