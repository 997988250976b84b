"""Where ``connect`` can call: a phone, an app user, a WebSocket, a SIP address, a Vonage Business extension.

Source: NCCO reference (connect), Voice API OpenAPI 1.10, the WebSocket guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from ..problems.fixes import drop
from ..problems.problems import Problem, error
from .fields import Digits, Free, PhoneNumber, Says, SipUri, Url, WebsocketUri
from .model import Options, Part

# The longest `headers` object that is passed on to a WebSocket, in bytes of JSON.
HEADERS_LIMIT = 512


class OnAnswer(Part):
    """What the called person hears before the two calls are joined."""

    url: Url = Field(
        description="The address of an NCCO that is played to the called person first.",
        examples=["https://example.com/whisper"],
    )
    ringbackTone: Annotated[Url, Says(either=True)] | None = Field(
        None,
        description="The address of a sound the caller hears while it rings, as plain text, not as a list.",
        examples=["https://example.com/ringing.mp3"],
    )
    ringback: Annotated[Url, Says(either=True)] | None = Field(
        None,
        description="The old name of ringbackTone.",
        examples=["https://example.com/ringing.mp3"],
        json_schema_extra={
            "deprecated": True,
            "instead": "ringbackTone",
            "source": "NCCO reference of 2021",
            "date": "2021-07",
        },
    )


class _Endpoint(Part):
    def model_post_init(self, context: Any, /) -> None:
        # The type goes out on the wire even if nobody wrote it down.
        self.__pydantic_fields_set__.add("type")


class PhoneEndpoint(_Endpoint):
    """An ordinary telephone."""

    type: Literal["phone"] = Field("phone", description="An ordinary telephone.")
    number: PhoneNumber = Field(
        description="The number to call: country code first, digits only.", examples=["447700900001"]
    )
    dtmfAnswer: Digits | None = Field(
        None,
        description="Keys to press as soon as the call is answered; p waits half a second.",
        examples=["1p2#"],
    )
    onAnswer: OnAnswer | None = Field(
        None,
        description="What the called person hears before the two calls are joined.",
        examples=[{"url": "https://example.com/whisper"}],
    )
    shaken: str | None = Field(
        None,
        description="The STIR/SHAKEN Identity header; available on request only.",
        examples=["the-header-as-issued"],
    )


class AppEndpoint(_Endpoint):
    """A user of an app built with Vonage's Client SDK."""

    type: Literal["app"] = Field("app", description="A user of an app built with the Client SDK.")
    user: str = Field(min_length=1, description="The user's name.", examples=["jamie"])


class Authorization(Part):
    """How Vonage identifies itself to your WebSocket server."""

    type: Literal["vonage", "custom"] = Field(
        "vonage",
        description='"vonage" sends a signed token as webhooks do; "custom" sends value as it is.',
        examples=["custom"],
    )
    value: str | None = Field(
        None, description='The Authorization header to send when type is "custom".', examples=["Bearer abc"]
    )


class WebsocketEndpoint(_Endpoint):
    """A server of yours that receives and sends the raw sound."""

    type: Literal["websocket"] = Field("websocket", description="A server of yours that gets the raw sound.")
    uri: WebsocketUri = Field(
        description="The address of your WebSocket server.", examples=["wss://example.com/socket"]
    )
    contentType: Literal["audio/l16;rate=8000", "audio/l16;rate=16000", "audio/l16;rate=24000"] = Field(
        alias="content-type",
        description="The sound's format: 16-bit samples, 8000, 16000 or 24000 of them a second.",
        examples=["audio/l16;rate=16000"],
        json_schema_extra={"source": "Voice API OpenAPI 1.10"},
    )
    headers: Free | None = Field(
        None,
        description="Your own facts for the server, sent in the first message; 512 bytes at most.",
        examples=[{"caller": "447700900001"}],
    )
    authorization: Authorization | None = Field(
        None,
        description="How Vonage identifies itself to your server.",
        examples=[{"type": "custom", "value": "Bearer abc"}],
    )

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        headers = given.get("headers")
        size = _size(headers) if isinstance(headers, dict) else 0
        if size > HEADERS_LIMIT:
            said = f"headers of websocket take {size} bytes; {HEADERS_LIMIT} is the limit."
            yield error("headers", said, "Send less.", rule="headers-too-large")


