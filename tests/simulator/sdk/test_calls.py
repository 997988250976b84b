"""The official SDK places calls: every NCCO class with all its options, every endpoint class, every field of a call."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import vonage
from pydantic import ValidationError
from vonage_http_client.errors import HttpRequestError
from vonage_voice import (
    AdvancedMachineDetection,
    AnswerWebhook,
    AppEndpoint,
    Connect,
    Conversation,
    CreateCallRequest,
    Dtmf,
    Input,
    Notify,
    OnAnswer,
    Phone,
    PhoneEndpoint,
    Record,
    Sip,
    SipEndpoint,
    Speech,
    Stream,
    Talk,
    ToPhone,
    Vbc,
    VbcEndpoint,
    Websocket,
    WebsocketEndpoint,
)
from vonage_voice.models.common import WebsocketAuthorization

from helpers.audio.files import Samples, level_gain
from helpers.simulator.sound.tones import dtmf
from tests.matching import match
from tests.simulator.ear import RATE, heard, loudness, spoken, voice
from tests.simulator.sdk.orders import ended_call, place
from tests.simulator.test_websocket import SocketServer
from tests.simulator.world import PHONE, World

OTHER, THIRD = "447700900022", "447700900023"
TALK = Talk(text="That was all.")
Json = dict[str, Any]


@pytest.fixture
def socket() -> Iterator[SocketServer]:
    server = SocketServer()
    yield server
    server.stop()


def keys_heard(sound: Samples, keys: str) -> bool:
    """True if the two tones of each of these keys are in a sound."""
    return all(match(sound, dtmf(key).samples, RATE).score > 0.8 for key in keys)


# What is played


@pytest.mark.fidelity("talk-loop", "talk-spoken", "ncco-order")
def test_talk(world: World, sdk: vonage.Vonage) -> None:
    text = "Here is your music."
    talk = Talk(text=text, bargeIn=False, loop=2, level=0.5, language="en-GB", style=1, premium=True)
    call = ended_call(sdk, world, talk)
    started = world.one(call, "sound", state="started")
    assert (started["text"], started["loop"], started["level"]) == (text, 2, 0.5)
    sound, once = heard(world, call), voice(text, "en-GB", 1)
    assert len(sound) == pytest.approx(2 * len(once), abs=RATE // 50)
    for half in np.array_split(sound, 2):
        assert match(half, once, RATE).score > 0.99


@pytest.mark.fidelity("stream-sound", "stream-loop", "stream-level")
def test_stream(world: World, sdk: vonage.Vonage, noise: Samples, second: bytes) -> None:
    url = world.learner.serve("song.wav", second)
    call = ended_call(sdk, world, Stream(streamUrl=[url], level=-0.5, bargeIn=False, loop=2))
    sound = heard(world, call)
    assert len(sound) / RATE == pytest.approx(2, abs=0.02)
    for half in (sound[:RATE], sound[RATE:]):
        assert match(half, noise, RATE).score > 0.99
        assert loudness(half) == pytest.approx(loudness(noise) * level_gain(-0.5), rel=0.05)


@pytest.mark.fidelity("barge-in", "input-ends", "input-event")
def test_a_prompt_with_barge_in_and_input_of_keys(
    world: World, sdk: vonage.Vonage, noise: Samples, second: bytes
) -> None:
    url, keys = world.learner.serve("song.wav", second), world.learner.on("/keys", ("", 204))
    world.phone(after=1, script=[{"do": "wait", "seconds": 2.5}, {"do": "press", "digits": "42#"}])
    call = ended_call(
        sdk,
        world,
        Stream(streamUrl=[url], bargeIn=True, loop=0),
        Input(type=["dtmf"], dtmf=Dtmf(timeOut=5, maxDigits=4, submitOnHash=True), eventUrl=[keys], eventMethod="POST"),
    )
    assert world.one(call, "sound", state="stopped")["at"] - world.at(call, "answered") == pytest.approx(2.5, abs=0.02)
    assert match(heard(world, call, 0, 2.5), noise, RATE).score > 0.99
    [told] = world.learner.payloads("/keys")
    assert told["dtmf"] == {"digits": "42", "timed_out": False}
    assert told["speech"] == {"error": "Speech was not enabled"}


@pytest.mark.fidelity("speech-results", "speech-context")
def test_input_of_keys_and_speech(world: World, sdk: vonage.Vonage) -> None:
    said = world.learner.on("/said", ("", 204))
    speech = Speech(
        endOnSilence=1.5, language="en-GB", context=["jazz"], startTimeout=5, maxDuration=20, saveAudio=True,
        sensitivity=90,
    )  # fmt: skip
    world.phone(after=1, script=[{"do": "wait", "seconds": 1}, {"do": "say", "text": "Some jazz please."}])
    both = Input(type=["dtmf", "speech"], dtmf=Dtmf(timeOut=8, maxDigits=2), speech=speech, eventUrl=[said])
    ended_call(sdk, world, both)
    [told] = world.learner.payloads("/said")
    assert told["speech"]["timeout_reason"] == "end_on_silence_timeout"
    assert told["speech"]["results"][0]["text"] == "Some jazz please."
    assert told["dtmf"] == {"digits": None, "timed_out": False}


@pytest.mark.fidelity("notify-event", "notify-reply")
def test_notify(world: World, sdk: vonage.Vonage) -> None:
    payload = {"song": 7, "names": ["Änne", None], "deep": {"er": True}}
    told = world.learner.on("/told", [{"action": "talk", "text": "A new one."}])
    call = ended_call(sdk, world, Notify(payload=payload, eventUrl=[told], eventMethod="POST"), TALK)
    assert world.learner.payloads("/told")[0]["payload"] == payload
    assert [one["text"] for one in world.trace(call, "sound", state="started")] == ["A new one."]


# Who is brought together


@pytest.mark.fidelity("conversation-together", "conversation-hold-music", "conversation-start-on-enter",
                      "conversation-end-on-exit")  # fmt: skip
def test_conversation(world: World, sdk: vonage.Vonage, noise: Samples, second: bytes) -> None:
    music = world.learner.serve("hold.wav", second)
    waits = Conversation(
        name="board", musicOnHoldUrl=[music], startOnEnter=False, endOnExit=False, record=False,
        eventUrl=[f"{world.learner.url}/event"], eventMethod="POST",
    )  # fmt: skip
    world.phone(PHONE, after=1)
    guest = place(sdk, world, waits)
    world.advance(5)
    assert match(heard(world, guest), noise, RATE).score > 0.99
    words = "The meeting is open."
    world.phone(OTHER, after=1, script=[{"do": "wait", "seconds": 1}, {"do": "say", "text": words}, {"do": "hang_up"}])
    chair = place(sdk, world, Conversation(name="board", startOnEnter=True, endOnExit=True), to=OTHER)
    world.until(guest)
    assert match(heard(world, guest), spoken(words), RATE).score > 0.99
    assert loudness(heard(world, chair)) == 0
    assert world.at(guest, "completed") == world.at(chair, "completed")


@pytest.mark.fidelity("conversation-mute", "conversation-can-hear", "conversation-can-speak")
def test_conversation_with_rules_of_who_hears_whom(world: World, sdk: vonage.Vonage) -> None:
    script = [{"do": "wait", "seconds": 1}, {"do": "say", "text": "Is anybody here?"}]
    legs = {}
    rules: dict[str, Json] = {PHONE: {"mute": True}, OTHER: {"canSpeak": []}, THIRD: {"canHear": []}}
    for number, rule in rules.items():
        world.phone(number, after=1, script=script if number != THIRD else [])
        legs[number] = place(sdk, world, Conversation(name="board", **rule), to=number)
    world.advance(8)
    for leg in legs.values():
        assert loudness(heard(world, leg)) == 0  # one is muted, one may be heard by nobody, one hears nobody
    world.use("say", THIRD, text="I can be heard.")
    world.advance(3)
    for number in (PHONE, OTHER):
        assert match(heard(world, legs[number], 7), spoken("I can be heard."), RATE).score > 0.99


def second_leg(world: World, call: str) -> str:
    """The leg that a call's connect action made."""
    [other] = {one["uuid"] for one in world.learner.payloads() if one.get("uuid") not in (None, call)}
    return str(other)


