"""One exchange and one web server for all tests of the simulator; each test finds both empty."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from helpers.audio.files import Samples, encode_wav
from helpers.server.server import BackgroundServer
from helpers.simulator import Simulator
from tests.simulator.servers import Undisturbed
from tests.simulator.test_websocket import SocketServer
from tests.simulator.world import Learner, World

RATE = 16_000


def make_keys() -> tuple[rsa.RSAPrivateKey, str]:
    """A private key that is ready to sign (reading one from PEM takes 40 ms), and the text of its public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key, public.decode()


@pytest.fixture(scope="session")
def keys() -> tuple[rsa.RSAPrivateKey, str]:
    """A private and a public key: making a pair takes longer than a test."""
    return make_keys()


@pytest.fixture(scope="session")
def foreign_keys() -> tuple[rsa.RSAPrivateKey, str]:
    return make_keys()


@pytest.fixture(scope="session")
def exchange() -> Iterator[Simulator]:
    """Starting and stopping takes a quarter of a second, a reset takes milliseconds."""
    with Simulator(pace="stepped", seed=1) as simulator:
        # The loop's worker threads are made when they are first needed, which the leak check would take for a leak.
        assert simulator._loop is not None
        asyncio.run_coroutine_threadsafe(all_workers(), simulator._loop).result()
        yield simulator


async def all_workers() -> None:
    workers = min(32, (os.cpu_count() or 1) + 4)
    barrier = threading.Barrier(workers)
    await asyncio.gather(*[asyncio.to_thread(barrier.wait) for _ in range(workers)])


@pytest.fixture(scope="session")
def web_server() -> Iterator[BackgroundServer]:
    with BackgroundServer() as server:
        yield server


@pytest.fixture
def learner(web_server: BackgroundServer) -> Learner:
    learner = Learner(web_server.url)
    web_server.handle(learner.app)
    return learner


@pytest.fixture
def world(exchange: Simulator, learner: Learner, keys: tuple[rsa.RSAPrivateKey, str]) -> Iterator[World]:
    with World(exchange, learner, keys) as world:
        try:
            with world.watch.used():
                yield world
        finally:
            assert world.control("POST", "/reset?account=true").status_code == 204


@pytest.fixture
def socket() -> Iterator[SocketServer]:
    """The learner's WebSocket server."""
    server = SocketServer()
    yield server
    server.stop()


@pytest.fixture
def undisturbed(world: World, noise: Samples, second: bytes) -> Iterator[None]:
    """A call of somebody else that must not notice what happens; checked when the test has passed."""
    call = Undisturbed(world, noise, second)
    yield
    call.check()


CONNECTED: list[Any] = []
_watched: list[bool] = []  # an audit hook cannot be taken away: it listens while there is something in here


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        place = arguments[1] if event == "socket.connect" else arguments[0]
        CONNECTED.append(place[0] if isinstance(place, tuple) else place)


@pytest.fixture(scope="session")
def _hook() -> None:
    sys.addaudithook(_audit)


@pytest.fixture
def connections(_hook: None) -> Iterator[list[Any]]:
    """Every host that anything in this process connects to or looks up."""
    CONNECTED.clear()
    _watched.append(True)
    yield CONNECTED
    _watched.clear()


@pytest.fixture(scope="session")
def noise() -> Samples:
    """One second of noise a telephone can carry: nothing matches it but itself."""
    spectrum = np.fft.rfft(np.random.default_rng(7).normal(size=RATE))
    hertz = np.fft.rfftfreq(RATE, 1 / RATE)
    spectrum[(hertz < 400) | (hertz > 3000)] = 0
    samples = np.fft.irfft(spectrum, RATE)
    return (0.3 * samples / np.abs(samples).max()).astype(np.float32)


@pytest.fixture(scope="session")
def second(noise: Samples) -> bytes:
    """A WAV file that lasts exactly one second."""
    return encode_wav(noise, RATE)
