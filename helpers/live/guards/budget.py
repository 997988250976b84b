"""Keeps to the budget: counts what calls and numbers cost, and ends what runs when it is spent."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ...base.errors import KitError
from ...calls.statuses import OVER
from ...settings.settings import Settings
from ...vonage.client import Vonage
from ...vonage.errors import NotFoundError
from .asked import Asked, Refused, Replied
from .prices import Prices
from .reading import as_list, charged_beside_in, endpoints_in, json_of
from .spent import Spent

logger = logging.getLogger(__name__)

TICK = 0.5  # seconds between two looks at what runs
ASK = 10.0  # seconds after which Vonage is asked about a call of which no event came
MINUTE = 60.0  # seconds
CALL = "call"  # with this begins the name of one that Vonage has not named yet
ON_ITS_WAY = 90.0  # seconds that such a one counts as one that runs: the gate waits no longer for the reply
RINGING = 120  # seconds that a phone may ring (Voice API 1.10, ringing_timer); they count as if they cost
WARN_AT = Decimal("0.8")  # of the budget
MANY = 50  # calls at once of which, when they came in, Vonage is asked what they cost
LONGEST = 7200  # seconds of a call, or of a connect, that names no limit (NCCO reference)
PATIENCE = 8.0  # seconds that stopping waits: a call cannot be ended in its first two (support article 10359615124380)


@dataclass
class Running:
    """A call that costs: ``rate`` is EUR a minute of all its legs together, ``seconds`` how long it can last."""

    uuid: str
    ids: set[str]
    seconds: float
    rate: Decimal
    began: float
    ask_at: float

    def cost(self, now: float) -> Decimal:
        """EUR so far."""
        return _euros(min(now - self.began, self.seconds + RINGING), self.rate)


class Budget:
    """A guard: what costs is sent only within LIVE_BUDGET. A call counts by time and rate until its price is known.

    Time is monotonic: a clock that is set changes nothing. ``tell`` says something in the notebook.
    """

    def __init__(
        self,
        settings: Settings,
        vonage: Callable[[], Vonage],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._vonage, self._tell, self._clock = settings, vonage, tell, clock
        self.room: Callable[[], None] = lambda: None  # raises Refused where one more call is one too many
        self._spent = Spent(settings.dotenv.parent / ".live" / "spent.jsonl")
        self.prices = Prices(vonage)
        self._running: dict[str, Running] = {}
        self._known: set[str] = set()
        self._sent: dict[int, tuple[str, Decimal, float]] = {}  # by the identity of a request that is on its way
        self._lock = threading.RLock()
        self._wake, self._ended, self._pause = threading.Event(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._said: set[str] = set()
        self._all_asked = -math.inf
        self._settled = False

    # --- as a guard ---

    def before(self, asked: Asked) -> Asked:
        """Refuses what costs more than is left, or what nobody knows the price of."""
        if asked.kind in ("create_call", "change_call", "in_call"):
            self._say_what_is_beside(asked.json)
        if asked.kind == "create_call":
            self.allow()
            body = json_of(asked.body)
            rate = self._rate([*as_list(body.get("to")), *endpoints_in(body)])
            with self._spent.alone():  # nobody else takes the room that there is
                self.room()
                now = self._clock()
                seconds = float(body.get("length_timer") or LONGEST)
                self._write_down(asked, CALL, rate, seconds, still_open=True, placed=now, until=now + ON_ITS_WAY)
        elif asked.kind == "change_call" and (legs := endpoints_in(json_of(asked.body))):
            self.allow()
            self._add({asked.id}, self._rate(legs))
        elif asked.kind == "buy_number":
            self.allow()
            cost, rent = self.prices.of_number(asked.fields.get("country", ""), _number_in(asked))
            self.allow(cost)
            self._write_down(asked, f"number {_number_in(asked)}", cost * 60, 1, monthly=str(rent))
        return asked

    def after(self, asked: Asked, replied: Replied) -> None:
        """What Vonage refused costs nothing; of what nobody answered nobody knows, so it stays counted."""
        self.prices.after(asked, replied)
        if asked.kind == "cancel_number" and replied.done:
            self._given_back(_number_in(asked))
        name, rate, seconds = self._sent.pop(id(asked), ("", Decimal(), 0.0))
        if not name or not replied.status:
            return
        body = replied.json if isinstance(replied.json, dict) else {}
        if not replied.done:
            self._spent.write(name, Decimal(), placed=None, monthly="0")
        elif asked.kind == "create_call" and isinstance(body.get("uuid"), str):
            ids = {str(body[key]) for key in ("uuid", "conversation_uuid") if key in body}
            end = self._clock() + seconds + 2 * RINGING
            self._start(Running(body["uuid"], ids, seconds, rate, *[self._clock()] * 2))  # it runs, written down or not
            self._spent.write(body["uuid"], _euros(seconds, rate), still_open=True, instead=name, until=end)

    def allow(self, more: Decimal = Decimal()) -> None:
        """Raises :class:`Refused` without a budget, or when it is spent."""
        limit = self._settings.live_budget
        if limit is None:
            line = "LIVE_BUDGET=5"
            cure = f"To agree to costs of 5 euros in all, write this line into .env: {line}"
            raise Refused("This costs money, and nobody has agreed to it yet.", cure, line=line)
        if not self._settled:
            self._settled = True
            self._ask_about_others()
        total = self.total()
        if total + more > limit or total >= limit:
            line = f"LIVE_BUDGET={(limit + max(more, limit)).normalize():f}"
            cure = f"To agree to more, write this line into .env: {line}"
            raise Refused(f"The budget of {limit} euros is spent: {total:.2f} so far.", cure, line=line)

    def total(self) -> Decimal:
        """EUR that this folder has spent, calls that run counted until now."""
        entries = self._spent.entries()  # first: it may have to wait, and calls start meanwhile
        with self._lock:
            now, running = self._clock(), dict(self._running)
        today = datetime.now(UTC)
        done = sum((one.cost(today) for name, one in entries.items() if name not in running), Decimal())
        return done + sum((one.cost(now) for one in running.values()), Decimal())

    # --- calls ---

    def started_here(self, ids: set[str]) -> bool:
        """Whether a call was started through the gate, which gave it a longest time."""
        return bool(ids & self._known)

    def running(self) -> int:
        """How many calls run, or are on their way, that this folder's kernels have placed, as far as is known."""
        now = self._clock()
        return sum(one.open and (one.placed or 0) <= now < one.until for one in self._spent.entries().values())

    def placed_lately(self) -> int:
        """How many calls this folder's kernels have placed in the last minute."""
        now = self._clock()
        placed = [one.placed for one in self._spent.entries().values() if one.placed is not None]
        return sum(0 <= now - at < MINUTE for at in placed)

    def reply(self, ids: set[str], ncco: Any) -> None:
        """An NCCO of the learner's own server is about to be carried out: its legs count with the call's."""
        self._say_what_is_beside(ncco)
        if legs := endpoints_in(ncco):
            self.allow()
            self._add(ids, self._rate(legs))
        elif ids:
            self._came_in(ids)

    def heard(self, event: dict[str, Any]) -> None:
        """A webhook says that a call is over: a reason to ask Vonage, and not more than that; anybody can send one."""
        names = {event.get(name) for name in ("uuid", "conversation_uuid")}
        if event.get("status") in OVER:
            for call in self._calls():
                if call.ids & names:
                    call.ask_at = self._clock()
            self._wake.set()

    def look(self) -> None:
        """Ask Vonage about each call of which it is time to, and end all that run when the budget is spent."""
        for call in self._calls():
            if self._clock() >= call.ask_at:
                call.ask_at = self._clock() + ASK
                self._ask_about(call)
        limit, total = self._settings.live_budget, self.total()
        if limit is None or not self._running or total < limit * WARN_AT:
            return
        if total < limit:
            self._say_once(f"Of the budget of {limit} euros more than {WARN_AT:.0%} are spent.")
        else:
            self._say_once(f"The budget of {limit} euros is spent: calls that run are ended, and no more are placed.")
            self.hang_up()

    def ask_all(self) -> None:
        """Ask Vonage about each call that runs, now, also other kernels'; but not again within two seconds."""
        if time.monotonic() - self._all_asked >= 2:
            self._all_asked = time.monotonic()
            for call in self._calls():
                call.ask_at = self._clock()
            self.look()
            self._ask_about_others()

    def hang_up(self) -> None:
        """End every call that runs. One in its first two seconds goes on: look again."""
        for call in self._calls():
            try:
                with self._vonage() as vonage:
                    vonage.hang_up(call.uuid)
            except KitError as error:
                logger.info("%s was not ended: %s", call.uuid, error)
            call.ask_at = self._clock()

    def stop(self) -> None:
        """End what this kernel started, and learn its price."""
        self._ended.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(PATIENCE + ASK)

    def _calls(self) -> list[Running]:
        with self._lock:
            return list(self._running.values())

    def _rate(self, endpoints: list[Any]) -> Decimal:
        return sum(map(self.prices.of_endpoint, endpoints), Decimal())

    def _write_down(self, asked: Asked, name: str, rate: Decimal, seconds: float, **more: Any) -> None:
        name = f"{name} {uuid.uuid4()}"
        self._spent.write(name, _euros(seconds, rate), **more)
        self._sent[id(asked)] = (name, rate, seconds)

    def _came_in(self, ids: set[str]) -> None:
        """A call that came in costs, too: Vonage names its price when it is over.

        Only so many are followed: where nobody checks who sends, anybody can make one up.
        """
        known = any(call.ids & ids for call in self._calls()) or ids & self._spent.entries().keys()
        if not known and len(self._calls()) < MANY:
            self._add(ids, Decimal())

    def _add(self, ids: set[str], rate: Decimal) -> None:
        """More legs for a call; for one that came in, its first that cost."""
        with self._lock:
            call = next((one for one in self._running.values() if one.ids & ids), None)
            if call is None and ids:
                name = min(ids, key=lambda one: one.startswith("CON-"))
                call = Running(name, set(ids), LONGEST, Decimal(), *[self._clock()] * 2)
                call.ask_at += ASK
            if call is None:
                return  # fetched by hand: it is about no call
            call.rate += rate
            call.ids |= ids
        self._spent.write(call.uuid, _euros(call.seconds, call.rate), still_open=True)
        self._start(call, here=bool(call.ids & self._known))

    def _start(self, call: Running, here: bool = True) -> None:
        with self._lock:
            self._running[call.uuid] = call
            self._known |= call.ids if here else set()
            call.ask_at = max(call.ask_at, self._clock() + ASK)
            if self._thread is None and not self._ended.is_set():
                self._thread = threading.Thread(target=self._watch, name="live-watch", daemon=True)
                self._thread.start()
        self._wake.set()

    def _watch(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(TICK if self._running else None)
            self._wake.clear()
            try:
                self.look()
            except Exception:
                logger.exception("what runs could not be looked at")
        end = time.monotonic() + PATIENCE
        while self._running and time.monotonic() < end:
            for call in self._calls():
                self._ask_about(call)
            self.hang_up()
            self._pause.wait(TICK if self._running else 0)

    def _ask_about(self, call: Running) -> None:
        now = self._clock()
        try:
            price = self._price(call, now)
        except NotFoundError:
            price = None if call.ids & self._known else call.cost(now)  # an id that only a stranger's request knew
        except KitError as error:
            logger.info("%s could not be asked about: %s", call.uuid, error)
            price = None
        if price is None and now - call.began > call.seconds + 2 * RINGING:
            price = call.cost(now)  # it cannot last any longer
        if price is not None:
            self._spent.write(call.uuid, price)
            with self._lock:
                self._running.pop(call.uuid, None)

    def _price(self, call: Running, now: float) -> Decimal | None:
        """EUR that all legs of a call cost; None while one of them lasts. What has no price counts by its time."""
        with self._vonage() as vonage:
            first = vonage.get_call(call.uuid)
            rooms = {one for one in {*call.ids, str(first.get("conversation_uuid"))} if one.startswith("CON-")}
            legs = {leg["uuid"]: leg for room in rooms for leg in vonage.iter_calls(conversation_uuid=room)}
        legs[call.uuid] = first
        if any(leg.get("status") not in OVER for leg in legs.values()):
            return None
        if any(leg["status"] == "completed" and not leg.get("price") for leg in legs.values()):
            return call.cost(now)
        return sum((Decimal(leg.get("price") or 0) for leg in legs.values()), Decimal())

    def _ask_about_others(self) -> None:
        """Ask about calls that another kernel has open, or an earlier one left open."""
        for name, entry in self._spent.entries().items():
            if entry.open and name not in self._running and not name.startswith(CALL):
                call = Running(name, {name}, LONGEST, entry.euros / LONGEST * 60, self._clock() - LONGEST, 0)
                with contextlib.suppress(KitError):
                    if (price := self._price(call, self._clock())) is not None:
                        self._spent.write(name, price)

    def _given_back(self, msisdn: str) -> None:
        today = datetime.now(UTC)
        for name, entry in self._spent.entries().items():
            if name.startswith(f"number {msisdn} ") and entry.monthly:
                self._spent.write(name, entry.cost(today), monthly="0")

    def _say_what_is_beside(self, value: Any) -> None:
        if beside := charged_beside_in(value):
            what = ", ".join(sorted(beside))
            self._say_once(f"Not in the budget: {what}. Vonage charges that beside the minutes.")

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._tell(text)


def _number_in(asked: Asked) -> str:
    return "".join(filter(str.isdigit, asked.fields.get("msisdn", "")))


def _euros(seconds: float, rate: Decimal) -> Decimal:
    return (Decimal(str(max(seconds, 0))) / 60 * rate).quantize(Decimal("0.000001"))
