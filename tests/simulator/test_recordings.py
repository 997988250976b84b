"""Recordings: what is on them, when they end, what is told about them, and who may have the file."""

from __future__ import annotations

import io
import threading
import tracemalloc
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import requests
import soundfile

from helpers.audio import mp3
from helpers.audio.files import Samples, encode_wav
from helpers.simulator.clock import STEPPED_EPOCH
from helpers.simulator.sound import tape, transcripts
from helpers.simulator.sound.mixing import CueSheet, Sound
from helpers.simulator.webhooks.payloads import iso
from tests.matching import match
from tests.simulator.ear import RATE, sound_of, spoken
from tests.simulator.world import PHONE, Json, World, presses, says

# Each encodes sound, and compares it sample by sample.
pytestmark = pytest.mark.slow

ANN, BOB, EVE = "447700900011", "447700900012", "447700900013"
FRAME = 0.02
# MP3 puts what its filters need before the sound: 576 samples when it is encoded, 529 when it is decoded.
MP3_DELAY = (576 + 529) / RATE
MP3_FRAME = 576 / RATE
WORDS = {
    ANN: "Good morning, this is Ann speaking.",
    BOB: "Hello everybody, Bob is here as well.",
    EVE: "Eve says that it is raining in London.",
}


def wait(seconds: float) -> Json:
    return {"action": "wait", "timeout": seconds}


def record(**options: Any) -> Json:
    return {"action": "record", **options}


def events(world: World, path: str = "/event") -> list[Json]:
    """The record events that came."""
    return [one for one in world.learner.payloads(path) if "recording_url" in one]


def fetch(world: World, url: str, **claims: Any) -> requests.Response:
    return requests.get(url, headers={"Authorization": f"Bearer {world.token(**claims)}"}, timeout=60)


def recorded(world: World, path: str = "/event") -> tuple[bytes, Json]:
    """The only recording, and its event."""
    [event] = events(world, path)
    reply = fetch(world, event["recording_url"])
    assert reply.status_code == 200, reply.text
    assert event["size"] == len(reply.content)
    return reply.content, event


def loudness(samples: Samples) -> float:
    """In decibels, full scale 0."""
    power = float((samples.astype(np.float64) ** 2).mean()) if samples.size else 0.0
    return 10 * np.log10(power + 1e-20)


def part(samples: Samples, begin: float, end: float) -> Samples:
    return samples[..., round(begin * RATE) : round(end * RATE)]


def call_with(world: World, *actions: Json, script: list[Json] | None = None, number: str = PHONE) -> str:
    """A call to its end. The phone answers after a second; its script begins then."""
    world.phone(number, behaviour="answers", after=1, script=script or [])
    call = world.ended_call(*actions, to=[{"type": "phone", "number": number}])
    world.advance(0.1)
    return call


def to_its_end(world: World, call: str) -> None:
    """Let the call end, and its recording be written."""
    world.until(call)
    world.advance(0.1)


def began(world: World, call: str) -> float:
    """When the recording that a leg asked for began."""
    return float(world.one(call, "recording", state="started")["at"])


def since_answer(world: World, call: str, entry: Json) -> float:
    return float(entry["at"]) - world.at(call, "answered")


# What is on it


