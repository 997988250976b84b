"""Subflows unfolded: each instance becomes copies of the nodes inside, wired into its place."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from .findings import Findings
from .instead import instead_of
from .reading import MOST_NODES, Item

DEEPEST = 5  # a subflow in a subflow in a subflow …
PASS = "subflow in"  # stands where the instance stood: it hands the message on to the first nodes inside


def wires_of(item: Item) -> list[list[str]]:
    """The ids that each output leads to. Anything that is not a list of lists of ids is left out."""
    ports = item.get("wires")
    if not isinstance(ports, list):
        return []
    return [[one for one in port if isinstance(one, str)] if isinstance(port, list) else [] for port in ports]


def unfolded(items: list[Item], findings: Findings) -> list[Item]:
    """The same flow without subflows. One that is missing, contains itself, or grows too large is named instead."""
    definitions = {item["id"]: item for item in items if item["type"] == "subflow"}
    inside: dict[str, list[Item]] = defaultdict(list)
    outside: list[Item] = []
    for item in items:
        home = item.get("z")
        if isinstance(home, str) and home in definitions:
            inside[home].append(item)
        elif item.get("type") != "subflow":
            outside.append(item)
    room = MOST_NODES - len(outside)

    def unfold(item: Item, within: tuple[str, ...]) -> Iterator[Item]:
        nonlocal room
        kind = item.get("type")
        if not isinstance(kind, str) or not kind.startswith("subflow:") or item.get("d") is True:
            yield item
            return
        name = kind.removeprefix("subflow:")
        size = len(inside[name])
        if name not in definitions or name in within or len(within) >= DEEPEST or size > room:
            findings.skip("subflow", str(item.get("name") or name), instead_of("subflow"), key=str(item.get("id")))
            yield {**item, "type": PASS}  # what is wired behind it goes on as if it handed the message on
            return
        room -= size
        for one in _copies(item, definitions[name], inside[name]):
            yield from unfold(one, (*within, name))

    found = [one for item in outside for one in unfold(item, ())]
    used = {str(item.get("type", "")).removeprefix("subflow:") for item in items}
    for name, definition in definitions.items():
        if name not in used:
            # Exported by itself: what is inside is still worth reading.
            found += inside[name]
            findings.remark(f"subflow {definition.get('name') or name}", "No node of this flow uses it.")
    return found


def _copies(instance: Item, definition: Item, members: list[Item]) -> list[Item]:
    """The instance as a node that hands on, and a copy of every node inside, with ids of their own."""
    mine = str(instance.get("id"))

    def new(name: str) -> str:
        return f"{mine}/{name}"

    after = wires_of(instance)
    known = {str(one.get("id")) for one in members}
    copies: dict[str, Item] = {}
    env = [*_entries(definition.get("env")), *_entries(instance.get("env"))]
    for member in members:
        one = copy.deepcopy(member)
        old = str(member.get("id"))
        wires = [[new(wire) for wire in port if wire in known] for port in wires_of(one)]
        one.update(id=new(old), z=instance.get("z"), wires=wires)
        if isinstance(one.get("links"), list):
            one["links"] = [new(link) if link in known else link for link in one["links"] if isinstance(link, str)]
        one["_env"] = [*_entries(instance.get("_env")), *env]
        copies[old] = one
    first = [new(wire) for wire in _ends(definition.get("in"), 0) if wire in known]
    handed_on: list[str] = []
    for number, port in enumerate(_ports(definition.get("out"))):
        targets = after[number] if number < len(after) else []
        for source, output in port:
            if source == definition.get("id"):
                handed_on += targets
            elif source in copies:
                ports = copies[source]["wires"]
                ports += [[] for _ in range(output + 1 - len(ports))]
                ports[output] = [*ports[output], *targets]
    return [{**instance, "type": PASS, "wires": [[*first, *handed_on]]}, *copies.values()]


def _entries(env: Any) -> list[Any]:
    return env if isinstance(env, list) else []


def _ends(side: Any, number: int) -> list[str]:
    ports = _ports(side)
    return [name for name, _ in ports[number]] if len(ports) > number else []


def _ports(side: Any) -> list[list[tuple[str, int]]]:
    """``[{"wires": [{"id": …, "port": 0}]}]`` as (id, output) pairs of each port."""
    found = []
    for port in side if isinstance(side, list) else []:
        wires = port.get("wires") if isinstance(port, dict) else None
        pairs: list[tuple[str, int]] = []
        for one in wires if isinstance(wires, list) else []:
            name, output = (one.get("id"), one.get("port", 0)) if isinstance(one, dict) else (None, 0)
            # An output far beyond what a node can have would only make long empty lists.
            if isinstance(name, str) and isinstance(output, int) and 0 <= output < 100:
                pairs.append((name, output))
        found.append(pairs)
    return found
