"""One request to the API: signed, timed, kept for the wire view, and repeated only where that is safe."""

from __future__ import annotations

import base64
import json
import logging
import platform
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.hosts import host_of, is_here
from ..base.masking import mask_logs
from ..base.secret import reveal
from ..base.web import speaks_http
from ..settings.checks import VONAGE_DOMAINS
from ..settings.keys import load_private_key, make_jwt
from ..settings.settings import Settings
from ..wire.exchanges import RoundTrip, WireLog, exchange_of
from .errors import NoReplyError, VonageError, error_from_reply, error_without_reply

if TYPE_CHECKING:
    import requests
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

logger = logging.getLogger(__name__)

Auth = Literal["basic", "jwt"]
TIMEOUT = (5, 30)  # seconds to connect, and to wait for the next byte of the reply
TRIES = 4
LONGEST_WAIT = 5.0  # seconds between two tries
USER_AGENT = f"voice-call-notebooks ({platform.python_implementation()})"


class Transport:
    """Sends requests with keep-alive. Opens nothing before the first one; :meth:`close` closes what it opened."""

    def __init__(
        self,
        settings: Settings,
        *,
        session: requests.Session | None = None,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = lambda: time.time(),
    ) -> None:
        self.settings = settings
        self._now = now
        self.wire = WireLog()
        self._session = session
        self._sleep = sleep
        self._lock = threading.Lock()
        self._key: tuple[str, RSAPrivateKey] | None = None

    def send(
        self,
        method: str,
        url: str,
        *,
        auth: Auth,
        json_body: Any = None,
        form: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        accept: str = "application/json",
    ) -> requests.Response:
        """The reply, if it is a success; else a VonageError.

        ``429`` is tried again after a pause, as the API did nothing. A broken connection is tried again only for GET:
        nobody knows how far the other requests got, and a call must never be placed twice.
        """
        headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "gzip, deflate"}
        data: str | dict[str, Any] | None = dict(form) if form is not None else None
        if json_body is not None:
            headers["Content-Type"] = "application/json"
            data = as_json(json_body)
        headers["Authorization"] = "…"  # only its place among the others: _once puts it there
        for attempt in range(1, TRIES + 1):
            try:
                return self._once(method, url, headers, data, query, auth)
            except VonageError as error:
                wait = _wait_before_next(error, attempt)
                if wait is None:
                    raise
                logger.info("%s; trying again in %.1f s", error.message, wait)
                self._sleep(wait)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connections. The next request opens a new one."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None:
            _close_pools(session)
            session.close()

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: str | dict[str, Any] | None,
        query: Mapping[str, Any] | None,
        auth: Auth,
    ) -> requests.Response:
        import requests

        def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = self._authorization(auth)
            return request

        session = self._open()
        # Signed here, for each try anew: a token made before a pause would be older than it need be, and in a local
        # variable a traceback could show it. Given as `auth`, so that no ~/.netrc entry can take its place.
        request = requests.Request(method, url, headers=headers, data=data, params=query, auth=sign)
        try:
            prepared = session.prepare_request(request)
        except (requests.RequestException, UnicodeError) as error:
            raise KitError(f"{method} {url} cannot be sent: {error}", "Check the address.") from None
        around: Any = session.merge_environment_settings(prepared.url or url, {}, False, None, None)
        if is_here(host_of(url)):  # a proxy of the machine is for the internet, not for a simulator on this machine
            around["proxies"] = {}
        started = time.perf_counter()
        try:
            reply = session.send(prepared, timeout=TIMEOUT, allow_redirects=False, **around)
        except requests.RequestException as error:
            # `from None`: four linked tracebacks of the HTTP library would bury the one sentence that helps.
            raise error_without_reply(self._keep(prepared, None, started, reason_of(error))) from None
        exchange = self._keep(prepared, reply, started, None)
        if reply.status_code >= 300 or _failed_in_disguise(reply):
            raise error_from_reply(exchange, reply.text)
        return reply

    def _keep(
        self, sent: requests.PreparedRequest, reply: requests.Response | None, started: float, error: str | None
    ) -> RoundTrip:
        url = self.settings.at_vonage(sent.url or "")
        exchange = exchange_of(sent, reply, (time.perf_counter() - started) * 1000, error, url)
        self.wire.append(exchange)
        return exchange

    def _open(self) -> requests.Session:
        import requests

        with self._lock:
            if self._session is None:
                mask_logs("urllib3.connectionpool")  # it logs each address, with its query
                self._session = requests.Session()
            return self._session

    def _authorization(self, auth: Auth) -> str:
        settings = self.settings
        if auth == "basic":
            settings.require("api_key", "api_secret")
            pair = f"{settings.api_key}:{reveal(settings.api_secret)}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        settings.require("application_id", "private_key")
        return f"Bearer {make_jwt(settings.application_id, self._private_key(), now=self._now())}"

    def _private_key(self) -> RSAPrivateKey:
        pem = self.settings.private_key
        with self._lock:
            # Parsed once, and again only when another application's key has taken its place.
            if self._key is None or self._key[0] != pem:
                self._key = (pem, load_private_key(pem))
            return self._key[1]

    def may_see_token(self, url: str) -> bool:
        """Whether a token may be sent there: to the API's own hosts only, over https unless it is this machine."""
        target = urlsplit(url)
        for api in map(urlsplit, (self.settings.api_url, self.settings.vonage_url)):
            if (target.scheme, target.netloc) == (api.scheme, api.netloc):
                return True
        host = target.hostname or ""
        return self.settings.live and target.scheme == "https" and host.endswith(VONAGE_DOMAINS)


