"""Templates: Mustache, the right escape for each destination, lazy look-up, and what is said about a wrong one."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pystache
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from helpers.base.errors import KitError
from helpers.ncco import Ncco, NccoError, Problem, Talk, TemplateError, check, parse, render, render_ncco
from helpers.ncco.templates.filling import fill_in
from helpers.ncco.templates.templates import placeholders, render_call, template_problems
from tests.unit.effort import soon

URL = "https://example.com/a.mp3"


@pytest.mark.parametrize("value", ["https://example.com/a?b=c&d=e", "Tom & J", "<\"'>", "<script>alert(1)</script>"])
def test_text_is_never_escaped_for_html(value: str) -> None:
    assert render("{{x}}", {"x": value}) == render("{{{x}}}", {"x": value}) == value


def test_an_unknown_variable_is_named_with_the_known_ones() -> None:
    with pytest.raises(TemplateError) as caught:
        render("Call {{msg.number}}", {"msg": {"payload": 1}, "url": "x"})
    assert "msg.number" in caught.value.message
    assert caught.value.cure == "Known are: msg.payload, url."
    assert caught.value.template == "Call {{msg.number}}"
    assert isinstance(caught.value, KitError)
    with pytest.raises(TemplateError, match="Known are: none"):
        render("{{x}}", {})


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


def test_a_template_that_is_not_json_is_refused() -> None:
    with pytest.raises(NccoError, match="a placeholder stands in quotes"):
        render_ncco('[{"action": "stream", "loop": {{n}}}]', {"n": 1})
    with pytest.raises(TemplateError, match="Known are: n"):
        render_ncco([{"action": "stream", "loop": "{{m}}"}], {"n": 1})


@pytest.mark.parametrize(("template", "variables"), [(None, {}), (5, {}), ("{{a}}", None), ("{{a}}", ["a"])])
def test_a_template_is_a_text_and_its_variables_a_dict(template: Any, variables: Any) -> None:
    with pytest.raises(TemplateError, match=r"A template is a text.*render\("):
        render(template, variables)


# --- Mustache ---------------------------------------------------------------------------------------------------------

WORDS: dict[str, Any] = {
    "a": "A<&>", "n": 3, "yes": True, "no": False, "none": None, "empty": [], "list": ["x", "y"],
    "people": [{"name": "Ann", "a": "inner"}, {"name": "Bo"}], "msg": {"payload": "p", "call": {"from": "f"}},
    "number": 447700900001, "mixed": [1, "a"],
}  # fmt: skip
_templates = st.lists(st.sampled_from([
    "text", " ", "\n", "\r\n", "  ", "{{a}}", "{{{a}}}", "{{&a}}", "{{n}}", "{{msg.payload}}", "{{ msg.call.from }}",
    "{{! remark }}", "}}", "{ ", "{{yes}}", "{{none}}",
]), max_size=12).map("".join)  # fmt: skip


@given(template=_templates)
def test_what_is_rendered_is_what_mustache_renders(template: str) -> None:
    class Plain(pystache.Renderer):  # type: ignore[misc]
        def str_coerce(self, value: Any) -> str:
            return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)

    # Blanks behind the last tag of a line: mustache.js, which Node-RED uses, takes them away too; pystache does not.
    assume("{{{a}}}}" not in template and not re.search(r"}} +([\r\n]|$)", template))
    expected = Plain(escape=lambda text: text, missing_tags="strict").render(template, WORDS)
    assert render(template, WORDS) == expected


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{people.1.name}} {{list.0}}", "Bo x"),
        ("{{&a}} {{{ a }}}", "A<&> A<&>"),
        ("{{a}}}", "A<&>}"),
        ("a }} b { c", "a }} b { c"),
        ("Dear\n{{! who }}\n  you\n", "Dear\n  you\n"),
        # As the tutorial writes it.
        ("{{number}}", "447700900001"),
        ("{{ msg.payload }}", "p"),
        ("{{yes}} {{none}}|{{mixed}}", 'true |[1, "a"]'),
        ("off{{! a remark }}", "off"),
        ('{"a":{"b":1}}', '{"a":{"b":1}}'),
        ("", ""),
    ],
)
def test_remarks_and_dotted_names(template: str, text: str) -> None:
    assert render(template, WORDS) == text


@pytest.mark.parametrize("value", [2.0, 1e14, -0.5, 10**20])
def test_a_number_is_written_as_json_and_node_red_write_it(value: Any) -> None:
    assert float(render("{{x}}", {"x": value})) == value
    assert not render("{{x}}", {"x": value}).endswith(".0")


# --- escaping ---------------------------------------------------------------------------------------------------------


def address_of(template: str, variables: Any) -> str:
    """What becomes of an address in an NCCO."""
    [url] = render_ncco([{"action": "stream", "streamUrl": [template]}], variables)[0]["streamUrl"]
    return str(url)


texts = st.text(max_size=30) | st.text(alphabet="/?#&=%.:;@[]\\<>\"'{} \n\r\t\x00-+a1é℀／", max_size=12)


@given(value=texts)
@pytest.mark.parametrize(
    "template",
    ["https://example.com/a/b?q={{x}}&r=1", "{{url}}/b?r=1&q={{x}}", "{{url}}/b?r=1&q={{x}}#end"],
)
def test_a_value_in_a_query_comes_back_and_leaves_the_address_as_it_was(template: str, value: str) -> None:
    parts = urlsplit(address_of(template, {"x": value, "url": "https://example.com/a"}))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "example.com", "/a/b")
    assert parse_qs(parts.query, keep_blank_values=True, errors="surrogatepass") == {"q": [value], "r": ["1"]}


@given(value=texts)
def test_a_value_in_a_path_stays_in_the_path(value: str) -> None:
    parts = urlsplit(address_of("https://example.com/a/{{x}}/c.mp3?q=1", {"x": value}))
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", "example.com", "q=1", "")
    assert parts.path.startswith("/a/") and parts.path.endswith("/c.mp3")
    assert unquote(parts.path) == f"/a/{value}/c.mp3"
    assert not {".", ".."} & set(parts.path.split("/"))


@given(value=texts)
@pytest.mark.parametrize("template", ["https://{{x}}.example.com/a?b=1", "https://{{x}}@example.com/a?b=1"])
def test_a_value_in_a_host_leads_to_no_other_host(template: str, value: str) -> None:
    parts = urlsplit(address_of(template, {"x": value}))
    assert parts.netloc.endswith("example.com") and (parts.scheme, parts.path, parts.query) == ("https", "/a", "b=1")


@pytest.mark.parametrize(
    ("template", "value", "address"),
    [
        ("{{x}}", "https://example.com/a b?c=d&e=f#g", "https://example.com/a b?c=d&e=f#g"),
        ("{{x}}/b?c={{x}}", "https://h/a", "https://h/a/b?c=https%3A%2F%2Fh%2Fa"),
        ("{{x}}&y={{x}}", "https://h/a?z=1&2", "https://h/a?z=1&2&y=https%3A%2F%2Fh%2Fa%3Fz%3D1%262"),
        ("https://{{x}}/a", "h.example:80", "https://h.example:80/a"),
        ("https://{{x}}/a", "h.example/base", "https://h.example%2Fbase/a"),
        ("https://{{x}}.example.com/", "evil.example/", "https://evil.example%2F.example.com/"),
        ("https://example.com{{x}}", "/a b", "https://example.com/a%20b"),
        ("https://example.com{{x}}", "@evil.example", "https://example.com%40evil.example"),
        ("https://example.com:{{x}}/a", "80", "https://example.com:80/a"),
        ("https://h/{{x}}", "music/a b.mp3", "https://h/music/a%20b.mp3"),
        ("https://h/{{x}}", "../secret", "https://h/%2E%2E/secret"),
        ("https://h/a?{{x}}", "b=c", "https://h/a?b%3Dc"),
        ("https://h/a#{{x}}", "b?c", "https://h/a#b%3Fc"),
        ("https://h/a?{{{x}}}", "b=c&d", "https://h/a?b=c&d"),
        ("https://h/?a={{x}}", "\ud83d", "https://h/?a=%3F"),
        ("wss://h/{{x}}", "a?b", "wss://h/a%3Fb"),
        ("/audio/{{x}}", "a?b", "/audio/a%3Fb"),
        ("sip:{{x}}@sip.example.com", "a@b;c", "sip:a%40b%3Bc@sip.example.com"),
        ("sip:{{x}}", "reception@sip.example.com", "sip:reception@sip.example.com"),
        ("sip:a@{{x}};transport=tls", "sip.example.com:5061", "sip:a@sip.example.com:5061;transport=tls"),
    ],
)
def test_a_value_in_an_address_is_written_for_its_place(template: str, value: str, address: str) -> None:
    assert address_of(template, {"x": value}) == address


_not_xml = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
wild = texts | st.text(alphabet=st.characters(categories=["Cc", "Cs", "Cn", "Lu", "So"]), max_size=10)


@given(value=wild)
def test_a_value_in_ssml_is_spoken_as_it_is(value: str) -> None:
    template = "<speak>a <s>{{x}}</s><prosody rate='{{x}}' pitch=\"{{x}}\">b</prosody></speak>"
    action = render_ncco([{"action": "talk", "text": template}], {"x": value})[0]
    root = ElementTree.fromstring(action["text"])
    kept = _not_xml.sub("", value)
    assert [one.text or "" for one in root] == [kept, "b"]
    assert root[1].attrib == {"rate": kept, "pitch": kept}
    assert [one.tag for one in root.iter()] == ["speak", "s", "prosody"]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{x}} <speak>{{x}}", "<&> <speak><&>"),
        ("{{! spoken }}<speak>{{x}}</speak>", "<speak>&lt;&amp;&gt;</speak>"),
        (" <speak version='1.1'>{{x}}</speak>", " <speak version='1.1'>&lt;&amp;&gt;</speak>"),
        ("<speaker>{{x}}", "<speaker><&>"),
        ("<b>{{x}}</b>", "<b><&></b>"),
    ],
)
def test_only_the_templates_own_speak_makes_ssml(template: str, text: str) -> None:
    assert render_ncco([{"action": "talk", "text": template}], {"x": "<&>"})[0]["text"] == text


@given(value=wild)
def test_an_ncco_of_json_text_holds_every_value(value: str) -> None:
    assume(not any("\ud800" <= c <= "\udfff" for c in value))
    source = '[{"action": "notify", "payload": {"a": ["{{x}}"], "b": "is {{x}}"}, "eventUrl": ["https://h/?a={{x}}"]}]'
    made = render_ncco(source, {"x": value})
    assert made[0]["payload"] == {"a": [value], "b": f"is {value}"}
    assert json.loads(json.dumps(made)) == made
    assert parse(made)


# --- values and their types -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "template", "value", "made"),
    [
        ("loop", "{{x}}", "2", 2),
        ("loop", " {{x}} ", 0, 0),
        ("loop", "1{{x}}", "0", 10),
        ("level", "-{{x}}", 0.5, -0.5),
        ("level", "{{x}}", "0.5", 0.5),
        ("level", "{{x}}", "loud", "loud"),
        ("loop", "{{x}}", "9" * 400, "9" * 400),
        ("loop", "{{x}}", None, None),
        ("bargeIn", "{{x}}", "true", True),
        ("bargeIn", "{{x}}", "false", False),
        ("bargeIn", "{{x}}", "yes", "yes"),
        ("bargeIn", "{{x}}", False, False),
        ("streamUrl", "{{x}}", ["https://h/a"], ["https://h/a"]),
        ("streamUrl", "{{x}}", "https://h/a", "https://h/a"),
        ("streamUrl", ["{{x}}"], "https://h/a?b", ["https://h/a?b"]),
        ("unknown", "{{x}}", {"a": (1, 2)}, {"a": [1, 2]}),
        ("unknown", {"deep": ["{{x}}"]}, 5, {"deep": [5]}),
        ("unknown", "https://h/?a={{x}}", "b c", "https://h/?a=b%20c"),
    ],
)
def test_a_value_gets_the_type_that_the_option_takes(option: str, template: Any, value: Any, made: Any) -> None:
    done = render_ncco([{"action": "stream", option: template}], {"x": value})[0][option]
    assert done == made and type(done) is type(made)


@pytest.mark.parametrize(
    ("endpoint", "made"),
    [
        ({"type": "phone", "number": "{{n}}"}, {"type": "phone", "number": "447700900001"}),
        ({"type": "{{t}}", "number": "{{n}}"}, {"type": "phone", "number": "447700900001"}),
        ({"type": "vbc", "extension": "{{n}}"}, {"type": "vbc", "extension": "447700900001"}),
        ({"type": "sip", "uri": "sip:{{n}}@{{h}}"}, {"type": "sip", "uri": "sip:447700900001@sip.example.com"}),
        (
            {"type": "websocket", "uri": "wss://{{h}}/?n={{x}}", "headers": {"n": "{{n}}"}},
            {"type": "websocket", "uri": "wss://sip.example.com/?n=a%26b", "headers": {"n": 447700900001}},
        ),
    ],
)  # fmt: skip
def test_endpoints(endpoint: Any, made: Any) -> None:
    variables = {"n": 447700900001, "t": "phone", "h": "sip.example.com", "x": "a&b"}
    assert render_ncco([{"action": "connect", "endpoint": [endpoint]}], variables)[0]["endpoint"] == [made]


def test_lists_of_texts_hold_texts() -> None:
    action = {"action": "input", "type": ["{{t}}"], "speech": {"context": ["{{n}}", "{{n}} left"], "uuid": "{{ids}}"}}
    done = render_ncco([action], {"t": "speech", "n": 5, "ids": ["a"]})[0]
    assert done["type"] == ["speech"] and done["speech"] == {"context": ["5", "5 left"], "uuid": ["a"]}


def test_what_is_made_shares_nothing_with_template_or_variables() -> None:
    template, variables = [{"action": "notify", "payload": {"a": [1], "b": "{{x}}"}}], {"x": {"list": [1]}}
    done = render_ncco(template, variables)
    done[0]["payload"]["a"].append(2)
    done[0]["payload"]["b"]["list"].append(2)
    assert (template[0]["payload"], variables) == ({"a": [1], "b": "{{x}}"}, {"x": {"list": [1]}})


# --- looking up -------------------------------------------------------------------------------------------------------


class Counted(Mapping[str, Any]):
    """Tells what was looked up, and cannot be gone through."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values_, self.asked = values, [""]
        self.asked.clear()

    def __getitem__(self, name: str) -> Any:
        self.asked.append(name)
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the variables were gone through")

    def __len__(self) -> int:
        raise AssertionError("the variables were counted")


