"""``run --``: an unmodified program in a network of its own, led there by its environment, and what is left of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from helpers.settings.settings import SIMULATED_PHONE
from helpers.simulator.__main__ import main
from helpers.simulator.run import child
from helpers.simulator.run.credentials import NAMES
from helpers.simulator.run.doors import Doors
from tests.simulator.sdk.conftest import pem
from tests.simulator.standalone import CLEAN, PROJECT
from tests.simulator.world import Keys

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name != "posix", reason="process groups and signals are Unix's")]

NODE = shutil.which("node")


@pytest.fixture(autouse=True)
def no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield
    assert list(temporary.iterdir()) == []


def exit_code(*arguments: str) -> int:
    """Run it here; environment and signal handlers are afterwards as they were."""
    before = dict(os.environ), [signal.getsignal(number) for number in child.ENDS]
    code = main(["run", *arguments])
    assert (dict(os.environ), [signal.getsignal(number) for number in child.ENDS]) == before
    return code


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a program, given as its text; returns exit code, stdout and stderr."""

    def do(text: str, *options: str, name: str = "program.py", by: str = sys.executable) -> tuple[int, str, str]:
        (tmp_path / name).write_text(text, "utf-8")
        code = exit_code("--pace", "20", *options, "--", by, str(tmp_path / name))
        return code, *capfd.readouterr()

    return do


Run = Callable[..., tuple[int, str, str]]

SDK = """
import http.server, json, os, sys, threading
from vonage import Auth, Vonage
from vonage_voice import CreateCallRequest, Phone, Record, Talk, ToPhone

class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204), self.end_headers(), there.set()
    def log_message(self, *_): pass

told, there, get = [], threading.Event(), os.environ.__getitem__
server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
names = {name: get(f"VONAGE_{name.upper()}") for name in ("api_key", "api_secret", "application_id", "private_key")}
sdk = Vonage(Auth(**names))
call = sdk.voice.create_call(CreateCallRequest(
    to=[ToPhone(number=get("VOICE_TO_NUMBER"))], from_=Phone(number=get("VONAGE_VIRTUAL_NUMBER")),
    ncco=[Record(eventUrl=[f"http://127.0.0.1:{server.server_port}/recorded"], timeOut=3), Talk(text="Hello there.")]))
assert there.wait(60)
sdk.voice.download_recording(told[0]["recording_url"], sys.argv[0] + ".mp3")
print(told[0]["recording_url"], sdk.account.get_balance().value, sdk.numbers.list_owned_numbers()[0][0].msisdn)
"""


def test_the_official_sdk_calls_talks_records_and_downloads(run: Run, tmp_path: Path) -> None:
    code, out, err = run(SDK, "--heard", str(tmp_path / "heard"))
    assert code == 0, err
    url, _, number = out.split()
    assert url.startswith("https://api.nexmo.com/v1/files/")
    assert number == "447700900500"
    assert (tmp_path / "program.py.mp3").stat().st_size > 5000
    assert "says “Hello there.”" in err
    assert f"Call 447700900500 → {SIMULATED_PHONE}: completed" in err  # the program had ended: its call had not
    with wave.open(str(tmp_path / "heard" / f"01-{SIMULATED_PHONE}.wav")) as heard:
        assert heard.getnframes() > 8000 * 3


OTHERS = """
import os, ssl, urllib.request, certifi, requests
auth = os.environ["VONAGE_API_KEY"], os.environ["VONAGE_API_SECRET"]
print("requests", requests.get("https://rest.nexmo.com/account/get-balance", auth=auth).status_code)
strict = ssl.create_default_context()
strict.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 does by itself
opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=strict))
try:
    opener.open("https://api-eu-3.vonage.com/v1/calls")
except urllib.error.HTTPError as error:
    print("urllib", error.code)
try:
    requests.get("https://example.com/x")
except requests.exceptions.ProxyError as error:
    print("other host", "example.com is outside" in str(error))
print("without encryption", requests.post("http://example.com/x", data=b"y" * 1_000_000).text[:28])
print("no host", requests.get(os.environ["HTTPS_PROXY"] + "/").status_code)
try:
    requests.get("https://rest.nexmo.com", verify=certifi.where())
except requests.exceptions.SSLError:
    print("not trusted")
"""


def test_python_clients_strict_ones_too_and_other_hosts(run: Run) -> None:
    code, out, err = run(OTHERS)
    assert out.splitlines() == [
        "requests 200", "urllib 401", "other host True", "without encryption example.com is not a host of",
        "no host 403", "not trusted",
    ], err  # fmt: skip
    assert code == 0
    assert "1  GET  /v1/calls             401  api-eu-3.vonage.com" in err
    assert "There is no Authorization header." in err  # why it was refused
    assert "Refused: example.com (2 times). --allow-outside lets it through." in err
    assert "Broken off: rest.nexmo.com (once)." in err


