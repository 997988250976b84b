"""One plain sentence, likely cause and next step for every event, error and status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from ..base.errors import KitError
from ..base.text import media_type, visible
from ..wire.kinds import kind
from .explanations import FINE, NOTHING, TABLE

VAGUE = ("unanswered", "rejected", "failed")  # statuses with many possible causes


@dataclass(frozen=True)
class Explanation:
    """What happened in one sentence, why it likely did, and what to do next."""

    sentence: str
    cause: str
    next_step: str

    @property
    def fine(self) -> bool:
        """True if this is nothing to worry about."""
        return self.cause == FINE

    def __str__(self) -> str:
        return visible(f"{self.sentence}\n  Likely cause: {self.cause}\n  Next step: {self.next_step}")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colour = "#2f7d6d" if self.fine else "#b4531a"
        return (
            f'<div style="border-left:4px solid {colour};padding:.2em .8em;max-width:48em">'
            f"<strong>{escape(self.sentence)}</strong>"
            f"<br>Likely cause: {escape(self.cause)}<br>Next step: {escape(self.next_step)}</div>"
        )


def explain(thing: Any) -> Explanation:
    """Explain an event as it arrived, an entry of a trace, an API error body, an HTTP status or an exception.

    >>> explain(401).sentence
    'The API does not accept your credentials (401).'
    """
    if isinstance(thing, int):
        return _row(f"http:{thing}", "http:other")
    if isinstance(thing, BaseException):
        return _exception(thing)
    if not isinstance(thing, Mapping):
        raise KitError(
            f"A {type(thing).__name__} cannot be explained.",
            "Give explain() an event, an entry of a call, an HTTP status (a number) or an exception.",
        )
    if "kind" in thing:
        return _entry(thing)
    if {"invalid_parameters", "error_title", "error-code", "title"} & thing.keys():
        return _api_error(thing)
    return _event(thing)


def _row(*keys: str) -> Explanation:
    """The first of the keys that the table knows."""
    return Explanation(*next(TABLE[key] for key in keys if key in TABLE))


def _status(thing: Mapping[str, Any]) -> Explanation:
    """A status, made more precise by its detail, or, where it says little and has none, by the carrier's SIP code."""
    status, detail, code = thing.get("status"), thing.get("detail"), thing.get("sip_code")
    main = _row(f"status:{status}", "event:unknown")
    more = TABLE.get(f"detail:{detail}") or (TABLE.get(f"sip:{code}") if status in VAGUE else None)
    if more is None:
        return main
    return Explanation(f"{main.sentence} {more[0]}", more[1], more[2])


def _event(event: Mapping[str, Any]) -> Explanation:
    """An event by what sort of webhook it is."""
    what = kind(event)
    tell = {"status": _status, "input": _input, "error": _reason}.get(what)
    return tell(event) if tell else _row(f"event:{what}", "event:unknown")


def _input(event: Mapping[str, Any]) -> Explanation:
    dtmf, speech = event.get("dtmf"), event.get("speech")
    # With GET the nested objects arrive as JSON text, where an empty entry reads "digits":"".
    typed = dtmf.get("digits") if isinstance(dtmf, Mapping) else dtmf and '"digits":""' not in str(dtmf)
    spoken = speech.get("results") if isinstance(speech, Mapping) else None
    return _row("event:input" if typed or spoken else "event:input_nothing")


def _reason(thing: Mapping[str, Any]) -> Explanation:
    reason, advice = str(thing["reason"]), thing.get("advice")
    key = _word(reason, REASONS)
    row = _row(f"reason:{key}", "reason:other")
    cause = row.cause if key else reason
    return Explanation(row.sentence, cause, str(advice or row.next_step))


def _entry(entry: Mapping[str, Any]) -> Explanation:
    match entry["kind"]:
        case "status":
            return _status(entry)
        case "reply":
            return _reply(entry)
        case "fetch":
            return _fetch(entry)
        case "error":
            return _reason(entry)
        case "webhook":
            return _event(entry["payload"]) if entry["type"] != "answer" else _row("webhook:ok")
        case "request":
            return _row(f"http:{entry.get('status')}", "http:other")
        case "note":
            return Explanation(str(entry["text"]), FINE, NOTHING)
        case "input":
            return _row("event:input" if entry.get("digits") or entry.get("speech") else "event:input_nothing")
        case "recording":
            return _row("event:record" if entry["state"] == "finished" else "entry:recording")
        case "detection":
            return _row(f"status:{entry['verdict']}", "entry:other")
        case "control":
            return _row(f"control:{entry['action']}", "entry:other")
        case "transfer":
            return _row("event:transfer")
        case "fault":
            cause = f"The fault {entry['name']} is switched on: {entry.get('what') or 'it has struck'}."
            return Explanation(TABLE["entry:fault"][0], cause, TABLE["entry:fault"][2])
    return _row("entry:other")