def test_only_what_a_template_names_is_looked_up() -> None:
    inner = Counted({"payload": "447700900001", "secret": "x"})
    outer = Counted({"msg": inner, "url": "https://h", "other": "x"})
    ncco = [
        {"action": "talk", "text": "{{! other }}Hello {{msg.payload}}"},
        {"action": "stream", "streamUrl": ["{{url}}/{{msg.payload}}"], "loop": 1},
    ]
    made = render_ncco(ncco, outer)
    assert made[1]["streamUrl"] == ["https://h/447700900001"]
    assert outer.asked == ["msg", "url", "msg"] and inner.asked == ["payload", "payload"]
    assert template_problems(ncco, outer) == [] and render("{{msg.payload}}", outer) == "447700900001"
    assert render_call({"to": "{{msg.payload}}"}, outer) == {"to": "447700900001"}
    assert "other" not in outer.asked and "secret" not in inner.asked


def test_a_default_dict_does_not_grow() -> None:
    variables: defaultdict[str, Any] = defaultdict(dict)
    with pytest.raises(TemplateError):
        render("{{x}}", variables)
    assert variables == {}


@pytest.mark.parametrize("name", ["f", "f.__globals__", "s.upper", "p.name", "msg.__class__", "list.append", "list.-1",
                                  "list.9", "list.²", "n.real"])  # fmt: skip
