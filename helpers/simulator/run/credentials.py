"""The account, the application and the number of a program, under the names that Vonage's samples read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...base.errors import KitError
from ...base.numbers import check_number
from ...settings.env_file import read_env
from ...settings.keys import load_private_key, private_key_text
from ..account.account import Account
from ..account.applications import new_key_pair

# What belongs to an account, and the names that programs read it under: of today, of SDKs before, of Nexmo's time.
NAMES = {
    "api_key": ("VONAGE_API_KEY", "NEXMO_API_KEY"),
    "api_secret": ("VONAGE_API_SECRET", "NEXMO_API_SECRET"),
    "signature_secret": ("VONAGE_SIGNATURE_SECRET", "VONAGE_API_SIGNATURE_SECRET", "NEXMO_SIGNATURE_SECRET"),
    "application_id": ("VONAGE_APPLICATION_ID", "VONAGE_APP_ID", "NEXMO_APPLICATION_ID"),
    "private_key": ("VONAGE_PRIVATE_KEY", "VONAGE_PRIVATE_KEY_PATH", "VONAGE_APPLICATION_PRIVATE_KEY_PATH",
                    "NEXMO_APPLICATION_PRIVATE_KEY_PATH", "NEXMO_PRIVATE_KEY"),
    "number": ("VONAGE_VIRTUAL_NUMBER", "VONAGE_NUMBER", "VONAGE_FROM_NUMBER", "NEXMO_NUMBER"),
}  # fmt: skip
NUMBER = "447700900500"


class CredentialsError(KitError):
    """A program's own credentials cannot be taken over."""


@dataclass(frozen=True)
class Lent:
    """What a program is given: the id of its application, its number, and ``variables`` for its environment."""

    application: str
    number: str
    variables: dict[str, str]


def lend(account: Account, folder: Path, webhooks: dict[str, str], own: Path | None = None) -> Lent:
    """Make application and number in an empty account, or those that the program's ``own`` .env file names.

    ``folder`` takes the private key. What the file does not set is made up, and handed over beside it.
    """
    text = _read(own) if own else {}
    found = {what: next((text[name] for name in names if text.get(name)), "") for what, names in NAMES.items()}
    public, private = _keys(found["private_key"], own)
    number = check_number(found["number"].lstrip("+") or NUMBER)
    account.adopt({name: found[name] for name in ("api_key", "api_secret", "signature_secret")}, number)
    hooks = {name: {"address": address} for name, address in webhooks.items()}
    body = {"name": "run", "capabilities": {"voice": {"webhooks": hooks}}}
    application = str(account.create_application(body, public, None, found["application_id"])["id"])
    account.update_number(country=str(account.numbers[0]["country"]), msisdn=number, settings={"app_id": application})
    file = folder / "private.key"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(private)
    made = {
        "api_key": account.api_key, "api_secret": account.api_secret, "signature_secret": account.signature_secret,
        "application_id": application, "private_key": str(file), "number": number,
    }  # fmt: skip
    variables = {name: text.get(name) or made[what] for what, names in NAMES.items() for name in names}
    return Lent(application, number, variables)


def _read(file: Path) -> dict[str, str]:
    cure = "--env takes the path of the .env file that the program reads its VONAGE_… from."
    if not file.is_file():
        raise CredentialsError(f"There is no file {file}.", cure)
    try:
        return read_env(file)
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"{file.name} cannot be read: {type(error).__name__}.", cure) from None


def _keys(private: str, file: Path | None) -> tuple[str, str]:
    """Public and private key: the program's own, whose path may be relative to its file or to here, or new ones."""
    if not private or file is None:
        return new_key_pair()
    folder = next((one for one in (file.parent, Path()) if "-----" not in private and (one / private).is_file()), None)
    key = load_private_key(private, folder).public_key()
    public = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return public, private_key_text(private, folder)
