"""The webhooks: the finished app, the audio files, and the events among the requests."""

from __future__ import annotations

import json
import logging
import socket
import wave
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Response

from helpers.base.errors import KitError
from helpers.server.server import BackgroundServer
from helpers.server.sound_files import send_audio
from helpers.server.webhooks import create_app
from helpers.wire import Events, kind
from tests.unit.panels import Inbox

NCCO = [{"action": "talk", "text": "Hello"}]
SOUND = bytes(range(256)) * 40
request = partial(requests.request, timeout=60)
get, head, post = (partial(request, method) for method in ("GET", "HEAD", "POST"))


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    folder = tmp_path / "audio"
    folder.mkdir()
    (tmp_path / "secret.mp3").write_bytes(b"secret")
    (tmp_path / "audio-private").mkdir()
    (tmp_path / "audio-private" / "x.mp3").write_bytes(b"secret")
    (folder / "greeting.mp3").write_bytes(SOUND)
    (folder / "grüße.mp3").write_bytes(b"hallo")
    with wave.open(str(folder / "tone.wav"), "wb") as tone:
        tone.setparams((1, 2, 8000, 0, "NONE", ""))
        tone.writeframes(b"\0\0" * 100)
    (folder / ".hidden.mp3").write_bytes(b"secret")
    (folder / "make.py").write_text("secret")
    (folder / "inner").mkdir()
    (folder / "inner" / "deep.mp3").write_bytes(b"secret")
    (folder / "out.mp3").symlink_to(tmp_path / "secret.mp3")
    return folder


@pytest.fixture
def server(audio: Path) -> Iterator[BackgroundServer]:
    with BackgroundServer(audio=audio) as running:
        yield running


def status(name: str, uuid: str = "u1", **more: Any) -> dict[str, Any]:
    return {"status": name, "uuid": uuid, "conversation_uuid": "CON-1", "timestamp": "2026-02-03T10:15:00.120Z", **more}


# --- answer and event ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [NCCO, NCCO[0], lambda call: NCCO, lambda: NCCO[0], lambda: json.dumps(NCCO)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_answer_is_an_ncco_as_json(server: BackgroundServer, answer: Any, method: str) -> None:
    server.handle(create_app(answer=answer))
    reply = request(method, f"{server.url}/answer")
    assert (reply.status_code, reply.headers["Content-Type"], reply.json()) == (200, "application/json", NCCO)


def test_answer_gets_the_parameters_of_query_and_body(server: BackgroundServer) -> None:
    calls: list[dict[str, Any]] = []

    def answer(call: dict[str, Any]) -> list[dict[str, str]]:
        calls.append(call)
        return NCCO

    server.handle(create_app(answer=answer))
    get(f"{server.url}/answer", params={"to": "447700900012", "custom_data": '{"a":1}', "odd": "{"})
    post(f"{server.url}/answer?name=Ann", json={"to": "447700900012"})
    assert calls == [
        {"to": "447700900012", "custom_data": {"a": 1}, "odd": "{"},
        {"name": "Ann", "to": "447700900012"},
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "returned no NCCO"),
        ([], "returned no NCCO"),
        (lambda call: None, "returned no NCCO, and a call without one ends at once"),
        (lambda call: "<html>", "a text that is not JSON"),
        (lambda call: ["talk"], "which is not an NCCO"),
        (lambda call: 7, "which is not an NCCO"),
        (lambda call: {"text": "no action"}, "which is not an NCCO"),
    ],
)
def test_an_answer_that_is_no_ncco_is_500_with_words(server: BackgroundServer, answer: Any, words: str) -> None:
    server.handle(create_app(answer=answer))
    reply = get(f"{server.url}/answer?callback=x")
    assert reply.status_code == 500
    assert words in reply.text
    assert words in str(server.errors[0])


def test_an_answer_that_raises_is_500_and_seen_in_the_notebook_only(server: BackgroundServer) -> None:
    def answer(call: dict[str, Any]) -> Any:
        return call["no such field"]

    server.handle(create_app(answer=answer))
    reply = get(f"{server.url}/answer")
    assert (reply.status_code, reply.text) == (500, "A webhook raised an error. The notebook shows which.\n")
    assert "KeyError: 'no such field'" in str(server.errors[0])
    assert 'return call["no such field"]' in server.errors[0].traceback


