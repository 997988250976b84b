"""Vonage's Applications, Numbers, balance and prices as HTTP: requests in, replies out, no state of its own.

Applications v2 (definition 2.4.1) takes Basic credentials; Numbers (1.1.0), Account 1.0.4 (balance) and Pricing 0.0.3
take those or the older ``?api_key=&api_secret=``. At Vonage they live on two hosts; here all paths are on one address.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from ..account.account import Account, Offer
from ..account.applications import checked_capabilities, checked_key, checked_name, checked_privacy, new_key_pair
from ..account.auth import account_credentials, basic_credentials
from ..account.money import balance, price_list, prices
from ..errors import ApiError, problem
from ..errors import numbers as number_error
from ..legs.network import Network
from .voice import json_body, whole

LIST_VALIDATION = "https://developer.vonage.com/api-errors/application#list-validation"
SETTINGS = (
    "app_id", "moHttpUrl", "moSmppSysType", "voiceCallbackType", "voiceCallbackValue", "voiceStatusCallback",
    "messagesCallbackType", "messagesCallbackValue",
)  # fmt: skip


def applications_api(account: Account) -> APIRouter:
    """``/v2/applications``."""

    async def check(request: Request) -> None:
        if not account.knows(*basic_credentials(request.headers.get("authorization", ""))):
            raise problem(401)
        if not takes_json(request.headers.get("accept", "")):
            raise problem(406)

    router = APIRouter(dependencies=[Depends(check)])

    def linked(application: dict[str, Any]) -> dict[str, Any]:
        return application | {"_links": {"self": {"href": f"/v2/applications/{application['id']}"}}}

    @router.post("/v2/applications")
    async def create(request: Request) -> Response:
        body = await json_body(request)
        # All is checked before a key is made.
        _, _, _, public = checked_name(body), checked_capabilities(body), checked_privacy(body), checked_key(body)
        # Making a key takes a tenth of a second, in which calls must go on.
        pair = (public, None) if public else await asyncio.to_thread(new_key_pair)
        return JSONResponse(linked(account.create_application(body, *pair)), 201)

    @router.get("/v2/applications")
    async def listing(request: Request) -> Response:
        query = request.query_params
        size, page = whole(query, "page_size", 10, 1, 100, _no_page), whole(query, "page", 1, 1, 1_000_000, _no_page)
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
    async def get(uuid: str) -> Response:
        return JSONResponse(linked(account.application(uuid)))

    @router.put("/v2/applications/{uuid}")
    async def replace(request: Request, uuid: str) -> Response:
        return JSONResponse(linked(account.replace_application(uuid, await json_body(request))))

    @router.delete("/v2/applications/{uuid}")
    async def delete(uuid: str) -> Response:
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
            raise _failed()
        for name in ("country", "msisdn"):
            if not fields.get(name):
                raise _failed()
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
            raise _failed()
        found = [_offered(offer) for offer in account.offers() if _offer_fits(offer, request.query_params)]
        return JSONResponse(_numbers_page(request, found))

    @router.post("/number/buy")
    @router.post("/number/cancel")
    async def buy_or_cancel(request: Request) -> Response:
        fields = await form(request)
        change = account.buy if request.url.path.endswith("buy") else account.cancel
        change(fields["country"], fields["msisdn"])
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


def _no_page(name: str, reason: str) -> ApiError:
    return problem(400, kind=LIST_VALIDATION, invalid=[{"name": name, "reason": reason}])


def _numbers_page(request: Request, found: list[dict[str, Any]]) -> dict[str, Any]:
    """``count`` is that of all numbers found, not of the page; nothing found is an empty object."""
    query = request.query_params
    size, index = whole(query, "size", 10, 1, 100, _failed), whole(query, "index", 1, 1, 1_000_000, _failed)
    page = found[(index - 1) * size : index * size]
    return {"count": len(found), "numbers": page} if page else {}


def _failed(*_: str) -> ApiError:
    return number_error(420, "method failed")


def _matches(msisdn: str, query: Any) -> bool:
    """``search_pattern``: 0 starts with, 1 contains, 2 ends with."""
    pattern, where = query.get("pattern", ""), query.get("search_pattern", "0")
    tests = {"0": msisdn.startswith, "1": msisdn.__contains__, "2": msisdn.endswith}
    if where not in tests:
        raise _failed()
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


def money_api(network: Network) -> APIRouter:
    """``/account/get-balance`` and ``/account/get-…pricing/outbound/voice``."""
    router = APIRouter()

    def check_prices(request: Request, service: str, needed: str = "") -> None:
        """Credentials, then the service, then the one parameter that must be there."""
        if not account_credentials(request, network.account):
            body = {"currency": "EUR", "code": "401", "error-code-label": "authentication failed"}
            raise ApiError(401, body)
        if service != "voice":
            raise problem(404)
        if needed and not request.query_params.get(needed):
            # The Pricing API's own form of family B: an object about one parameter.
            invalid = {"parameter": needed, "message": "Is required"}
            raise ApiError(400, {"type": "BAD_REQUEST", "error_title": "Bad Request", "invalid_parameters": invalid})

    @router.get("/account/get-balance")
    async def get_balance(request: Request) -> Response:
        if not account_credentials(request, network.account):
            raise problem(401)
        left = balance(network.account, network.legs.values())
        return JSONResponse({"value": float(left), "autoReload": False})

    @router.get("/account/get-pricing/outbound/{service}")
    async def one_country(request: Request, service: str) -> Response:
        check_prices(request, service, "country")
        found = prices(request.query_params["country"])
        # The PHP SDK knows an empty reply as "no results found".
        return JSONResponse(found) if found else Response(status_code=200)

    @router.get("/account/get-full-pricing/outbound/{service}")
    async def every_country(request: Request, service: str) -> Response:
        check_prices(request, service)
        return JSONResponse(price_list())

    @router.get("/account/get-prefix-pricing/outbound/{service}")
    async def one_prefix(request: Request, service: str) -> Response:
        check_prices(request, service, "prefix")
        return JSONResponse(price_list(request.query_params["prefix"]))

    return router
