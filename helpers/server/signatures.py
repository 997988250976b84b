"""Whether a webhook was signed by whom it says: the token in its ``Authorization`` header (HS256)."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from jwt import PyJWS

GOOD, MISSING = "good", "missing"


def check_signature(authorization: str | None, body: bytes, query: str, secret: str) -> str | None:
    """``good``, ``missing``, or in a few words what is wrong; None without a ``secret`` to check with.

    ``payload_hash`` is that of the body, for a GET that of the query as compact JSON (webhook guide; support article
    19033783342876). How old the token is does not count here.
    """
    if not secret:
        return None
    if not authorization:
        return MISSING
    import jwt

    scheme, _, token = authorization.partition(" ")
    try:
        claims = json.loads(_signer().decode(token.strip() if scheme.lower() == "bearer" else "", secret, ["HS256"]))
        told = claims.get("payload_hash")
    except jwt.InvalidSignatureError:
        return "it was made with another secret"
    except (jwt.InvalidTokenError, ValueError, AttributeError):
        return "it is not a token"
    hashed = hashlib.sha256(body or _query_as_json(query)).hexdigest()
    return GOOD if told == hashed else "it belongs to another message"


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


def _query_as_json(query: str) -> bytes:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, value)
    return json.dumps(values, separators=(",", ":")).encode()
