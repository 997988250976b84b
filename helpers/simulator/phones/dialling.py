"""What a handset says when it dials: a number; from a SIP address header fields, from an app data of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ...base.addresses import kind_of
from .scripts import HandsetError

if TYPE_CHECKING:
    from ..legs.leg import Leg
    from ..legs.network import Network

USER_TO_USER = "User-to-User"
LONGEST_HEADER = 256  # characters of User-to-User (NCCO reference); taken for the others too
ONLY = {"headers": "sip", "custom_data": "app", "application_id": "app"}
WHO = {"phone": "a phone number", "app": "an app user", "sip": "a SIP address", "vbc": "an extension"}


def dial(network: Network, address: str, body: dict[str, Any]) -> Leg:
    """Let the handset at ``address`` dial what ``body`` says: to, headers, custom_data, application_id."""
    _check_caller(address, body)
    application_id, custom_data = body.get("application_id") or "", body.get("custom_data")
    if not isinstance(application_id, str):
        raise HandsetError(f"{application_id!r} is not the id of an application.", "It is the text Vonage calls id.")
    to = "" if application_id and "to" not in body else checked_number(body.get("to"))
    if custom_data is not None and not isinstance(custom_data, dict):
        raise HandsetError(f"custom_data is an object, not {custom_data!r}.", "Write for example {'order': 17}.")
    headers = _checked_headers(body.get("headers") or {})
    if application_id and application_id not in network.account.applications:
        raise HandsetError(
            f"There is no application {application_id!r}.", "GET /v2/applications lists them with their ids."
        )
    kept = {name: text for name, text in headers.items() if not name.lower().startswith("x-nexmo")}
    leg = network.dial(address, to, headers=kept, custom_data=custom_data, application_id=application_id)
    for name in headers:
        if name not in kept:
            network.note(leg, "note", text=f"The SIP header {name} is not forwarded: no X-Nexmo header is.")
    return leg


def _check_caller(address: str, body: dict[str, Any]) -> None:
    """Is what ``body`` names something that the handset at ``address`` can dial with?"""
    kind = kind_of(address)
    if unknown := set(body) - {"to", *ONLY}:
        raise HandsetError(
            f"A phone cannot dial with {', '.join(sorted(unknown))}.", f"It can dial with to, {', '.join(ONLY)}."
        )
    for name, owner in ONLY.items():
        if body.get(name) is not None and kind != owner:
            raise HandsetError(
                f"{address} is not {WHO[owner]}, so it cannot dial with {name}.",
                f"Leave {name} out, or let {WHO[owner]} dial.",
            )


def checked_number(number: Any) -> str:
    """A number as it is dialled: digits only."""
    if not isinstance(number, str) or kind_of(number) != "phone":
        raise HandsetError(f"{number!r} is not a number a phone can dial.", "Use digits only, as in 447700900001.")
    return number


def _checked_headers(headers: Any) -> dict[str, str]:
    if not isinstance(headers, dict):
        raise HandsetError(f"headers is an object, not {headers!r}.", "Write for example {'X-Customer': '17'}.")
    for name, text in headers.items():
        if name != USER_TO_USER and not re.fullmatch(r"[Xx]-[A-Za-z0-9-]+", name):
            raise HandsetError(
                f"A SIP caller cannot send the header {name!r}.", f"Names begin with X-, or use {USER_TO_USER}."
            )
        if not isinstance(text, str) or not re.fullmatch(rf"[^\r\n]{{0,{LONGEST_HEADER}}}", text):
            raise HandsetError(
                f"The header {name} cannot be {text!r}.", f"Use text of one line, {LONGEST_HEADER} characters at most."
            )
    return dict(headers)
