"""The kit in live mode: it leaves an account as it was found, and overwrites no number or key of somebody's."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import helpers
from helpers.kit import Kit
from helpers.live.journal import JournalError
from helpers.settings.env_file import read_env
from helpers.settings.settings import load_settings
from tests.live.in_use import PRODUCTION, InUse, in_use
from tests.notebooks.lesson_env import NOTEBOOKS, OURS


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InUse]:
    """Such an account, whose key and secret are in .env."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("KIT_DOTENV", str(tmp_path / ".env"))
    with in_use(tmp_path) as account:
        write(account)
        yield account


def write(account: InUse, **more: str) -> None:
    own = account.network.account
    lines = {"VOICE_MODE": "live", "VONAGE_API_URL": account.network.url, "VONAGE_API_KEY": own.api_key,
             "VONAGE_API_SECRET": own.api_secret, "MY_NUMBER": "447700900001", "LIVE_BUDGET": "5",
             **more}  # fmt: skip
    (account.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))


@pytest.fixture
def kit(account: InUse) -> Iterator[Kit]:
    kit = helpers.setup()
    yield kit
    kit.stop()


def env(account: InUse) -> dict[str, str]:
    return read_env(account.folder / ".env")


def lesson(kit: Kit, number: str) -> Any:
    """What lessons 05 and 06 do."""
    made = kit.vonage.create_application("Stream audio", event_url="https://example.com/event")
    kit.vonage.update_number("GB", number, app_id=made["id"])
    there = kit.vonage.get_application(made["id"])
    there["capabilities"]["voice"]["webhooks"]["event_url"]["address"] = f"{kit.tunnel.on()}/event"
    kit.vonage.replace_application(made["id"], there)
    return made


def test_the_end_of_the_kit_puts_back_and_says_what_it_did(
    account: InUse, kit: Kit, capsys: pytest.CaptureFixture[str]
) -> None:
    made = lesson(kit, account.free)
    kit.stop()
    said = capsys.readouterr().out
    assert f"In your account: application “Stream audio” made, number {account.free} linked" in said
    assert f"number {account.free}: put back as it was" in said
    assert account.state()["numbers"] == account.at_first["numbers"]
    hooks = account.state()["applications"].pop(made["id"])["capabilities"]["voice"]["webhooks"]
    assert hooks["event_url"]["address"] == "https://example.com/event"


