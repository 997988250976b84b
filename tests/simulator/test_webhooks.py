"""How webhooks travel: headers, the query of a GET, connections, and servers that answer strangely or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Response

from helpers.simulator.webhooks.web_client import WebClient, place_of
from tests.simulator.world import Json, World

NCCO = [{"action": "wait", "timeout": 2}]
GOOD = json.dumps(NCCO).encode()


class Strange:
    """A web server that does with each connection what a test says; ``requests`` counts what came."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._behave = behave
        self.requests: list[bytes] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/hook"
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            connection.settimeout(5)
            thread = threading.Thread(target=self._take, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _take(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := read(connection):
                    self.requests.append(request)
                    self._behave(connection)
            except OSError:
                pass  # the other side has had enough


def read(connection: socket.socket) -> bytes:
    """One request, or nothing at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65_536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def reply(body: bytes = GOOD, headers: str = "Content-Type: application/json", first: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {first}\r\n{headers}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def strange() -> Iterator[Callable[[Callable[[socket.socket], None]], Strange]]:
    servers: list[Strange] = []

    def start(behave: Callable[[socket.socket], None]) -> Strange:
        servers.append(Strange(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def asked(world: World, url: str, **fields: Any) -> tuple[str, list[str | None]]:
    """A call with this answer URL: its uuid, and what came of each request for the NCCO."""
    call = world.call(ncco=None, answer_url=[url], **fields)
    world.until(call)
    requests = {one["request"] for one in world.trace(call, "webhook", type="answer")}
    return call, [one["error"] for one in world.trace(call, "reply") if one["request"] in requests]


# Headers and parameters


@pytest.mark.fidelity("event-user-agent", "event-transport", "event-cache-control")
def test_the_headers_of_a_webhook(world: World, strange: Any) -> None:
    server = strange(lambda connection: connection.sendall(reply()))
    asked(world, server.url + "?name=Ann%20B&x=%2F", answer_method="POST")
    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first == "POST /hook?name=Ann%20B&x=%2F HTTP/1.1"
    assert headers.pop("authorization").startswith("Bearer ey")
    assert headers == {
        "host": server.url.split("/")[2], "user-agent": "voice-call-simulator", "accept": "*/*",
        "cache-control": "max-age=0", "content-type": "application/json", "content-length": str(len(body.encode())),
    }  # fmt: skip
    assert body == json.dumps(json.loads(body), separators=(",", ":"))


@pytest.mark.fidelity("event-get", "answer-at-pick-up")
def test_nested_values_are_json_in_a_get(world: World) -> None:
    ask = {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 1, "maxDigits": 1},
           "eventUrl": [f"{world.learner.url}/input?song=1&to=mine"], "eventMethod": "GET"}  # fmt: skip
    world.phone(script=[{"do": "wait", "seconds": 1}, {"do": "press", "digits": "3"}])
    world.learner.on("/input", ("", 200))
    call = world.call(ask)
    world.until(call)
    [told] = world.learner.at("/input")
    assert told.query[0] == ("song", "1")
    assert [value for name, value in told.query if name == "to"] == ["447700900001"]  # ours replaces yours
    assert dict(told.query)["dtmf"] == '{"digits":"3","timed_out":false}'


def dialled(world: World, url: str) -> tuple[str, list[str | None]]:
    """The same with the answer URL of an application, where more passes for an address."""
    world.app = world.application(webhooks={"answer_url": {"address": url}})
    world.link()
    call = world.dial()
    world.until(call)
    requests = {one["request"] for one in world.trace(call, "webhook", type="answer")}
    return call, [one["error"] for one in world.trace(call, "reply") if one["request"] in requests]


@pytest.mark.fidelity("answer-invalid-url")
@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:0/a", "http://127.0.0.1:99999/a", "http://[::1/a", "http://", "http://ä.localhost/"]
)
def test_an_address_that_is_none_is_not_tried_again(world: World, url: str) -> None:
    call, errors = dialled(world, url)
    assert len(errors) == 1
    assert errors[0] is not None
    assert "NCCO" in world.one(call, "error")["reason"]


@pytest.mark.fidelity("webhook-address")
def test_an_address_with_strange_characters_cannot_smuggle_a_header(world: World, strange: Any) -> None:
    server = strange(lambda connection: connection.sendall(reply()))
    call, errors = dialled(world, server.url + "/ä b?x=ö\u2028y\r\nX-Evil: 1")
    assert errors == [None]
    assert server.requests[0].startswith(b"GET /hook/%C3%A4%20b?x=%C3%B6%E2%80%A8yX-Evil%3A%201&to=")
    assert b"\r\nX-Evil" not in server.requests[0]
    assert world.actions(call)[-1] == ("wait", "finished")


# Connections


@pytest.mark.fidelity("webhook-connections")
def test_a_connection_is_used_again(world: World, strange: Any) -> None:
    server = strange(lambda connection: connection.sendall(reply(b"")))
    world.until(world.call(event_url=[server.url]))
    assert len(server.requests) == 4
    assert server.connections == 1


@pytest.mark.fidelity("webhook-connections")
def test_a_connection_that_the_server_closes_is_not(world: World, strange: Any) -> None:
    def once(connection: socket.socket) -> None:
        connection.sendall(reply(b"", "Connection: close"))
        connection.shutdown(socket.SHUT_RDWR)

    server = strange(once)
    call = world.call(event_url=[server.url])
    world.until(call)
    assert [one["error"] for one in world.trace(call, "reply")] == [None] * 4
    assert (len(server.requests), server.connections) == (4, 4)


@pytest.mark.fidelity("webhook-connections")
def test_nor_is_one_that_it_closes_without_a_word(strange: Any) -> None:
    closed = threading.Event()

    def once(connection: socket.socket) -> None:
        connection.sendall(reply())
        connection.close()
        closed.set()

    server = strange(once)
    place = place_of(server.url)

    async def twice() -> list[bytes | None]:
        client, bodies = WebClient(), []
        for _ in range(2):
            answer = await client.send("GET", place, "", [], b"", connect_timeout=1, socket_timeout=1, largest=1000)
            bodies.append(answer.body)
            await asyncio.to_thread(closed.wait, 5)
        client.close()
        return bodies

    assert asyncio.run(twice()) == [GOOD, GOOD]
    assert server.connections == 2


# Replies that are none


def never_ending(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b" ")
        threading.Event().wait(0.05)


def endless_head(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 100_000)


def half(connection: socket.socket) -> None:
    connection.sendall(reply()[:-5])
    connection.shutdown(socket.SHUT_RDWR)


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


def silent(connection: socket.socket) -> None:
    pass


STRANGE: dict[str, tuple[Callable[[socket.socket], None], list[str]]] = {
    "never ends": (never_ending, ["read timeout"] * 2),
    "says nothing": (silent, ["read timeout"] * 2),
    "stops half way": (half, ["connection closed"] * 2),
    "endless head": (endless_head, ["the reply is not HTTP"]),
    "another protocol": (garbage, ["the reply is not HTTP"]),
}


@pytest.mark.fidelity("answer-retry", "answer-not-http", "reply-endless", "answer-none")
@pytest.mark.parametrize("case", STRANGE)
def test_a_server_that_answers_strangely(world: World, strange: Any, case: str) -> None:
    behave, expected = STRANGE[case]
    server = strange(behave)
    hook = {"address": server.url, "socket_timeout": 1000}
    world.app = world.application(webhooks={"answer_url": hook})
    world.link()
    call = world.dial()
    world.until(call)
    requests = {one["request"] for one in world.trace(call, "webhook", type="answer")}
    errors = [one["error"] for one in world.trace(call, "reply") if one["request"] in requests]
    assert [error.split(":")[0] for error in errors] == expected
    assert len(server.requests) == len(expected)
    assert expected[0] in world.one(call, "error")["reason"]
    assert world.learner.statuses()[-2:] == ["error", "completed"]


BODIES: dict[str, tuple[bytes, str, str]] = {
    "10 MB": (b" " * 10_000_000 + GOOD, "application/json", "larger than 1 MB"),
    "compressed": (gzip.compress(GOOD), "application/json\r\nContent-Encoding: gzip", "compressed as gzip"),
    "latin-1": ('[{"action": "talk", "text": "Grüße"}]'.encode("latin-1"), "application/json", "not utf-8"),
    "unknown charset": (GOOD, "application/json; charset=klingon", "unknown charset klingon"),
    "slow codec": (GOOD, "application/json; charset=punycode", "unknown charset punycode"),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, "application/json", "not JSON"),
    "no content type": (GOOD, "", "wrong content type (none)"),
    "plain text": (GOOD, "text/plain", "wrong content type text/plain"),
}


@pytest.mark.fidelity("reply-size", "answer-charset", "answer-compressed", "answer-success", "answer-retry")
@pytest.mark.parametrize("case", BODIES)
def test_a_body_that_is_no_ncco_is_explained_and_not_asked_for_again(world: World, strange: Any, case: str) -> None:
    body, kind, expected = BODIES[case]
    server = strange(lambda connection: connection.sendall(reply(body, f"Content-Type: {kind}" if kind else "X: y")))
    call, errors = asked(world, server.url)
    assert len(errors) == len(server.requests) == 1
    assert expected in world.one(call, "error")["reason"]
    assert "application/json" in world.one(call, "error")["advice"]
    assert world.at(call, "completed") - world.at(call, "answered") == pytest.approx(1)


@pytest.mark.fidelity("answer-charset")
@pytest.mark.parametrize("charset", ["UTF-8", "iso-8859-1", '"utf-8"', "utf-16"])
def test_a_charset_that_is_named_is_used(world: World, strange: Any, charset: str) -> None:
    body = '[{"action": "talk", "text": "Grüße"}]'.encode(charset.strip('"'))
    server = strange(lambda connection: connection.sendall(reply(body, f"Content-Type: text/json; charset={charset}")))
    call, _ = asked(world, server.url)
    assert world.one(call, "ncco")["actions"][0]["text"] == "Grüße"


@pytest.mark.fidelity("answer-redirect")
def test_a_redirect_is_explained(world: World) -> None:
    world.learner.on("/answer", ("", 302, {"Location": "/elsewhere"}))
    call = world.call_with_answer_url()
    world.until(call)
    assert world.learner.at("/elsewhere") == []
    assert "Redirects are not followed" in world.one(call, "error")["advice"]


# How long, and how often


@pytest.mark.fidelity("answer-waits")
def test_each_webhook_has_its_own_timeouts(world: World) -> None:
    """Stepped time: the wait is counted, not waited for."""
    hooks: Json = {
        "event_url": {"address": f"{world.learner.url}/event", "socket_timeout": 4000},
        "answer_url": {"address": world.learner.on("/answer", NCCO), "socket_timeout": 1500},
    }
    world.app = world.application(webhooks=hooks)
    world.link()
    world.fault(answer_slow={"seconds": 1.5})
    call = world.dial()
    world.until(call)
    waits = [one["seconds"] for one in world.trace(call, "reply") if one["error"]]
    assert waits == [1.5, 1.5]


@pytest.mark.fidelity("event-retry")
@pytest.mark.parametrize(
    ("status", "times"), [(200, 1), (205, 1), (302, 1), (404, 1), (500, 1), (429, 2), (502, 2), (503, 2), (504, 2)]
)
def test_which_events_are_sent_again(world: World, status: int, times: int) -> None:
    headers = {"Location": "/other"} if status == 302 else {}
    world.learner.on("/event", ("", status, headers))
    world.until(world.call(*NCCO))
    assert len(world.learner.received) == 4 * times


@pytest.mark.fidelity("mid-call-failure", "answer-retry")
@pytest.mark.parametrize(("status", "times"), [(404, 1), (500, 1), (502, 1), (429, 2), (503, 2), (504, 2)])
def test_which_events_that_may_bring_an_ncco_are_sent_again(world: World, status: int, times: int) -> None:
    ask = {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 1},
           "eventUrl": [world.learner.on("/input", ("", status))]}  # fmt: skip
    call = world.call(ask, *NCCO)
    world.until(call)
    assert len(world.learner.at("/input")) == times
    assert world.actions(call)[-1] == ("wait", "finished")


@pytest.mark.fidelity("event-reply")
def test_the_reply_to_a_plain_event_is_not_read_as_an_ncco(world: World) -> None:
    world.learner.on("/event", lambda: Response(json.dumps([{"action": "sing"}]), mimetype="application/json"))
    call = world.call(*NCCO)
    world.until(call)
    assert not world.trace(call, "error")
