"""What differs from run to run and from machine to machine, and the words it is stored as."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAIR = r"(?m)^regex: (.*)\nreplace: (.*)$"
STATIC = Path(__file__).with_name("sanitize.cfg")


@cache
def patterns(project: Path = PROJECT) -> tuple[tuple[str, str], ...]:
    """Pairs of pattern and replacement, in order: paths of this machine first, then those of `sanitize.cfg`."""
    word = r"[^\s'\"\x1b]"
    paths = [(re.escape(f"{project}/"), ""), (rf"{word}*/(site-packages/)", r"\1")]
    if project.is_relative_to(Path.home()):
        paths.insert(1, (re.escape(f"~/{project.relative_to(Path.home())}/"), ""))
    paths.append((rf"{word}*/lib/python3\.\d+/", "python/"))
    return (*paths, *re.findall(PAIR, STATIC.read_text("utf-8")))


def sanitise(text: str) -> str:
    """The text as it is stored and compared. Doing it twice changes nothing more."""
    for pattern, replacement in patterns():
        text = re.sub(pattern, replacement, text)
    return text


def as_nbval_file() -> str:
    """The same patterns in the form that ``--nbval-sanitize-with`` reads."""
    return "\n".join(f"regex: {pattern}\nreplace: {replacement}\n" for pattern, replacement in patterns())
