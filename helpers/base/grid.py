"""A small table: some facts side by side, as HTML and as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

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


def as_html(head: list[str], rows: list[list[str]], caption: str) -> str:
    """The same as an HTML table; every value is escaped, as it may come from the network."""
    names = "".join(f'<th scope="col" style="{CELL}">{escape(name)}</th>' for name in head)
    lines = []
    for first, *rest in rows:
        values = "".join(f'<td style="{CELL};overflow-wrap:anywhere">{escape(value)}</td>' for value in rest)
        lines.append(f'<tr><th scope="row" style="{CELL};white-space:nowrap">{escape(first)}</th>{values}</tr>')
    title = f'<caption style="{CELL}">{escape(caption)}</caption>' if caption else ""
    body = f"<thead><tr>{names}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<table style="border-collapse:collapse;line-height:1.5">{title}{body}</table>'
