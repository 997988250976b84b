"""The sound of a leg while it happens: complete, little, and gone when it is stopped. How much in time: make bench."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from helpers.audio.files import encode_wav
from helpers.line.control_plane import ControlPlane, ControlPlaneError
from helpers.line.event_stream import EventStream, Message
from helpers.simulator import Simulator
from helpers.simulator.routes.sound_stream import AHEAD, BACK, PIECE, Earpiece
from helpers.widgets.phone.live_sound import LiveSound
from tests.simulator.listener import Listener, assert_same
from tests.simulator.test_websocket import SocketServer, endpoint
from tests.simulator.world import PATIENCE, PHONE, Json, Keys, Learner, World, presses, wait_until

RATE = 16_000
OTHER = "447700900002"
Make = Callable[..., tuple[World, ControlPlane]]


@pytest.fixture
def at_pace(learner: Learner, keys: Keys) -> Iterator[Make]:
    """A network of its own that runs at a pace, and a line to its control plane."""
    open_ones: list[tuple[Simulator, World, ControlPlane]] = []

    def make(pace: float = 1) -> tuple[World, ControlPlane]:
        network = Simulator(pace=pace, seed=1).start()
        world, control = World(network, learner, keys), ControlPlane(network.url, network.token)
        open_ones.append((network, world, control))
        return world, control

    yield make
    for network, world, control in open_ones:
        control.close()
        world.http.close()
        network.stop()


def listen(world: World, control: ControlPlane, call: str, rate: int = RATE) -> tuple[Listener, LiveSound]:
    listener = Listener(world.network)
    sound = LiveSound(control, call, listener.take, rate=rate)
    sound.start()
    return listener, sound


def follow(world: World, control: ControlPlane, call: str, rate: int = RATE) -> tuple[Listener, EventStream]:
    """The same at any pace, as the network sends it."""
    listener = Listener(world.network)

    def take(message: Message) -> bool:
        return pass_on(listener, message.data)

    return listener, control.stream(f"calls/{call}/sound", take, rate=rate)


def pick_up(world: World) -> None:
    """The person answers, as soon as the phone rings: whoever listens by now misses nothing."""
    wait_until(lambda: world.control("POST", f"/phones/{PHONE}/answer").status_code == 200)


def pass_on(listener: Listener, message: Json) -> bool:
    told = dict(message)
    listener.take(told, [base64.b64decode(told.pop("pcm"))] if "pcm" in told else [])
    return "end" in told


def tone(seconds: float, hertz: float) -> bytes:
    return encode_wav((0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)), RATE)


@pytest.mark.slow
def test_all_that_was_sent_is_all_that_was_heard(at_pace: Make, learner: Learner, second: bytes) -> None:
    """Words, loops, a key that cuts in, a beep, levels, silence, another party's voice and keys, mute, hanging up."""
    world, control = at_pace(3)
    song, short = learner.serve("song.wav", second), learner.serve("short.wav", tone(0.31, 700))
    world.phone(behaviour="manual")
    world.phone(OTHER, after=0.1)
    learner.on("/menu", [
        {"action": "record", "beepStart": True},
        {"action": "wait", "timeout": 0.6},
        {"action": "stream", "streamUrl": [short], "level": -0.6, "loop": 3},
        {"action": "talk", "text": "Now.", "level": 0.4},
        {"action": "conversation", "name": "room"},
    ])  # fmt: skip
    call = world.call(
        {"action": "talk", "text": "Hello."},
        {"action": "stream", "streamUrl": [song], "loop": 0, "bargeIn": True, "level": 0.2},
        {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}, "eventUrl": [f"{learner.url}/menu"]},
    )
    listeners = {rate: follow(world, control, call, rate) for rate in (16_000, 8000)}
    pick_up(world)
    wait_until(lambda: world.trace(call, "sound", source="stream"))
    world.advance(1.7)  # into the second play
    world.use("press", digits="1")
    wait_until(lambda: world.trace(call, "conversation"))
    friend = world.call({"action": "conversation", "name": "room"}, to=[{"type": "phone", "number": OTHER}])
    wait_until(lambda: world.trace(friend, "conversation"))
    world.use("say", OTHER, text="One and two and three and four")
    world.advance(0.6)
    world.voice("PUT", f"/{friend}", {"action": "mute"})
    world.advance(0.4)
    world.voice("PUT", f"/{friend}", {"action": "unmute"})
    world.use("press", OTHER, digits="123456789")
    world.voice("PUT", f"/{call}/stream", {"stream_url": [song], "loop": 0, "level": -0.3})
    world.advance(1.2)
    world.voice("DELETE", f"/{call}/stream")
    world.advance(0.3)
    world.use("say", OTHER, text="The end of this is never heard by anybody")
    world.advance(0.5)
    world.use("hang_up")
    for rate, (listener, stream) in listeners.items():
        assert listener.over.wait(PATIENCE)
        stream.stop()
        assert_same(listener, control.heard(call, rate), call, rate)
        assert all(len(one.pcm) <= PIECE * rate * 2 for one in listener.sent)
        # Nothing is sent while silence reigns, and little is sent twice.
        assert all(one.message["at"] - one.message["now"] <= AHEAD for one in listener.all("at"))
        assert sum(len(one.pcm) for one in listener.sent) < 2 * rate * 2 * (world.at(call, "completed"))


