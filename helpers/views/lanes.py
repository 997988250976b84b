"""Where the marks of a lane and their labels go, so that no two of them overlap and none leaves the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..calls.marks import Mark
from .svg import fit, text_width

MOST_KEYS = 8  # told one by one
SHORT = 4  # characters of two keys: words are not put together
MOST_ROWS = 4  # of one lane: what needs more is drawn together, as in a long call
NEAR = 0.02  # seconds apart: one instant


@dataclass(frozen=True)
class Placed:
    """A mark, its row and its label. ``x``, ``end`` and ``label_x`` are pixels from the left end of the axis.

    A label at the left of its mark is ``gap`` pixels away from it.
    """

    mark: Mark
    row: int
    x: float
    end: float
    label: str
    label_x: float
    gap: float


@dataclass(frozen=True)
class Scale:
    """Seconds to pixels: ``begin`` is at the left edge, ``width`` pixels hold ``length`` seconds."""

    begin: float
    length: float
    width: float

    def x(self, seconds: float) -> float:
        return (seconds - self.begin) * self.width / self.length


def moments(marks: list[Mark], scale: Scale) -> list[Placed]:
    """Things that happen at an instant (or take a while): those of one instant share a label."""
    grouped: list[Mark] = []
    for mark in marks:
        last = grouped[-1] if grouped else None
        both = last and last.end == last.start and mark.end == mark.start
        if last and both and mark.start - last.start < NEAR and not last.trouble | mark.trouble:
            grouped[-1] = replace(last, label=f"{last.text}, {mark.text}", note="")
        else:
            grouped.append(mark)
    return _within(grouped, scale, lead=9)


def keys(marks: list[Mark], scale: Scale) -> list[Placed]:
    """Keys that are too close to be told apart become one; words have room of their own."""
    grouped: list[list[Mark]] = []
    room = 0.0
    for mark in marks:
        if grouped and scale.x(mark.start) < room and len(mark.label + grouped[-1][-1].label) <= SHORT:
            grouped[-1].append(mark)
        else:
            grouped.append([mark])
        room = scale.x(grouped[-1][0].start) + 16 + text_width(_keys(grouped[-1]))
    return _within([replace(group[0], label=_keys(group)) for group in grouped], scale, lead=9)


def _keys(group: list[Mark]) -> str:
    """A few keys or words in a row; of many the first ones and how many they are."""
    told = " ".join(mark.label for mark in group[:MOST_KEYS])
    return f"{told} … ({len(group)})" if len(group) > MOST_KEYS else told


def bars(marks: list[Mark], scale: Scale) -> list[Placed]:
    """Things that last; a label is inside its bar, or beside it."""
    return _within(marks, scale, lead=0)


def rows(placed: list[Placed]) -> int:
    """How many rows a lane has."""
    return 1 + max((one.row for one in placed), default=-1)


def _within(marks: list[Mark], scale: Scale, lead: float) -> list[Placed]:
    """The marks in at most :data:`MOST_ROWS` rows: neighbours become one, as many as it takes; what matters last."""
    apart = 0.0
    while rows(placed := _place(marks, scale, lead)) > MOST_ROWS and apart < 3 * scale.width:
        apart = max(12.0, apart * 1.6)
        plain = [mark for mark in marks if not mark.matters]
        rest = [mark for mark in marks if mark.matters]
        # Only when all the others are one is it the turn of those that matter.
        rest = _clustered(rest, scale, apart - scale.width) if apart > scale.width else rest
        marks = sorted([*_clustered(plain, scale, apart), *rest], key=lambda mark: mark.start)
    return placed


def _clustered(marks: list[Mark], scale: Scale, apart: float) -> list[Mark]:
    """Marks that begin within ``apart`` pixels of one another as one mark that says how many they are."""
    groups: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda m: m.start):
        if groups and scale.x(mark.start) - scale.x(groups[-1][0].start) < apart:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return [group[0] if len(group) == 1 else _one(group) for group in groups]


def _one(group: list[Mark]) -> Mark:
    """Many marks as one; ``kind`` stays if it is the same for all. A mark may stand for many already."""
    count = sum(m.count for m in group)
    first = group[0].label if group[0].count == 1 else group[0].label.rpartition(" + ")[0] or group[0].label
    kinds = {m.kind for m in group}
    return Mark(
        group[0].start,
        max(m.end for m in group) if any(m.end > m.start for m in group) else group[0].start,
        f"{first} + {count - 1} more",
        kind=kinds.pop() if len(kinds) == 1 else "",
        trouble=any(m.trouble for m in group),
        count=count,
        slow=any(m.slow for m in group),
    )


def _place(marks: list[Mark], scale: Scale, lead: float) -> list[Placed]:
    """A row for each mark, the first in which there is room for it and its label."""
    taken: list[list[tuple[float, float]]] = []
    placed = []
    for mark in marks:
        x, end = (min(max(scale.x(at), 0.0), scale.width) for at in (mark.start, mark.end))
        label_x, label = _label(mark, x, end, scale.width, lead)
        low = min(x - (5 if lead else 0), label_x if label else x) - 3
        high = max(end, label_x + text_width(label)) + 5
        row = next((i for i, row in enumerate(taken) if all(high <= a or low >= b for a, b in row)), len(taken))
        if row == len(taken):
            taken.append([])
        taken[row].append((low, high))
        placed.append(Placed(mark, row, x, end, label, label_x, _gap(lead)))
    return placed


def _gap(lead: float) -> float:
    return 9 if lead else 5


def _label(mark: Mark, x: float, end: float, edge: float, lead: float) -> tuple[float, str]:
    """Where the label begins, and the label: inside a bar, else at its right, else at its left, else cut short."""
    right, gap = end + max(lead, 5), _gap(lead)
    for text in dict.fromkeys((fit(mark.text, edge), fit(mark.label, edge))):
        size = text_width(text)
        if lead == 0 and size + 10 <= end - x:
            return x + 5, text
        if right + size <= edge:
            return right, text
        if x - gap - size >= 0:
            return x - gap - size, text
    inside = end - x - 10 if lead == 0 else 0.0
    if inside >= 0.7 * max(edge - right, x - gap):  # a bar's own place is the clearest
        return x + 5, fit(mark.label, inside)
    if edge - right >= x - gap:
        return right, fit(mark.label, edge - right)
    short = fit(mark.label, x - gap)
    return x - gap - text_width(short), short
