"""Who is to blame for a silence: calls with slow webhooks and files, over real HTTP, and what the timeline says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flask import Response

from helpers.audio.files import Samples, encode_wav
from helpers.call import Call
from helpers.calls import silences as why
from helpers.calls.tracks import Tracks
from tests.simulator import ear
from tests.simulator.conftest import RATE
from tests.simulator.world import World, hangs_up, presses

SECOND_PHONE = "447700900002"
Silence = tuple[float, float, str]


def slowly(world: World, reply: Any, seconds: float = 0.5) -> Callable[[], Any]:
    """A reply that takes its time: the clock of the exchange stands still meanwhile, and catches up."""

    def answer() -> Any:
        world.watch.dawdle(seconds)
        told = reply() if callable(reply) else reply
        return Response(json.dumps(told), mimetype="application/json") if isinstance(told, list) else told

    return answer


def record(world: World, uuid: str) -> Call:
    """The record of a call after it is over."""
    world.until(uuid)
    return ear.record(world, uuid)


def whole(world: World, call: Call) -> Call:
    """All legs of a call's conversation."""
    return Call(world.trace(str(call.conversation)), uuid=str(call.conversation), heard=call._heard)


def silences(call: Call, leg: str | None = None) -> list[Silence]:
    """Silences of a leg in seconds since its answer, each with its reason."""
    tracks = Tracks(call, leg or call.leg)
    assert tracks.answered is not None
    first = tracks.answered
    return [(round(m.start - first, 1), round(m.end - first, 1), m.text) for m in why.silences(tracks)]


def blamed(call: Call, leg: str | None = None) -> list[str]:
    """The requests that are named."""
    return [m.label.strip("()") for m in why.waits(Tracks(call, leg or call.leg))]


def play(url: str, **options: Any) -> dict[str, Any]:
    return {"action": "stream", "streamUrl": [url], **options}


@pytest.fixture
def music(world: World, second: bytes) -> str:
    return world.learner.serve("second.wav", second)


def test_a_slow_answer_webhook_is_named(world: World, music: str) -> None:
    world.learner.on("/answer", slowly(world, [play(music)], 1.5))
    call = record(world, world.call_with_answer_url())
    assert silences(call) == [(0.0, 1.5, "waiting for GET /answer, 1500 ms")]
    assert "waiting for GET /answer, 1500 ms" in str(call.timeline())


def test_a_quick_call_names_nobody(world: World, music: str) -> None:
    world.learner.on("/answer", [play(music)])
    assert silences(record(world, world.call_with_answer_url())) == []


def test_a_slow_event_is_innocent(world: World, music: str) -> None:
    world.learner.on("/event", slowly(world, ("", 200)))
    call = record(world, world.call(play(music), {"action": "wait", "timeout": 2}, play(music)))
    assert silences(call) == [(1.0, 3.0, "wait")]
    assert any(m.end - m.start >= 0.5 for m in Tracks(call, call.leg).webhooks), "it was slow"


def test_the_slow_reply_to_an_input_is_named_and_the_waiting_for_keys_is_not_its_fault(
    world: World, music: str
) -> None:
    hook = world.learner.on("/input", slowly(world, [play(music)], 1.0))
    world.phone(after=1, script=presses("1", 2))
    ask = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 5}, "eventUrl": [hook]}
    assert silences(record(world, world.call(ask))) == [
        (0.0, 2.0, "input waits for a key"),
        (2.0, 3.0, "waiting for POST /input, 1000 ms"),
    ]


def test_an_input_that_does_not_wait_blames_nobody(world: World, music: str) -> None:
    """With mode asynchronous the replies are not waited for."""
    hook = world.learner.on("/input", slowly(world, ("", 200)))
    world.phone(after=1, script=presses("12", 1))
    ask = {"action": "input", "type": ["dtmf"], "mode": "asynchronous", "eventUrl": [hook]}
    call = record(world, world.call(ask, {"action": "wait", "timeout": 4}, play(music)))
    assert silences(call) == [(0.0, 4.0, "wait")]


def test_an_input_that_has_to_queue_behind_a_slow_event_blames_the_event(world: World, music: str) -> None:
    hook = world.learner.on("/input", [play(music)])
    world.learner.on("/event", slowly(world, ("", 200), 2.0))
    world.phone(after=1, script=presses("1", 1))
    ask = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 5}, "eventUrl": [hook]}
    assert silences(record(world, world.call(ask))) == [
        (0.0, 1.0, "input waits for a key"),
        (1.0, 3.0, "waiting for POST /event (ringing), 2000 ms"),
        (3.0, 5.0, "waiting for POST /event (answered), 2000 ms"),
    ]


@pytest.mark.fidelity("stream-slow")
def test_a_slow_sound_file_is_named_for_a_stream_and_for_a_rest_request(
    world: World, music: str, second: bytes
) -> None:
    slow = world.learner.on("/slow.wav", slowly(world, lambda: Response(second, mimetype="audio/wav"), 1.0))
    call = record(world, world.call(play(music), play(slow)))
    assert silences(call) == [(1.0, 2.0, "waiting for GET /slow.wav, 1000 ms")]
    assert "200 WAV mono 16000 Hz, 1.0 s (after 1.0 s)" in str(call.ladder())
    uuid = world.answered_call({"action": "wait", "timeout": 4})
    world.voice("PUT", f"/{uuid}/stream", {"stream_url": [slow]})
    assert silences(record(world, uuid))[:1] == [(0.0, 1.0, "waiting for GET /slow.wav, 1000 ms")]


