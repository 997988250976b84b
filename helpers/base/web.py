"""Web addresses: whether a text is one that can be asked, and if not, why; and whether https is spoken there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import urlsplit

from .text import as_seen, unseen_in

_NONE = "is not a whole web address that starts with http:// or https://"
_WHOLE = 'Write all of it, as in "https://example.com/path".'
# Host names: RFC 1123. A dot may end them.
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# What stands where the host should: in samples, and where a variable was not set.
_STANDS_FOR = re.compile(
    r"(?i).*[<>{}$].*|%\w+%|your[\w-]*|(replace|change)[_-]?me|([\w-]+[_-])?(url|domain)|none|null|undefined"
)
# `https://` twice, or with a slash or the colon missing.
_TWICE = re.compile(r"(?i)(https?(:/*|//+))+(?=https?(:|//))")
_BROKEN = re.compile(r"(?i)^(https?):?[/\\]+(?=[^/\\])")
_DOTS = re.compile(r"(?i)^(https?://)([^/?#]*)")

# What OpenSSL calls a reply that is not TLS: that of a server which speaks http.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")


class Fault(NamedTuple):
    """Why a text is not a web address; ``better`` is what was certainly meant.

    ``kind``: ``empty``, ``relative`` (no http:// in front), ``scheme`` (another one), ``placeholder``, ``malformed``.
    """

    kind: str
    said: str
    cure: str
    better: str = ""


def fault_of(address: str) -> Fault | None:
    """Why this is not a whole http or https address that can be asked; ``None`` if it is."""
    if _is_good(address):
        return None
    fault = next(_faults(address, as_seen(address).strip()))
    better = fault.better and _mended(fault.better)
    return fault._replace(better=better if _is_good(better) else "")


def speaks_http(error: BaseException | None) -> bool:
    """Did a server answer in plain http where https was meant?"""
    return getattr(error, "reason", None) in _NOT_TLS


def _is_good(address: str) -> bool:
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:
        return False
    return good and not unseen_in(address) and not re.search(r"[\s<>\"\x00-\x1f\x7f\ud800-\udfff]", address)


def _is_host(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    if ":" in host or labels[-1].isdigit():
        try:
            return bool(ipaddress.ip_address(host))
        except ValueError:
            return False
    # `https://https://…` has the host "https".
    named = len(host) <= 253 and all(map(_LABEL.fullmatch, labels)) and host not in ("http", "https")
    return named and not _STANDS_FOR.fullmatch(host)


def _faults(text: str, plain: str) -> Iterator[Fault]:
    """What is wrong, the most telling first."""
    host = _host(plain)
    if not plain:
        yield Fault("empty", _NONE, _WHOLE)
    if hidden := unseen_in(text):
        yield Fault("malformed", f"holds {hidden}, which nobody sees", "Take it out.", plain)
    if "&#x2F;" in plain:
        better = unescape(plain)
        said = "has been escaped for a web page, as Mustache does"
        yield Fault("malformed", said, f'Write "{better[:200]}".', better)
    if _TWICE.match(plain):
        yield Fault("malformed", "begins with http:// or https:// twice", "Write it once.", plain)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://", plain) and not re.match(r"(?i)https?:", plain):
        yield Fault("scheme", _NONE, "Put the file on a web server.")
    if _STANDS_FOR.fullmatch(host):
        said = f"has {host[:60]} where the host should be"
        yield Fault("placeholder", said, "Put your own address in its place.")
    if ".." in host or host.startswith("."):
        yield Fault("malformed", "has a dot too many in its host", "Take one dot away.", plain)
    if host and not host.isascii():
        said = "has letters in its host that no address can hold"
        yield Fault("malformed", said, "Write the name in ASCII (Punycode).", plain)
    if re.search(r"\s", plain):
        yield Fault("malformed", "has a space in it", "Write a space as %20.", plain)
    if text != plain:
        yield Fault("malformed", "has a space around it", "Take the space away.", plain)
    if re.match(r"[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}(:\d+)?/", plain):
        better = f"https://{plain}"
        said = "has no http:// or https:// in front"
        yield Fault("relative", said, f'Write "{better[:200]}".', better)
    if host and not _is_host(host.lower()):
        said = f"has a host that is not a name, {host[:60]}"
        yield Fault("malformed", said, "A name has letters, digits, - and dots.")
    yield Fault("relative" if "://" not in plain[:20] else "malformed", _NONE, _WHOLE, plain)


def _host(address: str) -> str:
    """What stands where the host should be, in whatever form."""
    found = re.match(r"(?i)https?://(?:[^/?#]*@)?(\[[^\]]*\]|[^/?#:]*)", address)
    return found[1].strip("[]") if found else ""


def _mended(address: str) -> str:
    """The address without the slips of the pen that have one meaning only."""
    once = _BROKEN.sub(r"\1://", _TWICE.sub("", address))
    once = _DOTS.sub(lambda found: found[1] + re.sub(r"\.{2,}", ".", found[2]).lstrip("."), once)
    host = _host(once)
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return ""
    return re.sub(r"\s", "%20", once.replace(host, ascii_host, 1))
