"""What is not the kit's own is changed only where a line in the notebook names it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers.live.journal import Step
from helpers.live.ownership import allowed_in_notebook
from helpers.vonage import Vonage, VonageError
from helpers.vonage.errors import NotFoundError
from tests.live.in_use import HOOKS, PRODUCTION, InUse, Kernel, in_use


@pytest.fixture
def account(tmp_path: Path) -> Iterator[InUse]:
    with in_use(tmp_path) as account:
        yield account


@pytest.fixture
def kernel(account: InUse) -> Iterator[Kernel]:
    with Kernel(account) as kernel:
        yield kernel


def last(kernel: Kernel) -> Step:
    return kernel.found.journal.steps()[-1]


def refused(do: Any, *what: Any, **more: Any) -> str:
    with pytest.raises(VonageError, match="the kit's own gate refused it") as error:
        do(*what, **more)
    return str(error.value)


def test_an_application_of_somebody_else_is_neither_changed_nor_deleted(account: InUse, kernel: Kernel) -> None:
    there = kernel.vonage.get_application(account.production)
    said = refused(kernel.vonage.replace_application, account.production, {**there, "name": "Mine"})
    assert "“Production IVR” was not made by this kit, so it is not changed." in said
    assert 'write this line into the cell: ALLOW = "Production IVR"' in said
    said = refused(kernel.vonage.delete_application, account.production)
    assert "cannot be put back" in said
    assert account.state() == account.at_first
    assert not kernel.found.journal.steps()


def test_a_number_that_is_linked_elsewhere_is_left_alone(account: InUse, kernel: Kernel) -> None:
    mine = kernel.vonage.create_application("Stream audio")
    number = account.linked[0]
    said = refused(kernel.vonage.update_number, "GB", number, app_id=mine["id"])
    assert f"The number {number} is linked to the application “Production IVR”" in said
    assert f'ALLOW = "{number}"' in said
    refused(kernel.vonage.update_number, "GB", number, app_id="")
    refused(kernel.vonage.update_number, "GB", number, voiceCallbackType="tel", voiceCallbackValue="447700900001")
    refused(kernel.vonage.cancel_number, "GB", number)
    assert account.state()["numbers"] == account.at_first["numbers"]


def test_a_number_that_the_kit_did_not_rent_is_not_given_back(account: InUse, kernel: Kernel) -> None:
    assert "was not rented by this kit" in refused(kernel.vonage.cancel_number, "GB", account.free)
    offer = kernel.vonage.search_numbers("GB")["numbers"][0]["msisdn"]
    kernel.vonage.buy_number("GB", offer)
    kernel.vonage.cancel_number("GB", offer)
    assert account.state() == account.at_first


def test_a_call_of_somebody_else_goes_on(account: InUse) -> None:
    """What the kit placed, what a webhook told it of, and what it was allowed, it controls; and nothing else."""
    own: Any = {"application_id": account.production, "private_key": account.key}
    ncco = [{"action": "wait", "timeout": 99}]
    with Kernel(account, **own) as kernel, Vonage(account.settings(**own)) as customers:
        theirs, mine = (
            one.create_call(to=to, from_=account.linked[0], ncco=ncco)
            for one, to in ((customers, "447700900001"), (kernel.vonage, "447700900002"))
        )
        account.network.advance(5)
        uuid = theirs["uuid"]
        for do in (kernel.vonage.hang_up, kernel.vonage.mute, kernel.vonage.stop_talk):
            assert f"The call {uuid} was not placed by this kit" in refused(do, uuid)
        assert f'ALLOW = "{uuid}"' in refused(kernel.vonage.talk, uuid, "Hello")
        assert customers.get_call(uuid)["status"] == "answered"
        with pytest.raises(NotFoundError):
            kernel.vonage.hang_up("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
        kernel.vonage.mute(mine["uuid"])
        kernel.heard.add(theirs["conversation_uuid"])
        kernel.vonage.mute(uuid)
        kernel.heard.clear()
        kernel.allow = uuid
        kernel.vonage.hang_up(uuid)


def test_nor_is_one_touched_with_a_token_of_its_application(account: InUse) -> None:
    """The look-up is made with the token of ``.env``, which shows no calls of other applications."""
    ncco = [{"action": "wait", "timeout": 99}]
    theirs: Any = {"application_id": account.production, "private_key": account.key}
    with Kernel(account) as kernel, Vonage(account.settings(**theirs)) as customers:
        made = kernel.vonage.create_application("Stream audio")
        kernel.settings.use(application_id=made["id"], private_key=made["keys"]["private_key"])
        uuid = customers.create_call(to="447700900001", from_=account.linked[0], ncco=ncco)["uuid"]
        account.network.advance(5)
        with Vonage(replace(kernel.settings, **theirs)) as muddled:
            assert f"The call {uuid} was not placed by this kit" in refused(muddled.hang_up, uuid)
        assert customers.get_call(uuid)["status"] == "answered"


def test_a_number_forwarded_by_somebody_is_left_alone(account: InUse, kernel: Kernel) -> None:
    with account.client() as dashboard:
        dashboard.update_number("GB", account.free, voiceCallbackType="tel", voiceCallbackValue="447700900001")
    assert "is forwarded to 447700900001" in refused(kernel.vonage.update_number, "GB", account.free, app_id="")


@pytest.mark.parametrize("allow", [PRODUCTION, "production ivr", [PRODUCTION], "id"])
def test_the_line_in_the_cell_lets_an_application_be_changed(account: InUse, kernel: Kernel, allow: Any) -> None:
    there = kernel.vonage.get_application(account.production)
    kernel.allow = account.production if allow == "id" else allow
    kernel.vonage.replace_application(account.production, {**there, "name": "Mine"})
    assert last(kernel).there["name"] == PRODUCTION
    assert last(kernel).left["name"] == "Mine"


@pytest.mark.parametrize("allow", ["{number}", "+{number}", PRODUCTION, ["x", "{number}"]])
def test_the_line_in_the_cell_lets_a_number_be_relinked(account: InUse, kernel: Kernel, allow: Any) -> None:
    mine = kernel.vonage.create_application("Stream audio")
    number = account.linked[0]
    kernel.allow = [a.format(number=number) for a in allow] if isinstance(allow, list) else allow.format(number=number)
    kernel.vonage.update_number("GB", number, app_id=mine["id"])
    assert account.state()["numbers"][number]["app_id"] == mine["id"]


def test_another_name_or_another_number_does_not(account: InUse, kernel: Kernel) -> None:
    kernel.allow = ["Stream audio", account.linked[1], 7, None]
    said = refused(kernel.vonage.update_number, "GB", account.linked[0], app_id="")
    assert f'ALLOW = ["Stream audio", "{account.linked[1]}", 7, null, "{account.linked[0]}"]' in said
    kernel.allow = None
    refused(kernel.vonage.delete_application, account.production)


def test_giving_back_wants_the_number_itself(account: InUse, kernel: Kernel) -> None:
    kernel.allow = PRODUCTION
    refused(kernel.vonage.cancel_number, "GB", account.linked[0])
    kernel.allow = account.linked[0]
    kernel.vonage.cancel_number("GB", account.linked[0])


def test_the_kits_own_may_be_changed_and_deleted(account: InUse, kernel: Kernel) -> None:
    made = kernel.vonage.create_application("Scratch", answer_url="https://example.com/answer")
    kernel.vonage.replace_application(made["id"], {"name": "Scratch 2"})
    kernel.vonage.delete_application(made["id"])
    assert account.state() == account.at_first
    assert "PRIVATE" not in kernel.found.journal.path.read_text("utf-8")


def test_a_second_kernel_in_the_folder_knows_what_the_first_one_made(account: InUse, kernel: Kernel) -> None:
    made = kernel.vonage.create_application("Stream audio")
    with Kernel(account) as second:
        second.vonage.replace_application(made["id"], {"name": "Stream audio 2"})


def test_a_refusal_by_vonage_is_vonages_own_and_nothing_is_open(account: InUse, kernel: Kernel) -> None:
    with pytest.raises(VonageError, match="420"):
        kernel.vonage.buy_number("GB", account.free)
    assert (last(kernel).kind, last(kernel).came) == ("buy_number", "refused")
    assert account.free not in kernel.found.journal.own_numbers()
    with pytest.raises(VonageError, match="404"):
        kernel.vonage.delete_application("00000000-0000-4000-8000-000000000000")


def test_what_could_not_be_looked_at_is_not_changed(account: InUse, kernel: Kernel) -> None:
    url = kernel.settings.rest_url
    key, secret = account.network.account.api_key, account.network.account.api_secret
    sent: dict[str, tuple[dict[str, str], str]] = {
        "another account": ({"country": "GB", "msisdn": account.free, "app_id": "", "api_key": "other"}, "another acc"),
        "no number": ({"country": "GB", "app_id": ""}, "names no number"),
        "subaccount": ({"country": "GB", "msisdn": account.free, "target_api_key": key}, "subaccount"),
    }
    for form, reason in sent.values():
        auth = None if "api_key" in form else (key, secret)
        reply = requests.post(f"{url}/number/update", data=form, auth=auth, timeout=10)
        assert reply.status_code == 403
        assert reason in reply.json()["detail"]
    reply = requests.post(f"{url}/v2/anything", json={}, auth=(key, secret), timeout=10)
    assert "not a request that the kit knows" in reply.json()["detail"]


def test_without_a_journal_nothing_is_changed(account: InUse, kernel: Kernel) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs a disk that is full")
    kernel.found.journal.path.unlink(missing_ok=True)
    kernel.found.journal.path.symlink_to("/dev/full")
    try:
        assert "No space left" in refused(kernel.vonage.create_application, "Stream audio")
    finally:
        kernel.found.journal.path.unlink()  # it has no end for whoever reads it
    assert account.state() == account.at_first


def test_a_reply_comes_through_though_the_journal_is_full_by_then(
    account: InUse, kernel: Kernel, caplog: pytest.LogCaptureFixture
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs a disk that is full")
    journal, after = kernel.found.journal, kernel.found.guard.after
    kept = journal.path.with_suffix(".kept")

    def full(asked: Any, replied: Any) -> None:
        journal.path.rename(kept)
        journal.path.symlink_to("/dev/full")
        after(asked, replied)
        journal.path.unlink()
        kept.rename(journal.path)

    kernel.found.guard.after = full  # type: ignore[method-assign]
    made = kernel.vonage.create_application("Stream audio", answer_url=HOOKS[0])
    assert "private_key" in made["keys"]
    assert "finds out by itself" in caplog.text
    kernel.found.put_back()
    assert journal.owns_application(made["id"])


def test_a_call_is_written_down_with_whose_it_is(account: InUse) -> None:
    more = {"application_id": account.production, "private_key": account.key}
    with Kernel(account, **more) as kernel:
        call = kernel.vonage.create_call(to="447700900001", from_=account.free, ncco=[{"action": "talk", "text": "Hi"}])
        step = last(kernel)
        assert (step.kind, step.id, step.came) == ("create_call", call["uuid"], "done")
        assert step.sent["application"] == account.production


def test_the_line_is_read_where_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert allowed_in_notebook() == ()
    monkeypatch.setattr("__main__.ALLOW", PRODUCTION, raising=False)
    assert allowed_in_notebook() == PRODUCTION
