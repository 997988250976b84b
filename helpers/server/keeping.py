"""What the background server keeps of a request and its reply."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..base.hosts import parts_of
from ..wire.exchanges import RoundTrip, body_text
from .signatures import check_signature
from .tracebacks import WebServerError

if TYPE_CHECKING:
    from .guard import Verdict

LARGEST_KEPT = 256 * 1024  # bytes of a reply that are read at once and kept; anything longer is streamed

# The parts of a WSGI environ that make up a request as it was sent.
KEPT = ("HTTP_", "CONTENT_", "REQUEST_", "PATH_INFO")


class Reply:
    """What an app answers: the status and headers it starts with, then its body."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self._written: list[bytes] = []

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
        self.status, self.headers = status, headers
        return self._written.append

    def take(self, result: Iterable[bytes], environ: dict[str, Any]) -> bytes | Iterable[bytes]:
        """The body as bytes if it is short and known, so that an error in it is still a 500; else what yields it."""
        has_body = not self.status.startswith(("204", "304"))
        length = next((int(value) for name, value in self.headers if name.lower() == "content-length"), None)
        is_file = isinstance(result, environ["wsgi.file_wrapper"])
        is_long = has_body and not isinstance(result, (list, tuple)) and (length is None or length > LARGEST_KEPT)
        if is_file or (self.status and is_long):
            return result
        try:
            body = b"".join([*self._written, *result])
        finally:
            close_body(result)
        if not self.status[:3].isdigit():
            raise WebServerError(f"The app started no response (status {self.status!r}).", "Hand over a Flask app.")
        return body


def close_body(result: Iterable[bytes]) -> None:
    close = getattr(result, "close", None)
    if close is not None:
        close()


def exchange_from(
    facts: dict[str, str],
    sent: bytes,
    status: str,
    replied: dict[str, str],
    body: bytes | None,
    ms: float,
    at: float,
    secrets: tuple[str, ...] = (),
    verdict: Verdict | None = None,
) -> RoundTrip:
    """What passed, from the pieces that were kept of it. Called when somebody looks.

    With the accounts' signature ``secrets`` the signature is checked here, because what is kept holds no token; unless
    live mode's guard has come to a ``verdict`` already.
    """
    received = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in facts.items()
        if name.startswith(("HTTP_", "CONTENT_"))
    }
    kind, size = replied.get("Content-Type", ""), replied.get("Content-Length", "a stream of")
    unread = None if facts["REQUEST_METHOD"] == "HEAD" else f"<{size} bytes of {kind}>"
    uri = facts["REQUEST_URI"]
    return RoundTrip(
        method=facts["REQUEST_METHOD"],
        url=uri if "://" in uri else f"http://{received.get('Host', '127.0.0.1')}{uri}",
        request_headers=received,
        request_body=body_text(sent, received.get("Content-Type")),
        status=int(status.split()[0]),
        response_headers=replied,
        response_body=unread if body is None else body_text(body, kind),
        ms=ms,
        at=datetime.fromtimestamp(at, UTC),
        signature=verdict.signature
        if verdict
        else check_signature(received.get("Authorization"), sent, parts_of(uri)[2], *secrets),
        refused=verdict.refused if verdict else None,
    )
