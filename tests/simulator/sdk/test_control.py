"""The official SDK and calls that exist: lists and pages, looking at one, and everything that can be done to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import vonage
from vonage_http_client.errors import AuthenticationError, HttpRequestError, NotFoundError, RateLimitedError
from vonage_jwt import VonageVerifyJwtError
from vonage_voice import (
    AudioStreamOptions,
    CallState,
    Conversation,
    ListCallsFilter,
    NccoAction,
    Phone,
    Talk,
    Transfer,
    TtsLanguageCode,
    TtsStreamOptions,
    Wait,
)

from helpers.simulator.account.regions import REGIONS
from helpers.simulator.run.doors import Doors
from helpers.simulator.sound.tones import dtmf
from tests.matching import match
from tests.simulator.ear import RATE, heard, voice
from tests.simulator.sdk.conftest import Client, pem
from tests.simulator.sdk.orders import place
from tests.simulator.world import PHONE, Keys, World

OTHER = "447700900022"
NOBODY = "00000000-0000-4000-8000-000000000000"
LONG = Talk(text="<speak><break time='100s'/></speak>")  # create_call takes no Wait: its list of actions lacks it


def answered(sdk: vonage.Vonage, world: World, *ncco: NccoAction) -> str:
    call = place(sdk, world, *(ncco or (LONG,)))
    world.until(call, "answered")
    return call


# Looking


@pytest.mark.fidelity("call-money", "call-created")
def test_a_call_before_and_after(world: World, sdk: vonage.Vonage) -> None:
    call = place(sdk, world, Talk(text="Here is your music."))
    before = sdk.voice.get_call(call)
    assert (before.uuid, before.status, before.direction, before.link) == (
        call, "started", "outbound", f"/v1/calls/{call}",
    )  # fmt: skip
    assert (before.to, before.from_) == (Phone(number=PHONE), Phone(number=world.number))
    money = (before.rate, before.price, before.duration, before.network, before.start_time, before.end_time)
    assert set(money) == {None}
    world.until(call)
    after = sdk.voice.get_call(call)
    assert (after.status, after.conversation_uuid) == ("completed", before.conversation_uuid)
    assert after.duration == str(round(world.lasted(call)))
    assert float(str(after.price)) == pytest.approx(float(str(after.rate)) * int(str(after.duration)) / 60)
    assert str(after.start_time) < str(after.end_time)
    assert after.network


def many(sdk: vonage.Vonage, world: World) -> list[str]:
    """Five calls, three seconds apart: the first two are over, the other three ring."""
    calls = []
    for position in range(5):
        number = f"4477009000{position + 10}"
        world.phone(number, behaviour="answers" if position < 2 else "manual", after=0)
        calls.append(place(sdk, world, Talk(text="Yes."), to=number))
        world.advance(3)
    return calls


@pytest.mark.fidelity("list-filters")
def test_the_list_and_its_filters(world: World, sdk: vonage.Vonage) -> None:
    calls = many(sdk, world)

    def listed(**filters: object) -> list[str]:
        found, following = sdk.voice.list_calls(ListCallsFilter(**filters))
        assert following is None
        return [one.uuid for one in found]

    every, _ = sdk.voice.list_calls()
    assert [one.uuid for one in every] == calls
    assert every[0] == sdk.voice.get_call(calls[0])
    assert listed(order="desc") == calls[::-1]
    assert listed(status=CallState.COMPLETED) == calls[:2]
    assert listed(status=CallState.RINGING) == calls[2:]
    for state in set(CallState) - {CallState.COMPLETED, CallState.RINGING}:
        assert listed(status=state) == []
    assert listed(conversation_uuid=every[3].conversation_uuid) == [calls[3]]
    assert listed(record_index=3) == calls[3:]
    [begun] = [
        one["timestamp"] for one in world.learner.payloads() if (one["uuid"], one["status"]) == (calls[2], "started")
    ]
    border = (datetime.fromisoformat(begun) - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert listed(date_start=border) == calls[2:]
    assert listed(date_end=border) == calls[:2]


@pytest.mark.fidelity("list-paging", "list-links")
def test_its_pages(world: World, sdk: vonage.Vonage) -> None:
    calls = many(sdk, world)

    def pages(size: int) -> list[list[str]]:
        found, index = [], 0
        while index is not None:
            page, index = sdk.voice.list_calls(ListCallsFilter(page_size=size, record_index=index))
            found.append([one.uuid for one in page])
        return found

    assert pages(1) == [[call] for call in calls]
    # What the SDK gives as the next index is one more than this one, whatever the size of a page: with larger pages
    # records come again, as they do at Vonage. Following the links shows each call once: test_calls.
    assert pages(2) == [calls[n : n + 2] for n in range(4)]


# Doing


@pytest.mark.fidelity("hang-up", "hang-up-early")
def test_hangup(world: World, sdk: vonage.Vonage) -> None:
    call = place(sdk, world, LONG)
    with pytest.raises(HttpRequestError) as early:
        sdk.voice.hangup(call)
    assert early.value.response.status_code == 400
    world.until(call, "answered")
    assert sdk.voice.hangup(call) is None
    world.until(call)
    assert world.one(call, "status", status="completed")["disconnected_by"] == "platform"
    with pytest.raises(NotFoundError):
        sdk.voice.hangup(call)


@pytest.mark.fidelity("call-transfer")
def test_transfer_to_an_ncco_and_to_an_answer_url(world: World, sdk: vonage.Vonage) -> None:
    call = answered(sdk, world)
    assert sdk.voice.transfer_call_ncco(call, [Talk(text="Somewhere else."), Wait(timeout=20)]) is None
    world.advance(5)
    url = world.learner.on("/there", [{"action": "talk", "text": "And here is the end."}])
    assert sdk.voice.transfer_call_answer_url(call, url) is None
    world.until(call)
    assert world.learner.at("/there")[0].method == "GET"
    assert [one["text"] for one in world.trace(call, "sound", state="started")][1:] == [
        "Somewhere else.", "And here is the end.",
    ]  # fmt: skip
    for words in ("Somewhere else.", "And here is the end."):
        assert match(heard(world, call), voice(words), RATE).score > 0.99


@pytest.mark.fidelity("transfer-action", "wait-clamped")
def test_the_action_transfer_and_wait(world: World, sdk: vonage.Vonage) -> None:
    first = answered(sdk, world, Conversation(name="board"))
    there = sdk.voice.get_call(first).conversation_uuid
    world.phone(OTHER, after=1)
    second = place(sdk, world, LONG, to=OTHER)
    world.until(second, "answered")
    sdk.voice.transfer_call_ncco(second, [Wait(timeout=0.001), Transfer(conversationId=there), Talk(text="Never.")])
    world.advance(3)
    assert sdk.voice.get_call(second).conversation_uuid == there
    assert "Never." not in [one.get("text") for one in world.trace(second, "sound")]


@pytest.mark.fidelity("call-mute", "call-earmuff")
def test_mute_and_earmuff_and_back(world: World, sdk: vonage.Vonage) -> None:
    call = answered(sdk, world)
    for name in ("mute", "unmute", "earmuff", "unearmuff"):
        assert getattr(sdk.voice, name)(call) is None
        assert world.trace(call, "control")[-1]["action"] == name


@pytest.mark.fidelity("rest-messages", "rest-level-and-loop", "call-dtmf")
def test_sound_and_keys_into_a_call(world: World, sdk: vonage.Vonage, second: bytes) -> None:
    url, call = world.learner.serve("song.wav", second), answered(sdk, world)
    api, words = sdk.voice, "Your taxi is here."
    talk = TtsStreamOptions(text=words, language=TtsLanguageCode.EN_GB, style=2, premium=False, loop=2, level=-0.2)
    replies = [
        api.play_audio_into_call(call, AudioStreamOptions(stream_url=[url], loop=0, level=-0.4)),
        api.play_tts_into_call(call, talk),
        api.stop_audio_stream(call),
        api.stop_tts(call),
        api.play_dtmf_into_call(call, "1p2#"),
    ]
    assert [one.message for one in replies] == [
        "Stream started", "Talk started", "Stream stopped", "Talk stopped", "DTMF sent"]  # fmt: skip
    assert {one.uuid for one in replies} == {call}
    world.advance(3)
    played, said = (world.one(call, "sound", state="started", source=f"rest_{one}") for one in ("stream", "talk"))
    assert (played["url"], played["loop"], played["level"]) == (url, 0, -0.4)
    assert (said["text"], said["loop"], said["level"]) == (words, 2, -0.2)
    assert all(match(heard(world, call), dtmf(key).samples, RATE).score > 0.9 for key in "12#")


def requests_about(sdk: vonage.Vonage, call: str) -> list[Callable[[], object]]:
    """Everything that the SDK can ask about one call."""
    voice = sdk.voice
    return [
        lambda: voice.get_call(call),
        lambda: voice.hangup(call),
        lambda: voice.mute(call),
        lambda: voice.unmute(call),
        lambda: voice.earmuff(call),
        lambda: voice.unearmuff(call),
        lambda: voice.transfer_call_ncco(call, [LONG]),
        lambda: voice.transfer_call_answer_url(call, "https://example.com/answer"),
        lambda: voice.play_audio_into_call(call, AudioStreamOptions(stream_url=["https://example.com/song.mp3"])),
        lambda: voice.stop_audio_stream(call),
        lambda: voice.play_tts_into_call(call, TtsStreamOptions(text="Hello")),
        lambda: voice.stop_tts(call),
        lambda: voice.play_dtmf_into_call(call, "1"),
    ]


@pytest.mark.fidelity("call-unknown", "foreign-call")
def test_an_unknown_call_is_not_found(world: World, sdk: vonage.Vonage) -> None:
    for request in requests_about(sdk, NOBODY):
        with pytest.raises(NotFoundError) as missing:
            request()
        assert missing.value.response.json() == {"type": "NOT_FOUND", "error_title": "Not Found"}


@pytest.mark.fidelity("token-one-answer")
def test_a_foreign_key_is_not_taken(world: World, client: Client, foreign_keys: Keys) -> None:
    call = answered(client(), world)
    foreign = client(private_key=pem(foreign_keys[0]))
    for request in (*requests_about(foreign, call), foreign.voice.list_calls, lambda: place(foreign, world, LONG)):
        with pytest.raises(AuthenticationError) as refused:
            request()
        assert refused.value.response.json() == {"type": "UNAUTHORIZED", "error_title": "Unauthorized"}
    assert world.voice("GET", f"/{call}").json()["status"] == "answered"


@pytest.mark.fidelity("rate-limits")
def test_too_many_calls(world: World, sdk: vonage.Vonage) -> None:
    world.fault(rate_limits={})
    for _ in range(3):
        place(sdk, world, LONG)
    with pytest.raises(RateLimitedError):
        place(sdk, world, LONG)


@pytest.mark.fidelity("region-hosts", "region-override", "region-404")
@pytest.mark.parametrize("region", REGIONS)
def test_the_host_of_a_region_is_an_option_of_the_sdk(world: World, client: Client, doors: Doors, region: str) -> None:
    there = client(vonage.HttpClientOptions(api_host=REGIONS[region]))
    call = place(there, world, LONG)
    assert doors.hosts[-1] == REGIONS[region]
    assert there.voice.get_call(call).status == "started"
    elsewhere = "eu-west" if region != "eu-west" else "na-east"
    with pytest.raises(NotFoundError):
        client(vonage.HttpClientOptions(api_host=REGIONS[elsewhere])).voice.get_call(call)
    assert client().voice.get_call(call).uuid == call


@pytest.mark.fidelity("signed-claims")
def test_the_signature_of_a_webhook(world: World, sdk: vonage.Vonage) -> None:
    world.until(place(sdk, world, Talk(text="Hello.")))
    assert len(world.learner.received) == 4
    secret = world.network.account.signature_secret
    for received in world.learner.received:
        token = received.headers["Authorization"].removeprefix("Bearer ")
        assert sdk.voice.verify_signature(token, secret) is True
        assert sdk.voice.verify_signature(token, secret[::-1]) is False
    with pytest.raises(VonageVerifyJwtError):
        sdk.voice.verify_signature("no.token.at-all", secret)
