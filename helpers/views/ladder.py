"""The ladder: who told whom what, as a picture, as a Mermaid sequence diagram and as text."""

from __future__ import annotations

import re
from dataclasses import replace

from ..calls.record import Record
from ..calls.story import Step, Story
from .ladder_picture import draw, label
from .svg import Picture

PRESSES = "presses "
MOST = 80  # steps that are shown whole
HEAD, TAIL, WRONG = 40, 20, 12  # of what is still too long: from its beginning, from its end, troubles in between
LONGEST = 16  # steps of a pattern that repeats


class Ladder(Picture):
    """A ladder. ``.svg()``, ``.mermaid`` and ``.text`` hand it out; ``.save("ladder.svg")`` keeps it, as .mmd, .md and
    .txt too. ``places`` says when each step happened, and how far down it begins in the picture (0 to 1)."""

    def __init__(self, text: str, svg: str, places: list[tuple[float, float]], mermaid: str) -> None:
        super().__init__(text, svg)
        self.places, self.mermaid = places, mermaid

    def forms(self) -> dict[str, str]:
        """What can be kept, by the ending of the file's name; ``.md`` is what a code host draws."""
        drawn = {".mmd": self.mermaid, ".md": f"```mermaid\n{self.mermaid}\n```"}
        return {**super().forms(), **drawn}


def ladder(call: Record, *, full: bool = False) -> Ladder:
    """A call as a ladder between notebook, your server, the Voice API and each phone.

    A long call is folded: what repeats is told once, and of the rest the beginning, the end and what went wrong.
    ``full`` shows every step.
    """
    story = Story(call)
    steps = merge([step for step in story.steps if not step.quiet])
    steps = steps if full else fold(steps, list(story.lanes))
    return Ladder(as_text(story, steps), *draw(story.lanes, steps, repr(call)), as_mermaid(story, steps))


def merge(steps: list[Step]) -> list[Step]:
    """Key presses in a row become one step, and so do equal steps."""
    merged: list[tuple[Step, int]] = []
    for step in steps:
        last, count = merged[-1] if merged else (None, 0)
        same_way = last is not None and (last.source, last.target) == (step.source, step.target)
        if last and same_way and last.text.startswith(PRESSES) and step.text.startswith(PRESSES):
            merged[-1] = replace(last, text=f"{last.text} {step.text.removeprefix(PRESSES)}"), count
        elif last and same_way and last.text == step.text:
            merged[-1] = last, count + 1
        else:
            merged.append((step, 1))
    return [replace(step, text=f"{step.text} ({count} times)") if count > 1 else step for step, count in merged]


def as_mermaid(story: Story, steps: list[Step]) -> str:
    """The source of a Mermaid sequence diagram."""
    keys = {lane: f"L{number}" for number, lane in enumerate(story.lanes, 1)}
    lines = ["sequenceDiagram"]
    lines += [f"  participant {keys[lane]} as {escape(name)}" for lane, name in story.lanes.items()]
    for step in steps:
        text = escape(f"{step.at:.1f} s · {label(step)}")
        a, b = keys[step.source], keys[step.target]
        arrow = "--x" if step.reply and step.trouble else "-->>" if step.reply else "-x" if step.trouble else "->>"
        if a == b or step.fold:
            lines.append(f"  Note over {a if a == b else f'{a},{b}'}: {wrap(text)}")
        else:
            lines.append(f"  {a}{arrow}{b}: {wrap(text)}")
    return "\n".join(lines)


def escape(text: str) -> str:
    """Text that Mermaid takes as it is: whatever it could read as syntax or HTML becomes a character code."""
    # Mermaid knows #59; and the like; # and ; end a statement, %% begins a comment, $$ a formula.
    return re.sub(r'[#;"<>&%$`]', lambda found: f"#{ord(found.group())};", text)


def wrap(text: str, width: int = 44) -> str:
    """Line breaks in a long label, counted as it will look (a character code is one character)."""
    lines, length = [""], 0
    for word in text.split(" "):
        size = len(re.sub(r"#\d+;", "x", word))
        if length and length + 1 + size > width:
            lines.append("")
            length = 0
        lines[-1] += f" {word}" if length else word
        length += size + (1 if length else 0)
    return "<br/>".join(lines)


