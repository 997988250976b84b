"""The Numbers API: search, rent, list, link, give back."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from helpers.simulator.account.account import POOL
from tests.simulator.world import World

DONE = {"error-code": "200", "error-code-label": "success"}
FAILED = {"error-code": "420", "error-code-label": "method failed"}


def get(world: World, path: str, auth: Any = True, **query: Any) -> requests.Response:
    return world.http.get(f"{world.network.url}{path}", params=query, auth=world.basic if auth is True else auth)


def found(world: World, **query: Any) -> list[str]:
    return [n["msisdn"] for n in get(world, "/number/search", **query).json().get("numbers", [])]


def own(world: World, **query: Any) -> list[dict[str, Any]]:
    return list(get(world, "/account/numbers", **query).json().get("numbers", []))


@pytest.mark.fidelity("numbers-fictional")
def test_every_number_is_reserved_for_fiction() -> None:
    for offer in POOL:
        uk = offer.msisdn.startswith("447700900") and len(offer.msisdn) == 12
        us = offer.msisdn[1:][3:].startswith("55501") and len(offer.msisdn) == 11
        assert uk or us, offer


@pytest.mark.fidelity("numbers-search")
def test_search_shows_prices_as_strings_and_the_size_of_the_whole_pool(world: World) -> None:
    page = get(world, "/number/search", country="GB", size=2).json()
    assert page["count"] == sum(offer.country == "GB" for offer in POOL) - 1  # one is rented
    assert len(page["numbers"]) == 2
    assert page["numbers"][0] == {
        "country": "GB", "msisdn": "447700900501", "type": "mobile-lvn", "initialPrice": "0.00", "cost": "1.00",
        "features": ["VOICE", "SMS"], "limitations": [],
    }  # fmt: skip


@pytest.mark.fidelity("numbers-filters")
def test_search_filters(world: World) -> None:
    assert found(world, country="gb", pattern="4477009005", size=100)[0] == "447700900501"
    assert found(world, country="GB", pattern="77", search_pattern=0) == []
    assert set(found(world, country="GB", pattern="0577", search_pattern=1)) == {"447700900577"}
    assert set(found(world, country="GB", pattern="77", search_pattern=2)) == {"447700900577"}
    assert found(world, country="US", type="mobile-lvn") == []
    assert len(found(world, country="US", features="SMS,VOICE", size=100)) == 40
    assert len(found(world, country="US", features="VOICE", size=100)) == 50
    assert found(world, country="GB", features="MMS") == []
    assert len(found(world, country="GB")) == 10
    assert found(world, country="GB", index=2, size=5) == [f"4477009005{n:02}" for n in range(6, 11)]


@pytest.mark.fidelity("numbers-nothing")
def test_nothing_found_is_an_empty_object(world: World) -> None:
    assert get(world, "/number/search", country="DE").json() == {}
    assert get(world, "/account/numbers", country="DE").json() == {}
    assert get(world, "/account/numbers", index=2).json() == {}


@pytest.mark.fidelity("numbers-search", "numbers-filters")
@pytest.mark.parametrize("query", [{}, {"country": "GB", "size": "0"}, {"country": "GB", "size": "101"},
                                   {"country": "GB", "index": "²"}, {"country": "GB", "search_pattern": "3"},
                                   {"country": "GB", "size": "9" * 5000}])  # fmt: skip
def test_a_search_that_cannot_be_is_refused(world: World, query: dict[str, str]) -> None:
    reply = get(world, "/number/search", **query)
    assert (reply.status_code, reply.json()) == (420, FAILED)


@pytest.mark.fidelity("numbers-own")
def test_a_rented_number_is_listed_without_a_price_and_no_longer_on_offer(world: World) -> None:
    assert world.numbers("buy", country="us", msisdn="12025550150").json() == DONE
    assert own(world, country="US") == [
        {"country": "US", "msisdn": "12025550150", "type": "landline", "features": ["VOICE", "SMS"]}
    ]
    assert "12025550150" not in found(world, country="US", size=100)
    assert world.numbers("cancel", country="US", msisdn="12025550150").json() == DONE
    assert "12025550150" in found(world, country="US", size=100)
    assert own(world, country="US") == []


@pytest.mark.fidelity("numbers-filters")
def test_the_list_filters_by_application_country_and_pattern(world: World) -> None:
    world.rent("12025550150", "US")
    world.link()
    everything = get(world, "/account/numbers").json()
    assert everything["count"] == 2
    for query, expected in [
        ({"has_application": "true"}, [world.number]), ({"has_application": "false"}, ["12025550150"]),
        ({"application_id": world.app}, [world.number]), ({"application_id": "other"}, []),
        ({"country": "us"}, ["12025550150"]), ({"pattern": "44"}, [world.number]),
        ({"pattern": "150", "search_pattern": 2}, ["12025550150"]), ({"size": 1, "index": 2}, [world.number]),
    ]:  # fmt: skip
        assert [n["msisdn"] for n in own(world, **query)] == expected, query


@pytest.mark.fidelity("numbers-linked")
@pytest.mark.parametrize("legacy", [False, True])
def test_a_linked_number_says_so_three_times(world: World, legacy: bool) -> None:
    link = {"voiceCallbackType": "app", "voiceCallbackValue": world.app} if legacy else {"app_id": world.app}
    assert world.numbers("update", country="GB", msisdn=world.number, **link).json() == DONE
    [number] = own(world)
    assert {k: number[k] for k in ("voiceCallbackType", "voiceCallbackValue", "app_id")} == {
        "voiceCallbackType": "app", "voiceCallbackValue": world.app, "app_id": world.app}  # fmt: skip


@pytest.mark.fidelity("numbers-update")
def test_an_update_keeps_what_it_does_not_name_and_removes_what_it_names_empty(world: World) -> None:
    def update(**fields: str) -> dict[str, Any]:
        assert world.numbers("update", country="GB", msisdn=world.number, **fields).json() == DONE
        return own(world)[0]

    update(app_id=world.app)
    assert update(moHttpUrl="https://example.com/sms")["app_id"] == world.app
    assert update(app_id="")["moHttpUrl"] == "https://example.com/sms"
    assert set(update(moHttpUrl="")) == {"country", "msisdn", "type", "features"}
    assert update(voiceCallbackType="tel", voiceCallbackValue="447700900001")["voiceCallbackType"] == "tel"


@pytest.mark.fidelity("numbers-method-failed")
@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("buy", {"country": "GB", "msisdn": "447700900999"}),  # never on offer
        ("buy", {"country": "GB", "msisdn": "447700900500"}),  # rented already
        ("buy", {"country": "US", "msisdn": "447700900501"}),  # another country's
        ("buy", {"msisdn": "447700900501"}),
        ("buy", {"country": "GB"}),
        ("cancel", {"country": "GB", "msisdn": "447700900501"}),
        ("cancel", {"country": "US", "msisdn": "447700900500"}),
        ("update", {"country": "GB", "msisdn": "447700900501", "app_id": ""}),
        ("update", {"country": "GB", "msisdn": "447700900500", "app_id": "nobody"}),
        ("update", {"country": "GB", "msisdn": "447700900500", "voiceCallbackType": "app"}),
        ("update", {"country": "GB", "msisdn": "447700900500", "voiceCallbackType": "sip"}),
    ],
)
def test_what_cannot_be_done_is_a_420(world: World, what: str, fields: dict[str, str]) -> None:
    reply = world.numbers(what, **fields)
    assert (reply.status_code, reply.json()) == (420, FAILED)
    assert [n["msisdn"] for n in own(world)] == [world.number]


@pytest.mark.fidelity("numbers-credentials", "error-families")
@pytest.mark.parametrize("auth", [None, ("wrong", "secret")])
def test_wrong_credentials_are_a_401_of_family_e(world: World, auth: Any) -> None:
    expected = {"error-code": "401", "error-code-label": "authentication failed"}
    for path in ("/account/numbers", "/number/search"):
        reply = get(world, path, auth=auth, country="GB")
        assert (reply.status_code, reply.json()) == (401, expected)
    for what in ("buy", "cancel", "update"):
        reply = world.http.post(f"{world.network.url}/number/{what}", data={"country": "GB"}, auth=auth)
        assert (reply.status_code, reply.json()) == (401, expected)


@pytest.mark.fidelity("numbers-credentials")
def test_credentials_may_stand_in_the_query_as_of_old(world: World) -> None:
    key, secret = world.basic
    assert get(world, "/account/numbers", auth=None, api_key=key, api_secret=secret).status_code == 200
    url = f"{world.network.url}/number/buy?api_key={key}&api_secret={secret}"
    assert world.http.post(url, data={"country": "GB", "msisdn": "447700900501"}).json() == DONE


def test_a_form_that_is_no_text_is_a_420(world: World) -> None:
    reply = world.http.post(f"{world.network.url}/number/buy", data=b"country=\xff\xfe", auth=world.basic)
    assert reply.status_code == 420
