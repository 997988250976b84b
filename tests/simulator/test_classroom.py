"""An exchange with an account for each: they ring each other, and know of each other no more than that."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from helpers.audio.files import Samples
from helpers.line.link import Link, packed, unpacked
from helpers.server.server import BackgroundServer
from helpers.simulator.classroom import accounts, joining
from helpers.simulator.classroom.exchange import Exchange
from helpers.simulator.routes.openapi import document
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
    with Exchange(pace="stepped", seed=1) as exchange, Watch().used(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "BURST", 1e9)  # these tests are in a hurry
        assert exchange._loop is not None
        asyncio.run_coroutine_threadsafe(all_workers(), exchange._loop).result()
        yield exchange


@pytest.fixture(scope="module")
def pupils(room: Exchange, keys: Keys, foreign_keys: Keys) -> Iterator[tuple[Pupil, Pupil]]:
    both = Pupil(room, "Ada", keys), Pupil(room, "Ben", foreign_keys)
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


def test_keys_and_words_get_through_a_chain_of_accounts(ada: Pupil, ben: Pupil) -> None:
    ben.take_calls({"action": "connect", "endpoint": phone(ada.number), "from": ben.number})
    ada.take_calls(
        {"action": "talk", "text": "This is Ada"}, {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
    )
    call = ada.dial(ben.number, PHONE)
    ada.advance(4)
    ada.use("press", PHONE, digits="4")
    ada.until(call)
    [pressed] = [one for one in ada.learner.payloads() if "dtmf" in one]
    assert (pressed["dtmf"]["digits"], pressed["from"]) == ("4", ben.number)
    assert [(one["text"], one["by"]) for one in ada.trace(leg_of(ada, "outbound"), "said")] == [("This is Ada", "line")]
    assert [one["text"] for one in ben.trace(leg_of(ben, "outbound"), "said")] == ["This is Ada"]


def test_a_key_does_not_go_round_for_ever(ada: Pupil, ben: Pupil) -> None:
    """Both ends of the way through Ben's menu are in one conversation."""
    room = {"action": "conversation", "name": "ring"}
    ada.take_calls(room)
    ben.take_calls({"action": "connect", "endpoint": phone(ada.number), "from": ben.number})
    ada.dial(ada.number, PHONE)
    ada.call(room, to=phone(ben.number))
    ada.advance(4)
    ada.use("press", PHONE, digits="5")
    ada.advance(30)
    passed = [key for one in ben.control("GET", "/calls").json() for key in ben.trace(one["uuid"], "key")]
    assert 1 <= len(passed) <= 4


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


def test_a_sound_that_all_play_is_kept_once(room: Exchange, ada: Pupil, ben: Pupil, second: bytes) -> None:
    kept = []
    for one in (ada, ben):
        call = one.answered_call({"action": "stream", "streamUrl": [one.learner.serve("second.wav", second)]},
                                 {"action": "wait", "timeout": 60})  # fmt: skip
        kept.append(room.accounts.named(one.name).network.legs[call].ear.cues[0].sound)
    assert kept[0] is kept[1]


def test_a_call_within_one_account_is_as_on_a_simulator_of_ones_own(ada: Pupil, world: World) -> None:
    """The same record, but for ids, addresses and milliseconds."""
    ncco = [{"action": "talk", "text": "Hello"}, {"action": "stream", "streamUrl": ["https://example.com/a.mp3"]}]
    records = []
    for one in (world, ada):
        call = one.ended_call(*ncco)
        one.advance(1)
        entries = one.trace(call)
        begun, asked = entries[0]["at"], sorted({entry["request"] for entry in entries if "request" in entry})
        for entry in entries:
            if "request" in entry:
                entry["request"] = asked.index(entry["request"])
            times = {name: round(entry[name] - begun, 2) for name in ("at", "ends") if entry.get(name)}
            entry.update(times, seq=0, ms=0)
        records.append([_without_ids(json.dumps(entry)) for entry in entries])
    assert records[0] == records[1]


