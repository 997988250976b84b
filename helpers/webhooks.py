"""What Vonage asks of your server: the finished app of lessons 03, 04 and 06, the audio files, and the events."""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, overload
from urllib.parse import parse_qsl, urlsplit

from helpers.errors import KitError
from helpers.wire import Exchange, WireLog

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

logger = logging.getLogger(__name__)

AUDIO_TYPES = {".mp3": "audio/mpeg", ".wav": "audio/wav"}
# The platform keeps a file this long (seconds) before it asks again. NCCO reference, stream: Cache-Control is honoured.
MAX_AGE = 3600

Event = dict[str, Any]
Nccos = Callable[..., Any] | Sequence[Any] | Mapping[str, Any]


class WebhookError(KitError):
    """A webhook was answered with something that is no NCCO."""


# --- the finished app ------------------------------------------------------------------------------------------------


def create_app(
    *, answer: Nccos | None = None, audio: Path | None = None, on_event: Callable[[Event], Any] | None = None
) -> Flask:
    """A Flask app with ``/answer``, ``/event`` and, if ``audio`` is a folder, its files at ``/<name>``.

    ``answer`` is an NCCO, or a function that gets the call's parameters (or nothing) and returns one. ``on_event`` gets
    each event; if it returns something, that is the NCCO of the reply (an ``input`` event is answered like that).
    Received events are in ``app.extensions["events"]``, in order of arrival.
    """
    from flask import Flask, request
    from werkzeug.wrappers import Response

    app = Flask(__name__, static_folder=None)
    events: list[Event] = []
    app.extensions["events"] = events

    @app.route("/answer", methods=["GET", "POST"])
    def answer_webhook() -> Response:
        parameters = _parameters(request.args.items(), request.get_data(as_text=True))
        return Response(
            json.dumps(_actions(_call(answer, parameters or {}), "/answer")), content_type="application/json"
        )

    @app.route("/event", methods=["GET", "POST"])
    def event_webhook() -> Response:
        event = _parameters(request.args.items(), request.get_data(as_text=True))
        if event is None:
            return _text("This is not a JSON object. Events are sent as JSON.", 400)
        if not event:
            return _text("The event webhook is here. Events come as POST with a JSON body.", 200)
        events.append(event)
        reply = on_event(event) if on_event else None
        if reply is None:
            return _text("", 200)
        return Response(json.dumps(_actions(reply, "/event")), content_type="application/json")

    if audio is not None:

        @app.get("/<path:name>")
        def sound(name: str) -> Response:
            return send_audio(name, audio)

    @app.errorhandler(500)
    def failed(error: Any) -> Response:
        cause = getattr(error, "original_exception", None)
        words = (
            str(cause) if isinstance(cause, WebhookError) else "A webhook raised an error. The notebook shows which."
        )
        return _text(words, 500)

    @app.errorhandler(405)
    def wrong_method(error: Any) -> Response:
        allowed = sorted(error.valid_methods or [])
        hint = method_hint(request.method, request.path, allowed)
        return _text(hint, 405, [("Allow", ", ".join(allowed))])

    return app


def method_hint(method: str, path: str, allowed: Iterable[str]) -> str:
    """What to do when Vonage asks with one method and the route expects the other."""
    known = " or ".join(sorted(set(allowed) - {"HEAD", "OPTIONS"}))
    return (
        f"{method} {path} came in, but this route takes {known}. Either give the route "
        f'methods=["GET", "POST"], or set the method of this webhook in your application '
        f"(answer_url: GET unless you say so; event_url: POST unless you say so)."
    )


def _parameters(query: Iterable[tuple[str, str]], body: str) -> Event | None:
    """Query parameters and JSON body as one dict; None if there is a body that is no JSON object.

    With GET, nested objects come as JSON text inside one parameter: ``dtmf={"digits":"3"}``.
    """
    found: Event = {name: _nested(value) for name, value in query}
    if body:
        try:
            payload = json.loads(body)
        except ValueError:
            return None
        if not isinstance(payload, dict):
            return None
        found.update(payload)
    return found


