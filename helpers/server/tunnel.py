"""The public address of the background server, on and off."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from ..base.errors import KitError
from ..base.hosts import host_of, is_here, is_private
from ..base.masking import mask, mask_logs
from ..base.secret import Secret, reveal
from ..settings.env_file import replace_file

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
# What stops ngrok from outside: how it or the system says so, what that means, what to do.
_AGAIN = ", then run this cell again; or set PUBLIC_URL to an address of your own."
STOPPED = (
    (
        "x509|CERTIFICATE_VERIFY_FAILED",
        "Something between this machine and ngrok opens the connection: its certificate is not ngrok's.",
        "Antivirus programs and networks of schools and firms do that. Let them leave ngrok alone, or use another "
        f"network{_AGAIN}",
    ),
    (
        "WinError (225|226|1260|4551)|virus|unwanted software|process was unable to start",
        "ngrok was stopped as it began: by an antivirus program, or by the rules of this machine.",
        f"Allow the ngrok program there (Windows: Virus & threat protection > Protection history){_AGAIN}",
    ),
    (
        r"Errno (1|13|30)\b|WinError 5\b|Permission denied",
        "The rights of a file or folder stop ngrok.",
        f"Let your user write its folder and run it (chmod u+rwx), or ask who looks after this machine{_AGAIN}",
    ),
    (
        r"Errno 8\b|WinError (193|216)",
        "The ngrok program is damaged, or for another kind of machine.",
        f"Delete it, so that it is fetched anew{_AGAIN}",
    ),
)


class TunnelError(KitError):
    """There is no public address, and this says what to do for one."""


class TunnelSettings(Protocol):
    """The settings a tunnel reads. ``vonage_url``, ``api_url`` and ``simulator_url`` are read where there are any."""

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

    @property
    def answered(self) -> int:
        """How many requests it has answered so far, strangers' not counted."""

    def start(self) -> object:
        """Make it listen."""


class Door(Protocol):
    """An address on the exchange of a class."""

    def open(self) -> str:
        """The address, once what comes there comes down to this kernel; empty when the class is not reached."""

    def shut(self) -> object:
        """Let nothing more come down."""


class Tunnel:
    """The address at which Vonage reaches the background server, and nothing else on this machine.

    - Vonage's part is played on this machine (simulated mode): the server's own address will do, nothing is opened.
    - In a class: an address on its exchange, from where a connection of this kernel brings the requests down.
    - ``PUBLIC_URL`` is set: that address; leading it to the server is your business.
    - otherwise ngrok, started through pyngrok, with your ``NGROK_AUTHTOKEN``. A free account gets a new address each
      time, so the application's webhooks must be updated after ``on()``. It closes itself when for ``patience``
      seconds no request of Vonage's or of yours has come: who forgets it leaves no door open.

    Example: ``tunnel.on()`` returns ``https://….ngrok-free.app``; ``tunnel.off()`` closes it. ``pyngrok`` are further
    values for ``pyngrok.conf.PyngrokConfig`` (``ngrok_path``, ``config_path``, ``region`` …).
    """

    patience = 30 * 60.0  # seconds

    def __init__(self, settings: TunnelSettings, server: TunnelServer, **pyngrok: Any) -> None:
        self._settings = settings
        self._server = server
        self._options = pyngrok
        self._url = ""
        self._ngrok: _Ngrok | None = None
        self._lock = threading.RLock()
        self._idle: _Idle | None = None
        self.at_start: Callable[[], object] = lambda: None  # called when there is an address
        self.at_end: Callable[[], object] = lambda: None  # and before it goes
        self.door: Door | None = None  # in a class: the way down from the exchange

    def on(self) -> str:
        """The public address, opening it if need be. Raises :class:`TunnelError` if there is none to be had."""
        with self._lock:
            self._server.start()
            if self._ngrok and not (self.url and self._ngrok.target == self._server.url):
                self.off()  # ngrok has died, or the server has moved to another port
            if self._ngrok is None:
                was, self._url = self._url, self._open()
                if not was:
                    self.at_start()
            return self._url

    def off(self) -> None:
        """Close the tunnel and end the ngrok process this object started. The server goes on, on this machine."""
        with self._lock:
            if self._url:
                self.at_end()
            idle, self._idle = self._idle, None
            ngrok, self._ngrok, self._url = self._ngrok, None, ""
            if ngrok is not None:
                ngrok.close()
            if self.door is not None:
                self.door.shut()
        if idle is not None:
            idle.stop()

    def _open(self) -> str:
        settings = self._settings
        local = _platform_is_here(settings)
        if self.door is not None and (url := self.door.open()):
            return url
        if settings.mode != "live" and local:
            return self._server.url
        if settings.public_url:
            return _reachable(settings.public_url, allow_local=local)
        if local:
            return self._server.url
        if settings.mode != "live":
            raise TunnelError("The simulator is on another machine and cannot reach this server.", "Set PUBLIC_URL.")
        self._ngrok = _Ngrok(self._server.url, settings.ngrok_authtoken, self._options)
        self._idle = _Idle(self._server, self.off, self.patience)
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
        if self.door is not None and self.url != server:
            return f"on: {self.url} → {server} through the exchange"
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


