"""The reference and the help that are made from the models, and an NCCO for each option."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from helpers.base.errors import KitError
from helpers.ncco import ACTIONS, RULES, check, describe, parse, reference
from helpers.ncco.editing.paths import value_at
from helpers.ncco.editing.reference import HEAD, example_of, rules
from helpers.ncco.schema import options_of, walk
from tests.unit.builder_page import cells, tags
from tests.unit.ncco_strategies import PATHS


def test_the_reference_has_every_option_of_every_action() -> None:
    table = reference()
    assert [row[:2] for row in table.rows] == PATHS
    assert table.head == ("action", *HEAD)
    assert all(len(row) == len(table.head) for row in table.rows)


def test_every_option_says_all_that_is_asked_for() -> None:
    for action, option, holds, default, unit, what, example, source in reference().rows:
        facts = dict(walk(options_of(ACTIONS[action])))[option]
        assert holds and what.endswith((".", "…")) and example
        assert source == f"{facts.source}, {facts.date}" and facts.source and facts.date
        assert unit == facts.unit
        assert default == "required" if facts.required else default in ("not set", json.dumps(facts.default))
        assert ("Deprecated" in what) is facts.deprecated
        summary, ncco = example.split("\n")
        assert summary.startswith(f'"{facts.name}": ')
        assert json.loads(ncco) == example_of(action, option)


def test_the_html_says_the_same_without_a_colour() -> None:
    table = reference()
    drawn = cells(table.html)
    assert drawn[0] == list(table.head)
    assert [[cell.replace("\n", "") for cell in row] for row in drawn[1:]] == [
        [cell.replace("\n", "") for cell in row] for row in table.rows
    ]
    assert "&lt;speak&gt;" in table.html and "<speak>" not in table.html
    assert "color" not in table.html and "background" not in table.html
    assert 'scope="col"' in table.html
    assert tags(table.html) == {"div", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "code", "pre"}


def test_a_notebook_gets_both() -> None:
    table = reference("talk")
    assert table._repr_mimebundle_() == {"text/plain": str(table), "text/html": table.html}
    assert repr(table) == str(table)
    assert "Deprecated." in str(table)


@pytest.mark.parametrize(("action", "path"), PATHS)
def test_the_example_of_an_option_sets_it_and_is_right(action: str, path: str) -> None:
    ncco = example_of(action, path)
    option = dict(walk(options_of(ACTIONS[action])))[path]
    [item] = [one for one in ncco if one["action"] == action and one not in ncco[: action not in ("stream", "talk")]]
    steps = [step for step in path.split(".") if step not in ("phone", "app", "websocket", "sip", "vbc")]
    value = value_at(item, ".".join(steps))
    assert value == (option.example if option.example is not None else option.choices[0])
    advice = [problem.rule for problem in check(ncco)]
    assert option.deprecated or advice == []
    assert parse(ncco).to_list() == ncco


def test_an_example_cannot_be_spoilt() -> None:
    example_of("connect", "endpoint.phone.onAnswer")[1]["endpoint"][0]["onAnswer"]["url"] = "spoilt"
    assert "spoilt" not in json.dumps(example_of("connect", "endpoint.phone.onAnswer"))


def test_help_for_an_action_and_for_an_option() -> None:
    assert str(describe("stream")).startswith("stream: Play an audio file into the call.")
    assert "runs in the background" in describe("record").title
    loop = str(describe("stream", "loop"))
    assert "holds: a whole number, 0 or more" in loop and "default: 1" in loop and 'example: "loop": 2' in loop
    assert "unit: times" in loop and "source: NCCO reference, 20" in loop
    assert "dtmf.timeOut" in str(describe("input", "dtmf")) and "0 to 10" in str(describe("input", "dtmf.timeOut"))
    assert "country code" in str(describe("connect", "endpoint.number"))
    assert [row[0] for row in describe("connect", "endpoint.onAnswer").rows] == [
        "endpoint.phone.onAnswer",
        "endpoint.phone.onAnswer.url",
        "endpoint.phone.onAnswer.ringbackTone",
        "endpoint.phone.onAnswer.ringback",
    ]


def test_help_for_what_is_not_there_says_what_is() -> None:
    with pytest.raises(KitError, match="Did you mean stream"):
        describe("straem")
    with pytest.raises(KitError, match="The actions are: stream, talk"):
        reference("xyzzy")
    with pytest.raises(KitError, match="Did you mean loop"):
        describe("stream", "lop")
    with pytest.raises(KitError, match="Its options are: streamUrl"):
        describe("stream", "xyzzy")
    with pytest.raises(KitError, match="Did you mean stream"):
        example_of("straem", "loop")
    with pytest.raises(KitError, match="Did you mean loop"):
        example_of("stream", "lop")


def test_every_rule_is_in_the_table_of_rules() -> None:
    assert [row[0] for row in rules().rows] == list(RULES)
    assert {row[1] for row in rules().rows} == {"error", "advice"}
    assert all(rule.why in str(rules()) for rule in RULES.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "stream · streamUrl"),
        (["talk"], "talk · text"),
        (["input", "dtmf.timeOut"], "input: dtmf.timeOut"),
        (["--rules"], "barge-in-needs-input · error"),
    ],
)
def test_the_command_prints_it(arguments: list[str], words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "helpers.ncco", *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    assert words in done.stdout and done.stderr == ""


def test_the_command_says_what_there_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "helpers.ncco", "straem"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean stream?" in done.stderr and "Traceback" not in done.stderr
