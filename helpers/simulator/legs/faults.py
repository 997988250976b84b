"""What can be made to go wrong, by name: ``{"answer_500": {"times": 1}}`` switches on, None off, also during a call.

A fault only causes what has gone wrong. What follows from it, a second try, the fallback, the end of the call, is what
the network does anyway. When one strikes the record says so, before it says what came of it: an entry ``fault`` with
``name``, ``settings`` and ``what``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ...base.errors import KitError
from ..errors import ApiError, problem, proxy
from ..rate_limit import MOST, RateLimit
from .leg import Leg

if TYPE_CHECKING:
    from .network import Network

Settings = dict[str, float | str]

TIMES: Settings = {"times": 0, "call": ""}


@dataclass(frozen=True)
class Fault:
    """What it does, in one line, and its settings with their usual values."""

    what: str
    settings: Settings = field(default_factory=dict)


# ``times``: how often it strikes, 0 until it is switched off. ``call``: a leg or conversation, empty for every call.
KNOWN: dict[str, Fault] = {
    "answer_slow": Fault("the answer URL's reply takes so many seconds longer", {"seconds": 3, **TIMES}),
    "answer_500": Fault("the answer URL replies 500", TIMES),
    "answer_html": Fault("the answer URL's reply says that it is text/html", TIMES),
    "answer_bad_json": Fault("the end of the answer URL's reply is missing", TIMES),
    "answer_reset": Fault("the connection breaks before the answer URL's reply is there", TIMES),
    "event_500": Fault("the event URL replies 500", TIMES),
    "event_down": Fault("nobody listens at the event URL", TIMES),
    "reorder_events": Fault("started and ringing change places, so do a failure and completed", TIMES),
    "duplicate_events": Fault("an event comes twice", TIMES),
    "audio_404": Fault("the server does not find the sound file", TIMES),
    "audio_slow": Fault("the sound file comes so many seconds later", {"seconds": 3, **TIMES}),
    "audio_truncated": Fault("the second half of the sound file is missing", TIMES),
    "audio_wrong_format": Fault("the sound file is Ogg, which Vonage does not play", TIMES),
    "api_401": Fault("a request to the Voice API is answered 401, whatever its token", TIMES),
    "api_429": Fault("a request to the Voice API is answered 429, however few there were", TIMES),
    "api_500": Fault("a request to the Voice API is answered 500", TIMES),
    "line_busy": Fault("the line that is called is busy", TIMES),
    "line_drop": Fault("the line breaks so many seconds after the answer, or from now on", {"after": 0, **TIMES}),
    # Until 2021 a foreign caller ID became "unknown"; the NCCO reference of 2026 says that the call does not connect.
    "foreign_caller_id_connects": Fault("a caller ID that is not yours does not stop a call"),
    # Usually a 400 in the first second or two (support article 10359615124380).
    "early_hang_up_works": Fault("a call can be hung up in its first second, too"),
    # Whatever the balance says (generic error low-balance).
    "low_balance": Fault("calls are refused for want of money"),
    # On from the start, as at Vonage, unless time is stepped: there it stands still between two cells, so that a lesson
    # would trip over them without doing anything in haste.
    "rate_limits": Fault("so many requests in a second are answered, the others get 429", MOST),
}
FAULTS: dict[str, Settings] = {name: fault.settings for name, fault in KNOWN.items()}
LIMITS = "rate_limits"
FETCHES = ("answer", "transfer")  # webhooks whose only purpose is to get an NCCO
AT_ANSWER = ("answer_slow", "answer_500", "answer_html", "answer_bad_json", "answer_reset")
AT_EVENT = ("event_down", "event_500")
AT_API: dict[str, Callable[[], ApiError]] = {
    "api_401": lambda: proxy(401),
    "api_429": lambda: problem(429),
    "api_500": lambda: problem(500),
}


class FaultError(KitError):
    """There is no such fault, or no such setting of it."""


class Faults:
    """The faults that are switched on, each with its settings."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.active: dict[str, Settings] = {}
        self._rate = RateLimit(network.clock, lambda what: self._note(LIMITS, None, what))
        self.clear()

    def __contains__(self, name: str) -> bool:
        return name in self.active

    def change(self, wanted: dict[str, Any]) -> dict[str, Settings]:
        """Switch on with settings (``{}``: the usual ones), off with None. All is checked before anything changes."""
        checked = {name: self._checked(name, settings) for name, settings in wanted.items()}
        for name, settings in checked.items():
            self.active.pop(name, None)
            if settings is not None:
                self.active[name] = settings
        if checked.get("line_drop") is not None:
            for leg in list(self._network.legs.values()):
                self.watch(leg)
        return self.active

    def clear(self) -> None:
        """Everything as usual."""
        self.active.clear()
        if not self._network.clock.stepped:
            self.active[LIMITS] = dict(FAULTS[LIMITS])
        self._rate.clear()

    def strikes(self, name: str, leg: Leg | None = None, what: str = "") -> bool:
        """True when a fault is on for this leg. Then it strikes now, and the record says so."""
        if not self._is_on(name, leg):
            return False
        self._note(name, leg, what or KNOWN[name].what)
        if self.setting(name, "times"):
            left = self.setting(name, "times") - 1
            self.active[name]["times"] = left
            if left <= 0:
                del self.active[name]
        return True

    def setting(self, name: str, key: str) -> float:
        """A number among the settings of a fault; 0 when it is off or has no such setting."""
        return cast(float, self.active.get(name, {}).get(key, 0))

    def one_of(self, names: tuple[str, ...], leg: Leg) -> str | None:
        """The first of several faults that is on for this leg; it has not struck yet."""
        return next((name for name in names if self._is_on(name, leg)), None)

    def of_webhook(self, kind: str, leg: Leg, *, ncco: bool) -> str | None:
        """The fault that is about to strike a webhook. The fallback is spared: it is there for the others."""
        if not self.active or kind == "fallback":
            return None
        return self.one_of(AT_ANSWER if ncco and kind in FETCHES else AT_EVENT, leg)

    def check_request(self, uuid: str) -> None:
        """The reply that a fault has for a request to the Voice API about a call, or about none. Raises ApiError."""
        leg = self._network.legs.get(uuid)
        for name, refusal in AT_API.items():
            if self.strikes(name, leg):
                error = refusal()
                error.why = f"The fault {name} is on; there is nothing wrong with the request."
                raise error

    def count_request(self, kind: str) -> None:
        """Count a request, ``"calls"`` (``POST /v1/calls`` and connect) or ``"others"``. Raises a 429."""
        if LIMITS in self.active:
            self._rate.count(kind, self.setting(LIMITS, kind))

    def watch(self, leg: Leg) -> None:
        """A leg has been answered, or a line drop has been switched on: let its line break when it is time."""
        if leg.status == "answered" and self._is_on("line_drop", leg):
            self._network.beside(leg, self._drop(leg, self.active["line_drop"]))

    async def _drop(self, leg: Leg, settings: Settings) -> None:
        await self._network.clock.sleep(cast(float, settings["after"]))
        # Not when it has been switched off meanwhile, or on again with other settings.
        if self.active.get("line_drop") is settings and self.strikes("line_drop", leg, "the line breaks"):
            leg.hang_up("the line broke", by="user")

    def _is_on(self, name: str, leg: Leg | None) -> bool:
        if name not in self.active:
            return False
        call = self.active[name].get("call")
        return not call or (leg is not None and (call == leg.uuid or call in leg.conversations))

    def _note(self, name: str, leg: Leg | None, what: str) -> None:
        facts: dict[str, Any] = {"name": name, "settings": dict(self.active[name]), "what": what}
        if leg is not None:
            self._network.note(leg, "fault", **facts)
        else:
            self._network.trace.append("fault", at=self._network.clock.now, **facts)

    def _checked(self, name: str, settings: Any) -> Settings | None:
        if name not in FAULTS:
            raise FaultError(f"There is no fault {name}.", f"There are {', '.join(FAULTS)}: settings, or null for off.")
        if settings is None:
            return None
        usual = FAULTS[name]
        if not isinstance(settings, dict) or not all(_fits(value, usual.get(key)) for key, value in settings.items()):
            raise FaultError(f"{settings!r} is not a setting of {name}.", f"{_settings(usual)} null is off.")
        call = settings.get("call")
        if call and not any(call == leg.uuid or call in leg.conversations for leg in self._network.legs.values()):
            raise FaultError(f"There is no call {call}.", "GET /simulator/calls lists them. null is off.")
        return {**usual, **settings}


def _fits(value: Any, usual: float | str | None) -> bool:
    if isinstance(usual, str):
        return isinstance(value, str)
    return usual is not None and type(value) in (int, float) and 0 <= value < 1e9


def _settings(usual: Settings) -> str:
    numbers = ", ".join(name for name, value in usual.items() if not isinstance(value, str)) or "none"
    call = " call is the uuid of a leg or a conversation." if "call" in usual else ""
    return f"Its settings are numbers: {numbers}.{call}"
