"""Applications v2: what is created, listed, replaced and deleted, and the bodies of its errors."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from tests.simulator.world import Keys, World, family_a

PAYLOAD = "https://developer.vonage.com/api-errors/application#payload-validation"
LISTING = "https://developer.vonage.com/api-errors/application#list-validation"


def ask(world: World, method: str, path: str = "", body: Any = None, **options: Any) -> requests.Response:
    options.setdefault("auth", world.basic)
    return world.http.request(method, f"{world.network.url}/v2/applications{path}", json=body, **options)


def hooked(**hook: Any) -> dict[str, Any]:
    return {"name": "x", "capabilities": {"voice": {"webhooks": {"answer_url": hook}}}}


@pytest.mark.fidelity("private-key-once")
def test_create_hands_out_a_private_key_once(world: World) -> None:
    reply = ask(world, "POST", "", {"name": "jukebox", "capabilities": {"voice": {}}})
    made = reply.json()
    assert reply.status_code == 201
    assert made["keys"]["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
    assert made["keys"]["private_key"].endswith("-----END PRIVATE KEY-----\n")
    assert made["keys"]["public_key"].startswith("-----BEGIN PUBLIC KEY-----\n")
    private = load_pem_private_key(made["keys"]["private_key"].encode(), None)
    public = load_pem_public_key(made["keys"]["public_key"].encode())
    assert private.public_key().public_numbers() == public.public_numbers()  # type: ignore[union-attr]
    for later in (
        ask(world, "GET", f"/{made['id']}").json(),
        ask(world, "GET").json()["_embedded"]["applications"][-1],
    ):
        assert later["id"] == made["id"]
        assert list(later["keys"]) == ["public_key"]


@pytest.mark.fidelity("private-key-once")
def test_a_key_the_caller_brings_is_kept_and_no_private_key_is_returned(world: World) -> None:
    assert world.made()["keys"] == {"public_key": world.public}


@pytest.mark.fidelity("application-defaults", "leg-persistence")
def test_defaults_are_filled_in(world: World) -> None:
    made = world.made(capabilities={"voice": {"webhooks": {
        "answer_url": {"address": "https://example.com/answer"}, "event_url": {"address": "https://example.com/event"},
        "fallback_answer_url": {"address": "https://example.com/fallback", "http_method": "POST"}}}})  # fmt: skip
    assert made["capabilities"] == {
        "voice": {
            "webhooks": {
                "answer_url": {"address": "https://example.com/answer", "http_method": "GET",
                               "connect_timeout": 1000, "socket_timeout": 5000},
                "event_url": {"address": "https://example.com/event", "http_method": "POST",
                              "connect_timeout": 1000, "socket_timeout": 10000},
                "fallback_answer_url": {"address": "https://example.com/fallback", "http_method": "POST",
                                        "connect_timeout": 1000, "socket_timeout": 5000},
            },
            "signed_callbacks": True, "conversations_ttl": 48, "leg_persistence_time": 7,
        }
    }  # fmt: skip
    assert made["_links"] == {"self": {"href": f"/v2/applications/{made['id']}"}}
    assert made["privacy"] == {"improve_ai": True}
    assert list(made) == ["id", "name", "keys", "privacy", "capabilities", "_links"]


@pytest.mark.fidelity("application-bare")
def test_an_application_without_capabilities_is_legal(world: World) -> None:
    assert world.made()["capabilities"] == {}


@pytest.mark.fidelity("connect-timeout-name")
def test_the_old_name_of_the_connect_timeout_is_understood(world: World) -> None:
    hook = {"address": "https://example.com/a", "connection_timeout": 400}
    made = world.made(capabilities={"voice": {"webhooks": {"answer_url": hook}}})
    answer = made["capabilities"]["voice"]["webhooks"]["answer_url"]
    assert answer["connect_timeout"] == 400
    assert "connection_timeout" not in answer


@pytest.mark.fidelity("webhook-timeouts", "application-validation")
@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        ({}, "name", "is required"),
        ({"name": " "}, "name", "is required"),
        ({"name": 5}, "name", "must be a string"),
        ({"name": "x", "capabilities": []}, None, None),
        ({"name": "x", "capabilities": [1]}, "capabilities", "must be an object"),
        ({"name": "x", "capabilities": {"fax": {}}}, "capabilities.fax", "is not a known capability"),
        ({"name": "x", "capabilities": {"voice": 1}}, "capabilities.voice", "must be an object"),
        ({"name": "x", "capabilities": {"voice": {"region": "mars"}}}, "capabilities.voice.region", None),
        ({"name": "x", "capabilities": {"voice": {"region": []}}}, "capabilities.voice.region", None),
        ({"name": "x", "capabilities": {"voice": {"conversations_ttl": 0}}}, "capabilities.voice.conversations_ttl",
         "must be between 1 and 9000"),
        ({"name": "x", "capabilities": {"voice": {"leg_persistence_time": 32}}},
         "capabilities.voice.leg_persistence_time", "must be between 1 and 31"),
        ({"name": "x", "capabilities": {"voice": {"webhooks": []}}}, None, None),
        ({"name": "x", "capabilities": {"voice": {"webhooks": {"status_url": {}}}}},
         "capabilities.voice.webhooks.status_url", "is not a known webhook"),
        (hooked(address="https://e.test", http_method="PUT"), "capabilities.voice.webhooks.answer_url.http_method",
         "must be one of: GET, POST"),
        (hooked(address="https://e.test", http_method=[]), "capabilities.voice.webhooks.answer_url.http_method", None),
        (hooked(address=7), "capabilities.voice.webhooks.answer_url.address", "must be a URL"),
        (hooked(address="ftp://e.test"), "capabilities.voice.webhooks.answer_url.address",
         "must be a URL: this one is not a whole web address that starts with http:// or https://"),
        (hooked(address="https://e.test", connect_timeout=299),
         "capabilities.voice.webhooks.answer_url.connect_timeout", "must be between 300 and 1000"),
        (hooked(address="https://e.test", socket_timeout=5001),
         "capabilities.voice.webhooks.answer_url.socket_timeout", "must be between 1000 and 5000"),
        (hooked(address="https://e.test", socket_timeout="1000"),
         "capabilities.voice.webhooks.answer_url.socket_timeout", None),
        ({"name": "x", "keys": {"public_key": "no key"}}, "keys.public_key", None),
        ({"name": "x", "keys": {"public_key": 5}}, "keys.public_key", None),
    ],
)  # fmt: skip
def test_a_bad_payload_is_refused_with_the_field_it_is_about(
    world: World, body: dict[str, Any], name: str | None, reason: str | None
) -> None:
    reply = ask(world, "POST", "", {"keys": {"public_key": world.public}} | body)
    if name is None:  # an empty list says as little as an empty object
        assert reply.status_code == 201
        return
    problem = reply.json()
    assert reply.status_code == 400
    assert (problem["type"], problem["title"]) == (PAYLOAD, "Bad Request")
    assert problem["detail"] == "The request failed due to validation errors"
    [invalid] = problem["invalid_parameters"]
    assert invalid["name"] == name
    assert reason in (None, invalid["reason"])


def public_pem(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


@pytest.mark.fidelity("own-key")
@pytest.mark.parametrize("kind", ["RSA of 1024 bits", "EC"])
def test_a_key_that_cannot_sign_tokens_is_refused(world: World, kind: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "EC" else rsa.generate_private_key(65537, 1024)
    reply = ask(world, "POST", "", {"name": "x", "keys": {"public_key": public_pem(key)}})
    assert (reply.status_code, reply.json()["invalid_parameters"][0]["name"]) == (400, "keys.public_key")


@pytest.mark.fidelity("webhook-without-address")
def test_a_webhook_without_an_address_is_kept_and_not_called(world: World) -> None:
    nowhere = {name: {"address": ""} for name in ("answer_url", "event_url", "fallback_answer_url")}
    made = world.made(capabilities={"voice": {"webhooks": nowhere}})
    shown = ask(world, "GET", f"/{made['id']}").json()["capabilities"]["voice"]["webhooks"]
    assert {name: (hook["address"], hook["http_method"]) for name, hook in shown.items()} == {
        "answer_url": ("", "GET"), "event_url": ("", "POST"), "fallback_answer_url": ("", "GET")}  # fmt: skip
    world.app = made["id"]
    world.link()
    call = world.ended_incoming_call()
    assert "no answer URL" in world.one(call, "error")["reason"]
    assert world.trace(call, "webhook") == []
    assert world.voice("POST", "", world.order()).json()["invalid_parameters"] == {"event_url": "Is required."}


@pytest.mark.fidelity("webhook-timeouts")
def test_the_event_url_may_take_ten_seconds(world: World) -> None:
    hook = {"address": "https://example.com/e", "socket_timeout": 10_000}
    made = world.made(capabilities={"voice": {"webhooks": {"event_url": hook}}})
    assert made["capabilities"]["voice"]["webhooks"]["event_url"]["socket_timeout"] == 10_000


@pytest.mark.fidelity("application-list")
def test_the_list_has_pages_and_links(world: World) -> None:
    for number in range(4):
        world.made(name=f"app {number}")  # with the one of every test: five
    page = ask(world, "GET", "?page_size=2&page=2").json()
    assert {k: page[k] for k in ("page_size", "page", "total_items", "total_pages")} == {
        "page_size": 2, "page": 2, "total_items": 5, "total_pages": 3}  # fmt: skip
    assert len(page["_embedded"]["applications"]) == 2
    assert "_links" not in page["_embedded"]["applications"][0]
    pages = {"self": "&page=2", "first": "", "last": "&page=3", "next": "&page=3", "prev": "&page=1"}
    assert page["_links"] == {name: {"href": f"/v2/applications?page_size=2{one}"} for name, one in pages.items()}
    everything = ask(world, "GET").json()
    assert everything["page_size"] == 10
    assert set(everything["_links"]) == {"self", "first", "last"}


@pytest.mark.fidelity("application-validation")
@pytest.mark.parametrize("query", ["page_size=0", "page_size=101", "page=0", "page_size=ten", "page_size=²", "page=-1"])
def test_a_page_that_cannot_be_is_refused(world: World, query: str) -> None:
    reply = ask(world, "GET", f"?{query}")
    assert (reply.status_code, reply.json()["type"]) == (400, LISTING)
    if query == "page_size=0":
        assert reply.json()["invalid_parameters"] == [{"name": "page_size", "reason": "must be between 1 and 100"}]


@pytest.mark.fidelity("application-put")
def test_put_replaces_everything_but_the_key(world: World) -> None:
    old = ask(world, "GET", f"/{world.app}").json()
    reply = ask(world, "PUT", f"/{world.app}", {"name": "new"})
    assert reply.status_code == 200
    assert reply.json()["name"] == "new"
    assert reply.json()["capabilities"] == {}
    assert reply.json()["keys"] == old["keys"]
    # Get, edit, put back is the usual way: id and _links are not minded.
    assert ask(world, "PUT", f"/{world.app}", old).json() == old


@pytest.mark.fidelity("application-put")
def test_put_needs_a_name(world: World) -> None:
    reply = ask(world, "PUT", f"/{world.app}", {"capabilities": {}})
    assert (reply.status_code, reply.json()["invalid_parameters"][0]["name"]) == (400, "name")


@pytest.mark.fidelity("application-put")
def test_put_may_bring_a_new_key(world: World, keys: Keys) -> None:
    made = ask(world, "POST", "", {"name": "x"}).json()
    assert ask(world, "PUT", f"/{made['id']}", {"name": "x", "keys": {"public_key": keys[1]}}).json()["keys"] == {
        "public_key": keys[1]}  # fmt: skip


@pytest.mark.fidelity("application-delete")
def test_delete_unlinks_the_numbers(world: World) -> None:
    world.link()
    reply = ask(world, "DELETE", f"/{world.app}")
    assert (reply.status_code, reply.content) == (204, b"")
    assert ask(world, "GET", f"/{world.app}").status_code == 404
    own = world.http.get(f"{world.network.url}/account/numbers", auth=world.basic).json()["numbers"][0]
    assert "app_id" not in own


@pytest.mark.fidelity("error-families")
@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)])
def test_an_unknown_application_is_a_404_of_family_a(world: World, method: str, body: Any) -> None:
    reply = ask(world, method, "/nobody", body)
    assert reply.status_code == 404
    said = "ID 'nobody' does not exist, or you do not have access"
    assert reply.json() == family_a(reply, "not-found", "Not Found", said)


@pytest.mark.fidelity("basic-applications")
@pytest.mark.parametrize("auth", [None, ("wrong", "secret"), ("", "")])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", ""), ("GET", ""), ("GET", "/x"), ("PUT", "/x"), ("DELETE", "/x")]
)
def test_wrong_credentials_are_a_401_of_family_a(world: World, auth: Any, method: str, path: str) -> None:
    reply = ask(world, method, path, {"name": "x"}, auth=auth)
    assert reply.status_code == 401
    assert reply.json() == family_a(reply, "unauthorized", "Unauthorized", "You did not provide correct credentials.")
