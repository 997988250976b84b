"""Vonage's Applications and Numbers APIs as HTTP: requests in, replies out, no state of its own.

Applications v2 (definition 2.4.1) takes Basic credentials; Numbers (1.1.0) takes those or the older
``?api_key=&api_secret=``. At Vonage they live on two hosts; here all paths are on one address.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..account.account import Account, Offer
from ..account.applications import checked_capabilities, checked_key, checked_name, checked_privacy, new_key_pair
from ..account.auth import account_credentials, basic_credentials
from ..errors import ApiError, problem
from ..errors import numbers as number_error
from .voice import json_body, whole

LIST_VALIDATION = "https://developer.vonage.com/api-errors/application#list-validation"
SETTINGS = (
    "app_id", "moHttpUrl", "moSmppSysType", "voiceCallbackType", "voiceCallbackValue", "voiceStatusCallback",
    "messagesCallbackType", "messagesCallbackValue",
)  # fmt: skip


def applications_api(account: Account) -> APIRouter:
    """``/v2/applications``."""
    router = APIRouter()

    def check(request: Request) -> None:
        if not account.knows(*basic_credentials(request.headers.get("authorization", ""))):
            raise problem(401)
        if not takes_json(request.headers.get("accept", "")):
            raise problem(406)

    def linked(application: dict[str, Any]) -> dict[str, Any]:
        return application | {"_links": {"self": {"href": f"/v2/applications/{application['id']}"}}}

    @router.post("/v2/applications")
    async def create(request: Request) -> Response:
        check(request)
        body = await json_body(request)
        # All is checked before a key is made.
        _, _, _, public = checked_name(body), checked_capabilities(body), checked_privacy(body), checked_key(body)
        # Making a key takes a tenth of a second, in which calls must go on.
        pair = (public, None) if public else await asyncio.to_thread(new_key_pair)
        return JSONResponse(linked(account.create_application(body, *pair)), 201)

    @router.get("/v2/applications")
    async def listing(request: Request) -> Response:
        check(request)
        size, page = _page_number(request, "page_size", 10, 100), _page_number(request, "page", 1, 1_000_000)
        found = list(account.applications.values())
        pages = max(1, -(-len(found) // size))

        def href(number: int | None) -> dict[str, str]:
            query = {"page_size": size} | ({} if number is None else {"page": number})
            return {"href": f"/v2/applications?{urlencode(query)}"}

        links = {"self": href(page), "first": href(None), "last": href(pages)}
        if page < pages:
            links["next"] = href(page + 1)
        if page > 1:
            links["prev"] = href(page - 1)
        shown = found[(page - 1) * size : page * size]
        return JSONResponse(
            {"page_size": size, "page": page, "total_items": len(found), "total_pages": pages,
             "_embedded": {"applications": shown}, "_links": links}
        )  # fmt: skip

    @router.get("/v2/applications/{uuid}")
    async def get(request: Request, uuid: str) -> Response:
        check(request)
        return JSONResponse(linked(account.application(uuid)))

    @router.put("/v2/applications/{uuid}")
    async def replace(request: Request, uuid: str) -> Response:
        check(request)
        return JSONResponse(linked(account.replace_application(uuid, await json_body(request))))

    @router.delete("/v2/applications/{uuid}")
    async def delete(request: Request, uuid: str) -> Response:
        check(request)
        account.delete_application(uuid)
        return Response(status_code=204)

    return router


def numbers_api(account: Account) -> APIRouter:
    """``/account/numbers`` and ``/number/…``."""
    router = APIRouter()

    def check(request: Request, sent: dict[str, str] | None = None) -> None:
        """Basic, or key and secret in the query, or, as the PHP SDK has it, in the form."""
        form = sent or {}
        in_form = account.knows(form.get("api_key", ""), form.get("api_secret", ""))
        if not in_form and not account_credentials(request, account):
            raise number_error(401, "authentication failed")

    async def form(request: Request) -> dict[str, str]:
        sent = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        check(request, sent)
        # Clients of old, the Node-RED palette's among them, put the fields into the query and send no body.
        fields = dict(request.query_params) | sent
        if fields.get("target_api_key", account.api_key) != account.api_key:  # a subaccount: there is none
            raise number_error(420, "method failed")
        for name in ("country", "msisdn"):
            if not fields.get(name):
                raise number_error(420, "method failed")
        return fields

    done = {"error-code": "200", "error-code-label": "success"}

    @router.get("/account/numbers")
    async def own(request: Request) -> Response:
        check(request)
        found = [number for number in account.numbers if _owned_fits(number, request.query_params)]
        return JSONResponse(_numbers_page(request, found))

    @router.get("/number/search")
    async def search(request: Request) -> Response:
        check(request)
        if not request.query_params.get("country"):
            raise number_error(420, "method failed")
        found = [_offered(offer) for offer in account.offers() if _offer_fits(offer, request.query_params)]
        return JSONResponse(_numbers_page(request, found))

    @router.post("/number/buy")
    async def buy(request: Request) -> Response:
        fields = await form(request)
        account.buy(fields["country"], fields["msisdn"])
        return JSONResponse(done)

    @router.post("/number/cancel")
    async def cancel(request: Request) -> Response:
        fields = await form(request)
        account.cancel(fields["country"], fields["msisdn"])
        return JSONResponse(done)

    @router.post("/number/update")
    async def update(request: Request) -> Response:
        fields = await form(request)
        settings = {name: fields[name] for name in SETTINGS if name in fields}
        account.update_number(fields["country"], fields["msisdn"], settings)
        return JSONResponse(done)

    return router


def takes_json(accept: str) -> bool:
    """True when an Accept header lets the reply be ``application/json``; none, or an empty one, lets it be anything."""
    weights: dict[str, float] = {}
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        weights[kind] = 0.0 if re.fullmatch(r"0(\.0*)?", weight) else 1.0
    nearest = next((kind for kind in ("application/json", "application/*", "*/*") if kind in weights), "")
    return not accept.strip() or weights.get(nearest, 0.0) > 0


def _page_number(request: Request, name: str, usual: int, high: int) -> int:
    value = whole(request.query_params.get(name, str(usual)), 1, high)
    if value is None:
        reason = f"must be between 1 and {high}"
        raise problem(400, kind=LIST_VALIDATION, invalid=[{"name": name, "reason": reason}])
    return value


def _numbers_page(request: Request, found: list[dict[str, Any]]) -> dict[str, Any]:
    """``count`` is that of all numbers found, not of the page; nothing found is an empty object."""
    size, index = _within(request, "size", 10, 100), _within(request, "index", 1, 1_000_000)
    page = found[(index - 1) * size : index * size]
    return {"count": len(found), "numbers": page} if page else {}


def _within(request: Request, name: str, usual: int, high: int) -> int:
    value = whole(request.query_params.get(name, str(usual)), 1, high)
    if value is None:
        raise number_error(420, "method failed")
    return value


def _matches(msisdn: str, query: Any) -> bool:
    """``search_pattern``: 0 starts with, 1 contains, 2 ends with."""
    pattern, where = query.get("pattern", ""), query.get("search_pattern", "0")
    tests = {"0": msisdn.startswith, "1": msisdn.__contains__, "2": msisdn.endswith}
    if where not in tests:
        raise ApiError(420, number_error(420, "method failed").body)
    return tests[where](pattern)


def _owned_fits(number: dict[str, Any], query: Any) -> bool:
    linked = "app_id" in number
    return (
        query.get("country", number["country"]).upper() == number["country"]
        and query.get("application_id") in (None, number.get("app_id"))
        and query.get("has_application", str(linked)).lower() == str(linked).lower()
        and _matches(number["msisdn"], query)
    )


def _offer_fits(offer: Offer, query: Any) -> bool:
    wanted = {feature for feature in query.get("features", "").upper().split(",") if feature}
    return (
        offer.country == query["country"].upper()
        and query.get("type") in (None, offer.type)
        and wanted <= set(offer.features)
        and _matches(offer.msisdn, query)
    )


def _offered(offer: Offer) -> dict[str, Any]:
    return {
        "country": offer.country,
        "msisdn": offer.msisdn,
        "type": offer.type,
        "initialPrice": offer.initial_price,
        "cost": offer.cost,
        "features": list(offer.features),
        "limitations": [],
    }
