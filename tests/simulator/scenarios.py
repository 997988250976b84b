"""Calls of every kind, played on an exchange of their own, and the record they leave: the same on every run.

``python -m tests.simulator.scenarios RUNS`` plays all of them RUNS times, each time on a new exchange, and prints the
record of each run as a line of JSON. The learner's server takes 1 to 50 ms for a reply, at random, and a thread keeps
the processor busy at random: neither may show in the record.
"""

from __future__ import annotations

import json
import random
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from helpers.audio.files import encode_wav
from helpers.server.server import BackgroundServer
from helpers.simulator import Simulator
from tests.simulator.conftest import make_keys
from tests.simulator.test_websocket import SocketServer
from tests.simulator.world import PHONE, Json, Keys, Learner, Reply, Watch, World, presses, says

ANN, BOB, EVE = "447700900011", "447700900012", "447700900013"
SLOW = 0.55  # seconds: so much time does take call time, half a second of it
WATCH = Watch()
TELL_ME = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}


class Dawdler(Learner):
    """A learner whose server is now quick, now slow."""

    def _answer(self, name: str) -> Reply:
        time.sleep(random.choice((*[0.001] * 60, 0.015, 0.05)))
        return super()._answer(name)


def outbound(world: World) -> None:
    world.phone(PHONE, script=presses("7", 4))
    sound = world.learner.serve("second.wav", tone())
    call = world.call({"action": "talk", "text": "Press a key, please."}, {"action": "stream", "streamUrl": [sound]},
                      TELL_ME | {"eventUrl": [f"{world.learner.url}/event"]})  # fmt: skip
    world.until(call)


def inbound(world: World) -> None:
    answer = world.learner.on("/answer", [{"action": "talk", "text": "Good morning."}, TELL_ME])
    world.link(world.application(webhooks={"answer_url": {"address": answer, "http_method": "GET"}}))
    world.phone(PHONE, script=[{"do": "wait_for", "text": "good morning"}, {"do": "press", "digits": "3"}])
    world.until(world.dial())


def barge_in(world: World) -> None:
    world.phone(PHONE, script=presses("1", 1.2))
    menu = [{"action": "stream", "streamUrl": [world.learner.serve("long.wav", tone(9))], "bargeIn": True}, TELL_ME]
    world.learner.on("/chosen", [{"action": "talk", "text": "You pressed one."}])
    world.until(world.call(menu[0], TELL_ME | {"eventUrl": [f"{world.learner.url}/chosen"]}))


def slow_answer(world: World) -> None:
    def dawdle() -> Reply:
        WATCH.dawdle(SLOW)
        return "not now", 503

    plan_b = world.learner.on("/plan-b", [{"action": "talk", "text": "This is plan B."}])
    slow = world.learner.on("/slow", dawdle, ("not now", 503))
    hooks = {"answer_url": {"address": slow, "http_method": "GET"},
             "fallback_answer_url": {"address": plan_b, "http_method": "GET"}}  # fmt: skip
    world.link(world.application(webhooks=hooks))
    world.phone(PHONE, script=[])
    world.until(world.dial())


def rest_stream(world: World) -> None:
    sound = world.learner.serve("second.wav", tone())
    world.phone(PHONE, script=[])
    call = world.call({"action": "wait", "timeout": 8})
    world.advance(4)
    # One request after the other, at the same moment of call time.
    world.voice("PUT", f"/{call}/stream", {"stream_url": [sound], "loop": 3})
    world.voice("PUT", f"/{call}/talk", {"text": "And this at the same time."})
    world.voice("PUT", f"/{call}/dtmf", {"digits": "12p3"})
    world.advance(1.5)
    world.voice("DELETE", f"/{call}/stream")
    world.voice("PUT", f"/{call}", {"action": "hangup"})
    other = world.call({"action": "wait", "timeout": 1})
    world.until(other)


def at_once(world: World) -> None:
    """Things that happen beside each other when a call ends."""
    sound = world.learner.serve("second.wav", tone())
    world.phone(PHONE, script=says("Now I am going to hang up.", 2))
    call = world.call({"action": "stream", "streamUrl": [sound], "loop": 0})
    world.until(call, "answered")
    world.voice("PUT", f"/{call}/stream", {"stream_url": [sound], "loop": 0})
    world.voice("PUT", f"/{call}/talk", {"text": "We are talking.", "loop": 0})
    world.advance(3)
    world.use("hang_up")
    dialled = [world.dial(number=number) for number in (ANN, BOB)]
    world.until(dialled[1])


