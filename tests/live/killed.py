"""The steps of lessons 01, 05, 06 and 07, in a process that is killed at one moment of them.

A moment is before, in the middle of or after each line of the journal, and before or after each request on its way to
Vonage. With moment 0 the process lives, and tells how many there were. Each is forked (tests/forks.py).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from helpers.live.gate import Gate
from helpers.live.guards.asked import Asked, Replied
from helpers.live.journal import Journal
from helpers.live.restore import AsFound
from helpers.settings.settings import Settings
from helpers.vonage import Vonage

TUNNEL = "https://kit.tunnel.example"
ENDLESS = [{"action": "talk", "text": "For ever", "loop": 0}]


class Fate:
    """Counts the moments, and ends the process at one of them."""

    def __init__(self, moment: int) -> None:
        self.moment, self.seen = moment, 0

    def passes(self) -> bool:
        """Whether this is the last one."""
        self.seen += 1
        return self.seen == self.moment

    def strikes(self) -> None:
        if self.passes():
            os.kill(os.getpid(), signal.SIGKILL)


def put_under(fate: Fate) -> None:
    """Let fate have its say at each line and each request."""
    append, forward = Journal._append, Gate._forward

    def struck_append(journal: Journal, line: bytes) -> None:
        fate.strikes()
        if fate.passes():
            append(journal, line[: len(line) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        append(journal, line)
        fate.strikes()

    def struck_forward(gate: Gate, asked: Asked) -> Replied:
        fate.strikes()
        replied = forward(gate, asked)
        fate.strikes()
        return replied

    Journal._append = struck_append  # type: ignore[method-assign]
    Gate._forward = struck_forward  # type: ignore[method-assign]


def lessons(vonage: Vonage, settings: Settings, number: str, production: str) -> None:
    """What they send; with ``production`` they change that application, too."""
    rented = vonage.search_numbers("GB", features="VOICE")["numbers"][0]["msisdn"]
    vonage.buy_number("GB", rented)
    made = vonage.create_application("Stream audio", answer_url="https://example.com/answer")
    settings.save(application_id=made["id"], private_key=made["keys"]["private_key"])
    scratch = vonage.create_application("Scratch")
    vonage.replace_application(scratch["id"], {"name": "Scratch 2"})
    vonage.delete_application(scratch["id"])
    vonage.update_number("GB", number, app_id=made["id"])
    vonage.update_number("GB", rented, app_id=made["id"])
    for uuid in filter(None, (made["id"], production)):
        there = vonage.get_application(uuid)
        there["capabilities"]["voice"]["webhooks"]["answer_url"]["address"] = f"{TUNNEL}/answer"
        vonage.replace_application(uuid, there)
    vonage.create_call(to="447700900001", from_=rented, ncco=ENDLESS, event_url="https://example.com/event")
    vonage.cancel_number("GB", rented)


def moments(account: dict[str, Any], moment: int) -> int:
    """Live to the end, unless it comes before. Returns how many moments there were."""
    fate = Fate(moment)
    put_under(fate)
    names = ("api_url", "api_key", "api_secret")
    settings = Settings(mode="live", dotenv=Path(account["dotenv"]), **{name: account[name] for name in names})
    found = AsFound(settings, lambda: TUNNEL, lambda: account["allow"]).begin()
    gate = Gate(settings.api_url, settings.rest_url, [found.guard]).start()
    settings.pass_through(gate.url)
    with Vonage(settings) as vonage:
        lessons(vonage, settings, account["number"], account["production"])
    found.end()
    gate.stop()
    return fate.seen


def main() -> None:
    """What it says is how many moments there were."""
    signal.alarm(60)  # that is its end, too
    try:
        print(moments(*json.loads(sys.argv[1])), flush=True)
    except Exception:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
