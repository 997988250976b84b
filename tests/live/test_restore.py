"""An account is left as it was found, whatever ends the kernel, and whoever changed something meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from helpers.live.__main__ import main
from helpers.live.gate import Gate
from helpers.live.guards.asked import Asked, Replied
from helpers.live.restore import LATE, NOBODY, AsFound
from tests.live.in_use import PRODUCTION, TUNNEL, InUse, Json, Kernel, in_use

LATER = "another kernel uses this account still; the last one puts it back"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[InUse]:
    with in_use(tmp_path) as account:
        yield account


def hooks(application: Json) -> Json:
    found: Json = application["capabilities"]["voice"]["webhooks"]
    return found


def lesson(kernel: Kernel, number: str, application: str = "") -> str:
    """What lessons 05 and 06 send: make an application, link a number to it, lead its webhooks to the tunnel."""
    vonage = kernel.vonage
    uuid = application or vonage.create_application("Stream audio", answer_url=f"{NOBODY}/answer")["id"]
    vonage.update_number("GB", number, app_id=uuid)
    there = vonage.get_application(uuid)
    for name in ("answer_url", "event_url"):
        hooks(there)[name] = {"address": f"{TUNNEL}/{name}?a=1"}
    vonage.replace_application(uuid, there)
    hooks(there)["answer_url"]["http_method"] = "POST"
    vonage.replace_application(uuid, there)
    return str(uuid)


def test_what_is_the_kits_stays_and_its_webhooks_lead_to_nobody(account: InUse) -> None:
    with Kernel(account) as kernel:
        made = lesson(kernel, account.free)
        said = kernel.found.put_back()
        assert said == [f"number {account.free}: put back as it was",
                        f"application “Stream audio”: it stays, its webhooks lead to {NOBODY}"]  # fmt: skip
        assert kernel.found.put_back() == []
        assert hooks(account.state()["applications"][made])["answer_url"]["address"] == f"{NOBODY}/answer_url"
        assert account.without(kernel.found.journal) == account.at_first
        rented = kernel.vonage.search_numbers("GB")["numbers"][0]["msisdn"]
        kernel.vonage.buy_number("GB", rented)
        lesson(kernel, rented, made)
    assert account.state()["numbers"][rented]["app_id"] == made
    assert account.without(kernel.found.journal) == account.at_first


def test_what_was_allowed_is_undone(account: InUse) -> None:
    with Kernel(account, allow=PRODUCTION) as kernel:
        lesson(kernel, account.linked[0])
        lesson(kernel, account.free, account.production)
        assert account.without(kernel.found.journal) != account.at_first
    assert account.without(kernel.found.journal) == account.at_first


def test_a_kernel_that_died_is_told_of_and_put_back_with_one_call(account: InUse) -> None:
    with Kernel(account, allow=PRODUCTION) as kernel:
        lesson(kernel, account.linked[0], account.production)
        kernel.die()
        after = AsFound(account.settings(), lambda: "").begin()
        assert after.left_open() == (
            f"Not put back in your account yet: number {account.linked[0]}, application “Production IVR”. "
            "kit.restore() does it."
        )
        after.put_back(again=True)
        assert account.state() == account.at_first
        assert after.left_open() == ""
        after.end()


def test_the_last_kernel_puts_back(account: InUse) -> None:
    with Kernel(account, allow=PRODUCTION) as first:
        with Kernel(account, allow=PRODUCTION) as second:
            lesson(first, account.linked[0], account.production)
            made = lesson(second, account.linked[0])
            said = second.found.put_back()
            assert f"number {account.linked[0]}: {LATER}" in said
            assert account.state()["numbers"][account.linked[0]]["app_id"] == made
        assert hooks(account.state()["applications"][account.production])["answer_url"]["address"].startswith(TUNNEL)
    assert account.without(first.found.journal) == account.at_first


def test_what_somebody_has_changed_since_is_left_and_told(account: InUse) -> None:
    with account.client() as dashboard, Kernel(account, allow=PRODUCTION) as kernel:
        lesson(kernel, account.free, account.production)
        there = dashboard.get_application(account.production)
        hooks(there)["answer_url"]["address"] = "https://new.example.net/answer"
        dashboard.replace_application(account.production, there)
        changed = account.state()["applications"]
        for again in (False, True):
            (line,) = [line for line in kernel.found.put_back(again=again) if "Production" in line]
            assert "changed since by somebody else, so it is left; it was with webhooks https://ivr" in line
        assert kernel.found.put_back() == []
    assert account.state()["applications"] == changed
    assert account.state()["numbers"] == account.at_first["numbers"]


def test_what_somebody_changed_in_between_is_what_is_gone_back_to(account: InUse) -> None:
    with account.client() as dashboard, Kernel(account, allow=account.linked[0]) as kernel:
        mine = kernel.vonage.create_application("Stream audio")["id"]
        kernel.vonage.update_number("GB", account.linked[0], app_id=mine)
        theirs = dashboard.create_application("Theirs")["id"]
        dashboard.update_number("GB", account.linked[0], app_id=theirs)
        kernel.vonage.update_number("GB", account.linked[0], app_id=mine)
    assert account.state()["numbers"][account.linked[0]]["app_id"] == theirs


def test_a_link_that_went_with_the_kits_application_is_put_back(account: InUse) -> None:
    with Kernel(account, allow=PRODUCTION) as kernel:
        kernel.vonage.delete_application(lesson(kernel, account.linked[0]))
        assert "app_id" not in account.state()["numbers"][account.linked[0]]
    assert account.state() == account.at_first


def test_so_it_is_if_the_dashboard_deleted_that(account: InUse) -> None:
    with Kernel(account, allow=PRODUCTION) as kernel:
        made = lesson(kernel, account.linked[0])
        with account.client() as dashboard:
            dashboard.delete_application(made)
        assert kernel.found.put_back() == [f"number {account.linked[0]}: put back as it was"]
    assert account.state() == account.at_first


def test_a_number_that_the_dashboard_gave_back_is_told_of_once(account: InUse) -> None:
    with Kernel(account, allow=PRODUCTION) as kernel:
        lesson(kernel, account.linked[0])
        with account.client() as dashboard:
            dashboard.cancel_number("GB", account.linked[0])
        told = f"number {account.linked[0]}: changed since by somebody else, so it is left; it was linked to "
        assert kernel.found.put_back(again=True)[0] == told + account.production
        assert kernel.found.put_back() == []


@pytest.mark.parametrize("patience", [60, 0])
def test_what_is_on_its_way_is_waited_for(account: InUse, monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    """A cell is interrupted while Vonage takes its time; the next one puts back."""
    sent, goes_on, forward = threading.Event(), threading.Event(), Gate._forward

    def slow(gate: Gate, asked: Asked) -> Replied:
        sent.set()
        assert goes_on.wait(60)
        return forward(gate, asked)

    monkeypatch.setattr("helpers.live.ownership.PATIENCE", patience)
    with ThreadPoolExecutor(2) as threads, Kernel(account) as kernel:
        made = kernel.vonage.create_application("Stream audio")["id"]
        monkeypatch.setattr(Gate, "_forward", slow)
        linked = threads.submit(kernel.vonage.update_number, "GB", account.free, app_id=made)
        assert sent.wait(60)
        if patience:
            back = threads.submit(kernel.found.put_back)
            assert not wait([back], timeout=0.2).done, "it waits"
        else:
            assert kernel.found.put_back() == [f"number {account.free}: {LATE}"]
        goes_on.set()
        linked.result(60)
        said = back.result(60) if patience else kernel.found.put_back()
        assert said == [f"number {account.free}: put back as it was"]
    assert account.state()["numbers"] == account.at_first["numbers"]


def test_other_settings_of_a_number_come_back_too(account: InUse) -> None:
    number, old = account.free, {"moHttpUrl": "https://sms.example.net/in", "voiceStatusCallback": "https://s.example"}
    with account.client() as dashboard:
        dashboard.update_number("GB", number, **old)
    before = account.state()
    with Kernel(account, allow=number) as kernel:
        forward = {"voiceCallbackType": "tel", "voiceCallbackValue": "447700900001"}
        kernel.vonage.update_number("GB", number, moHttpUrl="", **forward)
        kernel.vonage.update_number("GB", number, voiceCallbackType="app", voiceCallbackValue=account.production)
        assert account.state() != before
    assert account.state() == before


def test_what_cannot_be_put_back_says_where_it_is_written_down(account: InUse) -> None:
    with Kernel(account, allow=[PRODUCTION, account.linked[1]]) as kernel:
        kernel.vonage.delete_application(account.production)
        kernel.vonage.cancel_number("GB", account.linked[1])
        said = kernel.found.put_back()
        assert len(said) == 2
        assert all("gone for good, as you allowed" in line and str(kernel.found.journal.path) in line for line in said)


def test_a_failure_is_told_and_tried_again(account: InUse) -> None:
    with Kernel(account, allow=PRODUCTION) as kernel:
        lesson(kernel, account.linked[0])
        secret = kernel.settings.api_secret
        kernel.settings.use(api_secret="wrong")
        said = kernel.found.put_back()
        assert len(said) == 2
        assert all("not put back" in line and line.endswith("kit.restore() tries again.") for line in said)
        kernel.settings.use(api_secret=secret)
    assert account.without(kernel.found.journal) == account.at_first


def test_calls_that_this_kernel_started_are_hung_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with in_use(tmp_path, pace=20) as account:
        more = {"application_id": account.production, "private_key": account.key}
        with Kernel(account, **more) as kernel, Kernel(account, **more) as other:
            ncco = [{"action": "talk", "text": "For ever", "loop": 0}]
            mine, theirs, over = (
                one.vonage.create_call(to=f"44770090000{n}", from_=account.linked[0], ncco=ncco)["uuid"]
                for n, one in ((1, kernel), (2, other), (3, kernel))
            )
            account.network.advance(5)
            with account.client() as dashboard:
                dashboard.settings.use(**more)
                dashboard.hang_up(over)
            with monkeypatch.context() as set_back:  # the clock of the day, by a day
                today = time.time()
                set_back.setattr(time, "time", lambda: today - 86_400)
                assert kernel.found.put_back() == [f"call {mine}: hung up"]
            account.network.advance(1)
            assert kernel.vonage.get_call(mine)["status"] == "completed"
            assert kernel.vonage.get_call(theirs)["status"] == "answered"
            other.die()
            assert kernel.found.put_back() == [f"call {theirs}: hung up"]


def test_without_a_notebook_one_command_does_it(account: InUse, capsys: pytest.CaptureFixture[str],
                                                monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    own = account.network.account
    for name, value in (("API_URL", account.network.url), ("API_KEY", own.api_key), ("API_SECRET", own.api_secret)):
        monkeypatch.setenv(f"VONAGE_{name}", value)
    monkeypatch.setenv("KIT_DOTENV", str(account.folder / ".env"))
    with Kernel(account, allow=PRODUCTION) as kernel:
        lesson(kernel, account.linked[0], account.production)
        kernel.die()
        assert main() == 0
    assert "application “Production IVR”: put back as it was" in capsys.readouterr().out
    assert account.state() == account.at_first
