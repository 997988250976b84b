"""What a handset can be reached under: a phone number, an app user, a SIP address, an extension."""

from __future__ import annotations

import re
from typing import Any

# Lengths: E.164 for numbers, the Voice API's 50 characters for a SIP address; the other two are the kit's choice.
KINDS = {
    "phone": re.compile(r"[1-9][0-9]{2,14}"),
    "app": re.compile(r"app:[^\s/?#]{1,64}"),
    "sip": re.compile(r"(?=.{1,50}$)sips?:[^\s@/?#;]+@[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?"),
    "vbc": re.compile(r"vbc:[0-9]{1,10}"),
}
FORMS = (
    'Use digits only, as in "447700900001", or "app:alice" for an app user, "sip:reception@sip.example.com" for a SIP '
    'address, "vbc:1234" for an extension.'
)


def kind_of(address: Any) -> str | None:
    """``"phone"``, ``"app"``, ``"sip"`` or ``"vbc"``; None for what is not an address at all."""
    if not isinstance(address, str):
        return None
    return next((kind for kind, form in KINDS.items() if form.fullmatch(address)), None)


def plain(address: str) -> str:
    """A SIP address without its parameters (``;transport=tls``): they say how to get there, not who it is."""
    scheme, _, rest = address.partition(":")
    return f"{scheme.lower()}:{rest.partition(';')[0]}" if scheme.lower() in ("sip", "sips") else address
