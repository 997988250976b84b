"""The plugin for pytest: the fixture ``phone_network``, and what a failed test shows of its calls.

Every run of pytest imports this, also one that never telephones: so what is heavy is imported by the fixture.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .network import PhoneNetwork

# With the test, and not by the fixture's name: it may be asked for by way of another, or be somebody else's.
NETWORK: pytest.StashKey[PhoneNetwork] = pytest.StashKey()


@pytest.fixture
def phone_network(request: pytest.FixtureRequest) -> Iterator[PhoneNetwork]:
    """A phone network for this test alone: time is stepped, ids repeat, and nothing leaves this machine.

    A proxy that the machine has set would get what the program sends: it is passed by.
    """
    from ..settings.proxy import pass_by
    from .network import PhoneNetwork

    pass_by()
    with PhoneNetwork() as network:
        request.node.stash[NETWORK] = network
        yield network


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows the ladder of each call, and what was heard."""
    report = yield
    network = item.stash.get(NETWORK, None)
    if network is not None and report.when != "teardown" and report.failed:
        try:
            story = network.story()
        except Exception as error:  # a network that is gone: the test's own failure must still be told
            story = f"There is nothing to show: {error}"
        report.sections.append(("Phone network", story))
    return report
