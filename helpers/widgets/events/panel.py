"""The event panel: every request as it arrives at your server, live, in words."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ...calls.record import Entry
from ...calls.statuses import OVER
from ...wire.events import Events
from ...wire.exchanges import MOST_KEPT, RoundTrip, WireView
from ..words import WithWords, with_words
from .book import GRACE, Book, matches
from .flags import Flag
from .rows import OTHERS, Row
from .send import READY, SendError, draft, send
from .shell import Desk, Pace, PanelShell, clean, weakly
from .twin import as_html, as_picture, as_text

if TYPE_CHECKING:
    from ...line.control_plane import ControlPlane
    from ...live.guards.webhooks import Placed, Webhooks
    from ...server.server import BackgroundServer

FEW = 10  # rows that are sent with their requests and replies
# Of these failures your server knows nothing: the request never reached it.
LOST = ("connection refused", "no route", "connect timeout", "invalid request", "bad TLS certificate", "no https")
READY_NAMES = [[name, label] for name, (label, _) in READY.items()]
CLOSED = "Closed: what comes later is not in here. panel = kit.panel() opens a new one."


class EventPanel(WithWords):
    """Every event and request of your server, as it comes. Show it by naming it at the end of a cell.

    All are kept, and of too many the younger half; the newest ``rows`` are on screen. Times are seconds since the first
    event of the same call. ``server`` is where :meth:`send` goes to; ``network`` tells what should have come; where
    there is none, an answered call is asked about after ``patience`` real seconds of quiet. ``signed`` makes the header
    for what is sent, ``placed`` tells of calls from which nothing may come. ``close()`` ends the updates; the table
    stays.
    """

    def __init__(
        self, events: Events, *, server: BackgroundServer | None = None,
        network: ControlPlane | None = None, patience: float | None = None, rows: int = 200,
        signed: Callable[..., dict[str, str]] = lambda **_: {}, placed: Webhooks | None = None,
    ) -> None:  # fmt: skip
        self._events, self._server, self._rows = events, server, rows
        self._lock, self._patience = threading.RLock(), patience
        self._book = Book(patience)
        self._began = self._seen = events.began
        self._era = self._sent = self._held = 0
        self._greeted = False
        self._looking: dict[str, str] = {}  # the filter
        self._touched: set[int] = set()
        self._waiting: dict[int, float] = {}  # call -> when to look what is missing in it
        self._told: list[Entry] = []
        self._posts: dict[int, Entry] = {}
        self._past: set[str] = set()
        self.open = True
        self._desk = Desk(self._post, self._kept, self._hello)
        self._pace = Pace(self._update)
        # ipywidgets keeps each widget forever. A panel that is closed should not stay with it.
        self.widget = PanelShell(weakly(self.handle), weakly(self.snapshot))
        self.widget.observe(weakly(self._looked), "looking")
        self.widget.panel = self  # as long as it is open
        self._signed, self._placed = signed, placed
        self._ends = [events.log.subscribe(lambda _: self._pace.wake())]
        if network is not None:
            self._past = {call["uuid"] for call in network.calls() if call.get("status") in OVER}
            self._ends.append(network.follow(self._heard_of))
        if placed is not None:
            self._ends.append(placed.follow(self._expect))

    # What is in it

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        with self._lock:
            return as_text(self._all(), self._book.groups, self.widget.note)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        with self._lock:
            picture = as_picture(self._all(), self.counts, repr(self))
        return with_words(self.widget._repr_mimebundle_(), picture.text, self.to_html(), picture)

    def to_html(self) -> str:
        """The table as plain HTML, without a script: the newest rows."""
        with self._lock:
            rows = self._all()
            return as_html(rows[-self._rows :], len(rows), self._book.groups, self.widget.note)

    @property
    def counts(self) -> dict[str, int]:
        """``rows``, ``events``, ``requests`` (all others), ``calls``, ``flags``."""
        with self._lock:
            self._all()
            return self._book.counts

    @property
    def flags(self) -> list[Flag]:
        """Everything that is missing, late, repeated or odd, in order; what is missing in a call comes last."""
        with self._lock:
            rows = self._all()
            return [f for row in rows for f in row.flags] + [f for group in self._book.groups for f in group.flags()]

    def to_json(self, indent: int | None = 2) -> str:
        """The payloads of all events, also those that have left the screen, as they arrived."""
        found = [row.event for row in self._all() if row.kind not in OTHERS]
        return json.dumps(found, indent=indent, ensure_ascii=False)

    def to_jsonl(self) -> str:
        """Everything as JSON lines: one request a line, with our reply, milliseconds and flags. Secrets are masked."""
        return "".join(row.line() for row in self._all())

    # What can be done with it

    def filter(self, text: str = "", kind: str = "", call: int | str = "") -> EventPanel:
        """Show only rows with ``text`` in them, of one ``kind`` (``event``, ``status``, ``input``, ``answer``,
        ``audio``, ``flagged``, ``made up`` …) and of one ``call`` (its number in the panel). Nothing: all rows."""
        self.widget.looking = {"text": str(text), "kind": str(kind), "call": str(call)}
        return self

    def shown(self) -> list[Row]:
        """The newest rows that pass the filter, as many as are on screen."""
        with self._lock:
            return self._passing(self._all())

    def send(self, event: str | dict[str, Any], *, path: str = "", method: str = "") -> WireView:
        """Send a made-up event to your own server, by real HTTP, marked with the header ``X-Made-Up``.

        ``event`` is the name of a ready-made one (``"answered"``, ``"input"`` …) or a payload. Raises an error that
        says what to do when the server does not run or does not reply.
        """
        if isinstance(event, str):
            own_method, own_path, payload = draft(event)
        elif isinstance(event, dict):
            own_method, own_path, payload = "POST", "/event", event
        else:
            raise SendError(f"{event!r:.60} is not an event.", f"Give a dict, or one of: {', '.join(READY)}.")
        return WireView([self._post(method or own_method, path or own_path, payload)])

    def close(self, note: str = CLOSED) -> None:
        """End the updates and every thread. The table stays. Twice is once."""
        with self._lock:
            if not self.open:
                return
            self._all()
            self.open = False
        for end in self._ends:
            end()
        self._pace.close()
        with self._lock:
            self._touched |= {group.g for group in self._book.groups[1:] if group.over}
            self._update()
            self.widget.note = note
            self.widget.snapshot = clean(self.snapshot())[0]  # for a page that is loaded when the panel is gone
            self.widget.panel = None

    # Catching up: the requests are the truth, the rows are only what they look like

    def _all(self) -> list[Row]:
        with self._lock:
            if self.open:
                if self._events.began != self._began:
                    self._forget(self._events.began)
                self._seen, latest = self._events.log.latest(self._seen)
                for exchange in latest:
                    self._add(exchange)
            told, self._told = self._told, []
            for entry in told:
                self._take(entry)
            return self._book.rows

    def _add(self, exchange: RoundTrip) -> None:
        call = self._book.add(exchange).call
        self._touched.add(call)
        if self._patience and call:
            self._waiting[call] = time.monotonic() + self._patience
        self._held += exchange.size
        if self._held > MOST_KEPT:
            self._shed()

    def _shed(self) -> None:
        """Begin anew with the younger half."""
        seen, rest = self._seen, [row.exchange for row in self._book.rows[len(self._book.rows) // 2 :]]
        self._forget(self._began)
        self._seen = seen
        for exchange in rest:
            self._add(exchange)

    def _forget(self, began: int) -> None:
        """The events were cleared."""
        self._book, self._began, self._seen = Book(self._patience), began, began
        self._sent = self._held = 0
        self._era += 1
        self._greeted = False
        self._touched.clear()
        self._waiting.clear()

    def _heard_of(self, entry: Entry) -> None:
        """An entry of the network's record, in its own thread."""
        if entry["kind"] in ("webhook", "reply", "status") and entry.get("leg") not in self._past:
            self._told.append(entry)
            self._pace.wake()

    def _expect(self, call: Placed) -> None:
        """A call was placed: if nothing ever comes of it, its heading says so."""
        assert self._placed is not None
        with self._lock:
            g = self._book.expect(call.uuid, call.talk, call.numbers, partial(self._placed.why, call.uuid))
            self._waiting[g] = time.monotonic() + self._placed.patience
        self._pace.wake(self._placed.patience)

    def _take(self, entry: Entry) -> None:
        if entry["kind"] == "webhook":
            self._posts[entry["request"]] = entry
        elif entry["kind"] == "reply":
            webhook = self._posts.pop(entry["request"], None)
            if webhook and entry.get("status") is None and str(entry.get("error")).startswith(LOST):
                self._add(exchange_without_reply(webhook, entry))
        elif group := self._book.follow(entry):
            self._waiting[group.g] = time.monotonic() + GRACE

    # To the page and back

    def snapshot(self) -> dict[str, Any]:
        """The newest rows that pass the filter, for a page that has just been opened."""
        with self._lock:
            picture = self._picture(self.shown())
            return picture | {"era": self._era, "upto": len(self._book.rows), "anew": True, "ready": READY_NAMES}

    def _picture(self, rows: list[Row], touched: Iterable[int] = ()) -> dict[str, Any]:
        groups = sorted({*touched, *(row.call for row in rows)})
        # A page that has few rows has them whole, and can open them while the kernel is busy.
        return {"rows": [row.brief(len(rows) <= FEW) for row in rows], "limit": self._rows, "counts": self._book.counts,
                "passed": self._looking, "calls": [self._book.groups[g].brief() for g in groups],
                "newest": self._book.rows[-1].brief() if self._book.rows else None}  # fmt: skip

    def _passing(self, rows: list[Row]) -> list[Row]:
        """The newest that pass the filter, as many as are on screen."""
        groups = self._book.groups
        found = (row for row in reversed(rows) if matches(row, groups[row.call], self._looking))
        return list(islice(found, self._rows))[::-1]

    def _news(self, since: int, *, anew: bool = False, touched: Iterable[int] = ()) -> int:
        """Send what passes the filter of the rows from there on; ``anew``: in place of all that the page has."""
        rows = self._all()
        picture = self._picture(self._passing(rows[since:]), touched)
        self._sent = len(rows)
        return self.widget.tell("news", era=self._era, upto=self._sent, anew=anew, **picture)

    def _update(self) -> int:
        """Send what is new, if there is anything. Returns the number of bytes."""
        with self._lock:
            rows, now = self._all(), time.monotonic()
            due = {g for g, when in self._waiting.items() if when <= now}
            for g in due:
                del self._waiting[g]
            if self._waiting:
                self._pace.wake(max(0.05, min(self._waiting.values()) - now))
            touched, self._touched = self._touched | due, set()
            if not self._greeted:
                # Nobody has said that the page listens: the state is what it will find when it does.
                self.widget.snapshot, size = clean(self.snapshot())
                self._sent = len(rows)
                return size
            if len(rows) == self._sent and not touched:
                return 0
            if len(touched) > self._rows:  # only those that are on screen
                touched = {row.call for row in rows[-self._rows :]}
            return self._news(self._sent, touched=touched)

    def handle(self, message: dict[str, Any], _: object = None) -> None:
        """Something was done in the page."""
        self._desk.handle(self.widget, message)

    def _kept(self) -> Book:
        with self._lock:
            self._all()
            return self._book

    def _hello(self, upto: int, era: Any) -> None:
        """A page listens from now on: it gets what it has missed."""
        with self._lock:
            anew = era != self._era or any(self._looking.values())
            self._sent, self._greeted = len(self._all()), True
            self._news(0 if anew else upto, anew=anew)

    def _looked(self, change: Any) -> None:
        """The filter was changed: what passes it of all that was kept takes the place of what is on screen."""
        with self._lock:
            self._looking = change["new"]
            if self._greeted:
                self._news(0, anew=True)
            else:
                self.widget.snapshot = clean(self.snapshot())[0]

    def _post(self, method: str, path: str, payload: dict[str, Any]) -> RoundTrip:
        if self._server is None:
            raise SendError("This panel belongs to no server.", "Use the kit's: panel = kit.panel().")
        return send(self._server.url, method, path, payload, self._signed)


def exchange_without_reply(webhook: Mapping[str, Any], reply: Mapping[str, Any]) -> RoundTrip:
    """A webhook as the network recorded it, and why nobody replied."""
    payload, url = dict(webhook["payload"]), str(webhook["url"])
    posted = webhook["method"] != "GET"
    if not posted:
        told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in payload.items()}
        url += ("&" if "?" in url else "?") + urlencode(told)
    return RoundTrip(
        method=str(webhook["method"]),
        url=url,
        request_headers={"Content-Type": "application/json"} if posted else {},
        request_body=json.dumps(payload) if posted else None,
        status=None,
        response_headers={},
        response_body=None,
        # Call time, where it was simulated that nobody replies: what Vonage waited counts.
        ms=max(float(reply.get("ms") or 0), float(reply.get("seconds") or 0) * 1000),
        error=str(reply["error"]),
    )
