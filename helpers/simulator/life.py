"""The life of a leg: set-up, ringing, the call, the end; and what the person does meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from helpers.ncco import Ncco, parse
from helpers.simulator import payloads
from helpers.simulator.applications import voice_hooks
from helpers.simulator.callbacks import NotAnNcco, fetch_ncco
from helpers.simulator.handsets import KEY_PAUSE, Handset
from helpers.simulator.leg import Ending, Leg
from helpers.simulator.runner import Runner

if TYPE_CHECKING:
    from helpers.simulator.network import Network

logger = logging.getLogger(__name__)

SET_UP = 0.1  # seconds from a request or a dialled number to the first state
PICK_UP = 0.5  # seconds until Vonage answers an inbound call
AFTER_FAILURE = 1.0  # "the call drops about one second after answer" (support article 115016024247)


class Life:
    """Takes one leg from its first state to its last. Ending a leg from outside is a cancellation of this."""

    def __init__(self, network: Network, leg: Leg) -> None:
        self._network = network
        self._leg = leg

    async def outbound(self) -> None:
        """Vonage rings a phone."""
        await self._live(self._reach_out)

    async def inbound(self) -> None:
        """A phone rings Vonage."""
        await self._live(self._take_in)

    async def _live(self, progress: Callable[[], Coroutine[Any, Any, Ending]]) -> None:
        leg = self._leg
        try:
            leg.ending = await progress()
        except asyncio.CancelledError:
            if leg.ending is None:  # the exchange is being switched off
                raise
        except Exception as problem:  # a fault of ours: the call must end all the same, and the record must say so
            logger.exception("a call failed inside the simulator")
            self._network.note(leg, "error", reason=f"The simulator failed: {problem!r}", advice="Please report this.")
            leg.ending = self._broken()
        assert leg.ending is not None
        self._finish(leg.ending)

    def _broken(self) -> Ending:
        """How a call ends when the simulator itself failed."""
        if self._leg.status == "answered":
            return Ending("completed", "the simulator failed", sip_code=500, disconnected_by="platform")
        return Ending("failed", "the simulator failed", "internal_error", sip_code=500, disconnected_by="platform")

    def _finish(self, ending: Ending) -> None:
        leg, network = self._leg, self._network
        for task in list(leg.beside):
            task.cancel()
        for source in list(leg.playing):
            network.stop_playing(leg, source)
        leg.move(ending.status, network.clock.now)
        leg.detail, leg.bill = ending.detail, payloads.bill(leg, network.clock)
        facts: dict[str, Any] = {"sip_code": ending.sip_code, "disconnected_by": ending.disconnected_by}
        network.status(leg, ending.status, ending.why, detail=ending.detail, **facts)
        # "Every call except one that got rejected ends with completed" (support article 360057200092).
        if ending.status not in ("completed", "rejected"):
            leg.move("completed", network.clock.now)
            network.status(leg, "completed", f"every call that is {ending.status} ends with this", **facts)

    # Outbound

    async def _reach_out(self) -> Ending:
        leg, network = self._leg, self._network
        await network.clock.sleep(SET_UP)
        network.status(leg, "started", "the call was created")
        refused = self._no_route()
        if refused:
            return refused
        handset = network.handset(leg.to)
        self._ringing("the destination was reached")
        if handset.leg and not handset.leg.over:
            return Ending("busy", "the phone is in another call", sip_code=486, disconnected_by="user")
        handset.leg = leg
        return await self._ring(handset) or await self._talk(handset, "the person picked up")

    def _no_route(self) -> Ending | None:
        """Why the leg does not get as far as ringing, if it does not."""
        leg, network = self._leg, self._network
        if leg.endpoint != "phone":
            network.note(leg, "note", text=f"This simulator does not connect {leg.endpoint} endpoints yet.")
            return Ending("failed", f"no route to a {leg.endpoint} endpoint", detail="cannot_route", sip_code=404,
                          disconnected_by="platform")  # fmt: skip
        own = {number["msisdn"] for number in network.account.numbers}
        if leg.from_ not in own and "foreign_caller_id_connects" not in network.faults:
            network.note(leg, "note", text=f"{leg.from_} is not a number you rent, so the call does not connect.")
            return Ending("rejected", "the caller ID is not a rented number", detail="restricted", sip_code=403)
        return None

    def _ringing(self, why: str) -> None:
        self._leg.move("ringing", self._network.clock.now)
        self._network.status(self._leg, "ringing", why)

    async def _ring(self, handset: Handset) -> Ending | None:
        """Ring no longer than the ringing timer. None: answered."""
        limit = self._leg.ringing_timer
        ring = asyncio.ensure_future(handset.ring(self._network.clock))
        timer = asyncio.ensure_future(self._network.clock.sleep(limit))
        try:
            await asyncio.wait((ring, timer), return_when=asyncio.FIRST_COMPLETED)
            if ring.done():
                return ring.result()
            return Ending("timeout", f"nobody picked up within ringing_timer, {limit:g} s", sip_code=487,
                          disconnected_by="platform")  # fmt: skip
        finally:
            ring.cancel()
            timer.cancel()

    # Inbound

    async def _take_in(self) -> Ending:
        leg, network = self._leg, self._network
        await network.clock.sleep(SET_UP)
        refused = self._find_application()
        # The captured order of an inbound call: ringing, then started, in the same millisecond.
        self._ringing("a phone dialled the number")
        network.status(leg, "started", "the call was created")
        if refused:
            return refused
        await network.clock.sleep(PICK_UP)
        return await self._talk(network.handset(leg.from_), "Vonage picked up")

    def _find_application(self) -> Ending | None:
        """Find the application behind the dialled number, or say why there is none."""
        leg, account = self._leg, self._network.account
        number = account.number(leg.to)
        if number is None:
            reason = f"{leg.to} is not a number of this account."
            advice = f"Rent {leg.to} first (lesson 01), or dial a number you rent."
        elif number.get("app_id") not in account.applications:
            reason = f"The number {leg.to} is not linked to an application."
            advice = "Link it with POST /number/update and app_id (lesson 06)."
        else:
            leg.application_id = number["app_id"]
            hooks = voice_hooks(account.applications[leg.application_id])
            leg.answer, leg.event, leg.fallback = hooks["answer_url"], hooks["event_url"], hooks["fallback_answer_url"]
            return None
        self._network.note(leg, "error", reason=reason, advice=advice)
        return Ending("failed", reason, detail="cannot_route", sip_code=404, disconnected_by="platform")

    # The call itself

    async def _talk(self, handset: Handset, why: str) -> Ending:
        leg, network = self._leg, self._network
        leg.move("answered", network.clock.now)
        network.status(leg, "answered", why, tell=False)
        # Its event follows the answer webhook, but carries the time of the pick-up.
        event = payloads.status_event(leg, "answered", network.clock, detail=None, sip_code=None)
        network.beside(leg, self._limit())
        network.beside(leg, act(network, leg, handset))
        failure = None
        try:
            ncco, source = await self._first_ncco()
        except NotAnNcco as error:
            failure = error
        finally:  # also when the call ends meanwhile: it was answered
            network.callbacks.event(leg, event)
        if failure:
            network.error(leg, failure.reason, failure.advice)
            await network.clock.sleep(AFTER_FAILURE)
            return Ending("completed", "there was no NCCO to carry out", sip_code=200, disconnected_by="platform")
        await Runner(network, leg).run(ncco, source)
        return Ending("completed", "every action is complete", sip_code=200, disconnected_by="platform")

    async def _limit(self) -> None:
        seconds = self._leg.length_timer
        await self._network.clock.sleep(seconds)
        self._leg.end(Ending("completed", f"length_timer, {seconds:g} s, ran out", sip_code=200,
                             disconnected_by="platform"))  # fmt: skip

    async def _first_ncco(self) -> tuple[Ncco, str]:
        """The NCCO to begin with: inline, or from the answer URL. Raises NotAnNcco."""
        if self._leg.ncco is not None:
            return parse(self._leg.ncco), "inline"
        return await fetch_ncco(self._network, self._leg, self._network.region_url)


# What the person does in a call


async def act(network: Network, leg: Leg, handset: Handset) -> None:
    """Play the handset's script, and a voicemail's greeting before it."""
    if handset.behaviour == "voicemail" and leg.direction == "outbound":
        network.note(leg, "said", text=handset.greeting, by="handset")
    for step in handset.script:
        if step["do"] == "wait":
            await network.clock.sleep(step["seconds"])
        elif step["do"] == "press":
            await press(network, leg, step["digits"], pause_first=False)
        elif step["do"] == "say":
            network.note(leg, "said", text=step["text"], by="handset")
        else:
            leg.end(Ending("completed", "the person hung up", sip_code=200, disconnected_by="user"))


async def press(network: Network, leg: Leg, digits: str, *, pause_first: bool) -> None:
    """Press keys, one every :data:`KEY_PAUSE` seconds."""
    for position, digit in enumerate(digits):
        if position or pause_first:
            await network.clock.sleep(KEY_PAUSE)
        key(network, leg, digit)


def key(network: Network, leg: Leg, digit: str) -> None:
    """One key."""
    network.note(leg, "key", digit=digit, by="handset")
    leg.keypad.press(network.clock.now, digit)
