"""Whom a call may reach, and which addresses may tell it what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ...base.hosts import is_here
from ...base.text import one_line
from ...ncco.models.actions import ACTIONS
from ...settings.settings import Settings
from .asked import ODD, Asked, Refused, Replied
from .reading import CONTROLS, actions_in, as_list, endpoints_in, json_of, parts_of, urls_in

# Fields of an endpoint (NCCO reference, connect; Voice API 1.10, to). Of one with any other nobody knows what it dials.
FIELDS = frozenset({
    "type", "number", "dtmfAnswer", "onAnswer", "shaken", "uri", "content-type", "headers", "authorization", "user",
    "domain", "standardHeaders", "standard_headers", "extension",
})  # fmt: skip
TYPES = ("phone", "sip", "websocket", "app", "vbc")
NOBODY = (".example.com", ".example.org", ".example.net")  # RFC 2606: they belong to nobody, and tell a call nothing


class Whom:
    """A guard: MY_NUMBER and LIVE_NUMBERS may be called, and only this kit and LIVE_URLS tell a call what to do.

    ``own`` gives the addresses under which this kit's server is reached, ``application`` an application by its id.
    """

    def __init__(
        self, settings: Settings, own: Callable[[], Iterable[str]], application: Callable[[str], dict[str, Any] | None]
    ) -> None:
        self._settings, self._own, self._application = settings, own, application
        self._known: dict[str, dict[str, Any]] = {}

    def before(self, asked: Asked) -> Asked:
        """Refuses what nobody knows, and reads all that Vonage would carry out of the rest."""
        if asked.kind == "unknown" or "override" in "".join(asked.headers).lower():
            raise Refused(f"{asked.method} {asked.path} is not a request that the lessons need; it is not sent.")
        if asked.kind in ("create_call", "change_call") or (asked.kind == "in_call" and asked.body):
            self._call(asked)
        elif asked.kind == "create_application":
            self._webhooks(_body(asked))
        elif asked.kind == "replace_application":
            self._webhooks(_body(asked), already=self._application(asked.id) or {})
        elif asked.kind in ("buy_number", "update_number", "cancel_number"):
            self._forwarding(_form(asked))
        return asked

    def after(self, asked: Asked, replied: Replied) -> None:
        """An application that was changed is asked for again."""
        if asked.kind in ("replace_application", "delete_application"):
            self._known.pop(asked.id, None)

    def facts_of(self, application: str) -> dict[str, Any]:
        """What is known of an application since a call was placed with it; empty if that is nothing."""
        return self._known.get(application, {})

    def _call(self, asked: Asked) -> None:
        body = _body(asked)
        if asked.kind == "create_call":
            for endpoint in _to(body):
                self._dials(endpoint)
        self.review(body)
        if asked.kind != "in_call":
            self._defaults(asked)

    def review(self, value: Any) -> None:
        """Raises :class:`Refused` if something in an NCCO, or in a request that may hold one, may not be."""
        for action in actions_in(value):
            if not isinstance(action, str) or action not in ACTIONS.keys() | CONTROLS:
                raise Refused(f"{_shown(action)} is not an action that the kit knows, so nobody knows whom it dials.")
        if any(isinstance(part, str) for name, part in parts_of(value) if name == "ncco"):
            raise Refused("The NCCO is a text.", "Give the list itself.")
        for endpoint in endpoints_in(value):
            self._dials(endpoint)
        for url in urls_in(value):
            self.leads_to(url)

    def _dials(self, endpoint: Any) -> None:
        if not isinstance(endpoint, dict) or str(endpoint.get("type")) not in TYPES or endpoint.keys() - FIELDS:
            raise Refused(f"{_shown(endpoint)} is not an endpoint that the kit knows, so nobody knows whom it dials.")
        addresses = addresses_of(endpoint)
        for address in addresses:
            if not self._may_call(address):
                shown = one_line(address, 80)
                line = f"LIVE_NUMBERS={','.join([*self._settings.live_numbers, shown])}"
                raise Refused(
                    f"{shown} is not among those this kit may call.",
                    f"If its owner agrees, write this line into .env: {line}",
                    line=line,
                )
        if not addresses:
            raise Refused(f"{_shown(endpoint)} names nobody.")

    def _may_call(self, address: str) -> bool:
        listed = (self._settings.my_number, *self._settings.live_numbers)
        if _plain(address) in {_plain(one) for one in listed if one}:
            return True
        web = [f"http{one[2:]}" for one in listed if one.startswith("ws")]
        return address.startswith(("ws://", "wss://")) and self._is_named(f"http{address[2:]}", web)

    def leads_to(self, url: Any) -> None:
        """Raises :class:`Refused` for an address that is neither this kit's own nor named in LIVE_URLS."""
        if url == "" or (isinstance(url, str) and self._is_named(url, self._settings.live_urls)):
            return
        line = f"LIVE_URLS={','.join([*self._settings.live_urls, one_line(url, 200)])}"
        raise Refused(
            f"{_shown(url)} is not an address of this kit, so nobody knows what it tells a call to do.",
            f"If it is yours, write this line into .env: {line}",
            line=line,
        )

    def _is_named(self, url: str, listed: Iterable[str]) -> bool:
        site, path = _site(url)
        own = [_site(one)[0] for one in self._own() if one]
        here = {port for _, host, port in filter(None, own) if is_here(host)}
        if site is None or site in own or (is_here(site[1]) and site[2] in here):
            return site is not None
        named = [_site(one) for one in listed]
        return any(site == one and f"{path}/".startswith(f"{start.rstrip('/')}/") for one, start in named)

    def _webhooks(self, application: Any, already: Any = None) -> None:
        """Refuses webhooks for voice that lead elsewhere, unless they are there ``already``."""
        known = _hooks(already)
        for url in _hooks(application):
            if not _is_nobody(url) and url not in known:
                self.leads_to(url)

    def _defaults(self, asked: Asked) -> None:
        """What a call takes from its application: where its events go, whose answers may be NCCOs, and the fallback."""
        name = asked.application
        if not name:
            return  # then Vonage does not know whose call it is either
        if name not in self._known:
            if (found := self._application(name)) is None:
                why = f"The application {one_line(name, 80)} is not one of the account, so nobody knows its webhooks."
                raise Refused(why, "Compare VONAGE_APPLICATION_ID and VONAGE_API_KEY in .env with the dashboard.")
            self._known[name] = found
        self._webhooks(self.facts_of(name))

    def _forwarding(self, fields: dict[str, str]) -> None:
        """A number may forward its calls without any application (Numbers API 1.1)."""
        if fields.get("voicestatuscallback"):
            self.leads_to(fields["voicestatuscallback"])
        value, kind = fields.get("voicecallbackvalue", ""), fields.get("voicecallbacktype", "")
        if value and kind != "app" and not self._may_call(value):
            raise Refused(f"Calls to this number would be forwarded to {_shown(value)}.", "Link it to an application.")


