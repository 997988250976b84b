"""Signed webhooks: who calls is proved by an HS256 token with the account's signature secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
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


@pytest.mark.fidelity("signed-claims")
def test_the_claims(world: World) -> None:
    world.until(world.call())
    one, two, *_ = [claims_of(world, request) for request in world.learner.received]
    assert list(one) == ["iat", "jti", "iss", "payload_hash", "api_key", "application_id"]
    assert abs(one["iat"] - time.time()) < 30
    assert one["iss"] == "Vonage"
    assert (one["api_key"], one["application_id"]) == (world.network.account.api_key, world.app)
    assert one["jti"] != two["jti"]


@pytest.mark.fidelity("signed-off")
def test_signing_may_be_switched_off(world: World) -> None:
    world.app = world.application(signed_callbacks=False)
    world.until(world.call())
    assert len(world.learner.received) == 4
    assert not [one for one in world.learner.received if "Authorization" in one.headers]


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.fidelity("signed-claims", "signed-get")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_verifier_made_of_nothing_but_hmac_and_sha256_agrees(world: World, method: str) -> None:
    """As somebody would write it who has only the guide: no library of ours, none for tokens."""
    world.learner.on("/answer", [{"action": "notify", "payload": {"song": [1, "ü"], "empty": {}}}])
    world.until(world.call_with_answer_url("/answer?name=Ann%20B&empty=", answer_method=method,
                                           event_url=[f"{world.learner.url}/event"], event_method=method))  # fmt: skip
    assert len(world.learner.received) == 6
    for request in world.learner.received:
        head, body, proof = request.headers["Authorization"].removeprefix("Bearer ").split(".")
        secret = world.network.account.signature_secret.encode()
        mine = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
        assert base64.urlsafe_b64encode(mine).rstrip(b"=").decode() == proof
        assert decoded(head) == {"alg": "HS256", "typ": "JWT"}
        sent = request.body if method == "POST" else json.dumps(dict(request.query), separators=(",", ":")).encode()
        assert decoded(body)["payload_hash"] == hashlib.sha256(sent).hexdigest()


@pytest.mark.fidelity("signed-claims")
def test_a_second_try_is_signed_afresh(world: World) -> None:
    world.learner.on("/event", ("", 503), ("", 200))
    world.until(world.call())
    first, second, *_ = [claims_of(world, request) for request in world.learner.received]
    assert first["payload_hash"] == second["payload_hash"]
    assert first["jti"] != second["jti"]


@pytest.mark.fidelity("signed-off")
def test_signing_can_be_switched_off_while_a_call_is_up(world: World) -> None:
    world.app = world.application()
    call = world.answered_call({"action": "wait", "timeout": 5})
    hooks = {"event_url": {"address": f"{world.learner.url}/event"}}
    body = {"name": "test", "capabilities": {"voice": {"webhooks": hooks, "signed_callbacks": False}}}
    assert world.http.put(f"{world.network.url}/v2/applications/{world.app}", json=body, auth=world.basic).ok
    world.until(call)
    assert ["Authorization" in one.headers for one in world.learner.received] == [True] * 3 + [False]
