"""What the simulator's tests have in their hands: a learner's web server, and a client with fresh tokens."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, quote

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from flask import Flask, Response, request

from helpers.simulator import Simulator, clock
from helpers.simulator.webhooks import audio_fetcher, callbacks

PHONE = "447700900001"
PATIENCE = 60.0  # real seconds for something to happen, however busy the machine is
Keys = tuple[RSAPrivateKey, str]
Json = dict[str, Any]
Reply = Any  # whatever a Flask route may return


def wait_until(is_so: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """For what happens in real time: what ``is_so`` returns, as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.01)
    return found


def family_a(reply: requests.Response, name: str, title: str, detail: str) -> Json:
    """The body of an error, as all but the Voice API and the numbers have it; it names its own reply's trace."""
    kind = f"https://developer.vonage.com/api-errors#{name}"
    return {"type": kind, "title": title, "detail": detail, "instance": reply.headers["x-nexmo-trace-id"]}


def says(text: str, after: float = 1.0) -> list[Json]:
    """A script of a phone whose person says something so many seconds after the step before."""
    return [{"do": "wait", "seconds": after}, {"do": "say", "text": text}]


def presses(digits: str, after: float) -> list[Json]:
    return [{"do": "wait", "seconds": after}, {"do": "press", "digits": digits}]


def hangs_up(after: float) -> list[Json]:
    return [{"do": "wait", "seconds": after}, {"do": "hang_up"}]


def about(seconds: float) -> Any:
    """So long, between two moments of a record, each of which is rounded to microseconds."""
    return pytest.approx(seconds, abs=2e-6)


class Watch:
    """What the exchange measures replies with in most tests: it runs for servers that dawdle, not for a busy machine.

    That a real reply takes as much call time as it really takes is tested in test_clock.
    """

    def __init__(self) -> None:
        self.seconds = 1.0

    def perf_counter(self) -> float:
        return self.seconds

    def dawdle(self, seconds: float) -> None:
        """This is the server that takes its time."""
        self.seconds += seconds

    @contextmanager
    def used(self) -> Iterator[None]:
        """From now on; nor does the exchange give way to a server that is merely slow, see ``Clock.settle``."""
        with pytest.MonkeyPatch.context() as patch:
            for module in (callbacks, audio_fetcher):
                patch.setattr(module, "time", self)
            patch.setattr(clock, "GIVE_WAY", PATIENCE)
            yield


@dataclass(frozen=True)
class Received:
    """One request that reached the learner's server."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return dict(json.loads(self.body))

    @property
    def payload(self) -> Json:
        """What the webhook was told: the JSON body, or the query."""
        return self.json if self.method == "POST" else dict(self.query)


class Learner:
    """The learner's server: a Flask app whose replies a test sets, and everything it received."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[Received] = []
        self._replies: dict[str, list[Reply]] = {}
        self.app = Flask("learner")
        self.app.add_url_rule("/<path:name>", view_func=self._answer, methods=["GET", "POST"])

    def on(self, path: str, *replies: Reply) -> str:
        """Set what a path replies with, one after the other, the last one again and again; returns its URL."""
        self._replies[path] = list(replies)
        return self.url + path

    def serve(self, name: str, sound: bytes, **headers: str) -> str:
        """Serve a sound file; returns its URL."""
        kind = "audio/mpeg" if name.endswith("mp3") else "audio/wav"
        return self.on(f"/{name}", lambda: Response(sound, mimetype=kind, headers=headers))

    def at(self, path: str) -> list[Received]:
        """The requests to one path."""
        return [one for one in self.received if one.path == path]

    def payloads(self, path: str = "/event") -> list[Json]:
        return [one.payload for one in self.at(path)]

    def statuses(self) -> list[str]:
        """The statuses in the order in which they came; other events by what they are."""
        return [one.get("status", "error" if "reason" in one else "other") for one in self.payloads()]

    def _answer(self, name: str) -> Reply:
        path = f"/{name}"
        query = parse_qsl(request.query_string.decode(), keep_blank_values=True)
        self.received.append(Received(request.method, path, query, dict(request.headers), request.get_data()))
        replies = self._replies.get(path)
        if replies is None:
            return ("", 200) if path == "/event" else ("not here", 404)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply = reply() if callable(reply) else reply
        return Response(json.dumps(reply), mimetype="application/json") if isinstance(reply, list) else reply


