"""Looks at all that a real call needs, a check for each. Nothing of it costs, and nothing in the account changes."""

from __future__ import annotations

import os
import shlex
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..base.findings import Check, CheckFailed, Unknown
from ..server.server import BackgroundServer
from ..server.tunnel import Tunnel, TunnelError
from ..settings.checks import EXAMPLES, VARIABLES, WHERE
from ..settings.env_file import read_env
from ..settings.keys import load_private_key, make_jwt, verify_jwt
from ..settings.proxy import proxies
from ..settings.settings import Settings
from ..vonage.client import Vonage
from ..vonage.transport import reason_of
from . import ownership as own
from .past import past_the_gate

APART = 10  # seconds between this machine's clock and Vonage's. How many it forgives is not documented
TIMEOUT = (5, 10)  # seconds to connect to the public address, and to wait for the next byte
BROWSER = {"User-Agent": "Mozilla/5.0"}  # by this ngrok tells whom to show its warning page
WARNING_PAGE = "ERR_NGROK_6024"
ANEW = "kit.tunnel.off(), then kit.tunnel.on(): the address may be new, and your webhooks must lead to it."
NEXT_MONTH = "Wait for the next month, take another plan (dashboard.ngrok.com/usage), or set PUBLIC_URL."
IN_USE = ("ERR_NGROK_108", "ERR_NGROK_334")  # the account's one tunnel, or its address, is open elsewhere
# What ngrok answers in place of your server (ngrok.com/docs/errors).
NGROK = {
    "ERR_NGROK_3200": ("ngrok has no tunnel at this address now", ANEW),
    "ERR_NGROK_725": ("your ngrok account has used up its data for this month", NEXT_MONTH),
    "ERR_NGROK_727": ("your ngrok account has used up its requests for this month", NEXT_MONTH),
    "ERR_NGROK_734": ("too many requests in this minute for your ngrok account", "Wait a minute."),
}


@contextmanager
def live_checks(
    settings: Settings, server: BackgroundServer | None = None, public: str = ""
) -> Iterator[dict[str, Check]]:
    """The checks by their names, in the order in which they build on each other.

    ``server`` is the learner's, and ``public`` its address at this moment, if it has one. What is missing of these is
    made for a moment.
    """
    with past_the_gate(settings)() as vonage:
        yield Doctor(settings, vonage, server, public).checks


