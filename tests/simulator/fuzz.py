"""Requests that nobody thought of, made from the simulator's OpenAPI document, and the world they are sent into.

Schemathesis makes cases from the document; left alone, most of them would end at a 401 or a 404. So each is given
credentials (sometimes none, or the wrong ones), uuids of calls that are there, phones and numbers that exist, and web
addresses that answer; and call time goes on between them. All choices come from seeded generators.
"""

from __future__ import annotations

import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jwt
import psutil
import requests
import schemathesis
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.simulator.standalone import Standalone

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
LONGEST = 5.0  # seconds of the processor that a reply may cost
PATIENCE = 60  # real seconds for it, on a machine that has other things to do
Json = dict[str, Any]
PHONES = ["447700900001", "447700900002", "447700900003", "12025550101", "sip:desk@sip.example.com", "app:alice"]
NUMBERS = [f"4477009005{n:02}" for n in range(4)]
OTHERS = [f"4477009000{n}" for n in range(50, 100)]  # they stay as they are: phones that answer
PROGRAMS: list[list[Json]] = [
    [{"action": "talk", "text": "Please hold the line.", "loop": 0}],
    [{"action": "conversation", "name": "room"}],
    [{"action": "input", "type": ["dtmf", "speech"]}, {"action": "wait", "timeout": 600}],
    [{"action": "record", "beepStart": True}, {"action": "wait", "timeout": 60}],
    [{"action": "connect", "endpoint": [{"type": "phone", "number": "447700900049"}], "from": NUMBERS[0]}],
]
ENDLESS = ("/simulator/events", "/simulator/calls/{uuid}/sound")  # no end in sight: they have tests of their own
# A country without prices is an empty reply, which OpenAPI cannot say beside JSON.
NO_PRICES = "/account/get-pricing/outbound/{service}"
BATCH = 2  # cases of one operation and mode in a round: all have their turn before long


