"""Nothing leaves the machine: only loopback is called, and example.com is answered by the simulator itself."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.simulator.webhooks.reach import Reach, is_example
from tests.simulator.world import World


@pytest.mark.fidelity("reach-here")
@pytest.mark.parametrize(
    ("url", "allowed"),
    [("http://127.0.0.1:5000/a", True), ("http://localhost/a", True), ("http://LOCALHOST:1/a", True),
     ("http://[::1]:80/a", True), ("http://127.8.9.1/", True), ("http://user:pw@127.0.0.1/", True),
     ("http://203.0.113.7/", False), ("https://vonage.com/", False), ("http://10.0.0.1/", False),
     ("http://127.0.0.1.nip.io/", False), ("http://0.0.0.0/", False), ("http://2130706433/", False),
     ("http://[::ffff:203.0.113.7]/", False), ("http://127.0.0.1@203.0.113.7/", False), ("http://[::1", False),
     ("http://", False), ("", False), ("nonsense", False), ("http://localhost.example.test/", False),
     ("http://127.0.0.1:0/", False), ("http://127.0.0.1:65536/", False)],
)  # fmt: skip
def test_what_may_be_called(url: str, allowed: bool) -> None:
    assert Reach().allows(url) is allowed


@pytest.mark.fidelity("reach-here")
def test_more_may_be_allowed() -> None:
    reach = Reach("192.168.0.0/16", "2001:db8::/32")
    assert reach.allows("http://192.168.7.7:9000/a")
    assert reach.allows("http://[2001:db8::1]/a")
    assert not reach.allows("http://192.169.0.1/")


@pytest.mark.fidelity("reach-example")
def test_the_names_of_examples() -> None:
    assert is_example("https://example.com/event")
    assert is_example("http://my.EXAMPLE.org:99/")
    assert not is_example("http://example.com.evil.test/")
    assert not is_example("http://notexample.com/")
    assert not is_example("http://[::1")


@pytest.mark.fidelity("reach-here")
@pytest.mark.parametrize("away", ["http://203.0.113.7", "https://calls.invalid"])
def test_no_url_of_a_call_leads_out(world: World, connections: list[Any], away: str) -> None:
    first = world.call(ncco=None, answer_url=[f"{away}/answer"], event_url=[f"{away}/event"])
    second = world.call(
        {"action": "stream", "streamUrl": [f"{away}/a.mp3"]},
        {"action": "notify", "payload": {}, "eventUrl": [f"{away}/notify"]},
        {"action": "wait", "timeout": 1},
        to=[{"type": "phone", "number": "447700900002"}],
    )
    world.until(first)
    world.until(second)
    assert {one for one in connections if str(one) not in ("127.0.0.1", "b'127.0.0.1'")} <= {None}
    errors = [e["error"] for call in (first, second) for e in world.trace(call) if e.get("error")]
    assert len(errors) >= 6
    assert all("no route" in error for error in errors)
    assert "no route" in world.one(first, "error")["reason"]


@pytest.mark.fidelity("reach-example")
def test_example_com_is_answered_here(world: World, connections: list[Any]) -> None:
    call = world.ended_call(event_url=["https://example.com/event"])
    assert "example.com" not in {str(one) for one in connections}
    assert [(e["status"], e["error"]) for e in world.trace(call, "reply")] == [(200, None)] * 4
    silent = world.ended_call(ncco=None, answer_url=["https://example.com/answer"])
    assert "empty reply" in world.one(silent, "error")["reason"]
