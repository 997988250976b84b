"""The gate in a kit: what it shows, who it lets in, and what is left of it."""

from __future__ import annotations

from helpers.kit import Kit
from tests.live.conftest import ME, Send, World, wait_until


def test_a_call_goes_through_and_the_wire_shows_the_real_address(world: World, send: Send) -> None:
    with world.kit() as kit:
        assert kit.settings.api_url == kit.settings.rest_url != world.network.url
        made = kit.vonage.create_call(world.order({"action": "talk", "text": "Hello."}))
        assert kit.vonage.wire[-1].url == f"{world.network.url}/v1/calls"
        by_hand = send(kit, "GET", f"/v1/calls/{made['uuid']}")
        assert by_hand.status_code == 200
        assert f"Host: {world.network.url.removeprefix('http://')}" in str(kit.show(by_hand))
        world.until_over(made["uuid"])
    assert world.dialled() == [ME]


def test_simulated_mode_has_no_gate(world: World) -> None:
    kit = Kit(world.settings.__class__(state=world.folder / "account.json")).start()
    try:
        assert kit.live is None and kit.server.review is None
        assert kit.settings.api_url == kit.simulator.url  # type: ignore[union-attr]
    finally:
        kit.stop()


def test_stopping_ends_what_was_started(world: World) -> None:
    with world.kit() as kit:
        made = kit.vonage.create_call(world.order({"action": "wait", "timeout": 7200}))
        wait_until(lambda: world.calls()[made["uuid"]]["status"] == "answered")
    assert world.calls()[made["uuid"]]["status"] == "completed"
    assert not (world.folder / ".env").exists()
