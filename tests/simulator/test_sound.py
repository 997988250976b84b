"""What is heard of each action, measured: likeness, level in decibels, length to one frame of 20 ms, silence around."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.audio.files import Samples
from helpers.audio.samples import telephone
from helpers.simulator.sound.speech import speak
from tests.matching import match
from tests.simulator.world import PHONE, Json, World, presses

RATE, LINE = 16_000, 8000
FRAME = 0.02
PAUSE = {"action": "wait", "timeout": 1}


def decibels(samples: Samples, of: Samples) -> float:
    """How much louder ``samples`` are than ``of``."""
    return float(10 * np.log10((samples.astype(np.float64) ** 2).mean() / (of.astype(np.float64) ** 2).mean()))


def is_silent(samples: Samples) -> bool:
    return len(samples) == 0 or float(abs(samples).max()) < 1e-3


def sounding(samples: Samples, rate: int) -> tuple[float, float]:
    """First and last moment, in seconds, at which something is heard."""
    loud = np.flatnonzero(abs(samples) > 1e-3)
    return float(loud[0] / rate), float((loud[-1] + 1) / rate)


def between(world: World, *actions: Json, rate: int = RATE, script: list[Json] | None = None) -> tuple[str, Samples]:
    """A call that waits a second, does the actions, and waits a second; and what was heard of it."""
    world.phone(PHONE, after=1, script=script or [])
    call = world.ended_call(PAUSE, *actions, PAUSE)
    return call, world.heard(call, rate)


@pytest.mark.parametrize("loop", [1, 2, 3])
@pytest.mark.parametrize("level", [-1, -0.5, 0, 0.5])
@pytest.mark.fidelity("stream-loop", "stream-level", "sound-level")
def test_stream(world: World, second: bytes, noise: Samples, level: float, loop: int) -> None:
    url = world.learner.serve("second.wav", second)
    call, heard = between(world, {"action": "stream", "streamUrl": [url], "level": level, "loop": loop})
    assert world.lasted(call) == pytest.approx(2 + loop, abs=FRAME)
    assert len(world.learner.at("/second.wav")) == 1
    assert is_silent(heard[:RATE]) and is_silent(heard[(1 + loop) * RATE :])
    for play in range(loop):
        part = heard[(1 + play) * RATE : (2 + play) * RATE]
        assert match(part, noise, RATE).score > 0.999
        assert decibels(part, noise) == pytest.approx(12 * level, abs=0.1)
    assert np.array_equal(heard[RATE : 2 * RATE], heard[loop * RATE : (loop + 1) * RATE])  # no seam


@pytest.mark.parametrize("loop", [1, 2])
@pytest.mark.parametrize("level", [-1, 0])
@pytest.mark.fidelity("talk-spoken", "talk-loop", "sound-level")
def test_talk(world: World, level: float, loop: int) -> None:
    words = speak("Good evening.")
    call, heard = between(world, {"action": "talk", "text": "Good evening.", "level": level, "loop": loop})
    length = len(words) / RATE
    assert world.lasted(call) == pytest.approx(2 + loop * length, abs=FRAME)
    assert is_silent(heard[:RATE]) and is_silent(heard[-RATE:])
    part = heard[RATE : RATE + len(words)]
    assert match(part, words, RATE).score > 0.999
    assert decibels(part, words) == pytest.approx(12 * level, abs=0.1)


@pytest.mark.fidelity("talk-ssml")
def test_a_break_in_ssml_is_heard_as_silence(world: World) -> None:
    text = '<speak>One <break time="2s"/> two</speak>'
    call, heard = between(world, {"action": "talk", "text": text})
    quiet = np.flatnonzero(abs(heard[RATE:-RATE]) > 1e-3)
    longest = max(int(gap) for gap in np.diff(quiet)) / RATE
    assert longest == pytest.approx(2, abs=0.2)
    assert world.lasted(call) > 4


@pytest.mark.fidelity("barge-in", "sound-barge-in")
def test_a_key_silences_a_prompt_within_one_frame(world: World, second: bytes) -> None:
    url = world.learner.serve("second.wav", second)
    prompt = {"action": "stream", "streamUrl": [url], "loop": 0, "bargeIn": True}
    listen = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
    call, heard = between(world, prompt, listen, script=presses("1", 4.5))
    pressed = world.one(call, "key")["at"] - world.at(call, "answered")
    first, last = sounding(heard, RATE)
    assert first == pytest.approx(1, abs=FRAME)
    assert last == pytest.approx(pressed, abs=FRAME)


@pytest.mark.fidelity("input-silence", "wait-seconds", "notify-no-sound")
@pytest.mark.parametrize(
    ("action", "seconds"),
    [({"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 4}}, 4), ({"action": "wait", "timeout": 3.5}, 3.5),
     ({"action": "notify", "payload": {"a": 1}, "eventUrl": ["http://127.0.0.1:9/event"]}, 0)],
)  # fmt: skip
def test_nothing_is_heard_of_an_action_without_sound(world: World, action: Json, seconds: float) -> None:
    call, heard = between(world, action)
    assert world.lasted(call) == pytest.approx(2 + seconds, abs=FRAME)
    assert is_silent(heard)
    assert len(heard) / RATE == pytest.approx(2 + seconds, abs=FRAME)


@pytest.mark.parametrize(("number", "law"), [(PHONE, "a"), ("12025550101", "mu")])
@pytest.mark.fidelity("sound-g711")
def test_a_phone_hears_it_through_g711(world: World, second: bytes, noise: Samples, number: str, law: str) -> None:
    url = world.learner.serve("second.wav", second)
    world.phone(number, behaviour="answers", after=1)
    call = world.ended_call({"action": "stream", "streamUrl": [url]}, to=[{"type": "phone", "number": number}])
    heard = world.heard(call, LINE)

    def alike(law: str) -> float:
        """Share of the samples that are the same; the file's 16 bits make a few differ by a step."""
        return float(np.isclose(heard, telephone(noise, RATE, law=law), atol=1e-4).mean())

    assert alike(law) > 0.99
    assert alike({"a": "mu", "mu": "a"}[law]) < 0.5