class Doctor:
    """Remembers what a check has found for those after it."""

    def __init__(self, settings: Settings, vonage: Vonage, server: BackgroundServer | None, public: str) -> None:
        self._settings, self._vonage, self._server, self._public = settings, vonage, server, public
        self._let_in = False  # by key and secret
        self._application: dict[str, Any] = {}
        self._in_browser: str | None = None  # ngrok's code there

    @property
    def checks(self) -> dict[str, Check]:
        """All of them, by their names."""
        return {
            ".env": self.check_files,
            "Proxy": check_proxy,
            "Account": self.check_account,
            "Clock": self.check_clock,
            "App": self.check_application,
            "Key": self.check_key,
            "Number": self.check_number,
            "Signature": self.check_signature,
            "Tunnel": self.check_tunnel,
            "ngrok": self.check_ngrok,
            "Sound": check_sound,
        }

    def check_files(self) -> str:
        """That nobody else may read the files with secrets."""
        if os.name == "nt":
            raise Unknown("Windows has rights of another kind", "Keep the folder of .env where only you can look.")
        env = self._settings.dotenv
        key = read_env(env).get("VONAGE_PRIVATE_KEY", "")  # the path of a file, if it is not the key
        files = [env, *([env.parent / Path(key).expanduser()] if key else []), *env.parent.glob("keys/*.key")]
        others = [str(file) for file in dict.fromkeys(files) if _is_open(file)]
        if others:
            raise CheckFailed(f"others may read {', '.join(others)}", shlex.join(["chmod", "600", *others]))
        return "only you may read it, and your private keys"

    def check_account(self) -> str:
        """How much money is left, which key and secret are needed to ask."""
        self._need("api_key", "api_secret")
        left = Decimal(str(self._vonage.request("GET", "/account/get-balance")["value"]))
        self._let_in = True
        if left <= 0:
            raise CheckFailed(f"{left:.2f} euros are left", "Top up in the Vonage dashboard: calls want money.")
        return f"key and secret are right; {left:.2f} euros are left"

    def check_clock(self) -> str:
        """This machine's clock against the ``Date`` of what Vonage has replied, be it a refusal."""
        dates = [
            (one.at, value)
            for one in self._vonage.wire
            for name, value in one.response_headers.items()
            if name.lower() == "date"
        ]
        if not dates:
            raise Unknown("Vonage has not said what time it is")
        here, there = dates[-1]
        apart = (here - parsedate_to_datetime(there)).total_seconds()
        if abs(apart) > APART:
            way = "ahead of" if apart > 0 else "behind"
            cure = "Set the clock, best by letting this machine take its time from the internet."
            raise CheckFailed(f"{abs(apart):.0f} s {way} Vonage's: your tokens get a 401", cure)
        return "agrees with Vonage's"

    def check_application(self) -> str:
        """That the application is there, and can voice."""
        self._need("application_id")
        _wants("the account", self._let_in)
        self._application = self._vonage.get_application(self._settings.application_id)
        name = self._application["name"]
        if "voice" not in self._application.get("capabilities", {}):
            cure = "Switch Voice on in the Vonage dashboard under Applications, or make another one (lesson 05)."
            raise CheckFailed(f"“{name}” cannot voice", cure)
        return f"“{name}” is there, with voice"

    def check_key(self) -> str:
        """That the private key belongs to the public key of the application."""
        self._need("private_key")
        _wants("the application", self._application)
        public = self._application["keys"]["public_key"]
        key = load_private_key(self._settings.private_key)
        if not verify_jwt(make_jwt(self._settings.application_id, key), public):
            cure = f"{WHERE['private_key']}. Put the one of this application into .env, or make a new one."
            raise CheckFailed("it is not the private key of this application: your tokens get a 401", cure)
        return "the private key belongs to the application"

    def check_number(self) -> str:
        """That the number is rented, can voice, and leads to the application, if there is one."""
        self._need("number")
        _wants("the account", self._let_in)
        number, mine = self._settings.number, ("app", self._settings.application_id)
        found = own.number(self._vonage, number)
        if found is None:
            raise CheckFailed(f"{number} is not rented", f"Correct VONAGE_NUMBER. {WHERE['number']}.")
        if "VOICE" not in found.get("features", ()):
            raise CheckFailed(f"{number} cannot voice", "Rent one with the feature VOICE (lesson 01).")
        kind, to = own.linked(found)
        if not self._application:
            return f"{number} is rented and can voice"
        if not kind:
            # Not a fault: the kit calls from it all the same, and after each lesson that links it, it is like this.
            cure = "Lesson 06 links it, and puts that back; for good: in the Vonage dashboard under Numbers."
            raise Unknown(f"{number} is rented and can voice; it leads to no application, so nobody answers it", cure)
        if (kind, to) != mine:
            cure = f'Take another number, link it in the dashboard, or ALLOW = "{number}" in lesson 06.'
            raise CheckFailed(f"{number} leads to {'application' if kind == 'app' else kind} {to}, not to yours", cure)
        return f"{number} is rented, can voice, and leads to the application"

    def check_signature(self) -> str:
        """That webhooks are signed, and that there is the secret to check them with."""
        self._need("signature_secret")
        _wants("the application", self._application)
        if self._application.get("capabilities", {}).get("voice", {}).get("signed_callbacks") is not True:
            cure = "Set capabilities.voice.signed_callbacks to True with kit.vonage.replace_application (lesson 05)."
            raise CheckFailed("Vonage does not sign the webhooks of this application", cure)
        return "Vonage signs, and the secret is set; whether it is the right one, the first webhook shows"

    def check_tunnel(self) -> str:
        """That a request of the kit's own comes back through the public address. A tunnel is opened if none is."""
        if self._server is None and self._settings.public_url:
            raise Unknown("whether PUBLIC_URL leads to your server, only that can say", "In a notebook: kit.doctor()")
        with ExitStack() as stack:
            server = self._server or stack.enter_context(BackgroundServer(public=True))
            url = self._public or self._opened(server, stack)
            reach(server, url)
            self._in_browser = _knock(server, url, BROWSER)[1]
        return f"a request came back through {url}"

    def _opened(self, server: BackgroundServer, stack: ExitStack) -> str:
        try:
            return stack.enter_context(Tunnel(self._settings, server)).url
        except TunnelError as error:
            if self._server is not None or getattr(error, "code", "") not in IN_USE:
                raise
            cure = "If a notebook of yours has it: kit.doctor() there looks at it. If none has, stop the other ngrok."
            raise Unknown("your ngrok account's one address is open elsewhere", cure) from None

    def check_ngrok(self) -> str:
        """What ngrok does beside that. Its limits, when they are reached, are found by the check of the tunnel."""
        _wants("the tunnel", self._in_browser is not None)
        if self._in_browser != WARNING_PAGE:
            return "no page of ngrok's own stands before your server"
        return (
            "a free plan: browsers see a warning page first (Visit Site), Vonage does not; "
            "1 GB and 20,000 requests a month (dashboard.ngrok.com/usage)"
        )

    def _need(self, *names: str) -> None:
        for name in names:
            if not getattr(self._settings, name):
                variable = VARIABLES[name]
                line = f"Put this line into .env: {variable}={EXAMPLES.get(name, '…')}"
                raise CheckFailed(f"{variable} is not set", f"{WHERE[name]}. {line}")