def test_a_file_that_is_missing_is_told_with_the_silence_that_follows(world: World, music: str) -> None:
    gone = world.learner.on("/gone.wav", ("no", 404))
    call = record(world, world.call(play(gone), {"action": "wait", "timeout": 1}, play(music)))
    assert silences(call) == [(0.0, 1.0, "wait (gone.wav was not to be had: the server answered HTTP 404)")]
    slow = world.learner.on("/late.wav", slowly(world, ("no", 500), 1.0))
    call = record(world, world.call(play(slow), play(music)))
    assert silences(call) == [(0.0, 1.0, "waiting for GET /late.wav, 1000 ms, then ✗ the server answered HTTP 500")]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [(1.0, 0.0, "begins with silence"), (0.0, 1.0, "ends with silence"), (0.5, 0.5, "is silent")],
)
def test_silence_in_the_file_is_the_files_own(
    world: World, noise: Samples, before: float, after: float, words: str
) -> None:
    still = [np.zeros(round(RATE * seconds), dtype=np.float32) for seconds in (before, after)]
    samples = np.concatenate([still[0], noise if words != "is silent" else noise[:0], still[1]])
    url = world.learner.serve("lead.wav", encode_wav(samples, RATE))
    world.learner.on("/event", slowly(world, ("", 200)))  # innocent
    [(start, end, told)] = silences(record(world, world.call(play(url))))
    assert told == f"lead.wav {words}"
    assert (start, end) == ((0.0, 1.0) if before else (1.0, 2.0))


def test_a_slow_transfer_is_named_where_the_call_waited_for_it_and_not_where_music_played(
    world: World, music: str
) -> None:
    world.learner.on("/next", slowly(world, [play(music)], 1.0))
    for ncco, named in (({"action": "wait", "timeout": 9}, ["silence: waiting for GET /next, 1000 ms"]),
                        (play(music, loop=9), [])):  # fmt: skip
        uuid = world.answered_call(ncco)
        world.advance(1)
        moved = {"type": "ncco", "url": [f"{world.learner.url}/next"]}
        world.voice("PUT", f"/{uuid}", {"action": "transfer", "destination": moved})
        assert blamed(record(world, uuid)) == named


def test_the_other_side_of_a_connect(world: World, music: str) -> None:
    """The caller hears nothing until the other side answers; a slow onAnswer webhook keeps both waiting."""
    world.phone(SECOND_PHONE, behaviour="answers", after=2, script=hangs_up(3))
    connect: dict[str, Any] = {
        "action": "connect",
        "from": world.number,
        "endpoint": [{"type": "phone", "number": SECOND_PHONE}],
    }
    alone = record(world, world.call(connect))
    assert silences(alone) == [(0.0, 5.1, "connect: nothing is heard of the other side")]
    assert silences(whole(world, alone)) == [
        (0.0, 2.1, "connect: the other side has not answered"), (2.1, 5.1, "nobody speaks"),
    ]  # fmt: skip
    url = world.learner.on("/whisper", slowly(world, [play(music)], 1.0))
    connect["endpoint"][0]["onAnswer"] = {"url": url}
    both = whole(world, record(world, world.call(connect)))
    assert "waiting for GET /whisper, 1000 ms" in " ".join(words for _, _, words in silences(both, both.legs[0]))
    assert silences(both, both.legs[1])[0] == (0.0, 1.0, "waiting for GET /whisper, 1000 ms")


def test_an_answer_that_fails_is_named_and_so_is_its_fallback(world: World, music: str) -> None:
    hooks = {"fallback_answer_url": {"address": world.learner.on("/plan-b", slowly(world, [play(music)], 1.0))}}
    world.app = world.application(webhooks=hooks)
    world.learner.on("/answer", slowly(world, ("no", 500), 1.0))
    assert silences(record(world, world.call_with_answer_url())) == [
        (0.0, 1.0, "waiting for GET /answer, 1000 ms, then ✗ HTTP 500"),
        (1.0, 2.0, "waiting for GET /plan-b, 1000 ms"),
    ]


def test_a_call_without_an_ncco_says_so(world: World) -> None:
    world.learner.on("/answer", "<h1>no</h1>")
    [(start, end, words)] = silences(record(world, world.call_with_answer_url()))
    assert (start, end) == (0.0, 1.0)
    assert words.startswith("error: Failed to retrieve the NCCO")


def test_two_calls_are_compared_from_the_answer(world: World, music: str) -> None:
    world.learner.on("/answer", [play(music)])
    quick = record(world, world.call_with_answer_url())
    world.phone(after=4)
    world.learner.on("/answer", slowly(world, [play(music)], 1.5))
    slow = record(world, world.call_with_answer_url())
    rows = {row[0]: row[1:] for row in quick.timeline().compare(slow).differences}
    assert rows["webhook GET /answer"] == ["0.0 s", "1.5 s", "1.5 s slower in B"]
    assert rows["silence: waiting for GET /answer"] == ["–", "1.5 s", "new in B, at 0.0–1.5 s"]
    assert rows["rings"] == ["2.0 s", "4.0 s", "2.0 s longer in B"]
    assert rows["talk"] == ["1.0 s", "2.5 s", "1.5 s longer in B"]
    assert set(rows) == {"rings", "talk", "webhook GET /answer", "silence: waiting for GET /answer"}