class World:
    """One simulator, one account with an application and a number, one learner."""

    def __init__(self, network: Simulator, learner: Learner, keys: Keys, number: str = "447700900500") -> None:
        self.network, self.learner = network, learner
        self.private, self.public = keys
        self.http, self.watch = requests.Session(), Watch()
        self.http.trust_env = False  # no proxy leads to this machine, and asking for one takes a tenth of a request
        self.basic = (network.account.api_key, network.account.api_secret)
        # Made in the account itself: over HTTP it would double the time of a test. What is tested is tested over HTTP.
        hooks = {"event_url": {"address": f"{learner.url}/event"}}
        order = {"name": "test", "capabilities": {"voice": {"webhooks": hooks}}}
        self.app = str(network.account.create_application(order, self.public, None)["id"])
        self.number = number
        network.account.buy("GB", self.number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    # The account

    def application(self, *, event: bool = True, **voice: Any) -> str:
        """A new application with our own key (making one takes long); ``voice`` adds to its voice capability."""
        hooks = {"event_url": {"address": f"{self.learner.url}/event"}} if event else {}
        hooks |= voice.pop("webhooks", {})
        return str(self.made(capabilities={"voice": {"webhooks": hooks, **voice}})["id"])

    def made(self, **fields: Any) -> Json:
        """A new application as the API returns it."""
        reply = self.http.post(
            f"{self.network.url}/v2/applications",
            json={"name": "test", "keys": {"public_key": self.public}, **fields},
            auth=self.basic,
        )
        assert reply.status_code == 201, reply.text
        return dict(reply.json())

    def rent(self, msisdn: str, country: str = "GB") -> str:
        assert self.numbers("buy", country=country, msisdn=msisdn).status_code == 200
        return msisdn

    def link(self, app: str | None = None) -> None:
        """Let calls to our number go to an application."""
        done = self.numbers("update", country="GB", msisdn=self.number, app_id=app or self.app)
        assert done.status_code == 200, done.text

    def take_calls(self, *ncco: Json) -> None:
        """Calls to our number go to a new application, whose answer URL gives this NCCO."""
        if ncco:
            self.learner.on("/answer", list(ncco))
        self.app = self.application(webhooks={"answer_url": {"address": f"{self.learner.url}/answer"}})
        self.link()

    def numbers(self, what: str, **fields: str) -> requests.Response:
        return self.http.post(f"{self.network.url}/number/{what}", data=fields, auth=self.basic)

    # The Voice API

    def token(self, key: RSAPrivateKey | None = None, **claims: Any) -> str:
        """A fresh token. A claim that is None is left out."""
        usual = {"application_id": self.app, "iat": int(time.time()), "jti": str(uuid.uuid4())}
        kept = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(kept, key or self.private, algorithm="RS256")

    def voice(self, method: str, path: str = "", body: Any = None, **options: Any) -> requests.Response:
        """A request to ``/v1/calls…``."""
        headers = {"Authorization": f"Bearer {self.token()}"} | options.pop("headers", {})
        if body is not None:
            options["json"] = body
        return self.http.request(method, f"{self.network.url}/v1/calls{path}", headers=headers, **options)

    def order(self, *ncco: Json, **fields: Any) -> Json:
        """The body of a good ``POST /v1/calls``; a field that is None is left out."""
        usual = {
            "to": [{"type": "phone", "number": PHONE}],
            "from": {"type": "phone", "number": self.number},
            "ncco": list(ncco) or [{"action": "wait", "timeout": 5}],
        }
        return {name: value for name, value in (usual | fields).items() if value is not None}

    def call(self, *ncco: Json, **fields: Any) -> str:
        """Place a call; returns the leg's uuid."""
        reply = self.voice("POST", "", self.order(*ncco, **fields))
        assert reply.status_code == 201, reply.text
        return str(reply.json()["uuid"])

    def call_with_answer_url(self, path: str = "/answer", **fields: Any) -> str:
        return self.call(ncco=None, answer_url=[self.learner.url + path], **fields)

    def ended_call(self, *ncco: Json, **fields: Any) -> str:
        """Place a call and let it come to its end; returns the leg's uuid."""
        return self._past(self.call(*ncco, **fields))

    def ended_call_with_answer_url(self, path: str = "/answer", **fields: Any) -> str:
        return self._past(self.call_with_answer_url(path, **fields))

    def ended_incoming_call(self, to: str | None = None, number: str = PHONE) -> str:
        return self._past(self.dial(to, number))

    def answered_call(self, *ncco: Json, **fields: Any) -> str:
        """Place a call and let it be answered; returns the leg's uuid."""
        return self._past(self.call(*ncco, **fields), "answered")

    def _past(self, call: str, status: str = "completed") -> str:
        self.until(call, status)
        return call

    # The control plane

    def control(self, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.network.token}"}
        return self.http.request(method, f"{self.network.url}/simulator{path}", json=body, headers=headers)

    def phone(self, number: str = PHONE, **settings: Any) -> None:
        reply = self.control("PUT", f"/phones/{quote(number, safe='')}", settings)
        assert reply.status_code == 200, reply.text

    def use(self, what: str, number: str = PHONE, **body: Any) -> Json:
        """Dial, press, say, answer, decline or hang up."""
        reply = self.control("POST", f"/phones/{quote(number, safe='')}/{what}", body)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def dial(self, to: str | None = None, number: str = PHONE, **more: Any) -> str:
        return str(self.use("dial", number, to=to or self.number, **more)["uuid"])

    def fault(self, **faults: Any) -> None:
        assert self.control("PUT", "/faults", faults).status_code == 200

    def advance(self, seconds: float) -> None:
        self.network.advance(seconds)

    def until(self, call: str, status: str = "completed", seconds: float = 8000) -> Json:
        """Let time pass until a call has a status and its event has been sent."""
        reply = self.control("POST", "/clock/advance", {"seconds": seconds, "call": call, "until": status}).json()
        assert reply["reached"], reply
        return dict(reply)

    # What happened

    def leg_to(self, address: str) -> str:
        """The only leg that goes to somebody."""
        [leg] = [one["uuid"] for one in self.control("GET", "/calls").json() if one["to"] == address]
        return str(leg)

    def trace(self, call: str, kind: str | None = None, **match: Any) -> list[Json]:
        entries = self.control("GET", f"/calls/{call}").json()
        match |= {"kind": kind} if kind else {}
        return [one for one in entries if all(one.get(name) == value for name, value in match.items())]

    def one(self, call: str, kind: str, **match: Any) -> Json:
        """The only entry of its kind."""
        [entry] = self.trace(call, kind, **match)
        return entry

    def at(self, call: str, status: str) -> float:
        """Call time of a status."""
        return float(self.one(call, "status", status=status)["at"])

    def attempts(self, call: str, kind: str) -> list[tuple[int, str | None]]:
        """Attempt and error of every request of a kind, in the order in which they were sent."""
        errors = {one["request"]: one["error"] for one in self.trace(call, "reply")}
        return [(one["attempt"], errors[one["request"]]) for one in self.trace(call, "webhook", type=kind)]

    def lasted(self, call: str) -> float:
        """Call time between answer and end."""
        return self.at(call, "completed") - self.at(call, "answered")

    def actions(self, call: str) -> list[tuple[str, str]]:
        return [(one["action"], one["state"]) for one in self.trace(call, "action")]

    def heard(self, call: str, rate: int = 8000) -> Any:
        """What the person heard, as float samples."""
        from helpers.audio.files import decode

        reply = self.control("GET", f"/calls/{call}/heard.wav?rate={rate}")
        assert reply.status_code == 200, reply.text
        return decode(reply.content, rate)
