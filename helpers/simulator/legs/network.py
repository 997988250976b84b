"""The exchange: legs, phones, sounds on the line, and what may be asked of them. State and time, no HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from ...calls.trace import Trace
from ...ncco import Ncco
from ..account.account import Account
from ..account.regions import base_address
from ..clock import Clock
from ..ids import Ids
from ..phones.handsets import Handset
from ..phones.person import key, press
from ..phones.scripts import HandsetError, checked_keys
from ..sound.mixing import Cue, Sound
from ..webhooks import payloads
from ..webhooks.audio_fetcher import PLAYABLE, SoundError, Sounds
from ..webhooks.callbacks import Callbacks
from ..webhooks.reach import Reach
from .conversations import Conversations
from .faults import Faults
from .joining import fetch_and_go_on, go_on_with
from .leg import Leg, Utterance
from .life import Life
from .recordings import Recordings
from .runner import Runner

logger = logging.getLogger(__name__)


class Network:
    """The phone network: state and time, no HTTP. Everything here runs on one event loop."""

    def __init__(
        self, clock: Clock, account: Account, ids: Ids, trace: Trace, reach: Reach, *, region_url: str = ""
    ) -> None:
        self.clock, self.account, self.ids, self.trace, self.reach = clock, account, ids, trace, reach
        self.region_url = region_url
        self.closing = asyncio.Event()
        # On an exchange of many accounts: whose a number is that others can call, who has it as their phone, and what
        # they see of our phones.
        self.home_of: Callable[[str], Network | None] = lambda number: None
        self.name_of: Callable[[str], str] = lambda number: ""
        self.public_number = ""
        self.legs: dict[str, Leg] = {}
        self.handsets: dict[str, Handset] = {}
        self.conversations = Conversations(self)
        self.recordings = Recordings(self)
        self.callbacks = Callbacks(self)
        self.sounds = Sounds(self)
        self.faults = Faults(self)

    # What others ask for

    def handset(self, address: str) -> Handset:
        """The phone with this number or address. One nobody set up is a phone that answers after two seconds."""
        if address not in self.handsets:
            self.handsets[address] = Handset(address, name=self.name_of(address))
            if address == self.public_number:  # it is somebody's, who answers it
                self.handsets[address].configure({"behaviour": "manual"})
        return self.handsets[address]

    def place(self, leg: Leg) -> Leg:
        """Set up an outbound leg that the API asked for."""
        return self._begin(leg, Life(self, leg).outbound)

    def dial(
        self,
        address: str,
        to: str,
        *,
        headers: dict[str, str] | None = None,
        custom_data: dict[str, Any] | None = None,
        application_id: str = "",
    ) -> Leg:
        """A phone dials a number. The leg is there at once; what becomes of it shows in the trace.

        ``headers`` are a SIP caller's own; ``custom_data`` and ``application_id`` an app user's, who reaches an
        application whatever they dial.
        """
        handset = self.handset(address)
        if handset.leg and not handset.leg.over:
            now = f"{handset.leg.uuid}, {handset.leg.status}"
            raise HandsetError(f"The phone {address} is already in a call ({now}).", "Hang up first: phone.hang_up().")
        kind, _, name = address.partition(":")
        endpoint = kind if name else "phone"
        who = name if endpoint in ("app", "vbc") else address
        leg = Leg(
            self.ids.hex(), self.ids.conversation(), "inbound", who, to, application_id, self.clock.now,
            endpoint="sip" if endpoint == "sips" else endpoint, sip_headers=headers or {}, custom_data=custom_data,
        )  # fmt: skip
        handset.leg = leg
        return self.receive(leg)

    def receive(self, leg: Leg) -> Leg:
        """Take in a leg that calls a number."""
        return self._begin(leg, Life(self, leg).inbound)

    def press(self, number: str, digits: str) -> None:
        """The person presses keys, one every fifth of a second; the first one now."""
        leg, digits = self.handset(number).in_call(), checked_keys(digits)
        key(self, leg, digits[0])
        if digits[1:]:
            self.beside(leg, press(self, leg, digits[1:], pause_first=True))

    def speak(self, number: str, text: str, language: str = "en-US") -> asyncio.Task[Any]:
        """The person on a phone says something; the task is done when it has begun."""
        leg = self.handset(number).in_call()
        return self.beside(leg, self.say(leg, text, language=language))

    def hang_up_handset(self, number: str) -> None:
        """The person hangs up: ends the call, or the attempt to make one."""
        leg = self.handset(number).leg
        if leg is None or leg.over:
            raise HandsetError(f"The phone {number} is not in a call.", "There is nothing to hang up.")
        if leg.status == "answered" or leg.direction == "inbound":
            leg.hang_up("the person hung up", by="user")
        else:
            raise HandsetError(f"The phone {number} is ringing.", "Use decline() to refuse the call.")

    def play(
        self, leg: Leg, source: str, sound: Callable[[], Awaitable[Sound]], level: float, loop: int, **what: str
    ) -> None:
        """Play into a running call (REST stream or talk), beside its NCCO; a second one replaces the first.

        ``sound`` is fetched or spoken first; stopping it meanwhile means that it never begins.
        """
        self.stop_playing(leg, source)
        task = self.beside(leg, self._play(leg, source, sound, level, loop, what))
        leg.playing[source] = task.cancel

    async def _play(
        self, leg: Leg, source: str, get: Callable[[], Awaitable[Sound]], level: float, loop: int, what: dict[str, str]
    ) -> None:
        try:
            sound = await get()
        except SoundError as error:
            leg.playing.pop(source, None)
            self.unplayable(leg, what.get("url", ""), error)
            return
        cue, stop = self._start_sound(leg, source, sound, level, loop, what)
        leg.playing[source] = stop
        if cue.ends is not None:
            await self.clock.sleep_until(cue.ends)
            if leg.playing.get(source) is stop:
                self.stop_playing(leg, source)

    def stop_playing(self, leg: Leg, source: str) -> None:
        """Stop a REST stream or talk; nothing happens if there is none."""
        if stop := leg.playing.pop(source, None):
            stop()

    def talk_of(self, leg: Leg) -> tuple[float, float]:
        """From when to when there is something to hear on a leg: from its answer to its end, or till now."""
        if leg.answered_at is None:
            raise HandsetError(f"The call {leg.uuid} has not been answered.", "There is nothing to hear yet.")
        return leg.answered_at, self.clock.now if leg.ended_at is None else leg.ended_at

    async def voice(self, text: str, language: str, style: int) -> Sound:
        """The spoken text."""
        async with self.clock.in_flight():
            return await self.sounds.spoken(text, language, style)

    def region_url_of(self, leg: Leg) -> str:
        """The address to use for requests about this call."""
        return base_address(self.region_url, leg.region)

    def is_forgotten(self, leg: Leg) -> bool:
        """True for a call that ended more than ``leg_persistence_time`` days ago (Application API 2.4.1)."""
        if leg.ended_at is None or self.clock.now - leg.ended_at < 24 * 3600:  # a day is the least it can be
            return False
        days: float = self.account.voice(leg.application_id).get("leg_persistence_time", 7)
        return self.clock.now - leg.ended_at > days * 24 * 3600

    def control(self, leg: Leg, action: str) -> None:
        """mute and earmuff, and their opposites: the others do not hear this leg, this leg does not hear the others.

        What the platform itself plays to an earmuffed leg is still heard (the kit's assumption).
        """
        if action in ("mute", "unmute"):
            leg.muted = action == "mute"
        else:
            leg.earmuffed = action == "earmuff"
        self.note(leg, "control", action=action)
        self.conversations.repatch(leg)

    async def carry_out(self, leg: Leg, ncco: Ncco, source: str) -> None:
        """An NCCO on an answered leg, and whatever replaces it."""
        await Runner(self, leg).run(ncco, source)

    def transfer(self, leg: Leg, ncco: Ncco | None, url: str = "") -> None:
        """Let a leg go on with another NCCO, or with one fetched from ``url``."""
        if ncco is not None:
            go_on_with(self, leg, ncco, "transfer")
        else:
            self.beside(leg, fetch_and_go_on(self, leg, url))

    def send_keys(self, leg: Leg, digits: str, *, by: str) -> None:
        """Play key tones into a leg: ``by`` is ``"api"`` or ``"dtmfAnswer"``. ``p`` is a pause of 500 ms."""
        from ..sound.tones import dtmf_string

        self.note(leg, "dtmf", digits=digits, by=by)
        cue, _ = self._start_sound(leg, "dtmf", dtmf_string(digits), 0.0, 1, {"text": digits})
        cue.is_tone = True
        if leg.on_key is not None:  # a websocket is told in words
            for digit in digits.replace("p", ""):
                leg.on_key(digit)

    async def say(
        self, leg: Leg, text: str, *, language: str = "en-US", style: int = 0, source: str = "handset"
    ) -> Cue:
        """Speak ``text`` on a leg, as the person there; returns when it has begun."""
        return self.utter(leg, await self.voice(text, language, style), text=text, source=source)

    def utter(
        self, leg: Leg, sound: Sound, *, text: str | None = None, source: str = "handset",
        url: str | None = None,
    ) -> Cue:  # fmt: skip
        """The person or machine on a leg sends a sound into the call, now. What comes from a phone is narrowband."""
        if leg.law:
            sound = sound.through_phone(leg.law)
        cue = leg.mouth.start(self.clock.now, sound)
        where = {} if url is None else {"url": url}
        self.note(leg, "said", text=text, by=source, seconds=round(sound.seconds, 3), **where)
        if text is not None:
            leg.utterances.append(Utterance(cue.at, cue.at + sound.seconds, text))
        cue.text, cue.url = text, url
        leg.speaks()
        return cue

    async def reset(self) -> None:
        """Forget calls, phones and files. The account stays, and so does the time."""
        await self.close_calls()
        self.legs.clear()
        self.handsets.clear()
        self.conversations.clear()
        self.recordings.clear()
        self.sounds.clear()
        self.trace.clear()

    async def close(self) -> None:
        """End the calls and close the connections, those of who follows the record, too."""
        self.closing.set()
        await self.close_calls()
        await self.callbacks.close()

    async def close_calls(self) -> None:
        """End everything that runs, at once and without telling anybody but the other side of a call."""
        for leg in self.legs.values():
            leg.event = None
            if leg.far is not None and leg.far_home is not self:
                leg.far.hang_up("the other side is gone", by="platform")
        tasks = [task for leg in self.legs.values() for task in leg.tasks if not task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # What the parts share

    def note(self, leg: Leg, kind: str, **facts: Any) -> None:
        """Write to the trace, now."""
        self.trace.append(kind, at=self.clock.now, leg=leg.uuid, conversation=leg.conversation, **facts)

    def error(self, leg: Leg, reason: str, advice: str) -> None:
        """Something in the call went wrong: in the trace with advice, to the event URL as tersely as Vonage does."""
        self.note(leg, "error", reason=reason, advice=advice)
        self.callbacks.event(leg, payloads.error_event(leg, reason, self.clock), kind="error")

    def unplayable(self, leg: Leg, url: str, error: SoundError) -> None:
        """A file that the call should play cannot be played. Vonage publishes no text for this."""
        self.error(
            leg, f"Audio of stream cannot be played: {str(error).rstrip('.')}.", f"Open {url} in a browser: {PLAYABLE}"
        )

    def status(self, leg: Leg, status: str, why: str, tell: bool = True, **facts: Any) -> dict[str, Any]:
        """Note a status and, unless told otherwise, send its event, which is returned.

        ``facts``: detail, sip_code, disconnected_by.
        """
        leg.history.append(status)
        facts = {"detail": None, "sip_code": None, "disconnected_by": None} | facts
        self.note(leg, "status", status=status, why=why, **facts)
        event = payloads.status_event(leg, status, self.clock, detail=facts["detail"], sip_code=facts["sip_code"])
        if tell:
            self.callbacks.event(leg, event)
        return event

    def spawn(self, leg: Leg, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something for a leg. What goes wrong there is logged and noted, never lost."""
        task = asyncio.get_running_loop().create_task(work)
        leg.tasks[task] = None

        def done(task: asyncio.Task[Any]) -> None:
            leg.tasks.pop(task, None)
            leg.beside.pop(task, None)
            if not task.cancelled() and (problem := task.exception()):
                logger.error("a call failed inside the simulator", exc_info=problem)
                self.note(leg, "error", reason=f"The simulator failed: {problem!r}", advice="Please report this.")

        task.add_done_callback(done)
        return task

    def beside(self, leg: Leg, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something that has no meaning once the leg is over."""
        task = self.spawn(leg, work)
        leg.beside[task] = None
        return task

    @contextmanager
    def sounding(self, leg: Leg, source: str, sound: Sound, level: float, loop: int, **what: str) -> Iterator[Cue]:
        """Put a sound on the leg's cue sheet for as long as the block runs."""
        cue, stop = self._start_sound(leg, source, sound, level, loop, what)
        try:
            yield cue
        finally:
            stop()

    def _start_sound(
        self, leg: Leg, source: str, sound: Sound, level: float, loop: int, what: dict[str, str]
    ) -> tuple[Cue, Callable[[], None]]:
        """Put a sound on the cue sheet; returns the cue and what ends it."""
        cue = leg.ear.start(self.clock.now, sound, level=level, loop=loop)
        facts = {"cue": cue.number, "source": source, "url": what.get("url"), "text": what.get("text"),
                 "level": level, "loop": loop, "seconds": round(sound.seconds, 3)}  # fmt: skip
        self.note(leg, "sound", state="started", ends=cue.ends, **facts)
        cue.text, cue.url = what.get("text"), what.get("url")
        leg.hears.fire()

        def stop() -> None:
            if cue.stopped_at is None:
                cue.stopped_at = self.clock.now
                self.note(leg, "sound", state="stopped", ends=cue.stopped_at, **facts)
                leg.hears.fire()

        return cue, stop

    def _begin(self, leg: Leg, life: Callable[[], Coroutine[Any, Any, None]]) -> Leg:
        self.legs[leg.uuid] = leg
        leg.conversations.append(leg.conversation)
        phone = self.handsets.get(leg.address)
        name = (phone.name if phone else "") or self.name_of(leg.address)
        named = {"name": name} if name else {}
        self.note(leg, "leg", direction=leg.direction, **{"from": leg.from_}, to=leg.to, type=leg.endpoint, **named)
        leg.life = self.spawn(leg, life())
        return leg
