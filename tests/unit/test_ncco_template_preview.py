"""The preview of a template, and the data it is tried out with: made up, or what a recorded call brought."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.ncco import NccoError, render
from helpers.ncco.templates.preview import preview, sample_data
from helpers.ncco.templates.templates import template_problems
from tests.unit.builder_page import cells, tags
from tests.unit.calls import PHONE, inbound

TEMPLATE = [
    {"action": "stream", "streamUrl": ["{{url}}/{{file}}?for={{msg.who}}&raw={{{msg.who}}}"], "loop": "{{times}}"},
    {"action": "talk", "text": "<speak>{{msg.who}} {{nmae}}</speak>"},
    {"action": "notify", "payload": {"all": "{{msg}}"}, "eventUrl": ["{{url}}/event"]},
    {"action": "talk", "text": "Hello {{name"},
]
VARIABLES = {"url": "https://example.com", "file": "a b.mp3", "msg": {"who": "Tom & J"}, "times": "2", "name": "Ann"}


def test_the_preview_tells_what_each_placeholder_becomes_and_how() -> None:
    view = preview(TEMPLATE, VARIABLES)
    rows = cells(view.bundle["text/html"])
    assert ["[0] streamUrl", "{{url}}", "https://example.com", "https://example.com",
            "the start of an address: as it is"] in rows  # fmt: skip
    assert ["[0] streamUrl", "{{file}}", "a b.mp3", "a%20b.mp3",
            "the path of an address: percent-encoded, but for /"] in rows  # fmt: skip
    assert ["[0] streamUrl", "{{msg.who}}", "Tom & J", "Tom%20%26%20J",
            "the query of an address: percent-encoded"] in rows  # fmt: skip
    assert ["[0] streamUrl", "{{{msg.who}}}", "Tom & J", "Tom & J", "as it is, because of its braces"] in rows
    assert ["[0] loop", "{{times}}", "2", "2", "a value of its own: with its type"] in rows
    assert ["[1] text", "{{msg.who}}", "Tom & J", "Tom &amp; J", "SSML: & < > and quotes written as entities"] in rows
    assert ["[1] text", "{{nmae}}", "—", "—", "not known: stays as it is"] in rows
    assert ["[0] loop", "{{times}}", "2 (a number)"] in rows
    assert ["[2] payload.all", "{{msg}}", '{"who": "Tom & J"} (an object)'] in rows
    assert ["[3] text", "Hello {{name", "Hello {{name"] in rows
    assert [row[:2] for row in rows[-3:]] == [["advice", "[0] streamUrl"], ["error", "[1] text"], ["error", "[3] text"]]
    assert "Did you mean {{name}}?" in rows[-2][-1]


def test_the_preview_has_the_same_facts_as_text() -> None:
    view = preview(TEMPLATE, VARIABLES)
    for row in cells(view.bundle["text/html"]):
        for cell in row:
            assert " ".join(cell.split()) in view.text
    assert "Placeholders, from the given data" in view.text
    assert view.text.index("Before and after") < view.text.index("To put right")


def test_html_in_the_preview_is_text() -> None:
    markup = "<script>alert(1)</script>"
    view = preview([{"action": "talk", "text": f"{markup}{{{{x}}}}{{{{{markup}}}}}"}], {"x": markup})
    assert "script" not in tags(view.bundle["text/html"])
    assert view.text.count(markup) >= 3


@pytest.mark.parametrize("data", [[], [{"action": "talk", "text": "Hello"}], {"to": PHONE}, "[]"])
def test_without_placeholders_the_preview_says_so(data: Any) -> None:
    assert str(preview(data)) == "There is no placeholder in it: nothing to fill in."


def test_a_preview_of_a_call_and_of_json_text() -> None:
    view = preview({"to": "{{msg.payload}}", "answer_url": ["https://example.com/a?n={{msg.payload}}"]})
    assert "made-up data" in view.text and "to          {{msg.payload}}" in view.text
    assert "https://example.com/a?n=447700900001" in view.text
    assert "447700900001" in preview('[{"action": "talk", "text": "{{msg.call.from}}"}]').text
    with pytest.raises(NccoError, match="not JSON"):
        preview("[{")


def test_a_long_preview_is_cut_and_says_so() -> None:
    view = preview([{"action": "talk", "text": "{{name}}" * 500}], {"name": "Ann"})
    assert "Placeholders, from the given data (and 300 more)" in view.text
    big = preview([{"action": "talk", "text": "{{all}}"}], {"all": list(range(1, 100))})
    assert "a list of 99" in big.text


# --- made-up data ----------------------------------------------------------------------------------------------------


def test_made_up_data_is_what_an_answer_webhook_brings() -> None:
    message = sample_data()["msg"]
    assert message["payload"] == message["call"]["from"] == "447700900001"
    assert message["req"] == {"method": "GET", "query": message["call"], "body": {}}
    told = inbound().call().entries("webhook", type="answer")[0]["payload"]
    assert told.keys() <= message["call"].keys()
    assert message["event"].keys() >= {"status", "direction", "uuid", "conversation_uuid", "timestamp"}


def test_made_up_data_has_what_an_input_brings_if_it_is_asked_for() -> None:
    assert "dtmf" not in sample_data()["msg"]["call"]
    template = "{{msg.call.dtmf.digits}} {{msg.call.speech.results.0.text}}"
    assert render(template, sample_data(template)) == "42 yes please"


def test_other_names_are_not_made_up() -> None:
    ncco = [{"action": "talk", "text": "{{colour}}"}]
    assert [p.rule for p in template_problems(ncco, sample_data(ncco))] == ["unknown-variable"]


def test_made_up_data_is_new_each_time() -> None:
    first = sample_data()
    first["msg"]["call"]["from"] = first["msg"]["req"]["query"]["from"] = "x"
    assert sample_data()["msg"]["call"]["from"] == sample_data()["msg"]["req"]["query"]["from"] == "447700900001"
