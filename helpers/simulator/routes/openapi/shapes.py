"""The small pieces that the schemas of an OpenAPI document are put together from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A schema by its name among the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(*allowed: str, **facts: Any) -> Schema:
    """A string, or one of the ``allowed`` ones."""
    return {"type": "string", **({"enum": list(allowed)} if allowed else {}), **facts}


def whole(low: int | None = None, high: int | None = None, **facts: Any) -> Schema:
    """A whole number in a range."""
    return {"type": "integer", **_range(low, high), **facts}


def number(low: float | None = None, high: float | None = None, **facts: Any) -> Schema:
    """A number in a range."""
    return {"type": "number", **_range(low, high), **facts}


def flag(**facts: Any) -> Schema:
    return {"type": "boolean", **facts}


def listing(items: Schema, **facts: Any) -> Schema:
    """An array."""
    return {"type": "array", "items": items, **facts}


def thing(needed: Mapping[str, Schema], may: Mapping[str, Schema] | None = None, **facts: Any) -> Schema:
    """An object of a reply: these properties, those in ``needed`` always, and no others."""
    return {**object_of(needed, may), "additionalProperties": False, **facts}


def object_of(needed: Mapping[str, Schema], may: Mapping[str, Schema] | None = None, **facts: Any) -> Schema:
    """An object of a request: what else is in it does not matter."""
    required = {"required": list(needed)} if needed else {}
    return {"type": "object", "properties": {**needed, **(may or {})}, **required, **facts}


def any_of(*schemas: Schema) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def _range(low: float | None, high: float | None) -> Schema:
    return ({} if low is None else {"minimum": low}) | ({} if high is None else {"maximum": high})
