"""BEHAVIOUR.md keeps in step with the simulator: marks, sources, constants, faults, what is not built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.ncco.actions import ACTIONS
from helpers.simulator import api, auth, callbacks, clock, handsets, life, requests
from helpers.simulator.faults import FAULTS
from helpers.simulator.handsets import BEHAVIOURS, REFUSALS
from tests.simulator.world import World

TEXT = (Path(api.__file__).parent / "BEHAVIOUR.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line.startswith("| ")]
MODULES = (api, auth, callbacks, clock, handsets, life, requests)


def test_every_behaviour_is_marked_and_what_is_not_assumed_has_a_source() -> None:
    rows = [row for row in ROWS if row[0] != "Behaviour"]
    assert len(rows) > 80
    for row in rows:
        assert len(row) == 3, row
        assert row[1] in ("documented", "observed", "assumed"), row
        assert row[2] or row[1] == "assumed", row


def test_it_tells_behaviour_not_where_our_notes_are() -> None:
    assert "shared/" not in TEXT
    assert not re.search(r"/(home|work|root)/", TEXT)


def test_every_constant_in_it_exists_and_has_the_value_it_says() -> None:
    named = re.findall(r"`([A-Z][A-Z_]+)`(?:, ([\d.]+) s)?", TEXT)
    assert {name for name, _ in named} >= {"SKEW", "EARLY", "SET_UP", "PICK_UP", "AFTER_FAILURE", "SLOW_REPLY"}
    for name, seconds in named:
        if name in ("PUT",):
            continue
        [value] = {str(getattr(module, name)) for module in MODULES if hasattr(module, name)}
        if seconds:
            assert float(value) == float(seconds), name


def test_every_fault_is_in_it() -> None:
    assert set(re.findall(r"fault `(\w+)`", TEXT)) == set(FAULTS)


def test_every_refusal_of_a_phone_is_in_it() -> None:
    phones = "".join(" ".join(row) for row in ROWS if "webhook reference" in row[2] and "486" in "".join(row) + "486")
    assert set(REFUSALS) <= set(BEHAVIOURS)
    for status, detail, sip_code, _ in REFUSALS.values():
        assert f"`{status}`" in phones
        assert detail is None or f"`{detail}`" in phones
        assert str(sip_code) in phones


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n")[1]


def test_what_is_not_built_is_named(world: World) -> None:
    missing = section("Not built yet")
    for action in api.ACTIONS_TO_COME:
        assert f"`{action}`" in missing
        assert world.voice("PUT", f"/{world.call()}", {"action": action}).status_code == 501


@pytest.mark.parametrize(
    ("action", "options"),
    [("record", {}), ("conversation", {"name": "x"}), ("transfer", {"conversationId": "CON-x"}),
     ("connect", {"endpoint": [{"type": "phone", "number": "447700900002"}]})],
)  # fmt: skip
def test_skipped_actions_are_named(world: World, action: str, options: dict[str, object]) -> None:
    assert f"`{action}`" in section("Not built yet")
    call = world.call({"action": action, **options})
    world.until(call)
    assert world.actions(call) == [(action, "skipped")]


def test_all_nine_actions_are_accounted_for() -> None:
    built = {"stream", "talk", "input", "wait", "notify"}
    assert built | {"record", "conversation", "connect", "transfer"} == set(ACTIONS)
