"""Each fault of the palette that an import can meet is avoided, with a note that says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.ncco import check
from helpers.node_red import FAULTS, Imported, import_flow
from tests.unit.node_red_flows import MUSIC, Item, answer, call, node, reply, sound, stream, talk

PROJECT = Path(__file__).parents[2]
URL = "http://127.0.0.1:8000"
RECORD = {"eventurl": "", "format": "mp3", "split": "conversation", "timeout": "", "endonsilence": "", "endonkey": ""}
CONVERSATION = dict.fromkeys(["musiconholdurl", "eventurl", "canhear", "canspeak"], "")
CONNECT_FIELDS = ["to", "wsuri", "sipuri", "extension", "headers", "from", "eventurl", "dtmfanswer", "onanswer"]
CONNECT = dict.fromkeys([*CONNECT_FIELDS, "timeout", "limit"], "")
INPUT = {"eventurl": "", "timeout": "", "maxdigits": "", "submitonhash": False}


def ncco(imported: Imported) -> list[Item]:
    """The only NCCO, and nothing is wrong with it."""
    [found] = imported.nccos
    assert [problem for problem in check(found.ncco) if problem.severity == "error"] == []
    return found.ncco


def kept_template(imported: Imported) -> None:
    url, text = imported.nccos[0].filled({"msg": {"url": MUSIC, "who": "Tom & J"}})
    assert (url["streamUrl"], text["text"]) == ([MUSIC], "Tom & J")


def json_stays_whole(imported: Imported) -> None:
    assert imported.nccos[0].filled({"msg": {"who": 'A "quote"'}})[0]["payload"] == {"who": 'A "quote"'}


def websocket_works(imported: Imported) -> None:
    assert ncco(imported)[0]["endpoint"] == [
        {"type": "websocket", "uri": "wss://example.com/s", "content-type": "audio/l16;rate=16000"}
    ]


def always_answers(imported: Imported) -> None:
    client = imported.app().test_client()
    assert client.get("/answer").status_code == 200


def numbers(imported: Imported) -> None:
    assert ncco(imported) == [{"action": "stream", "streamUrl": [MUSIC], "loop": 0, "level": 0.5}]


def plain_json(imported: Imported) -> None:
    reply = imported.app().test_client().get("/answer?callback=x")
    assert (reply.mimetype, reply.get_json()) == ("application/json", [{"action": "talk", "text": "a"}])


def says_what_is_missing(imported: Imported) -> None:
    reply = imported.app().test_client().get("/answer")
    assert (reply.status_code, reply.text) == (
        500,
        "This route has no NCCO: put an action in front of its return ncco.",
    )


def range_and_caching(imported: Imported) -> None:
    reply = (
        imported.app(PROJECT / "audio").test_client().get("/music.mp3", headers={"Range": "bytes=0-9"}, buffered=True)
    )
    assert (reply.status_code, len(reply.data)) == (206, 10)
    assert reply.headers["Cache-Control"].endswith("max-age=3600")


def no_secret(imported: Imported) -> None:
    assert "s3cr3t" not in str(imported) + imported.to_flask() + str(vars(imported))


def fits(imported: Imported) -> None:
    """The events are sent as the flow's own route takes them."""
    [found] = imported.calls
    method = found.parameters().get("event_method", "POST")
    assert imported.app().test_client().open("/event", method=method).status_code == 200


def instead(words: str) -> Callable[[Imported], bool]:
    return lambda imported: words in " ".join(part.instead for part in imported.not_translated)


#: Fault -> a flow that has it, and what must be true of the import.
TRIGGERS: dict[str, tuple[Any, Callable[[Imported], Any]]] = {
    "html-escaped-mustache": ([stream("a", "b", "{{msg.url}}"), talk("b", text="{{msg.who}}")], kept_template),
    "value-breaks-json": (
        node("n", "notify", payload='{"who": "{{msg.who}}"}', eventurl=MUSIC, eventmethod="post"),
        json_stays_whole,
    ),
    "error-leaves-caller-waiting": (
        answer("/answer", node("n", "notify", payload="{broken", eventurl=MUSIC), talk("a")),
        always_answers,
    ),
    "empty-websocket-headers": (
        node("n", "connect", **{**CONNECT, "endpoint": "websocket", "wsuri": "wss://example.com/s"}),
        websocket_works,
    ),
    "missing-field-of-older-flow": (
        node("n", "talk", text="Hello"),
        lambda i: ncco(i) == [{"action": "talk", "text": "Hello"}],
    ),
    "connect-event-type-lost": (
        node("n", "connect", **{**CONNECT, "endpoint": "phone", "to": "447700900001", "eventtype": True}),
        lambda i: ncco(i)[0]["eventType"] == "synchronous",
    ),
    "record-channel-misnamed": (
        node("n", "record", **RECORD, channel="2"),
        lambda i: ncco(i)[0]["channels"] == 2 and "channel" not in ncco(i)[0],
    ),
    "empty-music-on-hold": (
        node("n", "conversation", name="room", **CONVERSATION),
        lambda i: ncco(i) == [{"action": "conversation", "name": "room"}],
    ),
    "empty-address-in-list": (stream("a", url=""), lambda i: i.nccos[0].ncco == [{"action": "stream"}]),
    "unchecked-values": (stream("a", loop="0", level="0.5"), numbers),
    "control-nodes-break-the-flow": (node("n", "playaudio", action="on", url=MUSIC), instead("kit.vonage.stream(uuid")),
    "recording-url-in-another-place": (
        [node("v", "voice webhook", "n", url="/recording", method="post"), node("n", "getrecording", filename="")],
        instead('event["recording_url"]'),
    ),
    "empty-answer": (answer("/answer"), says_what_is_missing),
    "jsonp-answer": (answer("/answer", talk("a")), plain_json),
    "webhook-method-mismatch": (
        [*reply("/event", statusCode="200"), call("x", "url", eventurl="https://YOUR_URL/event", eventmethod="GET")],
        fits,
    ),
    "no-endpoint-chosen": (
        call("x", "url", endpoint=None),
        lambda i: i.calls[0].fields["to"] == [{"type": "phone", "number": "447700900001"}],
    ),
    "unset-status-means-off": (node("n", "mute", calluuid="u"), instead("mute(uuid), or kit.vonage.unmute(uuid)")),
    "event-url-needs-answer-url": (node("n", "updateNexmoApp", eventURL=MUSIC), instead("replace_application")),
    "wrong-number-updated": (node("n", "updateNumber", number="4477009005"), instead("update_number(country, number")),
    "secrets-in-the-clear": (
        [talk("a"), {"id": "c", "type": "nexmovoiceapp", "name": "App", "credentials": {"apisecret": "s3cr3t"}}],
        no_secret,
    ),
    "editor-on-the-internet": (node("n", "ngrok", port="1880"), instead("kit.tunnel.on()")),
    "audio-without-range": (sound("/music.mp3"), range_and_caching),
}


