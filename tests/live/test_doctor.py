"""The doctor: each wrong state is a red line with a cure; a right account is green, and is left alone."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from email.utils import formatdate
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import time

import pytest
import requests

from helpers.base.findings import Finding, look
from helpers.live.doctor import live_checks
from helpers.live.gate import Gate
from helpers.live.guards.asked import Asked, Replied
from helpers.server.server import BackgroundServer
from helpers.server.tunnel import Tunnel
from helpers.settings.checks import VARIABLES
from helpers.settings.settings import Settings
from helpers.simulator.account.account import OFFERS
from helpers.vonage.client import Vonage
from tests.live.conftest import World
from tests.notebooks.lesson_env import OURS
from tests.unit.test_tunnel import Ngrok

Seen = dict[str, Finding]
LATER = {"Account": {"App", "Key", "Number", "Signature"}, "App": {"Key", "Signature"}, "Tunnel": {"ngrok"}}


@pytest.fixture(autouse=True)
def no_proxy_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))  # no ngrok of somebody's


@pytest.fixture
def right(world: World) -> Settings:
    """Settings with which all is as it should be."""
    world.settings.dotenv.touch(0o600)
    return replace(world.settings, signature_secret=world.network.account.signature_secret)


@pytest.fixture
def dashboard(right: Settings) -> Iterator[Vonage]:
    """Somebody at work in the account, elsewhere."""
    with Vonage(right) as vonage:
        yield vonage


def looked_at(settings: Settings, server: BackgroundServer | None = None) -> Seen:
    with live_checks(settings, server) as checks:
        return {finding.name: finding for finding in look(checks)}


def the_red_one(seen: Seen, name: str) -> str:
    """The finding of that name, which must be red, have a cure, and be the only one. What builds on it is not known."""
    assert [one.name for one in seen.values() if one.ready is False] == [name]
    unknown = {one.name for one in seen.values() if one.ready is None}
    assert unknown == {"Sound", *LATER.get(name, ())}
    assert seen[name].cure
    return f"{seen[name].found} -> {seen[name].cure}"


# --- right -----------------------------------------------------------------------------------------------------------


def test_a_right_account_is_green_and_left_alone(right: Settings, world: World) -> None:
    own = world.network.account
    before = copy.deepcopy((own.applications, own.numbers))
    seen = looked_at(right)
    assert {one.name for one in seen.values() if one.ready is not True} == {"Sound"}
    assert "press play" in seen["Sound"].cure
    assert seen["Account"].found == "key and secret are right; 9.00 euros are left"
    assert seen["App"].found == "“Ours” is there, with voice"
    assert seen["Number"].found == f"{right.number} is rented, can voice, and leads to the application"
    assert seen["Tunnel"].found.startswith("a request came back through http://127.0.0.1:")
    assert (own.applications, own.numbers) == before
    assert world.calls() == {}


def test_a_kit_prints_it(right: Settings, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with world.kit(signature_secret=right.signature_secret) as kit:
        kit.doctor()
        lines = capsys.readouterr().out.splitlines()
        assert [line[:3].strip() for line in lines] == ["ok"] * 10 + ["--", "", "ok"]
        assert lines[0] == "ok  .env      only you may read it, and your private keys"
        assert not kit.tunnel.url  # what it has opened is closed again
        kit.tunnel.on()
        kit.settings.use(signature_secret="")
        kit.doctor()
        text = capsys.readouterr().out
        assert (
            "NO  Signature VONAGE_SIGNATURE_SECRET is not set\n              -> It is in the Vonage dashboard" in text
        )
        assert kit.tunnel.url
    for secret in ("api_secret", "private_key", "signature_secret"):
        assert getattr(right, secret)[:] not in text


# --- the account -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "name", "words"),
    [
        ({"api_key": ""}, "Account", "VONAGE_API_KEY is not set -> It stands on the first page"),
        ({"api_secret": "not-the-secret"}, "Account", "401 Unauthorized"),
        ({"application_id": ""}, "App", "VONAGE_APPLICATION_ID is not set -> Lesson 05 creates an application"),
        ({"application_id": str(uuid.UUID(int=5))}, "App", "404 Not Found"),
        ({"private_key": ""}, "Key", "VONAGE_PRIVATE_KEY is not set -> Vonage shows it once"),
        ({"number": ""}, "Number", "VONAGE_NUMBER is not set -> Lesson 01 rents one"),
        ({"number": "447700900999"}, "Number", "447700900999 is not rented -> Correct VONAGE_NUMBER"),
        ({"signature_secret": ""}, "Signature", "VONAGE_SIGNATURE_SECRET is not set -> It is in the Vonage dashboard"),
    ],
)
def test_a_wrong_setting(right: Settings, wrong: dict[str, str], name: str, words: str) -> None:
    seen = looked_at(replace(right, **wrong))  # type: ignore[arg-type]
    if "api_key" in wrong:  # nothing was asked, so nothing came back
        assert seen.pop("Clock").ready is None
    assert words in the_red_one(seen, name)


def test_no_money(right: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.simulator.account.money.CREDIT", Decimal(1))
    with live_checks(right) as checks:
        (account, application) = look({name: checks[name] for name in ("Account", "App")})
    assert str(account) == "NO  Account   0.00 euros are left\n              -> " + account.cure
    assert application.ready


def test_vonage_does_not_reply(right: Settings) -> None:
    seen = looked_at(replace(right, api_url="http://127.0.0.1:9"))
    assert seen.pop("Clock").ready is None
    assert "got no reply: connection refused" in the_red_one(seen, "Account")


def test_an_application_without_voice(right: Settings, dashboard: Vonage) -> None:
    there = dashboard.get_application(right.application_id)
    dashboard.replace_application(there["id"], {**there, "capabilities": {}})
    seen = looked_at(right)
    assert seen.pop("Signature").ready is False  # nothing of it is signed
    assert str(seen["App"]).startswith("NO  App       “Ours” cannot voice\n              -> Switch Voice on")


def test_the_key_of_another_application(right: Settings, dashboard: Vonage) -> None:
    other = dashboard.create_application("Another")["keys"]["private_key"]
    seen = looked_at(replace(right, private_key=other))
    assert "it is not the private key of this application" in the_red_one(seen, "Key")
    with pytest.raises(Exception, match="401"), Vonage(replace(right, private_key=other)) as vonage:
        vonage.list_calls()


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ({"app_id": "other"}, "leads to application {other}, not to yours -> Take another number"),
        ({"voiceCallbackType": "tel", "voiceCallbackValue": "447700900002"}, "leads to tel 447700900002, not to yours"),
    ],
)
def test_a_number_that_leads_elsewhere(right: Settings, dashboard: Vonage, link: dict[str, str], words: str) -> None:
    other = dashboard.create_application("Another")["id"]
    dashboard.update_number("GB", right.number, **{k: other if v == "other" else v for k, v in link.items()})
    try:
        assert words.format(other=other) in the_red_one(looked_at(right), "Number")
    finally:
        dashboard.update_number(
            "GB", right.number, app_id=right.application_id, voiceCallbackType="", voiceCallbackValue=""
        )


def test_a_number_that_leads_nowhere_waits_for_its_lesson(right: Settings, dashboard: Vonage) -> None:
    dashboard.update_number("GB", right.number, app_id="")
    seen = looked_at(right)
    dashboard.update_number("GB", right.number, app_id=right.application_id)
    assert [one.name for one in seen.values() if one.ready is False] == []
    assert (seen["Number"].ready, seen["Number"].cure[:18]) == (None, "Lesson 06 links it")
    assert "it leads to no application, so nobody answers it" in seen["Number"].found


def test_a_number_that_cannot_voice(right: Settings, dashboard: Vonage, monkeypatch: pytest.MonkeyPatch) -> None:
    number = dashboard.search_numbers("US")["numbers"][0]["msisdn"]
    monkeypatch.setitem(OFFERS, number, replace(OFFERS[number], features=("SMS",)))
    dashboard.buy_number("US", number)
    try:
        assert "cannot voice -> Rent one" in the_red_one(looked_at(replace(right, number=number)), "Number")
    finally:
        dashboard.cancel_number("US", number)


def test_webhooks_that_are_not_signed(right: Settings, dashboard: Vonage) -> None:
    there = dashboard.get_application(right.application_id)
    there["capabilities"]["voice"]["signed_callbacks"] = False
    dashboard.replace_application(there["id"], there)
    assert "does not sign the webhooks of this application -> Set" in the_red_one(looked_at(right), "Signature")


# --- the clock -------------------------------------------------------------------------------------------------------


class Dated:
    """A guard of a gate that stands for a Vonage whose clock shows another time than this machine's."""

    def __init__(self, date: str) -> None:
        self.date = date

    def before(self, asked: Asked) -> Asked:
        return asked

    def after(self, asked: Asked, replied: Replied) -> None:
        replied.headers.pop("date", None)  # type: ignore[attr-defined]
        replied.headers.update({"Date": self.date} if self.date else {})  # type: ignore[attr-defined]


