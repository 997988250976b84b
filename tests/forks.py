"""Processes forked from one that has imported what they need, which takes longer than most of what they do.

``python -m tests.forks MODULE …`` imports the modules. Then each message on its standard input says what to fork: the
first module's ``main()``, with these arguments, this environment and folder; with it come the pipes for what it prints
and for how it ends.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

LONGEST = 1 << 17  # bytes of a message; most of them are the environment
LIFE = 600  # real seconds, however busy the machine is


class Fork:
    """One of them, as it runs."""

    def __init__(self, said: int, ended: int) -> None:
        self._said, self._ended = os.fdopen(said), os.fdopen(ended)

    def end(self) -> tuple[int, str]:
        """Wait until it ends. Returns its code, as Popen.returncode, and what it printed."""
        with self._said, self._ended:
            printed = self._said.read()
            return int(self._ended.read()), printed


class Forks:
    """The process that they are forked from; the first of the modules is the one whose ``main()`` they run."""

    def __init__(self, *modules: str) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._parent = subprocess.Popen([sys.executable, "-m", __name__, *modules], stdin=theirs)

    def begin(self, *arguments: str, env: Mapping[str, str] = os.environ, cwd: Path = Path()) -> Fork:
        """Fork one."""
        (said, its_output), (ended, its_end) = os.pipe(), os.pipe()
        message = json.dumps([arguments, dict(env), str(cwd.resolve())]).encode()
        assert len(message) < LONGEST
        socket.send_fds(self._line, [message], [its_output, its_end])
        os.close(its_output)
        os.close(its_end)
        return Fork(said, ended)

    def close(self) -> None:
        self._line.close()
        self._parent.wait()

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(*modules: str) -> None:
    """Fork one after the other; each runs beside those before it."""
    first, *_ = [importlib.import_module(name) for name in modules]
    with socket.socket(fileno=sys.stdin.fileno()) as line:
        while True:
            message, pipes, *_ = socket.recv_fds(line, LONGEST, 2)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass  # one that has ended
            if not message:
                return
            if not os.fork():
                line.detach()
                wait_for_one(*pipes)
                become(*json.loads(message))
                sys.exit(first.main())
            for pipe in pipes:
                os.close(pipe)


def wait_for_one(output: int, end: int) -> None:
    """Fork once more: this process waits for that one and tells how it ends. Only the other one returns."""
    if child := os.fork():
        os.close(output)
        os.write(end, str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
        os._exit(0)
    os.close(end)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)


def become(arguments: list[str], env: dict[str, str], folder: str) -> None:
    """What a new process would find."""
    signal.alarm(LIFE)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv[1:], sys.path[0] = arguments, folder


if __name__ == "__main__":
    serve(*sys.argv[1:])
