"""An NCCO as Python source."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from helpers.ncco import NccoError, parse, to_python
from tests.unit.effort import deep_list

from .test_ncco_models import FULL

SOCKET = {"action": "connect", "from": "447700900000", "endpoint": [
    {"type": "websocket", "uri": "ws://x", "content-type": "audio/l16;rate=8000"}]}  # fmt: skip
NASTY = [
    {"action": "talk", "text": "It's \"5 o'clock\" & $HOME `id` \\ é\nline\t\u202e\x07 😀 {{name}}"},
    SOCKET,
]
MISTAKES: list[list[Any]] = [
    [],
    [{}],
    [None, 5, "text", [], {"action": 5}],
    [{"action": "talk", "text": 5, "lop": None, "a b": {"class": [True, False, -1.5, 1e300, 10**30]}}],
    [{"action": "nothing", "": "", "self": 1}],
]
URLS = ["https://example.com/audio/music.mp3"]


def executed(source: str) -> Any:
    """What the name ``ncco`` holds when the source has run."""
    names: dict[str, Any] = {}
    exec(compile(source, "source", "exec", dont_inherit=True), names)
    return names["ncco"]


@pytest.mark.parametrize("data", [FULL, NASTY, *MISTAKES], ids=lambda data: str(data)[:20])
def test_the_list_form_is_the_list(data: list[Any]) -> None:
    source = to_python(data)
    assert executed(source) == data


def test_the_source_is_a_program_of_its_own() -> None:
    program = to_python(FULL) + "\nimport json\nprint(json.dumps(ncco))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == parse(FULL).to_list()


def test_the_python_reads_well() -> None:
    ncco = [
        {"action": "stream", "streamUrl": URLS, "loop": 2},
        {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "submitOnHash": True},
         "eventUrl": ["https://example.com/event"]},
    ]  # fmt: skip
    assert to_python(ncco) == (
        "ncco = [\n"
        '    {"action": "stream", "streamUrl": ["https://example.com/audio/music.mp3"], "loop": 2},\n'
        "    {\n"
        '        "action": "input",\n'
        '        "type": ["dtmf"],\n'
        '        "dtmf": {"maxDigits": 1, "submitOnHash": True},\n'
        '        "eventUrl": ["https://example.com/event"],\n'
        "    },\n"
        "]\n"
    )


def test_no_character_can_change_what_the_source_seems_to_be() -> None:
    source = to_python([{"action": "talk", "text": "\u202e\u2028\x00\ud800\n\u200b"}])
    assert source.isascii() and source.count("\n") == 3
    assert executed(source) == [{"action": "talk", "text": "\u202e\u2028\x00\ud800\n\u200b"}]


def test_what_is_no_ncco_is_refused() -> None:
    for wrong in ("[", {"action": "talk"}, None, 5):
        with pytest.raises(NccoError):
            to_python(wrong)
    with pytest.raises(NccoError, match="nested too deeply"):
        to_python(deep_list(100_000))


def test_what_is_no_json_is_shown_as_text() -> None:
    source = to_python([{"action": "talk", "text": {1, }, "level": float("nan"), "loop": 10**5000}])  # fmt: skip
    [item] = executed(source)
    assert item["text"] == "{1}" and item["level"] != item["level"] and item["loop"] == 10**5000
