"""The web server as strangers meet it: short requests, few connections, and nobody who dawdles."""

from __future__ import annotations

import time
from typing import Any

LARGEST_BODY = 64 * 1024  # bytes; webhooks have some hundred
LARGEST_HEAD = 16 * 1024  # bytes of request line and headers
MOST = 250  # connections; select(), which is quicker than poll() here, can watch 1024 at most
SLOW = 15  # seconds for a whole request, and until the next one


def public_server(app: Any, listener: Any, dispatcher: Any) -> Any:
    """A waitress like that. Where there are too many connections, the one that has been quiet for longest goes.

    So a new one, and with it the next webhook, is always let in.
    """
    from waitress.adjustments import Adjustments
    from waitress.channel import HTTPChannel
    from waitress.parser import HTTPRequestParser
    from waitress.server import TcpWSGIServer

    class Request(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
        def __init__(self, adj: Any) -> None:
            super().__init__(adj)
            self.began = time.monotonic()

    class Channel(HTTPChannel):  # type: ignore[misc]
        parser_class = Request

    class Server(TcpWSGIServer):  # type: ignore[misc]
        channel_class = Channel

        def maintenance(self, now: float) -> None:
            super().maintenance(now)  # closes those from which nothing comes at all
            for channel in self._unasked():
                # One letter now and then is not quiet, and never becomes a request.
                if channel.request is not None and time.monotonic() - channel.request.began > SLOW:
                    channel.will_close = True

        def handle_accept(self) -> None:
            super().handle_accept()
            unasked = self._unasked()
            if len(self.active_channels) > MOST and unasked:
                min(unasked, key=lambda channel: channel.last_activity).will_close = True

        def _unasked(self) -> list[Any]:
            """The connections that have not asked for anything, or have got their reply."""
            return [one for one in self.active_channels.values() if not (one.requests or one.will_close)]

    limits = Adjustments(
        sockets=[listener], connection_limit=MOST + 50, max_request_body_size=LARGEST_BODY + 1,
        max_request_header_size=LARGEST_HEAD, channel_timeout=SLOW, cleanup_interval=1,
    )  # fmt: skip
    where = (listener.family, listener.type, listener.proto, listener.getsockname())
    return Server(app, {}, True, listener, dispatcher=dispatcher, adj=limits, bind_socket=False, sockinfo=where)
