"""A small table: some facts side by side, as HTML and as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .html import Html, tag
from .text import columns, one_line
from .view import View

CELL = "text-align:left;vertical-align:top;padding:.25em .9em"


def grid(head: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "", *, limit: int = 200) -> View:
    """Rows under a head. The first column names what its row is about; values are cut at ``limit`` characters.
    A row that is too short is filled up.

    >>> grid(["status", "what it means"], [["busy", "The line is engaged."]])
    status  what it means
    busy    The line is engaged.
    """
    cells = [[one_line(value, limit) for value in row] + [""] * (len(head) - len(row)) for row in rows]
    text = "\n".join([*([caption] if caption else []), *columns([list(head), *cells])])
    return View(text, {"text/html": as_html(list(head), cells, caption)})


def as_html(head: list[str], rows: list[list[str]], caption: str) -> Html:
    """The same as an HTML table."""
    names = [tag("th", name, scope="col", style=CELL) for name in head]
    lines = [
        tag("tr", tag("th", first, scope="row", style=f"{CELL};white-space:nowrap"),
            [tag("td", value, style=f"{CELL};min-width:7em;overflow-wrap:anywhere") for value in rest])
        for first, *rest in rows
    ]  # fmt: skip
    title = tag("caption", caption, style=CELL) if caption else None
    body = [tag("thead", tag("tr", names)), tag("tbody", lines)]
    return tag("table", title, body, style="border-collapse:collapse;line-height:1.5")
