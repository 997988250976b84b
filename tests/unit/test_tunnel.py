"""The tunnel: which way to a public address, and ngrok through the real pyngrok (only the program is a stand-in)."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from helpers.base.errors import KitError
from helpers.server.server import BackgroundServer
from helpers.server.tunnel import Tunnel, TunnelError, _explain, _Idle
from tests.simulator.servers import RawServer, self_signed
from tests.simulator.world import wait_until as until

# Speaks the part of the ngrok agent that pyngrok relies on: its log lines and its local API (ngrok.com/docs/agent/api).
# The first lines are shell and Python at once: a plain #! line cannot hold a path with a space.
NGROK = """#!/bin/sh
'''exec' "{python}" -IS "$0" "$@"
'''
import json, os, re, stat, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

config = sys.argv[sys.argv.index("--config") + 1]
token = re.search(r'authtoken"?: "?([^"\\s]+)', open(config).read())[1]
log = open({log!r}, "a", buffering=1)
print(json.dumps(["start", token]), file=log)
print(json.dumps(["config", [config, stat.filemode(os.stat(config).st_mode)]]), file=log)

def say(**facts):
    print("t=2026-02-03T10:15:00+0000", *(f"{{k}}={{json.dumps(v)}}" for k, v in facts.items()), flush=True)

if "wrong" in token:
    say(lvl="eror", msg="failed to reconnect session", obj="csess",
        err=f"authentication failed: This authtoken is not valid.\\\\nYour authtoken: {{token}}\\\\nERR_NGROK_105")
    sys.exit(1)
if "killed" in token:
    sys.exit(1)
if "intercepted" in token:
    say(lvl="eror", msg="failed to reconnect session", obj="csess",
        err="failed to dial ngrok server: tls: failed to verify: x509: certificate signed by unknown authority")
    sys.exit(1)
if "offline" in token:
    say(lvl="crit", msg="failed to dial", err="failed to dial: lookup connect.ngrok-agent.com: no such host")
    sys.exit(1)

open_ones = {{}}

class Api(BaseHTTPRequestHandler):
    def reply(self, status, body=None):
        data = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.reply(200, {{self.path.split("/")[2]: list(open_ones.values())}})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print(json.dumps(["open", asked.get("upstream", {{}}).get("url") or asked.get("addr")]), file=log)
        if "busy" in token:
            return self.reply(502, {{"error_code": 103, "msg": "failed to start tunnel", "details": {{"err":
                "Your account is limited to 1 simultaneous session.\\\\nERR_NGROK_108"}}}})
        url = f"https://kit-{{len(open_ones)}}.ngrok-free.example"
        one = open_ones[asked["name"]] = {{"name": asked["name"], "url": url, "public_url": url, "proto": "https",
            "uri": self.path + "/" + asked["name"], "upstream": asked.get("upstream")}}
        self.reply(201, one)

    def do_DELETE(self):
        print(json.dumps(["close", open_ones.pop(self.path.split("/")[-1])["url"]]), file=log)
        self.reply(204)

    def log_message(self, *args):
        pass

