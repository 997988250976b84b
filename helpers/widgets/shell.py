"""What every widget of the kit is: a script and looks of its own, and a line on which the browser's messages come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget

_HERE = Path(__file__).parent


class Shell(anywidget.AnyWidget):
    """A widget that knows nothing of what it shows. Each message of the page goes to ``received``, with its files."""

    answers_while_busy = False

    def __init__(self, received: Callable[[dict[str, Any], list[bytes]], object], **traits: Any) -> None:
        super().__init__(**traits)
        self.received = received
        self.on_msg(self._received)
        if self.answers_while_busy:
            _answer_while_busy(self)

    def _received(self, _: Any, message: Any, buffers: list[Any]) -> None:
        if isinstance(message, dict):
            self.received(message, [bytes(one) for one in buffers])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def with_shared(*names: str) -> str:
    """A widget's script or looks, behind what all of them share."""
    parts = (f"shared{Path(names[0]).suffix}", *names)
    return "\n".join((_HERE / part).read_text("utf-8") for part in parts)


def _answer_while_busy(widget: anywidget.AnyWidget) -> None:
    """Let clicks on a widget be handled while a cell runs, where Jupyter can do that.

    JupyterLab 4.4 sends a widget's messages to a thread of the kernel of their own (a subshell). ipykernel 7.4 sends
    them on to the thread that last spoke to the page, to suit cells that wait for a widget:
    ``BaseComm._reply_subshell_for``. A phone has to be answered, and an event to be looked at, during
    ``kit.wait_for(call)``, so they stay where they were sent. Without subshells nothing changes: clicks wait for the
    cell. What handles them must take a lock.
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda data, sent_to: sent_to
