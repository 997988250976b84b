"""The official SDK as its documentation says to make it, and the way to the simulator around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
import vonage
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from helpers.base.authority import Authority
from helpers.simulator import Simulator
from helpers.simulator.run.doors import HOSTS, Doors
from tests.simulator.world import World

Client = Callable[..., vonage.Vonage]
# The SDK hands its key to PyJWT as text for each token, and reading one takes as long as a test.
read_once = cache(load_pem_private_key)


@pytest.fixture(scope="session")
def authority() -> Iterator[Authority]:
    authority = Authority("sdk", HOSTS)
    yield authority
    authority.stop()


@pytest.fixture(scope="session")
def doors(exchange: Simulator, authority: Authority) -> Iterator[Doors]:
    """How a client that speaks only https to api.nexmo.com gets to the simulator, without a change to the client."""
    with Doors(exchange.url, authority.start()) as doors:
        yield doors


def pem(key: RSAPrivateKey) -> str:
    """A private key as the API hands it out: PKCS#8."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def client(world: World, doors: Doors, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Makes clients; without arguments one with all credentials of the world's account and application."""
    monkeypatch.setattr("jwt.algorithms.load_pem_private_key", read_once)
    monkeypatch.setenv("https_proxy", doors.proxy)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.bundle)
    made: list[vonage.Vonage] = []

    def make(options: vonage.HttpClientOptions | None = None, **credentials: str) -> vonage.Vonage:
        usual = {
            "api_key": world.network.account.api_key,
            "api_secret": world.network.account.api_secret,
            "application_id": world.app,
            "private_key": pem(world.private),
            "signature_secret": world.network.account.signature_secret,
        }
        made.append(vonage.Vonage(vonage.Auth(**(usual | credentials)), options))
        return made[-1]

    yield make
    for one in made:
        one.http_client._session.close()  # the SDK itself never closes its connections


@pytest.fixture
def sdk(client: Client) -> vonage.Vonage:
    return client()
