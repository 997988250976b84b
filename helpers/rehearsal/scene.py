"""A call to be rehearsed: the NCCO, and what its person does, looked at before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..base.errors import KitError

if TYPE_CHECKING:
    from ..ncco import Ncco

DIRECTIONS = ("outbound", "inbound")
LONGEST = 7200.0  # seconds: Vonage ends every call after two hours (length_timer)


class RehearsalError(KitError):
    """A rehearsal was asked for something that it cannot do."""


@dataclass
class Scene:
    """An NCCO and the options of :func:`helpers.rehearsal.play` that say what the person does, in one form each.

    Raises RehearsalError and HandsetError for what nobody could follow.
    """

    ncco: Ncco
    keys: str = ""
    says: Sequence[str] = ()
    script: Any = None  # a step, or a list of steps; from then on a tuple of them
    direction: str = "outbound"
    seconds: float = 600
    replies: Any = None  # NCCOs by key or word, or the web app that answers; from then on an app, or None
    named: Mapping[str, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        from ..simulator.phones.scripts import checked_keys, checked_script, checked_step

        if self.script is not None and (self.keys or self.says):
            cure = "Give keys and says, or a script that says it all."
            raise RehearsalError("There are two plans for the person.", cure)
        if self.direction not in DIRECTIONS:
            cure = 'Use "outbound" (Vonage calls the person) or "inbound" (the person calls your number).'
            raise RehearsalError(f"A call has no direction {self.direction!r}.", cure)
        number = isinstance(self.seconds, int | float) and not isinstance(self.seconds, bool)
        if not number or not 0 < self.seconds <= LONGEST:
            cure = f"Use a number above 0, {LONGEST:g} at most."
            raise RehearsalError(f"A rehearsal cannot last {self.seconds!r} seconds.", cure)
        if self.keys != "":
            checked_keys(self.keys)
        texts = (self.says,) if isinstance(self.says, str) else self.says
        if not isinstance(texts, list | tuple):
            cure = 'Give a text for each input that listens: says=["yes"].'
            raise RehearsalError(f"{self.says!r} is nothing to say.", cure)
        for text in texts:
            checked_step({"do": "say", "text": text})
        steps = [dict(self.script)] if isinstance(self.script, Mapping) else self.script
        steps = list(steps or []) if steps is None or isinstance(steps, tuple) else steps
        self.script = tuple(checked_script(steps))
        self.says, self.seconds = tuple(texts), float(self.seconds)
        if self.replies is not None and not callable(self.replies):
            from ..ncco.texts.export import flask_app, replies_of

            self.named = replies_of(self.replies)
            self.replies = flask_app(self.ncco, self.named) if self.named else None
