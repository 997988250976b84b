"""Vonage's balance and prices as HTTP: Account API 1.0.4 and Pricing API 0.0.3, both on rest.nexmo.com there."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ..account.auth import account_credentials
from ..account.money import balance, price_list, prices
from ..errors import ApiError, problem
from ..legs.network import Network


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
            raise _missing(needed)

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


def _missing(name: str) -> ApiError:
    """The Pricing API's own form of family B: an object about one parameter."""
    invalid = {"parameter": name, "message": "Is required"}
    body = {"type": "BAD_REQUEST", "error_title": "Bad Request", "invalid_parameters": invalid}
    return ApiError(400, body)
