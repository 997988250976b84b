"""The client against a real HTTP server that keeps what it gets and answers as it is told."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from helpers.base.errors import KitError
from helpers.settings.keys import PrivateKeyError, load_private_key
from helpers.settings.settings import Settings, SettingsError
from helpers.vonage import transport as vonage_http
from helpers.vonage.client import Vonage
from helpers.vonage.errors import (
    AuthenticationError,
    BadRequestError,
    ForbiddenError,
    MethodFailedError,
    NoReplyError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    VonageError,
)

APPLICATION = "0b1e6a52-5f3d-4a0e-9b7d-0d6f1c2a3b4c"
UUID = "7f0c3a1e-2b4d-4c6e-8f10-1a2b3c4d5e6f"
SECRET = "S3cretS3cret"


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str
    client: tuple[str, int]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What to answer; ``drop`` closes the connection instead."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False

    @property
    def data(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Server(ThreadingHTTPServer):
    """Answers with ``replies`` in turn, then with 200 and ``{}``."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[Seen] = []
        self.replies: deque[Reply] = deque()

    def answers(self, *replies: Reply) -> None:
        self.replies.extend(replies)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        seen = Seen(self.command, parts.path, query, dict(self.headers), body, self.client_address)
        self.server.seen.append(seen)
        reply = self.server.replies.popleft() if self.server.replies else Reply(body={})
        if reply.drop:
            # Linger 0: the connection is reset, as when a server dies.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.data)))
        self.end_headers()
        self.wfile.write(reply.data)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def settings(url: str, pem: str) -> Settings:
    return Settings(api_url=url, api_key="abcd1234", api_secret=SECRET, application_id=APPLICATION, private_key=pem)


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def vonage(server: Server, settings: Settings, naps: list[float]) -> Iterator[Vonage]:
    with Vonage(settings, sleep=naps.append) as vonage:
        yield vonage


# --- what goes out ---------------------------------------------------------------------------------------------------

PHONE_1 = {"type": "phone", "number": "447700900001"}
PHONE_0 = {"type": "phone", "number": "447700900000"}
AUDIO = "https://audio.example/a.mp3"
NCCO = [{"action": "stream", "streamUrl": [AUDIO]}]
CALLS = f"/v1/calls/{UUID}"
GB = {"country": "GB", "msisdn": "447700900000"}

