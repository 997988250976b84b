"""The private key that signs for an application, and the token it makes (JSON Web Token, RS256)."""

from __future__ import annotations

import base64
import re
import time
import uuid
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.decoding import text_of
from ..base.errors import KitError
from ..base.secret import closed, reveal
from ..base.text import as_seen, unseen_in

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# Seconds a token is valid without exp, and at most (Vonage, Authentication guide).
DEFAULT_LIFE = 15 * 60
LONGEST_LIFE = 24 * 3600
_LONGEST_PATH = 1000
_LARGEST_FILE = 100_000
_BASE64 = re.compile(r"[\w+/=\s-]{100,}", re.ASCII)
_URL_SAFE = str.maketrans("-_", "+/")
_AGAIN = (
    "Copy the whole key again, from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----, or write the name of the "
    "file it is in; if it is lost, make a new one (lesson 05)."
)
# Labels that are a key of another kind, what they are, and what to do instead.
_OTHER_KINDS = {
    "PUBLIC KEY": ("a public key; the private one is needed", "Vonage keeps the public key, you keep the private one."),
    "RSA PUBLIC KEY": (
        "a public key; the private one is needed",
        "Vonage keeps the public one, you keep the private one.",
    ),
    "CERTIFICATE": ("a certificate, not a private key", "Use the private key Vonage gave you with the application."),
    "ENCRYPTED PRIVATE KEY": (
        "locked with a passphrase",
        "Unlock it with: openssl pkey -in locked.key -out private.key",
    ),
    "EC PRIVATE KEY": ("an EC key, but Vonage signs with RSA", "Use the key Vonage gave you with the application."),
    "OPENSSH PRIVATE KEY": ("an SSH key", "Use the private key Vonage gave you with the application."),
}


class PrivateKeyError(KitError):
    """A private key cannot be used. The message says why; it never holds any of the key."""


@closed
def load_private_key(text_or_path: str | Path, folder: Path | None = None) -> RSAPrivateKey:
    """The key, ready to sign.

    Takes the key's text (PEM, PKCS#8 or PKCS#1, also on one line or all of it in base64) or the path of its file, which
    may be relative to ``folder``. Raises PrivateKeyError with the reason and the cure.
    """
    return _key_in(private_key_text(text_or_path, folder))


@lru_cache(maxsize=8)  # reading a key takes sixty times as long as signing with it, and each client asks for one
def _key_in(pem: str) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # `from None`: the library's own message may quote what it read.
        raise PrivateKeyError("The private key is damaged: its text does not make up a key.", _AGAIN) from None
    if not isinstance(key, RSAPrivateKey):
        kind = type(key).__name__.lstrip("_").replace("PrivateKey", "")
        cure = "Use the private key Vonage gave you with the application."
        raise PrivateKeyError(f"The private key is not an RSA key but {kind}.", cure) from None
    if key.key_size < 2048:
        cure = "Make a new one with 2048 bits; Vonage makes such a key with each application."
        raise PrivateKeyError(f"The private key is too short: {key.key_size} bits.", cure)
    return key


def private_key_text(text_or_path: str | Path, folder: Path | None = None) -> str:
    r"""The key as proper PEM text, whatever form it came in: a path, PEM, PEM on one line, PEM with ``\n`` written out.

    Looks at the shape only (no cryptography involved): :func:`load_private_key` looks inside.
    """
    text = reveal(text_or_path).strip()
    # Windows puts a character that nobody sees in front of a path that is copied; inside it may be part of a name.
    seen = as_seen(text).strip()
    text = (seen if seen in text else text).strip("\"'").strip()
    if not text:
        raise PrivateKeyError(
            "The private key is empty.", "Put the path of the file with the key into .env, or the key."
        )
    text = path_as_written(text)
    return _tidy(text) if _looks_like_key(text) else _tidy(_from_file(text, folder))


