"""Vonage's Voice API as HTTP: requests in, replies out, no state of its own.

The routes are those of the Voice API definition 1.10.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...base.text import is_json
from ...calls.statuses import LIVE, OVER
from ...ncco import parse
from ..account.auth import application_of
from ..account.regions import region_of
from ..errors import DOCS, PROBLEMS, ApiError, backend, conversation, problem, proxy
from ..ids import Ids
from ..legs.asking import subscribe
from ..legs.leg import Leg
from ..legs.network import Network
from ..webhooks import payloads
from .bodies import (
    EARLY,
    destination,
    dtmf_body,
    one_of,
    outbound_leg,
    stream_body,
    subscription_body,
    taken,
    talk_body,
)
from .limits import too_deep

FILTERS = ("status", "date_start", "date_end", "conversation_uuid", "order")
STATUSES = (*LIVE, *OVER, "machine")
NOTED = 10_000  # bytes of a request's body that go into the record
ACTIONS = ("hangup", "mute", "unmute", "earmuff", "unearmuff", "transfer")


def _is_voice(request: Request) -> bool:
    return request.url.path.startswith("/v1/")


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises 415 for another content type, 400 for anything else."""
    if not is_json(request.headers.get("content-type", "")):
        raise proxy(415) if _is_voice(request) else problem(415)
    try:
        body = await request.json()
        # Python reads NaN, 1e999 and half a surrogate pair, none of which can be passed on as JSON.
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise problem(400, kind=f"{DOCS}#invalid-json", detail="Invalid JSON") from None
    if too_deep(body):
        raise problem(400, kind=f"{DOCS}#invalid-json", detail="The JSON is nested too deeply")
    if not isinstance(body, dict):
        raise problem(400, detail="The body must be a JSON object")
    return body


