"""Whether a webhook was signed by whom it says: the token in its ``Authorization`` header (HS256)."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ..wire.events import parameters_of
from ..wire.exchanges import GOOD, MISSING

if TYPE_CHECKING:
    from jwt import PyJWS


def check_signature(authorization: str | None, body: bytes, query: str, *secrets: str) -> str | None:
    """``good``, ``missing``, or in a few words what is wrong; None without a secret to check with.

    How old the token is does not count here. Of several ``secrets``, each an account's, the one that fits counts.
    """
    found = [read_signature(authorization, body, query, secret)[0] for secret in secrets if secret]
    return GOOD if GOOD in found else next(iter(found), None)


def read_signature(authorization: str | None, body: bytes, query: str, secret: str) -> tuple[str, dict[str, Any]]:
    """``good``, ``missing``, or in a few words what is wrong; and what the token says if it is good.

    ``payload_hash`` is that of the body, for a GET that of the query as compact JSON (webhook guide; support article
    19033783342876).
    """
    if not authorization:
        return MISSING, {}
    import jwt

    scheme, _, token = authorization.partition(" ")
    try:
        claims = json.loads(_signer().decode(token.strip() if scheme.lower() == "bearer" else "", secret, ["HS256"]))
        told = claims.get("payload_hash")
    except jwt.InvalidSignatureError:
        return "it was made with another secret", {}
    except (jwt.InvalidTokenError, ValueError, AttributeError, RecursionError):
        return "it is not a token", {}
    if any(told == hashlib.sha256(one).hexdigest() for one in _payloads(body, query)):
        return GOOD, claims
    return "it belongs to another message", {}


def sign(body: bytes, query: str, secret: str, **claims: str) -> str:
    """An ``Authorization`` header as Vonage makes it. It is good for one request, and for minutes."""
    hashed = hashlib.sha256(next(_payloads(body, query))).hexdigest()
    told = {"iat": int(time.time()), "jti": str(uuid.uuid4()), "iss": "Vonage", "payload_hash": hashed, **claims}
    return f"Bearer {_signer().encode(json.dumps(told).encode(), secret, 'HS256')}"


@cache
def _signer() -> PyJWS:
    """PyJWT, without its warning of short secrets: Vonage chooses them, and nobody here could make one longer."""
    from jwt import PyJWS
    from jwt.algorithms import HMACAlgorithm

    class AnyLength(HMACAlgorithm):
        def check_key_length(self, key: Any) -> None:
            return None

    signer = PyJWS(algorithms=[])
    signer.register_algorithm("HS256", AnyLength(HMACAlgorithm.SHA256))
    return signer


def _payloads(body: bytes, query: str) -> Iterator[bytes]:
    """What may have been hashed: whether JSON inside a query stays a text is not documented."""
    if body:
        yield body
        return
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, value)
    for found in (values, parameters_of(values.items(), "") or {}):
        yield json.dumps(found, separators=(",", ":")).encode()
        yield json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
