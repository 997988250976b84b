"""Rate limits: on where time flows, off where it is stepped, counted in the client's own seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from helpers.simulator import Simulator
from tests.simulator.world import Keys, Learner, World

WAIT = {"action": "wait", "timeout": 1}


@pytest.fixture(params=[1, 20], ids=["real time", "20 times as fast"])
def flowing(request: pytest.FixtureRequest, learner: Learner, keys: Keys) -> Iterator[World]:
    with Simulator(pace=request.param, seed=1) as network:
        world = World(network, learner, keys)
        world.voice("GET")  # what is loaded once takes a while
        time.sleep(1.1)  # that request no longer counts
        yield world
        world.http.close()


def posts(world: World, count: int) -> list[int]:
    return [world.voice("POST", "", world.order(WAIT)).status_code for _ in range(count)]


def gets(world: World, count: int) -> list[int]:
    return [world.voice("GET").status_code for _ in range(count)]


@pytest.mark.fidelity("rate-limits", "rate-limits-clock")
def test_where_time_flows_they_are_on(flowing: World) -> None:
    assert flowing.control("GET", "/faults").json()["active"] == {"rate_limits": {"calls": 3, "others": 15}}
    begun = time.monotonic()
    assert posts(flowing, 4) == [201] * 3 + [429]
    refused = flowing.voice("POST", "", flowing.order(WAIT))
    assert refused.json()["title"] == "Rate Limit Hit"
    assert "nothing is queued" in refused.headers["x-simulator-why"]
    assert time.monotonic() - begun < 1, "this machine is too slow for this test"
    begun = time.monotonic()
    assert gets(flowing, 17) == [200] * 15 + [429] * 2
    assert time.monotonic() - begun < 1, "this machine is too slow for this test"
    time.sleep(1.1)
    assert posts(flowing, 1) == [201]
    assert gets(flowing, 1) == [200]
    assert len(flowing.control("GET", "/calls").json()) == 4  # nothing was queued


@pytest.mark.fidelity("rate-limits-named")
def test_a_client_in_haste_is_named_once_a_second(flowing: World) -> None:
    posts(flowing, 9)
    noted = [entry for entry in flowing.network.trace.entries() if entry["kind"] == "fault"]
    assert len(noted) <= 2
    assert noted[0]["name"] == "rate_limits"
    assert noted[0]["what"] == "more than 3 new calls in a second: 429, and nothing is queued"
    assert noted[0]["leg"] is None


@pytest.mark.fidelity("rate-limits-clock")
def test_they_can_be_switched_off_and_a_reset_switches_them_on(flowing: World) -> None:
    flowing.fault(rate_limits=None)
    assert posts(flowing, 6) == [201] * 6
    assert gets(flowing, 20) == [200] * 20
    assert flowing.control("POST", "/reset").status_code == 204
    assert set(flowing.control("GET", "/faults").json()["active"]) == {"rate_limits"}


@pytest.mark.fidelity("rate-limits")
def test_what_is_refused_does_not_count(world: World) -> None:
    world.fault(rate_limits={"calls": 2})
    assert posts(world, 5) == [201, 201, 429, 429, 429]
    world.advance(0.5)
    assert posts(world, 1) == [429]
    world.advance(0.5)
    assert posts(world, 3) == [201, 201, 429]


@pytest.mark.fidelity("rate-limits", "connect-rate-limit")
def test_a_connect_and_a_new_call_count_together(world: World) -> None:
    """A connect comes when two calls have been made in the same second: the third is the last."""
    other = {"type": "phone", "number": "447700900002"}
    connect = {"action": "connect", "from": world.number, "endpoint": [other]}
    call = world.call(connect, WAIT)
    world.phone(other["number"], behaviour="rings_out")
    world.advance(2)  # the phone is about to be picked up, 2.1 s after the call was made
    world.fault(rate_limits={"calls": 2})
    assert posts(world, 3) == [201, 201, 429]
    world.until(call)
    assert world.actions(call)[:2] == [("connect", "started"), ("connect", "skipped")]
    assert "Rate limit" in world.one(call, "error")["reason"]
    assert "error" in world.learner.statuses()


@pytest.mark.fidelity("rate-limits")
def test_a_bad_token_is_not_counted(world: World) -> None:
    world.fault(rate_limits={"others": 1})
    for _ in range(3):
        assert world.http.get(f"{world.network.url}/v1/calls").status_code == 401
    assert gets(world, 2) == [200, 429]
