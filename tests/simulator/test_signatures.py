"""Signed webhooks: who calls is proved by an HS256 token with the account's signature secret."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any

import jwt
import pytest

from tests.simulator.world import Received, World


def claims_of(world: World, request: Received) -> dict[str, Any]:
    scheme, _, token = request.headers["Authorization"].partition(" ")
    assert scheme == "Bearer"
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    return dict(jwt.decode(token, world.network.account.signature_secret, algorithms=["HS256"]))


def sha256(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


@pytest.mark.fidelity("signed-claims")
def test_the_claims(world: World) -> None:
    world.until(world.call())
    one, two, *_ = [claims_of(world, request) for request in world.learner.received]
    assert list(one) == ["iat", "jti", "iss", "payload_hash", "api_key", "application_id"]
    assert abs(one["iat"] - time.time()) < 30
    assert one["iss"] == "Vonage"
    assert (one["api_key"], one["application_id"]) == (world.network.account.api_key, world.app)
    assert one["jti"] != two["jti"]


@pytest.mark.fidelity("signed-claims")
def test_the_hash_of_a_post_is_that_of_its_bytes(world: World) -> None:
    notify = {"action": "notify", "payload": {"ä": [1, None]}, "eventUrl": [f"{world.learner.url}/event"]}
    world.until(world.call(notify))
    assert len(world.learner.received) == 5
    for request in world.learner.received:
        assert claims_of(world, request)["payload_hash"] == sha256(request.body)
        assert claims_of(world, request)["payload_hash"] != sha256(request.body + b" ")


@pytest.mark.fidelity("signed-get")
def test_the_hash_of_a_get_is_that_of_its_query_as_json(world: World) -> None:
    world.learner.on("/answer", [{"action": "wait"}])
    world.until(world.call_with_answer_url("/answer?name=Ann", event_url=[f"{world.learner.url}/event"],
                                           event_method="GET"))  # fmt: skip
    for request in world.learner.received:
        text = json.dumps(dict(request.query), separators=(",", ":"))
        assert claims_of(world, request)["payload_hash"] == sha256(text.encode())


@pytest.mark.fidelity("signed-claims")
def test_another_secret_does_not_verify(world: World) -> None:
    world.until(world.call())
    token = world.learner.received[0].headers["Authorization"].split()[1]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, "x" * 50, algorithms=["HS256"])


@pytest.mark.fidelity("signed-off")
def test_signing_may_be_switched_off(world: World) -> None:
    world.app = world.application(signed_callbacks=False)
    world.until(world.call())
    assert len(world.learner.received) == 4
    assert not [one for one in world.learner.received if "Authorization" in one.headers]
