"""On a stepped clock a request is answered when all that it set off at this moment of call time has been done."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..clock import Clock


class Settling:
    """Holds the replies to requests that change something.

    Call time stands still between two requests, real time does not: without this a client's next request would come
    before or after the webhook that the last one set off, and the same program would leave different records.

    A request that comes while a webhook is under way may come from the very server that is asked, and is not held.
    """

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app, self._clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS") or self._clock.is_busy:
            await self._app(scope, receive, send)
            return

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._clock.settle()
            await send(message)

        await self._app(scope, receive, hold)
