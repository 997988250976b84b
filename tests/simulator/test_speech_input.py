"""The action input when it listens to words, to words and keys, and key by key."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.simulator.sound.mixing import Sound
from tests.simulator.ear import spoken
from tests.simulator.world import PHONE, Json, World, presses, says


def ask(world: World, **options: Any) -> Json:
    return {"action": "input", "type": ["speech"], "eventUrl": [f"{world.learner.url}/input"], **options}


def run(world: World, script: list[Json], *ncco: Json, **options: Any) -> tuple[str, Json]:
    """A call whose person acts out a script while the input listens; returns the call and the input event."""
    world.learner.on("/input", ("", 204))
    world.phone(PHONE, after=1, script=script)
    call = world.ended_call(*ncco, ask(world, **options))
    return call, world.learner.payloads("/input")[0]


@pytest.mark.fidelity("speech-results")
def test_what_the_person_says_arrives_as_text(world: World) -> None:
    call, event = run(world, says("Play some jazz please."))
    assert list(event) == ["speech", "dtmf", "from", "to", "uuid", "conversation_uuid", "timestamp"]
    assert event["dtmf"] == {"digits": None, "timed_out": False}
    assert event["speech"]["timeout_reason"] == "end_on_silence_timeout"
    [result] = event["speech"]["results"]
    assert result["text"] == "Play some jazz please."
    assert isinstance(result["confidence"], str)
    assert 0 < float(result["confidence"]) <= 1
    assert world.one(call, "input")["speech"] == "Play some jazz please."


@pytest.mark.parametrize("silence", [0.4, 2.0, 5.0])
@pytest.mark.fidelity("speech-end-on-silence")
def test_it_ends_so_long_after_the_last_sound(world: World, silence: float) -> None:
    call, _ = run(world, says("Yes."), speech={"endOnSilence": silence})
    said = world.one(call, "said")
    last = said["at"] + Sound(spoken("Yes.")).loud[-1][1]
    assert world.one(call, "input")["at"] == pytest.approx(last + silence, abs=0.021)


@pytest.mark.fidelity("speech-end-on-silence")
def test_a_pause_shorter_than_that_is_part_of_the_speech(world: World) -> None:
    script = [*says("I would like"), *says("some tea.", 1)]
    _, event = run(world, script)
    assert event["speech"]["results"][0]["text"] == "I would like some tea."


@pytest.mark.fidelity("speech-start-timeout")
def test_nobody_speaks(world: World) -> None:
    call, event = run(world, [], speech={"startTimeout": 4})
    assert event["speech"] == {"timeout_reason": "start_timeout", "results": []}
    begun = world.one(call, "action", action="input", state="started")["at"]
    assert world.one(call, "input")["at"] - begun == pytest.approx(4)


@pytest.mark.fidelity("speech-max-duration")
def test_a_long_speech_is_cut_off(world: World) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    call, event = run(world, says(text), speech={"maxDuration": 2})
    assert event["speech"]["timeout_reason"] == "max_duration"
    heard = event["speech"]["results"][0]["text"]
    assert text.startswith(heard)
    assert 1 <= len(heard.split()) < 10
    assert world.one(call, "input")["at"] - world.one(call, "said")["at"] == pytest.approx(2, abs=0.2)


@pytest.mark.fidelity("speech-context")
def test_words_of_the_context_are_surer(world: World) -> None:
    _, plain = run(world, says("sales"))
    world.learner.received.clear()
    _, expected = run(world, says("sales"), speech={"context": ["sales", "support"]})
    confidence = [float(one["speech"]["results"][0]["confidence"]) for one in (plain, expected)]
    assert confidence[0] < confidence[1]


@pytest.mark.fidelity("speech-noise")
def test_sound_without_words_is_not_understood(world: World) -> None:
    call, event = run(world, [{"do": "wait", "seconds": 1}, {"do": "play", "file": "jingle.wav"}])
    assert event["speech"] == {"timeout_reason": "end_on_silence_timeout", "results": []}
    assert world.one(call, "note")["text"].startswith("Nothing was understood: this network does not recognise speech.")


@pytest.mark.fidelity("speech-and-dtmf")
def test_a_key_makes_speech_irrelevant(world: World) -> None:
    script = presses("42", 1)
    _, event = run(world, script, type=["dtmf", "speech"], dtmf={"maxDigits": 2})
    assert event["dtmf"] == {"digits": "42", "timed_out": False}
    assert list(event["speech"]) == ["error"]


@pytest.mark.fidelity("speech-and-dtmf")
def test_speech_wins_when_nobody_presses(world: World) -> None:
    _, event = run(world, says("Operator."), type=["dtmf", "speech"])
    assert event["dtmf"] == {"digits": None, "timed_out": False}
    assert event["speech"]["results"][0]["text"] == "Operator."


@pytest.mark.fidelity("speech-and-dtmf")
def test_a_key_tone_is_no_speech(world: World) -> None:
    call, event = run(world, presses("42", 1), speech={"startTimeout": 3})
    assert event["speech"]["timeout_reason"] == "start_timeout"
    assert world.trace(call, "key")


@pytest.mark.fidelity("barge-in-speech")
def test_speech_barges_in_and_counts(world: World) -> None:
    prompt = {
        "action": "talk",
        "text": "Please tell me in a few words what you are calling about today.",
        "bargeIn": True,
    }
    call, event = run(world, says("Stop."), prompt)
    assert world.actions(call)[:2] == [("talk", "started"), ("talk", "stopped")]
    assert event["speech"]["results"][0]["text"] == "Stop."
    stopped = world.one(call, "action", action="talk", state="stopped")
    assert stopped["why"] == "speech"
    assert stopped["at"] - world.one(call, "said")["at"] < 0.2


@pytest.mark.fidelity("barge-in-speech")
def test_speech_does_not_barge_in_when_the_input_takes_keys_only(world: World) -> None:
    prompt = {"action": "talk", "text": "Please press a key.", "bargeIn": True}
    call, event = run(world, says("Stop.", after=0.2), prompt, type=["dtmf"])
    assert world.actions(call)[:2] == [("talk", "started"), ("talk", "finished")]
    assert event["speech"] == {"error": "Speech was not enabled"}


@pytest.mark.fidelity("speech-uuid")
def test_it_can_listen_to_another_leg_of_the_conversation(world: World) -> None:
    other = "447700900031"
    world.learner.on("/input", ("", 204))
    world.phone(PHONE, after=1, script=[{"do": "wait", "seconds": 1}])
    answers = world.learner.on("/answer", lambda: [ask(world, speech={"uuid": [far], "startTimeout": 20})])
    near = world.call(
        {"action": "wait", "timeout": 4}, {"action": "notify", "payload": {"a": 1}, "eventUrl": [answers]}
    )
    world.advance(2)
    room = world.voice("GET", f"/{near}").json()["conversation_uuid"]
    world.phone(other, after=1, script=says("I am the other one.", after=8))
    far = world.call({"action": "transfer", "conversationId": room}, to=[{"type": "phone", "number": other}])
    world.until(near)
    [event] = world.learner.payloads("/input")
    assert event["uuid"] == near
    assert event["speech"]["results"][0]["text"] == "I am the other one."


@pytest.mark.fidelity("speech-new-ncco")
def test_the_reply_replaces_the_ncco(world: World) -> None:
    world.learner.on("/input", [{"action": "talk", "text": "You said it."}])
    world.phone(PHONE, after=1, script=says("Jazz."))
    call = world.ended_call(ask(world), {"action": "talk", "text": "never"})
    assert [one["text"] for one in world.trace(call, "sound", state="started")] == ["You said it."]


# Key by key


@pytest.mark.fidelity("input-asynchronous")
def test_asynchronous_input_sends_each_key_at_once_and_the_call_goes_on(world: World) -> None:
    world.learner.on("/input", ("", 204))
    script = [*presses("1", 2), *presses("#", 3)]  # fmt: skip
    world.phone(PHONE, after=1, script=script)
    call = world.ended_call(ask(world, type=["dtmf"], mode="asynchronous"), {"action": "wait", "timeout": 8})
    assert world.actions(call)[:2] == [("input", "started"), ("input", "finished")]
    events = world.learner.payloads("/input")
    assert [one["dtmf"] for one in events] == [{"digits": "1", "timed_out": False}, {"digits": "#", "timed_out": False}]
    keys = [one["at"] for one in world.trace(call, "key")]
    sent = [one["at"] for one in world.trace(call, "webhook", type="input")]
    assert sent == pytest.approx(keys)


@pytest.mark.fidelity("input-subscription")
def test_subscribing_and_unsubscribing_through_the_api(world: World) -> None:
    world.phone(PHONE, after=1)
    call = world.call({"action": "wait", "timeout": 30})
    body = {"event_url": [f"{world.learner.url}/keys"]}
    assert world.voice("PUT", f"/{call}/input/dtmf", body).status_code == 400  # not answered yet
    world.advance(3)
    done = world.voice("PUT", f"/{call}/input/dtmf", body)
    assert (done.status_code, done.text) == (200, "")
    world.learner.on("/keys", ("", 204))
    world.use("press", digits="7")
    world.advance(1)
    done = world.voice("DELETE", f"/{call}/input/dtmf")
    assert (done.status_code, done.text) == (200, "")
    world.use("press", digits="8")
    world.advance(1)
    assert [one["dtmf"]["digits"] for one in world.learner.payloads("/keys")] == ["7"]


@pytest.mark.parametrize("body", [{}, {"event_url": "http://127.0.0.1/x"}, {"event_url": ["nowhere"]}])
@pytest.mark.fidelity("input-subscription")
def test_a_subscription_needs_an_address(world: World, body: Json) -> None:
    call = world.call()
    world.advance(3)
    reply = world.voice("PUT", f"/{call}/input/dtmf", body)
    assert reply.status_code == 400
    assert reply.json()["invalid_parameters"][0]["name"] == "event_url"


@pytest.mark.fidelity("call-dtmf")
def test_dtmf_through_the_api_is_heard(world: World) -> None:
    call = world.call({"action": "wait", "timeout": 10})
    assert world.voice("PUT", f"/{call}/dtmf", {"digits": "1"}).status_code == 400
    world.advance(3)
    reply = world.voice("PUT", f"/{call}/dtmf", {"digits": "1p2#"})
    assert (reply.status_code, reply.json()) == (200, {"message": "DTMF sent", "uuid": call})
    world.advance(5)
    assert abs(world.heard(call, 8000)).max() > 0.05
    assert world.one(call, "dtmf") | {"digits": "1p2#", "by": "api"} == world.one(call, "dtmf")
    world.until(call)
    assert world.voice("PUT", f"/{call}/dtmf", {"digits": "1"}).status_code == 404


@pytest.mark.parametrize("digits", [None, "", "12a", 12, "1" * 501])
@pytest.mark.fidelity("call-dtmf")
def test_digits_that_are_none(world: World, digits: Any) -> None:
    call = world.call()
    world.advance(3)
    reply = world.voice("PUT", f"/{call}/dtmf", {} if digits is None else {"digits": digits})
    assert reply.status_code == 400
    assert reply.json()["invalid_parameters"][0]["name"] == "digits"
