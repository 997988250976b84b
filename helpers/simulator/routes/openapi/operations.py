"""Paths, operations and replies of an OpenAPI document.

Among them are the replies that say no: the five families of :mod:`helpers.simulator.errors`, the control plane's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...errors import LEGACY
from .shapes import Schema, any_of, listing, ref, text, thing

Part = dict[str, Any]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"

_FIELD = thing({"name": text(), "reason": text()})

FAMILIES: dict[str, Schema] = {
    "Problem": thing(
        {"type": text(), "title": text(), "detail": text(), "instance": text()},
        {"invalid_parameters": listing(_FIELD)},
        description="Family A, RFC 7807: Applications, and the gateway in front of every API.",
    ),
    "ProxyError": thing(
        {"type": text(*(kind for kind, _ in LEGACY.values())), "error_title": text()},
        {"invalid_parameters": {"type": "object", "additionalProperties": text()}},
        description="Family B: the proxy in front of Voice.",
    ),
    "BackendError": thing(
        {"type": {"const": 400}, "title": text(), "invalid_parameters": listing(_FIELD, minItems=1)},
        description="Family C: the voice backend, about fields of the body.",
    ),
    "ConversationError": thing(
        {"code": text(), "description": text()}, description="Family D: the newer voice core, about recordings."
    ),
    "NumbersError": thing({"error-code": text(), "error-code-label": text()}, description="Family E: the Numbers API."),
    "PricingError": thing(
        {"currency": text(), "code": text(), "error-code-label": text()}, description="The Pricing API's own."
    ),
    "PricingMissing": thing(
        {
            "type": {"const": "BAD_REQUEST"},
            "error_title": text(),
            "invalid_parameters": thing({"parameter": text(), "message": text()}),
        },
        description="The Pricing API's own form of family B.",
    ),
    "ControlError": thing(
        {"error": text(), "cure": text()}, description="The control plane: what is wrong, and what to do about it."
    ),
}

_MEANINGS = {
    400: "Something in the request is wrong",
    401: "The credentials are missing or wrong, or a fault is on that says so",
    402: "There is no money left, or the fault low_balance is on",
    404: "There is no such thing here",
    405: "This path does not take this method",
    406: "The Accept header leaves no room for JSON",
    408: "The body did not come in time",
    413: "The body is too large",
    415: "The body is not declared as JSON",
    420: "Vonage's own code: it cannot be done",
    429: "Too many requests in one second, or a fault is on that says so",
    500: "The fault api_500 is on; or the account file cannot be read or written",
}


def refusals(**families: int | tuple[int, ...]) -> dict[int, Part]:
    """Error replies: ``refusals(Problem=(400, 415), ProxyError=400)``; a status may belong to several families."""
    found: dict[int, list[Schema]] = {}
    for family, statuses in families.items():
        for status in (statuses,) if isinstance(statuses, int) else statuses:
            found.setdefault(status, []).append(ref(family))
    return {status: reply(_MEANINGS[status], any_of(*schemas)) for status, schemas in found.items()}


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
    security: list[dict[str, list[str]]], name: str, summary: str, replies: Mapping[int, Part], *,
    takes: Part | None = None, parameters: tuple[Part, ...] = (), about: str = "",
) -> Part:  # fmt: skip
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


def paths(operations: Mapping[str, Part], **schemas: Schema) -> dict[str, Part]:
    """Paths with their operations, ``{"GET /v1/calls": …}``; what is in braces is text, or as ``schemas`` says."""
    made: dict[str, Part] = {}
    for title, one in operations.items():
        method, _, template = title.partition(" ")
        parameters = [
            {"name": name, "in": "path", "required": True, "schema": schemas.get(name, text(minLength=1))}
            for name in re.findall(r"{(\w+)}", template)
        ]
        made.setdefault(template, {"parameters": parameters} if parameters else {})[method.lower()] = one
    return made