def test_the_end_of_the_tunnel_puts_back(account: InUse, kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    lesson(kit, account.free)
    kit.tunnel.off()
    assert account.state()["numbers"] == account.at_first["numbers"]
    assert "put back as it was" in caplog.text


def test_put_back_and_restore_are_calls_of_their_own(
    account: InUse, kit: Kit, capsys: pytest.CaptureFixture[str]
) -> None:
    lesson(kit, account.free)
    kit.put_back()
    assert account.state()["numbers"] == account.at_first["numbers"]
    kit.restore()
    assert capsys.readouterr().out.endswith("Nothing to put back.\n")


@pytest.mark.parametrize("end", ["", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"])
def test_the_end_of_a_process_puts_back_and_a_killed_one_is_told_of(
    account: InUse, capsys: pytest.CaptureFixture[str], end: str
) -> None:
    code = (
        "import helpers; kit = helpers.setup()\n"
        "made = kit.vonage.create_application('Stream audio')\n"
        f"kit.vonage.update_number('GB', '{account.free}', app_id=made['id'])\n{end}"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=not end)
    assert (account.state()["numbers"] == account.at_first["numbers"]) == (not end)
    kit = helpers.setup()
    told = (
        f"Not put back in your account yet: application “Stream audio”, number {account.free}. kit.restore() does it."
    )
    assert (told in capsys.readouterr().out) == bool(end)
    kit.restore()
    assert account.state()["numbers"] == account.at_first["numbers"]
    kit.stop()


def test_a_key_is_kept_in_a_file_of_its_own(account: InUse, kit: Kit) -> None:
    made = kit.vonage.create_application("Stream audio")
    kit.keep(application=made, number=account.free)
    file = account.folder / "keys" / f"{made['id']}.key"
    assert stat.filemode(file.stat().st_mode) == "-rw-------"
    assert file.read_text() == made["keys"]["private_key"]
    assert env(account)["VONAGE_PRIVATE_KEY"] == f"keys/{made['id']}.key"
    assert env(account)["VONAGE_NUMBER"] == account.free
    assert helpers.setup() is kit
    assert "calls" in kit.vonage.list_calls()["_embedded"]
    again = kit.vonage.create_application("Stream audio")
    kit.keep(application=again)  # the one before was the kit's own, and its key stays
    assert env(account)["VONAGE_APPLICATION_ID"] == again["id"]
    assert file.read_text() == made["keys"]["private_key"]


def test_a_key_and_a_number_that_are_not_the_kits_stay(account: InUse, capsys: pytest.CaptureFixture[str]) -> None:
    key = account.key.replace("\n", "\\n")
    theirs = {"APPLICATION_ID": account.production, "PRIVATE_KEY": f'"{key}"', "NUMBER": account.linked[0]}
    write(account, **{f"VONAGE_{name}": value for name, value in theirs.items()})
    before = (account.folder / ".env").read_bytes()
    kit = helpers.setup()
    made = kit.vonage.create_application("Stream audio")
    for _ in range(2):
        kit.keep(application=made, number=account.free)
        assert (account.folder / ".env").read_bytes() == before
    assert f"VONAGE_PRIVATE_KEY=keys/{made['id']}.key\n" in capsys.readouterr().out
    assert (kit.number, kit.settings.application_id) == (account.free, made["id"])
    assert "calls" in kit.vonage.list_calls()["_embedded"]
    assert helpers.setup() is kit
    kit.stop()


def test_a_number_that_the_kit_rented_may_be_replaced(account: InUse, kit: Kit) -> None:
    first, second = (offer["msisdn"] for offer in kit.vonage.search_numbers("GB", size=2)["numbers"])
    kit.vonage.buy_number("GB", first)
    kit.keep(number=first)
    kit.keep(number=second)
    assert env(account)["VONAGE_NUMBER"] == second


FULL = """
import os, pathlib, resource, sys, types
import helpers
from helpers.settings.settings import SettingsError
folder, how = pathlib.Path(sys.argv[1]), sys.argv[2]
(folder / ".env").write_text(sys.stdin.read())
kit = helpers.setup()
made = kit.vonage.create_application("Stream audio")
filler = (folder / "filler").open("wb", buffering=0)
try:
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    while filler.write(b"x" * 1000):
        pass
except OSError as error:
    print(error.strerror)
try:
    kit.keep(application=made)
except SettingsError as error:
    print(error)
    cure = str(error).partition("anything else: ")[2].replace("/another/place", str(folder.parent))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
(folder / "filler").unlink()
filler.close()
print("Left:", sorted(path.name for path in folder.glob("keys/*")))
os.umask(0)
exec(cure, {"reply": types.SimpleNamespace(json=lambda: made)})
saved = folder.parent / "application.key"
print("Saved:", oct(saved.stat().st_mode), saved.read_text() == made["keys"]["private_key"])
kit.keep(application=made)
print("Kept:", (folder / "keys" / f"{made['id']}.key").read_text() == made["keys"]["private_key"])
kit.stop()
"""
# A small disk that nobody else sees, for one command.
SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
              'mount -t tmpfs -o size=200k none "$0" && exec "$@"']  # fmt: skip


@pytest.mark.parametrize("how", ["disk", "limit"])
def test_a_full_disk_says_where_the_key_still_is(account: InUse, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    folder = account.folder / "full"
    folder.mkdir()
    monkeypatch.setenv("KIT_DOTENV", str(folder / ".env"))
    command = [sys.executable, "-c", FULL, str(folder), how]
    if how == "disk":
        try:
            subprocess.run([*SMALL_DISK, str(folder), "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this machine lets nobody have a disk of their own")
        command = [*SMALL_DISK, str(folder), *command]
    env = (account.folder / ".env").read_text()
    said = subprocess.run(command, input=env, capture_output=True, text=True, timeout=60, check=True).stdout
    why = "No space left on device" if how == "disk" else "File too large"
    assert said.count(why) == 2 and f".key cannot be written in {folder}/keys: {why}" in said
    assert "It is still in `reply`, and nowhere else." in said
    assert "BEGIN" not in said
    assert "Left: []\nSaved: 0o100600 True\nKept: True" in said, "half a key is left"


def test_a_request_by_hand_is_refused_in_the_same_words(account: InUse, kit: Kit) -> None:
    auth = (kit.settings.api_key, kit.settings.api_secret)
    form = {"country": "GB", "msisdn": account.linked[0], "app_id": ""}
    reply = requests.post(f"{kit.settings.rest_url}/number/update", data=form, auth=auth, timeout=10)
    assert reply.status_code == 403
    assert PRODUCTION in reply.json()["detail"]


def test_a_lesson_begins_with_a_box(
    account: InUse, kit: Kit, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", str(NOTEBOOKS / "07-stream-audio-into-a-call.ipynb"))
    helpers.setup()
    calls = "This lesson, in your account:\n- changes nothing\n- calls your phone 12 times, for half a minute or so: "
    assert f"{calls}about 0.09 euros" in capsys.readouterr().out
    kit.settings.use(my_number="33199000000")  # the price list has no such country
    assert f"{calls}see your plan for what that costs" in kit.box


@pytest.mark.parametrize("missing", ["journal", "certificates"])
def test_a_start_that_fails_half_way_leaves_nothing(
    account: InUse, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    before = set(threading.enumerate())
    if missing == "journal":
        (account.folder / ".live").write_text("")
    else:
        monkeypatch.setattr(tempfile, "tempdir", str(account.folder / "nowhere"))
    kit = Kit(load_settings())
    with pytest.raises((JournalError, FileNotFoundError)):
        kit.start()
    assert (kit.running, kit.live, set(threading.enumerate()) - before) == (False, None, set())
    assert not [*account.folder.glob(".live/*.kernel")]


def test_stopping_leaves_the_account_to_the_next_kit(account: InUse, kit: Kit) -> None:
    kit.start()
    kit.stop()
    kit.stop()
    kit.start()
    assert kit.vonage.list_applications()["total_items"] == 1
    kit.stop()
