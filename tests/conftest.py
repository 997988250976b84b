"""What every test must hold to: whatever it started has stopped when it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psutil
import pytest


def _running() -> dict[str, set[object]]:
    me = psutil.Process()
    return {
        "threads": {t for t in threading.enumerate() if t.is_alive()},
        "listening ports": {c.laddr.port for c in me.net_connections("tcp") if c.status == psutil.CONN_LISTEN},
        "child processes": {p.pid for p in me.children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE},
    }


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a listening port or a child process."""
    before = _running()
    yield
    deadline = time.monotonic() + 3
    while True:
        left = {kind: now - before[kind] for kind, now in _running().items() if now - before[kind]}
        if not left or time.monotonic() > deadline:
            break
        threading.Event().wait(0.02)
    assert not left, f"{request.node.name} left behind: {left}"
