"""The official SDK's classes take what our models make, and send the same JSON; what differs is listed, and no more."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError
from vonage_voice.errors import NccoActionError

import helpers.ncco
from helpers.ncco import ACTIONS, parse
from helpers.ncco.editing.examples import EXAMPLES
from helpers.ncco.editing.reference import example_of
from helpers.ncco.models.endpoints import ENDPOINTS
from tests.simulator.sdk import ncco_models as sdk
from tests.unit.ncco_strategies import PATHS, nccos

Json = dict[str, Any]
Line = tuple[str, str, str, str]
README = Path(helpers.ncco.__file__).with_name("README.md")

TALK = {"action": "talk", "text": "Hello"}
KEYS = {"action": "input", "type": ["dtmf"]}
SPEECH = {"action": "input", "type": ["speech"], "speech": {"language": "en-GB", "saveAudio": False}}
CONNECT = {"action": "connect", "from": "447700900000", "endpoint": [{"type": "app", "user": "jamie"}]}
PHONE = {"type": "phone", "number": "447700900001"}
SOCKET = {"type": "websocket", "uri": "wss://example.com/socket", "content-type": "audio/l16;rate=8000"}
WHISPER = {"url": "https://example.com/whisper", "ringback": "https://example.com/ringing.mp3"}
URL = "https://example.com/ringing.mp3"
LONG = "<speak>" + "One. <break time='1s'/>" * 100 + "</speak>"


def connect(**endpoint: Any) -> Json:
    return {**CONNECT, "endpoint": [endpoint]}


def speech(**options: Any) -> Json:
    return {**SPEECH, "speech": SPEECH["speech"] | options}  # type: ignore[operator]


# Action, option, when, what the SDK does; and an action in which it does it. The same lines stand in README.md.
LIST: dict[Line, Json] = {
    ("talk", "voiceName", "always", "leaves it out"): {**TALK, "voiceName": "Amy"},
    ("talk", "provider", "always", "leaves it out"): {**TALK, "provider": "google"},
    ("talk", "providerOptions", "always", "leaves it out"): {**TALK, "providerOptions": {}},
    ("talk", "text", "over 1,500 characters with its tags", "refuses it"): {**TALK, "text": LONG},
    ("input", "mode", "always", "leaves it out"): {**KEYS, "mode": "asynchronous"},
    ("input", "dtmf.timeOut", "with a fraction", "refuses it"): {**KEYS, "dtmf": {"timeOut": 2.5}},
    ("input", "speech.startTimeout", "with a fraction", "refuses it"): speech(startTimeout=2.5),
    ("input", "speech.maxDuration", "with a fraction", "refuses it"): speech(maxDuration=2.5),
    ("input", "speech.provider", "always", "leaves it out"): speech(provider="google"),
    ("input", "speech.providerOptions", "always", "leaves it out"): speech(providerOptions={}),
    ("input", "speech.saveAudio", "left out, but speech is there", "adds false"): {
        **SPEECH, "speech": {"language": "en-GB"}},
    ("record", "endOnSilence", "with a fraction", "refuses it"): {"action": "record", "endOnSilence": 3.5},
    ("record", "transcription", "always", "leaves it out"): {"action": "record", "transcription": {}},
    ("conversation", "transcription", "always", "leaves it out"): {
        "action": "conversation", "name": "team", "record": True, "transcription": {}},
    ("connect", "from", "left out, and randomFromNumber too", "refuses it"): {
        name: value for name, value in CONNECT.items() if name != "from"},
    ("connect", "advancedMachineDetection.beep_timeout", "30 to 44", "refuses it"): {
        **CONNECT, "advancedMachineDetection": {"beep_timeout": 44}},
    ("connect", "ringbackTone", "always (it wants a list)", "refuses it"): {**CONNECT, "ringbackTone": URL},
    ("connect", "endpoint.phone.onAnswer.ringback", "always", "leaves it out"): connect(**PHONE, onAnswer=WHISPER),
    ("connect", "endpoint.websocket.authorization.type", "left out, but authorization is there", "refuses it"): (
        connect(**SOCKET, authorization={})),
    ("connect", "endpoint.sip.user", "always (it wants uri)", "refuses it"): connect(
        type="sip", user="reception", domain="example"),
    ("connect", "endpoint.sip.domain", "always (it wants uri)", "refuses it"): connect(
        type="sip", user="reception", domain="example"),
    ("wait", "timeout", "left out", "adds 10"): {"action": "wait"},
    ("all", "options that it does not know", "always", "leaves them out"): {**TALK, "x-new": 1},
}  # fmt: skip
NEVER = {(action, option) for action, option, when, _ in LIST if when.startswith("always")}


def without(item: Json, path: str) -> Json:
    """A copy of an action from which an option has been taken out, if it is there."""
    made = copy.deepcopy(item)
    *groups, last = path.split(".")
    holder: Any = made
    for step in groups:
        if step in ENDPOINTS:  # no part of the JSON: what follows is an option of that type only
            holder = holder if holder.get("type") == step else {}
            continue
        holder = holder.get(step, {})
        holder = holder[0] if isinstance(holder, list) else holder
    holder.pop(last, None)
    return made


def made_by_sdk(item: Json) -> Json | None:
    """What the SDK sends; ``None`` if it refuses the action."""
    try:
        return sdk.sdk_json(item)
    except (ValidationError, NccoActionError):
        return None


def modelled(item: Json) -> Json:
    """An action brought to what the SDK has a place for: the list put into code, and nothing besides."""
    for action, option in NEVER:
        if action == item["action"]:
            item = without(item, option)
    item = copy.deepcopy(item)
    if item["action"] == "connect":
        if "randomFromNumber" not in item:
            item.setdefault("from", "447700900000")
        beep = item.get("advancedMachineDetection", {})
        if "beep_timeout" in beep:
            beep["beep_timeout"] = max(45, beep["beep_timeout"])
        [endpoint] = item["endpoint"]
        if endpoint["type"] == "sip":
            endpoint.setdefault("uri", "sip:reception@sip.example.com")
        if "authorization" in endpoint:
            endpoint["authorization"].setdefault("type", "vonage")
    if item["action"] == "wait":
        item.setdefault("timeout", 10)
    if "speech" in item:
        item["speech"].setdefault("saveAudio", False)
    for group in (item.get("dtmf", {}), item.get("speech", {}), item if item["action"] == "record" else {}):
        for name in group.keys() & {"timeOut", "startTimeout", "maxDuration"}:
            group[name] = int(group[name])
    if item["action"] == "record" and "endOnSilence" in item:
        item["endOnSilence"] = int(item["endOnSilence"])
    return item


@pytest.mark.parametrize(("line", "item"), LIST.items(), ids=[" ".join(line[:3]) for line in LIST])
def test_what_is_on_the_list_is_so(line: Line, item: Json) -> None:
    option, effect = line[1], line[3]
    made = made_by_sdk(item)
    if effect == "refuses it":
        assert made is None
        put_right = modelled(item) if option != "text" else TALK
        assert made_by_sdk(put_right) == put_right
    elif effect.startswith("adds"):
        assert made is not None and made != item
        assert without(made, option) == without(item, option) == item
    else:
        assert made == without(item, "x-new" if line[0] == "all" else option) != item


@pytest.mark.parametrize(("action", "path"), PATHS)
def test_what_is_not_on_the_list_is_the_same(action: str, path: str) -> None:
    item = [one for one in example_of(action, path) if one["action"] == action][-1]
    brought = modelled(item)
    assert made_by_sdk(brought) == brought
    listed = any(action == where and f"{path}.".startswith(f"{option}.") for where, option in NEVER)
    assert without(item, path) != item
    assert (without(brought, path) != brought) is not listed


def test_the_readme_has_the_same_list() -> None:
    rows = [line.strip("|").split("|") for line in README.read_text("utf-8").splitlines() if line.startswith("|")]
    told = [tuple(cell.strip().strip("`") for cell in row) for row in rows]
    assert told == [("action", "option", "when", "what the SDK does"), ("---",) * 4, *LIST]


def test_the_sdk_knows_all_nine_actions() -> None:
    assert set(sdk.ACTIONS) == set(ACTIONS)
    assert set(sdk.ENDPOINTS) == set(ENDPOINTS)


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_the_examples_are_the_same(example: Any) -> None:
    for item in parse(example.ncco).to_list():
        brought = modelled(item)
        assert made_by_sdk(brought) == brought


@pytest.mark.slow
@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(nccos(unknown=False))
def test_what_our_models_make_is_the_same(ncco: list[Json]) -> None:
    for item in parse(ncco).to_list():
        brought = modelled(item)
        assert made_by_sdk(brought) == brought
