"""Listing calls, looking at one, hanging up."""

from __future__ import annotations

import pytest
import requests

from tests.simulator.world import PHONE, World

BAD_REQUEST = {"type": "BAD_REQUEST", "error_title": "Bad Request"}
NOT_FOUND = {"type": "NOT_FOUND", "error_title": "Not Found"}
MONEY = ("rate", "price", "duration", "network", "start_time", "end_time")


@pytest.mark.fidelity("call-money")
def test_a_call_shows_money_and_times_only_when_it_is_over(world: World) -> None:
    call = world.call({"action": "wait", "timeout": 10})
    conversation = world.one(call, "leg")["conversation"]
    usual = {
        "_links": {"self": {"href": f"/v1/calls/{call}"}},
        "uuid": call,
        "conversation_uuid": conversation,
        "status": "started",
        "direction": "outbound",
        "to": {"type": "phone", "number": PHONE},
        "from": {"type": "phone", "number": world.number},
    }
    assert world.voice("GET", f"/{call}").json() == usual
    world.advance(0.2)
    assert world.voice("GET", f"/{call}").json()["status"] == "ringing"
    world.until(call, "answered")
    assert world.voice("GET", f"/{call}").json() == usual | {"status": "answered"}
    world.until(call)
    over = world.voice("GET", f"/{call}").json()
    assert {k: over[k] for k in ("rate", "price", "duration", "network")} == {
        "rate": "0.01500000", "price": "0.00250000", "duration": "10", "network": "23410"}  # fmt: skip
    assert over["start_time"].endswith(".000Z")
    assert {k: v for k, v in over.items() if k not in MONEY} == usual | {"status": "completed"}


@pytest.mark.fidelity("call-price")
@pytest.mark.parametrize(("seconds", "duration"), [(3.4, "3"), (3.6, "4")])
def test_seconds_are_rounded_to_the_nearest(world: World, seconds: float, duration: str) -> None:
    call = world.ended_call({"action": "wait", "timeout": seconds})
    over = world.voice("GET", f"/{call}").json()
    assert over["duration"] == duration
    assert over["price"] == f"{0.015 * int(duration) / 60:.8f}"


@pytest.mark.fidelity("call-status-over")
def test_an_unanswered_call_costs_nothing(world: World) -> None:
    world.phone(behaviour="busy")
    call = world.ended_call()
    over = world.voice("GET", f"/{call}").json()
    assert (over["status"], over["duration"], over["price"]) == ("completed", "0", "0.00000000")


@pytest.mark.fidelity("call-money")
def test_a_rejected_call_has_no_money(world: World) -> None:
    world.phone(behaviour="declines")
    call = world.call()
    world.until(call, "rejected")
    shown = world.voice("GET", f"/{call}").json()
    assert shown["status"] == "rejected"
    assert not set(MONEY) & set(shown)


@pytest.mark.fidelity("list-paging", "list-links")
def test_the_list_has_pages_links_and_order(world: World) -> None:
    calls = [world.call(to=[{"type": "phone", "number": f"44770090000{n}"}]) for n in range(5)]
    page = world.voice("GET", "?page_size=2&record_index=2").json()
    assert (page["count"], page["page_size"], page["record_index"]) == (5, 2, 2)
    assert [c["uuid"] for c in page["_embedded"]["calls"]] == calls[2:4]
    index = "&record_index="
    pages = {"self": f"{index}2", "first": "", "last": f"{index}4", "next": f"{index}4", "prev": f"{index}0"}
    assert page["_links"] == {name: {"href": f"/v1/calls?page_size=2{one}"} for name, one in pages.items()}
    everything = world.voice("GET").json()
    assert (everything["page_size"], everything["record_index"]) == (10, 0)
    assert set(everything["_links"]) == {"self", "first", "last"}
    backwards = world.voice("GET", "?order=desc").json()["_embedded"]["calls"]
    assert [c["uuid"] for c in backwards] == calls[::-1]


