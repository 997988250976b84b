"""Calls with several people, and everything else that is done to a running call: what the views tell of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.call import Call
from helpers.calls.tracks import Tracks
from helpers.views.timeline import as_text
from tests.unit import calls
from tests.unit.calls import LEG, PHONE, TALK

OTHER, OTHER_PHONE = "7f0c3a1e-0000-4000-8000-000000000002", "447700900002"
ELSEWHERE = "CON-5d1f7a90-0000-4000-8000-000000000002"


class Together(calls.Script):
    """A call whose second leg ``connect`` made; everybody is heard all the time unless a test says otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.loud = 0.5
        self.status(2.0, "answered")
        self.other(2.1, "leg", direction="outbound", type="phone", **{"from": calls.VIRTUAL, "to": OTHER_PHONE})
        self.other(4.0, "status", status="answered", why="", detail=None, sip_code=None, disconnected_by=None)

    def other(self, at: float, kind: str, conversation: str = TALK, **facts: Any) -> None:
        self.trace.append(kind, at=self.start + at, leg=OTHER, conversation=conversation, **facts)

    def request(self, at: float, method: str, what: str = "", status: int = 200, **body: Any) -> None:
        self(at, "request", method=method, path=f"/v1/calls/{LEG}{what}", body=body or None, status=status)

    def control(self, at: float, action: str) -> None:
        self.request(at, "PUT", status=204, action=action)
        self(at, "control", action=action)

    def end(self, at: float) -> Call:
        gone: dict[str, Any] = {"status": "completed", "why": "", "detail": None, "sip_code": 200}
        for write in (self, self.other):
            write(at, "status", disconnected_by="platform", **gone)
        return Call(self.trace.entries(), uuid=TALK, heard=self.heard)

    def heard(self, leg: str, rate: int) -> bytes:
        return calls.wav(np.full(rate * 20, self.loud, dtype=np.float32), rate)


def steps(call: Call) -> list[str]:
    """The ladder's words, without lanes and arrows."""
    return [line.rpartition("   ")[2] for line in str(call.ladder()).splitlines()[2:]]


def voices(call: Call, leg: str) -> list[tuple[float, float, str]]:
    return [(mark.start, mark.end, mark.label) for mark in Tracks(call, leg).voices]


# Who heard whom


def test_a_leg_hears_the_others_unless_they_are_muted_or_it_is_earmuffed() -> None:
    script = Together()
    script(5.0, "said", text="one two three", by="handset", seconds=10.0)
    script.other(5.0, "said", text="alpha bravo", by="handset", seconds=12.0)
    for at, action in ((7.0, "mute"), (9.0, "unmute"), (11.0, "earmuff"), (12.0, "unearmuff")):
        script.control(at, action)
    call = script.end(16.0)
    mine, theirs = f"{PHONE}: “one two three”", f"{OTHER_PHONE}: “alpha bravo”"
    assert voices(call, OTHER) == [(5.0, 7.0, mine), (9.0, 15.0, mine)]
    assert voices(call, LEG) == [(5.0, 11.0, theirs), (12.0, 16.0, theirs)]


def test_what_was_said_before_the_answer_or_elsewhere_was_not_heard() -> None:
    script = Together()
    script(2.5, "said", text="hello?", by="handset", seconds=0.5)
    script(3.5, "said", text="is anybody there", by="handset", seconds=2.0)
    script.other(8.0, "conversation", state="left", name=None, members=1)
    script(9.0, "said", text="where are you", by="handset", seconds=1.0)
    script(10.0, "said", text=None, url="https://example.com/a.mp3", by="handset", seconds=1.0)
    assert voices(script.end(12.0), OTHER) == [(4.0, 5.5, f"{PHONE}: “is anybody there”")]


def test_a_voice_that_cannot_be_heard_in_the_sound_is_not_told() -> None:
    script = Together()
    script.loud = 0.0  # canHear, canSpeak and the like keep voices apart without an entry of their own
    script(5.0, "said", text="one two three", by="handset", seconds=3.0)
    assert voices(script.end(9.0), OTHER) == []


