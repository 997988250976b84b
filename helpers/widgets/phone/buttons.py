"""What is done with a phone in the browser, one method for each button."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...audio.files import decode, encode_wav
from ...base.errors import KitError
from ...base.text import one_line
from ...calls.arguments import dialled
from ...simulator.phones.handsets import MOST_SPOKEN
from ...simulator.phones.scripts import checked_keys

if TYPE_CHECKING:
    from ...line.control_plane import ControlPlane

logger = logging.getLogger(__name__)
RATE = 16_000  # samples a second
Message = dict[str, Any]


class Buttons:
    """The buttons of one phone, and what they have set: ``muted``, ``volume`` (0 to 100), ``sound``.

    ``told`` is what could not be done, and what to do about it. ``listen(anew=…)`` and ``switch`` are called when
    something else is to be heard, and when the phone changes hands; ``move`` when time is to run.
    """

    def __init__(
        self, address: str, control: ControlPlane, listen: Callable[..., object], switch: Callable[[], object],
        move: Callable[[], object],
    ) -> None:  # fmt: skip
        self._address, self._control, self._listen, self._switch, self._move = address, control, listen, switch, move
        self.muted, self.volume, self.sound, self.told = False, 80, True, ""
        self.heard = False  # a page has said that it may play

    def press(self, message: Message) -> None:
        """Carry out what a button is for."""
        do = message.get("do")
        deeds = {"answer": self._use, "decline": self._use, "hang_up": self._use, "press": self._press,
                 "say": self._say, "talk": self._talk, "dial": self._dial, "mute": self._mute,
                 "sound": self._switch_sound, "volume": self._set_volume, "manual": self._switch_hands,
                 "time": self._let_time_run, "hello": self._hello}  # fmt: skip
        try:
            if isinstance(do, str) and do in deeds:
                self.told = "" if do not in ("hello", "volume") else self.told
                deeds[do](message)
        except KitError as error:
            self.told = str(error)
        except Exception as error:  # a click has nowhere else to show it
            logger.exception("the phone could not %s", do)
            self.told = f"That did not work: {type(error).__name__}: {one_line(error, 200)}"

    def _use(self, message: Message, **body: Any) -> None:
        self._control.use(self._address, message["do"], **body)

    def _press(self, message: Message) -> None:
        self._use(message, digits=checked_keys(message.get("digits")))

    def _say(self, message: Message) -> None:
        words = str(message.get("text", "")).strip()
        if not words:
            raise KitError("There is nothing to say.", "Type some words first.")
        self._need_a_voice()
        self._use(message, text=words)

    def _talk(self, message: Message) -> None:
        """What was spoken while the button was held: a WAV file, with more samples a second than a phone carries."""
        self._need_a_voice()
        if message["over"]:  # the click may have waited for a cell
            raise KitError("That call is over, so nobody heard it.", "Hold the microphone during a call.")
        sound = decode(message["file"], RATE)[: MOST_SPOKEN * RATE]
        self._use(message, wav=base64.b64encode(encode_wav(sound, RATE)).decode())

    def _need_a_voice(self) -> None:
        if self.muted:
            raise KitError("You are muted, so nobody heard that.", "Press Unmute, then say it again.")

    def _dial(self, message: Message) -> None:
        number = str(message.get("text", ""))
        for sign in " -()+":
            number = number.replace(sign, "")
        self._use(message, to=dialled(number))

    def _mute(self, message: Message) -> None:
        self.muted = not self.muted

    def _switch_sound(self, message: Message) -> None:
        self.sound = not self.sound
        self._listen()

    def _set_volume(self, message: Message) -> None:
        volume = message.get("value")
        if isinstance(volume, int | float) and not isinstance(volume, bool) and 0 <= volume <= 100:
            self.volume = round(volume)

    def _switch_hands(self, message: Message) -> None:
        self._switch()

    def _let_time_run(self, message: Message) -> None:
        self._move()

    def _hello(self, message: Message) -> None:
        """A page has been opened, or may be heard now: it begins to hear from here."""
        self.heard = self.heard or message.get("hears") is True
        self._listen(anew=self.heard)
