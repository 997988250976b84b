"""The phones of a kit that are shown: one widget for each number, all fed by one line to the phone network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...base.errors import KitError
from ...calls.record import Entry

if TYPE_CHECKING:
    from ...line.control_plane import ControlPlane
    from .widget import PhoneWidget


class Screens:
    """Makes the widgets, keeps them up to date, and takes them down. Nothing happens before the first is shown."""

    def __init__(self, control: ControlPlane, again: Callable[[], Screens] | None = None) -> None:
        """``again`` starts the kit once more, and returns the screens that it has then."""
        self.control, self._again = control, again
        self._phones: dict[str, PhoneWidget] = {}
        self._held: set[str] = set()  # those in a person's hand
        self._clock = (0.0, 0.0, 0.0)  # call time, time.monotonic() then, pace
        self._stop: Callable[[], None] | None = None
        self._lock = threading.RLock()
        self._closed = ""

    def show(self, address: str, *, manual: bool | None = None) -> PhoneWidget:
        """The widget of a phone: the same one each time. ``manual`` hands it to a person, or takes it back."""
        from .widget import PhoneWidget

        with self._lock:
            if self._closed:
                raise KitError(self._closed, "Run kit = setup(), then kit.phone(…).show().")
            self.look_at_clock()
            if address not in self._phones:
                self._phones[address] = PhoneWidget(address, self)
            self._follow()
            phone = self._phones[address]
        if manual is not None:
            phone.hand_over(manual)
        phone.catch_up()
        return phone

    def _follow(self) -> None:
        if self._stop is None:
            self._stop = self.control.follow(self._take, on_reset=self._reset)

    def start_again(self, phone: PhoneWidget) -> Screens:
        """Start the kit that was stopped; the phone, if it is the first of its number, goes on in the new network."""
        if self._again is None:
            raise KitError(self._closed, "Run kit = setup(), then kit.phone(…).show().")
        screens = self._again()
        with screens._lock:
            screens.look_at_clock()
            if screens._phones.setdefault(phone.address, phone) is not phone:
                raise KitError("This number has another phone by now.", "Look for it below, or run this cell again.")
            screens._follow()
        return screens

    def changed(self, address: str) -> None:
        """A cell has changed how a phone behaves: it is in nobody's hand any more."""
        if (phone := self._phones.get(address)) is not None:
            phone.catch_up()
            if not phone.manual:
                self.hold(address, False)
                phone.push()

    def close(self, why: str = "The kit has been stopped, and with it the phone network.") -> None:
        """No phone works any more; each says so. Twice is once."""
        with self._lock:
            stop, self._stop, phones = self._stop, None, list(self._phones.values())
            self._closed = why
            self._phones.clear()
        if stop:
            stop()
        for phone in phones:
            phone.switch_off(why)

    # Call time

    def hold(self, address: str, on: bool) -> None:
        """A person takes a phone, or puts it back. While one has any, stepped time runs like real time."""
        with self._lock:
            before = bool(self._held)
            (self._held.add if on else self._held.discard)(address)
            if before != bool(self._held):
                self.look_at_clock(self.control.flow(bool(self._held)))
                others = [phone for phone in self._phones.values() if phone.address != address]
            else:
                others = []
        for phone in others:
            phone.listen()
            phone.push()

    def look_at_clock(self, told: dict[str, Any] | None = None) -> None:
        """See how late it is and how fast time runs."""
        told = self.control.clock() if told is None else told
        pace = 0.0 if isinstance(told["pace"], str) else float(told["pace"])
        self._clock = float(told["now"]), time.monotonic(), pace

    @property
    def pace(self) -> float:
        """How many times as fast as real time call time runs; 0: it stands still between two steps."""
        return self._clock[2]

    def now(self, latest: float) -> float:
        """Call time; where it stands still, that of the ``latest`` entry."""
        at, then, pace = self._clock
        return max(latest, at + (time.monotonic() - then) * pace)

    # From the network, in a thread of its own

    def _take(self, entry: Entry) -> None:
        for phone in list(self._phones.values()):
            phone.take(entry)

    def _reset(self) -> None:
        for address in list(self._held):
            self.hold(address, False)
        for phone in list(self._phones.values()):
            phone.forget()
