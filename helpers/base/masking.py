"""Taking every secret out of a text before anybody sees it."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterable, Mapping

from .secret import living

_SECRET_NAME = r"(?:api_?key|api_?secret|signature_?secret|private_?key|auth_?token|access_token|password|secret)"
_NAMES = ("key", "secret", "token", "password")
# What a text must hold, in small letters, for a pattern to be tried; the pattern; what it leaves. Every pattern begins
# with a fixed word and looks no further than the next one like it: the time a text takes grows with its length only.
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    # A private key, whole or cut short, with real line ends or with the two characters \n.
    (
        ("-----begin ",),
        re.compile(
            r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)"
            r"(?:(?:(?!-----BEGIN ).)*?(-----END [A-Z ]*PRIVATE KEY-----)|(?:[A-Za-z0-9+/=\s…]|\\[nr])*)",
            re.DOTALL,
        ),
        r"\1…\2",
    ),
    # The Authorization header in any text: the scheme stays, because it is what a lesson talks about.
    (
        ("authorization",),
        re.compile(r"(Authorization[\"']?\s*[:=,]\s*b?[\"']?)(Bearer|Basic|Digest)\s+[^\s\"',}]+", re.IGNORECASE),
        r"\1\2 …",
    ),
    (("bearer",), re.compile(r"\b(Bearer)\s+[\w.~+/=-]{16,}", re.IGNORECASE), r"\1 …"),
    # JSON, and Python as a traceback prints it: "api_secret": "abc", api_secret='abc', also JSON inside a string.
    (
        _NAMES,
        re.compile(
            rf"({_SECRET_NAME}(?:\\?[\"'])?\s*(?::|=(?!=))\s*b?(\\?[\"']))(?:(?!\2)(?:\\.|[^\\]))*(\2)", re.I | re.S
        ),
        r"\1…\3",
    ),
    # Query strings and forms (api_secret=abc&…) and bare JSON numbers.
    (_NAMES, re.compile(rf"({_SECRET_NAME}=)(?!=)[^&\s\"'#;…]+", re.IGNORECASE), r"\1…"),
    (_NAMES, re.compile(rf"({_SECRET_NAME}\"\s*:\s*)-?\d[\d.]*", re.IGNORECASE), r'\1"…"'),
    # A password in a URL.
    (("://",), re.compile(r"(://[^/\s:@]+):[^/\s@]+@"), r"\1:…@"),
)
# The text of a private key, with real line ends or the two characters \n, and not what a sentence says about one.
_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(?:\s|\\[nr])*[A-Za-z0-9+/=]{16,}(?:[A-Za-z0-9+/=\s]|\\[nr])*")
# A JSON Web Token: header and payload start with {" which is eyJ in base64url.
_WORDS = re.compile(r"[\w-]+(?:\.[\w-]*)*")
_TOKEN = re.compile(r"eyJ[\w-]{5,}\.eyJ[\w-]*(?:\.[\w-]*)?")


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The same text without anything that could be used to act for the account: ``…`` stands in its place.

    Taken out are credentials in ``Authorization``, private keys, tokens, and the values of ``api_key``, ``api_secret``,
    ``signature_secret`` and their like in queries, forms, JSON and Python source. ``secrets`` are further values to
    take out wherever they stand, as are those that this process holds. JSON stays JSON.
    """
    text = mask_values(text, secrets)
    if "eyJ" in text:
        text = _WORDS.sub(lambda word: _TOKEN.sub("…", word[0]) if ".eyJ" in word[0] else word[0], text)
    small = text.lower()
    for needed, pattern, replacement in _PATTERNS:
        if any(word in small for word in needed):
            text = pattern.sub(replacement, text)
    return text


def mask_values(text: str, secrets: Iterable[str] = ()) -> str:
    """The same text without what is known to be a secret, and without private keys; all other words stay."""
    for secret in (*secrets, *living()):
        if secret:
            text = text.replace(secret, "…")
    return _KEY.sub(r"\1…", text) if "-----BEGIN " in text else text


def mask_logs(name: str) -> None:
    """Take secrets out of what another library's logger says, the texts of errors included."""
    logging.getLogger(name).addFilter(_mask_record)


def _mask_record(record: logging.LogRecord) -> bool:
    record.msg, record.args = mask(record.getMessage()), ()
    if record.exc_info:
        record.exc_text = mask("".join(traceback.format_exception(*record.exc_info)))
        record.exc_info = None
    return True


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The same headers; of ``Authorization`` and the like only the scheme is left, of cookies nothing."""
    masked = {}
    for name, value in headers.items():
        if name.lower() in ("authorization", "proxy-authorization"):
            scheme, _, credentials = value.partition(" ")
            masked[name] = f"{scheme} …" if credentials else "…"
        elif name.lower() in ("cookie", "set-cookie"):
            masked[name] = "…"
        else:
            masked[name] = mask(value)
    return masked
