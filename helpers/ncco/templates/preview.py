"""A look at a template before it is used: what each placeholder becomes, where, and how it is escaped there."""

from __future__ import annotations

from typing import Any

from ...base.grid import grid
from ...base.view import View
from ..problems.problems import NccoError, kind_of, shown
from .filling import Job
from .templates import fill_with

#: Rows of each table.
MOST_ROWS = 200
_UNKNOWN = "not known: stays as it is"


def preview(data: Any, variables: Any = None) -> View:
    """Two tables, with the same facts as text: each placeholder with its value and its escape, and each text before
    and after. Behind them stands what is wrong, in words.

    ``data`` is an NCCO or the parameters of a call; ``variables`` are those it is filled in with, or what
    :func:`helpers.widgets.builder.sample.data_of` says of a recorded call. Without them they are made up
    (:func:`helpers.ncco.templates.sample.sample_data`). Raises :class:`NccoError` for text that is no JSON.
    """
    made_up = variables is None
    if made_up:
        from .sample import sample_data

        variables = sample_data(data)
    job = Job(variables, watch=True)
    found = fill_with(job, data)
    if any(p.severity == "error" for p in found):
        raise NccoError(found)
    source = "made-up data" if made_up else "the given data"
    if not job.filled and not job.problems:
        return View("There is no placeholder in it: nothing to fill in.")
    uses = [
        [_place(action, field), tag, *((value, becomes, said) if said else ("—", "—", _UNKNOWN))]
        for action, field, _, _, found in job.filled
        for tag, value, becomes, said in found
    ]
    texts = [[_place(action, field), before, _after(after)] for action, field, before, after, _ in job.filled]
    views = [
        _table(["where", "placeholder", "value", "becomes", "how it goes in"], uses, f"Placeholders, from {source}"),
        _table(["where", "template", "filled in"], texts, "Before and after"),
    ]
    if job.problems:
        rows = [[p.severity, _place(p.action, p.field), p.message, p.cure] for p in job.problems]
        views.append(_table(["kind", "where", "what is wrong", "what to do"], rows, "To put right"))
    text = "\n\n".join(view.text for view in views)
    return View(text, {"text/html": "".join(view.bundle["text/html"] for view in views)})


def _table(head: list[str], rows: list[list[str]], caption: str) -> View:
    more = len(rows) - MOST_ROWS
    return grid(head, rows[:MOST_ROWS], f"{caption} (and {more} more)" if more > 0 else caption)


def _after(after: Any) -> str:
    return after if isinstance(after, str) else f"{shown(after, 200)} ({kind_of(after)})"


def _place(action: int | None, field: str) -> str:
    return field if action is None else f"[{action}] {field}".strip()
