"""The simulator's OpenAPI document: everything on its address, in the words that other tools read.

It is put together from what the simulator itself checks with: the action models, lists of statuses, regions, faults. A
test holds its paths against the routes, and its schemas against the replies.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from ...account.regions import REGIONS
from .account import account_paths, account_schemas
from .control import control_paths, control_schemas
from .ncco import endpoint_schemas, ncco_schemas
from .operations import FAMILIES
from .voice import voice_paths, voice_schemas

ABOUT = """\
A Vonage Voice API on this machine: Voice 1.10.0, Applications 2.4.1, Numbers 1.1.0, balance and prices, all on one
address, and a control plane that only the simulator has. How each behaviour is known: FIDELITY.md."""


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document, OpenAPI 3.1. Do not change what it returns: it is made once."""
    schemas = {
        **FAMILIES, **ncco_schemas(), **endpoint_schemas(), **voice_schemas(), **account_schemas(), **control_schemas(),
    }  # fmt: skip
    in_query = {"type": "apiKey", "in": "query"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Voice call simulator", "version": "1.10.0", "description": ABOUT},
        "servers": [
            {"url": "/"},
            {
                "url": "/{region}",
                "description": "The same in one region: calls of another one are unknown there.",
                "variables": {"region": {"enum": list(REGIONS), "default": next(iter(REGIONS))}},
            },
        ],
        "paths": {**voice_paths(), **account_paths(), **control_paths()},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                    "description": "RS256, signed with an application's private key.",
                },
                "account": {"type": "http", "scheme": "basic", "description": "API key and secret."},
                "api_key": {**in_query, "name": "api_key"},
                "api_secret": {**in_query, "name": "api_secret"},
                "control": {"type": "http", "scheme": "bearer", "description": "The token printed at the start."},
            },
        },
    }  # fmt: skip


def openapi_api() -> APIRouter:
    """``GET /simulator/openapi.json``: it holds no secret, so it needs no token."""
    router = APIRouter()

    @router.get("/simulator/openapi.json")
    async def openapi() -> Response:
        return JSONResponse(document())

    return router
