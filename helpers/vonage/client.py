"""The Vonage APIs a voice application needs: one method for each documented call, named after it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from ..base.errors import KitError
from ..base.numbers import country_code
from ..settings.settings import Settings, is_rest
from ..wire.fields import FIELDS, meant_by
from .transport import Auth, Transport

if TYPE_CHECKING:
    import requests

    from ..wire.exchanges import WireLog

Json = dict[str, Any]
NUMBERS = {"length_timer", "ringing_timer", "loop", "style"}  # fields; the definition has the level as text
UUID = re.compile(r"(?:CON-)?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")


class Vonage:
    """Talks to the API. Each method returns the reply's JSON as it came (None if it has none) or raises VonageError.

    Nothing is checked before it is sent: what the API thinks of a request is part of what there is to learn. Options
    that are left out are not sent. ``wire`` keeps every request and reply; ``vonage.wire.show()`` shows the last.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = lambda: time.time(),
    ) -> None:
        self._transport = Transport(settings, session=session, sleep=sleep, now=now)

    @property
    def settings(self) -> Settings:
        """Where the addresses and credentials come from; a change there counts from the next request on."""
        return self._transport.settings

    @property
    def wire(self) -> WireLog:
        """Every request and its reply, masked."""
        return self._transport.wire

    # --- Applications API v2 (key and secret) ---------------------------------------------------------------------

    def create_application(
        self,
        name: str,
        *,
        answer_url: str | None = None,
        event_url: str | None = None,
        fallback_answer_url: str | None = None,
        answer_method: str = "GET",
        event_method: str = "POST",
        public_key: str | None = None,
        **more: Any,
    ) -> Json:
        """POST /v2/applications: a new voice application. Only this reply ever holds ``keys.private_key``.

        ``more``: ``capabilities`` or ``privacy`` as documented; capabilities given here are sent instead of the URLs.
        """
        webhooks = {
            "answer_url": answer_url and {"address": answer_url, "http_method": answer_method},
            "fallback_answer_url": fallback_answer_url
            and {"address": fallback_answer_url, "http_method": answer_method},
            "event_url": event_url and {"address": event_url, "http_method": event_method},
        }
        body = {"name": name, "capabilities": {"voice": {"webhooks": _given(webhooks)}}}
        body |= _more("create_application", "applications", more)
        if public_key:
            body["keys"] = {"public_key": public_key}
        return self._json("POST", "/v2/applications", json=body)

    def list_applications(self, *, page_size: int | None = None, page: int | None = None) -> Json:
        """GET /v2/applications: one page; the applications are in ``["_embedded"]["applications"]``."""
        return self._json("GET", "/v2/applications", query={"page_size": page_size, "page": page})

    def get_application(self, application_id: str) -> Json:
        """GET /v2/applications/{id}: without the private key."""
        return self._json("GET", f"/v2/applications/{_id(application_id)}")

    def replace_application(self, application_id: str, application: Mapping[str, Any]) -> Json:
        """PUT /v2/applications/{id}: replaces everything; what is left out is gone. Get it, change it, put it back."""
        body = _fields(application, 'Get it, change it, put it back: get_application("…") shows what it looks like.')
        return self._json("PUT", f"/v2/applications/{_id(application_id)}", json=body)

    def delete_application(self, application_id: str) -> None:
        """DELETE /v2/applications/{id}."""
        self.request("DELETE", f"/v2/applications/{_id(application_id)}")

    # --- Numbers API (key and secret, host rest.nexmo.com, forms) ---------------------------------------------------

    def search_numbers(self, country: str, *, features: str | Sequence[str] | None = None, **filters: Any) -> Json:
        """GET /number/search: numbers to rent, with ``cost`` a month. ``filters``: type, pattern, search_pattern, size,
        index.

        >>> kit.vonage.search_numbers("GB", features="VOICE")
        """
        chosen = features if isinstance(features, str) or features is None else ",".join(features)
        query = {"country": country_code(country), "features": chosen}
        filters = _more("search_numbers", "number/search", filters)
        return self._json("GET", "/number/search", query=query | filters)

    def buy_number(self, country: str, msisdn: str, **more: Any) -> Json:
        """POST /number/buy: rents the number; in live mode this costs money at once.

        >>> kit.vonage.buy_number("GB", "447700900123")
        """
        return self._json("POST", "/number/buy", form={"country": country_code(country), "msisdn": msisdn, **more})

    def list_numbers(self, **filters: Any) -> Json:
        """GET /account/numbers: your numbers; ``{}`` if none. ``filters``: application_id, has_application, country,
        pattern, search_pattern, size, index.

        >>> kit.vonage.list_numbers(pattern="447700900123")
        """
        return self._json("GET", "/account/numbers", query=_more("list_numbers", "account/numbers", filters))

    def update_number(self, country: str, msisdn: str, *, app_id: str | None = None, **more: Any) -> Json:
        """POST /number/update: links the number to an application (``app_id``), so that its calls go there."""
        form = {"country": country_code(country), "msisdn": msisdn, "app_id": app_id}
        return self._json("POST", "/number/update", form=form | _more("update_number", "number/update", more))

    def cancel_number(self, country: str, msisdn: str, **more: Any) -> Json:
        """POST /number/cancel: gives the number back."""
        return self._json("POST", "/number/cancel", form={"country": country_code(country), "msisdn": msisdn, **more})

    # --- Voice API v1 (token of the application) --------------------------------------------------------------------

    def create_call(
        self,
        body: Mapping[str, Any] | None = None,
        *,
        to: Any = None,
        from_: Any = None,
        ncco: Any = None,
        answer_url: Any = None,
        answer_method: str | None = None,
        event_url: Any = None,
        event_method: str | None = None,
        **more: Any,
    ) -> Json:
        """POST /v1/calls: ``uuid`` (of the leg), ``status``, ``direction``, ``conversation_uuid``. Not yet answered.

        Give the documented JSON as ``body``, or its fields. ``to`` and ``from_`` may be a number or an endpoint,
        ``ncco`` a list or an Ncco, the URLs a text: they are put into the lists that the API wants. ``more``:
        random_from_number, machine_detection, length_timer (1 to 86,400 s), ringing_timer (1 to 120 s) and so on.
        Raises :class:`VonageError` for each reply that is not 2xx. Source: Voice API OpenAPI 1.10.

        >>> vonage.create_call(to="447700900001", from_="447700900500", ncco=[{"action": "talk", "text": "Hello"}])
        """
        given = _fields({} if body is None else body, 'Or name the fields: create_call(to="447700900001", from_=…).')
        fields = {
            "to": None if to is None else _as_list(_endpoint(to)),
            "from": None if from_ is None else _endpoint(from_),
            "ncco": ncco,
            "answer_url": _as_list(answer_url),
            "answer_method": answer_method,
            "event_url": _as_list(event_url),
            "event_method": event_method,
        }
        return self._json("POST", "/v1/calls", json={**given, **_given(fields), **_more("create_call", "calls", more)})

    def list_calls(self, **filters: Any) -> Json:
        """GET /v1/calls: one page; the calls are in ``["_embedded"]["calls"]``. ``filters``: status, date_start,
        date_end, page_size, record_index, order, conversation_uuid.

        >>> kit.vonage.list_calls(status="completed")
        """
        return self._json("GET", "/v1/calls", query=_more("list_calls", "list_calls", filters))

    def iter_calls(self, **filters: Any) -> Iterator[Json]:
        """All calls, page after page, as GET /v1/calls gives them: follows ``_links.next`` to the last page."""
        seen: set[str] = set()
        while True:
            page = self.list_calls(**filters)
            yield from page.get("_embedded", {}).get("calls", [])
            following = page.get("_links", {}).get("next", {}).get("href", "")
            # Only the query is taken: some replies say /calls, others /v1/calls. A page seen before would never end.
            query = urlsplit(following).query
            if not query or query in seen:
                return
            seen.add(query)
            filters = dict(parse_qsl(query))

    def get_call(self, uuid: str) -> Json:
        """GET /v1/calls/{uuid}: one call.

        When it is over, ``duration`` (s), ``rate`` (EUR a minute) and ``price`` (EUR) come as strings.
        """
        return self._json("GET", f"/v1/calls/{_id(uuid)}")

    def modify_call(self, uuid: str, action: str, **more: Any) -> None:
        """PUT /v1/calls/{uuid}: hangup, mute, unmute, earmuff, unearmuff or transfer."""
        more = _more("modify_call", "call", more)
        self.request("PUT", f"/v1/calls/{_id(uuid, action)}", json={"action": action, **more})

    def hang_up(self, uuid: str) -> None:
        """PUT /v1/calls/{uuid} ``{"action": "hangup"}``: ends this leg.

        Raises :class:`BadRequestError` in its first second or two, and when it is over (support article
        10359615124380).
        """
        self.modify_call(uuid, "hangup")

    def mute(self, uuid: str) -> None:
        """PUT /v1/calls/{uuid} ``{"action": "mute"}``: the others no longer hear this leg."""
        self.modify_call(uuid, "mute")

    def unmute(self, uuid: str) -> None:
        """PUT /v1/calls/{uuid} ``{"action": "unmute"}``."""
        self.modify_call(uuid, "unmute")

    def earmuff(self, uuid: str) -> None:
        """PUT /v1/calls/{uuid} ``{"action": "earmuff"}``: this leg no longer hears the others."""
        self.modify_call(uuid, "earmuff")

    def unearmuff(self, uuid: str) -> None:
        """PUT /v1/calls/{uuid} ``{"action": "unearmuff"}``."""
        self.modify_call(uuid, "unearmuff")

    def transfer(self, uuid: str, *, ncco: Any = None, url: Any = None) -> None:
        """PUT /v1/calls/{uuid} ``{"action": "transfer", …}``: goes on with another NCCO, inline or from a URL."""
        self.modify_call(uuid, "transfer", destination=_given({"type": "ncco", "ncco": ncco, "url": _as_list(url)}))

    def stream(self, uuid: str, url: Any, *, loop: int | None = None, level: Any = None) -> Json:
        """PUT /v1/calls/{uuid}/stream: plays a file into an answered call.

        ``url``: an MP3 or WAV file; ``loop``: how often in all, 0 forever; ``level``: -1 to 1, 0 as recorded.
        """
        body = _given({"stream_url": _as_list(url), "loop": loop, "level": level})
        return self._json("PUT", f"/v1/calls/{_id(uuid, url)}/stream", json=_more("stream", "stream", body))

    def stop_stream(self, uuid: str) -> Json:
        """DELETE /v1/calls/{uuid}/stream."""
        return self._json("DELETE", f"/v1/calls/{_id(uuid)}/stream")

    def talk(self, uuid: str, text: str, **options: Any) -> Json:
        """PUT /v1/calls/{uuid}/talk: speaks into an answered call; options language, style, premium, loop, level."""
        return self._json(
            "PUT", f"/v1/calls/{_id(uuid, text)}/talk", json={"text": text, **_more("talk", "talk", options)}
        )

    def stop_talk(self, uuid: str) -> Json:
        """DELETE /v1/calls/{uuid}/talk."""
        return self._json("DELETE", f"/v1/calls/{_id(uuid)}/talk")

    def dtmf(self, uuid: str, digits: str) -> Json:
        """PUT /v1/calls/{uuid}/dtmf: sends key tones; digits, ``*``, ``#`` and ``p`` (a pause of 500 ms)."""
        return self._json("PUT", f"/v1/calls/{_id(uuid, digits)}/dtmf", json={"digits": digits})

    def subscribe_dtmf(self, uuid: str, event_url: Any) -> None:
        """PUT /v1/calls/{uuid}/input/dtmf: each key press goes to the URL at once (input mode asynchronous)."""
        self.request("PUT", f"/v1/calls/{_id(uuid)}/input/dtmf", json={"event_url": _as_list(event_url)})

    def unsubscribe_dtmf(self, uuid: str) -> None:
        """DELETE /v1/calls/{uuid}/input/dtmf."""
        self.request("DELETE", f"/v1/calls/{_id(uuid)}/input/dtmf")

    def download_recording(self, url: str, path: str | Path | None = None) -> bytes:
        """GET the ``recording_url`` of a record event: the sound file's bytes, also written to ``path`` if given."""
        if not isinstance(url, str) or "/" not in url:
            raise KitError(f"{url!r:.70} is not the address of a recording.", "Use recording_url of a record event.")
        full = urljoin(f"{self._host(rest=False)}/", url)
        if not self._transport.may_see_token(full):
            host = urlsplit(full).netloc
            raise KitError(
                f"{host} is not a host of the API, so it gets no token.", "Use recording_url of a record event."
            )
        data = self._transport.send("GET", full, auth="jwt", accept="*/*").content
        if path is not None:
            Path(path).write_bytes(data)
        return data

    # --- any request ------------------------------------------------------------------------------------------------

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """Send any request to the API, exactly as given: host and authorization are chosen by the path.

        For trying out what the methods above would not send, such as a ``stream_url`` that is not a list.
        """
        if not isinstance(path, str) or not path.startswith("/"):
            raise KitError(f"{path!r} is not a path of the API.", "It begins with a slash, such as /v1/calls.")
        rest = is_rest(path)
        auth: Auth = "basic" if rest or path.startswith("/v2/applications") else "jwt"
        url = self._host(rest=rest) + path
        form, query = form and _form(form), query and _form(query)
        reply = self._transport.send(method, url, auth=auth, json_body=json, form=form, query=query)
        if not reply.content:
            return None
        try:
            return reply.json()
        except ValueError:
            cure = "Is a sign-in page of a network in between? kit.vonage.wire.show() shows what came."
            raise KitError(f"{method} {path} was answered with something that is not JSON.", cure) from None

    def close(self) -> None:
        """Close the connections; the next request opens a new one."""
        self._transport.close()

    def __enter__(self) -> Vonage:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Vonage: {self.settings.api_url or 'no address'}, {len(self.wire)} requests>"

    def _json(self, method: str, path: str, **parts: Any) -> Json:
        reply: Json = self.request(method, path, **parts)
        return reply

    def _host(self, *, rest: bool) -> str:
        self.settings.require("api_url")
        return self.settings.rest_url if rest else self.settings.api_url


