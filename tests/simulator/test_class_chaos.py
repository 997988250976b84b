"""What goes wrong in a class: the exchange is killed, a network is cut, a kernel dies, somebody floods, it ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers.line import link as line_link
from helpers.line.link import Link
from helpers.server.server import BackgroundServer
from helpers.simulator.classroom import accounts, joining, links, switchboard
from helpers.simulator.classroom.exchange import Exchange
from tests.bench.classroom import start
from tests.simulator.test_classroom import PUBLIC, Pupil, phone
from tests.simulator.world import PHONE, Keys, wait_until

pytestmark = [pytest.mark.hostile, pytest.mark.slow]
LIFE = ["started", "ringing", "answered", "completed"]


class Cable:
    """What leads to the exchange: it can be cut, or be there and carry nothing."""

    def __init__(self, port: int) -> None:
        self._port, self._listener = port, socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ends: list[socket.socket] = []
        self._carries, self._open = threading.Event(), True
        self._carries.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection ends, and none is made."""
        self._open = False
        self._close_ends()

    def freeze(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        self._carries.clear()

    def mend(self) -> None:
        """New connections work; those of before do not."""
        self._close_ends()
        self._open = True
        self._carries.set()

    def close(self) -> None:
        self.cut()
        self._carries.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _close_ends(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._open:
                    near.close()
                    continue
                try:
                    far = socket.create_connection(("127.0.0.1", self._port))
                except OSError:  # the exchange is not there
                    near.close()
                    continue
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65_536):
                self._carries.wait()
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        one.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Exchange]:
    with Exchange(folder=tmp_path / "accounts", pace=20) as exchange:
        yield exchange


@pytest.fixture
def ada(room: Exchange, keys: Keys) -> Iterator[Pupil]:
    pupil = Pupil(room, "Ada", keys)
    yield pupil
    pupil.close()


def statuses(pupil: Pupil, call: str) -> list[str]:
    return [one["status"] for one in pupil.learner.payloads() if one.get("uuid") == call]


def test_what_happens_while_the_network_is_away_comes_once_and_in_order_when_it_is_back(
    room: Exchange, ada: Pupil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_link, "PING", 0.5)
    cable = Cable(int(room.url.rpartition(":")[2]))
    ada.way.stop()
    ada.way = Link(cable.url, ada.network.token, lambda: ada.server.url)
    ada.way.start(30)
    for breaks in (cable.cut, cable.freeze):
        breaks()
        ada.phone(PHONE, after=1)
        call = ada.call({"action": "talk", "text": "Hello"})
        wait_until(lambda call=call: ada.trace(call, "status", status="completed"))
        assert statuses(ada, call) == []
        cable.mend()
        wait_until(lambda call=call: len(statuses(ada, call)) >= 4)
        assert statuses(ada, call) == LIFE
    ada.way.stop()
    cable.close()


def test_a_new_kernel_gets_what_the_one_that_died_has_not_had(room: Exchange, ada: Pupil) -> None:
    ada.phone(PHONE, after=1)
    call = ada.call({"action": "talk", "text": "Hello"}, {"action": "wait", "timeout": 60})
    # What it has not acknowledged would come twice.
    wait_until(lambda: statuses(ada, call) == LIFE[:3] and len(ada.trace(call, "reply")) == 3)
    ada.way.stop()
    assert ada.voice("PUT", f"/{call}", {"action": "hangup"}).status_code == 204
    wait_until(lambda: ada.trace(call, "status", status="completed"))
    older = Link(room.url, ada.network.token, lambda: ada.server.url)
    older.start(30)
    wait_until(lambda: statuses(ada, call) == LIFE)
    ada.way = Link(room.url, ada.network.token, lambda: ada.server.url)
    ada.way.start(30)
    wait_until(lambda: not older.running)  # two kernels of one name do not fight for it
    assert "another notebook" in older.why
    older.stop()


def test_who_floods_is_refused_and_nobody_else(
    room: Exchange, ada: Pupil, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "RATE", 0.0)
    monkeypatch.setattr(switchboard, "MOST_LEGS", 2)
    monkeypatch.setattr(accounts, "BURST", 20.0)
    room.accounts.named("Ada").allowance.__init__()  # type: ignore[misc]
    ben = Pupil(room, "Ben", keys)
    ada.fault(rate_limits=None)
    order = ada.order({"action": "wait", "timeout": 600})
    others = [order | {"to": phone(f"44770090080{last}")} for last in range(4)]
    replies = [ada.voice("POST", "", one).status_code for one in others]
    assert replies == [201, 201, 429, 429]
    flood = [ada.voice("GET").status_code for _ in range(100)]
    assert flood.count(429) >= 85 and set(flood) == {200, 429}
    room.accounts.named("Ada").allowance.__init__()  # type: ignore[misc]
    posted = [requests.post(f"{room.url}{ada.door}/event", b"x" * 60_000).status_code for _ in range(12)]
    assert posted == [200] * 9 + [429] * 3  # each counts as 2.2
    assert [ben.control("GET", "/account").status_code for _ in range(5)] == [200] * 5
    ben.close()


