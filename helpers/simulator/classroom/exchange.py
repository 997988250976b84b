"""The exchange: one phone network for a class, with an account for each learner."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...calls.record import Entry
from ...calls.trace import Trace
from ..account.account import Account
from ..clock import Clock
from ..legs.network import Network
from ..service import Simulator, api_of
from ..webhooks.reach import Reach
from .accounts import Accounts

if TYPE_CHECKING:
    from starlette.types import ASGIApp


class Exchange(Simulator):
    """A simulator with many accounts. See docs/classroom.md.

    ``folder`` keeps the accounts; without one they are gone at the end. ``prefix``: the path that leads to it, where it
    is behind something else. ``log`` makes a listener for the record of each account.

    >>> with Exchange(folder=Path("accounts"), port=9000) as exchange:
    ...     print(exchange.url, exchange.accounts.word)
    """

    accounts: Accounts

    def __init__(
        self, *, folder: Path | None = None, host: str = "127.0.0.1", port: int = 0, pace: str | float = 1,
        seed: int | str | None = None, token: str | None = None, prefix: str = "",
        log: Callable[[], Callable[[Entry], None]] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(pace=pace, seed=seed, host=host, port=port, token=token)
        self._folder, self._prefix, self._log = folder, prefix, log
        self._own_token = token or os.environ.get("SIMULATOR_TOKEN")

    def _prepare(self) -> None:
        self._account = Account(self.ids("account"))  # nobody's

    def _begin(self, clock: Clock, closing: asyncio.Event) -> ASGIApp:
        # At once: the first call of a class, which thirty may place together, must not wait for a second of imports.
        import numpy  # noqa: F401
        import soundfile  # noqa: F401
        import soxr  # noqa: F401
        from fastapi import FastAPI

        from ..routes.limits import BodyLimits
        from ..routes.log import RequestLog
        from ..routes.voice import answer_errors
        from .board import Board, board_api
        from .group_call import GroupCall
        from .joining import answer_class_errors, class_api
        from .switchboard import Switchboard

        def watch(trace: Trace) -> None:
            if self._log is not None:
                trace.subscribe(self._log())

        def app_of(network: Network, token: str) -> ASGIApp:
            return api_of(network, token, network.closing, self.ids(f"traces-{network.public_number}"))

        self.accounts = Accounts(self._folder, clock, self.ids, app_of, watch)
        self.token = self._own_token or self.accounts.teacher_token
        self._network = Network(clock, self.account, self.ids("calls"), self.trace, Reach())
        nobody = app_of(self._network, self.ids("nobody").secret(40))
        own = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
        board = Board(self.accounts, call := GroupCall(clock, self.ids, self.accounts.home_of))
        self._call = call
        own.router.routes += board_api(board, self.token, closing).routes
        own.router.routes += class_api(self.accounts, self.token, board.end).routes
        own.add_middleware(BodyLimits)
        answer_errors(own, self.ids("traces"))
        answer_class_errors(own)
        own.add_middleware(RequestLog)
        return Switchboard(self.accounts, own, nobody, self.token, self._prefix)

    async def _end(self) -> None:
        await self._call.forget()
        await self.accounts.close()
        await super()._end()
