"""The simulator as a whole: a thread, an event loop, a port, and the network in it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import errno
import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..base.errors import KitError
from ..calls.trace import Trace
from .account.account import Account
from .clock import Clock, make_clock, make_loop
from .ids import Ids
from .phones.scripts import is_seconds
from .webhooks.reach import Reach

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .legs.network import Network

logger = logging.getLogger(__name__)

# Is told of a request: host, method, path, status, and the reply's text if it failed.
OnRequest = Callable[[str, str, str, int, str], object]
# What listens on every address of this machine is reached on this machine by its loopback address.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
# Seconds after which a connection that is kept is closed. A request that is sent at that very moment is lost, and a
# person who reads between two cells may send it at any: so the client closes first, when its program ends.
IDLE = 24 * 3600


class SimulatorError(KitError):
    """The simulator could not be started."""


class Simulator:
    """A phone network on this machine.

    >>> with Simulator(pace="stepped", seed=1) as network:
    ...     print(network.url, network.account.api_key)
    ...     network.advance(10)

    ``pace``: ``"stepped"`` (time moves only inside :meth:`advance`), or how many times faster than real time.
    ``seed``: makes ids and the first account repeatable. ``state``: the file that keeps the account between runs.
    ``port`` 0 takes a free one. ``token`` guards the control plane; else SIMULATOR_TOKEN, else it is made up.
    ``reach``: IP networks the simulator may call besides this machine, such as ``"192.168.0.0/16"``.
    ``known_as``: the address by which clients know it, if it is another one than ``.url``: webhooks name it.
    ``on_request``: called with host, method, path, status and, of one that failed, the reply's text, for each request,
    in the simulator's thread.
    """

    def __init__(
        self,
        *,
        pace: str | float = 1,
        seed: int | str | None = None,
        state: Path | str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        reach: tuple[str, ...] = (),
        known_as: str = "",
        on_request: OnRequest | None = None,
    ) -> None:
        self.trace = Trace()
        # Hexadecimal: with a hyphen at its beginning a command line would take it for an option.
        self.token = token or os.environ.get("SIMULATOR_TOKEN") or secrets.token_hex(24)
        self.pace, self.seed = pace, seed
        self._state = Path(state) if state else None
        self._host, self._port, self._reach = host, port, reach
        self._known_as, self._on_request = known_as, on_request
        self._thread: threading.Thread | None = None
        self._account: Account | None = None
        self._network: Network | None = None
        self._past: Network | None = None  # also after it was stopped: its calls can still be heard
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._address = ("", 0)

    def __repr__(self) -> str:
        return f"Simulator({self.url!r}, pace={self.pace!r})" if self.running else "Simulator(stopped)"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def url(self) -> str:
        """The address of everything, ``http://127.0.0.1:port``; empty when stopped."""
        host, port = self._address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}" if self.running else ""

    @property
    def account(self) -> Account:
        """The account: ``.api_key``, ``.api_secret``, ``.signature_secret``, ``.numbers``, ``.applications``."""
        if self._account is None:
            raise SimulatorError("The simulator has not been started.", "Call start(), or use it in a with block.")
        return self._account

    def start(self) -> Self:
        """Switch the network on. Starting a running one changes nothing."""
        if self.running:
            return self
        clock = make_clock(self.pace)
        self._prepare()
        listener = self._listen()
        self._address = listener.getsockname()[:2]
        if self._address[0] in EVERYWHERE:  # an address to listen on, not one to send a request to
            self._address = (EVERYWHERE[self._address[0]], self._address[1])
        up: threading.Event = threading.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                with asyncio.Runner(loop_factory=lambda: make_loop(clock)) as runner:
                    self._loop = runner.get_loop()
                    runner.run(self._serve(clock, listener, up))
            except BaseException as error:
                failed.append(error)
                logger.debug("the simulator ended", exc_info=error)
            finally:
                listener.close()
                up.set()

        # A daemon: a notebook kernel that is shut down without kit.stop() must not be kept alive by it.
        self._thread = threading.Thread(target=run, name="simulator", daemon=True)
        self._thread.start()
        up.wait()
        if failed:
            self._thread.join()
            raise SimulatorError(f"The simulator could not start: {failed[0]}.") from failed[0]
        return self

    def stop(self) -> None:
        """Switch it off: no thread, no port, no call is left. Stopping twice is fine."""
        if self._server is not None and self.running:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        self._thread = self._server = self._network = self._loop = None

    def heard(self, leg: str, rate: int = 8000) -> bytes:
        """What the person on a leg heard, from answer to end, as a WAV file; after :meth:`stop`, too."""
        from .sound.mixing import heard_wav

        network = self._network or self._past
        if network is None or leg not in network.legs:
            raise SimulatorError(f"There is no call {leg}.", "It is not a call of this network.")
        return b"".join(heard_wav(network.legs[leg], *network.talk_of(network.legs[leg]), rate))

    def advance(self, seconds: float) -> float:
        """Let call time pass; returns when everything due is done. Returns the new time."""
        if self._loop is None or self._network is None:
            raise SimulatorError("The simulator has not been started.", "Call start(), or use it in a with block.")
        if not is_seconds(seconds):
            raise SimulatorError(f"Time cannot advance by {seconds!r} seconds.", "Use 0 or more, for example 10.")
        try:
            return asyncio.run_coroutine_threadsafe(self._network.clock.advance(seconds), self._loop).result()
        except concurrent.futures.CancelledError:
            raise SimulatorError("The simulator was stopped meanwhile.", "Start it again.") from None

    def lead(self, address: str, to: str) -> None:
        """Ask the server at ``to`` for what is at ``address``: the same one, by a way that is always there."""
        if self._network is not None:
            self._network.reach.shortcuts[address] = to

    def _listen(self) -> socket.socket:
        where = f"The simulator cannot listen on {self._host}:{self._port}"
        other = "Use an address of this machine, and a port from 1024 to 65535, or 0 for any free one."
        if not 0 <= self._port <= 65_535:
            raise SimulatorError(f"{where}: there is no such port.", other)
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listener = socket.create_server((self._host, self._port), family=family)
        except OSError as error:
            taken = "Another program has the port: choose another one, or 0 for any free one."
            cure = taken if error.errno == errno.EADDRINUSE else other
            raise SimulatorError(f"{where}: {error.strerror}.", cure) from None
        # Inherited by every connection. Without it a reply's body waits 40 ms for the receipt of its headers.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener

    def ids(self, what: str) -> Ids:
        """A source of ids; with a seed each ``what`` has one of its own."""
        return Ids(None if self.seed is None else f"{self.seed}-{what}")

    def _prepare(self) -> None:
        """What is there before anybody can ask for it."""
        self._account = Account(self.ids("account"), self._state)
        self.trace.clear()  # a seeded exchange hands out the same ids again

    def _begin(self, clock: Clock, closing: asyncio.Event) -> ASGIApp:
        """The network on this clock, and the app that answers for it. Called in the event loop."""
        from .legs.network import Network

        reach, url = Reach(*self._reach), self._known_as or self.url
        self._network = self._past = Network(clock, self.account, self.ids("calls"), self.trace, reach, region_url=url)
        return api_of(self._network, self.token, closing, self.ids("traces"), self._on_request)

    async def _end(self) -> None:
        """End what :meth:`_begin` began."""
        if self._network is not None:
            await self._network.close()

    async def _serve(self, clock: Clock, listener: socket.socket, up: threading.Event) -> None:
        import uvicorn

        from .routes.limits import patient_protocol

        closing = asyncio.Event()
        config = uvicorn.Config(
            self._begin(clock, closing), http=patient_protocol(), ws="websockets-sansio", log_config=None,
            access_log=False, lifespan="off", timeout_graceful_shutdown=1, timeout_keep_alive=IDLE,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        serving = asyncio.ensure_future(self._server.serve(sockets=[listener]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.005)
        up.set()
        while not self._server.should_exit and not serving.done():
            await asyncio.sleep(0.05)
        closing.set()
        await self._end()
        await serving


def api_of(network: Network, token: str, closing: asyncio.Event, ids: Ids, told: OnRequest | None = None) -> ASGIApp:
    """Everything that can be asked of one network and its account; ``ids`` makes the ids of replies."""
    from fastapi import FastAPI

    from .account.regions import RegionalAddresses
    from .routes.account import applications_api, money_api, numbers_api
    from .routes.control import answer_kit_errors, control_api
    from .routes.limits import BodyLimits
    from .routes.log import RequestLog
    from .routes.openapi import openapi_api
    from .routes.voice import answer_errors, voice_api

    app = FastAPI(title="Voice call simulator", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    for router in (
        voice_api(network),
        applications_api(network.account),
        numbers_api(network.account),
        money_api(network),
        control_api(network, token, closing),
        openapi_api(),
    ):
        app.router.routes += router.routes  # include_router makes each of them once more
    app.add_middleware(BodyLimits)
    answer_errors(app, ids)
    answer_kit_errors(app)
    app.add_middleware(RegionalAddresses)
    app.add_middleware(Settling, clock=network.clock)
    app.add_middleware(RequestLog, told=told)
    return app


class Settling:
    """On a stepped clock a request that changes something is answered when all that it set off now has been done.

    Call time stands still between two requests, real time does not: without this a client's next request would come
    before or after the webhook that the last one set off, and the same program would leave different records.

    A request that comes while a webhook is under way may come from the very server that is asked, and is not held.
    """

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app, self._clock = app, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS") or self._clock.is_busy:
            await self._app(scope, receive, send)
            return

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._clock.settle()
            await send(message)

        await self._app(scope, receive, hold)