def _without_ids(text: str) -> str:
    text = re.sub(r"https?://127[^\"]*?/(?=\w+\")", "URL/", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|\d{4}-\d\d-\d\dT[^\"]*", "ID", text)


# --- A curious pupil -------------------------------------------------------------------------------------------------

Make = Callable[[Pupil], Json]  # something of the pupil's: what the path and the request are filled with


def running(pupil: Pupil) -> Json:
    other = 447700900800 + len(pupil.control("GET", "/calls").json())  # a phone that is in no call yet
    return {"uuid": pupil.answered_call({"action": "wait", "timeout": 600}, to=phone(str(other)))}


def recorded(pupil: Pupil) -> Json:
    pupil.ended_call({"action": "record", "timeOut": 3})
    url = next(one["recording_url"] for one in reversed(pupil.learner.payloads()) if "recording_url" in one)
    return {"uuid": url.rpartition("/")[2]}


def made(pupil: Pupil) -> Json:
    return {"uuid": pupil.application()}


def free_number(pupil: Pupil) -> Json:
    url = f"{pupil.network.url}/number/search?country=US&size=1"
    found = pupil.http.get(url, auth=pupil.basic).json()["numbers"][0]
    return {"data": {"country": "US", "msisdn": found["msisdn"]}}


def rented(pupil: Pupil) -> Json:
    order = free_number(pupil)
    pupil.rent(order["data"]["msisdn"], "US")
    return order


def sends(make: Make | None = None, body: Any = None, **more: Any) -> Make:
    """What ``make`` makes, with more of a request."""
    return lambda pupil: {**(make(pupil) if make else {}), **({} if body is None else {"json": body}), **more}


CALL = {"to": phone(PHONE), "from": {"type": "phone", "number": "447700900500"}, "ncco": [{"action": "wait"}]}
SOUND = {"stream_url": ["https://example.com/a.mp3"]}
PRICES = {"params": {"country": "GB", "prefix": "44"}, "service": "voice"}
# What makes each route work for its owner. A route that is not here fails the test.
ORDERS: dict[str, Make] = {
    "POST /v1/calls": sends(body=CALL),
    "GET /v1/calls": running,
    "GET /v1/calls/{uuid}": running,
    "PUT /v1/calls/{uuid}": sends(running, {"action": "hangup"}),
    "PUT /v1/calls/{uuid}/stream": sends(running, SOUND),
    "DELETE /v1/calls/{uuid}/stream": running,
    "PUT /v1/calls/{uuid}/talk": sends(running, {"text": "Hello"}),
    "DELETE /v1/calls/{uuid}/talk": running,
    "PUT /v1/calls/{uuid}/dtmf": sends(running, {"digits": "1"}),
    "PUT /v1/calls/{uuid}/input/dtmf": sends(running, {"event_url": ["https://example.com/e"]}),
    "DELETE /v1/calls/{uuid}/input/dtmf": running,
    "GET /v1/files/{uuid}": recorded,
    "POST /v2/applications": sends(body={"name": "new"}),
    "GET /v2/applications": made,
    "GET /v2/applications/{uuid}": made,
    "PUT /v2/applications/{uuid}": sends(made, {"name": "other"}),
    "DELETE /v2/applications/{uuid}": made,
    "GET /account/numbers": sends(),
    "GET /number/search": sends(params={"country": "GB"}),
    "POST /number/buy": free_number,
    "POST /number/cancel": rented,
    "POST /number/update": rented,
    "GET /account/get-balance": sends(),
    "GET /account/get-pricing/outbound/{service}": sends(**PRICES),
    "GET /account/get-full-pricing/outbound/{service}": sends(**PRICES),
    "GET /account/get-prefix-pricing/outbound/{service}": sends(**PRICES),
    "GET /simulator/account": sends(),
    "GET /simulator/calls": running,
    "GET /simulator/calls/{uuid}": running,
    "GET /simulator/calls/{uuid}/heard.wav": running,
    "GET /simulator/calls/{uuid}/sound": running,
    "GET /simulator/events": running,
    "GET /simulator/phones": sends(),
    "PUT /simulator/phones/{address}": sends(body={"after": 3}, address=PHONE),
    "POST /simulator/phones/{address}/{what}": sends(body={"to": "447700900799"}, address="447700900005", what="dial"),
    "GET /simulator/faults": sends(),
    "PUT /simulator/faults": sends(body={"answer_slow": {"times": 1}}),
    "GET /simulator/clock": sends(),
    "PUT /simulator/clock": sends(body={"flows": False}),
    "POST /simulator/clock/advance": sends(body={"seconds": 0}),
    "POST /simulator/reset": sends(),
}


VERBS = ("GET", "POST", "PUT", "DELETE")


def routes() -> list[str]:
    """Every route that asks who it is, as ``GET /path``; test_openapi holds that the document has them all."""
    listed = [f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods]
    return [one for one in listed if one.split()[0] in VERBS and one != "GET /simulator/openapi.json"]


def send(pupil: Pupil, route: str, order: Json, headers: Json, **query: str) -> tuple[int, str]:
    """Send a request; the status and the text of its reply, of a stream as much as there is now."""
    method, path = route.split()
    sent = {name: order[name] for name in ("json", "data") if name in order}
    url = f"{pupil.network.url}{path.format(**order)}"
    params = {**order.get("params", {}), **query}
    with pupil.http.request(method, url, params=params, headers=headers, stream=True, timeout=20, **sent) as reply:
        if reply.headers.get("content-type", "").startswith("text/event-stream"):
            return reply.status_code, "\n".join(_texts(reply))
        return reply.status_code, reply.text


def _texts(reply: requests.Response) -> Iterator[str]:
    """The lines of a stream until it has nothing more to say for now."""
    for line in reply.iter_lines(chunk_size=1):
        if line == b":":
            return
        yield line.decode()


def basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def own_credentials(pupil: Pupil, route: str) -> Json:
    path = route.split()[1]
    if path.startswith("/v1/"):
        return {"Authorization": f"Bearer {pupil.token()}"}
    if path.startswith("/simulator/"):
        return {"Authorization": f"Bearer {pupil.network.token}"}
    return {"Authorization": basic(*pupil.basic)}


def foreign_credentials(ben: Pupil, ada: Pupil) -> Iterator[tuple[Json, dict[str, str]]]:
    """Headers and query of everything that Ben can think of."""
    unsigned = jwt.encode({"application_id": ada.app, "iat": int(time.time()), "jti": "1"}, None, algorithm="none")
    tokens = [ben.network.token, ben.token(), ben.token(application_id=ada.app), unsigned, ada.app, ada.name,
              ada.door[3:], ada.basic[0], "0" * 64, ""]  # fmt: skip
    for token in tokens:
        yield {"Authorization": f"Bearer {token}"}, {}
    yield {"Authorization": f"Bearer {ben.network.token}", "X-Account": ada.name}, {}
    yield {"Authorization": f"Bearer {ben.network.token}"}, {"api_key": ada.basic[0]}
    for key, secret in (ben.basic, (ada.basic[0], ben.basic[1]), (ada.basic[0], ""), (ben.basic[0], ada.door[3:])):
        yield {"Authorization": basic(key, secret)}, {}
        yield {}, {"api_key": key, "api_secret": secret}
        yield {"Authorization": basic(*ben.basic)}, {"api_key": key, "api_secret": secret}
    yield {}, {}


def state_of(pupil: Pupil) -> list[Any]:
    """Everything that is theirs, as it is now."""
    own, account = pupil.network.account, [pupil.control("GET", path).json() for path in (
        "/account", "/calls", "/phones", "/faults")]  # fmt: skip
    return [*account, own.applications, own.numbers, pupil.records()]


def test_a_curious_pupil_gets_nothing_of_anothers(ada: Pupil, ben: Pupil) -> None:
    """Every route with every credential of Ben's, at what is Ada's; each is first seen to work for her."""
    assert sorted(routes()) == sorted(ORDERS)
    tried = 0
    for route, make in ORDERS.items():
        status, _ = send(ada, route, make(ada), own_credentials(ada, route))
        assert status < 300, f"{route} does not work for its owner: {status}"
        order = make(ada)
        calls = [
            text for one in ada.control("GET", "/calls").json() for text in (one["uuid"], one["conversation_uuid"])
        ]
        secrets = [*ada.basic, ada.network.token, ada.door, ada.app, *calls, ada.network.account.signature_secret]
        before = state_of(ada)
        for headers, query in foreign_credentials(ben, ada):
            status, text = send(ben, route, order, headers, **query)
            what = f"{route} with {headers} {query}: {status} {text[:200]}"
            assert status >= 400 or not ("{uuid}" in route or route.endswith(("cancel", "update"))), what
            assert status >= 400 or not any(secret in text for secret in secrets), what
            tried += 1
        assert state_of(ada) == before, f"{route} changed what is Ada's"
        ada.control("POST", "/reset")
    assert tried > 800
    ada.control("PUT", "/faults", {"answer_slow": None})
    ben.control("PUT", "/faults", {"answer_slow": None})


def test_the_teacher_acts_for_any_and_a_pupil_is_no_teacher(room: Exchange, ada: Pupil, ben: Pupil) -> None:
    def asked(method: str, path: str, token: str, **headers: str) -> requests.Response:
        given = {"Authorization": f"Bearer {token}", **headers}
        return ada.http.request(method, f"{room.url}{path}", headers=given, json={"open": True})

    for method, path in (("GET", "/class/room"), ("PUT", "/class/room"), ("POST", "/class/end"),
                         ("DELETE", "/class/members/Ada")):  # fmt: skip
        assert asked(method, path, ben.network.token).status_code == 401
    assert asked("GET", "/class/room", room.token).json() == {"word": room.accounts.word, "open": True}
    key = asked("GET", "/simulator/account", room.token, **{"X-Account": "ada"}).json()["api_key"]
    assert key == ada.basic[0]
    assert asked("GET", "/simulator/account", room.token).status_code == 401
    shown = asked("GET", "/class/members", ben.network.token)
    assert [one["name"] for one in shown.json()] == ["Ada", "Ben"] and ada.door[3:] not in shown.text


def test_words_are_tried_slowly_and_a_name_is_taken_once(
    room: Exchange, ada: Pupil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "PAUSE", 1000.0)  # longer than a busy machine takes

    def join(**body: str) -> requests.Response:
        return ada.http.post(f"{room.url}/class/join", json=body)

    assert join(word=room.accounts.word, name=" aDA").status_code == 409
    assert join(word=room.accounts.word, name="x" * 31).status_code == 400
    told = Counter(join(word=f"blue-fox-{number}", name="Eve").status_code for number in range(1000))
    assert told == {403: joining.FREE, 429: 1000 - joining.FREE}
    assert ada.voice("GET").status_code == 200


def test_a_request_finds_its_account_below_a_prefix_by_form_and_by_host(keys: Keys) -> None:
    with Exchange(pace="stepped", prefix="/services/exchange/") as exchange, requests.Session() as http:
        base = f"{exchange.url}/services/exchange"
        assert "The way is free" in http.get(f"{base}/").text
        word = {"word": exchange.accounts.word, "name": "Ada", "url": base}
        token = http.post(f"{base}/class/join", json=word).json()["token"]
        account = http.get(f"{base}/simulator/account", headers={"Authorization": f"Bearer {token}"}).json()
        order = {"api_key": account["api_key"], "api_secret": account["api_secret"], "country": "GB"}
        bought = http.post(f"{base}/number/buy", data={**order, "msisdn": "447700900500"})
        assert bought.json() == {"error-code": "200", "error-code-label": "success"}
        long = http.post(f"{base}/number/buy", data={"filling": "x" * 70_000, **order, "msisdn": "447700900501"})
        assert long.status_code == 401
        asyncio.run(_goes_away(exchange.url, token))


def test_odd_names_odd_replies_and_who_follows_an_account_that_is_gone(tmp_path: Path) -> None:
    with Exchange(pace="stepped", folder=tmp_path) as exchange, requests.Session() as http:

        def join(name: str) -> requests.Response:
            return http.post(f"{exchange.url}/class/join", json={"word": exchange.accounts.word, "name": name})

        assert [join(name).status_code for name in (".", "..", "a\u202eb", "x" * 31)] == [400] * 4
        assert len(join("x" * 10_000).text) < 200
        teacher = {"Authorization": f"Bearer {exchange.token}"}
        told = join("a/b").json()
        folder = next(tmp_path.glob(f"{told['phone']}*"))
        following = http.get(f"{exchange.url}/simulator/events", headers=_bearer(told["token"]), stream=True)
        asyncio.run(_answers_oddly(exchange.url, told))
        assert http.delete(f"{exchange.url}/class/members/a%2Fb", headers=teacher).status_code == 204
        assert following.content.startswith(b": connected")  # it has an end
        again = join("a/b").json()  # a request of before that is slow would find another file
        assert again["phone"] == told["phone"] and not folder.exists()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def _answers_oddly(url: str, member: Json) -> None:
    """A kernel whose replies are not HTTP: who asked is told so, and the next request is answered."""
    from websockets.asyncio.client import connect

    address, headers = f"ws{url.removeprefix('http')}/class/link", _bearer(member["token"])
    async with connect(address, additional_headers=headers, proxy=None) as socket:
        for reply, status in (
            ({"status": 1e999}, 502), ({"status": 600}, 502), ({"status": 200, "headers": [["X", "\u263a"]]}, 502),
            ({"status": 200, "headers": [["X", "a\r\nY: b"]]}, 502), ({"status": 204}, 204), ({"status": 201}, 201),
        ):  # fmt: skip
            asked = asyncio.create_task(asyncio.to_thread(requests.get, url + member["door"]))
            head, _ = unpacked(await socket.recv(decode=False))
            await socket.send(packed({"had": head["id"]}, b""))
            await socket.send(packed({"id": head["id"], **reply}, b"x"))
            assert unpacked(await socket.recv(decode=False))[0] == {"done": head["id"]}
            assert (await asked).status_code == status


async def _goes_away(url: str, token: str) -> None:
    """A websocket that does not speak as a kernel does is closed, and one without a token is not taken."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidStatus

    address = f"ws{url.removeprefix('http')}/class/link"
    with pytest.raises(InvalidStatus, match="403"):
        await connect(address, additional_headers={"Authorization": "Bearer no"}, proxy=None)
    async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None) as socket:
        await socket.send(b"nonsense")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
