"""The teacher's board: who may look, what it shows, and what its buttons do to two learners on a stepped clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers.simulator.classroom import accounts
from helpers.simulator.classroom.accounts import code_of
from helpers.simulator.classroom.exchange import Exchange
from tests.matching import match
from tests.simulator.conftest import all_workers
from tests.simulator.ear import RATE, sound_of, spoken, voice

PHONES = {"Ada": "447700900100", "Ben": "447700900101"}


class Room:
    """An exchange, its teacher, and learners who only have phones."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange, self.url = exchange, f"{exchange.url}/class/board"
        self.tokens: dict[str, str] = {}
        self.teacher = {"Authorization": f"Bearer {exchange.token}"}

    def join(self, *names: str) -> None:
        for name in names:
            told = requests.post(
                f"{self.exchange.url}/class/join", json={"word": self.exchange.accounts.word, "name": name}
            )
            self.tokens[name] = told.json()["token"]

    def do(self, what: str, status: int = 200, **order: Any) -> str:
        reply = requests.post(f"{self.url}/do", json={"what": what, **order}, headers=self.teacher)
        assert reply.status_code == status, reply.text
        return str(reply.json().get("done") or reply.json()["error"])

    def control(self, name: str, method: str, path: str, body: Any = None) -> Any:
        head = {"Authorization": f"Bearer {self.tokens[name]}"}
        reply = requests.request(method, f"{self.exchange.url}/simulator{path}", json=body, headers=head)
        assert reply.ok, reply.text
        return reply.json()

    def use(self, name: str, what: str, **body: Any) -> Any:
        return self.control(name, "POST", f"/phones/{PHONES[name]}/{what}", body)

    def status(self, name: str) -> str:
        [mine] = [one for one in self.control(name, "GET", "/phones") if one["number"] == PHONES[name]] or [{}]
        return str(mine.get("status", "none"))

    def heard(self, name: str) -> Any:
        """What the public phone of somebody heard in its first call."""
        leg = next(one["uuid"] for one in self.control(name, "GET", "/calls") if one["direction"] == "outbound")
        head = {"Authorization": f"Bearer {self.tokens[name]}"}
        url = f"{self.exchange.url}/simulator/calls/{leg}/heard.wav?rate={RATE}"
        return sound_of(requests.get(url, headers=head).content)

    def shown(self) -> dict[str, Any]:
        """What the board shows when it is opened: a row for each, and the room under the empty name."""
        with requests.get(f"{self.url}/events", headers=self.teacher, stream=True) as reply:
            line = next(one for one in reply.iter_lines() if one.startswith(b"data: "))
        told: dict[str, Any] = json.loads(line[6:])
        return told


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "BURST", 1e9)
        with Exchange(folder=tmp_path_factory.mktemp("class"), pace="stepped", seed=1) as exchange:
            assert exchange._loop is not None
            asyncio.run_coroutine_threadsafe(all_workers(), exchange._loop).result()
            yield exchange


@pytest.fixture
def room(exchange: Exchange) -> Iterator[Room]:
    room = Room(exchange)
    requests.put(f"{exchange.url}/class/room", json={"open": True}, headers=room.teacher)
    room.join("Ada", "Ben")
    yield room
    room.do("end")


