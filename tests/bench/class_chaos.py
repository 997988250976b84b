"""What goes wrong in a class, in whole minutes: ``python -m tests.bench.class_chaos``, for docs/classroom.md.

Ben is a kernel behind a cable. While his network is gone, he sleeps, dies or floods, Chloe rings Dan and hears him.
"""

from __future__ import annotations

import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.bench.classroom import Kernel, Meter, Process, start
from tests.simulator.test_class_chaos import LIFE, Cable
from tests.simulator.world import wait_until

MINUTE = 60.0
FLOOD = 20.0


class Class:
    """An exchange that is a program, Ben in a kernel behind a cable, Chloe and Dan in processes."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, _free_port()
        self.program, self.told = start(folder / "accounts", self._port)
        self.url, self.word = f"http://127.0.0.1:{self._port}", self.told["word"]
        self.cable = Cable(self._port)
        self.ben: Any = self.kernel()
        self.chloe, self.dan = (Process(self.url, self.word, name, at) for at, name in enumerate(("Chloe", "Dan"), 2))
        self.ready = [one.do(do="ready") for one in (self.ben, self.chloe, self.dan)]
        self.pool, self.wrong = ThreadPoolExecutor(40), 0

    def kernel(self) -> Kernel:
        """Ben; in a second one ``.env`` remembers him."""
        one = Kernel(self.cable.url, self.word, "Ben", 1, self._folder / "ben")
        one.begin()
        return one

    def restart(self) -> None:
        self.program, again = start(self._folder / "accounts", self._port)
        assert again["word"] == self.word

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.program.pid)

    def others(self) -> str:
        """Chloe rings Dan's number and hears his sound."""
        rung = self.chloe.do(do="ring", number=self.ready[2]["number"], seeds=[3, 1])
        self.check(rung["scores"][0] > 0.7 > 0.3 > rung["scores"][1])
        return f"Chloe is answered after {rung['answered']:.2f} s, and hears Dan ({rung['scores'][0]:.2f})"

    def check(self, is_right: bool) -> None:
        self.wrong += not is_right

    def tell(self, what: str, *more: str) -> None:
        print(f"{what}: {'; '.join(more)}", flush=True)

    def close(self) -> None:
        for one in (self.ben, self.chloe, self.dan):
            one.close()
        self.cable.close()
        self.program.terminate()
        self.program.wait(30)


def away_for_a_minute(room: Class, what: str, go: Callable[[], object], back: Callable[[], object]) -> None:
    """A call of Ben's ends while he is away. Its last event comes when he is back, and nothing comes twice."""
    [call] = room.ben.do(do="begin", calls=1, seconds=15)["calls"]
    go()
    others = room.others()
    time.sleep(MINUTE)
    back()
    begun = time.time()
    told: list[str] = []

    def has_come() -> bool:
        told[:] = [status for uuid, status in room.ben.do(do="told")["told"] if uuid == call and status != "None"]
        return "completed" in told

    wait_until(has_come, 2 * MINUTE)
    seconds = time.time() - begun
    time.sleep(3)
    has_come()
    room.check(told == LIFE)
    room.tell(what, f"all is there {seconds:.1f} s after it is back: {', '.join(told)}", others)


def a_kernel_dies_in_a_call(room: Class) -> None:
    [call] = room.ben.do(do="begin", calls=1, seconds=90)["calls"]
    room.ben.kill()
    others = room.others()
    begun = time.time()
    room.ben = room.kernel()
    same = room.ben.do(do="ready")["number"] == room.ready[0]["number"]
    seconds = time.time() - begun
    wait_until(lambda: [call, "completed"] in room.ben.do(do="told")["told"], 2 * MINUTE)
    room.check(same)
    room.tell("A kernel is killed in a call", f"a new one is in class after {seconds:.1f} s, and is told the end",
              others)  # fmt: skip


def the_exchange_is_killed(room: Class) -> None:
    everybody = (room.ben, room.chloe, room.dan)
    list(room.pool.map(lambda one: one.do(do="begin", calls=10, seconds=600), everybody))
    room.program.kill()
    room.program.wait()
    begun = time.time()
    room.restart()
    up = time.time() - begun
    wait_until(lambda: all(one.do(do="told")["up"] for one in everybody), 2 * MINUTE)
    seconds, others = time.time() - begun, room.others()
    room.tell("The exchange is killed during thirty calls", f"it is up again after {up:.1f} s, all three after "
              f"{seconds:.1f} s, with their numbers and applications", others)  # fmt: skip


def one_name_for_ten(room: Class) -> None:
    body = {"word": room.word, "name": "Zoe"}
    told = room.pool.map(lambda _: requests.post(f"{room.url}/class/join", json=body).status_code, range(10))
    counted = Counter(told)
    room.check(counted == {201: 1, 409: 9})
    room.tell("Ten join with one name", str(dict(counted)))


def a_thousand_words(room: Class) -> None:
    meter = Meter(room.process)
    others = room.pool.submit(room.others)
    told: Counter[int] = Counter()
    with requests.Session() as http:
        for number in range(1000):
            body = {"word": f"blue-fox-{number}", "name": "Eve"}
            told[http.post(f"{room.url}/class/join", json=body).status_code] += 1
    room.tell("A wrong word, 1,000 times", f"{dict(told)}, {meter}", others.result())


def a_flood(room: Class) -> None:
    """A hundred large requests at once wait for Ben's kernel, which sleeps; small ones come as fast as they can."""
    sleeping = psutil.Process(room.ben.pid)
    sleeping.suspend()
    meter, until, most = Meter(room.process), time.time() + FLOOD, [0.0]
    told: Counter[int] = Counter()
    door, body = f"{room.url}/t/{room.ready[0]['door']}/event", bytes(990_000)
    as_ben = {"Authorization": f"Bearer {room.told['token']}", "X-Account": "Ben"}

    def small() -> None:
        with requests.Session() as http:
            while time.time() < until:
                told[http.get(f"{room.url}/simulator/account", headers=as_ben).status_code] += 1

    def large() -> None:
        with requests.Session() as http:
            while time.time() < until:
                told[http.post(door, data=body).status_code] += 1
                most[0] = max(most[0], room.process.memory_info().rss / 1e6)

    threads = [threading.Thread(target=what) for what in (*[small] * 5, *[large] * 100)]
    for one in threads:
        one.start()
    others = room.others()
    for one in threads:
        one.join()
    sleeping.resume()
    room.tell("Ben floods", f"{dict(told)}, {meter}, {most[0]:.0f} MB at most", others)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        room = Class(Path(name))
        ben = psutil.Process(room.ben.pid)
        try:
            room.tell("Nothing goes wrong", room.others())
            one_name_for_ten(room)
            a_thousand_words(room)
            away_for_a_minute(room, "The network is cut for a minute", room.cable.cut, room.cable.mend)
            away_for_a_minute(room, "It carries nothing for a minute", room.cable.freeze, room.cable.mend)
            away_for_a_minute(room, "A lid is closed for a minute", lambda: ben.send_signal(signal.SIGSTOP),
                              lambda: ben.send_signal(signal.SIGCONT))  # fmt: skip
            a_flood(room)
            a_kernel_dies_in_a_call(room)
            the_exchange_is_killed(room)
        finally:
            room.close()
        return room.wrong


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
