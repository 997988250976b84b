"""This kernel's place in a class: on an exchange somewhere, in a class that the kit plays, or in none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..base.errors import KitError
from ..base.hosts import host_of
from ..settings.proxy import pass_by
from .classroom import Classroom, join, who_am_i

if TYPE_CHECKING:
    from ..server.server import BackgroundServer
    from ..server.tunnel import Tunnel
    from ..settings.settings import Settings
    from ..simulator import Simulator
    from .played import PlayedClass


class Place:
    """Joins and leaves. ``keep`` writes settings for the next kernel, ``network`` is the one in this kernel, if any."""

    def __init__(
        self, settings: Settings, server: BackgroundServer, tunnel: Tunnel,
        keep: Callable[[dict[str, str]], None], network: Callable[[], Simulator | None],
    ) -> None:  # fmt: skip
        self._settings, self._server, self._tunnel, self._keep, self._network = settings, server, tunnel, keep, network
        self.classroom: Classroom | None = None
        self._played: PlayedClass | None = None  # whom the kit plays in it

    def __str__(self) -> str:
        """A line about the class that was joined; empty if there is none."""
        at = "played by the kit" if self._played else self._settings.class_url
        return f"In class: {at} (kit.classroom shows who is here, kit.leave() leaves it)." if self.classroom else ""

    @property
    def is_played(self) -> bool:
        """Whether the kit plays the class."""
        return self._played is not None

    def enter(self, address: str, word: str, name: str) -> None:
        """Join the class at ``address``, and leave the one before; for who is there already nothing changes."""
        own = self._settings
        known = who_am_i(own.class_url, own.class_token) if own.class_url and host_of(own.class_url) in address else ""
        if not known or known.casefold() != name.strip().casefold():
            url, token = join(address, word, name)  # first: with a wrong word the place of before stays
            self.leave()
            own.class_state.with_suffix(".env").unlink(missing_ok=True)
            self._keep({"class_url": url, "class_token": token})
            self.take()

    def take(self) -> None:
        """Take the place that the settings name."""
        own = self._settings
        pass_by(host_of(own.class_url))
        self.classroom = Classroom(own.class_url, own.class_token, self._server, own.class_state)
        self._tunnel.door = self

    def play(self, name: str) -> Classroom:
        """A class of one, and of classmates who are played in this kernel."""
        from .played import PlayedClass

        self._played = PlayedClass(self._settings.pace)
        try:
            url, token = self._played.start(name, self._server)
            self.classroom = Classroom(url, token, self._server, None, self._played)
            self.classroom.connect()
        except BaseException:
            self.close()
            raise
        return self.classroom

    def leave(self) -> None:
        """Give the account back. What is not there any more, or not in this network, is told of."""
        if self.classroom is None:
            return
        try:
            self.classroom.leave()
        except KitError as error:
            print(error)
        if self._played is None:
            self._keep({"class_url": "", "class_token": ""})
        self.close()

    def close(self) -> None:
        """Close every connection; an account on an exchange stays."""
        if self.classroom is not None:
            if self._tunnel.door is not None:
                self._tunnel.off()
                self._tunnel.door = None
            self.classroom.close()
            self.classroom = None
            self._server.class_secret = ""
        if self._played is not None:
            self._played.stop()
            self._played = None

    # The tunnel's way to an exchange

    def open(self) -> str:
        """Connect. A class that is not there, at home for example, must not stop a lesson: it is told of."""
        assert self.classroom is not None
        try:
            url = self.classroom.connect()
        except KitError as error:
            print(f"{error}\nThe lesson goes on without the class. kit.leave() forgets it.")
            return ""
        if network := self._network():  # it goes straight to the server in this kernel, not there and back
            network.lead(url, self._server.url)
        return url

    def shut(self) -> None:
        """Disconnect."""
        if self.classroom is not None:
            self.classroom.disconnect()
