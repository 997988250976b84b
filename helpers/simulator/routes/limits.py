"""What a client may cost the simulator: how large a request is, how deep, how long it takes to come, and how many.

Vonage publishes no such figures; these are the kit's own. A client that keeps to the API never meets them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import h11
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import problem

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BODY = 1_000_000  # bytes; as many as a webhook's reply may have
DISCARDED = 32_000_000  # bytes of a body that is too large which are read all the same, so that the reply gets through
BODY_SECONDS = 30.0  # real ones, for a whole body
HEAD_SECONDS = 30.0  # real ones, for a whole head: request line and headers
MOST_HEADS = 256  # connections whose head has not come yet; one more, and the oldest is closed
MOST_NESTED = 100  # lists and objects within each other


class TooLarge(Exception):
    """The body is longer than LARGEST_BODY."""


class BodyLimits:
    """Reads a request's body before anything is done with it; one that is too large or too slow is refused.

    413 and 408 are family A, on the control plane its own form. They close the connection.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        has_body = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
        if scope["type"] != "http" or not has_body:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive, headers)
        except TooLarge:
            why = f"The body is larger than {LARGEST_BODY:,} bytes, which is as much as the simulator reads."
            await _refusal(413, why, "Send less; a file is played from its address.", scope)(scope, receive, send)
            return
        except TimeoutError:
            why = f"The body was not complete after {BODY_SECONDS:g} seconds."
            await _refusal(408, why, "Send as many bytes as Content-Length says.", scope)(scope, receive, send)
            return
        if body is None:  # the client has gone
            return
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, again, send)


async def _read(receive: Receive, headers: dict[bytes, bytes]) -> bytes | None:
    """The whole body; None when the client goes away. Raises TooLarge."""
    declared = int(headers.get(b"content-length", b"0"))
    if declared > DISCARDED or (declared > LARGEST_BODY and b"expect" in headers):
        raise TooLarge  # nothing of it needs to be read
    body, length, more = bytearray(), 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part, more = message.get("body", b""), message.get("more_body", False)
        length += len(part)
        if length > DISCARDED:
            break
        if length <= LARGEST_BODY:
            body += part
        else:
            body.clear()
    if length > LARGEST_BODY:
        raise TooLarge
    return bytes(body)


def _refusal(status: int, why: str, cure: str, scope: Scope) -> JSONResponse:
    # RFC 7807 names this type for what only repeats the status.
    body = problem(status, kind="about:blank", detail=why).told(scope)
    told = {"error": why, "cure": cure} if scope["path"].startswith("/simulator") else body
    return JSONResponse(told, status, headers={"x-simulator-why": why, "connection": "close"})


def too_deep(value: Any) -> bool:
    """True when JSON has more lists and objects within each other than MOST_NESTED: recursive code would break."""
    level = [value]
    for _ in range(MOST_NESTED):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterator[Any]:
    """The lists and objects directly in a list or an object."""
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (one for one in values if isinstance(one, dict | list))


def patient_protocol() -> type[H11Protocol]:
    """The web server's protocol, which closes connections whose head does not come: a class for one server."""
    waiting: dict[H11Protocol, asyncio.TimerHandle] = {}  # the oldest first

    class Patient(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._await_head()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is h11.IDLE:
                self._await_head()
            else:
                self._head_is_there()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_is_there()
            super().connection_lost(exc)

        def _await_head(self) -> None:
            if self in waiting or self.transport.is_closing():
                return
            waiting[self] = self.loop.call_later(HEAD_SECONDS, self.transport.abort)
            if len(waiting) > MOST_HEADS:
                oldest = next(iter(waiting))
                waiting.pop(oldest).cancel()
                oldest.transport.abort()

        def _head_is_there(self) -> None:
            if timer := waiting.pop(self, None):
                timer.cancel()

    return Patient