def test_events_are_200_and_kept_in_order(server: BackgroundServer) -> None:
    heard: list[dict[str, Any]] = []
    app = create_app(answer=NCCO, on_event=heard.append)
    server.handle(app)
    names = ["started", "ringing", "answered", "completed"]
    for name in names:
        reply = post(f"{server.url}/event", json=status(name))
        assert (reply.status_code, reply.text) == (200, "")
    assert [event["status"] for event in heard] == names
    assert app.extensions["events"] == heard


def test_an_event_may_come_by_get_and_a_browser_gets_words(server: BackgroundServer) -> None:
    app = create_app()
    server.handle(app)
    query = {"uuid": "u1", "conversation_uuid": "CON-1", "dtmf": '{"digits":"3","timed_out":false}'}
    assert get(f"{server.url}/event", params=query).status_code == 200
    assert app.extensions["events"][0]["dtmf"]["digits"] == "3"
    assert "The event webhook is here" in get(f"{server.url}/event").text
    assert len(app.extensions["events"]) == 1


@pytest.mark.parametrize("body", ["not json", "[1]", "7"])
def test_an_event_that_is_no_object_is_400(server: BackgroundServer, body: str) -> None:
    server.handle(create_app())
    assert post(f"{server.url}/event", data=body).status_code == 400
    assert not list(Events(server))


def test_what_is_not_a_function_is_refused_when_the_app_is_made() -> None:
    with pytest.raises(KitError, match=r"on_event=5 is not a function\. Give its name"):
        create_app(on_event=5)  # type: ignore[arg-type]


