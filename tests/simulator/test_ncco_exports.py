"""What is exported runs: curl places the call, the app answers it; and every example can be carried out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers.ncco import to_curl, to_flask
from helpers.ncco.editing.examples import EXAMPLES, Example
from helpers.ncco.editing.reference import example_of
from helpers.rehearsal import play
from tests.simulator.world import PHONE, World
from tests.unit.ncco_strategies import PATHS

Ncco = list[dict[str, Any]]
# Everything that a shell, Python or JSON might take for something else.
NASTY = "It's \"5 o'clock\" & $HOME `id` $(id) ${JWT} \\ \\n é 😀 \u2028 !! %s {} <b>\nline\t''' \"\"\" #"
NCCO: Ncco = [
    {"action": "talk", "text": NASTY, "level": -0.5, "bargeIn": True, "x new": {"a": [None, True, 1.5, "\\"]}},
    {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "submitOnHash": False}},
]


def ran(command: list[str], world: World, folder: Path) -> str:
    """What a program prints that has the token in its environment, and nothing else of ours."""
    environment = {"PATH": os.environ["PATH"], "JWT": world.token(), "no_proxy": "*", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def arrived(world: World, printed: str) -> Ncco:
    """The NCCO that the phone network carries out in the call that was placed."""
    made = re.search(r'"uuid": ?"([^"]+)"', printed)
    assert made, printed
    world.until(made[1])
    return list(world.one(made[1], "ncco")["actions"])


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is needed")
def test_the_curl_command_places_the_call(world: World, tmp_path: Path) -> None:
    command = to_curl(NCCO, PHONE, world.number, f"{world.network.url}/v1/calls")
    assert arrived(world, ran(["sh", "-c", command], world, tmp_path)) == NCCO


@contextmanager
def served(app: Path) -> Iterator[str]:
    """The address of an app that runs as its first line says."""
    command = [sys.executable, "-m", "flask", "--app", str(app), "run", "--port", "0"]
    with subprocess.Popen(command, cwd=app.parent, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        try:
            assert run.stderr is not None
            told = next(line for line in run.stderr if "Running on" in line)
            yield told.split()[-1]
        finally:
            run.terminate()


@pytest.mark.slow
def test_the_app_answers_the_call(world: World, tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    app.write_text(to_flask(NCCO, "/voice/answer"), "utf-8")
    with served(app) as url:
        for ask in (requests.get, requests.post):
            reply = ask(f"{url}/voice/answer", timeout=60)
            assert (reply.headers["Content-Type"], reply.json()) == ("application/json", NCCO)
        call = world.ended_call(ncco=None, answer_url=[f"{url}/voice/answer"])
        assert world.one(call, "ncco")["actions"] == NCCO


@pytest.mark.slow
def test_the_example_of_every_option_is_taken(world: World) -> None:
    for action, path in PATHS:
        ncco = example_of(action, path)
        reply = world.voice("POST", "", world.order(*ncco))
        assert reply.status_code == 201, (action, path, reply.text)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_is_taken(world: World, example: Example) -> None:
    world.phone(script=example.script)
    reply = world.voice("POST", "", world.order(*example.ncco))
    assert reply.status_code == 201, reply.text


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_can_be_heard(example: Example) -> None:
    done = play(example.ncco, script=example.script, replies=example.replies)
    assert done.call.statuses[-1] == "completed"
    assert {entry["action"] for entry in done.call.entries("action")} >= {item["action"] for item in example.ncco}
    # The person gets to do all they want to: no key and no word comes too late.
    told = [sent.body for sent in done.webhooks]
    results = {
        "press": [one["dtmf"]["digits"] for one in told if (one.get("dtmf") or {}).get("digits")],
        "say": [one["speech"]["results"][0]["text"] for one in told if (one.get("speech") or {}).get("results")],
    }
    if any("recording_url" in one for one in told):
        return  # there the words are in the recording, and the key only ends it
    for what, key in (("press", "digits"), ("say", "text")):
        assert results[what] == [step[key].rstrip("#") for step in example.script if step["do"] == what]
