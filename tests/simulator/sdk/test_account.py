"""The official SDK and the account: applications, numbers, balance and prices. Every reply goes through its models."""

from __future__ import annotations

import pytest
import vonage
from vonage_account.requests import GetCountryPricingRequest, GetPrefixPricingRequest, ServiceType
from vonage_application import (
    ApplicationConfig,
    ApplicationUrl,
    Capabilities,
    Keys,
    ListApplicationsFilter,
    Messages,
    MessagesWebhooks,
    Privacy,
    Region,
    Rtc,
    RtcWebhooks,
    Vbc,
    Verify,
    VerifyWebhooks,
    Voice,
    VoiceUrl,
    VoiceWebhooks,
)
from vonage_http_client.errors import AuthenticationError, HttpRequestError, NotFoundError
from vonage_numbers import (
    ListOwnedNumbersFilter,
    NumberParams,
    SearchAvailableNumbersFilter,
    UpdateNumberParams,
)
from vonage_voice import CreateCallRequest, Phone, Talk, ToPhone

from helpers.simulator.run.doors import Doors
from tests.simulator.sdk.conftest import Client
from tests.simulator.world import PHONE, World

NOBODY = "00000000-0000-4000-8000-000000000000"


def everything(url: str, public_key: str | None = None) -> ApplicationConfig:
    """An application with every field that the SDK has a name for."""
    return ApplicationConfig(
        name="jukebox",
        capabilities=Capabilities(
            voice=Voice(
                webhooks=VoiceWebhooks(
                    answer_url=VoiceUrl(
                        address=f"{url}/answer", http_method="POST", connect_timeout=500, socket_timeout=3000
                    ),
                    fallback_answer_url=VoiceUrl(address=f"{url}/fallback", http_method="GET"),
                    event_url=VoiceUrl(address=f"{url}/event", http_method="POST", socket_timeout=10_000),
                ),
                signed_callbacks=True,
                conversations_ttl=24,
                leg_persistence_time=3,
                region=Region.EU_WEST,
            ),
            rtc=Rtc(webhooks=RtcWebhooks(event_url=ApplicationUrl(address=f"{url}/rtc", http_method="POST"))),
            messages=Messages(
                webhooks=MessagesWebhooks(
                    inbound_url=ApplicationUrl(address=f"{url}/inbound", http_method="POST"),
                    status_url=ApplicationUrl(address=f"{url}/status", http_method="POST"),
                ),
                version="v1",
                authenticate_inbound_media=True,
            ),
            verify=Verify(webhooks=VerifyWebhooks(status_url=ApplicationUrl(address=f"{url}/verify"))),
            vbc=Vbc(),
        ),
        privacy=Privacy(improve_ai=False),
        keys=Keys(public_key=public_key) if public_key else None,
    )


def test_the_hosts_are_those_that_the_sdk_has_built_in(sdk: vonage.Vonage, doors: Doors) -> None:
    sdk.account.get_balance()
    sdk.voice.list_calls()
    assert doors.hosts[-2:] == ["rest.nexmo.com", "api.nexmo.com"]


@pytest.mark.fidelity("private-key-once", "basic-applications", "token-claims", "token-new-key")
def test_a_new_application_comes_with_the_key_that_signs_for_it(world: World, client: Client) -> None:
    made = client().application.create_application(everything(world.learner.url))
    assert made.keys is not None
    private = made.keys.model_dump()["private_key"]  # the model has no name for it, and keeps it
    assert private.startswith("-----BEGIN PRIVATE KEY-----\n")
    its_own = client(application_id=made.id, private_key=private)
    assert its_own.voice.list_calls() == ([], None)
    shown = its_own.application.get_application(made.id)
    assert shown.keys is not None
    assert not hasattr(shown.keys, "private_key")
    with pytest.raises(AuthenticationError):
        client(application_id=made.id).voice.list_calls()  # with the key of the other application


@pytest.mark.fidelity("application-other-products", "application-privacy", "webhook-timeouts")
def test_an_application_with_every_field_comes_back_as_it_was_sent(world: World, sdk: vonage.Vonage) -> None:
    sent = everything(world.learner.url, world.public)
    made = sdk.application.create_application(sent)
    assert made.name == "jukebox"
    assert made.link == f"/v2/applications/{made.id}"
    # What was left out has its default now; all that was sent is there.
    wanted, got = sent.model_dump(exclude_none=True), made.model_dump(exclude_none=True)
    assert within(wanted["capabilities"], got["capabilities"]) == []
    assert (got["privacy"], got["keys"]) == ({"improve_ai": False}, {"public_key": world.public})
    assert sdk.application.get_application(made.id) == made


