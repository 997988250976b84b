"""The stream action: fetched when it is reached, cached as the server says, heard as it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Response, redirect

from helpers.audio.files import Samples, decode, resample
from tests.matching import match
from tests.simulator.world import Json, World

AUDIO = Path(__file__).parents[2] / "audio"
WAIT = {"action": "wait", "timeout": 1}


def stream(url: str, **options: Any) -> Json:
    return {"action": "stream", "streamUrl": [url], **options}


@pytest.mark.fidelity("stream-sound")
def test_what_is_heard_is_the_file_and_starts_where_the_record_says(
    world: World, second: bytes, noise: Samples
) -> None:
    call = world.ended_call(WAIT, stream(world.learner.serve("noise.wav", second)), WAIT)
    sound = world.one(call, "sound", state="started")
    for rate in (8000, 16_000):
        found = match(world.heard(call, rate), resample(noise, 16_000, rate), rate)
        assert found.score >= 0.9
        assert found.offset == pytest.approx(sound["at"] - world.at(call, "answered"), abs=0.05)
    assert len(world.heard(call)) == 8000 * 3


@pytest.mark.fidelity("stream-sound", "stream-formats")
@pytest.mark.parametrize("name", ["jingle.mp3", "jingle.wav"])
def test_the_kits_own_sounds_are_heard(world: World, name: str) -> None:
    data = (AUDIO / name).read_bytes()
    call = world.ended_call(stream(world.learner.serve(name, data)))
    fetched = world.one(call, "fetch")
    assert (fetched["status"], fetched["bytes"], fetched["cache"]) == (200, len(data), "miss")
    assert fetched["format"].startswith(name[-3:].upper())
    found = match(world.heard(call), decode(data, 8000), 8000)
    assert found.score >= 0.9
    assert found.offset < 0.05
    assert world.lasted(call) == pytest.approx(fetched["seconds"], abs=0.001)


@pytest.mark.fidelity("stream-cache")
def test_two_in_a_row_follow_each_other_without_a_gap_and_each_is_fetched(world: World, second: bytes) -> None:
    url = world.learner.serve("noise.wav", second)
    call = world.ended_call(stream(url), stream(url))
    starts = [e["at"] for e in world.trace(call, "sound", state="started")]
    assert starts[1] - starts[0] == pytest.approx(1.0)
    assert len(world.learner.at("/noise.wav")) == 2


@pytest.mark.fidelity("stream-fetch")
def test_the_file_is_fetched_when_the_action_is_reached(world: World, second: bytes) -> None:
    call = world.answered_call({"action": "wait", "timeout": 10}, stream(world.learner.serve("noise.wav", second)))
    world.advance(9)
    assert world.learner.at("/noise.wav") == []
    world.until(call)
    assert world.one(call, "fetch")["at"] - world.at(call, "answered") == pytest.approx(10)


@pytest.mark.fidelity("stream-cache")
def test_cache_control_keeps_a_file_for_as_long_as_it_says_in_call_time(world: World, second: bytes) -> None:
    url = world.learner.serve("noise.wav", second, **{"Cache-Control": "public, max-age=30"})
    call = world.ended_call(stream(url), stream(url), {"action": "wait", "timeout": 40}, stream(url))
    assert [e["cache"] for e in world.trace(call, "fetch")] == ["miss", "hit", "miss"]
    assert len(world.learner.at("/noise.wav")) == 2
    assert {e["format"] for e in world.trace(call, "fetch")} == {"WAV mono 16000 Hz"}
    other = world.ended_call(stream(url))
    assert world.one(other, "fetch")["cache"] == "hit"


@pytest.mark.fidelity("stream-cache")
@pytest.mark.parametrize("header", ["no-store", "no-cache, max-age=60", "max-age=0", "max-age=soon", "private"])
def test_cache_control_that_forbids_it(world: World, second: bytes, header: str) -> None:
    url = world.learner.serve("noise.wav", second, **{"Cache-Control": header})
    world.until(world.call(stream(url), stream(url)))
    assert len(world.learner.at("/noise.wav")) == 2


def broken(world: World) -> dict[str, tuple[str, str]]:
    on, url = world.learner.on, world.learner.url
    return {
        "missing": (f"{url}/missing.mp3", "HTTP 404"),
        "server error": (on("/e.mp3", ("", 500)), "HTTP 500"),
        "HTML": (on("/h.mp3", lambda: Response("<html>", mimetype="text/html")), ""),
        "empty": (on("/n.mp3", lambda: Response(b"", mimetype="audio/mpeg")), ""),
        "noise": (on("/z.mp3", lambda: Response(bytes(range(256)) * 9, mimetype="audio/mpeg")), ""),
        "unreachable": ("http://127.0.0.1:9/a.mp3", "cannot be reached"),
        "elsewhere": ("http://203.0.113.7/a.mp3", "no route"),
        "a name": ("https://music.invalid/a.mp3", "no route"),
        "example": ("https://example.com/a.mp3", "example.com holds no audio"),
        "redirected away": (on("/r.mp3", lambda: redirect("http://203.0.113.7/a.mp3")), "redirects to a place"),
        "redirected for ever": (on("/l.mp3", lambda: redirect("/l.mp3")), "cannot be reached"),
    }


BROKEN = [
    "missing", "server error", "HTML", "empty", "noise", "unreachable", "elsewhere", "a name",
    "example", "redirected away", "redirected for ever",
]  # fmt: skip


@pytest.mark.fidelity("stream-unplayable")
@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_played_is_skipped_with_an_error_event(world: World, case: str) -> None:
    url, expected = broken(world)[case]
    call = world.ended_call(stream(url), WAIT)
    assert world.actions(call) == [("stream", "started"), ("stream", "skipped"), ("wait", "started"),
                                   ("wait", "finished")]  # fmt: skip
    assert world.learner.statuses() == ["started", "ringing", "answered", "error", "completed"]
    error = world.one(call, "error")
    assert expected in error["reason"]
    assert "browser" in error["advice"]
    assert world.one(call, "fetch")["error"]
    assert "simulator failed" not in error["reason"]


def test_a_port_that_cannot_be_is_refused_before_the_call(world: World) -> None:
    reply = world.voice("POST", "", world.order(stream("http://127.0.0.1:99999/a.mp3")))
    assert reply.status_code == 400
    assert reply.json()["invalid_parameters"][0]["name"] == "ncco[0].streamUrl"


@pytest.mark.fidelity("stream-limits")
def test_a_redirect_on_this_machine_is_followed(world: World, second: bytes) -> None:
    world.learner.serve("noise.wav", second)
    call = world.ended_call(stream(world.learner.on("/song", lambda: redirect("/noise.wav"))))
    assert world.one(call, "fetch")["seconds"] == 1.0


@pytest.mark.fidelity("stream-cut-off")
def test_a_file_that_is_cut_off_plays_as_far_as_it_goes_and_the_record_says_so(world: World, second: bytes) -> None:
    call = world.ended_call(stream(world.learner.serve("cut.wav", second[: len(second) // 2])))
    assert world.one(call, "fetch")["seconds"] == pytest.approx(0.5, abs=0.01)
    assert "cut off" in world.one(call, "note")["text"]


@pytest.mark.fidelity("stream-joined")
def test_mp3_files_joined_end_to_end_play_one_after_the_other(world: World) -> None:
    tag = b"ID3\x04" + bytes(6)
    one, two = ((AUDIO / name).read_bytes() for name in ("jingle.mp3", "greeting.mp3"))
    call = world.ended_call(stream(world.learner.serve("both.mp3", one + tag + two)))
    assert "joined end to end" in world.one(call, "note")["text"]
    for data in (one, two):
        assert match(world.heard(call), decode(data, 8000), 8000).score >= 0.9


@pytest.mark.fidelity("stream-unfinished-header")
@pytest.mark.parametrize("length", [0, 0x7FFFFFFF])
def test_a_wav_whose_header_was_never_finished_plays_to_its_end(world: World, second: bytes, length: int) -> None:
    data = second[:40] + length.to_bytes(4, "little") + second[44:]
    call = world.ended_call(stream(world.learner.serve("endless.wav", data)))
    assert world.one(call, "fetch")["seconds"] == pytest.approx(1, abs=0.01)
    assert "never finished" in world.one(call, "note")["text"]


@pytest.mark.fidelity("stream-unfit")
def test_a_file_that_is_unfit_for_a_phone_plays_with_a_remark(world: World) -> None:
    data = (AUDIO / "unfit.wav").read_bytes()
    call = world.ended_call(stream(world.learner.serve("unfit.wav", data)))
    assert world.one(call, "fetch")["format"] == "WAV stereo 44100 Hz"
    assert len(world.trace(call, "note")) >= 2


def test_a_call_hung_up_while_the_file_is_fetched(world: World, second: bytes) -> None:
    def slow() -> Response:
        world.use("hang_up")
        return Response(second, mimetype="audio/wav")

    call = world.ended_call(stream(world.learner.on("/slow.wav", slow)), WAIT)
    assert world.actions(call) == [("stream", "started"), ("stream", "stopped")]
    assert world.trace(call, "sound") == []
    assert world.trace(call, "status")[-1]["disconnected_by"] == "user"
