"""A person walks through live mode: each step asks first, and the capture of the wire gives nobody away."""

from __future__ import annotations

import io
import json
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.first_run import first_run, main
from helpers.live.gate import Gate
from helpers.settings.settings import Settings
from helpers.vonage.client import Vonage
from helpers.wire.capture import Capture, CaptureError
from helpers.wire.exchanges import RoundTrip
from tests.live.conftest import ME, World
from tests.notebooks.sanitising import PROJECT
from tests.notebooks.wire_tap import Person

FIDELITY = (PROJECT / "helpers" / "simulator" / "FIDELITY.md").read_text("utf-8")
NAME = "Ada's bakery"


@pytest.fixture
def settings(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Vonage is behind https, with a certificate of its own authority, and an application has somebody's name."""
    own, account = world.settings, world.network.account
    with Vonage(own) as vonage:
        there = vonage.get_application(own.application_id)
        vonage.replace_application(own.application_id, there | {"name": NAME})
    far_end = Gate(world.network.url, world.network.url, []).start()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", far_end.certificates)
    yield replace(own, api_url=f"https://{far_end.tls_host}", signature_secret=account.signature_secret)
    far_end.stop()


def walk(world: World, settings: Settings, ask: Callable[[str], bool]) -> tuple[int, str]:
    """Its exit status, and what a person read who did with the phone what it said."""
    out = io.StringIO()
    with redirect_stdout(Person(out, world.phones, ME)):  # type: ignore[type-var]
        status = first_run(settings, ask)
    return status, out.getvalue()


def account_of(world: World) -> str:
    return json.dumps([world.network.account.applications, world.network.account.numbers])


@pytest.mark.slow
def test_a_capture_of_the_whole_walk_holds_nothing_of_its_owner(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sys.modules["__main__"], "ALLOW")
    before, asked = account_of(world), list[str]()
    status, printed = walk(world, settings, lambda question: not asked.append(question))  # type: ignore[func-returns-value]
    assert (status, "did not work" in printed) == (0, False), printed
    assert len(asked) == 5 and f"“{NAME}” was not made by this kit" in asked[-1]
    assert account_of(world) == before
    assert printed.count("Cost: ") == printed.count("Kept: ") == 4
    assert re.search(r"Answer, press nothing.*\n   Cost: about 0\.\d\d euros\.\n", printed)

    file = world.folder / ".live" / "first-run.json"
    assert str(file) in printed and stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text("utf-8")
    own, uuids = world.settings, [*world.calls(), *(call["conversation_uuid"] for call in world.phones.calls())]
    planted = [own.api_key, own.api_secret[:], own.application_id, own.number, ME, NAME, "bakery", "127.0.0.1",
               own.private_key.splitlines()[3], settings.signature_secret[:], str(world.folder), *uuids]  # fmt: skip
    assert [word for word in planted if word in text] == []
    assert "Bearer eyJ" not in text and "BEGIN" not in text

    steps = json.loads(text)["steps"]
    assert all(f"| {row} |" in FIDELITY for step in steps for row in step["rows"])
    events = [one["request"] for one in steps[1]["wire"] if one["url"].endswith("your-server.example/event")]
    assert {"started", "ringing", "answered", "completed"} <= {event.get("status") for event in events}
    assert any(event.get("dtmf") == {"digits": "", "timed_out": True} for event in events)
    assert len({event["uuid"] for event in events if "uuid" in event}) == 1  # equal by equal
    assert [one["status"] for one in steps[0]["wire"]] == [200, 200, 200, 400, 400, 404, 404]
    assert {one["url"].split("/")[2] for step in steps for one in step["wire"]} == {
        "your-server.example", "api.nexmo.com"}  # fmt: skip
    assert any(one["url"].endswith("/answer") and one["request"]["to"] for one in steps[3]["wire"])


def test_who_stops_it_in_the_middle_keeps_what_was_there(world: World, settings: Settings) -> None:
    def ask(question: str) -> bool:
        if asked:
            raise KeyboardInterrupt
        asked.append(question)
        return True

    asked: list[str] = []
    status, printed = walk(world, settings, ask)
    assert (status, world.dialled()) == (0, []) and "Stopped." in printed
    steps = json.loads((world.folder / ".live" / "first-run.json").read_text("utf-8"))["steps"]
    assert len(steps) == 1


def test_who_says_no_sends_nothing(world: World, settings: Settings) -> None:
    asked: list[str] = []
    status, printed = walk(world, settings, lambda question: bool(asked.append(question)))
    assert (status, len(asked), world.dialled()) == (0, 4, [])
    assert "Kept: " not in printed and not (world.folder / ".live" / "first-run.json").exists()


def test_who_says_no_to_a_change_of_what_is_theirs_keeps_it(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(sys.modules["__main__"], "ALLOW")
    before, answers = account_of(world), iter([False, False, False, True, False])  # the last step is done
    status, printed = walk(world, settings, lambda question: next(answers))
    assert (status, account_of(world), world.dialled()) == (0, before, [])
    assert "You said no, so it is left as it is." in printed and "ALLOW" not in printed
    assert "bakery" not in (world.folder / ".live" / "first-run.json").read_text("utf-8")


def test_an_account_that_is_not_ready_is_not_called_from(world: World, settings: Settings) -> None:
    status, printed = walk(world, replace(settings, api_secret="not-the-secret"), lambda question: True)
    assert status == 1 and "Nothing was sent that costs." in printed
    assert world.dialled() == []


def test_what_is_missing_is_named_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KIT_DOTENV", str(tmp_path / ".env"))
    assert main(lambda question: True) == 1
    assert {"VONAGE_API_KEY", "LIVE_BUDGET", "MY_NUMBER"} <= set(re.findall(r"[A-Z]+_[A-Z_]+", capsys.readouterr().out))


def exchange(**facts: Any) -> RoundTrip:
    told = {"method": "POST", "url": "https://me.ngrok.app/event", "request_headers": {}, "request_body": None,
            "status": 200, "response_headers": {}, "response_body": None, "ms": 1.0}  # fmt: skip
    return RoundTrip(**{**told, **facts})


@pytest.mark.parametrize(
    ("facts", "there", "gone"),
    [
        ({"request_body": '{"new_field": "Ada Lovelace", "status": "answered"}'}, "answered", "Ada"),
        ({"request_body": '{"Ada@example.net": 1, "447700900777": 2}'}, '"12025550101": 0', "Ada"),
        ({"response_body": '{"detail": "447700900777 is not yours, Ada.", "value": 12.34}'}, "is not yours", "0777"),
        ({"response_body": '{"detail": "ask Ada at +44 7700 900777", "at": 447700900777}'}, "ask", "0777"),
        ({"request_headers": {"X-Forwarded-For": "203.0.113.9", "User-Agent": "Java/1"}}, "Java/1", "203."),
        ({"request_headers": {"User-Agent": "Java 203.0.113.9 ada@example.net"}}, "192.0.2.1", "ada"),
        (
            {"request_body": "to=447700900777&status=ok", "request_headers": {"Content-Type": "x-urlencoded"}},
            "ok",
            "777",
        ),
        ({"url": "https://x.example.org/ada/447700900777?name=ada"}, "host-1.example/…", "ada"),
        ({"url": "https://me.ngrok.app/answer?to=447700900777&name=Ada"}, "you.example/answer", "Ada"),
        ({"request_body": "It is Ada."}, "<10 characters>", "Ada"),
        ({"request_body": '{"rate": "0.01200000", "start_time": "2026-11-30T10:00:00.000Z"}'}, "0.01200000", "Ada"),
        ({"url": "https://me.ngrok.app/Ada/x?of=https://[Ada"}, "you.example/text-1/x", "Ada"),
        ({"error": "host='me.ngrok.app': no ADA"}, "host='you.example'", "ADA"),
        ({"response_body": '{"status": "answered", "dtmf": {"digits": "4711"}}'}, "answered", "4711"),
        ({"response_body": '{"invalid_parameters": [{"name": "to", "reason": "no Ada"}]}'}, '"to"', "Ada"),
    ],
)
def test_what_is_not_known_to_be_the_apis_is_replaced(facts: dict[str, Any], there: str, gone: str) -> None:
    capture = Capture({"me.ngrok.app": "you.example"}, ["Ada"])
    text = json.dumps(capture.of(exchange(**facts)), ensure_ascii=False)
    assert there in text and gone not in text
    assert capture.checked(text) == text


def test_a_capture_that_still_holds_something_is_not_kept() -> None:
    capture = Capture({})
    capture.of(exchange(request_body='{"to": "447700900777"}'))
    with pytest.raises(CaptureError, match="not kept") as refused:
        capture.checked("to 447700900777")
    assert "0777" not in str(refused.value)
    with pytest.raises(CaptureError):
        capture.checked("call 12345678", "12345678")
