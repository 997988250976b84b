"""The box with which a lesson begins in live mode: what it changes, how often it calls, what it puts back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

# What each lesson sends as it stands, by the kind of request (Asked.kind); `dial` is a call from the reader's phone.
# Measured on the simulator: tests/live/test_box.py runs the lessons and compares.
LESSONS: dict[str, dict[str, int]] = {
    "00": {"create_call": 2},
    "01": {"buy_number": 2},
    "02": {"create_call": 1},
    "03": {"create_call": 9},
    "04": {"create_call": 4},
    "05": {"create_application": 2, "replace_application": 2, "delete_application": 1},
    "06": {"update_number": 1, "replace_application": 2, "dial": 8},
    "07": {"create_call": 18},
    "08": {"create_call": 6},
    "09": {"create_call": 1},
}
CHANGES = {
    "create_application": "makes an application, unless it has before, and one for scratch",
    "delete_application": "deletes the one for scratch",
    "update_number": "links your number to your application",
    "replace_application": "changes webhooks of an application that it made",
    "buy_number": "rents a number, only if you write RENT = True",
}
MINUTES = Decimal("0.5")  # what a short call of a lesson lasts, about


def box(lesson: str, rate: Callable[[], Decimal | None] = lambda: None) -> str:
    """The box of a lesson, whose file name begins with its number; empty for any other notebook.

    ``rate`` is asked what a minute to the reader's phone costs in EUR; where it does not know, the box names no sum.
    """
    sent = LESSONS.get(lesson[:2])
    if sent is None:
        return ""
    changes = [words for kind, words in CHANGES.items() if kind in sent]
    lines = ["This lesson, in your account:", f"- {'; '.join(changes) or 'changes nothing'}", f"- {_calls(sent, rate)}"]
    if "update_number" in sent or "replace_application" in sent:
        lines.append("- at its end puts back the link and the webhooks; what it made or rented itself stays yours")
    return "\n".join([*lines, "- asks for a line ALLOW = … before it changes what this kit did not make"])


def lesson_here() -> str:
    """The file name of the notebook that this kernel belongs to; empty where nobody says it."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    named = shell.user_ns.get("__vsc_ipynb_file__") if shell is not None else None  # Visual Studio Code
    return Path(named or os.environ.get("JPY_SESSION_NAME", "")).name  # Jupyter


def _calls(sent: Mapping[str, int], rate: Callable[[], Decimal | None]) -> str:
    placed, dialled = sent.get("create_call", 0), sent.get("dial", 0)
    if not placed + dialled:
        return "places no call"
    who = f"calls your phone {placed} times" if placed else f"asks you to call your number {dialled} times"
    who = who.replace(" 1 times", " once")
    minute = rate() if placed else None
    cost = f"about {placed * MINUTES * minute:.2f} euros" if minute else "see your plan for what that costs"
    return f"{who}, for half a minute or so: {cost}"
