"""The gate: a server on loopback through which everything goes that this kernel sends to Vonage."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

from ..base.masking import mask
from .asked import Asked, Refused, Replied

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)

LARGEST = 5 * 1024 * 1024  # bytes of a request
TIMEOUT = (10, 60)  # seconds to connect, and for the next byte of the reply
# What is about one connection only, RFC 9110 7.6.1; and what the HTTP library writes itself.
HOP = frozenset({"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
                 "trailer", "transfer-encoding", "upgrade", "host", "content-length", "expect"})  # fmt: skip


class Guard(Protocol):
    """Has a say in each request."""

    def before(self, asked: Asked) -> Asked:
        """The request that is sent, as it came or changed. Raises :class:`Refused` if none may be."""

    def after(self, asked: Asked, replied: Replied) -> None:
        """Told what came back of what was sent."""


class Gate:
    """Forwards to ``api`` and ``rest`` (``https://…``) what all ``guards`` let pass; the last one sees it last."""

    def __init__(self, api: str, rest: str, guards: Sequence[Guard]) -> None:
        self._api, self._rest = api.rstrip("/"), rest.rstrip("/")
        self._guards = tuple(guards)
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``; empty when stopped."""
        return f"http://127.0.0.1:{self._server.server_port}" if self._server else ""

    def start(self) -> Gate:
        """Listen on loopback, on any free port."""
        gate = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                gate._serve(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any

            def log_message(self, *_: object) -> None:
                """Nothing: the kit's own wire log is what a reader looks at."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="live-gate", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening, and close every connection to Vonage."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.shutdown()
            server.server_close()
            self._thread.join(5)
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    def pass_on(self, asked: Asked) -> Replied:
        """What comes back of a request: Vonage's reply, or a 403 of the gate's own."""
        seen: list[tuple[Guard, Asked]] = []
        replied = Replied(0, {}, b"")
        try:
            for guard in self._guards:
                asked = guard.before(asked)
                seen.append((guard, asked))
            replied = self._forward(asked)
        except Refused as refused:
            replied = refusal(refused)
        finally:
            for guard, sent in reversed(seen):
                guard.after(sent, replied)
        return replied

    def _forward(self, asked: Asked) -> Replied:
        import requests

        url = f"{self._rest if asked.on_rest_host else self._api}{asked.path}{'?' if asked.query else ''}{asked.query}"
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in HOP}
        try:
            reply = self._session().request(
                asked.method, url, headers=headers, data=asked.body, timeout=TIMEOUT, allow_redirects=False, stream=True
            )
            body = reply.raw.read(decode_content=False)
        except requests.RequestException as error:
            return Replied(0, {}, mask(type(error).__name__).encode())
        return Replied(reply.status_code, dict(reply.headers), body)

    def _session(self) -> requests.Session:
        import requests

        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.auth = _as_it_is
            self._sessions.append(session)
        return session

    def _serve(self, door: BaseHTTPRequestHandler) -> None:
        length = door.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > LARGEST or door.headers.get("Transfer-Encoding"):
            door.close_connection = True
            replied = Replied(413, {}, b"")
        else:
            path, _, query = door.path.partition("?")
            replied = self.pass_on(
                Asked(door.command, path, query, dict(door.headers.items()), door.rfile.read(int(length)))
            )
        if not replied.status:  # nothing came back: as without a gate the connection breaks, and the client says so
            door.close_connection = True
            return
        door.send_response_only(replied.status)
        for name, value in replied.headers.items():
            if name.lower() not in HOP:
                door.send_header(name, value)
        door.send_header("Content-Length", str(len(replied.body)))
        door.end_headers()
        if door.command != "HEAD":
            door.wfile.write(replied.body)


def refusal(refused: Refused) -> Replied:
    """A 403 in the form in which the newer APIs tell of errors, that names itself as the gate's."""
    body = {"type": "about:blank#live-gate", "title": "Refused by the kit's own gate, not by Vonage",
            "detail": str(refused), **({"line": refused.line} if refused.line else {})}  # fmt: skip
    return Replied(403, {"Content-Type": "application/problem+json"}, json.dumps(body).encode())


def _as_it_is(request: Any) -> Any:
    # Given as `auth` so that a ~/.netrc entry cannot take the place of the sender's Authorization header.
    return request
