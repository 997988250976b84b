"""The command: started in a process group of its own, told signals, waited for, and ended with its forks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

GRACE = 5.0  # seconds a command, or what it left behind, has to end after it was asked to
NOT_FOUND, NOT_RUNNABLE = 127, 126  # as env, timeout and every shell have it
POSIX = os.name == "posix"


class Child:
    """A command that runs. ``exit_code``: its own, or 128 and the number of the signal that ended it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        program = shutil.which(command[0], path=environment.get("PATH")) or command[0]  # npm is npm.cmd on Windows
        self.exit_code = 0
        self.over = threading.Event()
        self._timers: list[threading.Timer] = []
        self._lock = threading.RLock()  # a signal may come while it is held
        # A group of its own, so that what it starts can be ended with it; a terminal's keys then go to that group only.
        group = {"process_group": 0} if POSIX else {}
        self._process = subprocess.Popen([program, *command[1:]], env=dict(environment), **group)  # type: ignore[call-overload]
        self._terminal = POSIX and sys.stdin is not None and _is_in_front()
        self._in_front(self._process.pid)

    def send(self, number: int) -> None:
        """Tell the command and what it started. One that asks to end has GRACE seconds until it must."""
        self._signal(number)
        if number in ENDS:
            self.end_in(GRACE, getattr(signal, "SIGKILL", signal.SIGTERM))

    def end_in(self, seconds: float, number: int, before: Callable[[], object] = lambda: None) -> None:
        """Send a signal after some seconds, unless it is over by then; ``before`` that is called."""

        def end() -> None:
            if not self.over.is_set():
                before()
                self.send(number)

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        with self._lock:
            if not self.over.is_set():
                timer.start()
                self._timers.append(timer)

    def wait(self) -> int:
        """Wait until it ends, end what it has left behind, and return the exit code."""
        try:
            code = self._wait_with_stops() if POSIX else self._process.wait()
        finally:
            with self._lock:
                self.over.set()
            for timer in self._timers:
                timer.cancel()
                timer.join()
            self._in_front(os.getpgrp() if POSIX else 0)
            self._end_rest()
        self.exit_code = 128 - code if code < 0 else code
        return self.exit_code

    def _wait_with_stops(self) -> int:
        """As ``wait``, but when somebody stops it (Ctrl-Z), stop too, and go on with it."""
        while True:
            _, status = os.waitpid(self._process.pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                self._process.returncode = code = os.waitstatus_to_exitcode(status)
                return code
            if os.WSTOPSIG(status) not in (signal.SIGTTIN, signal.SIGTTOU):  # these: it was quicker than we were
                self._in_front(os.getpgrp())
                os.kill(os.getpid(), signal.SIGSTOP)
            self._in_front(self._process.pid)
            self._signal(signal.SIGCONT)

    def _in_front(self, group: int) -> None:
        """Let a process group have the terminal, if this one had it at the start."""
        if self._terminal:
            before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            with suppress(OSError):
                os.tcsetpgrp(sys.stdin.fileno(), group)
            signal.signal(signal.SIGTTOU, before)

    def _signal(self, number: int) -> None:
        with suppress(OSError):  # it is gone
            if POSIX:
                os.killpg(self._process.pid, number)
            else:
                self._process.send_signal(number)

    def _end_rest(self) -> None:
        """What the command started and did not wait for goes with it: the network it spoke to is gone, too."""
        asked, number = time.monotonic(), int(signal.SIGTERM)
        # Not for ever: where nobody buries the dead, as in some containers, a group does not go away.
        while POSIX and _exists(self._process.pid) and time.monotonic() < asked + GRACE + 1:
            self._signal(number)
            time.sleep(0.05)
            number = 0 if time.monotonic() < asked + GRACE else int(signal.SIGKILL)


ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))


def failed_start(error: OSError) -> int:
    """The exit code of a command that could not be started."""
    return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUNNABLE


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    return True


def _is_in_front() -> bool:
    """Has this process the terminal on its standard input?"""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