def path_as_written(text: str) -> str:
    r"""The path that somebody wrote in double quotes: in ``"C:\new\rest"`` ``\n`` and ``\r`` became line breaks."""
    if "-----" in text or not re.search(r"^[A-Za-z]:|[.\\]", text):
        return text
    return re.sub(r"[\a\b\t\n\v\f\r]", lambda found: rf"\{'abtnvfr'[ord(found[0]) - 7]}", text)


def _looks_like_key(text: str) -> bool:
    # Long base64 without its BEGIN line is a damaged key, not a path: it must not be shown in a message.
    known = "-----" in text or "\n" in text or text.startswith("MII")
    return known or len(text) > _LONGEST_PATH or _BASE64.fullmatch(text) is not None


def _from_file(name: str, folder: Path | None) -> str:
    path = (folder or Path()) / Path(name).expanduser()
    # Without a dot or a slash it may be a secret in the wrong line: then only its length is told.
    called = name if re.search(r"[./\\]", name) else f"of that name ({len(name)} characters)"
    cure = "Write the path from the project's folder, for example private.key, or put the key itself there."
    try:
        if path.is_dir():
            raise PrivateKeyError(f"The private key's path {called} is a folder.", cure)
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE)
    except FileNotFoundError:
        hidden = unseen_in(name) and f" Its name holds {unseen_in(name)}, which nobody sees."
        raise PrivateKeyError(f"There is no private key file {called}.{hidden}", cure) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not a path"
        raise PrivateKeyError(f"The private key file {called} cannot be read: {reason}.", cure) from None
    if not data.strip():
        raise PrivateKeyError(f"The private key file {called} is empty.", _AGAIN)
    try:
        return text_of(data).strip()
    except UnicodeDecodeError:
        cure = "Use the text form (PEM), which starts with -----BEGIN PRIVATE KEY-----"
        raise PrivateKeyError(f"The private key file {called} is not text.", cure) from None


def _from_base64(text: str) -> str:
    """The key in a text that is base64 of all of it, as Vonage's own samples keep one; any other text as it is."""
    packed = re.sub(r"[\s=]+", "", text).translate(_URL_SAFE)
    packed = packed[: len(packed) - (len(packed) % 4 == 1)]  # of a text that was cut off
    try:
        found = text_of(base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True))
    except ValueError:  # neither base64 nor text
        return text
    return found if "-----BEGIN" in found else text


def _tidy(text: str) -> str:
    text = as_seen(text)
    text = as_seen(_from_base64(text)) if _BASE64.fullmatch(text) else text
    text = text.replace("\\r", "").replace("\\n", "\n")
    begins = re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----", text)
    if not begins:
        hint = "an SSH public key" if text.startswith("ssh-") else "without its -----BEGIN PRIVATE KEY----- line"
        raise PrivateKeyError(f"The private key is {hint}.", _AGAIN)
    if len(begins) > 1:
        raise PrivateKeyError(
            f"There are {len(begins)} keys where one private key is needed.", "Keep the private one only."
        )
    if begins[0] in _OTHER_KINDS:
        reason, cure = _OTHER_KINDS[begins[0]]
        raise PrivateKeyError(f"This key is {reason}.", cure)
    if begins[0] not in ("PRIVATE KEY", "RSA PRIVATE KEY"):
        raise PrivateKeyError("This is not a private key.", _AGAIN)
    found = re.search(rf"-----BEGIN {begins[0]}-----(.*?)-----END {begins[0]}-----", text, re.DOTALL)
    if not found:
        cure = f'{_AGAIN} In .env, a key of several lines needs " before and after it.'
        raise PrivateKeyError("The private key is cut off: its -----END PRIVATE KEY----- line is missing.", cure)
    return _pem(begins[0], found.group(1))


