"""What an application may look like: Application API 2.4.1."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from ...base.web import fault_of
from ..errors import problem
from ..timeouts import ANSWER_TIMEOUT, CONNECT_TIMEOUT, EVENT_TIMEOUT
from .regions import REGIONS

PAYLOAD = "https://developer.vonage.com/api-errors/application#payload-validation"
CAPABILITIES = ("voice", "rtc", "messages", "verify", "vbc", "video", "network_apis", "meetings")


@dataclass(frozen=True)
class Hook:
    """One webhook of the voice capability: its usual method, and how long Vonage may wait for it (seconds)."""

    method: str
    longest: float


@dataclass(frozen=True)
class Webhook:
    """Where Vonage calls you, how, and how long it waits (seconds)."""

    url: str
    method: str
    connect_timeout: float = CONNECT_TIMEOUT
    socket_timeout: float = EVENT_TIMEOUT


VOICE_HOOKS = {
    "answer_url": Hook("GET", ANSWER_TIMEOUT),
    "fallback_answer_url": Hook("GET", ANSWER_TIMEOUT),
    "event_url": Hook("POST", EVENT_TIMEOUT),
}


# The webhooks of the other products, and the methods each may have. They are kept and never called: this is Voice only.
OTHER_HOOKS: dict[str, dict[str, tuple[str, ...]]] = {
    "rtc": {"event_url": ("POST", "GET")},
    "messages": {"inbound_url": ("POST",), "status_url": ("POST",)},
    "verify": {"status_url": ("POST",)},
}
# What Vonage fills in when it is left out.
USUAL: dict[str, dict[str, Any]] = {
    "voice": {"signed_callbacks": True, "conversations_ttl": 48, "leg_persistence_time": 7},
    "rtc": {"signed_callbacks": True},
    "messages": {"version": "v1"},
}


def new_key_pair() -> tuple[str, str]:
    """Public and private key as PEM text: 2048 bit RSA, SPKI and PKCS#8, as Vonage hands them out."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public.decode(), private.decode()


def checked_name(body: dict[str, Any]) -> str:
    """The application's name, which must be there."""
    name = body.get("name")
    if name is None or name == "" or (isinstance(name, str) and not name.strip()):
        raise _invalid("name", "is required")
    if not isinstance(name, str):
        raise _invalid("name", "must be a string")
    return name


