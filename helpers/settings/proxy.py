"""Keeps requests to this machine away from a proxy that the machine's settings name."""

from __future__ import annotations

import os
from urllib.request import getproxies

#: What is this machine, in the words that requests, urllib and curl understand.
HERE = ("localhost", "127.0.0.1", "127.0.0.0/8", "::1")
_NAMES = ("no_proxy", "NO_PROXY")  # some programs read one, some the other


def proxies() -> dict[str, str]:
    """The proxies that this machine's settings name, by scheme."""
    return {name: url for name, url in getproxies().items() if name in ("http", "https", "all")}


def pass_by(*more: str) -> str:
    """Name this machine, and ``more``, in ``NO_PROXY``, for this process and its children. Returns a line that says so.

    Without a proxy nothing is changed, and the line is empty. Proxies of a school answer what is meant for this machine
    with a page of their own, and read the credentials in it.
    """
    kept = next((text for name in _NAMES if (text := os.environ.get(name))), "")
    named = [one for one in (part.strip() for part in kept.split(",")) if one]
    if not proxies() or "*" in named:
        return ""
    os.environ.update(dict.fromkeys(_NAMES, ",".join(dict.fromkeys([*named, *HERE, *more]))))
    return "There is a proxy: requests to this machine pass it by (NO_PROXY names 127.0.0.1 and localhost)."
