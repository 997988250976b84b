"""What a message carries when it reaches a node: constants that ``inject`` and ``change`` nodes put into it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from ..base.text import one_line
from ..ncco.models.tidying import number_in
from .findings import Findings
from .graph import Node
from .instead import INSTEAD

#: The made-up moment that stands for "now": milliseconds since 1970, 15 July 2019.
A_MOMENT = 1_563_207_422_000
PLACES = ("msg", "flow", "global")
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+){0,20}")

Variables = dict[str, Any]
_UNKNOWN = object()


def sample_of(node: Node, findings: Findings) -> Variables:
    """The message that a click on an ``inject`` node sends, as variables: ``{"msg": {"payload": 447700900001}}``."""
    props = node.props.get("props")
    if not isinstance(props, list):  # before Node-RED 1.1: always these two
        props = [{"p": "payload"}, {"p": "topic", "vt": "str"}]
    found: Variables = {}
    for one in props:
        name = one.get("p") if isinstance(one, dict) else None
        if not isinstance(name, str):
            continue
        value = one.get("v", node.props.get(name, ""))
        kind = str(one.get("vt") or node.props.get(f"{name}Type") or "str")
        if name == "topic" and value == "":
            continue
        constant = _constant(kind, value, {})
        if constant is _UNKNOWN or not _NAME.fullmatch(name):
            words = f"msg.{one_line(name, 40)} is not a constant ({one_line(kind, 20)}); give its value yourself."
            findings.remark(node.label, words)
        else:
            _put(found, "msg", name, constant)
    return found


def variables_behind(node: Node, variables: Variables, findings: Findings) -> Variables:
    """The variables behind a ``change`` node. Constants are set; every other rule is named as not translated."""
    found = copy.deepcopy(variables)
    rules = node.props.get("rules")
    for rule in rules if isinstance(rules, list) else [{}]:
        if isinstance(rule, dict) and not _apply(rule, found):
            words = f"{rule.get('t')} {rule.get('pt', 'msg')}.{rule.get('p')}"
            findings.skip("change", f"{node.name}: {words}", INSTEAD["change"], key=node.id)
    return found


def _apply(rule: Mapping[str, Any], variables: Variables) -> bool:
    kind, place, name = rule.get("t"), str(rule.get("pt") or "msg"), str(rule.get("p") or "")
    if kind == "move":
        there = {"t": "set", "p": rule.get("to"), "pt": rule.get("tot"), "to": name, "tot": place}
        return _apply(there, variables) and _apply({**rule, "t": "delete"}, variables)
    if kind not in ("set", "delete") or place not in PLACES or not _NAME.fullmatch(name):
        return False
    if _is_in_list(variables, place, name):
        return False
    value = _constant(str(rule.get("tot") or "str"), rule.get("to", ""), variables) if kind == "set" else _UNKNOWN
    if value is not _UNKNOWN:
        _put(variables, place, name, value)
        return True
    holder, last = _holder(variables, place, name)
    holder.pop(last, None)  # what stood there before is no longer true
    return bool(kind == "delete")


def _constant(kind: str, value: Any, variables: Variables) -> Any:
    if kind == "str":
        return value if isinstance(value, str) else json.dumps(value)
    if kind == "num":
        number = number_in(str(value).strip())
        return _UNKNOWN if number is None else number
    if kind == "bool":
        return value is True or str(value).lower() == "true"
    if kind == "json":
        try:
            return json.loads(value) if isinstance(value, str) else value
        except (ValueError, RecursionError):
            return _UNKNOWN
    if kind in PLACES:
        holder, last = _holder(variables, kind, str(value))
        return holder.get(last, _UNKNOWN)
    return A_MOMENT if kind == "date" else _UNKNOWN


def _is_in_list(variables: Variables, place: str, name: str) -> bool:
    """Whether ``place.name`` is a part of a list, such as ``msg.ncco.0.text``."""
    above = name.split(".")[:-1]
    return any(isinstance(_constant(place, ".".join(above[:end]), variables), list) for end in range(1, len(above) + 1))


def _put(variables: Variables, place: str, name: str, value: Any) -> None:
    holder, last = _holder(variables, place, name, make=True)
    holder[last] = copy.deepcopy(value)


def _holder(variables: Variables, place: str, name: str, *, make: bool = False) -> tuple[Variables, str]:
    """What holds ``place.name``, and the last part of that name. An empty one if it is not there."""
    holder, (*above, last) = variables, (place, *name.split("."))
    for one in above:
        inside = holder.get(one)
        if not isinstance(inside, dict):
            inside = {}
            if make:
                holder[one] = inside
        holder = inside
    return holder, last


def constant_of(variables: Variables, name: str) -> Any:
    """The constant in ``msg.<name>``, or ``None``."""
    holder, last = _holder(variables, "msg", name)
    return holder.get(last)


def ncco_in(value: Any) -> list[dict[str, Any]] | None:
    """The actions in a value that is an NCCO, one action, or the text of either; ``None`` if it is something else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    given = [value] if isinstance(value, dict) else value
    are_actions = isinstance(given, list) and all(isinstance(one, dict) and "action" in one for one in given)
    return given if are_actions else None


def union_of(first: Mapping[str, Any], second: Mapping[str, Any]) -> Variables:
    """Both sets of variables, object by object; where they differ the second counts."""
    found = dict(first)
    for name, value in second.items():
        inside = found.get(name)
        found[name] = union_of(inside, value) if isinstance(inside, Mapping) and isinstance(value, Mapping) else value
    return found
