"""Judges the tasks of lesson 02: routes that greet, that take nonsense, and at which the network knocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..kit import Kit
from .judging import NotYet, Step, ask, get, placed, sounds, task, unless, works

NAMES = ("Zoe", "Émile & Söhne")  # nobody writes these into a route
LAST = "spring-clean"  # a status that no call has


@task(
    "02-1", "the address of your route",
    hints=(
        "`@app.get(\"/bye\")` stands above the function that answers.",
        "What stands behind the `?` is in `request.args`. `request.args.get(\"name\", \"stranger\")` has a second word "
        "for those who say nothing.",
        "Return an f-string: `f\"Goodbye, {…}.\"`. Then `kit.serve(app)`.",
    ),
)  # fmt: skip
def goodbye(kit: Kit, address: Any) -> Iterator[Step]:
    for name in NAMES:
        reply = get(kit, address, name=name)
        if not reply.ok:
            yield works(reply)
            return
        yield (
            f"It says goodbye to {name}.",
            unless(name in reply.text and "goodbye" in reply.text.lower(), f"It says “{reply.text[:60]}”."),
        )
    reply = get(kit, address)
    polite = reply.ok and "goodbye" in reply.text.lower() and not any(word in reply.text for word in ("None", *NAMES))
    yield (
        "Somebody without a name gets a goodbye, too.",
        unless(polite, f"It says “{reply.text[:60]}”." if reply.ok else f"The answer was {reply.status_code}."),
    )


@task(
    "02-2", "the address of your route",
    hints=(
        "`request.args.get(\"minutes\", type=int)` is a number, or `None` if it is not one.",
        "A route may return two things: a string, and the status. `return \"How many?\", 400`.",
        "Look first whether it is `None`. If so, return the 400. Everything else is an ordinary answer.",
    ),
)  # fmt: skip
def seconds(kit: Kit, address: Any) -> Iterator[Step]:
    reply = get(kit, address, minutes="2")
    yield works(reply)
    if not reply.ok:
        return
    for minutes in (2, 17, 0):
        text = get(kit, address, minutes=str(minutes)).text
        yield (
            f"{minutes} minutes are {60 * minutes} seconds.",
            unless(text.strip() == str(60 * minutes), f"It says “{text[:60]}”. Only the number is wanted."),
        )
    for nonsense in ({"minutes": "two"}, {"minutes": ""}, {}):
        status = get(kit, address, **nonsense).status_code
        shown = "&".join(f"{name}={value}" for name, value in nonsense.items()) or "nothing at all"
        yield f"It refuses {shown} with 400.", unless(status == 400, f"It was answered {status}.")


@task(
    "02-3", "your public address", "your call",
    hints=(
        "You need two routes and something they share: a list above them, such as `seen = []`.",
        "`/event` is a `POST` route. `request.get_json()[\"status\"]` goes into the list; it returns `\"\", 200`.",
        "`/last` is a `GET` route. It returns the last one: `seen[-1] if seen else \"nothing\"`.",
        "Serve the app, then place the call with `event_url=YOUR_URL + \"/event\"`, and wait for it.",
    ),
)  # fmt: skip
def knocked(kit: Kit, url: Any, given: Any) -> Iterator[Step]:
    if not isinstance(url, str):
        raise NotYet("The first thing is your public address: `YOUR_URL`.")
    yield works(ask(kit, "POST", f"{url}/event", json={"status": LAST}))
    reply = get(kit, f"{url}/last")
    yield works(reply)
    yield "It says which report came last.", unless(LAST in reply.text, f"It says “{reply.text[:60]}”.")
    reply = get(kit, f"{url}/last") if ask(kit, "POST", f"{url}/event", json={"status": "ringing"}).ok else reply
    yield "And it keeps up with what comes.", unless("ringing" in reply.text, f"It says “{reply.text[:60]}”.")
    call = placed(kit, given)
    told = [one for one in call.entries("webhook", type="event") if one["url"].startswith(f"{url}/event")]
    replies = {one["request"]: one["status"] for one in call.entries("reply")}
    taken = sum(replies.get(one["request"]) == 200 for one in told)
    yield (
        "The network reported the whole call to you, and you took every report.",
        unless(told and taken == len(told) == len(call.entries("webhook", type="event")), f"You took {taken}."),
    )
    heard = any(one.url.startswith(url) for one in sounds(call))
    yield "The call played a sound of your server.", unless(heard, "No sound of yours was played.")
