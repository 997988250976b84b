"""Live mode's own line to Vonage: the gate with its guards, opened and closed with the kit."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from ..base.errors import KitError
from ..base.findings import CheckFailed
from ..server.guard import WebhookGuard
from ..server.server import BackgroundServer
from ..settings.settings import Settings
from ..vonage.errors import NotFoundError
from ..wire.events import Events, event_of, payload_of, uuids_in
from ..wire.exchanges import RoundTrip
from .doctor import reach
from .gate import Gate, Guard
from .guards.asked import Refused
from .guards.budget import Budget
from .guards.measure import Measure
from .guards.replies import Replies
from .guards.webhooks import Webhooks, status_callbacks_in
from .guards.whom import Whom
from .ownership import number
from .past import past_the_gate
from .waiting import Waiting

logger = logging.getLogger(__name__)

FIREWALL = "does a firewall let only some in, or does only this network know the address?"


class LiveLine:
    """What is between a kit in live mode and Vonage. ``public_url`` gives the tunnel's address at that moment.

    ``guards`` have their say after the kit's own. ``tell`` says something in the notebook. ``sure()`` says whether the
    signatures of webhooks are checked, so that ``events`` holds good ones only.
    """

    def __init__(
        self,
        settings: Settings,
        server: BackgroundServer,
        public_url: Callable[[], str],
        tell: Callable[[str], None],
        events: Events,
        sure: Callable[[], bool],
        guards: Sequence[Guard] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._server, self._public_url = settings, server, public_url
        self.vonage = past_the_gate(settings)  # a client of the guards' own
        self.whom = Whom(settings, self._own, self._application)
        self.budget = Budget(settings, self.vonage, tell, clock)
        self.measure = Measure(settings, self.budget)
        self.guard = WebhookGuard(settings, self._own, sure)
        self.webhooks = Webhooks(self.guard, public_url, self.whom.facts_of)
        self.waiting = Waiting(events, self.vonage, sure)
        everyone: list[Guard] = [self.whom, self.measure, self.budget, self.webhooks, *guards]
        self.gate = Gate(settings.vonage_url or settings.api_url, settings.real_rest_url, everyone)
        self.known: set[str] = set()  # legs and conversations of which a webhook has come
        self._forget: Callable[[], None] = lambda: None

    def start(self) -> LiveLine:
        """Open the gate, let the settings name it, and read what the learner's server answers."""
        self._settings.pass_through(self.gate.start().url)
        self._server.guard = self.guard
        self._server.review = Replies(self.whom, lambda: self._server.url, self._told)
        self._forget = self._server.requests.subscribe(self._heard)
        return self

    def opened(self) -> None:
        """The public address is open: the application, and the number, may have named it already."""
        own = self._settings
        try:
            self.webhooks.learn(self._application(own.application_id))
            with self.vonage() as vonage:
                self.guard.name(status_callbacks_in((own.number and number(vonage, own.number)) or {}))
        except KitError:
            logger.info("the application or the number is not known", exc_info=True)

    def stop(self) -> None:
        """End what was started, and close the gate.

        The settings go on naming it, so that nothing passes by a closed gate; and replies go on being read.
        """
        self.budget.stop()
        self._forget()
        self.gate.stop()

    def why_silent(self, uuid: str) -> str:
        """Why nothing of a call has come, most likely, and what to do: the doctor looks at the way from outside."""
        if self.webhooks.why(uuid, after=0) and (url := self._public_url()):
            try:
                reach(self._server, url)
                self.webhooks.outside = f"The kit itself gets through to {url}, and Vonage does not: {FIREWALL}"
            except CheckFailed as found:
                self.webhooks.outside = f"{found.message}. {found.cure}"
        return self.webhooks.why(uuid, after=0)

    def rate_to(self, number: str) -> Decimal | None:
        """EUR a minute to a phone, as the budget counts it; None where nobody knows."""
        try:
            return self.budget.prices.of_endpoint({"type": "phone", "number": number}) if number else None
        except Refused:
            return None

    def _own(self) -> list[str]:
        return [self._server.url, self._public_url(), self._settings.public_url]

    def _application(self, name: str) -> dict[str, Any] | None:
        try:
            with self.vonage() as vonage:
                return vonage.get_application(name)
        except NotFoundError:
            return None

    def _told(self, ids: set[str], ncco: Any) -> None:
        self.measure.ends(ids, ncco)
        self.budget.reply(ids, ncco)
        self.webhooks.learn(ncco)

    def _heard(self, exchange: RoundTrip) -> None:
        if exchange.refused:
            return
        self.known |= (ids := uuids_in(payload_of(exchange)))
        self.webhooks.heard(ids)
        if event := event_of(exchange):
            self.budget.heard(event)