def controlled_by_an_event(world: World) -> None:
    """The learner's server uses the API while it is asked: from within its own webhook."""
    calls: list[str] = []

    def on_event() -> Reply:
        if calls and world.learner.received[-1].json.get("status") == "answered":
            done = world.voice("PUT", f"/{calls[0]}/talk", {"text": "Hello from the webhook."})
            assert done.status_code == 200, done.text
        return "", 200

    world.learner.on("/event", on_event)
    world.phone(PHONE, script=[])
    calls.append(world.call({"action": "wait", "timeout": 4}))
    world.until(calls[0])
    world.learner.on("/event", ("", 200))


def connected(world: World) -> None:
    world.phone(ANN, after=1, script=says("Hello, who is there?", 4))
    world.phone(BOB, after=2, script=[*says("It is me.", 6), {"do": "press", "digits": "42"}, {"do": "hang_up"}])
    connect = {"action": "connect", "from": world.number, "endpoint": [{"type": "phone", "number": BOB}]}
    call = world.call(connect, {"action": "talk", "text": "Bob is gone."}, to=[{"type": "phone", "number": ANN}])
    world.until(call)


def conference(world: World) -> None:
    music = world.learner.serve("second.wav", tone())
    legs = []
    for number, text in ((ANN, "Here is Ann."), (BOB, "And Bob."), (EVE, "Eve is the moderator.")):
        world.phone(number, after=1, script=says(text, 3))
        waits = {"startOnEnter": False, "musicOnHoldUrl": [music]} if number != EVE else {"endOnExit": True}
        join = {"action": "conversation", "name": "board", **waits}
        legs.append(world.call(join, to=[{"type": "phone", "number": number}]))
        world.advance(1)
    world.advance(2)
    for leg, action in zip(legs, ("mute", "earmuff", "mute"), strict=True):
        world.voice("PUT", f"/{leg}", {"action": action})
    world.advance(2)
    world.voice("PUT", f"/{legs[0]}", {"action": "unmute"})
    world.advance(2)
    world.voice("PUT", f"/{legs[2]}", {"action": "hangup"})
    world.advance(2)


def speech(world: World) -> None:
    asked = {"action": "input", "type": ["speech", "dtmf"], "eventUrl": [f"{world.learner.url}/event"],
             "speech": {"endOnSilence": 1.0, "context": ["jazz"]}}  # fmt: skip
    world.phone(PHONE, after=1, script=says("Play some jazz, please.", 1.5))
    world.until(world.call({"action": "talk", "text": "Which music?", "bargeIn": True}, asked))


def transferred(world: World) -> None:
    for number in (ANN, BOB):
        world.phone(number, after=1, script=says("I am still here.", 5))
    room = world.call({"action": "conversation", "name": "lobby"}, to=[{"type": "phone", "number": ANN}])
    call = world.call({"action": "wait", "timeout": 60}, to=[{"type": "phone", "number": BOB}])
    world.until(call, "answered")
    goes_on = world.learner.on("/goes-on", [{"action": "conversation", "name": "lobby"}])
    new = [{"action": "talk", "text": "One moment, please."}, {"action": "wait", "timeout": 30}]
    for where in ({"ncco": new}, {"url": [goes_on]}):
        moved = world.voice("PUT", f"/{call}", {"action": "transfer", "destination": {"type": "ncco", **where}})
        assert moved.status_code == 204, moved.text
        world.advance(3)
    for leg in (room, call):
        world.voice("PUT", f"/{leg}", {"action": "hangup"})
    world.advance(1)


def machine(world: World) -> None:
    world.phone(PHONE, behaviour="voicemail", after=1, greeting="Nobody is at home.")
    call = world.call({"action": "talk", "text": "Please call me back."}, {"action": "wait", "timeout": 8},
                      advanced_machine_detection={"behavior": "continue", "mode": "detect_beep"})  # fmt: skip
    world.until(call)
    world.phone(PHONE, behaviour="answers", after=1)


def recorded(world: World) -> None:
    """A call with everything on a recording, and a conversation that two people are on."""
    events = {"eventUrl": [f"{world.learner.url}/event"]}
    world.phone(PHONE, after=1, script=[*says("This is my message.", 1), {"do": "wait", "seconds": 4}])
    after_beep = {"action": "record", "beepStart": True, "endOnSilence": 3, "split": "conversation", "channels": 2}
    world.until(world.call({"action": "talk", "text": "After the tone, please."}, after_beep | events))
    legs = []
    for number in (ANN, BOB):
        world.phone(number, after=1, script=says("We are on tape.", 2))
        join = {"action": "conversation", "name": "taped", "record": True, **events}
        legs.append(world.call(join, to=[{"type": "phone", "number": number}]))
    world.advance(7)
    for leg in legs:
        world.voice("PUT", f"/{leg}", {"action": "hangup"})
    world.advance(3)