def _wants(what: str, there: object) -> None:
    """One fault is one red line: what builds on it is not looked at."""
    if not there:
        raise Unknown(f"not looked at without {what}")


def check_proxy() -> str:
    """Which proxy stands between, if it is there; and that the certificates are there that it may need."""
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        file = os.environ.get(variable, "")
        if file and not Path(file).exists():
            raise CheckFailed(f"{variable} names {file}, which is not there", f"Correct {variable}, or take it away.")
    hosts: dict[str, None] = {}
    for url in proxies().values():
        parts = urlsplit(url if "://" in url else f"http://{url}")
        where = (parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80))
        try:
            socket.create_connection(where, timeout=TIMEOUT[0]).close()
        except OSError as error:
            cure = "Correct HTTP_PROXY and HTTPS_PROXY in the environment, or take them away; then begin anew."
            raise CheckFailed(f"{where[0]}:{where[1]} does not answer ({error.strerror or error})", cure) from None
        hosts[f"{where[0]}:{where[1]}"] = None
    return f"{', '.join(hosts)}; requests to this machine pass it by" if hosts else "none"


def check_sound() -> str:
    """Nobody but the reader knows whether the browser can be heard."""
    cure = 'In a notebook: from helpers.views import listen; listen("../audio/greeting.mp3"), and press play.'
    raise Unknown("only you can hear whether the browser plays it", cure)


def reach(server: BackgroundServer, url: str) -> None:
    """Make sure that a request to the public address comes to the server. Raises CheckFailed if it does not."""
    came, code, status = _knock(server, url, {})
    if came:
        return
    if code:
        looked_up = (f"ngrok answers in place of your server ({code})", "ngrok.com/docs/errors explains it.")
        raise CheckFailed(*NGROK.get(code, looked_up))
    cure = f"Let it lead to {server.url}, or take PUBLIC_URL away and set NGROK_AUTHTOKEN."
    raise CheckFailed(f"{url} is answered ({status}), but not by your server", cure)


def _knock(server: BackgroundServer, url: str, headers: dict[str, str]) -> tuple[bool, str, int]:
    """Ask for a sound. Returns whether that came to the server; and of the reply ngrok's own code, and the status."""
    import requests

    mark = uuid.uuid4().hex
    came: list[bool] = []
    forget = server.requests.subscribe(lambda exchange: came.append(mark in exchange.url))
    asked = f"{url}/audio/greeting.mp3?doctor={mark}"
    try:
        with requests.get(asked, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True) as reply:
            return any(came), reply.headers.get("ngrok-error-code", ""), reply.status_code
    except requests.RequestException as error:
        cure = "Open the address in a browser on another network. Does a firewall stand between?"
        raise CheckFailed(f"{url} cannot be reached: {reason_of(error)}", cure) from None
    finally:
        forget()


def _is_open(file: Path) -> bool:
    try:
        return bool(file.stat().st_mode & 0o077)
    except (OSError, ValueError):  # not there, or not the name of a file
        return False