def test_every_fault_that_an_import_can_meet_has_a_flow_here() -> None:
    assert set(FAULTS) == {*TRIGGERS, "flat-input"}
    assert all(what.endswith((".", "…")) and how.endswith(".") for what, _, how in
               (text.partition(" Here: ") for name, text in FAULTS.items() if name != "flat-input"))  # fmt: skip


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_fault_is_avoided_and_said(name: str) -> None:
    flow, holds = TRIGGERS[name]
    imported = import_flow(flow, your_url=URL)
    assert name in {note.fault for note in imported.notes}
    assert holds(imported) in (None, True)


def test_a_flow_without_faults_has_no_note() -> None:
    flow = [*reply("/event", statusCode="200"), talk("a", "x"), call("x", eventurl=f"{URL}/event")]
    assert import_flow(flow, your_url=URL).notes == []


def test_every_name_in_a_note_is_one_of_the_table() -> None:
    for flow, _ in TRIGGERS.values():
        for note in import_flow(flow).notes:
            assert note.fault in FAULTS or note.fault == ""
            assert note.text


# --- Unchecked values, one by one ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "words", "option", "value"), [
    (stream("a", level="5"), "level", "level", 5),
    (stream("a", loop="often"), "loop", "loop", "often"),
    (node("n", "input", **{**INPUT, "timeout": "99"}), "timeOut", "dtmf", {"timeOut": 99}),
    (node("n", "input", **{**INPUT, "eventurl": "event"}), "eventUrl", "eventUrl", ["event"]),
    (node("n", "record", **{**RECORD, "endonkey": "##"}), "endOnKey", "endOnKey", "#"),
    (node("n", "record", **{**RECORD, "endonkey": "12"}), "endOnKey", "endOnKey", "12"),
])  # fmt: skip
def test_values_are_checked(item: Item, words: str, option: str, value: Any) -> None:
    imported = import_flow(item)
    assert words in " ".join(note.text for note in imported.notes if note.fault == "unchecked-values")
    assert imported.nccos[0].ncco[0][option] == value


@pytest.mark.parametrize(("url", "becomes"), [(None, "/event"), (URL, f"{URL}/event")])
def test_a_relative_event_address_is_completed_or_said(url: str | None, becomes: str) -> None:
    imported = import_flow(call("x", "url", answer=MUSIC, eventurl="/event"), your_url=url)
    assert imported.calls[0].fields["event_url"] == [becomes]
    assert "not a whole address" in " ".join(note.text for note in imported.notes if note.fault == "unchecked-values")


def test_the_old_form_of_input_becomes_the_new_one() -> None:
    imported = import_flow(
        node("n", "input", **{**INPUT, "maxdigits": "1", "submitonhash": True, "eventmethod": "get"})
    )
    assert ncco(imported) == [{"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "submitOnHash": True}}]
    assert {"flat-input", "webhook-method-mismatch"} <= {note.fault for note in imported.notes}


@pytest.mark.parametrize(
    ("route", "chosen", "sent"), [("post", "GET", "POST"), ("get", "", "GET"), ("get", "POST", "GET")]
)
def test_an_event_method_fits_the_route_it_leads_to(route: str, chosen: str, sent: str) -> None:
    flow = [
        *reply("/event", method=route),
        node("n", "input", **{**INPUT, "eventurl": "http://localhost:1880/event", "eventmethod": chosen.lower()}),
    ]
    [found] = import_flow(flow).nccos
    assert found.ncco[0].get("eventMethod", "POST") == sent


def test_an_answer_url_is_asked_with_the_method_of_its_route() -> None:
    flow = [*answer("/answer", talk("a"), method="post"), call("x", "url", answer="https://abc.ngrok.io/answer")]
    assert import_flow(flow, your_url=URL).calls[0].parameters()["answer_method"] == "POST"
