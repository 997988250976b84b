"""The exchange's clock: call time in seconds, real, faster, or standing still until someone moves it."""

from __future__ import annotations

import asyncio
import collections
import heapq
import itertools
import selectors
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from ..base.errors import KitError

# Stepped time begins at a fixed moment, so that a lesson shows the same times on every run.
STEPPED_EPOCH = datetime(2026, 2, 2, 10, 0, tzinfo=UTC)

# A reply that really took this long, or a multiple of it, takes as much stepped time; what is beyond does not count.
# The noise of a busy laptop must not change a trace, while an answer URL that dawdles must still cause silence.
SLOW_REPLY = 0.5
# So long (seconds) one piece of real work is waited for by those who want everything to be done: a server that waits
# for its own request to us cannot answer ours.
GIVE_WAY = 0.4


class ClockError(KitError):
    """The pace or a step makes no sense."""


class Clock:
    """Call time that flows ``pace`` times as fast as real time."""

    stepped = False
    flows = True  # by itself, without advance()

    def __init__(self, pace: float = 1.0) -> None:
        self.pace = pace
        self._zero = time.monotonic()
        self.epoch = datetime.now(UTC)

    @property
    def now(self) -> float:
        """Seconds since the exchange was switched on."""
        return (time.monotonic() - self._zero) * self.pace

    def flow(self, on: bool) -> None:
        """Let time run by itself, or not. Here it always does."""

    def date(self, at: float) -> datetime:
        """The date and time that call time ``at`` stands for."""
        return self.epoch + timedelta(seconds=at)

    async def sleep_until(self, at: float) -> None:
        """Wait for a moment of call time."""
        while (left := at - self.now) > 0:
            await asyncio.sleep(left / self.pace)

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds of call time."""
        await self.sleep_until(self.now + seconds)

    @asynccontextmanager
    async def in_flight(self) -> AsyncIterator[None]:
        """Mark real work (a request, a decoding thread) that stepped time has to wait for."""
        yield

    async def spend(self, real_seconds: float) -> None:
        """Let call time catch up with a reply that took ``real_seconds``. Here it already has."""

    @property
    def is_busy(self) -> bool:
        """True while real work is done that call time waits for."""
        return False

    async def settle(self) -> None:
        """Wait until everything that is due now has been done. Here it never has, nor does it have to."""

    async def advance(self, seconds: float, until: Callable[[], bool] | None = None) -> float:
        """Let ``seconds`` of call time pass, or fewer when ``until()`` comes true. Returns the new time."""
        end = self.now + seconds
        while self.now < end and not (until and until()):
            await asyncio.sleep(min(0.01, (end - self.now) / self.pace) if until else (end - self.now) / self.pace)
        return self.now


class SteppedClock(Clock):
    """Call time that moves only inside :meth:`advance`, from event to event, once nothing is in flight.

    The event loop tells when it has nothing left to do (see :class:`IdleSelector`); then, and only then, the next
    piece of real work gets its turn, or the next sleeper is woken. One at a time, in the order they are due: however
    long real work takes, the same call leaves the same trace.

    While a person holds a phone (:meth:`flow`) it runs like real time instead, and nothing is repeatable.
    """

    stepped = True

    def __init__(self) -> None:
        super().__init__()
        self.epoch = STEPPED_EPOCH
        self._now = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._given_up = 0  # how many of them at most are cancelled
        self._steps: list[tuple[float, int, Callable[[], bool] | None, asyncio.Future[None]]] = []
        self._turns: collections.deque[asyncio.Future[None]] = collections.deque()
        self._in_flight = False
        self._settling: list[asyncio.Future[bool]] = []
        self._flow_zero: float | None = None  # time.monotonic() at call time 0, while it flows

    @property
    def now(self) -> float:
        return self._now if self._flow_zero is None else max(self._now, time.monotonic() - self._flow_zero)

    @property
    def flows(self) -> bool:  # type: ignore[override]
        return self._flow_zero is not None

    def flow(self, on: bool) -> None:
        """From now on let call time run like real time, or stand still between two steps again."""
        if on != self.flows:
            self._now = self.now
            self._flow_zero = time.monotonic() - self._now if on else None

    def patience(self, timeout: float | None) -> float | None:
        """How long the event loop may wait, at most ``timeout``, before a sleeper is due: seconds; None: for ever."""
        if not self.flows or not self._sleepers:
            return timeout
        left = max(0.0, self._sleepers[0][0] - self.now)
        return left if timeout is None else min(timeout, left)

    @property
    def is_busy(self) -> bool:
        return self._in_flight

    async def sleep_until(self, at: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (max(at, self._now), next(self._order), woken))
        try:
            await woken
        except asyncio.CancelledError:
            self._given_up += 1
            if self._given_up > len(self._sleepers) // 2:
                # Every call gives up sleeps that have hours to go: they must not pile up until their time has come.
                self._sleepers = [sleeper for sleeper in self._sleepers if not sleeper[2].done()]
                heapq.heapify(self._sleepers)
                self._given_up = 0
            raise

    @asynccontextmanager
    async def in_flight(self) -> AsyncIterator[None]:
        if self.flows:  # time does not wait for anybody
            yield
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            await turn
            yield
        finally:
            if not turn.cancelled():  # cancelled: it never got its turn
                self._in_flight = False

    async def spend(self, real_seconds: float) -> None:
        if real_seconds >= SLOW_REPLY and not self.flows:
            await self.sleep(round(real_seconds, 1))

    async def settle(self) -> None:
        done = False
        while not done:
            told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._settling.append(told)
            try:
                async with asyncio.timeout(GIVE_WAY):
                    done = await told
            except TimeoutError:
                return

    async def advance(self, seconds: float, until: Callable[[], bool] | None = None) -> float:
        end = self.now + max(0.0, seconds)
        while self.flows and self.now < end:
            if until and until():
                return self.now
            await asyncio.sleep(min(0.01, end - self.now))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._steps, (end, next(self._order), until, done))
        await done
        return self._now

    def on_idle(self) -> bool:
        """Called when the event loop has nothing to do. Returns True when it has now."""
        if self._in_flight:
            return False
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                self._in_flight = True
                turn.set_result(None)
                self._tell(settled=False)
                return True
        if self._tell(settled=True):
            return True
        if not self._steps:
            return self._wake_due()
        for step in self._steps:
            until, done = step[2], step[3]
            if done.cancelled() or (until and until()):
                return self._finish(step)
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)  # its task was cancelled
        target = self._steps[0][0]
        if self._sleepers and self._sleepers[0][0] <= target:
            at, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            woken.set_result(None)
            return True
        self._now = max(self._now, target)
        return self._finish(self._steps[0])

    def _wake_due(self) -> bool:
        """Wake the next sleeper whose time has come by itself. Returns True if there is one."""
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        if not self.flows or not self._sleepers or self._sleepers[0][0] > self.now:
            return False
        at, _, woken = heapq.heappop(self._sleepers)
        self._now = max(self._now, at)
        woken.set_result(None)
        return True

    def _tell(self, *, settled: bool) -> bool:
        """Tell those who wait for it whether everything is done. Returns True if there is anybody."""
        waiting, self._settling = self._settling, []
        for told in waiting:
            if not told.done():
                told.set_result(settled)
        return bool(waiting)

    def _finish(self, step: tuple[float, int, Callable[[], bool] | None, asyncio.Future[None]]) -> bool:
        self._steps.remove(step)
        heapq.heapify(self._steps)
        if not step[3].done():
            step[3].set_result(None)
        return True


class IdleSelector(selectors.DefaultSelector):
    """A selector that tells a stepped clock when the event loop is about to wait."""

    def __init__(self, clock: SteppedClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            ready = super().select(0)
            if ready or self._clock.on_idle():
                return ready
        return super().select(self._clock.patience(timeout))


def make_clock(pace: str | float) -> Clock:
    """A clock for ``"stepped"``, or for a positive number: how many times faster than real time."""
    if pace == "stepped":
        return SteppedClock()
    try:
        factor = float(pace)
    except ValueError:
        factor = 0.0
    if not 0 < factor < float("inf"):
        raise ClockError(
            f"The pace {pace!r} is not one the simulator knows.",
            "Use 1 for real time, a larger number for faster, or 'stepped'.",
        )
    return Clock(factor)


def make_loop(clock: Clock) -> asyncio.AbstractEventLoop:
    """An event loop that suits the clock."""
    selector: Any = IdleSelector(clock) if isinstance(clock, SteppedClock) else selectors.DefaultSelector()
    return asyncio.SelectorEventLoop(selector)