def test_the_board_opens_by_its_code_and_for_its_own_page_only(room: Room) -> None:
    code, own = code_of(room.exchange.token), {"Origin": room.exchange.url}
    with requests.Session() as http:
        assert 'type="password"' in http.get(room.url).text and "blue" not in http.get(room.url).text
        assert http.get(f"{room.url}/events").status_code == 401
        for given, origin in (("k7mp", own), (code, {"Origin": "http://evil.example"}), (code, {})):
            refused = http.post(f"{room.url}/sign-in", data={"code": given}, headers=origin)
            assert "This is not the code" in refused.text and not http.cookies
        typed = code.upper().replace("-", " ")
        entered = http.post(f"{room.url}/sign-in", data={"code": typed}, headers=own, allow_redirects=False)
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie and "path" not in cookie
        page = http.get(f"{room.url}")
        assert "Ring" in page.text and "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert not any(secret in page.text + entered.text for secret in (room.exchange.token, code))
        order = {"what": "hang_up"}
        assert http.post(f"{room.url}/do", json=order, headers=own).status_code == 200
        for origin in ({}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"}):
            assert http.post(f"{room.url}/do", json=order, headers=origin).status_code == 401
        with http.get(f"{room.url}/events", stream=True) as events:
            assert events.status_code == 200
            http.post(f"{room.url}/sign-out", headers=own, allow_redirects=False)
            assert b'"Ada"' in events.content, "it ends by itself"
        assert http.get(f"{room.url}/events").status_code == 401
    pupil = {"Authorization": f"Bearer {room.tokens['Ada']}"}
    assert requests.post(f"{room.url}/do", json=order, headers=pupil).status_code == 401


def test_everybody_is_rung_at_once_and_hears_the_teacher(room: Room) -> None:
    assert room.do("ring", text="Welcome to the class") == "Everybody's phone rings."
    room.exchange.advance(1)
    assert [room.status(name) for name in PHONES] == ["ringing"] * 2
    assert room.shown()[""]["call"] == {"rung": 2, "ringing": 2, "answered": 0}
    assert room.shown()["ada"]["did"][0] == "it rings"
    room.use("Ada", "answer")
    room.exchange.advance(5)
    assert match(room.heard("Ada"), voice("Welcome to the class"), RATE).score > 0.9
    assert [room.status(name) for name in PHONES] == ["idle", "ringing"], "who has heard it hangs up"
    room.do("hang_up")
    room.exchange.advance(1)
    assert room.status("Ben") == "idle" and room.shown()[""]["call"]["ringing"] == 0


def test_in_a_conference_of_the_room_all_hear_each_other_and_the_teacher(room: Room) -> None:
    room.do("conference")
    room.exchange.advance(1)
    for name in PHONES:
        room.use(name, "answer")
    room.exchange.advance(2)
    assert room.shown()[""]["call"] == {"rung": 2, "ringing": 0, "answered": 2}
    room.use("Ada", "say", text="Hello everybody")
    room.exchange.advance(4)
    assert [room.shown()[name]["did"][0] for name in ("ada", "ben")] == ["speaks", "in a call"]
    room.do("say", text="Please open lesson six")
    room.exchange.advance(4)
    room.do("hang_up")
    room.exchange.advance(1)
    assert [room.status(name) for name in PHONES] == ["idle"] * 2
    assert match(room.heard("Ben"), spoken("Hello everybody"), RATE).score > 0.8
    for name in PHONES:
        assert match(room.heard(name), voice("Please open lesson six"), RATE).score > 0.8


def test_a_fault_is_for_one_or_for_all_and_what_it_did_is_shown_in_words(room: Room) -> None:
    room.do("fault", name="line_busy", on=True, who="Ben")
    assert (room.shown()["ada"]["faults"], room.shown()["ben"]["faults"]) == ([], ["line_busy"])
    room.use("Ada", "dial", to=PHONES["Ben"])
    room.exchange.advance(3)
    rows = room.shown()
    assert rows["ada"]["wrong"][0].startswith("The line is engaged") and rows["ben"]["wrong"][0]
    for name in ("answer_slow", "audio_404"):
        room.do("fault", name=name, on=True)
    assert all(set(room.shown()[key]["faults"]) >= {"answer_slow", "audio_404"} for key in ("ada", "ben"))
    room.do("fault", name="audio_404", on=False)
    assert room.shown()["ada"]["faults"] == ["answer_slow"]
    room.do("fault", 400, name="rate_limits", on=False)
    room.do("begin_again", who="Ben")
    rows = room.shown()
    assert (rows["ben"]["faults"], rows["ben"]["wrong"][0], rows["ben"]["did"][0]) == ([], "", "begins again")
    assert rows["ada"]["wrong"][0] and room.control("Ben", "GET", "/calls") == []
    room.do("fly", 400)
    room.do("ring", 404, who="Nobody", text="x")
    room.do("ring", 400, text="x" * 301)


def test_tasks_are_shown_of_who_wants_that_and_are_names_only(room: Room) -> None:
    mine, url = {"Authorization": f"Bearer {room.tokens['Ada']}"}, f"{room.exchange.url}/class/me"
    lessons = {"06": {"done": ["06-1", "06-3"], "of": 4}}
    assert requests.put(f"{url}/tasks", json=lessons, headers=mine).status_code == 204
    assert (room.shown()["ada"]["lessons"], room.shown()["ben"]["lessons"]) == (lessons, None)
    for wrong in ({"06": {"done": ["<b>"], "of": 4}}, {"06": {"done": ["06-1"] * 5, "of": 4}}, {"06": 3},
                  {"06": {"done": [], "of": 4, "answer": "x"}}, {"x" * 21: {"done": [], "of": 1}}):  # fmt: skip
        assert requests.put(f"{url}/tasks", json=wrong, headers=mine).status_code == 400
    assert requests.get(url, headers=mine).json()["shares"] is True
    requests.delete(f"{url}/tasks", headers=mine)
    assert room.shown()["ada"]["lessons"] is None and requests.get(url, headers=mine).json()["shares"] is False


def test_one_is_taken_away_the_door_is_closed_and_at_the_end_no_name_is_left(room: Room) -> None:
    folder = room.exchange._folder
    assert isinstance(folder, Path)
    room.do("remove", who="Ben")
    assert set(room.shown()) == {"", "ada"}
    room.do("door", open=False)
    assert (room.shown()[""]["word"], room.shown()[""]["open"]) == ("", False)
    kept = [one for one in folder.rglob("*") if one.is_file()]
    assert any(b"Ada" in one.read_bytes() for one in kept), "else the next lines prove nothing"
    assert room.do("end") == "The class is over. Accounts deleted: 1."
    assert set(room.shown()) == {""} and room.shown()[""]["deleted"] == 1
    left = [one for one in folder.rglob("*") if one.is_file()]
    assert not any(b"Ada" in one.read_bytes() or PHONES["Ada"] in str(one) for one in left)
    with Exchange(folder=folder, pace="stepped") as anew:  # the next class, in the same folder
        assert anew.accounts.open and anew.accounts.word != room.exchange.accounts.word