def _close_pools(session: requests.Session) -> None:
    # Session.close leaves this to the garbage collector, and an error somebody keeps holds on to its connection.
    for adapter in session.adapters.values():
        pools: Any = getattr(getattr(adapter, "poolmanager", None), "pools", {})
        for key in list(pools.keys()):
            pool = pools.get(key)
            if pool is not None:
                pool.close()


def as_json(body: Any) -> str:
    """The body as JSON text; an NCCO of the kit becomes its list of actions."""

    def plain(value: Any) -> Any:
        from ..ncco.data import as_data

        if (made := as_data(value)) is not value:
            return made
        raise TypeError(f"a {type(value).__name__} cannot be written as JSON")

    try:
        return json.dumps(body, default=plain, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise KitError(
            f"This cannot be sent: {error}.", "Use text, numbers, True/False, None, lists and dicts."
        ) from None


def reason_of(error: BaseException) -> str:
    """Why there was no reply, in the words the trace uses too."""
    import requests

    found = _causes(error)
    causes = [type(cause).__name__ for cause in found]
    if "ConnectionRefusedError" in causes:
        return "connection refused"
    if isinstance(error, requests.ConnectTimeout):
        return "connect timeout"
    if isinstance(error, requests.Timeout) or "ReadTimeoutError" in causes:
        return "read timeout"
    if "gaierror" in causes or "NameResolutionError" in causes:
        return "name not found"
    if isinstance(error, requests.exceptions.ProxyError):
        return "proxy failed"
    if isinstance(error, requests.exceptions.SSLError):
        return "no https there" if any(map(speaks_http, found)) else "certificate refused"
    return "connection broken"


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            # urllib3 keeps the cause in .reason, requests in .args
            waiting += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
    return found


def _failed_in_disguise(reply: requests.Response) -> bool:
    """The Numbers API can answer 200 with another code in the body."""
    if b'"error-code"' not in reply.content[:2000]:
        return False
    try:
        body = reply.json()
    except ValueError:
        return False
    return isinstance(body, dict) and str(body.get("error-code", "200")) != "200"


def _wait_before_next(error: VonageError, attempt: int) -> float | None:
    """Seconds to wait before trying again, None to give up."""
    if attempt == TRIES:
        return None
    pause: float = 0.4 * 2 ** (attempt - 1)  # limits count over one second, so the second pause ends most of them
    if error.status == 429:
        asked = next((v for k, v in error.exchange.response_headers.items() if k.lower() == "retry-after"), "")
        # Never a long silence in a notebook: what takes longer is for the learner to decide.
        return min(float(asked), LONGEST_WAIT) if asked.isdecimal() and asked.isascii() else pause
    broken = isinstance(error, NoReplyError) and error.exchange.error == "connection broken"
    return pause if broken and error.exchange.method == "GET" else None
