"""The class, from a lesson: who is here, my public phone, my account on the exchange. See docs/classroom.md."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..base.errors import KitError
from ..base.grid import grid
from ..base.secret import closed, reveal
from ..base.text import nearest
from ..base.web import fault_of
from ..call import Call
from ..calls.arguments import seconds_of, status_of, uuid_of
from ..calls.statuses import LAST
from ..line.control_plane import CONNECT, PATIENCE, ControlPlane
from ..line.link import Link
from ..phone import LivePhone, Phone
from ..settings.checks import CREDENTIALS, VARIABLES
from ..settings.env_file import read_env
from ..settings.settings import Settings
from ..vonage.client import Vonage
from ..widgets.phone.screens import Screens
from . import groundwork

if TYPE_CHECKING:
    from ..server.server import BackgroundServer
    from .played import PlayedClass

TRIES = 15.0  # seconds to go on when others have tried too many words
HERE = {True: "here", False: "away"}


class ClassroomError(KitError):
    """The exchange of a class does not do what it was asked for; ``.status`` is that of its reply, if there was one."""


@dataclass(frozen=True)
class Member:
    """Somebody in the class: their public phone and the numbers they have rented; ``here``: can they be told now."""

    name: str
    phone: str
    numbers: tuple[str, ...] = ()
    here: bool = False


class Classroom:
    """A place in a class, on the exchange at ``url``. ``state``: where the account's application is kept, if it is.

    ``played`` are classmates whom the kit plays.

    >>> kit.classroom.ring("Ben")
    """

    @closed
    def __init__(
        self, url: str, token: str, server: BackgroundServer, state: Path | None, played: PlayedClass | None = None
    ) -> None:
        self._url, self._token, self._server, self._state, self._played = url, token, server, state, played
        self.network = ControlPlane(url, token, cure="Join again: kit.join(…).")
        self._link = Link(url, token, lambda: server.url)
        self._screens = Screens(self.network)
        self._me: dict[str, str] = {}
        self._vonage: Vonage | None = None
        self.tell: Callable[[Call], object] = lambda call: None  # hears of each call that was waited for

    def __repr__(self) -> str:
        try:
            return str(self.show())
        except KitError as error:
            return f"Classroom at {self._url}: {error.message}"

    def _repr_html_(self) -> str:
        try:
            return str(self.show().bundle["text/html"])
        except KitError:
            return f"<p>{self!r}</p>"

    def show(self) -> Any:
        """Who is here, as a table."""
        rows = [(one.name, one.phone, " ".join(one.numbers) or "none", HERE[one.here]) for one in self.members]
        return grid(["name", "public phone", "numbers", ""], rows, f"In class as {self.name}")

    # Who is here

    @property
    def name(self) -> str:
        """Under which you joined."""
        return self._own("name")

    @property
    def members(self) -> list[Member]:
        """Everybody in the class, you among them."""
        found = ask(self._url, "GET", "members", token=self._token)
        return [Member(one["name"], one["phone"], tuple(one["numbers"]), one["here"]) for one in found]

    def member(self, name: str) -> Member:
        """Who has this name. Raises :class:`ClassroomError` when nobody has."""
        found = {one.name.casefold(): one for one in self.members}
        if isinstance(name, str) and (one := found.get(" ".join(name.split()).casefold())):
            return one
        near = nearest(str(name).casefold(), list(found))
        meant = f"Do you mean {found[near].name}?" if near else "kit.classroom shows who is here."
        raise ClassroomError(f"Nobody here is called {name}.", meant)

    def neighbour(self, name: str) -> Phone | LivePhone:
        """The phone of somebody here, to be told what to do. Who is played by the kit does it; a person is asked to.

        >>> kit.classroom.neighbour("Ben").dial(kit.classroom.number)
        """
        one = self.member(name)
        if self._played is not None:
            return self._played.phone_of(one.name, self)
        return LivePhone(one.phone, Calls(self.network), who=one.name)

    # What the teacher's board shows of me

    @property
    def shares(self) -> bool:
        """Whether the board shows which tasks you have done."""
        return bool(ask(self._url, "GET", "me", token=self._token)["shares"])

    def share(self, lessons: dict[str, dict[str, Any]] | None) -> None:
        """Show which tasks are done, by lesson (:func:`helpers.exercises.progress`), or with None nothing any more."""
        if lessons is not None and not isinstance(lessons, dict):
            raise ClassroomError(f"{lessons!r} is not what is done.", "Write progress(share=True).")
        ask(self._url, "DELETE" if lessons is None else "PUT", "me/tasks", token=self._token, body=lessons)

    # My phone, my calls

    @property
    def phone(self) -> Phone:
        """Your public phone: the others can call it. It rings until you answer it."""
        return Phone(self._own("phone"), self.network, self._screens)

    def ring(self, who: str) -> str:
        """Call somebody's public phone with yours, or a number. Returns the uuid of your leg.

        >>> kit.classroom.ring("Ben")
        """
        if isinstance(who, str) and who.strip().casefold() == self.name.casefold():
            raise ClassroomError(f"{self.name} is you.", "Ring somebody else: kit.classroom shows who is here.")
        digits = str(who).lstrip("+").replace(" ", "").isdigit()
        return self.phone.dial(who if digits else self.member(who).phone)

    def call(self, call: str | dict[str, Any] | Call) -> Call:
        """The record of a call on the exchange as it is now; with whom it was put through to, as far as you know."""
        own = self._record(uuid_of(call))
        whole = self._record(str(own.conversation))
        return whole if len(whole.legs) > 1 and whole.leg == own.leg else own

    def _record(self, uuid: str) -> Call:
        """Without your address: a picture of a call is shown to others."""
        entries = json.dumps(self.network.trace(uuid)).replace(self._own("door"), "")
        return Call(json.loads(entries), uuid=uuid, heard=self.network.heard)

    def wait(self, seconds: float) -> None:
        """Let ``seconds`` of call time pass on the exchange. Where it is real, it takes as long."""
        self.network.advance(seconds_of(seconds))

    def wait_for(self, call: str | dict[str, Any] | Call, status: str = "completed", timeout: float = 60) -> Call:
        """Wait until a call on the exchange has a status, ``timeout`` real seconds at the longest; ``"over"``: any end.

        Raises :class:`ClassroomError` when it ends another way, or the time is up.
        """
        uuid, status, timeout = uuid_of(call), status_of(status), seconds_of(timeout)
        reached = self.network.advance(timeout, uuid, "completed" if status == "over" else status)
        record = self.call(uuid)
        self.tell(record)
        over = record.status in LAST
        if reached or (status == "over" and over):
            return record
        raise ClassroomError(*record.short_of(status, timeout if not over else None, "kit.classroom"))

    # My account

    @property
    def vonage(self) -> Vonage:
        """The client of your account on the exchange; ``.settings`` has its key, application and number."""
        if self._vonage is None:
            account = self.network.account()
            known = {name: account[name] for name in ("api_key", "api_secret", "signature_secret")}
            settings = Settings(state=self._state or Settings().state, api_url=self._url, **known)
            kept = read_env(settings.kept) if self._state else {}
            settings.use(**{name: text for name in CREDENTIALS if (text := kept.get(VARIABLES[name], ""))})
            self._vonage = Vonage(settings)
        return self._vonage

    @property
    def number(self) -> str:
        """The number of :meth:`ready`."""
        self.vonage.settings.require("number")
        return str(self.vonage.settings.number)

    def keep(self, *, application: dict[str, Any] | None = None, number: str | None = None) -> None:
        """Keep an application as it was created, or a number, for the next kernel; see :meth:`helpers.kit.Kit.keep`."""
        values: dict[str, str] = {} if number is None else {"number": number}
        if application is not None:
            values |= {"application_id": application["id"], "private_key": application["keys"].get("private_key", "")}
        settings = self.vonage.settings
        keep = settings.use if self._state is None else settings.save
        keep(**{name: text for name, text in values.items() if text})

    def ready(self) -> str:
        """Make sure there is a number on the exchange, and an application that takes its calls. A line that says so."""
        vonage = self.vonage
        groundwork.make_number(vonage.settings, vonage)
        self.keep(number=vonage.settings.number)
        groundwork.make_application(vonage.settings, vonage, self.keep)
        [mine] = [one for one in vonage.list_numbers(size=100)["numbers"] if one["msisdn"] == self.number]
        vonage.update_number(mine["country"], self.number, app_id=vonage.settings.application_id)
        return f"In class as {self.name}: phone {self._own('phone')}, number {self.number}, ready."

    # The way down

    @property
    def url(self) -> str:
        """Your web server's address on the exchange: for your own webhooks, and for nobody else to know."""
        return self._url + self._own("door")

    def connect(self) -> str:
        """Let webhooks come down to this kernel; another notebook of yours gives them up. Returns :attr:`url`."""
        self._server.start()
        self._link.start()
        self._server.class_secret = reveal(self.vonage.settings.signature_secret)
        return self.url

    def disconnect(self) -> None:
        """Let no more webhooks come."""
        self._link.stop()

    @property
    def connected(self) -> bool:
        """Whether webhooks come down to this kernel now."""
        return self._link.up

    def close(self) -> None:
        """Close every connection; the place in the class stays."""
        self._link.stop()
        self._screens.close()
        self.network.close()
        if self._vonage is not None:
            self._vonage.close()

    def leave(self) -> None:
        """Give the account back, with all that is in it."""
        try:
            ask(self._url, "DELETE", "me", token=self._token)
        except ClassroomError as error:
            if getattr(error, "status", 0) != 401:  # then it is gone already
                raise
        finally:
            self.close()
            if self._state is not None:
                self._state.with_suffix(".env").unlink(missing_ok=True)

    def _own(self, what: str) -> str:
        if not self._me:
            self._me = ask(self._url, "GET", "me", token=self._token)
        return str(self._me[what])


