"""The phones of the network: how each behaves when it is called, its settings, and the call it is in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...base.addresses import FORMS, kind_of, plain
from ..waiting import first_of, forever
from .scripts import HandsetError, checked_script, decision, is_seconds

if TYPE_CHECKING:
    from ..clock import Clock
    from ..legs.leg import Leg

# behaviour: seconds before it shows, when nobody says otherwise
BEHAVIOURS: dict[str, float] = {
    "answers": 2.0,
    "busy": 0.5,
    "declines": 2.0,
    "rings_out": 45.0,  # then the carrier gives up
    "out_of_service": 0.5,
    "unreachable": 5.0,  # switched off, or without a signal
    "no_such_number": 0.5,
    "blocked": 0.5,  # the platform has no route there
    "voicemail": 5.0,
    "manual": 0.0,  # rings until someone answers or declines
    "scripted": 0.0,  # its script says when it answers or declines
}
RINGS = ("answers", "declines", "rings_out", "voicemail", "manual")  # while it does, a person may take the call
KEY_PAUSE = 0.2  # seconds from one key to the next
GREETING = "Please leave a message after the tone."

# How a carrier reports each behaviour (status, detail, SIP code): webhook reference, support article 209591618.
REFUSALS: dict[str, tuple[str, str | None, int, str]] = {
    "busy": ("busy", None, 486, "the phone is engaged"),
    "declines": ("rejected", "declined", 486, "the person declined the call"),
    "rings_out": ("unanswered", "carrier_timeout", 480, "nobody picked up and the carrier gave up"),
    "out_of_service": ("failed", "number_out_of_service", 404, "the number is not in service"),
    "unreachable": ("unanswered", "unavailable", 480, "the phone is switched off or has no signal"),
    "no_such_number": ("rejected", "invalid_number", 404, "nobody has this number"),
    "blocked": ("failed", "cannot_route", 403, "there is no route to this destination"),
}
MOST_SPOKEN = 20  # seconds of sound that somebody speaks at once: in Base64 they fit into the largest request
SETTINGS = ("behaviour", "after", "greeting", "beep", "script", "name")
LONGEST_NAME = 30  # characters


@dataclass(frozen=True)
class Ending:
    """How a leg ends: its status, and the facts that go with it."""

    status: str
    why: str
    detail: str | None = None
    sip_code: int | None = None
    disconnected_by: str | None = None


@dataclass
class Handset:
    """A simulated phone, under a number or another address. It behaves so for every call, until it is changed."""

    number: str
    behaviour: str = "answers"
    after: float = BEHAVIOURS["answers"]
    greeting: str = GREETING
    beep: bool = True
    name: str = ""  # whose phone it is, as pictures and other phones call it
    script: list[dict[str, Any]] = field(default_factory=list)
    leg: Leg | None = None  # the call it is in
    _decision: asyncio.Future[str] | None = None

    @property
    def is_machine(self) -> bool:
        """True if no person answers, but a machine."""
        return self.behaviour == "voicemail"

    @property
    def steps(self) -> list[dict[str, Any]]:
        """What the script does once the call is answered."""
        place = decision(self.script)
        return self.script if place is None else self.script[place + 1 :]

    def configure(self, settings: dict[str, Any]) -> None:
        """Change the behaviour; everything is checked before anything is changed."""
        if unknown := set(settings) - set(SETTINGS):
            raise _no_such(", ".join(sorted(unknown)))
        script = checked_script(settings.get("script") or []) if "script" in settings else self.script
        behaviour, after = self._behaviour(settings, script)
        greeting = self.greeting if settings.get("greeting") is None else settings["greeting"]
        if not isinstance(greeting, str) or not greeting.strip():
            raise HandsetError(f"{greeting!r} is nothing a machine can say.", "Write the greeting as text.")
        beep = settings.get("beep", self.beep)
        if not isinstance(beep, bool):
            raise HandsetError(f"beep is true or false, not {beep!r}.", "Leave it out for a machine that beeps.")
        name = settings.get("name", self.name)
        if not isinstance(name, str) or len(name) > LONGEST_NAME:
            raise HandsetError(f"{name!r} is not a name of at most {LONGEST_NAME} characters.", 'Write "Anna".')
        self.behaviour, self.after, self.script, self.name = behaviour, after, script, name.strip()
        self.greeting, self.beep = greeting, beep

    def _behaviour(self, settings: dict[str, Any], script: list[dict[str, Any]]) -> tuple[str, float]:
        """Behaviour and time. A script that answers or declines says both; what is said last counts."""
        place, behaviour = decision(script), settings.get("behaviour", self.behaviour)
        if not isinstance(behaviour, str) or behaviour not in BEHAVIOURS:
            raise _no_such(repr(behaviour))
        if place is not None and ("script" in settings or behaviour == "scripted"):
            if {"behaviour", "after"} & set(settings) and (behaviour != "scripted" or "after" in settings):
                raise HandsetError(
                    f"The script already says when the phone {script[place]['do']}s.",
                    f"Leave behaviour and after out, or take the step {script[place]['do']} out of the script.",
                )
            return "scripted", float(sum(step["seconds"] for step in script[:place]))
        if behaviour == "scripted":
            if "behaviour" in settings:
                raise HandsetError(
                    "No script of this phone answers or declines.", "Give one with {'do': 'answer'} in it."
                )
            behaviour, after = "answers", settings.get("after", BEHAVIOURS["answers"])
        else:
            after = settings.get("after", BEHAVIOURS[behaviour] if "behaviour" in settings else self.after)
        if not is_seconds(after):
            raise HandsetError(f"{after!r} is not a number of seconds.", "Use 0 or more, for example after=2.")
        return behaviour, float(after)

    def settings(self) -> dict[str, Any]:
        """What :meth:`configure` takes, plus the number and the call the phone is in: none when that is over."""
        leg = self.leg if self.leg and not self.leg.over else None
        return {
            "number": self.number,
            "behaviour": self.behaviour,
            "after": self.after,
            "greeting": self.greeting,
            "beep": self.beep,
            "script": self.script,
            "name": self.name,
            "call": leg.uuid if leg else None,
            "status": leg.status if leg else "idle",
        }

    async def ring(self, clock: Clock) -> Ending | None:
        """Ring until something happens. None: answered; otherwise how the call ends."""
        behaviour = self.behaviour
        place = decision(self.script)
        # Whatever it would do by itself: a person who is quicker decides.
        if behaviour == "scripted" and place is not None:
            behaviour = "answers" if self.script[place]["do"] == "answer" else "declines"
        if behaviour in RINGS:
            decided = self._decision = asyncio.get_running_loop().create_future()
            if await first_of(forever() if behaviour == "manual" else clock.sleep(self.after), decided) == 1:
                return None if decided.result() == "answer" else refusal("declines")
        else:
            await clock.sleep(self.after)
        return None if behaviour in ("answers", "voicemail") else refusal(behaviour)

    def decide(self, decision: str) -> None:
        """Press Answer (``"answer"``) or Decline (``"decline"``) on a phone that rings and waits for a person."""
        if self._decision is None or self._decision.done():
            raise HandsetError(
                f"The phone {self.number} is not waiting for anybody.",
                "It has to ring: call it, and set it to manual first if it is too quick for you.",
            )
        self._decision.set_result(decision)

    def in_call(self) -> Leg:
        """The answered call the phone is in."""
        if self.leg is None or self.leg.status != "answered":
            raise HandsetError(
                f"The phone {self.number} is not in a call.",
                "Wait until the call is answered: kit.wait_for(call, 'answered').",
            )
        return self.leg


def refusal(behaviour: str) -> Ending:
    """How a call ends that a phone does not take."""
    status, detail, sip_code, why = REFUSALS[behaviour]
    by = "platform" if behaviour in ("no_such_number", "blocked") else "user"
    return Ending(status, why, detail=detail, sip_code=sip_code, disconnected_by=by)


def checked_address(address: Any) -> str:
    """What a handset can be reached under (see :mod:`helpers.base.addresses`); a SIP address without its parameters."""
    address = plain(address) if isinstance(address, str) else address
    if kind_of(address) is None:
        raise HandsetError(f"{address!r} is not a number a phone can have, nor another address.", FORMS)
    return str(address)


def _no_such(what: str) -> HandsetError:
    return HandsetError(
        f"A phone has no {what}.",
        f"Behaviours are {', '.join(BEHAVIOURS)}; settings are {', '.join(SETTINGS[:-1])} and {SETTINGS[-1]}.",
    )
