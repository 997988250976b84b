"""Calls to and from SIP addresses, app users and VBC extensions; from nobody in particular."""

from __future__ import annotations

import pytest

from tests.simulator.world import Json, World

OTHERS = [
    ("sip", {"type": "sip", "uri": "sip:desk@sip.example.com"}, "sip:desk@sip.example.com", "uri"),
    ("app", {"type": "app", "user": "alice"}, "app:alice", "user"),
    ("vbc", {"type": "vbc", "extension": "1234"}, "vbc:1234", "extension"),
]


@pytest.mark.parametrize(("kind", "endpoint", "address", "field"), OTHERS, ids=[one[0] for one in OTHERS])
@pytest.mark.fidelity("endpoint-sip", "endpoint-app", "endpoint-vbc")
def test_a_call_to_something_else_than_a_phone(
    world: World, kind: str, endpoint: Json, address: str, field: str
) -> None:
    world.phone(address, behaviour="answers", after=3)
    call = world.ended_call(to=[endpoint])
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]
    assert world.at(call, "answered") - world.at(call, "ringing") == pytest.approx(3)
    assert {one["to"] for one in world.learner.payloads()} == {endpoint[field]}
    shown = world.voice("GET", f"/{call}").json()
    assert shown["to"] == endpoint


@pytest.mark.fidelity("sip-headers-out")
def test_the_headers_of_a_sip_endpoint_are_in_its_events(world: World) -> None:
    world.ended_call(to=[{"type": "sip", "uri": "sip:desk@sip.example.com", "headers": {"room": "12"}}])
    assert all(one["headers"] == {"room": "12"} for one in world.learner.payloads())


@pytest.mark.fidelity("sip-user-domain")
def test_connect_takes_user_and_domain(world: World) -> None:
    world.phone("sip:desk@example", behaviour="answers", after=1)
    call = world.call({"action": "connect", "endpoint": [{"type": "sip", "user": "desk", "domain": "example"}]})
    world.advance(5)
    assert {one["to"] for one in world.learner.payloads()} == {"447700900001", "sip:desk@example"}
    assert world.trace(call, "status")[-1]["status"] == "answered"


@pytest.mark.fidelity("sound-wideband")
def test_an_app_hears_more_than_a_telephone(world: World) -> None:
    import numpy as np

    from helpers.audio.files import encode_wav

    rate = 16_000
    high = (0.3 * np.sin(2 * np.pi * 6000 * np.arange(rate) / rate)).astype(np.float32)
    url = world.learner.serve("high.wav", encode_wav(high, rate))
    world.phone("app:alice", behaviour="answers", after=1)
    stream = {"action": "stream", "streamUrl": [url]}
    app, phone = world.call(stream, to=[{"type": "app", "user": "alice"}]), world.call(stream)
    world.until(app)
    world.until(phone)
    assert float(np.sqrt((world.heard(app, rate) ** 2).mean())) == pytest.approx(0.3 / 2**0.5, rel=0.01)
    assert float(np.sqrt((world.heard(phone, 8000) ** 2).mean())) < 0.003  # -40 dB


SOCKET = {"type": "websocket", "uri": "ws://127.0.0.1:9/x", "content-type": "audio/l16;rate=16000"}


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ({"type": "websocket", "uri": "ws://127.0.0.1:9/x"}, "content-type"),
        (SOCKET | {"content-type": "audio/l16;rate=44100"}, "content-type"),
        (SOCKET | {"uri": "http://127.0.0.1:9/x"}, "uri"),
        (SOCKET | {"headers": "x"}, "headers"),
        (SOCKET | {"headers": {"x": "y" * 600}}, "headers"),
        ({"type": "sip"}, "uri"),
        ({"type": "sip", "uri": "desk"}, "uri"),
        ({"type": "sip", "uri": "sip:" + "a" * 60 + "@example.com"}, "uri"),
        ({"type": "sip", "uri": "sip:a@example.com", "headers": "x"}, "headers"),
        ({"type": "sip", "uri": "sip:a@example.com", "standard_headers": {"User-to-User": "1" * 257}},
         "standard_headers.User-to-User"),
        ({"type": "app", "user": ""}, "user"),
        ({"type": "vbc", "extension": 12}, "extension"),
    ],
)  # fmt: skip
@pytest.mark.fidelity("endpoint-checked")
def test_a_wrong_endpoint_is_named(world: World, endpoint: Json, name: str) -> None:
    reply = world.voice("POST", "", world.order(to=[endpoint]))
    assert reply.status_code == 400
    assert [one["name"] for one in reply.json()["invalid_parameters"]] == [name]


@pytest.mark.parametrize(
    "endpoint",
    [
        {"type": "phone", "number": "447700900001", "headers": "x", "onAnswer": 3},
        {"type": "sip", "uri": "sip:desk@sip.example.com", "dtmfAnswer": 5, "content-type": 7},
        {"type": "app", "user": "alice", "onAnswer": "x", "dtmfAnswer": ["1"]},
    ],
)
@pytest.mark.fidelity("endpoint-checked")
def test_what_an_endpoint_does_not_have_is_ignored_whatever_it_is(world: World, endpoint: Json) -> None:
    call = world.ended_call(to=[endpoint])
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]
    assert not world.trace(call, "error")
    assert not world.trace(call, "dtmf")