def test_who_makes_the_exchange_hold_much_is_refused_and_nobody_else(
    room: Exchange, ada: Pupil, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MOST_BYTES", 400_000)
    ben, url = Pupil(room, "Ben", keys), f"{room.url}{ada.door}"
    ada.way.stop()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(requests.post, f"{url}/event", json={"x": "x" * 100_000}) for _ in range(8)]
        wait_until(lambda: sum(one.done() for one in waiting) >= 5)
        assert {one.result().status_code for one in waiting if one.done()} == {502}
        assert requests.post(f"{room.url}{ben.door}/event", json={"x": "x" * 100_000}).status_code == 200
        ada.way = Link(room.url, ada.network.token, lambda: ada.server.url)
        ada.way.start(30)
        assert sorted(one.result().status_code for one in waiting) == [200] * 3 + [502] * 5
    monkeypatch.setattr(links, "MOST_BYTES", 9_000_000)
    large = ada.learner.serve("large.wav", bytes(8_000_000))
    with socket.socket() as slow:  # takes nothing of its reply, which is held until then
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", int(room.url.rpartition(":")[2])))
        slow.sendall(f"GET {large.removeprefix(room.url)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert slow.recv(12) == b"HTTP/1.1 200"
        refused = requests.get(large)
        assert refused.status_code == 502 and "too much has come" in refused.text
    wait_until(lambda: requests.get(large).status_code == 200)
    ben.close()


def test_a_kernel_that_takes_nothing_is_given_up_and_the_next_one_gets_it(
    room: Exchange, ada: Pupil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lid is closed while much is on its way down: no request waits for ever in a buffer that nobody empties."""
    monkeypatch.setattr(joining, "REPLY_SECONDS", 1.0)
    ada.way.stop()
    head = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Host": "localhost",
            "Sec-WebSocket-Key": "x" * 22 + "==", "Authorization": f"Bearer {ada.network.token}"}  # fmt: skip
    link, url = room.accounts.named("Ada").link, f"{room.url}{ada.door}/event"
    with socket.socket() as asleep, ThreadPoolExecutor(12) as pool:
        asleep.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asleep.connect(("127.0.0.1", int(room.url.rpartition(":")[2])))
        lines = ["GET /class/link HTTP/1.1", *map(": ".join, head.items()), "", ""]
        asleep.sendall("\r\n".join(lines).encode())
        wait_until(lambda: link.up)
        waiting = [pool.submit(requests.post, url, json={"x": "x" * 900_000}) for _ in range(10)]
        wait_until(lambda: not link.up)
        monkeypatch.setattr(joining, "REPLY_SECONDS", 60.0)
        ada.way = Link(room.url, ada.network.token, lambda: ada.server.url)
        ada.way.start(30)
        assert {one.result().status_code for one in waiting} <= {200, 502}
        assert requests.post(url, json={}).status_code == 200


def test_after_the_class_no_token_is_good_and_nothing_is_kept(room: Exchange, ada: Pupil, tmp_path: Path) -> None:
    word, teacher = room.accounts.word, {"Authorization": f"Bearer {room.token}"}
    kept = [path.name for path in (tmp_path / "accounts").iterdir()]
    assert any(name.startswith(PUBLIC["Ada"]) for name in kept)
    assert requests.post(f"{room.url}/class/end", headers=teacher).status_code == 204
    assert ada.control("GET", "/account").status_code == 401 and ada.voice("GET").status_code == 401
    wait_until(lambda: not ada.way.running)
    assert ada.way.why == "the class is over"
    closed = requests.post(f"{room.url}/class/join", json={"word": word, "name": "Ada"})
    assert closed.status_code == 403 and "Nobody can join" in closed.json()["error"]
    again = requests.put(f"{room.url}/class/room", json={"open": True}, headers=teacher).json()
    assert again["word"] != word
    told = requests.post(f"{room.url}/class/join", json={"word": again["word"], "name": "Ada"}).json()
    assert told["token"] != ada.network.token and told["phone"] == PUBLIC["Ada"]


def test_an_exchange_that_is_killed_comes_back_with_everybody(tmp_path: Path, keys: Keys) -> None:
    """Thirty calls are under way. Accounts, numbers, phones are what they were; kernels come back by themselves."""
    port = _free_port()
    url, folder = f"http://127.0.0.1:{port}", tmp_path / "accounts"
    first, told = start(folder, port)
    token = _join(url, told["word"])
    head = {"Authorization": f"Bearer {token}"}
    server = BackgroundServer().start()
    way = Link(url, token, lambda: server.url)
    way.start(30)

    def control(method: str, path: str, body: Any = None) -> Any:
        reply = requests.request(method, f"{url}/simulator{path}", json=body, headers=head)
        assert reply.ok, reply.text
        return reply.json()

    account = control("GET", "/account")
    auth = (account["api_key"], account["api_secret"])
    order = {"country": "GB", "msisdn": "447700900500"}
    assert requests.post(f"{url}/number/buy", data=order, auth=auth).status_code == 200
    for number in range(30):
        control("POST", f"/phones/{447700900600 + number}/dial", {"to": PUBLIC["Ada"]})
    first.kill()
    first.communicate()
    second, told_again = start(folder, port)
    wait_until(lambda: way.up)
    assert (told_again["word"], told_again["token"]) == (told["word"], told["token"])
    again = control("GET", "/account")
    assert {**again, "numbers": []} == {**account, "numbers": []}
    assert [one["msisdn"] for one in again["numbers"]] == ["447700900500"]
    me = requests.get(f"{url}/class/members", headers=head).json()
    assert me == [{"name": "Ada", "phone": PUBLIC["Ada"], "numbers": ["447700900500"], "here": True}]
    call = control("POST", "/phones/447700900601/dial", {"to": PUBLIC["Ada"]})["uuid"]
    wait_until(lambda: any(one["status"] == "ringing" for one in control("GET", "/phones")))
    assert call in [one["uuid"] for one in control("GET", "/calls")]
    way.stop()
    server.stop()
    second.terminate()
    second.communicate(timeout=60)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def _join(url: str, word: str) -> str:
    reply = requests.post(f"{url}/class/join", json={"word": word, "name": "Ada"})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["token"])
