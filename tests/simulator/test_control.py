"""The control plane: its token, its endpoints, the growing record, faults, reset, and what was heard."""

from __future__ import annotations

import base64
import io
import threading
import wave
from typing import Any

import numpy as np
import pytest
import requests

from helpers.audio.files import Samples, encode_wav
from tests.simulator.world import PHONE, World

ENDPOINTS = [
    ("GET", "/account"), ("GET", "/calls"), ("GET", "/calls/x"), ("GET", "/calls/x/heard.wav"),
    ("GET", "/calls/x/sound"), ("GET", "/events"),
    ("GET", "/phones"), ("PUT", "/phones/447700900001"), ("POST", "/phones/447700900001/dial"), ("GET", "/faults"),
    ("PUT", "/faults"), ("GET", "/clock"), ("POST", "/clock/advance"), ("POST", "/reset"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_everything_needs_the_token(world: World, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}, {"Authorization": "Bearer é"}):
        encoded = {name: value.encode() for name, value in headers.items()}
        reply = requests.request(method, f"{world.network.url}/simulator{path}", json={}, headers=encoded, timeout=60)
        assert reply.status_code == 401
        assert "token" in reply.json()["error"]


def test_the_account(world: World) -> None:
    account = world.network.account
    told = world.control("GET", "/account").json()
    assert list(told) == ["api_key", "api_secret", "signature_secret", "numbers"]
    assert (told["api_key"], told["api_secret"]) == (account.api_key, account.api_secret)
    assert [number["msisdn"] for number in told["numbers"]] == [world.number]
    assert told["api_secret"] not in repr(account)


def test_calls_are_listed_and_looked_up_by_leg_or_conversation(world: World) -> None:
    call = world.call()
    [shown] = world.control("GET", "/calls").json()
    assert shown == {"uuid": call, "conversation_uuid": world.one(call, "leg")["conversation"], "from": world.number,
                     "to": PHONE, "status": "started", "direction": "outbound"}  # fmt: skip
    assert world.trace(shown["conversation_uuid"]) == world.trace(call)
    reply = world.control("GET", "/calls/nobody")
    assert reply.status_code == 404
    assert "nobody" in reply.json()["error"]


def test_a_leg_that_connect_made_can_be_waited_for(world: World) -> None:
    endpoint = {"type": "phone", "number": "447700900002"}
    call = world.answered_call({"action": "connect", "from": world.number, "endpoint": [endpoint]})
    world.advance(0.5)
    other = next(leg["uuid"] for leg in world.control("GET", "/calls").json() if leg["uuid"] != call)
    reply = world.control("POST", "/clock/advance", {"seconds": 60, "call": other, "until": "answered"})
    assert reply.json()["reached"]
    assert reply.json()["now"] == pytest.approx(world.at(other, "answered"))


def test_the_record_is_in_order_and_complete(world: World) -> None:
    call = world.ended_call({"action": "talk", "text": "Hi"})
    entries = world.trace(call)
    assert [(e["at"], e["seq"]) for e in entries] == sorted((e["at"], e["seq"]) for e in entries)
    for entry in entries:
        assert list(entry)[:5] == ["seq", "at", "kind", "leg", "conversation"]
        assert entry["leg"] == call
    assert {e["kind"] for e in entries} == {"leg", "request", "status", "webhook", "reply", "ncco", "action", "sound"}
    requests_ = [e["request"] for e in entries if e["kind"] == "webhook"]
    assert sorted(e["request"] for e in entries if e["kind"] == "reply") == sorted(requests_)


def test_what_was_heard_at_two_rates(world: World, second: bytes) -> None:
    url = world.learner.serve("noise.wav", second)
    call = world.call({"action": "stream", "streamUrl": [url], "loop": 2})
    path = f"/calls/{call}/heard.wav"
    early = world.control("GET", path)
    assert (early.status_code, "not been answered" in early.json()["error"]) == (400, True)
    world.until(call, "answered")
    world.advance(1)
    for rate in ("", "?rate=8000", "?rate=16000"):
        reply = world.control("GET", path + rate)
        assert reply.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(reply.content)) as file:
            hertz = int(rate[6:] or 8000)
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, hertz)
            assert file.getnframes() == hertz  # till now
    world.until(call)
    assert len(world.heard(call)) == 16_000
    for rate in ("44100", "x", "-8000"):
        reply = world.control("GET", f"{path}?rate={rate}")
        assert (reply.status_code, "8000" in reply.json()["cure"]) == (400, True)
    assert world.control("GET", "/calls/nobody/heard.wav").status_code == 404


@pytest.mark.fidelity("rate-limits-clock")
def test_faults_are_off_until_switched_on(world: World) -> None:
    assert world.control("GET", "/faults").json()["active"] == {}
    assert world.control("PUT", "/faults", {"rate_limits": {"calls": 1}}).json() == {
        "rate_limits": {"calls": 1, "others": 15}
    }
    limits = [{"rate_limits": wrong} for wrong in ({"calls": "1"}, {"mass": 1}, True)]
    for wrong in ({"gravity": {}}, *limits):
        reply = world.control("PUT", "/faults", {"early_hang_up_works": {}} | wrong)
        assert reply.status_code == 400
        assert "null" in reply.json()["cure"]
    assert list(world.control("GET", "/faults").json()["active"]) == ["rate_limits"]
    assert world.control("PUT", "/faults", {"rate_limits": None}).json() == {}


@pytest.mark.parametrize("body", [{}, {"seconds": "1"}, {"seconds": -1}, {"seconds": True}, {"seconds": None},
                                  {"seconds": 10**12}])  # fmt: skip
