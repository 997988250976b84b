"""The person of a rehearsal: presses keys and says words when the call listens for them, and hangs up in the end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..ncco.models.listening import Dtmf, Speech
from ..ncco.models.voices import languages
from ..simulator.legs.leg import Signal
from ..simulator.phones.handsets import KEY_PAUSE
from ..simulator.phones.person import key
from ..simulator.waiting import first_of, until

if TYPE_CHECKING:
    from ..calls.record import Entry
    from ..simulator.legs.leg import Leg
    from ..simulator.legs.network import Network
    from .scene import Scene

THINKS = 1.0  # seconds from when an input listens to the first key or word
INTERRUPTS = 2.0  # seconds into a sound with barge-in after which the first key or word cuts it short
RECORDS = 3.0  # seconds into a recording after which the key that ends it is pressed
SPOKEN_TO = ("stream", "talk")
ENDS = ("endOnKey", "endOnSilence", "timeOut")  # with one of them a record action waits


class Person:
    """Follows one leg, and does the next thing that is left to do whenever the call is ready for it.

    ``keys`` is one row of keys: each ``input`` gets as many as it takes, the rest is for the next one. ``says`` has one
    text for each ``input`` that listens to speech, or for each recording that waits.
    """

    def __init__(self, network: Network, leg: Leg, scene: Scene) -> None:
        self._network, self._leg, self._seconds = network, leg, scene.seconds
        self.keys, self.says = deque(scene.keys), deque(scene.says)
        self._actions: list[dict[str, Any]] = []  # of the NCCO that runs
        self._todo: asyncio.Queue[Entry] = asyncio.Queue()
        self._running: Entry | None = None  # the action
        self._sounding: Entry | None = None
        self._changed = Signal()
        self._unsubscribe = network.trace.subscribe(self._notice)

    def _notice(self, e: Entry) -> None:
        """Told of everything that happens. Only what happens on this leg counts."""
        if e["leg"] != self._leg.uuid:
            return
        if e["kind"] == "ncco":
            self._actions = e["actions"]
        elif e["kind"] == "action":
            self._running = e if e["state"] == "started" else None
        elif e["kind"] == "sound" and e["source"] in SPOKEN_TO:
            self._sounding = e if e["state"] == "started" else None
        elif e["kind"] == "status" and e["status"] == "answered":
            self._network.beside(self._leg, self._act())
            self._network.beside(self._leg, self._hang_up())
            return
        elif e["kind"] == "status" and e["status"] == "completed":
            self._unsubscribe()
            return
        else:
            return
        if e.get("state") == "started":
            self._todo.put_nowait(e)
        self._changed.fire()

    async def _hang_up(self) -> None:
        await self._network.clock.sleep(self._seconds)
        self._leg.hang_up(f"the person hung up: {self._seconds:g} s are the most this rehearsal lasts", by="user")

    async def _act(self) -> None:
        while True:
            e = await self._todo.get()
            if e["kind"] == "sound":
                await self._interrupt(e)
            elif e["action"] == "input":
                await self._answer(e)
            elif e["action"] == "record" and any(name in e["options"] for name in ENDS):
                await self._leave_a_message(e)

    async def _interrupt(self, sound: Entry) -> None:
        """Cut a sound short that may be, if there is a key or a word for the input behind it."""
        coming = self._input_behind()
        if coming is None or not await self._still(INTERRUPTS, lambda: self._sounding is sound):
            return
        if self.keys and "dtmf" in coming["type"]:
            key(self._network, self._leg, self.keys.popleft())
        elif self.says and "speech" in coming["type"]:
            await self._say(coming)

    def _input_behind(self) -> dict[str, Any] | None:
        """The input that a key or a word would lead to now; None when nothing may be interrupted.

        NCCO reference: once an action sets bargeIn, it holds for the following ones until an input.
        """
        if self._running is None:
            return None
        index = int(self._running["index"])
        before = [place for place, one in enumerate(self._actions[:index]) if one["action"] == "input"]
        group = self._actions[before[-1] + 1 if before else 0 : index + 1]
        coming = next((one for one in self._actions[index:] if one["action"] == "input"), None)
        return coming if any(one.get("bargeIn") for one in group) else None

    async def _answer(self, action: Entry) -> None:
        """Press the keys, or say the words, that an input waits for."""
        options = action["options"]
        if options.get("mode") == "asynchronous":
            await self._press_for_a_later_webhook(action)
            return
        by_key = bool(self.keys) and "dtmf" in options["type"]
        if not by_key and not (self.says and "speech" in options["type"]):
            return
        pause = self._pause(options, by_key=by_key)
        if not by_key:
            if await self._still(pause, lambda: self._running is action):
                await self._say(options)
            return
        while self.keys and await self._still(pause, lambda: self._running is action):
            key(self._network, self._leg, self.keys.popleft())
            pause = KEY_PAUSE

    def _pause(self, options: dict[str, Any], *, by_key: bool) -> float:
        """How long the person takes to begin: in time, also for an input that waits for a moment only."""
        pressed = self._leg.keypad.pressed
        if pressed and self._network.clock.now - pressed[-1][0] < KEY_PAUSE:
            return KEY_PAUSE  # the first key has cut a sound short
        if by_key:
            patience = (options.get("dtmf") or {}).get("timeOut", Dtmf().timeOut)
        else:
            patience = (options.get("speech") or {}).get("startTimeout", Speech().startTimeout)
        return min(THINKS, float(patience) / 2)

    async def _press_for_a_later_webhook(self, action: Entry) -> None:
        """After an asynchronous input each key is sent at once. Keys that a later input wants are kept for it."""
        later = self._actions[int(action["index"]) + 1 :]
        if any(one["action"] == "input" and "dtmf" in one["type"] for one in later):
            return
        while self.keys:
            await self._network.clock.sleep(THINKS)
            key(self._network, self._leg, self.keys.popleft())

    async def _leave_a_message(self, action: Entry) -> None:
        """Say something, and press the key that ends a recording."""
        options = action["options"]
        beep = THINKS if options.get("beepStart") else 0
        if self.says and await self._still(THINKS + beep, lambda: self._running is action):
            await self._say({})
        ends = bool(self.keys) and self.keys[0] == options.get("endOnKey")
        if ends and await self._still(RECORDS, lambda: self._running is action):
            key(self._network, self._leg, self.keys.popleft())

    async def _say(self, options: dict[str, Any]) -> None:
        """Speak, and be done when the words are out."""
        language = (options.get("speech") or {}).get("language", "en-US")
        cue = await self._network.say(
            self._leg, self.says.popleft(), language=language if language in languages() else "en-US"
        )
        await self._network.clock.sleep_until(cue.ends or self._network.clock.now)

    async def _still(self, seconds: float, holds: Callable[[], bool]) -> bool:
        """Wait; False as soon as something does not hold any more."""
        await first_of(self._network.clock.sleep(seconds), until(lambda: not holds(), self._changed.next))
        return holds()
