"""A kernel that is killed at the end of a lesson takes everything it started with it."""

from __future__ import annotations

import signal

import psutil
from nbval.kernel import RunningKernel

from tests.notebooks.lesson_env import CELL_TIMEOUT
from tests.simulator.world import wait_until

# Nothing in a lesson stops what it has started: Run All leaves a phone that works.
WORKS = "kit.phone().show(); assert kit.running"


def kill(kernel: RunningKernel) -> None:
    """Kill it, and wait until no process and no port of it are left."""
    try:
        assert kernel.kc.execute(WORKS, reply=True, timeout=CELL_TIMEOUT)["content"]["status"] == "ok"
        process = psutil.Process(kernel.km.provisioner.pid)
        started = process.children(recursive=True)
        ports = {c.laddr.port for p in (process, *started) for c in p.net_connections("tcp") if c.status == "LISTEN"}
        assert ports, "a kernel listens at least for Jupyter"
        process.send_signal(signal.SIGKILL)
        wait_until(lambda: not any(alive(one) for one in (process, *started)))
        wait_until(lambda: not ports & listening())
    finally:
        kernel.stop()


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def listening() -> set[int]:
    return {c.laddr.port for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
