"""What somebody in the class did last and what went wrong last, in words, for the teacher's board."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...calls.explain import explain
from ...calls.statuses import FAILURES
from ...calls.wording import asked

if TYPE_CHECKING:
    from ...calls.record import Entry
    from ...calls.trace import Trace

STATES = {"ringing": "it rings", "answered": "in a call", "completed": "a call is over"}
# What was said or asked for is nobody's business but their own: the board hangs on a wall.
DONE: dict[str, Callable[[Entry], str]] = {
    "leg": lambda e: f"{'dials' if e['direction'] == 'inbound' else 'a call to'} {e['to']}",
    "status": lambda e: STATES.get(e["status"], ""),
    "key": lambda e: "presses a key",
    "said": lambda e: "speaks" if e["by"] != "line" else "",  # what comes in from another account, they hear
    "ncco": lambda e: f"NCCO: {', '.join(str(one.get('action')) for one in e['actions'][:4])}",
    "request": lambda e: f"asks for: {asked(e)}" if e["path"] != "/v1/calls" else "",  # the leg says it
}


def trouble(e: Entry) -> str:
    """What went wrong, in a sentence or two; empty if nothing did."""
    match e["kind"]:
        case "status" if e["status"] in FAILURES and e["status"] != "cancelled":
            return explain(e).sentence
        case "error" | "fetch" | "reply":
            told = explain(e)
            return "" if told.fine else told.sentence
        case "request" if e["status"] >= 400:
            return explain(e).sentence
    return ""


class Latest:
    """Follows the record of one account. Only the last of each kind is kept; times are the wall's, in seconds."""

    def __init__(self, trace: Trace) -> None:
        self._did, self._wrong = ("joined", time.time()), ("", 0.0)
        trace.subscribe(self._take)

    def begin_again(self) -> None:
        """Forget it."""
        self._did, self._wrong = ("begins again", time.time()), ("", 0.0)

    def shown(self) -> dict[str, Any]:
        """For the board."""
        return {"did": self._did, "wrong": self._wrong}

    def _take(self, entry: Entry) -> None:
        if wrong := trouble(entry):
            self._wrong = wrong, time.time()
        elif (words := DONE.get(entry["kind"])) and (done := words(entry)):
            self._did = done, time.time()
