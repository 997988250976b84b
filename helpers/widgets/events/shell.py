"""The widget round the event panel: it carries rows to the browser, not too often and not too much, and clicks back."""

from __future__ import annotations

import json
import logging
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import traitlets

from ...base.errors import KitError
from ...wire.exchanges import RoundTrip
from ..shell import Shell, with_shared
from .book import Book, Group
from .send import draft, parsed

logger = logging.getLogger(__name__)

PAUSE = 0.2  # seconds between two messages: five a second
BUDGET = 120_000  # bytes a second; after a large message the next one waits longer


class PanelShell(Shell):
    """Rows as JSON, never as HTML. ``snapshot`` is the newest rows for a page that has just been opened."""

    _esm, _css = with_shared("events/events.js"), with_shared("events/events.css")
    answers_while_busy = True
    snapshot = traitlets.Dict().tag(sync=True)
    looking = traitlets.Dict({"text": "", "kind": "", "call": ""}).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    panel: object = None

    def __init__(self, received: Callable[..., object], draw: Callable[[], dict[str, Any] | None]) -> None:
        self._draw = draw
        super().__init__(received, snapshot=clean(draw() or {})[0])

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """A page that is loaded again asks for everything, and gets what is new by then."""
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        if key is None and (now := self._draw()) is not None:
            state["snapshot"] = clean(now)[0]
        return state

    def tell(self, what: str, **facts: Any) -> int:
        """Send a message to the page. Returns its size in bytes."""
        message, size = clean({"do": what, **facts})
        self.send(message)
        return size


def weakly(method: Callable[..., Any]) -> Callable[..., Any]:
    """Calls a method as long as somebody else holds its object; then it does nothing, and gives None."""
    there = weakref.WeakMethod(method)

    def call(*given: Any) -> Any:
        found = there()
        return None if found is None else found(*given)

    return call


def clean(message: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """A message that can be sent, whatever came from the network, and how many bytes it has."""
    text = json.dumps(message, ensure_ascii=False)
    data = text.encode("utf-8", "replace")  # half characters, which no UTF-8 has, become question marks
    return json.loads(data), len(data)


class Desk:
    """Answers the page of one panel. ``post`` sends a made-up event."""

    def __init__(
        self,
        post: Callable[[str, str, dict[str, Any]], RoundTrip],
        book: Callable[[], Book],
        greet: Callable[[int, Any], None],
    ) -> None:
        self._post, self._book, self._greet = post, book, greet

    def handle(self, shell: PanelShell, message: dict[str, Any]) -> None:
        """Do what a message asks for, and tell the view that asked; what is wrong with it is told as well."""
        what, view = message.get("do"), str(message.get("view", ""))
        try:
            if what == "hello":
                self._greet(int(message.get("upto") or 0), message.get("era"))
            elif what == "open":
                shell.tell("detail", view=view, **self._book().rows[max(0, int(message["n"]) - 1)].detail())
            elif what == "draft":
                self._draft(shell, str(message.get("name")), str(message.get("call") or ""), view)
            elif what == "send":
                self._send(shell, message, view)
        except (KitError, LookupError, TypeError, ValueError) as error:
            shell.tell("sent", view=view, ok=False, words=str(error))

    def _draft(self, shell: PanelShell, name: str, call: str, view: str) -> None:
        group: Group | None = self._book().groups[int(call)] if call.isdigit() and int(call) else None
        leg = next(iter(group.legs), "") if group else ""
        method, path, payload = draft(name, leg, group.uuid if group else "")
        body = json.dumps(payload, indent=2, ensure_ascii=False)
        shell.tell("draft", view=view, method=method, path=path, body=body)

    def _send(self, shell: PanelShell, message: dict[str, Any], view: str) -> None:
        payload = parsed(str(message.get("body")))
        method, path = str(message.get("method")), str(message.get("path"))

        def post() -> None:  # a route may take its time, and the kernel is for the reader's cells
            try:
                reply = self._post(method, path, payload)
                shell.tell("sent", view=view, ok=True, words=f"Sent {method} {path}: {reply.outcome}.")
            except KitError as error:
                shell.tell("sent", view=view, ok=False, words=str(error))

        threading.Thread(target=post, name="event-panel-send", daemon=True).start()


class Pace:
    """Does ``work`` in a thread of its own soon after ``wake()``; the thread ends when there is nothing to do.

    ``work`` returns how many bytes it sent. ``close()`` ends it at once.
    """

    def __init__(self, work: Callable[[], int]) -> None:
        self._work = work
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._due: float | None = None
        self._next = 0.0
        self._closed = False

    def wake(self, after: float = 0.0) -> None:
        """There will be something to send in ``after`` seconds. Quick, and safe from any thread."""
        due = time.monotonic() + after
        with self._change:
            if self._closed or (self._due is not None and self._due <= due):
                return
            self._due = due
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="event-panel", daemon=True)
                self._thread.start()
            else:
                self._change.notify()

    def close(self) -> None:
        """End the thread, and start none any more."""
        with self._change:
            self._closed, thread = True, self._thread
            self._change.notify()
        if thread is not None and thread is not threading.current_thread():
            thread.join(2)

    def _run(self) -> None:
        while True:
            with self._change:
                while not self._closed and self._due is not None:
                    rest = max(self._due, self._next) - time.monotonic()
                    if rest <= 0:
                        break
                    self._change.wait(rest)
                if self._closed or self._due is None:
                    self._thread = None
                    return
                self._due = None
            try:
                sent = self._work()
            except Exception:  # an update that fails must not be the last one
                logger.exception("the event panel could not be updated")
                sent = 0
            self._next = time.monotonic() + max(PAUSE, sent / BUDGET)
