"""A look at a template before it is used: what each placeholder becomes, where, and how; and data to try it out with.

The data has the shape that Node-RED gives it. ``msg.payload`` is the phone number of the person, as the tutorial's
``inject`` node sends it; ``msg.call`` is what the call's webhooks were told, as the palette's ``voice webhook`` node
gives it; ``msg.req`` is the last request that an NCCO can answer, ``msg.event`` the last event. ``flow`` and ``global``
are empty: what they hold is the flow's own.
"""

from __future__ import annotations

import copy
from typing import Any

from ...base.grid import grid
from ...base.view import View
from ..problems.problems import NccoError, kind_of, shown
from .filling import Job
from .templates import fill_with, placeholders

#: Rows of each table.
MOST_ROWS = 200
_UNKNOWN = "not known: stays as it is"
PERSON, NUMBER = "447700900001", "447700900000"  # reserved for fiction
LEG = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
TALK = "CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab"


def preview(data: Any, variables: Any = None) -> View:
    """Two tables, with the same facts as text: each placeholder with its value and its escape, and each text before
    and after. Behind them stands what is wrong, in words.

    ``data`` is an NCCO or the parameters of a call; ``variables`` are those it is filled in with. Without them they are
    made up (:func:`sample_data`). Raises :class:`NccoError` for text that is not JSON.
    """
    made_up = variables is None
    if made_up:
        variables = sample_data(data)
    job = Job(variables, watch=True)
    found = fill_with(job, data)
    if any(p.severity == "error" for p in found):
        raise NccoError(found)
    source = "made-up data" if made_up else "the given data"
    if not job.filled and not job.problems:
        return View("There is no placeholder in it: nothing to fill in.")
    uses = [
        [_place(action, field), tag, *((value, becomes, said) if said else ("—", "—", _UNKNOWN))]
        for action, field, _, _, found in job.filled
        for tag, value, becomes, said in found
    ]
    texts = [[_place(action, field), before, _after(after)] for action, field, before, after, _ in job.filled]
    views = [
        _table(["where", "placeholder", "value", "becomes", "how it goes in"], uses, f"Placeholders, from {source}"),
        _table(["where", "template", "filled in"], texts, "Before and after"),
    ]
    if job.problems:
        rows = [[p.severity, _place(p.action, p.field), p.message, p.cure] for p in job.problems]
        views.append(_table(["kind", "where", "what is wrong", "what to do"], rows, "To put right"))
    text = "\n\n".join(view.text for view in views)
    return View(text, {"text/html": "".join(view.bundle["text/html"] for view in views)})


def _table(head: list[str], rows: list[list[str]], caption: str) -> View:
    more = len(rows) - MOST_ROWS
    return grid(head, rows[:MOST_ROWS], f"{caption} (and {more} more)" if more > 0 else caption)


def _after(after: Any) -> str:
    return after if isinstance(after, str) else f"{shown(after, 200)} ({kind_of(after)})"


def _place(action: int | None, field: str) -> str:
    return field if action is None else f"[{action}] {field}".strip()


def sample_data(data: Any = None) -> dict[str, Any]:
    """Made-up data as the answer webhook of an inbound call brings it, for the templates of an NCCO.

    ``data`` is the NCCO, the call parameters or the template that the data is for: if it asks for ``dtmf`` or
    ``speech``, they are there as an ``input`` brings them. Other names that no webhook brings are not made up: they are
    unknown. Each time it is a new dict. Source: Voice webhook reference (answer, input and event webhooks).

    >>> sample_data()["msg"]["call"]["from"]
    '447700900001'
    """
    parties = {"from": PERSON, "to": NUMBER, "uuid": LEG, "conversation_uuid": TALK}
    query = {**parties, "endpoint_type": "phone", "region_url": "https://api.example.com"}
    event = {
        **parties,
        "status": "answered",
        "direction": "inbound",
        "start_time": None,
        "rate": None,
        "network": None,
        "timestamp": "2026-02-02T10:00:00.600Z",
    }
    asked = {part for name in placeholders(data) for part in name.split(".")}
    heard = {
        "dtmf": {"digits": "42", "timed_out": False},
        "speech": {
            "timeout_reason": "end_on_silence_timeout",
            "results": [{"confidence": "0.91", "text": "yes please"}],
        },
    }
    call = {**query, **{name: value for name, value in heard.items() if name in asked}}
    request = {"method": "GET", "query": query, "body": {}}
    message = {"payload": PERSON, "call": call, "req": request, "event": event}
    return {"msg": copy.deepcopy(message), "flow": {}, "global": {}}
