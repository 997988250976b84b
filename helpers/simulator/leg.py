"""One leg: one phone's side of a call, its states, and how it may leave them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from helpers.errors import KitError
from helpers.simulator.media import CueSheet

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
LIVE = ("started", "ringing", "answered")


class LegError(KitError):
    """A leg was asked to do what its state does not allow."""


@dataclass(frozen=True)
class Webhook:
    """Where Vonage calls you, how, and how long it waits (seconds)."""

    url: str
    method: str
    connect_timeout: float = 1.0
    socket_timeout: float = 10.0


@dataclass(frozen=True)
class Ending:
    """How a leg ends: its status, and the facts that go with it."""

    status: str
    why: str
    detail: str | None = None
    sip_code: int | None = None
    disconnected_by: str | None = None


class Keypad:
    """The keys pressed on a phone, and who waits for them."""

    def __init__(self) -> None:
        self.pressed: list[tuple[float, str]] = []
        self._waiting: list[asyncio.Future[None]] = []

    def press(self, at: float, digit: str) -> None:
        self.pressed.append((at, digit))
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    def since(self, position: int) -> list[tuple[float, str]]:
        """The keys pressed after the first ``position`` ones."""
        return self.pressed[position:]

    async def next(self, position: int) -> None:
        """Wait until more than ``position`` keys have been pressed."""
        while len(self.pressed) <= position:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            await waiter


@dataclass
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

    status: str = "started"
    detail: str | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    keypad: Keypad = field(default_factory=Keypad)
    cues: CueSheet = field(default_factory=CueSheet)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    beside: set[asyncio.Task[Any]] = field(default_factory=set)  # those that end with the leg
    deliveries: asyncio.Lock = field(default_factory=asyncio.Lock)  # events leave in the order they happened
    life: asyncio.Task[None] | None = None
    ending: Ending | None = None
    playing: dict[str, Callable[[], object]] = field(default_factory=dict)  # REST stream and talk: how to stop each
    history: list[str] = field(default_factory=list)  # every status so far, in the order it was told
    ncco_count: int = 0
    bill: dict[str, str] = field(default_factory=dict)

    @property
    def phone(self) -> str:
        """The number of the person on this leg."""
        return self.to if self.direction == "outbound" else self.from_

    @property
    def telling(self) -> bool:
        """True while an event is on its way."""
        return any(task not in self.beside and task is not self.life and not task.done() for task in self.tasks)

    @property
    def over(self) -> bool:
        return self.status not in LIVE

    def move(self, status: str, at: float) -> None:
        """Change the state; anything the transition table does not allow is an error."""
        if status not in TRANSITIONS.get(self.status, set()):
            raise LegError(f"A leg that is {self.status!r} cannot become {status!r}.", leg=self.uuid)
        self.status = status
        if status == "answered":
            self.answered_at = at
        elif status not in LIVE and self.ended_at is None:
            self.ended_at = at

    def end(self, ending: Ending) -> None:
        """Stop whatever the leg is doing and let it end this way. The first ending counts."""
        if self.ending is None and self.life is not None and not self.life.done():
            self.ending = ending
            self.life.cancel()
