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

Item = dict[str, Any]


class FlowError(KitError):
    """This is no Node-RED flow, or none that can be read."""


def read_items(data: Any) -> list[Item]:
    """The nodes of an export, as dicts.

    ``data``: the JSON text, or what ``json.loads`` makes of it: the array that the editor exports, the object with
    ``flows`` of the Admin API (version 2), the object with ``nodes`` of one tab, or a single node. Raises
    :class:`FlowError` for everything else, and says what it is.
    """
    if isinstance(data, (bytes, bytearray)):
        try:
            data = bytes(data).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FlowError("This is not text in UTF-8.", EXPORT) from None
    data = _from_text(data) if isinstance(data, str) else _copied(data)
    _not_too_deep(data)
    items = _nodes_in(data)
    if not items:
        raise FlowError("There is no node in this flow.", f"Select what you want to export first. {EXPORT}")
    if len(items) > MOST_NODES:
        raise FlowError(f"This flow has {len(items)} nodes; {MOST_NODES} is the limit.", "Export one tab at a time.")
    return items


def _from_text(text: str) -> Any:
    if len(text) > LARGEST:
        raise FlowError(
            f"This text has {len(text) / 1e6:.1f} million characters; {LARGEST // 1_000_000} million is the limit.",
            "Export one tab at a time.",
        )
    text = text.removeprefix("\ufeff").strip()
    if not text:
        raise FlowError("The text is empty.", EXPORT)
    try:
        return json.loads(text, parse_constant=_constant)
    except RecursionError:
        raise FlowError("The JSON is nested too deeply.", EXPORT) from None
    except json.JSONDecodeError as problem:
        raise _not_json(text, f"line {problem.lineno}, column {problem.colno}") from None
    except ValueError as problem:
        raise FlowError(f"This is not JSON: {problem}.", EXPORT) from None


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _not_json(text: str, place: str) -> FlowError:
    if text.startswith("<"):
        return FlowError("This is a web page or XML, not a flow.", f"Paste the JSON, not the page around it. {EXPORT}")
    if re.search(r"^\s*(?:- )?(?:alias|automation|trigger|triggers|platform|script|entity_id)\s*:", text, re.MULTILINE):
        return FlowError(
            "This is YAML, as Home Assistant writes its automations, not a Node-RED flow.",
            f"Home Assistant's Node-RED add-on has an export of its own. {EXPORT}",
        )
    return FlowError(f"This is not JSON: it goes wrong in {place}.", f"Is a part of it missing? {EXPORT}")


def _copied(data: Any) -> Any:
    """A copy that holds nothing but JSON, so that the caller's list is never changed."""
    try:
        text = json.dumps(data, allow_nan=False)
    except RecursionError:
        raise FlowError("The data is nested too deeply.", EXPORT) from None
    except (TypeError, ValueError):
        kind = type(data).__name__
        raise FlowError(f"This {kind} cannot be written as JSON, so it is no flow.", EXPORT) from None
    return _from_text(text)


def _not_too_deep(data: Any) -> None:
    level = [data]
    for _ in range(DEEPEST):
        level = [
            one
            for value in level
            if isinstance(value, (dict, list))
            for one in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise FlowError("The data is nested too deeply for a flow.", EXPORT)


def _nodes_in(data: Any) -> list[Item]:
    other = _other_tool(data)
    if other:
        raise FlowError(f"This is {other}, not a Node-RED flow.", EXPORT)
    if isinstance(data, Mapping):
        if isinstance(data.get("flows"), list):
            data = data["flows"]
        elif isinstance(data.get("nodes"), list):
            tab = {"id": data.get("id"), "type": "tab", "label": data.get("label", "")}
            configs = data["configs"] if isinstance(data.get("configs"), list) else []
            data = [tab, *data["nodes"], *configs] if tab["id"] else [*data["nodes"], *configs]
        elif isinstance(data.get("type"), str):
            data = [data]
    if not isinstance(data, list):
        raise FlowError("This JSON is not a Node-RED flow.", f"A flow is a list of nodes. {EXPORT}")
    items = [dict(item) for item in data if isinstance(item, Mapping)]
    if data and not any(isinstance(item.get("type"), str) for item in items):
        raise FlowError("This JSON is not a Node-RED flow: nothing in it has a type.", EXPORT)
    return items


def _other_tool(data: Any) -> str:
    first = data[0] if isinstance(data, list) and data else data
    if not isinstance(first, Mapping):
        return ""
    if isinstance(data, list) and isinstance(first.get("action"), str) and not isinstance(first.get("type"), str):
        return "an NCCO already (read it with helpers.ncco.parse)"
    if "connections" in first and "nodes" in first:
        return "a workflow of n8n"
    if "states" in first and "initial_state" in first:
        return "a flow of Twilio Studio"
    if ("trigger" in first or "triggers" in first) and ("action" in first or "actions" in first):
        return "an automation of Home Assistant"
    if "openapi" in first or "swagger" in first:
        return "an OpenAPI document"
    if first.get("nbformat"):
        return "a notebook"
    return ""
