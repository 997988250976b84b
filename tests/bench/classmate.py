"""One of a class, in a process or a kernel of their own; ``python -m tests.bench.classmate URL WORD NAME SEED``.

It reads orders from stdin, a JSON object a line, and answers each with one.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from flask import Flask, Response, jsonify, request
from numpy.typing import NDArray

from helpers.accounts.classroom import Classroom, join
from helpers.audio.files import decode, encode_wav
from helpers.server import BackgroundServer
from tests.matching import match

RATE, SECONDS = 8000, 4
Json = dict[str, Any]


def sound_of(seed: int) -> NDArray[np.float32]:
    """Noise that nobody else has."""
    return (0.1 * np.random.default_rng(seed).normal(size=SECONDS * RATE)).astype(np.float32)


class Classmate:
    """Whoever calls their number hears their sound."""

    def __init__(self, room: Classroom, serve: Callable[[Any], object], seed: int) -> None:
        self.room, self._seed, self._serve = room, seed, serve
        self._asked, self._seen, self._told = 0, list[tuple[str, str, float]](), list[tuple[str, str]]()

    def do(self, order: Json) -> Any:
        """Carry out an order, not before the time ``at`` that it names."""
        what = str(order.pop("do"))
        time.sleep(max(0.0, order.pop("at", 0.0) - time.time()))
        return getattr(self, what)(**order)

    def ready(self) -> Json:
        room = self.room
        room.ready()
        app, sound = Flask(room.name), encode_wav(sound_of(self._seed), RATE)
        app.add_url_rule("/answer", view_func=self._answer)
        app.add_url_rule("/event", view_func=self._event, methods=["POST"])
        app.add_url_rule("/sound.wav", "sound", lambda: Response(sound, mimetype="audio/wav"))
        self._serve(app)
        application = room.vonage.get_application(room.vonage.settings.application_id)
        hooks = {f"{what}_url": {"address": f"{room.url}/{what}"} for what in ("answer", "event")}
        application["capabilities"]["voice"]["webhooks"] = hooks
        room.vonage.replace_application(application["id"], application)
        room.phone.answers(after=1)
        room.network.follow(lambda e: self._seen.append((e["kind"], str(e.get("status")), time.time())))
        door = room.url.rpartition("/")[2]
        return {"phone": room.phone.number, "number": room.number, "door": door, "application": application["id"]}

    def ring(self, number: str, seeds: list[int]) -> Json:
        """Ring a number and listen to the end. ``seeds``: the sound that is due, and some of others."""
        began = time.time()
        call = self.room.ring(number)
        self.room.wait_for(call, "answered", timeout=60)
        answered = time.time() - began
        record = self.room.wait_for(call, timeout=120)
        heard = decode(self.room.network.heard(call, RATE), RATE)
        scores = [match(heard, sound_of(seed), RATE).score for seed in seeds]
        return {"answered": answered, "scores": scores, "talk": record.duration}

    def speak(self, number: str) -> Json:
        """Ring a phone; when it is answered, say something there. When each of it began."""
        del self._seen[:]
        began = time.time()
        call = self.room.ring(number)
        self.room.wait_for(call, "answered", timeout=60)
        said = time.time()
        self.room.phone.play("greeting.mp3")
        time.sleep(2)
        self.room.phone.hang_up()
        return {"began": began, "said": said}

    def listen(self) -> Json:
        """When the own phone rang, and when the other side was first heard."""
        first = {(kind, status): at for kind, status, at in reversed(self._seen)}
        del self._seen[:]
        return {"rang": first.get(("status", "ringing")), "heard": first.get(("said", "None"))}

    def many(self, calls: int) -> Json:
        """So many calls at once to phones of one's own, each with the sound."""
        stream = [{"action": "stream", "streamUrl": [f"{self.room.url}/sound.wav"]}] * 3
        made = [self.room.vonage.create_call(to=f"44770090060{last}", from_=self.room.number, ncco=stream)
                for last in range(calls)]  # fmt: skip
        return {"completed": sum(self.room.wait_for(one, timeout=120).status == "completed" for one in made)}

    def begin(self, calls: int, seconds: int) -> Json:
        """So many calls to phones of one's own that wait so long; they are answered when this returns."""
        ncco = [{"action": "conversation", "name": f"of {self.room.name}"}]
        made = [self.room.vonage.create_call(to=f"44770090060{last}", from_=self.room.number, ncco=ncco,
                                             length_timer=seconds) for last in range(calls)]  # fmt: skip
        for one in made:
            self.room.wait_for(one, "answered", timeout=60)
        return {"calls": [one["uuid"] for one in made]}

    def told(self) -> Json:
        """The events that have come, in order; and whether the way down is there."""
        return {"told": self._told, "up": self.room.connected}

    def records(self) -> Json:
        """Everything that this account can see."""
        traces = [self.room.network.trace(one["uuid"]) for one in self.room.network.calls()]
        return {"text": json.dumps(traces), "asked": self._asked}

    def _event(self) -> str:
        event = request.get_json()
        self._told.append((str(event.get("uuid")), str(event.get("status"))))
        return ""

    def _answer(self) -> Response:
        self._asked += 1
        return jsonify([{"action": "stream", "streamUrl": [f"{self.room.url}/sound.wav"]}])


def main(url: str, word: str, name: str, seed: str) -> None:
    server = BackgroundServer().start()
    room = Classroom(*join(url, word, name), server, None)
    room.connect()
    mate = Classmate(room, server.handle, int(seed))
    for line in sys.stdin:
        print(json.dumps(mate.do(json.loads(line))), flush=True)
    room.close()
    server.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
