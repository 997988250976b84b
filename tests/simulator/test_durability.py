"""A simulator that is killed in the middle of anything has lost nothing that it had said yes to."""

from __future__ import annotations

import json
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers.simulator.account.account import Account
from helpers.simulator.ids import Ids
from tests.simulator.standalone import Standalone, standalone
from tests.simulator.world import Keys

pytestmark = [pytest.mark.fidelity("account-file"), pytest.mark.hostile, pytest.mark.slow]

CLIENTS, WRITES, ROUNDS = 4, 100, 5
Numbers = dict[str, dict[str, str]]  # by number: what was set


class Client:
    """Makes random changes, and knows what must be there: all that was acknowledged.

    Of its last change, if there was no reply, it cannot know; ``maybe`` holds what would be the state after it.
    Each client has applications and numbers of its own, so that nobody else changes them.
    """

    def __init__(self, index: int, public: str) -> None:
        self.index, self.public = index, public
        self.random = random.Random(f"client {index}")
        self.pool = [f"4477009005{n:02}" for n in range(index, 100, CLIENTS)]
        self.apps: dict[str, str] = {}  # id to name
        self.numbers: Numbers = {}
        self.maybe: Callable[[Account], bool] | None = None
        self.done = 0

    def write(self, server: Standalone, session: requests.Session, writes: int) -> None:
        """``writes`` changes, or as many as the server lives for."""
        try:
            for _ in range(writes):
                self.maybe = None
                self.change(server, session)
                self.maybe = None
                self.done += 1
        except requests.RequestException:  # killed: refused, cut off, or in the middle of a reply
            pass

    def change(self, server: Standalone, session: requests.Session) -> None:
        kinds = ["create", "buy"]
        kinds += ["replace", "delete"] if self.apps else []
        kinds += ["cancel", "update", "update"] if self.numbers else []
        kind = self.random.choice([one for one in kinds if one != "buy" or self.free()])
        getattr(self, kind)(server, session)

    def free(self) -> list[str]:
        return [number for number in self.pool if number not in self.numbers]

    def app(self, server: Standalone, session: requests.Session, method: str, path: str = "", **body: Any) -> Any:
        reply = session.request(method, f"{server.url}/v2/applications{path}", auth=server.auth, json=body or None,
                                timeout=60)  # fmt: skip
        assert reply.status_code in (200, 201, 204), reply.text
        return reply.json() if reply.content else {}

    def form(self, server: Standalone, session: requests.Session, what: str, **fields: str) -> None:
        reply = session.post(
            f"{server.url}/number/{what}", auth=server.auth, data={"country": "GB", **fields}, timeout=60
        )
        assert reply.status_code == 200, reply.text

    def name(self) -> str:
        return f"client {self.index}, {self.random.random()}"

    def create(self, server: Standalone, session: requests.Session) -> None:
        name = self.name()
        self.maybe = lambda account: True  # one more, of which nobody knows the id
        made = self.app(server, session, "POST", name=name, keys={"public_key": self.public})
        self.apps[made["id"]] = name

    def replace(self, server: Standalone, session: requests.Session) -> None:
        uuid, name = self.random.choice(sorted(self.apps)), self.name()
        old = self.apps.pop(uuid)
        self.maybe = lambda account: account.applications[uuid]["name"] in (old, name)
        self.app(server, session, "PUT", f"/{uuid}", name=name)
        self.apps[uuid] = name

    def delete(self, server: Standalone, session: requests.Session) -> None:
        uuid = self.random.choice(sorted(self.apps))
        name = self.apps.pop(uuid)
        linked = {number: dict(set_) for number, set_ in self.numbers.items() if set_.get("app_id") == uuid}
        for number in linked:  # not used again, unless the reply comes
            del self.numbers[number]
            self.pool.remove(number)

        def all_or_nothing(account: Account) -> bool:
            still = uuid in account.applications
            links = {(account.number(number) or {}).get("app_id") for number in linked}
            return links <= {uuid if still else None} and (not still or account.applications[uuid]["name"] == name)

        self.maybe = all_or_nothing
        self.app(server, session, "DELETE", f"/{uuid}")
        for number, settings in linked.items():
            del settings["app_id"]
            self.numbers[number] = settings
            self.pool.append(number)

    def buy(self, server: Standalone, session: requests.Session) -> None:
        number = self.random.choice(self.free())
        self.maybe = lambda account: True
        self.pool.remove(number)
        self.form(server, session, "buy", msisdn=number)
        self.pool.append(number)
        self.numbers[number] = {}

    def cancel(self, server: Standalone, session: requests.Session) -> None:
        number = self.random.choice(sorted(self.numbers))
        del self.numbers[number]
        self.maybe = lambda account: True
        self.pool.remove(number)
        self.form(server, session, "cancel", msisdn=number)
        self.pool.append(number)

    def update(self, server: Standalone, session: requests.Session) -> None:
        number = self.random.choice(sorted(self.numbers))
        before = self.numbers.pop(number)
        self.pool.remove(number)
        change = {"moHttpUrl": f"https://example.com/{self.random.random()}"}
        if self.apps:
            change["app_id"] = self.random.choice(["", *sorted(self.apps)])
        after = {name: value for name, value in (before | change).items() if value}
        self.maybe = lambda account: settings(account, number) in (before, after)
        self.form(server, session, "update", msisdn=number, **change)
        self.pool.append(number)
        self.numbers[number] = after

    def check(self, account: Account) -> None:
        """Everything that was acknowledged is in the account."""
        for uuid, name in self.apps.items():
            assert account.applications[uuid]["name"] == name
        for number, set_ in self.numbers.items():
            assert settings(account, number) == set_, number
        assert self.maybe is None or self.maybe(account)


