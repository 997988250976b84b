"""What has changed between two versions of an NCCO, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from ..checking.document import as_list
from ..problems.problems import named
from .summary import summary

LONGEST = 60  # characters of a value that are shown
BEFORE = 12  # characters shown in front of the first that differs

Pair = tuple[int, int]


def differences(old: Any, new: Any) -> list[str]:
    """Each change from ``old`` to ``new`` as a sentence; an empty list if they are the same NCCO.

    Both are lists, JSON text or ``Ncco``; mistakes in them do not matter. Positions count from 0. The position of what
    was removed, and the first of what was moved, is that in ``old``; all others are those in ``new``. The order of
    options does not count, and neither does 1 for 1.0, as both mean the same in JSON.

    >>> differences([{"action": "wait", "timeout": 2}], [{"action": "wait", "timeout": 5}])
    ['[0] wait: timeout changed from 2 to 5']
    """
    before, after = as_list(old), as_list(new)
    pairs = _pairs(before, after)
    gone, come = _left(before, [i for i, _ in pairs]), _left(after, [j for _, j in pairs])
    told = [f"[{i}] {_named(before[i])} removed: {summary(before[i]) or 'no options'}" for i in gone]
    told += [f"[{i}] {_named(before[i])} moved to [{j}]" for i, j in _moved(pairs)]
    changes = [(j, sentence) for i, j in pairs for sentence in _changed(before[i], after[j])]
    changes += [(j, f" added: {summary(after[j]) or 'no options'}") for j in come]
    return told + [f"[{j}] {_named(after[j])}{sentence}" for j, sentence in sorted(changes, key=lambda one: one[0])]


def _pairs(before: list[Any], after: list[Any]) -> list[Pair]:
    """Which action of the old list is which of the new one, in the order of the new one.

    First those that are the same: where they stand, in the same order, or elsewhere. Then those of the same name.
    """
    same = old, new = [_canonical(one) for one in before], [_canonical(one) for one in after]
    # From both ends first: of two that are alike either would do.
    both = min(len(old), len(new))
    top = next((k for k in range(both) if old[k] != new[k]), both)
    end = next((k for k in range(both - top) if old[-1 - k] != new[-1 - k]), both - top)
    inside = old[top : len(old) - end], new[top : len(new) - end]
    blocks = SequenceMatcher(None, *inside, autojunk=False).get_matching_blocks()
    pairs = [(top + block.a + k, top + block.b + k) for block in blocks for k in range(block.size)]
    pairs += [*((k, k) for k in range(top)), *((len(old) - k, len(new) - k) for k in range(1, end + 1))]
    for old, new in (same, ([_named(one) for one in before], [_named(one) for one in after])):
        places: dict[str, list[int]] = {}
        for i in _left(before, [i for i, _ in pairs]):
            places.setdefault(old[i], []).append(i)
        for j in _left(after, [j for _, j in pairs]):
            if alike := places.get(new[j]):
                pairs.append((alike.pop(0), j))
    return sorted(pairs, key=lambda pair: pair[1])


def _left(items: list[Any], taken: list[int]) -> list[int]:
    return sorted(set(range(len(items))) - set(taken))


def _moved(pairs: list[Pair]) -> list[Pair]:
    """The pairs without which the others are in the same order in both lists. They are sorted by the second."""
    order = [i for i, _ in pairs]
    blocks = SequenceMatcher(None, sorted(order), order, autojunk=False).get_matching_blocks()
    stay = {block.b + k for block in blocks for k in range(block.size)}
    return [pair for place, pair in enumerate(pairs) if place not in stay]


def _changed(old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from (f": {sentence}" for sentence in _options(old, new, ""))
    elif _canonical(old) != _canonical(new):
        yield f" replaced: {summary(new)}"


def _options(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[str]:
    for name in [*old, *(name for name in new if name not in old)]:
        where = f"{path}{named(str(name))}"
        if name not in new:
            yield f"{where} removed (it was {_shown(old[name])})"
        elif name not in old:
            yield from _set(new[name], where)
        elif _canonical(old[name]) != _canonical(new[name]):
            yield from _value(old[name], new[name], where)


def _set(new: Any, where: str) -> Iterator[str]:
    if isinstance(new, dict) and new:
        for name, value in new.items():
            yield from _set(value, f"{where}.{named(str(name))}")
    else:
        yield f"{where} set to {_shown(new)}"


def _value(old: Any, new: Any, where: str) -> Iterator[str]:
    # The list around an endpoint is understood.
    first, second = (one[0] if isinstance(one, list) and len(one) == 1 else one for one in (old, new))
    if isinstance(first, dict) and isinstance(second, dict):
        yield from _options(first, second, f"{where}.")
    else:
        yield f"{where} changed from {_shown(old, new)} to {_shown(new, old)}"


def _canonical(value: Any) -> str:
    """One text for all ways to write the same JSON."""
    return json.dumps(_plain(value), sort_keys=True, default=repr)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _named(item: Any) -> str:
    name = item.get("action") if isinstance(item, dict) else None
    return named(name) if isinstance(name, str) else "something that is not an action"


def _shown(value: Any, other: Any = None) -> str:
    """A value, cut if it is long: so that the first difference from the ``other`` can be seen, if there is one."""
    text, beside = (json.dumps(one, ensure_ascii=False, default=repr) for one in (value, other))
    same = next((k for k, (a, b) in enumerate(zip(text, beside, strict=False)) if a != b), min(len(text), len(beside)))
    begin = max(0, same - BEFORE) if other is not None and max(len(text), len(beside)) > LONGEST else 0
    piece = text[begin:].encode("utf-8", "backslashreplace").decode()  # half a character cannot be printed
    return ("…" if begin else "") + (piece if len(piece) <= LONGEST else f"{piece[: LONGEST - 1]}…")
