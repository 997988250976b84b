"""An action as the official SDK's own classes have it, and the JSON that the SDK makes of it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from vonage_voice.models import connect_endpoints as endpoints
from vonage_voice.models import ncco

ACTIONS: dict[str, type[BaseModel]] = {
    "stream": ncco.Stream,
    "talk": ncco.Talk,
    "input": ncco.Input,
    "record": ncco.Record,
    "conversation": ncco.Conversation,
    "connect": ncco.Connect,
    "notify": ncco.Notify,
    "wait": ncco.Wait,
    "transfer": ncco.Transfer,
}
ENDPOINTS: dict[str, type[BaseModel]] = {
    "phone": endpoints.PhoneEndpoint,
    "app": endpoints.AppEndpoint,
    "websocket": endpoints.WebsocketEndpoint,
    "sip": endpoints.SipEndpoint,
    "vbc": endpoints.VbcEndpoint,
}


def sdk_action(item: dict[str, Any]) -> BaseModel:
    """The action built as a user of the SDK builds it. Raises pydantic's or the SDK's error for what it refuses."""
    options = _named(ACTIONS[item["action"]], item)
    if "endpoint" in options:
        options["endpoint"] = [_named_endpoint(one) for one in options["endpoint"]]
    return ACTIONS[item["action"]](**options)


def sdk_json(item: dict[str, Any]) -> dict[str, Any]:
    """The action as the SDK sends it."""
    return sdk_action(item).model_dump(mode="json", by_alias=True, exclude_none=True)


def _named_endpoint(one: dict[str, Any]) -> BaseModel:
    model = ENDPOINTS[one["type"]]
    return model(**_named(model, one))


def _named(model: type[BaseModel], data: dict[str, Any]) -> dict[str, Any]:
    """Options under the names that the SDK's classes have for them: ``from_``, ``contentType``."""
    names = {field.serialization_alias: name for name, field in model.model_fields.items() if field.serialization_alias}
    return {names.get(name, name): value for name, value in data.items()}
