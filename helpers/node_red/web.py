"""The routes of a flow as a Flask app, and as the source of one."""

from __future__ import annotations

import keyword
import pprint
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..server.sound_files import send_audio
from ..wire.events import parameters_of
from .messages import Variables, joined
from .routes import Route

if TYPE_CHECKING:
    from flask import Flask

NO_NCCO = "This route has no NCCO: put an action in front of its return ncco."
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


def make_app(routes: Sequence[Route], audio: Path | str | None = None) -> Flask:
    """A Flask app with these routes. ``audio``: the folder of its sounds, the server's own unless given."""
    from flask import Flask

    app = Flask("imported", static_folder=None)
    for name, route in zip(_names(routes), routes, strict=True):
        app.add_url_rule(route.rule, name, _view(route, Path(audio) if audio else None), methods=[route.method])
    return app


def _view(route: Route, audio: Path | None) -> Callable[..., Any]:
    from flask import jsonify

    from ..ncco import render_ncco

    def view(**_: str) -> Any:
        if route.kind == "file":
            return send_audio(route.file, audio)
        if route.kind == "event":
            return route.body, route.status, {"Content-Type": _type(route)}
        if not route.ncco:
            return NO_NCCO, 500
        return jsonify(render_ncco(list(route.ncco), message(route.variables)))

    return view


def _type(route: Route) -> str:
    return route.content_type or "text/html; charset=utf-8"  # Flask's own, as Express has it for a text


def source(routes: Sequence[Route], audio: Path | str | None = None) -> str:
    """The same app as Python source, which defines ``app``. Texts of the flow stand in it as literals only."""
    views = [_function(name, route, audio) for name, route in zip(_names(routes), routes, strict=True)]
    body = "\n\n\n".join(views)
    used = {name for name in ("jsonify", "render_ncco", "send_audio", "message", "Path") if f"{name}(" in body}
    imports = ["from pathlib import Path\n"] if audio and "send_audio" in used else []
    imports.append(f"from flask import Flask{', jsonify' if 'jsonify' in used else ''}\n")
    kit = [
        ("from helpers.ncco import render_ncco", "render_ncco"),
        ("from helpers.node_red import message", "message"),
        ("from helpers.server.sound_files import send_audio", "send_audio"),
    ]
    found = [line for line, name in kit if name in used]
    imports += ["\n".join(found) + "\n"] if found else []
    folder = f"AUDIO = Path({str(audio)!r})\n" if audio and "send_audio" in used else ""
    return "\n".join(imports) + f'\n{folder}app = Flask("imported", static_folder=None)\n\n\n{body}\n'


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