def _size(headers: dict[str, Any]) -> int:
    try:
        return len(json.dumps(headers, ensure_ascii=False).encode("utf-8", "replace"))
    except (TypeError, ValueError, RecursionError):
        return 0  # the model refuses what is not JSON


class StandardHeaders(Part):
    """SIP headers that are sent under their own name, without ``X-`` in front."""

    userToUser: Annotated[str, Field(max_length=256)] | None = Field(
        None,
        alias="User-to-User",
        description="The User-to-User header, 256 characters at most.",
        examples=["342342ef34;encoding=hex"],
    )


class SipEndpoint(_Endpoint):
    """A SIP telephone system: either ``uri``, or ``user`` and ``domain``."""

    type: Literal["sip"] = Field("sip", description="A SIP telephone system.")
    uri: SipUri | None = Field(
        None,
        description="The SIP address; ;transport=tls and ;media=srtp may follow it.",
        examples=["sip:reception@sip.example.com"],
    )
    user: str | None = Field(None, description="The user at domain, in place of uri.", examples=["reception"])
    domain: str | None = Field(None, description="Your SIP domain, in place of uri.", examples=["example"])
    headers: Free | None = Field(
        None,
        description="Your own headers; each is sent with X- in front of its name.",
        examples=[{"location": "London"}],
    )
    standardHeaders: StandardHeaders | None = Field(
        None,
        description="Headers that are sent under their own name.",
        examples=[{"User-to-User": "342342ef34;encoding=hex"}],
    )

    @classmethod
    def together(cls, given: Options) -> Iterator[Problem]:
        has_uri, has_user = "uri" in given, "user" in given or "domain" in given
        if has_uri and has_user:
            fix = drop("Keep uri", ("user",), ("domain",))
            cure = "Keep uri, or user and domain."
            yield error("uri", "sip has both uri and user or domain.", cure, rule="sip-two-ways", fix=fix)
        if not has_uri and not ("user" in given and "domain" in given):
            cure = 'Write for example "uri": "sip:reception@sip.example.com".'
            yield error("uri", "sip needs uri, or user and domain.", cure, rule="sip-nowhere")


class VbcEndpoint(_Endpoint):
    """An extension of a Vonage Business Communications account."""

    type: Literal["vbc"] = Field("vbc", description="An extension of Vonage Business Communications.")
    extension: str = Field(min_length=1, description="The extension's number, as text.", examples=["1234"])


Endpoint = Annotated[
    PhoneEndpoint | AppEndpoint | WebsocketEndpoint | SipEndpoint | VbcEndpoint, Field(discriminator="type")
]
OneEndpoint = Annotated[list[Endpoint], Field(min_length=1, max_length=1), Says()]

ENDPOINTS: dict[str, type[Part]] = {
    "phone": PhoneEndpoint,
    "app": AppEndpoint,
    "websocket": WebsocketEndpoint,
    "sip": SipEndpoint,
    "vbc": VbcEndpoint,
}


def check_endpoint(endpoint: object) -> Iterator[Problem]:
    """The rules between the options of one endpoint object of any type, told as those of ``connect``."""
    if isinstance(endpoint, dict) and isinstance(endpoint.get("type"), str) and endpoint["type"] in ENDPOINTS:
        for problem in ENDPOINTS[endpoint["type"]].together(endpoint):
            fix = problem.fix.inside("endpoint", 0) if problem.fix else None
            yield replace(problem, field=f"endpoint.{problem.field}", fix=fix)