class _Idle:
    """Closes a tunnel through which nothing has come for a while."""

    def __init__(self, server: TunnelServer, close: Callable[[], object], patience: float) -> None:
        self._server, self._close, self._patience = server, close, patience
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="tunnel-idle", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(5)

    def _watch(self) -> None:
        seen, since = self._server.answered, time.monotonic()
        while not self._stopped.wait(self._patience / 60):
            if (answered := self._server.answered) != seen:
                seen, since = answered, time.monotonic()
            elif time.monotonic() - since >= self._patience:
                logger.info("no request for %.0f minutes: the tunnel is closed", self._patience / 60)
                self._close()
                return


class _Ngrok:
    """One ngrok tunnel to one local address."""

    def __init__(self, target: str, token: str, options: dict[str, Any]) -> None:
        from pyngrok import ngrok, process
        from pyngrok.conf import PyngrokConfig, get_config_path
        from pyngrok.exception import PyngrokError

        config = PyngrokConfig(**options)
        token = Secret(token or config.auth_token or "")  # pyngrok reads NGROK_AUTHTOKEN by itself
        config.auth_token = None  # it would stand on a command line, where everybody on this machine can read it
        own = Path(get_config_path(config))
        if not token and not _has_token(own):
            raise TunnelError("There is no public address yet: Vonage cannot reach this machine.", TOKEN_CURE)
        mask_logs("pyngrok.process.ngrok")  # ngrok quotes the token in its messages
        self.target = target
        self._config = config
        # An ngrok that somebody else started in this kernel is used, but not ended.
        self._mine = not process.is_process_running(config.ngrok_path)
        self._process: Any = None
        try:
            with tempfile.TemporaryDirectory(prefix="ngrok-") as folder:
                if token:
                    config.config_path = str(Path(folder) / "ngrok.yml")
                    replace_file(Path(config.config_path), _with_token(own, token))
                self._process = ngrok.get_ngrok_process(config)
            config.config_path = options.get("config_path")  # ngrok has read the other one
            # The server's full address, so that ngrok can lead nowhere else (in particular not to JupyterLab).
            # With a name of its own, because pyngrok would make one with slashes out of the address.
            name = f"voice-kit-{uuid.uuid4().hex[:8]}"
            self.url = str(ngrok.connect(target, name=name, pyngrok_config=config).public_url).rstrip("/")
        except (PyngrokError, OSError) as error:
            self.close()
            _close_pipe(error)
            # "from None": ngrok quotes the token in its messages, and a chained error would be printed too.
            raise _explain(error, token) from None

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
    names = ("vonage_url", "api_url") if settings.mode == "live" else ("simulator_url",)  # the gate is always here
    where = next(filter(None, (getattr(settings, name, "") for name in names)), "")
    return is_here(host_of(where)) if where else settings.mode != "live"


def _reachable(address: str, *, allow_local: bool) -> str:
    """``PUBLIC_URL``, which the settings have checked, or a TunnelError if nobody out there can reach it."""
    host = host_of(address)
    if is_private(host) and not allow_local:
        raise TunnelError(
            f"PUBLIC_URL leads to {host}, which Vonage cannot reach.",
            "It has to be an address on the internet; leave PUBLIC_URL empty to use ngrok.",
        )
    return address


def _has_token(config: Path) -> bool:
    """Whether the ngrok configuration of this user already holds an authtoken."""
    return config.is_file() and re.search(r"^\s*authtoken:\s*\S", config.read_text(errors="replace"), re.M) is not None


def _with_token(own: Path, token: str) -> str:
    """This user's configuration of ngrok, with the token in it: JSON, which is YAML, too."""
    from pyngrok import installer

    found: Any = installer.get_ngrok_config(str(own), use_cache=False) if own.is_file() else {"version": "3"}
    if str(found.get("version")) != "3":
        return json.dumps({**found, "authtoken": reveal(token)})
    return json.dumps({**found, "agent": {**(found.get("agent") or {}), "authtoken": reveal(token)}})


def _explain(error: Exception, token: str) -> TunnelError:
    words = mask(str(error), [reveal(token)])
    found = re.search(r"ERR_NGROK_\d+", f"{words} {getattr(error, 'ngrok_error', '')} {getattr(error, 'body', '')}")
    code = found.group(0) if found else ""
    stopped = next((said for pattern, *said in STOPPED if re.search(pattern, words, re.IGNORECASE)), None)
    if code in CURES:
        message, cure = CURES[code]
    elif stopped:
        message, cure = stopped
    elif type(error).__name__ == "PyngrokNgrokInstallError" or re.search(
        r"binary was not found|(Errno|WinError) 2\b", words
    ):
        message = "The ngrok program is not on this machine and could not be fetched."
        cure = (
            "Connect to the internet and run this cell again, or install ngrok from ngrok.com/download. If it was "
            "there before, an antivirus program took it away: allow it there."
        )
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
