"""Web servers and NCCOs nobody should meet: each call ends or goes on, the record says why, nobody else notices."""

from __future__ import annotations

import gzip
import json
import struct
import time
from typing import Any

import pytest
from flask import Response, redirect

from helpers.simulator.legs import runner
from helpers.simulator.legs.joining import MOST_LINKS
from helpers.simulator.legs.runner import MOST_NCCOS
from helpers.simulator.routes import bodies
from helpers.simulator.webhooks import audio_fetcher as sounds
from helpers.simulator.webhooks import callbacks
from tests.simulator.servers import BESIDE, RawServer, head, says, silence
from tests.simulator.world import PATIENCE, Json, World

pytestmark = [pytest.mark.hostile, pytest.mark.usefixtures("undisturbed")]


def ends(world: World, call: str, seconds: float = 90_000) -> list[str]:
    """Let it run to its end; returns the reasons of its error events, which the record explains as well."""
    world.until(call, seconds=seconds)
    assert world.learner.statuses()[-1] == "completed"
    own = world.trace(call)[0]["conversation"]
    reasons = [one["reason"] for one in world.learner.payloads() if "reason" in one and one["conversation_uuid"] == own]
    noted = world.trace(call, "error")
    assert [one["reason"] for one in noted] == reasons
    assert all(one["advice"] for one in noted)
    assert not any("simulator failed" in reason for reason in reasons)
    return reasons


def answered_with(world: World, *replies: Any) -> str:
    """A call whose answer URL replies so."""
    world.learner.on("/answer", *replies)
    return world.call_with_answer_url()


def raw_json(text: str) -> Response:
    return Response(text, mimetype="application/json")


# NCCOs


@pytest.mark.fidelity("ncco-order")
@pytest.mark.parametrize("inline", [True, False])
def test_thousands_of_actions_are_carried_out_one_by_one(world: World, inline: bool) -> None:
    actions = [{"action": "wait", "timeout": 0.1}] * 3000
    call = world.call(*actions) if inline else answered_with(world, actions)
    assert ends(world, call) == []
    assert world.actions(call) == [("wait", "started"), ("wait", "finished")] * 3000
    assert world.lasted(call) == pytest.approx(300)


@pytest.mark.fidelity("barge-in-sticky")
def test_thousands_of_prompts_with_barge_in_take_no_longer_than_others(world: World) -> None:
    prompts: list[Json] = [{"action": "talk", "text": "a", "bargeIn": True}] * 2000
    spent = []
    for number in (200, 2000):
        begun = time.process_time()  # of the processor: what else the machine does is nobody's fault
        ends(world, world.call(*prompts[:number], {"action": "input", "type": ["dtmf"]}, length_timer=86_400))
        spent.append(time.process_time() - begun)
    assert spent[1] < 40 * spent[0]  # quadratic would be 100


@pytest.mark.fidelity("ncco-syntax-error", "limits-problems")
@pytest.mark.parametrize("action", [{"action": "dance"}, {"action": "talk", "txt": "a", "b": 1}, 7])
def test_of_thousands_of_wrong_actions_the_first_hundred_are_named(world: World, action: Any) -> None:
    reply = world.voice("POST", "", world.order() | {"ncco": [action] * 3000}, timeout=60)
    assert reply.status_code == 400
    named = {one["name"].partition("]")[0] for one in reply.json()["invalid_parameters"]}
    assert {"ncco[0", "ncco[99"} <= named
    assert "ncco[100" not in named
    assert ends(world, answered_with(world, [action] * 3000)) == [callbacks.SYNTAX]


@pytest.mark.fidelity("stream-loop", "talk-loop")
def test_an_endless_loop_ends_with_the_call(world: World, second: bytes) -> None:
    url = world.learner.serve("noise.wav", second)
    for action in ({"action": "stream", "streamUrl": [url]}, {"action": "talk", "text": "Round and round."}):
        call = world.call({**action, "loop": 0}, {"action": "wait"}, length_timer=60)
        assert ends(world, call) == []
        assert world.actions(call) == [(action["action"], "started"), (action["action"], "stopped")]
        assert len(world.heard(call)) == 60 * 8000
        assert world.one(call, "status", status="completed")["why"] == "length_timer, 60 s, ran out"


