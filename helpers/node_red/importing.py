"""``import_flow``: a Node-RED flow as NCCOs, routes and calls."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ..base.errors import KitError
from ..ncco.templates.templates import template_problems
from .actions import ACTIONS
from .addresses import Addresses, mended
from .calls import ImportedCall, call_fields
from .findings import Findings
from .graph import Graph, Node
from .imported import Imported, ImportedNcco
from .instead import CONTROLS, control_of, instead_of
from .messages import joined
from .reading import read_items
from .routes import Route, door_of, file_route, reply_route
from .walking import Action, Chain, Message, messages

DOORS = ("http in", "voice webhook")
# Wires, and what became something else: nothing more is to be said about them.
TRANSLATED = (*ACTIONS, *DOORS, "createcall", "inject", "change", "link in", "link out", "subflow")
SECRET_FIELDS = ("credentials", "apikey", "apisecret", "privatekey", "authtoken")


def import_flow(data: Any, *, your_url: str | None = None, env: Mapping[str, str] | None = None) -> Imported:
    """Read a flow that Node-RED exported, and translate what belongs to a call. Nothing of the flow is run.

    ``data``: the JSON text, or the list in it. ``your_url``: the address of your own server, such as
    ``kit.tunnel.on()``: it takes the place of ``YOUR_URL``, of ngrok's names and of localhost where they lead to the
    flow itself. ``env``: values for environment variables that the flow names; this machine's own are not read.
    Raises :class:`~helpers.node_red.reading.FlowError` if this is no flow.

    >>> flow = '[{"id": "1", "type": "stream", "streamurl": "https://example.com/music.mp3", "wires": [[]]}]'
    >>> import_flow(flow).nccos[0].ncco
    [{'action': 'stream', 'streamUrl': ['https://example.com/music.mp3']}]
    """
    if env is not None and not isinstance(env, Mapping):
        raise KitError(f"env is {env!r}, which is no dict.", 'Write for example env={"NUMBER": "447700900001"}.')
    return _Import(data, your_url, env or {}).result()


class _Import:
    """One import: the parts that were found so far."""

    def __init__(self, data: Any, your_url: str | None, env: Mapping[str, str]) -> None:
        self.findings = Findings()
        self.graph = Graph(read_items(data), self.findings, env)
        self.doors = {node.id: door_of(node) for node in self.graph.nodes.values() if node.type in DOORS}
        own: dict[str, set[str]] = defaultdict(set)
        for door in filter(None, self.doors.values()):
            own[door[1]].add(door[0])
        self.addresses = Addresses(your_url, own, self.findings)
        self.nccos: list[ImportedNcco] = []
        self.loose: dict[Chain, ImportedNcco] = {}
        self.used: set[Chain] = set()
        self.seen: set[str] = set()  # calls and NCCOs, so that each is there once
        self.routes: dict[tuple[str, str], Route] = {}
        self.calls: list[ImportedCall] = []
        self.replied: set[str] = set()  # webhooks, and the nodes that answer them
        self.read: set[str] = set()  # `file in` nodes that became a route

    def result(self) -> Imported:
        for node, message, goes_on in messages(self.graph, self.findings, self._finish):
            self._arrived(node, message)
            if not goes_on and message.built_by and message.ncco and message.built_by not in self.used:
                self.loose.setdefault(
                    message.built_by, ImportedNcco("", list(message.ncco), message.where, message.variables)
                )
        self._keep_loose()
        for node in self.graph.nodes.values():
            self._rest(node)
        for name, nodes in self.graph.unset.items():
            label = self.graph.nodes[nodes[0]].label if nodes[0] in self.graph.nodes else nodes[0]
            words = f'${{{name}}} is an environment variable: give env={{"{name}": "…"}} to import_flow.'
            self.findings.remark(label, words)
        variables: dict[str, Any] = {}
        # The first that names a value counts, and a call before an NCCO.
        for own in [one.variables for one in reversed(self.nccos)] + [one.variables for one in reversed(self.calls)]:
            variables = joined(variables, own)
        return Imported(
            self.nccos, list(self.routes.values()), self.calls, variables,
            self.findings.notes, self.findings.not_translated,
        )  # fmt: skip

    def _finish(self, action: Action, node: Node) -> Action:
        return mended(action, self.addresses, self.findings, node.label)

    def _arrived(self, node: Node, message: Message) -> None:
        if node.type == "createcall":
            self._call(node, message)
        elif node.type == "return ncco":
            self._answer(node, message)
        elif node.type == "http response":
            self._reply(node, message)
        elif node.type == "transfer" and node.props.get("nccotype") == "fixed":
            self._ncco(f"transfer {node.name}", message)
        elif node.type == "getrecording" and message.last("voice webhook"):
            self.findings.fault(node.label, "recording-url-in-another-place")

    def _ncco(self, name: str, message: Message) -> None:
        if message.ncco and message.built_by:
            self.used.add(message.built_by)
            found = ImportedNcco(name, list(message.ncco), message.where, message.variables)
            if self._is_new(name, found.ncco, found.where, found.variables):
                self.nccos.append(found)

    def _is_new(self, *facts: Any) -> bool:
        key, count = json.dumps(facts), len(self.seen)
        self.seen.add(key)
        return len(self.seen) > count

    def _call(self, node: Node, message: Message) -> None:
        fields = call_fields(node, list(message.ncco), self.addresses, self.findings)
        if len(message.trail) == 1 and not (fields["to"][0].keys() - {"type", "content-type"}):
            text = "Nothing is wired to it, and it calls nobody: it only holds the application, which lesson 05 makes."
            self.findings.skip(node.type, node.name, text, key=node.id)
            return
        for problem in template_problems(fields, message.variables):
            if problem.severity == "error":
                self.findings.remark(node.label, f"{problem.message} Give its value: parameters({{…}}).")
        creds = node.props.get("creds")
        config = self.graph.nodes.get(creds) if isinstance(creds, str) else None
        name = f"createcall {node.name}"
        call = ImportedCall(name, message.where, fields, message.variables, config.name if config else "")
        if not self._is_new("call", node.id, fields, call.where, call.variables):
            return
        self.calls.append(call)
        if node.props.get("answertype") == "fixed":
            self._ncco(name, message)
        elif isinstance(fields.get("ncco"), list):
            self.nccos.append(ImportedNcco(f"{name} (JSON)", fields["ncco"], message.where, message.variables))

    def _answer(self, node: Node, message: Message) -> None:
        door = self._door(message)
        if door is None:
            return
        self.replied.add(node.id)
        self.findings.fault(node.label, "jsonp-answer")
        if not message.ncco:
            self.findings.fault(node.label, "empty-answer")
        self._route(Route("answer", *door, message.where, ncco=message.ncco, variables=message.variables))
        self._ncco(" ".join(door), message)

    def _reply(self, node: Node, message: Message) -> None:
        door, reader = self._door(message), message.last("file in")
        if door is None:
            return
        self.replied.add(node.id)
        if reader is None:
            self._route(reply_route(door, node, message.variables, message.where))
            return
        route = file_route(door, reader, node, message.variables, message.where, self.findings)
        if route is not None:
            self.read.add(reader.id)
            self._route(route)

    def _door(self, message: Message) -> tuple[str, str] | None:
        """Method and path of the webhook that this message came in by."""
        if message.door is None:
            return None
        self.replied.add(message.door.id)
        return self.doors[message.door.id]

    def _route(self, route: Route) -> None:
        first = self.routes.setdefault((route.method, route.path), route)
        if first.answers != route.answers or first.ncco != route.ncco:
            text = f"{route.method} {route.path} has another answer ({route.answers}); the first one is served."
            self.findings.remark(route.where, text)
        if route.kind == "event" and route.method == "GET":
            text = f"GET {route.path}: Vonage sends events by POST, unless event_method says GET."
            self.findings.fault(route.where, "webhook-method-mismatch", text)

    def _keep_loose(self) -> None:
        """NCCOs that nothing uses, unless they are only the beginning of another one."""
        beginnings: set[Chain] = set()
        for chain in (*self.used, *self.loose):
            before = chain.before
            while before and before not in beginnings:
                beginnings.add(before)
                before = before.before
        for chain, found in self.loose.items():
            if chain not in beginnings and chain not in self.used:
                name = self.graph.nodes[chain.node].label
                self.nccos.append(ImportedNcco(f"up to {name}", found.ncco, found.where, found.variables))
                self.findings.remark(name, "No createcall and no return ncco stands behind it: nothing uses its NCCO.")

    def _rest(self, node: Node) -> None:
        """What is to be said of a node in the end, if it became nothing."""
        if any(node.props.get(name) for name in SECRET_FIELDS):
            self.findings.fault(node.label, "secrets-in-the-clear")
        if node.type == "ngrok":
            self.findings.fault(node.label, "editor-on-the-internet")
        if node.type in CONTROLS:
            self.findings.skip(node.type, node.name, control_of(node, self.findings), key=node.id)
        elif node.type in DOORS:
            if self.doors[node.id] is None:
                text = "Its method or path is none that Flask can serve; write the route by hand."
                self.findings.skip(node.type, node.name, text, key=node.id)
            elif node.id not in self.replied:
                self.findings.skip(node.type, node.name, instead_of(node.type), key=node.id)
        elif not self._translated(node):
            self.findings.skip(node.type, node.name, instead_of(node.type), key=node.id)

    def _translated(self, node: Node) -> bool:
        if node.type == "link out" and node.props.get("mode") == "return":
            return False
        return node.type in TRANSLATED or node.id in self.read or node.id in self.replied
