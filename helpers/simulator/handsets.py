"""What the person holding a phone does: answers, is busy, declines, lets it ring; presses keys, speaks, hangs up."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from helpers.errors import KitError
from helpers.simulator.leg import Ending, Leg

if TYPE_CHECKING:
    from helpers.simulator.clock import Clock

# behaviour: seconds before it shows, when nobody says otherwise
BEHAVIOURS: dict[str, float] = {
    "answers": 2.0,
    "busy": 0.5,
    "declines": 2.0,
    "rings_out": 45.0,  # then the carrier gives up
    "out_of_service": 0.5,
    "voicemail": 5.0,
    "manual": 0.0,  # rings until someone answers or declines
}
STEPS = {"wait": "seconds", "press": "digits", "say": "text", "hang_up": None}
KEYS = re.compile(r"[0-9*#]+")
LONGEST = 366 * 24 * 3600.0
KEY_PAUSE = 0.2  # seconds from one key to the next

# How a carrier reports each behaviour (status, detail, SIP code): webhook reference, support article 209591618.
REFUSALS: dict[str, tuple[str, str | None, int, str]] = {
    "busy": ("busy", None, 486, "the phone is engaged"),
    "declines": ("rejected", "declined", 486, "the person declined the call"),
    "rings_out": ("unanswered", "carrier_timeout", 480, "nobody picked up and the carrier gave up"),
    "out_of_service": ("failed", "number_out_of_service", 404, "the number is not in service"),
}


class HandsetError(KitError):
    """A phone was asked to do what it cannot do."""


@dataclass
class Handset:
    """A simulated phone. Its behaviour holds for every call it gets, until it is changed."""

    number: str
    behaviour: str = "answers"
    after: float = BEHAVIOURS["answers"]
    greeting: str = "Please leave a message after the tone."
    script: list[dict[str, Any]] = field(default_factory=list)
    leg: Leg | None = None  # the call it is in
    _decision: asyncio.Future[str] | None = None

    def configure(self, settings: dict[str, Any]) -> None:
        """Change the behaviour; everything is checked before anything is changed."""
        unknown = set(settings) - {"behaviour", "after", "greeting", "script"}
        behaviour = settings.get("behaviour", self.behaviour)
        if unknown or not isinstance(behaviour, str) or behaviour not in BEHAVIOURS:
            raise HandsetError(
                f"A phone has no {', '.join(sorted(unknown)) or repr(behaviour)}.",
                f"Behaviours are {', '.join(BEHAVIOURS)}; settings are behaviour, after, greeting and script.",
            )
        after = settings.get("after", BEHAVIOURS[behaviour] if "behaviour" in settings else self.after)
        if not is_seconds(after):
            raise HandsetError(f"{after!r} is no number of seconds.", "Use 0 or more, for example after=2.")
        steps = settings.get("script", self.script) or []
        if not isinstance(steps, list):
            raise HandsetError(f"A script is a list of steps, not {steps!r}.", "Put square brackets around the step.")
        script = [checked_step(step) for step in steps]
        self.behaviour, self.after, self.script = behaviour, float(after), script
        self.greeting = str(settings.get("greeting") or self.greeting)

    def settings(self) -> dict[str, Any]:
        """What :meth:`configure` takes, plus the number and the call the phone is in: none when that is over."""
        leg = self.leg if self.leg and not self.leg.over else None
        return {
            "number": self.number,
            "behaviour": self.behaviour,
            "after": self.after,
            "greeting": self.greeting,
            "script": self.script,
            "call": leg.uuid if leg else None,
            "status": leg.status if leg else "idle",
        }

    async def ring(self, clock: Clock) -> Ending | None:
        """Ring until something happens. None: answered; otherwise how the call ends."""
        if self.behaviour == "manual":
            self._decision = asyncio.get_running_loop().create_future()
            if await self._decision == "answer":
                return None
            return refusal("declines")
        await clock.sleep(self.after)
        return None if self.behaviour in ("answers", "voicemail") else refusal(self.behaviour)

    def decide(self, decision: str) -> None:
        """Press Answer (``"answer"``) or Decline (``"decline"``) on a phone that rings and waits for a person."""
        if self._decision is None or self._decision.done():
            raise HandsetError(
                f"The phone {self.number} is not waiting for anybody.",
                "Set it to manual first, then call it; then answer or decline.",
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
    return Ending(status, why, detail=detail, sip_code=sip_code, disconnected_by="user")


def is_seconds(value: Any) -> TypeGuard[float]:
    """True for a number of seconds that can be waited: 0 to a year."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LONGEST


def checked_keys(digits: Any) -> str:
    """Digits a phone has."""
    if not isinstance(digits, str) or not KEYS.fullmatch(digits):
        raise HandsetError(f"{digits!r} is nothing a keypad can send.", "Use 0-9, * and #, for example '1#'.")
    return digits


def checked_step(step: Any) -> dict[str, Any]:
    """One step of a script: ``{"do": "press", "digits": "1#"}`` and its like."""
    do = step.get("do") if isinstance(step, dict) else None
    if not isinstance(do, str) or do not in STEPS or set(step) - {"do", STEPS[do]}:
        raise HandsetError(
            f"A script cannot do {step!r}.",
            "Steps are {'do': 'wait', 'seconds': 2}, {'do': 'press', 'digits': '1#'}, {'do': 'say', 'text': 'yes'} "
            "and {'do': 'hang_up'}.",
        )
    value = step.get(STEPS[do]) if STEPS[do] else None
    if do == "press":
        checked_keys(value)
    elif (do == "wait" and not is_seconds(value)) or (do == "say" and not isinstance(value, str)):
        raise HandsetError(f"The step {step!r} lacks its {STEPS[do]}.", f"Add '{STEPS[do]}': … to it.")
    return dict(step)
