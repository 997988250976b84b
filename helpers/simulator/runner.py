"""Carries out an NCCO on an answered leg: action by action, in order, until nothing is left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from helpers.ncco import Input, Ncco, Notify, Stream, Talk, Wait
from helpers.simulator import payloads
from helpers.simulator.callbacks import NotAnNcco, Reply, ncco_of, why_not_json
from helpers.simulator.leg import Leg, Webhook
from helpers.simulator.sounds import PLAYABLE, SoundError, unplayable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.simulator.media import Sound
    from helpers.simulator.network import Network


class Skip(Exception):
    """The action cannot be carried out; the call goes on with the next one."""


class Runner:
    """One NCCO after another on one leg. An action may hand back a new NCCO, which replaces the rest of the old one.

    bargeIn (NCCO reference): once an action sets it, it holds for the following ones until an ``input``. A key press
    then stops what plays, skips the prompts up to that ``input``, and counts as its first digit. The prompts of a
    barge-in group play one after another, and the ``input`` starts to wait when they are over (the kit's assumption).
    """

    def __init__(self, network: Network, leg: Leg) -> None:
        self._network = network
        self._leg = leg
        self._barge_from: int | None = None  # keys pressed before this position do not count; None: no barge-in
        self._barged = False
        self._index = 0
        self._stopped: str | None = None  # why the running action ended early, if it did

    async def run(self, ncco: Ncco, source: str) -> None:
        """Carry out ``ncco`` and whatever replaces it. Returns when every action is complete."""
        current: tuple[Ncco, str] | None = (ncco, source)
        while current:
            current = await self._run_one(*current)

    async def _run_one(self, ncco: Ncco, source: str) -> tuple[Ncco, str] | None:
        self._leg.ncco_count += 1
        self._network.note(self._leg, "ncco", source=source, actions=ncco.to_list())
        carry: dict[type, Callable[[Any], Awaitable[tuple[Ncco, str] | None]]] = {
            Stream: self._stream,
            Talk: self._talk,
            Input: self._input,
            Wait: self._wait,
            Notify: self._notify,
        }
        for self._index, action in enumerate(ncco):
            todo = carry.get(type(action))
            if todo is None:
                self._mark(action, "skipped", why="this simulator does not carry out the action yet")
                continue
            replacement = None  # what stays when the action is skipped
            with self._running(action):
                replacement = await todo(action)
            if replacement:
                return replacement
        return None

    # The actions

    async def _stream(self, action: Stream) -> None:
        if self._skip_prompt(action.bargeIn):
            raise Skip("a key was pressed: straight to the input")
        try:
            sound = await self._network.sounds.get(self._leg, action.streamUrl[0])
        except SoundError as error:
            # Vonage publishes no rule: here the action is skipped, an error event is sent and the call goes on.
            advice = f"Open {action.streamUrl[0]} in a browser: {PLAYABLE}"
            self._network.error(self._leg, unplayable(error), advice)
            raise Skip(str(error)) from None
        await self._play("stream", sound, action.level, action.loop, url=action.streamUrl[0])

    async def _talk(self, action: Talk) -> None:
        if self._skip_prompt(action.bargeIn):
            raise Skip("a key was pressed: straight to the input")
        sound = await self._network.voice(action.text, action.language, action.style)
        await self._play("talk", sound, action.level, action.loop, text=action.text)

    async def _wait(self, action: Wait) -> None:
        await self._network.clock.sleep(action.timeout)

    async def _notify(self, action: Notify) -> tuple[Ncco, str] | None:
        self._network.note(self._leg, "notify", payload=action.payload)
        event = payloads.notify_event(self._leg, action.payload, self._network.clock)
        return await self._ask("notify", event, action.eventUrl, action.eventMethod)

    async def _input(self, action: Input) -> tuple[Ncco, str] | None:
        if action.mode == "asynchronous":
            raise Skip("asynchronous input is not carried out yet")
        if "dtmf" not in action.type:
            raise Skip("speech input is not carried out yet")
        digits, timed_out = await self._digits(action)
        event = payloads.input_event(self._leg, digits, timed_out, self._network.clock)
        return await self._ask("input", event, action.eventUrl, action.eventMethod)

    async def _digits(self, action: Input) -> tuple[str, bool]:
        """Collect digits until maxDigits, ``#`` with submitOnHash, or timeOut after the last key."""
        from helpers.ncco.actions import Dtmf

        rules = action.dtmf or Dtmf()
        keypad, clock = self._leg.keypad, self._network.clock
        begin = len(keypad.pressed) if self._barge_from is None else self._barge_from
        self._barge_from, self._barged = None, False
        last_key = clock.now
        while True:
            digits = "".join(digit for _, digit in keypad.since(begin))
            if rules.submitOnHash and "#" in digits:
                digits, why = digits.partition("#")[0], "submit_on_hash"
                break
            if len(digits) >= rules.maxDigits:
                digits, why = digits[: rules.maxDigits], "max_digits"
                break
            if not await self._until_key(begin + len(digits), last_key + rules.timeOut):
                why = "time_out"
                break
            last_key = clock.now
        self._network.note(self._leg, "input", digits=digits, timed_out=why == "time_out", why=why)
        return digits, why == "time_out"

    # What the actions share

    async def _play(self, source: str, sound: Sound, level: float, loop: int, **what: str) -> None:
        """Play to the end, or until a key press when barge-in is on."""
        with self._network.sounding(self._leg, source, sound, level, loop, **what) as cue:
            end = cue.ends if cue.ends is not None else float("inf")
            if self._barge_from is None:
                await self._sleep_until(end)
            elif await self._until_key(self._barge_from, end):
                self._barged = True
                self._stopped = "key press"

    def _skip_prompt(self, barge_in: bool) -> bool:
        """Note barge-in, and tell whether a key press has already made this prompt superfluous."""
        if barge_in and self._barge_from is None:
            self._barge_from = len(self._leg.keypad.pressed)
        return self._barged

    async def _until_key(self, position: int, at: float) -> bool:
        """Wait for a key beyond ``position``, no longer than until ``at``. True: a key was pressed."""
        key = asyncio.ensure_future(self._leg.keypad.next(position))
        timer = asyncio.ensure_future(self._sleep_until(at))
        try:
            await asyncio.wait((key, timer), return_when=asyncio.FIRST_COMPLETED)
            return key.done()
        finally:
            key.cancel()
            timer.cancel()

    async def _sleep_until(self, at: float) -> None:
        if at == float("inf"):
            await asyncio.get_running_loop().create_future()  # an endless loop: only a cancellation ends it
        await self._network.clock.sleep_until(at)

    async def _ask(
        self, kind: str, event: dict[str, Any], url: list[str] | None, method: str
    ) -> tuple[Ncco, str] | None:
        """Send an event whose reply may be a new NCCO. Failing that, the call goes on with the old one."""
        leg, network = self._leg, self._network
        hook = Webhook(url[0], method) if url else leg.event
        reply = await network.callbacks.deliver(leg, kind, event, hook, ncco=True)
        if hook is None or reply is None:
            return None
        if not reply.ok and leg.fallback:
            reply = await network.callbacks.fall_back(leg, reply, hook.url, "event", event)
        if not reply.ok:
            network.error(leg, f"The {kind} webhook failed: {reply.error}.", "The call goes on with the old NCCO.")
            return None
        return self._replacement(kind, reply, hook.url)

    def _replacement(self, kind: str, reply: Reply, url: str) -> tuple[Ncco, str] | None:
        """The NCCO in a reply; an empty reply, or one that is no JSON array, means: go on."""
        if why_not_json(reply) or not isinstance(json.loads(reply.body), list) or not json.loads(reply.body):
            return None
        try:
            return ncco_of(reply, url), kind
        except NotAnNcco as failure:
            self._network.error(self._leg, failure.reason, failure.advice)
            return None

    @contextmanager
    def _running(self, action: Any) -> Iterator[None]:
        """The trace entries around one action."""
        self._stopped = None
        self._mark(action, "started")
        try:
            yield
        except Skip as skip:
            self._mark(action, "skipped", why=str(skip))
        except asyncio.CancelledError:
            ending = self._leg.ending
            self._mark(action, "stopped", why=ending.why if ending else "the exchange was switched off")
            raise
        else:
            self._mark(action, "stopped" if self._stopped else "finished", why=self._stopped)

    def _mark(self, action: Any, state: str, why: str | None = None) -> None:
        options = {k: v for k, v in action.to_dict().items() if k != "action"}
        self._network.note(self._leg, "action", index=self._index, ncco=self._leg.ncco_count, action=action.action,
                           options=options, state=state, why=why)  # fmt: skip