@pytest.mark.fidelity("stream-loop", "talk-loop")
def test_a_loop_of_more_plays_than_time_will_ever_have(world: World) -> None:
    text = '[{"action": "talk", "text": "a", "loop": %s}, {"action": "wait", "timeout": %s}]'
    call = answered_with(world, lambda: raw_json(text % ("9" * 4000, "9" * 4000)))
    assert ends(world, call) == []


@pytest.mark.fidelity("ncco-syntax-error")
@pytest.mark.parametrize(
    "text",
    ["[" * 400_000, '[{"action": "notify", "payload": ' + '{"a": ' * 20_000 + "1", "[1e999]",
     '[{"action": "talk", "text": "\\ud800"}]', '[{"action": ' + "9" * 9000,
     '[{"action": "notify", "eventUrl": ["http://127.0.0.1/"], "payload": {"a": NaN}}]',
     '[{"action": "notify", "eventUrl": ["http://127.0.0.1/"], "payload": ' + '{"a": ' * 400 + "1" + "}" * 401 + "]"],
    ids=lambda text: text[:24],
)  # fmt: skip
def test_json_that_breaks_others_is_a_wrong_ncco(world: World, text: str) -> None:
    call = answered_with(world, lambda: raw_json(text))
    [reason] = ends(world, call)
    assert reason in (callbacks.SYNTAX, "Failed to retrieve the NCCO: not JSON.")
    assert json.loads(world.control("GET", f"/calls/{call}").content)


# Webhooks


@pytest.mark.fidelity("ncco-many")
@pytest.mark.parametrize(
    "action", [{"action": "notify", "payload": {}}, {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 0}}]
)
def test_a_webhook_that_answers_itself_for_ever_is_asked_two_hundred_times(world: World, action: Json) -> None:
    again = [{**action, "eventUrl": [world.learner.url + "/again"]}]
    world.learner.on("/again", again)
    call = world.call(*again)
    assert ends(world, call) == [f"This call has been given more than {MOST_NCCOS} NCCOs."]
    assert len(world.learner.at("/again")) == len(world.trace(call, "ncco")) == MOST_NCCOS


@pytest.mark.fidelity("limits-actions")
def test_large_nccos_without_end_are_stopped_before_they_fill_the_memory(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "MOST_ACTIONS", 5000)
    url = world.learner.url + "/again"
    again = [{"action": "notify", "payload": {}, "eventUrl": [url]}, *[{"action": "wait"}] * 1500]
    world.learner.on("/again", again)
    call = world.call(*again)
    assert ends(world, call) == ["This call has been given more than 5000 actions."]
    assert len(world.learner.at("/again")) == 5000 // len(again)


@pytest.mark.fidelity("limits-links")
def test_a_chain_of_connects_has_an_end(world: World) -> None:
    """Each leg's onAnswer NCCO connects to the next one."""
    phones = iter(f"4477009{n:05}" for n in range(100, 500))
    url = world.learner.url + "/whisper"

    def connect() -> list[Json]:
        endpoint = {"type": "phone", "number": next(phones), "onAnswer": {"url": url}}
        return [{"action": "connect", "endpoint": [endpoint], "from": world.number}]

    world.learner.on("/whisper", connect)
    world.ended_call(*connect(), length_timer=600)
    legs = world.control("GET", "/calls").json()
    assert len([leg for leg in legs if leg["to"] != BESIDE]) == 1 + MOST_LINKS
    [error] = [one for leg in legs for one in world.trace(leg["uuid"], "error") if one["leg"] == leg["uuid"]]
    assert f"last of {MOST_LINKS}" in error["reason"]
    assert world.learner.statuses()[-1] == "completed"


