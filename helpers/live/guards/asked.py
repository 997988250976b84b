"""A request on its way to Vonage, read once for all that have a say in it, and the refusal of one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from ...base.errors import KitError
from ...settings.keys import decode_jwt
from ...settings.settings import is_rest

# A path in which these stand is read in another way by what is on its way: dots go, and so does what follows a #.
ODD = re.compile(r"[\s\\#\x00-\x1f\x7f]|/\.\.?(/|$)|%2e|%2f|%5c", re.IGNORECASE)
# What a request does to an account, by method and path (Voice 1.10, Application 2.4, Numbers 1.1).
_KINDS = (
    ("create_call", "POST", r"/v1/calls"),
    ("change_call", "PUT", r"/v1/calls/(?P<id>[\w-]+)"),
    ("in_call", "PUT|DELETE", r"/v1/calls/(?P<id>[\w-]+)/(stream|talk|dtmf|input/dtmf)"),
    ("create_application", "POST", r"/v2/applications"),
    ("replace_application", "PUT|PATCH", r"/v2/applications/(?P<id>[\w-]+)"),
    ("delete_application", "DELETE", r"/v2/applications/(?P<id>[\w-]+)"),
    ("buy_number", "POST", r"/number/buy"),
    ("update_number", "POST", r"/number/update"),
    ("cancel_number", "POST", r"/number/cancel"),
    # Not every GET only reads: the older APIs send an SMS or place a call with one (/sms/json, /tts/json).
    ("read", "GET|HEAD|OPTIONS", r"/v[0-9.]+/.*|/account/(numbers|get-[a-z-]+(/.*)?)|/number/search|/media/download"),
)


class Refused(KitError):
    """The gate does not let a request pass. ``.line`` is the line of ``.env`` that would, or empty if none does;
    ``.allow`` is the name in ``ALLOW`` that would."""

    line: str = ""
    allow: str = ""


@dataclass(frozen=True)
class Asked:
    """A request as it came to the gate: ``path`` without the query, ``query`` without the question mark.

    Key, secret and token are among the rest, so a repr shows none of it.
    """

    method: str
    path: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @cached_property
    def kind(self) -> str:
        """``create_call``, ``change_call`` … ``read``; ``unknown`` for what no API of the kit has."""
        return self._matched[0]

    @cached_property
    def id(self) -> str:
        """The call or application that the path names; empty without one."""
        return self._matched[1]

    @cached_property
    def _matched(self) -> tuple[str, str]:
        path = self.path.rstrip("/") or "/"
        for kind, methods, pattern in _KINDS:
            match = None if ODD.search(path) else re.fullmatch(pattern, path, re.ASCII)
            if match and self.method in methods.split("|"):
                return kind, match.groupdict().get("id") or ""
        return "unknown", ""

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        return _json(self.body)

    @cached_property
    def application(self) -> str:
        """The application whose token signs it; empty without one."""
        try:
            return str(decode_jwt(self.header("Authorization").partition(" ")[2])[1].get("application_id", ""))
        except KitError:
            return ""

    @cached_property
    def fields(self) -> dict[str, str]:
        """Query and form as one; of a name that stands there twice the last counts."""
        form = self.body.decode("utf-8", "replace") if "urlencoded" in self.header("Content-Type") else ""
        return dict(parse_qsl(f"{self.query}&{form}", keep_blank_values=True))

    def header(self, name: str) -> str:
        """A header's value whatever its case; empty without one."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    @property
    def on_rest_host(self) -> bool:
        """Whether its API lives on rest.nexmo.com: numbers, balance, prices."""
        return is_rest(self.path)


@dataclass(frozen=True)
class Replied:
    """What came back. ``status`` 0: nothing did, and ``body`` says why. It may hold a private key."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        return _json(self.body)

    @property
    def done(self) -> bool:
        """Whether it was done. The Numbers API may say with status 200 that it was not."""
        code = self.json.get("error-code", "200") if isinstance(self.json, dict) else "200"
        return 200 <= self.status < 300 and str(code) == "200"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
