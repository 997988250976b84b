"""Telephone numbers: what the API takes, and what to write instead."""

from __future__ import annotations

import pytest

from helpers.base.numbers import NumberError, check_number, e164


@pytest.mark.parametrize("number", ["447700900001", "12025550100", "33199000000"])
def test_good_numbers_pass_as_they_are(number: str) -> None:
    assert check_number(number) == e164(number) == number


@pytest.mark.parametrize(
    ("text", "fault", "cure"),
    [
        ("+447700900001", "starts with +", "Write 447700900001."),
        ("44 7700 900001", "other characters than digits", "Write 447700900001."),
        (" 447700900001", "other characters than digits", "Write 447700900001."),
        ("+44 (0)7700 900001", "starts with +", "Write 447700900001."),
        ("1-202-555-0100", "other characters", "Write 12025550100."),
        ("00447700900001", "starts with 00", "Write 447700900001."),
        ("07700900001", "country code is missing", "if it is a British number, write 447700900001."),
        ("07700 900001", "other characters", "if it is a British number, write 447700900001."),
        ("4477009OOOO1", "letters", "digits only, like 447700900001."),
        ("12345", "too short: 5 digits", "like 447700900001."),
        ("44770090", "too short for country code 44", "like 447700900001."),
        ("4477009000011111", "too long: 16 digits", "like 447700900001."),
        ("44770090000111", "too long for country code 44", "like 447700900001."),
        ("99912345678", "country code that does not exist", "like 447700900001."),
        ("", "is empty", "like 447700900001."),
        ("+", "starts with +", "like 447700900001."),
        ("44770090\u200b0001", "holds U+200B (zero width space)", "Write 447700900001."),
        ("44\u00a07700\u00a0900001", "holds U+00A0 (no-break space)", "Write 447700900001."),
        ("\u202d+447700900001\u202c", "holds U+202D (left-to-right override)", "Write 447700900001."),
        ("٤٤٧٧٠٠٩٠٠٠٠١", "digits of another script", "like 447700900001."),
    ],
)
def test_bad_numbers_are_refused_with_the_right_form(text: str, fault: str, cure: str) -> None:
    with pytest.raises(NumberError) as error:
        check_number(text)
    assert fault in error.value.message
    assert error.value.cure.endswith(cure)


def test_corrected_is_kept_for_programs() -> None:
    with pytest.raises(NumberError) as error:
        check_number("+44 7700 900001")
    assert error.value.corrected == "447700900001"


@pytest.mark.parametrize(
    "text",
    ["+44 7700 900001", "0044 7700-900001", "(+44) 7700 900001", "44 7700 900001", "44770090\u200b0001",
     "\u202d+44\u00a07700\u2009900001\u202c", "\ufeff447700900001", "4477\u00ad00900001"],
)  # fmt: skip
def test_e164_takes_what_people_write(text: str) -> None:
    assert e164(text) == "447700900001"


def test_e164_needs_the_country_for_a_leading_zero() -> None:
    assert e164("07700 900001", "GB") == "447700900001"
    assert e164("(202) 555-0100", "US") == "12025550100"
    with pytest.raises(NumberError, match="if it is a British number"):
        e164("07700 900001")


@pytest.mark.parametrize("text", ["", "hello", "07700", "+++"])
def test_e164_refuses_what_it_cannot_read(text: str) -> None:
    with pytest.raises(NumberError):
        e164(text, "GB")
