"""A class on one exchange: kernels that run the lessons' own cells, and processes that are one learner each.

``python -m tests.bench.classroom [KERNELS] [OTHERS]``, by default 10 and 20, prints the figures of docs/classroom.md.
The exchange is a program of its own: what it costs is what the operating system says of it.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

from tests.notebooks.lesson_env import NOTEBOOKS, lesson_environment, lessons
from tests.notebooks.sanitising import PROJECT

Json = dict[str, Any]
JOIN = "from helpers import setup; kit = setup(); kit.join({url!r}, {word!r}, name={name!r})"
MATE = """
import sys; sys.path.insert(0, {project!r})
from tests.bench.classmate import Classmate; import json
mate = Classmate(kit.classroom, kit.serve, {seed})
"""
SOON = 3.0  # seconds until everybody begins


class Process:
    """A learner in a process of their own."""

    def __init__(self, url: str, word: str, name: str, seed: int) -> None:
        command = [sys.executable, "-m", "tests.bench.classmate", url, word, name, str(seed)]
        self._process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid, self.wrong = self._process.pid, list[str]()

    def do(self, **order: Any) -> Json:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        told: Json = json.loads(self._process.stdout.readline())
        return told

    def close(self) -> None:
        self._process.communicate()


class Kernel:
    """A learner in a kernel who joins, and then runs a lesson."""

    def __init__(self, url: str, word: str, name: str, seed: int, folder: Path) -> None:
        env = lesson_environment(folder) | {"PYTHONPATH": str(PROJECT)}
        self._manager: KernelManager
        self._client: BlockingKernelClient
        self._manager, self._client = start_new_kernel(kernel_name="python3", cwd=str(NOTEBOOKS), env=env)
        self.pid, self.wrong = self._manager.provisioner.pid, list[str]()
        self._run(JOIN.format(url=url, word=word, name=name))
        self._mate = MATE.format(project=str(PROJECT), seed=seed)

    def read(self, lesson: Path) -> None:
        """Run the cells of a lesson; one that raises without its tag is wrong."""
        for number, cell in enumerate(nbformat.read(lesson, as_version=4).cells):
            if cell.cell_type == "code" and cell.source.strip():
                error = self._run(cell.source)[1]
                if error and "raises-exception" not in cell.metadata.get("tags", ()):
                    self.wrong.append(f"{lesson.name}, cell {number}: {error}")
        self.begin()

    def begin(self) -> None:
        """Be ready for orders."""
        error = self._run(self._mate)[1]
        assert not error, error

    def do(self, **order: Any) -> Json:
        text, error = self._run(f"print(json.dumps(mate.do(json.loads({json.dumps(order)!r}))))")
        assert not error, error
        told: Json = json.loads(text.strip().splitlines()[-1])
        return told

    def kill(self) -> None:
        """As the system does when memory is short."""
        self._manager.signal_kernel(signal.SIGKILL)
        self._client.stop_channels()

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def _run(self, source: str) -> tuple[str, str]:
        printed: list[str] = []

        def take(message: Any) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        reply = self._client.execute_interactive(source, output_hook=take, timeout=600, stop_on_error=False)["content"]
        error = f"{reply['ename']}: {reply['evalue']}" if reply["status"] == "error" else ""
        return "".join(printed), error


def start(folder: Path, port: int = 0) -> tuple[subprocess.Popen[str], dict[str, str]]:
    """The exchange as a program, and what it prints."""
    options = ["--class", "--quiet", "--port", str(port), "--state", str(folder)]
    command = [sys.executable, "-m", "helpers.simulator", *options]
    around = {name: value for name, value in os.environ.items() if name != "SIMULATOR_TOKEN"}
    program = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=around)
    told: dict[str, str] = {}
    assert program.stdout
    for line in program.stdout:
        name, _, value = line.strip().partition("  ")
        told[name] = value.strip()
        if line.startswith("Ctrl-C"):
            break
    return program, told


@contextmanager
def exchange(folder: Path) -> Iterator[tuple[dict[str, str], psutil.Process]]:
    """What it prints at its start (``address``, ``word`` and so on), and its process."""
    program, told = start(folder)
    try:
        yield told, psutil.Process(program.pid)
    finally:
        program.terminate()
        program.wait(30)


class Meter:
    """What a stretch costs the exchange."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._begun, self._cpu = time.time(), self._now()

    def _now(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system

    def __str__(self) -> str:
        seconds, cpu = time.time() - self._begun, self._now() - self._cpu
        memory = self._process.memory_info().rss / 1e6
        return f"{seconds:.1f} s, {cpu:.1f} s of CPU ({100 * cpu / seconds:.0f} % of a core), {memory:.0f} MB"


def in_words(seconds: list[float]) -> str:
    """The median and the longest, in milliseconds."""
    return f"{1000 * statistics.median(seconds):.0f} ms in the middle, {1000 * max(seconds):.0f} ms at most"


def main(kernels: int = 10, others: int = 20) -> int:
    count = kernels + others
    with (
        tempfile.TemporaryDirectory(prefix="class-") as name, exchange(Path(name) / "accounts") as (told, process),
        ThreadPoolExecutor(count) as pool,
    ):  # fmt: skip
        url, word = told["address"], told["word"]
        print(f"the exchange, empty: {process.memory_info().rss / 1e6:.0f} MB", flush=True)
        meter = Meter(process)
        pupils: list[Any] = [Kernel(url, word, f"K{seed}", seed, Path(name) / f"k{seed}") for seed in range(kernels)]
        pupils += [Process(url, word, f"P{seed}", seed) for seed in range(kernels, count)]
        try:
            turns = [(pupil, lessons()[at % 10]) for at, pupil in enumerate(pupils[:kernels])]
            list(pool.map(lambda turn: turn[0].read(turn[1]), turns))
            ready = list(pool.map(lambda one: one.do(do="ready"), pupils))
            wrong = [line for pupil in pupils for line in pupil.wrong]
            print(f"{count} have joined, {kernels} ran a lesson in a kernel: {meter}; wrong: {wrong or 'nothing'}")
            learner = psutil.Process(pupils[-1].pid).memory_info().rss / 1e6
            print(f"one learner's process {learner:.0f} MB", flush=True)
            return _measure(pupils, ready, process, pool) + len(wrong)
        finally:
            for pupil in pupils:
                pupil.close()


def _measure(pupils: list[Any], told: list[Json], process: psutil.Process, pool: ThreadPoolExecutor) -> int:
    count = len(pupils)
    after = [(at + 1) % count for at in range(count)]

    def all_at_once(**orders: list[Any]) -> list[Json]:
        due = time.time() + SOON
        given = [{name: values[at] for name, values in orders.items()} for at in range(count)]
        return list(pool.map(lambda at: pupils[at].do(at=due, **given[at]) if given[at]["do"] else {}, range(count)))

    meter = Meter(process)
    rung = all_at_once(do=["ring"] * count, number=[told[at]["number"] for at in after],
                       seeds=[[at, *((at + more) % count for more in (1, 2, count - 1))] for at in after])  # fmt: skip
    right = sum(one["scores"][0] > 0.7 > 0.3 > max(one["scores"][1:]) for one in rung)
    print(f"everybody rings a neighbour's number at once: {meter}")
    print(f"  answered after {in_words([one['answered'] for one in rung])}")
    print(f"  the right sound, and no other: {right} of {count} (least score "
          f"{min(one['scores'][0] for one in rung):.2f}, of others' sounds at most "
          f"{max(max(one['scores'][1:]) for one in rung):.2f})", flush=True)  # fmt: skip

    pairs = [at for at in range(count - 1) if at % 2 == 0]
    for at in pairs:
        pupils[at + 1].do(do="listen")
    meter = Meter(process)
    spoke = all_at_once(do=["speak" if at in pairs else "" for at in range(count)],
                        number=[told[at]["phone"] for at in after])  # fmt: skip
    listened = {at: pupils[at + 1].do(do="listen") for at in pairs}
    print(f"{len(pairs)} ring a neighbour's phone at once, and speak: {meter}")
    print(f"  it rings there after {in_words([listened[at]['rang'] - spoke[at]['began'] for at in pairs])}")
    print(
        f"  a voice is there after {in_words([listened[at]['heard'] - spoke[at]['said'] for at in pairs])}", flush=True
    )

    records = list(pool.map(lambda one: one.do(do="records"), pupils))
    foreign = [(at, other) for at in range(count) for other in range(count) if other != at
               and any(told[other][what] in records[at]["text"] for what in ("door", "application"))]  # fmt: skip
    asked = [one["asked"] for one in records]
    print(f"answer URLs asked: {asked.count(1)} of {count} once; records with something of another's: {len(foreign)}")

    meter = Meter(process)
    done = sum(one["completed"] for one in all_at_once(do=["many"] * count, calls=[10] * count))
    print(f"{10 * count} calls of 12 s at once: {done} completed; {meter}", flush=True)
    return int(right < count) + len(foreign) + int(asked != [1] * count) + int(done < 10 * count)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
