"""Whatever is pasted: a flow is read, anything else is named, nothing is run, nothing hangs."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from helpers.node_red import FlowError, import_flow
from tests.unit.node_red_flows import answer, call, node, sound, stream, talk
from tests.unit.test_node_red_web import literals_only

STUDIO = {"description": "IVR", "states": [{"name": "Trigger", "type": "trigger"}], "initial_state": "Trigger"}
HOLDS_ITSELF: list[Any] = [talk("a")]
HOLDS_ITSELF.append(HOLDS_ITSELF)
AUTOMATION = "- alias: Doorbell\n  trigger:\n    - platform: state\n  action:\n    - service: notify.me\n"


@pytest.mark.parametrize(("data", "words"), [
    (STUDIO, "nothing in it has a type"),
    (AUTOMATION, "it goes wrong in line 1, column 1"),
    ('[{"action": "talk", "text": "Hello"}]', "an NCCO already"),
    ('[{"action": "input", "type": ["dtmf"]}]', "an NCCO already"),
    ("<html><body>Sign in</body></html>", "a web page or XML"),
    ("", "The text is empty"),
    ("   \n", "The text is empty"),
    ("[]", "no node in this flow"),
    ("[{", "it goes wrong in line 1, column 3"),
    ('{"a": 1}', "not a Node-RED flow"),
    ("[1, 2, 3]", "nothing in it has a type"),
    ('[{"id": "1"}]', "nothing in it has a type"),
    ("42", "not a Node-RED flow"),
    ("null", "not a Node-RED flow"),
    ('[{"id": "1", "type": "talk", "loop": NaN}]', "Out of range float values"),
    ('[{"id": "1", "type": "talk", "loop": 1e999}]', "Out of range float values"),
    (b"\xff\xfe[", "it goes wrong in line 1, column 2"),
    (object(), "cannot be written as JSON"),
    (HOLDS_ITSELF, "cannot be written as JSON"),
    (None, "not a Node-RED flow"),
    ([{"id": "1", "type": "talk", "loop": float("inf")}], "Out of range float values"),
    ("[" * 100_000, "nested too deeply"),
    ('{"type":' * 200 + "1" + "}" * 200, "nested too deeply"),
    ("[" + '{"id": "1", "type": "talk", "text": "' + "x" * 5_000_000 + '"}]', "5 million is the limit"),
    ([{"id": str(number), "type": "talk"} for number in range(10_001)], "10000 is the limit"),
], ids=lambda value: str(value)[:40].partition(" at 0x")[0])  # fmt: skip
def test_what_is_no_flow_is_named_with_a_cure(data: Any, words: str) -> None:
    with pytest.raises(FlowError) as caught:
        import_flow(data)
    assert words in caught.value.message
    assert caught.value.cure


def test_the_list_that_was_handed_over_stays_as_it_was() -> None:
    flow = [*answer("/answer", talk("a")), call("x", "url", answer="https://YOUR_URL/answer")]
    before = json.dumps(flow)
    import_flow(flow, your_url="https://example.com")
    assert json.dumps(flow) == before


def test_ids_that_stand_twice_and_wires_to_nowhere_are_named() -> None:
    imported = import_flow(
        [talk("a", ["b", "nowhere"]), talk("b"), {**talk("b"), "text": "second"}, {"type": "talk", "text": "c"}]
    )
    assert [[one["text"] for one in found.ncco] for found in imported.nccos] == [["a", "b"], ["c"]]
    said = " ".join(note.text for note in imported.notes)
    assert "or the id of another node" in said
    assert "leads to a node that is not in this export" in said


STRANGE: list[Any] = [
    None,
    True,
    0,
    1e308,
    "",
    "\x00\x1b[31m",
    "\u202e",
    "\ud800",
    "<script>",
    "{{#a}}",
    "{{{x}}}",
    "${X}",
    "{",
    [],
    [[]],
    {"a": {"b": []}},
    ["a", 1, None],
    "x" * 10_000,
    "/",
    "\n",
    "1" * 400,
]


@pytest.mark.hostile
@pytest.mark.parametrize("seed", range(20))
def test_any_value_in_any_field_is_survived(seed: int) -> None:
    """Every field of every node, in turn, holds something that does not belong there."""
    chance = random.Random(seed)
    sane = [
        *answer("/answer", talk("a"), stream("b")),
        *sound("/s.mp3"),
        call("x"),
        call("y", "json", answer="[]"),
        node("i", "inject", "a", props=[{"p": "payload"}], payload="1", payloadType="num"),
        node("c", "connect", endpoint="websocket", headers="{}"),
        node("r", "record"),
        node("n", "notify", payload="{}"),
        node("v", "conversation"),
        node("k", "input"),
        node("p", "playtts", text="a", action="on"),
        node("t", "transfer", ncco="[]", nccotype="json"),
        node("l", "link out", links=["m"]),
        node("m", "link in", "a"),
        node("s", "subflow:d"),
        {"id": "d", "type": "subflow", "in": [{"wires": [{"id": "a"}]}], "out": []},
        {"id": "tab", "type": "tab"},
    ]
    for _ in range(30):
        flow = json.loads(json.dumps(sane))
        for _ in range(chance.randint(1, 6)):
            one = chance.choice(flow)
            one[chance.choice(sorted(one))] = chance.choice(STRANGE)
        try:
            imported = import_flow(flow, your_url=chance.choice([None, "https://example.com"]))
        except FlowError:
            continue
        str(imported), imported.show().bundle["text/html"].encode()
        assert literals_only(imported.to_flask())
        imported.app()
