"""A class for one who is alone: an exchange in this kernel, and classmates who are played."""

from __future__ import annotations

import os
from typing import Any

from ..line.control_plane import ControlPlane
from ..phone import Phone
from ..server.server import BackgroundServer
from ..server.webhooks import create_app
from ..simulator.classroom.accounts import Allowance
from ..simulator.classroom.exchange import Exchange
from ..simulator.webhooks.web_client import WebClient
from .classroom import Classroom, ClassroomError, join

NAMES = ("Ben", "Chloe", "Dan")
SETTLING = 3.0  # seconds of call time within which a call that somebody dials is in your record
Ncco = list[dict[str, Any]]


class PlayedClass:
    """Three classmates: their phones answer and say who it is, their numbers are menus that lead from one to the next.

    All is as on the exchange of a class, but that time waits, and that webhooks need no way down.
    """

    def __init__(self, pace: str | float) -> None:
        self._exchange = Exchange(pace=pace, seed=os.environ.get("SIMULATOR_SEED"))
        self._server = BackgroundServer(create_app(answer=self._menu, on_event=self._pressed))
        self._mates: dict[str, Classroom] = {}

    def start(self, name: str, server: BackgroundServer) -> tuple[str, str]:
        """Let ``name`` join, then the others. Returns the exchange's address, and the token of ``name``."""
        self._exchange.start()
        self._server.start()
        kept = self._join(name, server)
        for one in NAMES:
            if one.casefold() != name.strip().casefold():
                self._come(one)
        return kept

    def stop(self) -> None:
        """Send them all home."""
        for mate in self._mates.values():
            mate.close()
        self._server.stop()
        self._exchange.stop()

    def phone_of(self, name: str, mine: Classroom) -> Phone:
        """The phone of one of them, which does as it is told."""
        if name not in self._mates:
            raise ClassroomError(f"{name} is not played by the kit.", "Your own phone: kit.classroom.phone.")
        return PlayedPhone(self._mates[name], mine.network)

    def _join(self, name: str, server: BackgroundServer) -> tuple[str, str]:
        url, token = join(self._exchange.url, self._exchange.accounts.word, name)
        member = self._exchange.accounts.named(name)
        member.allowance = Allowance(float("inf"))  # it disturbs nobody
        # Straight to the server in this kernel: on a busy machine the way down takes time, which the record would show.
        member.network.reach.shortcuts[f"{url}/t/{member.door}"] = server.url
        member.network.callbacks.web = WebClient()
        return url, token

    def _come(self, name: str) -> None:
        mate = self._mates[name] = Classroom(*self._join(name, self._server), self._server, None)
        at = mate.connect()
        mate.keep(application=mate.vonage.create_application(name, answer_url=f"{at}/answer", event_url=f"{at}/event"))
        mate.ready()
        PlayedPhone(mate).named(name).answers()

    def _menu(self, parameters: dict[str, Any]) -> Ncco:
        mine, after = self._here_and_next(parameters["to"])
        if not after:
            return [_talk(f"This is the menu of {mine.name}. You have come to the end.")]
        keys = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 10}}
        return [_talk(f"This is the menu of {mine.name}. Press 1 for {after.name}.", bargeIn=True), keys]

    def _pressed(self, event: dict[str, Any]) -> Ncco | None:
        if "dtmf" not in event:
            return None
        mine, after = self._here_and_next(event["to"])
        if event["dtmf"]["digits"] != "1" or not after:
            return [_talk("Good-bye.")]
        endpoint = {"type": "phone", "number": after.number}
        return [{"action": "connect", "from": mine.number, "endpoint": [endpoint]}]

    def _here_and_next(self, number: str) -> tuple[Classroom, Classroom | None]:
        every = list(self._mates.values())
        at = next(at for at, one in enumerate(every) if one.number == number)
        return every[at], next(iter(every[at + 1 :]), None)


class PlayedPhone(Phone):
    """The phone of a classmate who is played. ``yours`` is where a call that it dials arrives."""

    def __init__(self, mate: Classroom, yours: ControlPlane | None = None) -> None:
        super().__init__(mate.phone.number, mate.network)
        self._name, self._yours = mate.name, yours or mate.network

    def answers(self, after: float = 2) -> Phone:
        """Be picked up, and say who it is."""
        return super().answers(after).script(
            {"do": "say", "text": f"Hello, this is {self._name}.", "language": "en-GB"}
        )  # fmt: skip

    def dial(self, number: str | None = None, **more: Any) -> str:
        """Call a number of yours, and say nothing. Returns the uuid of your leg."""
        known = {call["uuid"] for call in self._yours.calls()}
        until = self._yours.clock()["now"] + SETTLING
        if any(one["number"] == self.number and one["status"] != "idle" for one in self._control.phones()):
            self.hang_up()  # of a cell that was interrupted
        self.script([])
        super().dial(number, **more)
        while self._yours.clock()["now"] < until:
            for call in self._yours.calls():
                if call["uuid"] not in known:
                    return str(call["uuid"])
            self._yours.advance(0.1)
        raise ClassroomError(f"The call to {number} did not come to you.", "Is it a number of yours?")


def _talk(text: str, **more: Any) -> dict[str, Any]:
    return {"action": "talk", "text": text, "language": "en-GB", **more}
