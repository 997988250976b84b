"""The accounts of a class: names, tokens, public phones, doors. Kept in a folder, so that a restart finds them."""

from __future__ import annotations

import base64
import hmac
import secrets
import shutil
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...base.errors import KitError
from ...calls.trace import Trace
from ..account.account import Account
from ..account.state_file import StateFile
from ..ids import Ids
from ..legs.network import Network
from .latest import Latest
from .links import DoorClient, Link, OwnDoor

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from ..clock import Clock

PHONES = range(447700900100, 447700900400)  # public phones; from Ofcom's range for fiction, as all the others
LONGEST_NAME = 30  # characters
MOST_NUMBERS = 5  # that one account may rent: a class shares 150
MOST_LEGS = 60  # of one account, at once
RATE, BURST = 50.0, 200.0  # requests of one account in a second, and how many may come at once
BYTES = 50_000  # of a request count as one more: a few large ones keep the exchange as busy as many small ones
COLOURS = """
amber black blue brown copper coral cream golden green grey indigo ivory jade lemon lilac lime magenta olive orange
pearl pink plum purple red ruby rust sand scarlet silver tan teal violet white yellow
"""
ANIMALS = """
ant badger bear bee bison camel cat crab crane crow deer dove duck eagle eel elk finch fox frog goat goose hare hawk
heron horse ibis koala lark lion lynx mole moose moth mouse newt otter owl panda puma rabbit raven robin seal shark
sheep snail swan tiger toad trout turtle whale wolf wren yak zebra
"""


class ClassError(KitError):
    """The exchange does not do this for who asks; ``status`` is that of the reply."""


class Allowance:
    """How many requests somebody may still send: RATE more each second, up to BURST, or to ``most``."""

    def __init__(self, most: float | None = None) -> None:
        self._most = BURST if most is None else most
        self._left, self._at = self._most, time.monotonic()

    def take(self, size: int = 0) -> bool:
        """True when there is enough left for a request with a body of ``size`` bytes."""
        now = time.monotonic()
        self._left, self._at = min(self._most, self._left + RATE * (now - self._at)), now
        if self._left < (cost := 1 + size / BYTES):
            return False
        self._left -= cost
        return True


@dataclass(eq=False, repr=False)
class Member:
    """Who has joined, with an account and a network of their own."""

    name: str
    phone: str
    token: str
    door: str  # the part of the address that nobody can guess
    network: Network
    api: ASGIApp
    link: Link
    latest: Latest
    allowance: Allowance = field(default_factory=Allowance)
    lessons: dict[str, Any] | None = None  # the tasks that are done, of who wants them to be seen

    @property
    def account(self) -> Account:
        return self.network.account

    def shown(self) -> dict[str, Any]:
        """What the others see."""
        numbers = [number["msisdn"] for number in self.account.numbers]
        return {"name": self.name, "phone": self.phone, "numbers": numbers, "here": self.link.up}

    def own(self) -> dict[str, Any]:
        """What only they see."""
        told = {"name": self.name, "phone": self.phone, "door": f"/t/{self.door}"}
        return {**told, "shares": self.lessons is not None}

    async def begin_again(self) -> None:
        """Forget calls, phones, faults, numbers and applications. Key, secrets and address stay."""
        await self.network.reset()
        self.network.faults.clear()
        self.account.reset()
        self.latest.begin_again()