@dataclass
class Fuzzer:
    """Sends cases to one simulator in a process of its own. ``urls`` are the learner's: webhooks and files."""

    target: Standalone
    urls: list[str]
    private: RSAPrivateKey
    public: str
    sent: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    slowest: tuple[float, str] = (0.0, "")
    calls: list[str] = field(default_factory=list)
    app: str = ""
    victims: list[str] = field(default_factory=list)
    http: requests.Session = field(default_factory=requests.Session)

    def memory(self) -> float:
        """Megabytes the simulator's process holds."""
        return float(psutil.Process(self.target.process.pid).memory_info().rss) / 1e6

    def spent(self) -> float:
        """Seconds of the processor that the simulator's process has used."""
        times = psutil.Process(self.target.process.pid).cpu_times()
        return float(times.user + times.system)

    def begin(self) -> None:
        """Everything as on the first day: an application to sign in with, one to play with, numbers, a call."""
        self.calls.clear()
        assert self.target.control("POST", "/reset?account=true").status_code == 204
        self._sign_up()
        self._call(random.Random(0))

    def _call(self, dice: random.Random) -> None:
        """A call that goes on until somebody ends it; it is answered on return, unless a fault prevents it."""
        order = {
            "to": [{"type": "phone", "number": dice.choice(OTHERS)}],
            "from": {"type": "phone", "number": NUMBERS[0]},
            "ncco": dice.choice(PROGRAMS),
        }
        headers = {"Authorization": f"Bearer {self.token()}"}
        off = dict.fromkeys(("api_401", "api_429", "api_500", "rate_limits", "low_balance"))  # too much in the way
        assert self.target.control("PUT", "/faults", off).status_code == 200
        reply = self.http.post(f"{self.target.url}/v1/calls", json=order, headers=headers, timeout=PATIENCE)
        if reply.status_code == 201:
            self.calls.append(reply.json()["uuid"])
        assert self.target.control("POST", "/clock/advance", {"seconds": 3}).status_code == 200

    def _sign_up(self) -> None:
        self.app, victim = self._application(), self._application()
        self.victims = [victim]
        for msisdn in NUMBERS[:2]:
            for what, extra in (("buy", {}), ("update", {"app_id": self.app})):
                form = {"country": "GB", "msisdn": msisdn, **extra}
                self.http.post(f"{self.target.url}/number/{what}", data=form, auth=self.target.auth, timeout=PATIENCE)

    def _application(self) -> str:
        hooks = {name: {"address": url} for name, url in zip(("answer_url", "event_url"), self.urls, strict=False)}
        order = {
            "name": "fuzz",
            "keys": {"public_key": self.public},
            "capabilities": {"voice": {"webhooks": hooks}},
        }
        sent = {"json": order, "auth": self.target.auth, "timeout": PATIENCE}
        reply = self.http.post(f"{self.target.url}/v2/applications", **sent)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["id"])

    def token(self) -> str:
        claims = {"application_id": self.app, "iat": int(time.time()), "jti": str(uuid.uuid4())}
        return jwt.encode(claims, self.private, algorithm="RS256")

    def send(self, case: Any) -> None:
        """One case: fitted into the world, sent, and its reply held against the document."""
        self.sent += 1
        dice = random.Random(self.sent)
        self._fit(case, dice)
        headers = self._credentials(case.path, dice)
        begun = self.spent()
        reply = case.call(
            base_url=self.target.url, session=self.http, headers=headers, timeout=PATIENCE, allow_redirects=False
        )
        self.slowest = max(self.slowest, (self.spent() - begun, f"{case.method} {case.path}"))
        self.answers[reply.status_code] += 1
        self.asked.add(case.operation.label)
        if reply.content or case.path != NO_PRICES:
            asked_for = "The fault api_500 is on" in str(reply.headers.get("x-simulator-why"))
            case.validate_response(reply, checks=CHECKS[1:] if asked_for else CHECKS)
        self._remember(case, reply)
        if self.sent % 500 == 0:
            self.begin()
        elif self.sent % 20 == 0:
            self._call(dice)

    def _credentials(self, path: str, dice: random.Random) -> Json:
        right = self._right(path)
        wrong = ["", "Bearer", "Bearer a.b.c", f"Bearer {self.token()}", f"Bearer {self.target.token}", "Basic Og=="]
        return {"Authorization": right if dice.random() < 0.93 else dice.choice(wrong)}

    def _right(self, path: str) -> str:
        if path.startswith("/simulator"):
            return f"Bearer {self.target.token}"
        if path.startswith("/v1/"):
            return f"Bearer {self.token()}"
        return requests.auth._basic_auth_str(*self.target.auth)

    def _fit(self, case: Any, dice: random.Random) -> None:
        """Put what exists in the place of what was made up, most of the time."""
        known: dict[str, list[str]] = {"uuid": self.calls[-8:], "address": PHONES}
        if case.path.startswith("/v2"):
            known["uuid"] = self.victims[-4:]
        for name in list(case.path_parameters or {}):
            if known.get(name) and dice.random() < 0.8:
                case.path_parameters[name] = dice.choice(known[name])
        if case.path == "/simulator/reset":  # the account is reset in between, when somebody signs up again
            case.query = {}
        if case.path == "/simulator/clock" and case.method == "PUT" and isinstance(case.body, dict):
            case.body.pop("flows", None)  # hours would take hours
        if case.path.endswith("/advance"):  # hours of sound take longer to mix than a reply may take
            case.body = _sooner(case.body)
        if dice.random() < 0.85:
            case.body = self._fitted(case.body, dice)

    def _fitted(self, value: Any, dice: random.Random, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self._fitted(inner, dice, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._fitted(inner, dice, name) for inner in value]
        if not isinstance(value, str):
            return value
        if re.match(r"https?://", value):
            return dice.choice(self.urls)
        choices = {"number": PHONES[:4], "msisdn": NUMBERS, "to": NUMBERS, "country": ["GB"], "app_id": [self.app]}
        if name == "number" and re.match(r"[1-9]", value):
            return dice.choice(choices["number"] + NUMBERS)
        return dice.choice(choices[name]) if name in choices and name != "number" and value else value

    def _remember(self, case: Any, reply: Any) -> None:
        if reply.status_code == 201 and case.path == "/v1/calls":
            self.calls.append(reply.json()["uuid"])
        elif reply.status_code == 201:
            self.victims.append(reply.json()["id"])
        elif reply.status_code == 200 and case.path.endswith("{what}") and "uuid" in reply.json():
            self.calls.append(reply.json()["uuid"])


def _sooner(body: Any) -> Any:
    """The same order to let time pass, but no more than five minutes."""
    seconds = body.get("seconds") if isinstance(body, dict) else None
    return {**body, "seconds": seconds % 300} if isinstance(seconds, int | float) and seconds > 300 else body


def operations(target: Standalone) -> list[Any]:
    """Every operation of the document but the one that never ends."""
    # Who asks is our affair: generated credentials would only be wrong ones.
    config = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_url(f"{target.url}/simulator/openapi.json", config=config)
    schema.validate()
    found = [one.ok() for one in schema.get_all_operations()]
    return [one for one in found if one.path not in ENDLESS]


def rounds(every: list[Any], send: Callable[[Any], None]) -> Iterator[None]:
    """Batch after batch, without end: each operation in turn, with right data and with wrong. Always the same cases."""
    batches = [made for one in every for made in (_batch(one, mode, send) for mode in GenerationMode)]
    number = 0
    while True:
        for run in list(batches):
            number += 1
            try:
                seed(number)(run)()
            except Unsatisfiable:  # nothing about this operation can be wrong
                batches.remove(run)
            yield


def _batch(operation: Any, mode: GenerationMode, send: Callable[[Any], None]) -> Callable[[], None]:
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        send(case)

    return run