def test_on_event_may_reply_with_an_ncco_and_may_raise(server: BackgroundServer) -> None:
    server.handle(create_app(on_event=lambda event: NCCO if "dtmf" in event else 1 // 0))
    assert post(f"{server.url}/event", json={"dtmf": {}}).json() == NCCO
    assert post(f"{server.url}/event", json=status("started")).status_code == 500
    assert "ZeroDivisionError" in str(server.errors[0])


def test_the_wrong_method_gets_a_hint(server: BackgroundServer) -> None:
    app = create_app(answer=NCCO)
    app.add_url_rule("/recording", view_func=lambda: "", methods=["POST"], endpoint="recording")
    server.handle(app)
    reply = get(f"{server.url}/recording")
    assert (reply.status_code, reply.headers["Allow"]) == (405, "OPTIONS, POST")
    assert "GET /recording came in, but this route takes POST" in reply.text
    assert "event_url: POST unless you say so" in reply.text


# --- audio -----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["mounted", "finished app", "own route"])
def sounds(request: pytest.FixtureRequest, server: BackgroundServer, audio: Path) -> str:
    """The three ways to the same files: an address to which a name can be added."""
    if request.param == "mounted":
        return f"{server.url}/audio/"
    if request.param == "finished app":
        server.handle(create_app(audio=audio))
        return f"{server.url}/"
    app = Flask("own")
    app.add_url_rule("/sounds/<path:name>", view_func=lambda name: send_audio(name), endpoint="sounds")
    server.handle(app)
    return f"{server.url}/sounds/"


def test_a_file_with_all_its_headers(sounds: str) -> None:
    reply = get(f"{sounds}greeting.mp3")
    assert (reply.status_code, reply.content) == (200, SOUND)
    assert reply.headers["Content-Type"] == "audio/mpeg"
    assert reply.headers["Content-Length"] == str(len(SOUND))
    assert reply.headers["Cache-Control"] == "public, max-age=3600"
    assert reply.headers["Accept-Ranges"] == "bytes"
    assert reply.headers["ETag"]
    assert not {"Last-Modified", "Expires"} & set(reply.headers), "they differ from one run to the next"
    assert get(f"{sounds}tone.wav").headers["Content-Type"] == "audio/wav"
    assert get(f"{sounds}grüße.mp3").content == b"hallo"


def test_head_has_the_headers_and_no_body(sounds: str) -> None:
    reply = head(f"{sounds}greeting.mp3")
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["Content-Length"] == str(len(SOUND))
    assert reply.headers["Content-Type"] == "audio/mpeg"


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-99", 0, 99), ("bytes=100-", 100, 10239), ("bytes=-10", 10230, 10239)]
)
def test_a_part_is_206(sounds: str, asked: str, first: int, last: int) -> None:
    reply = get(f"{sounds}greeting.mp3", headers={"Range": asked})
    assert (reply.status_code, reply.content) == (206, SOUND[first : last + 1])
    assert reply.headers["Content-Range"] == f"bytes {first}-{last}/{len(SOUND)}"
    assert reply.headers["Content-Length"] == str(last + 1 - first)


def test_a_part_that_does_not_exist_is_416(sounds: str) -> None:
    reply = get(f"{sounds}greeting.mp3", headers={"Range": "bytes=99999-"})
    assert (reply.status_code, reply.headers["Content-Range"]) == (416, f"bytes */{len(SOUND)}")


def test_an_unchanged_file_is_304_and_a_changed_one_200(sounds: str, audio: Path) -> None:
    tag = get(f"{sounds}greeting.mp3").headers["ETag"]
    reply = get(f"{sounds}greeting.mp3", headers={"If-None-Match": tag})
    assert (reply.status_code, reply.content) == (304, b"")
    (audio / "greeting.mp3").write_bytes(b"something else")
    reply = get(f"{sounds}greeting.mp3", headers={"If-None-Match": tag})
    assert (reply.status_code, reply.content) == (200, b"something else")


def test_replies_without_a_body_are_shown_without(server: BackgroundServer) -> None:
    url = f"{server.url}/audio/greeting.mp3"
    tag = head(url).headers["ETag"]
    get(url, headers={"If-None-Match": tag})
    get(url)
    assert [kept.status for kept in server.requests] == [200, 304, 200]
    assert [kept.response_body for kept in server.requests] == [None, None, f"<{len(SOUND)} bytes of audio/mpeg>"]


def test_a_missing_file_is_404_that_says_which_there_are(sounds: str) -> None:
    reply = get(f"{sounds}greetings.mp3")
    assert reply.status_code == 404
    assert reply.text == (
        "There is no audio file 'greetings.mp3' here. There are: greeting.mp3, grüße.mp3, tone.wav.\n"
    )


TRAVERSALS = [
    "../secret.mp3",
    "%2e%2e/secret.mp3",
    "..%2fsecret.mp3",
    "%2e%2e%2fsecret.mp3",
    "%252e%252e%252fsecret.mp3",
    "..%5csecret.mp3",
    "..\\secret.mp3",
    "....//secret.mp3",
    "inner/../../secret.mp3",
    "inner/deep.mp3",
    "../audio-private/x.mp3",
    "..%2faudio-private%2fx.mp3",
    "%2e%2e%c0%afsecret.mp3",
    ".hidden.mp3",
    "%2ehidden.mp3",
    "out.mp3",
    "make.py",
    "greeting.mp3/",
    "greeting.mp3%00",
    "greeting.mp3%00.wav",
    "",
    ".",
    "..",
    "{root}/secret.mp3",
    "/{root}/secret.mp3",
    "%2f{root}%2fsecret.mp3",
    "//etc/passwd",
    "%2fetc%2fpasswd",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_nothing_outside_the_folder_is_served_and_the_log_says_so(
    sounds: str, server: BackgroundServer, audio: Path, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "helpers")
    base = sounds.removeprefix(server.url)
    target = (base + path.format(root=audio.parent)).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        reply = b"".join(iter(lambda: client.recv(65536), b""))
    assert reply.split(b" ", 2)[1] in (b"404", b"400", b"503", b"308"), reply
    assert b"\r\n\r\nsecret" not in reply
    assert SOUND not in reply
    if path in ("../secret.mp3", ".hidden.mp3", "out.mp3") or (base == "/audio/" and path == "%2fetc%2fpasswd"):
        assert "refused" in caplog.text


def test_audio_can_only_be_fetched(server: BackgroundServer) -> None:
    reply = post(f"{server.url}/audio/greeting.mp3")
    assert (reply.status_code, reply.headers["Allow"]) == (405, "GET, HEAD")


def test_send_audio_takes_a_path_inside_the_folder_only(server: BackgroundServer, audio: Path) -> None:
    app = Flask("paths")
    files = {"in": audio / "greeting.mp3", "out": audio.parent / "secret.mp3"}
    app.add_url_rule("/<which>", view_func=lambda which: send_audio(files[which]), endpoint="sound")
    server.handle(app)
    assert get(f"{server.url}/in").content == SOUND
    assert get(f"{server.url}/out").status_code == 404


def test_send_audio_without_a_folder_says_so(audio: Path) -> None:
    app = Flask("bare")
    with app.test_request_context(), pytest.raises(KitError, match="not known where the audio files are"):
        send_audio("greeting.mp3")
    with app.test_request_context():
        response = send_audio("greeting.mp3", audio)
        response.close()
    assert response.status_code == 200


def test_a_missing_folder_has_no_files(tmp_path: Path) -> None:
    with BackgroundServer(audio=tmp_path / "nowhere") as server:
        assert "There are: none" in get(f"{server.url}/audio/x.mp3").text


def test_without_an_audio_folder_the_app_has_the_path() -> None:
    app = Flask("own")
    app.add_url_rule("/audio/x.mp3", view_func=lambda: Response(b"mine"), endpoint="x")
    with BackgroundServer(app) as server:
        assert get(f"{server.url}/audio/x.mp3").content == b"mine"


# --- events ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"call_uuid": "u", "status": "machine", "sub_state": "beep_start"}, "status"),
        ({"dtmf": {"digits": "42"}, "conversation_uuid": "CON-1"}, "input"),
        ({"to": "447700900012", "from": "447700900055", "uuid": "u", "conversation_uuid": "CON-1"}, "answer"),
        ({"to": "447700900012", "uuid": "u", "reason": "Connection closed.", "original_request": {}}, "answer"),
        ({"anything": 1}, ""),
    ],
)
def test_the_kind_of_a_payload_that_is_like_another(payload: dict[str, Any], expected: str) -> None:
    assert kind(payload) == expected