def test_the_player_names_who_spoke(tmp_path: Path) -> None:
    script = Together()
    script(5.0, "said", text="one two three", by="handset", seconds=3.0)
    script.control(7.0, "mute")
    words = str(script.end(9.0).player(OTHER, folder=tmp_path))
    assert f"  1.0–3.0 s  {PHONE}: “one two three”" in words
    assert "nothing was played" not in words


def test_the_timeline_has_requests_words_and_voices() -> None:
    script = Together()
    script(5.0, "said", text="one", by="handset", seconds=3.0)
    script.request(5.5, "PUT", "/stream", stream_url=["x"])
    script.request(6.0, "DELETE", "/stream")
    script.request(6.5, "PUT", "/dtmf", digits="1")
    script.request(6.6, "PUT", status=400, action="hangup")
    script.control(7.0, "mute")
    call = script.end(9.0)
    text = "\n".join(re.sub(r" +", " ", line).strip() for line in as_text([Tracks(call, LEG)]).splitlines())
    for words in ("requests 5.5 s stream", "6.0 s stop stream", "6.5 s dtmf", "6.6 s hangup (✗ 400)", "7.0 s mute",
                  "said 5.0 s “one”"):  # fmt: skip
        assert words in text
    other = as_text([Tracks(call, OTHER)])
    assert f"mute {PHONE}" in other
    assert f"{PHONE}: “one”" in other


# What the ladder says


def test_requests_name_their_action_and_controls_their_effect() -> None:
    script = Together()
    for at, action in ((5, "mute"), (6, "unmute"), (7, "earmuff"), (8, "unearmuff")):
        script.control(at, action)
    script.request(9, "PUT", status=204, action="hangup")
    told = steps(script.end(9.0))
    assert [step for step in told if "PUT" in step] == [
        f"PUT /v1/calls/{{uuid}} · {action} → 204" for action in ("mute", "unmute", "earmuff", "unearmuff", "hangup")
    ]
    for words in ("muted: the others do not hear it", "unmuted", "earmuffed: it does not hear the others"):
        assert words in told


def test_a_transfer_event_wants_no_ncco_and_the_fetch_of_one_does() -> None:
    script = Together()
    moved = {"conversation_uuid_from": TALK, "conversation_uuid_to": ELSEWHERE, "uuid": LEG, "type": "transfer"}
    script.hook(5.0, "transfer", "POST", "/event", moved)
    script.hook(6.0, "transfer", "GET", "/next", {"uuid": LEG, "to": PHONE}, body="")
    script.hook(7.0, "transfer", "GET", "/next", {"uuid": LEG, "to": PHONE}, body=[{"action": "talk", "text": "x"}])
    call = script.end(9.0)
    told = steps(call)
    assert "POST /event · transfer → 200" in told
    assert "✗ 200 (nothing) · Your server replied with nothing." in told
    assert "200 NCCO: talk" in told
    assert sum("✗" in step for step in told) == 1
    assert [mark.text for mark in Tracks(call, LEG).webhooks if mark.trouble] == ["transfer (✗ 200, not an NCCO)"]


