"""Measure, and compare with the targets: ``make bench``. Exit code 1 when a target is missed."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.notebooks.lesson_env import lesson_environment, lessons
from tests.notebooks.sanitising import PROJECT

IMPORT = """
import sys, time
start = time.perf_counter()
import helpers
print(time.perf_counter() - start, *[m for m in ("matplotlib", "soundfile", "fastapi") if m in sys.modules])
"""


@dataclass
class Figure:
    """A line of the table."""

    what: str
    target: str
    measured: str
    met: bool


def answer_route() -> Figure:
    """The same Flask app on the background server and on bare waitress, by turns, asked by another process."""
    from tests.bench.answer_route import CLIENTS, bare, ours

    rounds: dict[str, list[float]] = {"ours": [], "bare": []}
    with ours() as our_port, bare() as bare_port:
        for _ in range(7):
            for name, port in (("ours", our_port), ("bare", bare_port)):
                rounds[name].append(float(python("-m", "tests.bench.client", str(port), str(CLIENTS))))
    ours_median, bare_median = statistics.median(rounds["ours"]), statistics.median(rounds["bare"])
    ratio = ours_median / bare_median
    measured = f"{ratio:.2f} ({ours_median:.0f} and {bare_median:.0f} requests/s)"
    what = f"answer route, {CLIENTS} keep-alive clients: ours / bare Flask"
    return Figure(what, "at least 0.90", measured, ratio >= 0.9)


def importing() -> Figure:
    """`import helpers` in a new interpreter, the median of nine."""
    answers = [python("-c", IMPORT).split() for _ in range(9)]
    seconds, heavy = statistics.median(float(answer[0]) for answer in answers), answers[0][1:]
    measured = f"{seconds:.3f} s" + "".join(f", loads {name}" for name in heavy)
    return Figure("import helpers, no heavy package", "under 0.5 s", measured, seconds < 0.5 and not heavy)


def two_minutes() -> Figure:
    """A call of two minutes on the stepped clock, from the request to its end; the median of five, the first apart."""
    times = python("-m", "tests.bench.two_minutes", fresh=True).split()
    first, seconds = float(times[0]), statistics.median(map(float, times[1:]))
    return Figure("two-minute stepped call", "under 0.5 s", f"{seconds:.3f} s (the first {first:.3f} s)", seconds < 0.5)


def all_lessons() -> Figure:
    """Every lesson against its stored outputs, strictly."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "tests.notebooks.validate"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=600)
    seconds = time.perf_counter() - start
    failed = re.search(r"\d+ (?:failed|errors?)", done.stdout)
    problem = failed[0] if failed else f"exit code {done.returncode}"
    measured = f"{seconds:.1f} s" + (f", {problem}" if done.returncode else "")
    met = seconds < 90 and not done.returncode
    return Figure(f"all {len(lessons())} lessons under strict nbval", "under 90 s", measured, met)


def python(*arguments: str, fresh: bool = False) -> str:
    """What a new interpreter prints; ``fresh`` gives it a simulated account of its own, as the lessons' tests have."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        world = lesson_environment(Path(folder)) if fresh else dict(os.environ)
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=PROJECT, env=world, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return done.stdout.strip().splitlines()[-1]


FIGURES: tuple[Callable[[], Figure], ...] = (answer_route, importing, two_minutes, all_lessons)


def main() -> int:
    """Print the table."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start\n")
    print(f"{'':4}{'what':<58}{'target':<16}measured")
    missed = 0
    for measure in FIGURES:
        try:
            figure = measure()
        except Exception as error:
            figure = Figure(measure.__name__.replace("_", " "), "", f"not measured: {error}", False)
        missed += not figure.met
        print(f"{'ok' if figure.met else 'NO':<4}{figure.what:<58}{figure.target:<16}{figure.measured}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
