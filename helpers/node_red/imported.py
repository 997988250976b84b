"""What came out of a flow: NCCOs, routes, calls, variables, and everything there is to say about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..base.grid import grid
from ..base.view import View
from ..ncco.templates.templates import render_ncco
from .calls import ImportedCall
from .findings import Note, NotTranslated
from .messages import Variables, union_of
from .routes import Route, names_of, source

if TYPE_CHECKING:
    from flask import Flask

MOST_ROWS = 200  # of a table
Table = tuple[str, tuple[str, ...], list[Sequence[Any]]]  # title, head, rows


@dataclass(frozen=True)
class ImportedNcco:
    """One NCCO: ``ncco`` is the list, with ``{{…}}`` where a value goes. ``where``: the nodes that built it."""

    name: str
    ncco: list[dict[str, Any]]
    where: str
    variables: Variables = field(default_factory=dict)

    def filled(self, variables: Mapping[str, Any] | None = None) -> list[Any]:
        """The NCCO with its templates filled in: from the flow's constants, with ``variables`` on top."""
        return render_ncco(self.ncco, union_of(self.variables, variables or {}))


@dataclass(frozen=True, repr=False)
class Imported:
    """A flow as Python. ``variables`` are the constants of the whole flow; each NCCO and call also has its own.

    ``notes`` say what was changed, and which fault of the palette was avoided; ``not_translated`` lists every node that
    became nothing, with what to do instead.
    """

    nccos: list[ImportedNcco]
    routes: list[Route]
    calls: list[ImportedCall]
    variables: Variables
    notes: list[Note]
    not_translated: list[NotTranslated]

    def app(self) -> Flask:
        """A Flask app with the flow's routes: ``kit.serve(imported.app())``. It sends the sounds of the server."""
        names: dict[str, Any] = {}
        exec(compile(self.to_flask(), "<flow>", "exec"), names)  # test_nothing_of_a_flow_becomes_code
        app: Flask = names["app"]
        return app

    def to_flask(self) -> str:
        """The same app as Python source. It defines ``app``."""
        return source(self.routes)

    def show(self) -> View:
        """Everything in tables."""
        tables = []
        for title, head, rows in self._tables():
            of = f"the first {MOST_ROWS} of " if len(rows) > MOST_ROWS else ""
            tables += [grid(head, rows[:MOST_ROWS], f"{title} ({of}{len(rows)})")] if rows else []
        text = "\n\n".join(table.text for table in tables)
        return View(text, {"text/html": "".join(table.bundle["text/html"] for table in tables)})

    def _tables(self) -> list[Table]:
        return [
            ("NCCOs", ("name", "actions", "built by"), [(n.name, names_of(n.ncco), n.where) for n in self.nccos]),
            ("Routes", ("route", "answers with", "nodes"),
             [(f"{r.method} {r.path}", r.answers, r.where) for r in self.routes]),
            ("Calls", ("name", "arguments of create_call", "nodes"),
             [(c.name, ", ".join(f"{k}={_short(v)}" for k, v in c.fields.items()), c.where) for c in self.calls]),
            ("Variables", ("name", "value in the flow"),
             [(name, _short(value)) for name, value in _leaves(self.variables)]),
            ("Notes", ("node", "fault of the palette", "what was done"), [tuple(note) for note in self.notes]),
            ("Not translated", ("type", "name", "do this instead"), [tuple(part) for part in self.not_translated]),
        ]  # fmt: skip

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.show()._repr_mimebundle_(include, exclude)

    def __str__(self) -> str:
        return self.show().text

    def __repr__(self) -> str:
        return f"<Imported: {', '.join(f'{title} {len(rows)}' for title, _, rows in self._tables())}>"


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:400]  # more than a cell shows


def _leaves(values: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        inside = isinstance(value, dict) and value
        found += _leaves(value, f"{above}{name}.") if inside else [(f"{above}{name}", value)]
    return found
