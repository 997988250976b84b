"""The widget round a builder's page: it carries the page's parts to the browser, and what is done there back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from .page import PARTS, Page

_HERE = Path(__file__).parent


class Shell(anywidget.AnyWidget):
    """The parts as HTML; the browser's messages go to :meth:`Page.handle`. It knows nothing about NCCOs."""

    _esm = (_HERE / "builder.js").read_text("utf-8")
    _css = (_HERE / "builder.css").read_text("utf-8")
    top = traitlets.Unicode().tag(sync=True)
    panel = traitlets.Unicode().tag(sync=True)
    cards = traitlets.Unicode().tag(sync=True)
    views = traitlets.Unicode().tag(sync=True)
    notes = traitlets.Unicode().tag(sync=True)
    small = traitlets.Bool().tag(sync=True)
    #: What only the view that asked is told: what gets the focus there, and what a screen reader says.
    news: traitlets.Dict[str, Any] = traitlets.Dict({"number": 0}).tag(sync=True)

    def __init__(self, page: Page) -> None:
        self._page, self._asking = page, ""
        super().__init__(small=page.small, **{name: str(page.parts[name]) for name in PARTS})
        page.drawn = self._drawn
        self.on_msg(self._received)

    def _received(self, _: Any, message: Any, buffers: list[Any]) -> None:
        if isinstance(message, dict):
            self._asking = str(message.get("view", ""))
            self._page.handle(message, [bytes(one) for one in buffers])

    def _drawn(self, page: Page, reset: bool) -> None:
        focus, said = list(page.state.focus), page.state.said
        with self.hold_sync():
            for name in PARTS:
                setattr(self, name, str(page.parts[name]))
            if reset or focus or said:
                number = self.news["number"] + 1
                self.news = {"number": number, "view": self._asking, "focus": focus, "said": said, "reset": reset}

    def __repr__(self) -> str:
        return "<NCCO builder>"
