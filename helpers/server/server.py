"""A web server that runs behind the notebook: one port for the whole kernel, whichever Flask app is on it."""

from __future__ import annotations

import functools
import inspect
import io
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError
from ..base.hosts import parts_of
from ..base.masking import mask_logs
from ..base.text import one_line
from ..wire.exchanges import GOOD, WireLog
from . import neighbours
from .keeping import KEPT, Reply, close_body, exchange_from
from .signatures import check_signature
from .tracebacks import ERRORS, WebServerError, route_error

if TYPE_CHECKING:
    from .guard import Verdict, WebhookGuard

logger = logging.getLogger(__name__)

LARGEST_REQUEST = 5 * 1024 * 1024  # webhooks have some hundred bytes; more is not meant for us
MOST_ERRORS = 100
NO_APP = (
    "There is no web app on this server yet.\n"
    "In the notebook: make one with app = Flask(__name__), give it a route, and hand it over with kit.serve(app).\n"
)
FAILED = "The route of this address raised an error. The notebook shows which.\n"

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
# The request (what is kept of its environ, and its body), the reply's headers and body; gives the body that goes out.
Review = Callable[[dict[str, str], bytes, list[tuple[str, str]], bytes | Iterable[bytes]], bytes | Iterable[bytes]]


class BackgroundServer:
    """A web server on loopback that runs beside the notebook and can be handed another app at any time.

    The constructor starts nothing. ``port`` 0 means: any free one. ``audio`` is a folder whose MP3 and WAV files are
    served under ``/audio/<name>``. ``threads`` requests are answered at the same time. ``public``: strangers may reach
    it, so what a request may cost is limited (:mod:`helpers.server.public`). Example::

        with BackgroundServer() as server:
            server.handle(app)
            requests.get(f"{server.url}/answer")
            server.requests.show()
    """

    def __init__(
        self, app: WsgiApp | None = None, *, audio: Path | None = None, port: int = 0, threads: int = 8,
        public: bool = False,
    ) -> None:  # fmt: skip
        self.audio = audio
        self.threads = threads
        self.requests = WireLog(limit=5000)
        self.signature_secret = ""  # when it is set, the signature of each request is checked
        self.class_secret = ""  # of the account in a class, whose webhooks come here, too
        self.guard: WebhookGuard | None = None  # live mode's look at what comes in
        self.review: Review | None = None  # and at what goes out
        self.errors: list[WebServerError] = []
        self._fixed_port, self._public = port, public
        self._shared = not public and neighbours.is_shared()  # what reaches a public address comes from anybody
        self._app: WsgiApp = _no_app
        self._listeners: tuple[Callable[[WebServerError], None], ...] = ()
        self._lock = threading.RLock()
        self._running: _Running | None = None
        if app is not None:
            self.handle(app)

    def start(self) -> BackgroundServer:
        """Listen. A server that already does stays as it is. Raises :class:`WebServerError` if the port is taken."""
        with self._lock:
            if self._running is None:
                _keep_off_the_notebook()
                self._running = _Running(self._answer, self._fixed_port, self.threads, self._public)
        return self

    def stop(self, timeout: float = 3) -> None:
        """Stop listening, close every connection, end every thread. ``timeout``: seconds for routes still at work."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.stop(timeout)

    def __enter__(self) -> BackgroundServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._running is not None

    @property
    def port(self) -> int:
        """The port it listens on; 0 when stopped."""
        running = self._running
        return running.port if running else 0

    @property
    def url(self) -> str:
        """``http://127.0.0.1:<port>``; empty when stopped."""
        port = self.port
        return f"http://127.0.0.1:{port}" if port else ""

    @property
    def app(self) -> WsgiApp | None:
        """The app that answers; None as long as it has none."""
        return None if self._app is _no_app else self._app

    @property
    def answered(self) -> int:
        """How many requests of Vonage's or the reader's own it has answered so far; without a guard, how many."""
        return self.guard.known if self.guard else self.requests.total

    def handle(self, app: WsgiApp) -> None:
        """Let ``app`` (Flask, or any WSGI app) answer from the next request on; port and tunnel stay as they are."""
        if not callable(app):
            raise WebServerError(f"{app!r} cannot answer requests.", "Hand over the app itself: app = Flask(__name__).")
        if getattr(app, "__name__", "") == "create_app":
            raise WebServerError("create_app is a function that makes an app.", "Write kit.serve(create_app()).")
        built_in = inspect.isbuiltin(app)
        if built_in or inspect.isclass(app) or (inspect.isfunction(app) and not _takes_two(app)):
            what = "a class" if inspect.isclass(app) else "a function of Python" if built_in else "a single route"
            raise WebServerError(
                f"{app.__name__} is {what}, not a web app.",
                "Make the app first, app = Flask(__name__), give it its routes, and hand it over: kit.serve(app).",
            )
        self._app = app
        if name := getattr(app, "name", ""):
            mask_logs(name)  # Flask logs what a route raised

    def on_error(self, callback: Callable[[WebServerError], None]) -> Callable[[], None]:
        """Call ``callback(error)`` when a route raises, in the server's thread. Returns a function that ends it."""
        with self._lock:
            self._listeners = (*self._listeners, callback)

        def forget() -> None:
            with self._lock:
                self._listeners = tuple(other for other in self._listeners if other is not callback)

        return forget

    def check(self) -> None:
        """Raise the first error that a route raised and take it off ``errors``; do nothing if there is none."""
        if self.errors:
            raise self.errors.pop(0)

    def _answer(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request and keep what passed. It has to be quick: bytes are kept, nothing is formatted here."""
        began, at = time.perf_counter(), time.time()
        sent = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(sent)
        environ["wsgi.errors"] = ERRORS
        environ["kit.audio"] = self.audio
        # Before the app can change them. All values are texts, so that the garbage collector skips the dict.
        facts = {name: value for name, value in environ.items() if name.startswith(KEPT)}
        reply = Reply()
        body: bytes | Iterable[bytes]
        verdict: Verdict | None = None
        try:
            verdict = neighbours.verdict_of(environ) if self._shared else None
            of_class = self._is_of_class(facts, sent)
            verdict = verdict or (self.guard.look(facts, sent) if self.guard and not of_class else None)
            if verdict and verdict.refused:
                body = verdict.turn_away(reply.start)
            else:
                body = reply.take(self._choose(environ)(environ, reply.start), environ)
                body = body if of_class else self._reviewed(facts, sent, reply, body)
        except BaseException as error:  # also SystemExit: whatever a route does, its caller gets an answer at once
            environ["kit.error"] = error
            reply.start("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
            body = FAILED.encode()
        kept = body if isinstance(body, bytes) else None
        ms = (time.perf_counter() - began) * 1000
        if self.guard and verdict:
            self.guard.answered(verdict, reply.status)
        # Before the reply goes out, so that whoever got it finds it in the log.
        exchange = functools.partial(exchange_from, facts, sent, reply.status, dict(reply.headers), kept, ms, at)
        secrets = (self.signature_secret, self.class_secret)
        size = len(sent) + len(kept or b"") + sum(map(len, facts.values()))
        self.requests.append(functools.partial(exchange, secrets, verdict), size)
        if "kit.error" in environ:
            self._failed(environ["kit.error"], facts)
        start_response(reply.status, reply.headers)
        if isinstance(body, bytes):
            return [body]
        return body if isinstance(body, environ["wsgi.file_wrapper"]) else self._streamed(body, facts)

    def _is_of_class(self, facts: dict[str, str], sent: bytes) -> bool:
        """Whether an exchange signed it: then it has nothing to do with the real account that live mode looks after."""
        if not self.class_secret or not (self.guard or self.review):
            return False
        query = parts_of(facts["REQUEST_URI"])[2]
        return check_signature(facts.get("HTTP_AUTHORIZATION"), sent, query, self.class_secret) == GOOD

    def _reviewed(
        self, facts: dict[str, str], sent: bytes, reply: Reply, body: bytes | Iterable[bytes]
    ) -> bytes | Iterable[bytes]:
        """The body, or the words of a 403 in its place when what looks at it objects."""
        if self.review is None:
            return body
        try:
            return self.review(facts, sent, reply.headers, body)
        except KitError as error:
            if not isinstance(body, bytes):
                close_body(body)
            reply.start("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
            where = one_line(f"{facts['REQUEST_METHOD']} {facts['PATH_INFO']}", 100)
            self._tell(WebServerError(f"The reply to {where} was not sent. {error.message}", error.cure))
            return f"{error}\n".encode()

    def _streamed(self, body: Iterable[bytes], facts: dict[str, str]) -> Iterator[bytes]:
        try:
            yield from body
        except Exception as error:
            self._failed(error, facts)
            raise
        finally:
            close_body(body)

    def _choose(self, environ: Environ) -> WsgiApp:
        if self.audio is not None and environ["PATH_INFO"].startswith("/audio/"):
            from .sound_files import audio_app

            return audio_app(self.audio)
        return self._app

    def _failed(self, error: BaseException, facts: dict[str, str]) -> None:
        self._tell(route_error(error, f"{facts['REQUEST_METHOD']} {facts['PATH_INFO']}"))

    def _tell(self, failure: WebServerError) -> None:
        logger.error("%s", failure)
        self.errors.append(failure)
        del self.errors[:-MOST_ERRORS]
        for listener in self._listeners:
            try:
                listener(failure)
            except Exception:
                logger.exception("a callback given to on_error() raised")

    def __repr__(self) -> str:
        where = f"at {self.url}" if self.running else "stopped"
        return f"<BackgroundServer {where}: {len(self.requests)} requests, {len(self.errors)} errors>"


class _Running:
    """One socket, waitress on it, and the threads that belong to it."""

    def __init__(self, app: WsgiApp, port: int, threads: int, public: bool) -> None:
        from waitress.server import create_server
        from waitress.task import ThreadedTaskDispatcher

        class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress has no types
            """Waitress forgets its worker threads; stopping for certain needs them."""

            def start_new_thread(self, target: Callable[[int], None], number: int) -> None:
                worker = threading.Thread(target=target, args=(number,), name=f"web-worker-{number}", daemon=True)
                workers.append(worker)
                worker.start()

        # Bound before waitress starts anything, so that a taken port leaves nothing behind.
        listener = _bind(port)
        self.port: int = listener.getsockname()[1]
        self._waking = threading.Lock()
        workers: list[threading.Thread] = []
        dispatcher = Dispatcher()
        dispatcher.set_thread_count(threads)
        if public:
            from .public import public_server

            self._server = public_server(app, listener, dispatcher)
        else:
            self._server = create_server(
                app,
                sockets=[listener],
                _dispatcher=dispatcher,
                connection_limit=300,  # select(), which is quicker than poll() here, can watch 1024 at most
                max_request_body_size=LARGEST_REQUEST,
            )
        # A daemon, so that a kernel that is shut down is not kept alive by its web server.
        loop = threading.Thread(target=self._server.run, name="web-server", daemon=True)
        loop.start()
        self._threads = [loop, *workers]

    def stop(self, timeout: float) -> None:
        self._server.task_dispatcher.shutdown(timeout=timeout)  # routes at work may finish, and be answered
        with self._waking:
            self._server.trigger.pull_trigger(self._close)  # sockets are closed by the thread that polls them
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(1)

    def _close(self) -> None:
        with self._waking:
            pass  # the loop may have been awake anyway: do not close the pipe that stop() is still writing to
        for channel in list(self._server.active_channels.values()):
            for request in filter(None, [*channel.requests, channel.request]):
                request.close()
            channel.handle_close()  # also closes files that were being sent, which close() does not
        self._server.close()  # nothing is left to poll, so the loop ends


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # On Windows this option has the other meaning: two programs could share the port without noticing.
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()  # two that only bound may have the same port; the second to listen is refused
    except (OSError, OverflowError) as error:
        listener.close()
        raise WebServerError(
            f"Port {port} is already in use." if port in range(65536) else f"There is no port {port}.",
            "Stop the program (or the other notebook) that uses it, or leave the port out: then a free one is taken.",
            port=port,
            reason=str(error),
        ) from None
    return listener


def _takes_two(function: Callable[..., Any]) -> bool:
    """Whether this can be a WSGI app, which is called with two arguments; a route usually takes none."""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    return True


def _no_app(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("503 Service Unavailable", [("Content-Type", "text/plain; charset=utf-8")])
    return [NO_APP.encode()]


def _remember_error(sender: object, exception: BaseException, **_: Any) -> None:
    """Flask turns an error into its 500 page by itself; this keeps what it was, and the learner's app as it is."""
    from flask import request

    request.environ["kit.error"] = exception


def _keep_off_the_notebook() -> None:
    """Without a handler Python prints warnings on stderr, which a notebook shows in whichever cell is running."""
    from flask import got_request_exception

    got_request_exception.connect(_remember_error)
    for name in (__name__.partition(".")[0], "waitress", "werkzeug"):
        library = logging.getLogger(name)
        if not any(isinstance(handler, logging.NullHandler) for handler in library.handlers):
            library.addHandler(logging.NullHandler())
