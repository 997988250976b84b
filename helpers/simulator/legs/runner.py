"""Carries out an NCCO on an answered leg: action by action, in order, until nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from ...ncco import Connect, Conversation, Input, Ncco, Notify, Record, Stream, Talk, Transfer, Wait
from ...ncco.problems.problems import MOST_PROBLEMS
from ...ncco.problems.rules import TAKEN
from ..account.applications import Webhook
from ..webhooks.callbacks import Replacement
from . import asking, joining, prompts, recordings
from .leg import Leg
from .prompts import BargeIn, Skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .network import Network

# NCCOs one call may carry out: a webhook that answers itself with NCCOs would go on for ever. Vonage tells no figure.
MOST_NCCOS = 200
MOST_ACTIONS = 100_000  # in all of them together: the record holds every one


class Runner:
    """One NCCO after another on one leg. An action may hand back a new NCCO, which replaces the rest of the old one."""

    CARRY: ClassVar[dict[type, Callable[[Runner, Any], Awaitable[Replacement | None]]]] = {
        Stream: prompts.stream,
        Talk: prompts.talk,
        Wait: prompts.wait,
        Input: asking.ask,
        Notify: asking.notify,
        Record: recordings.record,
        Conversation: joining.conversation,
        Connect: joining.connect,
        Transfer: joining.transfer,
    }

    def __init__(self, network: Network, leg: Leg) -> None:
        self.network, self.leg = network, leg
        self.barge_in = BargeIn(leg)
        self.ncco: Ncco | None = None
        self.index = 0
        self.stopped: str | None = None  # why the running action ended early, if it did
        self._actions = 0  # of all NCCOs so far

    async def run(self, ncco: Ncco, source: str) -> None:
        """Carry out ``ncco`` and whatever replaces it. Returns when every action is complete."""
        current: Replacement | None = (ncco, source)
        while current:
            self._actions += len(current[0])
            if self.leg.ncco_count >= MOST_NCCOS or self._actions > MOST_ACTIONS:
                most = f"{MOST_ACTIONS} actions" if self._actions > MOST_ACTIONS else f"{MOST_NCCOS} NCCOs"
                reason = f"This call has been given more than {most}."
                self.network.error(self.leg, reason, "A webhook answers with an NCCO that calls it again, forever.")
                return
            current = await self._run_one(*current)

    async def _run_one(self, ncco: Ncco, source: str) -> Replacement | None:
        self.ncco = ncco
        self.leg.ncco_count += 1
        self.network.note(self.leg, "ncco", source=source, actions=ncco.to_list())
        for problem in [p for p in ncco.advice if p.rule in TAKEN][:MOST_PROBLEMS]:
            self.network.note(self.leg, "note", text=str(problem))
        for self.index, action in enumerate(ncco):
            replacement = None  # what stays when the action is skipped
            with self._running(action):
                replacement = await self.CARRY[type(action)](self, action)
            if replacement:
                return replacement
        return None

    # What the actions share

    async def ask(self, kind: str, event: dict[str, Any], url: list[str] | None, method: str) -> Replacement | None:
        """Send an event whose reply may be a new NCCO. Failing that, the call goes on with the old one."""
        hook = Webhook(url[0], method) if url else self.leg.event
        return await self.network.callbacks.ask(self.leg, kind, event, hook)

    @contextmanager
    def _running(self, action: Any) -> Iterator[None]:
        """The trace entries around one action."""
        self.stopped = None
        self._mark(action, "started")
        try:
            yield
        except Skip as skip:
            self._mark(action, "skipped", why=str(skip))
        except asyncio.CancelledError:
            self._mark(action, "stopped", why=self._why_cancelled())
            raise
        else:
            self._mark(action, "stopped" if self.stopped else "finished", why=self.stopped)

    def _why_cancelled(self) -> str:
        if self.leg.ending:
            return self.leg.ending.why
        return "the call was transferred" if self.leg.next_program else "the exchange was switched off"

    def _mark(self, action: Any, state: str, why: str | None = None) -> None:
        options = {k: v for k, v in action.to_dict().items() if k != "action"}
        self.network.note(self.leg, "action", index=self.index, ncco=self.leg.ncco_count, action=action.action,
                          options=options, state=state, why=why)  # fmt: skip
