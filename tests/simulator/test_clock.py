"""Call time: stepped and repeatable, or as fast as it is told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.simulator import Simulator, SimulatorError
from helpers.simulator.clock import ClockError, SteppedClock, make_loop
from helpers.simulator.webhooks import callbacks
from tests.simulator.world import Keys, Learner, World, about, wait_until


@pytest.mark.fidelity("clock-stepped")
def test_stepped_time_stands_still_between_steps(world: World) -> None:
    call = world.call()
    before = world.control("GET", "/clock").json()
    world.advance(0)
    assert world.control("GET", "/clock").json() == before
    assert before["pace"] == "stepped"
    assert world.trace(call, "status") == []
    assert world.network.advance(5) == pytest.approx(before["now"] + 5)
    assert [e["status"] for e in world.trace(call, "status")] == ["started", "ringing", "answered"]


@pytest.mark.fidelity("clock-stepped")
def test_stepped_time_begins_at_the_same_moment(learner: Learner, keys: Keys) -> None:
    with Simulator(pace="stepped", seed=1) as network, World(network, learner, keys) as world:
        world.call()
        world.advance(5)
    assert learner.payloads()[0]["timestamp"].startswith("2026-02-02T10:00:0")


def test_a_step_ends_when_what_is_waited_for_has_come(world: World) -> None:
    call = world.call({"action": "wait", "timeout": 100})
    begin = world.control("GET", "/clock").json()["now"]
    reply = world.control("POST", "/clock/advance", {"seconds": 60, "call": call, "until": "answered"}).json()
    assert reply == {"now": pytest.approx(begin + 2.1), "reached": True}
    reply = world.control("POST", "/clock/advance", {"seconds": 3, "call": call}).json()
    assert reply == {"now": pytest.approx(begin + 5.1), "reached": False}
    again = world.control("POST", "/clock/advance", {"seconds": 3, "call": call, "until": "ringing"}).json()
    assert again == {"now": reply["now"], "reached": True}


def test_two_steps_at_the_same_time_both_return(world: World) -> None:
    call = world.call({"action": "wait", "timeout": 3})
    results: list[float] = []
    threads = [threading.Thread(target=lambda s=s: results.append(world.network.advance(s))) for s in (10, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 2
    assert [e["status"] for e in world.trace(call, "status")][-1] == "completed"


@pytest.mark.fidelity("clock-reply")
def test_a_reply_of_half_a_second_counts_as_call_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "time", time)
    world.learner.on("/answer", lambda: (threading.Event().wait(0.62), [{"action": "wait", "timeout": 1}])[1])
    call = world.ended_call_with_answer_url()
    asked = world.one(call, "webhook", type="answer")
    reply = world.one(call, "reply", request=asked["request"])
    # In half seconds, so that a busy machine does not change the trace.
    assert reply["seconds"] >= 0.5
    assert reply["seconds"] % 0.5 == 0
    assert world.one(call, "ncco")["at"] - asked["at"] == pytest.approx(reply["seconds"])


@pytest.mark.fidelity("event-order")
def test_a_slow_event_handler_does_not_hold_up_the_call(world: World) -> None:
    slow = iter([0.55])
    world.learner.on("/event", lambda: (world.watch.dawdle(next(slow, 0)), ("", 200))[1])
    call = world.ended_call({"action": "wait", "timeout": 1})
    assert world.at(call, "ringing") == world.at(call, "started")
    assert world.lasted(call) == about(1)
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]
    assert world.trace(call, "reply")[0]["seconds"] == 0.5


def test_forty_calls_at_once(world: World) -> None:
    calls = [world.call(to=[{"type": "phone", "number": f"4477009001{n:02}"}]) for n in range(40)]
    world.advance(60)
    assert {call["status"] for call in world.control("GET", "/calls").json()} == {"completed"}
    assert len(world.learner.received) == 4 * len(calls)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), True, "1", None])
def test_time_does_not_go_backwards_nor_for_ever(world: World, seconds: Any) -> None:
    with pytest.raises(SimulatorError, match="cannot advance"):
        world.network.advance(seconds)


@pytest.fixture
def fast(learner: Learner, keys: Keys) -> Iterator[World]:
    with Simulator(pace=50) as network, World(network, learner, keys) as world:
        yield world


@pytest.mark.fidelity("clock-pace")
def test_fifty_times_faster(fast: World, second: bytes) -> None:
    song = fast.learner.serve("noise.wav", second)
    call = fast.call({"action": "stream", "streamUrl": [song], "loop": 3})
    fast.until(call, seconds=1000)
    assert fast.learner.statuses() == ["started", "ringing", "answered", "completed"]
    assert fast.at(call, "completed") - fast.at(call, "answered") >= 3
    assert fast.control("GET", "/clock").json()["pace"] == 50
    assert len(fast.heard(call)) >= 3 * 8000


@pytest.mark.slow
@pytest.mark.fidelity("clock-flow")
def test_stepped_time_flows_while_it_is_told_to(world: World, second: bytes) -> None:
    world.answered_call({"action": "stream", "streamUrl": [world.learner.serve("noise.wav", second)], "loop": 0})
    begun, stood = time.monotonic(), world.control("GET", "/clock").json()
    assert stood["pace"] == "stepped"
    assert world.control("PUT", "/clock", {"flows": True}).json()["pace"] == 1
    assert world.control("POST", "/clock/advance", {"seconds": 0.5}).json()["now"] >= stood["now"] + 0.5
    assert time.monotonic() - begun >= 0.5
    # Nobody advances it, and yet the phone that is called now rings and answers.
    world.phone("447700900007", after=0.5)
    other = world.call({"action": "talk", "text": "hello"}, to=[{"type": "phone", "number": "447700900007"}])
    wait_until(lambda: world.trace(other, "status", status="completed"))
    assert world.at(other, "answered") - world.at(other, "ringing") >= 0.5
    assert world.control("PUT", "/clock", {"flows": False}).json()["pace"] == "stepped"
    now = world.control("GET", "/clock").json()["now"]
    assert stood["now"] < now == world.control("POST", "/clock/advance", {"seconds": 0}).json()["now"]
    assert world.control("PUT", "/clock", {"flows": True}).json()["pace"] == 1
    world.control("POST", "/reset")
    assert world.control("GET", "/clock").json()["pace"] == "stepped"


@pytest.mark.parametrize("order", [{}, {"flows": None}, {"flows": 1}, {"flows": "yes"}])
def test_flowing_is_true_or_false(world: World, order: dict[str, Any]) -> None:
    refused = world.control("PUT", "/clock", order)
    assert (refused.status_code, refused.json()["cure"]) == (400, 'Send {"flows": true}.')


def test_advance_lets_real_time_pass(fast: World) -> None:
    before = fast.control("GET", "/clock").json()["now"]
    assert fast.network.advance(5) >= before + 5


@pytest.mark.parametrize("pace", ["fast", 0, -1, "", "nan", "inf"])
def test_a_pace_that_is_none(pace: Any) -> None:
    with pytest.raises(ClockError, match="stepped"):
        Simulator(pace=pace).start()


def test_sleeps_that_were_given_up_do_not_pile_up() -> None:
    clock = SteppedClock()

    async def calls() -> int:
        lasting = asyncio.ensure_future(clock.sleep(9000))
        for _ in range(1000):  # each call has a limit of two hours, which it does not reach
            limit = asyncio.ensure_future(clock.sleep(7200))
            await asyncio.sleep(0)
            limit.cancel()
            await asyncio.sleep(0)
        left = len(clock._sleepers)
        await clock.advance(10_000)
        assert lasting.done()
        return left

    with asyncio.Runner(loop_factory=lambda: make_loop(clock)) as runner:
        assert runner.run(calls()) < 10
