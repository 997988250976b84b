"""FIDELITY.md keeps in step with the simulator and with the tests: ids, marks, sources, constants, faults, proofs."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from helpers import simulator
from helpers.ncco.models.actions import ACTIONS
from helpers.simulator.legs.faults import FAULTS
from helpers.simulator.phones.handsets import BEHAVIOURS, REFUSALS

HERE = Path(simulator.__file__).parent
TEXT = (HERE / "FIDELITY.md").read_text("utf-8")
TESTS = Path(__file__).parents[1]
MARKS = ("documented", "observed", "assumed")
VERBS = ("hangup", "mute", "unmute", "earmuff", "unearmuff", "transfer", "…/stream", "…/talk", "…/dtmf", "…/input/dtmf")


class Row(NamedTuple):
    section: str
    id: str
    behaviour: str
    mark: str
    source: str


def table() -> list[Row]:
    """Every row of the table with its section; a line that is not a row of four cells fails here."""
    rows, section = [], ""
    for number, line in enumerate(TEXT.splitlines(), 1):
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif line.startswith("|") and not line.startswith(("| id |", "|---")):
            cells = [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
            assert len(cells) == 4, f"line {number} of FIDELITY.md has {len(cells)} cells, not id, text, mark, source"
            rows.append(Row(section, *cells))
    return rows


def markers(path: Path) -> list[tuple[str, int]]:
    """The ids in the ``fidelity`` marks of one test file, and their lines, without importing it."""
    found, text = [], path.read_text("utf-8")
    for node in ast.walk(ast.parse(text if "mark.fidelity(" in text else "", str(path))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "fidelity":
            where = f"{path.name}:{node.lineno}"
            assert node.args and not node.keywords, f"{where}: a fidelity mark names one row or more"
            for argument in node.args:
                name = argument.value if isinstance(argument, ast.Constant) else None
                assert isinstance(name, str), f"{where}: write the ids as plain text, so that they can be found"
                found.append((name, node.lineno))
    return found


@cache
def proofs() -> dict[str, list[str]]:
    """For every id the places in the tests that carry it. All tests are read, which takes a while: once."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, line in markers(path):
            found[name].append(f"{path.relative_to(TESTS)}:{line}")
    return found


def test_every_row_has_an_id_of_its_own_a_mark_and_a_source() -> None:
    rows = table()
    assert len(rows) > 80
    assert [name for name, times in Counter(row.id for row in rows).items() if times > 1] == [], "ids used twice"
    assert [row.id for row in rows if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.id)] == [], "ids with odd signs"
    assert [row.id for row in rows if not row.behaviour] == [], "rows without a behaviour"
    assert [(row.id, row.mark) for row in rows if row.mark not in MARKS] == [], "marks that are none"
    assert [row.id for row in rows if not row.source and row.mark != "assumed"] == [], "rows without a source"


def test_every_row_is_proved_by_a_test() -> None:
    proved = proofs()
    missing = [f"{row.id} ({row.section}): {row.behaviour}" for row in table() if row.id not in proved]
    assert not missing, "mark a test of each with @pytest.mark.fidelity, or take the row out:\n" + "\n".join(missing)


def test_every_id_a_test_carries_is_in_the_table() -> None:
    rows = {row.id for row in table()}
    strangers = [f"{name}: {', '.join(places)}" for name, places in sorted(proofs().items()) if name not in rows]
    assert not strangers, "add a row for each to helpers/simulator/FIDELITY.md:\n" + "\n".join(strangers)


def test_the_tests_of_one_row_can_be_run(pytestconfig: pytest.Config) -> None:
    assert "pytest --fidelity hang-up-early" in TEXT
    assert pytestconfig.getoption("--fidelity") in (None, *proofs())


def test_it_tells_behaviour_not_where_our_notes_are() -> None:
    assert "shared/" not in TEXT
    assert not re.search(r"/(home|work|root)/", TEXT)


def test_every_constant_in_it_exists_and_has_the_value_it_says() -> None:
    files = [file.relative_to(HERE).with_suffix("").parts for file in HERE.rglob("[!_]*.py")]
    assert len(files) > 40, "where have the simulator's modules gone?"
    modules = [importlib.import_module(".".join(("helpers.simulator", *parts))) for parts in files]
    named = re.findall(r"`([A-Z][A-Z_]+)`(?:, ([\d.]+))?", TEXT)
    assert {name for name, _ in named} >= {"SKEW", "EARLY", "SET_UP", "PICK_UP", "AFTER_FAILURE", "SLOW_REPLY"}
    for name, figure in named:
        if name in ("GET", "POST", "PUT", "DELETE"):
            continue
        values = {str(getattr(module, name)) for module in modules if hasattr(module, name)}
        assert len(values) == 1, f"{name} is in FIDELITY.md; its values in the code: {values or 'none'}"
        if figure:
            assert float(values.pop()) == float(figure), f"{name} is not {figure}"


def test_every_fault_is_in_it() -> None:
    named = set(re.findall(r"fault `(\w+)`", TEXT))
    assert set(FAULTS) - named == set(), "write 'fault `name`' in a row of each"
    assert named - set(FAULTS) == set(), "there are no such faults"


def test_every_refusal_of_a_phone_is_in_it() -> None:
    phones = {row.id: row.behaviour for row in table() if row.section == "Phones"}
    assert set(REFUSALS) <= set(BEHAVIOURS)
    for behaviour, (status, detail, sip_code, _) in REFUSALS.items():
        row = phones[f"phone-{behaviour.replace('_', '-')}"]
        assert f"`{status}`" in row, behaviour
        assert detail is None or f"`{detail}`" in row, behaviour
        assert str(sip_code) in row, behaviour


def test_every_action_has_rows_of_its_own() -> None:
    sections = {row.section for row in table()}
    assert [action for action in ACTIONS if action not in sections] == [], "actions without a row under ### action"


def test_every_verb_for_calls_under_way_has_a_row() -> None:
    rows = " ".join(row.behaviour for row in table() if row.section == "Calls under way")
    named = {text.split()[-1] for text in re.findall(r"`([^`]+)`", rows)}
    missing = [verb for verb in VERBS if verb not in named]
    assert not missing, f"name in backticks in a row under Calls under way: {', '.join(missing)}"


def test_every_section_has_rows_and_says_where_its_code_is() -> None:
    sections = re.findall(r"^#+ (.+)\n\nWhere: (.+)\.\n\n\| id \|.*\n\|---.*\n\|", TEXT, re.MULTILINE)
    assert [name for name, _ in sections] == list(dict.fromkeys(row.section for row in table()))
    places = {place for _, where in sections for place in re.findall(r"`([^`]+)`", where)}
    assert [place for place in sorted(places) if not (HERE / place).exists()] == [], "there is no such module"
