"""One leg: one phone's side of a call, its states, and how it may leave them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...base.addresses import plain
from ...base.errors import KitError
from ...calls.statuses import LAST, LIVE
from ..account.applications import Webhook
from ..phones.handsets import Ending
from ..sound.mixing import CueSheet, Patch, law_of

if TYPE_CHECKING:
    from ..sound.tape import Tape
    from .conversations import Conversation
    from .network import Network

# From → to. A status without an entry is final.
TRANSITIONS: dict[str, set[str]] = {
    "started": {"ringing", "rejected", "failed", "cancelled"},
    "ringing": {"answered", "busy", "cancelled", "failed", "rejected", "timeout", "unanswered"},
    "answered": {"completed"},
    "busy": {"completed"},
    "cancelled": {"completed"},
    "failed": {"completed"},
    "timeout": {"completed"},
    "unanswered": {"completed"},
}


class LegError(KitError):
    """A leg was asked to do what its state does not allow."""


class Signal:
    """Something that happens again and again, and that others wait for."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def fire(self) -> None:
        """It has happened: wake everybody who waits."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def next(self) -> None:
        """Wait until it happens again."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)


class Keypad:
    """The keys pressed on a phone, and who waits for them."""

    def __init__(self) -> None:
        self.pressed: list[tuple[float, str]] = []
        self._signal = Signal()

    def press(self, at: float, digit: str) -> None:
        self.pressed.append((at, digit))
        self._signal.fire()

    def since(self, position: int) -> list[tuple[float, str]]:
        """The keys pressed after the first ``position`` ones."""
        return self.pressed[position:]

    async def next(self, position: int) -> None:
        """Wait until more than ``position`` keys have been pressed."""
        while len(self.pressed) <= position:
            await self._signal.next()


@dataclass(frozen=True)
class Utterance:
    """Words said on a leg: from ``at`` to ``ends``, call time."""

    at: float
    ends: float
    text: str


@dataclass(frozen=True)
class Detection:
    """What to do about answering machines: ``machine_detection`` and ``advanced_machine_detection``."""

    behavior: str = "continue"  # or "hangup"
    mode: str | None = None  # None: the plain one; "default", "detect", "detect_beep": the advanced one
    beep_timeout: float = 45.0  # seconds; the advanced one, when nothing else is given