def within(part: object, whole: object, where: str = "") -> list[str]:
    """What of nested dictionaries is not in others."""
    if not isinstance(part, dict):
        return [] if part == whole else [f"{where}: {part!r}, not {whole!r}"]
    if not isinstance(whole, dict):
        return [where]
    return [problem for name, value in part.items() for problem in within(value, whole.get(name), f"{where}.{name}")]


@pytest.mark.fidelity("application-bare")
def test_an_application_with_nothing_but_a_name(sdk: vonage.Vonage) -> None:
    made = sdk.application.create_application(ApplicationConfig(name="bare"))
    assert made.capabilities is not None
    assert made.capabilities.voice is None


@pytest.mark.fidelity("application-put")
def test_updating_replaces_everything(world: World, sdk: vonage.Vonage) -> None:
    made = sdk.application.create_application(everything(world.learner.url, world.public))
    changed = sdk.application.update_application(made.id, ApplicationConfig(name="silent"))
    assert (changed.id, changed.name) == (made.id, "silent")
    assert changed.capabilities is not None
    assert changed.capabilities.voice is None
    assert changed.keys == made.keys
    # What was got may be sent back as it is.
    again = sdk.application.get_application(world.app)
    assert sdk.application.update_application(world.app, ApplicationConfig(**again.model_dump())) == again


@pytest.mark.fidelity("application-list")
def test_the_pages_of_applications(world: World, sdk: vonage.Vonage) -> None:
    ids = {world.app} | {sdk.application.create_application(config(n, world)).id for n in range(4)}
    assert len(sdk.application.list_applications()[0]) == 5
    found, page, pages = [], 1, []
    while page is not None:
        listed, page = sdk.application.list_applications(ListApplicationsFilter(page_size=2, page=page))
        found += [one.id for one in listed]
        pages.append(page)
    assert pages == [2, 3, None]
    assert (len(found), set(found)) == (5, ids)


def config(number: int, world: World) -> ApplicationConfig:
    return ApplicationConfig(name=f"number {number}", keys=Keys(public_key=world.public))


@pytest.mark.fidelity("application-delete", "application-list")
def test_deleting_an_application(world: World, sdk: vonage.Vonage) -> None:
    assert sdk.application.delete_application(world.app) is None
    assert sdk.application.list_applications() == ([], None)
    with pytest.raises(NotFoundError) as missing:
        sdk.application.get_application(world.app)
    assert "404 response from https://api.nexmo.com/v2/applications/" in str(missing.value)
    with pytest.raises(AuthenticationError):
        sdk.voice.list_calls()


@pytest.mark.fidelity("application-validation")
def test_a_wrong_application_is_refused_in_words(world: World, sdk: vonage.Vonage) -> None:
    wrong = everything("not an address", world.public)
    with pytest.raises(HttpRequestError) as refused:
        sdk.application.create_application(wrong)
    assert refused.value.response.status_code == 400
    assert "capabilities.voice.webhooks.answer_url.address" in refused.value.message


@pytest.mark.fidelity("basic-applications", "numbers-credentials")
def test_a_wrong_secret(world: World, client: Client) -> None:
    wrong = client(api_secret="Wrong1234")
    for request in (wrong.application.list_applications, wrong.numbers.list_owned_numbers, wrong.account.get_balance):
        with pytest.raises(AuthenticationError):
            request()


