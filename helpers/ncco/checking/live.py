"""What matters only when the real Vonage carries the NCCO out: what it fetches must be on the internet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ...base.hosts import is_private
from ..data import Path, field_of
from ..problems.fixes import put
from ..problems.problems import Problem, advice, error, shown
from ..schema import Named, Option

_AUDIO = ("streamUrl", "musicOnHoldUrl", "ringbackTone", "ringback")


def live_problems(name: str, options: Named, given: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the addresses of one action when Vonage is to reach them."""
    found: list[Problem] = []
    for path, option, address in _addresses(options, given, ()):
        found += _judged(name, path, option, address)
    return found


def _addresses(options: Named, given: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Option, str]]:
    for name, value in given.items():
        option, where = options.get(name) if isinstance(name, str) else None, (*path, name)
        if option is None:
            continue
        if option.kind in ("url", "urls") or name == "uri":
            for step, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(one, str):
                    yield where if step is None else (*where, step), option, one
        elif option.parts and isinstance(value, dict):
            yield from _addresses(option.inside(), value, where)
        elif option.variants and isinstance(value, list):
            for place, one in enumerate(value):
                if isinstance(one, dict):
                    yield from _addresses(option.inside(one.get("type")), one, (*where, place))


def _judged(name: str, path: Path, option: Option, address: str) -> Iterator[Problem]:
    field = field_of(path)
    scheme, host = _scheme_and_host(address)
    if host and is_private(host):
        yield error(
            field,
            f"{field} of {name} leads to {shown(host)}, which only machines near it can reach ({shown(address)}).",
            "Use a public address: that of your tunnel or of your web server.",
            rule="private-address",
        )
        return
    if scheme == "http" and option.name in _AUDIO:
        better = f"https{address[4:]}"
        fix = put(f"Write {better[:60]}", path, better)
        message = f"{field} of {name} is an http address ({shown(address)})."
        yield advice(field, message, "Use https: it is fetched everywhere.", rule="http-audio", fix=fix)
    if scheme == "ws":
        better = f"wss{address[2:]}"
        fix = put(f"Write {better[:60]}", path, better)
        message = f"{field} of {name} is a ws address ({shown(address)})."
        yield advice(field, message, "Use wss.", rule="not-encrypted", fix=fix)


def _scheme_and_host(address: str) -> tuple[str, str]:
    """Both in lower case; empty texts for what is no whole address, which is an error already."""
    if sip := re.match(r"sips?:(?:[^@\s]*@)?([^\s:;?]+)", address):
        return "sip", sip.group(1)
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""
