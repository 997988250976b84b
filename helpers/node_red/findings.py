"""What an import has to say: notes about what it changed, and the parts it did not translate."""

from __future__ import annotations

from typing import NamedTuple

from ..base.text import one_line
from .faults import BY_NAME, OLD_FORMS

MOST = 1000  # of each kind: nobody reads more


class Note(NamedTuple):
    """One remark about a node. ``fault``: the name of the palette's fault that was avoided there, or ``""``."""

    node: str
    fault: str
    text: str


class NotTranslated(NamedTuple):
    """A node that became no NCCO, route or call. ``instead``: what to do in the kit."""

    type: str
    name: str
    instead: str


class Findings:
    """Collects notes and untranslated parts; each is kept once, in order of appearance."""

    def __init__(self) -> None:
        self._notes: dict[Note, None] = {}
        self._parts: dict[tuple[str, NotTranslated], None] = {}

    @property
    def notes(self) -> list[Note]:
        return list(self._notes)

    @property
    def not_translated(self) -> list[NotTranslated]:
        return [part for _, part in self._parts]

    def fault(self, node: str, name: str, text: str = "") -> None:
        """A fault of the palette was avoided at this node; without ``text`` the fault's own words are used."""
        if name not in OLD_FORMS:
            text = text or f"{BY_NAME[name].what} Here: {BY_NAME[name].how}"
        self._note(Note(node, name, text or OLD_FORMS[name]))

    def remark(self, node: str, text: str) -> None:
        """Something to know that is no fault of the palette."""
        self._note(Note(node, "", text))

    def skip(self, type_: str, name: str, instead: str, *, key: str = "") -> None:
        """This part was not translated. ``key``: the node's id, so that two of the same name are two."""
        if len(self._parts) < MOST:
            self._parts[key, NotTranslated(one_line(type_, 60), one_line(name, 60), instead)] = None

    def _note(self, note: Note) -> None:
        if len(self._notes) < MOST:
            self._notes[note] = None
