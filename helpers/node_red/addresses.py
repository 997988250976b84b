"""Addresses in a flow that lead back to the flow itself: a tunnel's name, localhost, YOUR_URL."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.hosts import host_of, is_here
from ..base.text import one_line
from .findings import Findings

_PLACEHOLDER = re.compile(r"your[_-]?url", re.IGNORECASE)
_TUNNEL = re.compile(r"[\w.-]+\.ngrok(?:-free)?\.(?:io|app|dev)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://)?(?P<host>[^/?#\s{}]+)(?P<rest>(?:[/?#].*)?)", re.DOTALL | re.IGNORECASE)
_EVENTS = ("eventUrl", "event_url", "eventurl", "answer_url")

Own = Mapping[str, Collection[str]]  # path -> the methods of the flow's own routes there


class Addresses:
    """Puts ``your_url`` in the place of hosts that mean the flow itself. ``own`` says which paths are the flow's."""

    def __init__(self, your_url: str | None, own: Own, findings: Findings) -> None:
        self._base = _checked(your_url)
        self._own = own
        self._findings = findings

    def in_value(self, value: Any, node: str, name: str = "") -> Any:
        """The same value with every address in it replaced, at any depth."""
        if isinstance(value, dict):
            return {key: self.in_value(one, node, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self.in_value(one, node, name) for one in value]
        return self._address(value, node, name) if isinstance(value, str) else value

    def fitting(self, url: str, method: str) -> str:
        """``method``, or the one that the flow's own route at this address takes instead."""
        own = self._methods(url)
        return method if not own or method in own else min(own)

    def is_own(self, url: str) -> bool:
        """Whether a route of the flow is at this address."""
        return bool(self._methods(url))

    def _methods(self, url: str) -> Collection[str]:
        if url.startswith("/") or (self._base and url.startswith(self._base)):
            return self._own.get(urlsplit(url).path, ())
        found = _ADDRESS.fullmatch(url)
        return self._own.get(_path(found["rest"]), ()) if found and _is_own_host(found["host"]) else ()

    def _address(self, text: str, node: str, name: str) -> str:
        if text.startswith("/") and name in _EVENTS:
            if not self._base:
                words = f"{one_line(text, 60)} is no whole address; import_flow(flow, your_url=YOUR_URL) completes it."
                self._findings.fault(node, "unchecked-values", words)
                return text
            words = f"{one_line(text, 60)} is no whole address; your_url went in front."
            self._findings.fault(node, "unchecked-values", words)
            return self._base + text
        found = _ADDRESS.fullmatch(text)
        if found is None or not _is_own_host(found["host"]) or (self._base and text.startswith(self._base)):
            return text
        placeholder = bool(_PLACEHOLDER.fullmatch(found["host"]))
        if not placeholder and (not text.lower().startswith("http") or _path(found["rest"]) not in self._own):
            return text
        if not self._base:
            words = f"{one_line(text, 80)} leads to this flow: import_flow(flow, your_url=YOUR_URL) puts yours there."
            self._findings.remark(node, words)
            return text
        self._findings.remark(node, f"{one_line(text, 80)}: {self._base} is in its place.")
        return self._base + found["rest"]


def _is_own_host(host: str) -> bool:
    return bool(_PLACEHOLDER.fullmatch(host) or _TUNNEL.fullmatch(host)) or is_here(host_of(f"//{host}"))


def _path(rest: str) -> str:
    return re.split(r"[?#]", rest, maxsplit=1)[0] or "/"


def _checked(your_url: str | None) -> str:
    if your_url is None:
        return ""
    parts = urlsplit(your_url) if isinstance(your_url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise KitError(f"your_url is {your_url!r}, which is no web address.", "Write for example kit.tunnel.on().")
    return str(your_url).rstrip("/")


def mended(action: Mapping[str, Any], addresses: Addresses, findings: Findings, node: str) -> dict[str, Any]:
    """An action with its addresses replaced, and an event method that fits the flow's own route."""
    made = dict(action)
    urls = made.get("eventUrl")
    if isinstance(urls, list) and urls and isinstance(urls[0], str):
        method = fitted(urls[0], str(made.pop("eventMethod", "POST")), addresses, findings, node)
        made |= {} if method == "POST" else {"eventMethod": method}
    return dict(addresses.in_value(made, node))


def fitted(url: str, method: str, addresses: Addresses, findings: Findings, node: str) -> str:
    """The method for an event address; a note says if it is another one, or a doubtful one."""
    right = addresses.fitting(url, method)
    if right != method:
        findings.fault(node, "webhook-method-mismatch", f"{method} would be sent, and the flow's route takes {right}.")
    elif right == "GET" and not addresses.is_own(url):
        findings.fault(node, "webhook-method-mismatch", "GET was chosen; if that was no choice, leave it out.")
    return right
