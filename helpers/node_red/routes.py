"""The web addresses of a flow: which method and path answers with what; and the source of a Flask app with them."""

from __future__ import annotations

import json
import keyword
import posixpath
import pprint
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..base.text import one_line
from ..server.sound_files import AUDIO_TYPES
from ..wire.events import parameters_of
from .findings import Findings
from .graph import Node
from .messages import Variables, constant_of, union_of
from .walking import Message

Door = tuple[str, str]  # method and path
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_PATH = re.compile(r"/(?:[\w\-.~%/]|:[A-Za-z_])*", re.ASCII)
_TYPE = re.compile(r"[\w.+/;= -]{3,80}", re.ASCII)
_PARAMETER = re.compile(r":([A-Za-z_][A-Za-z0-9_]*)")
KIT = __name__.partition(".")[0]  # helpers, or voice_call_kit where it was installed as that
NO_NCCO = "This route has no NCCO: put an action in front of its return ncco."
# In the order in which a source has them, each if a name in it is called there.
IMPORTS = (
    "from flask import Flask, jsonify\n",
    f"from {KIT}.ncco import render_ncco",
    f"from {KIT}.node_red import message",
    f"from {KIT}.server.sound_files import send_audio",
)
# Names that the source uses itself.
TAKEN = ("app", "Flask", "jsonify", "message", "render_ncco", "send_audio")


@dataclass(frozen=True)
class Route:
    """One route: ``answers`` says in words what with.

    ``path`` is as the flow has it (``/call/:id``), ``rule`` as Flask wants it (``/call/<id>``). It gives ``ncco``, with
    the constants ``variables`` for its templates, or sends ``file``, or returns ``reply``, which is Python.
    """

    method: str
    path: str
    where: str
    answers: str
    ncco: tuple[Mapping[str, Any], ...] = ()
    variables: Variables = field(default_factory=dict)
    file: str = ""
    reply: str = ""

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return _PARAMETER.sub(r"<\1>", self.path)


def names_of(ncco: Sequence[Mapping[str, Any]]) -> str:
    """The names of the actions: ``talk → input``."""
    return " → ".join(str(one.get("action")) for one in ncco)


def door_of(node: Node) -> Door | None:
    """Method and path of an ``http in`` or ``voice webhook`` node; ``None`` if Flask could not have such a route."""
    path = str(node.props.get("url") or "").strip()
    path = path if path.startswith("/") else f"/{path}"
    method = str(node.props.get("method") or "get").strip().upper()
    names = _PARAMETER.findall(path)
    if method not in METHODS or (path == "/" and not node.props.get("url")) or not _PATH.fullmatch(path):
        return None
    # Flask refuses one name twice, and what is a value of Python and not a name.
    bad = len(set(names)) != len(names) or not {"True", "False", "None"}.isdisjoint(names)
    return None if bad or len(path) > 300 else (method, path)


def answer_route(door: Door, message: Message) -> Route:
    """``voice webhook`` → ``return ncco``: the NCCO that was built on the way."""
    if not message.ncco:
        return Route(*door, message.where, "500: there is no NCCO", reply=f"{NO_NCCO!r}, 500")
    return Route(*door, message.where, names_of(message.ncco), message.ncco, message.variables)


def reply_route(door: Door, node: Node, message: Message, ncco: tuple[Mapping[str, Any], ...]) -> Route:
    """``http in`` → ``http response``: a status, and a body if a constant was put into ``msg.payload``.

    ``ncco``: the actions in the body, if it is an NCCO.
    """
    body, status = constant_of(message.variables, "payload"), _status(node, message.variables)
    if ncco and status == 200:
        return Route(*door, message.where, names_of(ncco), ncco, message.variables)
    kind = _content_type(node, message.variables)
    header = f', {{"Content-Type": {kind!r}}}' if kind else ""
    text = "" if body is None else body if isinstance(body, str) else json.dumps(body)
    reply = f"jsonify({body!r})" if isinstance(body, list | dict) else repr(text)
    return Route(*door, message.where, f"status {status}", reply=f"{reply}, {status}{header}")


def file_route(door: Door, reader: Node, node: Node, message: Message, findings: Findings) -> Route | None:
    """``http in`` → ``file in`` → ``http response``: a sound of the folder ``audio`` with that file's name.

    Only the name is taken from the flow, never its folder. ``None``, with a note, if it is not an MP3 or WAV file.
    """
    name = _file_name(reader, message.variables)
    right = AUDIO_TYPES.get(posixpath.splitext(name)[1].lower())
    if right is None:
        words = f"{one_line(name, 60)} is not an MP3 or WAV file; no other file is sent."
        missing = "Its file name is not in the flow: write the route in Flask with send_audio."
        findings.remark(reader.label, words if name else missing)
        return None
    kind = _content_type(node, message.variables)
    if kind and kind not in AUDIO_TYPES.values():
        findings.remark(node.label, f"{one_line(kind, 40)} is not a registered type of sound; it is sent as {right}.")
    if reader.props.get("format") == "utf8":
        findings.remark(reader.label, "It reads a text, which spoils a sound; here the file is sent as it is.")
    findings.fault(reader.label, "audio-without-range")
    findings.remark(reader.label, f"Put the file into the folder audio: {one_line(name, 60)} is sent from there.")
    return Route(*door, message.where, f"the sound {name}", file=name)


def _file_name(reader: Node, variables: Variables) -> str:
    name, kind = reader.props.get("filename"), reader.props.get("filenameType", "str")
    if kind == "msg" or not name:
        name = constant_of(variables, str(name or "filename"))
    elif kind != "str":
        return ""
    # Windows and others: the last part, whichever stroke is used.
    base = re.split(r"[/\\]", name)[-1] if isinstance(name, str) else ""
    return "" if base.startswith((".", "${")) or "\0" in base or "{{" in base else base


def _status(reply: Node, variables: Variables) -> int:
    for value in (reply.props.get("statusCode"), constant_of(variables, "statusCode")):
        text = str(value).strip() if value is not None and not isinstance(value, bool) else ""
        if re.fullmatch(r"[2-5]\d\d", text):
            return int(text)
    return 200


def _content_type(reply: Node, variables: Variables) -> str:
    for headers in (reply.props.get("headers"), constant_of(variables, "headers")):
        for name, value in headers.items() if isinstance(headers, dict) else ():
            if str(name).lower() == "content-type" and _TYPE.fullmatch(str(value)):
                return str(value)
    return ""


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
    return union_of({"msg": {"call": call, "payload": call, "req": seen}}, constants or {})


def source(routes: Sequence[Route]) -> str:
    """A Flask app with these routes as Python source, which defines ``app``. Texts of a flow are literals in it."""
    views = [_function(name, route) for name, route in zip(_names(routes), routes, strict=True)]
    code = 'app = Flask("imported", static_folder=None)\n\n\n' + "\n\n\n".join(views)
    found = [
        line for line in IMPORTS if any(f"{name}(" in code for name in re.findall(r"\w+", line.split("import")[1]))
    ]
    return "\n".join(found).rstrip() + f"\n\n{code}\n"


def _function(name: str, route: Route) -> str:
    head = f"@app.{route.method.lower()}({route.rule!r})\ndef {name}({'**names' if '<' in route.rule else ''}):\n"
    if route.file:
        return f"{head}    return send_audio({route.file!r})"
    if route.reply:
        return f"{head}    return {route.reply}"
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
