"""What a message carries when it reaches a node: constants that ``inject`` and ``change`` nodes put into it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from ..base.text import one_line
from .fields import number_in
from .findings import Findings
from .graph import Node
from .instead import instead_of

#: The made-up moment that stands for "now": milliseconds since 1970, 15 July 2019.
A_MOMENT = 1_563_207_422_000
PLACES = ("msg", "flow", "global")
_NAME = re.compile(r"[\w-]+(?:\.[\w-]+)*")
_TOO_DEEP = 20

Variables = dict[str, Any]
_UNKNOWN = object()


def injected(node: Node, findings: Findings) -> Variables:
    """The message that a click on an ``inject`` node sends, as variables: ``{"msg": {"payload": 447700900001}}``."""
    props = node.props.get("props")
    if not isinstance(props, list):  # before Node-RED 1.1: always these two
        props = [{"p": "payload"}, {"p": "topic", "vt": "str"}]
    found: Variables = {}
    for one in props:
        name = one.get("p") if isinstance(one, dict) else None
        if not isinstance(name, str):
            continue
        kind, value = str(one.get("vt") or "str"), one.get("v", "")
        if name == "payload":
            kind, value = str(node.props.get("payloadType") or "str"), node.props.get("payload", "")
        elif name == "topic":
            value = node.props.get("topic", "")
            if value == "":
                continue
        constant = _constant(kind, value, {})
        if constant is _UNKNOWN or not put(found, "msg", name, constant):
            findings.remark(node.label, f"msg.{one_line(name, 40)} is {_source(kind)}; give its value yourself.")
    return found


def changed(node: Node, variables: Variables, findings: Findings) -> Variables:
    """The variables behind a ``change`` node. Constants are set; every other rule is named as not translated."""
    found = copy.deepcopy(variables)
    for rule in _rules(node.props):
        if not _apply(rule, found):
            words = f"{rule.get('t')} {rule.get('pt', 'msg')}.{rule.get('p')}"
            findings.skip("change", f"{node.name}: {words}", instead_of("change"), key=node.id)
    return found


def _rules(props: Mapping[str, Any]) -> list[dict[str, Any]]:
    rules = props.get("rules")
    if isinstance(rules, list):
        return [rule for rule in rules if isinstance(rule, dict)]
    # Before Node-RED 0.11 a change node had one rule, written flat.
    kind = {"replace": "set", "delete": "delete"}.get(str(props.get("action")), str(props.get("action")))
    return [{"t": kind, "p": props.get("property", ""), "to": props.get("to", ""), "tot": "str"}]


def _apply(rule: Mapping[str, Any], variables: Variables) -> bool:
    place, name = str(rule.get("pt") or "msg"), str(rule.get("p") or "")
    if place not in PLACES or not _NAME.fullmatch(name):
        return False
    if rule.get("t") == "delete":
        return remove(variables, place, name)
    if rule.get("t") != "set":
        return False
    value = _constant(str(rule.get("tot") or "str"), rule.get("to", ""), variables)
    if value is _UNKNOWN:
        # What stood there before is no longer true.
        remove(variables, place, name)
        return False
    return put(variables, place, name, value)


def _constant(kind: str, value: Any, variables: Mapping[str, Any]) -> Any:
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
    if kind == "date":
        return A_MOMENT
    if kind in PLACES:
        return look_up(variables, kind, str(value))
    return _UNKNOWN


def _source(kind: str) -> str:
    words = {"env": "an environment variable", "jsonata": "a JSONata expression", "bin": "binary data"}
    return words.get(kind, f"a value of {kind}" if kind in PLACES else "a value that cannot be read")


def put(variables: Variables, place: str, name: str, value: Any) -> bool:
    """Set ``place.name``; ``False`` if that name is none."""
    if not _NAME.fullmatch(name) or name.count(".") > _TOO_DEEP:
        return False
    *above, last = name.split(".")
    holder = variables.setdefault(place, {})
    for one in above:
        if not isinstance(holder.get(one), dict):
            holder[one] = {}
        holder = holder[one]
    holder[last] = copy.deepcopy(value)
    return True


def remove(variables: Variables, place: str, name: str) -> bool:
    """Take ``place.name`` out. Always ``True``: what is not there is gone already."""
    *above, last = name.split(".")
    holder: Any = variables.get(place)
    for one in above:
        holder = holder.get(one) if isinstance(holder, dict) else None
    if isinstance(holder, dict):
        holder.pop(last, None)
    return True


def look_up(variables: Mapping[str, Any], place: str, name: str) -> Any:
    """The value of ``place.name``, or a mark that it is not known."""
    value: Any = variables.get(place, {})
    for one in name.split("."):
        if not isinstance(value, dict) or one not in value:
            return _UNKNOWN
        value = value[one]
    return copy.deepcopy(value)


def known(variables: Mapping[str, Any], name: str) -> Any:
    """The constant in ``msg.<name>``, or ``None``."""
    value = look_up(variables, "msg", name)
    return None if value is _UNKNOWN else value


def joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> Variables:
    """Both sets of variables, object by object; where they differ the second counts."""
    found = dict(first)
    for name, value in second.items():
        inside = found.get(name)
        found[name] = joined(inside, value) if isinstance(inside, Mapping) and isinstance(value, Mapping) else value
    return found
