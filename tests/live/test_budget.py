"""The budget: what costs is sent only within it, and what runs is ended when it is spent."""

from __future__ import annotations

import json
import stat
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from helpers.kit import Kit
from helpers.live.guards.asked import Asked, Replied
from helpers.live.guards.budget import MANY, Budget
from helpers.live.guards.spent import Entry, Spent
from helpers.vonage.client import Vonage
from helpers.vonage.errors import VonageError
from tests.live.conftest import FRIEND, HASTE, ME, PACE, Send, World, app_that_replies, wait_until

WAIT = {"action": "wait", "timeout": 7200}
TALK = {"action": "talk", "text": "Hello."}


def connect(number: str) -> dict[str, Any]:
    return {"action": "connect", "endpoint": [{"type": "phone", "number": number}]}


def budget_of(kit: Kit) -> Budget:
    assert kit.live is not None
    return kit.live.budget


def as_fast_as_the_network(kit: Kit, pace: float = PACE) -> None:
    """The guard's own seconds are as short as the network's."""
    began = time.monotonic()
    budget_of(kit)._clock = lambda: (time.monotonic() - began) * pace


def test_without_a_budget_nothing_that_costs_is_sent(world: World, send: Send) -> None:
    with world.kit(live_budget=None) as kit:
        reply = send(kit, "POST", "/v1/calls", world.order(TALK))
        assert (reply.status_code, reply.json()["line"]) == (403, "LIVE_BUDGET=5")
        offer = kit.vonage.search_numbers("GB")["numbers"][0]["msisdn"]
        with pytest.raises(VonageError, match="nobody has agreed to it yet"):
            kit.vonage.buy_number("GB", offer)
        assert kit.vonage.list_numbers()["count"] == 1
    assert world.dialled() == []