def test_a_client_that_sends_its_proxy_the_whole_address(run: Run) -> None:
    text = """
import os, socket, urllib.parse
proxy = urllib.parse.urlsplit(os.environ["HTTPS_PROXY"])
line = socket.create_connection((proxy.hostname, proxy.port), 10)
line.sendall(
    b"GET https://api.nexmo.com/v1/calls?status=x HTTP/1.1\\r\\n"
    b"Host: api.nexmo.com\\r\\nProxy-Connection: keep-alive\\r\\n\\r\\n"
)
print(line.makefile("rb").read().split(b"\\r\\n")[0].decode())
"""
    code, out, err = run(text)
    assert (code, out) == (0, "HTTP/1.1 401 Unauthorized\n"), err


def test_other_hosts_with_allow_outside(run: Run) -> None:
    text = """
import http.server, os, socket, threading, urllib.parse
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200), self.end_headers(), self.wfile.write(self.path.encode())
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Hello)
threading.Thread(target=server.serve_forever, daemon=True).start()
proxy, there = urllib.parse.urlsplit(os.environ["HTTP_PROXY"]), f"127.0.0.1:{server.server_port}"
for asked in (f"GET http://{there}/a?b HTTP/1.0", f"CONNECT {there} HTTP/1.1\\r\\n\\r\\nGET /c HTTP/1.0"):
    with socket.create_connection((proxy.hostname, proxy.port), 10) as line:
        line.sendall(f"{asked}\\r\\n\\r\\n".encode())
        print(line.makefile("rb").read().split(b"\\r\\n")[-1].decode())
"""
    code, out, err = run(text, "--allow-outside")
    assert (code, out.split()) == (0, ["/a?b", "/c"]), err
    assert "Refused" not in err


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_curl(run: Run) -> None:
    text = (
        "curl -s -o /dev/null -o /dev/null -w '%{http_code} ' -u $VONAGE_API_KEY:$VONAGE_API_SECRET "
        "https://api.nexmo.com/v2/applications https://rest.nexmo.com/account/numbers; curl -sS https://example.org"
    )
    code, out, err = run(text, name="program.sh", by="sh")
    assert out == "200 200 "
    assert "example.org is not a host of Vonage's" in err
    assert code == 56  # curl's own for a proxy that refuses


NODE_CLIENTS = """
import https, { request } from "node:https";
import { connect } from "node:tls";
const auth = "Basic " + btoa(process.env.VONAGE_API_KEY + ":" + process.env.VONAGE_API_SECRET);
const url = "https://rest.nexmo.com/account/get-balance", headers = { authorization: auth };
const by = (client, more) => new Promise((done) => client(url, { headers, ...more }, (reply) => {
  reply.resume().on("end", () => done(reply.statusCode)) }).on("error", (error) => done(error.message)).end());
console.log("fetch", (await fetch(url, { headers })).status);
console.log("https", await by(https.request), await by(request), await by(https.request, { agent: false }));
console.log("agent", await by(https.request, { agent: new https.Agent({ keepAlive: true, ca: "none" }) }));
console.log("fetch", await fetch("https://example.com").catch((error) => error.cause.message));
await new Promise((done) => https.get("https://example.org").on("error", (error) => done(console.log(error.message))));
const line = connect(443, "api.nexmo.com", () => { console.log("tls", line.authorized); line.end(); });
"""


@pytest.mark.skipif(not NODE, reason="there is no Node")
def test_the_clients_of_node(run: Run) -> None:
    code, out, err = run(NODE_CLIENTS, name="program.mjs", by="node")
    refused = "HTTP/1.1 403 Forbidden: example.{} is outside"
    assert out.splitlines() == [
        "fetch 200", "https 200 200 200", "agent 200", "fetch " + refused.format("com"), refused.format("org"),
        "tls true",
    ], err  # fmt: skip
    assert code == 0


SERVER = """
import http.server, json, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200), self.send_header("Content-Type", "application/json"), self.end_headers()
        ncco = [{"action": "talk", "text": "Press one."}, {"action": "wait", "timeout": 600}]
        self.wfile.write(json.dumps(ncco).encode())
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"])), self.send_response(204), self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Answer).serve_forever()
"""


