"""A client without Python: everything from the application to the recording with curl; openssl signs the tokens."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.matching import match
from tests.simulator.ear import RATE, sound_of, spoken
from tests.simulator.world import PHONE, Json, World, says

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("openssl")), reason="curl and openssl are needed"
)

LONG = {"action": "wait", "timeout": 60}


class Shell:
    """Runs curl; holds what a person would keep in shell variables."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world, self._folder = world, folder
        self._key = folder / "private.key"
        self.app = ""

    def curl(self, path: str, *options: str) -> tuple[int, bytes]:
        """One request to the simulator: the status and the body."""
        saved = self._folder / "body"
        saved.unlink(missing_ok=True)
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "60", "--output", str(saved),
                   "--write-out", "%{http_code}", *options, self._world.network.url + path]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return int(done.stdout), saved.read_bytes() if saved.exists() else b""

    def account(self, path: str, *options: str) -> Json:
        """A request of the account, with key and secret."""
        status, body = self.curl(path, "--user", ":".join(self._world.basic), *options)
        assert status in (200, 201), body
        return dict(json.loads(body))

    def control(self, path: str, body: Json | None = None, method: str = "POST") -> None:
        header = f"Authorization: Bearer {self._world.network.token}"
        status, told = self.curl(f"/simulator{path}", "--request", method, "--header", header, *as_json(body))
        assert status in (200, 204), told

    def create_application(self, body: Json) -> Json:
        made = self.account("/v2/applications", *as_json(body))
        self.app = made["id"]
        self._key.write_text(made["keys"]["private_key"])
        return made

    def token(self) -> str:
        """A token for the application, made by openssl."""
        now = int(time.time())
        claims = {"application_id": self.app, "iat": now, "exp": now + 900, "jti": str(uuid.uuid4())}
        signed = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        command = ["openssl", "dgst", "-sha256", "-sign", str(self._key)]
        signature = subprocess.run(command, input=signed.encode(), capture_output=True, timeout=60, check=True).stdout
        return f"{signed}.{encoded(signature)}"

    def voice(self, method: str, path: str, body: Json | None = None) -> tuple[int, Json]:
        header = f"Authorization: Bearer {self.token()}"
        status, told = self.curl(path, "--request", method, "--header", header, *as_json(body))
        return status, json.loads(told) if told else {}


def as_json(body: Json | None) -> list[str]:
    return [] if body is None else ["--header", "Content-Type: application/json", "--data", json.dumps(body)]


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def shell(world: World, tmp_path: Path) -> Shell:
    """An application, and a rented number that is linked to it: made with curl as well."""
    shell = Shell(world, tmp_path)
    hooks = {"event_url": {"address": f"{world.learner.url}/event", "http_method": "POST"}}
    made = shell.create_application({"name": "shell", "capabilities": {"voice": {"webhooks": hooks}}})
    assert made["keys"]["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
    found = shell.account("/number/search?country=GB&features=VOICE&size=1")["numbers"][0]["msisdn"]
    for what, more in (("buy", []), ("update", ["--data", f"app_id={made['id']}"])):
        form = ["--data", "country=GB", "--data", f"msisdn={found}", *more]
        assert shell.account(f"/number/{what}", *form) == {"error-code": "200", "error-code-label": "success"}
    world.number = found
    return shell


def place(shell: Shell, world: World, *ncco: Json) -> str:
    order = world.order(*ncco)
    status, made = shell.voice("POST", "/v1/calls", order)
    assert (status, made["status"]) == (201, "started")
    return str(made["uuid"])


def pass_time(shell: Shell, seconds: float) -> None:
    shell.control("/clock/advance", {"seconds": seconds})


@pytest.mark.fidelity("private-key-once", "call-created", "rest-messages", "hang-up", "call-money")
def test_a_call_and_everything_that_is_done_to_it(shell: Shell, world: World, second: bytes, noise: Any) -> None:
    url = world.learner.serve("song.wav", second)
    call = place(shell, world, LONG)
    pass_time(shell, 5)
    here = f"/v1/calls/{call}"
    assert shell.voice("GET", here)[1]["status"] == "answered"
    assert shell.voice("PUT", f"{here}/stream", {"stream_url": [url], "loop": 2}) == (
        200, {"message": "Stream started", "uuid": call},
    )  # fmt: skip
    pass_time(shell, 3)
    assert shell.voice("DELETE", f"{here}/stream") == (200, {"message": "Stream stopped", "uuid": call})
    assert match(world.heard(call, RATE), noise, RATE).score > 0.99
    assert shell.voice("PUT", f"{here}/talk", {"text": "Goodbye."})[1]["message"] == "Talk started"
    assert shell.voice("PUT", f"{here}/dtmf", {"digits": "1"})[1]["message"] == "DTMF sent"
    for action in ("mute", "unmute", "earmuff", "unearmuff"):
        assert shell.voice("PUT", here, {"action": action}) == (204, {})
    there = {"type": "ncco", "ncco": [{"action": "talk", "text": "You were moved."}, LONG]}
    assert shell.voice("PUT", here, {"action": "transfer", "destination": there}) == (204, {})
    pass_time(shell, 3)
    assert world.trace(call, "sound", state="started")[-1]["text"] == "You were moved."
    assert shell.voice("PUT", here, {"action": "hangup"}) == (204, {})
    pass_time(shell, 1)
    over = shell.voice("GET", here)[1]
    assert (over["status"], int(over["duration"]) > 5) == ("completed", True)
    page = shell.voice("GET", "/v1/calls?status=completed&page_size=1")[1]
    assert ([one["uuid"] for one in page["_embedded"]["calls"]], page["count"]) == ([call], 1)
    told = [one.get("status") or one["type"] for one in world.learner.payloads()]
    assert told == ["started", "ringing", "answered", "transfer", "completed"]


@pytest.mark.fidelity("files-same-application")
def test_a_recording(shell: Shell, world: World) -> None:
    script = [
        *says("Please call me back.", 1),
        {"do": "press", "digits": "#"},
    ]
    shell.control(f"/phones/{PHONE}", {"behaviour": "answers", "after": 1, "script": script}, "PUT")
    told = world.learner.on("/recorded", ("", 204))
    place(shell, world, {"action": "record", "format": "wav", "endOnKey": "#", "eventUrl": [told]})
    pass_time(shell, 30)
    [event] = world.learner.payloads("/recorded")
    path = event["recording_url"].removeprefix(world.network.url)
    assert shell.curl(path)[0] == 401
    status, data = shell.curl(path, "--header", f"Authorization: Bearer {shell.token()}")
    assert (status, len(data)) == (200, event["size"])
    [samples] = sound_of(data)
    assert match(samples, spoken("Please call me back."), RATE).score > 0.99


@pytest.mark.fidelity("token-one-answer", "error-families", "error-wrong-fields")
def test_what_it_is_told_when_it_is_wrong(shell: Shell, world: World) -> None:
    assert shell.curl("/v1/calls")[0] == 401
    status, told = shell.voice("POST", "/v1/calls", world.order(to={"type": "phone", "number": PHONE}))
    assert (status, [one["name"] for one in told["invalid_parameters"]]) == (400, ["to"])
    assert shell.voice("GET", f"/v1/calls/{uuid.uuid4()}")[0] == 404
    assert shell.curl("/account/numbers", "--user", "nobody:wrong")[0] == 401
