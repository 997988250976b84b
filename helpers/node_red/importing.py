"""``import_flow``: a Node-RED flow as NCCOs, routes and calls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ..ncco.templates.templates import template_problems
from .actions import ACTIONS
from .addresses import Addresses
from .calls import ImportedCall, call_fields
from .fields import Fields
from .findings import Findings
from .graph import Graph, Node
from .imported import Imported, ImportedNcco
from .instead import instead_of
from .messages import Variables, constant_of, ncco_in, union_of
from .reading import read_items
from .routes import Route, answer_route, door_of, file_route, reply_route
from .walking import DOORS, Message, Walk

# Wires, and what became something else: nothing more is to be said about them.
TRANSLATED = (*ACTIONS, "createcall", "inject", "change", "link in", "link out", "subflow")
SECRET_FIELDS = ("credentials", "apikey", "apisecret", "privatekey", "authtoken")


def import_flow(data: Any, *, your_url: str | None = None) -> Imported:
    """Read a flow that Node-RED exported, and translate what belongs to a call. Nothing of the flow is run.

    ``data``: the JSON text, or the list in it. ``your_url``: the address of your own server, such as
    ``kit.tunnel.on()``: it takes the place of ``YOUR_URL``, of ngrok's names and of localhost where they lead to the
    flow itself. Raises :class:`~helpers.node_red.reading.FlowError` if this is not a flow.

    >>> flow = '[{"id": "1", "type": "stream", "streamurl": "https://example.com/music.mp3", "wires": [[]]}]'
    >>> import_flow(flow).nccos[0].ncco
    [{'action': 'stream', 'streamUrl': ['https://example.com/music.mp3']}]
    """
    return _Import(data, your_url).result()


class _Import:
    """One import: the parts that were found so far."""

    def __init__(self, data: Any, your_url: str | None) -> None:
        self.findings = Findings()
        self.graph = Graph(read_items(data), self.findings)
        self.doors = {node.id: door_of(node) for node in self.graph.nodes.values() if node.type in DOORS}
        self.addresses = Addresses(your_url, filter(None, self.doors.values()), self.findings)
        self.nccos: dict[str, ImportedNcco] = {}
        self.calls: dict[str, ImportedCall] = {}
        self.routes: dict[tuple[str, str], Route] = {}
        self.used: set[tuple[str, ...]] = set()  # by which nodes the NCCOs were built
        self.loose: dict[tuple[str, ...], Message] = {}
        self.done: set[str] = set()  # webhooks with an answer, the nodes that answer, `file in` nodes with a route

    def result(self) -> Imported:
        walk = Walk(self.graph, self.findings, self.addresses.in_action)
        for node, message, goes_on in walk.arrivals():
            self._arrived(node, message)
            if message.ncco and not goes_on:
                self.loose.setdefault(message.built_by, message)
        self._keep_loose()
        for node in self.graph.nodes.values():
            self._rest(node)
        # The first that names a value counts, and a call before an NCCO.
        constants = [call.variables for call in self.calls.values()] + [one.variables for one in self.nccos.values()]
        variables: Variables = {}
        for own in reversed(constants):
            variables = union_of(variables, own)
        return Imported(
            list(self.nccos.values()), list(self.routes.values()), list(self.calls.values()), variables,
            list(self.findings.notes), [part for _, part in self.findings.parts],
        )  # fmt: skip

    def _arrived(self, node: Node, message: Message) -> None:
        if node.type == "createcall":
            self._call(node, message)
        elif node.type in ("return ncco", "http response") and message.door:
            self._answer(node, message, message.door)
        elif node.type == "transfer" and node.props.get("nccotype") == "fixed":
            self._ncco(f"transfer {node.name}", message)
        elif node.type == "getrecording" and message.last("voice webhook"):
            self.findings.fault(node.label, "recording-url-in-another-place")

    def _ncco(self, name: str, message: Message, ncco: Sequence[Any] = ()) -> None:
        """Keep the NCCO that the message carries, or another one."""
        if not ncco:
            self.used.add(message.built_by)
        found = ImportedNcco(name, list(ncco or message.ncco), message.where, message.variables)
        if found.ncco:
            self.nccos.setdefault(json.dumps(vars(found)), found)

    def _call(self, node: Node, message: Message) -> None:
        fields = call_fields(Fields(node, self.findings), list(message.ncco), self.addresses)
        if len(message.trail) == 1 and not (fields["to"][0].keys() - {"type", "content-type"}):
            text = "Nothing is wired to it, and it calls nobody: it only holds the application, which lesson 05 makes."
            self.findings.skip(node.type, node.name, text, key=node.id)
            return
        for problem in template_problems(fields, message.variables):
            if problem.severity == "error":
                self.findings.remark(node.label, f"{problem.message} Give its value: parameters({{…}}).")
        call = ImportedCall(f"createcall {node.name}", message.where, fields, message.variables)
        self.calls.setdefault(node.id + json.dumps(vars(call)), call)
        if node.props.get("answertype") == "fixed":
            self._ncco(call.name, message)
        elif isinstance(fields.get("ncco"), list):
            self._ncco(f"{call.name} (JSON)", message, fields["ncco"])

    def _answer(self, node: Node, message: Message, webhook: Node) -> None:
        """The webhook that this message came in by is answered here."""
        door, reader = self.doors[webhook.id], message.last("file in")
        if door is None:
            return
        self.done |= {webhook.id, node.id}
        if node.type == "return ncco":
            self.findings.fault(node.label, "jsonp-answer")
            if not message.ncco:
                self.findings.fault(node.label, "empty-answer")
            self._route(answer_route(door, message))
            self._ncco(" ".join(door), message)
        elif reader is None:
            body = ncco_in(constant_of(message.variables, "payload")) or ()
            reply = reply_route(door, node, message, tuple(self.addresses.in_action(one, node.label) for one in body))
            self._route(reply)
            if reply.ncco:
                self._ncco(" ".join(door), message, () if reply.ncco == message.ncco else reply.ncco)
        elif route := file_route(door, reader, node, message, self.findings):
            self.done.add(reader.id)
            self._route(route)

    def _route(self, route: Route) -> None:
        first = self.routes.setdefault((route.method, route.path), route)
        if first.answers != route.answers or first.ncco != route.ncco:
            text = f"{route.method} {route.path} has another answer ({route.answers}); the first one is served."
            self.findings.remark(route.where, text)

    def _keep_loose(self) -> None:
        """NCCOs that nothing uses, unless they are only the beginning of another one."""
        # In this order what begins alike stands together, and the shortest first.
        chains = sorted({*self.used, *self.loose})
        beginnings = {one for one, next_ in pairwise(chains) if next_[: len(one)] == one}
        for chain, message in self.loose.items():
            if chain not in beginnings and chain not in self.used:
                name = self.graph.nodes[chain[-1]].label
                self._ncco(f"up to {name}", message)
                self.findings.remark(name, "No createcall and no return ncco stands behind it: nothing uses its NCCO.")

    def _rest(self, node: Node) -> None:
        """What is to be said of a node in the end, if it became nothing."""
        if any(node.props.get(name) for name in SECRET_FIELDS):
            self.findings.fault(node.label, "secrets-in-the-clear")
        if node.type == "ngrok":
            self.findings.fault(node.label, "editor-on-the-internet")
        if node.id in self.done or node.type in TRANSLATED:
            return
        text = instead_of(node, self.findings)
        if node.type in DOORS and self.doors[node.id] is None:
            text = "Its method or path is none that Flask can serve; write the route by hand."
        self.findings.skip(node.type, node.name, text, key=node.id)
