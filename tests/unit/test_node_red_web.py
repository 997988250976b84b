"""The routes of a flow, served for real."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import example, given, settings, strategies

from helpers.base.errors import KitError
from helpers.node_red import import_flow
from helpers.node_red.routes import IMPORTS, METHODS, TAKEN
from helpers.server.server import BackgroundServer
from tests.unit.node_red_flows import MUSIC, Item, answer, call, change, reply, sound, stream, talk, webhook

AUDIO = Path(__file__).parents[2] / "audio"
NOT_NOW = {"payload": "Not now", "statusCode": 503, "headers": {"Content-Type": "text/plain"}}
FLOW: list[Item] = [
    *answer("/answer", talk("a", text="Hello {{msg.call.from}}"), stream("b")),
    *answer("/by-post", talk("c", text="{{msg.req.query.who}} or {{msg.call.who}}"), method="post"),
    *answer("/say/:word", talk("d", text="{{msg.req.params.word}}")),
    *answer("/empty"),
    *answer("/constant", change("set", who="Ada"), talk("e", text="{{msg.who}}")),
    *answer("/import", talk("f")),
    *answer("/set", change("h", ncco=[{"action": "talk", "text": "{{msg.call.who}}"}])),
    *reply("/body", change("i", payload=[{"action": "talk", "text": "Hello"}]), method="get"),
    *reply("/json", change("j", payload={"ok": True}, statusCode=201), method="get"),
    *reply("/event", statusCode="204"),
    *reply("/text", change("g", **NOT_NOW), method="get"),
    *sound("/audio-file.mp3", "C:\\sounds\\jingle.mp3"),
    *sound("/missing.wav", "/data/not-there.wav"),
]


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[..., requests.Response]]:
    """Ask the app over HTTP."""
    with BackgroundServer(import_flow(FLOW).app(), audio=AUDIO) as server, requests.Session() as session:
        yield lambda method, path, body=None: session.request(method, server.url + path, json=body, timeout=60)


@pytest.mark.parametrize(("method", "path", "body", "status", "reply"), [
    ("GET", "/answer?from=1", None, 200,
     [{"action": "talk", "text": "Hello 1"}, {"action": "stream", "streamUrl": [MUSIC]}]),
    ("POST", "/by-post?who=query", {"who": "body"}, 200, [{"action": "talk", "text": "query or body"}]),
    ("GET", "/say/hello", None, 200, [{"action": "talk", "text": "hello"}]),
    ("GET", "/constant", None, 200, [{"action": "talk", "text": "Ada"}]),
    ("POST", "/event", {"status": "answered"}, 204, ""),
    ("GET", "/text", None, 503, "Not now"),
    ("GET", "/import", None, 200, [{"action": "talk", "text": "f"}]),
    ("GET", "/set?who=Ada", None, 200, [{"action": "talk", "text": "Ada"}]),
    ("GET", "/body", None, 200, [{"action": "talk", "text": "Hello"}]),
    ("GET", "/json", None, 201, {"ok": True}),
])  # fmt: skip
def test_each_route_replies_what_the_flow_says(
    ask: Callable[..., requests.Response], method: str, path: str, body: Any, status: int, reply: Any
) -> None:
    got = ask(method, path, body)
    assert got.status_code == status
    assert (got.text if isinstance(reply, str) else got.json()) == reply


@pytest.mark.parametrize(("method", "path", "status"), [
    ("POST", "/answer", 405), ("GET", "/event", 405), ("GET", "/empty", 500), ("GET", "/missing.wav", 404),
    ("GET", "/elsewhere", 404), ("GET", "/answer", 500),
])  # fmt: skip
def test_what_is_not_there_is_answered_at_once(
    ask: Callable[..., requests.Response], method: str, path: str, status: int
) -> None:
    assert ask(method, path).status_code == status


def test_the_sound_is_sent_whole(ask: Callable[..., requests.Response]) -> None:
    got = ask("GET", "/audio-file.mp3")
    assert got.content == (AUDIO / "jingle.mp3").read_bytes()
    assert got.headers["Content-Type"] == "audio/mpeg"


def test_the_kits_server_needs_no_folder() -> None:
    with BackgroundServer(import_flow(FLOW).app(), audio=AUDIO) as server:
        assert requests.get(f"{server.url}/audio-file.mp3", timeout=60).status_code == 200


def literals_only(source: str) -> bool:
    """Whether the source of an app loads and calls nothing but what each such app does, so that it may be run."""
    parts = list(ast.walk(ast.parse(source)))
    names = {one.id for one in parts if isinstance(one, ast.Name)}
    doors = {ast.unparse(one) for one in parts if isinstance(one, ast.Attribute)}
    loads = {ast.unparse(one) for one in parts if isinstance(one, ast.Import | ast.ImportFrom)}
    known = {f"app.{method.lower()}" for method in METHODS}
    return names <= {*TAKEN, "ncco"} and doors <= known and loads <= set(map(str.strip, IMPORTS))


EVIL = "'''\"\"\"\\\n__import__('os').abort()\n#{}"


@settings(max_examples=50)
@given(evil=strategies.text())
@example(evil="False")
@example(evil=EVIL)
def test_nothing_of_a_flow_becomes_code(evil: str) -> None:
    flow = [
        *answer("/class", talk("a", text=evil, name=evil)), *answer("/1+1", talk("b")), *answer("/app", talk("c")),
        *answer("/App", talk("e")), *answer("/a b/<evil>", talk("d")),
        *reply("/event", change("set", payload=evil), name=evil), *answer(f"/{evil}/:{evil}", talk("f")),
        *answer("/evil", change("too", **{evil: evil}), talk("g", text=f"{{{{msg.{evil}}}}}")),
        *sound("/s.mp3", f"/data/{evil}.mp3"),
    ]  # fmt: skip
    imported = import_flow(flow)
    assert literals_only(imported.to_flask())
    client = imported.app().test_client()
    assert evil != EVIL or client.get("/class").get_json() == [{"action": "talk", "text": evil}]
    assert client.post("/event").text == evil
    assert client.get("/s.mp3", buffered=True, environ_base={"kit.audio": AUDIO}).status_code == 404
    assert "none that Flask can serve" in " ".join(part.instead for part in imported.not_translated)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..\\secret.txt", ".hidden.mp3", "notes.txt", "", "{{x}}.mp3"]
)
def test_only_sounds_of_the_audio_folder_are_sent(name: str) -> None:
    imported = import_flow(sound("/file", name))
    assert imported.routes == []
    assert "file in" in {part.type for part in imported.not_translated}


def test_a_file_route_never_leaves_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.mp3").write_bytes(b"secret")
    (tmp_path / "audio").mkdir()
    app = import_flow(sound("/file.mp3", str(tmp_path / "secret.mp3"))).app()
    assert app.test_client().get("/file.mp3", environ_base={"kit.audio": tmp_path / "audio"}).status_code == 404


@pytest.mark.parametrize("address", [
    "https://YOUR_URL/answer", "YOUR_URL/answer", "http://abc-12.ngrok.io/answer", "https://x.ngrok-free.app/answer",
    "http://localhost:1880/answer", "http://127.0.0.1:1880/answer",
])  # fmt: skip
def test_addresses_of_the_flow_itself_get_your_address(address: str) -> None:
    flow = [*answer("/answer", talk("a")), call("x", "url", answer=f"{address}?a=1")]
    imported = import_flow(flow, your_url="https://example.com/")
    assert imported.calls[0].parameters()["answer_url"] == ["https://example.com/answer?a=1"]
    assert "is in its place" in " ".join(note.text for note in imported.notes)
    assert import_flow(flow).calls[0].fields["answer_url"] == [f"{address}?a=1"]


@pytest.mark.parametrize("address", [
    "https://example.org/answer", "http://localhost:1880/other", "https://example.org/?u=https://YOUR_URL/answer",
    "{{msg.host}}/answer", "wss://localhost/answer",
])  # fmt: skip
def test_other_addresses_stay(address: str) -> None:
    flow = [*answer("/answer", talk("a")), stream("s", "x", address), call("x")]
    found = import_flow(flow, your_url="https://example.com").calls[0].fields["ncco"]
    assert found == [{"action": "stream", "streamUrl": [address]}]


def test_a_wrong_address_of_your_own_is_refused() -> None:
    with pytest.raises(KitError, match="not a web address"):
        import_flow(talk("a"), your_url="my server")


def test_a_webhook_that_nobody_answers_is_named() -> None:
    imported = import_flow([webhook("/answer", "a"), talk("a"), webhook("/event", kind="http in")])
    assert imported.routes == []
    said = [part.instead.partition(" is")[0] for part in imported.not_translated]
    assert said == ["No return ncco", "No http response"]


def test_two_answers_of_one_webhook_serve_the_first() -> None:
    flow = [*answer("/answer", talk("a")), webhook("/answer", "b"), talk("b", "return /answer")]
    imported = import_flow([*flow[:1], *flow[1:3], {**flow[3], "id": "webhook two"}, flow[4]])
    assert [json.dumps(route.ncco) for route in imported.routes] == ['[{"action": "talk", "text": "a"}]']
    assert len(imported.nccos) == 2
