"""The life of a leg: set-up, ringing, the call, the end; and what the person does meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from ...calls.statuses import FAILURES, IN_ANOTHER_CALL, LAST
from ...ncco import Ncco, parse
from ..account.applications import Webhook, voice_hooks
from ..phones.handsets import Ending, Handset
from ..phones.person import act
from ..timeouts import ANSWER_TIMEOUT
from ..waiting import first_of, forever, until
from ..webhooks import payloads
from ..webhooks.callbacks import NotAnNcco, fetch_ncco
from .detection import detect, is_synchronous
from .leg import Leg
from .trunk import Trunk

if TYPE_CHECKING:
    from .network import Network
    from .websocket import SocketLine

logger = logging.getLogger(__name__)

SET_UP = 0.1  # seconds from a request or a dialled number to the first state
PICK_UP = 0.5  # seconds until Vonage answers an inbound call
AFTER_FAILURE = 1.0  # "the call drops about one second after answer" (support article 115016024247)


class Life:
    """Takes one leg from its first state to its last. Ending a leg from outside is a cancellation of this."""

    def __init__(self, network: Network, leg: Leg) -> None:
        self._network = network
        self._leg = leg
        self._answered: dict[str, Any] | None = None  # the event that has not been sent yet
        self._why = ""  # what ended the call, when nobody hung up

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
        for cue in leg.mouth.cues:
            if cue.stopped_at is None and (cue.ends is None or cue.ends > network.clock.now):
                cue.stopped_at = network.clock.now
        leg.move(ending.status, network.clock.now)
        network.conversations.leave(leg)
        for done in leg.at_end:
            done()
        leg.moved.fire()
        leg.detail, leg.bill = ending.detail, payloads.bill(leg, network.clock)
        facts: dict[str, Any] = {"sip_code": ending.sip_code, "disconnected_by": ending.disconnected_by}
        asks = leg.reply is not None and ending.status in FAILURES
        event = network.status(leg, ending.status, ending.why, tell=not asks, detail=ending.detail, **facts)
        if asks:
            network.spawn(leg, self._ask(event))
        # "Every call except one that got rejected ends with completed" (support article 360057200092).
        if ending.status not in LAST:
            leg.move("completed", network.clock.now)
            network.status(leg, "completed", f"every call that is {ending.status} ends with this", **facts)

    async def _ask(self, event: dict[str, Any]) -> None:
        """A connect action with eventType synchronous: the reply to a failure may be an NCCO for the caller."""
        reply = await self._network.callbacks.ask(self._leg, "event", event, self._leg.event)
        if self._leg.reply is not None and not self._leg.reply.done():
            self._leg.reply.set_result(reply)

    # Outbound

    async def _reach_out(self) -> Ending:
        leg, network = self._leg, self._network
        await network.clock.sleep(SET_UP)
        network.status(leg, "started", "the call was created")
        refused = self._no_route()
        if refused:
            return refused
        if leg.endpoint == "websocket":
            from .websocket import SocketLine

            line = SocketLine(network, leg)
            self._ringing("your server is called")
            return await line.connect() or await self._talk(line, "your server took the connection")
        self._ringing("the destination was reached")
        if leg.endpoint == "phone" and (home := self._home_of(leg.to)):
            trunk = Trunk(network, leg)
            who = "the application behind the number" if home is network else "the other side"
            return await trunk.connect(home) or await self._talk(trunk, f"{who} answered")
        handset = network.handset(leg.address)
        in_call = handset.leg is not None and not handset.leg.over
        if in_call or network.faults.strikes("line_busy", leg):
            why = IN_ANOTHER_CALL if in_call else "the line is busy"
            return Ending("busy", why, sip_code=486, disconnected_by="user")
        handset.leg = leg
        return await self._ring(handset) or await self._talk(handset, "the person picked up")

    def _no_route(self) -> Ending | None:
        """Why the leg does not get as far as ringing, if it does not."""
        leg, network = self._leg, self._network
        foreign = leg.from_ != "unknown" and network.account.number(leg.from_) is None
        if not leg.application_id:  # the exchange itself passes a call on
            return None
        if leg.endpoint == "phone" and foreign and not network.faults.strikes("foreign_caller_id_connects", leg):
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
        if await first_of(ring, self._network.clock.sleep(limit)) == 0:
            return ring.result()
        return Ending("timeout", f"nobody picked up within ringing_timer, {limit:g} s", sip_code=487,
                      disconnected_by="platform")  # fmt: skip

    # Inbound

    async def _take_in(self) -> Ending:
        leg, network = self._leg, self._network
        await network.clock.sleep(SET_UP)
        if not leg.application_id and network.account.number(leg.to) is None and network.home_of(leg.to):
            return await self._pass_on()
        refused = self._find_application()
        # The captured order of an inbound call: ringing, then started, in the same millisecond.
        self._ringing("a phone dialled the number")
        network.status(leg, "started", "the call was created")
        if refused:
            return refused
        await network.clock.sleep(PICK_UP)
        return await self._talk(self._caller(), "Vonage picked up")

    def _caller(self) -> Handset | Trunk:
        """Who calls: a phone, or another leg."""
        return Trunk(self._network, self._leg) if self._leg.far else self._network.handset(self._leg.address)

    async def _pass_on(self) -> Ending:
        """Ring the number at its owner: our own public phone, or a number of another account.

        It is picked up when the other side does, and ends when either hangs up. There is no application, so nobody is
        told or billed.
        """
        leg, network = self._leg, self._network
        self._ringing("a phone dialled the number")
        network.status(leg, "started", "the call was created")
        shown = leg.from_ if leg.far else network.public_number
        callee = Leg(network.ids.uuid(), leg.conversation, "outbound", shown, leg.to, "", network.clock.now,
                     ringing_timer=leg.ringing_timer, parent=leg)  # fmt: skip
        leg.at_end.append(partial(callee.hang_up, "the caller hung up", "user"))
        callee.at_end.append(partial(leg.hang_up_answered, "the other side hung up", "user"))
        network.conversations.enter(leg, network.conversations.own(leg))
        network.place(callee)
        await until(lambda: callee.room is not None or callee.ending is not None, callee.moved.next)
        if callee.ending is not None:
            return callee.ending
        return await self._talk(self._caller(), "the other side answered")

    def _home_of(self, number: str) -> Network | None:
        """The network to which a call to a number leads; None if it rings a phone of ours."""
        other = self._network.home_of(number)
        if other is not None and other is not self._network:
            return other
        return self._network if self._application_behind(number) else None

    def _application_behind(self, number: str) -> str:
        """The application that takes the calls to a number; empty if nobody rented and linked it."""
        account = self._network.account
        rented = account.number(number) or {}
        forwarded, application = rented.get("voiceCallbackType") in ("sip", "tel"), str(rented.get("app_id", ""))
        return application if application in account.applications and not forwarded else ""

    def _find_application(self) -> Ending | None:
        """Find the application behind the dialled number, or say why there is none."""
        leg, account = self._leg, self._network.account
        number = account.number(leg.to)
        if leg.application_id:  # an app user is with one application, whatever they dial
            application, reason = leg.application_id, f"There is no application {leg.application_id}."
            advice = "Use the id of an application of this account."
        elif number is None:
            application = ""
            reason = f"{leg.to} is not a number of this account."
            advice = f"Rent {leg.to} first (lesson 01), or dial a number you rent."
        else:
            application = number.get("app_id", "")
            reason = f"The number {leg.to} is not linked to an application."
            advice = "Link it with POST /number/update and app_id (lesson 06)."
        if number and number.get("voiceCallbackType") in ("sip", "tel"):
            self._network.note(leg, "note", text=f"{leg.to} is forwarded, which this simulator does not carry out.")
        if application in account.applications:
            leg.application_id, leg.region = application, account.region(application)
            hooks = voice_hooks(account.applications[application])
            leg.answer, leg.event, leg.fallback = hooks["answer_url"], hooks["event_url"], hooks["fallback_answer_url"]
            return None
        self._network.note(leg, "error", reason=reason, advice=advice)
        return Ending("failed", reason, detail="cannot_route", sip_code=404, disconnected_by="platform")

    # The call itself

    async def _talk(self, other: Handset | SocketLine | Trunk, why: str) -> Ending:
        leg, network = self._leg, self._network
        leg.move("answered", network.clock.now)
        network.status(leg, "answered", why, tell=False)
        # Its event follows the answer webhook, but carries the time of the pick-up.
        self._answered = payloads.status_event(leg, "answered", network.clock, detail=None, sip_code=None)
        network.beside(leg, self._limit())
        network.faults.watch(leg)
        network.beside(leg, act(network, leg, other) if isinstance(other, Handset) else other.carry())
        if keys := leg.options.get("dtmfAnswer"):
            network.send_keys(leg, keys, by="dtmfAnswer")
        if leg.parent is None:
            network.conversations.enter(leg, network.conversations.own(leg))
            leg.moved.fire()  # who was there before has not moved, but has been answered
        # Sound that a request started does not keep a call: rest-keeps-nothing-alive.
        self._why = "every action is complete"
        try:
            await self._carry_out(lambda: self._begin(other))
        finally:  # also when the call ends meanwhile: it was answered
            self._tell_answered()
        return Ending("completed", self._why, sip_code=200, disconnected_by="platform")

    def _tell_answered(self) -> None:
        event, self._answered = self._answered, None
        if event is not None:
            self._network.callbacks.event(self._leg, event)

    async def _carry_out(self, program: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
        """Carry out the leg's program, and whatever a transfer puts in its place."""
        leg = self._leg
        while program is not None:
            leg.program = asyncio.ensure_future(program())
            try:
                await leg.program
            except asyncio.CancelledError:
                if leg.next_program is None or leg.ending is not None:
                    raise
            program, leg.next_program = leg.next_program, None

    async def _begin(self, other: Handset | SocketLine | Trunk) -> None:
        """What an answered call begins with: who answered, then its NCCO, or whom it is connected to."""
        leg, network = self._leg, self._network
        if isinstance(other, Handset | Trunk) and leg.detection:
            if is_synchronous(leg):
                self._tell_answered()
                await detect(network, leg, other)
            else:
                network.beside(leg, detect(network, leg, other))
        if leg.parent is not None:
            return await self._join(leg.parent)
        if not leg.application_id:
            return await forever()  # passed on: until somebody hangs up
        try:
            ncco, source = await self._first_ncco()
        except NotAnNcco as failure:
            self._tell_answered()
            network.error(leg, failure.reason, failure.advice)
            await network.clock.sleep(AFTER_FAILURE)
            self._why = "there was no NCCO to carry out"
            return None
        self._tell_answered()
        return await network.carry_out(leg, ncco, source)

    async def _join(self, caller: Leg) -> None:
        """A leg that a connect action made: its own NCCO first (onAnswer), then together with the caller."""
        leg, network = self._leg, self._network
        self._tell_answered()
        if url := leg.options.get("onAnswer", {}).get("url"):
            leg.answer = Webhook(url, "GET", socket_timeout=ANSWER_TIMEOUT)
            try:
                await network.carry_out(leg, *await fetch_ncco(network, leg, network.region_url_of(leg)))
            except NotAnNcco as failure:
                network.error(leg, failure.reason, failure.advice)
        if caller.room is not None:
            network.conversations.enter(leg, caller.room)
            await forever()

    async def _limit(self) -> None:
        seconds = self._leg.length_timer
        await self._network.clock.sleep(seconds)
        self._leg.hang_up(f"length_timer, {seconds:g} s, ran out", by="platform")

    async def _first_ncco(self) -> tuple[Ncco, str]:
        """The NCCO to begin with: inline, or from the answer URL. Raises NotAnNcco."""
        if self._leg.ncco is not None:
            return parse(self._leg.ncco), "inline"
        return await fetch_ncco(self._network, self._leg, self._network.region_url_of(self._leg))
