"""What a rehearsal gives: the record of the call, its sound, its captions, its webhooks, and why it ended."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..call import Call
from ..calls.record import Entry
from .requests import Sent, digest_of, requests_of, same_always
from .words import captions_of, ended_of, facts_of, notes_of

if TYPE_CHECKING:
    from ..base.view import View
    from .scene import Scene
    from .stage import Take


class Rehearsed(Call):
    """The record of a call that had a network of its own: everything on it belongs to the call."""

    def __init__(self, entries: list[Entry], leg: str, heard: Callable[[str, int], bytes]) -> None:
        super().__init__(entries, uuid=leg, heard=heard)
        self._entries = sorted(entries, key=lambda e: (e["at"], e["seq"]))


class Rehearsal:
    """An NCCO as it was played. Show it in a notebook, or ask: ``.seconds``, ``.ended``, ``.captions``, ``.webhooks``.

    ``call`` is the record, as ``kit.call(…)`` gives it: ``rehearsal.call.digits``, ``.actions``, ``.heard(…)``.
    """

    def __init__(self, scene: Scene, take: Take, folder: str | Path = "heard", name: str = "") -> None:
        self.scene, self._take = scene, take
        self.folder, self.name = Path(folder), name or _name_of(scene)
        # The sound is mixed once, and only when somebody listens.
        self.call: Call = Rehearsed(take.entries, take.leg, cache(take.heard))

    @property
    def seconds(self) -> float:
        """How long they talked, from answer to end; 0 if nobody answered."""
        return self.call.duration or 0.0

    @cached_property
    def ended(self) -> str:
        """Why the call ended, in one sentence."""
        return same_always(ended_of(self.call))

    @cached_property
    def captions(self) -> list[str]:
        """What was heard when, in seconds since the answer: ``"0.0–2.6 s jingle.mp3"``."""
        return captions_of(self.call)

    @cached_property
    def webhooks(self) -> list[Sent]:
        """Every webhook that the call would send, in order."""
        return requests_of(self.call, asked=self.scene.replies is not None)

    @cached_property
    def notes(self) -> list[str]:
        """What else there is to say: what had to be replaced, what went wrong, what nobody asked for."""
        return [same_always(note) for note in notes_of(self.call, self._take)]

    def wav(self, rate: int = 8000) -> bytes:
        """What the person heard, as a WAV file of 8000 (a telephone) or 16000 samples a second."""
        return self.call.heard_wav(rate)

    def player(self) -> View:
        """A player with captions. The sound is in ``folder/name.wav`` from now on."""
        from ..views.player import player

        return player(self.call, name=self.name, folder=self.folder)

    def timeline(self) -> View:
        """Sound, webhooks and actions over time, as a picture and in words."""
        return self.call.timeline()

    @cached_property
    def view(self) -> View:
        """All of it, to look at: as HTML, and in words."""
        from .view import view

        return view(self)

    def __repr__(self) -> str:
        return self.view.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return self.view._repr_mimebundle_(include, exclude)

    @property
    def facts(self) -> dict[str, str]:
        """What can differ between two rehearsals of one NCCO: what was heard, digits, words, webhooks, the end."""
        return {name: same_always(fact) for name, fact in facts_of(self.call, self.webhooks).items()}


def _name_of(scene: Scene) -> str:
    told: list[Any] = [scene.ncco.to_list(), scene.direction, scene.keys, scene.says, scene.script, scene.seconds]
    if scene.replies:
        app = getattr(scene.replies, "name", "")
        told.append(scene.named or app)
    digest = digest_of(*told)
    return f"{'-'.join(dict.fromkeys(action.action for action in scene.ncco[:3]))}-{digest}"
