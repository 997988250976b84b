"""The event panel shows what arrives, and nothing that arrives can hurt it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from helpers.widgets.events import EventPanel
from tests.unit import calls


class Inbox:
    """Events as :class:`helpers.webhooks.Events` hands them out: fresh copies each time."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self.events = list(events)
        self.callbacks: list[Callable[[dict[str, Any]], None]] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter([dict(event) for event in list(self.events)])

    def subscribe(self, callback: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def arrive(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        for callback in list(self.callbacks):
            callback(dict(event))


def status(name: str, at: float = 0.0, **facts: Any) -> dict[str, Any]:
    return {"from": calls.VIRTUAL, "to": calls.PHONE, "conversation_uuid": calls.TALK, "status": name,
            "direction": "outbound", "timestamp": f"2026-02-02T10:00:{at:06.3f}Z", **facts}  # fmt: skip


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(*calls.menu().call().events)


def test_the_words(inbox: Inbox) -> None:
    lines = repr(EventPanel(inbox)).splitlines()
    assert lines[0].split()[:3] == ["s", "event", "direction"]
    cells = [line.split() for line in lines[1:]]
    assert [row[:2] for row in cells] == [
        ["0.0", "started"],
        ["0.0", "ringing"],
        ["2.0", "answered"],
        ["6.7", "input"],
        ["9.1", "completed"],
    ]
    assert "Keys: 14." in lines[4]
    assert "2026" not in repr(EventPanel(inbox))


def test_the_table_says_the_same_and_is_a_log(inbox: Inbox) -> None:
    panel = EventPanel(inbox)
    html = panel.widget.value
    assert 'role="log" aria-live="polite"' in html
    assert html.count("<tr>") == 1 + len(panel) == 6
    for words in ("✓ answered", "… ringing", "Somebody picked up.", "447700900000 → 447700900001", ">2.0<"):
        assert words in html
    order = [html.index(name) for name in ("started<", "ringing<", "answered<", "input<", "completed<")]
    assert order == sorted(order)


def test_events_appear_as_they_arrive_until_it_is_closed() -> None:
    inbox = Inbox()
    panel = EventPanel(inbox)
    assert repr(panel) == "No events yet."
    assert "No events yet." in panel.widget.value
    inbox.arrive(status("ringing"))
    assert "ringing" in panel.widget.value
    before = panel.widget.value
    panel.close()
    panel.close()
    inbox.arrive(status("answered"))
    assert panel.widget.value == before
    assert inbox.callbacks == []


def test_the_browser_gets_one_value_per_event() -> None:
    inbox, values = Inbox(), []
    panel = EventPanel(inbox)
    panel.widget.observe(lambda change: values.append(change["new"]), "value")
    for name in ("started", "ringing", "answered"):
        inbox.arrive(status(name))
    assert [value.count("<tr>") for value in values] == [2, 3, 4]


def test_events_from_many_threads_all_show() -> None:
    inbox = Inbox()
    panel = EventPanel(inbox, rows=1000)

    def send() -> None:
        for _ in range(25):
            inbox.arrive(status("ringing"))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(panel) == 100
    assert panel.widget.value.count("<tr>") == 101


def test_everything_from_the_network_is_escaped() -> None:
    evil = '<img src=x onerror="alert(1)">'
    inbox = Inbox(status(evil, detail=evil, direction=evil, **{"from": evil, "to": evil}), {"reason": evil},
                  {"dtmf": {"digits": evil}}, {"type": evil})  # fmt: skip
    html = EventPanel(inbox).widget.value
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize(
    "odd",
    [{}, {"status": None}, {"status": ["x"]}, {"timestamp": "yesterday"}, {"timestamp": 5, "status": "busy"},
     {"dtmf": 7}, {"dtmf": {"digits": ["1"]}}, {"reason": None}, {"from": {"a": 1}}, {"payload": None}],
)  # fmt: skip
def test_an_odd_event_does_not_stop_the_panel(odd: dict[str, Any]) -> None:
    inbox = Inbox(odd)
    panel = EventPanel(inbox)
    inbox.arrive(status("answered"))
    assert len(panel) == 2
    assert "Somebody picked up." in repr(panel)


def test_times_with_and_without_a_zone_do_not_mix_up() -> None:
    panel = EventPanel(Inbox(status("started"), status("ringing") | {"timestamp": "2026-02-02T10:00:00"}))
    assert len(panel) == 2


def test_only_the_newest_are_on_screen_but_none_is_lost() -> None:
    inbox = Inbox(*(status("ringing", duration=str(n)) for n in range(30)))
    panel = EventPanel(inbox, rows=10)
    assert panel.widget.value.count("<tr>") == 11
    assert "20 earlier events" in panel.widget.value
    assert [event["duration"] for event in json.loads(panel.to_json())] == [str(n) for n in range(30)]


def test_events_that_were_cleared_leave_the_panel(inbox: Inbox) -> None:
    panel = EventPanel(inbox)
    inbox.events.clear()
    assert repr(panel) == "No events yet."
    assert "No events yet." in panel.widget.value


def test_each_call_counts_from_its_own_beginning() -> None:
    second = {"conversation_uuid": "CON-2"}
    panel = EventPanel(Inbox(status("started", 1), status("started", 30, **second), status("ringing", 31, **second)))
    assert [line.split()[0] for line in repr(panel).splitlines()[1:]] == ["0.0", "0.0", "1.0"]


def test_a_notebook_gets_widget_html_and_words(inbox: Inbox) -> None:
    panel = EventPanel(inbox)
    bundle = panel._repr_mimebundle_()
    assert bundle["text/plain"] == repr(panel)
    assert bundle["text/html"] == panel.widget.value
    assert "application/vnd.jupyter.widget-view+json" in bundle
