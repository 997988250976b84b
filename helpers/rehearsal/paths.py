"""Where an option of an NCCO is: ``"1.dtmf.maxDigits"``, looked up in the models, with the near name if it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .playing import RehearsalError

if TYPE_CHECKING:
    from ..ncco.schema import Option

Items = list[dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """One option of one action. ``steps`` are JSON keys and list positions."""

    index: int
    action: str
    path: str
    steps: tuple[str | int, ...]
    option: Option | None  # None: somewhere in free JSON, such as a payload

    def set(self, items: Items, value: Any) -> None:
        """Put a value there, in place; None takes the option away. Groups on the way are made."""
        at: Any = items[self.index]
        for step, following in zip(self.steps, self.steps[1:], strict=False):
            if isinstance(step, str) and not isinstance(at.get(step), dict | list):
                if value is None:
                    return
                at[step] = [{}] if isinstance(following, int) else {}
            at = at[step]
        last = self.steps[-1]
        if value is None and isinstance(at, dict):
            at.pop(last, None)
            return
        listed = self.option is not None and self.option.kind == "urls" and isinstance(value, str)
        at[last] = [value] if listed else value


def place_of(items: Items, path: Any) -> Place:
    """The option that ``path`` means. Raises RehearsalError, which names the near one."""
    from ..ncco import ACTIONS
    from ..ncco.schema import options_of

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
    model = ACTIONS.get(name) if isinstance(name, str) else None
    if model is None:
        raise RehearsalError(f"Action {index} is {name!r}, which there is not.", f"There are {', '.join(ACTIONS)}.")
    steps, option = _follow(items[index], str(name), options_of(model), index, rest)
    return Place(index, str(name), path, steps, option)


def _follow(
    data: Any, action: str, options: tuple[Option, ...], index: int, rest: str
) -> tuple[tuple[str | int, ...], Option | None]:
    """The keys and positions on the way to an option, and what is known about it."""
    steps: list[str | int] = []
    option: Option | None = None
    names = rest.split(".")
    above = f"{index}."
    for number, name in enumerate(names):
        if isinstance(data, list):
            place = int(name) if name.isdecimal() else 0
            steps.append(place)
            data = data[place] if place < len(data) else None
            if option is not None and option.kind == "variants":
                options = _variant(option, data, action)
            option = None
            if name.isdecimal():
                above += f"{name}."
                continue
        option = next((one for one in options if one.name == name), None)
        if option is None:
            raise _unknown(action, above, name, options)
        steps.append(name)
        data = data.get(name) if isinstance(data, dict) else None
        options, above = option.parts, f"{above}{name}."
        if option.kind == "object":  # free JSON: whatever the learner puts there
            return (*steps, *names[number + 1 :]), option if number + 1 == len(names) else None
        if option.kind == "variants" and not isinstance(data, list) and number + 1 < len(names):
            raise RehearsalError(f"The {action} has no {name} yet.", f"Give it one before you try its {names[-1]}.")
    return tuple(steps), option


def _variant(option: Option, data: Any, action: str) -> tuple[Option, ...]:
    kind = data.get("type") if isinstance(data, dict) else None
    if kind not in option.variants:
        raise RehearsalError(
            f"The {option.name} of {action} has the type {kind!r}, which there is not.",
            f"The types are {', '.join(option.variants)}.",
        )
    return option.variants[kind]


def _unknown(action: str, above: str, name: str, options: tuple[Option, ...]) -> RehearsalError:
    from ..base.text import nearest

    names = [option.name for option in options]
    if not names:
        return RehearsalError(f"There is no option inside {above.rstrip('.')}.", "The path ends there.")
    near = nearest(name, names)
    cure = f'Did you mean "{above}{near}"?' if near else f"There are {', '.join(names)}."
    return RehearsalError(f'The {action} has no option "{above}{name}".', cure)
