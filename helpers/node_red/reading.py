"""A flow export as a list of nodes; and for everything else that could be pasted, the word for what it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from ..base.errors import KitError

LARGEST = 5_000_000  # characters of JSON
DEEPEST = 60  # levels of lists and objects; a flow has about eight
MOST_NODES = 10_000
EXPORT = "In Node-RED choose Menu → Export → JSON → Copy to clipboard, and paste all of it."
ONE_TAB = "Export one tab at a time."
# What other tools write, by the names in its first object.
OTHERS = (
    ({"connections", "nodes"}, "a workflow of n8n"),
    ({"states", "initial_state"}, "a flow of Twilio Studio"),
    ({"trigger", "action"}, "an automation of Home Assistant"),
    ({"triggers", "actions"}, "an automation of Home Assistant"),
    ({"openapi"}, "an OpenAPI document"),
    ({"swagger"}, "an OpenAPI document"),
    ({"nbformat"}, "a notebook"),
)
_YAML = re.compile(r"^\s*(?:- )?(?:alias|automation|triggers?|platform|script|entity_id)\s*:", re.MULTILINE)

Item = dict[str, Any]


class FlowError(KitError):
    """This is no Node-RED flow, or none that can be read."""


def read_items(data: Any) -> list[Item]:
    """The nodes of an export, as dicts.

    ``data``: the JSON text, or what ``json.loads`` makes of it: the array that the editor exports, the object with
    ``flows`` of the Admin API (version 2), the object with ``nodes`` of one tab, or a single node. Raises
    :class:`FlowError` for everything else, and says what it is.
    """
    data = _from_text(_text_of(data))
    _not_too_deep(data)
    items = _nodes_in(data)
    if not items:
        raise FlowError("There is no node in this flow.", f"Select what you want to export first. {EXPORT}")
    if len(items) > MOST_NODES:
        raise FlowError(f"This flow has {len(items)} nodes; {MOST_NODES} is the limit.", ONE_TAB)
    return items


def _text_of(data: Any) -> str:
    """The JSON text. A list is written as one, so that the caller's own is never changed."""
    try:
        if isinstance(data, bytes | bytearray):
            return bytes(data).decode()
        return data if isinstance(data, str) else json.dumps(data, allow_nan=False)
    except UnicodeDecodeError:
        raise FlowError("This is not text in UTF-8.", EXPORT) from None
    except (TypeError, ValueError, RecursionError):
        raise FlowError(f"This {type(data).__name__} cannot be written as JSON, so it is not a flow.", EXPORT) from None


def _from_text(text: str) -> Any:
    if len(text) > LARGEST:
        words = f"This text has {len(text) / 1e6:.1f} million characters; {LARGEST // 1_000_000} million is the limit."
        raise FlowError(words, ONE_TAB)
    text = text.removeprefix("\ufeff").strip()
    if not text:
        raise FlowError("The text is empty.", EXPORT)
    if text.startswith("<"):
        raise FlowError("This is a web page or XML, not a flow.", f"Paste the JSON, not the page around it. {EXPORT}")
    try:
        return json.loads(text, parse_constant=_constant)
    except RecursionError:
        raise FlowError("The JSON is nested too deeply.", EXPORT) from None
    except ValueError as problem:
        if _YAML.search(text):
            words = "This is YAML, as Home Assistant writes its automations, not a Node-RED flow."
            raise FlowError(words, f"Its Node-RED add-on has an export of its own. {EXPORT}") from None
        why = str(problem)
        if isinstance(problem, json.JSONDecodeError):
            why = f"it goes wrong in line {problem.lineno}, column {problem.colno}"
        raise FlowError(f"This is not JSON: {why}.", f"Is a part of it missing? {EXPORT}") from None


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


def _not_too_deep(data: Any) -> None:
    level = [data]
    for _ in range(DEEPEST):
        level = [
            one
            for value in level
            if isinstance(value, dict | list)
            for one in (value.values() if isinstance(value, dict) else value)
        ]
    if level:
        raise FlowError("The data is nested too deeply for a flow.", EXPORT)


def _nodes_in(data: Any) -> list[Item]:
    other = _other_tool(data)
    if other:
        raise FlowError(f"This is {other}, not a Node-RED flow.", EXPORT)
    if isinstance(data, Mapping):
        inside = [data["flows"]] if "flows" in data else [data.get("nodes"), data.get("configs")]
        lists = [one for one in inside if isinstance(one, list)]
        data = [item for one in lists for item in one] if lists else [data]
    items = [dict(item) for item in data if isinstance(item, Mapping)] if isinstance(data, list) else []
    if data != [] and not any(isinstance(item.get("type"), str) for item in items):
        words = "This JSON is not a Node-RED flow: nothing in it has a type."
        raise FlowError(words, f"A flow is a list of nodes. {EXPORT}")
    return items


def _other_tool(data: Any) -> str:
    first = data[0] if isinstance(data, list) and data else data
    if not isinstance(first, Mapping):
        return ""
    if isinstance(data, list) and isinstance(first.get("action"), str) and not isinstance(first.get("type"), str):
        return "an NCCO already (read it with helpers.ncco.parse)"
    return next((words for names, words in OTHERS if names <= first.keys()), "")
