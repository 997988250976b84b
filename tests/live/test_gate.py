"""The gate in a kit: what it shows, who it lets in, and what is left of it."""

from __future__ import annotations

import gzip
import http.server
import socket
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

import helpers
from helpers.kit import Kit
from helpers.live.gate import Gate
from helpers.live.guards.asked import Asked, Replied
from helpers.vonage.errors import NoReplyError, VonageError
from tests.live.conftest import ME, Send, World, token_of, wait_until


def test_a_call_goes_through_and_the_wire_shows_the_real_address(world: World, send: Send) -> None:
    with world.kit() as kit:
        assert kit.settings.api_url == kit.settings.rest_url != world.network.url
        made = kit.vonage.create_call(world.order({"action": "talk", "text": "Hello."}))
        assert kit.vonage.wire[-1].url == f"{world.network.url}/v1/calls"
        by_hand = send(kit, "GET", f"/v1/calls/{made['uuid']}")
        assert by_hand.status_code == 200
        assert f"Host: {world.network.url.removeprefix('http://')}" in str(kit.show(by_hand))
        world.until_over(made["uuid"])
    assert world.dialled() == [ME]


def test_simulated_mode_has_no_gate(world: World) -> None:
    kit = Kit(world.settings.__class__(state=world.folder / "account.json")).start()
    try:
        assert kit.live is None and kit.server.review is None
        assert kit.settings.api_url == kit.simulator.url  # type: ignore[union-attr]
    finally:
        kit.stop()