def test_a_template_does_not_walk_into_python(name: str) -> None:
    variables = {"f": lambda: 1 / 0, "s": "text", "p": PurePosixPath("a"), "n": 5, "list": [1], "msg": {"a": 1}}
    with pytest.raises(TemplateError) as caught:
        render(f"{{{{{name}}}}}", variables)
    assert name in caught.value.message and caught.value.cure


_round: list[Any] = []
_round.append(_round)
_twice: list[Any] = ["x"]
for _ in range(40):
    _twice = [_twice, _twice]


@pytest.mark.parametrize(
    ("value", "message", "cure"),
    [
        (object(), "a Python object and cannot be written down", "Pass on a text"),
        (b"x", "a Python bytes and cannot be written down", "Pass on a text"),
        ({1}, "a Python set and cannot be written down", "Pass on a text"),
        ([object()], "a list and cannot be written down", "Pass on a text"),
        ({1: {2: {(): 1}}}, "an object and cannot be written down", "Pass on a text"),
        ([math.nan], "cannot be written down", "Pass on a text"),
        (math.inf, "a number and cannot be written down", "Pass on a text"),
        (10**5000, "a number and cannot be written down", "Pass on a text"),
        (_round, "cannot be written down", "Pass on a text"),
        pytest.param(_twice, "too large", "Pass on a part", marks=pytest.mark.hostile),
    ],
    ids=range(10),
)
def test_a_value_that_is_none_is_named(value: Any, message: str, cure: str) -> None:
    with pytest.raises(TemplateError) as caught:
        render("Hello {{x}}", {"x": value})
    assert message in caught.value.message and "{{x}}" in caught.value.message and cure in caught.value.cure
    (problem,) = template_problems([{"action": "talk", "text": "Hello {{x}}"}], {"x": value})
    assert problem.severity == "error" and message in problem.message and problem.cure == caught.value.cure