def test_phones_call_in_once_the_port_answers_and_the_server_ends_after_them(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = '[{"do": "wait_for", "text": "press one"}, {"do": "press", "digits": "1"}, {"do": "hang_up"}]'
    (tmp_path / "phone.json").write_text(script, "utf-8")
    code, out, err = run(
        SERVER.replace("PORT", str(port)), "--webhooks", f"http://127.0.0.1:{port}/", "--answer", "hello",
        "--dial", "447700900001", "--dial", "447700900002", "--once", "--phone", f"447700900001=@{tmp_path}/phone.json",
        "--phone", '447700900002={"script": [{"do": "wait", "seconds": 9}, {"do": "hang_up"}]}',
        "--heard", str(tmp_path / "heard"),
    )  # fmt: skip
    assert (code, out) == (0, ""), err
    assert "The program made no request to the network; it answered" in err
    assert "GET /hello" in err and "says “Press one.”" in err and "presses 1" in err
    assert len(list((tmp_path / "heard").iterdir())) == 2


def test_a_program_that_keeps_to_its_own_credentials(run: Run, tmp_path: Path, keys: Keys) -> None:
    application = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
    (tmp_path / "own.key").write_text(pem(keys[0]), "utf-8")
    (tmp_path / ".env").write_text(
        f"VONAGE_API_KEY=abcd1234\nVONAGE_API_SECRET='My Secret'\nVONAGE_APPLICATION_ID={application}\n"
        "VONAGE_PRIVATE_KEY=own.key\nVONAGE_NUMBER=12015550123\n", "utf-8"
    )  # fmt: skip
    text = f"""
import os, pathlib, time, jwt, requests
here = pathlib.Path(__file__).parent
claims = {{"application_id": "{application}", "iat": int(time.time()), "jti": "x"}}
token = jwt.encode(claims, (here / "own.key").read_text(), algorithm="RS256")
print(requests.get("https://api.nexmo.com/v1/calls", headers={{"Authorization": "Bearer " + token}}).status_code)
numbers = requests.get("https://rest.nexmo.com/account/numbers", auth=("abcd1234", "My Secret")).json()["numbers"]
print([(one["country"], one["msisdn"], one["app_id"]) for one in numbers])
print(os.environ["VONAGE_PRIVATE_KEY"], os.environ["VONAGE_VIRTUAL_NUMBER"])
"""
    code, out, err = run(text, "--env", str(tmp_path / ".env"))
    assert out.splitlines() == ["200", f"[('US', '12015550123', '{application}')]", "own.key 12015550123"], err
    assert code == 0


def test_no_secret_is_said_and_what_somebody_has_set_goes_to_nobody(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VONAGE_API_SECRET", "the real one")
    monkeypatch.setenv("VOICE_TO_NUMBER", "447700900042")
    text = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[0] + '.json', 'w'))"
    code, out, err = run(text)
    given = json.loads((tmp_path / "program.py.json").read_text("utf-8"))
    assert code == 0
    assert given["VONAGE_API_SECRET"] not in ("the real one", "")
    assert given["VOICE_TO_NUMBER"] == "447700900042"
    secret = [name for what in ("api_secret", "signature_secret") for name in NAMES[what]]
    for name in (*secret, "SIMULATOR_TOKEN", "VONAGE_API_KEY"):
        assert given[name] not in out + err
    assert err.splitlines()[-1] == "[run] The program made no request to the network."


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -9 $$"], 137),
        (["no-such-command"], 127),
        (["/"], 126),
        (["sh", "-c", "trap '' TERM; sleep 60 & wait; sleep 60"], 124),
        (["sh", "-c", "sleep 60 & exit 4"], 4),
    ],
    ids=["its own", "killed", "not there", "not a program", "hangs", "leaves a child"],
)
def test_the_exit_code_and_nothing_is_left(
    command: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(child, "GRACE", 0.3)
    hangs = ["--timeout", "0.3"] if code == 124 else []
    assert exit_code(*hangs, "--", *command) == code  # nothing_left_behind looks for processes
    assert "made no request" in capfd.readouterr().err


def test_nobody_reads_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)  # as Python has it after 2>&-
    assert exit_code("--", "sh", "-c", "exit 3") == 3


def test_doors_that_cannot_be_opened_say_so() -> None:
    resource = pytest.importorskip("resource")
    doors = Doors("http://127.0.0.1:1", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.close(free := os.dup(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))  # no file is left to open
    try:
        with pytest.raises(OSError, match="Too many open files"), doors:
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.hostile
def test_a_signal_to_it_ends_the_command_however_much_it_writes(tmp_path: Path) -> None:
    text = "import os, time\nfor n in range(100): os.write(1, b'x' * 1_000_000)\nprint(flush=True); time.sleep(600)"
    environment = CLEAN | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.simulator", "run", "--", sys.executable, "-c", text],
        cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        assert len(process.stdout.readline()) == 100_000_001
        children = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
        assert b"made no request" in process.stderr.read()
    assert len(children) == 1 and not children[0].is_running()
    assert list(tmp_path.glob("voice-simulator*")) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "write the command behind --"),
        (["--dial", "447700900001", "--", "true"], "--dial needs --webhooks"),
        (["--phone", "447700900001=@nowhere", "--", "true"], "nowhere"),
        (["--timeout", "inf", "--", "true"], "inf is not a time to wait"),
    ],
)
def test_a_command_line_that_cannot_be_meant(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        exit_code(*arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--env", "nowhere/.env"], "There is no file"),
        (["--pace", "never"], "is not one the simulator knows"),
        (["--phone", "447700900001=asleep"], "asleep"),
        (["--heard", __file__], "File exists"),
        (["--webhooks", "localhost:3000"], "is not a whole web address"),
        (["--webhooks", "http://127.0.0.1", "--event", "two words"], "has a space in it"),
    ],
)
def test_what_run_itself_cannot_do(arguments: list[str], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert exit_code(*arguments, "--", "true") == 125
    assert said in capfd.readouterr().err
