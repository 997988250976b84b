"""Settings: the mode, the credentials and ``.env``; keys, and the tokens that they sign."""

from __future__ import annotations

from .keys import PrivateKeyError, decode_jwt, load_private_key, make_jwt, token_faults, verify_jwt
from .settings import Settings, SettingsError, load_settings

__all__ = [
    "PrivateKeyError",
    "Settings",
    "SettingsError",
    "decode_jwt",
    "load_private_key",
    "load_settings",
    "make_jwt",
    "token_faults",
    "verify_jwt",
]