# Words of an error, most telling first: the first that occurs decides.
# fmt: off
REPLY_WORDS = {
    "no route": "reach", "no https": "plain", "connect timeout": "connect_timeout", "timeout": "read_timeout",
    "timed out": "read_timeout", "too late": "read_timeout", "refused": "refused", "reset": "reset", "closed": "reset",
    "certificate": "tls", "tls": "tls", "ssl": "tls", "url": "url", "invalid request": "url", "html": "html",
    "content type": "type", "empty": "empty", "nothing": "empty", "json": "json", "ncco": "ncco", "action": "ncco",
}
FETCH_WORDS = {
    "no route": "reach", "no https": "plain", "in time": "unreachable", "reached": "unreachable",
    "refused": "unreachable", "truncat": "truncated", "cut": "truncated", "too early": "truncated",
    "incomplete": "truncated", "damaged": "truncated", "larger": "large",
}
REASONS = {
    "syntax error in ncco": "ncco", "connection closed": "closed", "retrieve the ncco": "retrieve", "audio": "audio",
    "webhook failed": "webhook", "no answer url": "no_answer_url", "not linked": "not_linked",
    "not a number of": "not_rented", "rate limit": "rate", "too many": "rate",
}
# fmt: on


def _word(text: Any, words: Mapping[str, str]) -> str | None:
    low = str(text or "").lower()
    return next((key for word, key in words.items() if word in low), None)


def _reply(entry: Mapping[str, Any]) -> Explanation:
    """What a learner's server replied. Only the status and the reply itself count; an event's body is not read."""
    status, error, kind = entry.get("status"), entry.get("error"), media_type(entry.get("content_type"))
    if status is not None and not 200 <= status <= 205:
        return _row(f"webhook:{status}", "webhook:other")
    if error or status is None:
        return _row(f"webhook:{_word(error, REPLY_WORDS)}", "webhook:other")
    return _row("webhook:html" if "html" in kind else "webhook:ok")


def _fetch(entry: Mapping[str, Any]) -> Explanation:
    status, error = entry.get("status"), entry.get("error")
    if not error and (status is None or status < 400):
        return _row("fetch:ok")
    if status is not None and status >= 400:
        return _row("fetch:status")
    # Something came, and it could not be played: unless the error says otherwise, it is not audio.
    return _row(f"fetch:{_word(error, FETCH_WORDS)}", "fetch:unreachable" if status is None else "fetch:audio")


def _api_error(body: Mapping[str, Any]) -> Explanation:
    """An error body of any of the API's families; a field that it names says more than the status."""
    wrong = body.get("invalid_parameters")
    listed = wrong if isinstance(wrong, list) else []
    names = list(wrong) if isinstance(wrong, Mapping) else [w.get("name") for w in listed if isinstance(w, Mapping)]
    codes = {"UNAUTHORIZED": 401, "BAD_REQUEST": 400, "NOT_FOUND": 404}
    kind = body.get("type")
    status = body.get("error-code") or body.get("status") or codes.get(str(kind), kind)
    words = {"unauthori": 401, "credentials": 401, "not found": 404, "rate": 429}
    title = str(body.get("title") or "").lower()
    guess = next((code for word, code in words.items() if word in title), "other")
    return _row(*(f"field:{name}" for name in names), f"http:{status}", f"http:{guess}")


def _exception(error: BaseException) -> Explanation:
    """An exception of the kit says itself what to do; of others the family decides."""
    if isinstance(error, KitError):
        return _kit_error(error)
    family = " ".join(kind.__name__ for kind in type(error).__mro__)
    key = "timeout" if "Timeout" in family else "unreachable" if "Connect" in family else "other"
    row = _row(f"client:{key}")
    # Messages of the HTTP libraries hold memory addresses and say nothing to a learner.
    return row if key != "other" else Explanation(f"{type(error).__name__}: {error}", row.cause, row.next_step)


def _kit_error(error: KitError) -> Explanation:
    body, status = getattr(error, "body", None), getattr(error, "status", None)
    row = _row("client:other") if status is None else _row(f"http:{status}", "http:other")
    if isinstance(body, Mapping) and "invalid_parameters" in body:
        row = _api_error(body)
    cause = row.cause if status is not None else "See the message."
    return Explanation(error.message, cause, error.cure or row.next_step)
