"""The account: key and secrets, applications, numbers. Kept in a file, so that every lesson finds the same one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...base.numbers import country_of
from ..errors import numbers as number_error
from ..errors import problem
from ..ids import Ids
from .applications import checked_capabilities, checked_key, checked_name, checked_privacy
from .state_file import AccountError, StateFile

__all__ = ["POOL", "Account", "AccountError", "Offer"]


@dataclass(frozen=True)
class Offer:
    """A number for rent. Prices in EUR, as strings, as the Numbers API gives them."""

    country: str
    msisdn: str
    type: str
    features: tuple[str, ...]
    cost: str
    initial_price: str = "0.00"


# Every number is from a range that Ofcom or the NANPA reserves for fiction: nobody can ever be called by mistake.
POOL = [
    *(Offer("GB", f"4477009005{n:02}", "mobile-lvn", ("VOICE", "SMS"), "1.00") for n in range(100)),
    *(Offer("US", f"120255501{n:02}", "landline", ("VOICE", "SMS"), "0.90") for n in range(50, 90)),
    *(Offer("US", f"130255501{n:02}", "landline", ("VOICE",), "0.80") for n in range(90, 100)),
]
OFFERS = {offer.msisdn: offer for offer in POOL}
FORWARDS = ("sip", "tel", "app")  # what voiceCallbackType may be


class Account:
    """State without HTTP: what belongs to one API key.

    With a ``path`` every change is in the file before it is answered for, and a change made by another process is
    picked up before the next use. The private keys of applications are handed out once and never stored.
    """

    def __init__(self, ids: Ids, path: Path | None = None) -> None:
        self._ids = ids
        self._file = StateFile(path) if path else None
        self.taken: Callable[[str], bool] = lambda msisdn: False  # whether another account has rented a number
        self._lock = threading.RLock()  # the network's thread and the notebook's both use the account
        self._data: dict[str, Any] = {
            "api_key": ids.hex(8),
            "api_secret": ids.secret(16),
            "signature_secret": ids.secret(50),
            "applications": {},
            "numbers": {},
        }
        if self._file:
            with self._file.locked():
                if self._file.exists():
                    self._read()
                else:
                    self._file.write(self._data)

    def _load(self) -> None:
        """Pick up what another process has changed."""
        if self._file and self._file.changed():
            with self._lock, self._file.locked():
                self._read()

    def _read(self) -> None:
        assert self._file is not None
        try:
            data = self._file.read()
        except OSError as error:
            raise AccountError(
                f"The simulator's account file {self._file.path.name} cannot be read: {error.strerror}.",
                "Name a folder of yours (KIT_HOME in the environment), or another file (SIMULATOR_STATE).",
            ) from None
        except (ValueError, RecursionError):
            data = None
        if not _sound(data, self._data):
            raise AccountError(
                f"The simulator's account file {self._file.path.name} in {self._file.path.parent} is damaged.",
                "Delete it: the next start makes a new account. Lessons 01 and 05 fill it again.",
            )
        self._data = data

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Any]]:
        """Read, change, write, with nobody in between. If it cannot be written, nothing has changed.

        What is refused must be refused before anything is changed.
        """
        with self._lock:
            if self._file is None:
                yield self._data
                return
            with self._file.locked():
                if self._file.changed():
                    self._read()
                yield self._data
                try:
                    self._file.write(self._data)
                except AccountError:
                    self._data = json.loads(self._file.text)
                    raise

    def reset(self) -> None:
        """Give everything back: no applications, no numbers. Key and secrets stay."""
        with self._changing() as data:
            data |= {"applications": {}, "numbers": {}}

    def __repr__(self) -> str:
        return f"Account({self.api_key!r}, {len(self.applications)} applications, {len(self._data['numbers'])} numbers)"

    # Key and secrets

    @property
    def api_key(self) -> str:
        return str(self._data["api_key"])

    @property
    def api_secret(self) -> str:
        return str(self._data["api_secret"])

    @property
    def signature_secret(self) -> str:
        return str(self._data["signature_secret"])

    def knows(self, key: str, secret: str) -> bool:
        """True for the account's own key and secret."""
        return (key, secret) == (self.api_key, self.api_secret)

    # Applications

    @property
    def applications(self) -> dict[str, dict[str, Any]]:
        """All applications by id."""
        self._load()
        return dict(self._data["applications"])

    def application(self, uuid: str) -> dict[str, Any]:
        """One application, or a 404 of family A."""
        self._load()
        return deepcopy(_known(self._data, uuid))

    def adopt(self, credentials: dict[str, str], number: str = "") -> None:
        """Become the account of a program that has these already: ``api_key``, ``api_secret``, ``signature_secret``.

        Those that are empty stay as they were made up. The number need not be one on offer.
        """
        with self._changing() as data:
            data |= {name: text for name, text in credentials.items() if text}
            if number:
                data["numbers"][number] = {
                    "country": country_of(number), "msisdn": number, "type": "mobile-lvn", "features": ["VOICE", "SMS"],
                }  # fmt: skip

    def create_application(
        self, body: dict[str, Any], public: str, private: str | None, uuid: str = ""
    ) -> dict[str, Any]:
        """A new application with this key pair; the answer holds the private key, if Vonage made it."""
        application = _checked("", body, public)
        with self._changing() as data:
            # A seeded exchange that finds an older account must not hand out an id twice.
            uuid = uuid or next(u for u in iter(self._ids.uuid, None) if u not in data["applications"])
            application["id"] = uuid
            data["applications"][uuid] = application
        answer = deepcopy(application)
        if private is not None:
            answer["keys"] |= {"private_key": private}
        return answer

    def replace_application(self, uuid: str, body: dict[str, Any]) -> dict[str, Any]:
        """Full replacement: what the body leaves out is gone. Only the key stays when none is given."""
        with self._changing() as data:
            old = _known(data, uuid)
            new = _checked(uuid, body, checked_key(body) or old["keys"]["public_key"])
            data["applications"][uuid] = new
        return deepcopy(new)

    def delete_application(self, uuid: str) -> None:
        """Remove it and unlink its numbers."""
        with self._changing() as data:
            _known(data, uuid)
            del data["applications"][uuid]
            for number in data["numbers"].values():
                if number.get("app_id") == uuid:
                    number.pop("app_id")

    def region(self, uuid: str) -> str:
        """The region an application has chosen for its calls; empty when it has not, or is not there."""
        return str(self.voice(uuid).get("region") or "")

    def voice(self, uuid: str) -> dict[str, Any]:
        """The voice capability of an application; empty when it has none, or is not there."""
        self._load()
        return dict(self._data["applications"].get(uuid, {}).get("capabilities", {}).get("voice", {}))

    # Numbers

    @property
    def numbers(self) -> list[dict[str, Any]]:
        """The rented numbers, as the Numbers API lists them."""
        self._load()
        return [owned(number) for _, number in sorted(self._data["numbers"].items())]

    def offers(self) -> list[Offer]:
        """The numbers nobody has rented."""
        self._load()
        return [offer for offer in POOL if offer.msisdn not in self._data["numbers"] and not self.taken(offer.msisdn)]

    def buy(self, country: str, msisdn: str) -> None:
        """Rent a number. 420 when it is taken or was never on offer."""
        offer = None if self.taken(msisdn) else OFFERS.get(msisdn)
        with self._changing() as data:
            if offer is None or offer.country != country.upper() or msisdn in data["numbers"]:
                raise number_error(420, "method failed")
            data["numbers"][msisdn] = {
                "country": offer.country,
                "msisdn": msisdn,
                "type": offer.type,
                "features": list(offer.features),
            }

    def cancel(self, country: str, msisdn: str) -> None:
        """Give a number back."""
        with self._changing() as data:
            _owned(data, country, msisdn)
            del data["numbers"][msisdn]

    def update_number(self, country: str, msisdn: str, settings: dict[str, str]) -> None:
        """Link a number to an application, or set its forwarding. Settings not named stay; an empty one is removed."""
        settings = dict(settings)
        with self._changing() as data:
            number = _owned(data, country, msisdn)
            kind, value = settings.get("voiceCallbackType"), settings.get("voiceCallbackValue")
            if bool(kind) != bool(value) or kind not in (None, "", *FORWARDS):
                raise number_error(420, "method failed")
            # The older way to say the same, which the Node-RED palette used.
            if kind == "app":
                settings |= {"app_id": str(value), "voiceCallbackType": "", "voiceCallbackValue": ""}
            elif kind == "" or value == "":  # either of them ends the forwarding
                settings |= {"voiceCallbackType": "", "voiceCallbackValue": ""}
            if settings.get("app_id") and settings["app_id"] not in data["applications"]:
                raise number_error(420, "method failed")
            number |= settings
            for name in [name for name, value in number.items() if value == ""]:
                del number[name]

    def number(self, msisdn: str) -> dict[str, Any] | None:
        """A rented number as it is stored, or None."""
        self._load()
        found = self._data["numbers"].get(msisdn)
        return dict(found) if found else None

    def linked_number(self, application: str, destination: str) -> str:
        """A number of the application, one of the destination's country first (NCCO reference, connect); "" if none."""
        linked = [n["msisdn"] for n in self.numbers if n.get("app_id") == application]
        return str(min(linked, key=lambda n: (not n.startswith(destination[:1]), n), default=""))


