"""The rows of the event panel: each is one request as it came, with what it says in plain words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ...base.text import one_line
from ...calls.explain import explain
from ...calls.statuses import FAILURES
from ...wire.events import Event, payload_of
from ...wire.exchanges import RoundTrip
from ...wire.kinds import kind
from .flags import Flag, words

MADE_UP = "X-Made-Up"  # the header that marks a request which somebody sent by hand
OTHERS = ("answer", "audio", "request")  # kinds of requests that are not events
LOST = "no reply"
SOUNDS = (".mp3", ".wav")
# Sign of a badge, and how it looks; the word stands beside it, so that colour and sign are never alone.
GOOD, BAD, WAITING, PLAIN = ("✓", "good"), ("✗", "bad"), ("…", "wait"), ("•", "plain")
BADGES = {"started": WAITING, "ringing": WAITING, "answered": GOOD, "completed": GOOD, "human": GOOD} | dict.fromkeys(
    (*FAILURES, "error", "disconnected"), BAD
)


@dataclass(frozen=True)
class Row:
    """One request. ``kind`` is the event's, ``answer``, ``audio`` or ``request``; ``seconds`` count from the call's
    first event; ``origin`` is empty or ``made up``."""

    n: int
    exchange: RoundTrip
    event: Event
    kind: str
    name: str
    call: int
    leg: str
    seconds: float | None
    sentence: str
    origin: str = ""
    flags: tuple[Flag, ...] = field(default=())

    @property
    def numbers(self) -> str:
        """``from → to``, as far as the event says them."""
        return " → ".join(one_line(self.event[k], 30) for k in ("from", "to") if self.event.get(k))

    @property
    def time(self) -> str:
        """Seconds with one decimal, or nothing."""
        return "" if self.seconds is None else f"{self.seconds:.1f}"

    @property
    def target(self) -> str:
        """Method and path; where it did not get through also the host, as it may be the wrong one."""
        host = self.exchange.host if self.outcome == LOST else ""
        return f"{one_line(self.exchange.method, 10)} {one_line(host + self.exchange.path, 80)}"

    @property
    def outcome(self) -> str:
        """Status of our reply; nothing where it is not known."""
        status, error = self.exchange.status, self.exchange.error
        return str(status) if status is not None else LOST if error else ""

    def brief(self, full: bool = False) -> dict[str, Any]:
        """What the browser needs to draw it; ``full``: also what it shows when it is opened."""
        sign, look = BADGES.get(self.name, PLAIN)
        facts = {"n": self.n, "g": self.call, "l": self.leg, "t": self.time, "k": self.kind, "b": self.name, "i": sign,
                 "c": look, "s": self.sentence, "m": self.target, "r": self.outcome, "ms": _ms(self.exchange),
                 "o": self.origin, "f": words(self.flags), "d": self.detail() if full else None}  # fmt: skip
        return {name: value for name, value in facts.items() if value not in ("", [], None)}

    def line(self) -> str:
        """A line of JSON: the whole request, our reply, and what the panel said about it."""
        one = self.exchange
        told = {
            "n": self.n, "at": one.at.isoformat(), "kind": self.kind, "name": self.name, "call": self.call,
            "leg": self.leg, "seconds": self.seconds, "sentence": self.sentence, "origin": self.origin,
            "flags": [str(f) for f in self.flags], "method": one.method, "url": one.url,
            "request_headers": dict(one.request_headers), "request_body": one.request_body, "status": one.status,
            "response_headers": dict(one.response_headers), "response_body": one.response_body,
            "ms": round(one.ms, 1), "error": one.error,
        }  # fmt: skip
        return json.dumps(told, ensure_ascii=False) + "\n"

    def detail(self) -> dict[str, Any]:
        """The whole request and our reply, for whoever opens the row."""
        why = explain(self.event) if self.kind not in OTHERS else None
        return {"n": self.n, "request": self.exchange.request_lines(), "reply": self.exchange.response_lines(),
                "why": [why.cause, why.next_step] if why else [], "f": words(self.flags)}  # fmt: skip


def _ms(exchange: RoundTrip) -> float | None:
    return None if exchange.status is None else max(1, round(exchange.ms))


def read(exchange: RoundTrip) -> tuple[Event, str]:
    """The parameters of a request, and what kind it is: an event's kind, ``answer``, ``audio`` or ``request``."""
    payload = payload_of(exchange)
    named = any(isinstance(payload.get(k), str) for k in ("uuid", "call_uuid", "conversation_uuid",
                                                          "conversation_uuid_from"))  # fmt: skip
    if named and (what := kind(payload)):
        return payload, what
    if exchange.path.lower().endswith(SOUNDS) and exchange.method in ("GET", "HEAD"):
        return payload, "audio"
    return payload, "request"


def name_of(event: Event, kind: str) -> str:
    """What stands in the badge: the status, or what kind of request it is when it has none."""
    if kind == "status":
        return one_line(event["status"], 30) or "event"
    return kind


def sentence_of(exchange: RoundTrip, event: Event, kind: str) -> str:
    """What happened, in one plain sentence."""
    if kind == "answer":
        return f"Vonage asks what the call should do. {_actions(exchange)}"
    if kind in ("audio", "request"):
        name = one_line(unquote(exchange.path.rsplit("/", 1)[-1]), 40)
        if kind == "audio":
            return f"{name} is {'looked at' if exchange.method == 'HEAD' else 'fetched'}."
        return "A request that carries no call event."
    meaning = explain(event).sentence
    dtmf = event.get("dtmf")
    if isinstance(dtmf, dict) and dtmf.get("digits"):
        meaning += f" Keys: {one_line(dtmf['digits'], 20)}."
    if event.get("reason"):
        meaning += f" {one_line(event['reason'], 120)}"
    return one_line(meaning, 200)


def _actions(exchange: RoundTrip) -> str:
    try:
        names = [one_line(action["action"], 20) for action in json.loads(exchange.response_body or "")]
    except (ValueError, TypeError, KeyError, RecursionError):
        return "" if exchange.status is None else "Your server did not reply with a list of actions."
    return one_line(f"Your server replied: {', '.join(names) or 'nothing'}.", 120)
