"""One switch: lesson 07 sends the same requests in live mode, its text untouched; and no key makes it live by itself.

In the live run a simulator in this process plays Vonage's part: its address, and an account of its own, are in the
environment as Vonage's would be. Its time flows, and somebody does with the phone what the lesson prints.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from helpers.settings.settings import Settings
from helpers.simulator import Simulator
from helpers.vonage.client import Vonage
from tests.forks import Fork, Forks
from tests.notebooks.lesson_env import NOTEBOOKS, OURS, lesson_environment
from tests.notebooks.sanitising import PROJECT

pytestmark = pytest.mark.slow
LESSON = NOTEBOOKS / "07-stream-audio-into-a-call.ipynb"
PACE = 30  # a phone that rings for two seconds rings for 67 ms
SIMULATED_NUMBER = "447700900500"
MY_NUMBER, OTHER = "447700900001", "447700900002"
# Somebody else's account in the environment, without VOICE_MODE: none of it may be used.
KEYS = {
    "VONAGE_API_KEY": "c0ffee42",
    "VONAGE_API_SECRET": "a-secret-nobody-may-send",
    "VONAGE_APPLICATION_ID": "12345678-1234-4234-8234-123456789012",
    "VONAGE_PRIVATE_KEY": "nowhere.key",
    "VONAGE_NUMBER": "447700900888",
    "VONAGE_API_URL": "https://api.nexmo.com",
    "MY_NUMBER": "447700900777",
}


class Run(NamedTuple):
    """What a run of the lesson sent and printed, and the number it called from."""

    requests: list[dict[str, Any]]
    connected: list[str]
    printed: str
    number: str


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, readers: Forks) -> dict[str, Run]:
    return both_runs(readers, tmp_path_factory.mktemp("one-switch"), LESSON, KEYS, PACE)


def both_runs(readers: Forks, folder: Path, lesson: Path, simulated: dict[str, str], pace: float) -> dict[str, Run]:
    """A lesson in both modes, side by side; in live mode a simulator in this process plays Vonage's part."""
    with Simulator(pace=pace, seed="live", state=folder / "vonage.json") as network:
        live = account(network)
        person = ["--person", network.url, network.token, MY_NUMBER, "--pace", str(pace)]
        running = {
            "live": start(readers, folder / "live", live, person, lesson),
            "simulated": start(readers, folder / "simulated", simulated, [], lesson),
        }
        printed = {name: one.end()[1] for name, one in running.items()}
    numbers = {"live": live["VONAGE_NUMBER"], "simulated": SIMULATED_NUMBER}
    return {name: result(folder / name, printed[name], numbers[name]) for name in running}


def account(network: Simulator) -> dict[str, str]:
    """Environment variables of somebody with an account, a number and an application at ``network``."""
    # A reader pauses between two cells; here nobody does, and each 429 would be one more request to compare.
    switch = {"headers": {"Authorization": f"Bearer {network.token}"}, "json": {"rate_limits": None}, "timeout": 60}
    requests.put(f"{network.url}/simulator/faults", **switch).raise_for_status()
    own = network.account
    secrets = {"api_key": own.api_key, "api_secret": own.api_secret}
    with Vonage(Settings(mode="live", api_url=network.url, **secrets)) as vonage:
        number = vonage.search_numbers("GB", features="VOICE")["numbers"][-1]["msisdn"]
        vonage.buy_number("GB", number)
        url = "https://example.com"
        made = vonage.create_application("Live", answer_url=f"{url}/answer", event_url=f"{url}/event")
    return {
        "VOICE_MODE": "live",
        "VONAGE_API_URL": network.url,
        "VONAGE_API_KEY": own.api_key,
        "VONAGE_API_SECRET": own.api_secret,
        "VONAGE_APPLICATION_ID": made["id"],
        "VONAGE_PRIVATE_KEY": made["keys"]["private_key"],
        "VONAGE_NUMBER": number,
        "MY_NUMBER": MY_NUMBER,
        "LIVE_NUMBERS": OTHER,
        "LIVE_BUDGET": "5",
        # The lessons' minutes are shorter than Vonage's.
        "LIVE_CALLS_A_MINUTE": "1000",
    }


def start(readers: Forks, folder: Path, settings: dict[str, str], more: list[str], lesson: Path) -> Fork:
    """Run a lesson in a process of its own, in ``folder``."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment = lesson_environment(folder, outside) | settings | {"PYTHONPATH": str(PROJECT)}
    return readers.begin(str(lesson), str(folder / "report.json"), *more, env=environment, cwd=folder)


def result(folder: Path, printed: str, number: str) -> Run:
    report = json.loads((folder / "report.json").read_text("utf-8")) if (folder / "report.json").exists() else None
    assert report and not report["wrong"], f"{report and report['wrong']}\n{printed}"
    return Run(report["requests"], report["connected"], printed, number)


def sent(run: Run) -> list[tuple[str, str, Any]]:
    """Method, path and body of each request, without what belongs to one account or one machine.

    Those of the first code cell are left out: there the kit makes sure that number and application exist, and in
    live mode it makes nothing by itself.
    """
    first = run.requests[0]["cell"]
    return [
        (request["method"], plain(request["path"], run), plain(request["body"], run))
        for request in run.requests
        if request["cell"] != first
    ]


def plain(text: str | None, run: Run) -> str:
    text = re.sub(r"http://127\.0\.0\.1:\d+", "http://HOST", text or "")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID", text)
    return text.replace(run.number, "RENTED")


def test_live_mode_sends_the_same_requests(runs: dict[str, Run]) -> None:
    simulated, live = runs["simulated"], runs["live"]
    assert simulated.printed.startswith("Simulated:")
    assert "Live: calls go through Vonage" in live.printed
    assert simulated.number != live.number
    assert sent(live) == sent(simulated)
    calls = [body for method, path, body in sent(live) if (method, path) == ("POST", "/v1/calls")]
    assert len(calls) >= 12


def test_the_reader_is_told_what_to_do_with_the_phone(runs: dict[str, Run]) -> None:
    for words in (
        "When your phone rings, answer it.",
        "Press 42 on your phone.",
        "decline the call.",
        "Make your phone engaged",
    ):
        assert words in runs["live"].printed
        assert words not in runs["simulated"].printed


def test_a_live_call_is_judged_by_its_events(runs: dict[str, Run]) -> None:
    printed = runs["live"].printed
    assert "jingle.mp3: not known, the kit does not hear a live call" in printed
    assert "The keys: 42" in printed
    assert "started, ringing, busy, completed" in printed
    assert "started, ringing, rejected" in printed


def test_a_key_without_the_switch_leaves_this_machine_alone(runs: dict[str, Run]) -> None:
    run = runs["simulated"]
    assert run.connected
    assert set(run.connected) <= {"127.0.0.1", "localhost", "::1"}
    everything = json.dumps(run.requests) + run.printed
    for name, value in KEYS.items():
        if name != "VONAGE_API_URL":
            assert value not in everything
