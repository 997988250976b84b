"""The five families of error bodies that Vonage's services answer with.

Which service speaks which family, and the literal titles, follow the captured replies collected from the SDKs' test
data and the API definitions (Application API 2.4.1, Numbers API 1.1.0, Voice API 1.10.0). The Voice definition itself
documents no bodies; what stands here for it was seen on the wire by others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import Scope

DOCS = "https://developer.vonage.com/api-errors"

PROBLEMS = {
    400: ("bad-request", "Bad Request", "The request failed due to validation errors"),
    401: ("unauthorized", "Unauthorized", "You did not provide correct credentials."),
    402: ("low-balance", "Low balance", "The account has too little money left for this request"),
    404: ("not-found", "Not Found", "The resource does not exist, or you do not have access"),
    405: ("wrong-verb", "Request method not allowed", "Request method not supported"),
    406: ("accept-header", "Invalid Accept header", "This API answers application/json"),
    408: ("request-timeout", "Request Timeout", "The request did not come in time"),
    413: ("content-too-large", "Content Too Large", "The request is too large"),
    415: ("content-type-header", "Unsupported Content-Type header", "This API takes application/json"),
    429: ("rate-limit", "Rate Limit Hit", "Please wait, then retry your request"),
    500: ("internal-error", "Internal Server Error", "Something went wrong"),
}

LEGACY = {
    400: ("BAD_REQUEST", "Bad Request"),
    401: ("UNAUTHORIZED", "Unauthorized"),
    404: ("NOT_FOUND", "Not Found"),
    405: ("METHOD_NOT_ALLOWED", "Method Not Allowed"),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type"),
}


class ApiError(Exception):
    """An error reply: raised anywhere below the API, sent as it is."""

    def __init__(self, status: int, body: dict[str, Any], why: str = "") -> None:
        super().__init__(why or f"{status} {body}")
        self.status = status
        self.body = body
        self.why = why  # for the side log only: the wire stays as terse as the real one

    def told(self, scope: Scope) -> dict[str, Any]:
        """The body as the reply to one request has it: family A names its trace."""
        return self.body | ({"instance": scope["state"]["trace"]()} if "instance" in self.body else {})


def problem(
    status: int,
    *,
    detail: str | None = None,
    kind: str | None = None,
    invalid: list[dict[str, str]] | None = None,
    why: str = "",
) -> ApiError:
    """Family A, RFC 7807: Applications, and the gateway in front of every API."""
    fragment, title, usual = PROBLEMS[status]
    body: dict[str, Any] = {"type": kind or f"{DOCS}#{fragment}", "title": title, "detail": detail or usual}
    if invalid:
        body["invalid_parameters"] = invalid
    return ApiError(status, body | {"instance": ""}, why)


def proxy(status: int, invalid: dict[str, str] | None = None, why: str = "") -> ApiError:
    """Family B, the proxy in front of Voice: bad token, unknown call, another verb or type, hang-up too soon."""
    kind, title = LEGACY[status]
    body: dict[str, Any] = {"type": kind, "error_title": title}
    return ApiError(status, body | ({"invalid_parameters": invalid} if invalid else {}), why)


def backend(reasons: list[tuple[str, str]], why: str = "") -> ApiError:
    """Family C, the voice backend: a field of the body is wrong. ``reasons`` holds (field name, reason)."""
    invalid = [{"reason": reason, "name": name} for name, reason in reasons]
    return ApiError(400, {"type": 400, "title": "Bad Request", "invalid_parameters": invalid}, why)


def conversation(status: int, code: str, description: str) -> ApiError:
    """Family D, the newer voice core: recordings, users."""
    return ApiError(status, {"code": code, "description": description})


def numbers(status: int, label: str) -> ApiError:
    """Family E, the Numbers API: the code is repeated as a string."""
    return ApiError(status, {"error-code": str(status), "error-code-label": label})