def _pem(label: str, body: str) -> str:
    if "ENCRYPTED" in body:
        reason, cure = _OTHER_KINDS["ENCRYPTED PRIVATE KEY"]
        raise PrivateKeyError(f"This key is {reason}.", cure)
    # Line breaks carry no meaning inside: a key that lost them, or got spaces for them, is whole.
    packed = re.sub(r"\s+", "", body)
    try:
        data = base64.b64decode(packed, validate=True)
    except ValueError:
        strange = re.search(r"[^A-Za-z0-9+/=]", packed)
        what = f"“{strange[0]}”, which" if strange else "characters"
        raise PrivateKeyError(f"The private key is damaged: it holds {what} a key cannot have.", _AGAIN) from None
    length = _announced_length(data)
    if length is None or len(data) != length:
        had = f" {len(data)} of {length} bytes are there." if length and len(data) < length else ""
        raise PrivateKeyError(f"The private key is cut off or damaged.{had}", _AGAIN)
    lines = [packed[start : start + 64] for start in range(0, len(packed), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _announced_length(data: bytes) -> int | None:
    """How many bytes the key says it has (DER: a sequence starts with 0x30 and its length), None if it is not a key."""
    if len(data) < 4 or data[0] != 0x30:
        return None
    if data[1] < 0x80:
        return 2 + data[1]
    size = data[1] & 0x7F
    return 2 + size + int.from_bytes(data[2 : 2 + size], "big") if size <= 4 else None


def make_jwt(application_id: str, key: RSAPrivateKey, *, now: float | None = None, ttl: int = 900) -> str:
    """A fresh token that proves you hold the application's private key; valid for ``ttl`` seconds from ``now``.

    Claims: ``application_id``, ``iat`` (issued at), ``jti`` (unique id), ``exp`` (expiry), times in seconds since 1970.
    Vonage takes 30 s to 24 h and assumes 15 minutes if ``exp`` is missing (Vonage, Authentication guide).
    """
    import jwt

    issued = int(time.time() if now is None else now)
    claims = {"application_id": application_id, "iat": issued, "jti": str(uuid.uuid4()), "exp": issued + ttl}
    return jwt.encode(claims, key, algorithm="RS256")


class TokenError(KitError):
    """A text is not a JSON Web Token."""


def decode_jwt(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, as anybody can read them. Nothing is verified: a token is signed, not secret writing."""
    import jwt

    try:
        parts = jwt.api_jwt.decode_complete(token.strip(), options={"verify_signature": False})
    except jwt.InvalidTokenError:
        cure = "A token has three parts with dots between them: header.claims.signature"
        raise TokenError("This is not a JSON Web Token.", cure) from None
    return parts["header"], parts["payload"]


def verify_jwt(token: str, public_key: str) -> bool:
    """Whether the token was signed by the private key that belongs to this public key (PEM text); expiry aside."""
    import jwt

    try:
        jwt.decode(
            token,
            public_key,
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidTokenError:
        return False
    except (jwt.InvalidKeyError, ValueError):
        raise KitError("This is not a public key.", "It starts with -----BEGIN PUBLIC KEY-----") from None
    return True


def token_faults(header: dict[str, Any], claims: dict[str, Any], *, now: float, application_id: str = "") -> list[str]:
    """Why Vonage would answer 401 to a token at this moment; each reason gives the same 401, so look at all of them."""
    faults = [f"{name} is missing" for name in ("application_id", "iat", "jti") if not claims.get(name)]
    if header.get("alg") != "RS256":
        faults.append(f"alg is {header.get('alg')}: only RS256 is accepted")
    if application_id and claims.get("application_id") not in (None, application_id):
        faults.append("application_id is another application than the one meant")
    issued, expiry = claims.get("iat"), claims.get("exp")
    if issued and not isinstance(issued, int | float):
        faults.append("iat is not a number")
    elif isinstance(issued, int | float):
        end = expiry if isinstance(expiry, int | float) else issued + DEFAULT_LIFE
        if issued > now + 1:
            faults.append(f"iat is {issued - now:.0f} s in the future: is this computer's clock right?")
        if end <= now:
            faults.append(f"it expired {now - end:.0f} s ago: make a fresh one for each request")
        if end - issued > LONGEST_LIFE:
            faults.append("exp is more than 24 hours after iat")
    return faults
