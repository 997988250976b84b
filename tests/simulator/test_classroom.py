"""An exchange with an account for each: they ring each other, and know of each other no more than that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
import requests

from helpers.audio.files import Samples
from helpers.line.link import Link
from helpers.server.server import BackgroundServer
from helpers.simulator.classroom.exchange import Exchange
from tests.matching import match
from tests.simulator.conftest import all_workers
from tests.simulator.ear import RATE, spoken, voice
from tests.simulator.world import PHONE, Json, Keys, Learner, Watch, World

PUBLIC = {"Ada": "447700900100", "Ben": "447700900101"}
NUMBERS = {"Ada": "447700900500", "Ben": "447700900501"}


class Pupil(World):
    """Somebody who has joined: a web server, a kernel's connection, an application and a number."""

    def __init__(self, exchange: Exchange, name: str, keys: Keys) -> None:
        joined = requests.post(f"{exchange.url}/class/join", json={"word": exchange.accounts.word, "name": name})
        assert joined.status_code == 201, joined.text
        told = joined.json()
        self.name, self.phone_number, self.door = name, told["phone"], told["door"]
        self.server = BackgroundServer().start()
        learner = Learner(f"{exchange.url}{self.door}")
        self.server.handle(learner.app)
        self.way = Link(exchange.url, told["token"], lambda: self.server.url)
        self.way.start()
        super().__init__(Seat(exchange, name, told["token"]), learner, keys, NUMBERS[name])  # type: ignore[arg-type]

    def close(self) -> None:
        self.way.stop()
        self.server.stop()
        self.http.close()

    def records(self) -> str:
        """Everything that this account can see of its calls."""
        calls = [one["uuid"] for one in self.control("GET", "/calls").json()]
        return json.dumps([self.trace(call) for call in calls])


class Seat:
    """What World wants to know of a network."""

    def __init__(self, exchange: Exchange, name: str, token: str) -> None:
        self.url, self.token, self.advance = exchange.url, token, exchange.advance
        self.account = exchange.accounts.named(name).account


@pytest.fixture(scope="module")
def room() -> Iterator[Exchange]:
    with Exchange(pace="stepped", seed=1) as exchange, Watch().used():
        assert exchange._loop is not None
        asyncio.run_coroutine_threadsafe(all_workers(), exchange._loop).result()
        yield exchange


@pytest.fixture(scope="module")
def pupils(room: Exchange, keys: Keys) -> Iterator[tuple[Pupil, Pupil]]:
    both = Pupil(room, "Ada", keys), Pupil(room, "Ben", keys)
    yield both
    for one in both:
        one.close()


@pytest.fixture
def ada(pupils: tuple[Pupil, Pupil]) -> Iterator[Pupil]:
    yield pupils[0]
    assert pupils[0].control("POST", "/reset").status_code == 204


@pytest.fixture
def ben(pupils: tuple[Pupil, Pupil]) -> Iterator[Pupil]:
    yield pupils[1]
    assert pupils[1].control("POST", "/reset").status_code == 204


def leg_of(pupil: Pupil, direction: str) -> str:
    [leg] = [one["uuid"] for one in pupil.control("GET", "/calls").json() if one["direction"] == direction]
    return str(leg)


def hears(pupil: Pupil, leg: str, text: str) -> bool:
    """Whether a leg of theirs heard these words, said by a person on a phone."""
    return match(pupil.heard(leg, RATE), spoken(text), RATE).score > 0.9


def phone(number: str) -> list[Json]:
    return [{"type": "phone", "number": number}]


def test_everybody_has_a_public_phone_a_key_and_an_address_of_their_own(ada: Pupil, ben: Pupil) -> None:
    assert {one.name: one.phone_number for one in (ada, ben)} == PUBLIC
    assert ada.basic != ben.basic and ada.door != ben.door
    for one in (ada, ben):
        listed = one.http.get(f"{one.network.url}/v2/applications", auth=one.basic).json()["_embedded"]["applications"]
        assert one.app in [found["id"] for found in listed]
        assert one.control("GET", "/account").json()["api_key"] == one.basic[0]


def test_a_public_phone_rings_at_its_owner_and_both_hear(ada: Pupil, ben: Pupil) -> None:
    call = ada.dial(PUBLIC["Ben"], PUBLIC["Ada"])
    ada.advance(2)
    assert [one.control("GET", "/phones").json()[0]["status"] for one in (ada, ben)] == ["ringing", "ringing"]
    ben.use("answer", PUBLIC["Ben"])
    ada.advance(1)
    for one, text in ((ada, "Hello Ben"), (ben, "Hello Ada")):
        one.use("say", PUBLIC[one.name], text=text)
        ada.advance(4)
    bens = leg_of(ben, "outbound")  # it rings Ben's phone
    assert hears(ada, call, "Hello Ada") and hears(ben, bens, "Hello Ben")
    assert not hears(ada, call, "Hello Ben") and not hears(ben, bens, "Hello Ada")
    assert (ben.one(bens, "leg", leg=bens)["from"], ada.one(call, "leg", leg=call)["from"]) == (PUBLIC["Ada"],) * 2
    ben.use("hang_up", PUBLIC["Ben"])
    ada.until(call)
    assert ada.one(call, "status", leg=call, status="completed")["why"] == "the other side hung up"
    uuids = [{one["uuid"] for one in pupil.control("GET", "/calls").json()} for pupil in (ada, ben)]
    assert len(uuids[0]) == len(uuids[1]) == 2 and uuids[0].isdisjoint(uuids[1])


