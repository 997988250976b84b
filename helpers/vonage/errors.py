"""What the API says when it says no: one shape for its five families of error bodies, and what to do next."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from ..base.errors import KitError
from ..base.masking import mask
from ..wire.exchanges import RoundTrip


class VonageError(KitError):
    """A request that did not succeed.

    ``request`` is ``POST https://…``, ``status`` the HTTP status (None: no reply), ``body`` the reply (dict, list or
    text), ``title``, ``detail`` and ``invalid_parameters`` (``[{"name", "reason"}]``) what it says, ``advice`` what to
    do next, ``exchange`` the whole request and reply, masked.
    """

    request: str
    status: int | None
    body: Any
    title: str
    detail: str
    invalid_parameters: list[dict[str, str]]
    advice: str
    exchange: RoundTrip


class BadRequestError(VonageError):
    """400: the API understood the request and refuses what is in it, or the call's state forbids it."""


class AuthenticationError(VonageError):
    """401: the API does not believe who is asking."""


class ForbiddenError(VonageError):
    """403: the account may not do this."""


class NotFoundError(VonageError):
    """404: there is no such call, application or file, at least not for this application and in this region."""


class MethodFailedError(VonageError):
    """420: the Numbers API cannot do this with this number."""


class RateLimitedError(VonageError):
    """429: too many requests, and waiting a little did not help."""


class ServerError(VonageError):
    """5xx: it is not your fault."""


class NoReplyError(VonageError):
    """No reply came: refused, broken or too slow. Why is in ``exchange.error``."""


