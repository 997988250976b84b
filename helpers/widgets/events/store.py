"""Calls on paper: what the event panel saw as JSON lines, and a stored call back as requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...base.errors import KitError
from ...calls.record import Record
from ...wire.events import event_of
from ...wire.exchanges import Exchange, body_text
from .rows import Row

CURE = "Give it a call (kit.call(uuid)), a file or text with JSON lines (panel.to_jsonl()), or a list of events."


class ReplayError(KitError):
    """What was given is no stored call."""


def as_lines(rows: Iterable[Row]) -> str:
    """One JSON object a line: the whole request, our reply, and what the panel said about it."""
    return "".join(json.dumps(_told(row), ensure_ascii=False) + "\n" for row in rows)


def _told(row: Row) -> dict[str, Any]:
    one = row.exchange
    return {
        "n": row.n, "at": one.at.isoformat(), "kind": row.kind, "name": row.name, "call": row.call, "leg": row.leg,
        "seconds": row.seconds, "sentence": row.sentence, "origin": row.origin, "flags": [str(f) for f in row.flags],
        "method": one.method, "url": one.url, "request_headers": dict(one.request_headers),
        "request_body": one.request_body, "status": one.status, "response_headers": dict(one.response_headers),
        "response_body": one.response_body, "ms": round(one.ms, 1), "error": one.error,
    }  # fmt: skip


def stored(source: Any) -> list[Exchange]:
    """The requests of a stored call: a :class:`Record`, JSON lines (text, or the path of a file), events, or entries.

    Raises :class:`ReplayError` when there is none in it.
    """
    if isinstance(source, Record):
        found = _from_entries(source.entries())
    else:
        items = list(_items(source))
        if items and all("kind" in item and "seq" in item for item in items):
            found = _from_entries(items)
        else:
            found = [_from_item(item, number) for number, item in enumerate(items, 1)]
    if not found:
        raise ReplayError("There is no event in it to replay.", CURE)
    return found


def _items(source: Any) -> Iterator[dict[str, Any]]:
    if isinstance(source, Path) or (isinstance(source, str) and source.strip() and source.lstrip()[0] not in "{["):
        path = Path(source)
        try:
            source = path.read_text("utf-8")
        except (OSError, ValueError) as error:
            raise ReplayError(f"The file {path.name[:80]!r} cannot be read ({type(error).__name__}).", CURE) from None
    if isinstance(source, Mapping):
        source = [source]
    if isinstance(source, str):
        source = _parsed(source)
    if not isinstance(source, Iterable):
        raise ReplayError(f"A {type(source).__name__} is no stored call.", CURE)
    for number, item in enumerate(source, 1):
        if not isinstance(item, Mapping):
            raise ReplayError(f"Line {number} is no event: an event is a JSON object.", CURE)
        yield dict(item)


def _parsed(text: str) -> list[Any]:
    """JSON lines, or one JSON list."""
    if text.lstrip().startswith("["):
        try:
            return list(json.loads(text))
        except ValueError:
            raise ReplayError("The text is not JSON.", CURE) from None
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError:
                raise ReplayError(f"Line {number} is not JSON: {line.strip()[:60]!r}.", CURE) from None
    return found


def _from_item(item: dict[str, Any], number: int) -> Exchange:
    """A line of the panel's own, or the payload of an event as it was sent."""
    if not ("method" in item and "url" in item):
        made = Exchange("POST", "http://127.0.0.1/event", {}, json.dumps(item), None, {}, None, 0.0)
        if event_of(made) is None:
            raise ReplayError(f"Line {number} is neither an event nor a line of the panel's own.", CURE)
        return made
    try:
        return Exchange(
            str(item["method"]),
            str(item["url"]),
            _headers(item.get("request_headers")),
            _text(item.get("request_body")),
            None if item.get("status") is None else int(item["status"]),
            _headers(item.get("response_headers")),
            _text(item.get("response_body")),
            float(item.get("ms") or 0),
            _text(item.get("error")),
            _moment(item.get("at")),
        )
    except (TypeError, ValueError):
        raise ReplayError(f"Line {number} has a field of the wrong type.", CURE) from None


def _headers(value: Any) -> dict[str, str]:
    return {str(name): str(held) for name, held in dict(value or {}).items()}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(str(value)) if value else datetime.now(UTC)


def _from_entries(entries: Iterable[Mapping[str, Any]]) -> list[Exchange]:
    """The webhooks of a call's record, each with the reply it got."""
    entries = list(entries)
    replies = {entry["request"]: entry for entry in entries if entry["kind"] == "reply"}
    return [exchange_of_entry(e, replies.get(e["request"])) for e in entries if e["kind"] == "webhook"]


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
        str(webhook["method"]),
        url,
        {"Content-Type": "application/json"} if posted else {},
        json.dumps(payload) if posted else None,
        reply.get("status"),
        {"Content-Type": kind} if kind else {},
        body_text(reply.get("body"), kind),
        # Call time, where a slow reply was simulated: what Vonage waited counts.
        max(float(reply.get("ms") or 0), float(reply.get("seconds") or 0) * 1000),
        None if reply.get("status") is not None else reply.get("error"),
    )
