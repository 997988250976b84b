"""The same calls leave the same record: with the same seed on a stepped clock, however busy everybody really is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.scenarios import SCENARIOS

PROJECT = Path(__file__).parents[2]
PROCESSES, RUNS = 2, 1  # of each process; they get in one another's way, too
pytestmark = pytest.mark.slow
Json = dict[str, Any]
Run = dict[str, list[Json]]  # scenario: its record


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    """Two runs at once. Each process orders its sets in another way."""
    command = [sys.executable, "-m", "tests.simulator.scenarios", str(RUNS)]
    processes = [
        subprocess.Popen(command, cwd=PROJECT, env={**os.environ, "PYTHONHASHSEED": str(number)},
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for number in range(PROCESSES)
    ]  # fmt: skip
    try:
        outputs = [process.communicate(timeout=1800) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert not any(process.returncode for process in processes), "".join(errors for _, errors in outputs)
    return [json.loads(line) for output, _ in outputs for line in output.splitlines()]


@pytest.mark.parametrize("scenario", [scenario.__name__ for scenario in SCENARIOS])
@pytest.mark.fidelity("clock-same")
def test_the_same_record_on_every_run(runs: list[Run], scenario: str) -> None:
    first, *others = runs
    assert len(others) == PROCESSES * RUNS - 1
    for number, other in enumerate(others, 2):
        for position, (a, b) in enumerate(zip_longest(first[scenario], other[scenario])):
            assert a == b, f"run {number} differs from run 1 in entry {position}:\n{json.dumps(a)}\n{json.dumps(b)}"


def test_what_was_played_is_what_it_is_taken_for(runs: list[Run]) -> None:
    record = runs[0]
    kinds = {name: {entry["kind"] for entry in entries} for name, entries in record.items()}
    assert {"fetch", "input", "ncco", "sound", "webhook"} <= kinds["outbound"]
    assert {"conversation", "control", "transfer", "said"} <= kinds["conference"]
    assert any(entry["kind"] == "reply" and entry["seconds"] == 0.5 for entry in record["slow_answer"])
    assert any(entry["kind"] == "ncco" and entry["source"] == "fallback_answer_url" for entry in record["slow_answer"])
    assert {"said", "key"} <= kinds["connected"]
    assert any(entry.get("speech") for entry in record["speech"])
    assert "detection" in kinds["machine"]
    statuses = [entry["status"] for entry in record["crowd"] if entry["kind"] == "status"]
    assert statuses.count("answered") >= 30
    begun = [entry["at"] for entry in record["crowd"] if entry["kind"] == "leg"]
    assert begun[:30] == [begun[0]] * 30  # at once