GATE = "about:blank#live-gate"  # the type of a 403 that the gate of live mode gives, and not Vonage
_CLASSES: dict[int, type[VonageError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    420: MethodFailedError,
    429: RateLimitedError,
}

# The reasons support gives for a 401; the reply does not tell them apart (Vonage support article 360000958367).
_TOKEN_REFUSED = (
    "The reply does not say which of these it is, so check them all: is VONAGE_APPLICATION_ID the application this "
    "private key belongs to; was the key renewed without saving; is the computer's clock right; does the application "
    "have the voice capability? Lesson 05 takes the token apart."
)
_ADVICE = {
    403: "The account may not do this: look in the dashboard at its features, countries and balance.",
    405: "This address takes another method: look at the request with kit.vonage.wire.show().",
    406: "Ask for application/json in the Accept header.",
    415: "Send the body as the API expects it: JSON with Content-Type application/json, forms for numbers.",
    420: "The number is not free, not yours, or its country wants papers: list your numbers, or search again.",
    429: "At most 3 calls and 15 other requests a second (Vonage support article 207100288): wait and try again.",
}
NO_REPLY = {
    "connection refused": "Nothing listens at that address. Is the simulator running? kit = setup() starts it.",
    "name not found": "This host name is not known: check VONAGE_API_URL, and whether the internet can be reached.",
    "connect timeout": "The host does not answer: check the internet connection, a proxy or a firewall.",
    "certificate refused": "The host's certificate is not trusted. Does a proxy of your school or firm open them? "
    "Then set REQUESTS_CA_BUNDLE to its file of certificates in the environment, and begin anew. Is the clock right?",
    "no https there": "The host speaks http only: write http:// in VONAGE_API_URL.",
    "proxy failed": "The proxy named in HTTP_PROXY or HTTPS_PROXY does not let this through.",
}


def error_from_reply(exchange: RoundTrip, text: str) -> VonageError:
    """The error for a reply, of the class that fits its status. ``text`` is the reply's body as it came."""
    body = _parsed(mask(text))
    status = _meant_status(exchange.status or 0, body)
    fields = body if isinstance(body, dict) else {}
    title, detail, invalid = _title(fields), str(fields.get("detail") or ""), _invalid_parameters(fields)
    said = "; ".join([f"{each['name']}: {each['reason']}" for each in invalid]) or detail or title
    ended = said if said.endswith("?") else f"{said.rstrip('.')}."
    name = "" if status != exchange.status else _phrase(status)
    answered = f"{exchange.method} {exchange.path} was answered {f'{status} {name}'.strip()}"
    advice = _advice(status, exchange, invalid)
    if fields.get("type") == GATE:
        answered = f"{exchange.method} {exchange.path} was not sent: the kit's own gate refused it"
        advice = str(fields.get("cure") or "Nothing was done, and nothing costs.")
    return _class_of(status)(
        f"{answered}: {ended}" if said and said.rstrip(".") != name else f"{answered}.",
        advice,
        request=_request(exchange),
        status=status,
        body=body,
        title=title,
        detail=detail,
        invalid_parameters=invalid,
        advice=advice,
        exchange=exchange,
    )


def error_without_reply(exchange: RoundTrip) -> NoReplyError:
    """The error for a request that got no reply; ``exchange.error`` says why."""
    advice = NO_REPLY.get(exchange.error or "")
    if advice is None and exchange.method == "POST":
        advice = "It may have arrived all the same, so it was not sent again: look before you repeat it (list_calls)."
    return NoReplyError(
        f"{_request(exchange)} got no reply: {exchange.error}.",
        advice or "Try again; if it stays, look at the network.",
        request=_request(exchange),
        status=None,
        body=None,
        title="",
        detail="",
        invalid_parameters=[],
        advice=advice or "",
        exchange=exchange,
    )


def _request(exchange: RoundTrip) -> str:
    return f"{exchange.method} {exchange.url}"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _meant_status(status: int, body: Any) -> int:
    """The Numbers API may say 200 and mean the code in the body (Numbers API OpenAPI, response body)."""
    code = str(body.get("error-code", "")) if isinstance(body, dict) else ""
    return int(code) if status < 400 and code.isdecimal() and code.isascii() else status


def _title(fields: dict[str, Any]) -> str:
    for name in ("title", "error_title", "error-code-label", "description", "code", "type"):
        if isinstance(fields.get(name), str) and fields[name]:
            return str(fields[name])
    return ""


def _invalid_parameters(fields: dict[str, Any]) -> list[dict[str, str]]:
    """The proxy sends ``{name: reason}``, the voice backend and newer APIs ``[{"name", "reason"}]``."""
    found = fields.get("invalid_parameters")
    if isinstance(found, dict):
        return [{"name": str(name), "reason": str(reason)} for name, reason in found.items()]
    if isinstance(found, list):
        pairs = [each if isinstance(each, dict) else {"reason": each} for each in found]
        return [{"name": str(each.get("name", "?")), "reason": str(each.get("reason", ""))} for each in pairs]
    return []


def _class_of(status: int) -> type[VonageError]:
    return ServerError if status >= 500 else _CLASSES.get(status, VonageError)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _advice(status: int, exchange: RoundTrip, invalid: list[dict[str, str]]) -> str:
    # Regional hosts and a trailing slash do not matter: the path tells which API this was.
    voice = exchange.path.startswith(("/v1/calls", "/v1/files"))
    if status == 400:
        return _bad_request(exchange, invalid)
    if status == 401:
        key_and_secret = (
            "Check VONAGE_API_KEY and VONAGE_API_SECRET: the key and secret of the same account (lesson 01)."
        )
        return _TOKEN_REFUSED if voice else key_and_secret
    if status == 420 and exchange.method == "GET":
        return "A search takes numbers: size is 100 at the most, and index counts pages from 1."
    if status == 404:
        return _not_found(exchange)
    if 300 <= status < 400:
        return "Vonage's API does not redirect: check the address in VONAGE_API_URL."
    if status >= 500:
        again = " Look with list_calls before you place the call again." if exchange.method == "POST" and voice else ""
        return f"The server failed; wait a little and try again.{again}"
    return _ADVICE.get(status, "Look at the whole reply with kit.vonage.wire.show().")


def _bad_request(exchange: RoundTrip, invalid: list[dict[str, str]]) -> str:
    names = [each["name"] for each in invalid]
    if names and all("required" in each["reason"].lower() for each in invalid):
        asked = ", ".join("from (from_ in Python)" if name == "from" else name for name in names)
        return f"Add {asked} to what you send; kit.vonage.wire.show() shows what was sent."
    if names and all("one http or https URL" in each["reason"] for each in invalid):
        return f"Correct {', '.join(names)}: one whole address, with http:// or https:// and a host."
    if any(name.endswith(("_url", ".url")) or name in ("url", "to") for name in names):
        return f"Correct {', '.join(names)}: an address or endpoint must be in a list, even if it is only one."
    if any(name.endswith("number") and name != "random_from_number" for name in names):
        text = "Put it in quotes: a number is sent as text. " if any("string" in e["reason"] for e in invalid) else ""
        cure = "Write the number as country code and number, digits only, like 447700900001 (helpers.base.e164)."
        return text + cure
    if names:
        return f"Correct {', '.join(names)}; kit.vonage.wire.show() shows what was sent."
    if exchange.path.endswith(("/stream", "/talk", "/dtmf")):
        return "Has the call been answered yet? Wait for the answered event first."
    if exchange.method == "PUT" and exchange.path.startswith("/v1/calls/"):
        return "In the first two seconds of a call this is refused: wait two seconds and try again."
    return "Look at what was sent with kit.vonage.wire.show(): exactly one of ncco and answer_url, lists where needed."


def _not_found(exchange: RoundTrip) -> str:
    if exchange.path.startswith("/v1/calls/"):
        return (
            "Is the call over? Is this the uuid of the leg, not the conversation (CON-…)? Was the call made by this "
            "application, and in the region of this host?"
        )
    if exchange.path.startswith("/v1/files/"):
        return "A recording is deleted after 30 days, and only the application that made it may fetch it."
    if exchange.path.startswith("/v2/applications/"):
        return "This account has no such application: list_applications() shows those it has."
    return "Check the address: is VONAGE_API_URL only https:// and a host?"
