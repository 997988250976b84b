"""The endpoint that a ``connect`` or ``createcall`` node was told to call."""

from __future__ import annotations

from typing import Any

from ..base.text import one_line
from .fields import Fields

RATE = "audio/l16;rate=16000"  # the first in the palette's list


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