@dataclass(eq=False, repr=False)
class Leg:
    """One leg. ``from_`` and ``to`` are plain digit strings; times are call time in seconds."""

    uuid: str
    conversation: str
    direction: str  # "outbound": Vonage rings the phone; "inbound": the phone rings Vonage
    from_: str
    to: str
    application_id: str
    created_at: float
    event: Webhook | None = None
    answer: Webhook | None = None
    fallback: Webhook | None = None
    ncco: list[dict[str, Any]] | None = None
    ringing_timer: float = 60
    length_timer: float = 7200
    endpoint: str = "phone"
    region: str = ""
    headers: dict[str, Any] = field(default_factory=dict)  # a websocket's or SIP endpoint's own; events repeat them
    sip_headers: dict[str, str] = field(default_factory=dict)  # of an inbound SIP call
    custom_data: dict[str, Any] | None = None  # of an inbound call from an app
    options: dict[str, Any] = field(default_factory=dict)  # the rest of the endpoint object, as it was sent
    detection: Detection | None = None
    parent: Leg | None = None  # the leg whose connect action made this one
    far: Leg | None = None  # the leg at the other end of the line, if that is one of the simulator's, too
    far_home: Network | None = None  # and its network

    status: str = "started"
    detail: str | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    keypad: Keypad = field(default_factory=Keypad)
    ear: CueSheet = field(default_factory=CueSheet)  # what the platform plays to it
    mouth: CueSheet = field(default_factory=CueSheet)  # what it says
    voice: Signal = field(default_factory=Signal)  # it says something new
    hears: Signal = field(default_factory=Signal)  # something it may hear has begun or ended
    beeped: asyncio.Event = field(default_factory=asyncio.Event)
    utterances: list[Utterance] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)  # whom it heard, and when
    open_patches: dict[str, Patch] = field(default_factory=dict)
    tapes: list[Tape] = field(default_factory=list)  # its recordings that run
    room: Conversation | None = None
    conversations: list[str] = field(default_factory=list)  # every conversation it has been in
    moved: Signal = field(default_factory=Signal)  # it entered or left a conversation, or is over
    muted: bool = False
    earmuffed: bool = False
    on_key: Callable[[str], object] | None = None  # told of the keys that others press (websocket)
    subscription: Webhook | None = None  # each key goes there at once (asynchronous input)
    # Dictionaries, because a set would end them in another order on every run.
    tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict)
    beside: dict[asyncio.Task[Any], None] = field(default_factory=dict)  # those that end with the leg
    deliveries: asyncio.Lock = field(default_factory=asyncio.Lock)  # events leave in the order they happened
    life: asyncio.Task[None] | None = None
    program: asyncio.Future[None] | None = None  # the NCCO that runs
    next_program: Callable[[], Coroutine[Any, Any, None]] | None = None  # what a transfer put in its place
    at_end: list[Callable[[], object]] = field(default_factory=list)  # called when it is over, before its last event
    ending: Ending | None = None
    reply: asyncio.Future[Any] | None = None  # what the webhook replies when this leg of a connect action fails
    playing: dict[str, Callable[[], object]] = field(default_factory=dict)  # REST stream and talk: how to stop each
    history: list[str] = field(default_factory=list)  # every status so far, in the order it was told
    ncco_count: int = 0
    bill: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Leg({self.uuid!r}, {self.direction} {self.endpoint} {self.phone}, {self.status})"

    @property
    def phone(self) -> str:
        """The number, or other address, of the person on this leg."""
        return self.to if self.direction == "outbound" else self.from_

    @property
    def address(self) -> str:
        """Which handset it is: a phone's number, a SIP address, ``app:`` and a user, ``vbc:`` and an extension."""
        return f"{self.endpoint}:{self.phone}" if self.endpoint in ("app", "vbc") else plain(self.phone)

    @property
    def law(self) -> str:
        """The G.711 law of its line, ``"a"`` or ``"mu"``; empty when it is wideband (app, SIP, websocket)."""
        return law_of(self.phone) if self.endpoint in ("phone", "vbc") else ""

    @property
    def telling(self) -> bool:
        """True while an event is on its way."""
        return any(task not in self.beside and task is not self.life and not task.done() for task in self.tasks)

    @property
    def over(self) -> bool:
        return self.status not in LIVE

    @property
    def done(self) -> bool:
        """True when nothing more will come of it: its last event has been sent, and its recordings' too."""
        return self.status in LAST and not self.telling

    def reached(self, status: str) -> bool:
        """True when the status has come, and so has its event. An answered call has its NCCO, is connected, or over."""
        # Of a call that the exchange itself passes on there is no application, and no NCCO.
        connected = (self.parent is not None or not self.application_id) and self.room is not None
        told = status != "answered" or self.ncco_count > 0 or connected or self.over
        return status in self.history and told and not self.telling

    def speaks(self) -> None:
        """Something new is said on it: wake who listens."""
        self.voice.fire()
        for listener in self.room.members.values() if self.room else ():
            listener.hears.fire()

    def move(self, status: str, at: float) -> None:
        """Change the state; anything the transition table does not allow is an error."""
        if status not in TRANSITIONS.get(self.status, set()):
            raise LegError(f"A leg that is {self.status!r} cannot become {status!r}.", leg=self.uuid)
        self.status = status
        if status == "answered":
            self.answered_at = at
        elif status not in LIVE and self.ended_at is None:
            self.ended_at = at

    def replace_program(self, program: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Carry out something else from now on: a transfer."""
        self.next_program = program
        if self.program is not None:
            self.program.cancel()

    def hang_up(self, why: str, by: str) -> None:
        """End it from outside: a call that was answered is completed, another one cancelled.

        ``by`` is ``"user"`` or ``"platform"``. Nothing happens when it is over.
        """
        if self.status == "answered":
            self.end(Ending("completed", why, sip_code=200, disconnected_by=by))
        else:
            self.end(Ending("cancelled", why, sip_code=487, disconnected_by=by))

    def hang_up_answered(self, why: str, by: str) -> None:
        """The same for who is in a call; what becomes of one that still rings is not said by this."""
        if self.status == "answered":
            self.hang_up(why, by)

    def end(self, ending: Ending) -> None:
        """Stop whatever the leg is doing and let it end this way. The first ending counts."""
        if self.ending is None and self.life is not None and not self.life.done():
            self.ending = ending
            self.life.cancel()
