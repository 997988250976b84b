"""What many calls play is in the memory once, and no longer than a call needs it."""

from __future__ import annotations

import weakref

import numpy as np

from helpers.audio.files import Samples, encode_wav
from helpers.simulator.sound.mixing import Sound
from tests.simulator.world import Json, World

NUMBERS = [f"4477009000{place}" for place in (11, 12, 13)]


def played(world: World, *ncco: Json) -> list[list[Sound]]:
    """The sounds of three calls at once, by call."""
    calls = [world.call(*ncco, to=[{"type": "phone", "number": number}]) for number in NUMBERS]
    world.advance(60)
    assert world.network._network is not None
    return [[cue.sound for cue in world.network._network.legs[call].ear.cues] for call in calls]


def test_calls_with_the_same_file_hold_one_copy_however_often_it_is_fetched(
    world: World, second: bytes, noise: Samples
) -> None:
    urls = [world.learner.serve(name, second) for name in ("one.wav", "other.wav")]
    urls.append(world.learner.serve("third.wav", encode_wav(noise[::-1], 16_000)))
    calls = played(world, *[{"action": "stream", "streamUrl": [url]} for url in urls])
    assert len(world.learner.at("/one.wav")) == 3
    sounds = {id(sound) for call in calls for sound in call}
    assert len(sounds) == 2  # the first and the second name lead to the same sound
    one, other, third = calls[0]
    assert one is other
    assert one is not third


def test_calls_that_say_the_same_hold_one_copy(world: World) -> None:
    said = [{"action": "talk", "text": "Good morning."}, {"action": "talk", "text": "Good morning.", "style": 1}]
    calls = played(world, *said)
    assert len({id(sound) for call in calls for sound in call}) == 2


def test_a_sound_goes_with_the_last_call_that_played_it(world: World, second: bytes) -> None:
    calls = played(world, {"action": "stream", "streamUrl": [world.learner.serve("one.wav", second)]})
    sound = weakref.ref(calls[0][0])
    calls[0][0].at_rate(8000)
    calls[0][0].through_phone("a")
    calls.clear()
    assert sound() is not None
    assert world.control("POST", "/reset").status_code == 204
    assert sound() is None  # at once, and not when Python next looks for what nobody needs


def test_a_file_that_changes_is_another_sound(world: World, second: bytes, noise: Samples) -> None:
    files = iter([second, second, encode_wav((noise / 2).astype(np.float32), 16_000)])
    world.learner.on("/changing.wav", lambda: next(files))
    sounds = played(world, {"action": "stream", "streamUrl": [f"{world.learner.url}/changing.wav"]})
    assert len({id(sound) for [sound] in sounds}) == 2
