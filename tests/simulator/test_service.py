"""Switching the network on and off, in a program and as a service of its own."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import psutil
import pytest
import requests

from helpers.simulator import Simulator, SimulatorError
from tests.simulator.world import Keys, Learner, World, wait_until

PROJECT = Path(__file__).parents[2]


def test_starting_twice_is_once_and_stopping_twice_is_fine() -> None:
    network = Simulator(pace="stepped", seed=1)
    assert (repr(network), network.url, network.running) == ("Simulator(stopped)", "", False)
    with network:
        url = network.url
        assert network.start().url == url
        assert repr(network) == f"Simulator({url!r}, pace='stepped')"
        assert network.account.api_secret not in repr(network)
    network.stop()
    assert not network.running
    assert network.url == ""


@pytest.mark.slow
def test_ten_times_leaves_nothing(learner: Learner, keys: Keys) -> None:
    me = psutil.Process()
    threads, files = threading.active_count(), len(me.open_files()) + len(me.net_connections())
    network = Simulator(pace="stepped", seed=1)
    for _ in range(10):
        with network, World(network, learner, keys) as world:
            world.call({"action": "wait", "timeout": 1000})
            world.advance(5)
    assert threading.active_count() == threads
    # The learner's server may still hold a connection or two.
    assert len(me.open_files()) + len(me.net_connections()) <= files + 5


def test_stopping_in_the_middle_of_everything(learner: Learner, keys: Keys, second: bytes) -> None:
    reached, go_on = threading.Event(), threading.Event()
    learner.on("/answer", lambda: (reached.set(), go_on.wait(60), "")[2])
    song = learner.serve("noise.wav", second)
    failures: list[BaseException] = []

    def step() -> None:
        try:
            network.advance(600)
        except SimulatorError as error:
            failures.append(error)

    network = Simulator(pace="stepped", seed=1).start()
    world = World(network, learner, keys)
    world.call({"action": "stream", "streamUrl": [song], "loop": 0})
    world.advance(5)
    world.call_with_answer_url(to=[{"type": "phone", "number": "447700900002"}])
    steps = threading.Thread(target=step)
    steps.start()
    assert reached.wait(60)
    network.stop()
    go_on.set()
    steps.join(60)
    assert not steps.is_alive()
    assert all("stopped meanwhile" in str(failure) for failure in failures)
    world.http.close()


def test_a_listener_of_the_record_does_not_keep_it_alive(exchange: Simulator) -> None:
    with Simulator(pace="stepped") as network:
        reply = requests.get(f"{network.url}/simulator/events", stream=True, timeout=60,
                             headers={"Authorization": f"Bearer {network.token}"})  # fmt: skip
        lines = reply.iter_lines()
        assert next(lines) == b": connected"
    assert [line for line in lines if line.startswith(b"data")] == []
    reply.close()


@pytest.mark.fidelity("clock-seed")
def test_a_seed_makes_everything_repeatable(learner: Learner, keys: Keys) -> None:
    made = []
    for _ in range(2):
        with Simulator(pace="stepped", seed=7) as network, World(network, learner, keys) as world:
            reply = world.voice("POST", "", world.order())
            made.append((world.basic, world.app, reply.json(), reply.headers["x-nexmo-trace-id"]))
    assert made[0] == made[1]


def test_before_it_is_started_it_says_so() -> None:
    network = Simulator()
    with pytest.raises(SimulatorError, match="not been started"):
        network.account  # noqa: B018
    with pytest.raises(SimulatorError, match="not been started"):
        network.advance(1)


def test_a_port_in_use_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SimulatorError, match=rf"cannot listen on 127\.0\.0\.1:{port}.*Another program"):
            Simulator(port=port).start()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99_999), ("203.0.113.7", 0)])
def test_an_address_that_is_none_says_so(host: str, port: int) -> None:
    with pytest.raises(SimulatorError, match="Use an address of this machine"):
        Simulator(host=host, port=port).start()


def test_a_network_that_is_none_says_so() -> None:
    with pytest.raises(SimulatorError, match="nonsense"):
        Simulator(reach=("nonsense",)).start()


def test_the_token_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMULATOR_TOKEN", "from-outside")
    assert Simulator().token == "from-outside"
    monkeypatch.delenv("SIMULATOR_TOKEN")
    assert Simulator().token != Simulator().token


@pytest.mark.parametrize("pace", ["stepped", 1])
def test_who_waits_for_the_clock_is_told_that_it_stops(pace: str | float, caplog: pytest.LogCaptureFixture) -> None:
    replies: list[requests.Response] = []
    with Simulator(pace=pace, seed=1) as network:
        asked = {"seconds": 300}
        if pace == "stepped":
            network._network.clock._in_flight = True  # type: ignore[union-attr,attr-defined]  # as if a webhook hung

        def wait() -> None:
            headers = {"Authorization": f"Bearer {network.token}"}
            replies.append(requests.post(f"{network.url}/simulator/clock/advance", json=asked, headers=headers))

        waiting = threading.Thread(target=wait)
        waiting.start()
        wait_until(lambda: network._server.server_state.tasks)  # type: ignore[union-attr]  # the request is there
    waiting.join(60)
    assert replies[0].json()["error"] == "The phone network is being switched off."
    assert "Traceback" not in caplog.text and "CancelledError" not in caplog.text
