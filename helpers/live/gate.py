"""The gate: a server on loopback through which everything goes that this kernel sends to Vonage."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol

from ..base.authority import Authority
from ..base.errors import KitError
from ..base.masking import mask
from ..vonage.errors import GATE, NO_REPLY
from .guards.asked import Asked, Refused, Replied
from .guards.reading import LARGEST

if TYPE_CHECKING:
    import ssl

    import requests

logger = logging.getLogger(__name__)

TIMEOUT = (10, 60)  # seconds to connect, and for the next byte of the reply
# What is about one connection only, RFC 9110 7.6.1; and what the HTTP library writes itself. It unpacks a reply, which
# the guards have to read; a request that is packed is refused.
HOP = frozenset({"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
                 "trailer", "transfer-encoding", "upgrade", "host", "content-length", "expect",
                 "accept-encoding", "content-encoding"})  # fmt: skip


class Guard(Protocol):
    """Has a say in each request."""

    def before(self, asked: Asked) -> Asked:
        """The request that is sent, as it came or changed. Raises :class:`Refused` if none may be."""

    def after(self, asked: Asked, replied: Replied) -> None:
        """Told what came back of what was sent."""


class Gate:
    """Forwards to ``api`` and ``rest`` (``https://…``) what all ``guards`` let pass; the last one sees it last.

    It has two doors on loopback: ``url`` in plain HTTP, and ``tls_host`` for a client that speaks only https, such as
    an SDK; such a client must be led to ``certificates``.
    """

    def __init__(self, api: str, rest: str, guards: Sequence[Guard]) -> None:
        self._api, self._rest = api.rstrip("/"), rest.rstrip("/")
        self._guards = tuple(guards)
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._doors: list[Door] = []
        self._authority = Authority("live gate", ("api.nexmo.com", "rest.nexmo.com"))  # for a proxy that leads here

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``; empty when stopped."""
        return f"http://127.0.0.1:{self._doors[0].server_port}" if self._doors else ""

    @property
    def tls_host(self) -> str:
        """``127.0.0.1:<port>``, for https; empty when stopped."""
        return f"127.0.0.1:{self._doors[1].server_port}" if self._doors else ""

    @property
    def certificates(self) -> str:
        """A file for REQUESTS_CA_BUNDLE or SSL_CERT_FILE: those that are trusted anyway, and the gate's own."""
        return self._authority.bundle

    def start(self) -> Gate:
        """Listen on loopback, on any two free ports."""
        self._doors.append(Door(self, None))
        self._doors.append(Door(self, self._authority.start()))  # after it, stop() knows the first, whatever fails
        return self

    def stop(self) -> None:
        """Stop listening, and close every connection."""
        while self._doors:
            self._doors.pop().stop()
        self._authority.stop()
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    def pass_on(self, asked: Asked) -> Replied:
        """What comes back of a request: Vonage's reply, or a 403 of the gate's own."""
        seen: list[tuple[Guard, Asked]] = []
        try:
            for guard in self._guards:
                asked = guard.before(asked)
                seen.append((guard, asked))
        except KitError as error:
            replied = refusal(error)
        except Exception:
            # What nobody has looked at is not sent.
            logger.exception("a guard failed")
            replied = refusal(Refused("The gate itself failed."))
        else:
            replied = self._forward(asked)
        for guard, sent in reversed(seen):
            try:
                guard.after(sent, replied)
            except Exception:
                logger.exception("a guard failed at what came back")
        return replied

    def _forward(self, asked: Asked) -> Replied:
        url = f"{self._rest if asked.on_rest_host else self._api}{asked.path}{'?' if asked.query else ''}{asked.query}"
        headers = {name: value for name, value in asked.headers.items() if name.lower() not in HOP}
        try:
            reply = self._session().request(
                asked.method, url, headers=headers, data=asked.body, timeout=TIMEOUT, allow_redirects=False, stream=True
            )
            body = reply.raw.read(decode_content=True)
        except Exception as error:  # whatever it is: nobody knows how far the request got
            logger.info("no reply", exc_info=True)
            if "CERTIFICATE_VERIFY_FAILED" in str(error):  # known before anything was sent
                return refusal(Refused("Vonage was not reached: certificate refused.", NO_REPLY["certificate refused"]))
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

    def serve(self, door: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        length = door.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > LARGEST or door.headers.get("Transfer-Encoding"):
            door.close_connection = True
            replied = Replied(413, {}, b"")
        else:
            path, _, query = door.path.partition("?")
            # Of a header that is there twice the last counts, for the guards and for Vonage.
            headers = {name.title(): value for name, value in door.headers.items()}
            replied = self.pass_on(Asked(door.command, path, query, headers, door.rfile.read(int(length))))
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


class Handler(BaseHTTPRequestHandler):
    """One connection to the gate."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a reply leaves in one piece: in two, the second waits 40 ms for a word about the first
    server: Door

    def setup(self) -> None:
        threading.current_thread().name = "live-gate"
        self.server.connections.add(self.request)
        if self.server.tls is not None:  # here, and not where connections are accepted: a slow one holds up nobody
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
            self.server.connections.add(self.request)
        super().setup()

    def finish(self) -> None:
        super().finish()
        self.server.connections.discard(self.request)
        self.request.close()

    def handle_expect_100(self) -> bool:
        """Tell who waits to go on, at once: it would stay in the buffer."""
        go_on = super().handle_expect_100()
        self.wfile.flush()
        return go_on

    def _any(self) -> None:
        self.server.gate.serve(self)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any

    def log_message(self, *_: object) -> None:
        """Nothing: the kit's own wire log is what a reader looks at."""


class Door(ThreadingHTTPServer):
    """A port on loopback, with a thread for each connection."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, gate: Gate, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.gate, self.tls = gate, tls
        self.connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="live-door", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and every connection that somebody keeps open."""
        self.shutdown()
        self.server_close()
        self._thread.join(5)
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or does not trust the certificate, is not a fault of the gate's."""
        logger.info("a connection to the gate broke", exc_info=True)


def refusal(refused: KitError) -> Replied:
    """A 403 in the form in which the newer APIs tell of errors, that names itself as the gate's."""
    lines = {name: line for name in ("line", "allow") if (line := getattr(refused, name, ""))}
    body = {"type": GATE, "title": "Refused by the kit's own gate, not by Vonage", "detail": mask(refused.message),
            "cure": mask(refused.cure), **lines}  # fmt: skip
    return Replied(403, {"Content-Type": "application/problem+json"}, json.dumps(body).encode())


def _as_it_is(request: Any) -> Any:
    # Given as `auth` so that a ~/.netrc entry cannot take the place of the sender's Authorization header.
    return request