@pytest.mark.fidelity("answer-redirect")
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_webhook_that_redirects_is_not_followed(world: World, code: int) -> None:
    call = answered_with(world, lambda: redirect("/answer", code))
    assert ends(world, call) == [f"Failed to retrieve the NCCO: HTTP {code}."]
    assert len(world.learner.at("/answer")) == 1
    assert "Redirects are not followed" in world.one(call, "error")["advice"]


NOT_HTTP, TOO_LARGE = ["the reply is not HTTP"], ["the reply is larger than 1 MB"]
LATE, CLOSED = ["read timeout"] * 2, ["connection closed"] * 2
JSON_HEAD = head("application/json")
REPLIES: dict[str, tuple[Any, list[Any]]] = {
    "nothing": (silence, LATE),
    "bytes without end": (says(JSON_HEAD, b"[" * 65_536, again=True), TOO_LARGE),
    "a length without end": (says(head("application/json", "Content-Length: 99999999999"), b" " * 65_536, again=True),
                             TOO_LARGE),
    "a byte now and then": (says(JSON_HEAD, b"[", every=0.1, again=True), LATE),
    "a chunk now and then": (says(head("application/json", "Transfer-Encoding: chunked"), b"4\r\n    \r\n", every=0.1,
                                  again=True), LATE),
    "header lines without end": (says(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n", again=True), NOT_HTTP),
    "go on, go on": (says(b"HTTP/1.1 100 Continue\r\n\r\n", every=0.1, again=True), LATE),
    "bytes of something else": (says(b"\x00\xff" * 9999), NOT_HTTP),
    "another protocol": (says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), NOT_HTTP),
    "half a head": (says(b"HTTP/1.1 200 OK\r\n\r"), CLOSED),
    "no reply": (says(b""), CLOSED),
    "half a body": (says(head("application/json", "Content-Length: 5"), b"[]"), CLOSED),
    "a control character, and no body": (says(head("application/json", "X: a\x01b")), [None]),
    "no chunk": (says(head("application/json", "Transfer-Encoding: chunked"), b"zz\r\n"), NOT_HTTP),
    "less than nothing": (says(head("application/json", "Content-Length: -5"), b"[]"), NOT_HTTP),
    "an odd status": (says(JSON_HEAD.replace(b"200 OK", b"999 Odd"), b"[]"), ["HTTP 999"]),
}  # fmt: skip


@pytest.mark.fidelity("reply-size", "reply-endless", "answer-retry", "answer-not-http", "answer-none")
@pytest.mark.parametrize("case", REPLIES)
def test_replies_that_never_end_or_are_none(world: World, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes, chunks, header lines without end; no HTTP at all; a byte now and then."""
    behaviour, errors = REPLIES[case]
    monkeypatch.setattr(bodies, "ANSWER_TIMEOUT", 0.4 if errors == LATE else PATIENCE)
    with RawServer(behaviour) as server:
        call = world.call(ncco=None, answer_url=[server.url])
        [reason] = ends(world, call)
        assert len(server.requests) == len(errors)
    assert reason.startswith("Failed to retrieve the NCCO: ")
    assert [error and error.partition(":")[0] for _, error in world.attempts(call, "answer")] == errors


@pytest.mark.fidelity("reply-size")
def test_a_reply_that_unpacks_to_gigabytes_is_not_unpacked(world: World) -> None:
    """Ten megabytes of nothing, packed twice: with a few layers more it would fill any memory."""
    packed = gzip.compress(gzip.compress(b" " * 50_000_000))
    assert len(packed) < 10_000
    packs = {"Content-Encoding": "gzip, gzip"}
    call = answered_with(world, lambda: Response(packed, headers=packs, mimetype="application/json"))
    [reason] = ends(world, call)
    assert reason.startswith("Failed to retrieve the NCCO: ")
    sound = world.learner.on("/noise.wav", lambda: Response(packed, headers=packs, mimetype="audio/wav"))
    [reason] = ends(world, world.call({"action": "stream", "streamUrl": [sound]}))
    assert reason.startswith("Audio of stream cannot be played: ")


# Sound files


@pytest.mark.fidelity("stream-unplayable", "stream-limits")
@pytest.mark.parametrize(
    ("behaviour", "why"),
    [(says(head("audio/mpeg"), b"\xff\xfb\x90\x00" * 16_384, again=True), "larger than 50 MB"),
     (says(head("audio/wav"), b"R", every=0.1, again=True), "not answer in time"),
     (says(head("audio/wav", "Transfer-Encoding: chunked"), b"1\r\na\r\n", every=0.1, again=True), "answer in time"),
     (silence, "not answer in time"), (says(b""), "cannot be reached")],
)  # fmt: skip
def test_a_file_that_never_ends_is_given_up(
    world: World, behaviour: Any, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sounds.FILE_TIMEOUT == 10
    monkeypatch.setattr(sounds, "FILE_TIMEOUT", 0.4 if "in time" in why else PATIENCE)
    with RawServer(behaviour) as server:
        call = world.call({"action": "stream", "streamUrl": [f"{server.url}/a.mp3"]}, {"action": "wait", "timeout": 2})
        [reason] = ends(world, call)
        assert why in reason
        assert [state for _, state in world.actions(call)] == ["started", "skipped", "started", "finished"]


@pytest.mark.fidelity("stream-limits")
@pytest.mark.parametrize(
    "place",
    ["http://10.1.2.3/a.wav", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "//10.1.2.3/a.wav",
     "gopher://127.0.0.1/", "http://[::ffff:10.1.2.3]/a", "http://127.0.0.1@10.1.2.3/", "http://0x0a010203/",
     "data:,a", "http://localhost.example.net.invalid/", "\x00", "http://127.0.0.1:99999/", "http://"],
)  # fmt: skip
def test_a_redirect_does_not_lead_out_of_this_machine(world: World, place: str) -> None:
    url = world.learner.on("/noise.wav", lambda: Response("", 302, {"Location": place}))
    [reason] = ends(world, world.call({"action": "stream", "streamUrl": [url]}))
    assert reason.startswith("Audio of stream cannot be played: the server ")


@pytest.mark.fidelity("stream-limits")
@pytest.mark.parametrize(("rate", "frames"), [(1, 3601), (8000, 3601 * 8000)])
def test_a_file_that_lasts_for_hours_is_not_unpacked(world: World, rate: int, frames: int) -> None:
    """At one sample a second a file of 15 kB lasts four hours, which are a gigabyte of sound."""
    form = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 7, 1, rate, rate, 1, 8)  # mu-law: a byte a sample
    size = struct.pack("<I", frames)
    data = b"RIFF" + struct.pack("<I", 36 + frames) + form + b"data" + size + b"\xff" * frames
    [reason] = ends(world, world.call({"action": "stream", "streamUrl": [world.learner.serve("a.wav", data)]}))
    assert "It lasts 60 minutes" in reason


@pytest.mark.fidelity("stream-unplayable")
@pytest.mark.parametrize(
    "data",
    [b"RIFF\xff\xff\xff\xffWAVE", b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 65_535,
     4_294_967_295, 1, 1, 16) + b"data\xff\xff\xff\xff", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f", b"\xff\xfb" * 5000,
     b"RIFF" + b"\x00" * 1_000_000, b"<html>", b"\xff\xf3\x18\xc4" + b"\x00" * 60],
    ids=lambda data: repr(data[:12]),
)  # fmt: skip
def test_a_file_that_is_broken_on_purpose_is_skipped_or_played(world: World, data: bytes) -> None:
    call = world.call({"action": "stream", "streamUrl": [world.learner.serve("a.wav", data)]}, length_timer=60)
    assert len(ends(world, call)) <= 1