@pytest.mark.fidelity("connect-second-leg", "connect-on-answer", "dtmf-answer", "connect-limit")
def test_connect_a_phone(world: World, sdk: vonage.Vonage) -> None:
    # The keys are sent at the answer, so the words begin when they are over.
    words = {"action": "talk", "text": "A call from your website."}
    whisper = world.learner.on("/whisper", [{"action": "wait", "timeout": 2}, words])
    endpoint = PhoneEndpoint(
        number=OTHER, dtmfAnswer="1p2#", onAnswer=OnAnswer(url=whisper), shaken="the-header-as-issued"
    )
    connect = Connect(
        endpoint=[endpoint], from_=world.number, timeout=20, limit=12, machineDetection="continue",
        eventUrl=[f"{world.learner.url}/event"], eventMethod="POST",
    )  # fmt: skip
    world.phone(PHONE, after=1, script=[{"do": "wait", "seconds": 10}, {"do": "say", "text": "This is the caller."}])
    world.phone(OTHER, after=2)
    call = ended_call(sdk, world, connect, TALK)
    callee = second_leg(world, call)
    sound = heard(world, callee)
    assert keys_heard(sound, "12#")
    assert match(sound, voice("A call from your website."), RATE).score > 0.99
    assert match(sound, spoken("This is the caller."), RATE).score > 0.99
    assert world.lasted(callee) == pytest.approx(12)
    assert "human" in world.learner.statuses()
    assert world.trace(call, "sound", state="started")[-1]["text"] == "That was all."
    assert sdk.voice.get_call(callee).to == Phone(number=OTHER)


