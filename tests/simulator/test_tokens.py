"""Who may use the Voice API: RS256 tokens, and the one answer to every bad one."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.simulator.world import Keys, World

UNAUTHORIZED = {"type": "UNAUTHORIZED", "error_title": "Unauthorized"}


def now() -> int:
    return int(time.time())


def part(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def hs256(world: World) -> str:
    claims = {"application_id": world.app, "iat": now(), "jti": "1"}
    # By hand: PyJWT refuses to take a public key for a secret, which is what an attacker would do.
    import hashlib
    import hmac

    signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    digest = hmac.new(world.public.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


BAD: dict[str, Callable[[World], str | None]] = {
    "none": lambda w: None,
    "basic": lambda w: "Basic " + base64.b64encode(":".join(w.basic).encode()).decode(),
    "empty": lambda w: "Bearer ",
    "no scheme": lambda w: w.token(),
    "malformed": lambda w: "Bearer not-a-token",
    "two parts": lambda w: "Bearer " + w.token().rpartition(".")[0],
    "changed": lambda w: "Bearer " + w.token()[:-6] + "AAAAAA",
    "not json": lambda w: f"Bearer {part('{')}.{part('{')}.x",
    "claims are a list": lambda w: f"Bearer {part({'alg': 'RS256'})}.{part([1])}.x",
    "HS256": lambda w: f"Bearer {hs256(w)}",
    "alg none": lambda w: f"Bearer {jwt.encode({'application_id': w.app, 'iat': now(), 'jti': '1'}, '', 'none')}",
    "expired": lambda w: f"Bearer {w.token(iat=now() - 1000, exp=now() - 60)}",
    "no exp, 16 minutes old": lambda w: f"Bearer {w.token(iat=now() - 960)}",
    "exp 25 h after iat": lambda w: f"Bearer {w.token(exp=now() + 25 * 3600)}",
    "iat in the future": lambda w: f"Bearer {w.token(iat=now() + 120)}",
    "nbf in the future": lambda w: f"Bearer {w.token(nbf=now() + 120)}",
    "unknown application": lambda w: f"Bearer {w.token(application_id='0b1e6a52-5f3d-4a0e-9b7d-0d6f1c2a3b4c')}",
    "no application": lambda w: f"Bearer {w.token(application_id=None)}",
    "application is a list": lambda w: f"Bearer {w.token(application_id=[])}",
    "no jti": lambda w: f"Bearer {w.token(jti=None)}",
    "no iat": lambda w: f"Bearer {w.token(iat=None)}",
    "iat is text": lambda w: f"Bearer {w.token(iat='soon')}",
    "iat without end": lambda w: f"Bearer {w.token(iat=float('inf'))}",
    "exp is a list": lambda w: f"Bearer {w.token(exp=[])}",
    "exp is null": lambda w: f"Bearer {part({'alg': 'RS256'})}.{part({'application_id': w.app, 'exp': None})}.x",
    "no voice capability": lambda w: f"Bearer {w.token(application_id=w.made()['id'])}",
}


@pytest.mark.fidelity("token-claims", "token-expiry", "token-voice-capability", "token-one-answer", "token-why")
@pytest.mark.parametrize("case", BAD)
def test_every_bad_token_gets_the_same_401(world: World, case: str) -> None:
    header = BAD[case](world)
    for method, path in (("POST", ""), ("GET", ""), ("GET", "/x"), ("PUT", "/x"), ("PUT", "/x/stream")):
        headers = {"Authorization": header}
        reply = world.http.request(method, f"{world.network.url}/v1/calls{path}", json={}, headers=headers)
        assert (reply.status_code, reply.json()) == (401, UNAUTHORIZED), (method, path)
        assert reply.headers["x-simulator-why"]  # for the learner, beside the wire


@pytest.mark.fidelity("token-claims", "token-one-answer", "token-why")
def test_a_token_of_another_applications_key_is_refused(world: World, foreign_keys: Keys) -> None:
    reply = world.voice("GET", headers={"Authorization": f"Bearer {world.token(foreign_keys[0])}"})
    assert (reply.status_code, reply.json()) == (401, UNAUTHORIZED)
    assert "another application" in reply.headers["x-simulator-why"]


GOOD: list[dict[str, Any]] = [
    {}, {"iat": -870}, {"exp": 60}, {"exp": 20}, {"iat": -3600, "exp": 60}, {"exp": 24 * 3600 - 60}, {"iat": 5},
    {"nbf": -5}, {"sub": "alice"}, {"acl": {"paths": {"/*/users/**": {}}}}, {"aud": "x"},
]  # fmt: skip


@pytest.mark.fidelity("token-claims", "token-expiry", "token-short")
@pytest.mark.parametrize("claims", GOOD, ids=str)
def test_a_good_token_is_taken(world: World, claims: dict[str, Any]) -> None:
    claims = {name: now() + value if isinstance(value, int) else value for name, value in claims.items()}
    assert world.voice("GET", headers={"Authorization": f"Bearer {world.token(**claims)}"}).status_code == 200


@pytest.mark.fidelity("token-skew")
@pytest.mark.parametrize(
    ("claims", "status"),
    [({"iat": 7}, 200), ({"iat": 40}, 401), ({"iat": -60, "exp": -5}, 200), ({"iat": -60, "exp": -13}, 401),
     ({"nbf": 7}, 200), ({"nbf": 40}, 401)],
    ids=str,
)  # fmt: skip
def test_a_clock_may_be_a_little_wrong(world: World, claims: dict[str, int], status: int) -> None:
    token = world.token(**{name: now() + seconds for name, seconds in claims.items()})
    assert world.voice("GET", headers={"Authorization": f"Bearer {token}"}).status_code == status


@pytest.mark.fidelity("token-reuse")
def test_a_token_may_be_used_again(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token()}"}
    assert [world.voice("GET", headers=headers).status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.fidelity("token-new-key")
def test_a_new_key_makes_old_tokens_worthless(world: World, foreign_keys: Keys) -> None:
    url = f"{world.network.url}/v2/applications/{world.app}"
    body = world.http.get(url, auth=world.basic).json() | {"keys": {"public_key": foreign_keys[1]}}
    assert world.http.put(url, json=body, auth=world.basic).status_code == 200
    assert world.voice("GET").status_code == 401
    assert world.voice("GET", headers={"Authorization": f"Bearer {world.token(foreign_keys[0])}"}).status_code == 200


@pytest.mark.fidelity("foreign-call")
def test_a_call_of_another_application_is_a_404(world: World) -> None:
    call, other = world.call(), world.application()
    for method, path in (("GET", ""), ("PUT", ""), ("PUT", "/stream"), ("DELETE", "/talk")):
        reply = world.voice(
            method, f"/{call}{path}", {}, headers={"Authorization": f"Bearer {world.token(application_id=other)}"}
        )
        assert (reply.status_code, reply.json()) == (404, {"type": "NOT_FOUND", "error_title": "Not Found"})


@pytest.mark.fidelity("foreign-call")
@pytest.mark.parametrize("uuid", ["nobody", "%E2%82%AC", "%0d%0aSet-Cookie:x", "x" * 2000, "CON-1"])
def test_an_unknown_call_is_a_404_whatever_it_is_called(world: World, uuid: str) -> None:
    reply = world.voice("GET", f"/{uuid}")
    assert (reply.status_code, reply.json()) == (404, {"type": "NOT_FOUND", "error_title": "Not Found"})
    assert "Set-Cookie" not in reply.headers


@pytest.mark.fidelity("error-trace-id")
def test_every_reply_has_a_trace_id(world: World) -> None:
    first, second = world.voice("GET"), world.voice("GET", "/x")
    ids = {reply.headers["x-nexmo-trace-id"] for reply in (first, second)}
    assert len(ids) == 2
    assert all(len(one) == 32 for one in ids)


@pytest.mark.fidelity("usual-headers")
def test_the_usual_headers_come_with_every_reply(world: World) -> None:
    for reply in (world.voice("GET"), world.voice("GET", "/nobody")):
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["x-frame-options"] == "deny"
        assert reply.headers["x-xss-protection"] == "1"
