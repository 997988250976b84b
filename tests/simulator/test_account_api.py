"""Applications and numbers to the letter: what each field may be, what is filled in, and what clients of old send."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulator.world import World, family_a

DONE = {"error-code": "200", "error-code-label": "success"}
FAILED = {"error-code": "420", "error-code-label": "method failed"}
HOOK = {"address": "https://example.com/hook"}


def ask(world: World, method: str, path: str = "", body: Any = None, **headers: str) -> requests.Response:
    url = f"{world.network.url}/v2/applications{path}"
    return world.http.request(method, url, json=body, auth=world.basic, headers=headers)


def refused(world: World, **fields: Any) -> tuple[str, str]:
    """Name and reason of the field that a new application is refused for."""
    reply = ask(world, "POST", "", {"name": "x", "keys": {"public_key": world.public}, **fields})
    assert reply.status_code == 400, reply.text
    assert reply.json()["type"].endswith("application#payload-validation")
    [one] = reply.json()["invalid_parameters"]
    return one["name"], one["reason"]


def own(world: World) -> dict[str, Any]:
    [number] = world.http.get(f"{world.network.url}/account/numbers", auth=world.basic).json()["numbers"]
    return dict(number)


@pytest.mark.fidelity("application-other-products")
def test_the_other_products_get_their_defaults(world: World) -> None:
    made = world.made(capabilities={
        "rtc": {"webhooks": {"event_url": HOOK}}, "messages": {"webhooks": {"inbound_url": HOOK, "status_url": HOOK}},
        "verify": {"webhooks": {"status_url": HOOK}}, "vbc": {}, "video": {"webhooks": {"render_status": HOOK}},
        "network_apis": {"network_application_id": "x"}, "meetings": {"webhooks": {"room_changed": HOOK}},
    })["capabilities"]  # fmt: skip
    posted = {**HOOK, "http_method": "POST"}
    assert made["rtc"] == {"webhooks": {"event_url": posted}, "signed_callbacks": True}
    assert made["messages"] == {"webhooks": {"inbound_url": posted, "status_url": posted}, "version": "v1"}
    assert made["verify"] == {"webhooks": {"status_url": posted}}
    assert made["vbc"] == {}
    assert made["video"] == {"webhooks": {"render_status": HOOK}}
    assert made["network_apis"] == {"network_application_id": "x"}
    assert made["meetings"] == {"webhooks": {"room_changed": HOOK}}
    kept = {"messages": {"version": "v0.1", "authenticate_inbound_media": True}, "rtc": {"signed_callbacks": False}}
    assert world.made(capabilities=kept)["capabilities"] == kept


@pytest.mark.fidelity("application-other-products")
@pytest.mark.parametrize(
    ("capabilities", "name", "reason"),
    [
        ({"rtc": []}, "rtc", "must be an object"),
        ({"rtc": {"webhooks": {"event_url": {**HOOK, "http_method": "PUT"}}}}, "rtc.webhooks.event_url.http_method",
         "must be one of: GET, POST"),
        ({"messages": {"webhooks": {"inbound_url": {**HOOK, "http_method": "GET"}}}},
         "messages.webhooks.inbound_url.http_method", "must be one of: POST"),
        ({"messages": {"webhooks": []}}, None, None),
        ({"messages": {"webhooks": 5}}, "messages.webhooks", "must be an object"),
        ({"messages": {"webhooks": {"status_url": 5}}}, "messages.webhooks.status_url", "must be an object"),
        ({"messages": {"webhooks": {"answer_url": HOOK}}}, "messages.webhooks.answer_url", "is not a known webhook"),
        ({"verify": {"webhooks": {"status_url": {"address": "nowhere"}}}}, "verify.webhooks.status_url.address",
         "must be a URL: this one is not a whole web address that starts with http:// or https://"),
        ({"rtc": {"signed_callbacks": "yes"}}, "rtc.signed_callbacks", "must be true or false"),
        ({"voice": {"signed_callbacks": 1}}, "voice.signed_callbacks", "must be true or false"),
        ({"vbc": {"x": 1}}, "vbc", "must be an empty object"),
    ],
)  # fmt: skip
def test_what_the_other_products_cannot_have(
    world: World, capabilities: dict[str, Any], name: str | None, reason: str | None
) -> None:
    if name is None:
        assert world.made(capabilities=capabilities)["id"]
    else:
        assert refused(world, capabilities=capabilities) == (f"capabilities.{name}", reason)


@pytest.mark.fidelity("application-privacy")
def test_privacy_and_keys_are_objects(world: World) -> None:
    assert refused(world, privacy=[1]) == ("privacy", "must be an object")
    assert refused(world, privacy={"improve_ai": "no"}) == ("privacy.improve_ai", "must be true or false")
    assert refused(world, keys="pem") == ("keys", "must be an object")
    made = world.made(privacy={"improve_ai": False})
    assert made["privacy"] == {"improve_ai": False}


@pytest.mark.fidelity("application-put")
def test_put_replaces_the_privacy_too(world: World) -> None:
    made = world.made(privacy={"improve_ai": False}, capabilities={"voice": {"region": "eu-west"}, "vbc": {}})
    new = ask(world, "PUT", f"/{made['id']}", {"name": "new", "capabilities": {"vbc": {}}}).json()
    assert new["privacy"] == {"improve_ai": True}
    assert new["capabilities"] == {"vbc": {}}
    assert ask(world, "GET", f"/{made['id']}").json() == new
    assert ask(world, "PUT", f"/{made['id']}", {"name": "x", "capabilities": {"fax": {}}}).status_code == 400
    assert ask(world, "GET", f"/{made['id']}").json() == new  # what is refused changes nothing


@pytest.mark.fidelity("error-accept")
@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200), ("*/*", 200), ("application/*", 200), ("", 200), ("text/html, */*;q=0.1", 200),
        ("APPLICATION/JSON; charset=utf-8", 200), ("text/html", 406), ("application/xml", 406),
        ("application/json;q=0", 406), ("*/*, application/json;q=0.0", 406), ("text/*", 406), ("nonsense", 406),
    ],
)  # fmt: skip
def test_what_a_client_takes(world: World, accept: str, status: int) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("GET", f"/{world.app}", None),
        ("PUT", f"/{world.app}", {"name": "x"}),
    ):
        reply = ask(world, method, path, body, Accept=accept)
        assert reply.status_code == status
        if status == 406:
            assert reply.headers["content-type"] == "application/json"
            assert reply.json()["type"] == "https://developer.vonage.com/api-errors#accept-header"
            assert reply.json()["title"] == "Invalid Accept header"


@pytest.mark.fidelity("error-verb-and-type")
def test_what_is_not_json_is_a_415_for_post_and_put(world: World) -> None:
    for method, path in (("POST", ""), ("PUT", f"/{world.app}")):
        url = f"{world.network.url}/v2/applications{path}"
        reply = world.http.request(method, url, data={"name": "x"}, auth=world.basic)
        assert reply.status_code == 415
        assert reply.json()["type"] == "https://developer.vonage.com/api-errors#content-type-header"


@pytest.mark.fidelity("error-verb-and-type")
@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v2/applications"), ("POST", "/v2/applications/x"), ("POST", "/account/numbers"),
     ("GET", "/number/buy"), ("POST", "/account/get-balance"),
     ("PATCH", "/v2/applications/x"), ("HEAD", "/v2/applications")],
)  # fmt: skip
def test_a_wrong_verb_says_which(world: World, method: str, path: str) -> None:
    reply = world.http.request(method, f"{world.network.url}{path}", auth=world.basic)
    assert reply.status_code == 405
    said = f"Request method '{method}' not supported"
    assert method == "HEAD" or reply.json() == family_a(reply, "wrong-verb", "Request method not allowed", said)


@pytest.mark.fidelity("application-list")
def test_a_page_beyond_the_last_is_empty(world: World) -> None:
    page = ask(world, "GET", "?page=9").json()
    assert page["_embedded"] == {"applications": []}
    assert page["total_items"] == 1
    assert "next" not in page["_links"]


# Numbers


@pytest.mark.fidelity("numbers-query-fields")
def test_the_fields_of_a_form_may_stand_in_the_query(world: World) -> None:
    fields = {"country": "GB", "msisdn": world.number, "app_id": world.app}
    reply = world.http.post(f"{world.network.url}/number/update", params=fields, auth=world.basic)
    assert reply.json() == DONE
    assert own(world)["app_id"] == world.app
    mixed = world.http.post(
        f"{world.network.url}/number/update",
        params={**fields, "app_id": "nobody"},
        data={"app_id": ""},
        auth=world.basic,
    )
    assert mixed.json() == DONE  # the form goes first
    assert "app_id" not in own(world)


@pytest.mark.fidelity("numbers-credentials-form")
def test_key_and_secret_may_stand_in_the_form(world: World) -> None:
    key, secret = world.basic
    fields = {"country": "GB", "msisdn": "447700900501", "api_key": key, "api_secret": secret}
    url = f"{world.network.url}/number/buy"
    assert world.http.post(url, data={**fields, "api_secret": "wrong"}).status_code == 401
    assert world.http.post(url, data=fields).json() == DONE


@pytest.mark.fidelity("numbers-subaccount")
@pytest.mark.parametrize("what", ["buy", "cancel", "update"])
def test_there_are_no_subaccounts(world: World, what: str) -> None:
    msisdn = "447700900501" if what == "buy" else world.number
    assert world.numbers(what, country="GB", msisdn=msisdn, target_api_key="other").json() == FAILED
    assert world.numbers(what, country="GB", msisdn=msisdn, target_api_key=world.basic[0]).json() == DONE


@pytest.mark.fidelity("numbers-forwarding")
def test_forwarding_goes_before_the_application(world: World) -> None:
    def update(**fields: str) -> dict[str, Any]:
        reply = world.numbers("update", country="GB", msisdn=world.number, **fields)
        assert reply.json() == DONE
        return own(world)

    world.link()
    shown = update(voiceCallbackType="tel", voiceCallbackValue="447700900001")
    assert (shown["voiceCallbackType"], shown["voiceCallbackValue"]) == ("tel", "447700900001")
    assert shown["app_id"] == world.app
    shown = update(voiceCallbackType="")
    assert (shown["voiceCallbackType"], shown["voiceCallbackValue"]) == ("app", world.app)
    update(voiceCallbackType="sip", voiceCallbackValue="sip:x@example.com")
    assert update(voiceCallbackType="app", voiceCallbackValue=world.app)["voiceCallbackType"] == "app"
    assert update(voiceStatusCallback="https://example.com/s")["voiceStatusCallback"] == "https://example.com/s"


@pytest.mark.fidelity("numbers-forwarding")
@pytest.mark.parametrize(
    "fields",
    [{"voiceCallbackType": "tel"}, {"voiceCallbackValue": "447700900001"},
     {"voiceCallbackType": "fax", "voiceCallbackValue": "447700900001"},
     {"voiceCallbackType": "tel", "voiceCallbackValue": ""},
     {"voiceCallbackType": "app", "voiceCallbackValue": "nobody"}],
)  # fmt: skip
def test_forwarding_needs_its_type_and_its_value(world: World, fields: dict[str, str]) -> None:
    before = own(world)
    assert (
        world.numbers("update", country="GB", msisdn=world.number, moHttpUrl="https://x.test", **fields).json()
        == FAILED
    )
    assert own(world) == before  # nothing of it has happened


@pytest.mark.fidelity("numbers-not-forwarded")
def test_a_forwarded_number_still_leads_to_its_application_and_the_record_says_so(world: World) -> None:
    world.link()
    fields = {"voiceCallbackType": "tel", "voiceCallbackValue": "447700900001"}
    assert world.numbers("update", country="GB", msisdn=world.number, **fields).json() == DONE
    call = world.ended_incoming_call(number="447700900002")
    assert "forwarded" in world.one(call, "note")["text"]
    assert world.trace(call, "status", status="answered")
