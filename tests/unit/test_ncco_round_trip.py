"""Form → JSON → model → Python, executed → JSON: whatever way an NCCO takes, it arrives as it left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from helpers.ncco import ACTIONS, check, parse, to_python
from helpers.ncco.editing.draft import Draft
from helpers.ncco.schema import Option, options_of
from tests.unit.ncco_strategies import PATHS, nccos

from .test_ncco_python import executed

EXAMPLES = 2_000
Options = tuple[Option, ...]


def filled_in(ncco: list[dict[str, Any]], seen: set[tuple[str, str]]) -> Draft:
    """The NCCO as a form makes it: a list of actions with the options that nobody knows, then option by option."""
    draft = Draft()
    for item in ncco:
        options = options_of(ACTIONS[item["action"]])
        place = draft.add(item["action"])
        draft.put(place, {"action": item["action"], **_unknown(item, options)})
        for path, name, value in _known(item, options):
            seen.add((item["action"], name))
            if path:
                draft.set(place, path, value)
    return draft


def _unknown(value: dict[str, Any], options: Options) -> dict[str, Any]:
    known = {option.name: option for option in options}
    made = {name: one for name, one in value.items() if name not in known and name != "action"}
    for name, option in known.items():
        if option.variants and name in value:
            [inside] = value[name]
            made[name] = [{"type": inside["type"], **_unknown(inside, option.variants[inside["type"]])}]
        elif option.parts and (below := _unknown(value.get(name, {}), option.parts)):
            made[name] = below
    return made


def _known(value: dict[str, Any], options: Options, path: str = "", named: str = "") -> Iterator[tuple[str, str, Any]]:
    """The path of each value for the form, and as the reference names it; a group itself needs no value."""
    for option in options:
        if option.name not in value:
            continue
        held, here, name = value[option.name], f"{path}{option.name}", f"{named}{option.name}"
        if option.variants:
            kind = held[0]["type"]
            yield f"{here}.type", name, kind
            yield from _known(held[0], option.variants[kind], f"{here}.", f"{name}.{kind}.")
        elif option.parts and held:
            yield "", name, None
            yield from _known(held, option.parts, f"{here}.", f"{name}.")
        else:
            yield here, name, held


@pytest.mark.slow
def test_two_thousand_nccos_arrive_as_they_left() -> None:
    seen: set[tuple[str, str]] = set()
    drawn = 0

    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(nccos(most=2))
    def each(ncco: list[dict[str, Any]]) -> None:
        nonlocal drawn
        drawn += 1
        form = filled_in(ncco, seen)
        assert form.to_list() == ncco
        text = form.to_json()
        model = parse(text)
        assert json.loads(model.to_json()) == ncco
        assert json.loads(json.dumps(executed(to_python(text)))) == ncco

    each()
    assert drawn >= EXAMPLES
    assert seen == set(PATHS), "every option of every action took part"


@pytest.mark.slow
@settings(derandomize=True, database=None)
@given(nccos())
def test_the_nccos_that_are_drawn_have_no_error(ncco: list[dict[str, Any]]) -> None:
    assert [problem for problem in check(ncco) if problem.severity == "error"] == []
