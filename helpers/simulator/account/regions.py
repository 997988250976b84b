"""Regions: a call lives in one of them, each has an address of its own, and a call is unknown at every other.

The six regions and their hosts are those of the Application API 2.4.1 (VoiceRegion). On this machine a region's address
is the simulator's own with the region's name as its first path segment, ``http://127.0.0.1:9000/eu-west``: that needs
no name resolution. A request whose Host header names a region's real host is taken for that region too.
"""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

REGIONS = {
    "na-east": "api-us-3.vonage.com",
    "na-west": "api-us-4.vonage.com",
    "eu-east": "api-eu-4.vonage.com",
    "eu-west": "api-eu-3.vonage.com",
    "apac-sng": "api-ap-3.vonage.com",
    "apac-australia": "api-ap-4.vonage.com",
}
BY_HOST = {host.encode(): region for region, host in REGIONS.items()}


def base_address(url: str, region: str) -> str:
    """Where to send requests about a call in ``region``: what ``region_url`` in the answer webhook says.

    Clients that know the simulator by a host of Vonage's, which is https, know its regions by theirs.
    """
    if region and url.startswith("https:"):
        return f"https://{REGIONS[region]}"
    return f"{url}/{region}" if region else url


def region_of(scope: Scope) -> str:
    """The region whose address a request was sent to; empty for the plain address, which leads to all of them."""
    state: dict[str, Any] = scope.get("state", {})
    return str(state.get("region", ""))


class RegionalAddresses:
    """Takes the region out of a request's path or Host header, so that the routes need not know of it.

    The path goes before the header. A slash at its end means nothing: some clients write ``POST /v1/calls/``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["path"][1:].endswith("/"):
                scope = {**scope, "path": scope["path"][:-1], "raw_path": (scope.get("raw_path") or b"")[:-1]}
            first, _, rest = scope["path"][1:].partition("/")
            if first in REGIONS:
                raw = scope.get("raw_path") or b""
                scope = {**scope, "path": f"/{rest}", "raw_path": b"/" + raw[1:].partition(b"/")[2]}
                region = first
            else:
                region = BY_HOST.get(_host(scope), "")
            if region:
                scope = {**scope, "state": {**scope.get("state", {}), "region": region}}
        await self._app(scope, receive, send)


def _host(scope: Scope) -> bytes:
    """The Host header without its port, lower case."""
    host: bytes = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return host.partition(b":")[0].lower()
