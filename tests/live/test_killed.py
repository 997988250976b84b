"""Whenever a kernel is killed, the account can be put back: fifty times, at random moments."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.live.restore import AsFound, open_steps
from tests.live.in_use import PRODUCTION, InUse, in_use
from tests.live.killed import Kernels

SEEDS = 50


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InUse]:
    """One account for all of them: time flows, as a call cannot be ended in its first second."""
    with in_use(tmp_path_factory.mktemp("killed"), pace=20) as account:
        yield account


@pytest.fixture(scope="module")
def kernels() -> Iterator[tuple[Kernels, Kernels]]:
    """Two at a time."""
    both = Kernels(), Kernels()
    yield both
    for one in both:
        one.close()


def told(account: InUse, *, allowed: bool) -> dict[str, Any]:
    own = account.network.account
    return {
        "api_url": account.network.url, "api_key": own.api_key, "api_secret": own.api_secret,
        "dotenv": str(account.folder / ".env"), "allow": PRODUCTION if allowed else [],
        "number": account.linked[0] if allowed else account.free, "production": account.production if allowed else "",
    }  # fmt: skip


def restore(account: InUse) -> list[str]:
    """What a person does next: one call, in another kernel."""
    found = AsFound(account.settings(), lambda: "").begin()
    found.put_back(again=True)
    left = found.put_back() + [step.kind for step in open_steps(found.journal.steps())]
    assert account.without(found.journal) == account.at_first
    assert not any("tunnel.example" in json.dumps(one) for one in account.state()["applications"].values())
    found.end()
    return left


@pytest.fixture(scope="module")
def moments(account: InUse, kernels: tuple[Kernels, Kernels]) -> dict[bool, int]:
    """How many moments there are to be killed at, without and with the line that allows more."""
    counted = {}
    for allowed in (False, True):
        kernels[0].begin(told(account, allowed=allowed), 0)
        code, counted[allowed] = kernels[0].end()
        assert code == 0
        assert restore(account) == []
    return counted


@pytest.mark.slow
@pytest.mark.hostile
@pytest.mark.parametrize("seed", range(SEEDS))
def test_an_account_in_use_is_the_same_after_a_kill(
    account: InUse, kernels: tuple[Kernels, Kernels], moments: dict[bool, int], seed: int
) -> None:
    chosen = random.Random(seed)
    allowed = bool(chosen.getrandbits(1))
    moment = chosen.randint(1, moments[allowed])
    kernels[0].begin(told(account, allowed=allowed), moment)
    assert kernels[0].end() == (-signal.SIGKILL, -1)
    assert restore(account) == [], f"killed at moment {moment} of {moments[allowed]}"


@pytest.mark.slow
@pytest.mark.hostile
@pytest.mark.parametrize("seed", range(5))
def test_of_two_kernels_in_a_folder_one_is_killed(tmp_path: Path, kernels: tuple[Kernels, Kernels], seed: int) -> None:
    moment = random.Random(seed).randint(1, 60)
    with in_use(tmp_path, pace=20) as account:
        for kernel, one in zip(kernels, (0, moment), strict=True):
            kernel.begin(told(account, allowed=True), one)
        # Both may have asked for the same number at the same time: then one of them ends early.
        assert {kernel.end()[0] for kernel in kernels} <= {0, 1, -signal.SIGKILL}
        assert restore(account) == [], f"killed at moment {moment}"