@pytest.mark.fidelity("connect-synchronous", "connect-random-from", "connect-timeout")
def test_connect_that_is_answered_with_another_ncco(world: World, sdk: vonage.Vonage) -> None:
    def reply() -> Any:
        failed = world.learner.payloads("/connect")[-1]["status"] == "timeout"
        return [{"action": "talk", "text": "Nobody is there."}] if failed else ("", 204)

    world.link()
    world.phone(OTHER, behaviour="rings_out")
    detection = AdvancedMachineDetection(behavior="continue", mode="detect", beep_timeout=60)
    connect = Connect(
        endpoint=[PhoneEndpoint(number=OTHER)], randomFromNumber=True, eventType="synchronous", timeout=5,
        advancedMachineDetection=detection, eventUrl=[world.learner.on("/connect", reply)],
    )  # fmt: skip
    call = ended_call(sdk, world, connect, TALK)
    events = world.learner.payloads("/connect")
    assert [one["status"] for one in events] == ["started", "ringing", "timeout", "completed"]
    assert events[0]["from"] == world.number
    assert [one["text"] for one in world.trace(call, "sound", state="started")] == ["Nobody is there."]


@pytest.mark.fidelity("connect-ringback", "connect-ringback-list")
def test_a_tone_for_the_caller_while_it_rings(world: World, sdk: vonage.Vonage, noise: Samples, second: bytes) -> None:
    tone = world.learner.serve("ringing.wav", second)
    whisper = world.learner.on("/whisper", [{"action": "wait", "timeout": 1}])
    world.phone(OTHER, after=5)
    endpoint = PhoneEndpoint(number=OTHER, onAnswer=OnAnswer(url=whisper, ringbackTone=tone))
    call = place(sdk, world, Connect(endpoint=[endpoint], from_=world.number))
    world.advance(12)
    assert match(heard(world, call), noise, RATE).score > 0.99
    # The action's own ringbackTone is an address in the NCCO reference, and a list of them in the SDK.
    listed = Connect(endpoint=[PhoneEndpoint(number=OTHER)], from_=world.number, ringbackTone=[tone])
    sdk.voice.hangup(call)
    world.until(call)
    call = place(sdk, world, listed)
    world.advance(6)
    assert match(heard(world, call), noise, RATE).score > 0.99


