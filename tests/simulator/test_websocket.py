"""Websocket legs: 20 ms frames both ways, the first message, keys, and who hangs up."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import jwt
import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from helpers.audio.files import Samples
from helpers.simulator import Simulator
from tests.matching import match
from tests.simulator.ear import spoken
from tests.simulator.servers import RawServer
from tests.simulator.servers import says as bytes_back
from tests.simulator.world import PHONE, Json, Keys, Learner, World, says, wait_until


class SocketServer:
    """A WebSocket server of the learner's: keeps what comes, and may echo it, speak, or hang up."""

    def __init__(self) -> None:
        self.texts: list[Json] = []
        self.frames: list[bytes] = []
        self.headers: dict[str, str] = {}
        self.echo = False
        self.say: list[bytes | str] = []  # sent as soon as the call is connected
        self.after: dict[int, list[bytes | str]] = {}  # sent when so many frames have come
        self.close_code: int | None = None
        self.hang_up_after: int | None = None  # frames
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="websocket server")
        self._thread.start()
        self._up.wait()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        async with serve(self._handle, "127.0.0.1", 0, compression=None) as server:
            self.port = server.sockets[0].getsockname()[1]
            self._up.set()
            await self._stop.wait()

    async def _handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.headers = dict(connection.request.headers)
        try:
            await self._talk(connection)
        finally:
            self.close_code = connection.close_code

    async def _talk(self, connection: ServerConnection) -> None:
        async for message in connection:
            if isinstance(message, str):
                self.texts.append(json.loads(message))
                for frame in self.say if len(self.texts) == 1 else ():
                    await connection.send(frame)
                continue
            self.frames.append(message)
            for one in self.after.get(len(self.frames), ()):
                await connection.send(one)
            if self.echo:
                await connection.send(message)
            if self.hang_up_after is not None and len(self.frames) >= self.hang_up_after:
                return

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/socket"

    @property
    def heard(self) -> Samples:
        return np.frombuffer(b"".join(self.frames), dtype="<i2").astype(np.float32) / 32768

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


def endpoint(server: SocketServer, rate: int = 16_000, **more: Any) -> Json:
    return {"type": "websocket", "uri": server.url, "content-type": f"audio/l16;rate={rate}", **more}


