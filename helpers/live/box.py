"""The box with which a lesson begins in live mode: what it changes, how often it calls, what it puts back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

from ..base.notebook import shell

SENDS = "voice_call_kit_sends"  # in a lesson's metadata: how often it sends what, counted when its outputs were stored
CHANGES = {
    "create_application": "makes an application, unless it has before, and one for scratch",
    "delete_application": "deletes the one for scratch",
    "update_number": "links your number to your application",
    "replace_application": "changes webhooks of an application that it made",
    "buy_number": "rents a number, only if you write RENT = True",
}
MINUTES = Decimal("0.5")  # what a short call of a lesson lasts, about


def box(sent: Mapping[str, int], rate: Callable[[], Decimal | None] = lambda: None) -> str:
    """The box of a lesson that sends that, by the kind of request; empty where nobody knows what it sends.

    The kinds are those of Asked, and ``dial``: a call from the reader's phone. ``rate`` is asked what a minute to that
    phone costs in EUR; where it does not know, the box names no sum.
    """
    if not sent:
        return ""
    changes = [words for kind, words in CHANGES.items() if kind in sent]
    lines = ["This lesson, in your account:", f"- {'; '.join(changes) or 'changes nothing'}", f"- {_calls(sent, rate)}"]
    if "update_number" in sent or "replace_application" in sent:
        lines.append("- at its end puts back the link and the webhooks; what it made or rented itself stays yours")
    return "\n".join([*lines, "- asks for a line ALLOW = … before it changes what this kit did not make"])


def sent_here() -> dict[str, int]:
    """What the notebook of this kernel sends as it stands; empty for one of your own, and where nobody says which."""
    notebook = shell()
    named = notebook.user_ns.get("__vsc_ipynb_file__") if notebook is not None else None  # Visual Studio Code
    try:
        # Jupyter's own name for it is a path. Where it is relative, the notebook lies where the kernel works.
        stored = Path(named or os.environ.get("JPY_SESSION_NAME", "")).read_text("utf-8")
        return {str(kind): int(times) for kind, times in json.loads(stored)["metadata"].get(SENDS, {}).items()}
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return {}


def _calls(sent: Mapping[str, int], rate: Callable[[], Decimal | None]) -> str:
    placed, dialled = sent.get("create_call", 0), sent.get("dial", 0)
    if not placed + dialled:
        return "places no call"
    who = f"calls your phone {placed} times" if placed else f"asks you to call your number {dialled} times"
    who = who.replace(" 1 times", " once")
    minute = rate() if placed else None
    cost = f"about {placed * MINUTES * minute:.2f} euros" if minute else "see your plan for what that costs"
    return f"{who}, for half a minute or so: {cost}"