Use = Callable[[Vonage], Any]
WEBHOOKS = {
    "answer_url": {"address": "https://a.example/answer", "http_method": "GET"},
    "event_url": {"address": "https://a.example/event", "http_method": "POST"},
}
APPS = f"/v2/applications/{APPLICATION}"
TO_NCCO = {"action": "transfer", "destination": {"type": "ncco", "ncco": NCCO}}
TO_URL = {"action": "transfer", "destination": {"type": "ncco", "url": ["https://a.example/n"]}}
BY_URL: dict[str, Any] = {"answer_method": "POST", "event_method": "GET", "ringing_timer": 5}
URLS: dict[str, Any] = {"answer_url": "https://a.example/answer", "event_url": "https://a.example/event"}
NEW: dict[str, Any] = {"name": "voice", "capabilities": {}, "privacy": {"improve_ai": False}}
#: What is called, the request that it makes, and its body.
VOICE: dict[str, tuple[Use, str, Any]] = {
    "inline": (lambda v: v.create_call(to="447700900001", from_="447700900000", ncco=NCCO),
               "POST /v1/calls", {"to": [PHONE_1], "from": PHONE_0, "ncco": NCCO}),
    "answer url": (lambda v: v.create_call(to=PHONE_1, from_=PHONE_0, **URLS, **BY_URL),
                   "POST /v1/calls",
                   {"to": [PHONE_1], "from": PHONE_0, **{name: [url] for name, url in URLS.items()}, **BY_URL}),
    "body as given": (lambda v: v.create_call({"to": PHONE_1}), "POST /v1/calls", {"to": PHONE_1}),
    "body and fields": (lambda v: v.create_call({"to": [PHONE_1], "ncco": []}, ncco=NCCO, random_from_number=True),
                        "POST /v1/calls", {"to": [PHONE_1], "ncco": NCCO, "random_from_number": True}),
    "as the learner wrote it": (lambda v: v.create_call(to="+44 7700", ncco=[], answer_url="x"), "POST /v1/calls",
                                {"to": [{"type": "phone", "number": "+44 7700"}], "ncco": [], "answer_url": ["x"]}),
    "get": (lambda v: v.get_call(UUID), f"GET {CALLS}", None),
    "hang up": (lambda v: v.hang_up(UUID), f"PUT {CALLS}", {"action": "hangup"}),
    "mute": (lambda v: v.mute(UUID), f"PUT {CALLS}", {"action": "mute"}),
    "unmute": (lambda v: v.unmute(UUID), f"PUT {CALLS}", {"action": "unmute"}),
    "earmuff": (lambda v: v.earmuff(UUID), f"PUT {CALLS}", {"action": "earmuff"}),
    "unearmuff": (lambda v: v.unearmuff(UUID), f"PUT {CALLS}", {"action": "unearmuff"}),
    "transfer to url": (lambda v: v.transfer(UUID, url="https://a.example/n"), f"PUT {CALLS}", TO_URL),
    "transfer inline": (lambda v: v.transfer(UUID, ncco=NCCO), f"PUT {CALLS}", TO_NCCO),
    "stream": (lambda v: v.stream(UUID, AUDIO, loop=0, level="0.4"),
               f"PUT {CALLS}/stream", {"stream_url": [AUDIO], "loop": 0, "level": "0.4"}),
    "stop stream": (lambda v: v.stop_stream(UUID), f"DELETE {CALLS}/stream", None),
    "talk": (lambda v: v.talk(UUID, "Hi", style=2), f"PUT {CALLS}/talk", {"text": "Hi", "style": 2}),
    "stop talk": (lambda v: v.stop_talk(UUID), f"DELETE {CALLS}/talk", None),
    "dtmf": (lambda v: v.dtmf(UUID, "1p2#"), f"PUT {CALLS}/dtmf", {"digits": "1p2#"}),
    "subscribe dtmf": (lambda v: v.subscribe_dtmf(UUID, "https://a.example/k"),
                       f"PUT {CALLS}/input/dtmf", {"event_url": ["https://a.example/k"]}),
    "unsubscribe dtmf": (lambda v: v.unsubscribe_dtmf(UUID), f"DELETE {CALLS}/input/dtmf", None),
    "anything": (lambda v: v.request("PUT", f"{CALLS}/stream", json={"stream_url": AUDIO}),
                 f"PUT {CALLS}/stream", {"stream_url": AUDIO}),
}  # fmt: skip
ACCOUNT: dict[str, tuple[Use, str, Any]] = {
    "create application": (lambda v: v.create_application("voice", **URLS),
                           "POST /v2/applications",
                           {"name": "voice", "capabilities": {"voice": {"webhooks": WEBHOOKS}}}),
    "create application with a key": (lambda v: v.create_application(public_key="PEM", **NEW),
                                      "POST /v2/applications", {**NEW, "keys": {"public_key": "PEM"}}),
    "list applications": (lambda v: v.list_applications(page_size=5), "GET /v2/applications?page_size=5", None),
    "get application": (lambda v: v.get_application(APPLICATION), f"GET {APPS}", None),
    "replace": (lambda v: v.replace_application(APPLICATION, {"name": "n"}), f"PUT {APPS}", {"name": "n"}),
    "delete application": (lambda v: v.delete_application(APPLICATION), f"DELETE {APPS}", None),
    "search numbers": (lambda v: v.search_numbers("GB", features=["SMS", "VOICE"], type="landline"),
                       "GET /number/search?country=GB&features=SMS,VOICE&type=landline", None),
    "buy": (lambda v: v.buy_number("GB", "447700900000"), "POST /number/buy", GB),
    "list numbers": (lambda v: v.list_numbers(has_application=True), "GET /account/numbers?has_application=true", None),
    "update number": (lambda v: v.update_number("GB", "447700900000", app_id=APPLICATION, moHttpUrl=""),
                      "POST /number/update", {**GB, "app_id": APPLICATION, "moHttpUrl": ""}),
    "cancel": (lambda v: v.cancel_number("GB", "447700900000"), "POST /number/cancel", GB),
}  # fmt: skip


