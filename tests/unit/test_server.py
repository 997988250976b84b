"""The background server: real sockets, real apps, nothing left behind."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from flask import Flask, Response, request

from helpers.base.errors import KitError
from helpers.server.server import BackgroundServer
from helpers.server.tracebacks import WebServerError

get, post = (partial(requests.request, method, timeout=60) for method in ("GET", "POST"))


def app_saying(words: str) -> Flask:
    app = Flask(words)

    @app.route("/answer", methods=["GET", "POST"])
    def answer() -> dict[str, Any]:
        return {"words": words, "got": request.get_data(as_text=True) or request.args}

    return app


def open_things() -> tuple[int, int, int]:
    me = psutil.Process()
    return threading.active_count(), me.num_fds(), len(me.net_connections())


def test_the_constructor_starts_nothing() -> None:
    before = open_things()
    server = BackgroundServer(app_saying("hi"))
    assert open_things() == before
    assert (server.running, server.port, server.url) == (False, 0, "")
    assert repr(server) == "<BackgroundServer stopped: 0 requests, 0 errors>"
    server.stop()


def test_start_twice_is_one_and_stop_twice_too() -> None:
    server = BackgroundServer(app_saying("hi")).start()
    first = (server.url, threading.active_count())
    assert (server.start().url, threading.active_count()) == first
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert server.url in repr(server)
    server.stop()
    server.stop()
    assert (server.running, server.url) == (False, "")


def test_ten_starts_and_stops_leave_nothing() -> None:
    server = BackgroundServer(app_saying("hi"))
    with server:  # the first start imports and sets up what stays for good
        pass
    before = open_things()
    for _ in range(10):
        server.start()
        # Connections that are kept alive are closed by stop(), too.
        client = http.client.HTTPConnection("127.0.0.1", server.port)
        client.request("GET", "/answer")
        assert client.getresponse().read()
        port = server.port
        server.stop()
        client.close()
        assert open_things() == before
        assert port not in {c.laddr.port for c in psutil.Process().net_connections("tcp")}


def test_it_listens_on_loopback_only(server: BackgroundServer) -> None:
    listening = [c.laddr.ip for c in psutil.Process().net_connections("tcp") if c.laddr.port == server.port]
    assert set(listening) == {"127.0.0.1"}


def test_a_port_in_use_is_said_and_leaves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        before = open_things()
        with pytest.raises(WebServerError, match=rf"Port {port} is already in use.*leave the port out") as caught:
            BackgroundServer(port=port).start()
        assert isinstance(caught.value, KitError)
        assert open_things() == before
    with pytest.raises(WebServerError, match="There is no port 99999"):
        BackgroundServer(port=99999).start()


def test_a_fixed_port_can_be_used_again_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = BackgroundServer(app_saying("hi"), port=port)
    for _ in range(3):
        with server:
            assert get(f"http://127.0.0.1:{port}/answer").ok


def test_without_an_app_it_says_what_to_do(server: BackgroundServer) -> None:
    reply = get(f"{server.url}/answer")
    assert reply.status_code == 503
    assert "kit.serve(app)" in reply.text


def test_what_is_no_app_is_refused(server: BackgroundServer) -> None:
    with pytest.raises(WebServerError, match="app = Flask"):
        server.handle("not an app")  # type: ignore[arg-type]


def test_an_app_is_swapped_on_the_same_port(server: BackgroundServer) -> None:
    url = server.url
    for words in ("first", "second"):
        server.handle(app_saying(words))
        assert get(f"{url}/answer").json()["words"] == words
    assert server.url == url


@pytest.mark.slow
def test_swapping_under_load_loses_no_request(server: BackgroundServer) -> None:
    apps = [app_saying("one"), app_saying("two")]
    server.handle(apps[0])
    heard: list[str] = []

    def ask() -> None:
        with requests.Session() as session:
            for _ in range(40):
                heard.append(session.get(f"{server.url}/answer", timeout=60).json()["words"])

    clients = [threading.Thread(target=ask) for _ in range(6)]
    for client in clients:
        client.start()
    turn = 0
    while any(client.is_alive() for client in clients):
        turn += 1
        server.handle(apps[turn % 2])
    assert len(heard) == 240
    assert set(heard) == {"one", "two"}
    assert len(server.requests) == 240
    assert not server.errors


def test_requests_and_replies_are_kept(server: BackgroundServer) -> None:
    server.handle(app_saying("hi"))
    post(f"{server.url}/answer?x=1", json={"to": "447700900012"}, headers={"Authorization": "Bearer abc"})
    kept = server.requests[-1]
    assert (kept.method, kept.url, kept.status) == ("POST", f"{server.url}/answer?x=1", 200)
    assert kept.request_body == '{"to": "447700900012"}'
    assert kept.request_headers["Content-Type"] == "application/json"
    assert kept.request_headers["Authorization"] == "Bearer …"
    assert kept.response_headers["Content-Type"] == "application/json"
    assert '"words":"hi"' in (kept.response_body or "")
    assert 0 < kept.ms < 2000
    assert "HTTP/1.1 200 OK (" in repr(server.requests.show())


def test_a_route_that_raises_is_500_at_once_and_shown(server: BackgroundServer) -> None:
    app = Flask("raising")

    @app.get("/answer")
    def answer() -> str:
        api_secret = "s3cr3t"  # noqa: F841  # stands in the traceback's source line
        raise LookupError("no call for api_secret=s3cr3t")

    shown: list[WebServerError] = []
    forget = server.on_error(shown.append)
    server.on_error(lambda error: [][0])  # a broken callback breaks nothing
    server.handle(app)
    assert get(f"{server.url}/answer").status_code == 500
    assert server.errors == shown
    assert server.requests[-1].status == 500
    with pytest.raises(WebServerError) as caught:
        server.check()
    assert str(caught.value).startswith("GET /answer raised LookupError: no call for api_secret=…")
    assert "test_server.py, line" in caught.value.traceback
    assert "in answer" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert str(Path(__file__).parent) not in str(caught.value), "no path of this machine"
    assert "flask" not in caught.value.traceback
    server.check()  # each error is raised once
    forget()
    get(f"{server.url}/answer")
    assert len(shown) == 1


def test_a_route_that_returns_nothing_is_explained(server: BackgroundServer) -> None:
    app = Flask("empty")
    app.add_url_rule("/answer", view_func=lambda: None, endpoint="answer")
    server.handle(app)
    assert get(f"{server.url}/answer").status_code == 500
    with pytest.raises(WebServerError, match="did not return a valid response"):
        server.check()


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(1), KeyboardInterrupt()])
def test_any_wsgi_app_that_raises_is_answered(server: BackgroundServer, error: BaseException) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        raise error

    server.handle(app)
    reply = get(server.url)
    assert (reply.status_code, "notebook" in reply.text) == (500, True)
    assert type(error).__name__ in str(server.errors[0])
    assert get(server.url).status_code == 500, "the worker goes on"


def test_apps_in_debug_mode_and_with_a_500_page_are_recorded_once(server: BackgroundServer) -> None:
    for app in (Flask("debug"), Flask("own page")):
        app.add_url_rule("/", view_func=lambda: 1 // 0, endpoint="root")
        app.debug = app.name == "debug"
        app.register_error_handler(500, lambda error: ("my own page", 500))
        server.handle(app)
        reply = get(server.url)
        assert reply.status_code == 500
    assert reply.text == "my own page"
    assert len(server.errors) == 2


def test_a_stream_that_breaks_is_shown_and_long_bodies_pass(server: BackgroundServer) -> None:
    app = Flask("streams")

    @app.get("/breaks")
    def breaks() -> Response:
        def pieces() -> Iterator[bytes]:
            yield b"one"
            raise ValueError("torn")

        return Response(pieces())

    @app.get("/long")
    def long() -> Response:
        return Response(b"x" * 1_000_000, content_type="audio/mpeg")

    server.handle(app)
    with pytest.raises(requests.RequestException):
        get(f"{server.url}/breaks")
    assert "torn" in str(server.errors[0])
    assert len(get(f"{server.url}/long").content) == 1_000_000
    assert server.requests[-1].response_body == "<1000000 bytes of audio/mpeg>"


def test_plain_wsgi_ways_of_answering_work(server: BackgroundServer) -> None:
    def app(environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] == "/write":
            start_response("200 OK", [("Content-Type", "text/plain")])(b"written, ")
            return [b"returned"]

        def late() -> Iterator[bytes]:
            start_response("201 Created", [("Content-Type", "text/plain")])
            yield b"late"

        return late()

    server.handle(app)
    assert get(f"{server.url}/write").text == "written, returned"
    reply = get(f"{server.url}/late")
    assert (reply.status_code, reply.text) == (201, "late")


def test_an_app_that_starts_no_response_is_an_error(server: BackgroundServer) -> None:
    server.handle(lambda environ, start_response: [])
    assert get(server.url).status_code == 500
    assert server.requests[-1].status == 500
    assert "started no response" in str(server.errors[0])


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK") or os.getuid() != 0, reason="only Linux's root becomes another")
def test_on_a_hub_another_user_of_the_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = "exec 3<>/dev/tcp/127.0.0.1/{}; printf 'GET /answer HTTP/1.0\\r\\n\\r\\n' >&3; head -1 <&3"
    for on_hub, theirs in ((False, "200"), (True, "403")):
        monkeypatch.setenv("JUPYTERHUB_USER", "ada") if on_hub else monkeypatch.delenv("JUPYTERHUB_USER", False)
        with BackgroundServer(app_saying("hi")) as server:
            assert get(f"{server.url}/answer").status_code == 200
            command = ["bash", "-c", ask.format(server.port)]
            said = subprocess.run(command, user="nobody", cwd="/", capture_output=True, text=True, timeout=60).stdout
            assert said.split()[1] == theirs
            refused = server.requests[-1].refused
            assert (refused == "it comes from somebody else on this machine") is on_hub


def test_a_request_that_is_far_too_long_is_refused(server: BackgroundServer) -> None:
    server.handle(app_saying("hi"))
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(b"POST /answer HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 1000)
        assert b"413" in client.recv(1000).split(b"\r\n")[0]


def test_stopping_does_not_cut_off_a_route_at_work() -> None:
    app, working, go_on = Flask("slow"), threading.Event(), threading.Event()

    @app.get("/")
    def slow() -> str:
        working.set()
        go_on.wait(60)
        return "done"

    server = BackgroundServer(app).start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        working.wait(60)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        go_on.set()
        stopping.join(60)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_nothing_is_printed(server: BackgroundServer, capfd: pytest.CaptureFixture[str]) -> None:
    app = Flask("noisy")
    app.add_url_rule("/", view_func=lambda: 1 // 0, endpoint="root")
    server.handle(app)
    handlers = logging.getLogger().handlers[:]
    logging.getLogger().handlers.clear()  # as in a notebook, where nobody has set up logging
    try:
        get(server.url)
        logging.getLogger("waitress.queue").warning("Task queue depth is %d", 3)
    finally:
        logging.getLogger().handlers[:] = handlers
    assert capfd.readouterr() == ("", "")
