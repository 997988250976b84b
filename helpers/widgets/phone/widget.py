"""The phone in the notebook: rings, shows who calls, is answered, heard and spoken into. Its state is here, in Python.

The trace of the calls is the truth; the widget reads it and tells the phone network what its buttons are pressed for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol

import traitlets

from ...base.addresses import plain
from ...base.errors import KitError
from ...base.html import words
from ...calls.record import Entry
from ...line.control_plane import ControlPlane, ControlPlaneError
from ...views.svg import Picture
from ..pictures import phone_picture
from ..shell import Shell, with_shared
from ..words import WithWords, with_words
from .buttons import Buttons
from .live_sound import Ear
from .page import page
from .state import SILENT, Line, PhoneState, behaviour_in_words, shown_number

STILL = "Time stands still between cells."
LINES = 20  # captions on the page
TITLES = {"idle": "No call", "calling": "Calling", "ringing": "Incoming call", "in call": "In call",
          "off": "Out of order"}  # fmt: skip


class PhoneShell(Shell):
    """``shown`` is what ``phone.js`` puts into the page."""

    _esm, _css = with_shared("recording.js", "phone/phone.js"), with_shared("phone/phone.css")
    answers_while_busy = True
    page = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Dict().tag(sync=True)


class Desk(Protocol):
    """Where the phone stands: the line to the network, and call time."""

    control: ControlPlane

    def start_again(self, phone: PhoneWidget) -> Desk: ...

    @property
    def pace(self) -> float: ...

    def now(self, latest: float) -> float: ...

    def hold(self, address: str, on: bool) -> None: ...


class PhoneWidget(PhoneShell, WithWords):
    """A phone to look at, to listen to and to use. Made by ``kit.phone(number).show()``, once for each number.

    ``state`` is ``"idle"``, ``"calling"``, ``"ringing"``, ``"in call"`` or ``"off"``; ``caller`` who is on the line,
    ``captions`` what is heard and said, ``history`` the last calls, ``text`` all of it in words.

    It is a widget like any other: ``HBox([kit.phone(a).show(), kit.phone(b).show()])``.

    It acts by itself as it was set up, until a person takes it: with the switch on the phone, or ``show(manual=True)``.
    """

    def __init__(self, address: str, screens: Desk) -> None:
        self.address, self.name = address, ""
        self._state = PhoneState(address)
        self._settings: dict[str, Any] = {"behaviour": "answers", "after": 2.0}
        self._before: dict[str, Any] = {}  # how it behaved before a person took it
        self._off, self._moving = "", False  # moving: it lets time run until the call is over
        self._lock = threading.RLock()
        self._stand_on(screens)
        super().__init__(self._pressed, page=str(page()), shown=self._shown())

    def _stand_on(self, screens: Desk) -> None:
        control, self._screens = screens.control, screens
        self._buttons = Buttons(self.address, control, self.listen, lambda: self.hand_over(not self.manual), self._move)
        self._ear = Ear(control, self._told)

    @property
    def widget(self) -> PhoneWidget:
        """The widget itself."""
        return self

    # What it shows

    @property
    def state(self) -> str:
        """``"idle"``, ``"calling"``, ``"ringing"``, ``"in call"``, or ``"off"`` when its kit has been stopped."""
        return "off" if self._off else self._state.state

    @property
    def caller(self) -> str:
        """The number or address on the line; empty when there is no call."""
        return self._state.other if self._state.leg else ""

    @property
    def manual(self) -> bool:
        """True while a person answers it."""
        return bool(self._settings["behaviour"] == "manual")

    @property
    def captions(self) -> list[str]:
        """What is heard and said in this call, or was in the last: ``"  3.2 s  Press one."``"""
        return [f"{line.at - self._state.zero:5.1f} s  {_told(line)}" for line in list(self._state.lines)]

    @property
    def history(self) -> list[str]:
        """The last calls, newest first."""
        return [f"{'to' if call.out else 'from'} {call.who}: {call.ended}" for call in list(self._state.done)]

    @property
    def text(self) -> str:
        """The phone in words."""
        with self._lock:
            about = self._off or f"{TITLES[self.state]}{f', {self.caller}' if self.caller else ''}"
            lines = [f"{self._label()}: {self._behaviour()}. {about}".rstrip(".") + "."]
            lines += [self._state.note] if self._state.note and not self._off else []
            lines += [f"  {line}" for line in self.captions]
            if self.history:
                lines += ["Last calls:", *(f"  {call}" for call in self.history)]
            return "\n".join(lines)

    def __repr__(self) -> str:
        self.catch_up()
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # type: ignore[override]
        text = repr(self)
        return with_words(super()._repr_mimebundle_(), text, as_html(text), self.picture())

    def picture(self) -> Picture:
        """The phone as it is now, drawn: to look at where no kernel runs, and to ``save("phone.svg")``."""
        return phone_picture(self._shown(), self.text)

    def beside(self, *others: PhoneWidget) -> SideBySide:
        """This phone and others in one row: ``kit.phone(a).show().beside(kit.phone(b).show())``."""
        if not all(isinstance(one, PhoneWidget) for one in others):
            raise KitError("What stands beside a phone is a phone that is shown.", "Write kit.phone(…).show().")
        return SideBySide([self, *others])

    # What happens in the network

    def take(self, entry: Entry) -> None:
        """Something happened, here or elsewhere."""
        with self._lock:
            before = self._state.leg
            if entry["kind"] == "leg" and self._is_in(entry):
                self._look()
            if not self._state.take(entry):
                return
            if self._moving and not self._state.expected:
                self._move(False)
            if self._state.leg != before:
                self._buttons.told, self._buttons.muted = "", False
                self.listen()
            elif entry["kind"] == "status":
                self.listen()
            self.push()

    def catch_up(self) -> None:
        """Read what is in the record already, so that what is shown does not depend on another thread's speed."""
        with self._lock:
            if self._off:
                return
            try:
                self._look()
                control = self._screens.control
                for talk in dict.fromkeys(c["conversation_uuid"] for c in control.calls() if self._is_in(c)):
                    for entry in sorted(control.trace(talk), key=lambda entry: entry["seq"]):
                        self._state.take(entry)
            except ControlPlaneError as error:
                self._buttons.told = str(error)
            self.push()

    def forget(self) -> None:
        """The network was reset."""
        with self._lock:
            self._state.forget()
            self._before, self._buttons.told = {}, ""
            self.listen()
        self.catch_up()

    def switch_off(self, why: str) -> None:
        """The phone is dead from now on, and says why."""
        with self._lock:
            self._off = f"{why} Run kit = setup(), then kit.phone(…).show()."
            self._moving = False
            self.listen()
            self.push()

    def _start_again(self) -> None:
        """Start the kit that was stopped, and stand in its network."""
        try:
            screens = self._screens.start_again(self)
        except KitError as error:
            self._off = str(error)
            return
        self._off = ""
        self._stand_on(screens)
        self.forget()
        self._buttons.told = "Started again. Your server may have a new address: run the cells that use it again."

    # In whose hand it is

    def hand_over(self, manual: bool) -> None:
        """Give the phone to a person, or let it act by itself again as it did before."""
        control = self._screens.control
        if manual and not self.manual:
            self._look()
            self._before = {k: v for k, v in self._settings.items() if k in ("behaviour", "after", "script")}
            control.configure(self.address, behaviour="manual", script=[])
        elif not manual and self.manual:
            before = self._before or {"behaviour": "answers"}
            script = before.get("script") or []
            if before["behaviour"] != "scripted":
                control.configure(self.address, behaviour=before["behaviour"], after=before.get("after", 2.0))
            control.configure(self.address, script=script)
        self._moving = False
        self._screens.hold(self.address, manual)
        with self._lock:
            self._look()
            self.listen()
            self.push()

    def _move(self, on: bool = True) -> None:
        """Let time run like real time until this call is over; where it stands still it would hang."""
        with self._lock:
            self._moving = on
            self._screens.hold(self.address, on or self.manual)
            self.listen()

    # What it is made of

    def _pressed(self, message: dict[str, Any], files: Sequence[bytes] = ()) -> None:
        """Something was pressed in the page. What goes wrong is shown on the phone."""
        if self.state != "off":
            over = message.get("leg") != self._state.leg
            self._buttons.press({**message, "file": files[0] if files else b"", "over": over})
        elif message.get("do") == "again":
            self._start_again()
        self.push()
        self.send({"done": message.get("id")})

    def _told(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.send(message, buffers)

    def push(self) -> None:
        """Bring the page up to date."""
        with self._lock:
            shown = self._shown()
            if {**shown, "clock": 0, "seconds": 0} != {**self.shown, "clock": 0, "seconds": 0}:
                self.shown = shown

    def _is_in(self, call: dict[str, Any]) -> bool:
        """Whether a call may be this phone's; an app user is named without ``app:`` there."""
        return any(str(call[end]) and self.address.endswith(plain(str(call[end]))) for end in ("from", "to"))

    def _look(self) -> None:
        """See how the phone behaves now."""
        found = next((p for p in self._screens.control.phones() if p["number"] == self.address), None)
        self._settings = found or {"behaviour": "answers", "after": 2.0}
        self.name = self._settings.get("name", "")
        self._state.silent = self._settings["behaviour"] in SILENT

    def listen(self, *, anew: bool = False) -> None:
        """Have the sound of the call sent while there is one, at real pace, and somebody to hear it."""
        with self._lock:
            wanted = self._buttons.sound and self._buttons.heard
            here = self.state == "in call" and self._screens.pace == 1
            self._ear.listen(self._state.leg if here and wanted else "", anew=anew)

    def _behaviour(self) -> str:
        return behaviour_in_words(self._settings)

    def _note(self) -> str:
        if self._off or self._buttons.told:
            return self._off or self._buttons.told
        waits = STILL if self._is_still() else ""
        if self.state == "ringing":
            return waits if self.manual else f"This phone {self._behaviour()}. {waits}".strip()
        if waits and self.state != "in call":
            return f"A call is under way. {waits}"
        if self.state == "in call" and self._screens.pace != 1:
            return self._why_silent()
        if self.state == "idle" and not self._state.note:
            return "It rings when this number is called."
        return self._state.note

    def _is_still(self) -> bool:
        """True while a call hangs because time stands still."""
        return not self._off and self._state.expected and not self._screens.pace

    def _why_silent(self) -> str:
        pace = self._screens.pace
        flow = f"Time runs {pace:g} times as fast as in life" if pace else STILL.rstrip(".")
        return f"{flow}, so nothing is heard here. Later: kit.call(…).player()."

    def _label(self) -> str:
        return f"{self.name}, {self.address}" if self.name else f"Phone {self.address}"

    def _shown(self) -> dict[str, Any]:
        now, state, begin = self._state, self.state, self._state.zero
        call = state == "in call"
        flags = [
            "call" if call else state,
            "" if now.lines else "silent",
            "" if now.done else "fresh",
            "still" if self._is_still() else "",
        ]
        lines = [{"id": line.number, "who": line.who, "at": round(line.at - begin, 1), "text": line.text}
                 for line in now.lines]  # fmt: skip
        return {
            "label": self._label(),
            "name": self.name or shown_number(self.address),
            "number": shown_number(self.address) if self.name else "",
            "flags": flags,
            "state": state,
            "title": TITLES[self.state],
            "other": shown_number(self.caller) if self.caller else "",
            "leg": self._state.leg,
            "note": self._note(),
            "switch": "On: it rings until you answer" if self.manual else f"Off: it {self._behaviour()}",
            "manual": self.manual,
            "muted": self._buttons.muted,
            "mute_word": "Unmute" if self._buttons.muted else "Mute",
            "sound": self._buttons.sound,
            "sound_word": "Sound on" if self._buttons.sound else "Sound off",
            "volume": self._buttons.volume,
            "latest": _told(now.lines[-1]) if call and lines and now.lines[-1].who != "error" else "",
            "lines": lines[-LINES:],
            "calls": [
                {"who": shown_number(call.who), "out": call.out, "how": call.ended, "missed": call.seconds is None}
                for call in now.done
            ],
            "seconds": round(max(0.0, self._screens.now(now.latest) - begin), 2) if call else 0,
            "clock": time.time(),
            "pace": self._screens.pace,
        }


def _told(line: Line) -> str:
    """What is heard or said, as a caption."""
    return f"You: {line.text}" if line.who == "you" else line.text


class SideBySide(WithWords):
    """Several phones in one row, or below each other where there is no room."""

    def __init__(self, phones: list[PhoneWidget]) -> None:
        self.phones = phones

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.phones))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        import ipywidgets

        row = ipywidgets.HBox(self.phones)
        text, pictures = repr(self), [phone.picture() for phone in self.phones]
        return with_words(row._repr_mimebundle_(), text, as_html(text), *pictures)


def as_html(text: str) -> str:
    """The words of a phone, for where no kernel runs."""
    return words(f"☎ {text}")
