"""What is done with a phone in the browser, one method for each button."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ...base.errors import KitError
from ...base.text import one_line
from ...calls.arguments import dialled
from ...simulator.phones.scripts import checked_keys

if TYPE_CHECKING:
    from ...line.control_plane import ControlPlane
    from .widget import PhoneWidget

logger = logging.getLogger(__name__)


class Buttons:
    """The buttons of one phone, and what they have set: ``muted``, ``volume`` (0 to 100), ``sound``.

    ``told`` is what could not be done, and what to do about it.
    """

    def __init__(self, phone: PhoneWidget, control: ControlPlane) -> None:
        self._phone, self._control = phone, control
        self.muted, self.volume, self.sound, self.told = False, 80, True, ""
        self.heard = False  # a page has said that it may play

    def handle(self, message: dict[str, Any]) -> None:
        """Carry out what a button is for. What goes wrong is shown on the phone, with what to do about it."""
        do = message.get("do")
        deeds = {"answer": self._answer, "decline": self._decline, "hang_up": self._hang_up, "press": self._press,
                 "say": self._say, "dial": self._dial, "mute": self._mute, "sound": self._switch_sound,
                 "volume": self._set_volume, "manual": self._switch_hands, "hello": self._hello}  # fmt: skip
        try:
            if isinstance(do, str) and do in deeds and self._phone.state != "off":
                self.told = "" if do not in ("hello", "volume") else self.told
                deeds[do](message)
        except KitError as error:
            self.told = str(error)
        except Exception as error:  # a click has nowhere else to show it
            logger.exception("the phone could not %s", do)
            self.told = f"That did not work: {type(error).__name__}: {one_line(error, 200)}"
        self._phone.push()
        self._phone.widget.send({"done": message.get("id")})

    def _answer(self, message: dict[str, Any]) -> None:
        self._use("answer")

    def _decline(self, message: dict[str, Any]) -> None:
        self._use("decline")

    def _hang_up(self, message: dict[str, Any]) -> None:
        self._use("hang_up")

    def _press(self, message: dict[str, Any]) -> None:
        self._use("press", digits=checked_keys(message.get("digits")))

    def _say(self, message: dict[str, Any]) -> None:
        words = str(message.get("text", "")).strip()
        if not words:
            raise KitError("There is nothing to say.", "Type some words first.")
        if self.muted:
            raise KitError("You are muted, so nobody heard that.", "Press Unmute, then say it again.")
        self._use("say", text=words)

    def _dial(self, message: dict[str, Any]) -> None:
        number = str(message.get("text", ""))
        for sign in " -()+":
            number = number.replace(sign, "")
        self._use("dial", to=dialled(number))

    def _mute(self, message: dict[str, Any]) -> None:
        self.muted = not self.muted

    def _switch_sound(self, message: dict[str, Any]) -> None:
        self.sound = not self.sound
        self._phone.listen()

    def _set_volume(self, message: dict[str, Any]) -> None:
        volume = message.get("value")
        if isinstance(volume, int | float) and not isinstance(volume, bool) and 0 <= volume <= 100:
            self.volume = round(volume)

    def _switch_hands(self, message: dict[str, Any]) -> None:
        self._phone.hand_over(not self._phone.manual)

    def _hello(self, message: dict[str, Any]) -> None:
        """A page has been opened, or may be heard now: it begins to hear from here."""
        self.heard = self.heard or message.get("hears") is True
        self._phone.listen(anew=self.heard)

    def _use(self, what: str, **body: Any) -> None:
        self._control.use(self._phone.address, what, **body)
