"""A phone network for a test: an account with an application and a number, phones, and the calls they were in."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, Self

from ..base.errors import KitError
from ..base.secret import reveal
from ..call import Call
from ..calls.arguments import addressed, seconds_of, status_of, uuid_of
from ..calls.statuses import LAST
from ..calls.tracks import Tracks
from ..line.control_plane import ControlPlane
from ..phone import Phone
from ..server.server import BackgroundServer, WsgiApp
from ..settings.checks import VARIABLES
from ..settings.settings import SIMULATED_PHONE, Settings
from ..simulator import Simulator
from ..simulator.account.applications import new_key_pair
from ..views.player import caption_lines, who
from ..vonage.client import Vonage

NUMBER = "447700900500"
LONGEST = 8000.0  # seconds of call time: Vonage itself ends a call after two hours
HANDED_OVER = ("api_url", "api_key", "api_secret", "signature_secret", "application_id", "private_key", "number")

# Making a pair takes longer than most tests do.
key_pair = functools.cache(new_key_pair)


class TestingError(KitError):
    """A call did not become what a test waits for."""

    __test__ = False  # pytest would take the class for a test


class PhoneNetwork:
    """Vonage's end of the line, and everybody's phones. pytest has it as the fixture ``phone_network``.

    >>> with PhoneNetwork() as network:
    ...     network.serve(app)  # a Flask app of yours, whose /answer returns an NCCO
    ...     call = network.call({"do": "wait_for", "text": "press one"}, {"do": "press", "digits": "1"})
    ...     assert call.said("You pressed one")

    ``url`` is the address of the API, ``number`` what people dial; ``settings`` has the credentials and ``environment``
    the same as environment variables; ``vonage`` is a client of the API, ready to use. Time stands still but inside
    :meth:`call`, :meth:`wait_for` and :meth:`advance`. ``seed``: the same ids on every run.
    """

    def __init__(self, seed: int | str = 1) -> None:
        self._simulator = Simulator(pace="stepped", seed=seed)
        self._server = BackgroundServer()
        self.number = NUMBER

    def __enter__(self) -> Self:
        public, private = key_pair()
        account = self._simulator.start().account
        # In the account itself: over HTTP it would take as long as the test.
        self._application = account.create_application(_application({}), public, None)["id"]
        account.buy("GB", self.number)
        account.update_number("GB", self.number, {"app_id": self._application})
        self.settings = Settings(
            api_url=self.url, api_key=account.api_key, api_secret=account.api_secret, number=self.number,
            signature_secret=account.signature_secret, application_id=self._application, private_key=private,
        )  # fmt: skip
        self.vonage = Vonage(self.settings)
        self._control = ControlPlane(self.url, self._simulator.token)
        return self

    def __exit__(self, *_: object) -> None:
        self.vonage.close()
        self._control.close()
        self._simulator.stop()
        self._server.stop()

    def __repr__(self) -> str:
        return f"PhoneNetwork({self.url!r})"

    @property
    def url(self) -> str:
        """Where the API is: what a program takes instead of ``https://api.nexmo.com``."""
        return self._simulator.url

    @property
    def environment(self) -> dict[str, str]:
        """Address, credentials and number as ``VONAGE_…`` variables, for ``monkeypatch.setenv`` or another process."""
        return {VARIABLES[name]: reveal(getattr(self.settings, name)) for name in HANDED_OVER}

    # The program that is tested

    def serve(self, app: WsgiApp, *, answer: str = "/answer", event: str = "/event") -> str:
        """Let a Flask app (or any WSGI app) answer the calls to :attr:`number`. Returns its address."""
        self._server.handle(app)
        self.webhooks(self._server.start().url, answer=answer, event=event)
        return self._server.url

    def webhooks(self, address: str, *, answer: str = "/answer", event: str = "/event") -> None:
        """Let the server at this address answer, such as ``http://127.0.0.1:3000``, which may be in any language."""
        hooks = {"answer_url": {"address": address + answer}, "event_url": {"address": address + event}}
        self._simulator.account.replace_application(self._application, _application(hooks))

    # Phones and calls

    def phone(self, number: str | int = SIMULATED_PHONE) -> Phone:
        """A phone: ``.busy()``, ``.voicemail()``, ``.script(…)`` and so on; it answers after 2 s until it is told."""
        return Phone(addressed(number), self._control)

    def call(
        self, *script: dict[str, Any] | list[dict[str, Any]], caller: str | int = SIMULATED_PHONE,
        to: str | None = None, until: str = "over", timeout: float = LONGEST,
    ) -> Call:  # fmt: skip
        """Somebody calls :attr:`number` and does what the script says (:meth:`Phone.script`). Returns the record.

        Without a script the caller listens until the program hangs up, or does what the phone was told before.
        ``until``: the status at which to stop, for a test that goes on with ``phone_network.phone().press("1")``.
        """
        phone = self.phone(caller)
        if script:
            phone.script(*script)
        return self.wait_for(phone.dial(to or self.number), until, timeout)

    def wait_for(self, call: str | dict[str, Any] | Call, status: str = "over", timeout: float = LONGEST) -> Call:
        """Let time pass until a call has a status, or is over, with all its webhooks sent. Returns its record.

        ``call``: its uuid, the reply that created it, or an earlier record. Raises :class:`TestingError` when it ends
        without that status, or the time is up.
        """
        uuid, wanted = uuid_of(call), status_of(status)
        reached = self._control.advance(seconds_of(timeout), uuid, "completed" if wanted == "over" else wanted)
        record = self._record(uuid)
        if reached or (wanted == "over" and record.status in LAST):
            return record
        cure = "What happened is below, in “Phone network”; timeout=… gives it more time."
        raise TestingError(f"The call never was {wanted}: it went {', '.join(record.statuses)}.", cure)

    def advance(self, seconds: float) -> None:
        """Let call time pass, and do everything that falls due in it."""
        self._control.advance(seconds_of(seconds))

    def fault(self, **faults: dict[str, Any] | None) -> None:
        """Let something go wrong, until it is set to None: ``fault(low_balance={})``. The names: docs/simulator.md."""
        self._control.set_faults(**faults)

    @property
    def calls(self) -> list[Call]:
        """The records of all calls so far, those that the program placed among them."""
        return [self._record(uuid) for uuid in dict.fromkeys(one["uuid"] for one in self._control.calls())]

    def _record(self, uuid: str) -> Call:
        """The record with all legs of the conversation; the leg's own, if it went from one conversation to another."""
        own = Call(self._control.trace(uuid), uuid=uuid, heard=self._control.heard)
        if len(own.talks) != 1:
            return own
        return Call(self._control.trace(own.talks[0]), uuid=own.talks[0], heard=self._control.heard)

    # What a failed test shows

    def story(self) -> str:
        """Each call as a ladder, what each phone heard, and what went wrong in the app that is served."""
        return "\n\n".join([*self._stories(), *map(str, self._server.errors)]) or "There was no call."

    def _stories(self) -> Iterator[str]:
        for call in {one.uuid: one for one in self.calls}.values():
            yield f"{call!r}\n\n{call.ladder()}"
            for leg in call.legs:
                heard = caption_lines(Tracks(call, leg)) if call.picked_up(leg) is not None else ["not answered"]
                yield "\n".join([f"What {who(call, leg)} heard:", *(f"  {line}" for line in heard)])


def _application(webhooks: dict[str, Any]) -> dict[str, Any]:
    return {"name": "tests", "capabilities": {"voice": {"webhooks": webhooks}}}
