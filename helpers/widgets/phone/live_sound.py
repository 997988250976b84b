"""The sound of a phone while the call goes on: from the phone network to whoever plays it, a page as a rule."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...line.control_plane import ControlPlane
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
