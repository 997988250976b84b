"""What the event panel sends to the page, how often and how much, and what it does with what comes back."""

from __future__ import annotations

import gc
import json
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask import request as flask_request

from helpers.base.errors import KitError
from helpers.server.server import BackgroundServer
from helpers.widgets.events.panel import EventPanel
from helpers.widgets.events.shell import PanelShell
from helpers.wire.events import Events
from tests.simulator.world import wait_until as until
from tests.unit import calls
from tests.unit.panels import Inbox, panel_of, request, status


class Wire:
    """The comm between kernel and page: every message with its size, and when it was sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[float, int, dict[str, Any], list[bytes]]] = []
        send, state = PanelShell.send, PanelShell.send_state

        def keep(data: dict[str, Any], buffers: Any) -> None:
            size = len(json.dumps(data).encode()) + sum(map(len, buffers or ()))
            self.sent.append((time.monotonic(), size, data, [bytes(one) for one in buffers or ()]))

        def on_send(shell: PanelShell, content: Any, buffers: Any = None) -> None:
            keep(content, buffers)
            send(shell, content, buffers)

        def on_state(shell: PanelShell, key: Any = None) -> None:
            keys = {key} if isinstance(key, str) else key
            keep({"do": "state", **{name: getattr(shell, name) for name in keys or () if name == "snapshot"}}, None)
            state(shell, key)

        monkeypatch.setattr(PanelShell, "send", on_send)
        monkeypatch.setattr(PanelShell, "send_state", on_state)

    def of(self, what: str) -> list[dict[str, Any]]:
        return [message for _, _, message, _ in self.sent if message["do"] == what]

    def rows(self) -> list[dict[str, Any]]:
        """All rows that were sent as news."""
        return [row for news in self.of("news") for row in news["rows"]]

    def flagged(self, word: str) -> bool:
        """Whether a call was sent that has this flag and no other."""
        return any([f[1] for f in call["f"]] == [word] for news in self.of("news") for call in news["calls"])


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    return Wire(monkeypatch)


@pytest.fixture
def server() -> Iterator[BackgroundServer]:
    app = Flask("events")

    @app.route("/event", methods=["GET", "POST"])
    def event() -> tuple[str, int]:
        return flask_request.headers.get("X-Made-Up", ""), 200

    with BackgroundServer(app) as server:
        yield server


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    yield Inbox()


@pytest.fixture
def panel(inbox: Inbox, wire: Wire) -> Iterator[EventPanel]:
    panel = EventPanel(inbox.events)
    yield panel
    panel.close()


def hello(panel: EventPanel, view: str = "v") -> None:
    snapshot = panel.widget.snapshot
    panel.handle({"do": "hello", "upto": snapshot["upto"], "era": snapshot["era"], "view": view})


def test_until_the_page_listens_it_finds_the_newest_in_the_state(panel: EventPanel, inbox: Inbox, wire: Wire) -> None:
    inbox.arrive(status("started"))
    until(lambda: panel.widget.snapshot["upto"] == 1)
    assert [row["b"] for row in panel.widget.snapshot["rows"]] == ["started"]
    assert panel.widget.snapshot["rows"][0]["d"]["request"][0] == "POST /event HTTP/1.1"
    assert wire.of("news") == []


def test_then_only_new_rows_are_sent(panel: EventPanel, inbox: Inbox, wire: Wire) -> None:
    inbox.arrive(status("started"))
    hello(panel)
    for n, name in enumerate(("ringing", "answered")):
        inbox.arrive(status(name, at=n))
        until(lambda name=name: [row for row in wire.rows() if row["b"] == name])
    assert [row["b"] for row in wire.rows()] == ["started", "ringing", "answered"]


def test_a_page_that_is_loaded_again_gets_everything(panel: EventPanel, inbox: Inbox) -> None:
    hello(panel)
    inbox.arrive(status("started"))
    state = panel.widget.get_state()
    assert [row["b"] for row in state["snapshot"]["rows"]] == ["started"]


def test_a_filter_finds_what_has_left_the_screen(inbox: Inbox, wire: Wire) -> None:
    panel = EventPanel(inbox.events, rows=5)
    inbox.arrive(status("busy", at=0))
    for n in range(20):
        inbox.arrive(status("ringing", at=n))
    panel.widget.looking = {"text": "engaged", "kind": "", "call": ""}
    assert [row["n"] for row in panel.widget.snapshot["rows"]] == [1], "before the page listens"
    hello(panel)
    panel.filter(kind="status")
    news = wire.of("news")[-1]
    assert news["anew"] and [row["n"] for row in news["rows"]] == [17, 18, 19, 20, 21]
    panel.filter("engaged")
    inbox.arrive(status("ringing", at=30))
    inbox.arrive(status("busy", at=31))
    until(lambda: wire.of("news")[-1]["upto"] == 23)
    after = [one for one in wire.of("news")[wire.of("news").index(news) + 1 :] if one["rows"]]
    assert [(one["anew"], [row["n"] for row in one["rows"]]) for one in after] == [(True, [1]), (False, [23])]
    assert after[-1]["newest"]["n"] == 23
    assert (news["passed"]["kind"], after[-1]["passed"]["text"]) == ("status", "engaged"), "what the page says passed"
    panel.close()


class Network:
    """What the phone network tells: here by hand."""

    def calls(self) -> list[dict[str, Any]]:
        return [{"uuid": "old", "status": "completed"}]

    def follow(self, on_entry: Callable[[dict[str, Any]], object]) -> Callable[[], None]:
        self.tell = on_entry
        return lambda: None


def test_what_is_missing_reaches_the_page_by_itself(inbox: Inbox, wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.widgets.events.book.GRACE", 0.4)
    monkeypatch.setattr("helpers.widgets.events.panel.GRACE", 0.4)
    network = Network()
    panel = EventPanel(inbox.events, network=network)
    hello(panel)
    inbox.arrive(status("answered"))
    network.tell({"kind": "status", "leg": calls.LEG, "conversation": calls.TALK, "status": "completed"})
    until(lambda: wire.flagged("no completed"))
    inbox.arrive(status("completed"))
    until(lambda: wire.of("news")[-1]["calls"][-1]["f"] == [])
    panel.close()


def test_a_live_call_that_is_quiet_is_asked_about(inbox: Inbox, wire: Wire) -> None:
    panel = EventPanel(inbox.events, patience=0.3)
    hello(panel)
    inbox.arrive(status("answered"))
    until(lambda: wire.flagged("no completed yet"))
    assert "Fine while you talk" in repr(panel)
    panel.close()


def test_cleared_events_begin_a_new_page(panel: EventPanel, inbox: Inbox, wire: Wire) -> None:
    hello(panel)
    inbox.arrive(status("started"))
    until(wire.rows)
    inbox.events.clear()
    inbox.arrive(status("busy"))
    until(lambda: panel.widget.snapshot["era"] == 1 and panel.widget.snapshot["rows"])
    assert [row["b"] for row in panel.widget.snapshot["rows"]] == ["busy"]


def test_hostile_and_broken_texts_can_be_sent(panel: EventPanel, inbox: Inbox, wire: Wire) -> None:
    hello(panel)
    inbox.arrive(status("\ud800<script>", uuid="\udc00\x00", **{"from": "<b>", "to": "\u202e"}))
    [row] = until(wire.rows)
    json.dumps(row, ensure_ascii=False).encode()
    assert row["b"] == r"\ud800<script>"


@pytest.mark.hostile
def test_flood(inbox: Inbox, wire: Wire) -> None:
    """5,000 events, 200 at a time: none is lost, and the page gets little and seldom."""
    made = [request(status("ringing", n % 60, uuid=f"leg-{n // 5}", conversation_uuid=f"CON-{n // 5}", number=n))
            for n in range(5000)]  # fmt: skip
    panel = EventPanel(inbox.events)
    hello(panel)
    hellos = len(wire.sent)
    with ThreadPoolExecutor(4) as clients:
        for batch in range(0, 5000, 200):
            list(clients.map(inbox.arrive, made[batch : batch + 200]))
            time.sleep(0.05)  # time for a message, if it were not held back
    assert len(panel) == 5000
    assert sorted(event["number"] for event in json.loads(panel.to_json())) == list(range(5000))
    assert len({row.call for row in panel._book.rows}) == 1000
    until(lambda: any(news["upto"] == 5000 for news in wire.of("news")))
    panel.close()
    # A busy machine makes the pauses longer, never shorter; a page that says hello is answered at once.
    times = [when for when, *_ in wire.sent]
    whole = times[-1] - times[0] + 0.2
    assert len(times) - hellos <= 5.5 * whole, "messages a second"
    assert sum(size for _, size, *_ in wire.sent[:-1]) <= 120_000 * whole, "bytes a second"


def test_the_whole_request_on_demand(panel: EventPanel, inbox: Inbox, wire: Wire) -> None:
    inbox.arrive(status("busy"))
    panel.handle({"do": "open", "n": 1, "view": "v"})
    [detail] = wire.of("detail")
    assert detail["request"][0] == "POST /event HTTP/1.1"
    assert '"status": "busy"' in detail["request"][2]
    assert detail["reply"][0] == "HTTP/1.1 200 OK (3 ms)"
    assert detail["why"][1] == "Try again later."
    for odd in ({"do": "open", "n": 99}, {"do": "open"}, {"do": "open", "n": "x"}, {"do": "nothing"}, {}):
        panel.handle(odd)


# --- made-up events


def test_send_is_a_real_request_and_marked(server: BackgroundServer) -> None:
    panel = EventPanel(Events(server), server=server)
    view = panel.send("input")
    assert "HTTP/1.1 200 OK" in repr(view)
    assert server.requests[0].response_body == "event panel"
    assert "input (made up)" in repr(panel)
    panel.send({"uuid": "x", "status": "busy"}, method="GET")
    assert [row.kind for row in panel.filter(kind="made up").shown()] == ["input", "status"]
    panel.close()


@pytest.mark.parametrize(
    ("event", "how", "words"),
    [("nothing like it", {}, "There are: ringing"), (5, {}, "5 is not an event"),
     ("busy", {"path": "event"}, "one slash"),
     ("busy", {"path": "//elsewhere.example/event"}, "one slash"), ("busy", {"path": "/a b"}, "one slash"),
     ("busy", {"method": "DELETE"}, "Use POST or GET"), ({"uuid": {1}}, {}, "cannot be sent")],
)  # fmt: skip
def test_what_cannot_be_sent(server: BackgroundServer, event: Any, how: dict[str, str], words: str) -> None:
    panel = EventPanel(Events(server), server=server)
    with pytest.raises(KitError, match=words):
        panel.send(event, **how)
    assert len(server.requests) == 0
    panel.close()


def test_nowhere_to_send() -> None:
    with pytest.raises(KitError, match="belongs to no server"):
        panel_of().send("busy")
    inbox = Inbox()
    with pytest.raises(KitError, match=r"does not run.*kit\.serve"):
        EventPanel(inbox.events, server=inbox).send("busy")
    inbox.url = "http://127.0.0.1:9"
    with pytest.raises(KitError, match="did not reply"):
        EventPanel(inbox.events, server=inbox).send("busy")


def test_the_form(server: BackgroundServer, wire: Wire) -> None:
    panel = EventPanel(Events(server), server=server)
    panel.send(status("started"))
    panel.handle({"do": "draft", "name": "completed", "call": "1", "view": "v"})
    [draft] = wire.of("draft")
    assert (draft["method"], draft["path"]) == ("POST", "/event")
    payload = json.loads(draft["body"])
    assert (payload["uuid"], payload["conversation_uuid"]) == (calls.LEG, calls.TALK)
    panel.handle({"do": "send", "method": "POST", "path": "/event", "body": draft["body"], "view": "v"})
    [told] = until(lambda: wire.of("sent"))
    assert told["ok"]
    assert told["words"].startswith("Sent POST /event: 200 OK")
    assert [row.name for row in panel.shown()] == ["started", "completed"]
    for body in ("{", "[1]", "[" * 100_000):
        panel.handle({"do": "send", "method": "POST", "path": "/event", "body": body, "view": "v"})
    panel.handle({"do": "draft", "name": "x", "call": "99"})
    assert [told["ok"] for told in wire.of("sent")] == [True, False, False, False, False]
    assert wire.of("sent")[1]["words"].startswith("The body is not JSON (line 1).")
    panel.close()


def test_closed_panels_are_freed_and_a_page_that_is_loaded_later_finds_the_table(inbox: Inbox) -> None:
    inbox.arrive(status("started"))
    panels = [EventPanel(inbox.events) for _ in range(30)]
    freed, shells = [weakref.ref(panel) for panel in panels], [panel.widget for panel in panels]
    del panels
    gc.collect()
    assert all(one() for one in freed)  # they are open: nobody has to hold them
    inbox.arrive(status("ringing"))
    for one in freed:
        one().close()  # type: ignore[union-attr]
    gc.collect()
    assert [one for one in freed if one()] == []
    for shell in shells:
        assert [row["b"] for row in shell.get_state()["snapshot"]["rows"]] == ["started", "ringing"]
        shell._received(None, {"do": "open", "n": 1, "view": "v"}, [])
        shell.looking = {"text": "x", "kind": "", "call": ""}


def test_a_closed_panel_that_somebody_holds_still_answers(panel: EventPanel, inbox: Inbox, wire: Wire) -> None:
    inbox.arrive(status("started"))
    panel.close()
    gc.collect()
    panel.widget._received(None, {"do": "open", "n": 1, "view": "v"}, [])
    assert [detail["n"] for detail in wire.of("detail")] == [1]
