"""What a simulator on its own says while it runs: a line for each state of a call, and for whatever failed.

Nothing secret gets into it: of a request or a webhook it shows method, address without query, and status; headers and
what was sent never.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...calls.record import Entry
from ...calls.statuses import LAST, OVER

logger = logging.getLogger(__name__)

LONGEST = 300  # characters of an error's body


class CallLog:
    """A listener of the trace. ``clock`` puts the call time into each line: for a clock that is not the wall's."""

    def __init__(self, *, clock: bool = False) -> None:
        self._with_clock = clock
        self._who: dict[str, str] = {}
        self._asked: dict[int, str] = {}

    def __call__(self, entry: Entry) -> None:
        """``_status`` and its like say what is to be said of an entry of that kind, if anything."""
        tell: Callable[[Entry], tuple[int, str] | None] | None = getattr(self, f"_{entry['kind']}", None)
        line = tell(entry) if tell else None
        if line:
            level, text = line
            leg = entry["leg"] or "-"
            at = f"[{entry['at']:.3f} s] " if self._with_clock else ""
            logger.log(level, "%s", plain(f"{at}call {leg[:8]}  {text}"))

    def _leg(self, entry: Entry) -> None:
        self._who[entry["leg"]] = f"{entry['direction']}, {entry['from']} to {entry['to']}"

    def _status(self, entry: Entry) -> tuple[int, str]:
        status, leg = entry["status"], entry["leg"]
        who = f" ({self._who.get(leg, '')})" if status == "started" else ""
        if status in LAST:
            self._who.pop(leg, None)
        why = f": {entry['why']}" if status in OVER else ""
        return logging.INFO, f"{status}{who}{why}"

    def _webhook(self, entry: Entry) -> None:
        again = ", second attempt" if entry.get("attempt", 1) > 1 else ""
        self._asked[entry["request"]] = f"{entry['type']} webhook{again}: {entry['method']} {bare(entry['url'])}"

    def _reply(self, entry: Entry) -> tuple[int, str]:
        what = self._asked.pop(entry["request"], "webhook")
        if entry["error"]:
            return logging.INFO, f"{what} failed: {entry['error']}"
        return logging.DEBUG, f"{what} {entry['status']} in {entry['ms']:g} ms"

    def _error(self, entry: Entry) -> tuple[int, str]:
        return logging.INFO, f"error: {entry['reason']} {entry.get('advice') or ''}".rstrip()

    def _note(self, entry: Entry) -> tuple[int, str]:
        return logging.INFO, f"note: {entry['text']}"

    def _fault(self, entry: Entry) -> tuple[int, str]:
        return logging.INFO, f"fault {entry.get('name')}: {entry.get('what')}"


class RequestLog:
    """Logs requests: those that failed, with the reply's body, and at DEBUG every other one.

    ``told`` is called with host, method, path and status of each, and with the text of a reply that is a refusal.
    """

    def __init__(self, app: ASGIApp, told: Callable[[str, str, str, int, str], object] | None = None) -> None:
        self._app, self._told = app, told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not (self._told or logger.isEnabledFor(logging.INFO)):
            await self._app(scope, receive, send)
            return
        begun, status, why = time.perf_counter(), 0, ""

        def tell(text: str) -> None:
            if self._told:
                host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
                self._told(host, scope["method"], scope["path"], status, text)

        async def watched(message: Message) -> None:
            nonlocal status, why
            if message["type"] == "http.response.start":
                status, why = message["status"], _why(message)
                if status < 400:
                    ms = (time.perf_counter() - begun) * 1000
                    logger.debug("%s", plain(f"{scope['method']} {scope['path']} {status} in {ms:.0f} ms"))
                    tell("")
            elif status >= 400:
                body = message.get("body", b"").decode(errors="replace")[:LONGEST]
                told = f"{scope['method']} {scope['path']} {status} {body} {why}"
                logger.info("%s", plain(told).rstrip())
                tell(f"{body} {why}".strip())
                status = 0
            await send(message)

        await self._app(scope, receive, watched)


def _why(message: Message) -> str:
    headers: dict[bytes, bytes] = dict(message.get("headers", ()))
    return headers.get(b"x-simulator-why", b"").decode("latin-1")


def bare(url: Any) -> str:
    """An address without what may be secret in it: user, password, query."""
    try:
        parts = urlsplit(str(url))
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    except ValueError:
        return "(no address)"


def plain(text: str) -> str:
    """One line of printable ASCII, addresses bare: what a path or a number holds must not look like another line."""
    text = re.sub(r"\bhttps?://[^\s\"]+", lambda found: bare(found[0]), text)
    text = re.sub(r"/t/[0-9a-f]{32}", "/t/...", text)  # a learner's address on an exchange is theirs alone
    return "".join(c if " " <= c <= "~" else "?" for c in text)
