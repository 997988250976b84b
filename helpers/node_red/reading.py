"""A flow export as a list of nodes; and for everything else that could be pasted, the word for what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..base.decoding import text_of
from ..base.errors import KitError

LARGEST = 5_000_000  # characters of JSON
DEEPEST = 60  # levels of lists and objects; a flow has about eight
MOST_NODES = 10_000
EXPORT = "In Node-RED choose Menu → Export → JSON → Copy to clipboard, and paste all of it."
ONE_TAB = "Export one tab at a time."

Item = dict[str, Any]


class FlowError(KitError):
    """This is not a Node-RED flow, or none that can be read."""


def read_items(data: Any) -> list[Item]:
    """The nodes of an export, as dicts.

    ``data``: the JSON text, or what ``json.loads`` makes of it: the array that the editor exports, the object with
    ``flows`` of the Admin API (version 2), the object with ``nodes`` of one tab, or a single node. Raises
    :class:`FlowError` for everything else, and says what it is.
    """
    if isinstance(data, bytes | bytearray):
        data = _decoded(bytes(data))
    try:  # a list is written and read again, so that the caller's own is never changed
        text = data if isinstance(data, str) else json.dumps(data)
    except (TypeError, ValueError, RecursionError):
        words = f"This {type(data).__name__} cannot be written as JSON, so it is not a flow."
        raise FlowError(words, EXPORT) from None
    data = _from_text(text)
    _not_too_deep(data)
    items = _nodes_in(data)
    if not items:
        raise FlowError("There is no node in this flow.", f"Select what you want to export first. {EXPORT}")
    if len(items) > MOST_NODES:
        raise FlowError(f"This flow has {len(items)} nodes; {MOST_NODES} is the limit.", ONE_TAB)
    return items


def _decoded(data: bytes) -> str:
    try:
        return text_of(data)
    except UnicodeDecodeError:
        return data.decode(errors="replace")


def _from_text(text: str) -> Any:
    if len(text) > LARGEST:
        words = f"This text has {len(text) / 1e6:.1f} million characters; {LARGEST // 1_000_000} million is the limit."
        raise FlowError(words, ONE_TAB)
    text = text.removeprefix("\ufeff").strip()
    if not text:
        raise FlowError("The text is empty.", EXPORT)
    if text.endswith(".json"):
        raise FlowError("This is the name of a file, not what is in it.", f"Write Path({text!r:.80}).read_text().")
    if text.startswith("<"):
        raise FlowError("This is a web page or XML, not a flow.", f"Paste the JSON, not the page around it. {EXPORT}")
    try:
        data = json.loads(text)
        json.dumps(data, allow_nan=False)  # NaN, or a number that is too large, raises ValueError
        return data
    except RecursionError:
        raise FlowError("The JSON is nested too deeply.", EXPORT) from None
    except ValueError as problem:
        why = str(problem)
        if isinstance(problem, json.JSONDecodeError):
            why = f"it goes wrong in line {problem.lineno}, column {problem.colno}"
        raise FlowError(f"This is not JSON: {why}.", f"Is a part of it missing? {EXPORT}") from None


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
    first = data[0] if isinstance(data, list) and data else None
    if isinstance(first, dict) and isinstance(first.get("action"), str) and not isinstance(first.get("type"), str):
        raise FlowError("This is an NCCO already, not a Node-RED flow.", "Read it with helpers.ncco.parse.")
    if isinstance(data, Mapping):
        inside = [data["flows"]] if "flows" in data else [data.get("nodes"), data.get("configs")]
        lists = [one for one in inside if isinstance(one, list)]
        data = [item for one in lists for item in one] if lists else [data]
    items = [dict(item) for item in data if isinstance(item, Mapping)] if isinstance(data, list) else []
    if data != [] and not any(isinstance(item.get("type"), str) for item in items):
        words = "This JSON is not a Node-RED flow: nothing in it has a type."
        raise FlowError(words, f"A flow is a list of nodes. {EXPORT}")
    return items
