"""The open door: strangers knock at the public address by real HTTP, and webhooks are still answered.

``pytest tests/live/test_open_door.py -s`` prints the table that is in docs/live.md.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from flask import Flask, request

from helpers.kit import Kit
from helpers.server import public
from helpers.widgets.events.panel import EventPanel
from helpers.wire.exchanges import MOST_KEPT
from tests.live.conftest import ME, World
from tests.simulator.world import wait_until
from tests.unit.test_odd_requests import ODD

pytestmark = [pytest.mark.slow, pytest.mark.hostile]
MANY = 330
MEGABYTE = 1024 * 1024


def event(**more: Any) -> bytes:
    one = {"uuid": str(uuid.uuid4()), "conversation_uuid": f"CON-{uuid.uuid4()}", "status": "completed"}
    return json.dumps(one | more).encode()


def token(claims: dict[str, Any], secret: str) -> str:
    """A JWT as the guide says, made without a library; a claim of None is left out."""
    claims = {name: value for name, value in claims.items() if value is not None}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    proof = base64.urlsafe_b64encode(hmac.digest(secret.encode(), text, "sha256")).rstrip(b"=")
    return (text + b"." + proof).decode()


class Door:
    """A kit with a webhook and an open route, and somebody who knocks. ``rows`` are those of the table."""

    def __init__(self, kit: Kit, rows: list[str]) -> None:
        self.kit, self.rows = kit, rows
        self.reached: list[str] = []
        self.replies: Iterator[int] = iter(())
        app = Flask("door")

        @app.route("/event", methods=["GET", "POST"], strict_slashes=False)
        @app.route("/open", methods=["GET", "POST"])
        def event_webhook() -> tuple[str, int]:
            self.reached.append(request.path)
            return "", next(self.replies, 200)

        self.url = kit.serve(app)
        kit.tunnel.on()
        kit.live.webhooks.learn({"event_url": [f"{self.url}/event"]})  # type: ignore[union-attr]
        self.panel: EventPanel = kit.panel()

    def token(self, body: bytes, *, age: float = 0, secret: str = "", **claims: Any) -> dict[str, str]:
        own = {"application_id": self.kit.settings.application_id, "iss": "Vonage", "jti": str(uuid.uuid4())}
        own |= {"iat": int(time.time() - age), "payload_hash": hashlib.sha256(body).hexdigest(), **claims}
        return {"Authorization": f"Bearer {token(own, secret or self.kit.settings.signature_secret)}"}

    def knock(self, body: bytes, headers: dict[str, str] | None = None, path: str = "/event") -> str:
        """The status of the reply, or that there was none."""
        try:
            kind = {"Content-Type": "application/json"}
            return str(requests.post(self.url + path, body, headers=kind | (headers or {}), timeout=30).status_code)
        except requests.ConnectionError:
            return "cut off"

    def signed(self, **how: Any) -> Callable[[int], str]:
        """A knock with a token that is wrong in some way."""

        def knock(_: int) -> str:
            body = event()
            return self.knock(body, self.token(body, **how))

        return knock

    def well(self) -> bool:
        """Whether a webhook is answered, and believed."""
        body = event()
        return self.knock(body, self.token(body)) == "200" and self.kit.events[-1] == json.loads(body)

    def try_out(self, what: str, many: int, knock: Callable[[int], str], reach: int = 0, good: int = 0) -> set[str]:
        """Knock so often, then look whether a webhook is answered. ``reach`` knocks get through, ``good`` as events."""
        before, believed = len(self.reached), len(self.kit.events)
        with ThreadPoolExecutor(8) as pool:
            replies = Counter(pool.map(knock, range(many)))
        reached = len(self.reached) - before
        assert (reached, len(self.kit.events) - believed) == (reach, good)
        self.tell(what, many, ", ".join(f"{reply} × {times}" for reply, times in sorted(replies.items())), reached)
        return set(replies)

    def tell(self, *cells: Any) -> None:
        """A line of the table, once a webhook is answered."""
        assert self.well()
        self.rows.append(f"| {' | '.join(map(str, cells))} | answered |")


@pytest.fixture(scope="module")
def rows() -> Iterator[list[str]]:
    rows = [
        "| What comes | How often | Reply | Reached a route | Webhooks afterwards |",
        "| --- | --- | --- | --- | --- |",
    ]
    yield rows
    print("", *rows, sep="\n")


@contextlib.contextmanager
def opened(world: World, rows: list[str]) -> Iterator[Door]:
    with world.kit(signature_secret=world.network.account.signature_secret) as kit:
        yield Door(kit, rows)


@pytest.fixture
def door(world: World, rows: list[str]) -> Iterator[Door]:
    with opened(world, rows) as door:
        yield door


def test_only_vonage_gets_through_to_a_webhook(door: Door) -> None:
    assert door.try_out("not signed", 100, lambda _: door.knock(event())) == {"503"}
    assert door.try_out("signed with another secret", 100, door.signed(secret="x" * 32)) == {"401"}
    assert door.try_out("ten minutes old", 100, door.signed(age=600)) == {"401"}
    assert door.try_out("ten minutes ahead", 100, door.signed(age=-600)) == {"401"}
    assert door.try_out("without a time", 20, door.signed(iat=None)) == {"401"}
    assert door.try_out("a time that is not a number", 20, door.signed(iat=float("nan"))) == {"401"}
    assert door.try_out("without a jti", 20, door.signed(jti=None)) == {"401"}
    assert door.try_out("for another application", 100, door.signed(application_id=str(uuid.uuid4()))) == {"401"}
    assert door.try_out("good, for another message", 100, lambda _: door.knock(event(), door.token(event()))) == {"401"}
    ways = ["/event/", "//event", "/%65vent", "/event?x=1", "//event//"]
    assert door.try_out("the path in other ways", 50, lambda n: door.knock(event(), path=ways[n % 5])) == {"503"}


def test_a_good_one_counts_once_and_vonages_own_retry_passes(door: Door) -> None:
    body = event()
    once = door.token(body)
    told = door.try_out("the same good one again and again", 100, lambda _: door.knock(body, once), reach=1, good=1)
    assert {"200", "401"} <= told <= {"200", "401", "503"}
    door.replies = iter([500, 200])
    again = event()
    twice = door.token(again)
    assert [door.knock(again, twice) for _ in range(3)] == ["500", "200", "401"]
    door.tell("Vonage's own retry after your 500", 1, "200 × 1", 1)
    assert door.knock(event(), path="/open") == "200"  # what nobody named as a webhook is open
    assert json.loads(again) in door.kit.events
    assert len(door.kit.events) == len([path for path in door.reached if path == "/event"])


def test_nothing_else_is_taken_for_a_webhook(door: Door) -> None:
    page = {"Origin": "https://page.example", "Content-Type": "text/plain"}
    assert door.try_out("text/plain from a web page", 100, lambda _: door.knock(event(), page)) == {"403"}

    def knows_a_token(_: int) -> str:
        body = event()
        return door.knock(body, {"Origin": "null", **door.token(body)})

    assert door.try_out("the same with a good signature", 20, knows_a_token) == {"403"}
    host = {"Host": "page.example"}
    assert door.try_out("a foreign Host", 100, lambda n: door.knock(event(), host, f"/{'open' * (n % 2)}")) == {"403"}
    lines = list(ODD.values())
    door.try_out("odd lines", 10 * len(lines), lambda n: said(door, lines[n % len(lines)]))
    assert door.kit.server.errors == []


def test_floods_are_cut_off_and_what_is_kept_has_a_total(door: Door) -> None:
    large, limit = b'{"uuid": "' + b"x" * (5 * MEGABYTE) + b'"}', public.LARGEST_BODY
    assert door.try_out("5 MB", 40, lambda _: door.knock(large)) <= {"413", "cut off"}
    assert door.try_out("5 MB in pieces", 40, lambda _: in_pieces(door, large)) <= {"413", "cut off"}
    assert door.knock(b"x" * (limit + 1), path="/open") in ("413", "cut off")
    assert door.knock(b"", {"X-Long": "x" * public.LARGEST_HEAD}, "/open") in ("431", "cut off")
    most = b"x" * limit
    assert door.try_out("64 KB to an open route", 600, lambda _: door.knock(most, path="/open"), reach=600) == {"200"}
    for kept in (door.kit.server.requests, [row.exchange for row in door.panel._all()]):
        assert MOST_KEPT / 4 < sum(exchange.size for exchange in kept) <= MOST_KEPT
    assert len(door.panel) < 602


@pytest.mark.parametrize(
    ("what", "first"), [("idle connections", b""), ("connections with a letter a second", b"POST /event HTT")]
)
def test_too_many_and_too_slow_connections_keep_no_webhook_out(
    world: World, rows: list[str], monkeypatch: pytest.MonkeyPatch, what: str, first: bytes
) -> None:
    monkeypatch.setattr(public, "SLOW", 3)  # seconds; a letter a second is not a pause
    with opened(world, rows) as door:
        assert door.well()
        stand_in_the_way(door, what, first)


def stand_in_the_way(door: Door, what: str, first: bytes) -> None:
    threads = {*threading.enumerate()}
    with many_lines(door, first) as lines:
        assert door.well()  # while they are there
        stop = threading.Event()
        drip = threading.Thread(target=dripping, args=(lines if first else [], stop))
        drip.start()
        wait_until(lambda: all(map(is_cut_off, lines)))
        stop.set()
        drip.join()
    door.tell(what, MANY, f"cut off × {MANY}", 0)
    assert {*threading.enumerate()} <= threads


def test_the_webhooks_of_a_call_come_through_and_nobody_has_to_ask_vonage(door: Door) -> None:
    ncco, hook = [{"action": "talk", "text": "Hello."}], f"{door.url}/event"
    call = door.kit.wait_for(door.kit.vonage.create_call(to=ME, from_=door.kit.number, ncco=ncco, event_url=hook))
    assert call.statuses == ["started", "ringing", "answered", "completed"]
    assert door.kit.live.waiting.answers_of(call.leg) == []  # type: ignore[union-attr]
    assert [entry["kind"] for entry in call.entries()].count("webhook") == 4
    assert door.reached == ["/event"] * 4
    assert door.panel.flags == []


def said(door: Door, line: bytes) -> str:
    """What the server says to a line of a stranger's, by the status."""
    with socket.create_connection(("127.0.0.1", door.kit.server.port), 30) as wire:
        wire.sendall(line.replace(b"Host: a.example", b"Host: 127.0.0.1"))
        wire.shutdown(socket.SHUT_WR)
        return wire.recv(1 << 16).split(b" ", 2)[1].decode()


def in_pieces(door: Door, body: bytes) -> str:
    def pieces() -> Iterator[bytes]:
        for at in range(0, len(body), 1 << 16):
            yield body[at : at + (1 << 16)]

    try:
        return str(requests.post(f"{door.url}/event", data=pieces(), timeout=30).status_code)
    except requests.ConnectionError:
        return "cut off"


@contextlib.contextmanager
def many_lines(door: Door, first: bytes) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        lines = []
        for _ in range(MANY):
            lines.append(stack.enter_context(socket.create_connection(("127.0.0.1", door.kit.server.port), 30)))
            lines[-1].sendall(first)
        yield lines


def dripping(lines: list[socket.socket], stop: threading.Event) -> None:
    while not stop.wait(1):
        for line in lines:
            with contextlib.suppress(OSError):
                line.sendall(b"P")


def is_cut_off(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        line.setblocking(True)