def voice_api(network: Network) -> APIRouter:
    """Create, list, get and end calls; stream and talk into them."""
    router = APIRouter()

    def caller(request: Request) -> str:
        network.faults.check_request(request.path_params.get("uuid", ""))
        application = application_of(request.headers.get("authorization", ""), network.account)
        network.faults.count_request("calls" if request.method == "POST" else "others")
        return application

    def leg_of(request: Request, uuid: str, *, live: bool = True) -> Leg:
        application, leg = caller(request), network.legs.get(uuid)
        if leg is None or network.is_forgotten(leg) or leg.application_id != application:
            raise proxy(404, why=f"There is no call {uuid} of this application.")
        if region_of(request.scope) not in ("", leg.region):
            raise proxy(404, why=f"The call {uuid} is not in this region: use {network.region_url_of(leg)}.")
        if live and leg.over:
            raise proxy(404, why=f"The call {uuid} is over.")
        return leg

    def answered(request: Request, uuid: str) -> Leg:
        leg = leg_of(request, uuid)
        if leg.status != "answered":
            raise proxy(400, why="The call has not been answered yet: wait for its answered event.")
        return leg

    def done(message: str, uuid: str) -> Response:
        return JSONResponse({"message": message, "uuid": uuid})

    def noted(request: Request, leg: Leg, body: dict[str, Any] | None, answer: Response) -> Response:
        what = "calls" if request.method == "POST" else request.url.path.rpartition(leg.uuid)[2].strip("/") or "call"
        size, remarks = int(request.headers.get("content-length") or 0), taken(body or {}, what)
        if size > NOTED:  # a record must not fill the memory
            body = {"shortened": json.dumps(body, ensure_ascii=False)[:NOTED], "bytes": size}
        network.note(leg, "request", method=request.method, path=request.url.path, body=body, status=answer.status_code)
        for text in remarks if answer.status_code < 400 else ():
            network.note(leg, "note", text=text)
        return answer

    @router.post("/v1/calls")
    async def create_call(request: Request) -> Response:
        application, body = caller(request), await json_body(request)
        leg = outbound_leg(body, application, network.account, network.ids, network.clock)
        if network.faults.strikes("low_balance"):
            raise problem(402)
        leg.region = region_of(request.scope) or network.account.region(application)
        network.place(leg)
        reply = {
            "uuid": leg.uuid,
            "status": "started",
            "direction": "outbound",
            "conversation_uuid": leg.conversation,
        }
        return noted(request, leg, body, JSONResponse(reply, 201))

    @router.get("/v1/calls")
    async def list_calls(request: Request) -> Response:
        application = caller(request)
        region = region_of(request.scope)
        own = [leg for leg in network.legs.values() if leg.application_id == application]
        # The plain address leads to every region.
        found = [leg for leg in own if region in ("", leg.region) and not network.is_forgotten(leg)]
        return JSONResponse(_page(found, request.query_params, network))

    @router.get("/v1/calls/{uuid}")
    async def get_call(request: Request, uuid: str) -> Response:
        return JSONResponse(payloads.call_resource(leg_of(request, uuid, live=False)))

    @router.put("/v1/calls/{uuid}")
    async def modify_call(request: Request, uuid: str) -> Response:
        leg, body = leg_of(request, uuid), await json_body(request)
        action = body.get("action")
        if action not in ACTIONS:
            raise backend([("action", one_of(action, ACTIONS))])
        early = action == "hangup" and network.clock.now - leg.created_at < EARLY
        if early and not network.faults.strikes("early_hang_up_works", leg):
            noted(request, leg, body, Response(status_code=400))
            raise proxy(400, why=f"A call cannot be hung up in its first {EARLY:g} s.")
        if action != "hangup" and leg.status != "answered":
            raise proxy(400, why="The call has not been answered yet: wait for its answered event.")
        ncco, url = destination(body) if action == "transfer" else (None, "")
        answer = noted(request, leg, body, Response(status_code=204))
        if action == "hangup":
            leg.hang_up("hung up through the API", by="platform")
        elif action == "transfer":
            network.transfer(leg, parse(ncco) if ncco is not None else None, url)
        else:
            network.control(leg, action)
        return answer

    @router.put("/v1/calls/{uuid}/stream")
    async def start_stream(request: Request, uuid: str) -> Response:
        leg, body = answered(request, uuid), await json_body(request)
        url, level, loop = stream_body(body)
        network.play(leg, "rest_stream", lambda: network.sounds.get(leg, url), level, loop, url=url)
        return noted(request, leg, body, done("Stream started", uuid))

    @router.put("/v1/calls/{uuid}/talk")
    async def start_talk(request: Request, uuid: str) -> Response:
        leg, body = answered(request, uuid), await json_body(request)
        text, language, style, level, loop = talk_body(body)
        network.play(leg, "rest_talk", lambda: network.voice(text, language, style), level, loop, text=text)
        return noted(request, leg, body, done("Talk started", uuid))

    @router.delete("/v1/calls/{uuid}/stream")
    @router.delete("/v1/calls/{uuid}/talk")
    async def stop_stream_or_talk(request: Request, uuid: str) -> Response:
        leg, what = answered(request, uuid), request.url.path.rpartition("/")[2]
        answer = noted(request, leg, None, done(f"{what.capitalize()} stopped", uuid))
        network.stop_playing(leg, f"rest_{what}")
        return answer

    @router.put("/v1/calls/{uuid}/dtmf")
    async def send_dtmf(request: Request, uuid: str) -> Response:
        leg, body = answered(request, uuid), await json_body(request)
        digits = dtmf_body(body)
        answer = noted(request, leg, body, done("DTMF sent", uuid))
        network.send_keys(leg, digits, by="api")
        return answer

    @router.put("/v1/calls/{uuid}/input/dtmf")
    @router.delete("/v1/calls/{uuid}/input/dtmf")
    async def subscribe_keys(request: Request, uuid: str) -> Response:
        leg, body = answered(request, uuid), await json_body(request) if request.method == "PUT" else None
        subscribe(network, leg, None if body is None else subscription_body(body))
        return noted(request, leg, body, Response(status_code=200))

    @router.get("/v1/files/{uuid}")
    async def recording(request: Request, uuid: str) -> Response:
        file = await network.recordings.file(uuid, caller(request))
        if file is None:
            raise conversation(404, "http:error:not-found", f"There is no file {uuid}.")
        return Response(file.data, headers={"content-type": file.media_type})

    return router


