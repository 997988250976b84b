"""Short words for what happens in a call, and the words of a text."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from ..base.text import one_line
from ..ncco.models.ssml import is_ssml
from ..wire.kinds import kind
from .record import Entry

VOICE = "a voice"  # what a record calls what somebody spoke into a phone: the words are not known
# A word; in scripts without spaces (Thai, Japanese, Chinese) a character.
WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+")


def what_happened(e: Entry, outbound: bool, answered: bool) -> tuple[str, str, bool, bool]:
    """A status as (text, way ``in`` from the phone | ``out`` to it | empty, quiet, trouble)."""
    status, detail = str(e["status"]), e.get("detail")
    named = f"{status} ({detail})" if detail else status
    match status:
        case "started":
            return "started: the call is created", "", True, False
        case "ringing":
            return ("rings", "out", False, False) if outbound else ("ringing", "", True, False)
        case "answered":
            return "picks up", "in" if outbound else "out", False, False
        case "completed" if not answered:
            return "completed", "", True, False
        case "completed":
            return "hangs up", "in" if e.get("disconnected_by") == "user" else "out", False, False
        case "disconnected":
            return "disconnected: the server dropped the line", "in", False, True
        case "busy":
            return "busy", "in", False, True
        case "rejected" if detail == "declined":
            return named, "in", False, True
        case "timeout" | "cancelled":
            return f"stops ringing: {named}", "out" if outbound else "", False, True
    return named, "", False, True


def telling(webhook: Entry) -> tuple[str, str]:
    """What a webhook tells: a few words for the arrow, and its telling facts."""
    payload, sent_as = webhook.get("payload") or {}, webhook["type"]
    match sent_as if sent_as in ("answer", "fallback") else kind(payload):
        case "answer" if sent_as == "answer":
            return "", f"from {payload.get('from')} to {payload.get('to')}"
        case "fallback":
            return " · fallback", f"reason: {payload.get('reason')}"
        case "status":
            names = ("detail", "sip_code", "duration", "price", "disconnected_by")
            told = [f"{name} {payload[name]}" for name in names if payload.get(name) is not None]
            return f" · {' '.join(filter(None, [payload['status'], payload.get('sub_state')]))}", ", ".join(told)
        case "record":
            return " · recording", f"{payload.get('size')} bytes at {payload['recording_url']}"
        case "transfer":
            return " · transfer", f"to {payload.get('conversation_uuid_to')}"
        case "input":
            got = json.dumps({k: payload[k] for k in ("dtmf", "speech") if k in payload}, ensure_ascii=False)
            return f" · input {input_of(payload) or 'nothing'}", got
        case "notify":
            return " · notify", json.dumps(payload["payload"], ensure_ascii=False)
        case "error":
            return " · error", str(payload["reason"])
    return f" · {one_line(payload.get('type') or sent_as, 30)}", ""


def asked(request: Entry) -> str:
    """What a request asks of a call: ``mute``, ``hangup``, ``stream``, ``stop stream``."""
    body, (_, _, what) = request.get("body") or {}, str(request["path"]).partition(f"{request['leg']}/")
    return f"stop {what}" if request["method"] == "DELETE" else what or one_line(body.get("action") or "call", 30)


def digits_of(payload: dict[str, Any]) -> str:
    """The digits of an input event."""
    return str(_object(payload, "dtmf").get("digits") or "")


def input_of(payload: dict[str, Any]) -> str:
    """What an input event brings: digits, or words in quotation marks."""
    results = _object(payload, "speech").get("results")
    words = results[0].get("text") if isinstance(results, list) and results and isinstance(results[0], dict) else ""
    return digits_of(payload) or (f"“{one_line(words, 30)}”" if words else "")


def _object(payload: dict[str, Any], name: str) -> dict[str, Any]:
    """A nested object of an event; with GET it arrives as JSON text."""
    value = payload.get(name)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def sound_name(e: Entry) -> str:
    """A sound by its file name or its words."""
    if e.get("url"):
        parts = urlsplit(e["url"])
        return one_line(unquote(parts.path.rsplit("/", 1)[-1]) or parts.netloc, 40)
    return f"“{one_line(e['text'], 40)}”" if e.get("text") else "a beep"


def playing(e: Entry) -> str:
    """A sound that starts, with its length and whatever is unusual about it."""
    facts = [] if e.get("seconds") is None else [f"{e['seconds']:.1f} s"]
    if e.get("loop") == 0:
        facts.append("endless")
    elif (e.get("loop") or 1) != 1:
        facts.append(f"{e['loop']} times")
    if e.get("level"):
        facts.append(f"level {e['level']:g}")
    if e["source"] == "dtmf":
        return f"key tones {e['text']}"
    verb = {"ringback": "ringback tone:", "hold": "music on hold:"}.get(e["source"], "plays")
    verb = "says" if str(e["source"]).endswith("talk") else verb
    return f"{verb} {sound_name(e)}" + (f" ({', '.join(facts)})" if facts else "")


def words_of(text: str) -> list[str]:
    """The words of a text without case, punctuation and SSML tags."""
    text = re.sub(r"<[^<>]*>", " ", text) if is_ssml(text) else text
    return WORD.findall(re.sub("['’]", "", text.casefold()))


@lru_cache(maxsize=256)
def places_of(phrase: str, text: str) -> list[tuple[float, float]]:
    """Where a phrase stands in a text: from and to which part of its length, 0 to 1."""
    wanted, words = words_of(phrase), words_of(text)
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word) + 1)
    return [
        (ends[place] / ends[-1], ends[place + len(wanted)] / ends[-1])
        for place in range(len(words) - len(wanted) + 1)
        if words[place : place + len(wanted)] == wanted
    ]
