"""An NCCO in whatever form it comes, as the plain list that JSON would have: mistakes and all."""

from __future__ import annotations

from typing import Any

from ..jsontext import from_json
from ..problems.problems import NccoError
from .texts import listed


def as_list(ncco: Any) -> list[Any]:
    """The actions of a list, of JSON text or of an ``Ncco``; models become dicts, and nothing is checked.

    Raises :class:`NccoError` for text that is no JSON, and for what is no list.
    """
    if isinstance(ncco, (str, bytes, bytearray)):
        ncco, found = from_json(ncco)
        if any(problem.severity == "error" for problem in found):
            raise NccoError(found)
    return listed(ncco)
