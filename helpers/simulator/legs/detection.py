"""Answering machine detection: did a person pick up, or a machine, and when does its beep come?

Sources: Voice API 1.10.0 (machine_detection, advanced_machine_detection), webhook reference, the page on advanced
machine detection. How long a verdict takes is the kit's assumption; the page speaks of four to five seconds of silence
in the synchronous modes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..phones.handsets import Handset
from ..waiting import first_of, forever
from ..webhooks import payloads
from .leg import Detection, Leg

if TYPE_CHECKING:
    from .network import Network
    from .trunk import Trunk

VERDICT = 2.0  # seconds from the answer until it is clear who answered
SYNCHRONOUS_VERDICT = 4.0  # so in the modes in which the call waits for it
SYNCHRONOUS = ("detect", "detect_beep")


def detection_of(plain: str | None, advanced: dict[str, Any] | None) -> Detection | None:
    """Plain and advanced machine detection in one; the advanced one overrides the plain one."""
    if advanced is not None:
        beep_timeout = float(advanced.get("beep_timeout", Detection.beep_timeout))
        return Detection(advanced.get("behavior", plain or "continue"), advanced.get("mode", "detect"), beep_timeout)
    return Detection(plain) if plain else None


def is_synchronous(leg: Leg) -> bool:
    """True if the call waits for the verdict before anything is played."""
    return leg.detection is not None and leg.detection.mode in SYNCHRONOUS


async def detect(network: Network, leg: Leg, handset: Handset | Trunk) -> None:
    """Find out who answered and tell the event URL; hang up on a machine if that was asked for."""
    rules = leg.detection
    if rules is None:
        return
    with _in_time(network, leg, "it was clear whether a person or a machine had answered"):
        await network.clock.sleep(SYNCHRONOUS_VERDICT if is_synchronous(leg) else VERDICT)
    machine = handset.is_machine
    network.note(leg, "detection", verdict="machine" if machine else "human", sub_state=None)
    # detect_beep tells of the beep only; a person has none, and a machine that is hung up on will not beep any more.
    if rules.mode != "detect_beep" or not machine or rules.behavior == "hangup":
        await _tell(network, leg, "machine" if machine else "human", None)
    if machine and rules.behavior == "hangup":
        leg.hang_up("a machine answered", by="platform")
        await forever()  # nothing of the NCCO may begin
    elif machine and rules.mode in ("default", "detect_beep"):
        await _beep(network, leg, rules.beep_timeout)


@contextmanager
def _in_time(network: Network, leg: Leg, what: str) -> Iterator[None]:
    """Says so if the call is over before."""
    try:
        yield
    except asyncio.CancelledError:
        if leg.ending is not None:
            network.note(leg, "note", text=f"The call was over before {what}: no event tells of it.")
        raise


async def _beep(network: Network, leg: Leg, timeout: float) -> None:
    assert leg.answered_at is not None
    end = network.clock.sleep_until(leg.answered_at + timeout)
    with _in_time(network, leg, "the machine beeped"):
        sub_state = ("beep_start", "beep_timeout")[await first_of(leg.beeped.wait(), end)]
    network.note(leg, "detection", verdict="machine", sub_state=sub_state)
    await _tell(network, leg, "machine", sub_state)


async def _tell(network: Network, leg: Leg, status: str, sub_state: str | None) -> None:
    """Send the event. In the asynchronous advanced mode its reply may be an NCCO, which replaces the running one."""
    assert leg.detection is not None
    event = payloads.machine_event(leg, status, sub_state, network.clock)
    if leg.detection.mode != "default":
        network.callbacks.event(leg, event)
        return
    replacement = await network.callbacks.ask(leg, "event", event, leg.event)
    if replacement:
        leg.replace_program(lambda: network.carry_out(leg, *replacement))