def checked_key(body: dict[str, Any]) -> str | None:
    """The public key the caller brings, or None."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    keys = body.get("keys") or {}
    if not isinstance(keys, dict):
        raise _invalid("keys", "must be an object")
    pem = keys.get("public_key")
    if pem is None:
        return None
    try:
        key = load_pem_public_key(str(pem).encode())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    # Tokens are RS256, for which anything under 2048 bits is not a key.
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise _invalid("keys.public_key", "must be a PEM encoded RSA public key of 2048 bits or more")
    return str(pem)


def checked_capabilities(body: dict[str, Any]) -> dict[str, Any]:
    """The capabilities with the defaults filled in."""
    capabilities = body.get("capabilities") or {}
    if not isinstance(capabilities, dict):
        raise _invalid("capabilities", "must be an object")
    for name in capabilities:
        if name not in CAPABILITIES:
            raise _invalid(f"capabilities.{name}", "is not a known capability")
    checked: dict[str, Any] = deepcopy(capabilities)
    for name, capability in checked.items():
        where = f"capabilities.{name}"
        if not isinstance(capability, dict):
            raise _invalid(where, "must be an object")
        if name == "voice":
            checked[name] = _voice(capability, where)
        elif name in OTHER_HOOKS:
            checked[name] = _other(capability, name, where)
        elif name == "vbc" and capability:
            raise _invalid(where, "must be an empty object")
    return checked


def checked_privacy(body: dict[str, Any]) -> dict[str, Any]:
    """The privacy settings with the default filled in."""
    privacy = body.get("privacy") or {}
    if not isinstance(privacy, dict):
        raise _invalid("privacy", "must be an object")
    _boolean(privacy, "improve_ai", "privacy")
    return {"improve_ai": True, **privacy}


def voice_hooks(application: dict[str, Any]) -> dict[str, Webhook | None]:
    """The voice webhooks of an application, ready to be called; None for one without an address."""
    stored = application["capabilities"].get("voice", {}).get("webhooks", {})
    hooks: dict[str, Webhook | None] = dict.fromkeys(VOICE_HOOKS)
    for name, hook in stored.items():
        if hook["address"]:
            hooks[name] = Webhook(
                hook["address"], hook["http_method"], hook["connect_timeout"] / 1000, hook["socket_timeout"] / 1000
            )
    return hooks


def _voice(voice: dict[str, Any], where: str) -> dict[str, Any]:
    _within(voice, "conversations_ttl", 1, 9000, where)
    _within(voice, "leg_persistence_time", 1, 31, where)
    _boolean(voice, "signed_callbacks", where)
    if voice.get("region") not in (None, *REGIONS):
        raise _invalid(f"{where}.region", f"must be one of: {', '.join(REGIONS)}")
    filled = {
        name: _hook(hook, VOICE_HOOKS.get(name), f"{where}.webhooks.{name}")
        for name, hook in _webhooks(voice, where).items()
    }
    return {"webhooks": filled, **USUAL["voice"], **{k: v for k, v in voice.items() if k != "webhooks"}}


def _other(capability: dict[str, Any], name: str, where: str) -> dict[str, Any]:
    known, filled = OTHER_HOOKS[name], dict[str, Any]()
    for hook_name, hook in _webhooks(capability, where).items():
        at = f"{where}.webhooks.{hook_name}"
        if hook_name not in known:
            raise _invalid(at, "is not a known webhook")
        if not isinstance(hook, dict):
            raise _invalid(at, "must be an object")
        filled[hook_name] = {**hook, **_address(hook, known[hook_name], at)}
    _boolean(capability, "signed_callbacks", where)
    shown = {"webhooks": filled} if "webhooks" in capability else {}
    return {**shown, **USUAL.get(name, {}), **{k: v for k, v in capability.items() if k != "webhooks"}}


def _webhooks(capability: dict[str, Any], where: str) -> dict[str, Any]:
    hooks = capability.get("webhooks") or {}
    if not isinstance(hooks, dict):
        raise _invalid(f"{where}.webhooks", "must be an object")
    return hooks


def _address(hook: dict[str, Any], methods: tuple[str, ...], where: str) -> dict[str, Any]:
    """Address and method of a webhook; the first of ``methods`` is the usual one."""
    address, method = hook.get("address", ""), hook.get("http_method", methods[0])
    fault = fault_of(address) if isinstance(address, str) else None
    if not isinstance(address, str) or (address and fault):
        raise _invalid(f"{where}.address", f"must be a URL: this one {fault.said}" if fault else "must be a URL")
    if method not in methods:
        raise _invalid(f"{where}.http_method", f"must be one of: {', '.join(sorted(methods))}")
    return {"address": address, "http_method": method}


def _hook(hook: Any, known: Hook | None, where: str) -> dict[str, Any]:
    if known is None:
        raise _invalid(where, "is not a known webhook")
    if not isinstance(hook, dict):
        raise _invalid(f"{where}.address", "must be a URL")
    called = _address(hook, ("GET", "POST") if known.method == "GET" else ("POST", "GET"), where)
    # `connection_timeout` is the name of 2021; both are taken, the present one is given back.
    connect, reply = round(1000 * CONNECT_TIMEOUT), round(1000 * known.longest)
    timeouts = {
        "connect_timeout": hook.get("connect_timeout", hook.get("connection_timeout", connect)),
        "socket_timeout": hook.get("socket_timeout", reply),
    }
    _within(timeouts, "connect_timeout", 300, connect, where)
    _within(timeouts, "socket_timeout", 1000, reply, where)
    return {**called, **timeouts}


def _within(body: dict[str, Any], name: str, low: int, high: int, where: str) -> None:
    value = body.get(name, low)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _invalid(f"{where}.{name}", f"must be between {low} and {high}")


def _boolean(body: dict[str, Any], name: str, where: str) -> None:
    if not isinstance(body.get(name, True), bool):
        raise _invalid(f"{where}.{name}", "must be true or false")


def _invalid(name: str, reason: str) -> Exception:
    return problem(400, kind=PAYLOAD, invalid=[{"name": name, "reason": reason}])
