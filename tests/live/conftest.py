"""A kit in live mode; a simulator in the test plays Vonage's part, and its own record says what reached it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

from helpers.calls.statuses import LAST
from helpers.kit import Kit
from helpers.line.control_plane import ControlPlane
from helpers.settings.keys import load_private_key, make_jwt
from helpers.settings.settings import Settings
from helpers.simulator import Simulator
from helpers.vonage.client import Vonage
from tests.simulator.conftest import all_workers
from tests.simulator.world import wait_until

PACE = 20  # a phone that rings for two seconds rings for a tenth of one
HASTE = 60  # where a call lasts for minutes
ME, FRIEND, STRANGER = "447700900001", "447700900002", "447700900666"
Json = dict[str, Any]


class World:
    """The network at the far end, an account there, and what reached it."""

    def __init__(self, network: Simulator, ours: Json, folder: Path) -> None:
        self.network, self.folder = network, folder
        self.phones = ControlPlane(network.url, network.token)
        self.phones.reset()
        switch = {"headers": {"Authorization": f"Bearer {network.token}"}, "json": {"rate_limits": None}, "timeout": 10}
        requests.put(f"{network.url}/simulator/faults", **switch).raise_for_status()
        with Vonage(bare := _settings(network)) as vonage:
            self._put_right(vonage, ours)
        self.settings = replace(
            bare, application_id=ours["id"], private_key=ours["keys"]["private_key"], number=ours["number"],
            my_number=ME, live_budget=Decimal(5), live_calls_at_once=1000, live_calls_a_minute=1000,
            dotenv=folder / ".env",
        )  # fmt: skip

    def _put_right(self, vonage: Vonage, ours: Json) -> None:
        """Whatever the test before has changed."""
        voice = {"webhooks": {"event_url": {"address": "https://example.com/event", "http_method": "POST"}}}
        vonage.replace_application(ours["id"], {"name": "Ours", "capabilities": {"voice": voice}})
        vonage.update_number("GB", ours["number"], app_id=ours["id"])

    @contextmanager
    def kit(self, **settings: Any) -> Iterator[Kit]:
        """A kit with these settings, from start to stop."""
        kit = Kit(replace(self.settings, **settings)).start()
        try:
            yield kit
        finally:
            kit.stop()

    def calls(self) -> dict[str, Json]:
        """All calls in the network's own record, by uuid, with what is billed for those that are over."""
        legs = self.network._network.legs  # type: ignore[union-attr]
        return {call["uuid"]: {**call, **legs[call["uuid"]].bill} for call in self.phones.calls()}

    def dialled(self) -> list[str]:
        """Whom the network was told to call."""
        return sorted(call["to"] for call in self.calls().values() if call["direction"] == "outbound")

    def dial(self) -> str:
        """My phone calls the rented number. Returns the leg's uuid."""
        return str(self.phones.use(ME, "dial", to=self.settings.number)["uuid"])

    def until_over(self, uuid: str = "") -> None:
        """Wait until a call is over, or all."""
        wait_until(lambda: {c["status"] for c in self.calls().values() if uuid in ("", c["uuid"])} <= {*LAST})

    def order(self, *ncco: Json, to: Any = ME, **more: Any) -> Json:
        """The body of ``POST /v1/calls``."""
        endpoint = {"type": "phone", "number": to} if isinstance(to, str) else to
        ours = {"to": [endpoint], "from": {"type": "phone", "number": self.settings.number}}
        return ours | ({"ncco": list(ncco)} if ncco else {}) | more


def _settings(network: Simulator) -> Settings:
    own = network.account
    return Settings(mode="live", api_url=network.url, api_key=own.api_key, api_secret=own.api_secret)


def application_at(network: Simulator) -> Json:
    """A new application, with its key, and as ``number`` one that is rented for it."""
    with Vonage(_settings(network)) as vonage:
        number = vonage.search_numbers("GB", features="VOICE")["numbers"][0]["msisdn"]
        vonage.buy_number("GB", number)
        return {**vonage.create_application("Ours"), "number": number}


@pytest.fixture(scope="session")
def network() -> Iterator[Simulator]:
    with Simulator(pace=PACE, seed="gate") as network:
        # The loop's worker threads are made when they are first needed, which the leak check would take for a leak.
        assert network._loop is not None
        asyncio.run_coroutine_threadsafe(all_workers(), network._loop).result()
        yield network


@pytest.fixture(scope="session")
def ours(network: Simulator) -> Json:
    """An application with its key, made once because that takes long, and the ``number`` that leads to it."""
    return application_at(network)


@pytest.fixture
def world(network: Simulator, ours: Json, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # What the kit did not make is for test_ownership.py; here a line in the notebook allows it.
    monkeypatch.setattr(sys.modules["__main__"], "ALLOW", ["Ours", "Old"], raising=False)
    world = World(network, ours, tmp_path)
    yield world
    world.phones.close()


@pytest.fixture
def quick_world(tmp_path: Path) -> Iterator[World]:
    """One whose time runs faster still, with a network of its own."""
    with Simulator(pace=HASTE, seed="haste") as network:
        world = World(network, application_at(network), tmp_path)
        yield world
        world.phones.close()


def token_of(kit: Kit) -> str:
    """A token of the kit's application."""
    return make_jwt(kit.settings.application_id, load_private_key(kit.settings.private_key))


Send = Callable[..., requests.Response]


@pytest.fixture
def send(world: World) -> Send:
    """A request to a kit's gate by hand."""

    def by_hand(kit: Kit, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token_of(kit)}"} | more.pop("headers", {})
        return requests.request(method, f"{kit.settings.api_url}{path}", json=body, headers=headers, timeout=30, **more)

    return by_hand


def app_that_replies(**routes: Any) -> Flask:
    """A web app: each route replies with what it is given, or with what that returns; ``/event`` with nothing."""
    app = Flask("live")

    def route(reply: Any) -> Any:
        return lambda: reply() if callable(reply) else reply

    for name, reply in {"event": ("", 200), **routes}.items():
        app.add_url_rule(f"/{name}", name, route(reply), methods=["GET", "POST"])
    return app