def owned(number: dict[str, Any]) -> dict[str, Any]:
    """A number as ``GET /account/numbers`` shows it: a linked one says so in three fields, and has no price.

    Forwarding to ``sip`` or ``tel`` goes before the application, so it is what the number then shows.
    """
    shown = {**number, "features": list(number["features"])}
    if "app_id" in number and "voiceCallbackType" not in number:
        shown |= {"voiceCallbackType": "app", "voiceCallbackValue": number["app_id"], "app_id": number["app_id"]}
    return shown


def _checked(uuid: str, body: dict[str, Any], public: str) -> dict[str, Any]:
    """An application as it is stored."""
    return {
        "id": uuid,
        "name": checked_name(body),
        "keys": {"public_key": public},
        "privacy": checked_privacy(body),
        "capabilities": checked_capabilities(body),
    }


def _known(data: dict[str, Any], uuid: str) -> dict[str, Any]:
    if uuid not in data["applications"]:
        raise problem(404, detail=f"ID '{uuid}' does not exist, or you do not have access")
    application: dict[str, Any] = data["applications"][uuid]
    return application


def _owned(data: dict[str, Any], country: str, msisdn: str) -> dict[str, Any]:
    number: dict[str, Any] | None = data["numbers"].get(msisdn)
    if number is None or number["country"] != country.upper():
        raise number_error(420, "method failed")
    return number


def _sound(data: Any, usual: dict[str, Any]) -> bool:
    """True when a file holds an account and not something else."""
    try:
        return (
            all(isinstance(data[name], type(value)) for name, value in usual.items())
            and all(
                isinstance(one["keys"]["public_key"], str) and isinstance(one["capabilities"], dict)
                for one in data["applications"].values()
            )
            and all(isinstance(one["features"], list) and one["country"] for one in data["numbers"].values())
        )
    except (TypeError, LookupError, AttributeError):
        return False
