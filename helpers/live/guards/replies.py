"""Reads each reply of the learner's own server on its way out: any of them may be an NCCO."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urljoin

from ...base.hosts import parts_of
from ...server.keeping import close_body
from ...wire.events import parameters_of, uuids_in
from .asked import Refused
from .reading import BLANK, LARGEST, may_be_read_as_json, nccos_in
from .whom import Whom

Body = bytes | Iterable[bytes]


class Replies:
    """What :attr:`helpers.server.server.BackgroundServer.review` is in live mode.

    Answer, fallback, input, notify, transfer, synchronous connect, machine detection, ``disconnected``: an NCCO may
    come back from any of them (webhook reference), so every reply is read, whatever its route and status. ``told`` is
    called with the call's ids and each NCCO that may pass.
    """

    def __init__(self, whom: Whom, base: Callable[[], str], told: Callable[[set[str], Any], None]) -> None:
        self._whom, self._base, self._told = whom, base, told

    def __call__(self, asked: Mapping[str, str], sent: bytes, headers: list[tuple[str, str]], body: Body) -> Body:
        """The body that goes out. Raises :class:`Refused` if it may not."""
        named: dict[str, str] = {}
        for name, value in headers:
            named[name.lower()] = f"{named[name.lower()]}, {value}" if name.lower() in named else value
        if "location" in named:
            self._whom.leads_to(urljoin(self._base(), named["location"]))
        media, encoding = named.get("content-type", ""), named.get("content-encoding", "")
        data, body = _read(body, media, encoding)
        found = nccos_in(data, media, encoding) if data else []
        for ncco in found:
            self._whom.review(ncco)
        if found:
            self._told(_ids(asked, sent), found[0])
        return body


def _read(body: Body, media: str, encoding: str) -> tuple[bytes, Body]:
    """What is to be read of a body, and the body as it then goes out. A stream that cannot be JSON is not held up."""
    if media.lower().startswith("audio/") and not encoding:
        return b"", body
    if isinstance(body, bytes):
        return (body if may_be_read_as_json(body, media, encoding) else b""), body
    chunks, whole = iter(body), b""
    for chunk in chunks:
        whole += chunk
        if whole.lstrip(BLANK) and not may_be_read_as_json(whole, media, encoding):
            return b"", _again(whole, chunks, body)
        if len(whole) > LARGEST:
            close_body(body)
            raise Refused("This reply is too long to be read.", "An NCCO is short; a sound is sent as audio/mpeg.")
    close_body(body)
    return (whole if may_be_read_as_json(whole, media, encoding) else b""), whole


def _again(first: bytes, rest: Iterator[bytes], body: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield first
        yield from rest
    finally:
        close_body(body)


def _ids(asked: Mapping[str, str], sent: bytes) -> set[str]:
    """The call that a webhook is about."""
    query = parse_qsl(parts_of(asked["REQUEST_URI"])[2], keep_blank_values=True)
    return uuids_in(parameters_of(query, sent.decode("utf-8", "replace")) or {})
