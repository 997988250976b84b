"""Clients that send what nobody should: every one is answered or cut off, and nobody else notices."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest
import requests

from helpers.simulator.routes import limits
from helpers.simulator.routes.limits import LARGEST_BODY, MOST_HEADS, MOST_NESTED
from helpers.simulator.routes.openapi import document
from tests.simulator.world import Json, World

pytestmark = [pytest.mark.hostile, pytest.mark.usefixtures("undisturbed")]
HUGE = 10_000_000
WITH_BODY = [
    (method.upper(), path) for path, item in document()["paths"].items() for method in item if method in ("post", "put")
]


def address(world: World) -> tuple[str, int]:
    place = urlsplit(world.network.url)
    assert place.hostname
    assert place.port
    return place.hostname, place.port


def credentials(world: World, path: str) -> str:
    """What the path takes as authorization."""
    if path.startswith("/simulator"):
        return f"Bearer {world.network.token}"
    basic = requests.auth._basic_auth_str(*world.basic)
    return f"Bearer {world.token()}" if path.startswith("/v1") else basic


@contextmanager
def connection(world: World) -> Iterator[socket.socket]:
    with socket.create_connection(address(world), timeout=60) as made:
        yield made


def raw(world: World, request: bytes) -> bytes:
    """Everything that comes back for these bytes, until the server closes or has nothing more to say."""
    with connection(world) as line:
        line.sendall(request)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        return str(answer.status).encode() + b" " + answer.read()


def status(world: World, request: bytes) -> int:
    return int(raw(world, request).split()[0])


def lively(world: World) -> None:
    """It still answers."""
    assert world.control("GET", "/clock").status_code == 200


# Large and slow


@pytest.mark.fidelity("limits-body")
@pytest.mark.parametrize(("method", "path"), WITH_BODY)
def test_ten_megabytes_are_refused_everywhere(world: World, method: str, path: str) -> None:
    call = world.call()
    url = world.network.url + path.format(uuid=call, address="447700900001", what="say")
    kind = "application/x-www-form-urlencoded" if path.startswith("/number") else "application/json"
    headers = {"Authorization": credentials(world, path), "Content-Type": kind}
    reply = world.http.request(method, url, data=b'{"text": "' + b"x" * HUGE + b'"}', headers=headers, timeout=60)
    assert reply.status_code == 413
    assert "1,000,000 bytes" in reply.headers["x-simulator-why"]
    assert reply.headers["x-nexmo-trace-id"]
    family = {"error", "cure"} if path.startswith("/simulator") else {"type", "title", "detail", "instance"}
    assert set(reply.json()) == family


@pytest.mark.fidelity("limits-body")
def test_as_much_as_is_allowed_is_taken_and_one_byte_more_is_not(world: World) -> None:
    order = json.dumps(world.order()).encode()
    headers = {"Authorization": f"Bearer {world.token()}", "Content-Type": "application/json"}
    for length, answer in ((LARGEST_BODY, 201), (LARGEST_BODY + 1, 413)):
        body = order + b" " * (length - len(order))
        reply = world.http.post(f"{world.network.url}/v1/calls", data=body, headers=headers, timeout=60)
        assert reply.status_code == answer


@pytest.mark.fidelity("limits-body")
def test_a_chunked_body_is_counted_as_it_comes(world: World) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b"x" * 100_000] * 100

    headers = {"Authorization": f"Bearer {world.token()}", "Content-Type": "application/json"}
    reply = world.http.post(f"{world.network.url}/v1/calls", data=chunks(), headers=headers, timeout=60)
    assert reply.status_code == 413


@pytest.mark.fidelity("limits-body")
def test_who_asks_before_sending_too_much_is_refused_before(world: World) -> None:
    head = f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: {HUGE}\r\nExpect: 100-continue\r\n\r\n"
    assert status(world, head.encode()) == 413
    head = f"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: {'9' * 18}\r\n\r\n"
    assert status(world, head.encode()) == 413


@pytest.mark.fidelity("limits-slow")
def test_a_body_that_does_not_come_is_waited_for_for_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.3)
    head = b"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
    answer = raw(world, head)
    assert answer.startswith(b"408 ")
    assert json.loads(answer[4:])["title"] == "Request Timeout"
    lively(world)


@pytest.mark.fidelity("limits-slow")
def test_hundreds_of_half_sent_requests_hinder_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest are closed when there are too many, the rest when their time is over."""
    monkeypatch.setattr(limits, "HEAD_SECONDS", 1.0)
    lines = []
    try:
        for _ in range(MOST_HEADS + 100):
            line = socket.create_connection(address(world), timeout=60)
            line.sendall(b"GET /simulator/clock HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            lines.append(line)
        lively(world)
        ended = [_is_closed(line) for line in lines[:100]]
        assert ended.count(True) >= 100
        lively(world)
        assert all(_is_closed(line) for line in lines[100:])
    finally:
        for line in lines:
            line.close()
    lively(world)


def _is_closed(line: socket.socket) -> bool:
    """True as soon as the other side has closed; fails after a minute."""
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_byte_now_and_then_does_not_keep_a_connection(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.4)
    with connection(world) as line, pytest.raises(OSError, match=r"reset|pipe|closed"):
        for byte in b"GET /simulator/clock HTTP/1.1\r\nX: " + b"x" * 100:
            line.sendall(bytes([byte]))
            time.sleep(0.05)  # the client's own slowness: that is what is tested
        raise OSError("closed") if _is_closed(line) else AssertionError("still open")


def test_who_pauses_finds_the_connection_as_it_was(world: World) -> None:
    loop = world.network._loop
    assert loop
    now = loop.time
    with connection(world) as line:
        for _ in range(2):
            line.sendall(b"GET /simulator/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = http.client.HTTPResponse(line)
            answer.begin()
            assert (answer.status, bool(answer.read())) == (200, True)
            loop.time = lambda: now() + 600  # type: ignore[method-assign]  # as if somebody had read for ten minutes
            for _ in range(3):  # what was due by then is done
                asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()


def test_a_client_that_goes_away_leaves_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
    for part in (b"", b"POST", head[:60], head, head + b" " * 100):
        with connection(world) as line:
            line.sendall(part)
    with connection(world) as line:  # goes while it is answered
        line.sendall(b"GET /simulator/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
    lively(world)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


# Not HTTP, or not quite


@pytest.mark.parametrize(
    "head",
    [
        "GET /simulator/clock HTTP/1.1\r\nHost: x\r\nX: a\x00b",
        "GET /simulator/clock HTTP/1.1\r\nHost: x\r\nNo colon here",
        "GET /simulator/clock HTTP/1.1\r\nHost: x\r\nHost: y",
        "GET /simulator/clock HTTP/1.1",
        "POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: -1",
        "POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: ten",
        "POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6",
        "POST /v1/calls HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=lambda text: text[:70],
)
def test_what_is_no_request_is_a_bad_one(world: World, head: str) -> None:
    assert status(world, head.encode("latin-1") + b"\r\n\r\n") in (400, 501)
    lively(world)


@pytest.mark.fidelity("limits-head")
@pytest.mark.parametrize("long", ["/" + "a" * HUGE, "/ HTTP/1.1\r\nX: " + "x" * HUGE, "/ HTTP/1.1" + "\r\nX: y" * HUGE])
def test_a_head_without_end_is_not_read_to_its_end(world: World, long: str) -> None:
    with connection(world) as line:
        try:
            line.sendall(f"GET {long}".encode())
            answer = line.recv(65_536)
        except (ConnectionResetError, BrokenPipeError):  # closed before all of it was sent
            answer = b""
    assert not answer or answer.startswith(b"HTTP/1.1 400 ")
    lively(world)


@pytest.mark.parametrize(
    "body", [b"zz\r\n{}\r\n0\r\n\r\n", b"5\r\n{}\r\n0\r\n\r\n", b"-1\r\n\r\n", b"f" * 40 + b"\r\n\r\n"]
)
def test_broken_chunks(world: World, body: bytes) -> None:
    head = b"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    # Or it is cut off, as there is no telling where the next request would begin.
    with suppress(ConnectionResetError, http.client.RemoteDisconnected):
        assert status(world, head + body) == 400
    lively(world)


def test_a_body_is_not_taken_for_the_next_request(world: World) -> None:
    """Length and chunks at once: whoever reads them differently could smuggle a request past another."""
    inner = b"GET /simulator/account HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /v1/calls HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    with connection(world) as line:
        line.sendall(head + inner)
        line.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert b"api_secret" not in answer
    # Each request is refused by itself, or the connection is just cut.
    replies = [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/1.1")]
    assert all(line.startswith((b"HTTP/1.1 401", b"HTTP/1.1 400")) for line in replies)
    lively(world)


def test_a_websocket_is_not_what_this_address_offers(world: World) -> None:
    head = (
        "GET /v1/calls HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert status(world, head.encode()) in (400, 401, 403, 404)


@pytest.mark.parametrize(
    "target",
    ["/v1/calls/../../simulator/account", "/v1/calls/%2e%2e/%2e%2e/simulator/account", "/v1/calls/..%2f", "//v1/calls",
     "/v1/calls/%00", "/v1/calls/%ff%fe", "/v1/calls/%", "/v1/calls/%zz", "/v1/calls/" + "a" * 15_000, "*",
     "/v1/calls//stream", "/v1/calls/%0d%0aSet-Cookie:%20a=b", "/v1/files/..%2f..%2f..%2fetc%2fpasswd",
     "/v1/files/....//etc/passwd", "/v1/calls?record_index=%00&page_size=%ff", "/v1/calls?page_size=" + "9" * 10_000,
     "/v1/calls?date_start=9999999999", "/v1/calls?date_end=0000-00-00", "/eu-west/eu-west/v1/calls",
     "/v1/calls?date_start=9999-12-31T23:59:59-23:59", "/v2/applications/%2e", "/v2/applications/?page=%F0%9F%98%80",
     "/simulator/phones/%0a", "/account/numbers?pattern=%00",
     "/number/search?country=GB&pattern=" + "(" * 9000, "/number/search?country=%C4%B0&index=" + "9" * 20],
    ids=lambda text: text[:50],
)  # fmt: skip
def test_strange_paths_lead_nowhere(world: World, target: str) -> None:
    for authorization in ("", credentials(world, "/v1"), credentials(world, "/v2")):
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {authorization}\r\n\r\n"
        answer = raw(world, head.encode())
        assert int(answer.split()[0]) < 500
        assert b"api_secret" not in answer
        assert b"root:" not in answer


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer a.b.c", "Bearer " + "a" * 10_000, "Bearer " + "." * 1000, "Basic", "Basic !!!",
     "Basic " + "A" * 9999, "Basic //79", "Bearer \xff\xfe", "\t", "Bearer eyJhbGciOiJub25lIn0.e30.",
     "Bearer " + "W" * 4000 + ".W1tbW1tb." + "x"],
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_strange_credentials_are_none(world: World, authorization: str) -> None:
    for path in ("/v1/calls", "/v2/applications", "/account/numbers", "/simulator/account"):
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"
        assert status(world, head.encode("latin-1")) in (400, 401)


def test_what_comes_in_with_a_request_makes_no_header_of_the_reply(world: World) -> None:
    """The reason in x-simulator-why repeats what was asked for."""
    for asked in ("%0d%0aX-Evil:%201", "%E2%80%A8X-Evil", "%00"):
        reply = world.voice("GET", f"/{asked}")
        assert reply.status_code == 404
        assert "x-evil" not in reply.headers
        assert all(" " <= c <= "~" for c in reply.headers["x-simulator-why"])


# JSON


@pytest.mark.fidelity("error-verb-and-type", "limits-nesting")
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"text"', b"1", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": -Infinity}', b"\xff\xfe{}",
     b'{"a": "\xff"}', b'{"a": "\\ud800"}', b'{"a": ' + b"9" * 100_000 + b"}", b"[" * 500_000, b'{"a":' * 150_000,
     b'{"a":' * (MOST_NESTED + 1) + b"1" + b"}" * (MOST_NESTED + 1),
     b'{"a":' * 900 + b"1" + b"}" * 900, b"{'a': 1}", b'{"a": 1} {"b": 2}', b"<a/>", b"\x00" * 1000],
    ids=lambda text: repr(text[:24]),
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/calls", "/v2/applications", "/simulator/clock/advance"])
def test_what_is_no_json_object_is_refused(world: World, path: str, body: bytes) -> None:
    headers = {"Authorization": credentials(world, path), "Content-Type": "application/json"}
    reply = world.http.post(world.network.url + path, data=body, headers=headers, timeout=60)
    assert reply.status_code == 400
    assert reply.json()["title"] == "Bad Request"


@pytest.mark.fidelity("limits-nesting")
def test_json_may_be_as_deep_as_anybody_needs(world: World) -> None:
    inner = json.loads('{"a":' * (MOST_NESTED - 5) + "1" + "}" * (MOST_NESTED - 5))
    reply = world.voice("POST", "", world.order(more=inner))
    assert reply.status_code == 201
    world.made(capabilities={"video": inner})
    notify = {"action": "notify", "payload": inner, "eventUrl": [world.learner.on("/notify", ("", 200))]}
    world.ended_call(notify, to=[{"type": "phone", "number": "447700900002"}])
    assert world.learner.payloads("/notify")[0]["payload"] == inner


def test_of_a_name_that_stands_twice_the_last_counts(world: World) -> None:
    order = json.dumps(world.order())[:-1] + ', "ringing_timer": 500, "ringing_timer": 5}'
    headers = {"Authorization": f"Bearer {world.token()}", "Content-Type": "application/json"}
    reply = world.http.post(f"{world.network.url}/v1/calls", data=order, headers=headers)
    assert reply.status_code == 201


@pytest.mark.parametrize("value", [10**4000, -(10**4000), 1e308, "9" * 100_000, "1" * 4000, True, [[]], {"a": {}}])
def test_no_field_takes_numbers_beyond_all_bounds(world: World, value: object) -> None:
    """A field that takes text of digits, or is clamped, may take it; none may break on it."""
    call = world.answered_call({"action": "wait", "timeout": 60})
    for name in ("length_timer", "ringing_timer"):
        assert world.voice("POST", "", world.order(**{name: value})).status_code == 400
    bodies: list[Json] = [{"text": "a", "level": value}, {"text": "a", "style": value}, {"text": "a", "loop": value}]
    for body in bodies:
        assert world.voice("PUT", f"/{call}/talk", body).status_code in (200, 400)
    for action in ({"action": "wait", "timeout": value}, {"action": "talk", "text": "a", "loop": value}):
        assert world.voice("POST", "", world.order(action)).status_code in (201, 400)
    assert world.control("POST", "/clock/advance", {"seconds": value}).status_code == 400
    assert world.control("PUT", "/phones/447700900001", {"after": value}).status_code == 400
    assert world.control("PUT", "/faults", {"rate_limits": {"calls": value}}).status_code == 400
