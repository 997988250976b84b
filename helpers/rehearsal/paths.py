"""Where an option of an NCCO is: ``"1.dtmf.maxDigits"``, the position of its action first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError
from .scene import RehearsalError

if TYPE_CHECKING:
    from ..ncco.schema import Option
    from ..ncco.schema import Place as Inside

Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """One option of one action; ``inside`` says where it is in the action."""

    index: int
    action: str
    path: str
    inside: Inside

    @property
    def option(self) -> Option | None:
        """What is known of it; ``None`` somewhere in free JSON, such as a payload."""
        return self.inside.option

    def set(self, items: Items, value: Any) -> None:
        """Put a value there, in place; None takes the option away. Groups on the way are made."""
        from ..ncco.editing.paths import put_in

        is_list = self.option is not None and self.option.kind == "urls" and isinstance(self.inside.steps[-1], str)
        put_in(items[self.index], self.inside, [value] if is_list and isinstance(value, str) else value)


def place_of(items: Items, path: Any) -> Place:
    """The option that ``path`` means. Raises RehearsalError, which names the near one."""
    from ..ncco import ACTIONS
    from ..ncco.editing.paths import place_of as place_in

    first, dot, rest = path.partition(".") if isinstance(path, str) else ("", "", "")
    if not first.isdecimal() or not dot or not rest:
        example = f"0.{path}" if isinstance(path, str) and path.isidentifier() else "0.level"
        raise RehearsalError(
            f"{path!r} is not the path of an option.",
            f'Write the position of the action, from 0, a dot, and the option: "{example}".',
        )
    index = int(first)
    if index >= len(items):
        raise RehearsalError(
            f"There is no action {index}.",
            f"This NCCO has {len(items)}: the last is {len(items) - 1}, because the count begins at 0.",
        )
    name = items[index].get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        raise RehearsalError(f"Action {index} is {name!r}, which there is not.", f"There are {', '.join(ACTIONS)}.")
    try:
        return Place(index, name, path, place_in(items[index], rest, f"{index}."))
    except KitError as problem:
        raise RehearsalError(problem.message, problem.cure) from None
