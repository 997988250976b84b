"""The simulator as a service of its own: what it says, what it keeps to itself, and how it ends."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
import requests

from helpers.simulator import Simulator
from helpers.simulator.__main__ import main, options_of
from tests.simulator.standalone import Standalone, run, standalone
from tests.simulator.world import Keys, Learner, World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a signal cannot be sent to one process there"),
]

SECRET = "hush-hush-hush"


class Remote:
    """A running one as a World sees a Simulator."""

    def __init__(self, server: Standalone) -> None:
        self.url, self.token, self.account = server.url, server.token, self
        self._server = server
        self.api_key, self.api_secret = server.auth

    def create_application(self, body: object, public: str, private: str | None) -> dict[str, str]:
        assert isinstance(body, dict)
        body = body | {"keys": {"public_key": public}}
        made: dict[str, str] = requests.post(
            f"{self.url}/v2/applications", json=body, auth=self._server.auth, timeout=60
        ).json()
        return made

    def buy(self, country: str, msisdn: str) -> None:
        form = {"country": country, "msisdn": msisdn}
        assert requests.post(f"{self.url}/number/buy", data=form, auth=self._server.auth, timeout=60).status_code == 200


def world_of(server: Standalone, learner: Learner, keys: Keys) -> World:
    return World(Remote(server), learner, keys)  # type: ignore[arg-type]


@pytest.fixture
def help_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit) as ended:
        options_of(["--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_help_says_everything(help_text: str) -> None:
    for said in (
        "--port", "--host", "--reach", "--pace", "--state", "--seed", "--verbose", "--quiet", "SIMULATOR_TOKEN",
        "SIMULATOR_PACE", "examples:", "where it listens", "how it works", "docs/simulator.md",
    ):  # fmt: skip
        assert said in help_text
    assert "--token" not in help_text
    assert max(map(len, help_text.splitlines())) <= 120


def test_the_examples_of_the_help_are_good_commands(help_text: str) -> None:
    examples = re.findall(r"^  python -m helpers\.simulator (.*?)(?:  .*)?$", help_text, re.MULTILINE)
    assert len(examples) == 3
    for example in examples:
        options_of(example.split())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_told_in_the_middle_of_calls(how: signal.Signals, learner: Learner, keys: Keys) -> None:
    with standalone() as server, world_of(server, learner, keys) as world:
        learner.on("/answer", [{"action": "talk", "text": "hello", "loop": 0}])
        for number in ("447700900001", "447700900002"):
            world.phone(number, after=0.1)
        calls = [world.call_with_answer_url(to=[{"type": "phone", "number": f"44770090000{n}"}]) for n in range(1, 4)]
        world.phone("447700900003", behaviour="manual")
        for call in calls[:2]:
            server.wait_for(f"call {call[:8]}  answered")
        events = requests.get(f"{server.url}/simulator/events", stream=True, timeout=60,
                              headers={"Authorization": f"Bearer {server.token}"})  # fmt: skip
        port = int(server.url.rpartition(":")[2])
        assert server.end(how) == 0
        events.close()
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""
        with socket.create_server(("127.0.0.1", port)):
            pass  # the port is free again
    assert not [line for line in server.log if "Traceback" in line or "Error" in line]


def test_a_second_ctrl_c_changes_nothing() -> None:
    with standalone() as server:
        server.process.send_signal(signal.SIGINT)
        server.process.send_signal(signal.SIGTERM)
        assert server.end(signal.SIGINT) == 0
    assert server.log == []


def test_the_log_has_a_line_for_each_state_and_each_failure(learner: Learner, keys: Keys) -> None:
    with standalone() as server, world_of(server, learner, keys) as world:
        learner.on("/answer", ("no", 500))
        world.phone(after=0.1)
        call = world.call_with_answer_url(f"/answer?key={SECRET}", event_url=[f"{learner.url}/event?key={SECRET}"])
        server.wait_for(f"call {call[:8]}  completed")
        assert world.voice("GET", "/nobody").status_code == 404
        assert world.voice("POST", "", {}).status_code == 400
        assert world.voice("GET", headers={"Authorization": f"Bearer {world.token(iat=1)}"}).status_code == 401
        assert requests.get(f"{server.url}/a%0A00:00:00 call", timeout=60).status_code == 404
        server.wait_for("/a")
        assert server.end() == 0
    times = [line[:9] for line in server.log]
    assert all(re.fullmatch(r"\d\d:\d\d:\d\d ", time) for time in times)
    said = [line[9:].replace(call[:8], "CALL").replace(learner.url, "LEARNER") for line in server.log]
    assert said[:6] == [
        f"call CALL  started (outbound, {world.number} to 447700900001)",
        "call CALL  ringing",
        "call CALL  answered",
        "call CALL  answer webhook: GET LEARNER/answer failed: HTTP 500",
        f"call CALL  error: Failed to retrieve the NCCO: HTTP 500. LEARNER/answer?key={SECRET} must reply 200 with a "
        "JSON array of actions, as application/json.".replace(f"?key={SECRET}", ""),
        "call CALL  completed: there was no NCCO to carry out",
    ]
    assert [line.split(" {")[0] for line in said[6:9]] == [
        "GET /v1/calls/nobody 404",
        "POST /v1/calls 400",
        "GET /v1/calls 401",
    ]
    assert "There is no call nobody of this application." in said[6]
    assert '"invalid_parameters":{' in said[7]
    assert "older than 15 minutes" in said[8]
    assert said[9].startswith("GET /a?00:00:00 call 404")
    assert len(said) == 10


def everything(server: Standalone, learner: Learner, keys: Keys) -> list[str]:
    """A call, and requests with every kind of credential; returns what must not be in the log."""
    world = world_of(server, learner, keys)
    token = world.token()
    learner.on("/answer", [{"action": "talk", "text": "hello"}])
    world.phone(after=0.1)
    call = world.call_with_answer_url(f"/answer?key={SECRET}")
    server.wait_for(f"call {call[:8]}  (answer webhook|answered)") if server.log else None
    key, secret = server.auth
    requests.get(f"{server.url}/account/numbers?api_key={key}&api_secret={secret}", timeout=60)
    requests.get(f"{server.url}/account/numbers?api_key={key}&api_secret={secret}x", timeout=60)
    made = requests.post(f"{server.url}/v2/applications", json={"name": "x"}, auth=server.auth, timeout=60).json()
    world.voice("GET", headers={"Authorization": f"Bearer {token}"})
    world.voice("GET", headers={"Authorization": f"Bearer {token}x"})
    signature = server.control("GET", "/account").json()["signature_secret"]
    world.http.close()
    tokens = [one.headers["Authorization"].removeprefix("Bearer ") for one in learner.received if one.path == "/answer"]
    for one in tokens:
        jwt.decode(one, signature, algorithms=["HS256"])
    pem = made["keys"]["private_key"].splitlines()[1]
    return [secret, server.token, token, signature, pem, SECRET, *tokens]


def test_verbose_shows_every_request_and_no_secret(learner: Learner, keys: Keys) -> None:
    with standalone("--verbose") as server:
        hidden = everything(server, learner, keys)
        server.wait_for("GET /simulator/account 200")
        server.wait_for("started webhook|event webhook: POST .* 200 in|answer webhook")
        assert server.end() == 0
    log = "\n".join(server.log)
    for line in ("POST /v2/applications 201", "POST /number/buy 200", "POST /v1/calls 201", "GET /account/numbers 200",
                 "GET /account/numbers 401", "GET /v1/calls 401", "event webhook: POST"):  # fmt: skip
        assert line in log, line
    for secret in hidden:
        assert secret not in log


def test_quiet_says_nothing(learner: Learner, keys: Keys) -> None:
    with standalone("--quiet") as server:
        everything(server, learner, keys)
        assert server.end() == 0
    assert server.log == []


def test_in_stepped_time_the_log_has_the_calls_own_time(learner: Learner, keys: Keys) -> None:
    with standalone("--pace", "stepped", "--seed", "1") as server, world_of(server, learner, keys) as world:
        call = world.ended_call({"action": "wait", "timeout": 2})
        server.wait_for("completed")
        server.end()
    said = [line[9:] for line in server.log]
    assert said[0].startswith(f"[0.100 s] call {call[:8]}  started")
    assert said[-1].startswith("[4.100 s] ") and said[-1].endswith("completed: every action is complete")


def test_listening_to_other_machines_is_said_aloud_and_a_token_of_ones_own_is_not() -> None:
    with standalone("--host", "0.0.0.0", SIMULATOR_TOKEN=SECRET) as server:
        assert "other machines can reach it" in server.wait_for("WARNING")
        assert server.url.startswith("http://127.0.0.1:")  # 0.0.0.0 is not an address to send a request to
        assert server.token == "(SIMULATOR_TOKEN)"
        headers = {"Authorization": f"Bearer {SECRET}"}
        assert requests.get(f"{server.url}/simulator/clock", headers=headers, timeout=60).status_code == 200
        assert server.control("GET", "/clock").status_code == 401
        assert server.end() == 0


def test_the_environment_says_what_options_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PACE", "stepped"), ("SEED", "5"), ("STATE", "a.json")):
        monkeypatch.setenv(f"SIMULATOR_{name}", value)
    options = options_of([])
    assert (options.pace, options.seed, options.state) == ("stepped", "5", "a.json")
    options = options_of(["--pace", "3", "--seed", "7", "--state", "b.json"])
    assert (options.pace, options.seed, options.state) == ("3", "7", "b.json")


@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="no IPv6 here")
def test_an_address_of_ipv6_is_written_as_one(learner: Learner, keys: Keys) -> None:
    with Simulator(host="::1", pace="stepped", seed=1) as network, World(network, learner, keys) as world:
        assert re.fullmatch(r"http://\[::1\]:\d+", network.url)
        learner.on("/answer", [{"action": "wait"}])
        world.until(world.call_with_answer_url(), "answered")
        assert learner.payloads("/answer")[0]["region_url"] == network.url


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--host", "no such host"], "Use an address of this machine"),
        (["--port", "TAKEN"], "Another program has the port"),
        (["--state", "DAMAGED"], "damaged. Delete it"),
        (["--state", "FILE/account.json"], "cannot be written"),
        (["--state", "FOLDER"], "cannot be read"),
    ],
)
def test_what_cannot_start_says_why_in_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], undone: None
) -> None:
    (tmp_path / "damaged.json").write_text("{", "utf-8")
    (tmp_path / "folder").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        places = {"DAMAGED": tmp_path / "damaged.json", "FILE": tmp_path / "damaged.json",
                  "FOLDER": tmp_path / "folder", "TAKEN": taken.getsockname()[1]}  # fmt: skip
        for name, place in places.items():
            arguments = [one.replace(name, str(place)) for one in arguments]
        code = main(arguments)
    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.fixture
def undone() -> Iterator[None]:
    """The signals are taken as before, and as much is logged."""
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    logger = logging.getLogger("helpers.simulator")
    level = logger.level
    yield
    logger.setLevel(level)
    for one, handler in handlers.items():
        signal.signal(one, handler)


def test_a_process_that_cannot_start_ends_with_1() -> None:
    with run("--pace", "fast") as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, len(err.splitlines())) == (1, "", 1)
    assert "is not one the simulator knows" in err


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with run("--state", str(tmp_path / "account.json")) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Check the folder's permissions" in err


def test_a_file_that_breaks_while_it_runs_is_an_error_of_the_server(tmp_path: Path) -> None:
    state = tmp_path / "account.json"
    with Simulator(state=state) as network:
        url, auth = f"{network.url}/v2/applications", (network.account.api_key, network.account.api_secret)
        text = state.read_text("utf-8")
        state.write_text("{", "utf-8")
        reply = requests.get(url, auth=auth, timeout=60)
        assert reply.status_code == 500
        assert "damaged" in reply.json()["error"]
        state.write_text(text, "utf-8")
        assert requests.get(url, auth=auth, timeout=60).status_code == 200