def as_text(story: Story, steps: list[Step]) -> str:
    """The same ladder for a monospaced font: lanes and arrows at the left, words at the right."""
    lanes = list(story.lanes)
    names = [story.lanes[lane].split(" ") for lane in lanes]
    rows = max(len(name) for name in names)
    width = max(14, max(len(word) for name in names for word in name) + 2)
    lines = []
    for row in range(rows):
        words = (name[row] if row < len(name) else "" for name in names)
        lines.append("   " + " " * 6 + "".join(word.center(width) for word in words))
    lines += [f"{step.at:7.1f} s{_lanes(step, lanes, width)}{label(step)}" for step in steps]
    return "\n".join(line.rstrip() for line in lines)


def _lanes(step: Step, lanes: list[str], width: int) -> str:
    """The lanes beside one step, with its arrow."""
    places = [width * i + width // 2 for i in range(len(lanes))]
    line = [" "] * (places[-1] + 4)
    for place in places:
        line[place] = "┆" if step.fold else "│"
    a, b = places[lanes.index(step.source)], places[lanes.index(step.target)]
    if step.fold:
        return "".join(line)
    if a == b:
        line[a] = "●"
        return "".join(line)
    low, high = min(a, b), max(a, b)
    for place in range(low + 1, high):
        line[place] = "╌" if step.reply else "─"
    line[b - 1 if a < b else b + 1] = "✗" if step.trouble and step.reply else ">" if a < b else "<"
    return "".join(line)


# A long call in fewer steps: what repeats is told once, and of the rest the beginning, the end and what went wrong


def fold(steps: list[Step], lanes: list[str]) -> list[Step]:
    """The steps, shortened if there are more than :data:`MOST`. A step that is marked ``fold`` says what is missing."""
    if len(steps) <= MOST:
        return steps
    told = _once(steps, lanes)
    if len(told) <= MOST:
        return told
    middle = told[HEAD:-TAIL]
    wrong = [step for step in middle if step.trouble][:WRONG]
    kept: list[Step] = []
    missing: list[Step] = []
    for step in middle:
        if step in wrong:
            kept += [_instead(missing, lanes), step] if missing else [step]
            missing = []
        else:
            missing.append(step)
    kept += [_instead(missing, lanes)] if missing else []
    return [*told[:HEAD], *kept, *told[-TAIL:]]


def _once(steps: list[Step], lanes: list[str]) -> list[Step]:
    """A run of steps that comes again and again is told the first time, then how often more."""
    kinds = [_kind(step) for step in steps]
    told: list[Step] = []
    place = 0
    while place < len(steps):
        size, times = _pattern(kinds, place)
        told += steps[place : place + size]
        if times > 1:
            again = steps[place + size : place + size * times]
            words = f"these {size} steps come {times - 1} times more" if size > 1 else f"{times - 1} times more"
            told.append(_note(again, lanes, f"{words}, until {again[-1].at:.1f} s"))
        place += size * times
    return told


def _pattern(kinds: list[tuple[str, str, str]], place: int) -> tuple[int, int]:
    """The length of the pattern that begins at a place, and how often it comes; 1 and 1 if there is none."""
    best = (1, 1)
    for size in range(1, LONGEST + 1):
        pattern, times = kinds[place : place + size], 1
        while len(pattern) == size and kinds[place + size * times : place + size * (times + 1)] == pattern:
            times += 1
        if times > 2 and size * times > best[0] * best[1]:
            best = (size, times)
    return best


def _kind(step: Step) -> tuple[str, str, str]:
    """What a step is, whatever its numbers."""
    return step.source, step.target, re.sub(r"\d+(\.\d+)?", "#", step.text)


def _instead(missing: list[Step], lanes: list[str]) -> Step:
    """One step that stands for those that are left out."""
    count = f"{len(missing)} more steps" if len(missing) > 1 else "1 more step"
    return _note(missing, lanes, f"{count}, until {missing[-1].at:.1f} s: ladder(full=True) shows all")


def _note(missing: list[Step], lanes: list[str], words: str) -> Step:
    return Step(missing[0].at, lanes[0], lanes[-1], f"… {words}", fold=True)
