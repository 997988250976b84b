"""The tasks of the exercises: parts that are seen in the call as it was played, and what the person in it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from ..calls.record import Span
from ..ncco.models.ssml import is_ssml, spoken, ssml_problems
from ..rehearsal import Rehearsal

Part = tuple[str, Callable[[Rehearsal], bool]]
CALLER, FIRST, SECOND = "447700900001", "447700900002", "447700900003"  # reserved for fiction


@dataclass(frozen=True)
class Task:
    """What is to be done, part by part. ``person`` is what the caller does, in the words of ``play``; ``variables``
    fill in a template."""

    parts: tuple[Part, ...]
    person: dict[str, Any] = field(default_factory=lambda: {"seconds": 30})
    variables: dict[str, Any] | None = None


def spans(call: Rehearsal, action: str) -> list[Span]:
    """The actions of that name that ran."""
    return [span for span in call.call.actions if span.action == action and span.state != "skipped"]


def first(call: Rehearsal, action: str) -> Span | None:
    """The first of them."""
    return next(iter(spans(call, action)), None)


def options(call: Rehearsal, action: str) -> list[dict[str, Any]]:
    """The options of every action of that name, as they stand in the NCCO."""
    return [one for one in call.scene.ncco.to_list() if one["action"] == action]


def each(call: Rehearsal, action: str, holds: Callable[[dict[str, Any]], bool]) -> bool:
    """Whether there are such actions, and something holds for the options of each."""
    return bool(found := options(call, action)) and all(holds(one) for one in found)


def after(call: Rehearsal, action: str, other: str) -> bool:
    """Whether an ``other`` ran after the last ``action``."""
    earlier, later = spans(call, action), spans(call, other)
    return bool(earlier and later) and later[-1].start >= (earlier[-1].end or float("inf"))


# The parts, where a line is not enough


def _twice(call: Rehearsal) -> bool:
    heard = [one for one in spans(call, "stream") if one.options["streamUrl"][0].endswith("jingle.mp3")]
    return all(one.state == "finished" for one in heard) and sum(one.options.get("loop", 1) for one in heard) == 2


def _ssml_is_whole(call: Rehearsal) -> bool:
    return each(call, "talk", lambda o: is_ssml(o["text"]) and not list(ssml_problems(o["text"])))


def _digits_apart(call: Rehearsal) -> bool:
    pattern = r"<say-as\s[^>]*interpret-as=['\"](?:digits|characters|spell-out|telephone)['\"][^>]*>\s*42\s*</say-as>"
    return any(re.search(pattern, one["text"]) for one in options(call, "talk"))


def _words_stay(call: Rehearsal) -> bool:
    return any("your code is" in unescape(spoken(one["text"])).lower() for one in options(call, "talk"))


def _interrupted(call: Rehearsal) -> bool:
    return any(span.why == "key press" for span in spans(call, "talk"))


def _recorded_before(call: Rehearsal) -> bool:
    record, connect = first(call, "record"), first(call, "connect")
    return record is not None and connect is not None and record.index < connect.index


def _one_phone_each(call: Rehearsal) -> bool:
    rung = [call.call.fact("to", leg) for leg in call.call.legs[1:]]
    return rung == [FIRST, SECOND]


def _may_speak(call: Rehearsal) -> bool:
    return each(call, "conversation", lambda o: not o.get("mute") and o.get("canSpeak") is None)


def _told_who(call: Rehearsal) -> bool:
    return any(CALLER in str(one.body.get("payload")) for one in call.webhooks if one.kind == "notify")


def _pause_of_three(call: Rehearsal) -> bool:
    pauses = spans(call, "wait")
    return len(pauses) == 1 and abs((pauses[0].end or 0) - pauses[0].start - 3) < 0.01


def _moves_last(call: Rehearsal) -> bool:
    return call.scene.ncco[-1].action == "transfer" and len(options(call, "transfer")) == 1


TASKS: dict[str, Task] = {
    "stream": Task((
        ("The jingle is played twice, and then it is over.", _twice),
        ("It is softer than it was recorded.", lambda c: each(c, "stream", lambda o: o.get("level", 0) < 0)),
        ("A voice speaks after it.", lambda c: after(c, "stream", "talk")),
    )),
    "talk": Task((
        ("The whole text is SSML, and well-formed.", _ssml_is_whole),
        ("It still says “Your code is”, and pauses.",
         lambda c: _words_stay(c) and any("<break" in o["text"] for o in options(c, "talk"))),
        ("42 is read digit by digit.", _digits_apart),
    )),
    "input": Task((
        ("A voice asks for a key, before the input listens.", lambda c: after(c, "talk", "input")),
        ("The key cuts the voice short. (It is pressed after two seconds.)", _interrupted),
        ("Your server is told of the key 2.", lambda c: c.call.digits == "2"),
    ), {"keys": "2", "seconds": 30}),
    "record": Task((
        ("A voice speaks before the recording.", lambda c: after(c, "talk", "record")),
        ("The recording runs before the two are connected.", _recorded_before),
        ("Each of them has a channel of its own.",
         lambda c: any(o.get("split") == "conversation" and o.get("channels") == 2 for o in options(c, "record"))),
    )),
    "conversation": Task((
        ("The conversation “weekly” is entered.",
         lambda c: any(span.options["name"] == "weekly" for span in spans(c, "conversation"))),
        ("The host may speak.", _may_speak),
        ("It starts when the host comes in.",
         lambda c: each(c, "conversation", lambda o: o.get("startOnEnter", True))),
        ("It ends for all when the host leaves.",
         lambda c: any(o.get("endOnExit") for o in options(c, "conversation"))),
    ), {"seconds": 5}),
    "connect": Task((
        ("Both phones are rung, one after the other.", _one_phone_each),
        ("Each of them rings for ten seconds at most.",
         lambda c: each(c, "connect", lambda o: o.get("timeout", 60) <= 10)),
        ("In the end a voice speaks to the caller.", lambda c: after(c, "connect", "talk")),
    ), {"seconds": 60}),
    "notify": Task((
        ("Your server is notified.", lambda c: any(one.kind == "notify" for one in c.webhooks)),
        ("The number of the caller is in the payload.", _told_who),
        ("The call goes on after it.", lambda c: after(c, "notify", "stream") or after(c, "notify", "talk")),
    ), variables={"from": CALLER}),
    "wait": Task((
        ("The caller hears a voice at once.", lambda c: (one := first(c, "talk")) is not None and one.index == 0),
        ("Then there is a pause of three seconds.", lambda c: after(c, "talk", "wait") and _pause_of_three(c)),
        ("The jingle comes after it.", lambda c: after(c, "wait", "stream")),
    )),
    "transfer": Task((
        ("A voice says what is coming, before the call is moved.",
         lambda c: (one := first(c, "talk")) is not None and one.index < len(c.scene.ncco) - 1),
        ("The call is moved to the conversation ending in 89ab.",
         lambda c: any(o["conversationId"].endswith("0123456789ab") for o in options(c, "transfer"))),
        ("Nothing stands after the transfer.", _moves_last),
    )),
}  # fmt: skip

# What the cells of lesson 09 hold before anybody has touched them.
JINGLE = {"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}
BYE = {"action": "talk", "text": "Good-bye."}
PHONES = [{"type": "phone", "number": number} for number in (FIRST, SECOND)]
CONNECT = {"action": "connect", "endpoint": PHONES[:1]}
TRAPS: dict[str, list[dict[str, Any]]] = {
    "stream": [{**JINGLE, "loop": 0}, BYE],
    "talk": [{"action": "talk", "text": "Your code is <break time='1s'/> 42."}],
    "input": [{"action": "input", "type": ["dtmf"], "maxDigits": 1, "timeOut": 5}],
    "record": [CONNECT, {"action": "record"}],
    "conversation": [{"action": "conversation", "name": "weekly", "mute": True, "canSpeak": []}],
    "connect": [{**CONNECT, "endpoint": PHONES}],
    "notify": [JINGLE, {"action": "notify", "payload": {"heard": "jingle"}}],
    "wait": [{"action": "wait", "timeout": 5}, JINGLE],
    "transfer": [{"action": "transfer", "name": "weekly"}, BYE],
}


def is_untouched(name: str, ncco: Any) -> bool:
    """Whether an NCCO is the one that the lesson has, whatever number it calls from."""
    if not isinstance(ncco, list) or not all(isinstance(one, dict) for one in ncco):
        return False
    return [{key: value for key, value in one.items() if key != "from"} for one in ncco] == TRAPS[name]
