"""The person of a rehearsal: presses keys and says words when the call listens for them, and hangs up in the end.

What is done is a step of a script, as a phone carries it out. When, no script can say beforehand: an NCCO that a
webhook answers with may come in between, and how many keys an input takes shows only while it listens.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..ncco.checking.lint import after_sounds
from ..ncco.models.listening import Dtmf, Speech
from ..ncco.models.voices import languages
from ..simulator.phones.handsets import KEY_PAUSE
from ..simulator.phones.hearing import Hearing
from ..simulator.phones.person import carry_out
from ..simulator.waiting import first_of

if TYPE_CHECKING:
    from ..calls.record import Entry
    from ..simulator.legs.leg import Leg
    from ..simulator.legs.network import Network
    from .scene import Scene

THINKS = 1.0  # seconds from when an input listens to the first key or word
INTERRUPTS = 2.0  # seconds into a sound with barge-in after which the first key or word cuts it short
RECORDS = 3.0  # seconds into a recording after which the key that ends it is pressed


class Person:
    """Follows one leg, and does the next thing that is left to do whenever the call is ready for it.

    ``keys`` is one row of keys: each ``input`` gets as many as it takes, the rest is for the next one. ``says`` has one
    text for each ``input`` that listens to speech, or for each recording that waits.
    """

    def __init__(self, network: Network, leg: Leg, scene: Scene) -> None:
        self.leg, self._network, self._seconds = leg, network, scene.seconds
        self.keys, self.says = deque(scene.keys), deque(scene.says)
        self._hearing = Hearing(network, leg)
        self._actions: list[dict[str, Any]] = []  # of the NCCO that runs
        self._running: Entry | None = None  # the action
        self._over: dict[str, asyncio.Event] = defaultdict(asyncio.Event)  # the action, and the sound
        self._todo: asyncio.Queue[tuple[Entry, asyncio.Event]] = asyncio.Queue()
        self._unsubscribe = network.trace.subscribe(self._notice)

    def _notice(self, e: Entry) -> None:
        """Told of everything that happens. Only what happens on this leg counts."""
        if e["leg"] != self.leg.uuid:
            return
        match e["kind"], e.get("source"), e.get("status"):
            case "ncco", _, _:
                self._actions = e["actions"]
            case ("action", _, _) | ("sound", "stream" | "talk", _):
                self._go_on(e, e["kind"])
            case "status", _, "answered":
                self._network.beside(self.leg, self._act())
                self._network.beside(self.leg, self._hang_up())
            case "status", _, "completed":
                self._unsubscribe()

    def _go_on(self, e: Entry, kind: str) -> None:
        """A sound or an action begins, or is over; what went on of its kind before is over, too."""
        self._over[kind].set()
        self._over[kind] = asyncio.Event()
        began = e["state"] == "started"
        if kind == "action":
            self._running = e if began else None
        if began:
            self._todo.put_nowait((e, self._over[kind]))

    async def _hang_up(self) -> None:
        await self._network.clock.sleep(self._seconds)
        self.leg.hang_up(f"the person hung up: {self._seconds:g} s are the most this rehearsal lasts", by="user")

    async def _act(self) -> None:
        while True:
            e, over = await self._todo.get()
            if e["kind"] == "action" and e["options"].get("mode") == "asynchronous":
                over = asyncio.Event()  # it is over at once, and goes on listening
            for seconds, left, options in self._chances(e):
                await first_of(self._network.clock.sleep(seconds), over.wait())
                if over.is_set():
                    break
                await self._do(left, options)

    def _chances(self, e: Entry) -> Iterator[tuple[float, deque[str], dict[str, Any]]]:
        """What to do about a sound or an action: after how many seconds, from which row, for an input of what kind."""
        if e["kind"] == "sound":
            coming = self._input_behind()
            if coming and (left := self._left_for(coming)):
                yield INTERRUPTS, left, coming
        elif e["action"] == "input":
            yield from self._answers(e, e["options"])
        elif e["action"] == "record":  # one that does not wait is over at once
            if self.says:
                yield THINKS + (THINKS if e["options"].get("beepStart") else 0), self.says, {}
            if self.keys and self.keys[0] == e["options"].get("endOnKey"):
                yield RECORDS, self.keys, {}

    def _answers(self, e: Entry, options: dict[str, Any]) -> Iterator[tuple[float, deque[str], dict[str, Any]]]:
        """All the keys until the input has enough, or one text."""
        left, later = self._left_for(options), self._actions[int(e["index"]) + 1 :]
        if options.get("mode") == "asynchronous":
            # Each key is sent at once. Keys that a later input wants are kept for it.
            while self.keys and not any(one["action"] == "input" and "dtmf" in one["type"] for one in later):
                yield THINKS, self.keys, options
        elif left:
            yield self._pause(options, by_key=left is self.keys), left, options
            while left and left is self.keys:
                yield KEY_PAUSE, left, options

    def _left_for(self, options: dict[str, Any]) -> deque[str]:
        """The keys, or else the texts, if an input with these options takes one."""
        by_key = bool(self.keys) and "dtmf" in options["type"]
        return self.keys if by_key else self.says if "speech" in options["type"] else deque()

    def _input_behind(self) -> dict[str, Any] | None:
        """The input that a key or a word would lead to now; None when nothing may be interrupted.

        NCCO reference: once an action sets bargeIn, it holds for the following ones until an input.
        """
        if self._running is None:
            return None
        index = int(self._running["index"])
        before = [place for place, one in enumerate(self._actions[:index]) if one["action"] == "input"]
        group = self._actions[before[-1] + 1 if before else 0 : index + 1]
        coming = self._actions[after_sounds([one["action"] for one in self._actions], index) :][:1]
        wanted = coming and coming[0]["action"] == "input" and any(one.get("bargeIn") for one in group)
        return coming[0] if wanted else None

    def _pause(self, options: dict[str, Any], *, by_key: bool) -> float:
        """How long the person takes to begin: in time, also for an input that waits for a moment only."""
        pressed = self.leg.keypad.pressed
        if pressed and self._network.clock.now - pressed[-1][0] < KEY_PAUSE:
            return KEY_PAUSE  # the first key has cut a sound short
        rules = options.get("dtmf" if by_key else "speech") or {}
        patience = rules.get("timeOut", Dtmf().timeOut) if by_key else rules.get("startTimeout", Speech().startTimeout)
        return min(THINKS, float(patience) / 2)

    async def _do(self, left: deque[str], options: dict[str, Any]) -> None:
        """The next of the keys, or of the texts, which takes until the words are out."""
        step = {"do": "press", "digits": left.popleft()}
        if left is self.says:
            language = (options.get("speech") or {}).get("language", "en-US")
            step = {"do": "say", "text": step["digits"], "language": language if language in languages() else "en-US"}
        await carry_out(self._network, self.leg, self._hearing, step)
