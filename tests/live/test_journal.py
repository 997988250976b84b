"""The journal: on the disk before anything is sent, readable by its owner, whole whatever is killed."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.live.journal import Journal, JournalError

KEY = "c0ffee42"


def test_a_step_is_what_its_lines_say_together(tmp_path: Path) -> None:
    journal = Journal(tmp_path, KEY)
    step = journal.begin("replace_application", id="a", there={"name": "Ärger"}, public="https://x.example")
    journal.add(step, came="done", left={"name": "new"})
    (found,) = Journal(tmp_path, KEY).steps()
    assert (found.step, found.kernel, found.came, found.settled) == (step, journal.kernel, "done", "")
    assert (found.there, found.left, found.public) == ({"name": "Ärger"}, {"name": "new"}, "https://x.example")


def test_what_was_written_stays_as_it_is(tmp_path: Path) -> None:
    journal = Journal(tmp_path, KEY)
    step = journal.begin("create_call", id="")
    before = journal.path.read_bytes()
    journal.add(step, came="done", id="c")
    assert journal.path.read_bytes().startswith(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has rights of another kind")
def test_only_its_owner_may_read_it_and_its_name_tells_no_key(tmp_path: Path) -> None:
    journal = Journal(tmp_path / ".live", KEY)
    journal.begin("create_call", id="")
    assert stat.filemode(journal.path.stat().st_mode) == "-rw-------"
    assert stat.filemode(journal.path.parent.stat().st_mode) == "drwx------"
    assert KEY not in str(journal.path)
    assert Journal(tmp_path / ".live", "another").path != journal.path


@pytest.mark.parametrize("left", [1, 10, -2, -1])
def test_a_line_that_was_cut_off_is_read_past_and_hides_no_other(tmp_path: Path, left: int) -> None:
    journal = Journal(tmp_path, KEY)
    journal.begin("create_call", id="whole")
    whole = journal.path.read_bytes()
    journal.begin("create_call", id="cut")
    torn = journal.path.read_bytes()[len(whole) :][:left]
    journal.path.write_bytes(whole + torn)
    after = Journal(tmp_path, KEY)
    after.begin("create_call", id="later")
    # Without its line end the last line is whole all the same.
    assert [step.id for step in after.steps()] == ["whole", *(["cut"] if left == -1 else []), "later"]


def test_kernels_that_write_at_the_same_time_lose_no_line(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from helpers.live.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), sys.argv[2])\n"
        "for n in range(40): journal.begin('create_call', id=f'{journal.kernel}-{n}', there='x' * 5000)"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), KEY]) for _ in range(2)]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    assert len({step.id for step in Journal(tmp_path, KEY).steps()}) == 80


def test_who_is_alive_the_locks_say(tmp_path: Path) -> None:
    first, second = Journal(tmp_path, KEY), Journal(tmp_path, KEY)
    first.enter()
    second.enter()
    assert first.others() == {second.kernel}
    second.leave()
    assert first.others() == set()
    first.leave()
    assert not list(tmp_path.glob("*.kernel"))


def test_a_killed_kernel_is_dead_and_its_mark_is_taken_away(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from helpers.live.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), sys.argv[2]); journal.enter(); print('in', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), KEY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"in\n"
        journal = Journal(tmp_path, KEY)
        assert len(journal.others()) == 1
        other.kill()
        other.wait()
        assert journal.others() == set()
        assert not list(tmp_path.glob("*.kernel"))


def test_another_accounts_kernels_do_not_count(tmp_path: Path) -> None:
    here, there = Journal(tmp_path, KEY), Journal(tmp_path, "another")
    there.enter()
    assert here.others() == set()
    there.leave()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")
def test_a_full_disk_says_so_and_a_later_line_is_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path, KEY)
    journal.path.symlink_to("/dev/full")
    with pytest.raises(JournalError, match="No space left on device"):
        journal.begin("create_call", id="")


def test_what_a_newer_kit_writes_is_read_past(tmp_path: Path) -> None:
    journal = Journal(tmp_path, KEY)
    journal.begin("create_call", id="c", colour="blue")
    with journal.path.open("a") as file:
        file.write(json.dumps(["no", "step"]) + "\n")
    assert [step.id for step in journal.steps()] == ["c"]


def test_a_number_is_the_kits_until_it_is_given_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path, KEY)
    for kind, owned in (("buy_number", True), ("update_number", True), ("cancel_number", False), ("buy_number", True)):
        step = journal.begin(kind, id="447700900500")
        journal.add(step, came="done")
        assert ("447700900500" in journal.own_numbers()) is owned
    refused = journal.begin("cancel_number", id="447700900500")
    journal.add(refused, came="refused")
    assert journal.own_numbers() == {"447700900500"}
