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


def only(imported: Imported) -> list[Item]:
    """The only NCCO, and nothing is wrong with it."""
    [found] = imported.nccos
    assert [problem for problem in check(found.ncco) if problem.severity == "error"] == []
    return found.ncco


def asked(imported: Imported, path: str, method: str = "GET", **options: Any) -> Any:
    """What the app of the flow replies."""
    options |= {"environ_base": {"kit.audio": PROJECT / "audio"}}
    return imported.app().test_client().open(path, method=method, buffered=True, **options)


def plain_json(imported: Imported) -> bool:
    reply = asked(imported, "/answer?callback=x")
    return (reply.mimetype, reply.get_json()) == ("application/json", [{"action": "talk", "text": "a"}])


def range_and_caching(imported: Imported) -> bool:
    reply = asked(imported, "/music.mp3", headers={"Range": "bytes=0-9"})
    return (reply.status_code, len(reply.data)) == (206, 10) and "max-age=3600" in reply.headers["Cache-Control"]


#: Fault -> a flow that has it, and what comes of it: the only NCCO, words about what is not translated, or a question.
TRIGGERS: dict[str, tuple[Any, list[Item] | str | Callable[[Imported], bool]]] = {
    "html-escaped-mustache": (
        stream("a", "b", "{{msg.url}}"),
        lambda i: i.nccos[0].filled({"msg": {"url": MUSIC}}) == [{"action": "stream", "streamUrl": [MUSIC]}],
    ),
    "value-breaks-json": (
        node("n", "notify", payload='{"who": "{{msg.who}}"}', eventurl=MUSIC, eventmethod="post"),
        lambda i: i.nccos[0].filled({"msg": {"who": 'A "quote"'}})[0]["payload"] == {"who": 'A "quote"'},
    ),
    "error-leaves-caller-waiting": (
        answer("/answer", node("n", "notify", payload="{broken", eventurl=MUSIC), talk("a")),
        lambda i: asked(i, "/answer").status_code == 200,
    ),
    "empty-websocket-headers": (
        node("n", "connect", endpoint="websocket", wsuri="wss://example.com/s"),
        lambda i: only(i)[0]["endpoint"][0].keys() == {"type", "uri", "content-type"},
    ),
    "missing-field-of-older-flow": (node("n", "talk", text="Hello"), [{"action": "talk", "text": "Hello"}]),
    "connect-event-type-lost": (
        node("n", "connect", endpoint="phone", to="447700900001", eventtype=True),
        lambda i: only(i)[0]["eventType"] == "synchronous",
    ),
    "record-channel-misnamed": (
        node("n", "record", channel="2", split="conversation"),
        lambda i: only(i)[0]["channels"] == 2 and "channel" not in only(i)[0],
    ),
    "empty-music-on-hold": (
        node("n", "conversation", name="room"),
        [{"action": "conversation", "name": "room"}],
    ),
    "empty-address-in-list": (stream("a", url=""), lambda i: i.nccos[0].ncco == [{"action": "stream"}]),
    "unchecked-values": (
        stream("a", loop="0", level="0.5"),
        [{"action": "stream", "streamUrl": [MUSIC], "loop": 0, "level": 0.5}],
    ),
    "control-nodes-break-the-flow": (node("n", "playaudio", action="on", url=MUSIC), "kit.vonage.stream(uuid"),
    "recording-url-in-another-place": (
        [node("v", "voice webhook", "n", url="/recording", method="post"), node("n", "getrecording", filename="")],
        'event["recording_url"]',
    ),
    "empty-answer": (
        answer("/answer"),
        lambda i: (asked(i, "/answer").status_code, asked(i, "/answer").text[:22]) == (500, "This route has no NCCO"),
    ),
    "jsonp-answer": (answer("/answer", talk("a")), plain_json),
    "webhook-method-mismatch": (
        [*reply("/event", statusCode="200"), call("x", "url", eventurl="https://YOUR_URL/event", eventmethod="GET")],
        lambda i: asked(i, "/event", i.calls[0].parameters().get("event_method", "POST")).status_code == 200,
    ),
    "no-endpoint-chosen": (
        call("x", "url", endpoint=None),
        lambda i: i.calls[0].fields["to"] == [{"type": "phone", "number": "447700900001"}],
    ),
    "unset-status-means-off": (node("n", "mute", calluuid="u"), "mute(uuid), or kit.vonage.unmute(uuid)"),
    "event-url-needs-answer-url": (node("n", "updateNexmoApp", eventURL=MUSIC), "replace_application"),
    "wrong-number-updated": (node("n", "updateNumber", number="4477009005"), "update_number(country, number"),
    "secrets-in-the-clear": (
        [talk("a"), {"id": "c", "type": "nexmovoiceapp", "name": "App", "credentials": {"apisecret": "s3cr3t"}}],
        lambda i: "s3cr3t" not in str(i) + i.to_flask() + str(vars(i)),
    ),
    "editor-on-the-internet": (node("n", "ngrok", port="1880"), "kit.tunnel.on()"),
    "audio-without-range": (sound("/music.mp3"), range_and_caching),
    "flat-input": (
        node("n", "input", maxdigits="1", submitonhash=True),
        [{"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "submitOnHash": True}}],
    ),
}


def test_every_fault_that_an_import_can_meet_has_a_flow_here() -> None:
    assert set(FAULTS) == set(TRIGGERS)
    assert all(" Here: " in text and text.endswith(".") for text in FAULTS.values())


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_fault_is_avoided_and_said(name: str) -> None:
    flow, what = TRIGGERS[name]
    imported = import_flow(flow, your_url=URL)
    assert name in {note.fault for note in imported.notes} <= {*FAULTS, ""}
    if isinstance(what, str):
        assert what in " ".join(part.instead for part in imported.not_translated)
    else:
        assert what(imported) if callable(what) else only(imported) == what


def test_a_flow_without_faults_has_no_note() -> None:
    flow = [*reply("/event", statusCode="200"), talk("a", "x"), call("x", eventurl=f"{URL}/event")]
    assert import_flow(flow, your_url=URL).notes == []


# --- Unchecked values, one by one ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "words", "option", "value"), [
    (stream("a", level="5"), "level", "level", 5),
    (stream("a", loop="often"), "loop", "loop", "often"),
    (node("n", "input", timeout="99"), "timeOut", "dtmf", {"timeOut": 99}),
    (node("n", "input", eventurl="event"), "eventUrl", "eventUrl", ["event"]),
    (node("n", "record", endonkey="##"), "endOnKey", "endOnKey", "#"),
    (node("n", "record", endonkey="12"), "endOnKey", "endOnKey", "12"),
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


@pytest.mark.parametrize(
    ("route", "chosen", "sent"), [("post", "get", "POST"), ("get", "", "GET"), ("get", "post", "GET")]
)
def test_an_event_method_fits_the_route_it_leads_to(route: str, chosen: str, sent: str) -> None:
    keys = node("n", "input", eventurl="http://localhost:1880/event", eventmethod=chosen)
    [found] = import_flow([*reply("/event", method=route), keys]).nccos
    assert found.ncco[0].get("eventMethod", "POST") == sent


def test_an_answer_url_is_asked_with_the_method_of_its_route() -> None:
    flow = [*answer("/answer", talk("a"), method="post"), call("x", "url", answer="https://abc.ngrok.io/answer")]
    assert import_flow(flow, your_url=URL).calls[0].parameters()["answer_method"] == "POST"