SIP, APP, VBC = "sip:desk@sip.example.com", "app:jamie", "vbc:123"
OTHERS: dict[str, Any] = {
    SIP: SipEndpoint(uri=SIP, headers={"room": "12"}, standardHeaders={"User-to-User": "342342ef34;encoding=hex"}),
    APP: AppEndpoint(user="jamie"),
    VBC: VbcEndpoint(extension="123"),
}


@pytest.mark.parametrize("address", OTHERS)
@pytest.mark.fidelity("endpoint-sip", "endpoint-app", "endpoint-vbc", "connect-second-leg")
def test_connect_something_else(world: World, sdk: vonage.Vonage, address: str) -> None:
    words = "Here is the other side."
    world.phone(address, after=1, script=[{"do": "wait", "seconds": 1}, {"do": "say", "text": words}])
    call = place(sdk, world, Connect(endpoint=[OTHERS[address]], from_=world.number), TALK)
    world.advance(10)
    # SIP and apps carry more than a telephone does.
    assert match(heard(world, call), spoken(words) if address == VBC else voice(words), RATE).score > 0.99
    callee = second_leg(world, call)
    if address == APP:  # the SDK has no model of an app user's leg: it cannot read this reply, nor a list with it
        with pytest.raises(ValidationError):
            sdk.voice.get_call(callee)
    else:
        assert sdk.voice.get_call(callee).to == (Vbc(extension="123") if address == VBC else Sip(uri=SIP))


@pytest.mark.fidelity("websocket-connect", "websocket-connected", "websocket-authorization")
def test_connect_a_websocket(world: World, sdk: vonage.Vonage, socket: SocketServer, noise: Samples) -> None:
    from tests.simulator.test_websocket import frames_of

    socket.say = frames_of(noise, 8000)
    endpoint = WebsocketEndpoint(
        uri=socket.url, contentType="audio/l16;rate=8000", headers={"song": "7"},
        authorization=WebsocketAuthorization(type="custom", value="Bearer abc"),
    )  # fmt: skip
    call = place(sdk, world, Connect(endpoint=[endpoint], from_=world.number))
    world.advance(6)
    assert socket.texts[0] == {
        "event": "websocket:connected", "content-type": "audio/l16;rate=8000", "song": "7",
    }  # fmt: skip
    assert {len(frame) for frame in socket.frames} == {320}
    assert {name.lower(): value for name, value in socket.headers.items()}["authorization"] == "Bearer abc"
    assert loudness(heard(world, call)) > 0.01


# Whom a call goes to


@pytest.mark.fidelity("dtmf-answer")
def test_to_a_phone(world: World, sdk: vonage.Vonage) -> None:
    to = ToPhone(number=PHONE, dtmf_answer="12p3", shaken="the-header-as-issued")
    call = ended_call(sdk, world, TALK, to=to)
    assert keys_heard(heard(world, call), "123")
    assert sdk.voice.get_call(call).to == Phone(number=PHONE)


@pytest.mark.fidelity("endpoint-sip", "sip-headers-out")
def test_to_a_sip_address(world: World, sdk: vonage.Vonage) -> None:
    address = "sip:desk@sip.example.com"
    to = Sip(uri=address, headers={"room": "12"}, standard_headers={"User-to-User": "342342ef34;encoding=hex"})
    world.phone(address, after=1)
    call = ended_call(sdk, world, TALK, to=to)
    assert all(one["headers"] == {"room": "12"} for one in world.learner.payloads())
    assert sdk.voice.get_call(call).to == Sip(uri=address)
    assert loudness(heard(world, call)) > 0.01


