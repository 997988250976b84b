"""The sound of the call a phone is in: sent to the page while somebody wants to hear it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from ...line.control_plane import ControlPlaneError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...line.control_plane import ControlPlane
    from .live_sound import LiveSound


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
            from .live_sound import LiveSound

            self._live = LiveSound(self._control, leg, self._send)
            with contextlib.suppress(ControlPlaneError):  # the call has just ended: there is nothing to hear
                self._live.start()
