"""The account in a file: it outlives the simulator, two simulators share it, a damaged one says what to do."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from helpers.simulator.account import Account, AccountError
from helpers.simulator.ids import Ids
from tests.simulator.world import Keys

WITH_VOICE = {"name": "x", "capabilities": {"voice": {}}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deeper" / "account.json"


def test_the_account_outlives_the_simulator(path: Path, keys: Keys) -> None:
    first = Account(Ids(), path)
    made = first.create_application(WITH_VOICE, keys[1], "secret pem")
    first.buy("GB", "447700900500")
    first.update_number("GB", "447700900500", {"app_id": made["id"]})
    again = Account(Ids(), path)
    assert (again.api_key, again.api_secret, again.signature_secret) == (
        first.api_key, first.api_secret, first.signature_secret)  # fmt: skip
    assert again.applications == first.applications
    assert again.numbers[0]["app_id"] == made["id"]
    assert "secret pem" not in path.read_text("utf-8")


def test_only_its_owner_may_read_the_file(path: Path) -> None:
    account = Account(Ids(), path)
    account.buy("GB", "447700900500")
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]  # no half-written copy is left


def test_two_on_one_file_see_each_others_changes(path: Path, keys: Keys) -> None:
    one, two = Account(Ids(), path), Account(Ids(), path)
    made = one.create_application(WITH_VOICE, keys[1], None)["id"]
    assert two.application(made)["name"] == "x"
    two.buy("GB", "447700900500")
    assert [n["msisdn"] for n in one.numbers] == ["447700900500"]
    one.update_number("GB", "447700900500", {"app_id": made})
    assert two.numbers[0]["app_id"] == made
    two.delete_application(made)
    assert one.applications == {}
    assert "app_id" not in one.numbers[0]
    for number in range(501, 520):  # many quick changes, of the same size
        (one if number % 2 else two).buy("GB", f"447700900{number}")
        assert len(one.numbers) == len(two.numbers) == number - 499


def test_a_seeded_account_is_the_same_on_every_run_and_gives_no_id_twice(path: Path, keys: Keys) -> None:
    assert Account(Ids("1")).api_key == Account(Ids("1")).api_key
    first = Account(Ids("1"), path).create_application(WITH_VOICE, keys[1], None)["id"]
    later = Account(Ids("1"), path)
    made = {later.create_application(WITH_VOICE, keys[1], None)["id"] for _ in range(3)}
    assert first not in made
    assert len(made) == 3


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "{}", '{"api_key": 1}', "\x00"])
def test_a_damaged_file_says_what_to_do(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    with pytest.raises(AccountError, match=r"damaged\. Delete it"):
        Account(Ids(), path)


def test_a_file_with_the_wrong_things_in_it(path: Path) -> None:
    account = Account(Ids(), path)
    data = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(data | {"applications": []}), "utf-8")
    with pytest.raises(AccountError, match="damaged"):
        account.applications  # noqa: B018


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(AccountError, match="cannot be written"):
        Account(Ids(), tmp_path / "file" / "account.json")


def test_a_file_that_was_deleted_comes_back_with_the_next_change(path: Path) -> None:
    account = Account(Ids(), path)
    path.unlink()
    assert account.numbers == []
    account.buy("GB", "447700900500")
    assert Account(Ids(), path).numbers == account.numbers