# --- unknown variables ------------------------------------------------------------------------------------------------

MSG = {"msg": {"payload": 1, "call": {"from": "4", "to": "5"}}, "name": "Ann", "guests": [{"first": "Bo"}]}


def fill(ncco: list[Any], variables: Any) -> tuple[list[Any], list[Problem]]:
    made, found = fill_in(ncco, variables)
    return made, [problem for some in found.values() for problem in some]


def problems_of(text: Any, variables: Any = MSG, **more: Any) -> list[Problem]:
    return template_problems([{"action": "wait", "timeout": 1}, {"action": "talk", "text": text, **more}], variables)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("{{nmae}}", "{{name}}"),
        ("{{Name}}", "{{name}}"),
        ("{{msg.paylod}}", "{{msg.payload}}"),
        ("{{payload}}", "{{msg.payload}}"),
        ("{{{ payload }}}", "{{{msg.payload}}}"),
        ("{{call.from}}", "{{msg.call.from}}"),
        ("{{msg.from}}", "{{msg.call.from}}"),
        ("{{mgs.payload}}", "{{msg.payload}}"),
        ("{{nmae}} {{nmae}}", "{{name}} {{name}}"),
        ("{{guests.0.frist}}", "{{guests.0.first}}"),
    ],
)
def test_an_unknown_variable_is_a_problem_with_a_fix(wrong: str, right: str) -> None:
    (problem,) = problems_of(wrong)
    assert (problem.rule, problem.severity, problem.action, problem.field) == ("unknown-variable", "error", 1, "text")
    assert problem.cure.startswith("Did you mean {{") and problem.why and "text of talk names" in problem.message
    ncco = [{"action": "wait", "timeout": 1}, {"action": "talk", "text": wrong}]
    assert problem.fix is not None and problem.fix.apply(ncco)[1]["text"] == right
    assert ncco[1]["text"] == wrong and problems_of(right) == []