@pytest.mark.fidelity("list-links", "list-paging")
def test_following_the_links_shows_every_call_once(world: World) -> None:
    calls = [world.call(to=[{"type": "phone", "number": f"44770090000{n}"}]) for n in range(5)]
    seen, path = [], "?page_size=2&order=desc&status=started"
    while path:
        page = world.voice("GET", path).json()
        seen += [c["uuid"] for c in page["_embedded"]["calls"]]
        path = page["_links"].get("next", {}).get("href", "").removeprefix("/v1/calls")
    assert seen == calls[::-1]


def test_no_calls_is_an_empty_list(world: World) -> None:
    page = world.voice("GET").json()
    assert page["count"] == 0
    assert page["_embedded"] == {"calls": []}
    assert page["_links"]["last"] == {"href": "/v1/calls?page_size=10&record_index=0"}


@pytest.mark.fidelity("list-filters")
def test_the_list_filters(world: World) -> None:
    over, running = world.call({"action": "wait", "timeout": 1}), None
    world.until(over)
    world.advance(60)
    running = world.call()
    conversation = world.one(running, "leg")["conversation"]
    start = world.voice("GET", f"/{over}").json()["start_time"]
    for query, expected in [
        ("status=completed", [over]), ("status=started", [running]), ("status=busy", []),
        (f"conversation_uuid={conversation}", [running]), ("conversation_uuid=CON-x", []),
        (f"date_end={start}", [over]), (f"date_start={start}", [running]),
        (f"date_start={start[:19]}", [running]), ("date_start=2026-01-31", [over, running]),
        ("date_start=2026-01-31T07:45:14%2B02:00&date_end=2036-01-01T00:00:00Z", [over, running]),
    ]:  # fmt: skip
        page = world.voice("GET", f"?{query}").json()
        assert [c["uuid"] for c in page["_embedded"]["calls"]] == expected, query


@pytest.mark.fidelity("list-own")
def test_calls_of_other_applications_are_not_listed(world: World) -> None:
    world.call()
    world.app = world.application()
    assert world.voice("GET").json()["count"] == 0


@pytest.mark.fidelity("list-errors")
@pytest.mark.parametrize(
    "query",
    ["page_size=0", "page_size=101", "page_size=x", "page_size=²", "record_index=-1", "order=up", "status=gone",
     "date_start=yesterday", "date_end=1", "record_index=" + "9" * 5000],
    ids=lambda q: q[:20],
)  # fmt: skip
def test_a_list_that_cannot_be_is_family_c(world: World, query: str) -> None:
    reply = world.voice("GET", f"?{query}")
    assert reply.status_code == 400
    assert reply.json()["invalid_parameters"][0]["name"] == query.partition("=")[0]


@pytest.mark.fidelity("hang-up-early", "foreign-call", "hang-up")
def test_hanging_up_too_soon_then_in_time_then_too_late(world: World) -> None:
    call = world.call({"action": "wait", "timeout": 100})
    world.advance(0.5)
    early = world.voice("PUT", f"/{call}", {"action": "hangup"})
    assert (early.status_code, early.json()) == (400, BAD_REQUEST)
    world.advance(2.5)
    done = world.voice("PUT", f"/{call}", {"action": "hangup"})
    assert (done.status_code, done.content) == (204, b"")
    world.until(call)
    last = world.trace(call, "status")[-1]
    assert (last["status"], last["disconnected_by"]) == ("completed", "platform")
    assert last["why"] == "hung up through the API"
    assert last["at"] == pytest.approx(world.at(call, "started") - 0.1 + 3)
    late = world.voice("PUT", f"/{call}", {"action": "hangup"})
    assert (late.status_code, late.json()) == (404, NOT_FOUND)
    noted = [(e["status"], e["body"]) for e in world.trace(call, "request", method="PUT")]
    assert noted == [(400, {"action": "hangup"}), (204, {"action": "hangup"})]


