"""Lessons 01, 05, 03, 06 and 07 in live mode on an account in use, twice: it is the same afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from helpers.live.restore import AsFound
from tests.live.in_use import HOOKS, PRODUCTION, InUse, in_use
from tests.notebooks.lesson_env import NOTEBOOKS
from tests.notebooks.test_lesson_07_live import MY_NUMBER, OTHER, PACE, result, start

LESSONS = [next(NOTEBOOKS.glob(f"{number}-*.ipynb")) for number in ("01", "05", "03", "06", "07")]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[InUse]:
    with in_use(tmp_path, pace=PACE) as account:
        yield account


def run(account: InUse, lesson: Path, **more: str) -> str:
    """What a lesson printed. Its ``.env`` is that of the lesson before."""
    own, network = account.network.account, account.network
    settings = {"VOICE_MODE": "live", "VONAGE_API_URL": network.url, "VONAGE_API_KEY": own.api_key, "LIVE_BUDGET": "50",
                "VONAGE_API_SECRET": own.api_secret, "MY_NUMBER": MY_NUMBER, "LIVE_CALLS_A_MINUTE": "9999",
                "LIVE_NUMBERS": OTHER,
                "VONAGE_SIGNATURE_SECRET": own.signature_secret}  # fmt: skip
    (account.folder / "report.json").unlink(missing_ok=True)
    person = ["--person", network.url, network.token, MY_NUMBER, "--pace", str(PACE)]
    printed = start(account.folder, settings | more, person, lesson).communicate(timeout=150)[0]
    return result(account.folder, printed, "").printed


def knocks_again(lesson: Path, folder: Path) -> Path:
    """The lesson whose reader, at its end, once more runs the cells that knock at a webhook by hand: guarded by now."""
    notebook = nbformat.read(lesson, as_version=4)
    knocks = [cell for cell in notebook.cells if cell.cell_type == "code" and "kit.signed(" in cell.source]
    check = "assert (kit.server.requests[-1].status, kit.server.requests[-1].signature) == (200, 'good')"
    checks = [nbformat.v4.new_code_cell(f"{cell.source}\n{check}") for cell in knocks]
    assert bool(knocks) == lesson.name.startswith(("03", "06", "07"))
    notebook.cells[-1:-1] = checks
    nbformat.write(notebook, folder / lesson.name)
    return folder / lesson.name


def journal(account: InUse) -> AsFound:
    return AsFound(account.settings(), lambda: "")


@pytest.mark.slow
def test_an_account_in_use_is_the_same_after_the_lessons(account: InUse) -> None:
    for time in range(2):
        for lesson in LESSONS:
            printed = run(account, knocks_again(lesson, account.folder) if time else lesson)
            assert account.without(journal(account).journal) == account.at_first, lesson.name
            if lesson.name.startswith("06"):
                assert f"number {account.free} linked" in printed, time
                assert f"number {account.free}: put back as it was" in printed
                assert "it stays, its webhooks lead to https://example.com" in printed
    assert journal(account).left_open() == ""
    assert len(account.state()["applications"]) == 2  # the second time lesson 05 found its own


@pytest.mark.slow
def test_somebodys_number_and_application_are_used_with_the_line_only(account: InUse, tmp_path: Path) -> None:
    lesson = next(file for file in LESSONS if file.name.startswith("06"))
    theirs = {"VONAGE_APPLICATION_ID": account.production, "VONAGE_PRIVATE_KEY": account.key,
              "VONAGE_NUMBER": account.linked[0]}  # fmt: skip
    with pytest.raises(AssertionError, match="not made by this kit, so it is not changed"):
        run(account, lesson, **theirs)
    assert account.state() == account.at_first
    notebook = nbformat.read(lesson, as_version=4)
    cell = next(cell for cell in notebook.cells if "/number/update" in cell.source and cell.cell_type == "code")
    cell.source = f'ALLOW = "{PRODUCTION}"\n{cell.source}'
    allowed = tmp_path / lesson.name
    nbformat.write(notebook, allowed)
    printed = run(account, allowed, **theirs)
    assert f"application “{PRODUCTION}” changed" in printed
    assert f"application “{PRODUCTION}”: put back as it was" in printed
    assert account.state() == account.at_first
    hooks = account.state()["applications"][account.production]["capabilities"]["voice"]["webhooks"]
    assert (hooks["answer_url"]["address"], hooks["event_url"]["address"]) == HOOKS