def test_all_problems_are_told_at_once_and_their_fixes_go_together() -> None:
    ncco = [
        {"action": "talk", "text": "{{nmae}} {{msg.paylod}} {{zzz}}"},
        {"action": "stream", "streamUrl": ["https://h/?a={{Name}}"], "loop": "{{lop}}"},
        {"action": "connect", "endpoint": [{"type": "phone", "number": "{{payload}}"}]},
        {"action": "notify", "payload": {"a": {"b": ["{{nmae}}"]}}},
    ]
    found = template_problems(ncco, MSG)
    assert {p.rule for p in found} == {"unknown-variable"}
    places = [*[(0, "text")] * 3, (1, "streamUrl"), (1, "loop"), (2, "endpoint.number"), (3, "payload.a.b")]
    assert [(p.action, p.field) for p in found] == places
    fixed: Any = ncco
    for problem in found:
        fixed = problem.fix.apply(fixed) if problem.fix else fixed
    assert fixed[0]["text"] == "{{name}} {{msg.payload}} {{zzz}}"
    assert fixed[1]["streamUrl"] == ["https://h/?a={{name}}"]
    assert fixed[2]["endpoint"][0]["number"] == "{{msg.payload}}"
    assert fixed[3]["payload"]["a"] == {"b": ["{{name}}"]}


@pytest.mark.parametrize("text", ["other {{a}}", "none", 5])
def test_a_fix_for_a_text_that_is_gone_says_so(text: Any) -> None:
    (problem,) = problems_of("{{nmae}}")
    assert problem.fix is not None
    with pytest.raises(KitError, match="has changed since"):
        problem.fix.apply([{}, {"action": "talk", "text": text}])


def test_without_a_near_name_the_known_ones_are_told() -> None:
    (problem,) = problems_of("{{colour}}")
    assert problem.cure == "Known are: msg.payload, msg.call.from, msg.call.to, name, guests.0.first."
    assert problem.fix is None
    (problem,) = problems_of("{{colour}}", {f"v{n}": n for n in range(1000)})
    assert problem.cure.endswith("v19, ….")


