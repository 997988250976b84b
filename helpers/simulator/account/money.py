"""Money: what the account has left, and what a minute costs. No HTTP.

Every price is invented, because real ones change weekly. Calls' bills and the price list come from the same tariff.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .account import OFFERS, Account

if TYPE_CHECKING:
    from ..legs.leg import Leg

CREDIT = Decimal("10.00")  # EUR that an account begins with; how much a real trial account gets is not documented
CURRENCY = "EUR"
# EUR per minute and MCCMNC or label of the carrier, by country code. Invented: real prices change weekly.
TARIFF = {"44": ("0.01500000", "23410"), "1": ("0.00810000", "US-FIXED")}
INBOUND_RATE = "0.00450000"
ELSEWHERE = ("0.10000000", "UNKNOWN")


@dataclass(frozen=True)
class Country:
    """A country with prices: its name, its dialling prefix, and what kind of network its numbers belong to."""

    name: str
    prefix: str
    network: str
    type: str  # "mobile" or "landline"


COUNTRIES = {
    "GB": Country("United Kingdom", "44", "United Kingdom Mobile", "mobile"),
    "US": Country("United States of America", "1", "United States Fixed", "landline"),
}


def tariff(leg: Leg) -> tuple[str, str]:
    """Rate and network of a leg."""
    rate, network = next((t for code, t in TARIFF.items() if leg.phone.startswith(code)), ELSEWHERE)
    return (INBOUND_RATE if leg.direction == "inbound" else rate), network


def balance(account: Account, legs: Iterable[Leg]) -> Decimal:
    """EUR that are left: the credit, less a month's rent of each number, less the calls of this run.

    It may fall below zero. Calls are billed when they are over, one leg at a time; they are not kept in the file. What
    an exchange passes on between phones belongs to no application, and costs nothing.
    """
    rent = sum((_rent(number["msisdn"]) for number in account.numbers), Decimal())
    calls = sum((Decimal(leg.bill["price"]) for leg in legs if leg.bill and leg.application_id), Decimal())
    return CREDIT - rent - calls


def _rent(msisdn: str) -> Decimal:
    offer = OFFERS.get(msisdn)  # None: a number that an older version had on offer
    return Decimal(offer.cost) + Decimal(offer.initial_price) if offer else Decimal()


def prices(country: str) -> dict[str, Any] | None:
    """What calls to a country cost, as the Pricing API 0.0.3 shows it; None for one without prices.

    EUR a minute, as strings. A mobile network has ``mcc`` and ``mnc``, a landline one has not.
    """
    place = COUNTRIES.get(country.upper())
    if place is None:
        return None
    price, code = TARIFF[place.prefix]
    network = {"type": place.type, "price": price, "currency": CURRENCY}
    if place.type == "mobile":
        network |= {"mcc": code[:3], "mnc": code[3:]}
    return {
        "countryCode": country.upper(),
        "countryName": place.name,
        "countryDisplayName": place.name,
        "currency": CURRENCY,
        "defaultPrice": price,
        "dialingPrefix": place.prefix,
        "networks": [network | {"networkCode": code, "networkName": place.network}],
    }


def price_list(prefix: str | None = None) -> dict[str, Any]:
    """The prices of all countries, or of those with this dialling prefix. ``count`` is a string."""
    countries = [prices(code) for code, place in COUNTRIES.items() if prefix in (None, place.prefix)]
    return {"count": str(len(countries)), "countries": countries}