def asked(seen: Seen) -> str:
    """The first line of a request, its query as people write it."""
    query = "&".join(f"{name}={value}" for name, value in seen.query.items())
    return f"{seen.method} {seen.path}" + (f"?{query}" if query else "")


@pytest.mark.parametrize(("use", "request_line", "body"), (VOICE | ACCOUNT).values(), ids=VOICE | ACCOUNT)
def test_requests_are_the_documented_ones(
    vonage: Vonage, server: Server, key: rsa.RSAPrivateKey, use: Use, request_line: str, body: Any
) -> None:
    use(vonage)
    (seen,) = server.seen
    assert asked(seen) == request_line
    form = request_line.startswith("POST /number/")
    kind = "application/x-www-form-urlencoded" if form else "application/json" if body is not None else None
    assert seen.headers.get("Content-Type") == kind
    read = dict(parse_qsl(seen.body, keep_blank_values=True)) if form else (seen.json if seen.body else None)
    assert read == body
    scheme, token = seen.headers["Authorization"].split(" ")
    if (use, request_line, body) in VOICE.values():
        claims = jwt.decode(token, key.public_key(), algorithms=["RS256"])
        assert (scheme, claims["application_id"]) == ("Bearer", APPLICATION)
    else:
        assert (scheme, base64.b64decode(token)) == ("Basic", f"abcd1234:{SECRET}".encode())


