"""The exchange's own routes: what is the teacher's, a learner's, anybody's; and that nobody else gets at it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from helpers.simulator.classroom import accounts
from helpers.simulator.classroom.exchange import Exchange
from helpers.simulator.classroom.switchboard import Switchboard
from tests.simulator.test_classroom import Pupil, foreign_credentials, state_of
from tests.simulator.world import Json, Keys

TASKS = {"06": {"done": ["06-1"], "of": 4}}
TEACHERS: dict[str, Json] = {
    "GET /class/room": {},
    "PUT /class/room": {"json": {"open": True}},
    "PUT /class/members/{name}": {},
    "GET /class/board/{name}": {"path": "/class/board/events"},
    "POST /class/board/do": {"json": {"what": "begin_again", "who": "Eve"}},
    "POST /class/board/sign-out": {},
    "DELETE /class/members/{name}": {},
    "POST /class/end": {},  # the last one, for nothing is left after it
}
LEARNERS: dict[str, Json] = {
    "GET /class/me": {},
    "GET /class/members": {},
    "PUT /class/me/tasks": {"json": TASKS},
    "DELETE /class/me/tasks": {},
    "DELETE /class/me": {},
}
SEVEN = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
ANYBODYS = {"GET /class", "POST /class/join", "GET /class/board", "GET /class/board/", "POST /class/board/sign-in",
            *(f"{method} /t/{{door}}{{path:path}}" for method in SEVEN)}  # fmt: skip


@pytest.fixture
def room() -> Iterator[Exchange]:
    with Exchange(pace="stepped", seed=1) as exchange, pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "BURST", 1e9)
        yield exchange


@pytest.fixture
def pupils(room: Exchange, keys: Keys, foreign_keys: Keys) -> Iterator[tuple[Pupil, Pupil]]:
    both = Pupil(room, "Ada", keys), Pupil(room, "Ben", foreign_keys)
    yield both
    for one in both:
        one.close()


def own_routes(exchange: Exchange) -> set[str]:
    """Every route of the exchange itself, as ``GET /path``; ``LINK`` is a websocket."""
    assert exchange._server is not None
    switchboard = exchange._server.config.app
    assert isinstance(switchboard, Switchboard)
    own: Any = switchboard._own
    found = [(method, route.path) for route in _flat(own.routes) for method in getattr(route, "methods", ["LINK"])]
    return {f"{method} {path.replace('{name:path}', '{name}')}" for method, path in found}


def _flat(routes: Any) -> Iterator[Any]:
    for one in routes:
        inner = getattr(one, "original_router", None)  # newer releases of FastAPI keep a router as it was included
        yield from _flat(inner.routes) if inner is not None else [one]


def asked(room: Exchange, route: str, order: Json, headers: Json, query: Json, name: str) -> tuple[int, str]:
    """The status and the beginning of the reply."""
    method, path = route.split()
    url = room.url + order.get("path", path.format(name=name))
    with requests.request(
        method, url, json=order.get("json"), headers=headers, params=query, stream=True, allow_redirects=False
    ) as reply:
        return reply.status_code, next(reply.iter_content(65_536), b"").decode()


def join(room: Exchange, name: str) -> str:
    body = {"word": room.accounts.word, "name": name}
    return str(requests.post(f"{room.url}/class/join", json=body).json()["token"])


def test_a_curious_pupil_gets_nothing_of_the_teachers(room: Exchange, pupils: tuple[Pupil, Pupil]) -> None:
    ada, ben = pupils
    assert own_routes(room) == {*TEACHERS, *LEARNERS, *ANYBODYS, "LINK /class/link"}
    teacher = {"Authorization": f"Bearer {room.token}"}
    for route, order in TEACHERS.items():
        if route != "POST /class/end":
            room.accounts.members.get("eve") or join(room, "Eve")
            status, text = asked(room, route, order, teacher, {}, "Eve")
            assert status < 400, f"{route} does not work for its owner: {status} {text}"
        before = state_of(ada)
        for headers, query in foreign_credentials(ben, ada):
            status, text = asked(room, route, order, headers, query, "Ada")
            assert status == 401, f"{route} with {headers} {query}: {status} {text}"
        assert state_of(ada) == before, f"{route} changed what is Ada's"
    code = requests.post(f"{room.url}/class/board/sign-in", data={"code": ben.network.token},
                         headers={"Origin": room.url}, allow_redirects=False)  # fmt: skip
    assert "why=wrong" in code.headers["location"] and "set-cookie" not in code.headers
    assert asked(room, "POST /class/end", {}, teacher, {}, "")[0] == 204 and not room.accounts.members


def test_a_curious_pupil_is_nobody_but_himself_in_the_class(room: Exchange, pupils: tuple[Pupil, Pupil]) -> None:
    ada, ben = pupils
    for route, order in LEARNERS.items():
        eve = {"Authorization": f"Bearer {join(room, 'Eve')}"}
        assert asked(room, route, order, eve, {}, "")[0] < 300, f"{route} does not work for its owner"
        room.accounts.members.pop("eve", None)
        before = state_of(ada)
        for headers, query in foreign_credentials(ben, ada):
            is_ben = headers.get("Authorization") == f"Bearer {ben.network.token}"
            if is_ben and route == "DELETE /class/me":
                continue
            status, text = asked(room, route, order, headers, query, "")
            assert (status < 300) == is_ben, f"{route} with {headers} {query}: {status} {text}"
            assert not any(secret in text for secret in (ada.network.token, ada.door, *ada.basic)), route
        assert state_of(ada) == before, f"{route} changed what is Ada's"
    assert room.accounts.named("Ada").lessons is None
    as_ada = {"Authorization": f"Bearer {ben.network.token}", "X-Account": "Ada"}
    assert asked(room, "DELETE /class/me", {}, as_ada, {}, "")[0] == 204
    assert list(room.accounts.members) == ["ada"], "it was his own account"


def test_an_address_that_is_guessed_leads_nowhere(room: Exchange, pupils: tuple[Pupil, Pupil]) -> None:
    ada, ben = pupils
    for one in (ada, ben):
        assert requests.post(f"{room.url}{one.door}/event", json={"for": one.name}).status_code == 200
    known = [ada.name, ada.phone_number, ada.number, ada.app, *ada.basic, ada.network.token, ada.network.token[:32],
             ben.network.token, "", ".", "..", "0" * 32, ben.door[3:].upper()]  # fmt: skip
    for guess in known:
        for path in (f"/t/{guess}/event", f"{ben.door}/../{guess}/event", f"{ben.door}%2f..%2f{guess}/event"):
            sent = requests.Request("POST", room.url, json={"for": "nobody"}).prepare()
            sent.url = room.url + path  # as it is: requests would make it shorter
            with requests.Session() as http:
                assert http.send(sent).status_code in (404, 200), path
    assert [one["for"] for one in ada.learner.payloads()] == ["Ada"], "what Ben sends comes to Ben, if to anybody"
    asyncio.run(_links_of_nobody(room.url, ben, ada))
    assert room.accounts.named("Ada").link.up


async def _links_of_nobody(url: str, ben: Pupil, ada: Pupil) -> None:
    """Nobody comes down Ada's way: what is not Ben's own token is refused."""
    for headers, query in foreign_credentials(ben, ada):
        if headers.get("Authorization") != f"Bearer {ben.network.token}":
            address = f"ws{url.removeprefix('http')}/class/link?{'&'.join(map('='.join, query.items()))}"
            with pytest.raises(InvalidStatus, match="403"):
                await connect(address, additional_headers=headers, proxy=None)
