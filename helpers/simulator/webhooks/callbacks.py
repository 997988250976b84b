"""Requests to the learner's URLs: signed, with timeouts, one retry, and a fallback for the NCCO."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import re
import time
import uuid
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from ...base.text import is_json
from ...calls.statuses import FAILURES, LAST
from ...ncco import Ncco, NccoError, check, parse
from ..account.applications import Webhook
from ..account.auth import query_payload, webhook_token
from ..clock import SLOW_REPLY
from . import payloads
from .reach import is_example
from .web_client import CLOSED, REFUSED, Place, WebClient, WebError, place_of

if TYPE_CHECKING:
    from ..legs.leg import Leg
    from ..legs.network import Network

logger = logging.getLogger(__name__)

SUCCESS = range(200, 206)  # webhooks guide
RETRY_NCCO = (429, 503, 504)  # support article 115016024247
RETRY_EVENT = (429, 502, 503, 504)
LARGEST = 1_000_000  # bytes of a reply; Vonage publishes no figure, and an NCCO has some hundred
SYNTAX = "Syntax error in NCCO. Invalid value type or action."  # Vonage's own words (webhook reference)
USUAL_HEADERS = [("User-Agent", "voice-call-simulator"), ("Accept", "*/*"), ("Cache-Control", "max-age=0")]
# What JSON may come in. Other codecs of Python's are not for text, or take for ever.
CHARSETS = ("utf-8", "utf8", "us-ascii", "iso-8859-1", "windows-1252", "utf-16", "utf-32")
COMPACT = (",", ":")

Replacement = tuple[Ncco, str]  # a new NCCO, and where it came from


@dataclass(frozen=True)
class Reply:
    """What came back from a webhook, or why nothing did (``error``)."""

    request: int
    status: int | None = None
    content_type: str = ""
    body: str = ""
    error: str | None = None
    retry: bool = False  # the failure is of the kind that is tried once more
    waited: float | None = None  # seconds, when it is known exactly: a timeout
    flaw: str | None = None  # why the body is not text, if it is not

    @property
    def ok(self) -> bool:
        return self.status in SUCCESS


class Callbacks:
    """Vonage's web client: it calls your server."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.web = WebClient()
        self._numbers = itertools.count(1)
        self._held: dict[Leg, dict[str, Any]] = {}  # an event that the next one is to overtake

    async def close(self) -> None:
        """Close the connections."""
        self.web.close()

    async def send(self, leg: Leg, kind: str, hook: Webhook, payload: dict[str, Any], *, ncco: bool = False) -> Reply:
        """Call a webhook; once more when the failure is one that passes. ``kind`` names it in the trace."""
        reply = await self._attempt(leg, kind, hook, payload, 1, ncco)
        if not reply.ok and reply.retry:
            reply = await self._attempt(leg, kind, hook, payload, 2, ncco)
        return reply

    async def fall_back(
        self, leg: Leg, failed: Reply, original: str, kind: str, payload: dict[str, Any], reason: str = ""
    ) -> Reply:
        """Ask the fallback URL: the same parameters, the reason, and which request failed."""
        assert leg.fallback is not None
        # "Connection closed." is Vonage's own (webhook reference, fallback); the other reasons are ours.
        told = "Connection closed." if failed.error == CLOSED else reason or failed.error
        asked = payload | {"reason": told, "original_request": {"url": original, "type": kind}}
        return await self.send(leg, "fallback", leg.fallback, asked, ncco=True)

    def event(self, leg: Leg, payload: dict[str, Any], kind: str = "event") -> None:
        """Send a plain event in the background; the call does not wait for it. Events of a leg stay in order."""
        if leg.event is None:
            return
        status = payload.get("status")
        if self._network.faults.one_of(("reorder_events",), leg) and self._holds(leg, status):
            self._held[leg] = payload
            # The second one follows within this turn of the event loop, or there is none.
            asyncio.get_running_loop().call_soon(self._release, leg)
            return
        overtakes = leg in self._held and status in ("started", "ringing", "completed")
        if not overtakes:
            self._release(leg)
        self._send_soon(leg, payload, kind)
        if overtakes:
            what = f"{status} is sent before {self._held[leg]['status']}"
            self._network.faults.strikes("reorder_events", leg, what)
            self._release(leg)

    def _send_soon(self, leg: Leg, payload: dict[str, Any], kind: str = "event") -> None:
        self._network.spawn(leg, self.deliver(leg, kind, payload))

    def _holds(self, leg: Leg, status: Any) -> bool:
        """True for the first of two events that belong to one moment and may arrive swapped."""
        first = "started" if leg.direction == "outbound" else "ringing"
        # A call that is rejected has no completed.
        return leg not in self._held and (status == first or (status in FAILURES and status not in LAST))

    def _release(self, leg: Leg) -> None:
        """Send the event that was kept back, if there is one."""
        if payload := self._held.pop(leg, None):
            self._send_soon(leg, payload)

    async def deliver(
        self, leg: Leg, kind: str, payload: dict[str, Any], hook: Webhook | None = None, *, ncco: bool = False
    ) -> Reply | None:
        """Send an event and wait for the reply. None when there is no event URL."""
        hook = hook or leg.event
        if hook is None:
            return None
        async with leg.deliveries:
            reply = await self.send(leg, kind, hook, payload, ncco=ncco)
            if not ncco and self._network.faults.strikes("duplicate_events", leg):
                await self.send(leg, kind, hook, payload)
            return reply

    async def ask(self, leg: Leg, kind: str, event: dict[str, Any], hook: Webhook | None) -> Replacement | None:
        """Send an event whose reply may be an NCCO: to ``hook``, then to the fallback. None: there is no new NCCO."""
        reply = await self.deliver(leg, kind, event, hook, ncco=True)
        if hook is None or reply is None:
            return None
        if not reply.ok and leg.fallback:
            reply = await self.fall_back(leg, reply, hook.url, "event", event)
        if not reply.ok:
            reason = f"The {kind} webhook failed: {reply.error}."
            self._network.error(leg, reason, "The call goes on with the old NCCO.")
            return None
        # An empty reply, or one that is not meant as a list of actions, means: go on.
        if why_not_json(reply) or not is_meant_as_ncco(reply.body):
            return None
        try:
            return ncco_of(reply, hook.url), kind
        except NotAnNcco as failure:
            self._network.error(leg, failure.reason, failure.advice)
            return None

    async def _attempt(
        self, leg: Leg, kind: str, hook: Webhook, payload: dict[str, Any], attempt: int, ncco: bool
    ) -> Reply:
        network, clock = self._network, self._network.clock
        number = next(self._numbers)
        begun, sent, reply = 0.0, 0.0, Reply(number, error="the call was over before the reply came")
        came = reply
        try:
            async with clock.in_flight():
                begun, sent = time.perf_counter(), clock.now
                network.note(leg, "webhook", request=number, type=kind, method=hook.method, url=hook.url,
                             payload=payload, attempt=attempt)  # fmt: skip
                fault = network.faults.of_webhook(kind, leg, ncco=ncco)
                if fault == "event_down" and network.faults.strikes(fault, leg):
                    came = Reply(number, error=REFUSED, retry=True)
                else:
                    came = await self._exchange(leg, hook, payload, number)
            await clock.spend(came.waited or (time.perf_counter() - begun) // SLOW_REPLY * SLOW_REPLY)
            if fault and came.error is None:
                came = await self._spoil(leg, fault, hook, came)
            reply = came
            if not reply.ok and reply.error is None:
                again = reply.status in (RETRY_NCCO if ncco else RETRY_EVENT)
                reply = replace(reply, error=f"HTTP {reply.status}", retry=again)
            return reply
        finally:  # also when the call is over before the reply is there: every request has its reply
            if begun:
                ms = round((time.perf_counter() - begun) * 1000, 1)
                network.note(leg, "reply", request=number, status=reply.status, content_type=reply.content_type,
                             body=reply.body[:2000], ms=ms, seconds=round(clock.now - sent, 3), error=reply.error,
                             retried=attempt == 2)  # fmt: skip

    async def _spoil(self, leg: Leg, fault: str, hook: Webhook, reply: Reply) -> Reply:
        """What becomes of a reply when a fault strikes it."""
        seconds, limit = self._network.faults.setting(fault, "seconds"), hook.socket_timeout
        if not self._network.faults.strikes(fault, leg):  # another request took the last of its times
            return reply
        if fault == "answer_slow":
            await self._network.clock.sleep(min(seconds, limit))
            return reply if seconds < limit else Reply(reply.request, error="read timeout", retry=True)
        if fault == "answer_html":
            return replace(reply, content_type="text/html")
        if fault == "answer_bad_json":
            return replace(reply, body=reply.body.rstrip()[:-1] or "[")
        if fault == "answer_reset":
            return Reply(reply.request, error=CLOSED, retry=True)
        return replace(reply, status=500, content_type="text/plain", body="Internal Server Error")

    async def _exchange(self, leg: Leg, hook: Webhook, payload: dict[str, Any], number: int) -> Reply:
        if is_example(hook.url):
            return Reply(number, 200)
        if not self._network.reach.allows(hook.url):
            return Reply(number, error=self._network.reach.refusal)
        try:
            place = place_of(self._network.reach.real(hook.url))
            query, body, headers = place.query, b"", USUAL_HEADERS
            if hook.method == "GET":
                query, hashed = _with_query(place, payload)
            else:
                body = hashed = json.dumps(payload, separators=COMPACT).encode()
                headers = [*headers, ("Content-Type", "application/json")]
            if self._signs(leg):
                token = webhook_token(self._network.account, leg.application_id, hashed, str(uuid.uuid4()))
                headers = [*headers, ("Authorization", f"Bearer {token}")]
            answer = await self.web.send(hook.method, place, query, headers, body, largest=LARGEST,
                                         connect_timeout=hook.connect_timeout,
                                         socket_timeout=hook.socket_timeout)  # fmt: skip
        except WebError as error:
            return Reply(number, error=error.short, retry=error.retry, waited=error.waited)
        except (ValueError, OverflowError) as error:
            return Reply(number, error=f"invalid request: {error}")
        if answer.body is None:
            return Reply(number, error=f"the reply is larger than {LARGEST // 1_000_000} MB")
        kind = answer.headers.get("content-type", "")
        text, flaw = _text_of(answer.body, kind, answer.headers.get("content-encoding", ""))
        return Reply(number, answer.status, kind, text, flaw=flaw)

    def _signs(self, leg: Leg) -> bool:
        return bool(self._network.account.voice(leg.application_id).get("signed_callbacks"))


def _with_query(place: Place, payload: dict[str, Any]) -> tuple[str, bytes]:
    """The query of a GET, what the address has first, and what is hashed for its signature. Nested values are JSON."""
    own = [(name, value) for name, value in _own_query(place.query) if name not in payload]
    told = [(name, value if isinstance(value, str) else json.dumps(value, separators=COMPACT))
            for name, value in payload.items()]  # fmt: skip
    hashed: dict[str, str] = {}
    for name, value in [*own, *told]:
        hashed.setdefault(name, value)
    return urlencode([*own, *told], quote_via=quote), query_payload(hashed)


@lru_cache(maxsize=1024)
def _own_query(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)


def _text_of(body: bytes, content_type: str, encoding: str) -> tuple[str, str | None]:
    """The body as text, and what is wrong with it as text, if anything is."""
    if encoding.strip().lower() not in ("", "identity"):
        return "", f"compressed as {encoding}, which nobody asked for"
    named = re.search(r"charset\s*=\s*[\"']?([^\s\"';]*)", content_type, re.IGNORECASE)
    charset = named[1].lower() if named and named[1] else "utf-8"
    if charset not in CHARSETS:
        return body.decode("utf-8", errors="replace"), f"unknown charset {charset}"
    try:
        return body.decode(charset), None
    except UnicodeDecodeError:
        return body.decode(charset, errors="replace"), f"not {charset}, which it is said to be"


class NotAnNcco(Exception):
    """A reply cannot be carried out: ``reason`` for the error event, ``advice`` for the reader."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.reason, self.advice = reason, advice


async def fetch_ncco(network: Network, leg: Leg, region_url: str) -> tuple[Ncco, str]:
    """The NCCO from the answer URL or the fallback, and which of them gave it. Raises NotAnNcco."""
    if leg.answer is None:
        raise NotAnNcco("There is no answer URL.", "Give the application an answer_url, or the call an NCCO.")
    parameters = payloads.answer_parameters(leg, region_url)
    reply = await network.callbacks.send(leg, "answer", leg.answer, parameters, ncco=True)
    try:
        return ncco_of(reply, leg.answer.url), "answer_url"
    except NotAnNcco as failure:
        if leg.fallback is None:
            raise
        network.note(leg, "error", reason=failure.reason, advice=failure.advice)
        reason = failure.reason
    reply = await network.callbacks.fall_back(leg, reply, leg.answer.url, "answer", parameters, reason)
    return ncco_of(reply, leg.fallback.url), "fallback_answer_url"


def ncco_of(reply: Reply, url: str) -> Ncco:
    """The NCCO in a reply. Raises NotAnNcco: no reply, not 2xx, not JSON by its header, nothing in it, or not valid."""
    advice = f"{url} must reply 200 with a JSON array of actions, as application/json."
    if why := why_not_json(reply):
        if reply.status in range(300, 400):
            advice = f"Redirects are not followed: give the address that {url} leads to. {advice}"
        raise NotAnNcco(f"Failed to retrieve the NCCO: {why}.", advice)
    try:
        return parse(reply.body)
    except NccoError as error:
        # Of a text that cannot be read nothing is known but where it goes wrong.
        unread = error.problems[0].action is None and error.problems[0].rule in ("not-json", "too-deep", "too-large")
        reason = "Failed to retrieve the NCCO: not JSON." if unread else SYNTAX
        raise NotAnNcco(reason, f"{advice} {error}" if unread else str(error)) from None


def is_meant_as_ncco(body: str) -> bool:
    """Is this text a list, or what certainly was to be one: a single action, JSON encoded twice, a list by PHP?"""
    found = check(body)
    meant = body.lstrip("\ufeff \t\r\n").startswith("[") or any(p.fix and p.action is None for p in found)
    return meant and not any(p.rule == "empty-ncco" for p in found)


def why_not_json(reply: Reply) -> str | None:
    """Why there can be no JSON in a reply, by its status, its header, and its bytes; None when there can."""
    if not reply.ok:
        return reply.error or f"HTTP {reply.status}"
    if not reply.body.strip() and not reply.flaw:
        return "empty reply"
    if not is_json(reply.content_type):
        return f"wrong content type {reply.content_type.split(';')[0] or '(none)'}: an NCCO is application/json"
    return reply.flaw
