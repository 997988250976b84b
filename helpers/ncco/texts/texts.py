"""A list of actions in any form as plain data, and as JSON text for people."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from typing import Any

from ...base.errors import KitError
from ..checking.document import check
from ..jsontext import from_json
from ..problems.problems import NccoError

#: The texts in which a list can be edited, beside the form.
TEXTS = ("json", "python")
#: The longest list that is written on one line, in characters; a list of one address always is.
ONE_LINE = 64
# JSON texts hold no line breaks, so these find lists only: one text, or several texts, numbers and words.
_PLAIN = r'(?:"(?:[^"\\\n]|\\.)*"|[-\w.+]+)'
_PLAIN_LIST = re.compile(rf"\[\n\s+({_PLAIN}(?:,\n\s+{_PLAIN})*)\n\s+\]")
_BREAK = re.compile(r"\n\s+")


def as_json(value: Any) -> str:
    """JSON data as text for people. What is no JSON is shown as Python shows it."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=repr)
    return _PLAIN_LIST.sub(_on_one_line, text)


def _on_one_line(found: re.Match[str]) -> str:
    """A short list of plain values reads better on one line."""
    line = f"[{_BREAK.sub(' ', found[1])}]"
    return line if len(line) <= ONE_LINE or "\n" not in found[1] else found[0]


def as_list(ncco: Any) -> list[Any]:
    """The actions of a list, of JSON text, of an ``Ncco`` or a draft; models become dicts, and nothing is checked.

    Raises :class:`NccoError` for text that is not JSON, and for what is not a list.
    """
    if isinstance(ncco, (str, bytes, bytearray)):
        ncco, found = from_json(ncco)
        if any(problem.severity == "error" for problem in found):
            raise NccoError(found)
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
