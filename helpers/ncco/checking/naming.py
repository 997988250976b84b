"""An action that has no name, or one that Vonage does not know: what was probably meant."""

from __future__ import annotations

from typing import Any

from ...base.text import nearest
from ..data import Json
from ..models.actions import ACTIONS, ELSEWHERE, MEANT
from ..problems.fixes import Fix, put
from ..problems.problems import Problem, error, shown
from ..schema import options_of


def no_action(item: dict[str, Any], alone: bool) -> Problem:
    """The problem of an item whose ``action`` is missing or unknown; ``alone`` says that it is the only one."""
    if "action" in item:
        name = item["action"]
        cure, meant = _other_action(name)
        fix = _fits(item, meant) if meant else None
        key = _key(name)
        if key in ("hangup", "hang_up") and not alone:
            fix = Fix("Leave it out", lambda item: [])
        return error("action", f"There is no action {shown(name)}.", cure, rule="unknown-action", fix=fix)
    other = next((key for key in item if isinstance(key, str) and key.strip().lower() in ("action", "actions")), None)
    if other is not None and isinstance(item[other], str):
        meant = _key(item[other])
        cure = f'Write "action" in place of {shown(other)}.'
        fix = _fits(item, meant, other) if meant in ACTIONS else None
        return error("action", 'The "action" is missing.', cure, rule="missing-action", fix=fix)
    best = max(ACTIONS, key=lambda name: len({option.name for option in options_of(ACTIONS[name])} & item.keys()))
    fits = {option.name for option in options_of(ACTIONS[best])} & item.keys()
    cure = f'Add "action": "{best if fits else "talk"}".'
    fix = _fits(item, best) if fits else None
    return error("action", 'The "action" is missing.', cure, rule="missing-action", fix=fix)


def _other_action(name: Any) -> tuple[str, str]:
    """What to do, and the name of the action that was meant, if it is known."""
    key = _key(name)
    if key in ELSEWHERE:
        return ELSEWHERE[key], MEANT.get(key, "")
    meant = nearest(key, ACTIONS)
    return (f'Did you mean "{meant}"?' if meant else f"The actions are: {', '.join(ACTIONS)}."), meant


def _key(name: Any) -> str:
    return name.strip().lower() if isinstance(name, str) and len(name) <= 100 else ""


def _fits(item: dict[str, Any], name: str, instead: str = "") -> Fix | None:
    """The same options under that action's name, if it takes them."""
    options = {key: value for key, value in item.items() if key not in ("action", instead) and isinstance(key, str)}
    if any(problem.severity == "error" for problem in ACTIONS[name].read(options)[1]):
        return None
    if instead:

        def change(item: Json) -> Json:
            return {("action" if key == instead else key): name if key == instead else one for key, one in item.items()}

        return Fix(f'Write "action": "{name}"', change)
    return put(f'Write "action": "{name}"', ("action",), name)
