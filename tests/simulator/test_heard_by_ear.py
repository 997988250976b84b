"""Questions to a call that really took place: sounds found by ear among three people, and words that were heard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.audio.files import encode_wav
from helpers.call import Call
from tests.simulator.ear import record
from tests.simulator.world import World, presses

AUDIO = Path(__file__).resolve().parents[2] / "audio"
ANN, BOB, EVE, DAN = "447700900011", "447700900012", "447700900013", "447700900014"
SAME = {"greeting": "greeting", "music": "music", "jingle": "jingle", "hold": "hold", "unfit": "jingle"}  # what it is
FILES = sorted(file.name for file in AUDIO.iterdir() if file.suffix in (".mp3", ".wav"))
TALK = {
    BOB: "I do not know whether the train will come today. Shall we wait for him, or shall we begin now?",
    EVE: "Let us begin. The first point is the budget for the next year, which is too small, as always.",
}


def kind(name: str) -> str:
    return SAME[name.partition(".")[0]]


def noisy_party(world: World, name: str, level: float, seconds: float) -> Call:
    """Ann is in a conversation with two who talk at once, one of them in a noisy street; a file is played to her."""
    street = (np.random.default_rng(4).standard_normal(16_000 * 30) * 0.02).astype(np.float32)
    noise = world.learner.serve("street.wav", encode_wav(street, 16_000))
    sound = world.learner.serve(name, (AUDIO / name).read_bytes())
    legs = {}
    for number, script in {
        ANN: [],
        BOB: [{"do": "play", "url": noise}, {"do": "say", "text": TALK[BOB]}],
        EVE: [{"do": "say", "text": TALK[EVE]}, {"do": "say", "text": TALK[BOB]}],
    }.items():
        world.phone(number, behaviour="answers", after=2, script=script)
        legs[number] = world.call({"action": "conversation", "name": "board"}, to=[{"type": "phone", "number": number}])
    world.advance(3)
    body = {"stream_url": [sound], "level": level}
    assert world.voice("PUT", f"/{legs[ANN]}/stream", body).status_code == 200
    world.advance(seconds)
    world.use("hang_up", ANN)
    world.advance(1)
    return record(world, legs[ANN])


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_each_sound_is_found_in_a_noisy_call_of_three_and_no_other(world: World, name: str) -> None:
    call = noisy_party(world, name, 0, 12)
    begin = call.entries("sound", source="rest_stream", state="started") or call.entries("sound", state="started")
    since = begin[-1]["at"] - (call.when("answered") or 0)
    for other in (name, *(one for one in FILES if kind(one) != kind(name) and one.endswith("3"))):
        answer = call.heard(AUDIO / other)
        assert answer.yes == (kind(other) == kind(name)), f"{other} in a call with {name}: {answer}"
        if other == name:
            assert answer.at == pytest.approx(since, abs=0.06)
            assert len(answer.times) == 1


@pytest.mark.parametrize("name", ["greeting.mp3", "music.mp3", "hold.wav"])
def test_a_soft_sound_that_ends_early_is_found_under_voices(world: World, name: str) -> None:
    answer = noisy_party(world, name, -0.75, 3).heard(AUDIO / name)
    assert answer, answer
    assert not answer.whole
    assert 1.5 < (answer.seconds or 0) < 3.3
    assert "the first" in answer.text and "softer than the file" in answer.text


@pytest.mark.slow
def test_barge_in_and_loops_are_told(world: World) -> None:
    music, jingle = (world.learner.serve(name, (AUDIO / name).read_bytes()) for name in ("music.mp3", "jingle.mp3"))
    world.phone(ANN, behaviour="answers", after=2, script=presses("1", 4))
    leg = world.ended_call(
        {"action": "stream", "streamUrl": [music], "bargeIn": True},
        {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}},
        {"action": "stream", "streamUrl": [jingle], "loop": 3, "level": 0.5},
        to=[{"type": "phone", "number": ANN}],
    )
    call = record(world, leg)
    cut, loops = call.heard("music.mp3"), call.heard("jingle.mp3")
    assert cut and not cut.whole
    assert (cut.at, cut.seconds) == (pytest.approx(0, abs=0.05), pytest.approx(4, abs=0.1))
    assert [hit.at for hit in loops.times] == pytest.approx([4 + 2.7 * nth for nth in range(3)], abs=0.15)
    assert loops.times[0].level == pytest.approx(6, abs=1)
    assert not call.heard("hold.mp3")
    assert call.digits == "1" and call.digits.pressed[0] == ("1", pytest.approx(4, abs=0.1))
    assert call.lasted(at_least=10) and not call.lasted(4)
    assert "hold.mp3: not heard" in str(call.heard("hold.mp3"))
    assert "music.mp3, jingle.mp3" in str(call.heard("hold.mp3"))


def test_words_of_talk_and_of_people(world: World) -> None:
    ann = noisy_party(world, "jingle.mp3", 0, 14)
    assert "what others said is in that of the conversation" in str(ann.said("the first point"))
    call = record(world, ann.talks[-1])
    answer = call.said("Begin: the first POINT")
    assert answer, answer
    assert answer.by in (EVE, "a person") and 0 < (answer.at or 0) < 4
    assert call.heard("jingle.mp3")
    assert "nothing was played" not in call.timeline(ann.leg).svg()
    assert not call.said("first second third")
    world.phone(DAN, behaviour="answers", after=2, script=presses("1", 1.5))
    text = "Press one for sales. Press two for support."
    talk: dict[str, Any] = {"action": "talk", "text": text, "bargeIn": True, "loop": 0}
    ask = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}
    leg = world.ended_call(talk, ask, to=[{"type": "phone", "number": DAN}])
    menu = record(world, leg)
    assert menu.said("press one").by == "talk"
    assert not menu.said("for support")
    assert "cut off at 1.5 s by the key 1" in str(menu.said("for support"))
    silence = menu.longest_silence()
    assert silence.seconds is None or silence.seconds < 20


def test_a_file_that_was_not_there_is_told_with_its_reason(world: World) -> None:
    world.phone(ANN, behaviour="answers", after=2)
    stream = {"action": "stream", "streamUrl": [f"{world.learner.url}/music.mp3"]}
    leg = world.ended_call(stream, {"action": "wait", "timeout": 2}, to=[{"type": "phone", "number": ANN}])
    answer = record(world, leg).heard("music.mp3")
    assert not answer
    assert "could not be fetched" in str(answer) and "404" in str(answer)
    assert "the phone heard only silence" in str(answer)
