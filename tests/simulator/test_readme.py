"""Every command of docs/simulator.md does what the text says."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.standalone import CLEAN, PROJECT
from tests.simulator.world import Learner

GUIDE = (PROJECT / "docs" / "simulator.md").read_text("utf-8")
EXAMPLE = (PROJECT / "examples" / "menu" / "test_menu.py").read_text("utf-8")
END = "----- end of block -----"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix" or not shutil.which("curl"), reason="the commands are for a Unix shell"),
]


@dataclass(frozen=True)
class Block:
    """Commands in a fenced block, and which language they are in."""

    language: str
    text: str


def blocks(text: str) -> list[Block]:
    return [Block(*found) for found in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


class Reader:
    """Somebody who does what the text says: two terminals, a folder, and a web server."""

    def __init__(self, folder: Path, learner: Learner) -> None:
        self.folder = folder
        self._places = {"9000": free_port(), "9001": free_port(), "5000": learner.url.rpartition(":")[2]}
        # What the wheel has as a command of its own: .ci/run tries that.
        command = folder / "bin" / "voice-simulator"
        command.parent.mkdir()
        command.write_text('#!/bin/sh\nexec python -m helpers.simulator "$@"\n', "utf-8")
        command.chmod(0o700)
        places = (str(command.parent), str(Path(sys.executable).parent), CLEAN["PATH"])
        self._environment = {**CLEAN, "PYTHONPATH": str(PROJECT), "PATH": os.pathsep.join(places)}

    def _typed(self, text: str) -> str:
        for usual, here in self._places.items():
            text = re.sub(rf"\b{usual}\b", here, text)
        return text

    def start(self, block: Block) -> subprocess.Popen[str]:
        """The first terminal, until the simulator says that it is ready."""
        process = subprocess.Popen(
            ["bash", "-c", self._typed(block.text)], cwd=self.folder, env=self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        return process

    def run(self, *typed: Block, stderr: str = "") -> list[str]:
        """The second terminal: everything in one session. Returns what each block said; ``stderr`` ends with that."""
        script = ["set -euo pipefail"]
        for block in typed:
            if block.language == "python":
                (self.folder / "block.py").write_text(self._typed(block.text), "utf-8")
                script.append("python block.py")
            else:
                script.append(self._typed(block.text))
            script.append(f"echo; echo {END}")
        done = subprocess.run(
            ["bash", "-c", "\n".join(script)], cwd=self.folder, env=self._environment, capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
        assert done.returncode == 0 and (done.stderr.endswith(stderr) if stderr else not done.stderr), done
        return done.stdout.split(END)[:-1]


def replies(said: str) -> list[Any]:
    """The JSON replies of a block, one after the other."""
    found, at = [], 0
    while said[at:].strip():
        at += len(said[at:]) - len(said[at:].lstrip())
        reply, at = json.JSONDecoder().raw_decode(said, at)
        found.append(reply)
    return found


def test_the_text_has_the_commands_that_are_tested() -> None:
    found = blocks(GUIDE)
    assert [block.language for block in found] == ["bash", "python", *["bash"] * 3, "python", *["bash"] * 4, "yaml"]
    assert GUIDE.count("```") == 2 * (len(found) + 2)  # those without a language: pip, and what a failed test shows
    assert all(part in EXAMPLE for part in found[1].text.split("\n\n\n")), "as in the example, whose tests are run"


def test_the_command_in_front_of_a_command(tmp_path: Path, learner: Learner) -> None:
    told = "  1  GET  /account/get-balance  200  rest.nexmo.com\n"
    [said] = Reader(tmp_path, learner).run(blocks(GUIDE)[0], stderr=told)
    assert "value" in json.loads(said)


def test_every_command_does_what_the_text_says(tmp_path: Path, learner: Learner) -> None:
    learner.on("/answer", [{"action": "talk", "text": "Welcome."}])
    reader = Reader(tmp_path, learner)
    _, _, start, account, calls, sdk, phones, faults, regions, stepped, _ = blocks(GUIDE)
    with reader.start(start) as process:
        try:
            said = reader.run(account, calls, sdk, phones, faults, regions, stepped)
        finally:
            os.killpg(process.pid, signal.SIGINT)  # Ctrl-C in the first terminal
            _, log = process.communicate(timeout=60)
    assert process.returncode == 0
    done = {"error-code": "200", "error-code-label": "success"}
    assert replies(said[0]) == [done, done]

    dialled, waited, trace = replies(said[1])
    assert set(dialled) == {"uuid"}
    assert waited["reached"] is True
    assert [one["status"] for one in trace if one["kind"] == "status"] == [
        "started",
        "ringing",
        "answered",
        "completed",
    ]
    with wave.open(str(tmp_path / "heard" / "hello.wav")) as heard:
        assert heard.getframerate() == 8000
        assert heard.getnframes() > 4000  # half a second of speech at least
    assert learner.payloads("/answer")[0]["uuid"] == dialled["uuid"]
    told = [one["status"] for one in learner.payloads() if one["uuid"] == trace[0]["leg"]]
    assert told == ["started", "ringing", "answered", "completed"]

    assert re.fullmatch(r"\d+ calls, [\d.]+ EUR", said[2].strip())

    busy, scripted, known = replies(said[3])
    assert (busy["number"], busy["behaviour"]) == ("447700900003", "busy")
    assert scripted["script"][1] == {"do": "press", "digits": "1#"}
    assert {one["number"] for one in known} >= {"447700900001", "447700900002", "447700900003", "447700900004"}

    on, refusal, status, off = replies(said[4])
    assert list(on) == ["rate_limits", "low_balance"]
    assert refusal["type"].endswith("#low-balance")
    assert (status, list(off)) == (402, ["rate_limits"])

    there, nowhere = replies(said[5])
    assert there["direction"] == "outbound"
    assert nowhere == {"type": "NOT_FOUND", "error_title": "Not Found"}

    assert replies(said[6]) == [{"now": 120.0, "reached": True}]

    assert (tmp_path / ".simulator" / "service.json").exists()
    assert "completed: every action is complete" in log
    assert "any-word" not in log