@pytest.mark.fidelity("rest-stream-mix", "sound-mix")
def test_a_rest_stream_and_a_rest_talk_sound_together(world: World, second: bytes, noise: Samples) -> None:
    url = world.learner.serve("second.wav", second)
    world.phone(PHONE, after=1)
    call = world.answered_call({"action": "wait", "timeout": 6})
    world.voice("PUT", f"/{call}/stream", {"stream_url": [url], "loop": 3})
    world.voice("PUT", f"/{call}/talk", {"text": "Both at once."})
    world.until(call)
    heard = world.heard(call, RATE)
    words = speak("Both at once.")
    both = np.tile(noise, 3)
    both[: len(words)] += words
    assert match(heard, np.clip(both, -1, 1), RATE).score > 0.999
    assert sounding(heard, RATE)[1] - sounding(heard, RATE)[0] == pytest.approx(3, abs=FRAME)


@pytest.mark.fidelity("earmuff-prompts")
def test_an_earmuffed_leg_still_hears_its_own_prompts(world: World, second: bytes, noise: Samples) -> None:
    url = world.learner.serve("second.wav", second)
    world.phone(PHONE, after=1)
    call = world.answered_call({"action": "wait", "timeout": 2}, {"action": "stream", "streamUrl": [url]})
    world.voice("PUT", f"/{call}", {"action": "earmuff"})
    world.until(call)
    assert match(world.heard(call, RATE), noise, RATE).score > 0.999


@pytest.mark.parametrize(
    ("options", "language", "style"),
    [
        ({"language": "de-DE", "style": 1}, "de-DE", 1),
        ({"voiceName": "Brian"}, "en-GB", 4),
        ({"voiceName": "brian", "language": "en-US"}, "en-US", 0),
        ({"voiceName": "Nobody"}, "en-US", 0),
        ({}, "en-US", 0),
    ],
)
@pytest.mark.fidelity("talk-voice", "talk-voice-name")
def test_the_voice_of_talk(world: World, options: Json, language: str, style: int) -> None:
    world.phone(PHONE, after=1)
    call = world.answered_call({"action": "talk", "text": "Good evening.", **options}, {"action": "wait", "timeout": 6})
    world.advance(3)
    snake = {"voice_name" if name == "voiceName" else name: value for name, value in options.items()}
    assert world.voice("PUT", f"/{call}/talk", {"text": "Good evening.", **snake}).status_code == 200
    world.until(call)
    heard, words = world.heard(call, RATE), speak("Good evening.", language=language, style=style)
    assert match(heard[: 3 * RATE], words, RATE).score > 0.999
    assert match(heard[3 * RATE :], words, RATE).score > 0.999


@pytest.mark.fidelity("sound-band")
def test_the_band_of_an_old_telephone_is_there_when_asked_for(world: World) -> None:
    from helpers.audio.files import decode, encode_wav

    low = (0.3 * np.sin(2 * np.pi * 100 * np.arange(RATE) / RATE)).astype(np.float32)
    url = world.learner.serve("low.wav", encode_wav(low, RATE))
    world.phone(PHONE, after=1)
    call = world.ended_call({"action": "stream", "streamUrl": [url]})
    assert decibels(world.heard(call, LINE), low) == pytest.approx(0, abs=0.2)
    for rate in (LINE, RATE):
        reply = world.control("GET", f"/calls/{call}/heard.wav?rate={rate}&band=narrow")
        assert decibels(decode(reply.content, rate), low) < -20
    assert world.control("GET", f"/calls/{call}/heard.wav?band=wide").status_code == 400