@pytest.mark.parametrize(
    ("kind", "facts", "words"),
    [
        ("dtmf", {"digits": "1p2#", "by": "api"}, "sends the keys 1p2#"),
        ("conversation", {"state": "joined", "name": "lobby", "members": 2}, "joins the conversation lobby"),
        ("conversation", {"state": "started", "name": "lobby", "members": 2}, "the conversation lobby starts"),
        ("conversation", {"state": "left", "name": "lobby", "members": 1}, "leaves the conversation lobby"),
        ("recording", {"state": "started", "seconds": None, "size": None, "url": "x"}, "recording started"),
        ("recording", {"state": "finished", "seconds": 4.5, "size": 321, "url": "x"},
         "recording finished: 4.5 s, 321 bytes"),
        ("detection", {"verdict": "human", "sub_state": None}, "detection: human"),
        ("detection", {"verdict": "machine", "sub_state": "beep_start"}, "detection: machine, beep_start"),
        ("websocket", {"state": "connected"}, "websocket connected"),
        ("websocket", {"state": "failed", "why": "no route"}, "✗ websocket failed · no route"),
        ("fault", {"name": "line_drop", "settings": {}, "what": "it breaks"}, "✗ fault line_drop: it breaks"),
        ("said", {"text": None, "by": "machine", "seconds": 0.5}, "beeps"),
        ("said", {"text": None, "url": "http://127.0.0.1/a.mp3", "by": "handset", "seconds": 1}, "plays a.mp3"),
    ],
)  # fmt: skip
def test_each_new_kind_of_step(kind: str, facts: dict[str, Any], words: str) -> None:
    script = Together()
    script(5.0, kind, **facts)
    call = script.end(9.0)
    assert words in steps(call)
    assert words.split(" · ")[0] in str(call.table())


def test_only_a_table_tells_what_everybody_can_see_anyway() -> None:
    script = Together()
    script(5.0, "conversation", state="joined", name=None, members=2)
    script(6.0, "transfer", from_conversation=TALK, to_conversation=ELSEWHERE)
    script(7.0, "input", digits="", speech="yes", timed_out=False, why="silence")
    call = script.end(9.0)
    for words in ("joins the other side", "goes to another conversation", "input collected “yes”: silence"):
        assert words in str(call.table())
        assert words not in str(call.ladder())


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"status": "human"}, "POST /event · human → 200"),
        ({"status": "machine", "sub_state": "beep_start"}, "POST /event · machine beep_start → 200"),
        ({"status": "disconnected"}, "POST /event · disconnected → 200"),
        ({"status": "transcribed", "transcription_url": "x"}, "POST /event · transcribed → 200"),
        ({"recording_url": "x", "size": 9}, "POST /event · recording → 200"),
        ({"reason": "Audio gone."}, "POST /event · error → 200"),
    ],
)
def test_each_kind_of_event(payload: dict[str, Any], words: str) -> None:
    script = Together()
    script.hook(5.0, "event", "POST", "/event", payload)
    assert words in steps(script.end(9.0))


def test_an_input_of_words_is_told_in_words() -> None:
    script = Together()
    heard = {"dtmf": {"digits": ""}, "speech": {"results": [{"text": "call me back", "confidence": "0.9"}]}}
    script.hook(5.0, "input", "POST", "/event", heard, body="")
    assert "POST /event · input “call me back”" in steps(script.end(9.0))


# Sounds


def sound(script: Together, source: str, stopped: float, **facts: Any) -> None:
    what = {"cue": 1, "source": source, "url": None, "text": None, "level": 0.0, "loop": 1, "seconds": 2.0, **facts}
    ends = None if what["loop"] == 0 else script.start + 7.0
    script(5.0, "sound", state="started", ends=ends, **what)
    script(stopped, "sound", state="stopped", ends=script.start + stopped, **what)


@pytest.mark.parametrize(("stopped", "loop", "told"), [(6.0, 1, True), (7.0, 1, False), (6.0, 0, True)])
def test_a_rest_sound_stops_only_if_it_was_stopped(stopped: float, loop: int, told: bool) -> None:
    script = Together()
    sound(script, "rest_talk", stopped, text="One moment", loop=loop)
    assert ("“One moment” stops" in steps(script.end(9.0))) is told


def test_keys_and_beeps_are_named_once() -> None:
    script = Together()
    script(5.0, "dtmf", digits="12", by="api")
    sound(script, "dtmf", 5.4, text="12")
    call = script.end(9.0)
    assert sum("12" in step for step in steps(call)) == 1
    script = Together()
    sound(script, "beep", 5.5)
    call = script.end(9.0)
    assert [mark.text for mark in Tracks(call, LEG).sounds] == ["beep"]
    assert "plays a beep (2.0 s)" in steps(call)
