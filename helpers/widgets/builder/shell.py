"""The widget round a builder's page: it carries the page's parts to the browser, and what is done there back."""

from __future__ import annotations

from typing import Any

import traitlets

from ..shell import Shell, with_shared
from .page import PARTS, Page


class BuilderShell(Shell):
    """The parts as HTML; the browser's messages go to :meth:`Page.handle`. It knows nothing about NCCOs."""

    _esm, _css = with_shared("builder/builder.js"), with_shared("builder/builder.css")
    top = traitlets.Unicode().tag(sync=True)
    panel = traitlets.Unicode().tag(sync=True)
    cards = traitlets.Unicode().tag(sync=True)
    views = traitlets.Unicode().tag(sync=True)
    notes = traitlets.Unicode().tag(sync=True)
    small = traitlets.Bool().tag(sync=True)
    #: What only the view that asked is told: what gets the focus there, and what a screen reader says.
    news: traitlets.Dict[str, Any] = traitlets.Dict({"number": 0}).tag(sync=True)

    def __init__(self, page: Page) -> None:
        self._asking = ""
        super().__init__(page.handle, small=page.small, **{name: str(page.parts[name]) for name in PARTS})
        page.drawn = self._drawn

    def _received(self, widget: Any, message: Any, buffers: list[Any]) -> None:
        self._asking = str(message.get("view", "")) if isinstance(message, dict) else ""
        super()._received(widget, message, buffers)

    def _drawn(self, page: Page, reset: bool) -> None:
        focus, said = list(page.state.aims), page.state.said
        with self.hold_sync():
            for name in PARTS:
                setattr(self, name, str(page.parts[name]))
            if reset or focus or said:
                number = self.news["number"] + 1
                self.news = {"number": number, "view": self._asking, "focus": focus, "said": said, "reset": reset}
