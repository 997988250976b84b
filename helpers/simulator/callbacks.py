"""Requests to the learner's URLs: signed, with timeouts, one retry, and a fallback for the NCCO."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from helpers.ncco import Ncco, NccoError, parse
from helpers.simulator import payloads
from helpers.simulator.auth import query_payload, webhook_token
from helpers.simulator.clock import SLOW_REPLY
from helpers.simulator.leg import Leg, Webhook
from helpers.simulator.reach import is_example

if TYPE_CHECKING:
    import httpx

    from helpers.simulator.network import Network

logger = logging.getLogger(__name__)

SUCCESS = range(200, 206)  # webhooks guide
RETRY_NCCO = (429, 503, 504)  # support article 115016024247
RETRY_EVENT = (429, 502, 503, 504)
LARGEST = 1_000_000  # bytes of a reply; Vonage publishes no figure, and an NCCO has some hundred
SYNTAX = "Syntax error in NCCO. Invalid value type or action."  # Vonage's own words (webhook reference)


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

    @property
    def ok(self) -> bool:
        return self.status in SUCCESS


class Callbacks:
    """Vonage's web client: it calls your server."""

    def __init__(self, network: Network) -> None:
        import httpx

        self._network = network
        # No proxies, no redirects, one connection pool for the whole exchange.
        self._client = httpx.AsyncClient(
            trust_env=False, headers={"User-Agent": "voice-call-simulator"}, limits=httpx.Limits(max_connections=None)
        )
        self._numbers = itertools.count(1)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, leg: Leg, kind: str, hook: Webhook, payload: dict[str, Any], *, ncco: bool = False) -> Reply:
        """Call a webhook; once more when the failure is one that passes. ``kind`` names it in the trace."""
        reply = await self._attempt(leg, kind, hook, payload, 1, RETRY_NCCO if ncco else RETRY_EVENT)
        if not reply.ok and reply.retry:
            reply = await self._attempt(leg, kind, hook, payload, 2, RETRY_NCCO if ncco else RETRY_EVENT)
        return reply

    async def fall_back(self, leg: Leg, failed: Reply, original: str, kind: str, payload: dict[str, Any]) -> Reply:
        """Ask the fallback URL: the same parameters, the reason, and which request failed."""
        assert leg.fallback is not None
        asked = payload | {
            "reason": failed.error or f"HTTP {failed.status}",
            "original_request": {"url": original, "type": kind},
        }
        return await self.send(leg, "fallback", leg.fallback, asked, ncco=True)

    def event(self, leg: Leg, payload: dict[str, Any], kind: str = "event") -> None:
        """Send a plain event in the background; the call does not wait for it. Events of a leg stay in order."""
        if leg.event is not None:
            self._network.spawn(leg, self.deliver(leg, kind, payload))

    async def deliver(
        self, leg: Leg, kind: str, payload: dict[str, Any], hook: Webhook | None = None, *, ncco: bool = False
    ) -> Reply | None:
        """Send an event and wait for the reply. None when there is no event URL."""
        hook = hook or leg.event
        if hook is None:
            return None
        async with leg.deliveries:
            return await self.send(leg, kind, hook, payload, ncco=ncco)

    async def _attempt(
        self, leg: Leg, kind: str, hook: Webhook, payload: dict[str, Any], attempt: int, retry_on: tuple[int, ...]
    ) -> Reply:
        note, clock = self._network.note, self._network.clock
        number = next(self._numbers)
        begun, sent, reply = 0.0, 0.0, Reply(number, error="the call was over before the reply came")
        try:
            async with clock.in_flight():
                begun, sent = time.perf_counter(), clock.now
                note(leg, "webhook", request=number, type=kind, method=hook.method, url=hook.url, payload=payload,
                     attempt=attempt)  # fmt: skip
                reply = await self._exchange(leg, hook, payload, number)
            await clock.spend(reply.waited or (time.perf_counter() - begun) // SLOW_REPLY * SLOW_REPLY)
            if not reply.ok and reply.error is None:
                reply = replace(reply, error=f"HTTP {reply.status}", retry=reply.status in retry_on)
            return reply
        finally:  # also when the call is over before the reply is there: every request has its reply
            if begun:
                ms = round((time.perf_counter() - begun) * 1000, 1)
                note(leg, "reply", request=number, status=reply.status, content_type=reply.content_type,
                     body=reply.body[:2000], ms=ms, seconds=round(clock.now - sent, 3), error=reply.error,
                     retried=attempt == 2)  # fmt: skip

    async def _exchange(self, leg: Leg, hook: Webhook, payload: dict[str, Any], number: int) -> Reply:
        import httpx

        if is_example(hook.url):
            return Reply(number, 200)
        if not self._network.reach.allows(hook.url):
            return Reply(number, error="no route: the simulated network reaches this machine only")
        # httpx merges `params` by replacing the query that is already in the URL: keep both.
        query = {k: v if isinstance(v, str) else json.dumps(v, separators=(",", ":")) for k, v in payload.items()}
        body = json.dumps(payload, separators=(",", ":")).encode()
        timeout = httpx.Timeout(hook.socket_timeout, connect=hook.connect_timeout)
        try:
            if hook.method == "GET":
                url = httpx.URL(hook.url).copy_merge_params(query)
                request = self._client.build_request("GET", url, timeout=timeout)
                hashed = query_payload(dict(url.params))
            else:
                headers = {"Content-Type": "application/json"}
                request = self._client.build_request("POST", hook.url, content=body, headers=headers, timeout=timeout)
                hashed = body
            if self._signs(leg):
                request.headers["Authorization"] = f"Bearer {self._token(leg, hashed)}"
            # httpx counts each read by itself: a server that sends a byte now and then must not hold the call for ever.
            async with asyncio.timeout(hook.connect_timeout + hook.socket_timeout):
                response = await self._client.send(request, stream=True)
                try:
                    received = await read_all(response, LARGEST)
                finally:
                    await response.aclose()
        except httpx.ConnectTimeout:
            return Reply(number, error="connect timeout", retry=True, waited=hook.connect_timeout)
        except (httpx.TimeoutException, TimeoutError):
            return Reply(number, error="read timeout", retry=True, waited=hook.socket_timeout)
        except httpx.ConnectError as error:
            if "SSL" in str(error):
                return Reply(number, error=f"bad TLS certificate: {error}")
            return Reply(number, error="connection refused", retry=True)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            return Reply(number, error="connection closed", retry=True)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError) as error:
            return Reply(number, error=f"invalid request: {error}")
        if received is None:
            return Reply(number, error=f"the reply is larger than {LARGEST // 1_000_000} MB")
        text = received.decode(response.encoding or "utf-8", errors="replace")
        return Reply(number, response.status_code, response.headers.get("content-type", ""), text)

    def _signs(self, leg: Leg) -> bool:
        application = self._network.account.applications.get(leg.application_id, {})
        return bool(application.get("capabilities", {}).get("voice", {}).get("signed_callbacks"))

    def _token(self, leg: Leg, payload: bytes) -> str:
        return webhook_token(self._network.account, leg.application_id, payload, str(uuid.uuid4()))


