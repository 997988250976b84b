"""Whether a webhook was signed by whom it says: the token in its ``Authorization`` header (HS256)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qsl

GOOD, MISSING = "good", "missing"


def check_signature(authorization: str | None, body: bytes, query: str, secret: str) -> str | None:
    """``good``, ``missing``, or in a few words what is wrong; None without a ``secret`` to check with.

    ``payload_hash`` is that of the body, for a GET that of the query as compact JSON (webhook guide; support article
    19033783342876). How old the token is does not count here.
    """
    if not secret:
        return None
    scheme, _, token = (authorization or "").partition(" ")
    if not authorization:
        return MISSING
    parts = token.strip().split(".")
    if scheme.lower() != "bearer" or len(parts) != 3:
        return "it is no token"
    proof = hmac.digest(secret.encode(), ".".join(parts[:2]).encode(), "sha256")
    try:
        if not hmac.compare_digest(_decoded(parts[2]), proof):
            return "it was made with another secret"
        told = json.loads(_decoded(parts[1])).get("payload_hash")
    except (ValueError, AttributeError):
        return "it is no token"
    hashed = body if body else _query_as_json(query)
    return GOOD if told == hashlib.sha256(hashed).hexdigest() else "it belongs to another message"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _query_as_json(query: str) -> bytes:
    values: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        values.setdefault(name, value)
    return json.dumps(values, separators=(",", ":")).encode()