def test_time_takes_numbers_only(world: World, body: dict[str, Any]) -> None:
    reply = world.control("POST", "/clock/advance", body)
    assert (reply.status_code, "seconds" in reply.json()["error"]) == (400, True)


def test_waiting_for_a_call_that_is_not_there(world: World) -> None:
    assert world.control("POST", "/clock/advance", {"seconds": 1, "call": "nobody"}).status_code == 404


def test_reset_forgets_calls_phones_faults_and_files_but_not_the_account(world: World, second: bytes) -> None:
    world.phone(behaviour="busy")
    world.fault(foreign_caller_id_connects={})
    url = world.learner.serve("noise.wav", second, **{"Cache-Control": "max-age=9999"})
    call = world.answered_call({"action": "stream", "streamUrl": [url], "loop": 0},
                               to=[{"type": "phone", "number": "447700900002"}])  # fmt: skip
    world.advance(1)
    assert world.control("POST", "/reset").status_code == 204
    assert world.control("GET", "/calls").json() == []
    assert world.control("GET", "/phones").json() == []
    assert world.control("GET", "/faults").json()["active"] == {}
    assert world.control("GET", f"/calls/{call}").status_code == 404
    assert world.network.trace.entries() == []
    world.advance(100)
    assert world.network.trace.entries() == []
    told = world.learner.statuses()
    assert told[-1] == "answered"  # nobody is told of the end
    again = world.ended_call({"action": "stream", "streamUrl": [url]})
    assert world.one(again, "fetch")["cache"] == "miss"


def test_reset_may_empty_the_account_too(world: World) -> None:
    key = world.control("GET", "/account").json()["api_key"]
    assert world.control("POST", "/reset?account=true").status_code == 204
    told = world.control("GET", "/account").json()
    assert (told["api_key"], told["numbers"]) == (key, [])
    assert world.voice("GET").status_code == 401


def test_a_reset_while_a_webhook_waits(world: World) -> None:
    reached, go_on = threading.Event(), threading.Event()
    world.learner.on("/answer", lambda: (reached.set(), go_on.wait(60), [{"action": "wait"}])[2])
    world.call_with_answer_url()
    steps = threading.Thread(target=world.network.advance, args=(5,))
    steps.start()
    assert reached.wait(60)
    assert world.control("POST", "/reset").status_code == 204
    go_on.set()
    steps.join(60)
    assert not steps.is_alive()
    assert world.network.trace.entries() == []


def test_bodies_that_are_no_json(world: World) -> None:
    url, headers = f"{world.network.url}/simulator/faults", {"Authorization": f"Bearer {world.network.token}"}
    assert world.http.put(url, data="x", headers=headers).status_code == 415
    assert world.http.put(url, data="{", headers=headers | {"Content-Type": "application/json"}).status_code == 400
    assert world.control("GET", "/nothing").status_code == 404
    assert world.control("DELETE", "/calls").status_code == 405


def test_a_long_call_is_heard_minute_by_minute(world: World, second: bytes, noise: Samples) -> None:
    """The seams between the minutes that are mixed at a time must not be heard."""
    url = world.learner.serve("second.wav", second)
    call = world.ended_call({"action": "wait", "timeout": 59.5}, {"action": "stream", "streamUrl": [url], "loop": 100})
    heard = world.heard(call, 16_000)
    assert len(heard) == round(159.5 * 16_000)
    assert np.allclose(heard[round(59.5 * 16_000) :], np.tile(noise, 100), atol=1e-4)


def test_a_large_body_is_shortened_in_the_record(world: World) -> None:
    text = "word " * 250
    call = world.call(*[{"action": "talk", "text": text}] * 20)
    noted = world.one(call, "request")["body"]
    assert len(noted["shortened"]) == 10_000
    assert noted["bytes"] > 20_000


def test_a_slash_too_much_is_not_redirected(world: World) -> None:
    assert world.http.get(f"{world.network.url}/v1/calls//", allow_redirects=False, timeout=60).status_code == 404


@pytest.mark.fidelity("error-did-you-mean", "request-unknown-field")
def test_what_was_meant_in_a_request_about_a_call(world: World) -> None:
    call = world.answered_call({"action": "wait", "timeout": 9})
    refused = world.voice("PUT", f"/{call}", {"action": "mutte"})
    assert refused.json()["invalid_parameters"][0]["reason"].endswith('. Did you mean "mute"?')
    for path, body in (("stream", {"streamurl": []}), ("stream", {"url": []}), ("talk", {"txt": "a"})):
        refused = world.voice("PUT", f"/{call}/{path}", body)
        [reason] = refused.json()["invalid_parameters"]
        assert reason["reason"] == f'is required. Did you mean it by "{next(iter(body))}"?'
    spoken = {"text": "Hallo", "lang": "de-DE", "event_method": "post"}  # talk has no event_method to be read as POST
    assert world.voice("PUT", f"/{call}/talk", spoken).status_code == 200
    assert world.one(call, "note")["text"] == '"lang" does nothing here. Did you mean language?'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "There is no sound in it."),
        ({"wav": "é"}, "There is no sound in it."),
        ({"wav": "PGh0bWw+"}, "a web page"),
        ({"wav": base64.b64encode(encode_wav(np.zeros(22 * 8000, np.int16), 8000)).decode()}, "for 22 s at once"),
    ],
)
def test_what_cannot_be_spoken_is_refused(world: World, body: dict[str, str], why: str) -> None:
    answer = world.control("POST", f"/phones/{PHONE}/talk", body)
    assert answer.status_code == 400 and why in answer.json()["error"]
