"""The official SDK places calls: every NCCO class with all its options, endpoint classes, every field of a call."""

from __future__ import annotations

import json
from typing import Any

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
    NccoAction,
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
)
from vonage_voice.models.common import WebsocketAuthorization

from helpers.audio.files import Samples
from helpers.simulator.sound.tones import dtmf
from tests.matching import match
from tests.simulator.ear import RATE, heard, spoken, voice
from tests.simulator.sdk.orders import ended_call, place
from tests.simulator.test_websocket import SocketServer
from tests.simulator.world import PHONE, Json, World, hangs_up, presses, says

OTHER, THIRD = "447700900022", "447700900023"
TALK = Talk(text="That was all.")


def keys_heard(sound: Samples, keys: str) -> bool:
    """True if the two tones of each of these keys are in a sound."""
    return all(match(sound, dtmf(key).samples, RATE).score > 0.8 for key in keys)


# What is played


@pytest.mark.fidelity("barge-in", "input-ends", "input-event")
def test_a_prompt_with_barge_in_and_input_of_keys(
    world: World, sdk: vonage.Vonage, noise: Samples, second: bytes
) -> None:
    url, keys = world.learner.serve("song.wav", second), world.learner.on("/keys", ("", 204))
    world.phone(after=1, script=presses("42#", 2.5))
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


# Who is brought together


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
    world.phone(PHONE, after=1, script=says("This is the caller.", 10))
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


@pytest.mark.fidelity("connect-ringback", "one-or-list")
def test_a_tone_for_the_caller_while_it_rings(world: World, sdk: vonage.Vonage, noise: Samples, second: bytes) -> None:
    """The action's own ringbackTone is an address in the NCCO reference, and a list of them in the SDK."""
    tone = world.learner.serve("ringing.wav", second)
    world.phone(OTHER, after=5)
    call = place(sdk, world, Connect(endpoint=[PhoneEndpoint(number=OTHER)], from_=world.number, ringbackTone=[tone]))
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
    world.phone(address, after=1, script=says(words, 1))
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


# Whom a call goes to


CALLEES: dict[str, tuple[Any, Any]] = {
    PHONE: (ToPhone(number=PHONE, dtmf_answer="12p3", shaken="the-header-as-issued"), Phone(number=PHONE)),
    SIP: (Sip(uri=SIP, headers={"room": "12"}, standard_headers={"User-to-User": "342342ef34;encoding=hex"}),
          Sip(uri=SIP)),
    VBC: (Vbc(extension="123"), Vbc(extension="123")),
}  # fmt: skip


@pytest.mark.parametrize("address", CALLEES)
@pytest.mark.fidelity("dtmf-answer", "endpoint-sip", "sip-headers-out", "endpoint-vbc")
def test_to_a_phone_a_sip_address_and_an_extension(world: World, sdk: vonage.Vonage, address: str) -> None:
    to, shown = CALLEES[address]
    world.phone(address, after=1)
    call = ended_call(sdk, world, TALK, to=to)
    assert sdk.voice.get_call(call).to == shown
    assert world.actions(call) == [("talk", "started"), ("talk", "finished")]
    assert keys_heard(heard(world, call), "123") == (address == PHONE)
    assert all(one["headers"] == ({"room": "12"} if address == SIP else {}) for one in world.learner.payloads())


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
    world.until(world.dial(number="app:alice", custom_data=data, application_id=world.app))
    world.until(world.dial(number="sip:desk@example", headers={"User-to-User": "3132;encoding=hex"}))
    app, sip = (AnswerWebhook(**one) for one in world.learner.payloads("/answer"))
    assert (app.from_user, app.from_, app.custom_data, app.endpoint_type) == ("alice", None, data, "app")
    assert (sip.from_, sip.endpoint_type) == ("sip:desk@example", "sip")
    assert sip.sipheader_user_to_user == "3132;encoding=hex"


@pytest.mark.fidelity("call-random-from", "call-length", "call-ringing")
def test_random_from_number_and_timers(world: World, sdk: vonage.Vonage) -> None:
    world.link()
    call = ended_call(sdk, world, Talk(text="For ever.", loop=0), random_from_number=True, length_timer=7)
    assert sdk.voice.get_call(call).from_ == Phone(number=world.number)
    assert world.lasted(call) == pytest.approx(7)
    world.phone(behaviour="rings_out")
    call = ended_call(sdk, world, TALK, ringing_timer=5)
    assert world.at(call, "timeout") - world.at(call, "ringing") == pytest.approx(5)


@pytest.mark.fidelity("amd-continue", "amd-advanced-beep", "amd-advanced-hangup")
def test_machine_detection(world: World, sdk: vonage.Vonage) -> None:
    world.phone(behaviour="voicemail")
    beep = AdvancedMachineDetection(behavior="continue", mode="detect_beep", beep_timeout=45)
    hang_up = AdvancedMachineDetection(behavior="hangup", mode="detect")
    for told, actions, fields in (
        ("machine", ["stopped"], {"machine_detection": "hangup"}),
        ("beep_start", ["started", "finished"], {"advanced_machine_detection": beep}),
        ("machine", [], {"advanced_machine_detection": hang_up, "machine_detection": "continue"}),
    ):
        call = ended_call(sdk, world, Talk(text="Is this a person? Please call me back.", loop=2), **fields)
        event = world.learner.payloads()[-2]
        assert (event["status"], event.get("sub_state", "machine"), event["call_uuid"]) == ("machine", told, call)
        assert [state for _, state in world.actions(call)][-len(actions) :] == actions


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
def test_all_its_ncco_classes_in_one_call_with_all_their_options(
    world: World, sdk: vonage.Vonage, second: bytes
) -> None:
    """What an option does is tested on the network itself; here, that it gets there and is carried out."""
    told: Json = {"eventUrl": [f"{world.learner.url}/event"], "eventMethod": "POST"}
    sound = world.learner.serve("song.wav", second)
    world.phone(OTHER, after=1, script=hangs_up(2))
    world.phone(PHONE, after=1, script=hangs_up(60))
    speech = Speech(
        endOnSilence=1.5, language="en-GB", context=["jazz"], startTimeout=2, maxDuration=20, saveAudio=True,
        sensitivity=90,
    )  # fmt: skip
    ncco: list[NccoAction] = [
        Record(format="wav", split="conversation", channels=2, beepStart=True, **told),
        Talk(text="Welcome.", bargeIn=False, loop=2, level=0.5, language="en-GB", style=1, premium=True),
        Stream(streamUrl=[sound], level=-0.5, bargeIn=False, loop=2),
        Input(type=["dtmf", "speech"], dtmf=Dtmf(timeOut=2, maxDigits=4, submitOnHash=True), speech=speech, **told),
        Notify(payload={"song": 7, "names": ["Änne", None], "deep": {"er": True}}, **told),
        Connect(endpoint=[PhoneEndpoint(number=OTHER)], from_=world.number, timeout=20, limit=12,
                machineDetection="continue", eventType="synchronous", ringbackTone=[sound], **told),
        Conversation(name="afterwards", musicOnHoldUrl=[sound], startOnEnter=False, endOnExit=False, mute=True,
                     record=False, canHear=[], **told),
    ]  # fmt: skip
    call = ended_call(sdk, world, *ncco)
    sent = [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in ncco]
    assert world.one(call, "request")["body"]["ncco"] == sent
    assert [name for name, state in world.actions(call) if state == "started"] == [one["action"] for one in sent]
    assert not [one for one in world.learner.payloads() if "reason" in one]
    assert next(one["payload"] for one in world.learner.payloads() if "payload" in one) == sent[4]["payload"]
