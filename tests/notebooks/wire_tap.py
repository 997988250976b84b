"""Run a lesson and write down what went over the wire: ``python -m tests.notebooks.wire_tap LESSON REPORT``.

With ``--person URL TOKEN NUMBER`` somebody does what live mode asks of a reader: reads what is printed, and uses the
phone. It is one of the simulator at URL, which plays Vonage's part; ``--pace`` says how fast its time runs, so that the
lesson waits no longer than the calls last. The cells run as they are, in IPython without a kernel.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import threading
import time
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter

import helpers.kit
import helpers.live.waiting
from helpers.line.control_plane import ControlPlane
from helpers.phone import TO_DO

BEHAVIOURS = ("answers", "busy", "declines", "rings_out", "out_of_service")


class Tap:
    """What this process sends: requests to the API, and every address it connects to."""

    def __init__(self) -> None:
        self.cell = 0
        self.requests: list[dict[str, Any]] = []
        self.connected: set[str] = set()
        self.dialled = 0  # calls that a simulated phone placed
        sys.addaudithook(self._hear)
        send = HTTPAdapter.send

        def noted(adapter: HTTPAdapter, request: Any, *args: Any, **more: Any) -> Any:
            self._note(request.method, request.url, request.body)
            return send(adapter, request, *args, **more)

        HTTPAdapter.send = noted  # type: ignore[method-assign]

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            address = args[1]
            self.connected.add(str(address[0]) if isinstance(address, tuple) else f"unix:{address}")
        elif event == "socket.getaddrinfo" and not is_address(args[0]):
            self.connected.add(str(args[0]))  # a name: asking for its address is a message to a name server

    def _note(self, method: str, url: str, body: Any) -> None:
        kit = helpers.kit._kit
        past_the_gate = kit and kit.settings.vonage_url and url.startswith(kit.settings.vonage_url)
        # An event names a recording by its real address.
        if threading.current_thread().name.startswith("live-") or (past_the_gate and "/v1/files/" not in url):
            return  # the gate of live mode, passing on what a cell has sent already, and questions of its own
        parts = urlsplit(url)
        if parts.query.startswith("doctor="):
            return  # on a busy machine nothing of a call may come for so long that the doctor looks at the way in
        self.dialled += bool(re.fullmatch(r"/simulator/phones/[^/]+/dial", parts.path))
        if not parts.path.startswith("/simulator/"):  # the kit's own line to its phones, not part of the API
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            text = body.decode() if isinstance(body, bytes) else body
            self.requests.append({"cell": self.cell, "method": method, "path": target, "body": text})


def is_address(host: Any) -> bool:
    """True for an IP address, which needs no name server; also for none at all."""
    try:
        return not host or bool(ip_address(host.decode() if isinstance(host, bytes) else host))
    except ValueError:
        return False


class Person(io.TextIOBase):
    """Standard output with a reader: does what it says, before the next line of the cell runs."""

    def __init__(self, out: TextIO, exchange: ControlPlane, number: str) -> None:
        self._out, self._exchange, self._number = out, exchange, number
        self._line = ""

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            self._follow(line)
        return self._out.write(text)

    def flush(self) -> None:
        self._out.flush()

    def _follow(self, line: str) -> None:
        number = self._number
        if other := re.fullmatch(r"Phone (\d+): (.+)", line):
            number, line = other[1], other[2]
        for name in BEHAVIOURS:
            if line == TO_DO[name]:
                self._exchange.configure(number, behaviour=name)
        if found := re.fullmatch(re.escape(TO_DO["press"]).replace(r"\{\}", "([0-9*#]+)"), line):
            self._exchange.use(number, "press", digits=found[1])
        if found := re.fullmatch(re.escape(TO_DO["say"]).replace(r"\{\}", "(.+)"), line):
            self._exchange.use(number, "say", text=found[1])
        if found := re.fullmatch(r"Now dial \+(\d+) on your phone\.", line):
            self._exchange.use(self._number, "dial", to=found[1])


class Haste:
    """The clock of somebody whose seconds are shorter."""

    monotonic = staticmethod(time.monotonic)

    def __init__(self, pace: float) -> None:
        self._pace = pace

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._pace)


def run(lesson: Path, tap: Tap) -> str:
    """Run the code cells. Returns what went wrong, or an empty text."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    cells = json.loads(lesson.read_text("utf-8"))["cells"]  # nbformat alone takes longer to import than all the kit
    for number, cell in enumerate(cells):
        tap.cell = number
        if cell["cell_type"] == "code":
            result = shell.run_cell("".join(cell["source"]))
            wrong = result.error_before_exec or result.error_in_exec
            if wrong and "raises-exception" not in cell["metadata"].get("tags", []):
                return f"cell {number}: {wrong!r}"
    return ""


def record_of_last(exchange: ControlPlane, number: str) -> list[Any]:
    """What the other side noted of the last call of a phone, for whoever wants to know what went wrong."""
    last = [call for call in exchange.calls() if number in (call["from"], call["to"])][-1:]
    return [exchange.clock(), *(entry for call in last for entry in exchange.trace(call["uuid"]))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("lesson", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--person", nargs=3, metavar=("URL", "TOKEN", "NUMBER"))
    parser.add_argument("--pace", type=float, default=1.0)
    asked = parser.parse_args()
    tap, out = Tap(), sys.stdout
    helpers.kit.time = Haste(asked.pace)  # type: ignore[assignment]
    helpers.live.waiting.ASK /= asked.pace
    if asked.person:
        url, token, number = asked.person
        sys.stdout = Person(out, ControlPlane(url, token), number)  # type: ignore[assignment]
    wrong = run(asked.lesson, tap)
    if wrong and asked.person:
        print(*record_of_last(ControlPlane(url, token), number), sep="\n", file=out)
    told = {"wrong": wrong, "requests": tap.requests, "dialled": tap.dialled, "connected": sorted(tap.connected)}
    asked.report.write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main()