def addresses_of(endpoint: dict[str, Any]) -> list[str]:
    """Whom an endpoint names, in the form of LIVE_NUMBERS: usually one; of an odd one all that may be meant."""
    given = {name: str(value) for name, value in endpoint.items() if value is not None}
    found = [given[name] for name in ("number", "uri") if name in given]
    if "extension" in given:
        found.append(f"vbc:{given['extension']}")
    if "domain" in given:
        found.append(f"sip:{given.get('user')}@{given['domain']}")
    elif "user" in given:
        found.append(f"app:{given['user']}")
    return found


def _to(body: Any) -> list[Any]:
    if not isinstance(body, dict):
        raise Refused("The request's body is not a JSON object.")
    return [one for name in body if name.lower() == "to" for one in as_list(body[name])]


def _hooks(application: Any) -> list[Any]:
    """The addresses in an application's voice capability."""
    found: list[Any] = []
    for part in (part for name, part in parts_of(application) if name == "voice"):
        found += [one for name, value in parts_of(part) if name == "address" for one in as_list(value)]
        found += [one for one in urls_in(part) if not isinstance(one, dict)]
    return found


def _form(asked: Asked) -> dict[str, str]:
    """The fields of a form by their names in small letters. One that could be read in two ways is refused."""
    pairs = parse_qsl(f"{asked.query}&{asked.body.decode('latin-1')}", keep_blank_values=True)
    fields = {name.lower(): value for name, value in pairs}
    form = asked.header("Content-Type").lower().startswith("application/x-www-form-urlencoded")
    if len(fields) < len(pairs) or asked.header("Content-Encoding") or (asked.body and not form):
        raise Refused("The request's form cannot be read, so it is not sent.", "Send each field once, as a form.")
    return fields


def _body(asked: Asked) -> Any:
    media = asked.header("Content-Type").lower().replace('"', "")
    try:
        if asked.header("Content-Encoding") or not re.fullmatch(r"[\w./+-]*json *(; *charset *= *utf-?8 *)?", media):
            raise ValueError("it is not JSON in UTF-8")
        return json_of(asked.body.decode())
    except ValueError as error:
        raise Refused(f"The request's body cannot be read ({one_line(error, 80)}), so it is not sent.") from None


def _plain(address: str) -> str:
    """A number's digits; a SIP address without how to get there; anything else as it is."""
    if re.fullmatch(r"\+?[0-9 ().-]+", address):
        return re.sub(r"[^0-9]", "", address)
    return re.sub(r";(transport|media)=\w+", "", address).lower() if re.match(r"sips?:", address, re.I) else address


def _site(url: str) -> tuple[tuple[str, str, int] | None, str]:
    """Scheme, host and port of a web address, and its path; no site for one that can be read in two ways."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (ValueError, KeyError):
        return None, ""
    odd = ODD.search(url.partition("?")[0])
    if odd or "@" in parts.netloc or not parts.hostname:
        return None, ""
    return (parts.scheme, parts.hostname.rstrip("."), port), parts.path


def _is_nobody(url: Any) -> bool:
    site = _site(url)[0] if isinstance(url, str) else None
    return site is not None and f".{site[1]}".endswith(NOBODY)


def _shown(value: Any) -> str:
    return one_line(str(value), 80) if isinstance(value, str) else one_line(repr(value), 80)