@dataclass(frozen=True)
class Calls:
    """The calls of an account, as they are at each look."""

    network: ControlPlane

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.network.calls())


def join(address: str, word: str, name: str) -> tuple[str, str]:
    """Join the class at ``address``. Returns the exchange's address as it is to be kept, and the token."""
    url = address.strip() if "://" in str(address) else f"http://{address.strip()}"
    if fault := fault_of(url):
        raise ClassroomError(f"{address!r} is not an address: it {fault.said}.", "Write it as it is on the board.")
    url = url.rstrip("/").removesuffix("/class")
    until = time.monotonic() + TRIES
    while True:
        try:
            told = ask(url, "POST", "join", body={"word": word, "name": name, "url": url})
            return url, str(told["token"])
        except ClassroomError as error:
            if getattr(error, "status", 0) != 429 or time.monotonic() > until:
                raise
            time.sleep(1)


def who_am_i(url: str, token: str) -> str:
    """The name that a token stands for; empty when it stands for nobody any more."""
    try:
        return str(ask(url, "GET", "me", token=token)["name"])
    except ClassroomError as error:
        if getattr(error, "status", 0) == 401:
            return ""
        raise


@closed
def ask(url: str, method: str, path: str, *, token: str = "", body: Any = None) -> Any:
    """A request to the exchange itself; the JSON of its reply."""
    import requests

    headers = {"Authorization": f"Bearer {reveal(token)}"} if token else {}
    with requests.Session() as session:
        session.trust_env = False  # it is in this room: no proxy leads there
        try:
            reply = session.request(method, f"{url}/class/{path}", json=body, headers=headers,
                                    timeout=(CONNECT, PATIENCE))  # fmt: skip
        except requests.RequestException:
            host = urlsplit(url).netloc
            cure = f"Open {url}/class in a browser. If that does not open either, {host} is not in your network."
            raise ClassroomError(f"The exchange at {url} does not answer.", cure) from None
    if reply.status_code == 204:
        return {}
    try:
        told = reply.json()
    except ValueError:
        told = None
    if reply.ok and told is not None:
        return told
    told = told if isinstance(told, dict) else {}
    message = told.get("error", f"{url} does not answer as an exchange does: HTTP {reply.status_code}.")
    raise ClassroomError(message, told.get("cure", "Is it the address of an exchange?"), status=reply.status_code)
