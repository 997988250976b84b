"""The nodes of a flow and what they are wired to, without what is disabled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..base.text import one_line
from .findings import Findings
from .reading import Item

# Drawn in the editor, but no part of what the flow does.
DRAWN = ("tab", "group", "comment", "global-config", "subflow")
DISABLED = "It is disabled: enable it in Node-RED, and export again."
UNFOLD = "Unfold it: copy the nodes inside to where it stands, wire them, and export again."


@dataclass(frozen=True, eq=False)
class Node:
    """One node. ``type`` is in small letters, without the prefix of the palette's later versions."""

    id: str
    type: str
    props: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name it has in the editor, or else its id."""
        return one_line((self._given or self.id)[:200], 40)

    @cached_property
    def label(self) -> str:
        """Type and name: ``stream “Music”``, ``http in “/event”``, or ``stream 1f2e3d4c``."""
        return f"{self.type} “{self.name}”" if self._given else f"{self.type} {self.name}"

    @property
    def _given(self) -> str:
        door = self.props.get("url") if self.type in ("http in", "voice webhook") else ""
        return str(self.props.get("name") or door or "")


class Graph:
    """The nodes by id, in the order of the export; :meth:`after` says where each leads."""

    def __init__(self, items: list[Item], findings: Findings) -> None:
        self.nodes: dict[str, Node] = {}
        self._findings = findings
        items = [{**item, "id": str(item.get("id") or f"#{number}")} for number, item in enumerate(items, 1)]
        subflows = {item["id"]: item.get("name") for item in items if item.get("type") == "subflow"}
        off = {*subflows, *(item["id"] for item in items if item.get("type") == "tab" and item.get("disabled") is True)}
        for item in items:
            self._add(item, item["id"], subflows, off)
        self._wires = {name: _wires_of(node) for name, node in self.nodes.items()}
        self._link()
        self._cut_loose_ends({item["id"] for item in items})

    def after(self, node: Node) -> list[Node]:
        """The nodes that get this one's message, output by output."""
        return [self.nodes[one] for one in self._wires[node.id]]

    @property
    def targets(self) -> set[str]:
        """The ids that something is wired to."""
        return {one for ends in self._wires.values() for one in ends}

    def _add(self, item: Item, own: str, subflows: Mapping[str, Any], off: set[str]) -> None:
        kind, disabled = item.get("type"), item.get("d") is True
        if not isinstance(kind, str) or not kind.strip() or own in self.nodes:
            words = "It has no type, or the id of another node. It was left out."
            self._findings.remark(one_line(f"{kind} {own}", 60), words)
            return
        kind = kind.strip().lower().removeprefix("vonage-").removeprefix("vonage")
        name = str(item.get("name") or item.get("label") or own)
        if str(item.get("z")) in off:
            return
        if kind.startswith("subflow"):  # the subflow itself, or a node that stands for it: named once
            meant = item["type"].partition(":")[2] or own
            self._findings.skip("subflow", str(subflows.get(meant) or name), UNFOLD, key=meant)
        elif own in off or (disabled and kind not in DRAWN):
            self._findings.skip(kind, name, DISABLED, key=own)
        if kind not in DRAWN and not disabled:
            kind = "subflow" if kind.startswith("subflow:") else kind
            if kind == "link out" and item.get("mode") == "return":
                kind = "link return"  # it hands the message back to a link call
            self.nodes[own] = Node(own, kind, item)

    def _link(self) -> None:
        """``link out`` nodes lead to the ``link in`` nodes that either of the two names."""
        sources = {name for name, node in self.nodes.items() if node.type == "link out"}
        for name in sources:
            self._wires[name] = _texts(self.nodes[name].props.get("links"))
        for node in self.nodes.values():
            for one in _texts(node.props.get("links")) if node.type == "link in" else ():
                if one in sources:
                    self._wires[one].append(node.id)

    def _cut_loose_ends(self, exported: set[str]) -> None:
        for name, ends in self._wires.items():
            if not exported.issuperset(ends):
                self._findings.remark(self.nodes[name].label, "A wire leads to a node that is not in this export.")
            self._wires[name] = [one for one in dict.fromkeys(ends) if one in self.nodes]


def _wires_of(node: Node) -> list[str]:
    """The ids that its outputs lead to. Anything that is not a list of lists of ids is left out."""
    ports = node.props.get("wires")
    return [one for port in ports for one in _texts(port)] if isinstance(ports, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
