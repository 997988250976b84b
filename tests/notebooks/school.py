"""A school's proxy that answers everything with a page of its own, and remembers what it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

SCHEMES = ("http", "https", "all")
NAMES = tuple(name for scheme in (*SCHEMES, "no") for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()))
PAGE = b"<html>Please log in</html>"


class School:
    """``asked`` is what came: an address, or for https a host and port."""

    def __init__(self, port: int) -> None:
        self.asked: list[str] = []
        named = dict.fromkeys(NAMES, f"http://127.0.0.1:{port}")
        self.environment = named | {"no_proxy": "", "NO_PROXY": ""}  # what its machines have set


@contextmanager
def school() -> Iterator[School]:
    """Such a proxy, on a port of its own."""

    class Page(BaseHTTPRequestHandler):
        def any(self) -> None:
            here.asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PAGE)
            self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_CONNECT = any

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        here = School(server.server_port)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()
