"""The actions that make a call say something, or wait: stream, talk, wait; and barge-in, which cuts them short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...ncco import Input, Stream, Talk, Wait
from ...ncco.checking.lint import after_sounds
from ...ncco.models.voices import voice_of
from ..waiting import first_of, forever
from ..webhooks.audio_fetcher import SoundError
from .leg import Leg

if TYPE_CHECKING:
    from ..sound.mixing import Sound
    from .runner import Runner


class Skip(Exception):
    """The action cannot be carried out; the call goes on with the next one."""


class BargeIn:
    """Whether a key or a word may cut a prompt short, and whether one has.

    NCCO reference: once an action sets bargeIn, it holds for the following ones until an ``input``. A key press or
    speech then stops what plays, skips the prompts up to that ``input``, and is the beginning of what it collects. A
    word counts only if that ``input`` listens to speech (the kit's assumption). The prompts of a group play one after
    another, and the ``input`` starts to wait when they are over (the kit's assumption).
    """

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self.on = False
        self.key: int | None = None  # keys pressed before this position do not count
        self.word: int | None = None  # so for words; None: speech does not barge in
        self.done: str | None = None  # what cut a prompt short: "key press" or "speech"

    def allow(self, *, speech: bool) -> None:
        """From now on a key, and a word if the coming input takes ``speech``, cuts the prompts short."""
        if not self.on:
            self.on, self.key = True, len(self._leg.keypad.pressed)
            self.word = len(self._leg.mouth.cues) if speech else None

    def take(self) -> tuple[int, int]:
        """The ``input`` takes over: from which key and which word on it counts. Barge-in is off again."""
        key = self.key if self.key is not None else len(self._leg.keypad.pressed)
        word = self.word if self.word is not None else len(self._leg.mouth.cues)
        self.on, self.key, self.word, self.done = False, None, None, None
        return key, word

    async def happens(self) -> None:
        """Wait for a key or a word; for ever when barge-in is off."""
        if self.key is None:
            await forever()
            return
        word = self.word
        which = await first_of(self._leg.keypad.next(self.key), self._spoken(word) if word is not None else forever())
        self.done = ("key press", "speech")[which]

    async def _spoken(self, position: int) -> None:
        cues = self._leg.mouth.cues
        while not any(not cue.is_tone and cue.sound.loud for cue in cues[position:]):
            await self._leg.voice.next()


async def stream(run: Runner, action: Stream) -> None:
    """Play a file, fetched when the action is reached (support article 115006040807)."""
    _begin(run, action.bargeIn)
    try:
        sound = await run.network.sounds.get(run.leg, action.streamUrl[0])
    except SoundError as error:
        # Vonage publishes no rule: here the action is skipped, an error event is sent and the call goes on.
        run.network.unplayable(run.leg, action.streamUrl[0], error)
        raise Skip(str(error)) from None
    await _play(run, "stream", sound, action.level, action.loop, url=action.streamUrl[0])


async def talk(run: Runner, action: Talk) -> None:
    """Speak a text."""
    _begin(run, action.bargeIn)
    given = action.model_fields_set
    language, style = (action.language if "language" in given else None), (action.style if "style" in given else None)
    sound = await run.network.voice(action.text, *voice_of(language, style, action.voiceName))
    await _play(run, "talk", sound, action.level, action.loop, text=action.text)


async def wait(run: Runner, action: Wait) -> None:
    """Let time pass."""
    await run.network.clock.sleep(action.timeout)


def _begin(run: Runner, barge_in: bool) -> None:
    """Note barge-in; skip the prompt when a key or word has already made it superfluous."""
    if barge_in and not run.barge_in.on:
        ncco = list(run.ncco or ())
        coming = ncco[after_sounds([one.action for one in ncco], run.index) :][:1]
        run.barge_in.allow(speech=any(isinstance(one, Input) and "speech" in one.type for one in coming))
    if run.barge_in.done:
        raise Skip(f"a {run.barge_in.done} came: straight to the input")


async def _play(run: Runner, source: str, sound: Sound, level: float, loop: int, **what: str) -> None:
    """Play to the end, or until a key press or a word when barge-in is on."""
    with run.network.sounding(run.leg, source, sound, level, loop, **what) as cue:
        end = forever() if cue.ends is None else run.network.clock.sleep_until(cue.ends)
        if await first_of(run.barge_in.happens(), end) == 0:
            run.stopped = run.barge_in.done
