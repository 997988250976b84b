"""A kernel that is killed in the middle of a lesson takes everything it started with it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tests.notebooks.lesson_env import CELL_TIMEOUT, lesson_environment, lessons
from tests.simulator.world import wait_until

pytestmark = [pytest.mark.hostile, pytest.mark.slow]


@pytest.mark.parametrize("lesson", lessons()[::2], ids=lambda path: path.stem)  # a kernel each: every other lesson
def test_killed_kernel_leaves_no_process_and_no_port(lesson: Path, tmp_path: Path) -> None:
    manager, client = start_new_kernel(
        kernel_name="python3",
        cwd=str(lesson.parent),
        env=lesson_environment(tmp_path),
        stderr=subprocess.DEVNULL,
    )
    try:
        for source in up_to_the_end(lesson):
            run(client, source)
        assert reply_of(client, "kit.phone().show(), kit.running") == "ok", "Run All leaves a phone that works"
        kernel = psutil.Process(manager.provisioner.pid)
        started = kernel.children(recursive=True)
        ports = {c.laddr.port for p in (kernel, *started) for c in p.net_connections("tcp") if c.status == "LISTEN"}
        assert ports, "a kernel listens at least for Jupyter"
        kernel.send_signal(signal.SIGKILL)
        wait_until(lambda: not any(alive(process) for process in (kernel, *started)))
        wait_until(lambda: not ports & listening())
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy(linger=0)


def up_to_the_end(lesson: Path) -> list[str]:
    """The lesson's code; nothing in it stops what it has started."""
    cells = nbformat.read(lesson, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def run(client: BlockingKernelClient, source: str) -> None:
    """Run a cell, which may end with an error: on a busy machine that else ends the next one, too."""
    assert reply_of(client, source) in ("ok", "error")


def reply_of(client: BlockingKernelClient, source: str) -> str:
    return str(client.execute(source, reply=True, timeout=CELL_TIMEOUT, stop_on_error=False)["content"]["status"])


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def listening() -> set[int]:
    return {c.laddr.port for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