@pytest.mark.fidelity("record-asynchronous", "record-mono", "recording-formats")
def test_a_recording_in_the_background_holds_both_sides_to_the_sample(
    world: World, second: bytes, noise: Samples
) -> None:
    stream = {"action": "stream", "streamUrl": [world.learner.serve("second.wav", second)]}
    call = call_with(world, wait(1), record(format="wav"), wait(0.5), stream, wait(4.5), script=says(WORDS[ANN], 3.0))
    [samples] = sound_of(recorded(world)[0])
    expected = np.zeros(6 * RATE, dtype=np.float32)
    expected[RATE // 2 : 3 * RATE // 2] = noise  # what the phone was played, half a second after the start
    words = spoken(WORDS[ANN])
    expected[2 * RATE : 2 * RATE + len(words)] += words  # what it said, two seconds after
    assert samples.shape == expected.shape
    assert float(abs(samples - expected).max()) < 1e-4  # 16 bits
    assert world.actions(call)[2:5] == [("record", "started"), ("record", "finished"), ("wait", "started")]


@pytest.mark.fidelity("recording-formats", "recording-size", "files-content-type")
@pytest.mark.parametrize(
    ("form", "subtype"), [(None, "MPEG_LAYER_III"), ("mp3", "MPEG_LAYER_III"), ("wav", "PCM_16"), ("ogg", "VORBIS")]
)
def test_formats(world: World, second: bytes, noise: Samples, form: str | None, subtype: str) -> None:
    stream = {"action": "stream", "streamUrl": [world.learner.serve("second.wav", second)]}
    call_with(world, record(**({"format": form} if form else {})), wait(1), stream, wait(1))
    data, event = recorded(world)
    assert fetch(world, event["recording_url"]).headers["content-type"] == "application/octet-stream"
    info = soundfile.info(io.BytesIO(data))
    assert (info.subtype, info.samplerate, info.channels) == (subtype, RATE, 1)
    [samples] = sound_of(data)
    delay = MP3_DELAY if subtype == "MPEG_LAYER_III" else 0.0
    found = match(samples, noise, RATE)
    assert found.score > (0.9 if form == "ogg" else 0.97)
    assert found.offset == pytest.approx(1 + delay, abs=0.001)
    assert loudness(part(samples, 1 + delay, 2 + delay)) == pytest.approx(loudness(noise), abs=0.5)
    assert loudness(part(samples, 0, 0.9 + delay)) < -60
    assert loudness(part(samples, 2.1 + delay, 3)) < -60
    spare = len(samples) / RATE - 3 - delay
    assert 0 <= spare < (MP3_FRAME if delay else 1 / RATE)


@pytest.mark.fidelity("recording-formats")
@pytest.mark.parametrize("split", [None, "conversation"])
def test_mp3_is_16_khz_of_constant_32_kbit_also_in_stereo(world: World, split: str | None) -> None:
    call_with(world, record(**({"split": split} if split else {})), wait(3), script=says(WORDS[ANN], 0.5))
    data, _ = recorded(world)
    file = mp3.parse(data)
    assert file is not None and not (file.variable or file.damaged or file.cut_off)
    header = mp3.header(data[:4])
    assert header is not None and header.kind[:3] == (2.0, 3, RATE)  # MPEG-2, layer III
    assert set(file.bit_rates) == {32}
    assert len(data) == pytest.approx((3 + MP3_DELAY) * 4000, abs=2 * 144)


def connected(world: World, *before: Json, **options: Any) -> tuple[str, str]:
    """Ann is called and connected to Bob; both say their words, she one and he five seconds after Bob answers."""
    world.phone(ANN, behaviour="answers", after=1, script=says(WORDS[ANN], 2.1))
    world.phone(BOB, behaviour="answers", after=1, script=says(WORDS[BOB], 5))
    connect = {
        "action": "connect", "from": world.number, "endpoint": [{"type": "phone", "number": BOB}], "limit": 10,
    }  # fmt: skip
    call = world.answered_call(*before, record(**options), connect, to=[{"type": "phone", "number": ANN}])
    world.advance(1.2)
    room = world.voice("GET", f"/{call}").json()["conversation_uuid"]
    other = next(one["leg"] for one in world.trace(room, "leg") if one["leg"] != call)
    return call, other


@pytest.mark.fidelity("record-mono", "record-asynchronous")
def test_mono_holds_both_legs_of_a_connected_call(world: World) -> None:
    call, other = connected(world, format="wav")
    to_its_end(world, call)
    [samples] = sound_of(recorded(world)[0])
    begin = world.at(other, "answered") - began(world, call)
    assert len(samples) / RATE == pytest.approx(begin + 10, abs=FRAME)
    for number, at in ((ANN, begin + 1), (BOB, begin + 5)):
        words = spoken(WORDS[number])
        found = match(part(samples, at - 0.5, at + 3.5), words, RATE)
        assert found.score > 0.999
        assert found.offset == pytest.approx(0.5, abs=FRAME)
        assert loudness(part(samples, at, at + len(words) / RATE)) == pytest.approx(loudness(words), abs=0.1)


@pytest.mark.fidelity("record-split")
@pytest.mark.parametrize("form", ["mp3", "wav", "ogg"])
def test_split_is_what_the_first_leg_says_and_what_it_hears(
    world: World, second: bytes, noise: Samples, form: str
) -> None:
    call, other = connected(world, format=form, split="conversation")
    url = world.learner.serve("second.wav", second)
    world.advance(8)
    assert world.voice("PUT", f"/{call}/stream", {"stream_url": [url]}).status_code == 200
    played = world.one(call, "sound", state="started")["at"]
    to_its_end(world, call)
    left, right = sound_of(recorded(world)[0])
    start = began(world, call)
    delay = MP3_DELAY if form == "mp3" else 0.0
    begin = world.at(other, "answered") - start + delay
    for said, silent, sound, at in (
        (left, right, spoken(WORDS[ANN]), begin + 1),
        (right, left, spoken(WORDS[BOB]), begin + 5),
        (right, left, noise, played - start + delay),
    ):
        length = len(sound) / RATE
        found = match(part(said, at - 0.5, at + length + 0.5), sound, RATE)
        assert found.score > (0.999 if form == "wav" else 0.9)
        assert found.offset == pytest.approx(0.5, abs=FRAME)
        assert loudness(part(silent, at, at + length)) - loudness(part(said, at, at + length)) < -40
        if form == "wav":
            assert not part(silent, at, at + length).any()


def party(world: World, name: str = "board", **options: Any) -> dict[str, str]:
    """Ann, Bob and Eve in a conversation, a second after each other; each says the words, four seconds apart."""
    legs = {}
    for place, number in enumerate((ANN, BOB, EVE)):
        world.phone(number, behaviour="answers", after=1, script=says(WORDS[number], 3.0 + 3 * place))
        action = {"action": "conversation", "name": name, **options.get(f"n{number}", {})}
        before = options.get("before", []) if number == ANN else []
        legs[number] = world.call(*before, action, to=[{"type": "phone", "number": number}])
        world.advance(1)
    return legs


def hang_up(world: World, *numbers: str, after: float = 12) -> None:
    """These people hang up when all have spoken, and the recording is written."""
    world.advance(after)
    for number in numbers:
        world.use("hang_up", number)
    world.advance(0.2)


def spoke_at(world: World, legs: dict[str, str], number: str, start: float) -> float:
    """When somebody spoke, in seconds after ``start``."""
    return float(world.one(legs[number], "said")["at"]) - start


def holds(samples: Samples, number: str, at: float) -> bool:
    """True if the words are there; False if there is silence."""
    words = spoken(WORDS[number])
    stretch = part(samples, at, at + len(words) / RATE)
    if loudness(stretch) < -60:
        return False
    found = match(part(samples, at - 0.3, at + len(words) / RATE + 0.3), words, RATE)
    assert found.score > 0.97
    assert abs(found.offset - 0.3) < FRAME
    return True


def on_it(world: World, legs: dict[str, str], channel: Samples, delay: float = 0.0) -> str:
    """The initials of those whose words are on it, where they were said; ``legs``: the first one asked for it."""
    start = began(world, legs[ANN]) - delay
    return "".join(
        name for number, name in zip((ANN, BOB, EVE), "ABE", strict=True)
        if number in legs and holds(channel, number, spoke_at(world, legs, number, start))
    )  # fmt: skip


@pytest.mark.fidelity("record-channels", "record-channels-order", "record-channels-format")
@pytest.mark.parametrize(
    ("channels", "expected"),
    [(1, ["ABE"]), (2, ["A", "BE"]), (3, ["A", "B", "E"]), (4, ["A", "B", "E", ""])],
)
def test_channels_one_for_each_in_the_order_they_came(world: World, channels: int, expected: list[str]) -> None:
    legs = party(world, before=[record(split="conversation", channels=channels, format="wav")])
    hang_up(world, ANN)
    assert [on_it(world, legs, channel) for channel in sound_of(recorded(world)[0])] == expected


@pytest.mark.fidelity("record-channels-last")
def test_who_has_no_channel_left_is_in_the_last_one_with_what_was_played(
    world: World, second: bytes, noise: Samples
) -> None:
    legs = party(world, before=[record(split="conversation", channels=3)])
    dan = "447700900014"
    world.phone(dan, behaviour="answers", after=0.5, script=says(WORDS[ANN], 13.0))
    legs[dan] = world.call({"action": "conversation", "name": "board"}, to=[{"type": "phone", "number": dan}])
    world.advance(20)
    world.voice("PUT", f"/{legs[ANN]}/stream", {"stream_url": [world.learner.serve("second.wav", second)]})
    played = world.one(legs[ANN], "sound", state="started")["at"]
    hang_up(world, ANN, after=2)
    samples = sound_of(recorded(world)[0])
    start = began(world, legs[ANN])
    said = spoke_at(world, legs, dan, start)
    assert [holds(channel, ANN, said) for channel in samples] == [False, False, True]
    assert holds(samples[2], EVE, spoke_at(world, legs, EVE, start))
    assert match(part(samples[2], played - start - 0.2, played - start + 1.2), noise, RATE).score > 0.999
    assert not part(samples[:2], played - start, played - start + 1).any()


@pytest.mark.fidelity("record-channels-format")
@pytest.mark.parametrize(
    ("channels", "asked", "form"), [(3, {}, "WAV"), (4, {"format": "mp3"}, "WAV"), (32, {"format": "ogg"}, "OGG")]
)
def test_more_than_two_channels_are_wav(world: World, channels: int, asked: Json, form: str) -> None:
    call = call_with(world, record(split="conversation", channels=channels, **asked), wait(1))
    info = soundfile.info(io.BytesIO(recorded(world)[0]))
    assert (info.format, info.channels) == (form, channels)
    assert [f"cannot hold {channels} channels" in one["text"] for one in world.trace(call, "note")] == (
        [True] if asked.get("format") == "mp3" else [])  # fmt: skip


@pytest.mark.fidelity("record-muted", "record-earmuffed")
def test_a_muted_leg_is_not_recorded_and_an_earmuffed_one_still_records_the_other(world: World) -> None:
    call, other = connected(world, format="wav")
    world.voice("PUT", f"/{call}", {"action": "mute"})
    world.advance(4)  # Ann has spoken, Bob has not
    world.voice("PUT", f"/{call}", {"action": "unmute"})
    world.voice("PUT", f"/{call}", {"action": "earmuff"})
    world.advance(5)
    to_its_end(world, call)
    [samples] = sound_of(recorded(world)[0])
    assert on_it(world, {ANN: call, BOB: other}, samples) == "B"


@pytest.mark.fidelity("record-mono")
def test_who_waits_in_a_conversation_that_has_not_started_is_not_recorded_by_the_others(world: World) -> None:
    waits = {"startOnEnter": False}
    legs = party(world, before=[record(format="wav")], **{f"n{number}": waits for number in (ANN, BOB, EVE)})
    hang_up(world, ANN)
    [samples] = sound_of(recorded(world)[0])
    assert on_it(world, legs, samples) == "A"


@pytest.mark.fidelity("record-muted", "connect-on-answer")
def test_a_leg_is_recorded_and_muted_before_it_is_together_with_anybody(world: World) -> None:
    ncco = [record(timeOut=9, format="wav")]
    world.phone(BOB, behaviour="answers", after=1, script=[*says(WORDS[BOB], 0.5), *says(WORDS[BOB], 1.0)])
    number = {"type": "phone", "number": BOB, "onAnswer": {"url": world.learner.on("/first", ncco)}}
    call = world.call({"action": "connect", "from": world.number, "endpoint": [number]})
    world.advance(8)
    room = world.voice("GET", f"/{call}").json()["conversation_uuid"]
    other = next(one["leg"] for one in world.trace(room, "leg") if one["leg"] != call)
    first, second = world.trace(other, "said")
    assert first["at"] + 3 < second["at"] < first["at"] + 5
    assert events(world) == []
    world.voice("PUT", f"/{other}", {"action": "mute"})
    world.advance(8)
    [samples] = sound_of(recorded(world)[0])
    start = began(world, other)
    muted = world.one(other, "control")["at"]
    assert second["at"] < muted < second["at"] + 2
    assert holds(samples, BOB, first["at"] - start)
    assert part(samples, second["at"] - start, muted - start).any()
    assert not part(samples, muted - start + 0.001, 9).any()


@pytest.mark.fidelity("record-transfer")
def test_a_recording_goes_on_when_the_call_is_transferred(world: World) -> None:
    world.phone(ANN, behaviour="answers", after=1, script=says(WORDS[ANN], 6))
    call = world.answered_call(record(format="wav"), wait(60), to=[{"type": "phone", "number": ANN}])
    before = world.voice("GET", f"/{call}").json()["conversation_uuid"]
    world.advance(2)
    ncco = [{"action": "conversation", "name": "board"}]
    assert world.voice("PUT", f"/{call}", {"action": "transfer", "destination": {"type": "ncco", "ncco": ncco}}).ok
    hang_up(world, ANN, after=10)
    data, event = recorded(world)
    assert on_it(world, {ANN: call}, sound_of(data)[0]) == "A"
    assert event["conversation_uuid"] == before != world.voice("GET", f"/{call}").json()["conversation_uuid"]


# When it ends


@pytest.mark.fidelity("record-synchronous", "record-end-on-silence")
@pytest.mark.parametrize("seconds", [3, 4.5])
def test_silence_ends_it_counted_from_the_last_sound(world: World, seconds: float) -> None:
    call = call_with(world, record(endOnSilence=seconds, format="wav"), wait(1), script=says(WORDS[ANN], 2.0))
    loud = Sound(spoken(WORDS[ANN])).loud[-1][1]
    finished = world.one(call, "action", action="record", state="finished")
    assert since_answer(world, call, finished) == pytest.approx(2 + loud + seconds, abs=FRAME)
    [samples] = sound_of(recorded(world)[0])
    assert len(samples) / RATE == pytest.approx(2 + loud + seconds, abs=FRAME)
    assert loudness(samples[-round((seconds - FRAME) * RATE) :]) < -50
    assert world.one(call, "recording", state="finished")["why"] == f"{seconds:g} s of silence"


@pytest.mark.fidelity("record-end-on-silence")
def test_silence_counts_from_the_start_and_what_is_played_does_not_break_it(world: World, second: bytes) -> None:
    world.phone(PHONE, behaviour="answers", after=1)
    call = world.answered_call(record(endOnSilence=3), wait(1))
    url = world.learner.serve("second.wav", second)
    assert world.voice("PUT", f"/{call}/stream", {"stream_url": [url], "loop": 0}).status_code == 200
    world.until(call)
    assert world.one(call, "recording", state="finished")["seconds"] == pytest.approx(3, abs=FRAME)


@pytest.mark.fidelity("record-end-on-silence")
def test_speech_that_goes_on_keeps_it_running(world: World) -> None:
    script = [step for _ in range(4) for step in says(WORDS[ANN], 2.0)]
    call = call_with(world, record(endOnSilence=3), wait(1), script=script)
    said = world.trace(call, "said")
    assert len(said) == 4
    ends = said[-1]["at"] + Sound(spoken(WORDS[ANN])).loud[-1][1]
    assert world.one(call, "recording", state="finished")["at"] == pytest.approx(ends + 3, abs=FRAME)


@pytest.mark.fidelity("record-end-on-silence")
def test_a_pause_within_what_is_heard_ends_it_too(world: World, noise: Samples) -> None:
    pause = np.zeros(4 * RATE, dtype=np.float32)
    url = world.learner.serve("pause.wav", encode_wav(np.concatenate([noise, pause, noise]), RATE))
    script: list[Json] = [{"do": "wait", "seconds": 1}, {"do": "play", "url": url}]
    call = call_with(world, record(endOnSilence=3), wait(1), script=script)
    assert world.one(call, "recording", state="finished")["seconds"] == pytest.approx(1 + 1 + 3, abs=FRAME)


@pytest.mark.fidelity("record-synchronous", "record-end-on-key", "record-end-key-not-input")
def test_a_key_ends_it_and_is_not_part_of_a_later_input(world: World) -> None:
    listen = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
    script: list[Json] = [
        *presses("1", 1),  # another key
        *presses("#", 3.5),
        *presses("7", 1),
    ]  # fmt: skip
    call = call_with(world, record(endOnKey="#", format="wav"), listen, script=script)
    pressed = world.one(call, "key", digit="#")["at"]
    assert world.one(call, "action", action="record", state="finished")["at"] == pytest.approx(pressed, abs=FRAME)
    [samples] = sound_of(recorded(world)[0])
    assert len(samples) / RATE == pytest.approx(pressed - world.at(call, "answered"), abs=FRAME)
    assert world.one(call, "input")["digits"] == "7"


@pytest.mark.fidelity("record-synchronous", "record-time-out")
def test_time_out_ends_it(world: World) -> None:
    call = call_with(world, record(timeOut=5, endOnKey="*", endOnSilence=10, format="wav"), wait(2))
    entry = world.one(call, "recording", state="finished")
    assert (entry["seconds"], entry["why"]) == (5, "timeOut, 5 s")
    assert sound_of(recorded(world)[0]).shape == (1, 5 * RATE)
    assert world.lasted(call) == pytest.approx(7, abs=FRAME)


@pytest.mark.fidelity("record-synchronous", "record-reply")
def test_the_event_comes_before_the_next_action_and_its_reply_is_no_ncco(world: World) -> None:
    url = world.learner.on("/recorded", [{"action": "talk", "text": "never"}])
    ask = {"action": "notify", "payload": {"a": 1}, "eventUrl": [world.learner.on("/next", ("", 200))]}
    call = call_with(world, record(timeOut=3, eventUrl=[url]), ask, wait(1))
    paths = [one.path for one in world.learner.received if one.path in ("/recorded", "/next")]
    assert paths == ["/recorded", "/next"]
    assert [name for name, state in world.actions(call) if state == "finished"] == ["record", "notify", "wait"]


@pytest.mark.fidelity("record-hang-up", "record-event-order")
@pytest.mark.parametrize("options", [{"endOnSilence": 10}, {}], ids=["synchronous", "asynchronous"])
def test_a_hang_up_ends_it_and_the_event_comes_after_completed(world: World, options: Json) -> None:
    script: list[Json] = [*says(WORDS[ANN], 1.0), {"do": "hang_up"}]
    call = call_with(world, record(format="wav", **options), wait(60), script=script)
    kinds = ["record" if "recording_url" in one else one.get("status") for one in world.learner.payloads()]
    assert kinds[-2:] == ["completed", "record"]
    [samples] = sound_of(recorded(world)[0])
    lasted = world.lasted(call)
    assert len(samples) / RATE == pytest.approx(lasted, abs=FRAME)
    assert world.one(call, "recording", state="finished")["why"] == "the call ended"


@pytest.mark.fidelity("record-transfer")
def test_a_transfer_ends_one_that_the_call_waits_for(world: World) -> None:
    world.phone(PHONE, behaviour="answers", after=1)
    call = world.answered_call(record(timeOut=60), wait(1))
    world.advance(4)
    world.voice("PUT", f"/{call}", {"action": "transfer", "destination": {"type": "ncco", "ncco": [wait(3)]}})
    world.advance(0.1)
    entry = world.one(call, "recording", state="finished")
    assert entry["why"] == "the call was transferred"
    assert entry["seconds"] == pytest.approx(4, abs=FRAME)
    assert len(events(world)) == 1
    world.until(call)
    assert len(events(world)) == 1


@pytest.mark.fidelity("record-last-action")
def test_one_in_the_background_does_not_keep_the_call_alive(world: World) -> None:
    call = call_with(world, record())
    assert world.at(call, "completed") == pytest.approx(world.at(call, "answered"), abs=FRAME)
    data, event = recorded(world)
    assert event["start_time"] == event["end_time"]
    [samples] = sound_of(data)  # a frame of silence: a file without any cannot be opened
    assert FRAME <= len(samples) / RATE < FRAME + MP3_DELAY + MP3_FRAME
    assert not samples.any()


@pytest.mark.fidelity("record-beep")
@pytest.mark.parametrize("options", [{"timeOut": 3}, {}], ids=["synchronous", "asynchronous"])
def test_a_beep_is_heard_before_it_and_is_not_on_it(world: World, options: Json) -> None:
    call = call_with(world, wait(1), record(beepStart=True, format="wav", **options), wait(3))
    heard = world.heard(call, RATE)
    loud = np.flatnonzero(abs(heard) > 1e-3) / RATE
    assert loud[0] == pytest.approx(1, abs=FRAME)
    assert loud[-1] == pytest.approx(1.5, abs=FRAME)
    tone = np.abs(np.fft.rfft(part(heard, 1, 1.5)))
    assert int(tone.argmax()) / 0.5 == pytest.approx(1000, abs=4)
    started = world.one(call, "recording", state="started")
    assert since_answer(world, call, started) == pytest.approx(1.5, abs=FRAME)
    assert not sound_of(recorded(world)[0]).any()


# A conversation


@pytest.mark.fidelity("conversation-record", "conversation-record-event")
def test_a_conversation_is_recorded_once_from_the_first_recorder_to_the_last_to_leave(world: World) -> None:
    url = world.learner.on("/room", ("", 200))
    options = {"record": True, "eventUrl": [url]}
    legs = party(world, **{f"n{BOB}": options, f"n{EVE}": options})
    world.advance(12)
    for number in (BOB, ANN):
        world.use("hang_up", number)
        world.advance(1)
    assert events(world) == events(world, "/room") == []
    hang_up(world, EVE, after=0)
    data, event = recorded(world, "/room")
    assert events(world) == []
    assert soundfile.info(io.BytesIO(data)).subtype == "MPEG_LAYER_III"
    started, finished = world.trace(legs[BOB], "recording")
    assert started["at"] == pytest.approx(world.at(legs[BOB], "answered"), abs=FRAME)
    assert finished["at"] == pytest.approx(world.at(legs[EVE], "completed"), abs=FRAME)
    assert event["conversation_uuid"] == world.one(legs[BOB], "transfer")["to_conversation"]
    [samples] = sound_of(data)
    assert 0 <= len(samples) / RATE - (finished["at"] - started["at"]) - MP3_DELAY < MP3_FRAME
    for number in legs:
        assert holds(samples, number, spoke_at(world, legs, number, started["at"]) + MP3_DELAY)


@pytest.mark.fidelity("conversation-record-muted")
def test_who_is_muted_is_not_on_the_recording_of_a_conversation(world: World) -> None:
    legs = party(world, **{f"n{ANN}": {"record": True}, f"n{BOB}": {"mute": True}})
    world.advance(0.5)
    assert world.voice("PUT", f"/{legs[EVE]}", {"action": "mute"}).status_code == 204
    hang_up(world, *legs)
    [samples] = sound_of(recorded(world)[0])
    assert on_it(world, legs, samples, MP3_DELAY) == "A"


@pytest.mark.fidelity("conversation-record-moderated")
def test_a_moderated_conversation_is_recorded_from_the_moderator_on(world: World) -> None:
    waits = {"startOnEnter": False, "record": True}
    legs = party(world, **{f"n{ANN}": waits, f"n{BOB}": waits})
    hang_up(world, *legs)
    assert began(world, legs[ANN]) == pytest.approx(world.at(legs[EVE], "answered"), abs=FRAME)
    assert len(events(world)) == 1


@pytest.mark.fidelity("conversation-record-event")
def test_the_event_names_the_conversation_also_when_who_asked_for_it_has_gone_elsewhere(world: World) -> None:
    waits = {"startOnEnter": False}
    legs = party(world, **{f"n{ANN}": {**waits, "record": True}, f"n{BOB}": waits, f"n{EVE}": waits})
    world.advance(0.5)
    board = world.voice("GET", f"/{legs[BOB]}").json()["conversation_uuid"]
    world.voice("PUT", f"/{legs[ANN]}", {"action": "transfer", "destination": {"type": "ncco", "ncco": [wait(60)]}})
    world.phone(PHONE, behaviour="answers", after=1)
    world.call({"action": "conversation", "name": "board"})
    hang_up(world, BOB, EVE, PHONE, after=5)
    assert events(world)[0]["conversation_uuid"] == board


@pytest.mark.fidelity("conversation-record-moderated")
def test_a_conversation_that_never_starts_is_not_recorded(world: World) -> None:
    waits = {f"n{n}": {"startOnEnter": False, "record": True} for n in (ANN, BOB, EVE)}
    for options, count in ((waits, 0), ({f"n{ANN}": {"record": True}}, 1)):
        for number in party(world, **options):
            hang_up(world, number, after=2)
        assert len(events(world)) == count


# What is told


@pytest.mark.fidelity("recording-event")
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_event_has_the_documented_fields(world: World, method: str) -> None:
    url = world.learner.on("/recorded", ("", 200))
    call = call_with(world, wait(1), record(eventUrl=[url], eventMethod=method, timeOut=3), wait(1))
    [request] = world.learner.at("/recorded")
    event = request.payload
    assert request.method == method
    assert list(event) == [
        "start_time", "recording_url", "size", "recording_uuid", "end_time", "conversation_uuid", "timestamp",
    ]  # fmt: skip
    started = world.one(call, "recording", state="started")
    begin = STEPPED_EPOCH + timedelta(seconds=started["at"])
    end = begin + timedelta(seconds=3)
    assert event["start_time"] == begin.strftime("%Y-%m-%dT%H:%M:%SZ")  # whole seconds
    assert event["end_time"] == end.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert event["timestamp"] == iso(end)
    file = event["recording_url"].rpartition("/")[2]
    assert event["recording_url"] == f"{world.network.url}/v1/files/{file}"
    assert event["recording_uuid"] == started["recording_uuid"] != file
    size = len(fetch(world, event["recording_url"]).content)
    assert event["size"] == (size if method == "POST" else str(size))
    assert event["conversation_uuid"] == started["conversation"]
    assert "status" not in event and "uuid" not in event


@pytest.mark.fidelity("recording-event-url")
def test_the_event_goes_to_the_calls_event_url_if_the_action_names_none(world: World) -> None:
    other = world.learner.on("/call-events", ("", 200))
    world.phone(PHONE, behaviour="answers", after=1)
    world.ended_call(record(), wait(1), event_url=[other])
    world.advance(0.1)
    assert len(events(world, "/call-events")) == 1
    assert events(world) == []


@pytest.mark.fidelity("recording-trace")
def test_the_record_of_the_call_tells_of_it(world: World) -> None:
    call = call_with(world, record(split="conversation", format="ogg"), wait(2))
    started, finished = world.trace(call, "recording")
    shared = {"recording_uuid", "url", "format", "channels"}
    assert {name: started[name] for name in shared} == {name: finished[name] for name in shared}
    assert (started["format"], started["channels"], started["state"]) == ("ogg", 2, "started")
    assert (started["seconds"], started["size"], started["why"]) == (None, None, None)
    assert (finished["seconds"], finished["why"]) == (2, "the call ended")
    assert finished["size"] == events(world)[0]["size"]


# The file


@pytest.mark.fidelity("files-same-application", "error-recording")
def test_only_a_token_of_the_same_application_gets_the_file(world: World) -> None:
    call_with(world, record(), wait(1))
    url = events(world)[0]["recording_url"]
    assert fetch(world, url).status_code == 200
    stranger = fetch(world, url, application_id=world.application())
    unknown = fetch(world, url[:-4] + "0000")
    for reply in (stranger, unknown):
        assert reply.status_code == 404
        assert reply.json()["code"] == "http:error:not-found"
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        refused = requests.get(url, headers=headers, timeout=60)
        assert refused.status_code == 401
        assert refused.json() == {"type": "UNAUTHORIZED", "error_title": "Unauthorized"}


@pytest.mark.fidelity("files-when")
def test_there_is_no_file_while_the_recording_runs(world: World) -> None:
    world.phone(PHONE, behaviour="answers", after=1)
    call = world.answered_call(record(), wait(5))
    url = world.one(call, "recording", state="started")["url"]
    assert fetch(world, url).status_code == 404
    world.until(call)
    world.advance(0.1)
    assert fetch(world, url).status_code == 200


@pytest.mark.fidelity("files-when")
def test_the_file_is_there_when_the_event_comes(world: World) -> None:
    found: list[int] = []

    def fetched() -> tuple[str, int]:
        found.append(fetch(world, world.learner.payloads("/recorded")[0]["recording_url"]).status_code)
        return "", 200

    call_with(world, record(eventUrl=[world.learner.on("/recorded", fetched)]), wait(1))
    assert found == [200]


@pytest.mark.fidelity("files-30-days")
def test_a_file_is_kept_for_thirty_days(world: World) -> None:
    call_with(world, record(), wait(1))
    url = events(world)[0]["recording_url"]
    world.advance(30 * 86_400 - 10)
    assert fetch(world, url).status_code == 200
    world.advance(10)
    assert fetch(world, url).status_code == 404


@pytest.mark.fidelity("files-reset")
def test_a_reset_forgets_the_files_and_ends_what_runs_without_an_event(world: World) -> None:
    call_with(world, record(), wait(1))
    url = events(world)[0]["recording_url"]
    hook = world.learner.on("/recorded", ("", 200))
    world.answered_call(record(timeOut=60, eventUrl=[hook]), wait(1))
    world.control("POST", "/reset")
    world.advance(100)
    assert fetch(world, url).status_code == 404
    assert world.learner.payloads("/recorded") == []


# Long ones


@pytest.mark.fidelity("recording-largest")
def test_what_would_be_too_large_is_left_out_and_the_record_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "LARGEST", 1_000_000)
    call = call_with(world, record(format="wav"), wait(60))
    data, event = recorded(world)
    assert len(data) == 44 + 2 * RATE * 30 == event["size"]  # three blocks of ten seconds
    assert "1 MB at most" in world.one(call, "note")["text"]


