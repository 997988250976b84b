"""What several files need: a key, a folder, no widget left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import helpers
from helpers.kit import Kit
from helpers.server.server import BackgroundServer


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def kit(clean: Path) -> Iterator[Kit]:
    """A kit whose time stands still, with what lessons need."""
    made = helpers.setup()
    made.ready()
    yield made
    made.stop()


@pytest.fixture
def server() -> Iterator[BackgroundServer]:
    with BackgroundServer() as running:
        yield running


@pytest.fixture
def no_widget_left() -> Iterator[None]:
    yield
    import ipywidgets  # heavy: only where a test needs it

    ipywidgets.Widget.close_all()
