"""What the account has left, what a minute costs, and no money left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests

from helpers.simulator.account import money
from helpers.simulator.account.money import TARIFF
from tests.simulator.world import World


def get(world: World, path: str, auth: Any = True, **query: Any) -> requests.Response:
    return world.http.get(
        f"{world.network.url}/account/{path}", params=query, auth=world.basic if auth is True else auth
    )


def left(world: World) -> Decimal:
    reply = get(world, "get-balance")
    assert reply.status_code == 200
    assert set(reply.json()) == {"value", "autoReload"}
    return Decimal(str(reply.json()["value"]))


@pytest.mark.fidelity("balance", "balance-shape")
def test_the_balance_is_credit_less_rent_less_calls(world: World) -> None:
    rent = Decimal("1.00")  # the number of every test
    assert left(world) == money.CREDIT - rent
    world.rent("12025550150", "US")
    rent += Decimal("0.90")
    assert left(world) == money.CREDIT - rent
    call = world.call({"action": "wait", "timeout": 60})
    world.advance(10)
    assert left(world) == money.CREDIT - rent  # billed when it is over
    world.until(call)
    price = Decimal(world.voice("GET", f"/{call}").json()["price"])
    assert price == Decimal(TARIFF["44"][0])  # one minute
    assert left(world) == money.CREDIT - rent - price
    world.phone(behaviour="busy")
    world.until(world.call())
    assert left(world) == money.CREDIT - rent - price  # nobody answered, nothing to pay
    world.numbers("cancel", country="US", msisdn="12025550150")
    assert left(world) == money.CREDIT - Decimal("1.00") - price


@pytest.mark.fidelity("balance-shape", "balance-credentials")
def test_the_balance_is_a_number_and_nothing_is_loaded_by_itself(world: World) -> None:
    reply = get(world, "get-balance")
    assert isinstance(reply.json()["value"], float)
    assert reply.json()["autoReload"] is False
    key, secret = world.basic
    assert get(world, "get-balance", auth=None, api_key=key, api_secret=secret).json() == reply.json()


@pytest.mark.fidelity("balance-below-zero")
def test_below_zero_nothing_happens(world: World) -> None:
    for offer in range(1, 30):
        world.network.account.buy("GB", f"4477009005{offer:02}")
    assert left(world) == Decimal("-20")
    call = world.ended_call({"action": "wait", "timeout": 1})
    assert world.at(call, "answered") < world.at(call, "completed")
    assert len(world.network.account.numbers) == 30


@pytest.mark.fidelity("low-balance")
def test_without_money_no_call(world: World) -> None:
    world.fault(low_balance={})
    reply = world.voice("POST", "", world.order())
    assert reply.status_code == 402
    body = reply.json()
    assert body["type"] == "https://developer.vonage.com/api-errors#low-balance"
    assert set(body) == {"type", "title", "detail", "instance"}
    assert world.voice("GET").json()["count"] == 0
    assert world.voice("POST", "", {}).status_code == 400  # a wrong order is still a wrong order
    assert world.voice("POST", "", world.order(), headers={"Authorization": "Bearer x"}).status_code == 401
    world.fault(low_balance=None)
    world.until(world.call())


@pytest.mark.fidelity("balance-credentials")
@pytest.mark.parametrize("auth", [None, ("wrong", "secret")])
def test_the_balance_needs_credentials(world: World, auth: Any) -> None:
    reply = get(world, "get-balance", auth=auth)
    assert reply.status_code == 401
    assert reply.json()["type"] == "https://developer.vonage.com/api-errors#unauthorized"


@pytest.mark.fidelity("prices")
def test_the_prices_of_a_country_are_those_of_the_bills(world: World) -> None:
    assert get(world, "get-pricing/outbound/voice", country="gb").json() == {
        "countryCode": "GB", "countryName": "United Kingdom", "countryDisplayName": "United Kingdom",
        "currency": "EUR", "defaultPrice": "0.01500000", "dialingPrefix": "44",
        "networks": [{"type": "mobile", "price": "0.01500000", "currency": "EUR", "mcc": "234", "mnc": "10",
                      "networkCode": "23410", "networkName": "United Kingdom Mobile"}],
    }  # fmt: skip
    [network] = get(world, "get-pricing/outbound/voice", country="US").json()["networks"]
    assert network["type"] == "landline"
    assert not {"mcc", "mnc"} & set(network)
    call = world.ended_call()
    bill = world.voice("GET", f"/{call}").json()
    assert (bill["rate"], bill["network"]) == ("0.01500000", "23410")


@pytest.mark.fidelity("prices", "prices-none")
def test_the_prices_of_all_countries_and_of_a_prefix(world: World) -> None:
    every = get(world, "get-full-pricing/outbound/voice").json()
    assert every["count"] == "2"
    assert [one["countryCode"] for one in every["countries"]] == ["GB", "US"]
    assert {one["dialingPrefix"] for one in every["countries"]} == set(TARIFF)
    found = get(world, "get-prefix-pricing/outbound/voice", prefix="1").json()
    assert [one["countryCode"] for one in found["countries"]] == ["US"]
    assert get(world, "get-prefix-pricing/outbound/voice", prefix="49").json() == {"count": "0", "countries": []}


@pytest.mark.fidelity("prices-none")
def test_a_country_without_prices_is_an_empty_reply(world: World) -> None:
    reply = get(world, "get-pricing/outbound/voice", country="DE")
    assert (reply.status_code, reply.content) == (200, b"")


@pytest.mark.fidelity("prices-errors")
@pytest.mark.parametrize(("path", "name"), [("get-pricing", "country"), ("get-prefix-pricing", "prefix")])
def test_prices_of_what(world: World, path: str, name: str) -> None:
    reply = get(world, f"{path}/outbound/voice")
    assert reply.status_code == 400
    assert reply.json() == {
        "type": "BAD_REQUEST", "error_title": "Bad Request",
        "invalid_parameters": {"parameter": name, "message": "Is required"},
    }  # fmt: skip


@pytest.mark.fidelity("prices-errors", "prices-voice")
@pytest.mark.parametrize("path", ["get-pricing", "get-full-pricing", "get-prefix-pricing"])
def test_prices_need_credentials_and_are_those_of_voice(world: World, path: str) -> None:
    reply = get(world, f"{path}/outbound/voice", auth=None)
    assert reply.status_code == 401
    assert reply.json() == {"currency": "EUR", "code": "401", "error-code-label": "authentication failed"}
    for service in ("sms", "sms-transit", "fax"):
        assert get(world, f"{path}/outbound/{service}", country="GB", prefix="44").status_code == 404