def _given(fields: Mapping[str, Any]) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _more(method: str, request: str, more: Json) -> Json:
    """Further fields by their names; one that is misspelt, or a number in quotes, would be sent and perhaps ignored."""
    for wrong, field in meant_by(more, FIELDS[request]).items():
        raise KitError(f"{method} has no {wrong}.", f"Did you mean {'from_' if field == 'from' else field}?")
    for name in NUMBERS & more.keys():
        if isinstance(text := more[name], str):
            raise KitError(f"{name} is a number, and {text!r} is a text.", f"Write it without quotes: {name}=5.")
    return more


def _form(fields: Mapping[str, Any]) -> Json:
    # True is "true" in a query or a form; Python would write "True".
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in _given(fields).items()}


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | Mapping) else value


def _endpoint(value: Any) -> Any:
    # A number without quotes is sent as it is: the API says what is wrong with it, and where.
    number = isinstance(value, str | int) and not isinstance(value, bool)
    return {"type": "phone", "number": value} if number else value


def _fields(body: Any, cure: str) -> Json:
    if not isinstance(body, Mapping):
        raise KitError(f"{body!r} has no fields: the body of this request is a dict.", cure)
    return dict(body)


def _id(uuid: str, other: Any = "") -> str:
    if UUID.fullmatch(str(other)) and not UUID.fullmatch(str(uuid)):
        raise KitError(
            f"The id of the call comes first; here it is second, after {str(uuid)[:60]!r}.",
            'For example: kit.vonage.talk(call["uuid"], "Hello").',
        )
    if not isinstance(uuid, str) or not uuid:
        raise KitError(
            f"An id is needed here, as text, and this is {uuid!r:.70}.",
            'From the reply that created it take call["uuid"], of an application application["id"].',
        )
    return quote(uuid, safe="")
