"""How much in time the sound of a call is, and frames to a WebSocket server are: ``python -m tests.bench.live_sound``.

The main thread counts meanwhile, as a cell of a notebook may. Printed as JSON: by how many seconds pieces of sound came
``early`` at least and how ``late`` the end of what a key cut short was told, ``bytes`` in the busiest second of a phone
that is played music, and how many ``frames`` too few or too many a WebSocket server got in two seconds.
"""

from __future__ import annotations

import json
import time

from helpers.line.control_plane import ControlPlane
from helpers.server.server import BackgroundServer
from helpers.simulator import Simulator
from helpers.widgets.phone.live_sound import LiveSound
from tests.simulator.conftest import make_keys
from tests.simulator.listener import Listener
from tests.simulator.scenarios import tone
from tests.simulator.test_websocket import SocketServer, endpoint
from tests.simulator.world import Json, Learner, World

BUILT_UP = 0.3  # seconds after its begin in which a sound gets ahead of time


def main() -> None:
    """Real time, a network and a server of its own."""
    keys = make_keys()
    with BackgroundServer() as server, Simulator(pace=1, seed=1) as network:
        learner = Learner(server.url)
        server.handle(learner.app)
        world = World(network, learner, keys)
        print(json.dumps(phone(world) | {"frames": frames(world)}))
        world.http.close()


def phone(world: World) -> Json:
    """Music until the person presses a key."""
    world.phone(after=0.1, script=[{"do": "wait", "seconds": 2.5}, {"do": "press", "digits": "1"}])
    call = world.call(
        {"action": "wait", "timeout": 0.5},
        {"action": "stream", "streamUrl": [world.learner.serve("song.wav", tone())], "loop": 0, "bargeIn": True},
        {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 1, "maxDigits": 1}},
    )
    listener, control = Listener(world.network), ControlPlane(world.network.url, world.network.token)
    LiveSound(control, call, listener.take).start()
    while not listener.over.is_set():
        sum(range(1000))
    control.close()
    started, stopped = world.trace(call, "sound")
    [cut], pieces = listener.all("cut"), listener.all("at")
    return {
        "early": min(one.message["at"] - one.at for one in pieces if one.at > started["at"] + BUILT_UP),
        "late": cut.at - stopped["at"],
        "bytes": max(sum(len(two.pcm) for two in pieces if 0 <= two.at - one.at < 1) for one in pieces),
    }


def frames(world: World) -> int:
    """A WebSocket server that is called for two seconds."""
    server = SocketServer()
    call = world.call({"action": "wait", "timeout": 2}, to=[endpoint(server)])
    while not world.trace(call, "status", status="completed"):
        time.sleep(0.1)
    server.stop()
    return len(server.frames) - 100


if __name__ == "__main__":
    main()
