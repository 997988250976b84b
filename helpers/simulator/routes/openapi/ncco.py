"""NCCOs as JSON schema, made of the action models: what those say is not written a second time."""

from __future__ import annotations

from typing import Any

from ....ncco import Wait
from ....ncco.models.actions import ACTIONS
from ....ncco.models.endpoints import ENDPOINTS
from ..bodies import SPELLING, Request, plain_fields
from .shapes import Schema, listing, ref

# What the models say to the form and to the messages, and a schema has no use for.
_FOR_PEOPLE = ("kind", "expected", "step", "suggest", "title", "unit", "source", "date", "instead")
# What `connect` has and POST /v1/calls has not.
_ONLY_CONNECT = ("onAnswer", "user", "domain")


def ncco_schemas() -> dict[str, Schema]:
    """Components: ``Ncco``, one for each action, and the parts they have in common."""
    found: dict[str, Schema] = {}
    for model in ACTIONS.values():
        schema = model.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
        found |= {name: _plain(part) for name, part in schema.pop("$defs", {}).items()}
        action = _plain(schema)
        action["required"] = ["action", *action.get("required", [])]
        if model is Wait:  # what is out of range is moved to the nearest value in it
            action["properties"]["timeout"] = _plain({"type": "number", "default": 10})
        found[model.__name__] = action
    actions = [ref(model.__name__) for model in ACTIONS.values()]
    mapping = {name: f"#/components/schemas/{model.__name__}" for name, model in ACTIONS.items()}
    any_action = {"oneOf": actions, "discriminator": {"propertyName": "action", "mapping": mapping}}
    return {**found, "Ncco": listing(any_action, minItems=1, description="Actions, carried out in this order.")}


def endpoint_schemas() -> dict[str, Schema]:
    """Components: whom ``POST /v1/calls`` can call, ``RestPhone``, ``RestSip`` …; other properties are ignored."""
    found, rest = {}, {model: name for name, model in SPELLING.items()}
    for kind, model in ENDPOINTS.items():
        schema = _plain(model.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}"))
        schema.pop("$defs", None)
        schema.pop("additionalProperties", None)
        known = {rest.get(name, name): facts for name, facts in schema["properties"].items()}
        kept = {name: facts for name, facts in known.items() if kind == "app" or name not in _ONLY_CONNECT}
        needed = ["uri"] if kind == "sip" else schema.get("required", [])
        found[f"Rest{kind.capitalize()}"] = {**schema, "properties": kept, "required": ["type", *needed]}
    return found


def request_fields(request: str) -> Schema:
    """The plain fields of a request's body."""
    schema = Request.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    return {name: _plain(schema["properties"][name]) for name in plain_fields(request)}


def _plain(schema: Any) -> Any:
    """A model's schema without what is meant for people, and without null, which no option may be."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "anyOf" in schema:
        given = [one for one in schema["anyOf"] if one.get("type") != "null"]
        rest = {name: facts for name, facts in schema.items() if name not in ("anyOf", "default")}
        return _plain({**rest, **given[0]} if len(given) == 1 else {**rest, "anyOf": given})
    made: Schema = {}
    for name, facts in schema.items():
        if name == "properties":
            made[name] = {option: _plain(one) for option, one in facts.items()}
        elif name == "additionalProperties" and "properties" in schema:
            made[name] = True  # an option that nobody knows is ignored
        elif name not in _FOR_PEOPLE:
            made[name] = facts if name in ("examples", "default", "enum", "const") else _plain(facts)
    if made.get("type") == "boolean":
        made["anyOf"] = [{"type": made.pop("type")}, {"type": "string", "pattern": "^([Tt]rue|[Ff]alse)$"}]
    if made.get("enum") == ["GET", "POST"]:
        made["enum"] = ["GET", "POST", "get", "post"]
    if made.get("type") in ("integer", "number"):
        # Numbers are taken as text, too: the forms of old clients send them so.
        facts = {name: made.pop(name) for name in ("type", "minimum", "maximum") if name in made}
        made["anyOf"] = [facts, {"type": "string", "pattern": _digits(facts)}]
    return made


def _digits(facts: Schema) -> str:
    """What a number looks like as text. A pattern can say no range but that of a level, -1 to 1."""
    if facts["type"] == "integer":
        return r"^[0-9]{1,9}$"
    level = (facts.get("minimum"), facts.get("maximum")) == (-1, 1)
    return r"^(-?0(\.[0-9]{1,9})?|-?1(\.0{1,9})?)$" if level else r"^[0-9]{1,9}(\.[0-9]{1,9})?$"
