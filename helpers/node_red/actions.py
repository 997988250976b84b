"""Action nodes as actions of an NCCO: the right names, types and lists; templates stay as they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..base.text import one_line
from ..ncco import check
from ..ncco.editing.paths import value_at
from .fields import Fields
from .findings import Findings
from .graph import Node

Action = dict[str, Any]
INPUT = {"action": "input", "type": ["dtmf"]}  # what bargeIn wants behind it; the flow's own is another node
RATE = "audio/l16;rate=16000"  # the first in the palette's list


def action_of(node: Node, findings: Findings) -> Action:
    """The action that a node appends to ``msg.ncco``; what is wrong with it is noted."""
    fields = Fields(node, findings)
    action = given({"action": node.type, **ACTIONS[node.type](fields)})
    for problem in check([action, INPUT]):
        value = value_at(action, problem.field) if problem.action == 0 and problem.field else None
        told = problem.rule == "placeholder-left"  # of YOUR_URL, where all addresses are looked through
        if problem.severity == "error" and value is not None and "{{" not in json.dumps(value) and not told:
            fields.fault("unchecked-values", f"{problem.message} {problem.cure}".strip())
    return action


def _talk(fields: Fields) -> Action:
    return {"text": fields.text("text"), **_sound(fields), "voiceName": fields.text("voicename")}


def _stream(fields: Fields) -> Action:
    return {"streamUrl": _address(fields, "streamurl", fault="empty-address-in-list"), **_sound(fields)}


def _sound(fields: Fields) -> Action:
    return {"bargeIn": fields.tick("bargein"), "loop": fields.number("loop"), "level": fields.number("level")}


def _input(fields: Fields) -> Action:
    keys = {
        "timeOut": fields.number("timeout", "timeOut"),
        "maxDigits": fields.number("maxdigits", "maxDigits"),
        "submitOnHash": fields.tick("submitonhash"),
    }
    fields.fault("flat-input")
    return {"type": ["dtmf"], "dtmf": given(keys) or None, **_event(fields)}


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
        "beepStart": fields.tick("beepstart"),
        **_event(fields),
    }


def _conversation(fields: Fields) -> Action:
    return {
        "name": fields.text("name"),
        "musicOnHoldUrl": _address(fields, "musiconholdurl", fault="empty-music-on-hold"),
        "startOnEnter": False if fields.node.props.get("startonenter") is False else None,
        "endOnExit": fields.tick("endonexit"),
        "record": fields.tick("record"),
        "canHear": _list(fields.text("canhear")),
        "canSpeak": _list(fields.text("canspeak")),
        **_event(fields),
    }


def _connect(fields: Fields) -> Action:
    together = fields.tick("eventtype")
    if together:
        fields.fault("connect-event-type-lost")
    return {
        "endpoint": [endpoint_of(fields, whisper=True)],
        "from": fields.text("from"),
        "eventType": "synchronous" if together else None,
        "timeout": fields.number("timeout"),
        "limit": fields.number("limit"),
        "machineDetection": fields.plain("machinedetection"),
        **_event(fields),
    }


def _notify(fields: Fields) -> Action:
    event = _event(fields)
    if "eventUrl" not in event:
        fields.fault("empty-address-in-list")
    return {"payload": fields.json("payload", "Payload"), **event}


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
    if not url:
        fields.fault(fault)
    return [url] if url else None


def _event(fields: Fields) -> Action:
    """Event address and method. POST is Vonage's default, so it is not written."""
    url, method = fields.text("eventurl"), fields.event_method()
    return {"eventUrl": [url], "eventMethod": "GET" if method == "GET" else None} if url else {}


def _list(text: str) -> list[str] | None:
    return [one.strip() for one in text.split(",") if one.strip()] or None


def endpoint_of(fields: Fields, *, whisper: bool) -> dict[str, Any]:
    """The endpoint that a node calls. ``whisper``: it also has onAnswer. All fields are read, as the palette does."""
    kind = fields.plain("endpoint").lower()
    number, uri, sip, extension = (fields.text(name) for name in ("to", "wsuri", "sipuri", "extension"))
    keys, headers = fields.text("dtmfanswer"), fields.text("headers")
    answer = fields.text("onanswer") if whisper else ""
    if kind == "websocket":
        if not headers.strip():
            fields.fault("empty-websocket-headers")
            fields.fault("error-leaves-caller-waiting")
        rate, given_ = fields.plain("contenttype") or RATE, fields.json("headers", "Headers")
        return given({"type": "websocket", "uri": uri, "content-type": rate, "headers": given_})
    if kind == "sip":
        return given({"type": "sip", "uri": sip})
    if kind == "vbc":
        return given({"type": "vbc", "extension": extension})
    if kind != "phone":
        fields.fault("no-endpoint-chosen")
        if kind:
            fields.remark(f"There is no endpoint {one_line(kind, 30)}; it became a phone.")
    return given({"type": "phone", "number": number, "dtmfAnswer": keys, "onAnswer": answer and {"url": answer}})


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were given: neither left out nor empty."""
    return {name: value for name, value in values.items() if value not in (None, "")}
