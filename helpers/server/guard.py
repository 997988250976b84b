"""The guard of live mode: who may knock at the public address, and who at a webhook."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ..base.hosts import host_of, is_here, parts_of
from ..settings.settings import Settings
from ..wire.exchanges import GOOD, MISSING
from .signatures import read_signature

FRESH = 300  # seconds between the time in a token and this machine's clock
NAMELESS, STALE, FOREIGN = "it has no jti", "its time is not that of this machine", "it is for another application"
AGAIN, BUSY = "it came before", "it is being answered"


class Verdict(NamedTuple):
    """What the guard says of a request: its ``signature``, and why it is ``refused``, if it is."""

    signature: str | None
    refused: str | None = None
    status: str = ""
    jti: str = ""
    iat: float = 0

    def turn_away(self, start: Callable[[str, list[tuple[str, str]]], object]) -> bytes:
        """Begin the reply of a refusal. Returns its body."""
        start(self.status, [("Content-Type", "text/plain; charset=utf-8")])
        return f"Refused by the guard of this kit: {self.refused}.\n".encode()


class WebhookGuard:
    """Lets only signed, fresh, new requests for own applications through to the paths that are named as webhooks.

    An unsigned one gets 503: Vonage sends it again, signed (signed webhooks guide). All other paths are open, but not
    to web pages. ``own`` gives the addresses under which the server is reached. ``checks`` says whether signatures are
    checked: not without a signature secret, nor where a lesson has switched that off.
    """

    def __init__(self, settings: Settings, own: Callable[[], Iterable[str]], checks: Callable[[], bool]) -> None:
        self._settings, self._own, self._checks = settings, own, checks
        self._named: frozenset[str] = frozenset()
        self._applications: frozenset[str] = frozenset()
        self._seen: dict[str, float] = {}  # tokens of what was answered well, and their times
        self._at_work: set[str] = set()
        self.refused: deque[tuple[float, str]] = deque(maxlen=100)  # when, by the monotonic clock, and why
        self.known = 0  # requests so far that are Vonage's or the reader's own, as far as anybody can tell
        self._lock = threading.Lock()

    def name(self, addresses: Iterable[str], application: str = "") -> None:
        """From now on these are webhooks, as far as they lead here, and this application is an own one."""
        with self._lock:
            self._named |= {address.partition("?")[0] for address in addresses}
            self._applications |= {application.lower()}

    def look(self, asked: Mapping[str, str], sent: bytes) -> Verdict:
        """What to do with a request: with what is kept of its environ, and its body."""
        verdict = self._look(asked, sent)
        # Signed; or from this machine, so not through the tunnel; or to a webhook where nobody checks who sends.
        to_webhook = verdict.signature is None and self._is_named(asked)
        if not verdict.refused and (verdict.signature == GOOD or to_webhook or _is_of(_host(asked), frozenset())):
            self.known += 1
        return verdict

    def _look(self, asked: Mapping[str, str], sent: bytes) -> Verdict:
        if not self.leads_here(_host(asked)):
            return Verdict(None, "its Host is not this server", "403 Forbidden")
        if "HTTP_ORIGIN" in asked:
            return Verdict(None, "a web page sent it (Origin), and Vonage is not one", "403 Forbidden")
        if not self._checks():
            return Verdict(None)
        verdict = self._judge(asked, sent)
        if verdict.signature == GOOD or not self._is_named(asked):
            return verdict
        self.refused.append((time.monotonic(), str(verdict.signature)))
        if verdict.signature == MISSING:
            return verdict._replace(refused="it is not signed; see kit.signed()", status="503 Service Unavailable")
        status = "503 Service Unavailable" if verdict.signature == BUSY else "401 Unauthorized"
        return verdict._replace(refused=f"it is signed, but {verdict.signature}", status=status)

    def answered(self, verdict: Verdict, status: str) -> None:
        """How it was answered: a token counts as seen after a 2xx, so what failed may come again."""
        if verdict.jti:
            now = time.time()
            with self._lock:
                self._at_work.discard(verdict.jti)
                if status.startswith("2"):
                    self._seen = {jti: iat for jti, iat in self._seen.items() if now - iat <= FRESH}
                    self._seen[verdict.jti] = verdict.iat

    def leads_here(self, address: str) -> bool:
        """Whether an address is one of this server."""
        return _is_of(address, self._hosts())

    def _judge(self, asked: Mapping[str, str], sent: bytes) -> Verdict:
        query, secret = parts_of(asked["REQUEST_URI"])[2], self._settings.signature_secret
        found, claims = read_signature(asked.get("HTTP_AUTHORIZATION"), sent, query, secret)
        if found != GOOD:
            return Verdict(found)
        jti, iat, application = (claims.get(name) for name in ("jti", "iat", "application_id"))
        now = time.time()
        if not isinstance(jti, str):
            return Verdict(NAMELESS)
        if not isinstance(iat, (int, float)) or not now - FRESH <= iat <= now + FRESH:
            return Verdict(STALE)
        own = {self._settings.application_id.lower(), *self._applications}
        if application is not None and str(application).lower() not in own:
            return Verdict(FOREIGN)
        with self._lock:
            if jti in self._seen or jti in self._at_work:
                return Verdict(AGAIN if jti in self._seen else BUSY)
            self._at_work.add(jti)
        return Verdict(GOOD, jti=jti, iat=iat)

    def _is_named(self, asked: Mapping[str, str]) -> bool:
        return _plain(asked["PATH_INFO"]) in self._paths()

    def _hosts(self) -> frozenset[str]:
        return frozenset(host_of(one) for one in self._own() if one)

    def _paths(self) -> frozenset[str]:
        return _paths(self._named, self._hosts(), parts_of(self._settings.public_url)[1].rstrip("/"))


def _host(asked: Mapping[str, str]) -> str:
    return f"//{asked.get('HTTP_HOST', '')}"


def _is_of(address: str, hosts: frozenset[str]) -> bool:
    host = host_of(f"http://{parts_of(address)[0]}")
    return is_here(host) or host in hosts


@lru_cache(maxsize=1)
def _paths(named: frozenset[str], hosts: frozenset[str], prefix: str) -> frozenset[str]:
    """The paths of those that lead here; also without the path of PUBLIC_URL, which a proxy may take off."""
    paths = [parts_of(one)[1] for one in named if _is_of(one, hosts)]
    paths += [path.removeprefix(prefix) for path in paths]
    return frozenset(_plain(unquote_to_bytes(path).decode("latin-1")) for path in paths)


def _plain(path: str) -> str:
    """A path as any route may read it: without a slash at its end, or two in a row."""
    return "/".join(filter(None, path.split("/")))