def _nested(value: str) -> Any:
    if value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            pass  # an ordinary text that happens to start with a bracket
    return value


def _call(answer: Nccos | None, parameters: Event) -> Any:
    if not callable(answer):
        return answer
    return answer(parameters) if inspect.signature(answer).parameters else answer()


def _actions(value: Any, path: str) -> list[Any]:
    """A list of actions, from whatever a learner may return for one. Anything else is an error that says what to do."""
    if hasattr(value, "to_list"):
        value = value.to_list()
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise WebhookError(f"{path} returned a text that is no JSON.", "Return a list of actions.") from None
    if isinstance(value, Mapping):
        value = [value]
    if not value:
        raise WebhookError(
            f"{path} returned no NCCO, and a call without one ends at once.",
            'Return a list of actions, for example [{"action": "talk", "text": "Hello"}].',
        )
    if not isinstance(value, Sequence) or not all(isinstance(one, Mapping) and "action" in one for one in value):
        raise WebhookError(
            f"{path} returned {value!r}, which is no NCCO.", 'Each item must be an action: {"action": "stream", …}.'
        )
    return list(value)


def _text(words: str, status: int, headers: Iterable[tuple[str, str]] = ()) -> Response:
    from werkzeug.wrappers import Response

    words = f"{words}\n" if words else ""
    return Response(words, status, dict(headers), content_type="text/plain; charset=utf-8")


# --- audio files -----------------------------------------------------------------------------------------------------


def audio_files(folder: Path) -> dict[str, Path]:
    """The MP3 and WAV files directly in ``folder``, by name. Hidden files and links that lead outside are left out."""
    home = folder.resolve()
    files = sorted(home.iterdir()) if home.is_dir() else []
    return {
        file.name: file
        for file in files
        if file.suffix.lower() in AUDIO_TYPES
        and not file.name.startswith(".")
        and file.is_file()
        and file.resolve().is_relative_to(home)
    }


def send_audio(name: str | Path, folder: Path | None = None) -> Response:
    """Reply with an audio file, for use in a Flask route: ``return send_audio("greeting.mp3")``.

    Does what a hand-written route leaves out: ``HEAD``, ``Range`` (206, 416), ``Content-Length``, ``ETag`` with 304,
    ``Cache-Control``. Only files directly in ``folder`` (the kit's audio folder, unless given) are sent; for any other
    name the reply is a 404 that says which files there are.
    """
    from flask import request

    folder = folder or request.environ.get("kit.audio")
    if folder is None:
        raise KitError("It is not known where the audio files are.", 'Say it: send_audio("greeting.mp3", folder).')
    return _sound(str(name), Path(folder), request.environ)