@pytest.mark.slow
def test_simulated_mode_does_not_even_import_it(world: World) -> None:
    code = (
        "import sys; from pathlib import Path; from helpers.kit import Kit; from helpers.settings import Settings; "
        f"kit = Kit(Settings(state=Path({str(world.folder / 'account.json')!r}))).start(); kit.ready(); kit.stop(); "
        "print([name for name in sys.modules if 'helpers.live' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_second_setup_finds_nothing_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    own = world.settings
    for name, value in {
        "KIT_DOTENV": str(own.dotenv), "VOICE_MODE": "live", "VONAGE_API_URL": own.api_url, "LIVE_BUDGET": "5",
        "VONAGE_API_KEY": own.api_key, "VONAGE_API_SECRET": own.api_secret, "MY_NUMBER": ME,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    first = helpers.setup()
    gate = first.settings.api_url
    assert helpers.setup() is first and first.settings.api_url == gate != own.api_url
    monkeypatch.setenv("LIVE_BUDGET", "6")
    second = helpers.setup()
    assert second is not first and not first.running
    second.stop()


def test_stopping_ends_what_was_started(world: World) -> None:
    with world.kit() as kit:
        made = kit.vonage.create_call(world.order({"action": "wait", "timeout": 7200}))
        wait_until(lambda: world.calls()[made["uuid"]]["status"] == "answered")
    assert world.calls()[made["uuid"]]["status"] == "completed"
    assert not (world.folder / ".env").exists()


@pytest.fixture
def far_end(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The network as Vonage is: behind https, with a certificate of its own authority."""
    gate = Gate(world.network.url, world.network.url, []).start()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", gate.certificates)
    yield gate
    gate.stop()


@pytest.mark.slow
def test_vonage_is_spoken_to_over_https(world: World, far_end: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.kit(api_url=f"https://{far_end.tls_host}") as kit:
        made = kit.vonage.create_call(world.order({"action": "talk", "text": "Hello."}))
        assert kit.vonage.wire[-1].url == f"https://{far_end.tls_host}/v1/calls"
        world.until_over(made["uuid"])
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    refused = pytest.raises(VonageError, match=r"certificate refused\. .*REQUESTS_CA_BUNDLE")
    with world.kit(api_url=f"https://{far_end.tls_host}") as kit, refused:
        kit.vonage.list_calls()  # nobody vouches for it
    assert world.dialled() == [ME]


def test_the_gates_authority_is_private_and_goes_with_it(world: World) -> None:
    with world.kit() as kit:
        file = Path(kit.live.gate.certificates)  # type: ignore[union-attr]
        assert {stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()} == {0o600}
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.parent.exists()


def test_its_certificate_passes_the_strictest_look(world: World) -> None:
    with world.kit() as kit:
        gate = kit.live.gate  # type: ignore[union-attr]
        context = ssl.create_default_context(cafile=gate.certificates)
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 does by itself
        host, _, port = gate.tls_host.partition(":")
        line = socket.create_connection((host, int(port)), 10)
        with line, context.wrap_socket(line, server_hostname=host) as secure:
            assert secure.version() == "TLSv1.3"


def test_a_recording_is_fetched_from_where_the_event_says(world: World) -> None:
    with world.kit() as kit:
        record = {"action": "record", "timeOut": 3, "eventUrl": [f"{kit.server.url}/event"]}
        world.until_over(kit.vonage.create_call(world.order(record))["uuid"])
        wait_until(lambda: any("recording_url" in event for event in kit.events))
        url = next(event["recording_url"] for event in kit.events if "recording_url" in event)
        assert len(kit.vonage.download_recording(url)) > 100
        assert len(kit.vonage.download_recording(url.removeprefix(world.network.url))) > 100


def test_a_stopped_gate_lets_nothing_pass_by(world: World) -> None:
    with world.kit() as kit:
        pass
    with pytest.raises(NoReplyError):
        kit.vonage.create_call(world.order({"action": "talk", "text": "Hello."}))
    assert world.dialled() == []
    assert not kit.loaded["vonage_url"], "setup() compares with .env, which has not changed"


def test_a_guard_that_fails_lets_nothing_pass(world: World, send: Send) -> None:
    class Broken:
        def before(self, asked: Asked) -> Asked:
            raise ZeroDivisionError

        def after(self, asked: Asked, replied: Replied) -> None:
            raise ZeroDivisionError

    gate = Gate(world.network.url, world.network.url, [Broken()])
    assert gate.pass_on(Asked("GET", "/v1/calls", "", {}, b"")).status == 403


def test_what_breaks_off_on_the_way_is_a_connection_that_breaks(world: World) -> None:
    with far_away(Halves) as url:
        gate = Gate(url, url, []).start()
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{gate.url}/v1/calls", timeout=10)
        gate.stop()


@contextmanager
def far_away(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server where Vonage is. Gives its address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as far:
        thread = threading.Thread(target=far.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{far.server_port}"
        far.shutdown()
        thread.join()


class Halves(http.server.BaseHTTPRequestHandler):
    """A server that promises ten bytes and sends three."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"abc")
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def test_a_reply_that_is_packed_is_read_too(world: World) -> None:
    class Packs(http.server.BaseHTTPRequestHandler):
        """Vonage's end, or a proxy of a school, that packs what it replies."""

        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
            url = f"{world.network.url}{self.path}"
            reply = requests.request(self.command, url, data=sent, headers=headers, timeout=60)
            self.send_response(reply.status_code)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(reply.content))

        do_POST = do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with far_away(Packs) as url, world.kit(api_url=url) as kit:
        made = kit.vonage.create_call(world.order({"action": "wait", "timeout": 7200}))
        assert [call.uuid for call in kit.live.budget._calls()] == [made["uuid"]]  # type: ignore[union-attr]
        kit.stop()
        assert world.calls()[made["uuid"]]["status"] == "completed"


def test_who_waits_before_a_body_is_told_to_go_on_and_of_two_headers_one_counts(world: World) -> None:
    head = b"POST /v1/calls HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
    with world.kit() as kit:
        token = token_of(kit).encode()
        with socket.create_connection(("127.0.0.1", int(kit.settings.api_url.rpartition(":")[2])), 60) as line:
            line.sendall(head + b"AUTHORIZATION: Bearer a.b.c\r\nAuthorization: Bearer " + token + b"\r\n\r\n")
            assert line.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            line.sendall(b"{}")
            assert line.recv(1000).startswith(b"HTTP/1.1 403")
            line.sendall(b"GET /v1/calls HTTP/1.0\r\nX-A: b\r\nauthorization: Basic YTpi\r\nAuthorization: Bearer "
                         + token + b"\r\n\r\n")  # fmt: skip
            assert line.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("head", [
    b"POST /v1/calls HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/calls HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
    b"POST http://api.nexmo.com/v1/calls HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
    b"CONNECT api.nexmo.com:443 HTTP/1.1\r\n\r\n",
])  # fmt: skip
def test_odd_requests_go_nowhere(world: World, head: bytes) -> None:
    with world.kit() as kit:
        with socket.create_connection(("127.0.0.1", int(kit.settings.api_url.rpartition(":")[2])), 10) as line:
            line.sendall(head)
            told = line.recv(1000)
        assert told.startswith((b"HTTP/1.1 413", b"HTTP/1.1 403", b"HTTP/1.1 501"))
    assert world.dialled() == []
