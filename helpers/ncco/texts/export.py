"""An NCCO as something to run elsewhere: a curl command that places the call, a Flask app that serves it.

No token is ever written into them: curl takes it from the shell variable ``JWT``.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from ...base.errors import KitError
from ...base.hosts import parts_of
from ...base.text import one_line
from ..checking.document import parse
from ..models.fields import PhoneNumber
from ..problems.problems import NccoError
from .python_text import literal

if TYPE_CHECKING:
    from flask import Flask

CALLS_URL = "https://api.nexmo.com/v1/calls"
_ROUTE = re.compile(r"(/[\w.~-]*)+", re.ASCII)


def to_curl(ncco: Any, to: str, from_: str, url: str = CALLS_URL) -> str:
    """The request that places a call with this NCCO, as a shell command: POST /v1/calls.

    ``to`` and ``from_`` are phone numbers of 7 to 15 digits. ``$JWT`` stands for the application's token, filled in
    by the shell. Raises :class:`NccoError` if the NCCO has an error, :class:`KitError` for a wrong number.
    """
    body = json.dumps(_order(ncco, to, from_), indent=2, ensure_ascii=False)
    return (
        f"curl -X POST {shlex.quote(url)} \\\n"
        '  -H "Authorization: Bearer $JWT" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(body)}\n"
    )


def to_flask(ncco: Any, route: str = "/answer", replies: Mapping[str, Any] | None = None) -> str:
    """A Flask app that answers with this NCCO at ``route``, which is the path of an answer URL.

    It takes events, too, at ``/event`` and at the path of each ``eventUrl``. ``replies`` names the NCCO that follows a
    key or a word, ``{"1": […], "2, message": […]}``; after any other the rest of the list follows.

    It runs with ``flask --app FILE run``; in a notebook hand it to ``kit.serve(app)``. Raises :class:`NccoError` if an
    NCCO has an error, :class:`KitError` if ``route`` is not a path, or a name nothing to press or to say.
    """
    if not _ROUTE.fullmatch(route):
        raise KitError(f"{route!r} is not a route.", 'Write a path, such as "/answer".')
    items, named = parse(ncco).to_list(), replies_of(replies or {})
    paths = dict.fromkeys(["/event", *_event_paths([items, *named.values()])])
    if route in paths:
        raise KitError(f"{route} would be the answer route and an event URL.", "Give one of them another path.")
    events = "\n".join(f'@app.route({literal(path)}, methods=["GET", "POST"])' for path in paths)
    follows = f"# What follows a key or a word; after any other the rest of ncco.\nreplies = {literal(named, room=0)}\n"
    return f'''"""Tell Vonage what to do with a call. Save it as app.py, then: flask --app app run --port 3000"""

{_IMPORT_RE if named else ""}from flask import Flask, jsonify{", request" if named else ""}

app = Flask(__name__)
ncco = {literal(items, room=0)}
{follows if named else ""}

@app.route({literal(route)}, methods=["GET", "POST"])
def answer():
    return jsonify(ncco)


{events}
def event():
{_CHOOSE if named else ""}    return "", 204
'''


_IMPORT_RE = "import re\n\n"
_CHOOSE = """\
    told = request.get_json(silent=True) or {}
    said = [(told.get("dtmf") or {}).get("digits")]
    for result in (told.get("speech") or {}).get("results", [])[:1]:  # the first is the likeliest
        said += re.findall(r"\\w+", result["text"].lower())
    for names, reply in replies.items():
        if set(said) & set(names.split(", ")):
            return jsonify(reply)
"""


def flask_app(ncco: Any, replies: Mapping[str, Any] | None = None) -> Flask:
    """The app that :func:`to_flask` writes, ready to be served."""
    names: dict[str, Any] = {"__name__": "menu"}
    exec(compile(to_flask(ncco, replies=replies), "app.py", "exec"), names)  # test_nothing_of_a_reply_becomes_code
    app: Flask = names["app"]
    return app


def replies_of(replies: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The actions that follow each key or word, checked; several names before one with ``", "`` between them."""
    if not isinstance(replies, Mapping):
        raise KitError(f"{one_line(repr(replies), 60)} does not name replies.", 'Write {"1": […], "2, message": […]}.')
    found: dict[str, list[Any]] = {}
    for name, ncco in replies.items():
        names = [one.strip().lower() for one in str(name).split(",")]
        if not all(re.fullmatch(r"[0-9*#]+|\w+", one) for one in names):
            cure = 'Name a reply after keys or one word; several names: "2, message".'
            raise KitError(f"{one_line(repr(name), 60)} is nothing to press or to say.", cure)
        try:
            found[", ".join(names)] = parse(ncco).to_list()
        except NccoError as problem:
            raise NccoError(problem.problems, what=f"The reply to {one_line(name, 40)}") from None
    return found


def _event_paths(nccos: Iterable[list[Any]]) -> Iterator[str]:
    """The path of every ``eventUrl`` that can be a route."""
    urls = (url for ncco in nccos for item in ncco for url in _event_urls(item))
    return filter(_ROUTE.fullmatch, (parts_of(url)[1] for url in urls))


def _event_urls(value: Any) -> Iterator[str]:
    """Every ``eventUrl`` in an action, in its groups, too."""
    for name, one in value.items() if isinstance(value, dict) else ():
        urls = one if isinstance(one, list) else [one]
        yield from (urls if name == "eventUrl" else _event_urls(one))


def _order(ncco: Any, to: str, from_: str) -> dict[str, Any]:
    """The body of POST /v1/calls."""
    return {
        "to": [{"type": "phone", "number": _phone(to, "to")}],
        "from": {"type": "phone", "number": _phone(from_, "from_")},
        "ncco": parse(ncco).to_list(),
    }


def _phone(number: str, name: str) -> str:
    try:
        return str(TypeAdapter(PhoneNumber).validate_python(number, strict=True))
    except ValidationError as problem:
        usual = {"said": "is not a phone number in quotes", "cure": 'Write "447700900001".'}
        said = problem.errors()[0].get("ctx") or usual
        raise KitError(f"{name} {said['said']} ({number!r}).", said["cure"]) from None
