"""The kinds of value an NCCO option may hold: web addresses, phone numbers, levels, counts …

Each is a Python type with its range, and ``Says`` adds what a person is told about it. The form, the messages, the help
and the reference table all read that from the model, so that it is said in one place only.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, JsonValue, PlainSerializer
from pydantic_core import PydanticCustomError

from helpers.ncco.voices import languages


class Says:
    """Facts about a type that go into its JSON schema: ``expected`` (words), ``kind``, ``step``, ``suggest`` …"""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        schema = handler(core_schema)
        schema.update(self.facts)
        return schema


def _refuse(message: str, cure: str) -> PydanticCustomError:
    # The cure travels in the context: words.py puts the two together again.
    return PydanticCustomError("ncco", "{said}", {"said": message, "cure": cure})


def _template_left(text: str) -> None:
    if "{{" in text:
        raise _refuse("still holds a template placeholder", "Fill it in first: render_ncco(ncco, variables).")


def _web_address(text: str) -> str:
    _template_left(text)
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"]", text)
    except ValueError:
        good = False
    if good:
        return text
    if re.search(r"\s", text.strip()):
        raise _refuse("has a space in it", "Write a space as %20.")
    if re.match(r"[\w.-]+\.\w+(:\d+)?/", text):
        raise _refuse("has no http:// or https:// in front", f'Write "https://{text}".')
    raise _refuse(
        "is not a whole web address that starts with http:// or https://",
        'Write all of it, as in "https://example.com/path".',
    )


def _phone_number(text: str) -> str:
    _template_left(text)
    if re.fullmatch(r"[1-9][0-9]{6,14}", text):
        return text
    digits = re.sub(r"[^0-9]", "", text)
    international = digits[2:] if digits.startswith("00") else digits
    if re.search(r"[A-Za-z]", text):
        raise _refuse("has letters in it", 'Write digits only, like "447700900001".')
    if not 7 <= len(international) <= 15:
        raise _refuse(
            f"has {len(international)} digits; a phone number has 7 to 15",
            'Write country code and number, like "447700900001".',
        )
    if international.startswith("0"):
        raise _refuse(
            "starts with 0, so the country code is missing", 'Write it with country code, like "447700900001".'
        )
    raise _refuse(
        "must be digits only, country code first, without +, 00, spaces or dashes", f'Write "{international}".'
    )


def _address(*schemes: str) -> AfterValidator:
    wanted = " or ".join(f"{scheme}:" for scheme in schemes)

    def check(text: str) -> str:
        _template_left(text)
        if not re.match(rf"({'|'.join(schemes)}):\S+$", text):
            raise _refuse(f"does not start with {wanted}, or has a space in it", f"Start it with {wanted}")
        return text

    return AfterValidator(check)


def _plain(number: float) -> float | int:
    """1.0 goes out as 1, as a person would write it."""
    return int(number) if float(number).is_integer() else number


Flag = bool
Number = Annotated[float, Field(allow_inf_nan=False), PlainSerializer(_plain)]
Level = Annotated[Number, Field(ge=-1, le=1), Says(step=0.1, loose=True)]
Loop = Annotated[int, Field(ge=0), Says(loose=True)]
Url = Annotated[
    str,
    AfterValidator(_web_address),
    Says(kind="url", expected="a web address (http:// or https://)", pattern=r"^https?://[^\s<>\"]+$"),
]
OneUrl = Annotated[
    list[Url],
    Field(min_length=1, max_length=1),
    Says(kind="urls", expected="a list with exactly one web address (http:// or https://)"),
]
PhoneNumber = Annotated[
    str,
    AfterValidator(_phone_number),
    Says(expected="a phone number in quotes: 7 to 15 digits, country code first, no +", pattern="^[1-9][0-9]{6,14}$"),
]
SipUri = Annotated[
    str,
    _address("sips", "sip"),
    Field(max_length=50),
    Says(expected="a SIP address, 50 characters at most", pattern=r"^sips?:\S+$"),
]
WebsocketUri = Annotated[
    str, _address("wss", "ws"), Says(kind="url", expected="a ws: or wss: address", pattern=r"^wss?:\S+$")
]
Digits = Annotated[
    str, Field(pattern=r"^[0-9*#p]+$"), Says(expected="keys to press: 0-9, *, # and p (half a second's pause)")
]
Key = Annotated[str, Field(pattern=r"^[0-9*#]$"), Says(expected="one key: 0-9, * or #")]
Language = Annotated[str, Field(min_length=2), Says(suggest=languages(), expected="a language code such as en-GB")]
Uuids = Annotated[list[str], Says(expected="a list of leg uuids")]
Words = Annotated[list[str], Says(expected="a list of words or phrases")]
Free = Annotated[dict[str, JsonValue], Says(expected="an object, such as {…}")]
Method = Annotated[Literal["GET", "POST"], Says(expected='"GET" or "POST"')]
