"""The account: key and secrets, applications, numbers. Kept in a file, so that every lesson finds the same one."""

from __future__ import annotations

import json
import os
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import KitError
from helpers.simulator.applications import checked_capabilities, checked_key, checked_name
from helpers.simulator.errors import numbers as number_error
from helpers.simulator.errors import problem
from helpers.simulator.ids import Ids


class AccountError(KitError):
    """The file that holds the account cannot be used."""


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


class Account:
    """State without HTTP: what belongs to one API key.

    With a ``path`` every change is written there (readable by its owner only) and a change made by another process is
    picked up before the next use. The private keys of applications are handed out once and never stored.
    """

    def __init__(self, ids: Ids, path: Path | None = None) -> None:
        self._ids = ids
        self._path = path
        self._seen: tuple[int, ...] | None = None
        self._data: dict[str, Any] = {
            "api_key": ids.hex(8),
            "api_secret": ids.secret(16),
            "signature_secret": ids.secret(50),
            "applications": {},
            "numbers": {},
        }
        if path and path.exists():
            self._load()
        else:
            self._save()

    def _load(self) -> None:
        if self._path is None or not self._path.exists():
            return
        now = _mark(self._path)
        if now == self._seen:
            return
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            sound = all(isinstance(data[name], type(usual)) for name, usual in self._data.items())
        except (OSError, ValueError, TypeError, LookupError):
            sound = False
        if not sound:
            raise AccountError(
                f"The simulator's account file {self._path.name} is damaged.",
                "Delete it: the next start makes a new account. Lessons 01 and 05 fill it again.",
            )
        self._data, self._seen = data, now

    def _save(self) -> None:
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)  # mkstemp gives mode 0600
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self._data, file, indent=2)
            Path(name).replace(self._path)
            self._seen = _mark(self._path)
        except OSError as error:
            raise AccountError(
                f"The simulator's account file {self._path.name} cannot be written: {error.strerror}.",
                "Check the folder's permissions and the disk, or choose another file (SIMULATOR_STATE).",
            ) from None

    def reset(self) -> None:
        """Give everything back: no applications, no numbers. Key and secrets stay."""
        self._data |= {"applications": {}, "numbers": {}}
        self._save()

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
        if uuid not in self._data["applications"]:
            raise problem(404, detail=f"ID '{uuid}' does not exist, or you do not have access")
        return deepcopy(self._data["applications"][uuid])

    def create_application(self, body: dict[str, Any], public: str, private: str | None) -> dict[str, Any]:
        """A new application with this key pair; the answer holds the private key, if Vonage made it."""
        name, capabilities = checked_name(body), checked_capabilities(body)
        self._load()
        # A seeded exchange that finds an older account must not hand out an id twice.
        uuid = next(u for u in iter(self._ids.uuid, None) if u not in self._data["applications"])
        application = {
            "id": uuid,
            "name": name,
            "keys": {"public_key": public},
            "privacy": body.get("privacy", {"improve_ai": True}),
            "capabilities": capabilities,
        }
        self._data["applications"][uuid] = application
        self._save()
        answer = deepcopy(application)
        if private is not None:
            answer["keys"]["private_key"] = private
        return answer

    def replace_application(self, uuid: str, body: dict[str, Any]) -> dict[str, Any]:
        """Full replacement: what the body leaves out is gone. Only the key stays when none is given."""
        old = self.application(uuid)
        new = {
            "id": uuid,
            "name": checked_name(body),
            "keys": {"public_key": checked_key(body) or old["keys"]["public_key"]},
            "privacy": body.get("privacy", old["privacy"]),
            "capabilities": checked_capabilities(body),
        }
        self._data["applications"][uuid] = new
        self._save()
        return deepcopy(new)

    def delete_application(self, uuid: str) -> None:
        """Remove it and unlink its numbers."""
        self.application(uuid)
        del self._data["applications"][uuid]
        for number in self._data["numbers"].values():
            if number.get("app_id") == uuid:
                number.pop("app_id")
        self._save()

    # Numbers

    @property
    def numbers(self) -> list[dict[str, Any]]:
        """The rented numbers, as the Numbers API lists them."""
        self._load()
        return [owned(number) for _, number in sorted(self._data["numbers"].items())]

    def offers(self) -> list[Offer]:
        """The numbers nobody has rented."""
        self._load()
        return [offer for offer in POOL if offer.msisdn not in self._data["numbers"]]

    def buy(self, country: str, msisdn: str) -> None:
        """Rent a number. 420 when it is taken or was never on offer."""
        for offer in self.offers():
            if (offer.country, offer.msisdn) == (country.upper(), msisdn):
                self._data["numbers"][msisdn] = {
                    "country": offer.country,
                    "msisdn": msisdn,
                    "type": offer.type,
                    "features": list(offer.features),
                }
                return self._save()
        raise number_error(420, "method failed")

    def cancel(self, country: str, msisdn: str) -> None:
        """Give a number back."""
        self._owned(country, msisdn)
        del self._data["numbers"][msisdn]
        self._save()

    def update_number(self, country: str, msisdn: str, settings: dict[str, str]) -> None:
        """Link a number to an application, or set its forwarding. Settings not named stay; an empty one is removed."""
        number = self._owned(country, msisdn)
        linked = settings.pop("app_id", None)
        if settings.get("voiceCallbackType") and not settings.get("voiceCallbackValue"):
            raise number_error(420, "method failed")
        # The older way to say the same, which the Node-RED palette used.
        if settings.get("voiceCallbackType") == "app":
            linked = settings.pop("voiceCallbackValue")
            settings.pop("voiceCallbackType")
        if linked:
            if linked not in self._data["applications"]:
                raise number_error(420, "method failed")
            settings["app_id"] = linked
        elif linked == "":
            number.pop("app_id", None)
        number.update(settings)
        for name in [name for name, value in number.items() if value == ""]:
            del number[name]
        self._save()

    def number(self, msisdn: str) -> dict[str, Any] | None:
        """A rented number as it is stored, or None."""
        self._load()
        found = self._data["numbers"].get(msisdn)
        return dict(found) if found else None

    def _owned(self, country: str, msisdn: str) -> dict[str, Any]:
        self._load()
        number: dict[str, Any] | None = self._data["numbers"].get(msisdn)
        if number is None or number["country"] != country.upper():
            raise number_error(420, "method failed")
        return number


def _mark(path: Path) -> tuple[int, ...]:
    """What tells one version of a file from the next: each is a new file that takes the old one's name."""
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def owned(number: dict[str, Any]) -> dict[str, Any]:
    """A number as ``GET /account/numbers`` shows it: a linked one says so in three fields, and has no price."""
    shown = deepcopy(number)
    if "app_id" in number:
        shown |= {"voiceCallbackType": "app", "voiceCallbackValue": number["app_id"], "app_id": number["app_id"]}
    return shown