@pytest.mark.parametrize(
    ("text", "place", "said", "cure"),
    [
        ("Hello {{name", 7, "a placeholder is not closed", "Write it like {{number}}"),
        ("a {{number}", 3, "a placeholder is not closed", "Write it like"),
        ("a {{b {{name}}", 3, "a placeholder is not closed", "Write it like"),
        ("{{{name}}", 1, "a placeholder is not closed", "Write it like"),
        ("{{a{b}}", 1, "a placeholder is not closed", "Write it like"),
        ("{{}}", 1, "a placeholder is empty", "Write it like"),
        ("a{{ }}", 2, "a placeholder is empty", "Write it like"),
        ("{{msg..payload}}", 1, "{{msg..payload}} has a dot too many", "{{msg.payload}}"),
        ("{{.name}}", 1, "{{.name}} has a dot too many", "{{msg.payload}}"),
        ("ab{{> other}}", 3, "it includes another template", "Render that one first"),
        ("{{=<% %>=}}", 1, "it changes the braces", "Write {{name}} everywhere"),
        ("a{{#guests}}{{.}}{{/guests}}", 2, "it repeats a part or leaves it out", "Make that text in Python"),
        ("{{^guests}}nobody", 1, "it repeats a part or leaves it out", "Make that text in Python"),
        ("a{{/guests}}", 2, "it repeats a part or leaves it out", "Make that text in Python"),
        ("{{.}}", 1, "{{.}} has a dot too many", "{{msg.payload}}"),
    ],
)
def test_a_malformed_template_is_told_with_its_place(text: str, place: int, said: str, cure: str) -> None:
    (problem,) = problems_of(text)
    assert (problem.rule, problem.action, problem.field) == ("malformed-template", 1, "text")
    assert f"text of talk is malformed at character {place}: " in problem.message
    assert said in problem.message and cure in problem.cure
    with pytest.raises(TemplateError) as caught:
        render(text, MSG)
    assert said in caught.value.message and cure in caught.value.cure
    ncco = [{"action": "wait", "timeout": 1}, {"action": "talk", "text": text}]
    assert problem in check(ncco, variables=MSG) and [p for p in check(ncco) if p.severity == "error"]


# --- three braces -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "rule", "fixed"),
    [
        ({"action": "stream", "streamUrl": ["https://h/?a={{{x}}}&b={{{x}}}"]}, "raw-in-address",
         {"action": "stream", "streamUrl": ["https://h/?a={{x}}&b={{x}}"]}),
        ({"action": "stream", "streamUrl": ["{{url}}/a/{{&x}}"]}, "raw-in-address",
         {"action": "stream", "streamUrl": ["{{url}}/a/{{x}}"]}),
        ({"action": "talk", "text": "<speak>{{{x}}}</speak>"}, "raw-in-ssml",
         {"action": "talk", "text": "<speak>{{x}}</speak>"}),
        ({"action": "stream", "streamUrl": ["{{{url}}}/a"]}, None, None),
        ({"action": "talk", "text": "{{{x}}}"}, None, None),
        ({"action": "notify", "payload": {"a": "{{{x}}} b"}}, None, None),
    ],
)  # fmt: skip
def test_three_braces_where_they_can_break_something_are_told(action: Any, rule: Any, fixed: Any) -> None:
    variables = {"x": "a", "url": "https://h"}
    found = template_problems([action], variables)
    assert [(p.rule, p.severity) for p in found] == ([(rule, "advice")] if rule else [])
    assert render_ncco([action], variables)
    if rule:
        assert found[0].fix is not None and found[0].fix.apply([action]) == [fixed]
        assert template_problems([fixed], variables) == []


# --- filled in as far as possible -------------------------------------------------------------------------------------


def test_fill_keeps_what_it_cannot_fill_in() -> None:
    ncco = [
        {"action": "talk", "text": "{{name}} {{zzz}} {{{zzz}}}"},
        {"action": "talk", "text": "{{name}} {{name"},
        {"action": "stream", "streamUrl": ["https://h/{{name}}"], "loop": "{{zzz}}", "level": "{{msg.payload}}"},
    ]
    made, problems = fill(ncco, MSG)
    assert made == [
        {"action": "talk", "text": "Ann {{zzz}} {{{zzz}}}"},
        {"action": "talk", "text": "{{name}} {{name"},
        {"action": "stream", "streamUrl": ["https://h/Ann"], "loop": "{{zzz}}", "level": 1},
    ]
    assert [(p.action, p.field) for p in problems] == [(0, "text"), (1, "text"), (2, "loop")]
    assert template_problems("[{", MSG)[0].rule == "not-json"


