"""Follows the wires: every way a message can take, from where it begins to where it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ..base.text import one_line
from .actions import ACTIONS, Action, action_of
from .findings import Findings
from .graph import Graph, Node
from .messages import Variables, constant_of, ncco_in, sample_of, union_of, variables_behind

DOORS = ("http in", "voice webhook")
#: Where a message begins, besides nodes that nothing is wired to.
SOURCES = ("inject", *DOORS)
MOST_STEPS = 20_000

Finish = Callable[[Action, str], Action]  # the last touch to an action that the node of that label makes


@dataclass(frozen=True)
class Message:
    """A message on its way: the nodes it has passed, the actions in ``msg.ncco``, and what is known of its fields.

    ``built_by``: the ids of the nodes that made the actions.
    """

    trail: tuple[Node, ...] = ()
    ncco: tuple[Action, ...] = ()
    built_by: tuple[str, ...] = ()
    variables: Variables = field(default_factory=dict)

    @property
    def door(self) -> Node | None:
        """The webhook it came in by, if it did."""
        return self.trail[0] if self.trail[0].type in DOORS else None

    def last(self, type_: str) -> Node | None:
        """The last node of that type that it passed."""
        return next((node for node in reversed(self.trail) if node.type == type_), None)

    @property
    def where(self) -> str:
        """The nodes it has passed, in words."""
        names = [node.label for node in self.trail if node.type not in ("link in", "link out", "subflow")]
        return one_line(" → ".join(names if len(names) <= 8 else [*names[:4], "…", *names[-3:]]), 300)


class Walk:
    """All ways through a flow. Each node becomes an action once, whichever way leads to it."""

    def __init__(self, graph: Graph, findings: Findings, finish: Finish) -> None:
        self._graph, self._findings, self._finish = graph, findings, finish
        self._actions: dict[Node, Action] = {}

    def arrivals(self) -> Iterator[tuple[Node, Message, bool]]:
        """Each arrival of a message: the node, the message as it is behind it, and whether it goes on from there.

        A wire that leads back to a node that the message has passed is not followed, and named.
        """
        nodes, wired = self._graph.nodes.values(), self._graph.targets
        seen: set[Node] = set()
        steps = 0
        # What stands in a circle has no beginning: it is entered where the export names it first.
        begins = [node for node in nodes if node.type in SOURCES or node.id not in wired]
        for start in dict.fromkeys([*begins, *nodes]):
            waiting = [(start, Message())] if start not in seen or start.type in SOURCES else []
            while waiting:
                node, message = waiting.pop()
                steps += 1
                if steps > MOST_STEPS:
                    self._findings.remark(node.label, "This flow branches too often; what follows was not looked at.")
                    return
                seen.add(node)
                message = self._behind(node, message)
                ahead = []
                for target in self._graph.after(node):
                    if target in message.trail:
                        words = f"A wire from {node.label} leads back to it; that circle is not followed."
                        self._findings.remark(target.label, words)
                    else:
                        ahead.append(target)
                yield node, message, bool(ahead)
                waiting += [(target, message) for target in reversed(ahead)]

    def _behind(self, node: Node, message: Message) -> Message:
        """The message as the node sends it on."""
        message = replace(message, trail=(*message.trail, node))
        if node.type in ACTIONS:
            if node not in self._actions:
                self._actions[node] = self._finish(action_of(node, self._findings), node.label)
            ncco = (*message.ncco, self._actions[node])
            return replace(message, ncco=ncco, built_by=(*message.built_by, node.id))
        if node.type == "inject":
            return self._with_ncco(node, message, sample_of(node, self._findings))
        if node.type != "change":
            return message
        before = (
            union_of(message.variables, {"msg": {"ncco": list(message.ncco)}}) if message.ncco else message.variables
        )
        return self._with_ncco(node, message, variables_behind(node, before, self._findings))

    def _with_ncco(self, node: Node, message: Message, variables: Variables) -> Message:
        """The message with these variables, and with what they hold as ``msg.ncco`` for its NCCO."""
        given = constant_of(variables, "ncco")
        if "msg" in variables:
            rest = {name: value for name, value in variables["msg"].items() if name != "ncco"}
            variables = {**variables, "msg": rest} if rest else {k: v for k, v in variables.items() if k != "msg"}
        if (given or []) == list(message.ncco):
            return replace(message, variables=variables)
        actions = ncco_in(given)
        if given is not None and actions is None:
            words = "It is not a list of actions: set it in Python."
            self._findings.skip(node.type, f"{node.name}: set msg.ncco", words, key=node.id)
        elif isinstance(given, str):
            self._findings.remark(
                node.label, "It sets msg.ncco to a text, which the palette sends as one; here it is read."
            )
        ncco = tuple(self._finish(one, node.label) for one in actions or ())
        return replace(message, ncco=ncco, built_by=(node.id,) if ncco else (), variables=variables)
