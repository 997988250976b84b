"""Calls on paper: what the event panel saw as JSON lines, and a stored call back as requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...base.errors import KitError
from ...calls.record import Record
from ...wire.exchanges import Exchange, body_text
from .rows import Row

CURE = "Give it a call (kit.call(uuid)), or what panel.to_jsonl() wrote: its text, or the path of its file."


class ReplayError(KitError):
    """What was given is not a stored call."""


def as_lines(rows: Iterable[Row]) -> str:
    """One JSON object a line: the whole request, our reply, and what the panel said about it."""
    return "".join(json.dumps(_line_of(row), ensure_ascii=False) + "\n" for row in rows)


def _line_of(row: Row) -> dict[str, Any]:
    one = row.exchange
    return {
        "n": row.n, "at": one.at.isoformat(), "kind": row.kind, "name": row.name, "call": row.call, "leg": row.leg,
        "seconds": row.seconds, "sentence": row.sentence, "origin": row.origin, "flags": [str(f) for f in row.flags],
        "method": one.method, "url": one.url, "request_headers": dict(one.request_headers),
        "request_body": one.request_body, "status": one.status, "response_headers": dict(one.response_headers),
        "response_body": one.response_body, "ms": round(one.ms, 1), "error": one.error,
    }  # fmt: skip


def stored(source: Record | str | Path) -> list[Exchange]:
    """The requests of a stored call: a :class:`Record`, or JSON lines (text, or the path of a file).

    Raises :class:`ReplayError` when there is none in it.
    """
    if isinstance(source, Record):
        replies = {entry["request"]: entry for entry in source.entries("reply")}
        found = [exchange_of_entry(e, replies.get(e["request"])) for e in source.entries("webhook")]
    else:
        found = _exchanges(_text(source))
    if not found:
        raise ReplayError("There is no event in it to replay.", CURE)
    return found


def _text(source: Any) -> str:
    if not isinstance(source, str | Path):
        raise ReplayError(f"A {type(source).__name__} is not a stored call.", CURE)
    if isinstance(source, str) and (not source.strip() or source.lstrip()[0] in "{["):
        return source
    try:
        return Path(source).read_text("utf-8")
    except (OSError, ValueError) as error:
        name = Path(source).name[:80]
        raise ReplayError(f"The file {name!r} cannot be read ({type(error).__name__}).", CURE) from None


def _exchanges(text: str) -> list[Exchange]:
    from pydantic import TypeAdapter, ValidationError

    line = TypeAdapter(Exchange)
    found = []
    for number, told in enumerate(text.split("\n"), 1):
        try:
            found += [line.validate_json(told)] if told.strip() else []
        except ValidationError as error:
            [first, *_] = error.errors()
            where = f" ({'.'.join(map(str, first['loc']))})" if first["loc"] else ""
            raise ReplayError(f"Line {number} is not one of the panel's own: {first['msg']}{where}.", CURE) from None
    return found


def exchange_of_entry(webhook: Mapping[str, Any], reply: Mapping[str, Any] | None) -> Exchange:
    """A webhook as the network recorded it: its reply, or why there was none."""
    payload, url = dict(webhook["payload"]), str(webhook["url"])
    posted = webhook["method"] != "GET"
    if not posted:
        from urllib.parse import urlencode

        told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in payload.items()}
        url += ("&" if "?" in url else "?") + urlencode(told)
    reply = reply or {}
    kind = str(reply.get("content_type") or "")
    return Exchange(
        method=str(webhook["method"]),
        url=url,
        request_headers={"Content-Type": "application/json"} if posted else {},
        request_body=json.dumps(payload) if posted else None,
        status=reply.get("status"),
        response_headers={"Content-Type": kind} if kind else {},
        response_body=body_text(reply.get("body"), kind),
        # Call time, where a slow reply was simulated: what Vonage waited counts.
        ms=max(float(reply.get("ms") or 0), float(reply.get("seconds") or 0) * 1000),
        error=None if reply.get("status") is not None else reply.get("error"),
    )
