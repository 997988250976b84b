"""What undo and redo need: the states that something had, in order, as many as are worth keeping."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

State = TypeVar("State")

#: The most steps that can be undone.
MOST_STEPS = 200


class History(Generic[State]):
    """The present state, and those before and after it. A state must never be changed, only replaced."""

    def __init__(self, state: State, most: int = MOST_STEPS) -> None:
        self.now = state
        self._past: deque[State] = deque(maxlen=most)
        self._future: list[State] = []
        self._edit: Hashable | None = None

    @property
    def can_undo(self) -> bool:
        """Is there a state before this one?"""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Is there a state that was undone?"""
        return bool(self._future)

    def put(self, state: State, edit: Hashable | None = None) -> None:
        """A new state. Those of one and the same ``edit``, key by key in a text field, are one step together."""
        same = edit is not None and edit == self._edit and not self._future
        if not same:
            self._past.append(self.now)
        elif self._past and self._past[-1] == state:
            # Typed, and taken back by hand: nothing has happened.
            self._past.pop()
            edit = None
        self.now, self._edit = state, edit
        self._future.clear()

    def end_edit(self) -> None:
        """The field was left: what is typed there next is another step."""
        self._edit = None

    def undo(self) -> bool:
        """Go back one step; False if there is none."""
        return self._go(self._past, self._future)

    def redo(self) -> bool:
        """Take back one undo; False if there is none."""
        return self._go(self._future, self._past)

    def _go(self, there: deque[State] | list[State], here: deque[State] | list[State]) -> bool:
        self._edit = None
        if not there:
            return False
        here.append(self.now)
        self.now = there.pop()
        return True
