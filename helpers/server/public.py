"""The web server as strangers meet it: short requests, few connections, and nobody who dawdles."""

from __future__ import annotations

from typing import Any

LARGEST_BODY = 64 * 1024  # bytes; webhooks have some hundred
LARGEST_HEAD = 16 * 1024  # bytes of request line and headers
MOST = 250  # connections; select(), which is quicker than poll() here, can watch 1024 at most
SLOW = 15  # seconds after which a connection without a whole request is closed


def public_server(app: Any, listener: Any, dispatcher: Any) -> Any:
    """A waitress like that. Where there are too many connections, the one that has been quiet for longest goes.

    So a new one, and with it the next webhook, is always let in.
    """
    from waitress.adjustments import Adjustments
    from waitress.server import TcpWSGIServer

    class Server(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
        def maintenance(self, now: float) -> None:
            super().maintenance(now)  # closes those on which nothing moves
            for channel in self.active_channels.values():
                # By its age: one letter now and then is not quiet, and never becomes a request.
                if not (channel.requests or channel.total_outbufs_len) and channel.creation_time < now - SLOW:
                    channel.will_close = True

        def handle_accept(self) -> None:
            super().handle_accept()
            idle = [one for one in self.active_channels.values() if not (one.requests or one.will_close)]
            if len(self.active_channels) > MOST and idle:
                min(idle, key=lambda channel: channel.last_activity).will_close = True

    limits = Adjustments(
        sockets=[listener], connection_limit=MOST + 50, max_request_body_size=LARGEST_BODY + 1,
        max_request_header_size=LARGEST_HEAD, channel_timeout=SLOW, cleanup_interval=1,
    )  # fmt: skip
    where = (listener.family, listener.type, listener.proto, listener.getsockname())
    return Server(app, {}, True, listener, dispatcher=dispatcher, adj=limits, bind_socket=False, sockinfo=where)