def test_a_fresh_token_for_each_request_with_a_key_parsed_once(
    vonage: Vonage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def load(pem: str) -> rsa.RSAPrivateKey:
        parsed.append(pem)
        return load_private_key(pem)

    monkeypatch.setattr(vonage_http, "load_private_key", load)
    for _ in range(5):
        vonage.get_call(UUID)
    assert len({seen.headers["Authorization"] for seen in server.seen}) == 5
    assert len(parsed) == 1
    assert len({seen.client for seen in server.seen}) == 1, "one connection is used for all"


def test_a_new_key_in_the_settings_counts_at_once(vonage: Vonage, server: Server) -> None:
    vonage.get_call(UUID)
    other = rsa.generate_private_key(65537, 2048)
    vonage.settings.use(private_key=other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    vonage.get_call(UUID)
    jwt.decode(server.seen[1].headers["Authorization"].split()[1], other.public_key(), algorithms=["RS256"])


@pytest.mark.parametrize("bad", [object(), float("nan"), {1, 2}])
def test_what_json_cannot_hold_is_refused_before_sending(vonage: Vonage, server: Server, bad: object) -> None:
    with pytest.raises(KitError, match="cannot be sent"):
        vonage.create_call(to="447700900001", level=bad)
    assert server.seen == []


@pytest.mark.parametrize("bad", ["", None, {"uuid": UUID}])
def test_a_uuid_must_be_one(vonage: Vonage, server: Server, bad: Any) -> None:
    with pytest.raises(KitError, match=r'take call\["uuid"\]'):
        vonage.hang_up(bad)
    assert server.seen == []


def test_a_uuid_cannot_change_the_path(vonage: Vonage, server: Server) -> None:
    vonage.get_call("../x?y")
    assert server.seen[0].path == "/v1/calls/..%2Fx%3Fy"


def test_neither_netrc_nor_proxy_of_the_machine_gets_in_between(
    vonage: Vonage, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    vonage.get_call(UUID)
    assert server.seen[0].headers["Authorization"].startswith("Bearer ")


# --- what comes back -------------------------------------------------------------------------------------------------


def test_the_reply_is_returned_as_it_came(vonage: Vonage, server: Server) -> None:
    body = {
        "uuid": UUID,
        "status": "started",
        "direction": "outbound",
        "conversation_uuid": "CON-1",
        "new": [None, 1.5],
    }
    server.answers(Reply(201, body), Reply(204))
    assert vonage.create_call(to="447700900001", ncco=[]) == body
    assert vonage.request("PUT", CALLS, json={"action": "hangup"}) is None


def test_a_sign_in_page_is_no_reply(vonage: Vonage, server: Server) -> None:
    server.answers(Reply(200, b"<html>", {"Content-Type": "text/html"}))
    with pytest.raises(KitError, match="not JSON"):
        vonage.get_call(UUID)


def test_iter_calls_follows_next_to_the_last_page(vonage: Vonage, server: Server) -> None:
    def page(names: str, following: str = "") -> Reply:
        links = {"next": {"href": following}} if following else {}
        return Reply(body={"_links": links, "_embedded": {"calls": [{"uuid": name} for name in names]}})

    server.answers(page("ab", "/calls?page_size=2&record_index=2"), page("c", "/v1/calls?record_index=4"), page("d"))
    assert "".join(call["uuid"] for call in vonage.iter_calls(page_size=2, status="completed")) == "abcd"
    assert [seen.query for seen in server.seen] == [
        {"page_size": "2", "status": "completed"},
        {"page_size": "2", "record_index": "2"},
        {"record_index": "4"},
    ]


def test_iter_calls_ends_when_pages_go_round(vonage: Vonage, server: Server) -> None:
    again = Reply(body={"_links": {"next": {"href": "/v1/calls?record_index=1"}}, "_embedded": {"calls": [{}]}})
    server.answers(*[again] * 10)
    assert len(list(vonage.iter_calls())) == 2


def test_a_recording_is_downloaded_with_a_token(vonage: Vonage, server: Server, url: str, tmp_path: Path) -> None:
    server.answers(*[Reply(200, b"ID3\0\xff", {"Content-Type": "audio/mpeg"})] * 2)
    assert vonage.download_recording(f"{url}/v1/files/1", tmp_path / "a.mp3") == b"ID3\0\xff"
    assert (tmp_path / "a.mp3").read_bytes() == b"ID3\0\xff" == vonage.download_recording("/v1/files/1")
    assert server.seen[0].headers["Authorization"].startswith("Bearer ")
    assert "bytes of audio/mpeg" in str(vonage.wire.show())


@pytest.mark.parametrize(
    "address", ["https://evil.example/v1/files/1", "http://api.nexmo.com.evil.example/", "//evil.example/"]
)
def test_no_token_for_another_host(vonage: Vonage, server: Server, address: str) -> None:
    with pytest.raises(KitError, match="gets no token"):
        vonage.download_recording(address)
    assert len(vonage.wire) == 0


# --- the wire --------------------------------------------------------------------------------------------------------


def test_the_wire_shows_everything_but_secrets(vonage: Vonage, server: Server, pem: str) -> None:
    server.answers(Reply(201, {"id": APPLICATION, "keys": {"private_key": pem}}))
    assert vonage.create_application("voice")["keys"]["private_key"] == pem
    vonage.stream(UUID, AUDIO, loop=2)
    assert len(vonage.wire) == 2
    text = str(vonage.wire.show(last=2))
    assert "POST /v2/applications HTTP/1.1" in text and "HTTP/1.1 201 Created" in text
    assert f"PUT {CALLS}/stream HTTP/1.1" in text and '"loop": 2' in text
    tokens = [seen.headers["Authorization"].split()[1] for seen in server.seen]
    assert not [secret for secret in (SECRET, *tokens, pem.splitlines()[1]) if secret in text]
    assert repr(vonage).endswith("2 requests>") and SECRET not in repr(vonage)


# --- errors ----------------------------------------------------------------------------------------------------------

TYPE = "https://developer.vonage.com/api-errors#unauthorized"
NAMED = [{"name": "stream_url", "reason": "Invalid type parameter provided"}]
MISSING = {"event_url": "Is required."}
GIVEN = [{"name": "event_url", "reason": "Is required."}]
FAILED = {"error-code": "420", "error-code-label": "method failed"}
#: Status and body of a reply; the error that it becomes, its title, and what it says of parameters.
FAMILIES: dict[str, tuple[int, Any, type[VonageError], str, list[dict[str, str]]]] = {
    "A": (401, {"type": TYPE, "title": "Unauthorized", "detail": "No."}, AuthenticationError, "Unauthorized", []),
    "B": (401, {"type": "UNAUTHORIZED", "error_title": "Unauthorized"}, AuthenticationError, "Unauthorized", []),
    "B parameters": (400, {"type": "BAD_REQUEST", "error_title": "Bad Request", "invalid_parameters": MISSING},
                     BadRequestError, "Bad Request", GIVEN),
    "C": (400, {"type": 400, "title": "Bad Request", "invalid_parameters": NAMED}, BadRequestError, "Bad Request",
          NAMED),
    "D": (404, {"code": "http:error:not-found", "description": "Gone"}, NotFoundError, "Gone", []),
    "E": (420, FAILED, MethodFailedError, "method failed", []),
    "403": (403, {"title": "Forbidden", "detail": "Not you."}, ForbiddenError, "Forbidden", []),
    "500": (500, b"<h1>oops</h1>", ServerError, "", []),
    "list": (400, [1], BadRequestError, "", []),
    "text list": (400, {"title": "T", "invalid_parameters": ["x"]}, BadRequestError, "T",
                  [{"name": "?", "reason": "x"}]),
    "418": (418, {}, VonageError, "", []),
    "redirect": (302, b"", VonageError, "", []),
}  # fmt: skip


@pytest.mark.parametrize("family", [*FAMILIES, "E in a 200"])
def test_every_family_of_errors_is_understood(vonage: Vonage, server: Server, url: str, family: str) -> None:
    status, body, kind, title, invalid = FAMILIES[family.removesuffix(" in a 200")]
    server.answers(Reply(200 if family.endswith("200") else status, body))
    with pytest.raises(VonageError) as error:
        vonage.stream(UUID, AUDIO)
    found = error.value
    assert type(found) is kind
    assert (found.status, found.title, found.invalid_parameters) == (status, title, invalid)
    assert found.request == f"PUT {url}{CALLS}/stream"
    assert found.body == (body.decode() if isinstance(body, bytes) else body)
    assert found.advice and found.advice == found.cure and str(found).endswith(found.advice)
    assert found.exchange is vonage.wire[-1]
    assert len(server.seen) == 1


BAD_NUMBER = {"title": "Bad Request", "invalid_parameters": [{"name": "number", "reason": "Not a number"}]}
ADVICE: list[tuple[str, Use, int, Any, str]] = [
    ("token", lambda v: v.get_call(UUID), 401, {}, "is the computer's clock right"),
    ("key and secret", lambda v: v.list_applications(), 401, {}, "Check VONAGE_API_KEY and VONAGE_API_SECRET"),
    ("number", lambda v: v.create_call(to="+44"), 400, BAD_NUMBER, "digits only, like 447700900001"),
    ("missing", lambda v: v.create_call(to="44"), 400, {"invalid_parameters": MISSING}, "Add event_url to what"),
    ("url as text", lambda v: v.stream(UUID, AUDIO), 400, {"invalid_parameters": NAMED}, "must be in a list"),
    ("not answered", lambda v: v.talk(UUID, "Hi"), 400, {"title": "Bad Request"}, "Wait for the answered event"),
    ("hang up too soon", lambda v: v.hang_up(UUID), 400, {"error_title": "Bad Request"}, "wait two seconds"),
    ("other field", lambda v: v.dtmf(UUID, "x"), 400, {"invalid_parameters": {"digits": "No"}}, "Correct digits; "),
    ("call over", lambda v: v.hang_up(UUID), 404, {}, "Is the call over?"),
    ("no application", lambda v: v.get_application(APPLICATION), 404, {}, "list_applications()"),
    ("no recording", lambda v: v.download_recording("/v1/files/1"), 404, {}, "after 30 days"),
    ("wrong path", lambda v: v.request("GET", "/v9"), 404, {}, "Check the address"),
    ("server", lambda v: v.create_call(), 503, {}, "before you place the call again"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("use", "status", "body", "advice"), [row[1:] for row in ADVICE], ids=[row[0] for row in ADVICE]
)
def test_the_advice_fits_the_case(
    vonage: Vonage, server: Server, use: Use, status: int, body: Any, advice: str
) -> None:
    server.answers(Reply(status, body))
    with pytest.raises(VonageError) as error:
        use(vonage)
    assert advice in str(error.value)


def test_the_message_says_what_was_asked_and_what_was_answered(vonage: Vonage, server: Server) -> None:
    server.answers(
        Reply(400, {"title": "Bad Request", "invalid_parameters": NAMED}), Reply(404, {"title": "Not Found"})
    )
    with pytest.raises(VonageError) as error:
        vonage.stream(UUID, AUDIO)
    said = f"PUT {CALLS}/stream was answered 400 Bad Request: stream_url: Invalid type parameter provided."
    assert error.value.message == said
    with pytest.raises(VonageError) as error:
        vonage.get_call(UUID)
    assert error.value.message == f"GET {CALLS} was answered 404 Not Found."


def test_errors_hold_no_secret(vonage: Vonage, server: Server, pem: str) -> None:
    server.answers(Reply(400, {"title": "Bad Request", "detail": f"api_secret={SECRET}", "private_key": pem}))
    with pytest.raises(VonageError) as error:
        vonage.list_applications()
    shown = f"{error.value!r} {vars(error.value)}"
    assert SECRET not in shown and pem.splitlines()[1] not in shown


# --- again, and not again --------------------------------------------------------------------------------------------


def test_too_many_requests_are_tried_again_later(vonage: Vonage, server: Server, naps: list[float]) -> None:
    server.answers(Reply(429), Reply(429, headers={"Retry-After": "2"}), Reply(201, {"uuid": UUID}))
    assert vonage.create_call(to="447700900001", ncco=[]) == {"uuid": UUID}
    assert naps == [0.4, 2.0]
    assert len({seen.headers["Authorization"] for seen in server.seen}) == len(server.seen) == 3
    assert [exchange.status for exchange in vonage.wire] == [429, 429, 201]


def test_it_gives_up_after_four_tries_and_short_waits(vonage: Vonage, server: Server, naps: list[float]) -> None:
    server.answers(*[Reply(429, {"title": "Rate Limit Hit"}, {"Retry-After": "3600"})] * 9)
    with pytest.raises(RateLimitedError, match="3 calls and 15 other requests a second"):
        vonage.get_call(UUID)
    assert len(server.seen) == 4 and naps == [5.0] * 3


def test_a_broken_connection_is_tried_again_for_reading(vonage: Vonage, server: Server, naps: list[float]) -> None:
    server.answers(Reply(drop=True), Reply(body={"uuid": UUID}))
    assert vonage.get_call(UUID) == {"uuid": UUID}
    assert len(naps) == 1
    assert [exchange.error for exchange in vonage.wire] == ["connection broken", None]


@pytest.mark.parametrize(
    "use",
    [
        lambda v: v.create_call(to="447700900001", ncco=[]),
        lambda v: v.buy_number("GB", "447700900000"),
        lambda v: v.hang_up(UUID),
        lambda v: v.stop_stream(UUID),
    ],
    ids=["POST call", "POST buy", "PUT", "DELETE"],
)
@pytest.mark.parametrize("reply", [Reply(drop=True), Reply(500), Reply(503, headers={"Retry-After": "1"})])
def test_nothing_else_is_ever_sent_twice(
    vonage: Vonage, server: Server, naps: list[float], use: Use, reply: Reply
) -> None:
    server.answers(reply)
    with pytest.raises(VonageError):
        use(vonage)
    assert len(server.seen) == 1 and naps == []


def test_a_broken_connection_says_that_the_call_may_exist(vonage: Vonage, server: Server) -> None:
    server.answers(Reply(drop=True))
    with pytest.raises(NoReplyError, match=r"It may have arrived all the same.*list_calls") as error:
        vonage.create_call(to="447700900001", ncco=[])
    assert (error.value.status, error.value.exchange.error) == (None, "connection broken")
    assert error.value.__suppress_context__


def test_a_kept_connection_that_the_server_closed_is_no_error(vonage: Vonage, server: Server) -> None:
    server.answers(Reply(body={}, headers={"Connection": "close"}))
    vonage.get_call(UUID)
    vonage.create_call(to="447700900001", ncco=[])
    assert len(server.seen) == 2


def test_nobody_listens(vonage: Vonage, settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: certainly refused
        settings.use(api_url=f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(NoReplyError, match=r"connection refused. Nothing listens .* Is the simulator running\?"):
            vonage.get_call(UUID)
    assert len(vonage.wire) == 1


def test_a_silent_server_ends_in_a_timeout(vonage: Vonage, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vonage_http, "TIMEOUT", (60, 0.05))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.use(api_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(NoReplyError, match="read timeout"):
            vonage.get_call(UUID)
    assert len(vonage.wire) == 1


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda v: v.create_call(to=PHONE_1, number="447700900001"), "create_call has no number. Did you mean to?"),
        (lambda v: v.create_call(to=PHONE_1, frm=PHONE_0), "create_call has no frm. Did you mean from_?"),
        (lambda v: v.create_call(answerUrl="https://example.com"), "no answerUrl. Did you mean answer_url?"),
        (lambda v: v.talk(UUID, "Hallo", lang="de-DE"), "talk has no lang. Did you mean language?"),
        (lambda v: v.modify_call(UUID, "transfer", destinaton={}), "no destinaton. Did you mean destination?"),
    ],
)
def test_a_misspelt_name_is_not_swallowed(vonage: Vonage, server: Server, use: Use, said: str) -> None:
    with pytest.raises(KitError) as error:
        use(vonage)
    assert said in str(error.value)
    assert server.seen == []


def test_a_name_that_is_like_no_other_is_sent(vonage: Vonage, server: Server) -> None:
    server.answers(Reply(200, {}))
    vonage.create_call(to=PHONE_1, from_=PHONE_0, ncco=NCCO, brand_new=1)
    assert json.loads(server.seen[0].body)["brand_new"] == 1


def test_from_has_another_name_in_python(vonage: Vonage, server: Server) -> None:
    server.answers(Reply(400, {"error_title": "Bad Request", "invalid_parameters": {"from": "Is required."}}))
    with pytest.raises(VonageError) as error:
        vonage.create_call(to="447700900001", ncco=[])
    assert "Add from (from_ in Python) to what you send" in error.value.cure


def test_a_host_without_https_is_named_as_that(vonage: Vonage, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        settings.use(api_url=f"https://127.0.0.1:{plain.getsockname()[1]}")
        with pytest.raises(NoReplyError, match=r"no https there\. .*write http:// in VONAGE_API_URL"):
            vonage.get_call(UUID)
        thread.join()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.ConnectTimeout(), "connect timeout"),
        (requests.ReadTimeout(), "read timeout"),
        (requests.ConnectionError(socket.gaierror(-2, "unknown")), "name not found"),
        (requests.exceptions.SSLError("x"), "certificate refused"),
        (requests.exceptions.ProxyError("x"), "proxy failed"),
        (requests.exceptions.ChunkedEncodingError("x"), "connection broken"),
    ],
)
def test_reasons_are_plain_words(error: Exception, reason: str) -> None:
    assert vonage_http.reason_of(error) == reason


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("empty", "use"),
    [
        ("api_url", lambda v: v.get_call(UUID)),
        ("api_key", lambda v: v.list_numbers()),
        ("api_secret", lambda v: v.list_applications()),
        ("application_id", lambda v: v.get_call(UUID)),
        ("private_key", lambda v: v.get_call(UUID)),
    ],
)
def test_what_is_missing_is_said_before_anything_is_sent(vonage: Vonage, server: Server, empty: str, use: Use) -> None:
    vonage.settings.use(**{empty: ""})
    with pytest.raises(SettingsError) as error:
        use(vonage)
    assert error.value.names == (empty,)  # type: ignore[attr-defined]
    assert server.seen == []


def test_a_damaged_key_is_said_before_anything_is_sent(settings: Settings, server: Server) -> None:
    with pytest.raises((PrivateKeyError, SettingsError), match="END PRIVATE KEY"):
        settings.use(private_key="-----BEGIN PRIVATE KEY-----")
    assert server.seen == []


def test_closing_twice_and_going_on(vonage: Vonage, server: Server) -> None:
    vonage.get_call(UUID)
    vonage.close()
    vonage.close()
    vonage.get_call(UUID)
    assert len(server.seen) == 2


def test_many_threads_at_once(vonage: Vonage, server: Server) -> None:
    with ThreadPoolExecutor(8) as clients:
        list(clients.map(vonage.get_call, [UUID] * 8))
    assert len(server.seen) == len(vonage.wire) == 8
