"""The official SDK and the account: applications, numbers, money."""

from __future__ import annotations

import pytest
import vonage
from tests.simulator.world import World


def test_try(world: World, sdk: vonage.Vonage) -> None:
    print(sdk.account.get_balance())
    print(sdk.application.list_applications())
    print(sdk.numbers.list_owned_numbers())
    print(sdk.voice.list_calls())
