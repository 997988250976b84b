"""What the lessons are in figures: words before the first sound, how much the reader writes, minutes.

``python -m tests.notebooks.figures`` prints them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tests.notebooks.lesson_env import lessons
from tests.notebooks.task_cells import SOLUTION

WORDS_A_MINUTE = 150
CELL, STEP, TASK = 1.5, 2.0, 5.0  # minutes: run it and look; a line of one's own; a task
NOT_ATTEMPTED = re.compile(r"(?:Task|Step) ([\w-]+): not attempted")


@dataclass(frozen=True)
class Figures:
    """Of one lesson. ``own``: the names of the cells that the reader writes in; ``first_sound``: words, code cells."""

    words: int
    cells: int
    own: tuple[str, ...]
    first_sound: tuple[int, int]

    @property
    def share(self) -> float:
        """How many of the code cells the reader writes in: run unchanged, they leave something not attempted."""
        return len(self.own) / self.cells

    @property
    def minutes(self) -> float:
        """What the lesson takes: to read, to run and look, and to do."""
        steps = sum(bool(re.fullmatch(r"\d\d-[a-z]", name)) for name in self.own)
        shown, tasks = self.cells - len(self.own), len(self.own) - steps
        return self.words / WORDS_A_MINUTE + CELL * shown + STEP * steps + TASK * tasks


def figures_of(path: Path) -> Figures:
    """The figures of a lesson, from its stored outputs."""
    words, cells, own, sound = 0, 0, [], (0, 0)
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            words += len(SOLUTION.sub("", cell.source).split())
            continue
        cells += 1
        outputs = str(cell.outputs)
        own += NOT_ATTEMPTED.findall(outputs)[:1]
        sound = sound if sound[1] or "<audio" not in outputs else (words, cells)
    return Figures(words, cells, tuple(own), sound)


def stated_minutes(path: Path) -> int:
    """What the lesson says of itself."""
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return int(re.findall(r"About (\d+) minutes", text)[0])


if __name__ == "__main__":
    every = {path: figures_of(path) for path in lessons()}
    for path, one in every.items():
        print(f"{path.stem:30} {len(one.own):2} of {one.cells} cells, {one.share:.0%}, {one.words} words, "
              f"{one.minutes:.0f} min (it says {stated_minutes(path)}), first sound: {one.first_sound}")  # fmt: skip
    first_ten = [one for path, one in every.items() if path.name < "10"]
    print(f"00 to 09: {sum(len(one.own) for one in first_ten) / sum(one.cells for one in first_ten):.0%}")
