"""A call lives in one region: its address is told to the answer webhook, and no other one knows the call."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from helpers.simulator.account.regions import REGIONS
from tests.simulator.world import World

ANSWER = [{"action": "wait", "timeout": 30}]


def at(world: World, where: str, method: str, path: str = "", body: Any = None, **headers: str) -> requests.Response:
    """A request to the Voice API at a region's address; an empty one is the plain address."""
    base = f"{world.network.url}/{where}" if where else world.network.url
    headers = {"Authorization": f"Bearer {world.token()}", **headers}
    return world.http.request(method, f"{base}/v1/calls{path}", json=body, headers=headers)


def regional(world: World, region: str) -> None:
    """The application of this test chooses a region."""
    hooks = {
        "event_url": {"address": f"{world.learner.url}/event"},
        "answer_url": {"address": world.learner.on("/answer", ANSWER)},
    }
    body = {"name": "test", "capabilities": {"voice": {"region": region, "webhooks": hooks}}}
    url = f"{world.network.url}/v2/applications/{world.app}"
    assert world.http.put(url, json=body, auth=world.basic).status_code == 200


@pytest.mark.fidelity("region-url", "region-of-application")
@pytest.mark.parametrize("region", REGIONS)
def test_the_answer_webhook_is_told_where_the_call_lives(world: World, region: str) -> None:
    regional(world, region)
    world.link()
    for call in (world.call_with_answer_url(), world.dial(number="447700900002")):
        world.until(call, "answered")
        [told] = [told for told in world.learner.payloads("/answer") if told["uuid"] == call]
        assert told["region_url"] == f"{world.network.url}/{region}"
        headers = {"Authorization": f"Bearer {world.token()}"}
        shown = world.http.get(f"{told['region_url']}/v1/calls/{call}", headers=headers)
        assert shown.json()["status"] == "answered"
        world.advance(2)
        done = world.http.put(f"{told['region_url']}/v1/calls/{call}", json={"action": "hangup"}, headers=headers)
        assert done.status_code == 204


@pytest.mark.fidelity("region-404", "region-plain-address")
def test_another_region_does_not_know_the_call(world: World) -> None:
    regional(world, "eu-west")
    call = world.answered_call(*ANSWER)
    for region in REGIONS:
        expected = 200 if region == "eu-west" else 404
        assert at(world, region, "GET", f"/{call}").status_code == expected
        assert at(world, region, "GET").json()["count"] == (1 if region == "eu-west" else 0)
    assert at(world, "", "GET", f"/{call}").status_code == 200
    assert at(world, "", "GET").json()["count"] == 1
    for method, path, body in (
        ("PUT", "", {"action": "hangup"}), ("PUT", "/talk", {"text": "x"}), ("DELETE", "/talk", None)
    ):  # fmt: skip
        refused = at(world, "na-east", method, f"/{call}{path}", body)
        assert refused.status_code == 404
        assert refused.json() == {"type": "NOT_FOUND", "error_title": "Not Found"}
        assert f"{world.network.url}/eu-west" in refused.headers["x-simulator-why"]
    world.advance(2)
    assert at(world, "eu-west", "PUT", f"/{call}", {"action": "hangup"}).status_code == 204


@pytest.mark.fidelity("region-override")
@pytest.mark.parametrize("application", ["", "na-west"])
def test_a_regional_address_in_the_request_goes_before_the_application(world: World, application: str) -> None:
    if application:
        regional(world, application)
    order = world.order(ncco=None, answer_url=[world.learner.on("/answer", ANSWER)])
    call = at(world, "apac-sng", "POST", "", order).json()["uuid"]
    world.until(call, "answered")
    assert world.learner.payloads("/answer")[0]["region_url"] == f"{world.network.url}/apac-sng"
    assert at(world, "apac-sng", "GET", f"/{call}").status_code == 200
    assert at(world, "na-west", "GET", f"/{call}").status_code == 404


@pytest.mark.fidelity("region-hosts")
@pytest.mark.parametrize(("region", "host"), REGIONS.items())
def test_the_real_hosts_are_known_by_their_names(world: World, region: str, host: str) -> None:
    call = at(world, "", "POST", "", world.order(), Host=host).json()["uuid"]
    other = "api-us-3.vonage.com" if region != "na-east" else "api-eu-3.vonage.com"
    for name, expected in ((host, 200), (f"{host.upper()}:443", 200), (other, 404), ("api.nexmo.com", 200)):
        assert at(world, "", "GET", f"/{call}", Host=name).status_code == expected, name
    assert at(world, region, "GET", f"/{call}", Host=other).status_code == 200  # the path goes before the header


@pytest.mark.fidelity("region-none")
def test_without_a_region_everything_is_at_the_plain_address(world: World) -> None:
    call = world.call_with_answer_url()
    world.learner.on("/answer", ANSWER)
    world.until(call, "answered")
    assert world.learner.payloads("/answer")[0]["region_url"] == world.network.url
    assert at(world, "", "GET", f"/{call}").status_code == 200
    assert at(world, "eu-west", "GET", f"/{call}").status_code == 404


@pytest.mark.fidelity("region-addresses")
def test_a_regional_address_leads_to_everything_else_too(world: World) -> None:
    base = f"{world.network.url}/eu-east"
    assert world.http.get(f"{base}/v2/applications/{world.app}", auth=world.basic).status_code == 200
    assert world.http.get(f"{base}/account/numbers?country=GB", auth=world.basic).json()["count"] == 1
    assert world.http.get(f"{base}/nothing").status_code == 404
    assert world.http.get(base).status_code == 404
    assert world.http.get(f"{world.network.url}/eu-middle/v1/calls").status_code == 404


@pytest.mark.fidelity("region-conversations")
def test_a_named_conversation_belongs_to_its_region(world: World) -> None:
    room = {"action": "conversation", "name": "room"}
    calls = {}
    for number, region in enumerate(("eu-west", "eu-west", "na-east")):
        order = world.order(room, to=[{"type": "phone", "number": f"44770090000{number + 1}"}])
        calls[number] = at(world, region, "POST", "", order).json()["uuid"]
    for call in calls.values():
        world.until(call, "answered")
    world.advance(1)
    rooms = [world.voice("GET", f"/{call}").json()["conversation_uuid"] for call in calls.values()]
    assert rooms[0] == rooms[1] != rooms[2]
