"""What a lesson hands to the kit: taken in every form that can be meant, with an error that helps for the rest."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ..base.addresses import FORMS, kind_of, plain
from ..base.errors import KitError
from ..base.numbers import NumberError, e164
from ..base.text import did_you_mean
from .record import Record
from .statuses import BESIDE, LIVE, OVER

# What kit.wait_for can wait for: every status, and "over" for the end, whichever it is.
STATUSES = (*LIVE, *OVER, *BESIDE, "over")


class ArgumentError(KitError):
    """A cell gave the kit something it cannot work with."""


def uuid_of(call: Any) -> str:
    """The uuid of a call, however it is given: as text, as the reply that created it, as an event, as a record."""
    if isinstance(call, Record):
        return call.uuid
    uuid = call
    if isinstance(call, Mapping):
        uuid = call.get("uuid") or call.get("call_uuid") or call.get("conversation_uuid")
    if not isinstance(uuid, str) or not re.fullmatch(r"(?=.*[0-9])[\w-]+", uuid):
        named = isinstance(call, str) and call.isidentifier()
        bare = f" If {call} is the name of one, leave the quotes away." if named else ""
        cure = f"Give the reply of kit.vonage.create_call, or the uuid in it or in an event.{bare}"
        raise ArgumentError(f"{call!r} is not a call.", cure)
    return uuid


def seconds_of(value: Any) -> float:
    """A number of seconds that can be waited."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:
        raise ArgumentError(f"{value!r} is not a number of seconds.", "Use 0 or more, without quotes: kit.wait(5).")
    return float(value)


def status_of(value: Any) -> str:
    """A status that a call can have, or ``over``."""
    if value not in STATUSES:
        raise ArgumentError(
            f"A call never has the status {value!r}.",
            f"Wait for one of: {', '.join(STATUSES)}.{did_you_mean(value, STATUSES)}",
        )
    return str(value)


def dialled(number: Any) -> str:
    """A number as it is dialled: digits only. A number that was written without quotes is taken as well."""
    text = str(number) if isinstance(number, int) and not isinstance(number, bool) else number
    if not isinstance(text, str) or kind_of(text) != "phone":
        raise ArgumentError(
            f"{number!r} is not a number a phone can have.",
            _in_digits(text, 'Use digits only, in quotes: "447700900001".'),
        )
    return text


def addressed(address: Any) -> str:
    """What a phone can be reached under: a number, as it is dialled, or an address such as ``app:alice``."""
    text = str(address) if isinstance(address, int) and not isinstance(address, bool) else address
    text = plain(text) if isinstance(text, str) else text
    if kind_of(text) is None:
        cure = _in_digits(text, FORMS)
        raise ArgumentError(f"{address!r} is not a number a phone can have, nor another address.", cure)
    return str(text)


def _in_digits(text: Any, otherwise: str) -> str:
    """How a number is written: this one, if it can be told, and else any."""
    try:
        return f'Write "{e164(text)}".'
    except NumberError as error:
        return error.cure if str(text).startswith("0") else otherwise
