"""Walks a person through live mode, and keeps what was on the wire: ``python -m helpers.first_run``."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .base.errors import KitError
from .base.findings import look
from .base.secret import reveal
from .base.text import print_anything
from .check import INSTALL_AGAIN, KIT
from .kit import Kit
from .live.box import MINUTES
from .live.doctor import live_checks
from .server.webhooks import create_app
from .settings.checks import SECRETS
from .settings.env_file import replace_file
from .settings.settings import Settings, load_settings
from .vonage.errors import GATE, ForbiddenError, VonageError
from .wire.capture import Capture, CaptureError

Ask = Callable[[str], bool]
NEEDED = ("api_key", "api_secret", "application_id", "private_key", "number", "my_number", "live_budget")
GREEN = ("Account", "App", "Key", "Tunnel")  # without these there is no call
GREETING = {"action": "talk", "text": "Hello. This is your first live call. Please press nothing, and wait."}
ASKS = {"action": "input", "type": ["dtmf"], "dtmf": {"timeOut": 3}}
GOODBYE = {"action": "talk", "text": "Thank you. Goodbye."}
FREE = "Nothing. It reads only."
MEANWHILE = "Until this walk ends, calls to it would come to this machine; then it is put back as it was."


@dataclass(frozen=True)
class Step:
    """One thing that is tried: ``rows`` of FIDELITY.md become observed by what comes over the wire meanwhile."""

    title: str
    cost: str
    do: Callable[[], None]
    rows: tuple[str, ...] = ()


class FirstRun:
    """The steps, one after the other, each only if ``ask`` says yes."""

    def __init__(self, kit: Kit, ask: Ask) -> None:
        self._kit, self._ask = kit, ask
        self._hosts: dict[str, str] = {}
        self.tried: list[tuple[Step, list[Any]]] = []
        self._names: set[str] = set()

    def steps(self) -> Iterator[Step]:
        """All steps; what one costs is known when it is its turn."""
        yield Step("Ask Vonage what costs nothing, right and wrong.", FREE, self._ask_for_free,
                   ("foreign-call", "list-errors", "list-own", "list-paging"))  # fmt: skip
        yield Step("Your phone rings, and a voice speaks. Answer, press nothing, and listen to the end.",
                   self._price(), self._call,
                   ("event-answered", "event-order", "event-sip-code", "event-user-agent", "input-nothing",
                    "call-status-over", "call-price"))  # fmt: skip
        yield Step("Your phone rings once more. Decline the call.",
                   f"Nothing if you decline; if you or a voicemail answers: {self._price()}", self._decline,
                   ("event-never-answered", "call-status-over", "event-sip-code"))  # fmt: skip
        yield Step("You call your number. It is linked to your application for that, and put back at the end.",
                   "What your own plan says; and Vonage's price of an incoming call, if it has one.", self._dial,
                   ("answer-parameters", "numbers-update", "event-answered", "signed-get"))  # fmt: skip

    def walk(self) -> None:
        """Go through the steps. What one meets does not end the others."""
        kit = self._kit
        kit.serve(create_app(answer=[GREETING, GOODBYE]))
        url = kit.tunnel.url
        here, own = "your-server.example", kit.settings
        names = {kit.server.url: here, url: here, own.real_rest_url: "rest.nexmo.com", own.vonage_url: "api.nexmo.com"}
        self._hosts = {urlsplit(one).netloc: name for one, name in names.items()}
        self._names |= {part for part in urlsplit(url).path.split("/") if part}  # of a PUBLIC_URL that has a path
        for number, step in enumerate(self.steps(), 1):
            print(f"\n{number}. {step.title}\n   Cost: {step.cost}")
            if not self._ask("   Do it?"):
                continue
            with self._listening(step):
                step.do()

    @contextmanager
    def _listening(self, step: Step) -> Iterator[None]:
        sent, came = len(self._kit.vonage.wire), len(self._kit.server.requests)
        try:
            yield
        except KitError as error:
            print(f"   That did not work: {error}")
        except LookupError as error:
            print(f"   That did not work: something is missing in Vonage's reply ({error}).")
        finally:
            wire = [one for one in self._kit.vonage.wire[sent:] if GATE not in (one.response_body or "")]
            heard = [*wire, *self._kit.server.requests[came:]]
            self.tried.append((step, sorted(heard, key=lambda exchange: exchange.at)))
            print(f"   Kept: {len(heard)} requests with their replies.")

    def capture(self) -> str:
        """What was on the wire, as JSON, with all replaced that belongs to somebody."""
        own = self._kit.settings
        known = {own.api_key, *self._names, *(reveal(getattr(own, name)) for name in SECRETS)}
        capture = Capture(self._hosts, known)
        steps = [
            {"step": step.title, "rows": step.rows, "wire": [capture.of(exchange) for exchange in heard]}
            for step, heard in self.tried
        ]
        told = {"kit": metadata.version(KIT), "steps": steps}
        numbers = own.number, own.my_number, own.application_id
        return capture.checked(json.dumps(told, indent=1, ensure_ascii=False), *numbers) + "\n"

    def _price(self) -> str:
        rate = self._kit.live.rate_to(self._kit.my_number) if self._kit.live else None
        return f"about {rate * MINUTES:.2f} euros." if rate else "Vonage names no price, so it is not placed."

    # What the steps do

    def _ask_for_free(self) -> None:
        vonage, own = self._kit.vonage, self._kit.settings
        self._names.add(vonage.get_application(own.application_id)["name"])
        vonage.list_numbers(pattern=own.number)
        vonage.list_calls(page_size=2)
        for path, query in (
            ("/v1/calls", {"status": "nonsense"}),
            ("/v1/calls", {"page_size": 1000}),
            (f"/v1/calls/{uuid.uuid4()}", {}),
            (f"/v2/applications/{uuid.uuid4()}", {}),
        ):
            try:
                vonage.request("GET", path, query=query)
            except VonageError as error:
                print(f"   {error.status} {error.title}, as it should be.")

    def _call(self) -> None:
        self._kit.phone().answers()
        self._place([GREETING, ASKS | {"eventUrl": [f"{self._kit.tunnel.url}/event"]}, GOODBYE])

    def _decline(self) -> None:
        self._kit.phone().declines()
        self._place([GREETING])

    def _place(self, ncco: list[dict[str, Any]]) -> None:
        kit = self._kit
        event_url = f"{kit.tunnel.url}/event"
        call = kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=ncco, event_url=event_url)
        print(f"   {', '.join(kit.wait_for(call, 'over', timeout=120).statuses)}")
        kit.vonage.get_call(call["uuid"])

    def _dial(self) -> None:
        kit = self._kit
        application = kit.vonage.get_application(kit.settings.application_id)
        hooks = application["capabilities"]["voice"]["webhooks"]
        for name in ("answer", "event"):
            hooks[f"{name}_url"] = {"address": f"{kit.tunnel.url}/{name}", "http_method": "POST"}
        self._change(lambda: kit.vonage.replace_application(application["id"], application))
        country = kit.vonage.list_numbers(pattern=kit.number)["numbers"][0]["country"]
        self._change(lambda: kit.vonage.update_number(country, kit.number, app_id=application["id"]))
        record = kit.wait_for(kit.phone().dial(kit.number), "over", timeout=120)
        print(f"   {', '.join(record.statuses)}")

    def _change(self, do: Callable[[], object]) -> None:
        """Change something in the account. What the kit did not make is named first, and changed only on a yes."""
        try:
            do()
        except ForbiddenError as error:
            name = error.body.get("allow") if isinstance(error.body, dict) else None
            if not name:
                raise
            if not self._ask(f"   {error.detail} {MEANWHILE}\n   Change it all the same?"):
                raise KitError("You said no, so it is left as it is.") from None
            self._kit.allowed.append(name)
            self._change(do)


def main(ask: Ask | None = None) -> int:
    """Walk from the doctor to the capture. The exit status is 1 if the account is not ready for a call."""
    print_anything()
    try:
        settings = load_settings(env={**os.environ, "VOICE_MODE": "live"})
        settings.require(*NEEDED)
        return first_run(settings, ask or _asked)
    except KitError as error:
        print(error)
        return 1


def first_run(settings: Settings, ask: Ask) -> int:
    """The whole of it, in a kit of its own, which puts the account back at its end."""
    print("Your first live calls, in about ten minutes. Before each step it says what that costs, and asks.")
    kit = Kit(settings).start()
    run = FirstRun(kit, ask)
    try:
        kit.tunnel.on()
        if not ready(kit):
            print("Mend what says NO, then begin again. Nothing was sent that costs.")
            return 1
        run.walk()
    except KeyboardInterrupt:
        print("\nStopped.")
    finally:
        print()
        kit.stop()
    return keep(run, settings.dotenv.parent / ".live" / "first-run.json")


def ready(kit: Kit) -> bool:
    """Whether the doctor finds all that a call needs. It reads only."""
    red = set()
    with live_checks(kit.settings, kit.server, kit.tunnel.url) as checks:
        for finding in look(checks, INSTALL_AGAIN):
            print(finding)
            red |= {finding.name} if finding.ready is False else set()
    return not red.intersection(GREEN)


def keep(run: FirstRun, file: Path) -> int:
    """Write the capture, for its owner only."""
    if not run.tried:
        return 0
    try:
        text = run.capture()
    except CaptureError as error:
        print(error)
        return 1
    replace_file(file, text)
    print(f"What was on the wire, without your numbers, names, ids and secrets: {file}")
    print("Look into it. docs/live-first-run.md says how to send it in.")
    return 0


def _asked(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


if __name__ == "__main__":
    sys.exit(main())
