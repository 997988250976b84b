"""Work that is handed in: opened by another, heard, seen and marked again; and what a stranger's file may not do."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import helpers.kit
from helpers.base.errors import KitError
from helpers.exercises import hand_in, open_work, progress
from helpers.exercises.handing_in import clean
from helpers.kit import Kit
from helpers.settings import load_settings
from tests.unit.test_exercises import BYE, JINGLE

pytestmark = pytest.mark.usefixtures("clean", "in_a_folder_of_its_own")
TWICE = [{**JINGLE, "streamUrl": ["http://127.0.0.1:40183/audio/jingle.mp3"], "loop": 2, "level": -0.5}, BYE]
DOOR = "0123456789abcdef" * 2
ASK = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
TOLD = {**ASK, "eventUrl": [f"http://192.168.1.5:9000/t/{DOOR}/e"]}


@pytest.fixture
def handed_in() -> Iterator[Path]:
    yield hand_in("stream", TWICE, by="Ada")


def inside(file: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file) as packed:
        told: dict[str, Any] = json.loads(packed.read("work.json"))
        return told


def forged(file: Path, change: Callable[[dict[str, Any]], object], **more: bytes) -> Path:
    """The file with something else in it."""
    told = inside(file)
    change(told)
    other = file.with_name("forged.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("work.json", json.dumps(told))
        for name, data in {"heard.ogg": old.read("heard.ogg"), **more}.items():
            new.writestr(name, data)
    return other


def test_work_is_opened_heard_and_marked_again_and_counts_for_nobody_else(handed_in: Path) -> None:
    assert handed_in.name == "stream-Ada.zip" and handed_in.stat().st_size < 60_000
    text = json.dumps(inside(handed_in))
    assert "127.0.0.1" not in text and "https://example.com/audio/jingle.mp3" not in text  # http stays http
    assert "http://example.com/audio/jingle.mp3" in text
    before = str(progress("09"))
    work = open_work(handed_in)
    assert (work.task, work.by) == ("stream", "Ada")
    assert work.mark is not None and work.mark.right
    assert (
        work.call.heard("jingle.mp3") and work.call.said("Good-bye") and len(work.call.heard("jingle.mp3").times) == 2
    )
    assert abs(work.call.heard_samples(8000).size / 8000 - (work.call.duration or 0)) < 0.05
    assert "Handed in by Ada: task stream" in str(work) and "✓ done" in str(work)
    assert str(progress("09")) == before


def test_a_menu_is_played_with_the_replies_that_came_with_it() -> None:
    sales = [{"action": "talk", "text": "Sales."}]
    file = hand_in("", [{"action": "talk", "text": "Press one."}, TOLD], replies={"1": sales})
    assert DOOR not in json.dumps(inside(file)) and "192.168" not in json.dumps(inside(file))
    work = open_work(file)
    assert work.mark is None and work.replies["1"] == sales
    assert not work.call.said("Sales")
    last = inside(file)["record"][-1]
    key = {**last, "kind": "key", "digit": "1"}
    assert open_work(forged(file, lambda told: told["record"].append(key))).rehearsal.call.said("Sales")


def test_a_call_of_a_lesson_is_judged_by_its_record_in_another_kernel(tmp_path: Path) -> None:
    kit = Kit(load_settings({}, tmp_path / ".env")).start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(helpers.kit, "_kit", kit)
            kit.ready()
            url = f"{kit.server.url}/audio/jingle.mp3"
            ncco = [{"action": "stream", "streamUrl": [url], "loop": 2, "level": -0.5}]
            placed = kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco)
            kit.wait_for(placed)
            file = hand_in("07-1", placed, by="Ada")
            secrets = (kit.settings.api_key, kit.settings.api_secret, kit.settings.signature_secret)
    finally:
        kit.stop()
    text = json.dumps(inside(file))
    assert "127.0.0.1" not in text and not any(one in text for one in secrets)
    work = open_work(file)
    assert work.mark is not None and work.mark.right, str(work.mark)
    assert "rings" in str(work.call.ladder())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"http://127.0.0.1:80/t/{DOOR}/a?b=1", "http://example.com/a?b=1"),
        ("http://a:b@[fe80::1%25eth0]:9/x {http://10.0.0.1}", "http://example.com/x {http://example.com}"),
        ("wss://ada:pw@ada-laptop.local:8443/ws", "wss://example.com/ws"),
        ("http://[::1]:90/x and localhost:8888", "http://example.com/x and example.com"),
        ("sip:ada@10.0.0.7;transport=tls", "sip:ada@example.com;transport=tls"),
        ("refused by 192.168.1.5:9000.", "refused by example.com."),
        ("https://api.nexmo.com/v1 http://www.example.org/x 1.5 s",) * 2,
        ("http://vonage.com.evil.example:1/x http://evil.net/nexmo.com", "http://example.com/x http://example.com/nexmo.com"),
        ("api_secret=abc&x=1", "api_secret=…&x=1"),
    ],
)  # fmt: skip
def test_no_secret_and_no_address_of_a_machine_is_left(text: str, left: str) -> None:
    assert clean({"a": [text]}) == {"a": [left]}
    assert clean(left) == left


def test_nothing_that_a_strangers_file_names_is_asked(handed_in: Path) -> None:
    url = "http://127.0.0.1:9/delete"
    ncco = [{**JINGLE, "streamUrl": [url]}, {**ASK, "eventUrl": [url]}]
    file = forged(handed_in, lambda told: told.update(ncco=ncco))
    work = open_work(file)
    assert url not in json.dumps(work.ncco.to_list() if work.ncco else [])
    assert "127.0.0.1" not in str(work)


MARK = "<img src=x onerror=alert(1)>"
WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "another kind": lambda told: told.update(kind="x"),
    "a later version": lambda told: told.update(version=2),
    "no such task": lambda told: told.update(task="../x"),
    "a long name": lambda told: told.update(by="x" * 31),
    "a name of many lines": lambda told: told.update(by="a\nb"),
    "no record": lambda told: told.update(record=[]),
    "no list": lambda told: told.update(record={"a": 1}),
    "a record of nothing": lambda told: told.update(record=[{}]),
    "another call": lambda told: told.update(leg="x"),
    "a kind that is a list": lambda told: told["record"][0].update(kind=[]),
    "a time that is none": lambda told: told["record"][0].update(at="x"),
    "a call of a year": lambda told: told["record"][-1].update(at=3e7),
    "an entry without its facts": lambda told: [one.pop("status", None) for one in told["record"]],
    "an NCCO that is none": lambda told: told.update(ncco=[{"action": "fly"}]),
    "replies that are none": lambda told: told.update(replies={"<": []}),
    "infinity": lambda told: told["record"][0].update(x=float("inf")),
    "a missing part": lambda told: told.pop("ncco"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_is_not_work_of_this_kit_is_refused(handed_in: Path, change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(KitError):
        open_work(forged(handed_in, change))


def test_a_file_that_is_no_zip_too_large_or_holds_more_is_refused(handed_in: Path, tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("work.json", b"[" * 50_000_000)
    deep = io.BytesIO()
    with zipfile.ZipFile(deep, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("work.json", b"[" * 100_000 + b"]" * 100_000)
    for data in (b"", b"PK", b"x" * 3_000_001, bomb.getvalue(), deep.getvalue()):
        file = tmp_path / "x.zip"
        file.write_bytes(data)
        with pytest.raises(KitError):
            open_work(file)
    with pytest.raises(KitError, match="other files"):
        open_work(forged(handed_in, lambda told: None, **{"../run.py": b"x"}))
    with pytest.raises(KitError):
        open_work(tmp_path / "none.zip")
    with pytest.raises(KitError, match="no task"):
        hand_in("fly", TWICE)


def test_what_it_says_is_text_and_never_html(handed_in: Path) -> None:
    def change(told: dict[str, Any]) -> None:
        told["by"] = MARK
        for entry in told["record"]:
            entry.update({name: MARK for name in ("why", "from", "to", "text", "url", "name") if name in entry})

    work = open_work(forged(handed_in, change))
    assert "<img src=x" not in work.view.bundle["text/html"] and "img src=x" in str(work)
