"""Following the record as it grows: every entry once and in order, whatever breaks; and no thread when it is over."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
import requests

from helpers.line import control_plane
from helpers.line.control_plane import ControlPlane, ControlPlaneError
from helpers.simulator import Simulator
from helpers.simulator.routes import sound_stream, trace_stream
from tests.simulator.world import Json, World, wait_until


@pytest.fixture
def control(world: World) -> Iterator[ControlPlane]:
    control = ControlPlane(world.network.url, world.network.token)
    yield control
    control.close()


def followers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "event stream"]


def note(network: Simulator, count: int) -> None:
    """Write to the record, as the exchange does: in its own thread."""
    done = threading.Event()

    def write() -> None:
        for number in range(count):
            network.trace.append("note", at=0, text=f"number {number}", filler="x" * 100)
        done.set()

    assert network._loop is not None
    network._loop.call_soon_threadsafe(write)
    assert done.wait(60)


def test_every_entry_comes_once_and_in_order(world: World, control: ControlPlane) -> None:
    world.call({"action": "talk", "text": "Hi"})
    world.advance(1)
    seen: list[Json] = []
    stop = control.follow(seen.append)
    world.advance(60)
    every = sorted(world.network.trace.entries(), key=lambda entry: entry["seq"])
    wait_until(lambda: len(seen) >= len(every))
    assert seen == every
    later: list[Json] = []
    control.follow(later.append, since=every[4]["seq"])
    wait_until(lambda: len(later) >= len(every) - 5)
    assert later == every[5:]
    stop()
    world.call()
    world.advance(1)
    wait_until(lambda: later[-1]["seq"] == len(world.network.trace.entries()))
    assert seen == every


def test_stopping_waits_for_nobody_and_leaves_no_thread(
    world: World, control: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace_stream, "HEARTBEAT", 3600)  # the network has nothing to say meanwhile
    monkeypatch.setattr(control_plane, "GONE", 3600)
    before = len(followers())
    seen: list[Json] = []
    stops = [control.follow(seen.append) for _ in range(5)]
    assert len(followers()) == before + 5
    for stop in stops[:4]:
        stop()
        stop()  # twice is fine
    assert len(followers()) == before + 1
    control.close()  # ends those that are left
    assert len(followers()) == before


def test_it_can_be_stopped_from_within(world: World, control: ControlPlane) -> None:
    seen: list[Json] = []

    def take(entry: Json) -> None:
        seen.append(entry)
        stop()

    stop = control.follow(take)
    world.call()
    world.advance(5)
    wait_until(lambda: not followers())
    assert len(seen) == 1


def test_what_goes_wrong_with_one_entry_does_not_end_it(
    world: World, control: ControlPlane, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[Json] = []

    def take(entry: Json) -> None:
        seen.append(entry)
        if entry["seq"] == 1:
            raise ValueError("what is this?")

    with caplog.at_level(logging.ERROR):
        control.follow(take)
        world.call()
        world.advance(5)
        wait_until(lambda: len(seen) == len(world.network.trace.entries()))
    assert "what is this?" in caplog.text


def test_a_broken_connection_is_made_again_and_nothing_is_lost(world: World, control: ControlPlane) -> None:
    seen: list[Json] = []
    control.follow(seen.append)
    [stream] = control._streams
    for _ in range(5):
        world.call()
        assert stream._reply is not None
        stream._reply.raw.shutdown()  # what a network does when it fails
        world.advance(3)
        wait_until(lambda: len(seen) >= len(world.network.trace.entries()))
    assert [entry["seq"] for entry in seen] == list(range(1, len(seen) + 1))


def test_a_network_that_is_switched_off_and_on_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    resets: list[int] = []
    seen: list[Json] = []
    with Simulator(pace="stepped", port=port, token="word") as network:
        control = ControlPlane(network.url, "word")
        stop = control.follow(seen.append, on_reset=lambda: resets.append(len(seen)))
        note(network, 3)
        wait_until(lambda: len(seen) == 3)
    with Simulator(pace="stepped", port=port, token="word") as network:
        note(network, 2)
        wait_until(lambda: len(seen) == 5)
    assert resets == [3]
    assert [entry["seq"] for entry in seen] == [1, 2, 3, 1, 2]
    stop()
    control.close()


def test_after_a_reset_it_goes_on_with_the_new_record(world: World, control: ControlPlane) -> None:
    told: list[Any] = []
    control.follow(lambda entry: told.append(entry["seq"]), on_reset=lambda: told.append("reset"))
    note(world.network, 2)
    wait_until(lambda: len(told) == 2)
    assert world.control("POST", "/reset").status_code == 204
    note(world.network, 1)
    wait_until(lambda: len(told) == 4)
    assert told == [1, 2, "reset", 1]


@pytest.mark.hostile
def test_a_flood_loses_nothing_for_any_of_many(world: World, control: ControlPlane) -> None:
    heaps: list[list[int]] = [[] for _ in range(20)]
    for heap in heaps:
        control.follow(lambda entry, heap=heap: heap.append(entry["seq"]))
    for _ in range(10):
        note(world.network, 200)
    wait_until(lambda: all(len(heap) == 2000 for heap in heaps))
    assert all(heap == list(range(1, 2001)) for heap in heaps)


@pytest.mark.hostile
@pytest.mark.slow
def test_followers_that_do_not_read_cost_nothing(world: World) -> None:
    def growth() -> float:
        before = psutil.Process().memory_info().rss
        note(world.network, 12_000)
        threading.Event().wait(0.5)
        return (psutil.Process().memory_info().rss - before) / 1e6

    growth()
    alone = growth()
    headers = {"Authorization": f"Bearer {world.network.token}"}
    url = f"{world.network.url}/simulator/events"
    asleep = [requests.get(url, headers=headers, stream=True, timeout=60) for _ in range(20)]
    watched = growth()
    print(f"12,000 entries: {alone:.0f} MB alone, {watched:.0f} MB with 20 followers that do not read")
    assert watched < max(alone, 0) + 12  # a copy for each: over 40; `alone` may be below 0 after other tests
    for reply in asleep:
        reply.close()


def test_both_streams_say_now_and_then_that_they_are_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert trace_stream.HEARTBEAT == 1 < control_plane.GONE
    for module in (trace_stream, sound_stream):
        monkeypatch.setattr(module, "HEARTBEAT", 0.1)
    world.phone(behaviour="manual")
    call = world.call()
    world.advance(1)
    for path in (f"calls/{call}/sound", "events?since=1000"):
        headers = {"Authorization": f"Bearer {world.network.token}"}
        with requests.get(f"{world.network.url}/simulator/{path}", headers=headers, stream=True, timeout=60) as reply:
            assert reply.headers["content-type"].startswith("text/event-stream")
            lines = reply.iter_lines(chunk_size=1)
            assert next(lines) == b": connected"
            assert next(line for line in lines if line == b":") == b":"


def test_it_says_at_once_what_is_wrong(world: World, control: ControlPlane) -> None:
    with pytest.raises(ControlPlaneError, match="token") as refused:
        ControlPlane(world.network.url, "wrong").follow(print)
    assert "SIMULATOR_TOKEN" in refused.value.cure
    with pytest.raises(ControlPlaneError, match="does not answer"):
        ControlPlane("http://127.0.0.1:9", "any").follow(print)
    for since in ("x", "-1", "²", ""):
        reply = world.control("GET", f"/events?since={since}")
        assert (reply.status_code, "seq" in reply.json()["cure"]) == (400, True), since
    assert not followers()
