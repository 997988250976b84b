"""A class from a lesson: join, who is here, ring each other, webhooks down to the kernel, leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests
from flask import Flask, request

import helpers.kit
from helpers.base.errors import KitError
from helpers.exercises import exercise, progress
from helpers.kit import Kit, NotReady
from helpers.settings import load_settings, project
from helpers.simulator.classroom.exchange import Exchange
from tests.simulator.world import wait_until

SOUND = "greeting.mp3"


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    with Exchange(folder=tmp_path / "accounts") as exchange:
        yield exchange


@pytest.fixture
def kits(tmp_path: Path) -> Iterator[Callable[[str], Kit]]:
    """Makes the kit of a learner, with a folder of their own."""
    started: list[Kit] = []

    def make(name: str) -> Kit:
        (tmp_path / name).mkdir(exist_ok=True)
        started.append(Kit(load_settings({}, tmp_path / name / ".env")).start())
        return started[-1]

    yield make
    for kit in started:
        kit.stop()


def joined(exchange: Exchange, kit: Kit, name: str) -> Kit:
    kit.join(exchange.url.removeprefix("http://"), exchange.accounts.word, name=name)
    return kit


def with_app(kit: Kit, *ncco: Any) -> list[dict[str, Any]]:
    """A web server that answers calls with this; what it was told."""
    app, told = Flask(kit.classroom.name), list[dict[str, Any]]()

    @app.get("/answer")
    def answer() -> Any:
        told.append({"answer": True, **request.args})
        return list(ncco)

    @app.post("/event")
    def event() -> str:
        told.append(request.get_json())
        return ""

    kit.serve(app)
    kit.classroom.ready()
    vonage, url = kit.classroom.vonage, kit.classroom.url
    application = vonage.get_application(vonage.settings.application_id)
    application["capabilities"]["voice"]["webhooks"] = {
        "answer_url": {"address": f"{url}/answer"}, "event_url": {"address": f"{url}/event"}
    }  # fmt: skip
    vonage.replace_application(application["id"], application)
    return told


def test_two_join_ring_each_other_and_one_leaves(
    exchange: Exchange, kits: Callable[[str], Kit], tmp_path: Path
) -> None:
    ada, ben = (joined(exchange, kits(name), name) for name in ("Ada", "Ben"))
    assert [(one.name, one.phone, one.here) for one in ada.classroom.members] == [
        ("Ada", "447700900100", True), ("Ben", "447700900101", True)
    ]  # fmt: skip
    assert "Ben" in repr(ada.classroom) and exchange.accounts.named("Ben").token not in repr(vars(ben.classroom))
    shown = str(ben.classroom.phone.show())
    assert "Ben, 447700900101" in shown and "waits for somebody to answer" in shown
    call = ada.classroom.ring("ben")
    wait_until(lambda: "ringing" in repr(ben.classroom.phone))
    ben.classroom.phone.answer().script({"do": "wait", "seconds": 0})
    ada.classroom.wait_for(call, "answered")
    ben.classroom.phone.play(SOUND)
    ada.wait(1)
    heard = wait_until(lambda: (found := ada.classroom.call(call).heard(SOUND)) and found.match > 0.3 and found)
    assert heard
    ada.classroom.phone.hang_up()
    ada.classroom.wait_for(call)
    with pytest.raises(KitError, match="called Bem") as error:
        ada.classroom.ring("Bem")
    assert "Ben" in error.value.cure
    with pytest.raises(KitError, match="not the word"):
        ada.join(exchange.url, "wrong", name="Eve")
    assert ada.classroom.name == "Ada"
    again = kits("Ada")  # another kernel: .env remembers
    assert again.classroom.name == "Ada"
    again.stop()
    ben.leave()
    assert [one.name for one in ada.classroom.members] == ["Ada"]
    assert not list(tmp_path.glob("accounts/447700900101*"))
    with pytest.raises(NotReady, match="not joined"):
        _ = ben.classroom
    assert ben.tunnel.on() == ben.server.url


def test_on_a_hub_the_account_is_there_and_join_needs_nothing(exchange: Exchange, tmp_path: Path) -> None:
    exchange.accounts.set_open(False)
    url, teacher = f"{exchange.url}/class/members/ada%20l", {"Authorization": f"Bearer {exchange.token}"}
    first, again = (requests.put(url, headers=teacher).json() for _ in range(2))
    assert first == again and first["name"] == "ada l"
    learner = {"Authorization": f"Bearer {first['token']}"}
    assert requests.put(f"{exchange.url}/class/members/ben", headers=learner).status_code == 401
    given = {"CLASS_URL": exchange.url, "CLASS_TOKEN": first["token"]}
    kit = Kit(load_settings(given, tmp_path / ".env")).start()
    try:
        assert kit.join().name == "ada l" and kit.classroom.connected
        assert not (tmp_path / ".env").exists(), "the hub names it at each start"
    finally:
        kit.stop()


def test_without_an_address_and_without_a_hub_join_says_what_to_do(kits: Callable[[str], Kit]) -> None:
    with pytest.raises(NotReady, match="not joined") as error:
        kits("Ada").join()
    assert 'kit.join("192' in error.value.cure and 'kit.join(name="Ada"), and the kit plays' in error.value.cure


def test_webhooks_and_own_requests_come_down_to_the_kernel(exchange: Exchange, kits: Callable[[str], Kit]) -> None:
    ada, ben = (joined(exchange, kits(name), name) for name in ("Ada", "Ben"))
    told = with_app(ben, {"action": "talk", "text": "This is Ben"})
    url = ben.tunnel.on()
    assert url.startswith(f"{exchange.url}/t/") and "through the exchange" in ben.tunnel.status
    assert requests.post(f"{url}/event", json={"own": "request"}).status_code == 200
    sound = requests.get(f"{url}/audio/{SOUND}")
    assert sound.content == (ben.settings.audio / SOUND).read_bytes() and sound.headers["content-type"] == "audio/mpeg"
    # A page of Ben's is not one of the exchange's, where the teacher has signed in.
    assert sound.headers["content-security-policy"].startswith("sandbox") and "same-origin" not in str(sound.headers)
    part = requests.get(f"{url}/audio/{SOUND}", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, sound.content[:10])
    assert requests.head(f"{url}/audio/{SOUND}").headers["content-length"] == str(len(sound.content))
    call = ada.classroom.ring(ben.classroom.number)
    ada.classroom.wait_for(call, timeout=30)
    wait_until(lambda: "completed" in [one.get("status") for one in told])
    assert {"own": "request"} in told and told[1]["from"] == "447700900100"
    signed = [one.signature for one in ben.server.requests if "/event" in one.path and one.signature]
    assert signed.count("good") >= 4


def test_a_class_is_played_for_one_who_is_alone(
    kits: Callable[[str], Kit], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ada = kits("Ada")
    room = ada.join(name="Ada")
    assert ada.join(name="Ada") is room and "played by the kit" in ada.in_class
    assert [(one.name, len(one.numbers), one.here) for one in room.members] == [
        ("Ada", 0, True), ("Ben", 1, True), ("Chloe", 1, True), ("Dan", 1, True)
    ]  # fmt: skip
    bens = {"type": "phone", "number": room.member("Ben").numbers[0]}
    told = with_app(ada, {"action": "connect", "endpoint": [bens]})
    dan = room.neighbour("Dan")
    call = dan.dial(room.number)
    for wait in (4, 8):
        room.wait(wait)
        dan.press("1")
    record = room.wait_for(call)
    for name in ("Ben", "Chloe"):
        assert record.said(f"This is the menu of {name}")
    assert record.said("You have come to the end") and told[0]["from"] == "447700900103"
    picture = str(record.ladder())
    assert room.url.rpartition("/")[2] not in picture and "Dan" in picture and "447700900103" not in picture
    call = room.ring("Chloe")
    assert room.wait_for(call, "answered").statuses[-1] == "answered"
    room.phone.hang_up()
    with pytest.raises(KitError, match=r"never became busy: .*kit\.classroom\.call\(…\)\.ladder"):
        room.wait_for(call, "busy")
    for wrong, told_so in {
        lambda: room.ring("ada"): "Ada is you",
        lambda: room.share("all"): "progress.share=True",  # type: ignore[arg-type]
        lambda: ada.join(5, 6): "are strings",  # type: ignore[arg-type]
    }.items():
        with pytest.raises(KitError, match=told_so):
            wrong()
    with_app(ada, {"action": "tlak"})
    room.wait_for(dan.dial(room.number))
    assert 'There is no action "tlak"' in caplog.text, "as kit.wait_for tells it"
    with pytest.raises(KitError, match="not played"):
        room.neighbour("Ada")
    ada.leave()
    with pytest.raises(NotReady):
        _ = ada.classroom
    assert not list((tmp_path / "Ada").rglob("class*"))


def test_who_sits_in_the_room_is_asked_in_words(
    exchange: Exchange, kits: Callable[[str], Kit], capsys: pytest.CaptureFixture[str]
) -> None:
    ada, ben = (joined(exchange, kits(name), name) for name in ("Ada", "Ben"))
    with_app(ada, {"action": "talk", "text": "Hello"})
    asked = ada.classroom.neighbour("Ben")
    number, bens, said = ada.classroom.number, ben.classroom.phone.number, list[str]()

    def hears() -> bool:
        said.extend(capsys.readouterr().out.splitlines())
        return f"Ben: dial {number}." in said

    person = Thread(target=lambda: wait_until(hears) and ben.classroom.ring(number))
    person.start()
    assert ada.classroom.call(asked.dial(number)).from_ == bens
    person.join()
    asked.press("1")
    assert capsys.readouterr().out == "Ben: Press 1 on your phone.\n"


def test_lessons_stay_on_the_network_of_the_kernel(exchange: Exchange, kits: Callable[[str], Kit]) -> None:
    """Their webhooks have the address on the exchange, and do not go there: they come when it is gone."""
    ada = joined(exchange, kits("Ada"), "Ada")
    ada.ready()
    app = Flask("lesson")
    app.add_url_rule("/answer", view_func=lambda: [{"action": "talk", "text": "Hello"}])
    ada.serve(app)
    url = ada.tunnel.on()
    exchange.stop()
    reply = ada.vonage.create_call(to=ada.my_number, from_=ada.number, answer_url=f"{url}/answer")
    assert ada.wait_for(reply).said("Hello")


def test_the_board_shows_the_tasks_of_who_wants_that(
    exchange: Exchange, kits: Callable[[str], Kit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = joined(exchange, kits("Ada"), "Ada")
    monkeypatch.setattr(helpers.kit, "_kit", kit)
    monkeypatch.setenv("KIT_HOME", str(tmp_path))
    project.project.cache_clear()
    bye = [{"action": "talk", "text": "Good-bye."}, {"action": "wait", "timeout": 3}]
    sound = {"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}
    assert exercise("wait", [*bye, sound]).right and exchange.accounts.named("Ada").lessons is None
    progress(share=True)
    shown = exchange.accounts.named("Ada").lessons
    assert shown is not None and shown["09"]["done"] == ["wait"] and shown["06"] == {"done": [], "of": 3}
    assert exercise("stream", [{**sound, "loop": 2, "level": -0.5}, bye[0]]).right
    assert "stream" in (exchange.accounts.named("Ada").lessons or {})["09"]["done"]
    progress(share=False)
    assert exercise("wait", [*bye, sound]).right and exchange.accounts.named("Ada").lessons is None
    project.project.cache_clear()