def vonage_says(right: Settings, date: str) -> Seen:
    gate = Gate(right.api_url, right.api_url, [Dated(date)]).start()
    try:
        return looked_at(replace(right, api_url=gate.url))
    finally:
        gate.stop()


@pytest.mark.parametrize(("late", "way"), [(3600, "behind"), (-3600, "ahead of")])
def test_a_wrong_clock(right: Settings, late: float, way: str) -> None:
    told = the_red_one(vonage_says(right, formatdate(time() + late, usegmt=True)), "Clock")
    assert f" s {way} Vonage's: your tokens get a 401 -> Set the clock" in told
    assert abs(int(told.split()[0]) - 3600) < 60
    with Vonage(right, now=lambda: time() - late) as vonage, pytest.raises(Exception, match="401"):
        vonage.list_calls()


def test_the_clock_is_known_from_a_refusal_too(right: Settings) -> None:
    wrong = replace(right, api_secret="not-the-secret")
    assert looked_at(wrong)["Clock"].ready
    assert vonage_says(right, "")["Clock"].ready is None


# --- the way from outside --------------------------------------------------------------------------------------------


@contextmanager
def edge(target: str, reply: Callable[[str], str | int]) -> Iterator[str]:
    """What stands between the internet and a server. ``reply(user_agent)`` gives ngrok's code, a status, or nothing:
    then the server is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own = reply(self.headers["User-Agent"])
            got = None if own else requests.get(target + self.path, timeout=30)
            self.send_response(got.status_code if got else own if isinstance(own, int) else 403)
            if isinstance(own, str) and own:
                self.send_header("Ngrok-Error-Code", own)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def from_outside(right: Settings, reply: Callable[[str], str | int]) -> Seen:
    with BackgroundServer(public=True) as server, edge(server.url, reply) as url:
        return looked_at(replace(right, public_url=url), server)


def test_an_address_of_ones_own_that_leads_here(right: Settings) -> None:
    seen = from_outside(right, lambda _: "")
    assert (seen["Tunnel"].ready, seen["ngrok"].found) == (True, "no page of ngrok's own stands before your server")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("ERR_NGROK_3200", "ngrok has no tunnel at this address now -> kit.tunnel.off()"),
        ("ERR_NGROK_725", "your ngrok account has used up its data for this month -> Wait"),
        ("ERR_NGROK_727", "your ngrok account has used up its requests for this month -> Wait"),
        ("ERR_NGROK_734", "too many requests in this minute for your ngrok account -> Wait a minute."),
        ("ERR_NGROK_9999", "ngrok answers in place of your server (ERR_NGROK_9999) -> ngrok.com/docs/errors"),
        (200, "is answered (200), but not by your server -> Let it lead to http://127.0.0.1:"),
    ],
)
def test_somebody_else_answers(right: Settings, reply: str | int, words: str) -> None:
    assert words in the_red_one(from_outside(right, lambda _: reply), "Tunnel")


def test_nobody_answers(right: Settings) -> None:
    with BackgroundServer(public=True) as server:
        seen = looked_at(replace(right, public_url="http://127.0.0.1:9"), server)
    assert "http://127.0.0.1:9 cannot be reached: connection refused -> Open" in the_red_one(seen, "Tunnel")


def test_no_way_to_a_public_address(right: Settings) -> None:
    with live_checks(replace(right, api_url="https://api.nexmo.com")) as checks:
        (tunnel,) = look({"Tunnel": checks["Tunnel"]})
    assert (tunnel.ready, "NGROK_AUTHTOKEN in .env" in tunnel.cure) == (False, True)


def test_the_one_address_of_ngrok_is_a_notebooks(
    right: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.live.doctor.Tunnel", partial(Tunnel, **Ngrok(tmp_path).options))
    busy = replace(right, api_url="https://api.nexmo.com", ngrok_authtoken="busy_s3cr3t")
    with live_checks(busy) as checks:
        tunnel, ngrok = look({name: checks[name] for name in ("Tunnel", "ngrok")})
    assert (tunnel.ready, ngrok.ready) == (None, None)
    assert "open elsewhere" in tunnel.found and "kit.doctor() there" in tunnel.cure
    with BackgroundServer(public=True) as server, live_checks(busy, server) as checks:
        (tunnel,) = look({"Tunnel": checks["Tunnel"]})  # the notebook itself needs it
    assert tunnel.ready is False and "Stop the other ngrok" in tunnel.cure


def test_the_warning_page_of_a_free_plan(right: Settings) -> None:
    seen = from_outside(right, lambda agent: "ERR_NGROK_6024" if "Mozilla" in agent else "")
    assert seen["Tunnel"].ready and seen["ngrok"].ready
    assert "browsers see a warning page first (Visit Site), Vonage does not" in seen["ngrok"].found


def test_an_address_of_ones_own_without_its_server_is_not_known(right: Settings) -> None:
    seen = looked_at(replace(right, public_url="https://calls.example.com"))
    assert (seen["Tunnel"].ready, seen["Tunnel"].cure) == (None, "In a notebook: kit.doctor()")


# --- this machine ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="rights of another kind")
@pytest.mark.parametrize("name", [".env", "keys/an.key", "my private.key"])
def test_files_that_others_may_read(right: Settings, name: str) -> None:
    right.dotenv.write_text('VONAGE_PRIVATE_KEY="my private.key"\n')
    file = right.dotenv.parent / name
    file.parent.mkdir(exist_ok=True)
    file.touch()
    file.chmod(0o640)
    told = the_red_one(looked_at(right), ".env")
    assert f"others may read {file} -> chmod 600 " in told
    subprocess.run(["sh", "-c", told.partition(" -> ")[2]], check=True)
    assert looked_at(right)[".env"].ready


def test_a_private_key_inside_env_is_not_the_name_of_a_file(right: Settings) -> None:
    key = right.private_key[:].replace("\n", "\\n")
    right.dotenv.write_text(f'VONAGE_PRIVATE_KEY="{key}"\n')
    assert looked_at(right)[".env"].ready


def test_a_proxy_that_is_there(right: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with BackgroundServer() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:pa55word@127.0.0.1:{proxy.port}")
        (found,) = look({"Proxy": live_check(right, "Proxy")})
    assert str(found) == f"ok  Proxy     127.0.0.1:{proxy_port(found)}; requests to this machine pass it by"


def proxy_port(found: Finding) -> str:
    return found.found.partition(":")[2].partition(";")[0]


def live_check(settings: Settings, name: str) -> Callable[[], str]:
    with live_checks(settings) as checks:
        return checks[name]


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("HTTPS_PROXY", "127.0.0.1:9", "127.0.0.1:9 does not answer (Connection refused) -> Correct HTTP_PROXY"),
        ("REQUESTS_CA_BUNDLE", "/no/school.pem", "names /no/school.pem, which is not there -> Correct REQUESTS_CA"),
    ],
)
def test_proxy_settings_that_lead_nowhere(
    right: Settings, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    (found,) = look({"Proxy": live_check(right, "Proxy")})
    assert not found.ready and words in f"{found.found} -> {found.cure}"


# --- make check ------------------------------------------------------------------------------------------------------


def make_check(settings: Settings, **more: str) -> tuple[int, str]:
    names = ("mode", "api_key", "api_secret", "signature_secret", "application_id", "number", "api_url")
    lines = {VARIABLES[name]: getattr(settings, name)[:] for name in names} | more
    settings.dotenv.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    env = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    run = subprocess.run(
        [sys.executable, "-m", "helpers.check"], env=env | {"KIT_DOTENV": str(settings.dotenv)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert not run.stderr
    return run.returncode, run.stdout


@pytest.mark.slow
def test_make_check_in_live_mode(right: Settings, tmp_path: Path) -> None:
    (tmp_path / "own.key").touch(0o600)
    (tmp_path / "own.key").write_text(right.private_key[:])
    code, text = make_check(right, VONAGE_PRIVATE_KEY="own.key")
    assert (code, text.splitlines()[-1]) == (0, "Ready for class.")
    assert "ok  Number " in text and "ok  Tunnel " in text
    code, text = make_check(right, VONAGE_PRIVATE_KEY="own.key", VONAGE_API_SECRET="not-the-secret")
    assert (code, text.splitlines()[-1]) == (1, "Not ready: 1 of the checks above say NO.")
    assert "NO  Account " in text
    code, text = make_check(right, VONAGE_PRIVATE_KEY="another.key")
    assert code == 1 and "NO  Settings  VONAGE_PRIVATE_KEY: There is no private key file another.key." in text
    code, text = make_check(right, VOICE_MODE="simulated")
    assert "Account" not in text and "Settings" not in text


def test_in_simulated_mode_there_is_nothing_to_look_at(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from helpers.kit import Kit
    from helpers.settings.settings import load_settings

    kit = Kit(load_settings())
    kit.doctor()
    assert capsys.readouterr().out.startswith("Simulated: ")
    assert not kit.running
