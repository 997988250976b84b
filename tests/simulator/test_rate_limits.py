"""Rate limits: on where time flows, off where it is stepped, counted in the client's own seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers.simulator import Simulator
from helpers.simulator.clock import Clock
from helpers.simulator.errors import ApiError
from helpers.simulator.rate_limit import RateLimit
from tests.simulator.world import Keys, Learner, World

WAIT = {"action": "wait", "timeout": 1}


@pytest.fixture
def flowing(learner: Learner, keys: Keys) -> Iterator[World]:
    with Simulator(pace=20, seed=1) as network, World(network, learner, keys) as world:
        yield world


class HandClock(Clock):
    """A clock that flows, but only as far as a test says: ``seconds`` of the client's."""

    seconds = 0.0

    @property
    def now(self) -> float:
        return self.seconds * self.pace


def posts(world: World, count: int) -> list[int]:
    return [world.voice("POST", "", world.order(WAIT)).status_code for _ in range(count)]


def gets(world: World, count: int) -> list[int]:
    return [world.voice("GET").status_code for _ in range(count)]


@pytest.mark.fidelity("rate-limits", "rate-limits-clock")
def test_where_time_flows_they_are_on(flowing: World) -> None:
    assert flowing.control("GET", "/faults").json()["active"] == {"rate_limits": {"calls": 3, "others": 15}}
    flowing.fault(rate_limits={"calls": 0})  # so that it does not matter how fast this machine asks
    refused = flowing.voice("POST", "", flowing.order(WAIT))
    assert (refused.status_code, refused.json()["title"]) == (429, "Rate Limit Hit")
    assert "nothing is queued" in refused.headers["x-simulator-why"]
    assert gets(flowing, 1) == [200]  # other requests are counted apart
    flowing.fault(rate_limits={})
    assert posts(flowing, 1) == [201]
    assert len(flowing.control("GET", "/calls").json()) == 1  # nothing was queued


@pytest.mark.fidelity("rate-limits-clock")
@pytest.mark.parametrize("pace", [1, 20])
def test_what_counts_are_the_clients_own_seconds(pace: int) -> None:
    clock, noted = HandClock(pace), list[str]()
    limit = RateLimit(clock, noted.append)

    def answered(count: int, kind: str = "calls", most: float = 3) -> int:
        """How many of so many requests."""
        refused = 0
        for _ in range(count):
            try:
                limit.count(kind, most)
            except ApiError:
                refused += 1
        return count - refused

    assert (answered(5), answered(17, "others", 15)) == (3, 15)
    clock.seconds = 0.9
    assert answered(1) == 0
    clock.seconds = 1.0
    assert (answered(5), answered(1, "others", 15)) == (3, 1)
    assert len(noted) == 2  # once a second


@pytest.mark.fidelity("rate-limits-named")
def test_a_client_in_haste_is_named_once_a_second(world: World) -> None:
    world.fault(rate_limits={})
    posts(world, 9)
    [noted] = [entry for entry in world.network.trace.entries() if entry["kind"] == "fault"]
    assert (noted["name"], noted["leg"]) == ("rate_limits", None)
    assert noted["what"] == "more than 3 new calls in a second: 429, and nothing is queued"
    world.advance(1)
    posts(world, 9)
    assert len([entry for entry in world.network.trace.entries() if entry["kind"] == "fault"]) == 2


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
    assert gets(world, 16) == [200] * 15 + [429]  # counted apart
    world.advance(0.5)
    assert posts(world, 1) == [429]
    world.advance(0.5)
    assert posts(world, 3) == [201, 201, 429]
    assert gets(world, 1) == [200]


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
