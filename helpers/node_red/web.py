"""The routes of a flow as the source of a Flask app."""

from __future__ import annotations

import keyword
import pprint
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..wire.events import parameters_of
from .messages import Variables, joined
from .routes import Route

KIT = __name__.partition(".")[0]  # helpers, or voice_call_kit where it was installed as that
NO_NCCO = "This route has no NCCO: put an action in front of its return ncco."
# In the order in which a source has them, each if a name in it is called there.
IMPORTS = (
    "from pathlib import Path\n",
    "from flask import Flask, jsonify\n",
    f"from {KIT}.ncco import render_ncco",
    f"from {KIT}.node_red import message",
    f"from {KIT}.server.sound_files import send_audio",
)
# Names that the source uses itself.
TAKEN = ("app", "Flask", "Path", "jsonify", "message", "render_ncco", "send_audio", "AUDIO")


def message(constants: Mapping[str, Any] | None = None) -> Variables:
    """What the nodes of a flow would find in ``msg`` while a request is answered, for its templates.

    ``msg.call`` and ``msg.payload`` are the parameters of the request, from its query and its JSON body. ``constants``
    (what ``change`` nodes set) count more.
    """
    from flask import request

    query = list(request.args.items())
    given = parameters_of(query, request.get_data(as_text=True))
    call = parameters_of(query, "") if given is None else given
    seen = {"query": dict(query), "params": dict(request.view_args or {})}
    return joined({"msg": {"call": call, "payload": call, "req": seen}}, constants or {})


def source(routes: Sequence[Route], audio: Path | str | None = None) -> str:
    """A Flask app with these routes as Python source, which defines ``app``. Texts of a flow are literals in it."""
    views = [_function(name, route, audio) for name, route in zip(_names(routes), routes, strict=True)]
    folder = f"AUDIO = Path({str(audio)!r})\n" if audio else ""
    code = f'{folder}app = Flask("imported", static_folder=None)\n\n\n' + "\n\n\n".join(views)
    found = [
        line for line in IMPORTS if any(f"{name}(" in code for name in re.findall(r"\w+", line.split("import")[1]))
    ]
    return "\n".join(found).rstrip() + f"\n\n{code}\n"


def _function(name: str, route: Route, audio: Path | str | None) -> str:
    head = f"@app.{route.method.lower()}({route.rule!r})\ndef {name}({'**names' if '<' in route.rule else ''}):\n"
    if route.kind == "file":
        return f"{head}    return send_audio({route.file!r}{', AUDIO' if audio else ''})"
    if route.kind == "event":
        kind = f', {{"Content-Type": {route.content_type!r}}}' if route.content_type else ""
        return f"{head}    return {route.body!r}, {route.status}{kind}"
    if not route.ncco:
        return f"{head}    return {NO_NCCO!r}, 500"
    ncco = pprint.pformat(list(route.ncco), width=100, sort_dicts=False).replace("\n", "\n    ")
    if "{{" not in ncco:
        return f"{head}    return jsonify({ncco})"
    constants = repr(route.variables) if route.variables else ""
    return f"{head}    ncco = {ncco}\n    return jsonify(render_ncco(ncco, message({constants})))"


def _names(routes: Sequence[Route]) -> list[str]:
    """A function's name for each route, made of its path."""
    found: list[str] = []
    for route in routes:
        name = re.sub(r"[^A-Za-z0-9]+", "_", route.path).strip("_") or "root"
        if name[0].isdigit() or keyword.iskeyword(name) or name in TAKEN:
            name = f"route_{name}"
        while name in found:
            name += "_too"
        found.append(name)
    return found
