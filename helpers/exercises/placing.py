"""Judges the tasks of lesson 07: calls that were placed, and how they sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..call import Call
from ..calls.record import Span
from ..kit import Kit
from .judging import NotYet, Step, placed, quoted, spoken, task, unless

JINGLE, HOLD = "jingle.mp3", "hold.mp3"
AT_ONCE = 1.0  # seconds


def _stream(call: Call, file: str) -> Span:
    """The one action that played this file."""
    found = [
        one for one in call.actions if one.action == "stream" and str(one.options["streamUrl"]).endswith(f"/{file}']")
    ]
    if len(found) != 1:
        raise NotYet(f"One `stream` action plays {file}: {len(found)} did.")
    return found[0]


def _softly_twice(call: Call, span: Span) -> Iterator[Step]:
    loop, level = span.options.get("loop", 1), span.options.get("level", 0)
    yield f"It is played softly.{_advice(call, 'level')}", unless(float(level) < 0, f"Its level is {level}.")
    yield f"It is to be played twice, by one action.{_advice(call, 'loop')}", unless(loop == 2, f"`loop` is {loop}.")


def _advice(call: Call, option: str) -> str:
    """What the network advises about an option that it takes all the same: a number in quotes."""
    told = [note["text"].partition("] ")[2] for note in call.entries("note")]
    return "".join(f" Advice: {words}" for words in told if words.startswith(f"{option} "))


@task(
    "07-1", "your call",
    hints=(
        "How often is `loop`, how loud is `level`.",
        "0 is as loud as recorded, and -1 is the softest. `-0.5` will do.",
        "`{\"action\": \"stream\", \"streamUrl\": [f\"{YOUR_URL}/audio/jingle.mp3\"], \"loop\": 2, \"level\": -0.5}`",
    ),
)  # fmt: skip
def softly(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    span = _stream(call, JINGLE)
    yield from _softly_twice(call, span)
    if span.state != "finished":
        yield "It runs to its end.", f"It was {span.state}: {span.why}."
        return
    heard = call.heard(JINGLE)
    whole = [one for one in heard.times if one.whole]
    yield (
        "The phone hears it twice, from beginning to end.",
        unless(len(whole) == 2, f"By ear it is there {len(whole)} times."),
    )
    yield (
        "And softer than it was recorded.",
        unless(whole and all(one.level < -2 for one in whole), "It is as loud as recorded."),
    )


@task(
    "07-2", "your call",
    hints=(
        "Give `answer_url` in place of `ncco`. Your server is asked when the phone is answered.",
        "The address ends in `?name=` and a name. Your route finds it in `request.args`.",
        "The method is an option of the call: `answer_method=\"POST\"`. The route has to take it, too.",
    ),
)  # fmt: skip
def asked(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    questions = call.entries("webhook", type="answer")
    if not questions:
        raise NotYet("The NCCO came with the request. Your server was not asked for it.")
    yield "Your server was asked by POST.", unless(questions[-1]["method"] == "POST", f"By {questions[-1]['method']}.")
    name = parse_qs(urlsplit(questions[-1]["url"]).query).get("name", [""])[0]
    yield "A name stands in the address.", unless(name, f"It is {questions[-1]['url']}")
    if name:
        yield f"The phone hears “Hello {name}”.", unless(call.said(f"Hello {name}"), quoted(spoken(call)))


@task(
    "07-3", "your call",
    hints=(
        "Three options of the `stream` are needed: `loop`, `level`, and the one that lets a key stop the sound.",
        "With `bargeIn` an `input` must follow. `{\"type\": [\"dtmf\"], \"dtmf\": {\"maxDigits\": 1}}` takes one key.",
        "After the `input` nothing follows. So the key ends the list, and the list's end ends the call.",
        "Place it, `kit.wait_for(…, \"answered\")`, `kit.wait(2)`, `kit.phone().press(\"1\")`, and wait for the end.",
    ),
)  # fmt: skip
def key_one(kit: Kit, given: Any) -> Iterator[Step]:
    call = placed(kit, given)
    span, keys = _stream(call, HOLD), call.entries("key", leg=call.leg)
    yield from _softly_twice(call, span)
    pressed = keys[0]["at"] if keys else 0.0
    yield (
        "Key 1 is pressed while it plays.",
        unless(
            [one["digit"] for one in keys] == ["1"] and span.start < pressed <= (span.end or 0) + 0.01,
            f"The keys pressed: {', '.join(one['digit'] for one in keys) or 'none'}.",
        ),
    )
    yield "The key stops it.", unless(span.why == "key press", f"It was {span.state}: {span.why}.")
    yield "Your server is told of the key.", unless(call.digits == "1", f"It is told of {call.digits or 'no key'}.")
    late = (call.ended_at or 0) - pressed
    yield "And the call is over at once.", unless(keys and late <= AT_ONCE, f"It ended {late:.1f} s after the key.")
    ended = call.entries("status", leg=call.leg)[-1].get("disconnected_by")
    yield "You end it, and not the person.", unless(ended == "platform", "The person hung up.")