def frames_of(samples: Samples, rate: int) -> list[bytes]:
    """Sound as messages of 20 ms."""
    data = (samples * 32767).astype("<i2").tobytes()
    size = rate // 50 * 2
    return [data[at : at + size] for at in range(0, len(data) // size * size, size)]


@pytest.mark.parametrize(("rate", "size"), [(8000, 320), (16_000, 640), (24_000, 960)])
@pytest.mark.fidelity("websocket-frames", "websocket-connected")
def test_the_server_gets_20_ms_of_what_is_played(
    world: World, socket: SocketServer, second: bytes, noise: Samples, rate: int, size: int
) -> None:
    from helpers.audio.files import resample

    sound = world.learner.serve("second.wav", second)
    stream = {"action": "stream", "streamUrl": [sound]}
    world.ended_call({"action": "wait", "timeout": 1}, stream, {"action": "wait", "timeout": 1},
                     to=[endpoint(socket, rate, headers={"caller-id": "447700900055"})])  # fmt: skip
    assert socket.texts[0] == {
        "event": "websocket:connected", "content-type": f"audio/l16;rate={rate}", "caller-id": "447700900055",
    }  # fmt: skip
    assert {len(frame) for frame in socket.frames} == {size}
    assert abs(len(socket.frames) - 150) <= 1
    found = match(socket.heard, resample(noise, 16_000, rate), rate)
    assert found.score > 0.99
    assert found.offset == pytest.approx(1, abs=0.02)


@pytest.mark.fidelity("websocket-resource")
def test_the_call_repeats_its_content_type(world: World, socket: SocketServer) -> None:
    call = world.call(to=[endpoint(socket)])
    kind = "audio/l16;rate=16000"
    assert world.voice("GET", f"/{call}").json()["to"] == {"type": "websocket", "uri": socket.url, "content-type": kind}


@pytest.mark.fidelity("connect-from-name")
def test_a_connect_may_come_from_a_name(world: World, socket: SocketServer) -> None:
    _, callee = connected(world, socket, **{"from": "Vonage"})
    assert world.trace(callee, "status")[-1]["status"] == "answered"
    assert {one["from"] for one in world.learner.payloads() if one.get("uuid") == callee} == {"Vonage"}


@pytest.mark.fidelity("websocket-events")
def test_its_events_name_the_address_and_repeat_the_headers(world: World, socket: SocketServer) -> None:
    world.ended_call(to=[endpoint(socket, headers={"caller-id": "447700900055"})])
    assert world.learner.statuses() == ["started", "ringing", "answered", "completed"]
    for event in world.learner.payloads():
        assert event["to"] == socket.url
        assert event["headers"] == {"caller-id": "447700900055"}


@pytest.mark.fidelity("websocket-authorization")
def test_vonage_signs_in_with_the_token_of_signed_webhooks(world: World, socket: SocketServer) -> None:
    world.until(world.call(to=[endpoint(socket)]))
    token = {k.lower(): v for k, v in socket.headers.items()}["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, world.network.account.signature_secret, algorithms=["HS256"])
    assert claims["application_id"] == world.app


@pytest.mark.fidelity("websocket-authorization")
def test_or_with_a_header_of_your_own(world: World, socket: SocketServer) -> None:
    authorization = {"type": "custom", "value": "Bearer abc"}
    world.until(world.call(to=[endpoint(socket, authorization=authorization)]))
    assert {k.lower(): v for k, v in socket.headers.items()}["authorization"] == "Bearer abc"


def connected(world: World, server: SocketServer, **options: Any) -> tuple[str, str]:
    """A phone connected to the server; returns both legs."""
    action = {"action": "connect", "endpoint": [endpoint(server)], **options}
    call = world.call(action, {"action": "talk", "text": "We are back."})
    world.advance(3)
    [callee] = {one["uuid"] for one in world.learner.payloads() if one.get("to") == server.url}
    return call, callee


@pytest.mark.fidelity("websocket-connect")
def test_the_server_hears_the_caller_and_the_caller_hears_the_server(
    world: World, socket: SocketServer, noise: Samples
) -> None:
    world.phone(PHONE, after=1, script=says("Is there anybody?", 2))
    socket.say = [*frames_of(noise, 16_000)]
    call, _ = connected(world, socket)
    world.advance(5)
    assert match(world.heard(call, 16_000), noise, 16_000).score > 0.99
    caller = spoken("Is there anybody?")
    assert match(socket.heard, caller, 16_000).score > 0.99


@pytest.mark.fidelity("websocket-connect")
def test_an_echo_comes_back_within_a_few_frames(world: World, socket: SocketServer) -> None:
    socket.echo = True
    world.phone(PHONE, after=1, script=says("Is there anybody?", 2))
    call, _ = connected(world, socket)
    world.advance(5)
    sound = spoken("Is there anybody?")
    found = match(world.heard(call, 16_000), sound, 16_000)
    said = world.one(call, "said")["at"] - world.at(call, "answered")
    assert found.score > 0.98
    assert 0 <= found.offset - said <= 0.061


@pytest.mark.fidelity("websocket-dtmf")
def test_keys_arrive_as_text(world: World, socket: SocketServer) -> None:
    call, callee = connected(world, socket)
    world.use("press", digits="5")
    world.advance(1)
    world.voice("PUT", f"/{callee}/dtmf", {"digits": "1p2"})
    world.advance(1)
    keys = [one for one in socket.texts if one["event"] == "websocket:dtmf"]
    assert keys == [{"event": "websocket:dtmf", "digit": digit, "duration": 260} for digit in "512"]
    assert world.trace(call, "key")


@pytest.mark.fidelity("websocket-disconnected")
def test_when_the_server_hangs_up_there_is_a_disconnected_event(world: World, socket: SocketServer) -> None:
    socket.hang_up_after = 50
    call, callee = connected(world, socket)
    world.until(call)
    events = [one for one in world.learner.payloads() if one["uuid"] == callee]
    assert [one["status"] for one in events] == ["started", "ringing", "answered", "disconnected", "completed"]
    assert list(events[3]) == ["from", "to", "uuid", "conversation_uuid", "status", "timestamp", "headers"]
    assert world.trace(call, "sound", state="started")[-1]["text"] == "We are back."


@pytest.mark.fidelity("websocket-disconnected")
def test_its_reply_may_be_an_ncco_for_the_caller(world: World, socket: SocketServer) -> None:
    def reply() -> Any:
        last = world.learner.payloads()[-1]
        return [{"action": "talk", "text": "The robot is gone."}] if last["status"] == "disconnected" else ("", 200)

    world.learner.on("/event", reply)
    socket.hang_up_after = 50
    call, _ = connected(world, socket)
    world.until(call)
    assert world.trace(call, "sound", state="started")[-1]["text"] == "The robot is gone."


@pytest.mark.fidelity("websocket-hang-up")
def test_hanging_up_through_the_api_gives_no_disconnected_event(world: World, socket: SocketServer) -> None:
    call, callee = connected(world, socket)
    world.advance(1)
    assert world.voice("PUT", f"/{callee}", {"action": "hangup"}).status_code == 204
    world.until(call)
    assert "disconnected" not in {one.get("status") for one in world.learner.payloads()}


@pytest.mark.fidelity("websocket-refused")
def test_a_server_that_is_not_there(world: World, socket: SocketServer) -> None:
    address = endpoint(socket) | {"uri": "ws://127.0.0.1:9/none"}
    call = world.ended_call(to=[address])
    assert world.learner.statuses() == ["started", "ringing", "failed", "completed"]
    assert world.one(call, "websocket")["state"] == "failed"


@pytest.mark.fidelity("websocket-refused")
def test_wss_in_front_of_a_server_without_tls_is_named_as_that(world: World, socket: SocketServer) -> None:
    refusal = bytes_back(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    with RawServer(refusal, whole=False) as server:
        call = world.ended_call(to=[endpoint(socket) | {"uri": server.url.replace("http://", "wss://")}])
    assert "write ws:// in place of wss://" in world.one(call, "websocket")["why"]


@pytest.mark.fidelity("websocket-wrong-size")
@pytest.mark.parametrize(("rate", "due"), [(8000, 320), (16_000, 640), (24_000, 960)])
def test_a_message_of_the_wrong_size_ends_the_socket(world: World, socket: SocketServer, rate: int, due: int) -> None:
    socket.after = {50: [b"\0" * 100]}
    call, callee = connected(world, socket, endpoint=[endpoint(socket, rate)])
    world.until(call)
    ended = world.one(callee, "status", status="disconnected")
    assert (ended["why"], ended["disconnected_by"]) == (f"a message of 100 bytes came, and {due} are due", "platform")
    events = [one["status"] for one in world.learner.payloads() if one["uuid"] == callee]
    assert events == ["started", "ringing", "answered", "disconnected", "completed"]
    assert wait_until(lambda: socket.close_code) == 1006
    assert len(socket.frames) == 50
    assert world.trace(call, "sound", state="started")[-1]["text"] == "We are back."


CLEAR, NOTIFY = json.dumps({"action": "clear"}), json.dumps({"action": "notify", "payload": {"n": 1}})
CLEARED, NOTIFIED = {"event": "websocket:cleared"}, {"event": "websocket:notify", "payload": {"n": 1}}


def seconds_heard(world: World, call: str) -> float:
    """How long the caller heard the server, from first to last."""
    sounding = np.flatnonzero(abs(world.heard(call, 16_000)) > 0.01)
    return float(sounding[-1] - sounding[0]) / 16_000


@pytest.mark.fidelity("websocket-clear")
def test_clear_throws_away_what_waits(world: World, socket: SocketServer, noise: Samples) -> None:
    socket.say = [*frames_of(np.tile(noise, 10), 16_000)]
    socket.after = {50: [CLEAR], 100: [*frames_of(noise, 16_000)]}
    call, callee = connected(world, socket)
    world.advance(9)
    assert socket.texts[1:] == [CLEARED]
    assert seconds_heard(world, call) == pytest.approx(3, abs=0.05)  # one second, silence, and the new one
    middle = world.heard(call, 16_000)
    begin = np.flatnonzero(abs(middle) > 0.01)[0]
    assert not abs(middle[begin + 17_600 : begin + 30_400]).max() > 0.01
    assert world.one(callee, "websocket", state="cleared")


@pytest.mark.fidelity("websocket-clear")
def test_clear_with_nothing_to_throw_away_is_answered_too(world: World, socket: SocketServer) -> None:
    socket.say = [CLEAR, CLEAR]
    connected(world, socket)
    assert socket.texts[1:] == [CLEARED, CLEARED]


@pytest.mark.fidelity("websocket-notify")
def test_notify_is_answered_when_what_came_before_has_been_played(
    world: World, socket: SocketServer, noise: Samples
) -> None:
    sound = frames_of(noise, 16_000)
    socket.say = [*sound, *sound, NOTIFY, *sound]
    _, callee = connected(world, socket)
    world.advance(6)
    assert socket.texts[1:] == [NOTIFIED]
    told, began = world.one(callee, "websocket", state="notified"), world.at(callee, "answered")
    assert told["at"] - began == pytest.approx(2, abs=0.05)
    assert told["payload"] == {"n": 1}


@pytest.mark.fidelity("websocket-notify")
def test_notify_after_nothing_is_answered_at_once_and_one_that_is_cleared_never(
    world: World, socket: SocketServer, noise: Samples
) -> None:
    socket.say = [NOTIFY, *frames_of(noise, 16_000), NOTIFY]
    socket.after = {20: [CLEAR]}
    connected(world, socket)
    world.advance(4)
    assert socket.texts[1:] == [NOTIFIED, CLEARED]


@pytest.mark.fidelity("websocket-notify")
@pytest.mark.parametrize(
    "text", ["{", '"clear"', '{"action": "sing"}', '{"action": "notify", "payload": NaN}', "[" * 9000]
)
def test_another_text_is_ignored_with_a_remark(world: World, socket: SocketServer, text: str) -> None:
    socket.say = [text]
    _, callee = connected(world, socket)
    assert "no command" in world.one(callee, "note")["text"]
    assert world.trace(callee, "status")[-1]["status"] == "answered"


@pytest.mark.fidelity("websocket-buffer")
def test_what_comes_too_fast_waits_and_then_is_dropped(
    world: World, socket: SocketServer, noise: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.simulator.legs.websocket.BUFFER", 100)
    socket.say = [*frames_of(np.tile(noise, 10), 16_000)]
    call, callee = connected(world, socket)
    world.advance(10)
    samples = world.heard(call, 16_000)
    sounding = np.flatnonzero(abs(samples) > 0.01)
    assert (sounding[-1] - sounding[0]) / 16_000 == pytest.approx(2, abs=0.05)
    assert "messages wait" in world.one(callee, "note")["text"]


@pytest.mark.fidelity("websocket-frames")
def test_where_time_flows_no_frame_comes_ahead_of_time(socket: SocketServer, learner: Learner, keys: Keys) -> None:
    """Nor does one stay away: the server hangs up after the fiftieth. Whether they keep up with it: make bench."""
    socket.hang_up_after = 50
    with Simulator(pace=2, seed=1) as network, World(network, learner, keys) as world:
        call = world.call({"action": "wait", "timeout": 20}, to=[endpoint(socket)])
        wait_until(lambda: "completed" in learner.statuses())
        lasted = world.lasted(call)
    assert len(socket.frames) == 50
    assert 50 * 0.02 <= lasted < 20