@pytest.mark.parametrize("rate", [8000, 16_000, 24_000])
@pytest.mark.fidelity("websocket-frames", "websocket-connected", "websocket-authorization")
def test_to_a_websocket(world: World, sdk: vonage.Vonage, socket: SocketServer, rate: int) -> None:
    content_type: Any = f"audio/l16;rate={rate}"
    authorization = WebsocketAuthorization(type="vonage")
    to = Websocket(uri=socket.url, content_type=content_type, headers={"song": 7}, authorization=authorization)
    call = ended_call(sdk, world, TALK, to=to)
    assert socket.texts[0] == {"event": "websocket:connected", "content-type": content_type, "song": 7}
    assert {len(frame) for frame in socket.frames} == {rate // 50 * 2}
    token = {name.lower(): value for name, value in socket.headers.items()}["authorization"].removeprefix("Bearer ")
    assert sdk.voice.verify_signature(token, world.network.account.signature_secret)
    shown = sdk.voice.get_call(call).to
    assert isinstance(shown, Websocket)
    assert shown.uri == socket.url


@pytest.mark.fidelity("endpoint-vbc")
def test_to_an_extension(world: World, sdk: vonage.Vonage) -> None:
    world.phone("vbc:1234", after=1)
    call = ended_call(sdk, world, TALK, to=Vbc(extension="1234"))
    assert sdk.voice.get_call(call).to == Vbc(extension="1234")
    assert world.actions(call) == [("talk", "started"), ("talk", "finished")]


# The other fields of a call


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.fidelity("answer-at-pick-up", "answer-parameters", "event-url-choice", "region-none")
def test_an_answer_url_and_what_the_sdk_reads_of_its_parameters(world: World, sdk: vonage.Vonage, method: Any) -> None:
    answer = world.learner.on("/answer", [TALK.model_dump(mode="json", exclude_none=True)])
    events = f"{world.learner.url}/own"
    call = ended_call(sdk, world, answer_url=[answer], answer_method=method, event_url=[events], event_method=method)
    [asked] = world.learner.at("/answer")
    assert asked.method == method
    webhook = AnswerWebhook(**asked.payload)
    assert (webhook.to, webhook.from_, webhook.uuid, webhook.endpoint_type) == (PHONE, world.number, call, "phone")
    assert webhook.conversation_uuid == sdk.voice.get_call(call).conversation_uuid
    assert webhook.region_url == world.network.url
    assert [one["status"] for one in world.learner.payloads("/own")] == ["started", "ringing", "answered", "completed"]
    assert {one.method for one in world.learner.at("/own")} == {method}
    assert world.actions(call) == [("talk", "started"), ("talk", "finished")]


@pytest.mark.fidelity("app-custom-data", "sip-headers")
def test_what_the_sdk_reads_of_an_inbound_call(world: World, sdk: vonage.Vonage) -> None:
    answer = world.learner.on("/answer", [{"action": "wait", "timeout": 1}])
    world.app = world.application(webhooks={"answer_url": {"address": answer, "http_method": "POST"}})
    world.link()
    data = {"product": 7, "names": ["Änne"]}
    world.until(
        str(world.use("dial", "app:alice", to=world.number, custom_data=data, application_id=world.app)["uuid"])
    )
    world.until(
        str(
            world.use("dial", "sip:desk@example", to=world.number, headers={"User-to-User": "3132;encoding=hex"})[
                "uuid"
            ]
        )
    )
    app, sip = (AnswerWebhook(**one) for one in world.learner.payloads("/answer"))
    assert (app.from_user, app.from_, app.custom_data, app.endpoint_type) == ("alice", None, data, "app")
    assert (sip.from_, sip.endpoint_type) == ("sip:desk@example", "sip")
    assert sip.sipheader_user_to_user == "3132;encoding=hex"


@pytest.mark.fidelity("call-random-from", "call-length")
def test_random_from_number_and_length_timer(world: World, sdk: vonage.Vonage) -> None:
    world.link()
    call = ended_call(
        sdk, world, Talk(text="For ever.", loop=0), random_from_number=True, length_timer=7, ringing_timer=30
    )
    assert sdk.voice.get_call(call).from_ == Phone(number=world.number)
    assert world.lasted(call) == pytest.approx(7)


@pytest.mark.fidelity("call-ringing")
def test_ringing_timer(world: World, sdk: vonage.Vonage) -> None:
    world.phone(behaviour="rings_out")
    call = place(sdk, world, TALK, ringing_timer=5)
    world.until(call, "timeout")
    assert world.at(call, "timeout") - world.at(call, "ringing") == pytest.approx(5)


@pytest.mark.parametrize(("behaviour", "verdict"), [("answers", "human"), ("voicemail", "machine")])
@pytest.mark.fidelity("amd-continue")
def test_machine_detection(world: World, sdk: vonage.Vonage, behaviour: str, verdict: str) -> None:
    world.phone(behaviour=behaviour)
    call = ended_call(sdk, world, Talk(text="Is this a person?", loop=5), machine_detection="continue")
    assert world.learner.statuses() == ["started", "ringing", "answered", verdict, "completed"]
    assert next(one for one in world.learner.payloads() if one["status"] == verdict)["call_uuid"] == call


@pytest.mark.fidelity("amd-advanced-beep", "amd-advanced-hangup")
def test_advanced_machine_detection(world: World, sdk: vonage.Vonage) -> None:
    world.phone(behaviour="voicemail")
    beep = AdvancedMachineDetection(behavior="continue", mode="detect_beep", beep_timeout=45)
    call = ended_call(sdk, world, TALK, advanced_machine_detection=beep)
    [told] = [one for one in world.learner.payloads() if one["status"] == "machine"]
    assert told["sub_state"] == "beep_start"
    assert world.actions(call) == [("talk", "started"), ("talk", "finished")]
    hang_up = AdvancedMachineDetection(behavior="hangup", mode="detect")
    call = ended_call(sdk, world, TALK, advanced_machine_detection=hang_up, machine_detection="continue")
    assert world.one(call, "status", status="completed")["disconnected_by"] == "platform"
    assert world.actions(call) == []


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"to": [ToPhone(number="+44 7700 900001")]}, "number"),
        ({"from_": "447700900500"}, "from"),  # to the SDK a text is good enough, to the API it is an object
        ({"to": [ToPhone(number=PHONE), ToPhone(number=OTHER)]}, "to"),
        ({"event_url": ["ftp://example.com"]}, "event_url"),
    ],
)
@pytest.mark.fidelity("error-wrong-fields", "call-number", "call-one-target")
def test_what_the_sdk_lets_through_and_the_api_refuses(
    world: World, sdk: vonage.Vonage, fields: Json, name: str
) -> None:
    good: Json = {"to": [ToPhone(number=PHONE)], "from_": Phone(number=world.number), "ncco": [TALK]}
    with pytest.raises(HttpRequestError) as refused:
        sdk.voice.create_call(CreateCallRequest(**(good | fields)))
    assert refused.value.response.status_code == 400
    assert [one["name"] for one in refused.value.response.json()["invalid_parameters"]] == [name]
    assert json.dumps(refused.value.response.json(), indent=4) in refused.value.message


@pytest.mark.fidelity("ncco-order")
def test_all_its_ncco_classes_in_one_call(world: World, sdk: vonage.Vonage, second: bytes) -> None:
    events = [f"{world.learner.url}/event"]
    world.phone(OTHER, after=1, script=[{"do": "wait", "seconds": 2}, {"do": "hang_up"}])
    world.phone(PHONE, after=1, script=[{"do": "wait", "seconds": 40}, {"do": "hang_up"}])
    call = ended_call(
        sdk,
        world,
        Record(format="mp3"),
        Talk(text="Welcome."),
        Stream(streamUrl=[world.learner.serve("song.wav", second)]),
        Input(type=["dtmf"], dtmf=Dtmf(timeOut=2)),
        Notify(payload={"step": 1}, eventUrl=events),
        Connect(endpoint=[PhoneEndpoint(number=OTHER)], from_=world.number),
        Conversation(name="afterwards"),
    )
    assert [name for name, state in world.actions(call) if state == "started"] == [
        "record", "talk", "stream", "input", "notify", "connect", "conversation",
    ]  # fmt: skip
    assert not [one for one in world.learner.payloads() if "reason" in one]