@pytest.mark.slow
def test_the_call_that_passes_the_budget_is_ended(quick_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world, told = quick_world, list[str]()
    with world.kit(live_budget=Decimal("0.05")) as kit:
        monkeypatch.setattr(budget_of(kit), "_tell", told.append)
        now = [0.0]
        budget_of(kit)._clock = lambda: now[0]
        made = kit.vonage.create_call(world.order(WAIT, length_timer=7200))
        now[0] = 170.0  # 0.0425 euros: however busy this machine is, somebody looks at this moment
        budget_of(kit).look()
        as_fast_as_the_network(kit, HASTE)
        today = time.time()
        monkeypatch.setattr(time, "time", lambda: today - 86_400)  # a clock set back changes nothing
        world.until_over(made["uuid"])
        # 0.05 at 0.015 a minute are 200 s, of which the ringing is not charged.
        monkeypatch.undo()
        assert 120 <= int(world.calls()[made["uuid"]]["duration"]) <= 600
        wait_until(lambda: not budget_of(kit).running())
    assert told == [
        "Of the budget of 0.05 euros more than 80% are spent.",
        "The budget of 0.05 euros is spent: calls that run are ended, and no more are placed.",
    ]


def test_a_call_is_watched_and_ended_though_its_reply_cannot_be_written_down(world: World) -> None:
    file = world.folder / ".live" / "spent.jsonl"

    class Full:
        """The disk is full once the request is on its way."""

        def before(self, asked: Asked) -> Asked:
            file.rename(file.with_suffix(".kept"))
            file.mkdir()
            return asked

        def after(self, asked: Asked, replied: Replied) -> None:
            pass

    with world.kit() as kit:
        assert kit.live is not None
        guards = kit.live.gate._guards
        kit.live.gate._guards = (*guards, Full())
        made = kit.vonage.create_call(world.order(WAIT))
        file.rmdir()
        file.with_suffix(".kept").rename(file)
        kit.live.gate._guards = guards
        assert [call.uuid for call in budget_of(kit)._calls()] == [made["uuid"]]


def test_what_cannot_be_written_down_is_not_sent_and_who_begins_anew_is_followed(world: World) -> None:
    file = world.folder / ".live" / "spent.jsonl"
    with world.kit() as kit:
        file.mkdir()
        with pytest.raises(VonageError, match=r"spent\.jsonl cannot be used: Is a directory"):
            kit.vonage.create_call(world.order(WAIT))
        file.rmdir()
        budget = budget_of(kit)
        for number in range(3):
            budget._spent.write(f"call {number}", Decimal("0.5"))
        assert budget.total() == Decimal("1.5")
        file.unlink()  # by hand, and another kernel is the first to write
        Spent(file).write("call 4", Decimal("0.25"))
        assert budget.total() == Decimal("0.25")
    assert world.dialled() == []


def test_every_leg_that_may_be_opened_counts(world: World) -> None:
    with world.kit(live_numbers=(FRIEND, "app:ada")) as kit:
        app = {"action": "connect", "endpoint": [{"type": "app", "user": "ada"}]}
        made = kit.vonage.create_call(world.order(WAIT, connect(FRIEND), app))
        (call,) = budget_of(kit)._calls()
        assert call.rate == Decimal("0.015") * 2 + Decimal("0.10")
        assert world.dialled() == [ME]
        assert made["uuid"] == call.uuid


@pytest.mark.slow
def test_legs_of_a_reply_count_with_the_call(world: World) -> None:
    with world.kit(live_numbers=(FRIEND,)) as kit:
        as_fast_as_the_network(kit)  # no event comes here, so it asks when its own ten seconds are over
        world.phones.configure(FRIEND, behaviour="answers")
        kit.serve(app_that_replies(answer=[connect(FRIEND)]))
        url = f"{kit.server.url}/answer"
        outgoing = kit.vonage.create_call(world.order(answer_url=[url], length_timer=60))["uuid"]
        wait_until(lambda: [call.rate for call in budget_of(kit)._calls()] == [Decimal("0.030")])
        world.until_over(outgoing)
        wait_until(lambda: not budget_of(kit)._calls())
        prices = [Decimal(call["price"]) for call in world.calls().values()]
        assert len(prices) == 2 and budget_of(kit).total() == sum(prices)
        made = kit.vonage.create_application("Here", answer_url=url, event_url="https://example.com")
        kit.vonage.update_number("GB", kit.number, app_id=made["id"])
        kit.settings.use(application_id=made["id"], private_key=made["keys"]["private_key"])
        world.dial()
        wait_until(lambda: [call.rate for call in budget_of(kit)._calls()] == [Decimal("0.015")])
    world.until_over()


def test_a_call_counts_by_its_price_once_it_is_over(world: World) -> None:
    with world.kit() as kit:
        made = kit.vonage.create_call(world.order({"action": "wait", "timeout": 60}))["uuid"]
        worst = Spent(world.folder / ".live" / "spent.jsonl").entries()[made]
        assert (worst.euros, worst.open) == (Decimal("0.075"), True)
        world.until_over(made)
        budget_of(kit).ask_all()
        price = Decimal(world.calls()[made]["price"])
        assert 0 < price == budget_of(kit).total() < worst.euros
    file = world.folder / ".live" / "spent.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with world.kit(live_budget=price) as kit, pytest.raises(VonageError, match="LIVE_BUDGET="):
        kit.vonage.create_call(world.order(TALK))


def test_a_kernel_that_was_killed_forgets_nothing(world: World) -> None:
    file = world.folder / ".live" / "spent.jsonl"
    with Vonage(world.settings) as past:
        made = past.create_call(world.order(WAIT))["uuid"]
    Spent(file).write(made, Decimal("4.99"), still_open=True)
    Spent(file).write("call that nobody knows the end of", Decimal("0.02"))
    with file.open("ab") as torn:
        torn.write(b'{"id": "half a li')
    with world.kit() as kit, pytest.raises(VonageError, match=r"is spent: 5\.01"):
        kit.vonage.create_call(world.order(TALK))
    wait_until(lambda: world.calls()[made]["status"] == "answered")
    world.phones.use(ME, "hang_up")
    world.until_over(made)
    with world.kit() as kit:
        kit.vonage.create_call(world.order(TALK))
        done = Spent(file).entries()[made]
        assert (done.open, done.euros) == (False, Decimal(world.calls()[made]["price"]))


def test_without_a_price_nothing_is_called(world: World) -> None:
    with world.kit(live_numbers=("33199000000",)) as kit:
        with pytest.raises(VonageError, match="names no price for a call to 33199000000"):
            kit.vonage.create_call(world.order(TALK, to="33199000000"))
        with pytest.raises(VonageError, match="names no price"):
            kit.vonage.create_call(world.order(connect("33199000000")))
    assert world.dialled() == []


def test_a_number_counts_by_its_cost(world: World) -> None:
    with world.kit(live_budget=Decimal("1.5")) as kit:
        offers = kit.vonage.search_numbers("GB")["numbers"]
        cost = Decimal(offers[0]["cost"]) + Decimal(offers[0]["initialPrice"])
        kit.vonage.buy_number("GB", offers[0]["msisdn"])
        assert budget_of(kit).total() == cost
        with pytest.raises(VonageError, match="is spent"):
            kit.vonage.buy_number("GB", offers[1]["msisdn"])
        with pytest.raises(VonageError, match="does not have 447700900123 on offer"):
            kit.vonage.buy_number("GB", "447700900123")
        kit.vonage.cancel_number("GB", offers[0]["msisdn"])


@pytest.mark.parametrize(("since", "months"), [
    ("2026-11-30", 0), ("2026-10-31", 0), ("2026-10-30", 1), ("2026-09-30", 2), ("2025-12-01", 11), ("2025-11-30", 12),
    ("2027-01-01", 0),
])  # fmt: skip
def test_the_rent_of_a_number_is_due_again_each_month(since: str, months: int) -> None:
    began = datetime.fromisoformat(f"{since}T12:00:00+00:00")
    entry = Entry(Decimal("2"), False, monthly=Decimal("0.9"), since=began)
    assert entry.cost(datetime(2026, 11, 30, 9, tzinfo=UTC)) == 2 + months * Decimal("0.9")


def test_a_number_goes_on_costing_until_it_is_given_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    file = world.folder / ".live" / "spent.jsonl"
    with world.kit(live_budget=Decimal(50)) as kit:
        offer = kit.vonage.search_numbers("GB")["numbers"][0]
        cost, rent = Decimal(offer["cost"]) + Decimal(offer["initialPrice"]), Decimal(offer["cost"])
        kit.vonage.buy_number("GB", offer["msisdn"])
        assert budget_of(kit).total() == cost
    ago = datetime.now(UTC) - timedelta(days=62)  # two months, whichever they are
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps(line | {"at": ago.isoformat()}) + "\n" for line in lines))
    with world.kit(live_budget=Decimal(50)) as kit:
        assert budget_of(kit).total() == cost + 2 * rent
        kit.vonage.cancel_number("GB", offer["msisdn"])
        (entry,) = Spent(file).entries().values()
        assert (entry.cost(datetime.now(UTC)), entry.monthly) == (cost + 2 * rent, 0)


