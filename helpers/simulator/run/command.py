"""``python -m helpers.simulator run -- command``: a network, the way to it, the command, and what was called."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from ...base.authority import Authority
from ...base.errors import KitError
from ...base.text import print_anything
from ...base.web import fault_of
from ...calls.record import Entry
from ...calls.statuses import LAST
from ...line.control_plane import ControlPlane
from ...settings.settings import API_URL, SIMULATED_PHONE
from ..service import Simulator
from .child import ENDS, Child, failed_start
from .credentials import lend
from .doors import HOSTS, Doors
from .leading import leading
from .options import options_of
from .summary import Asked, keep_heard, summary

FAILED, TIMED_OUT = 125, 124
LOOK = 0.1  # seconds between two looks at whether a port answers, or calls are over
TO = ("VOICE_TO_NUMBER", "TO_NUMBER")  # whom samples call, unless somebody has said whom


class Stopped(BaseException):
    """A signal came while no command runs that it could be for."""


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    print_anything()
    run = Run(*options_of(arguments))
    usual = {number: signal.signal(number, run.take) for number in ENDS}
    try:
        return run.done()
    except (KitError, OSError) as error:
        say(str(error))
        return FAILED
    except Stopped as stopped:
        return 128 + int(stopped.args[0])
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


class Run:
    """One run of a command."""

    def __init__(self, options: argparse.Namespace, command: list[str]) -> None:
        self._options, self._command = options, command
        self._network = Simulator(pace=options.pace, known_as=API_URL, on_request=(asked := Asked()).request)
        self._asked = asked
        self._child: Child | None = None
        self._code: int | None = None  # if it is not the command that says how it ended

    def take(self, number: int, frame: FrameType | None) -> None:
        """A signal: for the command while it runs; else the end, once."""
        if self._child is not None and not self._child.over.is_set():
            self._child.send(number)
            return
        for one in ENDS:
            signal.signal(one, signal.SIG_IGN)
        raise Stopped(number)

    def done(self) -> int:
        """Start everything, run the command, say what there was. Returns the exit code."""
        options, network = self._options, self._network
        if options.heard:
            options.heard.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="voice-simulator-")))
            stack.enter_context(network)
            control = stack.enter_context(contextlib.closing(ControlPlane(network.url, network.token)))
            authority = Authority("voice simulator", HOSTS)
            stack.callback(authority.stop)
            doors = stack.enter_context(
                Doors(network.url, authority.start(), outside=options.allow_outside, on_refused=self._refused)
            )
            lent = lend(network.account, folder, self._webhooks(), options.env)
            for number, settings in options.phone:
                control.configure(number, **settings)
            environment = {
                **dict.fromkeys(TO, SIMULATED_PHONE), **os.environ, **lent.variables,
                **leading(doors, authority, folder, os.environ, options.allow_outside),
                "SIMULATOR_URL": network.url, "SIMULATOR_TOKEN": network.token,
            }  # fmt: skip
            say(f"phone network for application {lent.application}, number {lent.number}")
            code = self._run(environment, lambda: self._dial(control, lent.number))
            code = self._linger(code)
            self._tell(control, doors)
        return code

    def _webhooks(self) -> dict[str, str]:
        # Without an event URL no call can be placed; at example.com the network itself takes what nobody wants.
        base = (self._options.webhooks or "https://example.com").rstrip("/")
        paths = {"event_url": self._options.event} | (
            {"answer_url": self._options.answer} if self._options.webhooks else {}
        )
        addresses = {name: f"{base}/{path.lstrip('/')}" for name, path in paths.items()}
        for address in addresses.values():
            if fault := fault_of(address):
                raise KitError(f"{address!r} {fault.said}.", fault.cure)
        return addresses

    def _run(self, environment: dict[str, str], beside: Callable[[], None]) -> int:
        """The command from its start to its end, and ``beside`` it in a thread."""
        try:
            self._child = child = Child(self._command, environment)
        except OSError as error:
            say(f"{self._command[0]} cannot be started: {error.strerror}.")
            return failed_start(error)
        if self._options.timeout is not None:
            child.end_in(self._options.timeout, signal.SIGTERM, before=self._time_out)
        caller = threading.Thread(target=beside, name="run-dial", daemon=True)
        caller.start()
        code = child.wait()
        caller.join()
        return code if self._code is None else self._code

    def _time_out(self) -> None:
        self._code = TIMED_OUT
        say(f"{self._command[0]} was ended after {self._options.timeout:g} seconds (--timeout).")

    def _dial(self, control: ControlPlane, to: str) -> None:
        """Let the phones of ``--dial`` call in once the program listens; with ``--once`` end it after that."""
        if not self._options.dial:
            return
        if not self._wait(lambda: _listens(self._options.webhooks)):
            say(f"Nobody called in: nothing has answered at {self._options.webhooks}.")
            return
        try:
            for phone in self._options.dial:
                control.use(phone, "dial", to=to)
        except KitError as error:
            say(str(error))
            return
        if self._options.once and self._wait(self._is_quiet) and self._child is not None:
            self._code = 0
            self._child.send(signal.SIGTERM)

    def _wait(self, condition: Callable[[], bool]) -> bool:
        """Wait until something is so; False: the command has ended before."""
        while not condition():
            if self._child is None or self._child.over.wait(LOOK):
                return False
        return True

    def _is_quiet(self) -> bool:
        return is_quiet(self._network.trace.entries())

    def _linger(self, code: int) -> int:
        """Let calls that go on come to their end, unless the command was ended by a signal."""
        until = time.monotonic() + self._options.linger
        try:
            if code < 128 and code != TIMED_OUT and not self._is_quiet():
                say("the command has ended, its calls go on (Ctrl-C ends them)")
                while time.monotonic() < until and not self._is_quiet():
                    time.sleep(LOOK)
        except Stopped as stopped:
            return 128 + int(stopped.args[0])
        return code

    def _refused(self, host: str) -> None:
        if self._asked.refuse(host):
            say(f"refused: {host} is not a host of Vonage's Voice API")

    def _tell(self, control: ControlPlane, doors: Doors) -> None:
        entries = self._network.trace.entries()
        for line in summary(self._asked, entries, doors.mistrusted):
            say(line)
        if folder := self._options.heard:
            for name in keep_heard(entries, control.heard, folder):
                say(f"Heard: {folder / name}")


def is_quiet(entries: Sequence[Entry]) -> bool:
    """Is every call over, every webhook answered and every recording there?"""

    def those(kind: str, name: str, **match: object) -> set[object]:
        return {e[name] for e in entries if e["kind"] == kind and all(e[one] == value for one, value in match.items())}

    over = {e["leg"] for e in entries if e["kind"] == "status" and e["status"] in LAST}
    recorded = those("recording", "recording_uuid", state="finished")
    return (
        those("leg", "leg") <= over
        and those("webhook", "request") <= those("reply", "request")
        and those("recording", "recording_uuid", state="started") <= recorded
    )


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=1):
            return True
    except OSError:
        return False


def say(text: str) -> None:
    """One line of run's own. What goes to stdout is the command's. Nobody may be there to read it: 2>&- and head."""
    with contextlib.suppress(OSError, AttributeError):
        sys.stderr.write(f"[run] {text}\n")
        sys.stderr.flush()
