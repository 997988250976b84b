"""An NCCO as something to run elsewhere: a curl command, a script that places the call, a Flask app that serves it.

No token is ever written into them: curl takes it from the shell variable ``JWT``, the script from the environment.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ...base.errors import KitError
from ..checking.document import parse
from ..models.fields import PhoneNumber
from .python_text import literal

CALLS_URL = "https://api.nexmo.com/v1/calls"


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


def to_requests(ncco: Any, to: str, from_: str, url: str = CALLS_URL) -> str:
    """A Python script that places a call with this NCCO; it needs the package ``requests`` and a token in ``JWT``.

    Arguments and errors as with :func:`to_curl`.
    """
    order = _order(ncco, to, from_)
    actions = order.pop("ncco")
    return f'''"""Place a call with an NCCO. Before you run it, put a token into the environment variable JWT."""

import os

import requests

ncco = {literal(actions, room=0)}

call = {{
    "to": {literal(order["to"], room=80)},
    "from": {literal(order["from"], room=80)},
    "ncco": ncco,
}}
reply = requests.post(
    {literal(url)},
    json=call,
    headers={{"Authorization": "Bearer " + os.environ["JWT"]}},
    timeout=30,
)
print(reply.status_code, reply.text)
reply.raise_for_status()
'''


def to_flask(ncco: Any, route: str = "/answer") -> str:
    """A Flask app that answers with this NCCO at ``route``, which is the path of an answer URL.

    It runs with ``flask --app FILE run``; in a notebook hand it to ``kit.serve(app)``. Raises :class:`NccoError` if the
    NCCO has an error, :class:`KitError` if ``route`` is not a path.
    """
    if not re.fullmatch(r"(/[\w.~-]*)+", route, re.ASCII):
        raise KitError(f"{route!r} is not a route.", 'Write a path, such as "/answer".')
    return f'''"""Tell Vonage what to do with a call. Save it as app.py, then: flask --app app run --port 3000"""

from flask import Flask, jsonify

app = Flask(__name__)
ncco = {literal(parse(ncco).to_list(), room=0)}


@app.route({literal(route)}, methods=["GET", "POST"])
def answer():
    return jsonify(ncco)
'''


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
