"""What a minute to a number, and a month of a number, cost: asked of Vonage once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from ...base.errors import KitError
from ...vonage.client import Vonage
from .asked import Asked, Refused, Replied
from .whom import addresses_of

# EUR a minute of a leg that is not a phone. The Pricing API has phones only; this is the kit's own guess, a high one.
NOT_A_PHONE = Decimal("0.10")


class Prices:
    """The price list for calls (Pricing API 0.0.3), and what numbers on offer cost (Numbers API 1.1)."""

    def __init__(self, vonage: Callable[[], Vonage]) -> None:
        self._vonage = vonage
        self._rates: dict[str, Decimal] = {}
        self._rents: dict[str, tuple[Decimal, Decimal]] = {}

    def of_endpoint(self, endpoint: Any) -> Decimal:
        """EUR a minute for a leg. Of a country's networks the dearest: which one a number is in is not known before."""
        if endpoint.get("type") != "phone":
            return NOT_A_PHONE
        digits = "".join(filter(str.isdigit, addresses_of(endpoint)[0]))
        rates = self._all()
        prefix = max((one for one in rates if digits.startswith(one)), key=len, default="")
        if not prefix:
            raise Refused(f"Vonage names no price for a call to {digits}, so it is not placed.")
        return rates[prefix]

    def of_number(self, country: str, msisdn: str) -> tuple[Decimal, Decimal]:
        """EUR for a number: what it costs at once with its first month, and in each later month."""
        if msisdn not in self._rents:
            self._ask(lambda vonage: self.see(vonage.search_numbers(country, pattern=msisdn)))
        if msisdn not in self._rents:
            raise Refused(f"Vonage does not have {msisdn} on offer, so nobody knows what it costs.")
        return self._rents[msisdn]

    def after(self, asked: Asked, replied: Replied) -> None:
        """Remember what a search tells."""
        if asked.path == "/number/search" and replied.done:
            self.see(replied.json)

    def see(self, found: Any) -> None:
        """Remember the prices in the reply of a search."""
        for number in found.get("numbers", []) if isinstance(found, dict) else []:
            rent, at_once = _euros(number.get("cost")), _euros(number.get("initialPrice") or "0")
            if rent is not None and at_once is not None:
                self._rents[str(number.get("msisdn"))] = rent + at_once, rent

    def _all(self) -> dict[str, Decimal]:
        if not self._rates:
            path = "/account/get-full-pricing/outbound/voice"
            found = self._ask(lambda vonage: vonage.request("GET", path))
            for country in (found or {}).get("countries", []):
                prices = [country.get("defaultPrice"), *(one.get("price") for one in country.get("networks") or [])]
                known = [price for one in prices if (price := _euros(one)) is not None]
                prefix = str(country.get("dialingPrefix", ""))
                if known and prefix.isdecimal() and country.get("currency", "EUR") == "EUR":
                    self._rates[prefix] = max(*known, self._rates.get(prefix, Decimal()))
        return self._rates

    def _ask(self, question: Callable[[Vonage], Any]) -> Any:
        try:
            with self._vonage() as vonage:
                return question(vonage)
        except KitError as error:
            raise Refused(f"What this costs could not be asked, so it is not sent: {error}") from None


def _euros(text: Any) -> Decimal | None:
    try:
        euros = Decimal(str(text))
    except InvalidOperation:
        return None
    return euros if euros.is_finite() and euros >= 0 else None
