"""The sound of a phone while the call goes on: from the phone network to whoever plays it, a page as a rule."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...line.control_plane import ControlPlane, ControlPlaneError

if TYPE_CHECKING:
    from ...line.event_stream import EventStream, Message

Send = Callable[[dict[str, Any], list[bytes]], object]


class LiveSound:
    """Sends what the person on a leg hears, while it happens, by ``send(message, buffers)``, in a thread of its own.

    Times are call time in seconds; ``now`` is the moment at which the message was made. In this order they come:

    - ``{"sound": leg, "at", "now", "rate"}`` with one buffer, samples of 16 bits, little endian, mono: what is heard
      from ``at`` on. It comes up to a second early. Where nothing came there is silence.
    - ``{"sound": leg, "cut", "now"}``: what was sent from ``cut`` on is not heard after all. What is heard comes anew.
    - ``{"sound": leg, "end", "now"}``: the call is over. Nothing follows.
    - ``{"sound": leg, "silent": text}``: why there is no sound; nothing else is sent.

    It may be started while the phone rings, and before the browser is allowed to play: nobody has to wait for it.
    ``rate`` is 16000 (as Vonage mixes it) or 8000 (as a telephone delivers it). As a rule 32 or 16 KB/s are sent, and
    never 200.
    """

    def __init__(self, control: ControlPlane, leg: str, send: Send, *, rate: int = 16_000) -> None:
        self._control, self._leg, self._send, self._rate = control, leg, send, rate
        self._stream: EventStream | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"LiveSound({self._leg!r}, {'running' if self.running else 'stopped'})"

    @property
    def running(self) -> bool:
        return self._stream is not None and self._stream.running

    def start(self) -> None:
        """Begin with what is heard now. Raises ControlPlaneError when there is no such leg. Twice is once."""
        with self._lock:
            if self.running:
                return
            if (pace := self._control.pace()) != 1:
                self._send({"sound": self._leg, "silent": _why_silent(pace)}, [])
                return
            self._stream = self._control.stream(f"calls/{self._leg}/sound", self._take, rate=self._rate)

    def stop(self) -> None:
        """Send nothing more, and end the thread. What was sent still plays: tell the page to stop, too."""
        with self._lock:
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.stop()

    def _take(self, message: Message) -> bool:
        """Pass on one message of the phone network. True: it was the last one."""
        told = dict(message.data)
        buffers = [base64.b64decode(told.pop("pcm"))] if "pcm" in told else []
        self._send({"sound": self._leg, **told}, buffers)
        return "end" in told


def _why_silent(pace: str | float) -> str:
    flow = "time stands still until a cell moves it" if isinstance(pace, str) else f"time runs {pace:g} × as fast"
    return f"Sound plays in real time only, and here {flow} (SIMULATOR_PACE). Afterwards: kit.call(…).player()."


class Ear:
    """Holds at most one :class:`LiveSound`, and tells the page when what it has is not to be heard any more."""

    def __init__(self, control: ControlPlane, send: Callable[[dict[str, Any], list[bytes]], None]) -> None:
        self._control, self._send = control, send
        self._live: LiveSound | None = None
        self._leg = ""

    def listen(self, leg: str, *, anew: bool = False) -> None:
        """Send what is heard on ``leg``, none if it is empty. ``anew``: a page begins to listen now."""
        if self._live is not None and (anew or leg != self._leg):
            self._live.stop()
            self._live = None
            self._send({"hush": anew}, [])
        self._leg = leg
        if leg and self._live is None:
            self._live = LiveSound(self._control, leg, self._send)
            with contextlib.suppress(ControlPlaneError):  # the call has just ended: there is nothing to hear
                self._live.start()
