"""The small pieces that an OpenAPI document is put together from: schemas, parameters, bodies, replies, operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
Part = dict[str, Any]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


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
    return {**taken(needed, may), "additionalProperties": False, **facts}


def taken(needed: Mapping[str, Schema], may: Mapping[str, Schema] | None = None, **facts: Any) -> Schema:
    """An object of a request: what else is in it does not matter."""
    required = {"required": list(needed)} if needed else {}
    return {"type": "object", "properties": {**needed, **(may or {})}, **required, **facts}


def any_of(*schemas: Schema) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def query(name: str, schema: Schema, about: str = "", *, required: bool = False) -> Part:
    """A query parameter."""
    described = {"description": about} if about else {}
    return {"name": name, "in": "query", "required": required, "schema": schema, **described}


def body(schema: Schema, media_type: str = JSON, *, required: bool = True) -> Part:
    """What a request holds."""
    return {"required": required, "content": {media_type: {"schema": schema}}}


def reply(about: str, schema: Schema | None = None, media_type: str = JSON) -> Part:
    """What a request is answered with; without a schema: an empty body."""
    return {"description": about, **({"content": {media_type: {"schema": schema}}} if schema else {})}


def sound(about: str, *media_types: str) -> Part:
    """A reply that is a sound file."""
    return {"description": about, "content": {one: {"schema": {}} for one in media_types}}


def operation(
    name: str,
    summary: str,
    security: list[dict[str, list[str]]],
    replies: Mapping[int, Part],
    *,
    takes: Part | None = None,
    parameters: tuple[Part, ...] = (),
    about: str = "",
) -> Part:
    """One method of one path. ``name`` is its operationId."""
    made: Part = {"operationId": name, "summary": summary, "security": security}
    if about:
        made["description"] = about
    if parameters:
        made["parameters"] = list(parameters)
    if takes:
        made["requestBody"] = takes
    made["responses"] = {str(status): replies[status] for status in sorted(replies)}
    return made


def path(template: str, operations: Mapping[str, Part], **schemas: Schema) -> dict[str, Part]:
    """One path with its operations; what stands in braces is text, unless ``schemas`` says more."""
    names = re.findall(r"{(\w+)}", template)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": schemas.get(name, text(minLength=1))} for name in names
    ]
    return {template: {**({"parameters": parameters} if parameters else {}), **operations}}


def _range(low: float | None, high: float | None) -> Schema:
    return ({} if low is None else {"minimum": low}) | ({} if high is None else {"maximum": high})
