"""The finished app that lessons 03, 04 and 06 build by hand: answer webhook, event webhook, audio files."""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError
from ..wire.events import Event, parameters_of
from .sound_files import folder_of_sounds, plain_text, send_audio

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response

logger = logging.getLogger(__name__)

Nccos = Callable[..., Any] | Sequence[Any] | Mapping[str, Any]


class WebhookError(KitError):
    """A webhook was answered with something that is not an NCCO."""


def create_app(
    *, answer: Nccos | None = None, audio: str | Path | None = None, on_event: Callable[[Event], Any] | None = None
) -> Flask:
    """A Flask app with ``/answer``, ``/event`` and, if ``audio`` is a folder, its files at ``/<name>``.

    ``answer`` is an NCCO, or a function that gets the call's parameters (or nothing) and returns one. ``on_event`` gets
    each event; if it returns something, that is the NCCO of the reply (an ``input`` event is answered like that).
    Received events are in ``app.extensions["events"]``, in order of arrival.

    >>> kit.serve(create_app(answer=[{"action": "talk", "text": "Hello"}], on_event=print))
    """
    from flask import Flask, request
    from werkzeug.wrappers import Response

    if on_event is not None and not callable(on_event):
        raise WebhookError(f"on_event={on_event!r} is not a function.", "Give its name, without brackets.")
    folder = None if audio is None else folder_of_sounds(audio)
    if answer and not callable(answer):
        _actions(answer, "answer= is")
    app = Flask(__name__, static_folder=None)
    events: list[Event] = []
    app.extensions["events"] = events

    @app.route("/answer", methods=["GET", "POST"])
    def answer_webhook() -> Response:
        parameters = parameters_of(request.args.items(), request.get_data(as_text=True))
        return Response(
            json.dumps(_actions(_call(answer, parameters or {}), "/answer returned")), content_type="application/json"
        )

    @app.route("/event", methods=["GET", "POST"])
    def event_webhook() -> Response:
        event = parameters_of(request.args.items(), request.get_data(as_text=True))
        if event is None:
            return plain_text("This is not a JSON object. Events are sent as JSON.", 400)
        if not event:
            return plain_text("The event webhook is here. Events come as POST with a JSON body.", 200)
        events.append(event)
        reply = on_event(event) if on_event else None
        if reply is None or reply is ...:  # the dots: a function of a task that nobody has written yet
            return plain_text("", 200)
        return Response(json.dumps(_actions(reply, "/event returned")), content_type="application/json")

    if folder is not None:

        @app.get("/<path:name>")
        def sound(name: str) -> Response:
            return send_audio(name, folder)

    @app.errorhandler(500)
    def failed(error: Any) -> Response:
        cause = getattr(error, "original_exception", None)
        words = (
            str(cause) if isinstance(cause, WebhookError) else "A webhook raised an error. The notebook shows which."
        )
        return plain_text(words, 500)

    @app.errorhandler(405)
    def wrong_method(error: Any) -> Response:
        allowed = sorted(error.valid_methods or [])
        hint = method_hint(request.method, request.path, allowed)
        return plain_text(hint, 405, [("Allow", ", ".join(allowed))])

    return app


def method_hint(method: str, path: str, allowed: Iterable[str]) -> str:
    """What to do when Vonage asks with one method and the route expects the other."""
    known = " or ".join(sorted(set(allowed) - {"HEAD", "OPTIONS"}))
    return (
        f"{method} {path} came in, but this route takes {known}. Either give the route "
        f'methods=["GET", "POST"], or set the method of this webhook in your application '
        f"(answer_url: GET unless you say so; event_url: POST unless you say so)."
    )


def _call(answer: Nccos | None, parameters: Event) -> Any:
    if not callable(answer):
        return answer
    return answer(parameters) if inspect.signature(answer).parameters else answer()


def _actions(value: Any, whose: str) -> list[Any]:
    """A list of actions, from whatever a learner may return for one. Anything else is an error that says what to do."""
    from ..ncco.data import as_data

    value = as_data(value)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise WebhookError(f"{whose} a text that is not JSON.", "An NCCO is a list of actions.") from None
    if isinstance(value, Mapping):
        value = [value]
    if not value:
        raise WebhookError(
            f"{whose} no NCCO, and a call without one ends at once.",
            'Return a list of actions, for example [{"action": "talk", "text": "Hello"}].',
        )
    if not isinstance(value, Sequence) or not all(isinstance(one, Mapping) and "action" in one for one in value):
        raise WebhookError(
            f"{whose} {value!r}, which is not an NCCO.", 'Each item must be an action: {"action": "stream", …}.'
        )
    return list(value)
