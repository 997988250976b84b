"""Handsets that are not phones: app users, SIP addresses, extensions; reached, dialling, and refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.simulator.world import PHONE, Json, World, presses

ALICE = "app:alice"
DESK = "sip:reception@sip.example.com"
EXTENSION = "vbc:1234"
LONG = {"action": "wait", "timeout": 60}

REACHED = [
    (ALICE, {"type": "app", "user": "alice"}),
    (DESK, {"type": "sip", "uri": DESK}),
    (DESK, {"type": "sip", "uri": DESK + ";transport=tls"}),
    (EXTENSION, {"type": "vbc", "extension": "1234"}),
]


@pytest.fixture
def linked(world: World) -> World:
    world.take_calls(LONG)
    return world


def refused(world: World, address: str, **body: Any) -> str:
    reply = world.control("POST", f"/phones/{quote(address, safe='')}/dial", body)
    assert reply.status_code == 400, reply.text
    assert set(reply.json()) == {"error", "cure"}
    assert reply.json()["cure"]
    return str(reply.json()["error"])


def asked(world: World) -> dict[str, str]:
    """What the answer webhook was told."""
    [request] = world.learner.at("/answer")
    return dict(request.query)


@pytest.mark.fidelity("handset-addresses")
@pytest.mark.parametrize(("address", "endpoint"), REACHED, ids=[json.dumps(case[1]) for case in REACHED])
def test_a_handset_is_reached_under_its_address(world: World, address: str, endpoint: Json) -> None:
    world.phone(address, after=3, script=presses("8", 1))
    call = world.call({"action": "connect", "from": world.number, "endpoint": [endpoint]})
    world.advance(8)
    [leg] = [one["uuid"] for one in world.control("GET", "/calls").json() if one["uuid"] != call]
    assert world.at(leg, "answered") - world.at(leg, "ringing") == pytest.approx(3)
    assert world.one(leg, "key", leg=leg)["digit"] == "8"
    there = {one["number"]: one["status"] for one in world.control("GET", "/phones").json()}
    assert there == {address: "answered", PHONE: "answered"}
    world.use("hang_up", address)
    world.until(leg)


@pytest.mark.fidelity("handset-addresses")
def test_an_address_can_be_busy_too_and_can_be_called_by_rest(world: World) -> None:
    world.phone(DESK, behaviour="busy")
    call = world.ended_call(to=[{"type": "sip", "uri": DESK}])
    assert [one["status"] for one in world.trace(call, "status")] == ["started", "ringing", "busy", "completed"]


@pytest.mark.fidelity("sip-headers", "sip-headers-in")
def test_a_sip_caller_sends_headers_to_the_answer_webhook(linked: World) -> None:
    headers = {"X-Foo": "bar", "x-Lower": "1, 2", "User-to-User": "3132;encoding=hex", "X-Nexmo-Secret": "no"}
    call = linked.dial(number=DESK, headers=headers)
    linked.until(call, "answered")
    told = asked(linked)
    assert {name: text for name, text in told.items() if name.startswith("SipHeader_")} == {
        "SipHeader_X-Foo": "bar", "SipHeader_x-Lower": "1, 2", "SipHeader_User-to-User": "3132;encoding=hex",
    }  # fmt: skip
    assert (told["from"], told["endpoint_type"]) == (DESK, "sip")
    assert "X-Nexmo-Secret" in linked.one(call, "note")["text"]


@pytest.mark.fidelity("app-custom-data", "app-caller")
def test_an_app_user_brings_data_and_reaches_an_application_without_a_number(linked: World) -> None:
    call = str(linked.use("dial", ALICE, application_id=linked.app, custom_data={"order": 17, "tags": ["a"]})["uuid"])
    linked.until(call, "answered")
    told = asked(linked)
    assert json.loads(told["custom_data"]) == {"order": 17, "tags": ["a"]}
    assert (told["from_user"], told["endpoint_type"]) == ("alice", "app")
    assert "from" not in told
    linked.use("hang_up", ALICE)
    linked.until(call)


@pytest.mark.fidelity("handset-addresses")
@pytest.mark.parametrize(("address", "caller"), [(ALICE, "from_user"), (DESK, "from"), (EXTENSION, "from")])
def test_every_kind_of_handset_can_dial_a_number(linked: World, address: str, caller: str) -> None:
    call = linked.dial(number=address)
    linked.until(call, "answered")
    assert asked(linked)[caller] in (address, address.partition(":")[2])
    assert "already in a call" in refused(linked, address, to=linked.number)
    there = {one["number"]: one["call"] for one in linked.control("GET", "/phones").json()}
    assert there == {address: call}


WRONG = [
    (PHONE, {"headers": {"X-Foo": "bar"}}, "cannot dial with headers"),
    (ALICE, {"headers": {"X-Foo": "bar"}}, "cannot dial with headers"),
    (PHONE, {"custom_data": {"a": 1}}, "cannot dial with custom_data"),
    (DESK, {"application_id": "x"}, "cannot dial with application_id"),
    (PHONE, {"colour": "red"}, "cannot dial with colour"),
    (DESK, {"headers": {"Foo": "bar"}}, "cannot send the header 'Foo'"),
    (DESK, {"headers": {"X-": "bar"}}, "cannot send the header"),
    (DESK, {"headers": {"X-A b": "bar"}}, "cannot send the header"),
    (DESK, {"headers": {"X-Foo": 5}}, "cannot be 5"),
    (DESK, {"headers": {"X-Foo": "a\r\nX-Bar: b"}}, "X-Foo cannot be"),
    (DESK, {"headers": {"User-to-User": "x" * 257}}, "User-to-User cannot be"),
    (DESK, {"headers": ["X-Foo"]}, "headers is an object"),
    (ALICE, {"custom_data": "text"}, "custom_data is an object"),
    (ALICE, {"application_id": 5}, "not the id"),
    (ALICE, {"application_id": "none-such"}, "no application"),
    (ALICE, {"to": None}, "not a number"),
    (ALICE, {"to": "sip:a@example.com"}, "not a number"),
]  # fmt: skip


@pytest.mark.parametrize(("address", "body", "says"), WRONG, ids=[f"{case[0]} {case[1]}" for case in WRONG])
def test_a_call_that_cannot_be_made_says_why(world: World, address: str, body: Json, says: str) -> None:
    assert says in refused(world, address, **{"to": world.number, **body})
    assert world.control("GET", "/calls").json() == []


@pytest.mark.parametrize(
    "address",
    ["+447700900001", "44 7700", "12", "1" * 16, "app:", "app:a b", "user:alice", "sip:", "sip:nobody", "sip:a@",
     f"sip:{'a' * 50}@example.com", "vbc:", "vbc:12a", "vbc:12345678901", "alice", "websocket:x"],
)  # fmt: skip
def test_what_is_no_address_says_what_is(world: World, address: str) -> None:
    for method, path, body in (("PUT", "", {}), ("POST", "/hang_up", {})):
        reply = world.control(method, f"/phones/{quote(address, safe='')}{path}", body)
        assert reply.status_code == 400, reply.text
        assert "not a number a phone can have" in reply.json()["error"]
        assert "app:alice" in reply.json()["cure"]
    assert world.control("GET", "/phones").json() == []
