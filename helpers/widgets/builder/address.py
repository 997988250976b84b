"""What a server of the learner's answers with: of this machine, or at the learner's own address; nobody else's."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from ...base.errors import KitError
from ...base.hosts import is_here


def answer_of(url: str, kit: Any, most: int, patience: float) -> bytes:
    """The body of the answer to a GET, at most ``most`` bytes, within ``patience`` seconds.

    Raises :class:`KitError` for an address of somebody else's, no answer, or one that is no NCCO's: it says what came.
    """
    import requests

    _own(url, kit)
    begin = time.monotonic()
    try:
        with requests.get(url, timeout=patience, stream=True, allow_redirects=False) as reply:
            body = b""
            for piece in reply.iter_content(65_536):
                body += piece
                if len(body) > most:
                    raise KitError(f"The answer of {url} is longer than {most:,} bytes.", "An NCCO is shorter.")
                if time.monotonic() - begin > patience:
                    raise KitError(f"{url} takes longer than {patience:g} s.", "Vonage would not wait either.")
            status, kind = reply.status_code, reply.headers.get("Content-Type", "no content type")
    except requests.RequestException as problem:
        raise KitError(
            f"{url} does not answer ({type(problem).__name__}).", "Is the server running, and the port right?"
        ) from None
    if status != 200:
        raise KitError(f"{url} answered {status}, not 200.", "Look at the route, and at the errors of your server.")
    if body.lstrip()[:1] not in (b"[", b"{"):
        start = body[:60].decode("utf-8", "replace")
        raise KitError(f"{url} answered with {kind}, not with JSON: {start!r}.", "Return the list of actions as JSON.")
    return body


def _own(url: str, kit: Any) -> None:
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        host, scheme = "", ""
    if scheme not in ("http", "https") or not host:
        raise KitError(
            f"{url} is no web address." if url else "There is no address yet.",
            "Write for example http://127.0.0.1:3000/answer.",
        )
    own = {urlsplit(one).hostname for one in _addresses(kit)}
    if not is_here(host) and host not in own:
        raise KitError(f"{host} is not your own server.", "Use http://127.0.0.1 with its port, or your public address.")


def _addresses(kit: Any) -> list[str]:
    """The public addresses that belong to the learner."""
    if kit is None:
        return []
    found = [getattr(kit.settings, "public_url", ""), getattr(kit.tunnel, "url", "")]
    return [one for one in found if isinstance(one, str) and one]
