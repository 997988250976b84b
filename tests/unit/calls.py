"""Calls written by hand, in the vocabulary of the trace, so that the views can be tested without a simulator."""

from __future__ import annotations

import io
import json
import wave
from typing import Any

import numpy as np

from helpers.call import Call
from helpers.calls.trace import Trace

VIRTUAL, PHONE = "447700900000", "447700900001"
LEG, TALK = "7f0c3a1e-0000-4000-8000-000000000001", "CON-5d1f7a90-0000-4000-8000-000000000001"
SERVER = "http://127.0.0.1:8000"
RATE = 8000


class Script:
    """Writes a trace line by line: ``script(2.0, "status", status="answered")``."""

    def __init__(self, direction: str = "outbound", start: float = 100.0) -> None:
        self.trace, self.start, self.requests = Trace(), start, 0
        caller, called = (VIRTUAL, PHONE) if direction == "outbound" else (PHONE, VIRTUAL)
        self.numbers = {"from": caller, "to": called}
        self.direction = direction
        self._wavs: dict[int, bytes] = {}
        self(0, "leg", direction=direction, type="phone", **self.numbers)

    def __call__(self, at: float, kind: str, **facts: Any) -> None:
        self.trace.append(kind, at=self.start + at, leg=LEG, conversation=TALK, **facts)

    def status(self, at: float, status: str, tell: bool = True, **facts: Any) -> None:
        known = {"detail": None, "sip_code": None, "disconnected_by": None, "why": "as the script says"} | facts
        self(at, "status", status=status, **known)
        if tell:
            self.event(at, status, **{k: v for k, v in facts.items() if k in ("detail", "sip_code", "disconnected_by")})

    def event(self, at: float, status: str, **facts: Any) -> None:
        payload = {"headers": {}, **self.numbers, "uuid": LEG, "conversation_uuid": TALK, "status": status,
                   "direction": self.direction, "timestamp": f"2026-02-02T10:00:{at:06.3f}Z", **facts}  # fmt: skip
        self.hook(at, "event", "POST", "/event", payload, status=204)

    def hook(self, at: float, kind: str, method: str, path: str, payload: dict[str, Any], *, body: Any = "",
             status: int | None = 200, took: float = 0.0, error: str | None = None, attempt: int = 1,
             content_type: str | None = None) -> None:  # fmt: skip
        self.requests += 1
        text = body if isinstance(body, str) else json.dumps(body)
        kind_of = content_type or ("application/json" if not isinstance(body, str) else "text/plain")
        self(at, "webhook", request=self.requests, type=kind, method=method, url=SERVER + path, payload=payload,
             attempt=attempt)  # fmt: skip
        self(at + took, "reply", request=self.requests, status=status, content_type=kind_of, body=text,
             ms=took * 1000 + 3.2, seconds=took, error=error, retried=attempt == 2)  # fmt: skip

    def answer(self, at: float, **how: Any) -> None:
        query = {**self.numbers, "uuid": LEG, "conversation_uuid": TALK, "endpoint_type": "phone"}
        self.hook(at, "answer", "GET", "/answer", query, **how)

    def ncco(self, at: float, actions: list[dict[str, Any]], source: str = "answer_url") -> None:
        self(at, "ncco", source=source, actions=actions)

    def action(self, at: float, index: int, action: dict[str, Any], state: str = "started", why: str | None = None,
               ncco: int = 1) -> None:  # fmt: skip
        options = {k: v for k, v in action.items() if k != "action"}
        self(at, "action", index=index, ncco=ncco, action=action["action"], options=options, state=state, why=why)

    def play(self, begin: float, end: float, *, seconds: float, loop: int = 1, level: float = 0.0, cue: int = 1,
             url: str | None = f"{SERVER}/audio/greeting.mp3", text: str | None = None) -> None:  # fmt: skip
        source = "stream" if url else "talk"
        facts = {"cue": cue, "source": source, "url": url, "text": text, "level": level, "loop": loop,
                 "seconds": seconds}  # fmt: skip
        ends = self.start + begin + seconds * loop if loop else None
        self(begin, "sound", state="started", ends=ends, **facts)
        self(end, "sound", state="stopped", ends=self.start + end, **facts)

    def fetch(self, at: float, path: str = "/audio/greeting.mp3", **facts: Any) -> None:
        known = {"status": 200, "content_type": "audio/mpeg", "bytes": 6400, "format": "MP3 mono 16000 Hz",
                 "seconds": 3.2, "cache": "miss", "error": None}  # fmt: skip
        self(at, "fetch", url=SERVER + path, **{**known, **facts})

    def call(self, sound: bool = True) -> Call:
        return Call(self.trace.entries(), uuid=LEG, heard=self.heard if sound else None)

    def heard(self, leg: str, rate: int) -> bytes:
        """What the script's sounds are: a swelling chord where a sound plays, silence elsewhere."""
        if rate in self._wavs:
            return self._wavs[rate]
        call = self.call()
        begin, end = call.when("answered", leg), call.ended_at
        assert begin is not None and end is not None
        samples = np.zeros(round((end - begin) * rate), dtype=np.float32)
        for stop in call.entries("sound", state="stopped"):
            start = next(e for e in call.entries("sound", state="started") if e["cue"] == stop["cue"])
            t = np.arange(round((stop["at"] - start["at"]) * rate)) / rate
            swell = (0.35 + 0.3 * np.sin(2 * np.pi * 1.3 * t)) * np.minimum(1, 8 * t)
            wave_ = swell * np.sin(2 * np.pi * (330 if stop["source"] == "stream" else 210) * t)
            first = round((start["at"] - begin) * rate)
            piece = samples[first : first + len(t)]
            piece += wave_[: len(piece)].astype(np.float32)
        self._wavs[rate] = wav(samples, rate)
        return self._wavs[rate]


