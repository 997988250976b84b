"""The kit of a lesson: settings, server, tunnel, client and phone network, wired together and taken down again."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .accounts.place import Place
from .base.cell_errors import watch
from .base.errors import KitError
from .base.hosts import parts_of
from .base.notebook import break_between_words
from .base.secret import closed
from .call import Call
from .calls.arguments import ArgumentError, addressed, seconds_of, status_of, uuid_of
from .calls.from_webhooks import live_entries
from .calls.record import TraceError
from .calls.statuses import LAST
from .line.control_plane import ControlPlane, ControlPlaneError
from .phone import LivePhone, Phone
from .server.notices import Notices
from .server.server import BackgroundServer, WsgiApp
from .server.tunnel import Tunnel
from .settings.checks import VARIABLES, WHERE
from .settings.project import put_sounds, shared
from .settings.proxy import pass_by
from .settings.settings import Settings, SettingsError, load_settings
from .vonage.client import Vonage
from .widgets.phone.screens import Screens
from .wire.events import Events
from .wire.exchanges import WireView, exchange_of

if TYPE_CHECKING:
    import requests

    from .accounts.classroom import Classroom
    from .live.line import LiveLine
    from .live.restore import AsFound
    from .simulator import Simulator
    from .widgets.events.panel import EventPanel

logger = logging.getLogger(__name__)

PLAYED = 'kit.join(name="Ada")'
JOIN_CURE = (
    f'Alone? {PLAYED}, and the kit plays a class. With others: kit.join("192.168.1.5:9000", "blue-fox-42", name="Ada").'
)
QUIET = 120.0  # seconds after which the event panel asks about a live call that nothing is heard of
UNSIGNED = (
    "VONAGE_SIGNATURE_SECRET is not set: your webhooks take events from anybody who knows the address. "
    f"{WHERE['signature_secret']}."
)
KEY_CURE = (
    "It is still in `reply`, and nowhere else. Save it on a disk with room before you do anything else: "
    'from pathlib import Path; file = Path("/another/place/application.key"); file.touch(0o600, exist_ok=False); '
    'file.write_text(reply.json()["keys"]["private_key"])'
)

# The one kit of this kernel: a lesson's first cell may run again.
_kit: Kit | None = None
_setting_up = threading.Lock()


class NotReady(KitError):
    """Something a lesson builds on is missing, or a call did not become what was waited for."""


def setup(**options: Any) -> Kit:
    """The kit, ready to use, after one printed line that names the mode. A second call gives the same kit.

    When ``.env`` has changed since, the old kit is stopped and a new one started. It takes no options.
    """
    global _kit
    if options:
        cure = "Mode, pace, number and the like are set in .env, for example VOICE_MODE=live; then kit = setup()."
        raise ArgumentError(f"setup() takes no {', '.join(options)}.", cure)
    watch()
    with _setting_up:
        put_sounds()
        around = pass_by()
        settings = load_settings()
        if _kit is None or not _kit.running or _kit.loaded != vars(settings):
            if _kit is not None:
                _kit.stop()
            _kit = Kit(settings, _kit._past if _kit else ()).start()
        print("\n".join(filter(None, [_kit.banner, around, settings.warning, _kit.left_open, _kit.box, _kit.in_class])))
        if sharing := shared(settings.dotenv, settings.kept):
            print(sharing)
        break_between_words()
        return _kit


def current() -> Kit:
    """The kit of this kernel. Raises :class:`NotReady` if none is running."""
    if _kit is None or not _kit.running:
        raise NotReady("The kit is not running.", "Run the first code cell: kit = setup().")
    return _kit


class Kit:
    """Everything a lesson uses: ``kit.settings .server .tunnel .vonage .events .simulator``.

    ``simulator`` is the network in this kernel; None in live mode, and when SIMULATOR_URL names one elsewhere.
    """

    def __init__(self, settings: Settings, past: Iterable[Simulator] = ()) -> None:
        self.loaded = dict(vars(settings))  # as read, to notice later changes of the file
        self.settings = settings
        self.simulator: Simulator | None = None
        self.server = BackgroundServer(audio=settings.audio, public=settings.live)
        self.tunnel = Tunnel(settings, self.server)
        self.vonage = Vonage(settings)
        self.events = Events(self.server, self._checks)
        self.guarded = True  # in live mode only what is signed gets through to a webhook; False switches that off
        self.allowed: list[str] = []  # what somebody has agreed to who has no notebook for a line ALLOW = …
        self.running = False
        self._place = Place(settings, self.server, self.tunnel, self._keep, lambda: self.simulator)
        self._found: AsFound | None = None  # the account as it was found; None in simulated mode
        self._past = deque(past, maxlen=4)  # networks that were stopped, newest first: their calls can be looked at
        self._control: ControlPlane | None = None
        self._screens: Screens | None = None
        self.live: LiveLine | None = None  # the gate and its guards; None in simulated mode
        self._notices = Notices(self.server)
        self._panels: weakref.WeakSet[EventPanel] = weakref.WeakSet()

    def __repr__(self) -> str:
        return f"Kit({self.settings.mode}, tunnel {self.tunnel.status})" if self.running else "Kit(stopped)"

    def start(self) -> Kit:
        """Start server and, in simulated mode, the phone network. Starting a running kit changes nothing."""
        if self.running:
            return self
        try:
            if not self.settings.live:
                self._join_network()
            self.server.signature_secret = self.settings.signature_secret
            self.server.start()
            if self.settings.live:
                self._open_gate()
            self._notices.watch()
        except BaseException:  # a start that failed half way leaves nothing
            self._leave_account(logger.info)
            self.stop()
            raise
        self.running = True
        return self

    def stop(self) -> None:
        """Stop everything: no thread, no port, no process is left. A real account is put back first.

        Stopping twice is fine.
        """
        self._leave_account()
        self._notices.unwatch()
        while self._panels:
            self._panels.pop().close("The kit is stopped. To go on: kit = setup(), then kit.panel().")
        self.tunnel.off()
        self._place.close()
        self.vonage.close()
        if self._screens:
            self._screens.close()
            self._screens = None
        if self._control:
            self._control.close()
            self._control = None
        if self.simulator:
            self.simulator.stop()
            self._past.appendleft(self.simulator)
            self.simulator = None
        self.server.stop()
        self.running = False

    @property
    def banner(self) -> str:
        """One line: the mode, and what it means."""
        if self.settings.live:
            return "Live: calls go through Vonage, reach real phones and cost money."
        where = "here" if self.simulator else f"at {self.settings.simulator_url}"
        pace = self.network.pace()
        flow = "time waits for you" if isinstance(pace, str) else f"time runs {pace:g} × as fast as real time"
        return f"Simulated: the phone network runs {where}, {flow}, nothing leaves this machine."

    @property
    def network(self) -> ControlPlane:
        """The control plane of the simulated phone network. There is none in live mode."""
        if self._control is None:
            raise NotReady(
                "There is no simulated phone network.",
                "Live mode has real phones only." if self.settings.live else "Run the first code cell: kit = setup().",
            )
        return self._control

    # A class

    @property
    def classroom(self) -> Classroom:
        """The class that was joined: who is here, and your account on its exchange. Raises :class:`NotReady`."""
        if self._place.classroom is None:
            raise NotReady("You have not joined a class.", JOIN_CURE)
        self._place.classroom.tell = self._notices.tell_call
        return self._place.classroom

    @property
    def in_class(self) -> str:
        """A line about the class that was joined; empty if there is none."""
        return str(self._place)

    @closed
    def join(self, address: str = "", word: str = "", *, name: str = "") -> Classroom:
        """Join the class whose exchange is at ``address``. ``.env`` remembers it; a second time changes nothing.

        Without an address it is the class that you are in; on a JupyterHub that has given you an account ``kit.join()``
        is enough. If you are in none, the kit plays one in this kernel until you leave it, in live mode too.

        Lessons stay on the network of this kernel. Raises :class:`ClassroomError` for a wrong word, or a name that
        somebody has.

        >>> kit.join("192.168.1.5:9000", "blue-fox-42", name="Ada")
        """
        if not all(isinstance(one, str) for one in (address, word, name)):
            example = 'For example: kit.join("192.168.1.5:9000", "blue-fox-42", name="Ada").'
            raise ArgumentError("The address, the word and the name are strings.", example)
        if name and not address and self._place.classroom is None:
            self._place.play(name)
            return self.classroom
        if self._place.is_played and not address:
            return self.classroom
        if self.simulator is None:
            cure = f"Set VOICE_MODE=simulated, or let the kit play a class: {PLAYED}."
            raise NotReady("Only a kit with a phone network of its own joins a class of others.", cure)
        if address:
            self._place.enter(address, word, name)
        classroom = self.classroom
        self.tunnel.on()
        return classroom

    def leave(self) -> None:
        """Leave the class: its exchange forgets you, your numbers and calls there. Twice is fine."""
        self._place.leave()

    # What a lesson builds on

    @property
    def number(self) -> str:
        """The rented number of the lessons. See :meth:`ready`."""
        self.settings.require("number")
        return self.settings.number

    @property
    def my_number(self) -> str:
        """The phone that the lessons call: a simulated one, or in live mode your own (``MY_NUMBER`` in ``.env``)."""
        self.settings.require("my_number")
        return self.settings.my_number

    @closed
    def keep(self, *, application: dict[str, Any] | None = None, number: str | None = None) -> None:
        """Keep an application as it was created (id and private key), or a number, for the next lessons.

        In live mode they are written to ``.env``, and the key to a file of its own whose path stands there. A number or
        an application in ``.env`` that is not the kit's stays there: then this kernel uses the new one, and what to
        write is printed. Raises :class:`ArgumentError` for what is not an application.

        >>> kit.keep(application=kit.vonage.create_application("Stream audio"))
        """
        values: dict[str, str] = {} if number is None else {"number": number}
        if application is not None:
            if not isinstance(application, dict) or "id" not in application:
                raise ArgumentError(
                    f"{application!r} is not an application.", "Give the reply: kit.keep(application=created)."
                )
            values["application_id"] = application["id"]
            if "private_key" in application.get("keys", {}):
                values["private_key"] = application["keys"]["private_key"]
        try:
            stays = self._not_the_kits(values)
            self._keep({name: value for name, value in values.items() if name not in stays})
            if stays:
                self._use({name: value for name, value in values.items() if name in stays})
        except SettingsError as error:
            if "private_key" not in values:
                raise
            raise SettingsError(f"The private key is not kept: {error.message}", KEY_CURE) from None

    def ready(self) -> str:
        """Make sure the number and the application of lessons 01 and 05 are there. Returns a line that says so.

        In simulated mode what is missing is made, and webhooks that lead to the stopped server of an earlier lesson are
        taken away. In live mode nothing is rented or created behind your back: what is
        missing is an error that names the lesson.
        """
        if self.settings.live:
            self.settings.require("number", "application_id", "private_key")
        else:
            from .accounts import groundwork

            groundwork.make_number(self.settings, self.vonage)
            groundwork.make_application(self.settings, self.vonage, self.keep)
        name = self.vonage.get_application(self.settings.application_id)["name"]
        return f"Number {self.settings.number}, application “{name}”: ready."

    # Server, phones and calls

    def serve(self, app: WsgiApp) -> str:
        """Hand a Flask app to the background server, in place of the one before. Returns the local address.

        Port and public address stay the same, so a cell that defines routes may run again. Sounds of the kit are served
        below ``/audio/`` beside it. Raises :class:`WebServerError` for what cannot answer requests.

        >>> kit.serve(app)
        'http://127.0.0.1:40183'
        """
        self.server.handle(app)
        self.server.start()
        return self.server.url

    def signed(self, *, json: Any = None, data: Any = None, params: Any = None) -> dict[str, str]:
        """The header that Vonage would sign a request with, so that a webhook of your own takes yours.

        Give it what the request carries, under the names that ``requests`` has for it. It is good once, for some
        minutes. Without a signature secret it is empty: then nobody checks.

        >>> requests.post(f"{YOUR_URL}/event", json=hello, headers=kit.signed(json=hello))
        """
        import requests

        from .server.signatures import sign

        sent = requests.Request("POST", "http://localhost/", json=json, data=data, params=params).prepare()
        body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
        own, query = self.settings, parts_of(sent.url or "")[2]
        names = {"api_key": own.api_key, "application_id": own.application_id}
        claims = {name: value for name, value in names.items() if value}
        secret = own.signature_secret
        return {"Authorization": sign(body, query, secret, **claims)} if secret else {}

    def phone(self, number: str | int | None = None) -> Phone | LivePhone:
        """A phone by its number, by default :attr:`my_number`; ``"app:alice"``, ``"sip:…"`` and ``"vbc:1234"`` too.

        Simulated it is a handset that does as it is told; in live mode it tells you what to do with your own phone.
        Raises :class:`ArgumentError` for what is not a number.

        >>> kit.phone("447700900002").answers(after=5)
        """
        number = self.my_number if number is None else addressed(number)
        if self.settings.live:
            return LivePhone(number, self.events, other=number != self.settings.my_number)
        return Phone(number, self.network, self._screens)

    def call(self, call: str | dict[str, Any] | Call) -> Call:
        """The record of a call as it is now, by leg or conversation uuid, or by the reply that created it.

        Where the network ran in this kernel, also after :meth:`stop`, and when it was started again. Raises
        :class:`TraceError` for a call that is not in the record.

        >>> kit.call(reply["uuid"]).statuses
        ['started', 'ringing']
        """
        uuid = uuid_of(call)
        if self.settings.live:
            return Call(live_entries(self.events, self.live.waiting.answers_of(uuid) if self.live else ()), uuid=uuid)
        try:
            heard = self.simulator.heard if self.simulator else self.network.heard
            return Call(self.network.trace(uuid), uuid=uuid, heard=heard)
        except (NotReady, ControlPlaneError) as error:
            return self._stopped_with(uuid, error)

    def _stopped_with(self, uuid: str, error: NotReady | ControlPlaneError) -> Call:
        """The record of a call of a network that this kernel has stopped. Raises the error if it says anything else
        than that there is no such call now, or if there was none."""
        gone = isinstance(error, NotReady) or getattr(error, "status", None) == 404
        found = next((one for one in self._past if gone and one.trace.entries(uuid)), None)
        if found is None and gone and self._place.classroom is not None:
            raise NotReady(error.message, "If it is a call of your class, write kit.classroom in place of kit.")
        if found is None:
            raise error
        return Call(found.trace.entries(uuid), uuid=uuid, heard=found.heard)

    def wait(self, seconds: float) -> None:
        """Let ``seconds`` of call time pass: 0 or more. Stepped time jumps, in live mode it takes as long.

        >>> kit.wait(2.5)
        """
        seconds = seconds_of(seconds)
        if self.settings.live:
            time.sleep(seconds)
        else:
            self.network.advance(seconds)

    def wait_for(self, call: str | dict[str, Any] | Call, status: str = "completed", timeout: float = 60) -> Call:
        """Let call time pass until a call has a status, ``timeout`` seconds at the longest. Returns its record.

        ``"over"`` waits for the end, whichever it is: every call that is not ``rejected`` ends with ``completed``.
        Raises :class:`NotReady` when the call ends another way, or the time is up.
        """
        if isinstance(status, Mapping | Call):
            raise ArgumentError("The call comes first, then its status.", 'kit.wait_for(call, "answered")')
        uuid, status, timeout = uuid_of(call), status_of(status), seconds_of(timeout)
        look = self._poll if self.settings.live else self._advance
        reached = look(uuid, "completed" if status == "over" else status, timeout)
        record = self._record(uuid)
        self._notices.tell_call(record)
        over = reached is not None and record.status in LAST
        if reached or (status == "over" and over):
            return record
        raise NotReady(*record.short_of(status, timeout if not over else None, "kit"), call=record)

    def _advance(self, uuid: str, status: str, timeout: float) -> bool:
        try:
            return self.network.advance(timeout, uuid, status)
        except (NotReady, ControlPlaneError) as error:
            return status in self._stopped_with(uuid, error).statuses

    def _poll(self, uuid: str, status: str, timeout: float) -> bool | None:
        return self.live.waiting.until(uuid, status, timeout) if self.live else None

    def _record(self, uuid: str) -> Call:
        """The record of a call. Of a live one from which nothing has come it says so, and the likely cause."""
        why = self.live.why_silent(uuid) if self.live else ""
        try:
            record = self.call(uuid)
        except TraceError:
            if why:
                raise NotReady("Nothing of this call has arrived at your server.", why) from None
            raise
        if why:
            self._notices.tell(f"Nothing of this call has arrived at your server; Vonage was asked.\n→ {why}")
        return record

    # Things to look at

    def show(self, response: requests.Response) -> WireView:
        """A request sent by hand with ``requests``, and its reply, as they were on the wire; secrets masked."""
        if not hasattr(response, "request") or not hasattr(response, "elapsed"):
            cure = "Give it what requests.get or requests.post returned; for the kit's own: kit.vonage.wire.show()."
            raise ArgumentError(f"{response!r} is not a reply of requests.", cure)
        ms = response.elapsed.total_seconds() * 1000
        url = self.settings.at_vonage(response.request.url or "")
        return WireView([exchange_of(response.request, response, ms, url=url)])

    def panel(self) -> EventPanel:
        """The events and other requests that your server receives, live: a widget, whose text says the same.

        Raises :class:`NotReady` when the kit is stopped.
        """
        from .widgets.events.panel import EventPanel

        if not self.running:
            raise NotReady("The kit is stopped, so no events come in.", "Run kit = setup(), then kit.panel().")
        patience = QUIET if self.settings.live else None
        panel = EventPanel(
            self.events, server=self.server, network=self._control, patience=patience, signed=self.signed,
            placed=self.live.webhooks if self.live else None,
        )  # fmt: skip
        self._panels.add(panel)
        return panel

    # Live mode

    @property
    def left_open(self) -> str:
        """A line about what an earlier kernel did not put back in a real account; empty if there is nothing."""
        return self._found.left_open() if self._found else ""

    @property
    def box(self) -> str:
        """What this lesson will do to a real account; empty in simulated mode, and in a notebook of your own."""
        live, mine = self.live, self.settings.my_number
        if not live:
            return ""
        from .live.box import box, sent_here

        return box(sent_here(), lambda: live.rate_to(mine))

    def doctor(self) -> None:
        """Look at all that a real call needs, and print a line for each: what was found, and what to do on a NO.

        It costs nothing and changes nothing in the account. In simulated mode there is nothing to look at.
        """
        if not self.settings.live:
            print("Simulated: no account, no public address, nothing that costs. Nothing to look at.")
            return
        if not self.running:
            raise NotReady("The kit is stopped, so nothing comes in.", "Run kit = setup(), then kit.doctor().")
        from .base.findings import look
        from .check import INSTALL_AGAIN, check_disk
        from .live.doctor import live_checks

        with live_checks(self.settings, self.server, self.tunnel.url) as checks:
            for finding in look({**checks, "Disk": check_disk}, INSTALL_AGAIN):
                print(finding)

    def put_back(self) -> None:
        """Put a real account back as it was found, hang up the calls of this kernel, and say what it did there.

        Webhooks and links that are as this kernel left them become what they were; what the kit has made or rented
        stays. The tunnel's end, :meth:`stop` and the end of the kernel do it, too. In simulated mode it only says that
        there is nothing to do.
        """
        if not self.settings.live:
            print("Simulated: no real account was touched, so there is nothing to put back.")
        elif self._found:
            print("\n".join(filter(None, [self._found.did(), *self._found.put_back()])) or "Nothing to put back.")

    def restore(self) -> None:
        """Put back what an earlier kernel could not. What somebody has changed since is said, and left for good."""
        if self._found:
            print("\n".join(self._found.put_back(again=True)) or "Nothing to put back.")

    def _open_gate(self) -> None:
        from .live.line import LiveLine
        from .live.ownership import allowed_in_notebook
        from .live.restore import AsFound

        self._found = AsFound(
            self.settings, lambda: self.tunnel.url, lambda: self.allowed or allowed_in_notebook(),
            lambda uuid: self.live is not None and uuid in self.live.known,
        ).begin()  # fmt: skip
        self.live = LiveLine(
            self.settings, self.server, lambda: self.tunnel.url, self._notices.tell, self.events, self._checks,
            [self._found.guard],
        )  # fmt: skip
        self.live.start()
        self.tunnel.at_start, self.tunnel.at_end = self._tunnel_begins, self._tunnel_ends
        atexit.register(self._leave_account, logger.info)

    def _leave_account(self, tell: Callable[[str], object] = print) -> None:
        """Put a real account back, and end what still runs while its events find the server."""
        found, self._found = self._found, None
        live, self.live = self.live, None
        try:
            if found is not None:
                atexit.unregister(self._leave_account)
                tell("\n".join(found.end()) or "Your account is as it was.")
        except KitError as error:
            tell(str(error))
        finally:
            if live is not None:
                live.stop()

    def _checks(self) -> bool:
        """Whether signatures of webhooks are checked, so that what is not signed is not believed."""
        return self.settings.live and self.guarded and bool(self.settings.signature_secret)

    def _tunnel_begins(self) -> None:
        if self.live:
            self.live.opened()
            if not self.settings.signature_secret:
                print(UNSIGNED)

    def _tunnel_ends(self) -> None:
        if self._found:
            try:
                said = self._found.put_back()
            except KitError as error:
                said = [str(error)]
            if said:
                self._notices.tell("\n".join(said))

    def _not_the_kits(self, values: Mapping[str, str]) -> set[str]:
        """Those of these names whose line in ``.env`` is somebody else's, and is not overwritten."""
        stays: set[str] = set()
        if self._found is None:
            return stays
        number, application, key = (str(self.loaded[name]) for name in ("number", "application_id", "private_key"))
        if "number" in values and number not in ("", values["number"]) and not self._found.journal.has_rented(number):
            stays |= {"number"}
        other = (application or key) and application != values.get("application_id")
        if "application_id" in values and other and not self._found.journal.owns_application(application):
            stays |= {"application_id", "private_key"}
        return stays & set(values)

    def _keep(self, values: dict[str, str]) -> None:
        self.settings.save(**values)
        self.loaded |= {name: getattr(self.settings, name) for name in values}

    def _use(self, values: dict[str, str]) -> None:
        """For this kernel only; a key is in a file of its own all the same."""
        lines = dict(values)
        if "private_key" in values:
            lines["private_key"] = self.settings.save_key(values["application_id"], values["private_key"])
        self.settings.use(**values)
        print(f"{self.settings.dotenv.name} stays as it is: what it names was not made by this kit.")
        print("This kernel uses the new one. For the next ones, write these lines into it:")
        print("\n".join(f"{VARIABLES[name]}={value}" for name, value in lines.items()))

    # Simulated mode

    def _started_again(self) -> Screens:
        """The phones of this kit, which a phone that was out of order has started again."""
        self.start()
        return self._screens or Screens(self.network)

    def _join_network(self) -> None:
        if self.settings.simulator_url:
            url, token = self.settings.simulator_url, self.settings.simulator_token
        else:
            from .simulator import Simulator

            seed = os.environ.get("SIMULATOR_SEED")  # tests and stored outputs: the same ids on every run
            self.simulator = Simulator(pace=self.settings.pace, seed=seed, state=self.settings.state).start()
            url, token = self.simulator.url, self.simulator.token
        self._control = ControlPlane(url, token)
        self._screens = Screens(self._control, self._started_again)
        account = self._control.account()
        if self.simulator and self.settings.class_url and self.settings.class_token:
            self._place.take()
        # For this kernel only: simulated credentials never reach .env.
        self.settings.use(api_url=url, **{k: account[k] for k in ("api_key", "api_secret", "signature_secret")})
