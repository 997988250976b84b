"""The kit's line to the phone network's control plane: phones, clock, traces. Over HTTP, near or far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import requests

from ..base.errors import KitError
from ..base.secret import reveal
from ..calls.record import Entry
from ..vonage.transport import as_json
from .event_stream import EventStream, Message

CONNECT = 5.0  # seconds
GONE = 5.0  # seconds; a stream says something each second, so after this silence the network is not there any more
PATIENCE = 30.0  # seconds a reply may take beyond the time the clock itself needs

TOKEN_CURE = "Set SIMULATOR_TOKEN in .env to the token that the simulator printed when it started."


class ControlPlaneError(KitError):
    """The phone network refused what it was asked, or cannot be reached."""


class ControlPlane:
    """A phone network at ``url``, whose control plane takes ``token``. Every method is one request."""

    def __init__(self, url: str, token: str, *, cure: str = TOKEN_CURE) -> None:
        self.url = url.rstrip("/")
        self._cure = cure  # for a token that is not taken
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy must never see calls to this machine
        self._session.headers["Authorization"] = f"Bearer {reveal(token)}"
        self._streams: list[EventStream] = []

    def __repr__(self) -> str:
        return f"ControlPlane({self.url!r})"

    def close(self) -> None:
        """Close the connections; end every thread that follows or listens."""
        streams, self._streams = self._streams, []
        for stream in streams:
            stream.hang_up()  # all at once, then wait
        for stream in streams:
            stream.stop()
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

    def follow(
        self, on_entry: Callable[[Entry], object], *, since: int = 0, on_reset: Callable[[], object] | None = None
    ) -> Callable[[], None]:
        """Call ``on_entry(entry)`` for each entry of the record, those after ``since`` first, then each as it comes.

        It is called in one thread of its own, in the order of ``seq``, once for each entry also when the connection
        breaks. ``on_reset()`` is called when the record was emptied and ``seq`` counts from 1 again. Returns a function
        that ends it; :meth:`close` does so too.
        """

        def take(message: Message) -> None:
            if message.type == "message":
                on_entry(message.data)
            elif on_reset is not None:
                on_reset()

        return self.stream("events", take, since=since).stop

    def stream(self, path: str, take: Callable[[Message], object], **params: Any) -> EventStream:
        """Listen to server-sent events; ``take(message)`` is called in a thread of its own. It has been started."""

        def connect(last_id: str) -> requests.Response:
            headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last_id} if last_id else {})
            # The session's connections are for short requests, and the session is not made for many threads.
            with requests.Session() as session:
                session.trust_env = False
                session.headers.update(self._session.headers)
                return self._request(
                    "GET", path, params=params, headers=headers, stream=True, timeout=(1.0, GONE), session=session
                )

        stream = EventStream(connect, take)
        stream.start()
        self._streams = [one for one in self._streams if one.running] + [stream]
        return stream

    def phones(self) -> list[dict[str, Any]]:
        """The phones that have been used or set up."""
        return list(self._json("GET", "phones"))

    def configure(self, address: str, **settings: Any) -> dict[str, Any]:
        """Set how a phone behaves. ``address``: a number, ``app:…``, ``sip:…`` or ``vbc:…``."""
        return dict(self._json("PUT", f"phones/{quote(address, safe='')}", json=settings))

    def use(self, address: str, what: str, **body: Any) -> dict[str, Any]:
        """Do something with a phone: dial, answer, decline, hang_up, press, say, play, talk."""
        return dict(self._json("POST", f"phones/{quote(address, safe='')}/{what}", json=body))

    def set_faults(self, **faults: dict[str, Any] | None) -> dict[str, Any]:
        """Switch faults on, ``{}`` for their usual settings, or off, with None. Returns those that are on."""
        return dict(self._json("PUT", "faults", json=faults))

    def pace(self) -> str | float:
        """``"stepped"``, or how many times faster than real time the clock runs."""
        pace: str | float = self._json("GET", "clock")["pace"]
        return pace

    def clock(self) -> dict[str, Any]:
        """``now``, call time in seconds, and ``pace``."""
        return dict(self._json("GET", "clock"))

    def flow(self, on: bool) -> dict[str, Any]:
        """Let stepped time run like real time while a person holds a phone. Returns the :meth:`clock`."""
        return dict(self._json("PUT", "clock", json={"flows": on}))

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

    def _request(
        self, method: str, path: str, *, session: requests.Session | None = None, **options: Any
    ) -> requests.Response:
        options.setdefault("timeout", (CONNECT, PATIENCE))
        if "json" in options:  # written here, because requests would raise an error of its own
            options["data"] = as_json(options.pop("json"))
            options["headers"] = {"Content-Type": "application/json"}
        try:
            response = (session or self._session).request(method, f"{self.url}/simulator/{path}", **options)
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
            told["cure"] = self._cure
        raise ControlPlaneError(
            told.get("error", f"The phone network answered HTTP {response.status_code}."),
            told.get("cure", "Is there a simulator of this kit at that address, and of the same version?"),
            status=response.status_code,
        )
