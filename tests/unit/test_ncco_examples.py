"""The named examples: right in themselves, all different, and together they show everything."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from helpers.ncco import ACTIONS, check, parse
from helpers.ncco.editing.examples import EXAMPLES, Example
from helpers.ncco.models.endpoints import ENDPOINTS
from helpers.settings.project import audio

ALL = list(EXAMPLES.values())


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("example", ALL, ids=EXAMPLES)
def test_there_is_nothing_to_say_about_an_example(example: Example) -> None:
    assert [problem for ncco in (example.ncco, *example.replies.values()) for problem in check(ncco)] == []
    assert parse(example.ncco).to_list() == example.ncco


@pytest.mark.parametrize("example", ALL, ids=EXAMPLES)
def test_an_example_says_what_it_is(example: Example) -> None:
    assert EXAMPLES[example.name] is example
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", example.name)
    assert example.title and not example.title.endswith(".")
    assert re.fullmatch(r"[A-Z][^.]+\.", example.about), "one sentence"


@pytest.mark.parametrize("example", ALL, ids=EXAMPLES)
def test_an_example_leads_nowhere_real(example: Example) -> None:
    addresses = [text for text in texts([example.ncco, example.replies]) if "://" in text or text.startswith("sip:")]
    assert all(re.search(r"[/@.]example\.com\b", text) for text in addresses)
    sounds = {text.rpartition("/")[2] for text in addresses if text.endswith(".mp3")}
    assert sounds <= {path.name for path in audio().iterdir()}, "Play has a sound of that name"
    numbers = [text for text in texts([example.ncco, example.replies]) if text.isdigit() and len(text) > 6]
    assert all(re.fullmatch(r"447700900\d{3}", number) for number in numbers)


def test_a_real_call_needs_what_is_said() -> None:
    for example in ALL:
        connects = any(item["action"] in ("connect", "transfer") for item in example.ncco)
        assert not connects or example.needs, example.name


def test_together_they_show_everything() -> None:
    items = [item for example in ALL for item in example.ncco]
    assert {item["action"] for item in items} == set(ACTIONS)
    assert {item["endpoint"][0]["type"] for item in items if item["action"] == "connect"} == set(ENDPOINTS)
    assert len({json.dumps(example.ncco) for example in ALL}) == len(ALL) >= 12
    assert len({example.title for example in ALL}) == len(ALL)


def test_an_example_cannot_be_spoilt() -> None:
    example = EXAMPLES["menu-with-voicemail"]
    example.ncco[0]["text"] = "spoilt"
    example.script[0]["text"] = "spoilt"
    assert "spoilt" not in json.dumps([example.ncco, example.script])
