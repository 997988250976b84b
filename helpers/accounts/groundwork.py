"""What lessons 01 and 05 build by hand, made for a lesson that is opened without them. Simulated mode only."""

from __future__ import annotations

import logging
import random
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.hosts import host_of, is_here
from ..settings.settings import Settings
from ..vonage.client import Vonage
from ..vonage.errors import MethodFailedError, NotFoundError

logger = logging.getLogger(__name__)

NAME = "Made by the kit"  # the one of lesson 05 has another: there the learner creates it
TRIES = 10  # to rent a number that others want as well
NOBODY = "https://example.com"  # answers 200 to everything and does nothing
Keep = Callable[..., None]  # Kit.keep


def make_number(settings: Settings, vonage: Vonage) -> None:
    """Rent a number, unless there is one. It is for this kernel: the one to keep is chosen in lesson 01."""
    own = [number["msisdn"] for number in vonage.list_numbers(size=100).get("numbers", [])]
    if settings.number in own:
        return
    settings.use(number=own[0] if own else _rented(vonage))


def _rented(vonage: Vonage) -> str:
    """A number that is rented now. In a class many look at the same list at once, and each number has one first."""
    for attempt in range(TRIES):
        offers = vonage.search_numbers("GB", features="VOICE", size=100)["numbers"]
        number = str((random.choice(offers) if attempt else offers[0])["msisdn"])
        with suppress(MethodFailedError):
            vonage.buy_number("GB", number)
            return number
    raise KitError("No number could be rented: others were always quicker.", "Run the cell again.")


def make_application(settings: Settings, vonage: Vonage, keep: Keep) -> None:
    """Create an application, unless there is one whose private key was kept."""
    if settings.application_id and settings.private_key:
        try:
            forget_dead_servers(vonage, vonage.get_application(settings.application_id))
            return
        except NotFoundError:
            logger.info("the kept application is gone; a new one is made")
    keep(application=vonage.create_application(NAME, answer_url=f"{NOBODY}/answer", event_url=f"{NOBODY}/event"))


def forget_dead_servers(vonage: Vonage, application: dict[str, Any]) -> None:
    """Take webhooks away from a server that an earlier lesson has stopped: each lesson begins with a clean one.

    Otherwise the first call of this lesson would show refused connections that are none of its business.
    """
    hooks = application["capabilities"].get("voice", {}).get("webhooks", {})
    dead = [hook for hook in hooks.values() if is_here(host_of(hook["address"])) and not _listens(hook["address"])]
    for hook in dead:
        hook["address"] = NOBODY + urlsplit(hook["address"]).path
    if dead:
        vonage.replace_application(application["id"], application)


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port or 80), timeout=1):
            return True
    except OSError:
        return False
