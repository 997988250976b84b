"""Templates: the right escape for each destination, and what is said about a wrong one."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from helpers.errors import KitError
from helpers.ncco import NccoError, TemplateError, parse, render, render_ncco

NASTY = 'Tom & Jo <b> "quoted" it\'s 5/4 é \\ \n?#%'
URL = "https://example.com/a.mp3"


@pytest.mark.parametrize("value", ["https://example.com/a?b=c&d=e", "Tom & J", "<\"'>"])
def test_text_is_never_escaped_for_html(value: str) -> None:
    assert render("{{x}}", {"x": value}) == render("{{{x}}}", {"x": value}) == value


def test_each_destination_gives_the_value_back_when_it_is_read() -> None:
    values = {"x": NASTY}
    assert json.loads(render('{"a": "{{x}}"}', values, destination="json")) == {"a": NASTY}
    assert parse_qs(urlsplit(render("http://h/?a={{x}}&b=1", values, destination="url")).query) == {
        "a": [NASTY],
        "b": ["1"],
    }
    for destination in ("ssml", "xml"):
        assert ElementTree.fromstring(render("<speak>{{x}}</speak>", values, destination=destination)).text == NASTY
        assert (
            ElementTree.fromstring(render("<a b='{{x}}'/>", {"x": "it's \"<&"}, destination=destination).strip()).get(
                "b"
            )
            == "it's \"<&"
        )


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{number}}", "447700900001"),
        ("{{ msg.payload }}", "447700900002"),
        ("{{msg.deep.er}}", "3"),
        ("{{yes}} {{none}}|{{some}}", 'true |[1, "a"]'),
        ("{{#some}}<{{.}}>{{/some}}", "<1><a>"),
        ("{{^no}}off{{/no}}{{! a remark }}", "off"),
        ('{"a":{"b":1}}', '{"a":{"b":1}}'),
        ("", ""),
    ],
)
def test_the_tutorials_mustache_is_understood(template: str, text: str) -> None:
    variables = {
        "number": 447700900001, "msg": {"payload": "447700900002", "deep": {"er": 3}}, "yes": True, "no": False,
        "none": None, "some": [1, "a"],
    }  # fmt: skip
    assert render(template, variables) == text


def test_an_unknown_variable_is_named_with_the_known_ones() -> None:
    with pytest.raises(TemplateError) as caught:
        render("Call {{msg.number}}", {"msg": {"payload": 1}, "url": "x"})
    assert "msg.number" in caught.value.message
    assert caught.value.cure == "Known are: msg.payload, url."
    assert caught.value.template == "Call {{msg.number}}"
    assert isinstance(caught.value, KitError)
    with pytest.raises(TemplateError, match="Known are: none"):
        render("{{x}}", {})


@pytest.mark.parametrize(
    "template",
    ["{{number", "{{number}", "{{}}", "{{ }}", "{{{number}}", "{{#a}}x", "{{/a}}", "{{#a}}{{/b}}", "{{>other}}"],
)
def test_a_malformed_template_is_shown_with_its_cure(template: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render(template, {"number": "1", "a": "1", "b": "1"})
    assert caught.value.cure


def test_an_unknown_destination_is_refused() -> None:
    with pytest.raises(TemplateError, match="Use one of text, url, json"):
        render("a", {}, destination="html")


def test_an_ncco_is_rendered_text_by_text() -> None:
    template = [
        {"action": "stream", "streamUrl": ["{{url}}/{{file}}?for={{who}}"], "loop": "{{times}}", "bargeIn": "{{on}}"},
        {"action": "talk", "text": "<speak>Hello {{who}}</speak>"},
        {"action": "talk", "text": "Hello {{who}}"},
        {"action": "input", "type": ["dtmf"]},
        {"action": "connect", "endpoint": [{"type": "phone", "number": "{{msg.payload}}"}], "from": "{{msg.payload}}"},
        {
            "action": "notify",
            "payload": {"all": "{{msg}}", "text": "is {{msg.payload}}"},
            "eventUrl": ["{{url}}/event"],
        },
    ]
    variables: dict[str, Any] = {
        "url": "http://127.0.0.1:8000", "file": "my song.mp3", "who": 'Tom & J "x"', "times": 2, "on": False,
        "msg": {"payload": 447700900001},
    }  # fmt: skip
    before = json.dumps(template)
    done = render_ncco(template, variables)
    assert done[0] == {
        "action": "stream",
        "streamUrl": ["http://127.0.0.1:8000/my%20song.mp3?for=Tom%20%26%20J%20%22x%22"],
        "loop": 2,
        "bargeIn": False,
    }
    assert done[1]["text"] == "<speak>Hello Tom &amp; J &quot;x&quot;</speak>"
    assert done[2]["text"] == 'Hello Tom & J "x"'
    assert done[4] == {
        "action": "connect",
        "endpoint": [{"type": "phone", "number": "447700900001"}],
        "from": "447700900001",
    }
    assert done[5]["payload"] == {"all": {"payload": 447700900001}, "text": "is 447700900001"}
    assert parse(done).advice == []
    assert json.dumps(template) == before
    assert render_ncco(json.dumps(template), variables) == done


@pytest.mark.parametrize("who", [NASTY, '"}]', "</speak>", "&amp;"])
def test_no_value_can_break_the_ncco_it_goes_into(who: str) -> None:
    text = (
        '[{"action": "talk", "text": "<speak>{{who}}</speak>"}, {"action": "notify", "payload": {"a": "{{who}}"}, '
        '"eventUrl": ["' + URL + '?a={{who}}"]}]'
    )
    ncco = parse(render_ncco(text, {"who": who}))
    assert ncco.advice == []
    assert ncco.to_list()[1]["payload"] == {"a": who}


def test_a_whole_address_goes_in_as_it_is() -> None:
    assert render_ncco([{"action": "stream", "streamUrl": ["{{url}}"]}], {"url": f"{URL}?a=b&c=d"})[0]["streamUrl"] == [
        f"{URL}?a=b&c=d"
    ]
    assert render_ncco([{"action": "stream", "streamUrl": ["https://{{host}}/a"]}], {"host": "h.example:80"})[0][
        "streamUrl"
    ] == ["https://h.example:80/a"]


def test_a_template_that_is_not_json_is_refused() -> None:
    with pytest.raises(NccoError, match="a placeholder stands in quotes"):
        render_ncco('[{"action": "stream", "loop": {{n}}}]', {"n": 1})
    with pytest.raises(TemplateError, match="Known are: n"):
        render_ncco([{"action": "stream", "loop": "{{m}}"}], {"n": 1})


@pytest.mark.parametrize(("template", "variables"), [(None, {}), (5, {}), ("{{a}}", None), ("{{a}}", ["a"])])
def test_a_template_is_a_text_and_its_variables_a_dict(template: Any, variables: Any) -> None:
    with pytest.raises(TemplateError, match=r"A template is a text.*render\("):
        render(template, variables)
