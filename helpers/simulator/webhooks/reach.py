"""Which addresses the network can call: this machine, what it was told, and example.com, which it answers itself."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

EXAMPLE = ("example.com", "example.org", "example.net")


def host_of(url: str) -> str:
    """The host in a URL, lower case; empty when there is none to be found, or its port is none."""
    try:
        parts = urlsplit(url)
        return "" if parts.port == 0 else parts.hostname or ""
    except ValueError:
        return ""


class Reach:
    """The simulated network has no internet. It reaches loopback, and the IP networks it is given."""

    def __init__(self, *networks: str) -> None:
        self._networks = [ipaddress.ip_network(n) for n in ("127.0.0.0/8", "::1/128", *networks)]

    def allows(self, url: str) -> bool:
        """True when the host of ``url`` may be called."""
        host = host_of(url)
        if host == "localhost":
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def is_example(url: str) -> bool:
    """True for example.com and its like, where the tutorial sends the events nobody wants: they answer 200."""
    host = host_of(url)
    return host in EXAMPLE or host.endswith(tuple(f".{name}" for name in EXAMPLE))
