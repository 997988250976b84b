"""An NCCO in the making: a plain list that may hold mistakes, the moves an editor makes on it, and the way back."""

from __future__ import annotations

import copy
import itertools
import json
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...base.errors import KitError
from ...base.text import visible
from ..checking.document import Ncco, as_list, check, parse
from ..models.actions import action_named
from ..problems.fixes import Fix
from ..problems.problems import NccoError, Problem
from ..texts.texts import as_json, own_copy, read_file, read_text, same_json
from .paths import value_at, with_value

#: The most steps that can be undone.
MOST_STEPS = 200
_EMPTY = "empty-ncco"  # the rule that speaks of a list without actions: to a draft it is not a mistake


@dataclass(frozen=True)
class _State:
    """The actions, a number for each that it keeps when it moves, the text that could not be read, and what there is
    to say about the text that these actions were read from. It is never changed, only replaced."""

    items: tuple[Any, ...] = ()
    ids: tuple[int, ...] = ()
    typed: str | None = None
    remarks: tuple[Problem, ...] = ()


class Draft:
    """A list of actions as dicts, with any value in them: unknown options and unknown actions are kept as they are.

    Positions count from 0. An option is named by its path: ``"loop"``, ``"dtmf.timeOut"``, ``"endpoint.number"``. A new
    name that no action has raises :class:`KitError`; a wrong value is kept, and :meth:`problems` speaks of it. Every
    change is one step that :meth:`undo` takes back; changes with the same ``edit`` are one step together.

    ``variables`` (a mapping, or ``None``) fill templates in for the checks; ``live`` checks for the real network.
    """

    def __init__(self, ncco: Any = None, *, variables: Mapping[str, Any] | None = None, live: bool = False) -> None:
        self._numbers = itertools.count(1)
        self._now = _State()
        self._past: deque[_State] = deque(maxlen=MOST_STEPS)
        self._future: list[_State] = []
        self._edit: Hashable | None = None
        self._checked: tuple[Any, list[Problem]] | None = None
        self._unreadable: tuple[str, list[Problem]] = "", []
        self.variables, self.live = variables, live
        self._origin: list[Any] = []
        if ncco is not None:
            self.load(ncco)
            self._past.clear()

    # What there is

    @property
    def items(self) -> Sequence[Any]:
        """The actions themselves. They are shared with the steps before: look, but change nothing."""
        return self._now.items

    @property
    def ids(self) -> Sequence[int]:
        """A number for each action. It stays the same when the action moves or changes."""
        return self._now.ids

    def __len__(self) -> int:
        return len(self.items)

    def to_list(self) -> list[Any]:
        """A copy of the list, as JSON would have it."""
        return copy.deepcopy(list(self.items))

    def to_json(self) -> str:
        """The list as JSON text, mistakes included."""
        return as_json(list(self.items))

    def get(self, index: int, option: str) -> Any:
        """What the option holds; ``None`` if it is not set."""
        return value_at(self.items[self._place(index)], option)

    def problems(self) -> list[Problem]:
        """All that is wrong or doubtful about it now. An empty list of actions is not: it is only not begun."""
        seen = (self.items, self.variables, self.live)
        if self._checked is None or any(a is not b for a, b in zip(self._checked[0], seen, strict=True)):
            found = check(list(self.items), live=self.live, variables=self.variables)
            self._checked = seen, [p for p in found if p.rule != _EMPTY]
        return [*self._now.remarks, *self._checked[1]]

    def ncco(self) -> Ncco:
        """The checked NCCO; raises :class:`NccoError` while there is an error."""
        return parse(self.to_list())

    def __str__(self) -> str:
        if not self.items:
            return "(no action yet)"
        lines = []
        for index, item in enumerate(self.items):
            lines += _lines_of(index, item)
        found = self.problems()
        lines += [f"{problem.severity}: {problem}" for problem in found] or ["No problems."]
        return visible("\n".join(lines))

    # Changes

    def add(self, action: str, at: int | None = None, **options: Any) -> int:
        """Put in an action, at the end or at a position. Returns its position."""
        item: dict[str, Any] = {"action": action_named(action)}
        for name, value in options.items():
            item = with_value(item, name, value)
        return self._insert(item, len(self.items) if at is None else max(0, min(at, len(self.items))))

    def duplicate(self, index: int) -> int:
        """Put a copy of an action behind it. Returns its position."""
        place = self._place(index)
        return self._insert(copy.deepcopy(self.items[place]), place + 1)

    def remove(self, index: int) -> None:
        """Take out the action at that position."""
        place = self._place(index)
        self._become(lambda both: both[:place] + both[place + 1 :])

    def move(self, index: int, to: int) -> None:
        """Put the action at ``index`` to the position ``to``."""
        index, to = self._place(index), self._place(to)

        def moved(both: list[tuple[Any, int]]) -> list[tuple[Any, int]]:
            rest = both[:index] + both[index + 1 :]
            return [*rest[:to], both[index], *rest[to:]]

        self._become(moved)

    def set(self, index: int, option: str, value: Any, *, edit: Any = None) -> None:
        """Give an option a value; ``None`` or empty text takes it out, so that the default holds."""
        place = self._place(index)
        self.put(place, with_value(self.items[place], option, value), edit=edit)

    def put(self, index: int, item: Any, *, edit: Any = None) -> None:
        """Put a whole action, or any other JSON value, in the place of another."""
        place = self._place(index)
        if not same_json(item, self.items[place]):
            self._become(lambda both: [*both[:place], (item, both[place][1]), *both[place + 1 :]], edit)

    def replace(self, items: Sequence[Any]) -> None:
        """Put another list in the place of this one. Actions that stay the same keep their number."""
        self._take(own_copy(items))

    def apply(self, fix: Fix) -> None:
        """Put a problem right: ``draft.apply(problem.fix)``."""
        self.replace(fix.apply(list(self.items)))

    def clear(self) -> None:
        """Begin anew, with nothing."""
        self.replace([])

    def end_edit(self) -> None:
        """The field was left: what is typed there next is another step."""
        self._edit = None

    # The way back

    @property
    def can_undo(self) -> bool:
        """Is there a step to take back?"""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Is there a step that was taken back?"""
        return bool(self._future)

    def undo(self) -> bool:
        """Take back the last step; False if there is none."""
        return self._go(self._past, self._future)

    def redo(self) -> bool:
        """Do again what was taken back last; False if there is nothing."""
        return self._go(self._future, self._past)

    def _go(self, there: deque[_State] | list[_State], here: deque[_State] | list[_State]) -> bool:
        self._edit = None
        if not there:
            return False
        here.append(self._now)
        self._now = there.pop()
        return True

    def _step(self, state: _State, edit: Hashable | None = None) -> None:
        """A new state. Those of one and the same ``edit``, key by key in a text field, are one step together."""
        same = edit is not None and edit == self._edit and not self._future
        if not same:
            self._past.append(self._now)
        elif self._past and self._past[-1] == state:
            # Typed, and taken back by hand: nothing has happened.
            self._past.pop()
            edit = None
        self._now, self._edit = state, edit
        self._future.clear()

    # The JSON, which can be edited

    @property
    def text(self) -> str:
        """The list as JSON: as it was typed if that could not be read, else as it is."""
        return self.to_json() if self._now.typed is None else self._now.typed

    @property
    def text_problems(self) -> list[Problem]:
        """Why the JSON that was typed could not be read; nothing if it could."""
        typed = self._now.typed
        if typed is None:
            return []
        # Asked for at every drawing, and the text may be long.
        if self._unreadable[0] is not typed:
            self._unreadable = typed, read_text(typed)[1]
        return list(self._unreadable[1])

    def set_text(self, text: str) -> list[Problem]:
        """The list as it was typed. What cannot be read is kept as it is, and the list too; the errors say why."""
        items, found = read_text(text)
        if items is None:
            if self._now.typed != text:
                self._step(replace(self._now, typed=text))
            return found
        self._take(items, found)
        return []

    def forget_text(self) -> None:
        """Put what was typed there away: the text follows the list again."""
        if self._now.typed is not None:
            self._step(replace(self._now, typed=None))

    # In and out

    def load(self, ncco: Any) -> None:
        """Take over a whole NCCO: a list, JSON text, an ``Ncco``, or a file (a ``Path``).

        Whatever the list holds is kept. What is not a list raises :class:`NccoError`, and changes nothing.
        """
        ncco = read_file(ncco) if isinstance(ncco, Path) else ncco
        found: list[Problem] = []
        if isinstance(ncco, (str, bytes, bytearray)):
            items, found = read_text(ncco)
            if items is None:
                raise NccoError(found)
        else:
            items = own_copy(as_list(ncco))
        self._take(items, found)
        self._origin = self.to_list()

    def save(self, file: str | Path, *, replace: bool = False) -> Path:
        """Write the JSON to a file. One that is there already is replaced only if that is said."""
        path = Path(file)
        if not replace and path.exists():
            raise KitError(f"{path.name} is there already.", "Choose another name, or save with replace=True.")
        try:
            path.write_text(f"{self.to_json()}\n", "utf-8")
        except (OSError, UnicodeEncodeError) as problem:
            why = getattr(problem, "strerror", None) or problem
            raise KitError(f"{path.name} cannot be written: {why}.", "Choose another name or folder.") from None
        self._origin = self.to_list()
        return path

    @property
    def differences(self) -> list[str]:
        """What has changed since it was loaded or saved, in words."""
        from .changes import differences

        return differences(self._origin, list(self.items))

    # Inside

    def _become(self, change: Callable[[list[tuple[Any, int]]], list[tuple[Any, int]]], edit: Any = None) -> None:
        now = self._now
        both = change(list(zip(now.items, now.ids, strict=True)))
        state = _State(tuple(item for item, _ in both), tuple(number for _, number in both), now.typed)
        # An action that has changed is another object; to compare values would not do, because 1 == True.
        if state.ids != now.ids or any(a is not b for a, b in zip(state.items, now.items, strict=True)):
            self._step(state, edit)

    def _take(self, items: list[Any], remarks: Sequence[Problem] = ()) -> None:
        """Another list in the place of this one."""
        now = self._now
        new = _State(tuple(items), self._numbered(items), None, tuple(remarks))
        if not same_json(items, now.items) or (new.typed, new.remarks) != (now.typed, now.remarks):
            self._step(new)

    def _insert(self, item: Any, place: int) -> int:
        self._become(lambda both: [*both[:place], (item, next(self._numbers)), *both[place:]])
        return place

    def _numbered(self, items: Sequence[Any]) -> tuple[int, ...]:
        """Numbers for a new list: what is the same from the top and from the bottom keeps its own, and what lies
        between keeps its own if there is as much of it as before."""
        old, ids, n = self.items, self.ids, len(items)
        shared = min(n, len(old))
        if n == len(old):
            return tuple(ids)
        top = next((i for i in range(shared) if old[i] != items[i]), shared)
        bottom = next((i for i in range(shared - top) if old[-1 - i] != items[-1 - i]), shared - top)
        middle = tuple(next(self._numbers) for _ in range(n - top - bottom))
        return (*ids[:top], *middle, *ids[len(ids) - bottom :])

    def _place(self, index: int) -> int:
        count = len(self.items)
        if not isinstance(index, int) or not -count <= index < count:
            raise KitError(
                f"There is no action {index!r}: there are {count}.",
                f"Count from 0 to {count - 1}." if count else 'Add one first: add("talk").',
            )
        return index % count


def _lines_of(index: int, item: Any) -> list[str]:
    name = item.get("action") if isinstance(item, dict) else None
    if not isinstance(name, str):
        return [f"[{index}] {json.dumps(item, ensure_ascii=False, default=repr)}"]
    names = [one for one in item if one != "action"]
    width = max((len(str(one)) for one in names), default=0)
    rows = [f"    {one!s:<{width}}  {json.dumps(item[one], ensure_ascii=False, default=repr)}" for one in names]
    return [f"[{index}] {name}", *rows]
