"""An account in use: what the tests of live mode must leave as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from helpers.live.gate import Gate
from helpers.live.journal import Journal
from helpers.live.restore import AsFound
from helpers.settings.settings import Settings
from helpers.simulator import Simulator
from helpers.vonage import Vonage

Json = dict[str, Any]
PRODUCTION = "Production IVR"
HOOKS = ("https://ivr.example.net/answer", "https://ivr.example.net/event")
TUNNEL = "https://kit.tunnel.example"


class InUse:
    """A simulator that plays Vonage's part: "Production IVR" with webhooks of its own, twelve numbers, two linked."""

    def __init__(self, network: Simulator, folder: Path) -> None:
        self.folder = folder
        self._join(network)
        with self.client() as vonage:
            made = vonage.create_application(PRODUCTION, answer_url=HOOKS[0], event_url=HOOKS[1])
            self.production, self.key = made["id"], made["keys"]["private_key"]
            offers = vonage.search_numbers("GB", features="VOICE", size=12)["numbers"]
            self.numbers = [offer["msisdn"] for offer in offers]
            for msisdn in self.numbers:
                vonage.buy_number("GB", msisdn)
            self.linked, self.free = self.numbers[-2:], self.numbers[0]
            for msisdn in self.linked:
                vonage.update_number("GB", msisdn, app_id=self.production)
        self.at_first = self.state()

    def _join(self, network: Simulator) -> None:
        self.network = network
        switch = {"headers": {"Authorization": f"Bearer {network.token}"}, "json": {"rate_limits": None}}
        requests.put(f"{network.url}/simulator/faults", timeout=10, **switch).raise_for_status()

    @contextmanager
    def on_a_network(self, pace: float) -> Iterator[None]:
        """The same account while time runs at another pace, once the network before has stopped."""
        with Simulator(pace=pace, seed="in-use", state=self.folder / "vonage.json") as network:
            self._join(network)
            yield

    def settings(self, **more: Any) -> Settings:
        """What ``.env`` would say."""
        own = self.network.account
        here: Json = {"mode": "live", "api_url": self.network.url, "api_key": own.api_key, "api_secret": own.api_secret}
        return Settings(**{**here, "dotenv": self.folder / ".env", **more})

    def client(self) -> Vonage:
        """A client with no gate in between: the dashboard of this account."""
        return Vonage(self.settings())

    def state(self) -> Json:
        """All that the account holds."""
        account = self.network.account
        held = {"applications": account.applications, "numbers": {one["msisdn"]: one for one in account.numbers}}
        return json.loads(json.dumps(held))

    def without(self, journal: Journal) -> Json:
        """All that it holds but for what the journal names as the kit's own."""
        state, own = self.state(), {"applications": journal.own_applications(), "numbers": journal.own_numbers()}
        return {kind: {name: one for name, one in state[kind].items() if name not in own[kind]} for kind in own}


class Kernel:
    """What a kernel in live mode has: the gate with its guard, and a client that goes through it."""

    def __init__(self, account: InUse, allow: Any = (), **more: Any) -> None:
        self.settings = account.settings(**more)
        self.allow, self.heard = allow, set[str]()
        self.found = AsFound(self.settings, lambda: TUNNEL, lambda: self.allow, self.heard.__contains__)
        self.gate = Gate(self.settings.api_url, self.settings.rest_url, [self.found.guard])
        self.vonage = Vonage(self.settings)

    def __enter__(self) -> Kernel:
        self.found.begin()
        self.settings.pass_through(self.gate.start().url)
        return self

    def __exit__(self, *_: object) -> None:
        self.vonage.close()
        self.gate.stop()
        self.found.end()

    def die(self) -> None:
        """Let everything go as a process that is killed does: nothing is put back."""
        self.vonage.close()
        self.gate.stop()
        self.found.journal.leave()
        self.found.vonage().close()


@contextmanager
def in_use(folder: Path, pace: str | float = "stepped") -> Iterator[InUse]:
    """Such an account, on a network of its own."""
    with Simulator(pace=pace, seed="in-use", state=folder / "vonage.json") as network:
        yield InUse(network, folder)
