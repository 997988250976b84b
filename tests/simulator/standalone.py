"""A simulator in a process of its own, as somebody starts it who has no notebook."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import requests

PROJECT = Path(__file__).parents[2]
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("SIMULATOR_")}


def run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """``python -m helpers.simulator`` with these arguments and nothing of the environment's SIMULATOR_ variables."""
    return subprocess.Popen(
        [sys.executable, "-m", "helpers.simulator", *arguments], cwd=PROJECT, env=CLEAN | environment,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@dataclass
class Standalone:
    """A running one: what it said at the start, and its log so far."""

    process: subprocess.Popen[str]
    said: dict[str, str]
    log: list[str] = field(default_factory=list)
    _grown: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return self.said["address"]

    @property
    def auth(self) -> tuple[str, str]:
        return self.said["API key"], self.said["API secret"]

    @property
    def token(self) -> str:
        return self.said["token"]

    def control(self, method: str, path: str, body: object = None) -> requests.Response:
        return requests.request(
            method,
            f"{self.url}/simulator{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=60,
        )

    def read(self, stream: IO[str]) -> None:
        for line in stream:
            with self._grown:
                self.log.append(line.rstrip("\n"))
                self._grown.notify_all()

    def wait_for(self, pattern: str, seconds: float = 60) -> str:
        """The first line of the log that matches."""

        def found() -> str | None:
            return next((line for line in self.log if re.search(pattern, line)), None)

        with self._grown:
            assert self._grown.wait_for(found, seconds), (pattern, self.log)
            line = found()
        assert line is not None
        return line

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal; returns its exit code."""
        self.process.send_signal(how)
        return self.process.wait(60)


@contextmanager
def standalone(*arguments: str, **environment: str) -> Iterator[Standalone]:
    """Start one and wait until it has said where it is; kill it in the end, if it still runs."""
    with run(*arguments, **environment) as process:
        reader = None
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            lines = [process.stdout.readline() for _ in range(6)]
            if lines[5] != "Ctrl-C ends it.\n":
                raise AssertionError(f"it did not start: {lines} {process.stderr.read()}")
            one = Standalone(process, dict(re.split(r"\s{2,}", line.strip()) for line in lines[:5]))
            reader = threading.Thread(target=one.read, args=(process.stderr,))
            reader.start()
            yield one
        finally:
            process.kill()
            if reader:
                reader.join()