def faulty(world: World) -> None:
    sound = world.learner.serve("second.wav", tone())
    world.learner.on("/answer", [{"action": "stream", "streamUrl": [sound]}, {"action": "talk", "text": "Goodbye."}])
    world.phone(PHONE, script=[])
    for faults in ({"answer_slow": {"seconds": 2}, "event_500": {}}, {"answer_reset": {"times": 1}, "audio_slow": {}},
                   {"audio_truncated": {}, "duplicate_events": {}}, {"line_drop": {"after": 1}}):  # fmt: skip
        world.fault(**faults)
        world.until(world.call_with_answer_url())
        world.fault(**dict.fromkeys(faults))


def websocket(world: World) -> None:
    """Two seconds of frames both ways; the server says what it hears."""
    server = SocketServer()
    server.echo, server.hang_up_after = True, 100
    try:
        sound = world.learner.serve("second.wav", tone())
        endpoint = {"type": "websocket", "uri": server.url, "content-type": "audio/l16;rate=16000"}
        world.phone(PHONE, after=1, script=presses("5", 1))
        world.until(world.call({"action": "stream", "streamUrl": [sound], "loop": 0}, to=[endpoint]))
        server.hang_up_after = 200
        connect = {"action": "connect", "from": world.number, "endpoint": [endpoint]}
        world.until(world.call(connect, {"action": "talk", "text": "It is gone."}))
    finally:
        server.stop()


def crowd(world: World) -> None:
    """Thirty calls at once, of five kinds; the last kind meets in a conversation."""
    sound = world.learner.serve("second.wav", tone())
    event = [f"{world.learner.url}/event"]
    kinds: list[list[Json]] = [
        [{"action": "stream", "streamUrl": [sound], "loop": 3}, TELL_ME | {"eventUrl": event}],
        [{"action": "talk", "text": "Press a key.", "bargeIn": True}, TELL_ME],
        [{"action": "input", "type": ["speech"], "eventUrl": event}],
        [{"action": "connect", "from": world.number, "endpoint": [{"type": "phone", "number": "447700900999"}]}],
        [{"action": "conversation", "name": "crowd"}],
    ]
    leaves = [*presses("4", 5), {"do": "hang_up"}]
    scripts = [presses("1", 4), presses("2", 1), says("Good evening.", 1), presses("3", 2), leaves]
    for place in range(30):
        number, kind = f"4477009001{place:02}", place % len(kinds)
        world.phone(number, script=scripts[kind])
        world.call(*kinds[kind], to=[{"type": "phone", "number": number}])
    world.advance(40)


SCENARIOS: tuple[Callable[[World], None], ...] = (
    outbound, inbound, barge_in, slow_answer, rest_stream, at_once, controlled_by_an_event, connected, conference,
    speech, transferred, machine, recorded, faulty, websocket, crowd,
)  # fmt: skip


def tone(seconds: int = 1) -> bytes:
    """A sound file."""
    import numpy as np

    return encode_wav((0.2 * np.sin(np.arange(seconds * 16_000) / 5)).astype(np.float32), 16_000)


def record(server: BackgroundServer, keys: Keys) -> dict[str, list[Json]]:
    """Play on a new exchange; what each scenario added to its record, without addresses and real milliseconds."""
    learner = Dawdler(server.url)
    server.handle(learner.app)
    with Simulator(pace="stepped", seed=7) as network:
        world, before, records = World(network, learner, keys), 0, {}
        for scenario in SCENARIOS:
            scenario(world)
            entries = network.trace.entries()
            records[scenario.__name__] = [comparable(entry, network.url, learner.url) for entry in entries[before:]]
            before = len(entries)
        world.http.close()
    return records


def comparable(entry: Json, simulator: str, learner: str) -> Json:
    """An entry without what may differ: ports, and how long something really took."""
    text = json.dumps(entry).replace(simulator, "http://simulator").replace(learner, "http://learner")
    text = re.sub(r"ws://127.0.0.1:\d+", "ws://learner", text)
    return {name: value for name, value in json.loads(text).items() if name != "ms"}


@contextmanager
def noise() -> Iterator[None]:
    """Keep the processor busy now and then, and this process from getting on."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(random.uniform(0, 0.2)):
            end = time.perf_counter() + random.uniform(0, 0.006)
            while time.perf_counter() < end:
                pass

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def main() -> None:
    """One line for each run."""
    keys = make_keys()
    with BackgroundServer() as server, noise(), WATCH.used():
        for _ in range(int(sys.argv[1])):
            print(json.dumps(record(server, keys)), flush=True)


if __name__ == "__main__":
    main()
