"""The nine action models: what they take, their ranges, and what they hand out."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.ncco import (
    ACTIONS,
    Connect,
    Conversation,
    Input,
    Ncco,
    NccoError,
    Record,
    Stream,
    Talk,
    Wait,
    check,
    parse,
)
from helpers.ncco.editing.paths import with_value
from helpers.ncco.models.endpoints import ENDPOINTS, PhoneEndpoint
from helpers.ncco.schema import Option, options_of, walk

URL = "https://example.com/a"
LEG = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"

FULL: list[dict[str, Any]] = [
    {"action": "stream", "streamUrl": [URL], "level": -0.5, "bargeIn": True, "loop": 0},
    {"action": "talk", "text": "Hello", "bargeIn": True, "loop": 2, "level": 1, "language": "en-GB", "style": 1,
     "premium": True, "provider": "google", "providerOptions": {"a": 1}},
    {"action": "input", "type": ["dtmf", "speech"], "dtmf": {"timeOut": 5, "maxDigits": 1, "submitOnHash": True},
     "speech": {"uuid": [LEG], "endOnSilence": 0.4, "language": "en-GB", "context": ["yes"], "startTimeout": 1,
                "maxDuration": 60, "saveAudio": True, "sensitivity": 10, "provider": "google",
                "providerOptions": {"model": "phone_call"}},
     "mode": "synchronous", "eventUrl": [URL], "eventMethod": "GET"},
    {"action": "record", "format": "ogg", "split": "conversation", "channels": 2, "endOnSilence": 3, "endOnKey": "#",
     "timeOut": 7200, "beepStart": True, "eventUrl": [URL], "eventMethod": "POST",
     "transcription": {"language": "en-GB", "eventUrl": [URL], "eventMethod": "POST", "sentimentAnalysis": True}},
    {"action": "conversation", "name": "room", "musicOnHoldUrl": [URL], "startOnEnter": False, "endOnExit": True,
     "record": True, "canSpeak": [LEG], "canHear": [], "mute": False, "transcription": {}, "eventUrl": [URL],
     "eventMethod": "POST"},
    {"action": "connect", "endpoint": [{"type": "phone", "number": "447700900002", "dtmfAnswer": "1p2#",
                                        "onAnswer": {"url": URL, "ringbackTone": URL}, "shaken": "x"}],
     "from": "447700900000", "eventType": "synchronous", "timeout": 120, "limit": 7200, "machineDetection": "hangup",
     "advancedMachineDetection": {"behavior": "continue", "mode": "detect_beep", "beep_timeout": 30},
     "eventUrl": [URL], "eventMethod": "POST", "ringbackTone": URL},
    {"action": "notify", "payload": {"a": [1, None, {"b": True}]}, "eventUrl": [URL], "eventMethod": "POST"},
    {"action": "wait", "timeout": 0.1},
    {"action": "transfer", "conversationId": "CON-1", "canHear": [LEG], "canSpeak": [LEG], "mute": False},
]  # fmt: skip


def test_every_option_is_taken_and_given_back_unchanged() -> None:
    ncco = parse(FULL)
    assert ncco.to_list() == FULL
    assert parse(ncco.to_json()) == ncco
    assert parse(ncco.to_json().encode()).to_list() == FULL
    assert next(iter(ncco.to_list()[0])) == "action"


@pytest.mark.parametrize("name", ACTIONS)
def test_only_what_was_set_goes_out(name: str) -> None:
    required = {o.name: o.example for o in options_of(ACTIONS[name]) if o.required}
    item = {"action": name, **required}
    assert parse([item]).to_list() == [item]


def _all_options() -> list[Any]:
    found = []
    for name, model in ACTIONS.items():
        found += [pytest.param(o, id=f"{name}.{path}") for path, o in walk(options_of(model))]
    return found


@pytest.mark.parametrize("option", _all_options())
def test_every_option_explains_itself(option: Option) -> None:
    assert (option.help.endswith(".") and option.help[0].isupper()) or option.help[0] in '"{', option.help
    assert option.expected
    assert option.choices or option.example is not None


@pytest.mark.parametrize("option", [p for p in _all_options() if p.values[0].minimum is not None])
def test_every_range_is_said_in_words(option: Option) -> None:
    assert f"{option.minimum:g}" in option.expected


def _ranges() -> list[Any]:
    found = []
    for name, model in ACTIONS.items():
        for path, option in walk(options_of(model)):
            for edge, step in ((option.minimum, -1), (option.maximum, 1)):
                if edge is not None and name != "wait":
                    found.append(pytest.param(name, path, edge, step, id=f"{name}.{path}={edge:g}"))
    return found


def _item(name: str, path: str, value: Any) -> list[dict[str, Any]]:
    item: dict[str, Any] = {"action": name, **{o.name: o.example for o in options_of(ACTIONS[name]) if o.required}}
    if path == "channels":
        item["split"] = "conversation"
    if path.startswith("speech."):
        item["type"] = ["speech"]
    return [with_value(item, path, value)]


@pytest.mark.parametrize(("name", "path", "edge", "step"), _ranges())
def test_the_edge_of_a_range_is_in_and_what_is_beyond_is_out(name: str, path: str, edge: float, step: int) -> None:
    edge = int(edge) if float(edge).is_integer() else edge
    assert not [p for p in check(_item(name, path, edge)) if p.severity == "error" and p.field != "bargeIn"]
    (problem,) = [p for p in check(_item(name, path, edge + step)) if p.severity == "error"]
    assert problem.field == path
    assert "must be" in problem.message


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/a.mp3", "http://localhost/a.mp3", "https://example.com:1/a%20b?x=1"]
)
def test_web_addresses_on_this_machine_are_fine(url: str) -> None:
    assert check([{"action": "stream", "streamUrl": [url]}]) == []


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("music.mp3", "whole web address"),
        ("example.com/a.mp3", "no http"),
        ("ftp://example.com/a", "whole web address"),
        ("https://", "whole web address"),
        ("https://example.com/my song.mp3", "space"),
        ("{{url}}/a.mp3", "placeholder"),
        ("http://[", "whole web address"),
        ("", "whole web address"),
    ],
)
def test_wrong_web_addresses_are_named(url: str, word: str) -> None:
    (problem,) = check([{"action": "stream", "streamUrl": [url]}])
    assert word in problem.message
    assert problem.cure


def test_defaults_are_there_to_read_but_do_not_go_out() -> None:
    stream = Stream(streamUrl=[URL])
    assert (stream.loop, stream.level, stream.bargeIn) == (1, 0, False)
    assert Input(type=["dtmf"], dtmf={"maxDigits": 1}).dtmf.timeOut == 3  # type: ignore[arg-type, union-attr]
    assert Wait().timeout == 10
    assert Conversation(name="x").startOnEnter is True


def test_an_endpoint_says_its_type_even_if_nobody_wrote_it() -> None:
    assert Connect(endpoint=[PhoneEndpoint(number="447700900002")]).to_dict()["endpoint"][0]["type"] == "phone"
    assert set(ENDPOINTS) == {"phone", "app", "websocket", "sip", "vbc"}


def test_who_waits_for_whom() -> None:
    synchronous = {name for name, model in ACTIONS.items() if model.synchronous}
    assert synchronous == set(ACTIONS) - {"record"}
    assert Stream(streamUrl=[URL]).waits and not Stream(streamUrl=[URL], bargeIn=True).waits
    assert Talk(text="a").waits and not Talk(text="a", bargeIn=True).waits
    assert not Record().waits and Record(endOnKey="#").waits
    assert not Input(type=["dtmf"], mode="asynchronous").waits


def test_a_model_built_wrong_reads_well() -> None:
    with pytest.raises(NccoError) as caught:
        Stream(streamUrl="http://x")  # type: ignore[arg-type]
    assert 'Write it in square brackets: "streamUrl": ["http://x"].' in str(caught.value)
    assert "pydantic" not in str(caught.value)
    with pytest.raises(NccoError, match="Did you mean bargeIn"):
        Stream(streamUrl=[URL], barge_in=True)  # type: ignore[call-arg]
    with pytest.raises(NccoError, match="stream needs streamUrl"):
        Stream()  # type: ignore[call-arg]


def test_a_model_changed_wrongly_reads_well_and_stays_as_it_was() -> None:
    stream = Stream(streamUrl=[URL], level="0.5", loop=None)  # type: ignore[arg-type]
    with pytest.raises(NccoError, match="level of stream is 3, but must be a number from -1 to 1"):
        stream.level = 3
    assert stream.level == 0.5
    with pytest.raises(NccoError, match="no option"):
        stream.lop = 3  # type: ignore[attr-defined]
    assert repr(stream) == str(stream) == "Stream(streamUrl=['https://example.com/a'], level=0.5)"


def test_an_ncco_is_a_sequence_of_models() -> None:
    ncco = Ncco([Talk(text="Hello"), {"action": "stream", "streamUrl": [URL], "level": 1.0}])
    assert len(ncco) == 2
    assert [action.action for action in ncco] == ["talk", "stream"]
    assert isinstance(ncco[1], Stream) and list(ncco[:1]) == [ncco[0]]
    assert repr(ncco) == "<NCCO: talk → stream>"
    assert ncco.advice == []
    assert ncco == parse(ncco.to_json(indent=None)) and hash(ncco) == hash(parse(ncco))
    assert ncco.to_json(indent=None).endswith('"level": 1}]')
    with pytest.raises(NccoError, match="empty"):
        Ncco([])
