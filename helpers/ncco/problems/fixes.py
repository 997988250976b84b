"""What puts a problem right with one click: a change to one action, or to the whole list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ...base.errors import KitError
from ..data import Json, Path, as_data, copy_of, holder_of


@dataclass(frozen=True)
class Fix:
    """A change that cures a problem. ``label`` says what it does, in the words of a button.

    ``change`` gets a copy of the action at ``action`` and returns what takes its place: an action, or a list of
    actions; with ``whole`` it gets a copy of everything and returns a list, with ``of_text`` also of a text.
    """

    label: str
    change: Callable[[Json], Json]
    action: int | None = None
    whole: bool = False
    of_text: bool = False

    def apply(self, items: Any) -> list[Json]:
        """The list of actions with the change made; what was given stays as it is. A text is read before.

        Raises :class:`KitError` if the NCCO is no longer the one that was checked, so that the change does not fit.
        """
        if isinstance(items, (str, bytes, bytearray)) and not self.of_text:
            raise KitError("A fix changes a list, and this is its text.", "Read it first: json.loads(text).")
        made = copy_of(as_data(items))
        try:
            if self.whole or self.action is None:
                return list(self.change(made))
            changed = self.change(made[self.action])
            made[self.action : self.action + 1] = changed if isinstance(changed, list) else [changed]
            return list(made)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise KitError("The NCCO has changed since it was checked.", "Check it again.") from None

    def at(self, action: int | None) -> Fix:
        """The same fix for the action at that position."""
        return self if self.whole else replace(self, action=action)

    def inside(self, *path: str | int) -> Fix:
        """The same fix for a part of the action, such as ``"endpoint", 0``."""

        def change(item: Json) -> Json:
            part = item
            for step in path:
                part = part[step]
            self.change(part)
            return item

        return replace(self, change=change)


def put(label: str, path: Path, value: Json) -> Fix:
    """Write ``value`` at ``path`` of the action."""

    def change(item: Json) -> Json:
        holder_of(item, path)[path[-1]] = copy_of(value)
        return item

    return Fix(label, change)


def drop(label: str, *paths: Path) -> Fix:
    """Take out what is at these paths of the action."""

    def change(item: Json) -> Json:
        for path in paths:
            holder = holder_of(item, path)
            if not isinstance(holder, dict) or path[-1] in holder:
                del holder[path[-1]]
        return item

    return Fix(label, change)


def rename(label: str, path: Path, name: str, value: Json) -> Fix:
    """Give the option at ``path`` another name and, where need be, another value, and leave it in its place."""

    def change(item: Json) -> Json:
        holder = holder_of(item, path)
        renamed = [(name, copy_of(value)) if key == path[-1] else (key, held) for key, held in holder.items()]
        holder.clear()
        holder.update(renamed)
        return item

    return Fix(label, change)


def on_list(label: str, change: Callable[[Json], Json]) -> Fix:
    """A change to the list as a whole."""
    return Fix(label, change, whole=True)


def both(label: str, *fixes: Fix) -> Fix:
    """Several changes to one action, one after the other."""

    def change(item: Json) -> Json:
        for fix in fixes:
            item = fix.change(item)
        return item

    return Fix(label, change)
