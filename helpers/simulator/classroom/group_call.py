"""A call to everybody at once: each hears a text, or all hear each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ...calls.trace import Trace
from ..account.account import Account
from ..ids import Ids
from ..legs.leg import Leg
from ..legs.network import Network
from ..webhooks.reach import Reach

if TYPE_CHECKING:
    from ..clock import Clock

CALLER = "447700900400"  # what the phones show: behind the public phones, before the numbers that can be rented
CLASS = "class"  # the application, which has no webhooks, and the conversation


class GroupCall:
    """The board's own network. Its legs lead into those of the accounts, as the call of any learner does."""

    def __init__(self, clock: Clock, ids: Callable[[str], Ids], home_of: Callable[[str], Network | None]) -> None:
        self._network = Network(clock, Account(ids("board")), ids("board-calls"), Trace(), Reach())
        self._network.home_of = home_of
        self._network.faults.change({"foreign_caller_id_connects": {}})  # nobody rents this number

    async def begin(self, phones: Iterable[str], text: str, *, together: bool) -> None:
        """Ring these phones, in place of the call before. Each hears the text; ``together``: then all the others."""
        await self.forget()
        network = self._network
        ncco: list[dict[str, Any]] = [{"action": "talk", "text": text}] if text else []
        ncco += [{"action": "conversation", "name": CLASS}] if together else []
        for phone in phones:
            network.place(Leg(network.ids.uuid(), network.ids.conversation(), "outbound", CALLER, phone, CLASS,
                              network.clock.now, ncco=ncco))  # fmt: skip

    def say(self, text: str) -> None:
        """Speak to everybody who is in the call."""
        for leg in self._legs("answered"):
            self._network.play(leg, "rest_talk", lambda: self._network.voice(text, "en-US", 0), 0, 1, text=text)

    def hang_up(self) -> None:
        """End it."""
        for leg in list(self._network.legs.values()):
            leg.hang_up("the teacher ended the call", by="platform")

    async def forget(self) -> None:
        """End it, and keep nothing of it."""
        self.hang_up()
        await self._network.reset()

    def shown(self) -> dict[str, int]:
        """How many were rung, how many ring, and how many are in it."""
        ringing = len(self._legs("started")) + len(self._legs("ringing"))
        return {"rung": len(self._network.legs), "ringing": ringing, "answered": len(self._legs("answered"))}

    def _legs(self, status: str) -> list[Leg]:
        return [leg for leg in self._network.legs.values() if leg.status == status]
