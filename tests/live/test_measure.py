"""The measure: so many calls at once and a minute, none without an end; a clock that is set changes nothing."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import requests

from helpers.live.guards.asked import Asked, Refused
from helpers.live.guards.spent import Spent
from helpers.vonage.client import Vonage
from helpers.vonage.errors import VonageError
from tests.live.conftest import ME, Send, World, app_that_replies, token_of, wait_until

WAIT = {"action": "wait", "timeout": 7200}
ENDLESS = {"action": "stream", "streamUrl": ["https://example.com/a.mp3"], "loop": 0}


@pytest.mark.slow
@pytest.mark.parametrize(("at_once", "a_minute", "most"), [(5, 10, 5), (1000, 10, 10)])
def test_of_200_calls_in_a_loop_only_the_measure_is_placed(
    world: World, monkeypatch: pytest.MonkeyPatch, at_once: int, a_minute: int, most: int
) -> None:
    friends = tuple(f"447700900{number}" for number in range(100, 300))
    with world.kit(live_calls_at_once=at_once, live_calls_a_minute=a_minute, live_numbers=friends) as kit:
        codes, lines, today = [], set(), time.time()
        headers = {"Authorization": f"Bearer {token_of(kit)}"}
        monkeypatch.setattr(time, "time", lambda: today - 86_400 * len(codes))  # nor does a clock that is set help
        with requests.Session() as session:
            for friend in friends:
                order = world.order(WAIT, to=friend, length_timer=7200)
                reply = session.post(f"{kit.settings.api_url}/v1/calls", json=order, headers=headers, timeout=30)
                codes.append(reply.status_code)
                lines.add(reply.json().get("line"))
        assert codes == [201] * most + [403] * (200 - most)
        assert lines == {None, "LIVE_CALLS_AT_ONCE=10" if at_once == 5 else "LIVE_CALLS_A_MINUTE=20"}
        assert world.dialled() == [*friends[:most]]
        monkeypatch.undo()
    assert {call["status"] for call in world.calls().values()} == {"completed"}


def test_a_call_that_is_over_makes_room_and_a_refused_one_takes_none(world: World, send: Send) -> None:
    with world.kit(live_calls_at_once=1, live_calls_a_minute=2) as kit:
        for _ in range(3):
            bad = world.order(WAIT) | {"answer_method": 7}
            assert send(kit, "POST", "/v1/calls", bad).status_code == 400
        for _ in range(2):
            made = kit.vonage.create_call(world.order({"action": "talk", "text": "Hi."}))
            world.until_over(made["uuid"])
        with pytest.raises(VonageError, match=r"2 calls were placed in the last minute, and 2 are the most"):
            kit.vonage.create_call(world.order(WAIT))


def test_after_a_minute_there_is_room_again(world: World) -> None:
    now = [0.0]
    with world.kit(live_calls_a_minute=1) as kit:
        kit.live.budget._clock = lambda: now[0]  # type: ignore[union-attr]
        kit.vonage.create_call(world.order({"action": "talk", "text": "Hi."}))
        now[0] = 59.0
        with pytest.raises(VonageError, match="LIVE_CALLS_A_MINUTE=2"):
            kit.vonage.create_call(world.order(WAIT))
        now[0] = 61.0
        world.until_over(kit.vonage.create_call(world.order({"action": "talk", "text": "Hi."}))["uuid"])


@pytest.mark.slow
@pytest.mark.parametrize(("at_once", "a_minute", "most"), [(3, 100, 3), (100, 6, 6)])
def test_kernels_of_a_folder_share_the_measure(world: World, at_once: int, a_minute: int, most: int) -> None:
    friends = tuple(f"447700900{number}" for number in range(100, 140))
    measure = {"live_calls_at_once": at_once, "live_calls_a_minute": a_minute}
    more = {"live_numbers": friends, "live_budget": Decimal(1000)}
    with world.kit(**measure, **more) as one, world.kit(**measure, **more) as other, ThreadPoolExecutor(8) as pool:

        def place(number: int) -> bool:
            try:
                order = world.order(WAIT, to=friends[number], length_timer=7200)
                (one, other)[number % 2].vonage.create_call(order)
            except VonageError as error:
                assert error.status == 403
                return False
            return True

        assert sum(pool.map(place, range(40))) == most == len(world.dialled())


def test_nobody_is_asked_while_others_wait_for_the_file(world: World) -> None:
    """Two threads find room for the same call: the second sees in the locked file that there is none any more."""
    other = Spent(world.folder / ".live" / "spent.jsonl")
    with ThreadPoolExecutor(1) as kernel, world.kit(live_calls_at_once=1) as kit:
        kit.vonage.create_call(world.order(WAIT))
        budget = kit.live.budget  # type: ignore[union-attr]

        def client() -> Vonage:
            kernel.submit(other.entries).result(timeout=10)
            return Vonage(world.settings)

        budget._vonage = client
        order = json.dumps(world.order(WAIT)).encode()
        with pytest.raises(Refused, match="1 calls run"):
            budget.before(Asked("POST", "/v1/calls", "", {}, order))


def test_a_kernel_that_stands_still_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.live.guards.spent.PATIENCE", 0.1)
    other = Spent(world.folder / ".live" / "spent.jsonl")
    with world.kit() as kit, other.alone(), pytest.raises(VonageError, match="another kernel has had"):
        kit.vonage.create_call(world.order(WAIT))


def test_calls_of_a_kernel_that_was_killed_count_as_long_as_they_run(world: World) -> None:
    spent, now = Spent(world.folder / ".live" / "spent.jsonl"), time.monotonic()
    with Vonage(world.settings) as past:
        made = past.create_call(world.order(WAIT))["uuid"]
    spent.write("call on its way", Decimal("0.1"), still_open=True, placed=now - 100, until=now - 10)
    spent.write("somebody else's", Decimal("0.1"), still_open=True, placed=now - 7500, until=now - 1)
    spent.write("before this machine started", Decimal("0.1"), still_open=True, placed=now + 9999, until=now + 10_000)
    spent.write(made, Decimal("0.1"), still_open=True, placed=now - 70, until=now + 7000)
    with world.kit(live_calls_at_once=1) as kit:
        with pytest.raises(VonageError, match="1 calls run"):
            kit.vonage.create_call(world.order(WAIT))
        wait_until(lambda: world.calls()[made]["status"] == "answered")
        world.phones.use(ME, "hang_up")
        world.until_over(made)
        kit.live.budget._all_asked = 0  # type: ignore[union-attr]  # so soon it does not ask again
        kit.vonage.create_call(world.order(WAIT))


@pytest.mark.slow
def test_a_call_without_a_length_gets_one(quick_world: World) -> None:
    world = quick_world
    with world.kit() as kit:
        made = kit.vonage.create_call(world.order(WAIT))
        world.until_over(made["uuid"])
        assert 300 <= int(world.calls()[made["uuid"]]["duration"]) < 900
        for length in (0, 7201, "long", True):
            with pytest.raises(VonageError, match="length_timer is"):
                kit.vonage.create_call(world.order(WAIT, length_timer=length))


@pytest.mark.parametrize("loop", [0, "0", 0.0, -1, "ever", False])
def test_a_call_that_came_in_has_no_endless_loop(world: World, loop: Any) -> None:
    with world.kit() as kit:
        kit.serve(app_that_replies(answer=[{**ENDLESS, "loop": loop}]))
        made = kit.vonage.create_application(
            "Here", answer_url=f"{kit.server.url}/answer", event_url="https://example.com"
        )
        kit.vonage.update_number("GB", kit.number, app_id=made["id"])
        world.dial()
        wait_until(lambda: kit.server.errors)
        assert "A loop of 0 never ends" in str(kit.server.errors[0])
        world.until_over()


def test_one_that_was_placed_here_may_have_one(world: World) -> None:
    with world.kit() as kit:
        kit.serve(app_that_replies(answer=[ENDLESS]))
        made = kit.vonage.create_call(world.order(answer_url=[f"{kit.server.url}/answer"], length_timer=10))
        world.until_over(made["uuid"])
        assert kit.server.errors == []
