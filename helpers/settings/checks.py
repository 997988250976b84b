"""What may stand in each setting, and the sentence that says so when something else does."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..base.addresses import kind_of
from ..base.errors import KitError
from ..base.hosts import host_of, is_here
from ..base.text import unseen_in
from ..base.web import fault_of

MODES = ("simulated", "live")

# The setting and the line of .env it comes from.
VARIABLES = {
    "mode": "VOICE_MODE",
    "api_key": "VONAGE_API_KEY",
    "api_secret": "VONAGE_API_SECRET",
    "signature_secret": "VONAGE_SIGNATURE_SECRET",
    "application_id": "VONAGE_APPLICATION_ID",
    "private_key": "VONAGE_PRIVATE_KEY",
    "number": "VONAGE_NUMBER",
    "my_number": "MY_NUMBER",
    "api_url": "VONAGE_API_URL",
    "ngrok_authtoken": "NGROK_AUTHTOKEN",
    "public_url": "PUBLIC_URL",
    "live_numbers": "LIVE_NUMBERS",
    "live_urls": "LIVE_URLS",
    "live_budget": "LIVE_BUDGET",
    "live_calls_at_once": "LIVE_CALLS_AT_ONCE",
    "live_calls_a_minute": "LIVE_CALLS_A_MINUTE",
    "simulator_url": "SIMULATOR_URL",
    "simulator_token": "SIMULATOR_TOKEN",
    "class_url": "CLASS_URL",
    "class_token": "CLASS_TOKEN",
    "pace": "SIMULATOR_PACE",
    "state": "SIMULATOR_STATE",
}
# What belongs to one account and must never reach the other world.
CREDENTIALS = ("api_key", "api_secret", "signature_secret", "application_id", "private_key", "number")
# What is read in live mode only: the above, and what would let a simulated lesson call a real phone or host.
LIVE_ONLY = (*CREDENTIALS, "api_url", "my_number", "live_numbers", "live_urls", "live_budget", "live_calls_at_once",
             "live_calls_a_minute")  # fmt: skip
VONAGE_DOMAINS = (".nexmo.com", ".vonage.com")
SECRETS = ("api_secret", "signature_secret", "private_key", "ngrok_authtoken", "simulator_token", "class_token")

WHERE = {
    "api_key": "It stands on the first page of the Vonage dashboard, https://dashboard.nexmo.com",
    "api_secret": "It stands beside the API key on the first page of the Vonage dashboard, https://dashboard.nexmo.com",
    "signature_secret": "It is in the Vonage dashboard under Settings. It is not the API secret",
    "application_id": "Lesson 05 creates an application; those you have are in the Vonage dashboard under Applications",
    "private_key": "Vonage shows it once, when the application is created (lesson 05) or its key is renewed in the "
    "dashboard under Applications",
    "number": "Lesson 01 rents one; those you have are in the Vonage dashboard under Numbers > Your numbers",
    "my_number": "It is the phone the lessons call: your own, or one whose owner agrees",
    "ngrok_authtoken": "It is in the ngrok dashboard, https://dashboard.ngrok.com, under Your Authtoken",
    "public_url": "It is the address under which the internet reaches your server, without a path",
}
EXAMPLES = {
    "application_id": "00000000-0000-0000-0000-000000000000",
    "private_key": "private.key",
    "number": "447700900000",
    "my_number": "447700900001",
    "public_url": "https://your-name.example",
    "live_numbers": "447700900002,sip:reception@sip.example.com",
    "live_urls": "https://your-name.example/answer",
    "live_budget": "5",
}


def check_all(texts: Mapping[str, str], folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The usable values, and a sentence for each that is not usable."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, text in texts.items():
        # In a key such a character is dropped, and in the name of a file it may be meant.
        if name not in ("private_key", "state") and (hidden := unseen_in(text)):
            problems[name] = f"{VARIABLES[name]}: it holds {hidden}, which nobody sees. Type this value anew."
            continue
        try:
            values[name] = _CHECKS[name](text, folder) if name in _CHECKS and (text or name in _NEEDED) else text
        except (KitError, ValueError) as error:
            problems[name] = f"{VARIABLES[name]}: {error}"
    return values, problems


def _mode(text: str, folder: Path) -> str:
    if text not in MODES:
        raise ValueError(f"{text!r} is not a mode. Write simulated (no account, no cost) or live (the real Vonage).")
    return text


def _pace(text: str, folder: Path) -> str:
    try:
        pace = float(text)
    except ValueError:
        pace = 0.0
    if text != "stepped" and not (pace > 0 and math.isfinite(pace)):
        raise ValueError(f"{text!r} is not a pace. Write stepped, 1 (real time) or another number above 0, such as 20.")
    return text


def _url(text: str, folder: Path) -> str:
    fault = fault_of(text)
    parts, why = urlsplit("" if fault else text), f": it {fault.said}" if fault else ""
    if fault or parts.query or parts.fragment:
        raise ValueError(
            f"this is not a web address{why}. Write it with https:// and without ? or #, like https://name.example"
        )
    if parts.username or parts.password:
        raise ValueError("leave user name and password out of the address.")
    return text.rstrip("/")


def _api_url(text: str, folder: Path) -> str:
    url = _url(text, folder)
    if url.lower().startswith("http://") and not is_here(host_of(url)):
        raise ValueError("write https://: your API secret would travel unprotected.")
    return url


def _application_id(text: str, folder: Path) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        raise ValueError(
            f"an application id looks like {EXAMPLES['application_id']}, this one does not. {WHERE['application_id']}."
        )
    return text


def _number(text: str, folder: Path) -> str:
    from ..base.numbers import check_number

    return check_number(text)


def _numbers(text: str, folder: Path) -> tuple[str, ...]:
    """Numbers, and addresses as :mod:`helpers.base.addresses` knows them, or of a websocket."""
    found = _parts(text)
    for one in found:
        if re.match(r"wss?://", one):
            _url(f"http{one[2:]}", folder)
        elif ":" not in one:
            _number(one, folder)
        elif kind_of(one) is None:
            raise ValueError(
                f"{one!r} is not an address. Write 447700900002, sip:reception@sip.example.com, app:alice, vbc:101 or "
                "wss://socket.example.com, with commas between them."
            )
    return found


def _urls(text: str, folder: Path) -> tuple[str, ...]:
    return tuple(_url(one, folder) for one in _parts(text))


def _parts(text: str) -> tuple[str, ...]:
    if re.search(better := r";\s*(?=\d|wss?://|https?://|(?:sips?|app|vbc):)", text):
        raise ValueError(f"there are semicolons in it. Write commas: {re.sub(better, ',', text)}")
    return tuple(part for one in text.split(",") if (part := one.strip()))


def _euros(text: str, folder: Path) -> Decimal:
    try:
        euros = Decimal(text)
    except InvalidOperation:
        euros = Decimal("nan")
    if not euros.is_finite() or euros <= 0 or not re.fullmatch(r"[0-9.]+", text):
        raise ValueError(
            f"{text!r} is not an amount. Write euros with a point, like 5 or 0.50; leave the line out to spend nothing."
        )
    return euros


def _how_many(text: str, folder: Path) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise ValueError(f"{text!r} is not a number of calls. Write 1 or more, like 5.")
    return int(text)


def _private_key(text: str, folder: Path) -> str:
    from .keys import private_key_text

    return private_key_text(text, folder)


def _state(text: str, folder: Path) -> Path:
    from .keys import path_as_written

    if not text:
        raise ValueError("write the path of a file.")
    return folder / Path(path_as_written(text)).expanduser()


# These have no empty value.
_NEEDED = ("pace", "state", "live_numbers", "live_urls", "live_budget", "live_calls_at_once", "live_calls_a_minute")
_CHECKS: dict[str, Callable[[str, Path], Any]] = {
    "mode": _mode,
    "pace": _pace,
    "public_url": _url,
    "simulator_url": _url,
    "class_url": _url,
    "api_url": _api_url,
    "application_id": _application_id,
    "number": _number,
    "my_number": _number,
    "private_key": _private_key,
    "live_numbers": _numbers,
    "live_urls": _urls,
    "live_budget": _euros,
    "live_calls_at_once": _how_many,
    "live_calls_a_minute": _how_many,
    "state": _state,
}
