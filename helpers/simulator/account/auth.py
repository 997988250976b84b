"""Who is asking: Basic credentials for the account's APIs, an RS256 token for Voice, HS256 for our own webhooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fastapi import Request

from ..errors import proxy
from .account import Account

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

SKEW = 10  # seconds a client's clock may be ahead; Vonage publishes no figure
LONGEST = 24 * 3600  # exp may lie this far after iat (authentication guide)
USUAL = 15 * 60  # what a token without exp lasts (authentication guide)


def basic_credentials(header: str) -> tuple[str, str]:
    """Key and secret from an ``Authorization: Basic`` header; empty strings when there is none."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        key, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


def account_credentials(request: Request, account: Account) -> bool:
    """True when a request brings the account's key and secret: Basic, or of old in the query."""
    query = request.query_params
    given = basic_credentials(request.headers.get("authorization", ""))
    return account.knows(*given) or account.knows(query.get("api_key", ""), query.get("api_secret", ""))


def application_of(header: str, account: Account) -> str:
    """The id of the application whose private key signed the token in ``Authorization: Bearer …``.

    Raises a 401 of family B for anything else. As at Vonage the wire does not say which of the causes it was; the
    reason travels in ``ApiError.why`` for the side log. A token needs a ``jti``, and may come again until it expires.
    """
    import jwt

    scheme, _, token = header.partition(" ")
    if not header:
        raise proxy(401, why="There is no Authorization header.")
    if scheme.lower() != "bearer":
        raise proxy(401, why=f"Voice takes a Bearer token (a JWT), not {scheme}.")
    try:
        _, payload, _ = token.split(".")
        # Read here only to know whose key to check it with, which takes far longer than this.
        application = str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["application_id"])
        public = account.applications[application]
    except (ValueError, TypeError, RecursionError):
        raise proxy(401, why="The token is not a JWT of three parts.") from None
    except KeyError:
        raise proxy(401, why="The token names no application of this account.") from None
    if "voice" not in public["capabilities"]:
        raise proxy(401, why="The application has no voice capability.")
    try:
        claims = jwt.decode(
            token,
            _public_key(public["keys"]["public_key"]),
            algorithms=["RS256"],
            leeway=SKEW,
            options={"require": ["application_id", "iat", "jti"], "verify_aud": False},
        )
        _check_age(claims)
    except jwt.ExpiredSignatureError:
        raise proxy(401, why="The token has expired. Sign a fresh one for each request.") from None
    except jwt.ImmatureSignatureError:
        raise proxy(401, why="The token lies in the future: the clock of this machine is wrong.") from None
    except jwt.InvalidSignatureError:
        raise proxy(401, why="The token is signed with the key of another application.") from None
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise proxy(401, why=f"The token is not acceptable: {error}.") from None
    return application


@lru_cache(maxsize=256)
def _public_key(pem: str) -> RSAPublicKey:
    """The key in a PEM text: reading one takes longer than checking a signature with it."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the application's public key is not an RSA key")
    return key


def _check_age(claims: dict[str, Any]) -> None:
    issued, now = int(claims["iat"]), time.time()
    expires = int(claims.get("exp", issued + USUAL))
    if expires - issued > LONGEST:
        raise proxy(401, why="exp lies more than 24 hours after iat.")
    if now > expires + SKEW:
        raise proxy(401, why="The token has no exp and is older than 15 minutes.")


def webhook_token(account: Account, application: str, payload: bytes, jti: str) -> str:
    """The token that proves to a webhook who is calling: HS256 with the account's signature secret."""
    claims = {
        "iat": int(time.time()),
        "jti": jti,
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(payload).hexdigest(),
        "api_key": account.api_key,
        "application_id": application,
    }
    # By hand: PyJWT takes four times as long, and there are many webhooks.
    signed = _HS256 + b"." + _base64(json.dumps(claims, separators=(",", ":")).encode())
    proof = hmac.digest(account.signature_secret.encode(), signed, "sha256")
    return (signed + b"." + _base64(proof)).decode()


def _base64(data: bytes) -> bytes:
    """As in a JWT: for URLs, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


_HS256 = _base64(b'{"alg":"HS256","typ":"JWT"}')


def query_payload(query: dict[str, Any]) -> bytes:
    """What is hashed for a GET: the query parameters, in order, as compact JSON (support article 19033783342876)."""
    return json.dumps(query, separators=(",", ":")).encode()