def test_events_are_found_whatever_the_routes_do(server: BackgroundServer) -> None:
    app = Flask("own")
    app.add_url_rule("/my/hook", view_func=lambda: "", methods=["GET", "POST"], endpoint="hook")
    app.add_url_rule("/broken", view_func=lambda: 1 // 0, methods=["POST"], endpoint="broken")
    server.handle(app)
    events = Events(server)
    assert (len(events), list(events), repr(events)) == (0, [], "<Events: 0 received>")
    get(f"{server.url}/answer", params={"to": "1", "from": "2", "uuid": "u1", "conversation_uuid": "C"})
    get(f"{server.url}/my/hook", params={"x": "1"})
    post(f"{server.url}/my/hook", json=status("started"))
    post(f"{server.url}/broken", json=status("ringing", sip_code=None))
    get(
        f"{server.url}/my/hook",
        params={"dtmf": '{"digits":"1"}', "uuid": "u1", "conversation_uuid": "CON-1"},
    )
    post(f"{server.url}/my/hook", json=status("started", "u2"))
    post(f"{server.url}/my/hook", json={"call_uuid": "u3", "status": "human"})
    post(f"{server.url}/my/hook", data=b"\x00\x01")
    assert [kind(event) for event in events] == ["status", "status", "input", "status", "status"]
    assert events[0] == status("started")
    assert [e["uuid"] for e in events[2:4]] == ["u1", "u2"]
    assert events.statuses("u1") == ["started", "ringing"]
    assert events.statuses("CON-1") == ["started", "ringing", "started"]
    assert events.statuses("u3") == ["human"]
    assert events.by(status="started", uuid="u2") == [status("started", "u2")]
    assert events.by(uuid="u1", dtmf={"digits": "1"})
    events.clear()
    assert len(events) == 0
    assert len(server.requests) == 8


def test_events_outlive_the_wire_log(server: BackgroundServer) -> None:
    events = Events(server)
    server.handle(create_app())
    post(f"{server.url}/event", json=status("started"))
    assert len(events) == 1
    server.requests.clear()
    post(f"{server.url}/event", json=status("ringing"))
    assert events.statuses() == ["started", "ringing"]


def test_of_too_many_events_the_older_half_goes() -> None:
    inbox = Inbox()
    for number in range(40):
        inbox.arrive({"uuid": "u1", "status": "started", "number": number, "long": "x" * 1024 * 1024})
        inbox.events.by("u1")
    assert [event["number"] for event in inbox.events] == list(range(16, 40))


def test_only_good_events_are_believed_where_signatures_are_checked() -> None:
    inbox, heard = Inbox(), list[dict[str, Any]]()
    events = Events(inbox, lambda: True)
    events.subscribe(heard.append)
    for signature in (None, "good", "missing", "it was made with another secret"):
        inbox.arrive(status("started", str(signature)), signature=signature)
    inbox.arrive(status("started", "refused"), signature="good", refused="its Host is not this server")
    assert [event["uuid"] for event in (*events, *heard)] == ["good", "good"]
    assert [event["uuid"] for event in inbox.events] == ["None", "good", "missing", "it was made with another secret"]


def test_subscribers_hear_events_as_they_come(server: BackgroundServer) -> None:
    server.handle(create_app(answer=NCCO))
    heard: list[dict[str, Any]] = []
    leave = Events(server).subscribe(heard.append)
    get(f"{server.url}/answer?to=1&uuid=u1")
    post(f"{server.url}/event", json=status("started"))
    leave()
    post(f"{server.url}/event", json=status("ringing"))
    assert heard == [status("started")]
