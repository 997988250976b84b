"""The call that a lesson has in hand: its record, with the questions it answers and the pictures of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .calls import answers, said
from .calls.record import Record

if TYPE_CHECKING:
    from .base.view import View
    from .calls.answers import Answer, Digits, Told
    from .calls.heard import Heard
    from .calls.said import Said
    from .views.ladder import Ladder
    from .views.timeline import TimelineView


class Call(Record):
    """A record that answers questions (``events``, ``digits``, ``heard``, ``said`` …) and can be looked at."""

    @property
    def events(self) -> Told:
        """The payloads sent to the event URLs, as they were on the wire. A repeated attempt counts once.

        A list that knows when each was sent: ``.times``, ``.at``, ``.seconds`` (since the call began), ``.evidence``.
        """
        return answers.events(self)

    @property
    def digits(self) -> Digits:
        """The digits that the call's ``input`` actions collected.

        A text that knows when keys were pressed: ``.pressed``, ``.at``, ``.seconds`` (since the answer), ``.evidence``.
        """
        return answers.digits(self)

    def lasted(
        self, seconds: float | None = None, *, at_least: float | None = None, at_most: float | None = None
    ) -> Answer:
        """Did they talk for about so many seconds (half a second more or less), or within limits?

        ``call.lasted(10)``, ``call.lasted(at_least=5, at_most=20)``; without any: did it last at all. Counted from
        answer to end, ``.seconds`` has it. Raises QuestionError for what is not a number of seconds.
        """
        return answers.lasted(self, seconds, at_least=at_least, at_most=at_most)

    def heard(self, sound: Path | str | bytes, leg: str | None = None) -> Heard:
        """Was this sound heard? Found by how it sounds, not by its name, in what the person on a leg heard.

        ``sound``: the name of an MP3 or WAV file (as it is, or in the kit's folder ``audio``), or its bytes. It is
        found through a telephone, softer or louder, cut off, looped, joined late, and under other voices. The same
        sound in another file counts: ``greeting.mp3`` and ``greeting.wav``. The answer is true or false and says when,
        how much, how sure, and why not. In a live call nobody knows: the answer says so.

        Raises AudioError when there is no such file or it cannot be read.
        """
        from .calls import heard

        return heard.heard(self, sound, leg)

    def said(self, words: str, leg: str | None = None) -> Said:
        """Did the person on a leg hear these words, said by ``talk`` or by somebody else in the call?

        Case and punctuation do not count, and the words must stand together. Of a text that was cut off only what was
        said until then counts. The answer has ``.at``, ``.seconds``, ``.text`` and ``.by``, and says why not.
        """
        return said.said(self, words, leg)

    def longest_silence(self, leg: str | None = None, minimum: float = 0.5) -> Answer:
        """The longest stretch in which a leg heard (almost) nothing: ``.at``, ``.seconds``, and who caused it.

        False if none is as long as ``minimum`` seconds. The level that counts is that of :meth:`silences`.
        """
        return answers.longest_silence(self, leg=leg, minimum=minimum)

    def short_of(self, status: str, timeout: float | None, door: str) -> tuple[str, str]:
        """Why the call has not become what was waited for, and what to do; ``timeout`` is None if it is over.

        ``door`` is what has the call: the kit, or its classroom.
        """
        if timeout is None:
            reason = self.entries("status")[-1]["why"] or "see its events"
            went = f"The call never became {status}: it went {', '.join(self.statuses)} ({reason})."
            return went, f"{door}.call(…).ladder() shows what happened."
        cure = f'Give it more time with timeout=…, or end it: {door}.vonage.hang_up("{self.uuid}").'
        if status in self.statuses:
            return f"Somebody said that the call is {status!r}. Vonage has not said so in {timeout:g} s.", cure
        return f"After {timeout:g} s the call is still {self.status!r}, not {status!r}.", cure

    # What to look at --------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the call in the notebook: its sound on its timeline, and its ladder. Without a sound the pictures."""
        from IPython.display import display

        display(self.player())  # type: ignore[no-untyped-call]

    def player(self, leg: str | None = None, **options: Any) -> View:
        """What one leg heard, to be played on its timeline. See :func:`helpers.views.player.player`.

        Where there is no sound (nobody answered, or a live call) it says so, above the pictures. Raises
        :class:`TraceError` for a leg that is not of this call.
        """
        from .views.player import player

        self.known(leg)
        return player(self, leg, **options)

    def timeline(self, leg: str | None = None, *, width: float = 0) -> TimelineView:
        """Sound, webhooks and NCCO actions over time, of every leg or one. See :mod:`helpers.views.timeline`."""
        from .views.timeline import timeline

        self.known(leg)
        return timeline(self, leg, width=width)

    def ladder(self, *, full: bool = False) -> Ladder:
        """Who told whom what, in order. See :func:`helpers.views.ladder.ladder`."""
        from .views.ladder import ladder

        return ladder(self, full=full)

    def table(self) -> View:
        """Everything that happened, line by line. See :func:`helpers.views.table.table`."""
        from .views.table import table

        return table(self)
