"""Lesson 08 in live mode: the same requests, its text untouched; what needs the simulator's ears is left out.

As in the test of lesson 07 a simulator in this process plays Vonage's part, and somebody does with two phones what the
lesson prints.
"""

from __future__ import annotations

import re

import pytest

from tests.forks import Forks
from tests.notebooks.lesson_env import NOTEBOOKS
from tests.notebooks.test_lesson_07_live import OTHER, Run, both_runs, sent

pytestmark = pytest.mark.slow
LESSON = NOTEBOOKS / "08-control-a-live-call.ipynb"
PACE = 4  # the first second of a call, in which it cannot be hung up, lasts a quarter of one


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, readers: Forks) -> dict[str, Run]:
    return both_runs(readers, tmp_path_factory.mktemp("two-phones"), LESSON, {}, PACE)


def test_live_mode_sends_the_same_requests(runs: dict[str, Run]) -> None:
    simulated, live = runs["simulated"], runs["live"]
    assert simulated.printed.startswith("Simulated:")
    assert "Live: calls go through Vonage" in live.printed
    assert sent(live) == sent(simulated)
    asked = [f"{method} {path}" for method, path, _ in sent(live)]
    for verb in ("PUT /v1/calls/UUID/stream", "DELETE /v1/calls/UUID/stream", "PUT /v1/calls/UUID/talk",
                 "DELETE /v1/calls/UUID/talk", "PUT /v1/calls/UUID/dtmf", "GET /v1/files/UUID"):  # fmt: skip
        assert verb in asked
    actions = re.findall(r'"action": ?"(\w+)"', str([body for _, path, body in sent(live) if path == "/v1/calls/UUID"]))
    assert {"mute", "unmute", "earmuff", "unearmuff", "transfer", "hangup"} <= set(actions)


def test_the_readers_are_told_what_to_do_with_both_phones(runs: dict[str, Run]) -> None:
    for words in (
        "\nWhen your phone rings, answer it.",
        f"\nPhone {OTHER}: When your phone rings, answer it.",
        "\nSay: one two three",
        f"\nPhone {OTHER}: Say: alpha bravo",
        "\nPress # on your phone.",
    ):
        assert words in runs["live"].printed
        assert words not in runs["simulated"].printed


def test_every_trap_is_the_same(runs: dict[str, Run]) -> None:
    for run in runs.values():
        assert run.printed.count("400 Bad Request") >= 3
        assert "404 Not Found" in run.printed
    assert "cancelled, completed" in runs["simulated"].printed
    # In live mode the phone may have been quicker than the lesson.
    assert re.search(r"(cancelled|answered), completed\n", runs["live"].printed)


def test_what_was_heard_is_measured_only_where_it_can_be(runs: dict[str, Run]) -> None:
    assert "jingle.mp3: heard 0.0 s after the answer" in runs["simulated"].printed
    assert "jingle.mp3: not known" in runs["live"].printed
    for run in runs.values():
        assert re.search(r"08-message: MP3 mono 16000 Hz, \d", run.printed)
