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
DISABLED = "It is disabled: enable it in Node-RED, and export again."
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
        return one_line((self._given or self.id)[:200], 40)

    @property
    def label(self) -> str:
        """Type and name: ``stream “Music”``, ``http in “/event”``, or ``stream 1f2e3d4c``."""
        return f"{self.type} “{self.name}”" if self._given else f"{self.type} {self.name}"

    @property
    def returns(self) -> bool:
        """Whether it is a ``link out`` that hands the message back to a ``link call``."""
        return self.type == "link out" and self.props.get("mode") == "return"

    @property
    def _given(self) -> str:
        door = self.props.get("url") if self.type in ("http in", "voice webhook") else ""
        return str(self.props.get("name") or door or "")


class Graph:
    """The nodes by id, in the order of the export; :meth:`after` says what each output leads to."""

    def __init__(self, items: list[Item], findings: Findings, env: Mapping[str, Any]) -> None:
        self.nodes: dict[str, Node] = {}
        self._findings, self._env = findings, env
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
        return [self.nodes[one] for port in self._wires[node.id] for one in port]

    @property
    def targets(self) -> set[str]:
        """The ids that something is wired to."""
        return {one for ports in self._wires.values() for port in ports for one in port}

    def _add(self, item: Item, own: str, subflows: Mapping[str, Any], off: set[str]) -> None:
        kind, disabled = item.get("type"), item.get("d") is True
        if not isinstance(kind, str) or not kind.strip() or own in self.nodes:
            self._findings.remark(
                one_line(f"{kind} {own}", 60), "It has no type, or the id of another node. It was left out."
            )
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
            label = Node(own, kind, item).label
            self.nodes[own] = Node(own, kind, {name: self._filled(value, label) for name, value in item.items()})

    def _link(self) -> None:
        """``link out`` nodes lead to the ``link in`` nodes that either of the two names."""
        for node in self.nodes.values():
            if node.type == "link out" and not node.returns:
                self._wires[node.id] = [_texts(node.props.get("links"))]
        for node in self.nodes.values():
            for one in _texts(node.props.get("links")) if node.type == "link in" else ():
                source = self.nodes.get(one)
                if source and source.type == "link out" and not source.returns:
                    self._wires[one][0].append(node.id)

    def _cut_loose_ends(self, exported: set[str]) -> None:
        for name, ports in self._wires.items():
            if any(one not in exported for port in ports for one in port):
                self._findings.remark(self.nodes[name].label, "A wire leads to a node that is not in this export.")
            self._wires[name] = [[one for one in dict.fromkeys(port) if one in self.nodes] for port in ports]

    def _filled(self, value: Any, label: str) -> Any:
        """A field, at any depth, with the environment variables that the reader gives a value for."""
        if isinstance(value, dict):
            return {name: self._filled(one, label) for name, one in value.items()}
        if isinstance(value, list):
            return [self._filled(one, label) for one in value]
        found = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
        if found is None or found[1] in self._env:
            return self._env[found[1]] if found else value
        name = one_line(found[1], 60)
        words = f'${{{name}}} is an environment variable: give env={{"{name}": "…"}} to import_flow.'
        self._findings.remark(label, words)
        return value


def _wires_of(node: Node) -> list[list[str]]:
    """The ids that each output leads to. Anything that is not a list of lists of ids is left out."""
    ports = node.props.get("wires")
    return [_texts(port) for port in ports] if isinstance(ports, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