def test_what_is_charged_beside_the_minutes_is_said_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    with world.kit() as kit:
        monkeypatch.setattr(budget_of(kit), "_tell", told.append)
        for _ in range(2):
            kit.vonage.create_call(world.order({**TALK, "premium": True}))
        kit.serve(app_that_replies(answer=[{"action": "input", "type": ["speech"], "speech": {}}, TALK]))
        requests.get(f"{kit.server.url}/answer", timeout=10)
    assert told == [
        "Not in the budget: premium voices. Vonage charges that beside the minutes.",
        "Not in the budget: speech recognition. Vonage charges that beside the minutes.",
    ]


def test_a_call_that_came_in_counts_by_its_price(world: World) -> None:
    with world.kit() as kit:
        kit.serve(app_that_replies(answer=[TALK]))
        made = kit.vonage.create_application(
            "Here", answer_url=f"{kit.server.url}/answer", event_url=f"{kit.server.url}/event"
        )
        kit.vonage.update_number("GB", kit.number, app_id=made["id"])
        kit.settings.use(application_id=made["id"], private_key=made["keys"]["private_key"])
        world.until_over(world.dial())
        wait_until(lambda: not budget_of(kit)._calls())
        (call,) = world.calls().values()
        assert call["direction"] == "inbound" and 0 < Decimal(call["price"]) == budget_of(kit).total()
        assert (budget_of(kit).running(), budget_of(kit).placed_lately()) == (0, 0)
        for number in range(MANY + 9):  # anybody can make some up where nobody checks
            requests.get(f"{kit.server.url}/answer?uuid={number:032x}", timeout=10)
        assert len(budget_of(kit)._calls()) == MANY


def test_what_vonage_refuses_costs_nothing(world: World, send: Send) -> None:
    with world.kit() as kit:
        assert send(kit, "POST", "/v1/calls", world.order(TALK, answer_method=7)).status_code == 400
        assert budget_of(kit).total() == 0


def test_kernels_of_one_folder_share_the_budget(tmp_path: Path) -> None:
    one, other = Spent(tmp_path / "spent.jsonl"), Spent(tmp_path / "spent.jsonl")
    one.write("a", Decimal(1))
    other.write("b", Decimal(2), still_open=True)
    one.write("b", Decimal("1.5"), instead="a")
    assert one.entries() == other.entries() == Spent(one.file).entries()
    assert sum(entry.euros for entry in other.entries().values()) == Decimal("1.5")
    assert all(json.loads(line) for line in one.file.read_text().splitlines())


def test_a_call_that_starts_while_others_are_counted_counts_by_its_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.kit() as kit:
        spent = budget_of(kit)._spent
        entries = spent.entries

        def after_a_while() -> Any:  # another thread had the file
            monkeypatch.undo()
            kit.vonage.create_call(world.order(WAIT, length_timer=7200))
            return entries()

        monkeypatch.setattr(spent, "entries", after_a_while)
        assert budget_of(kit).total() < Decimal("0.1") < sum(entry.euros for entry in entries().values())


def test_a_forged_event_makes_no_call_cheaper(world: World, send: Send) -> None:
    with world.kit(live_calls_at_once=1) as kit:
        kit.serve(app_that_replies())
        made = kit.vonage.create_call(world.order(WAIT))["uuid"]
        event = {"uuid": made, "status": "completed", "price": "0", "duration": "0"}
        requests.post(f"{kit.server.url}/event", json=event, timeout=10)
        with pytest.raises(VonageError, match="1 calls run"):
            kit.vonage.create_call(world.order(TALK))
    assert world.dialled() == [ME]
