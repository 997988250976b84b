"""What went wrong behind the notebook, said in the notebook: after the cell in which it happened."""

from __future__ import annotations

import logging
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..base.notebook import shell
from ..base.text import visible
from ..calls.statuses import END_IT

if TYPE_CHECKING:
    from ..calls.record import Record
    from .server import BackgroundServer
    from .tracebacks import WebServerError

logger = logging.getLogger(__name__)

MOST = 20  # errors told after one cell: a stranger can make a route raise as often as he likes


class Notices:
    """Collects errors from any thread and prints them when the running cell ends.

    A thread must not print by itself: where its text would land depends on the version of Jupyter.
    """

    def __init__(self, server: BackgroundServer) -> None:
        self._server = server
        self._waiting: list[str] = []
        self._told: set[tuple[Any, ...]] = set()
        self._lock = threading.Lock()
        self._forget: Callable[[], None] | None = None

    def watch(self) -> None:
        """Begin. Does nothing when it has begun."""
        if self._forget is None:
            self._forget = self._server.on_error(self._server_error)
            if notebook := shell():
                notebook.events.register("post_run_cell", self.flush)

    def unwatch(self) -> None:
        """End."""
        if self._forget is not None:
            self._forget()
            self._forget = None
            if notebook := shell():
                notebook.events.unregister("post_run_cell", self.flush)

    def tell_call(self, call: Record) -> None:
        """Say what went wrong in a call, once."""
        for error in call.errors:
            mark = (call.conversation, error["seq"])
            if mark not in self._told:
                self._told.add(mark)
                at = call.since_start(error["at"])
                self.tell(f"In the call, after {at:.1f} s: {error['reason']}\n→ {error['advice']}")
        if call.in_another_call and (call.uuid,) not in self._told:
            self._told.add((call.uuid,))
            self.tell(f"The phone {call.to} was busy: an earlier call to it still goes on.\n→ {END_IT}")

    def flush(self, *_: Any) -> None:
        """Print what has come in. Called by IPython after each cell."""
        with self._lock:
            texts, self._waiting = self._waiting, []
        for text, times in Counter(texts).items():
            print(text if times == 1 else f"{text}\n({times} times)", file=sys.stderr)

    def _server_error(self, error: WebServerError) -> None:
        self.tell(str(error))  # its cure holds the traceback

    def tell(self, text: str) -> None:
        """Say something after the cell that runs now."""
        text = visible(text)
        if shell() is None:
            logger.warning("%s", text)
            return
        with self._lock:
            if len(self._waiting) <= MOST:
                more = len(self._waiting) == MOST
                self._waiting.append("There was more: see kit.server.errors." if more else text)
