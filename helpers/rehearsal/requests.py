"""The webhooks of a rehearsed call: what would be sent where, what came back, and what it means."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..base.hosts import is_here
from ..base.text import one_line
from ..calls.explain import explain
from ..calls.record import Entry, Record
from ..calls.story import Story, awaited
from ..calls.wording import input_of
from ..wire.kinds import kind

# Ports of this machine differ from run to run, and a stored notebook is compared word by word.
_PORT = re.compile(r"(127(?:\.\d{1,3}){3}|localhost|\[::1\]|::1)(:|', )\d+")
ASKS = {
    "answer": "Vonage asks what to do with the call: the reply must be an NCCO.",
    "fallback": "Vonage asks the fallback URL, because the answer URL failed.",
    "transfer": "Vonage asks for the NCCO to go on with.",
}


@dataclass(frozen=True)
class Sent:
    """One webhook.

    ``at``: seconds since the start of the call. ``url`` is the address as the NCCO has it, ``body`` what is sent (with
    GET the query). ``status`` and ``reply`` came back, from your own server or, if ``stand_in``, from the rehearsal.
    ``meaning`` says in one sentence what it is about, ``trouble`` what went wrong.
    """

    at: float
    kind: str
    method: str
    url: str
    body: Mapping[str, Any]
    status: int | None
    reply: str
    stand_in: bool
    told: str
    meaning: str
    trouble: str = ""

    @property
    def place(self) -> str:
        """Where it goes, in words that are the same on every run: for your own server only the path."""
        parts = urlsplit(self.url)
        return f"your server, {parts.path or '/'}" if is_here(parts.hostname or "") else one_line(self.url)

    @property
    def answer(self) -> str:
        """What came back, in a few words."""
        if self.status is None:
            return "no reply"
        names = _actions(self.reply)
        return f"{self.status} {', '.join(names)}" if names else str(self.status)

    def __str__(self) -> str:
        return f"{self.at:.1f} s  {self.method} {self.place}  {self.told} → {self.answer}"


def requests_of(call: Record, *, asked: bool = False) -> list[Sent]:
    """Every webhook of a call, in the order in which they were sent. ``asked``: an app stood in for every host."""
    from ..simulator.webhooks.reach import Reach
    from .stand_ins import is_elsewhere

    story, reach = Story(call), Reach()
    hooks, replies = call.entries("webhook"), {e["request"]: e for e in call.entries("reply")}
    away = [not asked and is_elsewhere(e["url"], reach) for e in hooks]
    return [_sent(e, replies.get(e["request"], {}), story, one) for e, one in zip(hooks, away, strict=True)]


def _sent(e: Entry, reply: Entry, story: Story, away: bool) -> Sent:
    whose = "" if e["leg"] == story.call.leg else f", {story.phone(e['leg'])}"
    wrong = story.trouble(reply) if reply and not away else ""
    return Sent(
        at=story.call.since_start(e["at"]), kind=e["type"], method=e["method"], url=e["url"], body=e["payload"],
        status=reply.get("status"), reply=str(reply.get("body") or ""), stand_in=away,
        told=_words_of(e) + whose, meaning=_meaning(e), trouble=same_always(wrong),
    )  # fmt: skip


def same_always(text: str) -> str:
    """A text without what differs from run to run: the ports of this machine."""
    return _PORT.sub(r"\1", text)


def digest_of(*told: Any) -> str:
    """The same name for the same, and another one for another: a notebook has many rehearsals."""
    return hashlib.sha256(same_always(json.dumps(told, default=repr)).encode()).hexdigest()[:6]


def _words_of(e: Entry) -> str:
    """What it tells, in a few words, none of which differ from run to run."""
    payload, sent_as = e["payload"] or {}, str(e["type"])
    again = " (2nd attempt)" if e.get("attempt") == 2 else ""
    match "" if sent_as in ASKS and awaited(e) else kind(payload):
        case "":
            text = f"asks: {sent_as}" if sent_as in ASKS and awaited(e) else sent_as
        case "status":
            text = " ".join(str(payload[name]) for name in ("status", "sub_state", "detail") if payload.get(name))
        case "input":
            text = f"input: {input_of(payload) or 'nothing'}"
        case "record":
            text = "recording"
        case "notify":
            text = f"notify: {json.dumps(payload['payload'], ensure_ascii=False)}"
        case "error":
            text = f"error: {payload['reason']}"
        case what:
            text = what
    return one_line(same_always(text) + again)


def _meaning(e: Entry) -> str:
    if e["type"] in ASKS and awaited(e):
        return ASKS[e["type"]]
    if e["type"] == "transcribed":
        return "The transcript of a recording is ready."
    return explain(e["payload"]).sentence


def _actions(reply: str) -> list[str]:
    """The names of the actions, if a reply is an NCCO."""
    try:
        actions = json.loads(reply) if reply.lstrip().startswith("[") else []
    except ValueError:
        return []
    return [one_line(one.get("action"), 20) for one in actions if isinstance(one, dict)]
