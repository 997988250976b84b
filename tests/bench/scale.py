"""Many calls at once on the stepped clock: ``python -m tests.bench.scale CALLS ROUNDS`` prints what they took, as JSON.

Each call streams a file of 30 seconds, which every call fetches for itself, and takes a key that the person presses.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from typing import Any

import psutil

from helpers.simulator import Simulator
from helpers.simulator.account.applications import new_key_pair
from tests.bench.learner import KEY, Process, phones

STREAM = 30.0
NUMBER = "447700900500"
CLIENTS = 4  # connections on which the calls are created


def main() -> None:
    """Create the calls, let a minute pass, count the events; again and again, and report the median.

    Seconds: ``creating`` the calls, ``all`` from the first request to the last event, ``cpu`` of the simulator's
    process meanwhile. Bytes: by how much the first round made the process ``grown``, and its ``peak``, everything
    included. ``wrong``: the events of calls that did not have each of them once and in order.
    """
    calls, rounds = int(sys.argv[1]), int(sys.argv[2])
    with Simulator(pace="stepped", seed=1) as network, Process() as learner:
        bench = Bench(network, learner)
        bench.run(2)  # what is loaded once is not what a call takes
        before = psutil.Process().memory_info().rss
        done = [bench.run(calls)]
        after = psutil.Process().memory_info().rss
        done += [bench.run(calls) for _ in range(rounds - 1)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    figures = {name: statistics.median(one[name] for one in done) for name in ("creating", "all", "cpu")}
    wrong = [one["wrong"] for one in done if one["complete"] != calls]
    print(json.dumps({**figures, "grown": after - before, "peak": peak, "wrong": wrong}))


class Bench:
    """An account with an application and a number, and phones whose owners wait for the file to end."""

    def __init__(self, network: Simulator, learner: Process) -> None:
        self._network, self._learner = network, learner
        self.sound = learner.do("sound", seconds=STREAM)["url"]
        self._events = self.sound.replace("sound.mp3", "event")
        public, self._private = new_key_pair()
        hooks = {"event_url": {"address": self._events}}
        order = {"name": "bench", "capabilities": {"voice": {"webhooks": hooks}}}
        self._application = network.account.create_application(order, public, None)["id"]
        network.account.buy("GB", NUMBER)

    def run(self, calls: int) -> dict[str, Any]:
        """Seconds from the first request to the last event, those of the processor, and what the learner was told."""
        numbers = phones(calls)
        self._hand_out(numbers)
        ask = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}, "eventUrl": [self._events]}
        ncco = [{"action": "stream", "streamUrl": [self.sound]}, ask]
        begin, cpu = time.perf_counter(), time.process_time()
        created = self._create([{"to": [{"type": "phone", "number": number}], "ncco": ncco} for number in numbers])
        self._network.advance(STREAM + 30)
        took = {"all": time.perf_counter() - begin, "cpu": time.process_time() - cpu, "creating": created["seconds"]}
        return {**took, **self._learner.do("count")}

    def place(self, ncco: list[dict[str, Any]], **fields: Any) -> str:
        """One call with another NCCO; returns its uuid."""
        [number] = phones(1)
        [call] = self._create([{"to": [{"type": "phone", "number": number}], "ncco": ncco, **fields}])["calls"]
        return str(call)

    def _create(self, orders: list[dict[str, Any]]) -> dict[str, Any]:
        port = int(self._network.url.rpartition(":")[2])
        return self._learner.do("call", port=port, application=self._application, key=self._private, number=NUMBER,
                                orders=orders, clients=CLIENTS)  # fmt: skip

    def _hand_out(self, numbers: list[str]) -> None:
        """Give everybody a phone that presses a key when the file is over."""
        assert self._network._network is not None
        for number in numbers:
            steps = [{"do": "wait", "seconds": STREAM + 2}, {"do": "press", "digits": KEY}]
            self._network._network.handset(number).configure({"script": steps})


if __name__ == "__main__":
    main()
