"""Node-RED flows become NCCOs, routes and calls: wires are followed, everything else is named."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from helpers.ncco import TemplateError
from helpers.node_red import Imported, import_flow
from helpers.node_red.instead import CONTROLS
from helpers.vonage.client import Vonage
from tests.unit.node_red_flows import MUSIC, Item, answer, call, change, node, reply, stream, talk

FLOWS = Path(__file__).parents[2] / "notebooks" / "flows"


def texts(imported: Imported) -> list[list[str]]:
    """What each NCCO says, action by action."""
    return [[one["text"] for one in ncco.ncco] for ncco in imported.nccos]


def said(imported: Imported, fault: str = "") -> str:
    return "\n".join(f"{note.node}: {note.text}" for note in imported.notes if note.fault == fault)


def skipped(imported: Imported) -> dict[str, str]:
    return {part.type: part.instead for part in imported.not_translated}


# --- Wires -----------------------------------------------------------------------------------------------------------

START = node("i", "inject", ["a", "b"])
SWITCH = {**node("s", "switch", name="by language"), "wires": [["a"], ["b"]]}
OUT, IN = node("out", "link out", mode="link", links=["in"]), node("in", "link in", "b", links=["out"])
WAYS: dict[str, tuple[list[Item], list[list[str]]]] = {
    "fan-out gives one NCCO for each branch": (
        [talk("a", ["b", "c"]), talk("b", "x"), talk("c", "y"), call("x"), call("y")], [["a", "b"], ["a", "c"]]
    ),
    "fan-in gives one NCCO for each way there": (
        [START, talk("a", "c"), talk("b", "c"), talk("c", "x"), call("x")], [["a", "c"], ["b", "c"]]
    ),
    "every output of a switch is a branch": ([SWITCH, talk("a", "x"), talk("b", "x"), call("x")], [["a"], ["b"]]),
    "a circle is cut": ([node("i", "inject", "a"), talk("a", "b"), talk("b", ["a", "x"]), call("x")], [["a", "b"]]),
    "a circle without a beginning is entered at its first node": ([talk("a", "b"), talk("b", "a")], [["a", "b"]]),
    "links are followed": ([talk("a", "out"), OUT, IN, talk("b", "x"), call("x")], [["a", "b"]]),
    "links are followed from the other side": ([talk("a", "out"), {**OUT, "links": []}, IN, talk("b")], [["a", "b"]]),
    "a link that returns is not followed": (
        [talk("a", "out"), {**OUT, "mode": "return"}, IN, talk("b")], [["a"], ["b"]]
    ),
    "an NCCO that nothing uses is still there": ([talk("a")], [["a"]]),
    "the beginning of another NCCO is not an NCCO of its own": (
        [talk("a", ["debug", "b"]), node("debug", "debug"), talk("b", ["debug", "x"]), call("x")], [["a", "b"]]
    ),
    "what goes on behind a call builds on": (
        [talk("a", "x"), {**call("x"), "wires": [["b"]]}, talk("b", "y"), call("y")], [["a"], ["a", "b"]]
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_each_way_through_the_wires_is_an_ncco(way: str) -> None:
    flow, nccos = WAYS[way]
    assert texts(import_flow(flow)) == nccos


def test_a_chain_of_actions_is_an_ncco_in_order() -> None:
    flow = [node("i", "inject", "a"), talk("a", "b"), stream("b", "c"), call("c")]
    [found] = import_flow(flow).nccos
    assert found.ncco == [{"action": "talk", "text": "a"}, {"action": "stream", "streamUrl": [MUSIC]}]
    assert found.where == "inject i → talk a → stream b → createcall c"


def test_what_is_cut_loose_or_not_followed_is_named() -> None:
    found = {way: import_flow(flow) for way, (flow, _) in WAYS.items()}
    assert "talk a: A wire from talk b leads back to it" in said(found["a circle is cut"])
    assert "nothing uses its NCCO" in said(found["an NCCO that nothing uses is still there"])
    assert "link call" in skipped(found["a link that returns is not followed"])["link return"]
    assert "Write an if in the route" in skipped(found["every output of a switch is a branch"])["switch"]


def test_a_subflow_has_to_be_unfolded_first_and_is_named() -> None:
    flow = [
        talk("a", "s"), node("s", "subflow:Def", "b", name=""), node("t", "subflow:Def", name="again"), talk("b"),
        {"id": "Def", "type": "subflow", "name": "greet", "in": [{"wires": [{"id": "c"}]}], "out": []},
        {**talk("c"), "z": "Def"}, node("u", "subflow:gone", name="lost"),
    ]  # fmt: skip
    imported = import_flow(flow)
    assert texts(imported) == [["a", "b"]], "the way goes on behind it, and what is inside is left out"
    assert [(part.type, part.name) for part in imported.not_translated] == [("subflow", "greet"), ("subflow", "lost")]
    assert skipped(imported)["subflow"].startswith("Unfold it")


def test_what_is_disabled_is_skipped_and_named() -> None:
    flow = [
        {"id": "off", "type": "tab", "label": "Old ideas", "disabled": True}, {**talk("a"), "z": "off"},
        talk("b", ["c", "d"]), talk("c", d=True), talk("d"),
    ]  # fmt: skip
    imported = import_flow(flow)
    assert texts(imported) == [["b", "d"]]
    assert {(part.type, part.name) for part in imported.not_translated} == {("tab", "Old ideas"), ("talk", "c")}


@pytest.mark.parametrize("form", [
    lambda nodes: {"flows": nodes, "rev": "1"},
    lambda nodes: {"id": "tab", "label": "One tab", "nodes": nodes, "configs": []},
    lambda nodes: json.dumps(nodes).encode(),
    lambda nodes: json.dumps(nodes).encode("utf-16"),
    lambda nodes: "\ufeff" + json.dumps(nodes, indent=4),
])  # fmt: skip
def test_every_form_of_an_export(form: Any) -> None:
    assert texts(import_flow(form([talk("a", "b"), talk("b")]))) == [["a", "b"]]


# --- Values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "written", "value"), [
    ("num", "447700900001", 447700900001), ("num", "0.5", 0.5), ("str", "447700900001", "447700900001"),
    ("bool", "true", True), ("json", '{"to": "447700900001"}', {"to": "447700900001"}), ("date", "", 1_563_207_422_000),
])  # fmt: skip
@pytest.mark.parametrize("modern", [True, False])
def test_inject_gives_a_sample_value(kind: str, written: str, value: Any, modern: bool) -> None:
    props = [{"p": "payload"}, {"p": "topic", "vt": "str"}, {"p": "who", "v": "Ada", "vt": "str"}] if modern else None
    start = node("i", "inject", "x", payload=written, payloadType=kind, topic="hello", props=props)
    found = import_flow([start, call("x", "url")]).variables["msg"]
    assert found["payload"] == value
    assert found["topic"] == "hello"
    assert found.get("who") == ("Ada" if modern else None)


@pytest.mark.parametrize(("kind", "words"), [
    ("jsonata", "(jsonata)"), ("flow", "(flow)"), ("env", "(env)"), ("num", "(num)"),
])  # fmt: skip
def test_what_inject_cannot_tell_is_named(kind: str, words: str) -> None:
    imported = import_flow([node("i", "inject", "x", payload="$now()", payloadType=kind), call("x", "url")])
    assert imported.variables == {}
    assert words in said(imported)


def test_change_nodes_set_constants_in_order() -> None:
    rules = [
        {"t": "set", "p": "who", "pt": "msg", "to": "Ada", "tot": "str"},
        {"t": "set", "p": "menu.first", "pt": "flow", "to": "1", "tot": "num"},
        {"t": "set", "p": "copy", "pt": "msg", "to": "who", "tot": "msg"},
        {"t": "set", "p": "who", "pt": "msg", "to": "Grace", "tot": "str"},
        {"t": "delete", "p": "gone", "pt": "msg"},
    ]
    greeting = talk("a", "x", "Hello {{msg.who}}, {{msg.copy}}, {{flow.menu.first}}")
    imported = import_flow([node("c", "change", "a", rules=rules), greeting, call("x")])
    assert imported.variables == {"msg": {"who": "Grace", "copy": "Ada"}, "flow": {"menu": {"first": 1}}}
    assert imported.nccos[0].filled()[0]["text"] == "Hello Grace, Ada, 1"
    assert imported.nccos[0].filled({"msg": {"who": "Tom & J"}})[0]["text"] == "Hello Tom & J, Ada, 1"


@pytest.mark.parametrize("rule", [
    {"t": "set", "p": "who", "pt": "msg", "to": "$uppercase(who)", "tot": "jsonata"},
    {"t": "change", "p": "who", "pt": "msg", "from": "a", "to": "b"},
    {"t": "move", "p": "who", "pt": "msg", "to": "whom", "tot": "msg"},
])  # fmt: skip
def test_other_changes_are_named_and_make_the_value_unknown(rule: Item) -> None:
    imported = import_flow([node("c", "change", "a", rules=[rule]), talk("a", "x", "{{msg.who}}"), call("x")])
    assert "only constants" in skipped(imported)["change"]
    with pytest.raises(TemplateError):
        imported.nccos[0].filled()


def test_a_change_node_may_hold_the_whole_ncco() -> None:
    ncco = [{"action": "talk", "text": "Hello"}]
    assert import_flow([change("c", "x", ncco=ncco), call("x")]).calls[0].fields["ncco"] == ncco


HELLO = [{"action": "talk", "text": "Hello"}]


def ruled(*rules: Item) -> Item:
    return node("c", "change", rules=[{"pt": "msg", "tot": "str", **rule} for rule in rules])


SET_PAYLOAD = {"t": "set", "p": "payload", "to": json.dumps(HELLO), "tot": "json"}


@pytest.mark.parametrize(
    "flow",
    [
        answer("/a", change("c", ncco=HELLO)),
        answer("/a", change("c", ncco=HELLO[0])),
        answer("/a", change("c", ncco=json.dumps(HELLO))),
        answer("/a", ruled(SET_PAYLOAD, {"t": "set", "p": "ncco", "to": "payload", "tot": "msg"})),
        answer("/a", ruled(SET_PAYLOAD, {"t": "move", "p": "payload", "to": "ncco", "tot": "msg"})),
        answer(
            "/a", ruled({**SET_PAYLOAD, "p": "n", "pt": "flow"}, {"t": "set", "p": "ncco", "to": "n", "tot": "flow"})
        ),
        answer("/a", talk("t"), change("c", ncco=HELLO)),
        answer("/a", change("c", ncco=HELLO), talk("t"), change("d", ncco=HELLO)),
        answer("/a", talk("t"), change("c", ncco=[]), talk("u", text="Hello")),
        answer("/a", talk("t"), ruled({"t": "delete", "p": "ncco"}), talk("u", text="Hello")),
        reply("/a", change("c", payload=HELLO)),
        reply("/a", change("c", payload=json.dumps(HELLO))),
        reply("/a", talk("u", text="Hello"), ruled({"t": "set", "p": "payload", "to": "ncco", "tot": "msg"})),
        reply("/a", change("d", ncco=HELLO), ruled({"t": "move", "p": "ncco", "to": "payload", "tot": "msg"})),
    ],
)
def test_an_ncco_that_a_change_node_sets_reaches_its_route(flow: list[Item]) -> None:
    imported = import_flow(flow)
    assert [list(route.ncco) for route in imported.routes] == [HELLO]
    assert [one.ncco for one in imported.nccos] == [HELLO]
    assert imported.not_translated == [] and "nothing uses its NCCO" not in said(imported)
    assert "ncco" not in imported.variables.get("msg", {})


@pytest.mark.parametrize(
    "rule",
    [
        {"t": "set", "p": "ncco", "to": '[{"action": "talk"}]', "tot": "jsonata"},
        {"t": "set", "p": "ncco", "to": "Hello"},
        {"t": "set", "p": "ncco", "to": '[{"text": "Hello"}, 5]', "tot": "json"},
        {"t": "set", "p": "ncco.0.text", "to": "Bye"},
        {"t": "set", "p": "ncco[0].text", "to": "Bye"},
        {"t": "change", "p": "ncco", "from": "Hello", "to": "Bye"},
        {"t": "move", "p": "unknown", "to": "ncco", "tot": "msg"},
    ],
)
def test_an_ncco_that_a_change_node_sets_in_another_way_is_not_translated(rule: Item) -> None:
    imported = import_flow(answer("/a", talk("t", text="Hello"), ruled(rule)))
    assert "in Python" in skipped(imported)["change"]
    (route,) = imported.routes
    # What is known no longer is not served; what only a part of was changed is.
    assert list(route.ncco) == (HELLO if rule["t"] == "change" or rule["p"] not in ("ncco", "unknown") else [])


def test_an_inject_node_may_hold_the_whole_ncco() -> None:
    props = [{"p": "ncco", "v": json.dumps(HELLO), "vt": "json"}]
    assert import_flow([node("i", "inject", "x", props=props), call("x")]).calls[0].fields["ncco"] == HELLO


def test_other_data_in_a_reply_is_sent_as_json() -> None:
    (route,) = import_flow(reply("/a", change("c", payload={"a": [1, None]}))).routes
    assert (route.ncco, route.reply) == ((), "jsonify({'a': [1, None]}), 200")


def test_an_environment_variable_is_named_and_this_machines_own_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREETING", "a secret")
    imported = import_flow([talk("a", "x", "${GREETING}"), call("x", to="${TO}")])
    assert texts(imported) == [["${GREETING}"]]
    assert "talk a: ${GREETING} is an environment variable" in said(imported)
    assert "createcall x: ${TO} is an environment variable" in said(imported)


# --- Calls -----------------------------------------------------------------------------------------------------------

SOCKET = {"type": "websocket", "uri": "wss://example.com/s", "content-type": "audio/l16;rate=8000"}


@pytest.mark.parametrize(("fields", "endpoint"), [
    ({"to": "{{msg.n}}", "dtmfanswer": "1p2"}, {"type": "phone", "number": "447700900001", "dtmfAnswer": "1p2"}),
    ({"endpoint": "sip", "sipuri": "sip:a@example.com"}, {"type": "sip", "uri": "sip:a@example.com"}),
    ({"endpoint": "websocket", "wsuri": SOCKET["uri"], "headers": '{"who": "{{msg.who}}"}',
      "contenttype": SOCKET["content-type"]}, {**SOCKET, "headers": {"who": 'A "quote"'}}),
    ({"endpoint": "vbc", "extension": "1234"}, {"type": "vbc", "extension": "1234"}),
])  # fmt: skip
def test_the_endpoint_types(fields: Item, endpoint: Item) -> None:
    values = {"msg": {"n": 447700900001, "who": 'A "quote"'}}
    assert import_flow(call("x", "url", **fields)).calls[0].parameters(values)["to"] == [endpoint]


def test_timers_and_detection_have_their_types() -> None:
    flow = call("x", "url", answer=MUSIC, ringingtimer="30", lengthtimer="{{msg.limit}}", machinedetection="hangup")
    found = import_flow(flow).calls[0].parameters({"msg": {"limit": 600}})
    assert (found["ringing_timer"], found["length_timer"], found["machine_detection"]) == (30, 600, "hangup")


def test_a_template_without_quotes_in_json_keeps_its_type() -> None:
    answer = '[{"action": "talk", "text": "{{msg.text}}", "loop": {{msg.times}}}]'
    found = import_flow(call("x", "json", answer=answer)).calls[0].parameters({"msg": {"text": 'Say "hi"', "times": 2}})
    assert found["ncco"] == [{"action": "talk", "text": 'Say "hi"', "loop": 2}]


def test_two_injects_are_two_calls() -> None:
    flow = [node(one, "inject", "x", payload=one, payloadType="str") for one in ("447700900001", "447700900002")]
    imported = import_flow([*flow, call("x", "url", to="{{msg.payload}}")])
    assert [one.parameters()["to"][0]["number"] for one in imported.calls] == ["447700900001", "447700900002"]


def test_a_call_that_lacks_a_value_says_so() -> None:
    imported = import_flow(call("x", "url", to="{{msg.number}}"))
    assert "{{msg.number}}, which is not among the variables" in said(imported)
    with pytest.raises(TemplateError, match=r"msg\.number"):
        imported.calls[0].parameters()


# --- Other nodes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", CONTROLS)
def test_a_control_node_is_named_as_the_call_that_does_the_same(type_: str) -> None:
    [part] = import_flow(node("n", type_, calluuid="u")).not_translated
    calls = re.findall(r"kit\.vonage\.(\w+)", part.instead)
    assert calls and all(hasattr(Vonage, call) for call in calls)


def test_transfer_gets_the_ncco_that_was_built_before_it() -> None:
    imported = import_flow([talk("a", "t"), node("t", "transfer", nccotype="fixed", ncco="")])
    assert [(one.name, one.ncco) for one in imported.nccos] == [("transfer t", [{"action": "talk", "text": "a"}])]


@pytest.mark.parametrize("type_", [
    "function", "switch", "delay", "template", "ui_button", "sendsms", "sendverify", "mqtt in", "http request", "catch",
    "something-nobody-knows",
])  # fmt: skip
def test_every_other_node_is_named_with_what_to_do(type_: str) -> None:
    node_ = node("n", type_, "b", name="mine", func="throw 1")
    imported = import_flow([talk("a", "n"), node_, talk("b", "x"), call("x")])
    [part] = imported.not_translated
    assert (part.type, part.name) == (type_, "mine")
    assert part.instead.endswith(".")
    assert texts(imported) == [["a", "b"]], "the way goes on behind it"


def test_later_names_of_the_palette_are_known() -> None:
    flow = [node("v", "vonage-voice webhook", "a", url="/answer"), talk("a", "r"), node("r", "return NCCO")]
    assert [route.answers for route in import_flow(flow).routes] == ["talk"]


# --- Looking at it ---------------------------------------------------------------------------------------------------


def test_the_view_says_the_same_in_words_and_escapes_everything() -> None:
    imported = import_flow([talk("a", "x", "<script>alert(1)</script>", name="<b>bold</b>"), call("x")])
    bundle, _ = imported._repr_mimebundle_()
    assert "<script>" not in bundle["text/html"] and "<b>" not in bundle["text/html"]
    assert "&lt;script&gt;" in bundle["text/html"]
    assert all(words in bundle["text/plain"] for words in ("NCCOs (1)", "Calls (1)", "“<b>bold</b>”"))
    assert repr(imported) == "<Imported: NCCOs 1, Routes 0, Calls 1, Variables 0, Notes 0, Not translated 0>"


@pytest.mark.slow
def test_a_large_flow_is_read() -> None:
    chain = [talk(str(number), str(number + 1)) for number in range(5000)]
    [found] = import_flow(chain).nccos
    assert len(found.ncco) == 5000


@pytest.mark.hostile
def test_a_flow_that_branches_without_end_is_cut() -> None:
    diamonds = [talk(f"{n}{side}", [f"{n + 1}a", f"{n + 1}b"]) for n in range(40) for side in "ab"]
    assert "branches too often" in said(import_flow(diamonds))


@pytest.mark.parametrize("path", sorted(FLOWS.glob("*.json")), ids=lambda path: path.stem)
def test_the_flows_of_the_tutorial_are_real_exports(path: Path) -> None:
    nodes = json.loads(path.read_text("utf-8"))
    ids = [one["id"] for one in nodes]
    [tab] = [one for one in nodes if one["type"] == "tab"]
    assert len(set(ids)) == len(ids)
    drawn = [one for one in nodes if one["type"] not in ("tab", "nexmovoiceapp")]
    assert all({"x", "y", "wires"} <= one.keys() and one["z"] == tab["id"] for one in drawn)
    assert {wire for one in drawn for port in one["wires"] for wire in port} <= set(ids)
    assert not [one for one in nodes if {"credentials", "apikey", "apisecret", "privatekey"} & one.keys()]
    imported = import_flow(path.read_text("utf-8"), your_url="http://127.0.0.1:8000")
    assert {part.type for part in imported.not_translated} <= {"ngrok", "debug", "nexmovoiceapp", "createcall"}
    assert "YOUR_URL" not in imported.to_flask() + str([one.fields for one in imported.calls])
