"""The public address of the background server, on and off."""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import traceback
import uuid
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.hosts import host_of, is_here, is_private
from ..base.masking import mask
from ..base.web import fault_of

logger = logging.getLogger(__name__)

TOKEN_CURE = (
    "Copy your authtoken from dashboard.ngrok.com/get-started/your-authtoken into NGROK_AUTHTOKEN in .env, "
    "or set PUBLIC_URL to an address of your own that leads to this server."
)
# ngrok's own error codes (ngrok.com/docs/errors), for those a learner is likely to meet.
CURES = {
    "ERR_NGROK_105": ("ngrok does not accept the authtoken.", TOKEN_CURE),
    "ERR_NGROK_107": ("ngrok does not accept the authtoken any more.", TOKEN_CURE),
    "ERR_NGROK_4018": ("ngrok wants an authtoken of a verified account.", TOKEN_CURE),
    "ERR_NGROK_108": (
        "This ngrok account already has a tunnel open somewhere.",
        "Stop the other ngrok (another notebook, another machine), then run this cell again.",
    ),
    "ERR_NGROK_334": ("This ngrok address is already in use.", "Stop the other ngrok, then run this cell again."),
    "ERR_NGROK_121": ("This ngrok program is too old.", "Run: python -m pyngrok update (or: ngrok update)."),
}


class TunnelError(KitError):
    """There is no public address, and this says what to do for one."""


class TunnelSettings(Protocol):
    """The settings a tunnel reads. ``api_url`` and ``simulator_url`` are read too where there are any."""

    @property
    def mode(self) -> str:
        """``simulated`` or ``live``."""

    @property
    def public_url(self) -> str:
        """Your own public address of the server, or empty."""

    @property
    def ngrok_authtoken(self) -> str:
        """The authtoken of your ngrok account, or empty."""


class TunnelServer(Protocol):
    """The server behind the tunnel: a :class:`helpers.server.server.BackgroundServer`."""

    @property
    def url(self) -> str:
        """Where it listens; empty when stopped."""

    def start(self) -> object:
        """Make it listen."""


class Tunnel:
    """The address at which Vonage reaches the background server, and nothing else on this machine.

    - Vonage's part is played on this machine (simulated mode): the server's own address will do, nothing is opened.
    - ``PUBLIC_URL`` is set: that address; leading it to the server is your business.
    - otherwise ngrok, started through pyngrok, with your ``NGROK_AUTHTOKEN``. A free account gets a new address each
      time, so the application's webhooks must be updated after ``on()``.

    Example: ``tunnel.on()`` returns ``https://….ngrok-free.app``; ``tunnel.off()`` closes it. ``pyngrok`` are further
    values for ``pyngrok.conf.PyngrokConfig`` (``ngrok_path``, ``config_path``, ``region`` …).
    """

    def __init__(self, settings: TunnelSettings, server: TunnelServer, **pyngrok: Any) -> None:
        self._settings = settings
        self._server = server
        self._options = pyngrok
        self._url = ""
        self._ngrok: _Ngrok | None = None
        self._lock = threading.RLock()

    def on(self) -> str:
        """The public address, opening it if need be. Raises :class:`TunnelError` if there is none to be had."""
        with self._lock:
            self._server.start()
            if self._ngrok and not (self.url and self._ngrok.target == self._server.url):
                self.off()  # ngrok has died, or the server has moved to another port
            if self._ngrok is None:
                self._url = self._open()
            return self._url

    def off(self) -> None:
        """Close the tunnel and end the ngrok process this object started. The server goes on, on this machine."""
        with self._lock:
            ngrok, self._ngrok, self._url = self._ngrok, None, ""
            if ngrok is not None:
                ngrok.close()

    def _open(self) -> str:
        settings = self._settings
        local = _platform_is_here(settings)
        if settings.mode != "live" and local:
            return self._server.url
        if settings.public_url:
            return _checked(settings.public_url, allow_local=local)
        if local:
            return self._server.url
        if settings.mode != "live":
            raise TunnelError("The simulator is on another machine and cannot reach this server.", "Set PUBLIC_URL.")
        self._ngrok = _Ngrok(self._server.url, settings.ngrok_authtoken, self._options)
        return self._ngrok.url

    @property
    def url(self) -> str:
        """The public address; empty when off (or when ngrok has ended by itself)."""
        return self._url if self._ngrok is None or self._ngrok.alive else ""

    @property
    def status(self) -> str:
        """One line: off, or from where to where."""
        if self._url and not self.url:
            return "off: ngrok has ended by itself; on() starts it again"
        if not self.url:
            return "off"
        server = self._server.url or "a server that is stopped"
        if self._ngrok is not None:
            return f"on: {self.url} → {server} through ngrok"
        return (
            f"on: {self.url}, on this machine only" if self.url == server else f"on: {self.url} (PUBLIC_URL) → {server}"
        )

    def __enter__(self) -> Tunnel:
        self.on()
        return self

    def __exit__(self, *exc: object) -> None:
        self.off()

    def __repr__(self) -> str:
        return f"<Tunnel {self.status}>"


