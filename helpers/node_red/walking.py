"""Follows the wires: every way a message can take, from where it begins to where it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ..base.text import one_line
from .actions import ACTIONS, action_of
from .findings import Findings
from .graph import Graph, Node
from .messages import Variables, changed, injected, known

#: Where a message begins, besides nodes that nothing is wired to.
SOURCES = ("inject", "http in", "voice webhook")
MOST_STEPS = 20_000

Action = dict[str, Any]
Finish = Callable[[Action, Node], Action]  # the last touch to an action that a node makes


@dataclass(frozen=True, eq=False)
class Chain:
    """The nodes that built an NCCO, last one first: a link of a chain, so that 10,000 of them share what they share."""

    node: str
    before: Chain | None

    @classmethod
    def of(cls, known: dict[tuple[str, Chain | None], Chain], node: str, before: Chain | None) -> Chain:
        """The one chain with that end."""
        return known.setdefault((node, before), cls(node, before))


@dataclass(frozen=True)
class Message:
    """A message on its way: the nodes it has passed, the actions in ``msg.ncco``, and what is known of its fields."""

    trail: tuple[Node, ...]
    ncco: tuple[Action, ...] = ()
    built_by: Chain | None = None
    variables: Variables = field(default_factory=dict)

    @property
    def door(self) -> Node | None:
        """The webhook it came in by, if it did."""
        return self.trail[0] if self.trail[0].type in ("http in", "voice webhook") else None

    def last(self, type_: str) -> Node | None:
        """The last node of that type that it passed."""
        return next((node for node in reversed(self.trail) if node.type == type_), None)

    @property
    def where(self) -> str:
        """The nodes it has passed, in words."""
        names = [node.label for node in self.trail if node.type not in ("link in", "link out", "subflow")]
        shown = names if len(names) <= 8 else [*names[:4], "…", *names[-3:]]
        return one_line(" → ".join(shown), 300)


def messages(graph: Graph, findings: Findings, finish: Finish) -> Iterator[tuple[Node, Message, bool]]:
    """Each arrival of a message: the node, the message as it is behind it, and whether it goes on from there.

    A wire that leads back to a node that the message has passed is not followed, and named.
    """
    actions: dict[str, Action] = {}
    chains: dict[tuple[str, Chain | None], Chain] = {}
    seen: set[str] = set()
    steps = 0
    wired = graph.targets
    waiting = [node for node in graph.nodes.values() if node.type in SOURCES or node.id not in wired]
    # What stands in a circle has no beginning: it is entered where the export names it first.
    for place, start in enumerate((*waiting, *graph.nodes.values())):
        if place >= len(waiting) and start.id in seen:
            continue
        stack: list[tuple[Node, Message | None]] = [(start, Message(()))]
        on_the_way: set[str] = set()
        while stack:
            node, message = stack.pop()
            if message is None:
                on_the_way.discard(node.id)
                continue
            steps += 1
            if steps > MOST_STEPS:
                findings.remark(node.label, "This flow branches too often; what follows has not been looked at.")
                return
            seen.add(node.id)
            passed = _behind(node, message, actions, chains, findings, finish)
            following = []
            for target in graph.after(node):
                if target.id in on_the_way or target.id == node.id:
                    words = f"A wire from {node.label} leads back to it; that circle is not followed."
                    findings.remark(target.label, words)
                else:
                    following.append(target)
            yield node, passed, bool(following)
            on_the_way.add(node.id)
            stack.append((node, None))
            stack += [(target, passed) for target in reversed(following)]


def _behind(
    node: Node,
    message: Message,
    actions: dict[str, Action],
    chains: dict[tuple[str, Chain | None], Chain],
    findings: Findings,
    finish: Finish,
) -> Message:
    """The message as the node sends it on."""
    trail = (*message.trail, node)
    if node.type in ACTIONS:
        if node.id not in actions:
            actions[node.id] = finish(action_of(node, findings), node)
        return replace(
            message,
            trail=trail,
            ncco=(*message.ncco, actions[node.id]),
            built_by=Chain.of(chains, node.id, message.built_by),
        )
    if node.type == "inject":
        return replace(message, trail=trail, variables=injected(node, findings))
    if node.type == "change":
        variables = changed(node, message.variables, findings)
        ncco = known(variables, "ncco")
        if ncco is not None and ncco != known(message.variables, "ncco"):
            given = ncco if isinstance(ncco, list) else [ncco]
            items = tuple(finish(one, node) for one in given if isinstance(one, dict))
            return replace(
                message, trail=trail, ncco=items, built_by=Chain.of(chains, node.id, None), variables=variables
            )
        return replace(message, trail=trail, variables=variables)
    return replace(message, trail=trail)
