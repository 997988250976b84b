"""Action nodes as actions of an NCCO: the right names, types and lists; templates stay as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..base.text import one_line
from ..ncco import check
from ..ncco.editing.draft import value_at
from .fields import Fields
from .findings import Findings
from .graph import Node

Action = dict[str, Any]
RATE = "audio/l16;rate=16000"  # the first in the palette's list


def action_of(node: Node, findings: Findings) -> Action:
    """The action that a node appends to ``msg.ncco``; what is wrong with it is noted."""
    fields = Fields(node, findings)
    made = {"action": node.type, **ACTIONS[node.type](fields)}
    action = {name: value for name, value in made.items() if value is not None and value != ""}
    for problem in check([action]):
        value = value_at(action, problem.field) if problem.field else None
        if problem.severity == "error" and value is not None and "{{" not in json.dumps(value):
            fields.fault("unchecked-values", f"{problem.message} {problem.cure}".strip())
    return action


def _talk(fields: Fields) -> Action:
    return {
        "text": fields.text("text"),
        "bargeIn": fields.flag("bargein") or None,
        "loop": fields.number("loop"),
        "level": fields.number("level"),
        "voiceName": fields.text("voicename"),
    }


def _stream(fields: Fields) -> Action:
    return {
        "streamUrl": _address(fields, "streamurl", fault="empty-address-in-list"),
        "bargeIn": fields.flag("bargein") or None,
        "loop": fields.number("loop"),
        "level": fields.number("level"),
    }


def _input(fields: Fields) -> Action:
    keys = {
        "timeOut": fields.number("timeout", "timeOut"),
        "maxDigits": fields.number("maxdigits", "maxDigits"),
        "submitOnHash": fields.flag("submitonhash") or None,
    }
    dtmf = {name: value for name, value in keys.items() if value is not None}
    fields.fault("flat-input")
    return {"type": ["dtmf"], "dtmf": dtmf or None, **_told(fields)}


def _record(fields: Fields) -> Action:
    channels = fields.number("channel", "channels")
    if channels is not None:
        fields.fault("record-channel-misnamed")
    key = fields.plain("endonkey")
    if len(key) > 1 and len(set(key)) == 1:
        fields.fault("unchecked-values", f'endOnKey: the palette sends "{key}"; one key ends a recording: "{key[0]}".')
        key = key[0]
    return {
        "format": fields.plain("format"),
        "split": fields.plain("split"),
        "channels": channels,
        "endOnSilence": fields.number("endonsilence", "endOnSilence"),
        "endOnKey": key,
        "timeOut": fields.number("timeout", "timeOut"),
        "beepStart": fields.flag("beepstart") or None,
        **_told(fields),
    }


def _conversation(fields: Fields) -> Action:
    starts = fields.flag("startonenter")
    return {
        "name": fields.text("name"),
        "musicOnHoldUrl": _address(fields, "musiconholdurl", fault="empty-music-on-hold"),
        "startOnEnter": False if starts is False else None,
        "endOnExit": fields.flag("endonexit") or None,
        "record": fields.flag("record") or None,
        "canHear": _list(fields.text("canhear")),
        "canSpeak": _list(fields.text("canspeak")),
        **_told(fields),
    }


def _connect(fields: Fields) -> Action:
    together = fields.flag("eventtype")
    if together:
        fields.fault("connect-event-type-lost")
    return {
        "endpoint": [endpoint_of(fields, whisper=True)],
        "from": fields.text("from"),
        "eventType": "synchronous" if together else None,
        "timeout": fields.number("timeout"),
        "limit": fields.number("limit"),
        "machineDetection": fields.plain("machinedetection"),
        **_told(fields),
    }


def _notify(fields: Fields) -> Action:
    told = _told(fields)
    if "eventUrl" not in told:
        fields.fault("empty-address-in-list")
    return {"payload": fields.json("payload", "Payload"), **told}


ACTIONS: dict[str, Callable[[Fields], Action]] = {
    "talk": _talk,
    "stream": _stream,
    "input": _input,
    "record": _record,
    "conversation": _conversation,
    "connect": _connect,
    "notify": _notify,
}


def _address(fields: Fields, name: str, *, fault: str) -> list[str] | None:
    url = fields.text(name)
    if url:
        return [url]
    fields.fault(fault)
    return None


def _told(fields: Fields) -> Action:
    """Event address and method. POST is Vonage's default, so it is not written."""
    url, method = fields.text("eventurl"), fields.method()
    if not url:
        if method == "GET":
            fields.fault("webhook-method-mismatch", "GET was chosen, but there is no address it belongs to: left out.")
        return {}
    return {"eventUrl": [url], "eventMethod": "GET" if method == "GET" else None}


def _list(text: str) -> list[str] | None:
    return [one.strip() for one in text.split(",") if one.strip()] or None


def endpoint_of(fields: Fields, *, whisper: bool) -> dict[str, Any]:
    """The endpoint object. ``whisper``: this node also has onAnswer. All its fields are read, as the palette does."""
    kind = fields.plain("endpoint").lower()
    number, uri, sip, extension = (fields.text(name) for name in ("to", "wsuri", "sipuri", "extension"))
    keys, headers = fields.text("dtmfanswer"), fields.text("headers")
    answer = fields.text("onanswer") if whisper else ""
    if kind == "websocket":
        return _given(
            {
                "type": "websocket",
                "uri": uri,
                "content-type": fields.plain("contenttype") or RATE,
                "headers": _headers(fields, headers),
            }
        )
    if kind == "sip":
        return _given({"type": "sip", "uri": sip})
    if kind == "vbc":
        return _given({"type": "vbc", "extension": extension})
    if kind != "phone":
        fields.fault("no-endpoint-chosen")
        if kind:
            fields.remark(f"There is no endpoint {one_line(kind, 30)}; it became a phone.")
    return _given({"type": "phone", "number": number, "dtmfAnswer": keys, "onAnswer": answer and {"url": answer}})


def _headers(fields: Fields, text: str) -> Any:
    if not text.strip():
        fields.fault("empty-websocket-headers")
        fields.fault("error-leaves-caller-waiting")
        return None
    return fields.json_in(text, "Headers")


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}