class _Ngrok:
    """One ngrok tunnel to one local address."""

    def __init__(self, target: str, token: str, options: dict[str, Any]) -> None:
        from pyngrok import ngrok, process
        from pyngrok.conf import PyngrokConfig, get_config_path
        from pyngrok.exception import PyngrokError

        config = PyngrokConfig(auth_token=token or None, **options)
        if not config.auth_token and not _has_token(Path(get_config_path(config))):
            raise TunnelError("There is no public address yet: Vonage cannot reach this machine.", TOKEN_CURE)
        self.target = target
        self._config = config
        # An ngrok that somebody else started in this kernel is used, but not ended.
        self._mine = not process.is_process_running(config.ngrok_path)
        self._process: Any = None
        try:
            self._process = ngrok.get_ngrok_process(config)
            # The server's full address, so that ngrok can lead nowhere else (in particular not to JupyterLab).
            # With a name of its own, because pyngrok would make one with slashes out of the address.
            name = f"voice-kit-{uuid.uuid4().hex[:8]}"
            self.url = str(ngrok.connect(target, name=name, pyngrok_config=config).public_url).rstrip("/")
        except (PyngrokError, OSError) as error:
            self.close()
            _close_pipe(error)
            # "from None": ngrok quotes the token in its messages, and a chained error would be printed too.
            raise _explain(error, config.auth_token or "") from None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.proc.poll() is None

    def close(self) -> None:
        from pyngrok import ngrok
        from pyngrok.exception import PyngrokError

        if hasattr(self, "url") and self.alive:
            with contextlib.suppress(PyngrokError, OSError):  # it is ended below all the same
                ngrok.disconnect(self.url, pyngrok_config=self._config)
        if self._mine and self._process is not None:
            watcher = self._process._monitor_thread
            ngrok.kill(pyngrok_config=self._config)
            if watcher is not None:
                watcher.join(2)  # it ends when the pipe does
            self._process.proc.stdout.close()


def _close_pipe(error: Exception) -> None:
    """Close the pipe of an ngrok that did not start: pyngrok leaves it open, and has it in local variables only."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        pipe = getattr(frame.f_locals.get("proc"), "stdout", None)
        if pipe is not None:
            pipe.close()


def _platform_is_here(settings: TunnelSettings) -> bool:
    """Whether what sends the webhooks runs on this machine, as the kit's own simulator does."""
    where = getattr(settings, "api_url" if settings.mode == "live" else "simulator_url", "") or ""
    return is_here(host_of(where)) if where else settings.mode != "live"


def _checked(address: str, *, allow_local: bool) -> str:
    """``PUBLIC_URL`` without its last slash, or a TunnelError that says what is wrong with it."""
    example = "Write it like https://calls.example.com in .env."
    address = address.strip()
    if fault := fault_of(address):
        raise TunnelError(f"PUBLIC_URL is not a web address: {mask(address)} {fault.said}.", example)
    parts, host = urlsplit(address), host_of(address)
    if parts.query or parts.fragment or parts.username:
        raise TunnelError("PUBLIC_URL must not have a user name, a ? or a #: paths are added to its end.", example)
    if is_private(host) and not allow_local:
        raise TunnelError(
            f"PUBLIC_URL leads to {host}, which Vonage cannot reach.",
            "It has to be an address on the internet; leave PUBLIC_URL empty to use ngrok.",
        )
    return address.rstrip("/")


def _has_token(config: Path) -> bool:
    """Whether the ngrok configuration of this user already holds an authtoken."""
    return config.is_file() and re.search(r"^\s*authtoken:\s*\S", config.read_text(errors="replace"), re.M) is not None


def _explain(error: Exception, token: str) -> TunnelError:
    words = mask(str(error), [token])
    found = re.search(r"ERR_NGROK_\d+", f"{words} {getattr(error, 'ngrok_error', '')} {getattr(error, 'body', '')}")
    code = found.group(0) if found else ""
    if code in CURES:
        message, cure = CURES[code]
    elif type(error).__name__ == "PyngrokNgrokInstallError" or "binary was not found" in words:
        message = "The ngrok program is not on this machine and could not be fetched."
        cure = "Connect to the internet and run this cell again, or install ngrok from ngrok.com/download."
    elif re.search(r"no such host|dial|timed? ?out|network|refused", words):
        message = "ngrok cannot reach its service."
        cure = "Check the internet connection (and whether a firewall or proxy stops ngrok), then run this cell again."
    else:
        message = "ngrok could not open a tunnel."
        cure = "Look up the message at ngrok.com/docs/errors, or set PUBLIC_URL to an address of your own."
    return TunnelError(f"{message} ({code or 'ngrok'}: {_first_line(words)})", cure, code=code)


def _first_line(words: str) -> str:
    line = next((line.strip() for line in words.replace("\\r\\n", "\n").splitlines() if line.strip()), "no details")
    return line[:200]
