"""The widget round a phone: carries what it shows and what it sounds like to the browser, and clicks back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from ..clicks import answer_while_busy

_HERE = Path(__file__).parent

Message = dict[str, Any]


class PhoneShell(anywidget.AnyWidget):
    """``shown`` is what ``phone.js`` puts into the page; every message of the browser goes to ``received``."""

    _esm = (_HERE / "phone.js").read_text("utf-8")
    _css = (_HERE / "phone.css").read_text("utf-8")
    page = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)

    def __init__(self, page: str, shown: Message, received: Callable[[Message], None]) -> None:
        super().__init__(page=page, shown=shown)
        self.received = received
        self.on_msg(self._received)
        answer_while_busy(self)

    def _received(self, _: Any, message: Any, buffers: list[Any]) -> None:
        if isinstance(message, dict):
            self.received(message)

    def __repr__(self) -> str:
        return "<phone>"