@pytest.mark.fidelity("numbers-search", "numbers-own", "numbers-linked", "numbers-filters", "numbers-form-type")
def test_a_number_from_the_search_to_the_end(world: World, sdk: vonage.Vonage) -> None:
    search = SearchAvailableNumbersFilter(country="US", features="VOICE", size=3)
    offered, count, following = sdk.numbers.search_available_numbers(search)
    assert (len(offered), following) == (3, 2)
    assert count > 3
    chosen = offered[0]
    assert float(str(chosen.cost)) > 0
    ours = NumberParams(country="US", msisdn=str(chosen.msisdn))
    bought = sdk.numbers.buy_number(ours)
    assert (bought.error_code, bought.error_code_label) == ("200", "success")
    link = UpdateNumberParams(country="US", msisdn=ours.msisdn, app_id=world.app)
    assert sdk.numbers.update_number(link).error_code == "200"
    linked, count, _ = sdk.numbers.list_owned_numbers(ListOwnedNumbersFilter(application_id=world.app))
    assert ([one.msisdn for one in linked], count) == ([ours.msisdn], 1)
    assert (linked[0].app_id, linked[0].voice_callback_value) == (world.app, world.app)
    assert linked[0].features is not None
    assert "VOICE" in linked[0].features
    # A call from it, to an application's number chosen by the platform, and to it.
    made = sdk.voice.create_call(
        CreateCallRequest(to=[ToPhone(number="12025550130")], random_from_number=True, ncco=[Talk(text="Hello")])
    )
    assert sdk.voice.get_call(made.uuid).from_ == Phone(number=ours.msisdn)
    assert sdk.numbers.cancel_number(ours).error_code == "200"
    # After any request with JSON the SDK calls its forms JSON, too.
    sent = sdk.http_client.last_request
    assert sent is not None
    assert (sent.headers["Content-Type"], sent.body) == ("application/json", f"country=US&msisdn={ours.msisdn}")
    assert sdk.numbers.list_owned_numbers(ListOwnedNumbersFilter(country="US")) == ([], 0, None)


@pytest.mark.fidelity("numbers-filters", "numbers-nothing")
def test_the_pages_of_numbers(world: World, sdk: vonage.Vonage) -> None:
    for last in range(501, 505):
        world.rent(f"447700900{last}")
    found, index = [], 1
    while index is not None:
        listed, count, index = sdk.numbers.list_owned_numbers(ListOwnedNumbersFilter(size=2, index=index))
        assert count == 5
        found += [one.msisdn for one in listed]
    assert found == [f"447700900{last}" for last in range(500, 505)]
    ends = ListOwnedNumbersFilter(pattern="503", search_pattern=2)
    assert [one.msisdn for one in sdk.numbers.list_owned_numbers(ends)[0]] == ["447700900503"]
    nothing = SearchAvailableNumbersFilter(country="GB", pattern="999999", search_pattern=1)
    assert sdk.numbers.search_available_numbers(nothing) == ([], 0, None)


@pytest.mark.fidelity("numbers-method-failed")
def test_a_number_that_is_not_to_be_had(world: World, sdk: vonage.Vonage) -> None:
    strange = NumberParams(country="GB", msisdn="447700900999")
    for request in (sdk.numbers.buy_number, sdk.numbers.cancel_number):
        with pytest.raises(HttpRequestError) as refused:
            request(strange)
        assert refused.value.response.status_code == 420
        assert refused.value.response.json() == {"error-code": "420", "error-code-label": "method failed"}
    with pytest.raises(HttpRequestError):
        sdk.numbers.update_number(UpdateNumberParams(country="GB", msisdn=world.number, app_id=NOBODY))


@pytest.mark.fidelity("balance-shape", "balance", "balance-credentials")
def test_the_balance(world: World, sdk: vonage.Vonage) -> None:
    before = sdk.account.get_balance()
    assert before.auto_reload is False
    call = sdk.voice.create_call(
        CreateCallRequest(to=[ToPhone(number=PHONE)], from_=Phone(number=world.number), ncco=[Talk(text="Hello")])
    ).uuid
    world.until(call)
    price = float(str(sdk.voice.get_call(call).price))
    assert price > 0
    assert before.value - sdk.account.get_balance().value == pytest.approx(price)


@pytest.mark.fidelity("prices")
def test_the_prices(sdk: vonage.Vonage) -> None:
    country = sdk.account.get_country_pricing(GetCountryPricingRequest(country_code="GB", type=ServiceType.VOICE))
    assert (country.country_code, country.currency, country.dialing_prefix) == ("GB", "EUR", "44")
    everywhere = sdk.account.get_all_countries_pricing(ServiceType.VOICE)
    assert everywhere.count == len(everywhere.countries)
    assert country in everywhere.countries
    there = sdk.account.get_prefix_pricing(GetPrefixPricingRequest(prefix="44", type=ServiceType.VOICE))
    assert there.countries == [country]
