"""What the gate learns of webhooks: which addresses are some, and why none of a call's may have arrived."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...base.text import one_line
from ...server.guard import FOREIGN, STALE, WebhookGuard
from ...wire.exchanges import MISSING
from .asked import Asked, Replied
from .reading import as_list, parts_of, webhooks_in

CURES = {
    MISSING: "Let Vonage sign: set signed_callbacks of the application to true",
    STALE: "Set the clock of this machine",
    FOREIGN: "Compare VONAGE_APPLICATION_ID in .env with the application that your number is linked to",
}


@dataclass(frozen=True)
class Placed:
    """A call that was placed here, and where its events go."""

    uuid: str
    talk: str
    numbers: str
    events_at: list[str]
    at: float  # by the monotonic clock


class Webhooks:
    """A guard of the gate that refuses nothing: it tells the server's own guard what is named as a webhook.

    ``public`` is the address of the learner's server at this moment, ``application`` what is known of one.
    """

    patience = 15.0  # seconds after which a call of which nothing came is strange: its first event comes at once

    def __init__(
        self, guard: WebhookGuard, public: Callable[[], str], application: Callable[[str], dict[str, Any]]
    ) -> None:
        self._guard, self._public, self._application = guard, public, application
        self._silent: dict[str, Placed] = {}  # by their uuid
        self._listeners: tuple[Callable[[Placed], object], ...] = ()
        self.outside = ""  # what the doctor has found on the way from outside, when it looked last

    def before(self, asked: Asked) -> Asked:
        """Named before the request is sent: the first event may come before its reply."""
        changed = asked.kind == "replace_application"
        named = webhooks_in(asked.json) + status_callbacks_in(asked.fields)
        self._guard.name(named, asked.id if changed else asked.application)
        return asked

    def after(self, asked: Asked, replied: Replied) -> None:
        """Learns from an application, and of a call that was placed."""
        body = replied.json if isinstance(replied.json, dict) and replied.done else {}
        if asked.kind == "create_application":
            self._guard.name((), str(body.get("id", "")))
        if asked.path.startswith("/v2/applications"):
            self.learn(body)
        elif asked.kind == "create_call" and isinstance(body.get("uuid"), str):
            talk, numbers = str(body.get("conversation_uuid", "")), _numbers(asked.json)
            call = Placed(body["uuid"], talk, numbers, self._events_of(asked), time.monotonic())
            self._silent[call.uuid] = call
            for listener in self._listeners:
                listener(call)

    def learn(self, value: Any) -> None:
        """Name all webhooks in an application or in an NCCO."""
        self._guard.name(webhooks_in(value))

    def heard(self, ids: set[Any]) -> None:
        """Something of a call has arrived."""
        for call in list(self._silent.values()):
            if {call.uuid, call.talk} & ids:
                self._silent.pop(call.uuid, None)
                self.outside = ""

    def follow(self, listener: Callable[[Placed], object]) -> Callable[[], None]:
        """Tell of each call of which nothing has come yet, and of those to come. Returns a function that ends it."""
        self._listeners = (*self._listeners, listener)
        for call in list(self._silent.values()):
            listener(call)

        def end() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)

        return end

    def why(self, uuid: str, after: float | None = None) -> str:
        """Why nothing of a call has come, most likely, and what to do; empty if something has, or it is too early."""
        call = self._silent.get(uuid)
        if call is None or time.monotonic() - call.at < (self.patience if after is None else after):
            return ""
        refused = Counter(why for at, why in list(self._guard.refused) if at >= call.at)
        elsewhere = [url for url in call.events_at if not self._guard.leads_here(url)]
        if refused:
            why, times = refused.most_common(1)[0]
            cure = CURES.get(why, "Compare VONAGE_SIGNATURE_SECRET in .env with the Vonage dashboard")
            return f"The guard has turned away {times} since (signature: {why}). {cure}."
        if not self._public():
            return "The tunnel is off: kit.tunnel.on() opens it, and its address is new then."
        if elsewhere:
            return f"Its events go to {one_line(elsewhere[0], 80)}, not to your server: set event_url."
        hook = one_line(next(iter(call.events_at), "your server"), 80)
        return self.outside or f"Nothing reached {hook} from outside: kit.doctor() looks at the way there."

    def _events_of(self, asked: Asked) -> list[str]:
        """Where the events of a call go: as the request says, else as its application does."""
        body = asked.json if isinstance(asked.json, dict) else {}
        voices = [part for name, part in parts_of(self._application(asked.application)) if name == "voice"]
        hooks = [part for voice in voices for name, part in parts_of(voice) if name == "eventurl"]
        return [str(one) for one in as_list(body.get("event_url"))] or webhooks_in(hooks)


def status_callbacks_in(number: Mapping[str, Any]) -> list[str]:
    """Where a number tells that a call to it is over, as the Numbers API 1.1 takes it in a form, and as it lists it."""
    return [str(value) for name, value in number.items() if value and name.lower() == "voicestatuscallback"]


def _numbers(body: Any) -> str:
    people = [*as_list(body.get("from")), *as_list(body.get("to"))] if isinstance(body, dict) else []
    numbers = [one.get("number") for one in people if isinstance(one, dict)]
    return " → ".join(one_line(number, 30) for number in numbers if number)
