"""The import rule is held: the house as it is keeps to it, and each way of breaking it fails with the names of both."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
RULES, TYPES = "pyproject.toml", "tests/import-types.toml"
LINT = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the modules and of the contracts."""
    house = tmp_path_factory.mktemp("house")
    others = shutil.ignore_patterns("__pycache__", "*.css", "*.js", "*.md")
    shutil.copytree(PROJECT / "helpers", house / "helpers", ignore=others)
    (house / "tests").mkdir()
    for rules in (RULES, TYPES):
        shutil.copy(PROJECT / rules, house / rules)
    return house


def lint(house: Path, rules: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-c", LINT, rules, "--no-cache"], cwd=house, capture_output=True, text=True)
    return done.returncode, " ".join(done.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize("rules", [RULES, TYPES])
def test_the_house_keeps_to_the_rule(house: Path, rules: str) -> None:
    code, said = lint(house, rules)
    assert code == 0, said


def test_both_halves_know_the_same_floors_and_name_every_entry() -> None:
    texts = ((PROJECT / rules).read_text("utf-8") for rules in (RULES, TYPES))
    one, other = (text.split("\nexhaustive = true\nlayers = [")[1].split("]")[0] for text in texts)
    assert one == other


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line", "rules", "names"),
    [
        ("base/text.py", "from ..kit import Kit", RULES, ["helpers.base.text", "helpers.kit"]),
        ("calls/record.py", "def late():\n    from ..views.table import table", RULES,
         ["helpers.calls.record", "helpers.views.table"]),
        ("simulator/account/account.py", "from ..legs.leg import Leg", RULES,
         ["helpers.simulator.account", "helpers.simulator.legs"]),
        ("audio/mp3.py", "from .files import inspect", RULES,
         ["No cycles are allowed in helpers.audio", ".mp3", ".files"]),
        ("ncco/problems/rules.py", "from ..models.actions import Talk", RULES,
         ["No cycles are allowed in helpers.ncco", ".problems -> .models"]),
        ("calls/record.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..kit import Kit", TYPES,
         ["helpers.calls.record", "helpers.kit"]),
    ],
    ids=["upward", "upward inside a function", "upward in the simulator", "modules", "folders", "types"],
)  # fmt: skip
def test_whoever_breaks_it_is_told_both_names(
    house: Path, module: str, line: str, rules: str, names: list[str]
) -> None:
    file = house / "helpers" / module
    before = file.read_text("utf-8")
    file.write_text(f"{before}\n\n{line}\n", "utf-8")
    try:
        code, said = lint(house, rules)
    finally:
        file.write_text(before, "utf-8")
    assert code != 0
    for name in names:
        assert name in said