def settings(account: Account, msisdn: str) -> dict[str, str] | None:
    number = account.number(msisdn)
    return number and {name: value for name, value in number.items() if name in ("moHttpUrl", "app_id")}


def kill_after(server: Standalone, clients: list[Client], writes: int, seconds: float) -> None:
    """Kill the server ``seconds`` after so many writes have been acknowledged: in the middle of another one."""
    pause, deadline = threading.Event(), time.monotonic() + 60
    while sum(client.done for client in clients) < writes and time.monotonic() < deadline:
        pause.wait(0.0005)
    pause.wait(seconds)
    server.process.send_signal(signal.SIGKILL)


@contextmanager
def at_work(clients: list[Client], *servers: Standalone) -> Iterator[None]:
    """They write from here on, one to this server and one to the next; at the end all have done."""
    sessions = [requests.Session() for _ in clients]
    threads = [
        threading.Thread(target=client.write, args=(servers[client.index % len(servers)], session, WRITES // CLIENTS))
        for client, session in zip(clients, sessions, strict=True)
    ]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(60)
    for session in sessions:
        session.close()


def test_a_kill_at_any_moment_loses_nothing_that_was_acknowledged(tmp_path: Path, keys: Keys) -> None:
    state = tmp_path / "account.json"
    moment = random.Random()  # really at random: each run of this test looks somewhere else
    clients = [Client(index, keys[1]) for index in range(CLIENTS)]
    killed_early = 0
    rounds = 0
    while (rounds := rounds + 1) <= ROUNDS or sum(client.done for client in clients) <= WRITES:
        with standalone("--state", str(state)) as server:
            before = sum(client.done for client in clients)
            with at_work(clients, server):
                kill_after(server, clients, before + moment.randrange(WRITES), moment.uniform(0, 0.005))
                server.process.wait(60)
            killed_early += sum(client.done for client in clients) - before < WRITES
        json.loads(state.read_bytes())  # always whole
        account = Account(Ids(), state)
        for client in clients:
            client.check(account)
        left = {file.name for file in tmp_path.iterdir()}
        assert left <= {"account.json", "account.json.lock", "account.json.new"}  # at most one half-written copy
        for client in clients:  # from here on it is known what its last change has become
            client.maybe = None
            for uuid in [uuid for uuid in client.apps if uuid not in account.applications]:
                del client.apps[uuid]
    assert killed_early, "every kill came when all was done"
    with standalone("--state", str(state)) as server:  # and it goes on with it
        account = Account(Ids(), state)
        own = requests.get(f"{server.url}/account/numbers?size=100", auth=server.auth, timeout=60).json()
        assert [number["msisdn"] for number in own.get("numbers", [])] == [one["msisdn"] for one in account.numbers]
        account.buy("US", "12025550150")
        assert not (tmp_path / "account.json.new").exists()


def test_two_processes_on_one_file_lose_nothing(tmp_path: Path, keys: Keys) -> None:
    state = tmp_path / "account.json"
    with standalone("--state", str(state)) as one, standalone("--state", str(state)) as two:
        assert one.auth == two.auth
        clients = [Client(index, keys[1]) for index in range(CLIENTS)]
        with at_work(clients, one, two):
            pass
        assert [client.done for client in clients] == [WRITES // CLIENTS] * CLIENTS
        account = Account(Ids(), state)
        for client in clients:
            client.check(account)
        assert set(account.applications) == {uuid for client in clients for uuid in client.apps}
        for server in (one, two):
            own = requests.get(f"{server.url}/account/numbers?size=100", auth=server.auth, timeout=60).json()
            assert {n["msisdn"] for n in own.get("numbers", [])} == {n for c in clients for n in c.numbers}
