"""The event panel shows what arrives, and nothing that arrives can hurt it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from helpers.widgets.events.panel import EventPanel
from tests.unit import calls
from tests.unit.panels import Inbox, panel_of, request, status


@pytest.fixture
def menu() -> Inbox:
    return Inbox(*calls.menu().call().events)


def test_the_words(menu: Inbox) -> None:
    lines = repr(EventPanel(menu.events)).splitlines()
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
    assert "2026" not in "\n".join(lines)


def test_the_table_says_the_same_and_is_a_log(menu: Inbox) -> None:
    panel = EventPanel(menu.events)
    html = panel.to_html()
    assert 'role="log" aria-live="polite"' in html
    assert html.count("<tr>") == 1 + len(panel) == 6
    for words in ("✓ answered", "… ringing", "Somebody picked up.", "447700900000 → 447700900001", ">2.0<"):
        assert words in html
    order = [html.index(name) for name in ("started<", "ringing<", "answered<", "input<", "completed<")]
    assert order == sorted(order)


def test_events_appear_as_they_arrive_until_it_is_closed() -> None:
    inbox = Inbox()
    panel = EventPanel(inbox.events)
    assert repr(panel) == "No events yet."
    assert "No events yet." in panel.to_html()
    inbox.arrive(status("ringing"))
    assert "ringing" in repr(panel)
    panel.close()
    panel.close()
    inbox.arrive(status("answered"))
    assert "answered" not in repr(panel)
    assert repr(panel).endswith("panel = kit.panel() opens a new one.")
    assert inbox.requests._listeners == ()


def test_requests_that_are_no_events_show_too() -> None:
    ncco = json.dumps([{"action": "talk", "text": "Hello"}, {"action": "input", "type": ["dtmf"]}])
    answer = request(method="GET", path=f"/answer?uuid={calls.LEG}&to={calls.VIRTUAL}&from={calls.PHONE}",
                     response_body=ncco, response_headers={"Content-Type": "application/json"})  # fmt: skip
    panel = panel_of(answer, request(method="GET", path="/audio/a%20b.mp3"), request({"hello": "webhook"}))
    assert "Your server replied: talk, input. GET /answer → 200" in repr(panel)
    assert "a b.mp3 is fetched. GET /audio/a%20b.mp3 → 200" in repr(panel)
    assert "A request that carries no call event. POST /event → 200" in repr(panel)
    assert panel.counts == {"rows": 3, "events": 0, "requests": 3, "calls": 1, "flags": 0}
    assert json.loads(panel.to_json()) == []


def test_events_from_many_threads_all_show() -> None:
    inbox = Inbox()
    panel = EventPanel(inbox.events, rows=1000)

    def send(thread: int) -> None:
        for number in range(25):
            inbox.arrive(status("ringing", at=thread + number / 100))

    with ThreadPoolExecutor(4) as clients:
        list(clients.map(send, range(4)))
    assert len(panel) == 100
    assert panel.to_html().count("<tr>") == 101
    panel.close()


EVIL = '<img src=x onerror="alert(1)">'


def test_everything_from_the_network_is_escaped() -> None:
    panel = panel_of(
        status(EVIL, detail=EVIL, direction=EVIL, uuid=EVIL, conversation_uuid=EVIL, **{"from": EVIL, "to": EVIL}),
        status("busy", uuid="x", reason=EVIL),
        {"uuid": "x", "reason": EVIL},
        {"uuid": "x", "dtmf": {"digits": EVIL}},
        request({"uuid": EVIL, "status": "busy"}, path=f"/{EVIL}", status=404),
        request(EVIL, method=EVIL, status=None, error=EVIL),
    )
    html = panel.to_html()
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize(
    "odd",
    [{}, {"status": None}, {"status": ["x"]}, {"timestamp": "yesterday"}, {"timestamp": 5, "status": "busy"},
     {"dtmf": 7}, {"dtmf": {"digits": ["1"]}}, {"reason": None}, {"from": {"a": 1}}, {"payload": None},
     {"status": "half \ud800 a character"}, {"conversation_uuid": ["x"], "status": "busy"}, {"direction": {}},
     {"status": "completed", "duration": None}],
)  # fmt: skip
def test_an_odd_event_does_not_stop_the_panel(odd: dict[str, Any]) -> None:
    inbox = Inbox({"uuid": "x"} | odd)
    panel = EventPanel(inbox.events)
    inbox.arrive(status("answered"))
    assert len(panel) == 2
    assert "Somebody picked up." in repr(panel)
    assert "could not be shown" not in repr(panel)
    json.dumps(panel.widget.get_state()["snapshot"], ensure_ascii=False).encode()
    panel.close()


@pytest.mark.parametrize("body", ["", "[1, 2]", "no JSON", '{"uuid": ', "null", "[" * 100_000])
def test_a_body_that_is_no_event_shows_as_a_request(body: str) -> None:
    panel = panel_of(request(body))
    assert len(panel) == 1
    assert panel.counts["calls"] == 0


def test_times_with_and_without_a_zone_do_not_mix_up() -> None:
    panel = panel_of(status("started"), status("ringing") | {"timestamp": "2026-02-02T10:00:00"})
    assert [row.seconds for row in panel.shown()] == [0, 0]


def test_only_the_newest_are_on_screen_but_none_is_lost() -> None:
    panel = panel_of(*(status("ringing", at=n, duration=str(n)) for n in range(30)), rows=10)
    assert panel.to_html().count("<tr>") == 11
    assert "20 earlier events" in panel.to_html()
    assert [event["duration"] for event in json.loads(panel.to_json())] == [str(n) for n in range(30)]
    assert [row.n for row in panel.shown()] == list(range(21, 31))


def test_events_that_were_cleared_leave_the_panel(menu: Inbox) -> None:
    panel = EventPanel(menu.events)
    assert len(panel) == 5
    menu.events.clear()
    assert repr(panel) == "No events yet."
    assert "No events yet." in panel.to_html()
    menu.arrive(status("busy"))
    assert [row.name for row in panel.shown()] == ["busy"]
    panel.close()


def test_each_call_counts_from_its_own_beginning() -> None:
    second = {"conversation_uuid": "CON-2", "uuid": "leg-2"}
    panel = panel_of(status("started", 1), status("started", 30, **second), status("ringing", 31, **second))
    assert [line.split()[:2] for line in repr(panel).splitlines()[1:]] == [["1", "0.0"], ["2", "0.0"], ["2", "1.0"]]
    html = panel.to_html()
    assert html.count('scope="rowgroup"') == 2
    assert "Call 2 447700900000 → 447700900001" in html


def test_the_legs_of_a_call_are_told_apart() -> None:
    other = {"uuid": "leg-2", "to": "447700900002"}
    panel = panel_of(
        status("started"), status("answered", 1), status("started", 2, **other), status("answered", 3, **other)
    )
    assert [row.leg for row in panel.shown()] == ["A", "A", "B", "B"]
    assert [line.split()[0] for line in repr(panel).splitlines()[1:]] == ["0.0", "1.0", "2.0", "3.0"]
    assert "✓ answered B" in panel.to_html()


def test_a_notebook_gets_widget_html_and_words(menu: Inbox) -> None:
    panel = EventPanel(menu.events)
    bundle = panel._repr_mimebundle_()
    assert bundle["text/plain"] == repr(panel)
    assert "<img " in bundle["text/html"] and panel.to_html() in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


@pytest.mark.parametrize(
    ("how", "names"),
    [({"text": "picked UP"}, ["answered"]), ({"kind": "input"}, ["input"]), ({"kind": "answer"}, []),
     ({"kind": "status", "text": "ringing"}, ["ringing"]), ({"text": calls.LEG}, 5), ({"call": 1}, 5),
     ({"call": 2}, []),
     ({"text": "nothing like this"}, []), ({"kind": "event", "text": "447700900001 /event"}, 5)],
)  # fmt: skip
def test_filter(menu: Inbox, how: dict[str, Any], names: Any) -> None:
    panel = EventPanel(menu.events).filter(**how)
    found = [row.name for row in panel.shown()]
    assert found == names if isinstance(names, list) else len(found) == names
    assert len(panel) == 5, "a filter takes nothing away"
    assert len(panel.filter().shown()) == 5
