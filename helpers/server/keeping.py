"""What the background server keeps of a request and its reply, and what it tells of a route that raised."""

from __future__ import annotations

import io
import logging
import os
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.masking import mask
from ..wire.exchanges import Exchange, body_text
from .signatures import check_signature

logger = logging.getLogger(__name__)

LARGEST_KEPT = 256 * 1024  # bytes of a reply that are read at once and kept; anything longer is streamed

# The parts of a WSGI environ that make up a request as it was sent.
KEPT = ("HTTP_", "CONTENT_", "REQUEST_", "PATH_INFO")


class ServerError(KitError):
    """The server could not start, or a route raised (then ``.traceback`` holds the traceback, secrets masked)."""

    traceback: str = ""


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
            raise ServerError(f"The app started no response (status {self.status!r}).", "Hand over a Flask app.")
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
    secret: str = "",
) -> Exchange:
    """What passed, from the pieces that were kept of it. Called when somebody looks.

    With the account's signature ``secret`` the signature is checked here, because what is kept holds no token.
    """
    received = {
        name.removeprefix("HTTP_").replace("_", "-").title(): value
        for name, value in facts.items()
        if name.startswith(("HTTP_", "CONTENT_"))
    }
    kind, size = replied.get("Content-Type", ""), replied.get("Content-Length", "a stream of")
    unread = None if facts["REQUEST_METHOD"] == "HEAD" else f"<{size} bytes of {kind}>"
    uri = facts["REQUEST_URI"]
    return Exchange(
        method=facts["REQUEST_METHOD"],
        url=uri if "://" in uri else f"http://{received.get('Host', '127.0.0.1')}{uri}",
        request_headers=received,
        request_body=body_text(sent, received.get("Content-Type")),
        status=int(status.split()[0]),
        response_headers=replied,
        response_body=unread if body is None else body_text(body, kind),
        ms=ms,
        at=datetime.fromtimestamp(at, UTC),
        signature=check_signature(received.get("Authorization"), sent, urlsplit(uri).query, secret),
    )


def explain_failure(error: BaseException, route: str) -> ServerError:
    """What a learner needs of a traceback: their own lines, without the framework's and without machine paths."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not _is_framework(f.filename)]
    lines = [f"  {_short(f.filename)}, line {f.lineno}, in {f.name}\n    {f.line or ''}".rstrip() for f in frames]
    what = mask("".join(traceback.format_exception_only(error)).strip())
    text = mask("\n".join([*lines, what]))
    return ServerError(
        f"{route} raised {what.rstrip('.')}.",
        f"The caller got 500.\n{text}" if lines else "The caller got 500.",
        traceback=text,
    )


def _is_framework(filename: str) -> bool:
    return filename.endswith(("server/server.py", "server\\server.py")) or any(
        f"{os.sep}{name}{os.sep}" in filename for name in ("flask", "werkzeug", "waitress")
    )


def _short(filename: str) -> str:
    return "the cell" if "ipykernel" in filename or filename.startswith("<ipython") else Path(filename).name


class Errors(io.TextIOBase):
    """``wsgi.errors``: what apps write about their troubles goes to logging, not into the notebook."""

    def write(self, text: str) -> int:
        if text.strip():
            logger.info("%s", mask(text.rstrip()))
        return len(text)


ERRORS = Errors()
