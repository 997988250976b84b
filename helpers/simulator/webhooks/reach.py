"""Which addresses the network can call: this machine, what it was told, and example.com, which it answers itself."""

from __future__ import annotations

import ipaddress

from ...base.hosts import host_of, is_here

EXAMPLE = ("example.com", "example.org", "example.net")


class Reach:
    """The simulated network has no internet. It reaches loopback, and the IP networks it is given."""

    refusal = "no route: the simulated network reaches this machine only"

    def __init__(self, *networks: str) -> None:
        self._networks = [ipaddress.ip_network(n) for n in networks]
        self.shortcuts: dict[str, str] = {}  # an address that leads back to this machine, and where to

    def real(self, url: str) -> str:
        """Where ``url`` leads, by a shortcut if there is one."""
        for base, own in self.shortcuts.items():
            if url.startswith(base) and url[len(base) :][:1] in ("", "/", "?"):
                return own + url[len(base) :]
        return url

    def allows(self, url: str) -> bool:
        """True when the host of ``url`` may be called."""
        host = host_of(self.real(url))
        if is_here(host):
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
