"""The guard of webhooks: what it guards, what a reader does with it, and what is said when nothing arrives."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from helpers.calls.record import TraceError
from helpers.kit import UNSIGNED, Kit, NotReady
from helpers.line.control_plane import ControlPlane
from helpers.server.guard import WebhookGuard
from helpers.server.server import BackgroundServer
from helpers.server.tunnel import _Idle
from tests.live.conftest import ME, World, app_that_replies
from tests.simulator.world import wait_until

TALK = {"action": "talk", "text": "One two three four five six seven eight nine ten."}


@pytest.fixture
def kit(world: World) -> Iterator[Kit]:
    with world.kit(signature_secret=world.network.account.signature_secret) as kit:
        yield kit


def opened(kit: Kit, **routes: Any) -> str:
    """The address of a kit that serves ``/event`` and these."""
    kit.serve(app_that_replies(**routes))
    return kit.tunnel.on()


def place(kit: Kit, event_url: str = "", *ncco: dict[str, Any]) -> Any:
    ours: dict[str, Any] = {"event_url": event_url} if event_url else {}
    return kit.vonage.create_call(to=ME, from_=kit.number, ncco=list(ncco) or [TALK], **ours)


def post(url: str, **more: Any) -> int:
    return requests.post(url, timeout=30, **more).status_code


# --- what is guarded -------------------------------------------------------------------------------------------------


def test_what_a_call_an_ncco_and_an_application_name_is_guarded_and_nothing_else(kit: Kit, world: World) -> None:
    note = [{"action": "notify", "payload": {}, "eventUrl": [""]}]
    url = opened(kit, answer=lambda: note, other=("", 200), told=("", 200), page=("", 302, {"Location": "/other"}))
    note[0]["eventUrl"] = [f"{url}/told?x=1"]
    paths = ["told", "event", "answer", "other", "page", "audio/music.mp3"]

    def guarded() -> list[str]:
        replies = [requests.get(f"{url}/{path}", timeout=30, allow_redirects=False) for path in paths]
        return [path for path, reply in zip(paths, replies, strict=True) if reply.status_code == 503]

    assert guarded() == []  # the NCCO that comes back from /answer is read on its way out
    assert guarded() == ["told"]
    place(kit, f"{url}/event")
    assert guarded() == ["told", "event"]
    application = kit.vonage.get_application(kit.settings.application_id)
    application["capabilities"]["voice"]["webhooks"]["answer_url"] = {"address": f"{url}/answer", "http_method": "GET"}
    kit.vonage.replace_application(application["id"], application)
    assert guarded() == ["told", "event", "answer"]
    world.until_over()


def test_an_address_that_the_application_has_already_is_guarded_from_the_start(world: World) -> None:
    with world.kit() as before:
        home = before.server.url
    secret = world.network.account.signature_secret
    with world.kit(signature_secret=secret, public_url=f"{home}/below") as kit:
        kit.serve(app_that_replies())
        hooks = kit.vonage.get_application(kit.settings.application_id)
        hooks["capabilities"]["voice"]["webhooks"]["event_url"]["address"] = f"{home}/below/event"
        with kit.live.vonage() as dashboard:  # type: ignore[union-attr]
            dashboard.replace_application(hooks["id"], hooks)
        assert post(f"{kit.server.url}/event") == 200
        assert kit.tunnel.on() == f"{home}/below"
        assert post(f"{kit.server.url}/event") == 503  # a proxy may have taken its own path off
        assert post(f"{kit.server.url}/below/event") == 503


def test_where_a_number_tells_that_a_call_is_over_is_guarded(kit: Kit, world: World) -> None:
    home = opened(kit, over=("", 200), before=("", 200))
    assert [post(f"{home}/{path}") for path in ("over", "before")] == [200, 200]
    kit.vonage.update_number("GB", kit.number, voiceStatusCallback=f"{home}/over")
    assert [post(f"{home}/{path}") for path in ("over", "before")] == [503, 200]
    with kit.live.vonage() as dashboard:  # type: ignore[union-attr]
        dashboard.update_number("GB", kit.number, voiceStatusCallback=f"{home}/before")
    kit.tunnel.off()
    kit.tunnel.on()
    assert post(f"{home}/before") == 503
    with kit.live.vonage() as dashboard:  # type: ignore[union-attr]
        dashboard.update_number("GB", kit.number, voiceStatusCallback="")


def test_strangers_keep_no_tunnel_open(world: World) -> None:
    secret, home = world.network.account.signature_secret, "https://door.example.net"
    outside = {"Host": "door.example.net"}  # as it comes through the tunnel
    with world.kit(signature_secret=secret, public_url=home, live_urls=(home,)) as kit:
        url = opened(kit, page=("", 200)).replace(home, kit.server.url)
        kit.live.webhooks.learn({"event_url": [f"{home}/event"]})  # type: ignore[union-attr]

        def counts(path: str, **headers: str) -> bool:
            before = kit.server.answered
            post(f"{url}/{path}", headers=headers)
            return kit.server.answered > before

        assert not any(counts(path, **outside) for path in ("event", "page", "nothing", "audio/music.mp3"))
        assert not counts("page", Host="elsewhere.example")
        assert not counts("page", Origin="https://page.example")
        assert counts("event", **outside, **kit.signed())
        assert not counts("event", **outside, **kit.signed(json=1))
        assert counts("page")  # the reader's own: it comes from this machine
        kit.guarded = False
        assert [counts(path, **outside) for path in ("event", "page")] == [True, False]
        kit.guarded = True
        closed = threading.Event()
        idle = _Idle(kit.server, closed.set, 0.5)
        wait_until(lambda: counts("page", **outside) or closed.is_set())
        idle.stop()
        assert closed.is_set()


def test_two_at_once_with_one_token_are_one() -> None:
    """Without a server: the second comes while the first is at work, which nobody can time."""
    from helpers.server.signatures import sign
    from helpers.settings.settings import Settings

    guard = WebhookGuard(Settings(mode="live", signature_secret="s"), list, lambda: True)
    guard.name(["http://127.0.0.1/event"])
    asked = {"HTTP_HOST": "localhost:1", "PATH_INFO": "/event", "REQUEST_URI": "/event",
             "HTTP_AUTHORIZATION": sign(b"x", "", "s")}  # fmt: skip
    first, second = guard.look(asked, b"x"), guard.look(asked, b"x")
    assert (first.refused, second.status) == (None, "503 Service Unavailable")
    guard.answered(second, second.status)
    guard.answered(first, "500 Internal Server Error")
    third = guard.look(asked, b"x")
    assert third.refused is None
    guard.answered(third, "204 No Content")
    assert guard.look(asked, b"x").status == "401 Unauthorized"


# --- what a reader does ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "carried"),
    [
        ("POST", {"json": {"hello": "wörld", "n": [1, None]}}),
        ("POST", {"data": {"a": "ü b"}}),
        ("POST", {"data": b"\x00\xff"}),
        ("POST", {"json": {"a": 1}, "params": {"x": "1"}}),
        ("GET", {"params": {"from": ME, "name": "Ünï & co", "dtmf": '{"digits":"3"}', "empty": ""}}),
        ("POST", {}),
        ("GET", {}),
    ],
)
def test_a_reader_knocks_with_a_signature(kit: Kit, method: str, carried: dict[str, Any]) -> None:
    url = f"{opened(kit)}/event"
    kit.live.webhooks.learn({"event_url": [url]})  # type: ignore[union-attr]
    headers = kit.signed(**carried)
    assert [requests.request(method, url, headers=headers, timeout=30, **carried).status_code for _ in "12"] == [
        200,
        401,
    ]
    assert kit.server.requests[-2].signature == "good"
    assert "Bearer …" in kit.server.requests[-2].show()
    unsigned = requests.request(method, url, timeout=30, **carried)
    assert (unsigned.status_code, unsigned.text) == (
        503, "Refused by the guard of this kit: it is not signed; see kit.signed().\n",
    )  # fmt: skip


def test_the_panel_sends_signed_events_and_points_out_who_was_turned_away(kit: Kit) -> None:
    url = opened(kit)
    kit.live.webhooks.learn({"event_url": [f"{url}/event"]})  # type: ignore[union-attr]
    panel = kit.panel()
    forged = {"uuid": "u1", "conversation_uuid": "CON-1", "status": "completed"}
    assert post(f"{url}/event", json=forged) == 503
    assert post(f"{url}/event", json=forged, headers={"Authorization": "Bearer x"}) == 401
    panel.send("busy")
    assert kit.events.statuses() == ["busy"]
    assert panel.counts["calls"] == 1
    assert [flag.word for flag in panel.flags] == ["turned away"] * 2
    assert "Vonage sends it once more, signed." in panel.flags[0].advice
    assert "it is signed, but it is not a token" in panel.flags[1].advice
    assert [row.call for row in panel._all()] == [0, 0, 1]


def test_a_lesson_can_switch_it_off(kit: Kit) -> None:
    url = f"{opened(kit)}/event"
    kit.live.webhooks.learn({"event_url": [url]})  # type: ignore[union-attr]
    told = {"uuid": "u1", "status": "ringing"}
    kit.guarded = False
    assert post(url, json=told) == 200
    assert list(kit.events) == [told]
    assert post(url, json=told, headers={"Origin": "https://page.example"}) == 403
    assert list(kit.events) == [told]
    kit.guarded = True
    assert post(url, json=told) == 503


def test_without_a_signature_secret_one_line_says_so(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    with world.kit() as kit:
        url = f"{opened(kit)}/event"
        kit.tunnel.on()
        assert capsys.readouterr().out == f"{UNSIGNED}\n"
        assert kit.signed(json={"a": 1}) == {}
        kit.live.webhooks.learn({"event_url": [url]})  # type: ignore[union-attr]
        assert post(url, json={"uuid": "u1", "status": "ringing"}) == 200


def test_with_one_nothing_is_said(kit: Kit, capsys: pytest.CaptureFixture[str]) -> None:
    opened(kit)
    assert capsys.readouterr().out == ""


# --- whom wait_for believes ------------------------------------------------------------------------------------------


def test_what_anybody_can_say_is_asked_of_vonage(kit: Kit, world: World) -> None:
    url = opened(kit)
    kit.guarded = False
    call = place(kit, f"{url}/event", TALK | {"loop": 100})
    forged = {"uuid": call["uuid"], "status": "completed", "timestamp": "2999-01-01T00:00:00Z"}
    assert post(f"{url}/event", json=forged) == 200
    with pytest.raises(NotReady, match=r"Somebody said .* Vonage has not said so in 0\.5 s"):
        kit.wait_for(call, timeout=0.5)
    assert kit.wait_for(call, "answered").statuses
    kit.vonage.hang_up(call["uuid"])
    assert kit.wait_for(call).status == "completed"


@pytest.mark.parametrize(
    ("behaviour", "status"), [("busy", "busy"), ("rings_out", "unanswered"), ("out_of_service", "failed")]
)
def test_a_failure_that_somebody_tells_and_vonage_does_not_deny(
    kit: Kit, world: World, monkeypatch: pytest.MonkeyPatch, behaviour: str, status: str
) -> None:
    monkeypatch.setattr("helpers.live.waiting.ASK", 0.2)
    url = opened(kit)
    kit.guarded = False
    with contextlib.closing(ControlPlane(world.network.url, world.network.token)) as phones:
        phones.configure(ME, behaviour=behaviour)
    call = place(kit, f"{url}/event")
    assert kit.wait_for(call, status).statuses == ["started", "ringing", status, "completed"]
    with pytest.raises(NotReady, match="The call never became cancelled"):
        kit.wait_for(call, "cancelled")


def test_a_signed_event_is_believed_at_once_and_a_forged_one_not_at_all(kit: Kit, world: World) -> None:
    url = opened(kit, open=("", 200))
    call = place(kit, f"{url}/event", TALK | {"loop": 100})
    assert post(f"{url}/open", json={"uuid": call["uuid"], "status": "machine"}) == 200
    assert kit.wait_for(call, "answered").statuses[-1] == "answered"
    kit.vonage.hang_up(call["uuid"])
    assert kit.wait_for(call).statuses == ["started", "ringing", "answered", "completed"]
    assert kit.live.waiting._told == {}  # type: ignore[union-attr]


class Nap:
    """The clock of a laptop that sleeps for an hour between two looks, once."""

    sleep = staticmethod(time.sleep)

    def __init__(self) -> None:
        self._looks = 0

    def monotonic(self) -> float:
        self._looks += 1
        return time.monotonic() + 3600 * (self._looks > 2)


def test_an_hour_of_sleep_is_not_an_hour_of_waiting(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    call = place(kit, f"{opened(kit)}/event", TALK | {"loop": 100})
    assert kit.wait_for(call, "answered").statuses
    monkeypatch.setattr("helpers.live.waiting.time", Nap())
    end = threading.Timer(0.5, kit.vonage.hang_up, [call["uuid"]])
    end.start()
    assert kit.wait_for(call, timeout=30).status == "completed"
    end.join()


# --- nothing arrives -------------------------------------------------------------------------------------------------


class Silence:
    """What wait_for and the panel say of a call from which nothing comes."""

    def __init__(self, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
        assert kit.live is not None
        self.kit, self.panel, self.told = kit, kit.panel(), list[str]()
        kit.live.webhooks.patience = 0.1
        monkeypatch.setattr("helpers.live.waiting.ASK", 0.2)
        monkeypatch.setattr(kit._notices, "tell", self.told.append)

    def of(self, event_url: str = "") -> str:
        call = place(self.kit, event_url)
        record = self.kit.wait_for(call)
        assert (record.status, record.entries("webhook")) == ("completed", [])  # Vonage says so
        assert self.kit.live is not None
        flag = self.kit.live.webhooks.why(call["uuid"], after=0)
        assert self.told == [f"Nothing of this call has arrived at your server; Vonage was asked.\n→ {flag}"]
        wait_until(lambda: "nothing arrived" in [one.word for one in self.panel.flags])
        assert f"✗ nothing arrived: Nothing of this call has arrived at your server. {flag}" in repr(self.panel)
        return flag


@pytest.fixture
def silence(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> Silence:
    return Silence(kit, monkeypatch)


def dashboard(kit: Kit, **voice: Any) -> None:
    """Somebody changes the application elsewhere."""
    assert kit.live is not None
    with kit.live.vonage() as vonage:
        application = vonage.get_application(kit.settings.application_id)
        application["capabilities"]["voice"] |= voice
        vonage.replace_application(application["id"], application)


def test_the_tunnel_is_off(silence: Silence) -> None:
    assert silence.of().startswith("The tunnel is off: kit.tunnel.on() opens it")


def test_the_events_go_elsewhere(kit: Kit, silence: Silence) -> None:
    opened(kit)
    assert silence.of() == "Its events go to https://example.com/event, not to your server: set event_url."


def test_the_guard_turns_away_what_is_not_signed(kit: Kit, silence: Silence) -> None:
    url = opened(kit)
    dashboard(kit, signed_callbacks=False)
    why = silence.of(f"{url}/event")
    assert why.startswith("The guard has turned away ")
    assert why.endswith("since (signature: missing). Let Vonage sign: set signed_callbacks of the application to true.")


def test_the_guard_has_another_secret(kit: Kit, silence: Silence) -> None:
    kit.settings.use(signature_secret="of-another-account")
    assert silence.of(f"{opened(kit)}/event").endswith(
        "(signature: it was made with another secret). "
        "Compare VONAGE_SIGNATURE_SECRET in .env with the Vonage dashboard."
    )


NOBODY = "http://127.0.0.1:9"


def test_nobody_comes_through_says_the_doctor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.kit(signature_secret=world.network.account.signature_secret, public_url=NOBODY) as kit:
        opened(kit)
        why = Silence(kit, monkeypatch).of(f"{NOBODY}/event")
        assert why.startswith(f"{NOBODY} cannot be reached: connection refused. Open the address in a browser on")


def test_somebody_else_is_there_says_the_doctor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = world.network.account.signature_secret
    with BackgroundServer() as other, world.kit(signature_secret=secret, public_url=other.url) as kit:
        opened(kit)
        why = Silence(kit, monkeypatch).of(f"{other.url}/event")
        assert why.startswith(f"{other.url} is answered (503), but not by your server. Let it lead to {kit.server.url}")


def test_only_the_kit_comes_through_says_the_doctor(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = world.network.account.signature_secret
    with world.kit(signature_secret=secret, live_urls=(NOBODY,)) as kit:
        url, silence = opened(kit), Silence(kit, monkeypatch)
        first = place(kit, f"{NOBODY}/event")["uuid"]
        assert kit.live is not None
        assert kit.live.webhooks.why(first, after=0).endswith("kit.doctor() looks at the way there.")  # nobody has yet
        assert silence.of(f"{NOBODY}/event").startswith(f"The kit itself gets through to {url}, and Vonage does not: ")
        second = place(kit, f"{url}/event")["uuid"]
        kit.wait_for(second)
        assert kit.live.webhooks.outside == ""


def test_where_vonage_does_not_say_either(kit: Kit, world: World) -> None:
    opened(kit)
    call, own = place(kit), {name: getattr(kit.settings, name) for name in ("application_id", "private_key")}
    other = kit.vonage.create_application("Another")
    kit.settings.use(application_id=other["id"], private_key=other["keys"]["private_key"])
    with pytest.raises(NotReady, match=r"Nothing of this call has arrived at your server\. Its events go to"):
        kit.wait_for(call, timeout=0.3)
    with pytest.raises(TraceError):
        kit.wait_for("12345678-1234-4234-8234-123456789012", timeout=0.1)
    world.until_over()
    kit.settings.use(**own)  # else the kit's end asks for as long as it may what the call has cost


def test_what_comes_late_takes_the_flag_away(kit: Kit, silence: Silence) -> None:
    opened(kit)
    call = place(kit)
    wait_until(lambda: [flag.word for flag in silence.panel.flags] == ["nothing arrived"])
    told = {"uuid": call["uuid"], "conversation_uuid": call["conversation_uuid"], "status": "started"}
    assert post(f"{kit.server.url}/event", json=told, headers=kit.signed(json=told)) == 200
    assert silence.panel.flags == []
    assert silence.panel.counts["calls"] == 1


def test_simulated_mode_knows_nothing_of_it(tmp_path: Any) -> None:
    code = (
        "import sys, helpers; kit = helpers.setup(); kit.tunnel.on(); kit.panel(); kit.signed(); kit.stop();"
        "print([name for name in sys.modules if name.startswith(('helpers.live', 'helpers.server.guard'))])"
    )
    env = {"KIT_DOTENV": str(tmp_path / ".env"), "PATH": "", "PYTHONPATH": ":".join(sys.path)}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
