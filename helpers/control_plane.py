"""The kit's line to the phone network's control plane: phones, clock, traces. Over HTTP, near or far."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from helpers.errors import KitError
from helpers.trace import Entry
from helpers.vonage_http import as_json

CONNECT = 5.0  # seconds
PATIENCE = 30.0  # seconds a reply may take beyond the time the clock itself needs


class ControlPlaneError(KitError):
    """The phone network refused what it was asked, or cannot be reached."""


class ControlPlane:
    """A phone network at ``url``, whose control plane takes ``token``. Every method is one request."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy must never see calls to this machine
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __repr__(self) -> str:
        return f"ControlPlane({self.url!r})"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def account(self) -> dict[str, Any]:
        """``api_key``, ``api_secret``, ``signature_secret`` and ``numbers``."""
        return dict(self._json("GET", "account"))

    def calls(self) -> list[dict[str, Any]]:
        """All calls: uuid, conversation_uuid, from, to, status, direction."""
        return list(self._json("GET", "calls"))

    def trace(self, uuid: str) -> list[Entry]:
        """The record of a call, by leg or conversation."""
        return list(self._json("GET", f"calls/{uuid}"))

    def heard(self, leg: str, rate: int) -> bytes:
        """What the person on a leg heard, from answer to end, as a WAV file of 8000 or 16000 samples a second."""
        return self._request("GET", f"calls/{leg}/heard.wav", params={"rate": rate}).content

    def phones(self) -> list[dict[str, Any]]:
        """The phones that have been used or set up."""
        return list(self._json("GET", "phones"))

    def configure(self, address: str, **settings: Any) -> dict[str, Any]:
        """Set how a phone behaves. ``address``: a number, ``app:…``, ``sip:…`` or ``vbc:…``."""
        return dict(self._json("PUT", f"phones/{quote(address, safe='')}", json=settings))

    def use(self, address: str, what: str, **body: Any) -> dict[str, Any]:
        """Do something with a phone: dial, answer, decline, hang_up, press, say, play."""
        return dict(self._json("POST", f"phones/{quote(address, safe='')}/{what}", json=body))

    def pace(self) -> str | float:
        """``"stepped"``, or how many times faster than real time the clock runs."""
        pace: str | float = self._json("GET", "clock")["pace"]
        return pace

    def advance(self, seconds: float, call: str | None = None, until: str = "completed") -> bool:
        """Let call time pass, at the longest until ``call`` has the status ``until``. True: it has."""
        body = {"seconds": seconds} | ({} if call is None else {"call": call, "until": until})
        pace = self.pace()
        real = 0.0 if isinstance(pace, str) else seconds / pace
        return bool(self._json("POST", "clock/advance", json=body, timeout=(CONNECT, real + PATIENCE))["reached"])

    def reset(self, account: bool = False) -> None:
        """Forget calls and phones; with ``account`` the applications and numbers too."""
        self._request("POST", "reset", params={"account": "true"} if account else {})

    def _json(self, method: str, path: str, **options: Any) -> Any:
        return self._request(method, path, **options).json()

    def _request(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("timeout", (CONNECT, PATIENCE))
        if "json" in options:  # written here, because requests would raise an error of its own
            options["data"] = as_json(options.pop("json"))
            options["headers"] = {"Content-Type": "application/json"}
        try:
            response = self._session.request(method, f"{self.url}/simulator/{path}", **options)
        except requests.ConnectionError:
            raise ControlPlaneError(
                f"The phone network at {self.url} does not answer.",
                "Run the first code cell again. If SIMULATOR_URL is set, check that the simulator there is running.",
            ) from None
        except requests.Timeout:
            raise ControlPlaneError(
                f"The phone network at {self.url} is still busy.",
                "Most often it waits for a webhook of yours that does not return: look for an endless loop, sleep() "
                "or input() in your routes. Running the cell again goes on waiting.",
            ) from None
        if response.ok:
            return response
        try:
            told = response.json()
        except ValueError:
            told = {}
        if response.status_code == 401:
            told["cure"] = "Set SIMULATOR_TOKEN in .env to the token that the simulator printed when it started."
        raise ControlPlaneError(
            told.get("error", f"The phone network answered HTTP {response.status_code}."),
            told.get("cure", "Is there a simulator of this kit at that address, and of the same version?"),
            status=response.status_code,
        )