@pytest.mark.fidelity("hang-up-ringing", "event-fields")
def test_hanging_up_while_it_rings_cancels(world: World) -> None:
    world.phone(behaviour="manual")
    call = world.call()
    world.advance(2)
    assert world.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    world.until(call)
    assert [e["status"] for e in world.trace(call, "status")] == ["started", "ringing", "cancelled", "completed"]
    # The phone no longer rings.
    assert world.control("POST", f"/phones/{PHONE}/answer").status_code == 400


@pytest.mark.fidelity("hang-up")
def test_two_hang_ups_are_one(world: World) -> None:
    call = world.answered_call({"action": "wait", "timeout": 100})
    replies = {world.voice("PUT", f"/{call}", {"action": "hangup"}).status_code for _ in range(2)}
    assert replies <= {204, 404}
    world.until(call)
    assert [e["status"] for e in world.trace(call, "status")].count("completed") == 1


@pytest.mark.fidelity("verb-unknown")
@pytest.mark.parametrize("body", [{}, {"action": "sing"}, {"action": None}, {"action": ["hangup"]}, {"action": 1}])
def test_an_unknown_action_is_family_c(world: World, body: dict[str, object]) -> None:
    reply = world.voice("PUT", f"/{world.call()}", body)
    assert (reply.status_code, reply.json()["invalid_parameters"][0]["name"]) == (400, "action")


CONTROLS = ["mute", "unmute", "earmuff", "unearmuff"]


@pytest.mark.parametrize("action", [*CONTROLS, "transfer"])
@pytest.mark.fidelity("call-control-state")
def test_an_unanswered_call_takes_no_such_action(world: World, action: str) -> None:
    call = world.call()
    body = {"action": action, "destination": {"type": "ncco", "ncco": [{"action": "wait"}]}}
    reply = world.voice("PUT", f"/{call}", body)
    assert (reply.status_code, reply.json()["type"]) == (400, "BAD_REQUEST")
    world.until(call)
    assert world.voice("PUT", f"/{call}", body).status_code == 404


@pytest.mark.parametrize("action", CONTROLS)
@pytest.mark.fidelity("call-mute", "call-earmuff", "call-control-twice")
def test_twice_the_same_action_is_fine(world: World, action: str) -> None:
    call = world.answered_call({"action": "wait", "timeout": 20})
    for _ in range(2):
        reply = world.voice("PUT", f"/{call}", {"action": action})
        assert (reply.status_code, reply.text) == (204, "")
    assert [one["action"] for one in world.trace(call, "control")] == [action] * 2


@pytest.mark.parametrize("path", ["dtmf", "input/dtmf", "stream", "talk"])
@pytest.mark.fidelity("call-unknown")
def test_nobodys_call_takes_nothing(world: World, path: str) -> None:
    assert world.voice("PUT", f"/nobody/{path}", {"digits": "1"}).status_code == 404


@pytest.mark.fidelity("error-families", "error-recording")
def test_a_recording_that_is_not_there_is_family_d(world: World) -> None:
    call = world.call()
    headers = {"Authorization": f"Bearer {world.token()}"}
    reply = requests.get(f"{world.network.url}/v1/files/{call}", headers=headers, timeout=60)
    assert (reply.status_code, reply.json()["code"]) == (404, "http:error:not-found")
    assert requests.get(f"{world.network.url}/v1/files/{call}", timeout=60).json()["type"] == "UNAUTHORIZED"


@pytest.mark.fidelity("call-persistence")
def test_a_call_is_forgotten_after_so_many_days(world: World) -> None:
    world.app = world.application(leg_persistence_time=2)
    call = world.ended_call()
    for days, status in ((1.9, 200), (0.2, 404)):
        world.advance(days * 24 * 3600)
        assert world.voice("GET", f"/{call}").status_code == status
    assert world.voice("GET").json()["count"] == 0
