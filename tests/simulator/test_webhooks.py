"""How webhooks travel: headers, the query of a GET, connections, and servers that answer strangely or not at all."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Response

from helpers.simulator.webhooks.web_client import WebClient, place_of
from tests.simulator.servers import Behaviour, RawServer
from tests.simulator.world import World, about, presses

NCCO = [{"action": "wait", "timeout": 2}]
GOOD = json.dumps(NCCO).encode()


def reply(body: bytes = GOOD, headers: str = "Content-Type: application/json", first: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {first}\r\n{headers}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def strange() -> Iterator[Callable[[Behaviour], RawServer]]:
    with ExitStack() as servers:
        yield lambda behave: servers.enter_context(RawServer(behave, keep=True))


def asked(world: World, url: str, **fields: Any) -> tuple[str, list[str | None]]:
    """A call with this answer URL: its uuid, and what came of each request for the NCCO."""
    call = world.ended_call(ncco=None, answer_url=[url], **fields)
    return call, [error for _, error in world.attempts(call, "answer")]


# Headers and parameters


@pytest.mark.fidelity("event-user-agent", "event-transport", "event-cache-control")
def test_the_headers_of_a_webhook(world: World, strange: Any) -> None:
    server = strange(lambda _, connection: connection.sendall(reply()))
    asked(world, server.url + "/?name=Ann%20B&x=%2F", answer_method="POST")
    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert first == "POST /?name=Ann%20B&x=%2F HTTP/1.1"
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
    world.phone(script=presses("3", 1))
    world.learner.on("/input", ("", 200))
    world.ended_call(ask)
    [told] = world.learner.at("/input")
    assert told.query[0] == ("song", "1")
    assert [value for name, value in told.query if name == "to"] == ["447700900001"]  # ours replaces yours
    assert dict(told.query)["dtmf"] == '{"digits":"3","timed_out":false}'


NO_ADDRESSES = {
    "http://127.0.0.1:0/a": "whole web address",
    "http://127.0.0.1:99999/a": "whole web address",
    "http://[::1/a": "whole web address",
    "http://": "whole web address",
    "http://ä.localhost/": "letters in its host",
    "https://YOUR_URL/answer": "YOUR_URL where the host should be",
    "https://https://example.com/answer": "twice",
    "https://example..com/answer": "a dot too many",
    "https://example.com/\u200banswer": "U+200B (zero width space)",
    "http://127.0.0.1/a b": "a space in it",
    "http://127.0.0.1/\r\nX-Evil: 1": "a space in it",
}


@pytest.mark.fidelity("address-one-rule")
@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_what_is_no_address_is_none_for_a_call_an_application_and_an_ncco(world: World, url: str) -> None:
    hooks = {"capabilities": {"voice": {"webhooks": {"answer_url": {"address": url}}}}}
    made = world.http.post(f"{world.network.url}/v2/applications", json={"name": "x", **hooks}, auth=world.basic)
    placed = world.voice("POST", "", world.order(ncco=None, answer_url=[url]))
    inline = world.voice("POST", "", world.order({"action": "stream", "streamUrl": [url]}))
    assert [made.status_code, placed.status_code, inline.status_code] == [400] * 3
    for reply in (made, placed, inline):
        assert NO_ADDRESSES[url] in reply.json()["invalid_parameters"][0]["reason"]


@pytest.mark.fidelity("answer-invalid-url")
@pytest.mark.parametrize("url", ["http://127.0.0.1:0/a", "http://[::1/a", "http://"])
def test_an_address_that_is_none_is_not_tried_again(world: World, url: str) -> None:
    world.link()
    stored = world.network.account.applications[world.app]
    stored["capabilities"]["voice"]["webhooks"]["answer_url"] = {  # as an account file of before may hold it
        "address": url, "http_method": "GET", "connect_timeout": 1000, "socket_timeout": 5000
    }  # fmt: skip
    call = world.ended_incoming_call()
    [(_, error)] = world.attempts(call, "answer")
    assert error is not None
    assert "NCCO" in world.one(call, "error")["reason"]


@pytest.mark.fidelity("webhook-address")
def test_letters_of_all_scripts_in_an_address_are_percent_encoded(world: World, strange: Any) -> None:
    server = strange(lambda _, connection: connection.sendall(reply()))
    call, errors = asked(world, server.url + "/ä{b}?x=ö|y")
    assert errors == [None]
    assert server.requests[0].startswith(b"GET /%C3%A4%7Bb%7D?x=%C3%B6%7Cy&to=")
    assert world.actions(call)[-1] == ("wait", "finished")


# Connections


@pytest.mark.fidelity("webhook-connections")
def test_a_connection_is_used_again(world: World, strange: Any) -> None:
    server = strange(lambda _, connection: connection.sendall(reply(b"")))
    world.until(world.call(event_url=[server.url]))
    assert len(server.requests) == 4
    assert server.connections == 1


@pytest.mark.fidelity("webhook-connections")
def test_a_connection_that_the_server_closes_is_not(world: World, strange: Any) -> None:
    def once(server: RawServer, connection: socket.socket) -> None:
        connection.sendall(reply(b"", "Connection: close"))
        connection.shutdown(socket.SHUT_RDWR)

    server = strange(once)
    call = world.ended_call(event_url=[server.url])
    assert [one["error"] for one in world.trace(call, "reply")] == [None] * 4
    assert (len(server.requests), server.connections) == (4, 4)


@pytest.mark.fidelity("webhook-connections")
def test_nor_is_one_that_it_closes_without_a_word(strange: Any) -> None:
    closed = threading.Event()

    def once(server: RawServer, connection: socket.socket) -> None:
        connection.sendall(reply())
        connection.close()
        closed.set()

    server = strange(once)
    place = place_of(server.url)

    async def twice() -> list[bytes | None]:
        client, bodies = WebClient(), []
        for _ in range(2):
            answer = await client.send("GET", place, "", [], b"", connect_timeout=60, socket_timeout=60, largest=1000)
            bodies.append(answer.body)
            await asyncio.to_thread(closed.wait, 60)
        client.close()
        return bodies

    assert asyncio.run(twice()) == [GOOD, GOOD]
    assert server.connections == 2


# Replies that are none


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
    server = strange(lambda _, connection: connection.sendall(reply(body, f"Content-Type: {kind}" if kind else "X: y")))
    call, errors = asked(world, server.url)
    assert len(errors) == len(server.requests) == 1
    assert expected in world.one(call, "error")["reason"]
    assert "application/json" in world.one(call, "error")["advice"]
    assert world.lasted(call) == about(1)


@pytest.mark.fidelity("answer-charset")
@pytest.mark.parametrize("charset", ["UTF-8", "iso-8859-1", '"utf-8"', "utf-16"])
def test_a_charset_that_is_named_is_used(world: World, strange: Any, charset: str) -> None:
    body = '[{"action": "talk", "text": "Grüße"}]'.encode(charset.strip('"'))
    answer = reply(body, f"Content-Type: application/json; charset={charset}")
    server = strange(lambda _, connection: connection.sendall(answer))
    call, _ = asked(world, server.url)
    assert world.one(call, "ncco")["actions"][0]["text"] == "Grüße"


# How long, and how often


@pytest.mark.fidelity("mid-call-failure", "answer-retry", "error-event-words")
@pytest.mark.parametrize(("status", "times"), [(404, 1), (500, 1), (502, 1), (429, 2), (503, 2), (504, 2)])
def test_which_events_that_may_bring_an_ncco_are_sent_again(world: World, status: int, times: int) -> None:
    ask = {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 1},
           "eventUrl": [world.learner.on("/input", ("", status))]}  # fmt: skip
    call = world.ended_call(ask, *NCCO)
    assert len(world.learner.at("/input")) == times
    error = world.one(call, "error")
    assert f"input webhook failed: HTTP {status}" in error["reason"]
    assert "goes on" in error["advice"]
    assert world.actions(call)[-1] == ("wait", "finished")


@pytest.mark.fidelity("event-reply")
def test_the_reply_to_a_plain_event_is_not_read_as_an_ncco(world: World) -> None:
    world.learner.on("/event", lambda: Response(json.dumps([{"action": "sing"}]), mimetype="application/json"))
    call = world.ended_call(*NCCO)
    assert not world.trace(call, "error")
