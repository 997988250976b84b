"""The account in a file: it outlives the simulator, two simulators share it, a damaged one says what to do."""

from __future__ import annotations

import json
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock

from helpers.simulator.account import state_file
from helpers.simulator.account.account import Account, AccountError
from helpers.simulator.errors import ApiError
from helpers.simulator.ids import Ids
from tests.simulator.world import Keys

WITH_VOICE = {"name": "x", "capabilities": {"voice": {}}}


pytestmark = pytest.mark.fidelity("account-file")


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
        assert stat.S_IMODE(path.with_name("account.json.lock").stat().st_mode) == 0o600
    # No half-written copy is left; the lock stays, empty, because to remove it would let two hold it.
    assert {file.name for file in path.parent.iterdir()} == {"account.json", "account.json.lock"}
    assert path.with_name("account.json.lock").read_bytes() == b""


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


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "{}", '{"api_key": 1}', "\x00", "[" * 9999, "\xff"])
def test_a_damaged_file_says_what_to_do(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, "latin-1")
    with pytest.raises(AccountError, match=r"damaged\. Delete it"):
        Account(Ids(), path)


def test_a_file_with_the_wrong_things_in_it(path: Path) -> None:
    account = Account(Ids(), path)
    data = json.loads(path.read_text("utf-8"))
    for wrong in (
        {"applications": []}, {"applications": {"x": 5}}, {"applications": {"x": {"keys": {}}}}, {"numbers": {"1": {}}},
        {"applications": {"x": {"keys": {"public_key": "x"}, "capabilities": []}}}, {"numbers": {"1": {"country": ""}}},
    ):  # fmt: skip
        path.write_text(json.dumps(data | wrong), "utf-8")
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


def test_versions_of_the_same_size_within_one_tick_are_told_apart(path: Path) -> None:
    one, two = Account(Ids(), path), Account(Ids(), path)
    one.buy("GB", "447700900500")
    for _ in range(200):
        two.numbers  # noqa: B018
        one.cancel("GB", "447700900500")
        one.buy("GB", "447700900501")
        assert [n["msisdn"] for n in two.numbers] == ["447700900501"]
        one.cancel("GB", "447700900501")
        one.buy("GB", "447700900500")


def test_a_change_that_cannot_be_written_has_not_happened(path: Path, keys: Keys) -> None:
    account = Account(Ids(), path)
    made = account.create_application(WITH_VOICE, keys[1], None)["id"]
    before = path.read_bytes()
    path.with_name("account.json.new").mkdir()  # as if the disk were full
    for change in (
        lambda: account.create_application(WITH_VOICE, keys[1], None),
        lambda: account.replace_application(made, {"name": "y"}),
        lambda: account.delete_application(made),
        lambda: account.buy("GB", "447700900500"),
        account.reset,
    ):
        with pytest.raises(AccountError, match="cannot be written"):
            change()
    assert path.read_bytes() == before
    assert [one["name"] for one in account.applications.values()] == ["x"]
    assert account.numbers == []


def test_what_is_refused_leaves_the_file_alone(path: Path) -> None:
    account = Account(Ids(), path)
    before = path.stat()
    for refused in (lambda: account.buy("GB", "1"), lambda: account.cancel("GB", "1"),
                    lambda: account.replace_application("x", {"name": "y"})):  # fmt: skip
        with pytest.raises(ApiError):
            refused()
    assert path.stat() == before


def test_a_file_by_two_names_is_one_account(path: Path) -> None:
    one = Account(Ids(), path)
    link = path.with_name("link.json")
    link.symlink_to(path)
    two = Account(Ids(), link)
    two.buy("GB", "447700900500")
    assert len(one.numbers) == 1
    assert link.is_symlink()


def test_who_waits_too_long_for_the_file_is_told_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_file, "PATIENCE", 0.01)
    account = Account(Ids(), path)
    with FileLock(path.with_name("account.json.lock")), pytest.raises(AccountError, match="in use by another program"):
        account.buy("GB", "447700900500")
    assert account.numbers == []


def test_threads_do_not_lose_each_others_changes(path: Path) -> None:
    account = Account(Ids(), path)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: account.buy("GB", f"4477009005{n:02}"), range(60)))
    assert len(Account(Ids(), path).numbers) == len(account.numbers) == 60


def test_a_hundred_applications_are_written_in_no_time(path: Path, keys: Keys) -> None:
    account = Account(Ids(), path)
    begun = time.process_time()
    for _ in range(100):
        account.create_application(WITH_VOICE, keys[1], None)
    assert time.process_time() - begun < 1.0  # about 0.1 s
    assert len(Account(Ids(), path).applications) == 100


def test_one_look_at_an_unchanged_file_is_one_stat(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account(Ids(), path)
    looks: list[Path] = []
    usual = Path.stat
    monkeypatch.setattr(Path, "stat", lambda self, **options: (looks.append(self), usual(self, **options))[1])
    monkeypatch.setattr(Path, "read_bytes", lambda self: pytest.fail("it was read again"))
    account.number("447700900500")
    account.region("nobody")
    assert looks == [path, path]