@pytest.mark.parametrize(
    ("settings", "status"),
    [({"behaviour": "busy"}, "busy"), ({"behaviour": "declines", "after": 1}, "rejected"),
     ({"behaviour": "rings_out", "after": 3}, "unanswered"), ({"behaviour": "manual"}, "timeout")],
)  # fmt: skip
def test_who_is_not_reached_is_known_on_both_sides(ada: Pupil, ben: Pupil, settings: Json, status: str) -> None:
    ben.phone(PUBLIC["Ben"], **settings)
    call = ada.call({"action": "wait", "timeout": 5}, to=phone(PUBLIC["Ben"]), ringing_timer=9)
    ada.advance(20)
    told = [one["status"] for one in ada.learner.payloads() if one.get("uuid") == call]
    assert told == ["started", "ringing", status, *(["completed"] if status != "rejected" else [])]
    assert status in [one["status"] for one in ben.trace(leg_of(ben, "outbound"), "status")]


def test_a_private_phone_reaches_anothers_application_and_shows_the_public_number(ada: Pupil, ben: Pupil) -> None:
    ben.take_calls({"action": "talk", "text": "This is Ben"}, {"action": "wait", "timeout": 2})
    call = ada.dial(ben.number, PHONE)
    ada.until(call)
    [asked] = ben.learner.at("/answer")
    assert dict(asked.query)["from"] == PUBLIC["Ada"]
    assert match(ada.heard(call, RATE), voice("This is Ben"), RATE).score > 0.9
    for own, other in ((ada, ben), (ben, ada)):
        assert other.door not in own.records() and other.app not in own.records()
        assert leg_of(own, "inbound") not in other.records()
    assert "/answer" in ben.records() and "/answer" not in ada.records()
    assert PHONE not in ben.records()


def test_one_menu_calls_another_and_keys_get_through(ada: Pupil, ben: Pupil, second: bytes, noise: Samples) -> None:
    sound = ben.learner.serve("second.wav", second)
    ben.take_calls(
        {"action": "stream", "streamUrl": [sound]}, {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
    )
    ada.phone(PHONE, after=1, script=[{"do": "wait_for", "sound": "second.wav"}, {"do": "press", "digits": "7"}])
    call = ada.call({"action": "connect", "endpoint": phone(ben.number), "from": ada.number})
    ada.until(call)
    ada.advance(1)
    [pressed] = [one for one in ben.learner.payloads() if "dtmf" in one]
    assert (pressed["dtmf"]["digits"], pressed["from"]) == ("7", ada.number)
    assert match(ada.heard(call, RATE), noise, RATE).score > 0.99
    assert ben.door not in ada.records()


def test_a_number_is_rented_once_in_the_class_and_not_many_by_one(ada: Pupil, ben: Pupil) -> None:
    taken = ben.numbers("buy", country="GB", msisdn=ada.number)
    assert taken.status_code == 420
    free = ben.http.get(f"{ben.network.url}/number/search?country=GB&size=100", auth=ben.basic).json()["numbers"]
    assert not {ada.number, ben.number} & {one["msisdn"] for one in free}
    replies = [ben.numbers("buy", country="GB", msisdn=one["msisdn"]).status_code for one in free[:5]]
    assert replies == [200] * 4 + [420]
    for one in free[:4]:
        ben.numbers("cancel", country="GB", msisdn=one["msisdn"])


def test_reset_faults_and_money_are_each_ones_own(ada: Pupil, ben: Pupil) -> None:
    ben.fault(api_500={"times": 0})
    assert ada.voice("GET").status_code == 200 and ben.voice("GET").status_code == 500
    ben.fault(api_500=None)
    ben.take_calls({"action": "wait", "timeout": 60})
    call = ada.dial(ben.number, PUBLIC["Ada"])
    ada.advance(3)
    bens = leg_of(ben, "inbound")
    assert ada.control("POST", "/reset").status_code == 204
    ben.until(bens)
    assert ben.one(bens, "status", status="completed")["why"] == "the other side is gone"
    assert ada.control("GET", f"/calls/{call}").status_code == 404 and ada.control("GET", "/calls").json() == []
    balance = [one.http.get(f"{one.network.url}/account/get-balance", auth=one.basic).json()["value"]
               for one in (ada, ben)]  # fmt: skip
    assert balance[0] == 9.0 and balance[1] < 9.0
    assert ada.control("PUT", f"/phones/{PUBLIC['Ada']}", {}).json()["behaviour"] == "manual"


def test_a_call_within_one_account_is_as_on_a_simulator_of_ones_own(ada: Pupil, world: World) -> None:
    """The same record, but for ids, addresses and milliseconds."""
    ncco = [{"action": "talk", "text": "Hello"}, {"action": "stream", "streamUrl": ["https://example.com/a.mp3"]}]
    kinds = []
    for one in (world, ada):
        call = one.ended_call(*ncco)
        one.advance(1)
        kinds.append([(entry["kind"], entry.get("status"), entry.get("state"), entry.get("why"))
                      for entry in one.trace(call) if entry["kind"] != "reply"])  # fmt: skip
    assert kinds[0] == kinds[1]