async def read_all(response: httpx.Response, largest: int) -> bytes | None:
    """The body of a reply, unpacked; None as soon as it is larger than ``largest``: a server may send without end."""
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > largest:
            return None
    return bytes(body)


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
        failed = replace(reply, error=failure.reason)
    reply = await network.callbacks.fall_back(leg, failed, leg.answer.url, "answer", parameters)
    return ncco_of(reply, leg.fallback.url), "fallback_answer_url"


def ncco_of(reply: Reply, url: str) -> Ncco:
    """The NCCO in a reply. Raises NotAnNcco: no reply, not 2xx, not JSON by its header, nothing in it, or not valid."""
    if why := why_not_json(reply):
        advice = f"{url} must reply 200 with a JSON array of actions, as application/json."
        raise NotAnNcco(f"Failed to retrieve the NCCO: {why}.", advice)
    try:
        return parse(reply.body)
    except NccoError as error:
        raise NotAnNcco(SYNTAX, str(error)) from None


def why_not_json(reply: Reply) -> str | None:
    """Why there is no JSON in a reply; None when there is."""
    if not reply.ok:
        return reply.error or f"HTTP {reply.status}"
    if not reply.body.strip():
        return "empty reply"
    if "json" not in reply.content_type:
        return f"wrong content type {reply.content_type.split(';')[0] or '(none)'}: an NCCO is application/json"
    try:
        json.loads(reply.body)
    except (ValueError, RecursionError):
        return "not JSON"
    return None