@pytest.mark.slow
def test_a_long_recording_is_mixed_piece_by_piece(noise: Samples) -> None:
    ear = CueSheet()
    ear.start(0.3, Sound(noise), loop=0)
    minutes = 10
    tracemalloc.start()
    try:
        blocks = tape.blocks([[tape.Feed(ear).kept(0, minutes * 60)]], 0, minutes * 60)
        data, whole = tape.encode(blocks, "wav", 1, threading.Event())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert whole
    assert len(data) == 44 + minutes * 60 * RATE * 2
    assert peak < 1.6 * len(data)  # as numbers the whole would be twice as large as the file, and come on top of it
    [samples] = sound_of(data)
    looped = np.resize(noise, len(samples) - 4800)
    assert float(abs(samples[4800:] - looped).max()) < 1e-4  # no click between two pieces


def test_where_the_pieces_meet_does_not_matter(noise: Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece has to round the moments at which a sound, or its being heard, begins in the same way."""
    draw = np.random.default_rng(3)
    feeds = []
    for _ in range(20):
        sheet = CueSheet()
        sheet.start(float(draw.uniform(0, 5)), Sound(noise), loop=0)
        feeds.append(tape.Feed(sheet, float(draw.uniform(5, 9))).kept(1.234567, 14))
    whole = np.concatenate(list(tape.blocks([feeds], 1.234567, 14)))
    monkeypatch.setattr(tape, "BLOCK", 1)
    pieces = np.concatenate(list(tape.blocks([feeds], 1.234567, 14)))
    assert np.array_equal(whole, pieces)
    assert loudness(whole) > -20


def test_a_recording_nobody_wants_any_more_is_given_up() -> None:
    given_up = threading.Event()
    given_up.set()
    data, whole = tape.encode(tape.blocks([[]], 0, 7200), "mp3", 1, given_up)
    assert not whole
    assert len(data) < 10_000


# Transcripts


def transcribed(world: World) -> list[Json]:
    return [one for one in world.learner.payloads() if one.get("status") == "transcribed"]


def written(world: World, event: Json) -> Json:
    reply = fetch(world, event["transcription_url"])
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    return dict(reply.json())


@pytest.mark.fidelity("transcription-event", "transcription-content")
def test_a_transcript_says_who_said_what_and_when(world: World) -> None:
    url = world.learner.on("/written", ("", 200))
    talk = {"action": "talk", "text": "<speak>Please <break time='200ms'/> hold the line.</speak>"}
    options = {"transcription": {"eventUrl": [url], "language": "en-GB"}, "split": "conversation", "timeOut": 8}
    call_with(world, talk, record(**options), wait(1), script=says(WORDS[ANN], 4.0))
    [event] = world.learner.payloads("/written")
    assert list(event) == ["conversation_uuid", "recording_uuid", "status", "type", "transcription_url"]
    assert (event["status"], event["type"]) == ("transcribed", "record")
    assert event["recording_uuid"] == events(world)[0]["recording_uuid"]
    found = written(world, event)
    assert (found["recording_uuid"], found["language"]) == (event["recording_uuid"], "en-GB")
    [sentence] = found["sentences"]
    assert (sentence["channel"], sentence["text"]) == (1, WORDS[ANN])
    assert sentence["end"] - sentence["start"] == pytest.approx(len(spoken(WORDS[ANN])) / RATE, abs=FRAME)
    paths = [one.path for one in world.learner.received if "recording_uuid" in one.body.decode()]
    assert paths == ["/event", "/written"]


@pytest.mark.fidelity("transcription-content", "transcription-event")
def test_a_transcript_has_what_was_played_and_only_the_words_that_were_recorded(world: World) -> None:
    ask = {"action": "talk", "text": "<speak>Please <break time='200ms'/> hold the line.</speak>"}
    script: list[Json] = [*says(WORDS[ANN], 5.0), {"do": "wait", "seconds": 1}]
    call = call_with(
        world, record(split="conversation", transcription={}), ask, wait(0.5), script=[*script, {"do": "hang_up"}]
    )
    assert [one.get("status") for one in world.learner.payloads()][-1] == "transcribed"
    [sentence] = written(world, world.learner.payloads()[-1])["sentences"]
    assert (sentence["channel"], sentence["text"], sentence["start"]) == (2, "Please hold the line.", 0)
    cut = call_with(world, record(transcription={}, timeOut=3), script=says(WORDS[ANN], 2.0))
    [event] = transcribed(world)[1:]
    [sentence] = written(world, event)["sentences"]
    said = sentence["text"].split()
    assert 0 < len(said) < len(WORDS[ANN].split())
    assert WORDS[ANN].startswith(sentence["text"])
    assert sentence["start"] == pytest.approx(2, abs=FRAME)
    assert sentence["end"] <= 3
    assert call != cut


@pytest.mark.fidelity("transcription-conversation")
def test_a_conversation_is_transcribed(world: World) -> None:
    legs = party(world, **{f"n{ANN}": {"record": True, "transcription": {}}})
    hang_up(world, *legs)
    [event] = transcribed(world)
    assert [one["text"] for one in written(world, event)["sentences"]] == list(WORDS.values())


@pytest.mark.fidelity("transcription-two-hours")
def test_more_than_two_hours_are_not_transcribed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert transcripts.LONGEST == 7200
    monkeypatch.setattr(transcripts, "LONGEST", 5)  # two hours of sound would take the test a minute
    calls = [call_with(world, record(format="ogg", transcription={}), wait(seconds)) for seconds in (5, 5.1)]
    assert len(events(world)) == 2
    assert len(transcribed(world)) == 1
    assert world.trace(calls[0], "note") == []
    assert "longer than 5 s" in world.one(calls[1], "note")["text"]


# What was said to an input


@pytest.mark.fidelity("speech-save-audio")
def test_what_an_input_heard_can_be_kept(world: World) -> None:
    listen = {"action": "input", "type": ["speech"], "speech": {"saveAudio": True, "endOnSilence": 1}}
    call_with(world, wait(1), listen, script=says(WORDS[ANN], 2.0))
    [event] = [one for one in world.learner.payloads() if "speech" in one]
    reply = fetch(world, event["speech"]["recording_url"])
    assert reply.headers["content-type"] == "application/octet-stream"
    [samples] = sound_of(reply.content)
    sound = Sound(spoken(WORDS[ANN]))
    assert match(samples, sound.samples, RATE).score > 0.999
    assert len(samples) / RATE == pytest.approx(sound.loud[-1][1] - sound.loud[0][0], abs=FRAME)
    assert fetch(world, event["speech"]["recording_url"], application_id=world.application()).status_code == 404
