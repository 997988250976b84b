"""Judges the tasks of lesson 01: a search sent by hand, a number rented, another one given back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from ..kit import Kit
from ..simulator.account.account import OFFERS
from ..wire.exchanges import RoundTrip
from .judging import NotYet, Step, task, unless


def _number(given: Any) -> str:
    number = str(given.get("msisdn")) if isinstance(given, dict) else given
    if not isinstance(number, str) or number not in OFFERS:
        raise NotYet(f"{given!r} is not a number that was ever for rent here. Hand over its digits, in quotes.")
    return number


def _own(kit: Kit) -> dict[str, dict[str, Any]]:
    return {one["msisdn"]: one for one in kit.vonage.list_numbers(size=100).get("numbers", [])}


@task(
    "01-1", "the reply",
    hints=(
        "Copy the request of the section above. Only the query is another one.",
        "Two features are one string, with a comma and without a space: `VOICE,SMS`.",
        'The query is `{"country": "US", "features": "VOICE,SMS", "size": 5}`.',
    ),
)  # fmt: skip
def search(kit: Kit, given: Any) -> Iterator[Step]:
    if not isinstance(given, requests.Response):
        raise NotYet("This is not a reply. Hand over what `requests.get` returned, as it is.")
    url = given.request.url or ""
    asked = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    yield (
        "A search for numbers was sent to the Numbers API.",
        unless(
            url.startswith(f"{kit.settings.rest_url}/number/search?") and given.ok,
            f"{given.status_code}, and to {urlsplit(url).path}.",
        ),
    )
    yield (
        "It asks for numbers in the United States.",
        unless(asked.get("country", "").upper() == "US", f"The country asked for is {asked.get('country')}."),
    )
    yield (
        "Each of them has voice, and text messages too.",
        unless(
            set(asked.get("features", "").split(",")) == {"VOICE", "SMS"},
            f"The features asked for: {asked.get('features')}.",
        ),
    )
    found = len(given.json().get("numbers", [])) if given.ok else 0
    yield "It gets five of them at once.", unless(asked.get("size") == "5" and found == 5, f"It got {found}.")


@task(
    "01-2", "your number",
    hints=(
        "Ask for many at once, 100 say. `cost` is a string: turn it into a number before you compare.",
        "Go through them in a loop, and note each number that costs less than the cheapest so far.",
        "`kit.vonage.buy_number(\"US\", …)` rents it. It wants the digits, which are in `msisdn`.",
    ),
)  # fmt: skip
def cheapest(kit: Kit, given: Any) -> Iterator[Step]:
    number, own = _number(given), _own(kit)
    yield "It is in your account.", unless(number in own, "You have not rented it, or you have given it back.")
    offer = OFFERS[number]
    yield (
        "It is a number of the United States, with voice.",
        unless(offer.country == "US" and "VOICE" in offer.features, f"It is one of {offer.country}."),
    )
    left = kit.vonage.search_numbers("US", features="VOICE", size=100).get("numbers", [])
    best = min((float(one["cost"]) for one in left), default=float(offer.cost))
    yield (
        "None that is for rent there costs less.",
        unless(float(offer.cost) <= best, f"It costs {offer.cost} euros a month, and there are some at {best:.2f}."),
    )


@task(
    "01-3", "the number",
    hints=(
        "Four methods of `kit.vonage`, one after the other: `search_numbers`, `buy_number`, `list_numbers`, "
        "`cancel_number`.",
        'A search takes `features="SMS,VOICE"`. Note the `msisdn` of what it finds.',
        "`cancel_number` wants the country and the digits, as `buy_number` does.",
    ),
)  # fmt: skip
def for_a_minute(kit: Kit, given: Any) -> Iterator[Step]:
    number = _number(given)
    offer, wire = OFFERS[number], list(kit.vonage.wire)
    yield (
        "It is a number of the United States, with voice and text messages.",
        unless(
            offer.country == "US" and set(offer.features) == {"VOICE", "SMS"},
            f"{offer.country}, {', '.join(offer.features)}.",
        ),
    )
    rented = _last(wire, "/number/buy", number)
    yield "You rented it.", unless(rented >= 0, "`kit.vonage` sent no such request that went well.")
    returned = _last(wire, "/number/cancel", number)
    between = wire[rented + 1 : returned] if rented >= 0 else []
    yield (
        "You looked at your numbers while you had it.",
        unless(
            any(one.path == "/account/numbers" and number in (one.response_body or "") for one in between),
            "No list of your numbers was asked for in between.",
        ),
    )
    yield "You gave it back.", unless(returned > rented and number not in _own(kit), "You still have it.")


def _last(wire: list[RoundTrip], path: str, number: str) -> int:
    """Where the last request of that kind about a number stands that went well; -1 if there is none."""
    found = [
        at
        for at, one in enumerate(wire)
        if one.path == path and one.status == 200 and number in (one.request_body or "")
    ]
    return found[-1] if found else -1