api = HTTPServer(("127.0.0.1", 0), Api)
say(lvl="info", msg="starting web service", obj="web", addr=f"127.0.0.1:{{api.server_port}}")
say(lvl="info", msg="tunnel session started", obj="tunnels.session")
say(lvl="info", msg="client session established", obj="csess")
api.serve_forever()
"""


@dataclass
class Settings:
    mode: str = "live"
    public_url: str = ""
    ngrok_authtoken: str = ""
    api_url: str = ""
    simulator_url: str = ""


class Ngrok:
    """The stand-in program, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "asked.jsonl"
        self.path = folder / "ngrok"
        self.path.write_text(NGROK.format(python=sys.executable, log=str(self.log)))
        self.path.chmod(0o755)
        self.config = folder / "ngrok.yml"
        self.config.write_text("version: 3\nagent: {}\n")
        self.options: dict[str, Any] = {"ngrok_path": str(self.path), "config_path": str(self.config)}

    @property
    def told(self) -> list[list[Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    @property
    def asked(self) -> list[list[str]]:
        return [one for one in self.told if one[0] != "config"]

    @property
    def read(self) -> tuple[Path, str]:
        """The configuration that it read, and who might have read it."""
        (path, mode), *_ = (fact for what, fact in self.told if what == "config")
        return Path(path), mode

    @property
    def processes(self) -> list[int]:
        running = psutil.Process().children(recursive=True)
        return [child.pid for child in running if child.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def ngrok(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ngrok:
    monkeypatch.delenv("NGROK_AUTHTOKEN", raising=False)
    return Ngrok(tmp_path)


# --- without ngrok ---------------------------------------------------------------------------------------------------


def test_simulated_mode_needs_no_tunnel_whatever_is_set(server: BackgroundServer, ngrok: Ngrok) -> None:
    settings = Settings("simulated", public_url="https://calls.example.com", ngrok_authtoken="2abc")
    tunnel = Tunnel(settings, server, **ngrok.options)
    assert (tunnel.url, tunnel.status, repr(tunnel)) == ("", "off", "<Tunnel off>")
    assert tunnel.on() == tunnel.on() == tunnel.url == server.url
    assert tunnel.status == f"on: {server.url}, on this machine only"
    tunnel.off()
    tunnel.off()
    assert (tunnel.url, ngrok.asked) == ("", [])


def test_on_starts_the_server_and_off_leaves_it(server: BackgroundServer) -> None:
    server.stop()
    with Tunnel(Settings("simulated"), server) as tunnel:
        assert server.running
        assert tunnel.url == server.url
    assert server.running


def test_simulated_on_follows_a_server_that_moved(server: BackgroundServer) -> None:
    tunnel = Tunnel(Settings("simulated"), server)
    tunnel.on()
    server.stop()
    assert tunnel.on() == server.url


@pytest.mark.parametrize(
    "address", ["https://calls.example.com", "http://calls.example.com:8080/kit", "https://8.8.8.8"]
)
def test_live_takes_public_url(server: BackgroundServer, ngrok: Ngrok, address: str) -> None:
    with Tunnel(Settings(public_url=address, ngrok_authtoken="2abc"), server, **ngrok.options) as tunnel:
        assert tunnel.url == address
        assert tunnel.status == f"on: {tunnel.url} (PUBLIC_URL) → {server.url}"
    assert ngrok.asked == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://localhost:5000", "Vonage cannot reach"),
        ("http://laptop.local", "Vonage cannot reach"),
    ],
)
def test_a_public_url_that_cannot_work_is_refused(server: BackgroundServer, address: str, words: str) -> None:
    tunnel = Tunnel(Settings(public_url=address), server)
    with pytest.raises(TunnelError, match=words) as caught:
        tunnel.on()
    assert isinstance(caught.value, KitError)
    assert caught.value.cure
    assert (tunnel.url, tunnel.status) == ("", "off")


def test_live_against_a_platform_on_this_machine_needs_no_tunnel(server: BackgroundServer) -> None:
    settings = Settings(api_url="http://127.0.0.1:9000")
    assert Tunnel(settings, server).on() == server.url
    settings.public_url = "http://localhost:5000"
    assert Tunnel(settings, server).on() == "http://localhost:5000"
    with pytest.raises(TunnelError, match="Vonage cannot reach this machine"):
        Tunnel(Settings(api_url="https://api.nexmo.com"), server, config_path=os.devnull).on()


def test_a_simulator_elsewhere_needs_public_url(server: BackgroundServer, ngrok: Ngrok) -> None:
    settings = Settings("simulated", simulator_url="http://10.0.0.5:9000", ngrok_authtoken="2abc")
    with pytest.raises(TunnelError, match="Set PUBLIC_URL"):
        Tunnel(settings, server, **ngrok.options).on()
    settings.public_url = "https://calls.example.com"
    assert Tunnel(settings, server).on() == "https://calls.example.com"
    assert ngrok.asked == []


def test_live_without_any_way_says_what_to_do(server: BackgroundServer, ngrok: Ngrok) -> None:
    with pytest.raises(TunnelError, match=r"NGROK_AUTHTOKEN in \.env, or set PUBLIC_URL"):
        Tunnel(Settings(), server, **ngrok.options).on()
    assert ngrok.asked == []


# --- ngrok -----------------------------------------------------------------------------------------------------------


def test_ngrok_leads_to_this_server_and_ends(server: BackgroundServer, ngrok: Ngrok) -> None:
    tunnel = Tunnel(Settings(ngrok_authtoken="2abc_token"), server, **ngrok.options)
    assert tunnel.on() == tunnel.on() == tunnel.url == "https://kit-0.ngrok-free.example"
    assert len(ngrok.processes) == 1
    assert tunnel.status == f"on: {tunnel.url} → {server.url} through ngrok"
    assert "token" not in repr(tunnel)
    tunnel.off()
    tunnel.off()
    assert (tunnel.url, ngrok.processes) == ("", [])
    assert ngrok.asked == [["start", "2abc_token"], ["open", server.url], ["close", "https://kit-0.ngrok-free.example"]]


def test_on_and_off_five_times_leave_nothing(server: BackgroundServer, ngrok: Ngrok) -> None:
    tunnel = Tunnel(Settings(ngrok_authtoken="2abc"), server, **ngrok.options)
    tunnel.on()
    tunnel.off()
    before = (threading.active_count(), psutil.Process().num_fds())
    for _ in range(4):
        with tunnel:
            assert tunnel.url
        assert (threading.active_count(), psutil.Process().num_fds()) == before
    assert ngrok.processes == []


def test_a_tunnel_that_nobody_uses_closes_itself(
    server: BackgroundServer, ngrok: Ngrok, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Tunnel.patience == 30 * 60
    monkeypatch.setattr(Tunnel, "patience", 0.3)
    tunnel = Tunnel(Settings(ngrok_authtoken="2abc"), server, **ngrok.options)
    ended: list[str] = []
    tunnel.at_end = lambda: ended.append(tunnel.url)
    url = tunnel.on()
    until(lambda: tunnel.status == "off")
    assert ended == [url]
    until(lambda: not ngrok.processes)
    assert ngrok.asked[-1] == ["close", url]


def test_each_request_keeps_a_tunnel_open() -> None:
    class Busy:
        """A server that is asked something between the first twenty looks at it."""

        url = "http://127.0.0.1:1"
        looks = 0

        @property
        def answered(self) -> int:
            self.looks += 1
            return min(self.looks, 20)

        def start(self) -> None:
            """It has started."""

    busy, closed = Busy(), threading.Event()
    idle = _Idle(busy, closed.set, 0.01)
    assert closed.wait(10)
    assert busy.looks > 20
    idle.stop()


def test_a_token_in_the_ngrok_configuration_will_do(server: BackgroundServer, ngrok: Ngrok) -> None:
    ngrok.config.write_text("version: 3\nagent:\n  authtoken: 2abc\n")
    with Tunnel(Settings(), server, **ngrok.options) as tunnel:
        assert tunnel.url.startswith("https://")
    assert ngrok.asked[0] == ["start", "2abc"]
    assert ngrok.read[0] == ngrok.config


@pytest.mark.parametrize("where", ["settings", "environment"])
@pytest.mark.parametrize("own", ["version: 3\nagent:\n  authtoken: older\n  region: eu\n", "authtoken: older\n", None])
def test_the_token_is_on_no_command_line_and_in_a_file_for_its_owner_only(
    server: BackgroundServer, ngrok: Ngrok, monkeypatch: pytest.MonkeyPatch, own: str | None, where: str
) -> None:
    ngrok.config.unlink() if own is None else ngrok.config.write_text(own)
    if where == "environment":
        monkeypatch.setenv("NGROK_AUTHTOKEN", "2abc_token")
    settings = Settings(ngrok_authtoken="2abc_token" if where == "settings" else "")
    with Tunnel(settings, server, **ngrok.options):
        command = psutil.Process(ngrok.processes[0]).cmdline()
        assert "--config" in command and "2abc_token" not in " ".join(command)
    assert ngrok.asked[0] == ["start", "2abc_token"]
    path, mode = ngrok.read
    assert (mode, path.parent.exists()) == ("-rw-------", False)
    assert own is None or ngrok.config.read_text() == own


def test_an_ngrok_that_ended_is_noticed_and_started_again(server: BackgroundServer, ngrok: Ngrok) -> None:
    with Tunnel(Settings(ngrok_authtoken="2abc"), server, **ngrok.options) as tunnel:
        child = psutil.Process(ngrok.processes[0])
        child.kill()
        # pyngrok watches the process too; while it is asking, Popen.poll() tells nobody else that it has ended.
        until(lambda: tunnel.url == "")
        assert "ended by itself" in tunnel.status
        assert tunnel.on().startswith("https://")
        assert len(ngrok.processes) == 1


def test_a_server_that_moved_gets_a_new_tunnel(server: BackgroundServer, ngrok: Ngrok) -> None:
    with Tunnel(Settings(ngrok_authtoken="2abc"), server, **ngrok.options) as tunnel:
        server.stop()
        tunnel.on()
        assert [fact for what, fact in ngrok.asked if what == "open"][-1] == server.url


def test_an_ngrok_of_somebody_else_is_not_ended(server: BackgroundServer, ngrok: Ngrok) -> None:
    with Tunnel(Settings(ngrok_authtoken="2abc"), server, **ngrok.options) as theirs:
        with Tunnel(Settings(ngrok_authtoken="2abc"), server, **ngrok.options) as mine:
            assert mine.url != theirs.url
        assert len(ngrok.processes) == 1
        assert theirs.url


@pytest.mark.parametrize(
    ("token", "words", "code"),
    [
        ("wrong_s3cr3t", "ngrok does not accept the authtoken.*ERR_NGROK_105.*dashboard", "ERR_NGROK_105"),
        ("offline_s3cr3t", "cannot reach its service.*no such host.*internet connection", ""),
        ("intercepted_s3cr3t", "its certificate is not ngrok's.*unknown authority.*another network.*PUBLIC_URL", ""),
        ("killed_s3cr3t", "stopped as it began: by an antivirus.*Protection history", ""),
        ("busy_s3cr3t", "already has a tunnel open.*ERR_NGROK_108.*Stop the other ngrok", "ERR_NGROK_108"),
    ],
)
def test_errors_of_ngrok_have_words_and_a_cure(
    server: BackgroundServer, ngrok: Ngrok, caplog: pytest.LogCaptureFixture, token: str, words: str, code: str
) -> None:
    caplog.set_level(logging.DEBUG)
    tunnel = Tunnel(Settings(ngrok_authtoken=token), server, **ngrok.options)
    before = psutil.Process().num_fds()
    with pytest.raises(TunnelError, match=words) as caught:
        tunnel.on()
    assert vars(caught.value)["code"] == code
    assert token not in str(caught.value)
    assert "Starting ngrok" in caplog.text
    assert token not in caplog.text
    assert caught.value.__suppress_context__, "the chained error would show the token"
    assert (tunnel.url, ngrok.processes, psutil.Process().num_fds()) == ("", [], before)


def test_an_ngrok_that_cannot_be_fetched(
    server: BackgroundServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")  # nothing leaves this machine
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr("urllib.request._opener", None)  # it keeps the proxies that were there when it was made
    options = {"ngrok_path": str(tmp_path / "none" / "ngrok"), "config_path": str(tmp_path / "ngrok.yml")}
    with pytest.raises(TunnelError, match=r"ngrok program is not on this machine.*ngrok\.com/download"):
        Tunnel(Settings(ngrok_authtoken="2abc"), server, **options).on()


def test_an_ngrok_that_is_fetched_through_somebody_who_reads_along(
    server: BackgroundServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = self_signed(tmp_path, "bin.ngrok.com")

    def opens(_: RawServer, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with tls.wrap_socket(connection, server_side=True):
            pass

    with RawServer(opens) as proxy:
        for name in ("https_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setattr("urllib.request._opener", None)
        options = {"ngrok_path": str(tmp_path / "none" / "ngrok"), "config_path": str(tmp_path / "ngrok.yml")}
        with pytest.raises(TunnelError, match=r"its certificate is not ngrok's.*another network"):
            Tunnel(Settings(ngrok_authtoken="2abc"), server, **options).on()
        assert proxy.requests[0].startswith(b"CONNECT ")


def test_an_ngrok_that_may_not_be_run_or_cannot(server: BackgroundServer, ngrok: Ngrok) -> None:
    tunnel = Tunnel(Settings(ngrok_authtoken="2abc"), server, **ngrok.options)
    ngrok.path.chmod(0o644)
    with pytest.raises(TunnelError, match=r"rights of a file or folder stop ngrok.*chmod u\+rwx"):
        tunnel.on()
    ngrok.path.write_bytes(b"\x7fELF" + bytes(100))
    ngrok.path.chmod(0o755)
    with pytest.raises(TunnelError, match=r"damaged, or for another kind of machine.*Delete it"):
        tunnel.on()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("[WinError 225] Operation did not complete successfully because the file contains a virus", "antivirus"),
        ("[WinError 4551] An Application Control policy has blocked this file", "rules of this machine"),
        ("[WinError 5] Access is denied", "rights of a file"),
        ("[WinError 193] %1 is not a valid Win32 application", "another kind of machine"),
        ("[WinError 2] The system cannot find the file specified", "not on this machine.*antivirus program took it"),
    ],
)
def test_what_windows_says_of_an_ngrok_it_stops(error: str, words: str) -> None:
    assert re.search(words, str(_explain(OSError(error), "")))