_any_text = st.lists(
    st.sampled_from(["{{name}}", "{{nmae}}", "{{{msg}}}", "{{#guests}}", "{{/guests}}", "{{^name}}", "{{/name}}", "{{",
                     "}}", "{{first}}", "{{.}}", "https://", "<speak>", "/", "?", "a", "{{msg.payload}}", "\n", '"']),
    max_size=8,
).map("".join)  # fmt: skip


@given(text=_any_text, url=_any_text, loop=_any_text)
def test_no_error_is_told_if_and_only_if_it_can_be_rendered(text: str, url: str, loop: str) -> None:
    ncco = [{"action": "stream", "streamUrl": [url], "loop": loop}, {"action": "talk", "text": text}]
    made, problems = fill(ncco, MSG)
    errors = [p for p in problems if p.severity == "error"]
    if errors:
        with pytest.raises(TemplateError) as caught:
            render_ncco(ncco, MSG)
        assert caught.value.message in str(errors[0])
        assert (caught.value.action, caught.value.field) == (errors[0].action, errors[0].field)
    else:
        assert render_ncco(ncco, MSG) == made
    assert problems == template_problems(ncco, MSG) == [p for p in problems if p.action in (0, 1)]


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ("{{a}} {{b.c}} {{a}}", ["a", "b.c"]),
        ('[{"action": "talk", "text": "{{a}}"}]', ["a"]),
        (b'[{"action": "talk", "text": "{{a}}"}]', ["a"]),
        ([{"action": "talk", "text": "{{name}}{{{raw}}}{{&amp}}{{! no }}"}], ["name", "raw", "amp"]),
        ("{{#list}}{{name}}{{/list}}", []),
        ([{"action": "notify", "payload": {"key": ["{{value}}", {"x": "{{deep}}"}]}}], ["value", "deep"]),
        ({"to": [{"type": "phone", "number": "{{msg.payload}}"}], "ncco": [{"text": "{{a}}"}]}, ["msg.payload", "a"]),
        ([Talk(text="Hello")], []),
        ("{{a}} {{b", []),
        ("", []), (None, []), (5, []), ([], []), (b"\xff", []),
    ],
)  # fmt: skip
def test_placeholders(data: Any, names: list[str]) -> None:
    assert placeholders(data) == names


# --- the parameters of a call -----------------------------------------------------------------------------------------