def audio_app(folder: Path) -> Callable[..., Iterable[bytes]]:
    """The same as a WSGI app of its own that answers GET and HEAD below ``/audio/``."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        name = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace").removeprefix("/audio/")
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            response = _sound(name, folder, environ)
        else:
            response = _text("Audio files can only be fetched: GET or HEAD.", 405, [("Allow", "GET, HEAD")])
        return response(environ, start_response)

    return app


def _sound(name: str, folder: Path, environ: dict[str, Any]) -> Response:
    from werkzeug.exceptions import RequestedRangeNotSatisfiable
    from werkzeug.utils import send_file

    files = audio_files(folder)
    file = files.get(name) or next((file for file in files.values() if Path(name) == file), None)
    if file is None:
        if name.startswith((".", "/")) or ".." in name or "\\" in name or (folder / name).is_symlink():
            logger.warning("refused: %r is outside the audio folder or hidden", name)
        return _text(f"There is no audio file {name!r} here. There are: {', '.join(files) or 'none'}.", 404)
    # By content, not by date: a date differs from one clone of the kit to the next.
    stat = file.stat()
    tag = _digest(file, stat.st_mtime_ns, stat.st_size)
    try:
        response = send_file(
            file,
            environ,
            mimetype=AUDIO_TYPES[file.suffix.lower()],
            conditional=True,
            etag=tag,
            max_age=MAX_AGE,
        )
    except RequestedRangeNotSatisfiable:
        response = _text(f"{name} has {stat.st_size} bytes.", 416)
        response.headers["Content-Range"] = f"bytes */{stat.st_size}"
    for name in ("Last-Modified", "Expires", "Content-Disposition"):  # dates once more, and what only browsers use
        response.headers.pop(name, None)
    return response


@functools.lru_cache(maxsize=64)
def _digest(file: Path, changed: int, size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


# --- events ----------------------------------------------------------------------------------------------------------


def kind(payload: Mapping[str, Any]) -> str:
    """What sort of webhook a payload is: ``status``, ``transfer``, ``input``, ``record``, ``error``, ``notify``,
    ``answer``, or empty if it is none.

    The rule is the one of the official SDKs (vonage-dotnet-sdk, EventBase.cs), as most events carry no type.
    """
    if "original_request" in payload:  # the fallback of an answer webhook carries a reason too
        return "answer"
    for field, name in (
        ("status", "status"),
        ("conversation_uuid_from", "transfer"),
        ("speech", "input"),
        ("dtmf", "input"),
        ("recording_url", "record"),
        ("reason", "error"),
        ("payload", "notify"),
    ):
        if field in payload:
            return name
    return "answer" if "to" in payload and "uuid" in payload else ""


class Receiver(Protocol):
    """Whatever keeps the requests it received: a :class:`helpers.server.BackgroundServer`."""

    @property
    def requests(self) -> WireLog:
        """The requests, oldest first."""


class Events(Sequence[Event]):
    """The call events a server has received, in order of arrival, whatever the learner's routes did with them.

    Items are the payloads as sent (dicts). Answer webhooks are not among them: see ``server.requests``.
    """

    def __init__(self, server: Receiver) -> None:
        self._log = server.requests
        self._events: list[Event] = []
        self._seen = self._log.total
        self._lock = threading.Lock()

    def by(self, uuid: str | None = None, **fields: Any) -> list[Event]:
        """Those of one leg or conversation (``uuid``), or with certain values: ``by(status="completed")``."""
        return [
            event
            for event in self
            if (uuid is None or uuid in _uuids(event)) and all(event.get(name) == fields[name] for name in fields)
        ]

    def statuses(self, uuid: str | None = None) -> list[str]:
        """``["started", "ringing", "answered", …]``, in order of arrival."""
        return [event["status"] for event in self.by(uuid) if "status" in event]

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``callback(event)`` as each one arrives, in the server's thread. Returns a function that ends it."""

        def pick(exchange: Exchange) -> None:
            event = event_of(exchange)
            if event is not None:
                callback(event)

        return self._log.subscribe(pick)

    def clear(self) -> None:
        """Forget the events so far; the wire log keeps its requests."""
        with self._lock:
            self._seen = self._log.total
            self._events.clear()

    def _all(self) -> list[Event]:
        """Only what is new in the log is looked at, so asking often costs little."""
        with self._lock:
            total, latest = self._log.latest(self._seen)
            self._events.extend(event for event in map(event_of, latest) if event is not None)
            self._seen = total
            return list(self._events)

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Event]:
        return iter(self._all())

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> list[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | list[Event]:
        return self._all()[place]

    def __repr__(self) -> str:
        return f"<Events: {len(self)} received>"


def event_of(exchange: Exchange) -> Event | None:
    """The event that a request carries, in its body or its query; None if it is something else."""
    query = parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True)
    payload = _parameters(query, exchange.request_body or "")
    if not payload or not _uuids(payload):
        return None
    return payload if kind(payload) not in ("answer", "") else None


def _uuids(event: Event) -> set[Any]:
    names = ("uuid", "call_uuid", "conversation_uuid", "conversation_uuid_from", "conversation_uuid_to")
    return {event[name] for name in names if isinstance(event.get(name), str)}
