"""A program of the learner's that runs outside the notebook, and ends with its kernel."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path

from ..base.errors import KitError
from ..base.masking import mask

PATIENCE = 60.0  # seconds; a program that ends is noticed at once
# Whoever started it holds the other end of its standard input: however that one ends, this is noticed. An interrupt is
# meant for the cell that runs.
ALONG = """
import os, runpy, signal, sys, threading
signal.signal(signal.SIGINT, signal.SIG_IGN)
threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
del sys.argv[0]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class ProgramError(KitError):
    """A program could not start, ended, or did not say what was waited for."""


class Program:
    """A file of Python that runs as a program of its own, until :meth:`stop`, the end of this object or of the kernel.

    ``environment`` comes on top of the kernel's own. The constructor returns when the program has printed a web
    address, which then is ``url``; it raises :class:`ProgramError` if the program ends instead.

    >>> hotline = Program("../examples/hotline/hotline.py", {"PORT": "0", "COLLEAGUE": "447700900002"})
    """

    def __init__(self, file: str | Path, environment: Mapping[str, str] | None = None) -> None:
        self.file = Path(file)
        if not self.file.is_file():
            raise ProgramError(f"There is no file {self.file}.", "Check its name and its folder.")
        self.lines: list[str] = []  # what it has printed, secrets masked
        self._environment = environment  # a secret is masked as long as somebody holds it
        self._seen = 0
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", ALONG, str(self.file.resolve())], env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        )  # fmt: skip
        # The thread knows nothing of this object, so that it may end.
        reader = threading.Thread(target=_read, args=(self._process, self.lines, self._news), daemon=True)
        reader.name = f"output of {self.file.name}"
        self.stop = weakref.finalize(self, _end, self._process, reader)  # the second time it does nothing
        reader.start()
        self.url = self._next("://", PATIENCE, "printed a web address").split()[-1]

    def __repr__(self) -> str:
        running = self._process.poll() is None
        return f"Program({self.file.name}, {f'running at {self.url}' if running else 'ended'})"

    def wait_for(self, words: str, seconds: float = PATIENCE) -> str:
        """The next line with these words in it. A line is found once; ``seconds`` of real time are the limit."""
        return self._next(words, seconds, f"said “{words}”")

    def _next(self, words: str, seconds: float, did: str) -> str:
        with self._news:
            self._news.wait_for(lambda: self._found(words) or self._process.stdout.closed, seconds)  # type: ignore[union-attr]
            if found := self._found(words):
                self._seen = self.lines.index(found, self._seen) + 1
                return found
        ended = self._process.poll() is not None
        raise ProgramError(
            f"{self.file.name} {'ended' if ended else f'ran for {seconds:g} s'} and never {did}.",
            f"It printed:\n{chr(10).join(self.lines[-20:]) or '(nothing)'}",
        )

    def _found(self, words: str) -> str:
        return next((line for line in self.lines[self._seen :] if words in line), "")


def _read(process: subprocess.Popen[str], lines: list[str], news: threading.Condition) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            with news:
                lines.append(mask(line.rstrip()))
                news.notify_all()
    process.wait()
    with news:
        news.notify_all()


def _end(process: subprocess.Popen[str], reader: threading.Thread) -> None:
    assert process.stdin is not None
    process.stdin.close()
    reader.join(PATIENCE)
