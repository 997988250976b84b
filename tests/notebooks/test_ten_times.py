"""A lesson that is run ten times in one kernel leaves what it left after the first time; stopped, it leaves nothing."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tests.notebooks.lesson_env import CELL_TIMEOUT, lesson_environment, lessons

# Threads that wait for work in a pool come and go by themselves; everything else must stay the same in number.
PROBE = """
import os, psutil, threading, gc
gc.collect()
me = psutil.Process()
found = {
    "threads": sorted(t.name for t in threading.enumerate() if not t.name.startswith("asyncio_")),
    "ports": len([c for c in me.net_connections("tcp") if c.status == "LISTEN"]),
    "children": len(me.children(recursive=True)),
}
"""


def measure(client: BlockingKernelClient) -> dict[str, Any]:
    """What the kernel has running."""
    reply = client.execute(PROBE, reply=True, timeout=CELL_TIMEOUT, user_expressions={"found": "found"})
    found: dict[str, Any] = ast.literal_eval(reply["content"]["user_expressions"]["found"]["data"]["text/plain"])
    return found


@pytest.mark.slow
def test_ten_times_the_same_lesson(tmp_path: Path) -> None:
    lesson = next(path for path in lessons() if path.stem.startswith("06"))
    manager, client = start_new_kernel(
        kernel_name="python3", cwd=str(lesson.parent), env=lesson_environment(tmp_path), stderr=subprocess.DEVNULL
    )
    try:
        bare = measure(client)
        seen = []
        cells = [cell.source for cell in nbformat.read(lesson, as_version=4).cells if cell.cell_type == "code"]
        for _ in range(10):
            for source in cells:
                client.execute(source, reply=True, timeout=CELL_TIMEOUT, stop_on_error=False)
            seen.append(measure(client))
        assert seen[9] == seen[0]
        assert len(seen[0]["threads"]) > len(bare["threads"]), "the probe sees what a lesson starts"
        client.execute("kit.stop(); kit.stop()", reply=True, timeout=CELL_TIMEOUT)
        assert measure(client) == bare
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy(linger=0)
