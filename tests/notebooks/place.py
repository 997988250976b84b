"""The line under a lesson's title: which of how many lessons it is. Counted, never written by hand."""

from __future__ import annotations

import re
from pathlib import Path

from tests.notebooks.lesson_env import lessons

PLACE = re.compile(r"(?m)^Lesson \d\d · [●○]+ · \d+ of \d+$")


def place_of(path: Path) -> str:
    """Such as ``Lesson 03 · ●●●●○○○○○○ · 4 of 10``; nothing for what is not among the lessons."""
    all_of_them = lessons()
    if path not in all_of_them:
        return ""
    done = all_of_them.index(path) + 1
    bar = "●" * done + "○" * (len(all_of_them) - done)
    return f"Lesson {path.stem[:2]} · {bar} · {done} of {len(all_of_them)}"


def with_place(source: str, path: Path) -> str:
    """The first cell of a lesson with its place under the title."""
    place = place_of(path)
    if not place or place in source:
        return source
    if PLACE.search(source):
        return PLACE.sub(place, source, count=1)
    title, _, rest = source.partition("\n")
    return f"{title}\n\n{place}\n{rest}"
