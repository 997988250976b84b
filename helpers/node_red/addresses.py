"""Addresses in a flow that lead back to the flow itself: a tunnel's name, localhost, YOUR_URL."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.hosts import host_of, is_here
from ..base.text import one_line
from ..base.web import fault_of
from .findings import Findings

_PLACEHOLDER = re.compile(r"your[_-]?url", re.IGNORECASE)
_TUNNEL = re.compile(r"[\w.-]+\.ngrok(?:-free)?\.(?:io|app|dev)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?is)(?:https?://)?(?P<host>[^/?#\s{}]+)(?P<path>(?:/[^?#]*)?)(?P<rest>(?:[?#].*)?)")
_EVENTS = ("eventUrl", "event_url", "answer_url")
HOW = "import_flow(flow, your_url=YOUR_URL)"


class Addresses:
    """Puts ``your_url`` in the place of hosts that mean the flow itself. ``own``: methods and paths of its routes."""

    def __init__(self, your_url: str | None, own: Iterable[tuple[str, str]], findings: Findings) -> None:
        self._base, self._findings = _checked(your_url), findings
        self._own: dict[str, set[str]] = defaultdict(set)
        for method, path in own:
            self._own[path].add(method)

    def in_value(self, value: Any, node: str, name: str = "") -> Any:
        """The same value with every address in it replaced, at any depth."""
        if isinstance(value, dict):
            return {key: self.in_value(one, node, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self.in_value(one, node, name) for one in value]
        return self._address(value, node, name) if isinstance(value, str) else value

    def in_action(self, action: Mapping[str, Any], node: str) -> dict[str, Any]:
        """The same of an action, whose event method then fits the flow's own route."""
        made = dict(action)
        urls = made.get("eventUrl")
        if isinstance(urls, list) and urls and isinstance(urls[0], str):
            method = self.method_for(urls[0], str(made.pop("eventMethod", "POST")), node)
            made |= {} if method == "POST" else {"eventMethod": method}
        return dict(self.in_value(made, node))

    def method_for(self, url: str, method: str, node: str, usual: str = "POST") -> str:
        """``method``, or the one that the flow's own route at this address takes; a note says if it is doubtful."""
        own = self._methods(url)
        if own and method not in own:
            words = f"{method} would be sent, and the flow's route takes {min(own)}."
            self._findings.fault(node, "webhook-method-mismatch", words)
            return min(own)
        if method != usual and not own:
            words = f"{method} was chosen; if that was not meant, leave it out."
            self._findings.fault(node, "webhook-method-mismatch", words)
        return method

    def _methods(self, url: str) -> Collection[str]:
        """How the flow's own route at this address may be asked; empty if there is none."""
        if url.startswith("/") or (self._base and url.startswith(self._base)):
            return self._own.get(urlsplit(url).path, ())
        found = _ADDRESS.fullmatch(url)
        return self._own.get(found["path"] or "/", ()) if found and _is_own_host(found["host"]) else ()

    def _address(self, text: str, node: str, name: str) -> str:
        if text.startswith("/") and name in _EVENTS:
            cure = "your_url went in front." if self._base else f"{HOW} completes it."
            self._findings.fault(node, "unchecked-values", f"{one_line(text, 60)} is not a whole address; {cure}")
            return self._base + text
        found = _ADDRESS.fullmatch(text)
        if found is None or not _is_own_host(found["host"]) or (self._base and text.startswith(self._base)):
            return text
        is_route = text.lower().startswith("http") and (found["path"] or "/") in self._own
        if not is_route and not _PLACEHOLDER.fullmatch(found["host"]):
            return text
        said = f": {self._base} is in its place." if self._base else f" leads to this flow: {HOW} puts yours there."
        self._findings.remark(node, one_line(text, 80) + said)
        return self._base + found["path"] + found["rest"] if self._base else text


def _is_own_host(host: str) -> bool:
    return bool(_PLACEHOLDER.fullmatch(host) or _TUNNEL.fullmatch(host)) or is_here(host_of(f"//{host}"))


def _checked(your_url: str | None) -> str:
    if your_url is None:
        return ""
    if not isinstance(your_url, str) or fault_of(your_url):
        raise KitError(f"your_url is {your_url!r}, which is not a web address.", "Write for example kit.tunnel.on().")
    return your_url.rstrip("/")