CALL = {
    "msg": {"payload": 447700900001, "from": "447700900000", "who": "Tom & J"}, "url": "https://example.com",
    "seconds": "20", "hours": 7200, "yes": "true", "ncco": [{"action": "talk", "text": "Hello"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "made"),
    [
        ({"to": "{{msg.payload}}", "from_": "{{msg.from}}"}, {"to": "447700900001", "from_": "447700900000"}),
        (
            {"to": [{"type": "phone", "number": "{{msg.payload}}"}], "from": {"number": "{{msg.from}}"}},
            {"to": [{"type": "phone", "number": "447700900001"}], "from": {"number": "447700900000"}},
        ),
        ({"to": {"type": "phone", "number": "{{msg.payload}}"}}, {"to": {"type": "phone", "number": "447700900001"}}),
        ({"ringing_timer": "{{seconds}}", "length_timer": "{{hours}}"}, {"ringing_timer": 20, "length_timer": 7200}),
        ({"random_from_number": "{{yes}}"}, {"random_from_number": True}),
        (
            {"answer_url": ["{{url}}/answer?who={{msg.who}}"], "event_url": "{{url}}/event?who={{msg.who}}"},
            {"answer_url": ["https://example.com/answer?who=Tom%20%26%20J"],
             "event_url": "https://example.com/event?who=Tom%20%26%20J"},
        ),
        (
            {"ncco": [{"action": "talk", "text": "<speak>{{msg.who}}</speak>", "loop": "{{seconds}}"}]},
            {"ncco": [{"action": "talk", "text": "<speak>Tom &amp; J</speak>", "loop": 20}]},
        ),
        ({"ncco": "{{ncco}}"}, {"ncco": [{"action": "talk", "text": "Hello"}]}),
        ({"ncco": Ncco([Talk(text="Hello")])}, {"ncco": [{"action": "talk", "text": "Hello"}]}),
        ({"body": {"to": "{{msg.payload}}"}}, {"body": {"to": "447700900001"}}),
        (
            {"to": [{"type": "websocket", "uri": "wss://h/?a={{msg.who}}", "headers": {"n": "{{msg.payload}}"}}]},
            {"to": [{"type": "websocket", "uri": "wss://h/?a=Tom%20%26%20J", "headers": {"n": 447700900001}}]},
        ),
        ({"advanced_machine_detection": {"behavior": "continue", "beep_timeout": "{{seconds}}"}},
         {"advanced_machine_detection": {"behavior": "continue", "beep_timeout": 20}}),
        ({"machine_detection": "continue", "new": "{{seconds}}"}, {"machine_detection": "continue", "new": "20"}),
        ({}, {}),
    ],
)  # fmt: skip
def test_the_parameters_of_a_call(parameters: Any, made: Any) -> None:
    before = repr(parameters)
    assert render_call(parameters, CALL) == made
    assert repr(parameters) == before
    assert template_problems(parameters, CALL) == []


def test_wrong_parameters_of_a_call_are_told() -> None:
    parameters = {"to": "{{msg.paylod}}", "event_url": "{{url", "ncco": [{"action": "talk", "text": "{{ulr}}"}]}
    with pytest.raises(TemplateError, match=r"to names \{\{msg.paylod\}\}.*Did you mean \{\{msg.payload\}\}"):
        render_call(parameters, CALL)
    assert [(p.action, p.field, p.rule) for p in template_problems(parameters, CALL)] == [
        (None, "to", "unknown-variable"),
        (None, "event_url", "malformed-template"),
        (None, "ncco.text", "unknown-variable"),
    ]
    with pytest.raises(TemplateError, match="parameters of a call are a dict, but this is a list"):
        render_call([], CALL)  # type: ignore[arg-type]
    with pytest.raises(TemplateError, match="its variables are a dict"):
        render_call({}, None)


# --- size -------------------------------------------------------------------------------------------------------------


@pytest.mark.hostile
@pytest.mark.parametrize("option", ["text", "uri", "free"])
def test_large_templates_are_filled_in_soon(option: str) -> None:
    for text in (
        "{{name}} " * 10_000,
        "a" * 900_000 + "{{name}}",
        "https://h/" + "{{name}}/" * 10_000 + "?" + "{{name}}&" * 10_000,
        "<speak>" + "<s>{{name}}</s>" * 10_000 + "</speak>",
        "\n".join(["  {{! a remark }}  ", "x"] * 10_000),
    ):
        made, problems = soon(lambda text=text: fill([{"action": "talk", option: text}], MSG))  # type: ignore[misc]
        assert problems == [] and "{{" not in made[0][option]


@pytest.mark.hostile
@pytest.mark.parametrize(
    "text",
    [
        "{{" * 400_000, "{{" * 400_000 + "}}", "{" * 900_000, "{{{a}}" * 150_000, "{{}}" * 220_000, "{{#a}}" * 150_000,
        "{{/a}}" * 150_000, "{{nmae}}" * 100_000, "{{! a" * 180_000, "{{" + "a" * 900_000 + "}}", "{{a.}}" * 100_000,
        "{{" + "a." * 400_000 + "a}}", "{{name}}" + "  \n" * 300_000 + "{{x}}", "{{name}} " * 200_000,
    ],
    ids=range(14),
)  # fmt: skip
def test_large_faulty_templates_are_told_soon_and_briefly(text: str) -> None:
    found = soon(lambda: problems_of(text))
    assert 0 < len(found) <= 100 and all(len(str(p)) < 1000 and p.cure for p in found)


def test_what_is_written_has_a_limit() -> None:
    text, variables = "{{big}}" * 2000, {"big": "x" * 10_000}
    (problem,) = soon(lambda: problems_of(text, variables))
    assert problem.rule == "too-large" and "1,000,000 characters" in problem.message
    with pytest.raises(TemplateError, match="Fill in shorter values"):
        render(text, variables)


@pytest.mark.hostile
def test_data_that_holds_itself_or_is_deep_is_refused() -> None:
    payload: dict[str, Any] = {"a": "{{name}}"}
    payload["self"] = [payload]
    deep: Any = "{{name}}"
    for _ in range(5000):
        deep = [deep]
    for free, rule in ((payload, "too-deep"), (deep, "too-deep"), (_twice, "too-large")):
        ncco = [{"action": "notify", "payload": free}]
        assert [p.rule for p in soon(lambda: template_problems(ncco, MSG))] == [rule]  # noqa: B023
        with pytest.raises(NccoError):
            render_ncco(ncco, MSG)
    assert placeholders(deep) == [] and [p.rule for p in template_problems(deep, MSG)] == ["too-deep"]
