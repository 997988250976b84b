"""Judges the tasks of lesson 03: events counted, a phone that nobody answers, and a list of those who were missed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..kit import Kit
from .judging import NotYet, Step, ask, call_of, get, task, unless, value_of, works

RING = 5.0  # seconds
ROOM = 0.6  # seconds by which that may be off


def _event(uuid: str, status: str, **more: str) -> dict[str, Any]:
    order = ("started", "ringing", "answered", "completed", "busy", "timeout", "rejected")
    moment = f"2026-01-01T10:00:{order.index(status):02}.000Z"
    return {"uuid": uuid, "conversation_uuid": f"CON-{uuid}", "status": status, "timestamp": moment, **more}


PRESSED = {"uuid": "a", "conversation_uuid": "CON-a", "dtmf": {"digits": "1"}, "timestamp": "2026-01-01T10:00:09.000Z"}
ONE, DECLINED = (
    [_event("a", s) for s in ("started", "ringing", "answered")],
    [_event("b", "ringing"), _event("b", "busy")],
)
OVER = [_event("a", "completed"), *DECLINED, _event("b", "completed")]
ANSWERED = _event("c", "answered")
# What comes, how many calls were answered, and what is special about it.
MUDDLES: tuple[tuple[list[dict[str, Any]], int, str], ...] = (
    ([*ONE, *DECLINED], 1, "two calls, of which one was answered"),
    ([*ONE, *OVER, ANSWERED], 2, "calls that are over, and one that goes on"),
    ([ONE[2], *ONE, ONE[2], ANSWERED], 2, "events that came twice"),
    ([PRESSED, *ONE], 1, "an event without a status"),
    (DECLINED, 0, "a call that was not answered"),
    ([], 0, "no events at all"),
)


@task(
    "03-1", "your function",
    hints=(
        "Not every event has a status. `event.get(\"status\")` is `None` for those, and raises nothing.",
        "An event may come twice, so counting events counts too much. What is unique is the call: its `uuid`.",
        "A set keeps each thing once: `calls = set()`, then `calls.add(event[\"uuid\"])`, and at the end `len(calls)`.",
    ),
)  # fmt: skip
def answered(kit: Kit, function: Any) -> Iterator[Step]:
    for events, wanted, what in MUDDLES:
        got = value_of(function, list(events))
        yield (
            f"It counts right: {what}.",
            unless(
                got == wanted and not isinstance(got, bool), f"There it is {wanted}, and your function says {got!r}."
            ),
        )


@task(
    "03-2", "your call",
    hints=(
        "A phone that nobody answers: `kit.phone().rings_out()`.",
        "Your own patience is an option of the call: `ringing_timer`, in seconds.",
        "Wait for the status that such a call gets: `kit.wait_for(…, \"timeout\")`. Afterwards let the phone "
        "answer again.",
    ),
)  # fmt: skip
def five_seconds(kit: Kit, given: Any) -> Iterator[Step]:
    call = call_of(kit, given)
    went = f"It went {', '.join(call.statuses)}."
    yield "The phone rings, and nobody answers.", unless("ringing" in call.statuses and call.answered_at is None, went)
    yield "Your own patience ends it.", unless("timeout" in call.statuses, went)
    rang, ended = call.when("ringing"), call.when("timeout") or call.ended_at
    length = (ended or 0) - (rang or 0)
    yield (
        f"It rings for {RING:g} seconds.",
        unless(rang is not None and abs(length - RING) < ROOM, f"It rang for {length:.1f} s."),
    )
    yield (
        "Afterwards the phone answers again.",
        unless(_answers(kit, call.to), "It does not yet: kit.phone().answers()"),
    )


def _answers(kit: Kit, number: str) -> bool:
    return all(phone["behaviour"] == "answers" for phone in kit.network.phones() if phone["number"] == number)


MISSED = ("447700900031", "447700900032", "447700900033")
REACHED = "447700900034"


@task(
    "03-3", "your public address",
    hints=(
        "Two routes share a list: `/event` puts in what comes, `/missed` looks through it.",
        "These three say that nobody was reached: `busy`, `timeout`, `rejected`. Others never do.",
        "The number of a call is in `to`. A set, or a dictionary, holds each of them once.",
        "`return jsonify(sorted(missed))` makes a list of a set, and JSON of the list.",
    ),
)  # fmt: skip
def missed(kit: Kit, url: Any) -> Iterator[Step]:
    if not isinstance(url, str):
        raise NotYet("Hand over your public address: `YOUR_URL`.")
    endings = dict(zip(MISSED, ("busy", "timeout", "rejected"), strict=True))
    sent = [{**_event(f"leg-{to}", status), "to": to} for to, end in endings.items() for status in ("ringing", end)]
    sent += [{**_event("leg-4", status), "to": REACHED} for status in ("ringing", "answered", "completed")]
    sent += [PRESSED, sent[1], {**_event(f"leg-{MISSED[0]}", "completed"), "to": MISSED[0]}]
    replies = [ask(kit, "POST", f"{url}/event", json=event) for event in sent]
    bad = next((one for one in replies if not one.ok), None)
    if bad is not None:
        yield works(bad)
        return
    yield f"`/event` takes {len(sent)} events, one of them without a status.", ""
    reply = get(kit, f"{url}/missed")
    yield works(reply)
    try:
        numbers = reply.json()
    except ValueError:
        numbers = None
    if not isinstance(numbers, list):
        yield "`/missed` is a list, as JSON.", f"It says “{reply.text[:60]}”."
        return
    left_out = [f"{to} ({end})" for to, end in endings.items() if to not in numbers]
    yield "Everybody who was not reached is in it.", unless(not left_out, f"Not there: {', '.join(left_out)}.")
    yield "Each of them once.", unless(len(numbers) == len({str(one) for one in numbers}), "Some are there twice.")
    yield (
        "Nobody else is.",
        unless(REACHED not in numbers and None not in numbers, "Somebody who was reached is there, too."),
    )