def _page(legs: list[Leg], query: Any, network: Network) -> dict[str, Any]:
    """One page of calls with its links: ``record_index`` is a record offset; next and prev only where they exist."""
    size, index = whole(query, "page_size", 10, 1, 100), whole(query, "record_index", 0, 0, 1_000_000)
    keep = {name: query[name] for name in FILTERS if name in query}
    begin, end = _date(query, "date_start"), _date(query, "date_end")
    for name, allowed in (("order", ("asc", "desc")), ("status", STATUSES)):
        if query.get(name, allowed[0]) not in allowed:
            raise backend([(name, f"must be one of: {', '.join(allowed)}")])
    found = [
        leg
        for leg in (reversed(legs) if query.get("order") == "desc" else legs)
        if keep.get("status") in (None, leg.status)
        and keep.get("conversation_uuid") in (None, leg.conversation)
        and (begin is None or begin <= network.clock.date(leg.created_at))
        and (end is None or network.clock.date(leg.created_at) <= end)
    ]

    def href(at: int | None) -> dict[str, str]:
        place = {} if at is None else {"record_index": at}
        return {"href": "/v1/calls?" + urlencode({"page_size": size, **place, **keep})}

    last = max(0, (len(found) - 1) // size * size)
    links = {"self": href(index), "first": href(None), "last": href(last)}
    if index + size < len(found):
        links["next"] = href(index + size)
    if index > 0:
        links["prev"] = href(max(0, index - size))
    calls = [payloads.call_resource(leg) for leg in found[index : index + size]]
    return {"count": len(found), "page_size": size, "record_index": index, "_links": links,
            "_embedded": {"calls": calls}}  # fmt: skip


def whole(
    query: Any, name: str, usual: int, low: int, high: int, refusal: Callable[[str, str], ApiError] | None = None
) -> int:
    """The whole number in a query parameter. Raises ``refusal(name, reason)``, by itself family C."""
    text = query.get(name, str(usual))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
        reason = f"must be between {low} and {high}"
        raise refusal(name, reason) if refusal else backend([(name, reason)])
    return int(text)


def _date(query: Any, name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        date = datetime.fromisoformat(query[name])
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    except ValueError:
        raise backend([(name, "must be an ISO 8601 date and time such as 2026-01-31T07:45:14Z")]) from None


def answer_errors(app: FastAPI, ids: Ids) -> None:
    """Send ApiErrors as they are, the framework's own as family A, and a trace id with every reply."""

    @app.exception_handler(ApiError)
    async def api_error(request: Request, error: ApiError) -> Response:
        why = re.sub(r"[^ -~]", "?", error.why)  # what a header may hold
        headers = {"x-simulator-why": why} if why else {}
        return JSONResponse(error.told(request.scope), error.status, headers=headers)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        detail = f"Request method '{request.method}' not supported" if error.status_code == 405 else None
        known = problem(error.status_code if error.status_code in PROBLEMS else 500, detail=detail)
        if error.status_code == 405 and _is_voice(request):
            known = proxy(405)
        return JSONResponse(known.told(request.scope), error.status_code, headers=error.headers)

    app.add_middleware(UsualHeaders, ids=ids)


# Seen on a real reply of the Voice API (vonage-node-sdk issue 133). strict-transport-security means nothing over http.
USUAL_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"x-frame-options", b"deny"), (b"x-xss-protection", b"1")]


class UsualHeaders:
    """Puts ``x-nexmo-trace-id`` and what else is usual on every reply."""

    def __init__(self, app: ASGIApp, ids: Ids) -> None:
        self._app, self._ids = app, ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace = cache(self._ids.hex)  # drawn when it is first told: replies come in the same order on every run

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = (b"x-nexmo-trace-id", trace().encode())
                message["headers"] = [*message.get("headers", []), told, *USUAL_HEADERS]
            await send(message)

        scope = {**scope, "state": {**scope.get("state", {}), "trace": trace}}
        await self._app(scope, receive, with_headers)
