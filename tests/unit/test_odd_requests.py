"""What strangers send: each odd request is an entry of its own, and hides none of the others."""

from __future__ import annotations

import socket
import time

import pytest
import requests

from helpers.base.hosts import parts_of
from helpers.base.masking import mask
from helpers.server.server import BackgroundServer
from helpers.server.webhooks import create_app
from helpers.settings.project import audio
from helpers.wire.events import Events
from helpers.wire.exchanges import WireLog

HEAD = b"HTTP/1.1\r\nHost: a.example\r\n"
BODY = HEAD + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
DEEP, LONG, HALF = b"[" * 200_000, b"a" * 5000, b'{"uuid": "\\ud800", "status": "\\ud800"}'
# A request, and whether a route is reached by it.
ODD: dict[str, bytes] = {
    "a path like a broken host": b"GET //[x " + HEAD + b"\r\n",
    "a broken host": b"GET /event?uuid=1&status=x HTTP/1.1\r\nHost: [\r\n\r\n",
    "a name of 5,000 letters": b"GET /" + LONG + b" " + HEAD + b"\r\n",
    "a sound's name of 5,000 letters": b"GET /audio/" + LONG + b".mp3 " + HEAD + b"\r\n",
    "an address that is not UTF-8": b"GET /%ff%fe?x=%ff " + HEAD + b"\r\n",
    "a sound of no name": b"GET /audio/%00.mp3 " + HEAD + b"\r\n",
    "a body that is not UTF-8": b"POST /event " + BODY % (2, b"\xff\xfe"),
    "half a character": b"POST /event " + BODY % (len(HALF), HALF),
    "a body of 200,000 brackets": b"POST /event " + BODY % (len(DEEP), DEEP),
    "a header that is not UTF-8": b"GET /event " + HEAD + b"Authorization: Bearer \xff.\xff.\xff\r\n\r\n",
    "no path": b"OPTIONS * " + HEAD + b"\r\n",
}


@pytest.mark.parametrize("signed", [False, True], ids=["", "signatures are checked"])
def test_one_odd_request_never_hides_another(signed: bool) -> None:
    with BackgroundServer(create_app(answer=[], audio=audio()), audio=audio()) as server:
        server.signature_secret = "s" * 32 if signed else ""
        events = Events(server)
        for number, request in enumerate(ODD.values(), 1):
            with socket.create_connection(("127.0.0.1", server.port), 60) as line:
                line.sendall(request)
                line.shutdown(socket.SHUT_WR)
                assert line.recv(1 << 16).startswith(b"HTTP/1.1 "), request[:40]
            requests.post(f"{server.url}/event", json={"uuid": f"good-{number}", "status": "started"}, timeout=60)
        assert [one["uuid"] for one in events if one["uuid"].startswith("good")] == [
            f"good-{number + 1}" for number in range(len(ODD))
        ]
        assert len(server.requests) == 2 * len(ODD)
        assert {line.partition(" → ")[0].split()[0][1:] for line in map(repr, server.requests)} == {
            "GET",
            "POST",
            "OPTIONS",
        }
        assert "[x" in server.requests.show(100).__repr__()
        assert server.errors == []


def test_what_cannot_be_read_is_an_entry_that_says_so() -> None:
    def broken() -> None:
        raise ValueError("x")

    log, heard = WireLog(), []
    log.append(broken)  # type: ignore[arg-type]
    log.subscribe(heard.append)
    log.append(broken)  # type: ignore[arg-type]
    assert [one.error for one in (*log, *heard)] == ["it could not be read (ValueError)"] * 3


def test_an_error_of_any_length_is_told_in_few_words() -> None:
    def app(environ: dict[str, str], start_response: object) -> None:
        raise ValueError(environ["PATH_INFO"] * 100)

    with BackgroundServer(app) as server:  # type: ignore[arg-type]
        assert requests.get(f"{server.url}/{'a' * 5000}", timeout=60).status_code == 500
        assert len(str(server.errors[0])) < 10_000


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://a.example:80/b/c?d=e#f", ("a.example:80", "/b/c", "d=e")),
        ("http://[//[x?y", ("[", "//[x", "y")),
        ("/event?a=/?b", ("", "/event", "a=/?b")),
        ("*", ("", "*", "")),
        ("", ("", "", "")),
        ("a\nb?c\nd", ("", "a\nb", "c\nd")),
    ],
)
def test_any_address_has_parts(url: str, parts: tuple[str, str, str]) -> None:
    assert parts_of(url) == parts


@pytest.mark.parametrize(
    "piece",
    ["a", "-", " ", ".", '"', "\\", "/", ":", "@", "=", "\n", "é", "eyJ", "eyJa.", "://a:", "Bearer ", "-----BEGIN ",
     "-----BEGIN PRIVATE KEY-----", "Authorization:    ", "secret", 'secret="', "api_key='\""],
)  # fmt: skip
def test_masking_takes_as_long_as_the_text_is(piece: str) -> None:
    """Four times the text, four times as long: sixteen times where each letter looks at all others."""

    def seconds(letters: int) -> float:
        begin = time.thread_time()
        mask(piece * (letters // len(piece)))
        return time.thread_time() - begin

    assert seconds(1_000_000) < 10 * seconds(250_000) + 0.5
