"""The kinds of value an NCCO option may hold: web addresses, phone numbers, levels, counts …

Each is a Python type with its range, and ``Says`` adds what a person is told about it. The form, the messages, the help
and the reference table all read that from the model, so that it is said in one place only.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue
from pydantic_core import PydanticCustomError

from ...base.numbers import E164
from ...base.text import as_seen, unseen_in
from ...base.web import Fault, fault_of
from .voices import languages


class Says:
    """Facts about a type that go into its JSON schema: ``expected`` (words), ``kind``, ``step``, ``unit`` …"""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> Any:
        schema = handler(core_schema)
        schema.update(self.facts)
        return schema


def refuse(message: str, cure: str, rule: str, better: str | None = None) -> PydanticCustomError:
    """What a validator raises. ``better`` is the value that was certainly meant."""
    # All of it travels in the context: words.py puts the two together again.
    return PydanticCustomError("ncco", "{said}", {"said": message, "cure": cure, "rule": rule, "better": better})


# The rules that an address can break, by the kind of its fault.
_RULES = {
    "empty": "empty-address",
    "relative": "relative-address",
    "scheme": "wrong-scheme",
    "placeholder": "placeholder-left",
    "malformed": "malformed-address",
}


def _web_address(text: str) -> str:
    if fault := fault_of(text):
        raise _refused(fault)
    return text


def _refused(fault: Fault) -> PydanticCustomError:
    return refuse(fault.said, fault.cure, _RULES[fault.kind], fault.better or None)


_NO_DIGITS = bytes({*range(128)} - {*b"0123456789"})


def phone_number(text: str) -> str:
    """The same text if it is a number in E.164 form. Raises what a validator raises."""
    if E164.fullmatch(text):
        return text
    digits = text.encode("ascii", "ignore").translate(None, _NO_DIGITS).decode()
    international = digits[2:] if digits.startswith("00") else digits
    better: str | None = None
    if re.search(r"[A-Za-z]", text):
        said, cure = "has letters in it", 'Write digits only, like "447700900001".'
    elif not 7 <= len(international) <= 15:
        said = f"has {len(international)} digits; a phone number has 7 to 15"
        cure = 'Write country code and number, like "447700900001".'
    elif international.startswith("0"):
        said = "starts with 0, so the country code is missing"
        cure = 'Write it with country code, like "447700900001".'
    else:
        better, hidden = _international(text), unseen_in(text)
        said = "must be digits only, country code first, without +, 00, spaces or dashes"
        said = f"holds {hidden}, which nobody sees" if hidden else said
        cure = f'Write "{better or international}".'
    raise refuse(said, cure, "phone-number", better)


def _international(text: str) -> str | None:
    # It loads the numbering plans of the world: only for a number that is wrong.
    from ...base.numbers import NumberError, e164

    try:
        return e164(text)
    except NumberError:
        return None


def _address(*schemes: str) -> AfterValidator:
    wanted = " or ".join(f"{scheme}:" for scheme in schemes)

    def check(text: str) -> str:
        plain, hidden = as_seen(text).strip(), unseen_in(text)
        if hidden:
            raise refuse(f"holds {hidden}, which nobody sees", "Take it out.", "malformed-address", plain)
        if not re.fullmatch(rf"(?i)({'|'.join(schemes)}):[^\s\x00-\x1f\ud800-\udfff]+", text):
            said = f"does not start with {wanted}, or has a space in it"
            raise refuse(said, f"Start it with {wanted}", "wrong-scheme", _with_scheme(plain, schemes))
        if "ws" in schemes and (fault := fault_of(f"http{text[2:]}")):  # its host is judged as any other
            raise _refused(fault._replace(better=fault.better and text[:2] + fault.better[4:]))
        return text

    return AfterValidator(check)


def _with_scheme(text: str, schemes: tuple[str, ...]) -> str | None:
    """The address with the scheme that was certainly meant: wss for https, sip for a bare name@host."""
    if "wss" in schemes and re.match(r"(?i)https?://\S+$", text):
        return f"ws{text[4:]}"
    if "sip" in schemes and re.fullmatch(r"[\w.+-]+@[\w.-]+", text):
        return f"sip:{text}"
    return text if re.match(rf"({'|'.join(schemes)}):\S+$", text) else None


Flag = bool
Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[Number, Says(unit="s")]
WholeSeconds = Annotated[int, Says(unit="s")]
Level = Annotated[Number, Field(ge=-1, le=1), Says(step=0.1)]
Loop = Annotated[int, Field(ge=0), Says(unit="times")]
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
CALLER = Says(expected="a phone number in quotes: 7 to 15 digits, country code first, no +")
PhoneNumber = Annotated[
    str,
    AfterValidator(phone_number),
    CALLER,
    Says(pattern=f"^{E164.pattern}$"),
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