class Accounts:
    """Everybody in the class. ``api_of`` makes the app of one account, ``watch`` hears each new record."""

    def __init__(
        self, folder: Path | None, clock: Clock, ids: Callable[[str], Ids],
        api_of: Callable[[Network, str], ASGIApp], watch: Callable[[Trace], object],
    ) -> None:  # fmt: skip
        self._folder, self._clock, self._ids, self._api_of, self._watch = folder, clock, ids, api_of, watch
        self._file = StateFile(folder / "class.json") if folder else None
        self._kept: dict[str, Any] = {"secret": secrets.token_hex(32), "word": new_word(), "open": True, "members": {}}
        self.members: dict[str, Member] = {}  # by the name in small letters
        if self._file:
            with self._file.locked():
                if self._file.exists():
                    self._kept = self._read(self._file)
                else:
                    self._file.write(self._kept)
        for key in self._kept["members"]:
            self._bring_in(key)
        if not self.members:  # the last class was ended, and with it the door was closed: this is the next one
            self.set_open(True)

    # Who is who

    @property
    def word(self) -> str:
        return str(self._kept["word"])

    @property
    def open(self) -> bool:
        """Whether one can join."""
        return bool(self._kept["open"])

    @property
    def teacher_token(self) -> str:
        return self._hmac("teacher")

    def by_token(self, token: str) -> Member | None:
        return next((one for one in self.members.values() if same(token, one.token)), None)

    def by_key(self, api_key: str) -> Member | None:
        return next((one for one in self.members.values() if api_key == one.account.api_key), None)

    def by_application(self, uuid: str) -> Member | None:
        return next((one for one in self.members.values() if uuid in one.account.applications), None)

    def by_door(self, door: str) -> Member | None:
        return next((one for one in self.members.values() if same(door, one.door)), None)

    def named(self, name: str) -> Member:
        """Raises ClassError."""
        if member := self.members.get(key_of(name)):
            return member
        raise ClassError(f"Nobody here is called {name}.", "GET /class/members lists who is here.", status=404)

    def home_of(self, number: str) -> Network | None:
        """The network in which a number is a public phone, or is rented."""
        for one in self.members.values():
            if number == one.phone or one.account.number(number) is not None:
                return one.network
        return None

    def name_of(self, number: str) -> str:
        """Whose public phone it is, by name; empty if it is nobody's."""
        return next((one.name for one in self.members.values() if number == one.phone), "")

    # Coming and going

    def join(self, name: str, url: str) -> Member:
        """A new account; ``url`` is the exchange's address as its owner has it. Raises ClassError."""
        name = " ".join(unicodedata.normalize("NFC", name).split())
        # A name stands in addresses, where two of them mean something.
        if name in ("", ".", "..") or len(name) > LONGEST_NAME or not name.isprintable():
            shown = name[:LONGEST_NAME]
            raise ClassError(f"{shown!r} is not a name.", f"Use 1 to {LONGEST_NAME} characters.", status=400)
        if key_of(name) in self.members:
            cure = "Choose another name. If it was you, on another machine: ask the teacher to take the old one away."
            raise ClassError(f"Somebody here is called {name} already.", cure, status=409)
        phones = {one.phone for one in self.members.values()}
        phone = next((str(number) for number in PHONES if str(number) not in phones), None)
        if phone is None:
            raise ClassError(f"The class is full: {len(PHONES)} are here.", "Start a second exchange.", status=409)
        # With something new in it: who takes a name that was given back must not have the token of before.
        self._kept["members"][key_of(name)] = {"name": name, "phone": phone, "salt": secrets.token_hex(8), "url": url}
        self._write()
        return self._bring_in(key_of(name))

    def share(self, member: Member, lessons: dict[str, Any] | None) -> None:
        """Keep which tasks somebody has done, by lesson, for the board; None: they are not shown any more."""
        member.lessons = self._kept["members"][key_of(member.name)]["lessons"] = lessons
        self._write()

    async def remove(self, member: Member) -> None:
        """Take an account away, with all that is in it."""
        if self.members.get(key_of(member.name)) is not member:  # somebody else is at it
            return
        del self.members[key_of(member.name)]
        kept = self._kept["members"].pop(key_of(member.name))
        self._write()
        await self._close(member)
        if self._folder:
            shutil.rmtree(self._folder / _folder_of(kept), ignore_errors=True)

    async def end(self) -> None:
        """The end of the class: no account is left, and no token is good any more."""
        self._kept |= {"secret": secrets.token_hex(32), "word": new_word(), "open": False}
        for member in list(self.members.values()):
            await self.remove(member)
        self._write()

    def set_open(self, is_open: bool) -> None:
        """Let others join, with a new word, or not any more."""
        if is_open and not self.open:
            self._kept["word"] = new_word()
        self._kept["open"] = is_open
        self._write()

    async def close(self) -> None:
        """End all calls and connections; the accounts stay."""
        for member in self.members.values():
            await self._close(member)

    async def _close(self, member: Member) -> None:
        await member.network.close()
        await member.link.close()

    def _bring_in(self, key: str) -> Member:
        kept = self._kept["members"][key]
        salted = f"{key}:{kept['salt']}"
        token, door, link = self._hmac(f"learner:{salted}"), self._hmac(f"door:{salted}")[:32], Link()
        path = self._folder / _folder_of(kept) / "account.json" if self._folder else None
        account, trace = Account(self._ids(f"account-{key}"), path), Trace()
        self._watch(trace)
        latest = Latest(trace)
        network = Network(self._clock, account, self._ids(f"calls-{key}"), trace, OwnDoor(door), region_url=kept["url"])
        network.callbacks.web = DoorClient(link, door)
        for one in self.members.values():
            network.sounds.share_with(one.network.sounds)
        network.home_of, network.name_of, network.public_number = self.home_of, self.name_of, kept["phone"]
        account.taken = lambda msisdn: self._taken(account, msisdn)
        member = Member(kept["name"], kept["phone"], token, door, network, self._api_of(network, token), link, latest,
                        lessons=kept.get("lessons"))  # fmt: skip
        self.members[key] = member
        return member

    def _taken(self, account: Account, msisdn: str) -> bool:
        """True for what an account may not rent: another has it, or it has enough."""
        home = self.home_of(msisdn)
        return len(account.numbers) >= MOST_NUMBERS or (home is not None and home.account is not account)

    def _hmac(self, text: str) -> str:
        return hmac.digest(bytes.fromhex(self._kept["secret"]), text.encode(), "sha256").hex()

    def _read(self, file: StateFile) -> dict[str, Any]:
        try:
            kept: dict[str, Any] = file.read()
            bytes.fromhex(kept["secret"])
            all((one["name"], one["phone"], one["salt"], one["url"]) for one in kept["members"].values())
            return {"word": str(kept["word"]), "open": bool(kept["open"]), **kept}
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            raise ClassError(
                f"The file of the class, {file.path.name} in {file.path.parent}, cannot be read or is damaged.",
                "Name another folder with --state, or delete it: then all have to join anew.",
            ) from None

    def _write(self) -> None:
        if self._file:
            with self._file.locked():
                self._file.write(self._kept)


def _folder_of(kept: dict[str, Any]) -> str:
    """Never another's: a request that is slow may write to it after its owner has left."""
    return f"{kept['phone']}-{kept['salt']}"


def key_of(name: str) -> str:
    """Names that differ in capitals and spaces only are one."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def new_word() -> str:
    """A word for the room that can be called out: ``blue-fox-42``."""
    return f"{secrets.choice(COLOURS.split())}-{secrets.choice(ANIMALS.split())}-{secrets.randbelow(90) + 10}"


def code_of(token: str) -> str:
    """What signs in at the board: made of the teacher's token, and short enough for a phone: ``k7mp-3xwd-9hqa``."""
    text = base64.b32encode(hmac.digest(token.encode(), b"board", "sha256")).decode().lower()
    return "-".join(text[at : at + 4] for at in (0, 4, 8))


def same(given: str, known: str) -> bool:
    """Compares without telling by its time how much was right."""
    return secrets.compare_digest(given.encode(), known.encode())
