"""What has changed between two versions of an NCCO, in words."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import product
from typing import Any

from ..checking.document import as_list
from ..problems.problems import named

LONGEST = 60  # characters of a value that are shown
BEFORE = 12  # characters shown in front of the first that differs
MANY = 10_000  # pairs of actions that are compared to find those that belong together

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
    found = _Pairs(before, after)
    told = [f"[{i}] {_named(before[i])} removed: {_brief(before[i])}" for i in found.removed]
    told += [f"[{i}] {_named(before[i])} moved to [{j}]" for i, j in found.moved]
    by_place: list[tuple[int, str]] = [(j, sentence) for j, sentence in _added(found, before, after)]
    for i, j in found.pairs:
        by_place += [(j, f"[{j}] {sentence}") for sentence in _changed(before[i], after[j])]
    return told + [sentence for _, sentence in sorted(by_place, key=lambda one: one[0])]


class _Pairs:
    """Which action of the old list is which of the new one; what is left over was removed or added."""

    def __init__(self, old: list[Any], new: list[Any]) -> None:
        before, after = [_canonical(one) for one in old], [_canonical(one) for one in new]
        self.pairs = _in_place(before, after)
        self._old = dict.fromkeys(range(len(old)))  # those that have no partner yet, in order
        self._new = dict.fromkeys(range(len(new)))
        for i, j in self.pairs:
            del self._old[i], self._new[j]
        self._join(before, after)  # what is the same elsewhere has been moved
        names = [_named(one) for one in old], [_named(one) for one in new]
        self._join(*names, lambda i, j: (-_common(old[i], new[j]), abs(i - j)))
        # Between the same two neighbours one action has been replaced by another.
        self._join(self._gaps(0, len(old)), self._gaps(1, len(new)))
        self.pairs.sort(key=lambda pair: pair[1])
        self.removed, self.added = list(self._old), list(self._new)
        self.moved = _out_of_order(self.pairs)

    def _join(
        self, old: Sequence[Any], new: Sequence[Any], score: Callable[[int, int], tuple[int, int]] | None = None
    ) -> None:
        """Make pairs of those with the same mark in ``old`` and ``new``: the best score first, else in their order."""
        places: dict[Any, tuple[list[int], list[int]]] = {}
        for side, (left, marks) in enumerate(((self._old, old), (self._new, new))):
            for place in left:
                places.setdefault(marks[place], ([], []))[side].append(place)
        for first, second in places.values():
            if score is None or len(first) * len(second) > MANY:
                wanted = list(zip(first, second, strict=False))
            else:
                rank = score
                wanted = sorted(product(first, second), key=lambda pair: rank(*pair))
            for i, j in wanted:
                if i in self._old and j in self._new:
                    self.pairs.append((i, j))
                    del self._old[i], self._new[j]

    def _gaps(self, side: int, count: int) -> list[tuple[Pair | None, Pair | None]]:
        """For each place the pairs that come before and after it."""
        ordered = sorted(self.pairs, key=lambda pair: pair[side])
        places = [pair[side] for pair in ordered]
        gaps = []
        for place in range(count):
            at = bisect_left(places, place)
            gaps.append((ordered[at - 1] if at else None, ordered[at] if at < len(ordered) else None))
        return gaps


def _in_place(before: list[str], after: list[str]) -> list[Pair]:
    """Those that are the same and in the same order: from both ends first, as of two that are alike either would do."""
    both = min(len(before), len(after))
    top = next((k for k in range(both) if before[k] != after[k]), both)
    end = next((k for k in range(both - top) if before[-1 - k] != after[-1 - k]), both - top)
    inside = before[top : len(before) - end], after[top : len(after) - end]
    blocks = SequenceMatcher(None, *inside, autojunk=False).get_matching_blocks()
    pairs = [(top + b.a + k, top + b.b + k) for b in blocks for k in range(b.size)]
    pairs += [(k, k) for k in range(top)]
    return pairs + [(len(before) - k, len(after) - k) for k in range(1, end + 1)]


def _out_of_order(pairs: list[Pair]) -> list[Pair]:
    """The fewest pairs without which the others are in the same order in both lists. They are sorted by the second."""
    # The longest rising sequence: last[k] is the end of one of length k + 1, before[pair] what comes before it there.
    last: list[Pair] = []
    before: dict[Pair, Pair | None] = {}
    for pair in pairs:
        at = bisect_left(last, pair)
        before[pair] = last[at - 1] if at else None
        last[at : at + 1] = [pair]
    stay = set()
    one = last[-1] if last else None
    while one is not None:
        stay.add(one)
        one = before[one]
    return [pair for pair in pairs if pair not in stay]


def _added(found: _Pairs, before: list[Any], after: list[Any]) -> Iterator[tuple[int, str]]:
    kept = {_canonical(after[j]): j for _, j in reversed(found.pairs)}
    for j in found.added:
        twin = kept.get(_canonical(after[j]))
        if twin is None:
            yield j, f"[{j}] {_named(after[j])} added: {_brief(after[j])}"
        else:
            yield j, f"[{twin}] {_named(after[j])} duplicated as [{j}]"


def _changed(old: Any, new: Any) -> Iterator[str]:
    name = _named(new)
    if _named(old) != name or not (isinstance(old, dict) and isinstance(new, dict)):
        if not _same(old, new):
            yield f"{_named(old)} replaced by {name}: {_brief(new)}"
        return
    for sentence in _options(old, new, ""):
        yield f"{name}: {sentence}"


def _options(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[str]:
    for name in [*old, *(name for name in new if name not in old)]:
        where = f"{path}{named(str(name))}"
        if name not in new:
            yield f"{where} removed (it was {_shown(old[name])})"
        elif name not in old:
            yield from _set(new[name], where)
        elif not _same(old[name], new[name]):
            yield from _value(old[name], new[name], where)


def _set(new: Any, where: str) -> Iterator[str]:
    if isinstance(new, dict) and new:
        for name, value in new.items():
            yield from _set(value, f"{where}.{named(str(name))}")
    else:
        yield f"{where} set to {_shown(new)}"


def _value(old: Any, new: Any, where: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _options(old, new, f"{where}.")
    elif _is_one_object(old) and _is_one_object(new):  # the list around an endpoint is understood
        yield from _options(old[0], new[0], f"{where}.")
    else:
        first, second = _two_shown(_json(old), _json(new))
        yield f"{where} changed from {first} to {second}"


def _is_one_object(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict)


def _common(old: Any, new: Any) -> int:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return 0
    return sum(_same(old[name], new[name]) for name in old.keys() & new.keys())


def _same(old: Any, new: Any) -> bool:
    return _canonical(old) == _canonical(new)


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
    return named(name) if isinstance(name, str) else "something that is no action"


def _brief(item: Any) -> str:
    """The options of an action in a few words."""
    if not isinstance(item, dict):
        return _shown(item)
    parts = [f"{named(str(name))} {_shown(value)}" for name, value in item.items() if name != "action"]
    return ", ".join(parts) if parts else "no options"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text.encode("utf-8", "backslashreplace").decode()  # half a character cannot be printed


def _shown(value: Any) -> str:
    text = _json(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _two_shown(old: str, new: str) -> tuple[str, str]:
    """Two values that differ, cut so that the first difference can be seen."""
    same = next((k for k, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    begin = max(0, same - BEFORE) if max(len(old), len(new)) > LONGEST else 0

    def cut(text: str) -> str:
        piece = text[begin : begin + LONGEST]
        return ("…" if begin else "") + piece + ("…" if begin + LONGEST < len(text) else "")

    return cut(old), cut(new)
