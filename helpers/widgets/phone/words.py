"""A phone in words: its number, how it behaves, and what stands for it where no kernel runs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import phonenumbers

from ...base.text import one_line

if TYPE_CHECKING:
    from .widget import PhoneWidget

BEHAVIOURS = {
    "answers": "answers by itself after {after:g} s",
    "declines": "declines by itself after {after:g} s",
    "rings_out": "is not answered",
    "voicemail": "is an answering machine, which answers after {after:g} s",
    "scripted": "follows its script",
    "manual": "waits for somebody to answer",
    "busy": "is engaged",
    "out_of_service": "is out of service",
    "unreachable": "is switched off",
    "no_such_number": "is a number that nobody has",
    "blocked": "is where no call gets through",
}


def behaviour_in_words(settings: dict[str, Any]) -> str:
    """What a phone does when it is called: ``answers by itself after 2 s``."""
    return BEHAVIOURS.get(settings["behaviour"], "acts by itself").format(after=settings.get("after", 0))


def shown_number(address: str) -> str:
    """``+44 7700 900001`` for ``447700900001``; anything else as it is."""
    if not address.isdecimal():
        return one_line(address, 60)
    try:
        number = phonenumbers.parse(f"+{address}")
    except phonenumbers.NumberParseException:
        return address
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def as_html(text: str) -> str:
    """The words of a phone, for where no kernel runs."""
    return f'<pre style="white-space:pre-wrap">☎ {escape(text)}</pre>'


class SideBySide:
    """Several phones in one row, or below each other where there is no room."""

    def __init__(self, phones: list[PhoneWidget]) -> None:
        self.phones = phones

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.phones))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        import ipywidgets

        text = repr(self)
        row = ipywidgets.HBox([phone.widget for phone in self.phones])
        row.add_class("kit-phones")
        live = row._repr_mimebundle_()
        return {**dict(live or {}), "text/plain": text, "text/html": as_html(text)}
