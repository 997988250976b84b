"""What every test must hold to: whatever it started has stopped when it ends."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from helpers.simulator.account.applications import new_key_pair
from tests.forks import Forks

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

# Hypothesis, as slow as a busy machine is; for the quick lane a few of its examples.
settings.register_profile("kit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("kit"), max_examples=10)
settings.load_profile("kit")
GIVES_WAY = 5  # how nice a worker is that has no browser
LISTENS = (socket.SOL_SOCKET, getattr(socket, "SO_ACCEPTCONN", 30))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fidelity", metavar="ID", help="only the tests that prove this row of FIDELITY.md")


def pytest_configure(config: pytest.Config) -> None:
    config.option.loadscopereorder = False  # else the files with few tests come last, which are those that take long


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """In a new checkout one worker compiles the tests, and the others wait and read: not each of them all."""
    cache = getattr(session.config, "cache", None)  # pytest has none with -p no:cacheprovider
    if cache and "PYTEST_XDIST_WORKER" in os.environ and not (done := cache.mkdir("collected") / "once").exists():
        with FileLock(done.with_suffix(".lock")):
            if not done.exists():
                found = yield
                done.touch()
                return found
    return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """``--fidelity ID``: keep the tests that carry this id of helpers/simulator/FIDELITY.md.

    What takes long comes first: a file goes to one worker, and the other must have something to do until it is over.
    """
    wanted = config.getoption("--fidelity")
    if wanted is not None:
        kept = [item for item in items if any(wanted in mark.args for mark in item.iter_markers("fidelity"))]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept
    long = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """What is there until the end need not be looked through for rubbish after each few hundred objects of a test."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Give way, from now on, to the worker with the browser: its tests are one long chain, all others fill the gaps."""
    if sys.platform != "win32" and "PYTEST_XDIST_WORKER" in os.environ and not item.get_closest_marker("browser"):
        os.nice(max(0, GIVES_WAY - os.nice(0)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """``--dist loadfile``: a worker takes whole files, but all of tests/browser that is in one browser; those first.

    They share a JupyterLab, a browser and its tab, which take longer to start than most of these tests do.
    """
    from xdist.scheduler import LoadFileScheduling

    if config.getoption("dist") != "loadfile":
        return None

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            if not nodeid.startswith("tests/browser/"):
                return super()._split_scope(nodeid)
            return "firefox" if "[firefox" in nodeid else "chromium"

    return Scheduling(config, log)


def _running(*, browser: bool) -> dict[str, set[object]]:
    return {
        "threads": {t for t in threading.enumerate() if not (browser and t.name.startswith("asyncio_"))},
        "listening ports": _listening(),
        "child processes": {p for p in _children() if _counts(p, browser)},
    }


def _listening() -> set[object]:
    """The ports this process listens on. Linux is asked about each socket; psutil reads every connection there is."""
    if not sys.platform.startswith("linux"):
        return {c.laddr.port for c in psutil.Process().net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    ports: set[object] = set()
    for entry in os.scandir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # not a socket, or closed meanwhile
            if stat.S_ISSOCK(os.fstat(number := int(entry.name)).st_mode):
                with socket.socket(fileno=os.dup(number)) as one:
                    if one.family in (socket.AF_INET, socket.AF_INET6) and one.getsockopt(*LISTENS):
                        ports.add(one.getsockname()[1])
    return ports


def _children() -> list[psutil.Process]:
    """This process's children, and theirs. Most tests have none, which Linux says ten times as fast as psutil."""
    if sys.platform.startswith("linux"):
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return []
    return psutil.Process().children(recursive=True)


def _counts(process: psutil.Process, browser: bool) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and not (browser and _serves_all(process))
    except psutil.NoSuchProcess:
        return False


def _serves_all(process: psutil.Process) -> bool:
    """A browser's, or a kernel of the notebook in which one test after the other is done; JupyterLab ends them all."""
    return Path(process.exe()).name.startswith(("chrom", "firefox")) or "ipykernel_launcher" in process.cmdline()


@contextlib.contextmanager
def leaving_nothing(name: str, *, browser: bool = False) -> Iterator[None]:
    """Whatever is started inside has stopped when it ends."""
    before = _running(browser=browser)
    yield
    deadline = time.monotonic() + 60
    while True:
        left = {kind: now - before[kind] for kind, now in _running(browser=browser).items() if now - before[kind]}
        if not left or time.monotonic() > deadline:
            break
        threading.Event().wait(0.02)
    assert not left, f"{name} left behind: {left}"


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a listening port or a child process."""
    # One browser serves all browser tests: it keeps spare processes, and Playwright its own threads, for the next one.
    with leaving_nothing(request.node.name, browser=request.node.get_closest_marker("browser") is not None):
        yield


@pytest.fixture(scope="session", autouse=True)
def few_keys() -> Iterator[None]:
    """New applications get one of eight pairs of keys in turn: making one, and reading it, takes longer than a test."""
    pair, turn = cache(lambda _: new_key_pair()), itertools.count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("helpers.simulator.routes.account.new_key_pair", lambda: pair(next(turn) % 8))
        yield


@pytest.fixture(scope="module")
def readers() -> Iterator[Forks]:
    """Processes that run a lesson, without a kernel: of what it imports, most is there."""
    heavy = ("exercises", "rehearsal", "simulator.routes.control", "views", "widgets.builder", "audio.files")
    others = ("IPython.core.interactiveshell", "flask", "jwt", "numpy", "soundfile", "soxr", "uvicorn", "waitress")
    with Forks("tests.notebooks.wire_tap", *(f"helpers.{name}" for name in heavy), *others) as readers:
        yield readers


@pytest.fixture
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without anybody's settings."""
    for name in ("VOICE_MODE", "SIMULATOR_URL", "SIMULATOR_PACE", "SIMULATOR_TOKEN", "PUBLIC_URL", "NGROK_AUTHTOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "env").touch()
    monkeypatch.setenv("KIT_DOTENV", str(tmp_path / "env"))
    monkeypatch.setenv("SIMULATOR_STATE", str(tmp_path / "account.json"))
    monkeypatch.setenv("SIMULATOR_SEED", "1")
    return tmp_path
