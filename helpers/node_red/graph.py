"""The nodes of a flow and what they are wired to, without what is disabled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..base.text import one_line
from .findings import Findings
from .reading import Item

# Drawn in the editor, but no part of what the flow does.
DRAWN = ("tab", "group", "comment", "global-config", "subflow")
UNFOLD = "Unfold it: copy the nodes inside to where it stands, wire them, and export again."
_VARIABLE = re.compile(r"\$\{(\S+)\}")  # Node-RED fills in an environment variable only if it is the whole field


@dataclass(frozen=True, eq=False)
class Node:
    """One node. ``type`` is in small letters, without the prefix of the palette's later versions."""

    id: str
    type: str
    props: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name it has in the editor, or else its id."""
        return one_line(str(self.props.get("name") or self._door or self.id)[:200], 40)

    @property
    def label(self) -> str:
        """Type and name: ``stream “Music”``, ``http in “/event”``, or ``stream 1f2e3d4c``."""
        given = self.props.get("name") or self._door
        return f"{self.type} “{self.name}”" if given else f"{self.type} {self.name}"

    @property
    def returns(self) -> bool:
        """Whether it is a ``link out`` that hands the message back to a ``link call``."""
        return self.type == "link out" and self.props.get("mode") == "return"

    @property
    def _door(self) -> str:
        return str(self.props.get("url") or "") if self.type in ("http in", "voice webhook") else ""


class Graph:
    """The nodes by id, in the order of the export; :meth:`after` says what each output leads to."""

    def __init__(self, items: list[Item], findings: Findings, env: Mapping[str, Any]) -> None:
        self.nodes: dict[str, Node] = {}
        self.unset: dict[str, list[str]] = {}
        self._findings = findings
        self._env = env
        items = _named(items, findings)
        tabs = {item["id"]: item for item in items if item.get("type") == "tab"}
        subflows = {item["id"]: item for item in items if item["type"] == "subflow"}
        shared = [one for item in items if item.get("type") == "global-config" for one in _list(item.get("env"))]
        for tab in tabs.values():
            if tab.get("disabled") is True:
                name = str(tab.get("label") or tab["id"])
                findings.skip("tab", name, "It is disabled: enable it in Node-RED, and export again.", key=tab["id"])
        for item in items:
            home = tabs.get(str(item.get("z")), {})
            kind = _plain(item["type"])
            if kind.startswith("subflow"):  # the subflow itself, or a node that stands for it: named once
                own = item["id"] if kind == "subflow" else item["type"].partition(":")[2]
                name = str(subflows.get(own, item).get("name") or own)
                findings.skip("subflow", name, UNFOLD, key=own)
                kind = kind.partition(":")[0]
            if item["type"] in DRAWN or home.get("disabled") is True or str(item.get("z")) in subflows:
                continue
            if item.get("d") is True:
                name = str(item.get("name") or item["id"])
                findings.skip(kind, name, "It is disabled: enable it in Node-RED, and export again.", key=item["id"])
                continue
            scopes = [*shared, *_list(home.get("env"))]
            self.nodes[item["id"]] = Node(item["id"], kind, self._filled(item, scopes))
        self._wires = {item["id"]: _wires_of(item) for item in items if item["id"] in self.nodes}
        self._link()
        self._cut_loose_ends({item["id"] for item in items})

    def after(self, node: Node) -> list[Node]:
        """The nodes that get this one's message, output by output."""
        return [self.nodes[one] for port in self._wires.get(node.id, []) for one in port]

    @property
    def targets(self) -> set[str]:
        """The ids that something is wired to."""
        return {one for ports in self._wires.values() for port in ports for one in port}

    def _link(self) -> None:
        """``link out`` nodes lead to the ``link in`` nodes that either of the two names."""
        for node in self.nodes.values():
            others = [one for one in _list(node.props.get("links")) if isinstance(one, str)]
            if node.type == "link out" and not node.returns:
                self._wires[node.id] = [[*others]]
        for node in self.nodes.values():
            if node.type == "link in":
                for one in _list(node.props.get("links")):
                    source = self.nodes.get(one) if isinstance(one, str) else None
                    if source and source.type == "link out" and not source.returns:
                        [port] = self._wires[source.id]
                        port += [] if node.id in port else [node.id]

    def _cut_loose_ends(self, exported: set[str]) -> None:
        for name, ports in self._wires.items():
            if any(one not in exported for port in ports for one in port):
                self._findings.remark(self.nodes[name].label, "A wire leads to a node that is not in this export.")
            self._wires[name] = [[one for one in dict.fromkeys(port) if one in self.nodes] for port in ports]

    def _filled(self, item: Item, scopes: list[Any]) -> dict[str, Any]:
        """The node's fields, with the environment variables that the flow (or the reader) gives a value for."""
        own = {
            one["name"]: one.get("value")
            for one in scopes
            if isinstance(one, dict) and isinstance(one.get("name"), str) and one.get("type", "str") in ("str", "num")
        }

        def fill(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: fill(one) for name, one in value.items()}
            if isinstance(value, list):
                return [fill(one) for one in value]
            found = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
            if found is None:
                return value
            name = found[1]
            if name in own or name in self._env:
                return own.get(name, self._env.get(name))
            self.unset.setdefault(one_line(name, 60), []).append(item["id"])
            return value

        return {name: fill(value) for name, value in item.items() if name not in ("id", "type", "z")}


def _named(items: list[Item], findings: Findings) -> list[Item]:
    """Every item with a type and an id of its own; what has none is left out, or gets one."""
    found: dict[str, Item] = {}
    for number, item in enumerate(items, 1):
        kind, name = item.get("type"), item.get("id")
        if not isinstance(kind, str) or not kind.strip():
            findings.remark(f"number {number}", "It has no type, so it is no node. It was left out.")
            continue
        name = name if isinstance(name, str) and name else f"#{number}"
        if name in found:
            findings.remark(f"{kind} {name}", "Another node has the same id. This one was left out.")
            continue
        found[name] = {**item, "id": name}
    return list(found.values())


def _plain(type_: str) -> str:
    return type_.strip().lower().removeprefix("vonage-").removeprefix("vonage")


def _wires_of(item: Item) -> list[list[str]]:
    """The ids that each output leads to. Anything that is not a list of lists of ids is left out."""
    return [[one for one in _list(port) if isinstance(one, str)] for port in _list(item.get("wires"))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
