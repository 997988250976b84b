"""Hosts: which one an address names, whether it is this machine, and whether the internet can reach it."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

# Names that never leave a home or an office (RFC 2606, RFC 6762, and what routers use).
_LOCAL_NAMES = ("localhost", "local", "internal", "lan", "home", "test", "invalid")


# As RFC 3986 (appendix B) splits an address, whatever it is: nothing is refused, other than by urllib.
_PARTS = re.compile(r"(?:[^:/?#]+:)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?")


def parts_of(url: str) -> tuple[str, str, str]:
    """Host with its port, path, and query of any address, also of one that nobody could open. It raises nothing."""
    host, path, query = _PARTS.match(url).groups("")  # type: ignore[union-attr]  # it matches everything
    return host, path, query


def host_of(url: str) -> str:
    """The host in a web address, in lower case; empty when there is none, or when the address cannot be read."""
    try:
        parts = urlsplit(url)
        return "" if parts.port == 0 else parts.hostname or ""
    except ValueError:
        return ""


def is_here(host: str) -> bool:
    """Is a host this machine? 127.0.0.0/8, ``::1``, ``localhost`` and every name below it are (RFC 6761, 6.3)."""
    host = _plain(host)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_private(host: str) -> bool:
    """Is a host out of the internet's reach: this machine, a home network, a bare name?"""
    host = _plain(host)
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.rpartition(".")[2] in _LOCAL_NAMES


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