def wav(samples: np.ndarray[Any, Any], rate: int) -> bytes:
    """16-bit mono WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return file.getvalue()


def menu(took: float = 0.0) -> Script:
    """Outbound, answered: a greeting that a key press stops, an input, a good-bye. ``took``: seconds of /answer."""
    s = Script()
    stream = {"action": "stream", "streamUrl": [f"{SERVER}/audio/greeting.mp3"], "bargeIn": True, "loop": 2}
    ask = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 2, "timeOut": 3}}
    bye = {"action": "talk", "text": "You pressed 14. Good-bye.", "language": "en-GB"}
    s(0, "request", method="POST", path="/v1/calls", status=201,
      body={"to": [{"type": "phone", "number": PHONE}], "from": {"type": "phone", "number": VIRTUAL},
            "answer_url": [f"{SERVER}/answer"]})  # fmt: skip
    s.status(0.1, "started", why="the call was created")
    s.status(0.1, "ringing", why="the destination was reached")
    s.status(2.1, "answered", tell=False, why="the person picked up")
    s.answer(2.1, body=[stream, ask], took=took)
    t = 2.1 + took
    s.event(t, "answered", start_time=None, rate=None, network=None)
    s.ncco(t, [stream, ask])
    s.action(t, 0, stream)
    s.fetch(t)
    s.play(t, t + 4.2, seconds=3.2, loop=2)
    s(t + 4.2, "key", digit="1", by="handset")
    s.action(t + 4.2, 0, stream, "stopped", "key press")
    s.action(t + 4.2, 1, ask)
    s(t + 4.7, "key", digit="4", by="handset")
    s(t + 4.7, "input", digits="14", timed_out=False, why="max_digits")
    ids = {**s.numbers, "uuid": LEG, "conversation_uuid": TALK}
    payload = {"speech": {"error": "Speech was not enabled"}, "dtmf": {"digits": "14", "timed_out": False},
               **ids, "timestamp": "2026-02-02T10:00:06.800Z"}  # fmt: skip
    s.hook(t + 4.7, "input", "POST", "/input", payload, body=[bye], took=took / 2)
    t += 4.7 + took / 2
    s.action(t, 1, ask, "finished")
    s.ncco(t, [bye], "input")
    s.action(t, 0, bye, ncco=2)
    s.play(t, t + 2.4, seconds=2.4, cue=2, url=None, text=bye["text"])
    s.action(t + 2.4, 0, bye, "finished", ncco=2)
    s.status(t + 2.4, "completed", sip_code=200, disconnected_by="platform", why="every action is complete")
    return s


def unsuccessful(status: str, detail: str | None = None, sip_code: int | None = None) -> Script:
    """Outbound, and nobody talks."""
    s = Script()
    s.status(0.1, "started")
    s.status(0.1, "ringing")
    s.status(3.1, status, detail=detail, sip_code=sip_code, why="so the phone was told to behave")
    if status != "rejected":
        s.status(3.1, "completed", sip_code=sip_code, why=f"every call that is {status} ends with this")
    return s


def inbound(**reply: Any) -> Script:
    """A phone dials the number; ``reply`` is what /answer says instead of an NCCO that plays a jingle."""
    s = Script("inbound")
    stream = {"action": "stream", "streamUrl": [f"{SERVER}/audio/jingle.wav"], "level": 0.5}
    s.status(0.1, "ringing", why="a phone dialled the number")
    s.status(0.1, "started", why="the call was created")
    s.status(0.6, "answered", tell=False, why="Vonage picked up")
    s.answer(0.6, **(reply or {"body": [stream]}))
    s.event(0.6, "answered")
    if reply:
        s(0.6, "error", reason="Failed to retrieve the NCCO: see the reply.",
          advice=f"{SERVER}/answer must reply 200 with a JSON array of actions, as application/json.")  # fmt: skip
        payload = {"reason": "Failed to retrieve the NCCO: see the reply.", "conversation_uuid": TALK,
                   "timestamp": "2026-02-02T10:00:00.600Z"}  # fmt: skip
        s.hook(0.6, "error", "POST", "/event", payload, status=204)
        s.status(1.6, "completed", sip_code=200, disconnected_by="platform", why="there was no NCCO to carry out")
        return s
    s.ncco(0.6, [stream])
    s.action(0.6, 0, stream)
    s.fetch(0.6, "/audio/jingle.wav", format="WAV mono 16000 Hz", content_type="audio/wav", seconds=2.5, bytes=80044)
    s.play(0.6, 3.1, seconds=2.5, url=f"{SERVER}/audio/jingle.wav", level=0.5)
    s.action(3.1, 0, stream, "finished")
    s.status(3.1, "completed", sip_code=200, disconnected_by="platform", why="every action is complete")
    return s


def voicemail_music(seconds: float = 60.0) -> Script:
    """A long call: endless music from an inline NCCO, three key presses that do nothing, and a hang-up."""
    s = Script()
    stream = {"action": "stream", "streamUrl": [f"{SERVER}/audio/music.mp3"], "loop": 0}
    s(0, "request", method="POST", path="/v1/calls", status=201, body={"ncco": [stream]})
    s.status(0.1, "started")
    s.status(0.1, "ringing")
    s.status(2.1, "answered")
    s.ncco(2.1, [stream], "inline")
    s.action(2.1, 0, stream)
    s.fetch(2.1, "/audio/music.mp3", seconds=24.0)
    for at in (20.0, 20.5, 21.0):
        s(at, "key", digit="5", by="handset")
    s(30.0, "said", text="hello?", by="handset")
    s.action(seconds, 0, stream, "stopped", "the person hung up")
    s.play(2.1, seconds, seconds=24.0, loop=0, url=f"{SERVER}/audio/music.mp3")
    s.status(seconds, "completed", sip_code=200, disconnected_by="user", why="the person hung up")
    return s
