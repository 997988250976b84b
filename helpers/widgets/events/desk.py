"""What a page of the event panel asks for: a whole request, a made-up event, an export, all that passes the filter."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from typing import Any

from ...base.errors import KitError
from ...wire.exchanges import Exchange
from .book import Book, Group
from .rows import OTHERS, Row
from .send import draft, parsed
from .shell import PanelShell

PART = 300_000  # bytes of an export that go to the browser at once


class Desk:
    """Answers the page of one panel. ``post`` sends a made-up event, ``lines`` gives everything as JSON lines."""

    def __init__(
        self,
        post: Callable[[str, str, dict[str, Any]], Exchange],
        book: Callable[[], Book],
        lines: Callable[[], str],
        greet: Callable[[int, Any], None],
    ) -> None:
        self._post, self._book, self._lines, self._greet = post, book, lines, greet
        self._export = b""

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
            elif what == "export":
                self._export_part(shell, max(0, int(message.get("part") or 0)), view)
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

    def _export_part(self, shell: PanelShell, part: int, view: str) -> None:
        if part == 0:
            self._export = gzip.compress(self._lines().encode("utf-8", "backslashreplace"), mtime=0)
        parts = max(1, -(-len(self._export) // PART))
        data = self._export[part * PART : (part + 1) * PART]
        shell.tell("export", [data], view=view, part=part, parts=parts)


def matches(row: Row, group: Group, looking: dict[str, Any]) -> bool:
    """Whether a row passes the filter. events.js has the same rule, for rows that are on screen already."""
    kind, call = str(looking.get("kind") or ""), str(looking.get("call") or "")
    if call and call != str(row.call):
        return False
    of_kind = {"": True, "event": row.kind not in OTHERS, "flagged": bool(row.flags), row.origin: True}
    if not of_kind.get(kind, kind == row.kind):
        return False
    flags = " ".join(f"{flag.word} {flag.advice}" for flag in row.flags)
    legs = " ".join(group.legs)
    hay = (
        f"{row.name} {row.sentence} {row.target} {row.outcome} {flags} {group.name} {group.numbers} {group.uuid} {legs}"
    )
    return all(word in hay.lower() for word in str(looking.get("text") or "").lower().split())