@pytest.mark.slow
@pytest.mark.parametrize("busy", ["sleeps", "counts"])
def test_it_is_right_while_the_main_thread_is_busy(at_pace: Make, learner: Learner, second: bytes, busy: str) -> None:
    world, control = at_pace()
    song = learner.serve("song.wav", second)
    world.phone(behaviour="manual", script=presses("1", 1.2))
    call = world.call(
        {"action": "wait", "timeout": 0.3},
        {"action": "stream", "streamUrl": [song], "loop": 0, "bargeIn": True},
        {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 1, "maxDigits": 1}},
    )
    listener, sound = listen(world, control, call)
    pick_up(world)
    deadline = time.monotonic() + PATIENCE
    while busy == "counts" and not listener.over.is_set() and time.monotonic() < deadline:
        sum(range(1000))
    assert listener.over.wait(PATIENCE)
    assert [one["state"] for one in world.trace(call, "sound")] == ["started", "stopped"]
    assert_same(listener, control.heard(call, RATE), call, RATE)
    sound.stop()


def test_two_minutes_of_music(world: World, second: bytes) -> None:
    """What is kept on the way is what may still be taken back, and no more; what was sent ahead is taken back."""
    world.phone(after=1)
    call = world.answered_call({"action": "stream", "streamUrl": [world.learner.serve("song.wav", second)], "loop": 0})
    network, listener, kept = world.network._network, Listener(world.network), []
    assert network is not None
    earpiece = Earpiece(network, network.legs[call], RATE)

    def look() -> None:
        for message in earpiece.look():
            pass_on(listener, message)
            kept.append(len(earpiece._sent) / RATE)

    for _ in range(80):
        look()
        world.advance(1.5)
    look()
    assert not listener.all("cut")
    world.use("hang_up")
    look()
    assert earpiece.done
    assert len(listener.all("cut")) == 1
    assert world.lasted(call) == pytest.approx(120)
    heard = world.control("GET", f"/calls/{call}/heard.wav?rate={RATE}").content
    assert_same(listener, heard, call, RATE)
    assert max(kept) <= AHEAD + BACK + PIECE
    assert len(kept) > 400


def test_it_says_why_there_is_no_sound_at_another_pace(world: World) -> None:
    control = ControlPlane(world.network.url, world.network.token)
    call = world.call({"action": "talk", "text": "Hello."})
    listener, sound = listen(world, control, call)
    [told] = listener.sent
    assert "real time only" in told.message["silent"]
    assert "player" in told.message["silent"]
    assert not sound.running
    sound.stop()
    control.close()


def test_a_call_that_nobody_answers_and_one_that_is_not_there(at_pace: Make) -> None:
    world, control = at_pace()
    world.phone(behaviour="declines", after=0.1)
    call = world.call()
    listener, sound = listen(world, control, call)
    assert listener.over.wait(PATIENCE)
    assert [list(one.message) for one in listener.sent] == [["sound", "end", "now"]]
    assert listener.sent[0].message["sound"] == call
    sound.stop()
    with pytest.raises(ControlPlaneError, match="There is no call nobody"):
        LiveSound(control, "nobody", listener.take).start()
    with pytest.raises(ControlPlaneError, match="44100") as refused:
        LiveSound(control, call, listener.take, rate=44_100).start()
    assert "16000" in refused.value.cure


@pytest.mark.slow
def test_it_starts_and_stops_and_starts_in_the_middle(at_pace: Make, learner: Learner, second: bytes) -> None:
    world, control = at_pace()
    world.phone(after=0.1)
    call = world.call({"action": "stream", "streamUrl": [learner.serve("song.wav", second)], "loop": 0})
    wait_until(lambda: world.trace(call, "sound"))
    world.advance(0.8)
    before = set(threading.enumerate())
    listener, sound = listen(world, control, call)
    assert repr(sound).endswith("running)")
    sound.start()  # twice is once
    assert len(set(threading.enumerate()) - before) == 1
    wait_until(lambda: len(listener.all("at")) >= 3)
    first = listener.all("at")[0]
    assert abs(first.message["at"] - first.message["now"]) < 0.05  # not from the beginning of the call
    sound.stop()
    assert set(threading.enumerate()) <= before
    count = len(listener.sent)
    world.advance(0.4)
    assert len(listener.sent) == count
    sound.start()
    wait_until(lambda: len(listener.sent) > count)
    sound.stop()
    sound.stop()


@pytest.mark.slow
def test_what_a_websocket_server_says_is_heard_as_it_comes(at_pace: Make) -> None:
    world, control = at_pace()
    server = SocketServer()
    server.echo = True
    try:
        world.phone(behaviour="manual")
        call = world.call({"action": "connect", "from": world.number, "endpoint": [endpoint(server)]})
        listener, sound = listen(world, control, call)
        pick_up(world)
        wait_until(lambda: server.texts)
        world.use("say", text="Hello, is there anybody?")
        world.advance(2)
        world.use("hang_up")
        assert listener.over.wait(PATIENCE)
        assert_same(listener, control.heard(call, RATE), call, RATE)
        sound.stop()
    finally:
        server.stop()
