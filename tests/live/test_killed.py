"""Whenever a kernel is killed, the account can be put back: fifty times, at random moments."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.live.restore import AsFound, open_steps
from tests.forks import Fork, Forks
from tests.live.in_use import PRODUCTION, InUse, in_use

SEEDS = 50


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InUse]:
    """One account for all of them: time flows, as a call cannot be ended in its first second."""
    with in_use(tmp_path_factory.mktemp("killed"), pace=20) as account:
        yield account


@pytest.fixture(scope="module")
def kernels() -> Iterator[Forks]:
    with Forks("tests.live.killed", "cryptography.x509", "jwt.algorithms", "requests") as kernels:
        yield kernels


def begin(kernels: Forks, account: InUse, *, allowed: bool, moment: int) -> Fork:
    """A kernel that dies at this moment."""
    own = account.network.account
    told = {
        "api_url": account.network.url, "api_key": own.api_key, "api_secret": own.api_secret,
        "dotenv": str(account.folder / ".env"), "allow": PRODUCTION if allowed else [],
        "number": account.linked[0] if allowed else account.free, "production": account.production if allowed else "",
    }  # fmt: skip
    return kernels.begin(json.dumps([told, moment]))


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
def moments(account: InUse, kernels: Forks) -> dict[bool, int]:
    """How many moments there are to be killed at, without and with the line that allows more."""
    counted = {}
    for allowed in (False, True):
        code, said = begin(kernels, account, allowed=allowed, moment=0).end()
        assert code == 0, said
        counted[allowed] = int(said)
        assert restore(account) == []
    return counted


@pytest.mark.slow
@pytest.mark.hostile
@pytest.mark.parametrize("seed", range(SEEDS))
def test_an_account_in_use_is_the_same_after_a_kill(
    account: InUse, kernels: Forks, moments: dict[bool, int], seed: int
) -> None:
    chosen = random.Random(seed)
    allowed = bool(chosen.getrandbits(1))
    moment = chosen.randint(1, moments[allowed])
    assert begin(kernels, account, allowed=allowed, moment=moment).end() == (-signal.SIGKILL, "")
    assert restore(account) == [], f"killed at moment {moment} of {moments[allowed]}"


@pytest.mark.slow
@pytest.mark.hostile
@pytest.mark.parametrize("seed", range(5))
def test_of_two_kernels_in_a_folder_one_is_killed(tmp_path: Path, kernels: Forks, seed: int) -> None:
    moment = random.Random(seed).randint(1, 60)
    with in_use(tmp_path, pace=20) as account:
        both = [begin(kernels, account, allowed=True, moment=one) for one in (0, moment)]
        # Both may have asked for the same number at the same time: then one of them ends early.
        assert {kernel.end()[0] for kernel in both} <= {0, 1, -signal.SIGKILL}
        assert restore(account) == [], f"killed at moment {moment}"
