"""On a stepped clock a reply means that everything the request set off at this moment has been done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from helpers.simulator import Simulator, clock
from helpers.simulator.clock import GIVE_WAY, SLOW_REPLY
from tests.simulator.world import PHONE, Keys, Learner, Reply, World

pytestmark = pytest.mark.fidelity("clock-settled")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Who is held is held for an hour: what comes back has not been held."""
    monkeypatch.setattr(clock, "GIVE_WAY", 3600)
    yield


def after(seconds: float) -> Reply:
    def reply() -> Reply:
        time.sleep(seconds)
        return "", 200

    return reply


def test_the_reply_to_a_hang_up_comes_after_its_webhooks(world: World) -> None:
    world.learner.on("/event", after(0.05))
    call = world.answered_call()
    assert world.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    assert world.learner.statuses()[-1] == "completed"
    assert world.trace(call)[-1]["kind"] == "reply"  # the webhook has been answered, too


def test_so_does_what_a_person_does(world: World) -> None:
    world.learner.on("/event", after(0.05))
    world.answered_call({"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}})
    world.use("press", digits="7")
    assert [one["dtmf"]["digits"] for one in world.learner.payloads() if "dtmf" in one] == ["7"]


def test_a_webhook_may_use_the_api_before_it_replies(world: World, patient: None) -> None:
    done: list[int] = []

    def use_the_api() -> Reply:
        if world.learner.received[-1].json.get("status") == "answered":
            done.append(world.voice("PUT", f"/{call}/talk", {"text": "Hello."}, timeout=60).status_code)
        return "", 200

    world.learner.on("/event", use_the_api)
    call = world.call({"action": "wait", "timeout": 3})
    world.until(call)
    assert done == [200]
    assert world.trace(call, "sound", source="rest_talk")


def test_a_server_that_waits_for_our_reply_gets_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot answer our webhook before it has our reply: one of the two has to give way."""
    free = threading.Event()
    taken: list[bool] = []

    def when_free() -> Reply:
        taken.append(free.wait(60))
        return "", 200

    monkeypatch.setattr(clock, "GIVE_WAY", GIVE_WAY)
    call = world.answered_call()
    world.learner.on("/event", when_free)
    begun = time.perf_counter()
    assert world.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    waited = time.perf_counter() - begun
    free.set()
    world.advance(1)
    assert waited >= GIVE_WAY
    assert taken == [True]  # our reply was there before it
    assert world.one(call, "reply", status=200, request=world.trace(call, "webhook")[-1]["request"])
    assert GIVE_WAY < SLOW_REPLY  # so that it takes no call time


def test_in_real_time_nothing_is_held(learner: Learner, keys: Keys, patient: None) -> None:
    free = threading.Event()
    learner.on("/event", lambda: ("", 200) if free.wait(120) else ("", 500))
    with Simulator(pace=1000, seed=1) as network, World(network, learner, keys) as world:
        world.phone(PHONE, behaviour="manual")
        world.fault(early_hang_up_works={})
        try:
            call = world.call(ringing_timer=120)
            assert world.voice("PUT", f"/{call}", {"action": "hangup"}, timeout=60).status_code == 204
        finally:
            free.set()
