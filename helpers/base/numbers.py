"""Telephone numbers the way the API wants them: E.164 without the plus, like 447700900001."""

from __future__ import annotations

import re

from .errors import KitError
from .text import as_seen, unseen_in

EXAMPLE = "447700900001"
#: What the API takes as a number: digits only, no +, no 00, no spaces (numbers guide, Voice API definition).
E164 = re.compile(r"[1-9][0-9]{6,14}")


class NumberError(KitError):
    """A text is not a number the API takes. ``.corrected`` is the number in the right form, ``""`` if unknown."""

    corrected: str


def check_number(text: str) -> str:
    """The same text if it is a number as the API takes it (country code first, digits only, 7 to 15 of them).

    Otherwise raises NumberError, whose cure shows the right form where it can be told. Source: Vonage, Numbers guide.
    """
    text = str(text)
    fault = _fault(text)
    if fault:
        corrected = _corrected(text)
        raise NumberError(f"{text!r} {fault}.", _cure(text, corrected), corrected=corrected)
    return text


def e164(text: str, region: str | None = None) -> str:
    """The number as the API takes it, from the way people write it: ``e164("+44 7700 900001")`` is ``447700900001``.

    A number with a leading 0 needs the country it is dialled in: ``e164("07700 900001", "GB")``. Characters that nobody
    sees, as copying brings them along, are dropped. Raises NumberError.
    """
    text = as_seen(str(text)).strip()
    return check_number(_corrected(text, region and country_code(region)) or text)


def country_code(code: str) -> str:
    """The same country, as the API writes it (ISO 3166: two letters). Raises NumberError."""
    import phonenumbers

    if str(code).upper() not in phonenumbers.SUPPORTED_REGIONS:
        cure = "Write its two letters, like GB for the United Kingdom, US, DE or FR."
        raise NumberError(f"{code!r} is not the code of a country.", cure, corrected="")
    return code.upper()


def country_of(number: str) -> str:
    """The country whose code a number (see :func:`check_number`) begins with, the largest if there are many: ``GB``."""
    import phonenumbers

    return phonenumbers.region_code_for_country_code(phonenumbers.parse(f"+{number}").country_code or 0)


def _fault(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    if not text.strip():
        return "is empty"
    if not digits.isascii():
        return "has digits of another script"
    if re.search(r"[^\W\d_]", text):
        return "has letters in it"
    if hidden := unseen_in(text):
        return f"holds {hidden}, which nobody sees"
    if text.startswith("+"):
        return "starts with +, which the API does not want"
    if text != digits:
        return "has other characters than digits in it"
    if text.startswith("00"):
        return "starts with 00, the prefix for dialling abroad"
    if text.startswith("0"):
        return "starts with 0: the country code is missing"
    if len(text) < 7:
        return f"is too short: {len(text)} digits"
    if len(text) > 15:
        return f"is too long: {len(text)} digits, and 15 are the most"
    return _country_fault(text)


def _country_fault(digits: str) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return "starts with a country code that does not exist"
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason in (phonenumbers.ValidationResult.TOO_SHORT, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return f"is too short for country code {number.country_code}"
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        return f"is too long for country code {number.country_code}"
    return ""


def _corrected(text: str, region: str | None = None) -> str:
    """The number in the right form, or "" if it cannot be told."""
    import phonenumbers

    text = as_seen(text)
    if re.search(r"[^\W\d_]", text) or not text.isascii():
        return ""
    plain = re.sub(r"^\s*00", "+", text)
    if not plain.lstrip(" (").startswith("+") and not plain.lstrip(" (").startswith("0") and not region:
        plain = f"+{plain}"
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return ""
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]


def _cure(text: str, corrected: str) -> str:
    if corrected:
        return f"Write {corrected}."
    british = _corrected(text, "GB") if text.lstrip(" (").startswith("0") else ""
    if british:
        return f"Put the country code in place of the 0: if it is a British number, write {british}."
    return f"Write country code and number, digits only, like {EXAMPLE}."
