"""What the event panel points out: missing, late, repeated, odd. And what it must not point out."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from flask import Flask

from helpers.base.errors import KitError
from helpers.kit import Kit
from helpers.server.server import BackgroundServer
from helpers.server.signatures import check_signature
from helpers.simulator.account.auth import query_payload, webhook_token
from helpers.widgets.events import book as events_book
from helpers.widgets.events.panel import EventPanel
from tests.simulator.world import wait_until as until
from tests.unit import calls
from tests.unit.panels import Inbox, panel_of, request, status
from tests.unit.test_kit import kit  # noqa: F401

ANSWER = f"/answer?uuid={calls.LEG}&to={calls.VIRTUAL}&from={calls.PHONE}&conversation_uuid={calls.TALK}"
JSON = {"Content-Type": "application/json"}


def flags(*payloads: Any) -> list[tuple[str, str]]:
    panel = panel_of(*payloads)
    return [(flag.sign, flag.word) for flag in panel.flags]


def test_an_ordinary_call_has_no_flag() -> None:
    for made in (calls.menu(), calls.Script("inbound")):
        assert flags(*made.call().events) == []
    order = ("started", "ringing", "answered", "completed")
    assert flags(*(status(name, at=n, duration="1") for n, name in enumerate(order))) == []


@pytest.mark.parametrize(
    ("odd", "expected", "advice"),
    [
        (request(status("busy"), status=404, path="/evnt"), ("✗", "404"), "No route takes /evnt"),
        (request(status("busy"), status=405), ("✗", "405"), "does not take POST"),
        (request(status("busy"), status=500), ("✗", "500"), "kit.server.errors"),
        (request(status("busy"), status=503), ("✗", "503"), "kit.serve(app)"),
        (request(status("busy"), status=302), ("✗", "302"), "not followed"),
        (request(status("busy"), ms=9000), ("!", "slow"), "9.0 s of the 10 s"),
        (request(status("busy"), ms=11000), ("✗", "too slow"), "Vonage waits 10 s"),
        (request(method="GET", path=f"/event?uuid={calls.LEG}&status=busy"), ("!", "GET"), "http_method to POST"),
        (request(method="GET", path=ANSWER, ms=3500, response_headers=JSON, response_body='[{"action": "wait"}]'),
         ("!", "slow"), "3.5 s of the 5 s"),
        (request(method="GET", path=ANSWER), ("✗", "no NCCO"), "JSON list"),
        (request(method="GET", path=ANSWER, response_headers={"Content-Type": "text/html"}, response_body="<p>"),
         ("✗", "no NCCO"), "jsonify"),
        (request(method="GET", path=ANSWER, response_headers=JSON, response_body="{}"),
         ("✗", "no NCCO"), "An NCCO is a list of actions, but this is an object."),
        (request(method="GET", path=ANSWER, response_headers=JSON, response_body="["),
         ("✗", "no NCCO"), "It ends too early"),
        (request(method="GET", path=ANSWER, response_headers=JSON, response_body='{"0": {"action": "wait"}}'),
         ("✗", "no NCCO"), "as PHP writes a list with gaps"),
        (request(method="GET", path=ANSWER, response_headers=JSON, response_body='[{"action": "wiat"}]'),
         ("✗", "no NCCO"), 'Did you mean "wait"?'),
        (request(status("busy"), signature="it was made with another secret"),
         ("✗", "wrong signature"), "another secret"),
    ],
)  # fmt: skip
def test_one_odd_request(odd: Any, expected: tuple[str, str], advice: str) -> None:
    panel = panel_of(odd)
    [flag] = panel.flags
    assert (flag.sign, flag.word) == expected
    assert advice in flag.advice
    assert str(flag) in repr(panel)
    assert panel.counts["flags"] == 1
    assert [row.n for row in panel.filter(kind="flagged").shown()] == [1]


def test_a_404_names_the_route_that_was_meant() -> None:
    panel = panel_of(status("started"), request(status("ringing"), path="/evnt", status=404))
    assert "Did you mean /event?" in panel.flags[0].advice


def test_repeated() -> None:
    twice = [status("ringing"), status("ringing")]
    panel = panel_of(*twice)
    assert [(f.sign, f.word) for f in panel.flags] == [("↻", "repeated")]
    assert "count each only once" in panel.flags[0].advice
    retried = panel_of(request(twice[0], status=502), twice[1])
    assert "first reply failed" in retried.flags[-1].advice
    assert flags(status("ringing"), status("ringing", at=1)) == []


@pytest.mark.parametrize("order", list(itertools.permutations(["started", "ringing", "answered"])))
def test_late(order: tuple[str, ...]) -> None:
    at = {"started": 0.0, "ringing": 0.0, "answered": 2.0}
    right = ("started", "ringing", "answered")
    late = [name for n, name in enumerate(order) if any(right.index(b) > right.index(name) for b in order[:n])]
    panel = panel_of(*(status(name, at=at[name]) for name in order))
    assert [row.name for row in panel.shown() if row.flags] == late
    assert {flag.word for flag in panel.flags} <= {"late"}


def test_completed_before_busy_at_the_same_moment_is_late() -> None:
    assert flags(status("completed"), status("busy")) == [("!", "late")]
    assert flags(status("busy"), status("completed")) == []


def test_what_is_missing_by_what_else_came() -> None:
    assert flags(status("completed", duration="5")) == [("✗", "no answered")]
    assert flags(status("busy"), status("completed", duration="0")) == []
    assert flags(status("started"), status("answered", at=1)) == [], "it may still go on"


# --- signatures: checked by the server, because what is kept holds no token


def test_unsigned_only_where_others_are_signed() -> None:
    assert flags(request(status("started"), signature="missing")) == []
    assert flags(request(status("started"), signature="good"), request(status("busy", at=1), signature="missing")) == [
        ("✗", "not signed")
    ]


def test_check_signature() -> None:
    account = SimpleNamespace(signature_secret="s3cret", api_key="abcd1234")
    secret, body = account.signature_secret, b'{"status":"busy"}'
    token = webhook_token(account, "app", body, "1")
    assert check_signature(f"Bearer {token}", body, "", secret) == "good"
    assert check_signature(f"Bearer {token}", body, "", "") is None
    assert check_signature(None, body, "", secret) == "missing"
    assert check_signature(f"Bearer {token}", body, "", "another") == "it was made with another secret"
    assert check_signature(f"Bearer {token}", b"{}", "", secret) == "it belongs to another message"
    for odd in ("Basic abc", "Bearer x", "Bearer a.b.c", "Bearer é.é.é", "Bearer ..", ""):
        assert check_signature(odd, body, "", secret) not in ("good", None)
    query = webhook_token(account, "app", query_payload({"a": "1", "b": "x y"}), "1")
    assert check_signature(f"Bearer {query}", b"", "a=1&b=x%20y", secret) == "good"


def test_the_server_checks_and_keeps_no_token() -> None:
    account = SimpleNamespace(signature_secret="s3cret", api_key="abcd1234")
    app = Flask("signed")
    app.add_url_rule("/event", "event", lambda: ("", 200), methods=["POST"])
    with BackgroundServer(app) as server:
        server.signature_secret = account.signature_secret
        body = b'{"uuid": "x", "status": "busy"}'
        for secret in (account.signature_secret, "another"):
            account.signature_secret = secret
            login = {"Authorization": f"Bearer {webhook_token(account, 'app', body, '1')}"}
            requests.post(f"{server.url}/event", data=body, headers=login, timeout=60)
        good, bad = server.requests
    assert (good.signature, bad.signature) == ("good", "it was made with another secret")
    assert good.request_headers["Authorization"] == "Bearer …"


# --- with the network's own record: what never came


def outbound(kit: Kit, path: str, wait: str = "over") -> None:  # noqa: F811
    kit.ready()
    reply = kit.vonage.create_call(
        to=kit.my_number, from_=kit.number, ncco=[{"action": "talk", "text": "Hi"}], event_url=path
    )
    kit.wait_for(reply, wait)


def test_an_event_url_that_nobody_serves(kit: Kit) -> None:  # noqa: F811
    outbound(kit, "http://127.0.0.1:9/before")  # a call that was over before is none of this panel's business
    panel = kit.panel()
    outbound(kit, "http://127.0.0.1:9/event")
    until(lambda: len(panel) >= 8)
    assert {row.call for row in panel.shown()} == {1}
    assert {(flag.sign, flag.word) for flag in panel.flags} == {("✗", "not delivered")}
    assert "Nobody listens at this address" in repr(panel)


def test_completed_that_was_lost_on_the_way(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(events_book, "GRACE", 0.0)
    app = Flask("events")
    app.add_url_rule("/event", "event", lambda: ("", 200), methods=["POST"])
    url = kit.serve(app)
    panel = kit.panel()
    outbound(kit, f"{url}/event", "answered")
    [leg] = [row for row in panel.shown() if row.name == "answered"]
    assert panel.flags == []
    # From here the events go where this panel does not look: the application was changed in mid-call.
    other = BackgroundServer(app).start()
    try:
        for one in kit.simulator._network.legs.values():  # type: ignore[union-attr]
            one.event = type(one.event)(f"{other.url}/event", "POST")
        kit.vonage.hang_up(leg.event["uuid"])
        kit.wait(1)
        until(lambda: [flag.word for flag in panel.flags] == ["no completed"])
    finally:
        other.stop()


def test_setup_stop_and_twice(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    one, two = kit.panel(), kit.panel()
    requests.post(f"{kit.server.url}/event", json=status("busy"), timeout=60)
    assert "The line is engaged." in repr(one)
    assert repr(one) == repr(two)
    kit.stop()
    for panel in (one, two):
        assert not panel.open
        assert repr(panel).endswith("The kit is stopped. To go on: kit = setup(), then kit.panel().")
        assert panel.widget.note.startswith("The kit is stopped.")
    with pytest.raises(KitError, match=r"The kit is stopped.*kit = setup"):
        kit.panel()


def test_inbox_is_left_alone() -> None:
    inbox = Inbox(status("busy"))
    EventPanel(inbox.events).close()
    assert len(inbox.events) == 1
