"""For every rule an NCCO that breaks it and nothing else, and one beside it that is in order.

Where a problem brings a fix, the fix makes exactly the NCCO that is expected, and that one has no problem left.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

import pytest

from helpers.ncco import NccoError, check, parse
from helpers.ncco.jsontext import from_json
from helpers.ncco.problems.problems import Problem
from helpers.ncco.problems.rules import RULES
from tests.unit.effort import deep_object

URL = "https://example.com/audio/music.mp3"
HOOK = "https://example.com/webhooks/input"
HOME = "447700900000"
LEG = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
ROOM_ID = "CON-aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
RIGHT = "the fix makes the right one"


def talk(text: Any = "Hello", **options: Any) -> dict[str, Any]:
    return {"action": "talk", "text": text, **options}


def stream(url: Any = URL, **options: Any) -> dict[str, Any]:
    return {"action": "stream", "streamUrl": [url] if isinstance(url, str) else url, **options}


def keys(**options: Any) -> dict[str, Any]:
    return {"action": "input", "type": ["dtmf"], "eventUrl": [HOOK], **options}


def words(**speech: Any) -> dict[str, Any]:
    return {"action": "input", "type": ["speech"], "speech": speech, "eventUrl": [HOOK]}


def record(**options: Any) -> dict[str, Any]:
    return {"action": "record", "eventUrl": [HOOK], **options}


def connect(end: Any = "447700900002", caller: Any = HOME, **options: Any) -> dict[str, Any]:
    """To a phone, or to the endpoint or the list of endpoints that is given; ``caller`` is its ``from``."""
    one = {"type": "phone", "number": end} if isinstance(end, str) else end
    number = {"from": caller} if caller is not None else {}
    return {"action": "connect", "endpoint": one if isinstance(one, list) else [one], **number, **options}


def end(**options: Any) -> dict[str, Any]:
    return {"type": "phone", "number": "447700900002", **options}


def socket(**options: Any) -> dict[str, Any]:
    return {"type": "websocket", "uri": "wss://example.com/socket", "content-type": "audio/l16;rate=16000", **options}


def room(**options: Any) -> dict[str, Any]:
    return {"action": "conversation", "name": "team", **options}


def notify(**options: Any) -> dict[str, Any]:
    return {"action": "notify", "payload": {"step": 1}, "eventUrl": [HOOK], **options}


def without(action: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in action.items() if name not in names}


@dataclass
class Example:
    """``place`` is "severity [action] field"; ``fixed`` what the fix makes: ``RIGHT``, a list, or ``None``: no fix."""

    rule: str
    place: str
    wrong: Any
    right: Any
    fixed: Any = None
    live: bool = False
    variables: Any = None

    def found(self, data: Any) -> list[Problem]:
        return check(copy.deepcopy(data), live=self.live, variables=self.variables)


SENTENCE = "A sentence of thirty letters. "
LONG = SENTENCE * 51
SPEAK = "<speak>Wait <break time='1s'/> for it.</speak>"
SIP = {"type": "sip", "uri": "sip:reception@example.com"}
APPS = [{"type": "app", "user": "alice"}, {"type": "app", "user": "bob"}]
AMD = {"behavior": "continue"}
TOUCH = {"action": "input", "type": ["dtmf"]}
TRANSFER = {"action": "transfer", "conversationId": ROOM_ID}


def E(rule: str, place: str, wrong: Any, right: Any, fixed: Any = None, **more: Any) -> Example:
    return Example(rule, place, wrong, right, fixed, **more)


# fmt: off
WHOLE = [
    E("not-utf8", "error [None] ", '[{"action": "talk", "text": "Grüße"}]'.encode("latin-1"), [talk("Grüße")]),
    E("not-utf8", "error [None] ", '[{"action": "talk", "text": "Grüße"}]'.encode("utf-16"), [talk("Grüße")], RIGHT),
    E("not-utf8", "error [None] ", '[{"action": "talk", "text": "Hello"}]'.encode("utf-16-le"), [talk()], RIGHT),
    E("not-json", "error [None] ", '\ufeff[{"action": "talk", "text": "Hello"}]', [talk()], RIGHT),
    E("not-json", "error [None] ", b'\xef\xbb\xbf[{"action": "talk", "text": "Hello"}]', [talk()], RIGHT),
    E("not-json", "error [None] ", '[\u00a0{"action": "talk", "text": "x\u00a0y"}]\u200b', [talk("x\u00a0y")], RIGHT),
    E("not-a-list", "error [None] ", json.dumps(json.dumps([talk()])), [talk()], RIGHT),
    E("not-a-list", "error [None] ", json.dumps(json.dumps(json.dumps([talk()]))), [talk()], RIGHT),
    E("not-a-list", "error [None] ", {"0": talk(), "2": talk("b")}, [talk(), talk("b")], RIGHT),
    E("not-a-list", "error [None] ", json.dumps(json.dumps({"1": talk()})), [talk()], RIGHT),
    E("not-a-list", "error [None] ", {"ncco": json.dumps([talk()])}, [talk()], RIGHT),
    E("not-an-action", "error [1] ", [talk(), json.dumps(talk("b"))], [talk(), talk("b")], RIGHT),
    E("list-expected", "error [0] streamUrl", [{"action": "stream", "streamUrl": {"0": URL}}], [stream()], RIGHT),
    E("list-expected", "error [0] streamUrl",
      [{"action": "stream", "streamUrl": json.dumps([URL])}], [stream()], RIGHT),
    E("list-expected", "error [0] endpoint", [connect() | {"endpoint": {"1": end()}}], [connect()], RIGHT),
    E("wrong-type", "error [1] dtmf", [talk(), keys(dtmf='{"maxDigits": 1}')], [talk(), keys(dtmf={"maxDigits": 1})],
      RIGHT),
    E("too-large", "error [None] ", "[" + " " * 1_000_000 + "]", [talk()]),
    E("not-json", "error [None] ", '[{"action": "talk", "text": "Hello",}]', [talk()], RIGHT),
    E("not-json", "error [None] ", "[{'action': 'talk', 'text': 'Hello'}]", [talk()], RIGHT),
    E("too-deep", "error [0] payload",
      [notify(payload=deep_object(250)), talk()], [notify(payload=deep_object(100)), talk()]),
    E("no-json-value", "error [0] payload.a",
      [notify(payload={"a": {1, 2}}), talk()], [notify(payload={"a": [1, 2]}), talk()]),
    E("no-json-value", "error [0] payload.a",
      [notify(payload={"a": float("nan")}), talk()], [notify(payload={"a": 0.5}), talk()]),
    E("half-character", "error [0] text", [talk("Hello \ud83d")], [talk("Hello 😀")]),
    E("control-character", "error [0] text", [talk("Hello\0, Ann")], [talk("Hello, Ann")], RIGHT),
    E("not-a-list", "error [None] ", talk(), [talk()], RIGHT),
    E("not-a-list", "error [None] ", "3", [talk()]),
    E("empty-ncco", "error [None] ", [], [talk("Hello.")], RIGHT),
    E("duplicate-name", "advice [None] text", '[{"action": "talk", "text": "a", "text": "b"}]', [talk("b")]),
    E("not-an-action", "error [1] ", [talk(), "talk"], [talk(), talk()]),
    E("missing-action", "error [0] action", [{"text": "Hello"}], [talk()], [{"text": "Hello", "action": "talk"}]),
    E("missing-action", "error [0] action",
      [{"streamUrl": [URL]}], [stream()], [{"streamUrl": [URL], "action": "stream"}]),
    E("unknown-action", "error [0] action", [{"action": "tlak", "text": "Hello"}], [talk()], RIGHT),
    E("unknown-action", "error [0] action", [{"action": "Stream", "streamUrl": [URL]}], [stream()], RIGHT),
    E("unknown-action", "error [1] action", [talk(), {"action": "hangup"}], [talk()], RIGHT),
    E("unknown-action", "error [0] action", [{"action": "pay", "amount": 9.99}], [talk()]),
]
OPTIONS = [
    E("misspelt-option", "error [0] stream_url", [{"action": "stream", "stream_url": [URL]}], [stream()], RIGHT),
    E("misspelt-option", "error [0] StreamURL", [{"action": "stream", "StreamURL": [URL]}], [stream()], RIGHT),
    E("misspelt-option", "error [0] bargein", [talk(bargein=True), keys()], [talk(bargeIn=True), keys()], RIGHT),
    E("misspelt-option", "error [0] event_url",
      [without(notify(), "eventUrl") | {"event_url": [HOOK]}, talk()], [notify(), talk()], RIGHT),
    E("unknown-option", "advice [0] channel",
      [record(split="conversation", channel=2), talk()], [record(split="conversation", channels=2), talk()], RIGHT),
    E("unknown-option", "advice [0] lang", [talk(lang="en-GB")], [talk(language="en-GB")], RIGHT),
    E("misspelt-option", "error [0] url", [{"action": "stream", "url": [URL]}], [stream()], RIGHT),
    E("misspelt-option", "error [1] dtmf.max_digits",
      [talk(), keys(dtmf={"max_digits": 1})], [talk(), keys(dtmf={"maxDigits": 1})], RIGHT),
    E("misspelt-option", "error [1] speech.end_on_silence",
      [talk(), words(end_on_silence=2)], [talk(), words(endOnSilence=2)], RIGHT),
    E("misspelt-option", "error [0] endpoint.dtmf_answer",
      [connect(end(dtmf_answer="1"))], [connect(end(dtmfAnswer="1"))], RIGHT),
    E("misspelt-option", "error [0] endpoint.contentType",
      [connect(without(socket(), "content-type") | {"contentType": "audio/l16;rate=8000"})],
      [connect(without(socket(), "content-type") | {"content-type": "audio/l16;rate=8000"})], RIGHT),
    E("misspelt-option", "error [0] advancedMachineDetection.beepTimeout",
      [connect(advancedMachineDetection={**AMD, "beepTimeout": 45})],
      [connect(advancedMachineDetection={**AMD, "beep_timeout": 45})], RIGHT),
    E("null-option", "advice [0] loop", [talk(loop=None)], [talk()], RIGHT),
    E("null-option", "advice [0] bargeIn", [talk(bargein=None)], [talk()], RIGHT),
    E("null-option", "advice [1] dtmf.timeOut",
      [talk(), keys(dtmf={"maxDigits": 1, "timeOut": None})], [talk(), keys(dtmf={"maxDigits": 1})], RIGHT),
    E("missing-option", "error [0] text", [{"action": "talk"}], [talk()]),
    E("missing-option", "error [0] streamUrl", [{"action": "stream", "loop": 2}], [stream(loop=2)]),
    E("missing-option", "error [1] type", [talk(), without(keys(), "type")], [talk(), keys()], RIGHT),
    E("missing-option", "error [0] name", [{"action": "conversation"}], [room()]),
    E("missing-option", "error [0] endpoint", [without(connect(), "endpoint")], [connect()]),
    E("missing-option", "error [0] eventUrl", [without(notify(), "eventUrl"), talk()], [notify(), talk()]),
    E("missing-option", "error [0] payload",
      [without(notify(), "payload"), talk()], [notify(payload={}), talk()], RIGHT),
    E("missing-option", "error [0] conversationId",
      [{"action": "transfer"}], [{"action": "transfer", "conversationId": ROOM_ID}]),
    E("missing-option", "error [0] endpoint.number", [connect({"type": "phone"})], [connect()]),
    E("missing-option", "error [0] endpoint.content-type",
      [connect(without(socket(), "content-type"))], [connect(socket())], RIGHT),
    E("missing-option", "error [0] endpoint.onAnswer.url",
      [connect(end(onAnswer={}))], [connect(end(onAnswer={"url": HOOK}))]),
    E("list-expected", "error [0] streamUrl", [{"action": "stream", "streamUrl": URL}], [stream()], RIGHT),
    E("list-expected", "error [0] eventUrl", [notify(eventUrl=HOOK), talk()], [notify(), talk()], RIGHT),
    E("list-or-address", "advice [0] musicOnHoldUrl",
      [room(startOnEnter=False, musicOnHoldUrl=URL)], [room(startOnEnter=False, musicOnHoldUrl=[URL])], RIGHT),
    E("list-expected", "error [1] type", [talk(), keys(type="dtmf")], [talk(), keys()], RIGHT),
    E("list-expected", "error [1] speech.context",
      [talk(), words(context="yes")], [talk(), words(context=["yes"])], RIGHT),
    E("list-expected", "error [1] speech.uuid", [talk(), words(uuid=LEG)], [talk(), words(uuid=[LEG])], RIGHT),
    E("list-expected", "error [0] canHear", [room(canHear=LEG)], [room(canHear=[LEG])], RIGHT),
    E("list-expected", "error [0] endpoint", [connect() | {"endpoint": APPS[0]}], [connect(APPS[0])], RIGHT),
    E("list-expected", "error [0] transcription.eventUrl",
      [record(transcription={"eventUrl": HOOK}), talk()], [record(transcription={"eventUrl": [HOOK]}), talk()], RIGHT),
    E("needless-list", "error [0] text", [talk(["Hello"])], [talk()], RIGHT),
    E("needless-list", "error [0] endpoint.onAnswer.url",
      [connect(end(onAnswer={"url": [HOOK]}))], [connect(end(onAnswer={"url": HOOK}))], RIGHT),
    E("one-entry-only", "error [0] streamUrl", [stream([URL, URL])], [stream(), stream()], RIGHT),
    E("one-entry-only", "error [0] streamUrl", [stream([])], [stream()]),
    E("empty-address", "error [0] streamUrl", [stream([""])], [stream()]),
    E("empty-sound", "advice [0] musicOnHoldUrl", [room(musicOnHoldUrl=[""])], [room()], RIGHT),
    E("empty-sound", "advice [0] ringbackTone", [connect(ringbackTone="")], [connect()], RIGHT),
    E("empty-address", "error [1] eventUrl",
      [talk(), keys(eventUrl=[""])], [talk(), without(keys(), "eventUrl")], RIGHT),
    E("wrong-type", "error [0] text", [talk(42)], [talk("42")], RIGHT),
    E("wrong-type", "error [0] payload", [notify(payload="step"), talk()], [notify(), talk()]),
    E("wrong-type", "error [0] loop", [talk(loop=1.5)], [talk(loop=2)], RIGHT),
    E("wrong-type", "error [1] dtmf", [talk(), keys(dtmf=4)], [talk(), keys(dtmf={"maxDigits": 4})]),
    E("wrong-choice", "error [0] format", [record(format="mp4"), talk()], [record(format="mp3"), talk()]),
    E("method-in-small-letters", "advice [1] eventMethod",
      [talk(), keys(eventMethod="post")], [talk(), keys(eventMethod="POST")], RIGHT),
    E("method-in-small-letters", "advice [0] transcription.eventMethod",
      [record(transcription={"eventUrl": [HOOK], "eventMethod": "Get"}), talk()],
      [record(transcription={"eventUrl": [HOOK], "eventMethod": "GET"}), talk()], RIGHT),
    E("wrong-choice", "error [0] eventType",
      [connect(eventType=True, eventUrl=[HOOK])], [connect(eventType="synchronous", eventUrl=[HOOK])], RIGHT),
    E("wrong-choice", "error [1] type", [talk(), keys(type=["keys"])], [talk(), keys()]),
    E("wrong-choice", "error [0] endpoint.content-type",
      [connect(socket(**{"content-type": "audio/l16;rate=44100"}))], [connect(socket())]),
    E("flag-as-text", "advice [0] bargeIn", [talk(bargeIn="False")], [talk(bargeIn=False)], RIGHT),
    E("wrong-type", "error [0] bargeIn", [talk(bargeIn="no")], [talk(bargeIn=False)], RIGHT),
    E("flag-as-text", "advice [1] dtmf.submitOnHash",
      [talk(), keys(dtmf={"submitOnHash": "true"})], [talk(), keys(dtmf={"submitOnHash": True})], RIGHT),
    E("out-of-range", "error [0] level", [talk(level=1.5)], [talk(level=1)], RIGHT),
    E("out-of-range", "error [0] loop", [talk(loop=-1)], [talk(loop=0)], RIGHT),
    E("out-of-range", "error [1] dtmf.timeOut",
      [talk(), keys(dtmf={"timeOut": 11})], [talk(), keys(dtmf={"timeOut": 10})], RIGHT),
    E("out-of-range", "error [1] dtmf.maxDigits",
      [talk(), keys(dtmf={"maxDigits": 21})], [talk(), keys(dtmf={"maxDigits": 20})], RIGHT),
    E("out-of-range", "error [1] speech.endOnSilence",
      [talk(), words(endOnSilence=0.3)], [talk(), words(endOnSilence=0.4)], RIGHT),
    E("out-of-range", "error [1] speech.startTimeout",
      [talk(), words(startTimeout=61)], [talk(), words(startTimeout=60)], RIGHT),
    E("out-of-range", "error [1] speech.maxDuration",
      [talk(), words(maxDuration=0)], [talk(), words(maxDuration=1)], RIGHT),
    E("out-of-range", "error [1] speech.sensitivity",
      [talk(), words(sensitivity=101)], [talk(), words(sensitivity=100)], RIGHT),
    E("out-of-range", "error [1] endOnSilence",
      [talk(), record(endOnSilence=2)], [talk(), record(endOnSilence=3)], RIGHT),
    E("out-of-range", "error [1] timeOut", [talk(), record(timeOut=7201)], [talk(), record(timeOut=7200)], RIGHT),
    E("out-of-range", "error [0] channels",
      [record(split="conversation", channels=33), talk()], [record(split="conversation", channels=32), talk()], RIGHT),
    E("out-of-range", "error [0] timeout", [connect(timeout=121)], [connect(timeout=120)], RIGHT),
    E("out-of-range", "error [0] limit", [connect(limit=7201)], [connect(limit=7200)], RIGHT),
    E("out-of-range", "error [0] advancedMachineDetection.beep_timeout",
      [connect(advancedMachineDetection={**AMD, "beep_timeout": 29})],
      [connect(advancedMachineDetection={**AMD, "beep_timeout": 30})], RIGHT),
    E("wrong-text", "error [1] endOnKey", [talk(), record(endOnKey="##")], [talk(), record(endOnKey="#")], RIGHT),
    E("wrong-text", "error [0] endpoint.dtmfAnswer",
      [connect(end(dtmfAnswer="1w2"))], [connect(end(dtmfAnswer="1p2"))]),
    E("option-too-long", "error [0] endpoint.standardHeaders.User-to-User",
      [connect({**SIP, "standardHeaders": {"User-to-User": "a" * 257}})],
      [connect({**SIP, "standardHeaders": {"User-to-User": "a" * 256}})]),
    E("unknown-option", "advice [0] colour", [talk(colour="red")], [talk()], RIGHT),
    E("unknown-option", "advice [0] langauge", [talk(langauge="en-GB")], [talk(language="en-GB")], RIGHT),
    E("unknown-option", "advice [0] endpoint.colour",
      [connect({"type": "app", "user": "bob", "colour": 1})], [connect({"type": "app", "user": "bob"})], RIGHT),
    E("number-as-text", "advice [0] level", [stream(level="0.5")], [stream(level=0.5)], RIGHT),
    E("number-as-text", "advice [0] loop", [stream(loop="0")], [stream(loop=0)], RIGHT),
    E("number-as-text", "advice [1] dtmf.timeOut",
      [talk(), keys(dtmf={"timeOut": "5"})], [talk(), keys(dtmf={"timeOut": 5})], RIGHT),
    E("number-as-text", "advice [0] advancedMachineDetection.beep_timeout",
      [connect(advancedMachineDetection={**AMD, "beep_timeout": "45"})],
      [connect(advancedMachineDetection={**AMD, "beep_timeout": 45})], RIGHT),
    E("too-fine", "advice [0] level", [talk(level=0.52)], [talk(level=0.5)], RIGHT),
    E("deprecated-option", "advice [0] endpoint.onAnswer.ringback",
      [connect(end(onAnswer={"url": HOOK, "ringback": URL}))],
      [connect(end(onAnswer={"url": HOOK, "ringbackTone": URL}))], RIGHT),
    E("two-spellings", "advice [0] advancedMachineDetection",
      [connect(advanced_machine_detection=AMD)], [connect(advancedMachineDetection=AMD)], RIGHT),
    E("list-or-address", "advice [0] ringbackTone", [connect(ringbackTone=[URL])], [connect(ringbackTone=URL)], RIGHT),
    E("list-or-address", "advice [0] endpoint.onAnswer.ringbackTone",
      [connect(end(onAnswer={"url": HOOK, "ringbackTone": [URL]}))],
      [connect(end(onAnswer={"url": HOOK, "ringbackTone": URL}))], RIGHT),
    E("caller-name", "advice [0] from", [connect(socket()) | {"from": "Vonage"}], [connect(socket())]),
    E("caller-name", "advice [0] from", [connect(SIP) | {"from": "Vonage"}], [connect(SIP)]),
    E("caller-name", "advice [0] from", [connect(APPS[0]) | {"from": "Vonage"}], [connect(APPS[0])]),
    E("wait-clamped", "advice [1] timeout",
      [talk(), {"action": "wait", "timeout": 0}, talk()], [talk(), {"action": "wait", "timeout": 0.1}, talk()], RIGHT),
    E("wait-clamped", "advice [1] timeout",
      [talk(), {"action": "wait", "timeout": 7201}], [talk(), {"action": "wait", "timeout": 7200}], RIGHT),
    E("method-without-url", "advice [1] eventMethod",
      [talk(), without(keys(eventMethod="GET"), "eventUrl")], [talk(), without(keys(), "eventUrl")], RIGHT),
]
TEXTS = [
    E("text-too-long", "error [0] text",
      [talk(LONG, style=2)], [talk(LONG[:1499], style=2), talk(SENTENCE.strip(), style=2)], RIGHT),
    E("text-too-long", "error [0] text", [talk(LONG, loop=2)], [talk(LONG[:1500], loop=2)]),
    E("text-too-long", "error [0] text",
      [talk(f"<speak>{LONG}<break/></speak>")], [talk(f"<speak>{LONG[:1500]}<break/></speak>")]),
    E("ssml-without-speak", "advice [0] text", [talk("Wait <break time='1s'/> for it.")], [talk(SPEAK)], RIGHT),
    E("ssml-not-well-formed", "advice [0] text",
      [talk("<speak>Fish & chips</speak>")], [talk("<speak>Fish &amp; chips</speak>")], RIGHT),
    E("ssml-not-well-formed", "advice [0] text",
      [talk("<speak><s>Hello</speak>")], [talk("<speak><s>Hello</s></speak>")]),
    E("ssml-unknown-tag", "advice [0] text",
      [talk("<speak>A <blink>star</blink>.</speak>")], [talk("<speak>A <s>star</s>.</speak>")]),
    E("ssml-style", "advice [0] style",
      [talk(SPEAK, language="es-ES", style=3)], [talk(SPEAK, language="es-ES", style=0)], RIGHT),
    E("unknown-language", "advice [0] language", [talk(language="xx-XX")], [talk(language="en-GB")]),
    E("unknown-language", "advice [0] language", [talk(language="en-gb")], [talk(language="en-GB")], RIGHT),
    E("unknown-style", "advice [0] style", [talk(style=12)], [talk(style=11)], RIGHT),
    E("conversation-id", "advice [0] conversationId", [{**TRANSFER, "conversationId": "weekly"}], [TRANSFER]),
    E("retired-voice", "advice [0] voiceName", [talk(voiceName="Brian")], [talk(language="en-GB", style=4)], RIGHT),
    E("provider-needs-options", "error [0] providerOptions",
      [talk(provider="google")], [talk(provider="google", providerOptions={})], RIGHT),
]
ADDRESSES = [
    E("relative-address", "error [0] streamUrl", [stream("/audio/music.mp3")], [stream()]),
    E("relative-address", "error [1] eventUrl", [talk(), keys(eventUrl=["webhooks/input"])], [talk(), keys()]),
    E("malformed-address", "error [0] streamUrl",
      [stream("https://exa mple.com/a.mp3")], [stream("https://example.com/a.mp3")]),
    E("malformed-address", "error [0] streamUrl",
      [stream("https:&#x2F;&#x2F;example.com&#x2F;a.mp3")], [stream("https://example.com/a.mp3")], RIGHT),
    E("wrong-scheme", "error [0] streamUrl",
      [stream("ftp://example.com/a.mp3")], [stream("https://example.com/a.mp3")]),
    E("wrong-scheme", "error [0] endpoint.uri",
      [connect(socket(uri="https://example.com/socket"))], [connect(socket())], RIGHT),
    E("wrong-scheme", "error [0] endpoint.uri",
      [connect({"type": "sip", "uri": "reception@example.com"})], [connect(SIP)], RIGHT),
    E("private-address", "error [0] streamUrl",
      [stream("https://localhost/a.mp3")], [stream("https://example.com/a.mp3")], live=True),
    E("private-address", "error [1] eventUrl",
      [talk(), keys(eventUrl=["http://127.0.0.1:5000/input"])], [talk(), keys()], live=True),
    E("private-address", "error [0] endpoint.uri",
      [connect(socket(uri="wss://localhost/socket"))], [connect(socket())], live=True),
    E("http-audio", "advice [0] streamUrl",
      [stream("http://example.com/a.mp3")], [stream("https://example.com/a.mp3")], RIGHT, live=True),
    E("http-audio", "advice [0] musicOnHoldUrl",
      [room(startOnEnter=False, musicOnHoldUrl=["http://example.com/a.mp3"])],
      [room(startOnEnter=False, musicOnHoldUrl=["https://example.com/a.mp3"])], RIGHT, live=True),
    E("not-encrypted", "advice [0] endpoint.uri",
      [connect(socket(uri="ws://example.com/socket"))], [connect(socket())], RIGHT, live=True),
    *[
        E("phone-number", "error [0] endpoint.number", [connect(number)], [connect("447700900002")], RIGHT)
        for number in ("+447700900002", "00447700900002", "44 7700 900002", "+44 (7700) 900-002", "44.7700.900002")
    ],
    E("phone-number", "error [0] from", [connect(caller="+447700900000")], [connect()], RIGHT),
    E("phone-number", "error [0] endpoint.number", [connect("07700900002")], [connect("447700900002")]),
    E("phone-number", "error [0] endpoint.number", [connect("44770")], [connect("447700900002")]),
    E("wrong-type", "error [0] endpoint.number",
      [connect({"type": "phone", "number": 447700900002})], [connect()], RIGHT),
    E("placeholder-left", "error [0] text", [talk("Hello {{name}}")], [talk("Hello Ann")]),
    E("placeholder-left", "error [0] streamUrl", [stream("{{url}}/a.mp3")], [stream()]),
    E("unknown-variable", "error [0] text",
      [talk("Hello {{nmae}}")], [talk("Hello {{name}}")], RIGHT, variables={"name": "Ann"}),
    E("unknown-variable", "error [0] text",
      [talk("Hello {{colour}}")], [talk("Hello {{msg.name}}")], variables={"msg": {"name": "Ann"}}),
    E("raw-in-ssml", "advice [0] text",
      [talk("<speak>{{{name}}}</speak>")], [talk("<speak>{{name}}</speak>")], RIGHT, variables={"name": "Ann"}),
    E("raw-in-address", "advice [0] streamUrl",
      [stream("https://example.com/{{{name}}}.mp3")], [stream("https://example.com/{{name}}.mp3")], RIGHT,
      variables={"name": "ann"}),
    E("malformed-template", "error [0] text",
      [talk("Hello {{name")], [talk("Hello {{name}}")], variables={"name": "Ann"}),
]
TOGETHER = [
    E("endpoint-type", "error [0] endpoint.type", [connect({"type": "fax", "number": "447700900002"})], [connect()]),
    E("endpoint-type", "error [0] endpoint.type",
      [connect({"number": "447700900002"})], [connect()],
      [{"action": "connect", "endpoint": [{"number": "447700900002", "type": "phone"}], "from": HOME}]),
    E("two-endpoints", "error [0] endpoint", [connect(APPS)], [connect(APPS[0]), connect(APPS[1])], RIGHT),
    E("two-callers", "error [0] randomFromNumber", [connect(randomFromNumber=True)], [connect()], RIGHT),
    E("missing-caller", "advice [0] from",
      [connect(caller=None)], [connect(caller=None, randomFromNumber=True)], RIGHT),
    E("sip-two-ways", "error [0] endpoint.uri",
      [connect({**SIP, "user": "reception", "domain": "example"})], [connect(SIP)], RIGHT),
    E("sip-nowhere", "error [0] endpoint.uri", [connect({"type": "sip"})], [connect(SIP)]),
    E("sip-nowhere", "error [0] endpoint.uri",
      [connect({"type": "sip", "user": "reception"})],
      [connect({"type": "sip", "user": "reception", "domain": "example"})]),
    E("headers-too-large", "error [0] endpoint.headers",
      [connect(socket(headers={"a": "x" * 600}))], [connect(socket(headers={"a": "x" * 400}))]),
    E("input-settings-place", "error [1] dtmf",
      [talk(), keys(maxDigits=1)], [talk(), keys(dtmf={"maxDigits": 1})], RIGHT),
    E("input-settings-place", "error [1] speech",
      [talk(), words() | {"language": "en-GB"}], [talk(), words(language="en-GB")], RIGHT),
    E("settings-without-type", "advice [1] speech",
      [talk(), keys(speech={"language": "en-GB"})],
      [talk(), keys(type=["dtmf", "speech"], speech={"language": "en-GB"})], RIGHT),
    E("asynchronous-speech", "error [1] mode",
      [talk(), words() | {"mode": "asynchronous"}, talk()], [talk(), words(), talk()], RIGHT),
    E("asynchronous-settings", "error [0] dtmf",
      [keys(mode="asynchronous", dtmf={"maxDigits": 1}), stream()], [keys(mode="asynchronous"), stream()], RIGHT),
    E("channels-need-split", "error [0] channels",
      [record(channels=2), talk()], [record(channels=2, split="conversation"), talk()], RIGHT),
    E("mute-and-can-speak", "error [0] mute", [room(mute=True, canSpeak=[LEG])], [room(mute=True)], RIGHT),
    E("transcription-needs-record", "error [0] transcription",
      [room(transcription={})], [room(transcription={}, record=True)], RIGHT),
    E("synchronous-without-url", "advice [0] eventType", [connect(eventType="synchronous")], [connect()], RIGHT),
]
ACROSS = [
    E("barge-in-needs-input", "error [0] bargeIn", [talk(bargeIn=True)], [talk(bargeIn=True), TOUCH], RIGHT),
    E("barge-in-needs-input", "error [0] bargeIn",
      [stream(bargeIn=True), stream()], [stream(bargeIn=True), stream(), TOUCH], RIGHT),
    E("barge-in-needs-input", "error [1] bargeIn",
      [talk(), talk(bargeIn=True), connect()], [talk(), talk(bargeIn=True), TOUCH, connect()], RIGHT),
    E("barge-in-needs-input", "error [0] bargeIn",
      [talk(bargeIn=True), record(endOnKey="#"), keys()], [talk(bargeIn=True), TOUCH, record(endOnKey="#"), keys()],
      RIGHT),
    E("barge-in-mixed", "advice [0] bargeIn",
      [stream(bargeIn=True), talk(), keys()], [talk(), stream(bargeIn=True), keys()]),
    E("barge-in-stays-on", "advice [1] bargeIn",
      [talk(bargeIn=True), talk(bargeIn=False), keys()], [talk(bargeIn=True), talk(), keys()], RIGHT),
    E("unreachable", "advice [1] ", [stream(loop=0), talk()], [stream(loop=1), talk()], RIGHT),
    E("unreachable", "advice [2] ", [talk(), talk(loop=0), keys()], [talk(), talk(loop=1), keys()], RIGHT),
    E("unreachable", "advice [1] ", [TRANSFER, talk()], [TRANSFER], RIGHT),
    E("background-at-end", "advice [1] ", [talk(), record()], [record(), talk()], RIGHT),
    E("background-at-end", "advice [1] ",
      [talk(), keys(mode="asynchronous")], [keys(mode="asynchronous"), talk()], RIGHT),
    E("record-after-connect", "advice [1] ", [connect(), record(), talk()], [record(), connect(), talk()], RIGHT),
    E("record-after-connect", "advice [2] ",
      [talk(), connect(), record(split="conversation"), talk()],
      [talk(), record(split="conversation"), connect(), talk()], RIGHT),
    E("silent-start", "advice [0] ",
      [{"action": "wait", "timeout": 10}, talk()], [{"action": "wait", "timeout": 0.5}, talk()], RIGHT),
    E("silent-start", "advice [0] ", [keys()], [talk("Please press a key."), keys()], RIGHT),
    E("nothing-keeps-the-call", "advice [None] ", [notify()], [notify(), talk("Hello.")], RIGHT),
    E("nothing-keeps-the-call", "advice [None] ", [record()], [record(), talk("Hello.")], RIGHT),
]
# fmt: on
EXAMPLES = WHOLE + OPTIONS + TEXTS + ADDRESSES + TOGETHER + ACROSS
# Never alone: it says that there is more.
ELSEWHERE = {"too-many-problems"}
IDS = [f"{number}-{one.rule}" for number, one in enumerate(EXAMPLES)]


def place_of(problem: Problem) -> str:
    return f"{problem.severity} [{problem.action}] {problem.field}"


def test_every_rule_has_an_example() -> None:
    assert {one.rule for one in EXAMPLES} | ELSEWHERE == set(RULES)


@pytest.mark.parametrize("one", EXAMPLES, ids=IDS)
def test_the_wrong_one_breaks_this_rule_only_and_the_right_one_and_the_fixed_one_none(one: Example) -> None:
    before = copy.deepcopy(one.wrong)
    (problem,) = one.found(one.wrong)
    assert (problem.rule, place_of(problem)) == (one.rule, one.place)
    assert problem.severity == RULES[one.rule].severity
    assert problem.message and problem.why and problem.cure
    if problem.severity == "error" and one.variables is None and not one.live:
        with pytest.raises(NccoError):
            parse(copy.deepcopy(one.wrong))
    assert one.found(one.right) == []
    assert (problem.fix is None) is (one.fixed is None), problem.fix
    if problem.fix is not None:
        read = from_json(one.wrong)[0] if isinstance(one.wrong, str) else one.wrong
        fixed = problem.fix.apply(read)
        assert fixed == (one.right if one.fixed == RIGHT else one.fixed)
        assert one.found(fixed) == []
        assert one.variables or parse(fixed).to_list() == fixed
        assert problem.fix.label and len(problem.fix.label) <= 80
        assert one.wrong == before, "the list that was handed in has been changed"
