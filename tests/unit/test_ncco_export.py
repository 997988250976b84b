"""An NCCO as Python and curl, and the reference and help made from the models."""

from __future__ import annotations

import json
import shlex
from html.parser import HTMLParser
from typing import Any

import pytest

from helpers.errors import KitError
from helpers.ncco import ACTIONS, NccoError, describe, parse, reference, to_curl, to_python
from helpers.ncco.schema import options_of, walk

from .test_ncco_models import FULL

NASTY = [
    {"action": "talk", "text": "It's \"5 o'clock\" & $HOME `id` \\ é\nline"},
    {"action": "connect", "endpoint": [{"type": "websocket", "uri": "ws://x", "content-type": "audio/l16;rate=8000"}],
     "from": "447700900000"},
]  # fmt: skip


@pytest.mark.parametrize("data", [FULL, NASTY], ids=["full", "nasty"])
@pytest.mark.parametrize("models", [False, True])
def test_the_python_makes_the_same_ncco(data: list[Any], models: bool) -> None:
    names: dict[str, Any] = {}
    exec(to_python(data, models=models), names)
    assert parse(names["ncco"]).to_list() == parse(data).to_list()


def test_the_python_reads_well() -> None:
    assert to_python([{"action": "stream", "streamUrl": ["https://example.com/a.mp3"], "loop": 2}]) == (
        "ncco = [\n    {\n        'action': 'stream',\n        'streamUrl': ['https://example.com/a.mp3'],\n"
        "        'loop': 2,\n    },\n]\n"
    )
    assert "    Stream(streamUrl=['https://example.com/a.mp3']),\n" in to_python(
        [{"action": "stream", "streamUrl": ["https://example.com/a.mp3"]}], models=True
    )


@pytest.mark.parametrize("data", [FULL, NASTY], ids=["full", "nasty"])
def test_the_curl_command_sends_the_same_ncco(data: list[Any]) -> None:
    command = to_curl(data, "447700900001", "447700900000")
    words = shlex.split(command.replace("\\\n", " "))
    assert words[:4] == ["curl", "-X", "POST", "https://api.nexmo.com/v1/calls"]
    assert "Authorization: Bearer $JWT" in words and '"Authorization: Bearer $JWT"' in command
    body = json.loads(words[words.index("-d") + 1])
    assert body["ncco"] == parse(data).to_list()
    assert body["to"] == [{"type": "phone", "number": "447700900001"}]
    assert body["from"] == {"type": "phone", "number": "447700900000"}
    assert "http://127.0.0.1:9000/v1/calls" in to_curl(
        data, "447700900001", "447700900000", "http://127.0.0.1:9000/v1/calls"
    )


def test_a_wrong_number_or_ncco_is_not_exported() -> None:
    with pytest.raises(KitError, match=r"to must be digits only.*447700900001"):
        to_curl(FULL, "+447700900001", "447700900000")
    with pytest.raises(KitError, match="from_ is no phone number"):
        to_curl(FULL, "447700900001", 447700900000)  # type: ignore[arg-type]
    with pytest.raises(NccoError):
        to_python([])


class _Cells(HTMLParser):
    rows = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.rows += tag == "tr"


def test_the_reference_has_every_option_of_every_action() -> None:
    table = reference()
    wanted = [(name, path) for name, model in ACTIONS.items() for path, _ in walk(options_of(model))]
    assert [row[:2] for row in table.rows] == wanted
    assert table.markdown.count("\n") == len(wanted) + 1
    cells = _Cells()
    cells.feed(table.html)
    assert cells.rows == len(wanted) + 1
    assert "&lt;speak&gt;" in table.html and "<speak>" not in table.html
    assert ("talk", "voiceName") in wanted and "Deprecated." in str(reference("talk"))
    assert set(table._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert repr(table) == str(table)


def test_help_for_an_action_and_for_an_option() -> None:
    assert str(describe("stream")).startswith("stream: Play an audio file into the call.")
    assert "runs in the background" in describe("record").title
    loop = str(describe("stream", "loop"))
    assert "whole number, 0 or more" in loop and "default 1" in loop and 'Example: "loop": 2' in loop
    assert "dtmf.timeOut" in str(describe("input", "dtmf")) and "0 to 10" in str(describe("input", "dtmf.timeOut"))
    assert "country code" in str(describe("connect", "endpoint.number"))


def test_help_for_what_is_not_there_says_what_is() -> None:
    with pytest.raises(KitError, match="Did you mean stream"):
        describe("straem")
    with pytest.raises(KitError, match="The actions are: stream, talk"):
        reference("xyzzy")
    with pytest.raises(KitError, match="Did you mean loop"):
        describe("stream", "lop")
    with pytest.raises(KitError, match="Its options are: streamUrl"):
        describe("stream", "xyzzy")
